"""Errors are part of the product: a stable code, where, what was expected and found, how many, and what to do next.

TrueupError
├── UsageError      the command line was wrong                    exit 2
├── RuleError       a rule, assumptions or case file is wrong     exit 1 (many at once, see `RuleErrors`)
├── IntakeError     a file cannot be loaded; nothing was          exit 1
├── EngineError     a SQL step failed                             exit 1
├── CheckFailed     an invariant does not hold: stop              exit 1
└── Refused         the engine will not price, settle or pay      exit 1
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where an error is: a file with a line, or a table."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


class TrueupError(Exception):
    """Base of all errors a user can meet. `code` is stable and documented in docs/reference/errors.md."""

    exit_code = 1

    def __init__(self, code: str, message: str, *, place: Place | None = None, next_step: str = "") -> None:
        self.code, self.message, self.place, self.next_step = code, message, place, next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f" {self.place}" if self.place else ""
        after = f" {self.next_step}" if self.next_step else ""
        return f"{self.code}{where} {self.message}{after}"


class UsageError(TrueupError):
    exit_code = 2


class RuleError(TrueupError):
    pass


class RuleErrors(TrueupError):
    """Every error of a set of rule files, collected before stopping."""

    def __init__(self, errors: list[RuleError]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(first.code, "\n".join(str(e) for e in errors))

    def __str__(self) -> str:
        return "\n".join(str(e) for e in self.errors)


class IntakeError(TrueupError):
    pass


class EngineError(TrueupError):
    pass


class CheckFailed(TrueupError):
    pass


class Refused(TrueupError):
    pass
