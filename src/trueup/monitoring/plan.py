"""The checks of a program as they are judged: every term of the rule file's section `monitoring`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from trueup.entity_grain import number, word
from trueup.errors import RuleError
from trueup.monitoring.funnel import Direction
from trueup.rules.program import Program

Effect = Literal["review", "hold", "deny"]
SECTION = "monitoring"
DEFAULT_EFFECT: Effect = "hold"
# Where a check of a kind looks if it does not say so itself.
DIRECTIONS: dict[str, Direction] = {
    "selection": "low",
    "switching": "high",
    "exclusion_rate": "high",
    "gaming": "high",
    "migration": "high",
}


@dataclass(frozen=True)
class Terms:
    """One check. `target` is None where the peers set it; terms that a kind does not have are None."""

    id: str
    kind: str
    effect: Effect
    minimum_units: int
    direction: Direction = "low"
    alpha: Decimal = Decimal(0)
    measure: str = ""
    target: Fraction | None = None
    own_drop: Decimal | None = None
    winsorize: Decimal | None = None
    compare: str = ""
    acceptable: Decimal | None = None
    unacceptable: Decimal | None = None
    in_control_run: int = 0
    factors: tuple[str, ...] = ()
    standardized_difference: Decimal | None = None
    minimum_rate: Fraction | None = None
    lag_days: int = 0
    cohort: str = ""
    pattern: str = ""
    width: int = 0


@dataclass(frozen=True)
class PeriodSpan:
    """A performance period and its days, both inclusive."""

    id: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Plan:
    """What the stage does for one program. `false_discovery_rate` is None where flags are not corrected for many tests."""

    checks: tuple[Terms, ...]
    periods: tuple[PeriodSpan, ...]
    base_period: str
    gate: str | None
    effect: Effect
    holds_when_too_few: bool
    false_discovery_rate: Decimal | None
    seed: int | None

    def of_kind(self, *kinds: str) -> list[Terms]:
        return [check for check in self.checks if check.kind in kinds]


def plan_of(program: Program) -> Plan:
    """Read the section.

    Raises:
        Refused: TRU-R014 where a term is unknown.
        RuleError: TRU-Q041 where a check names a risk factor, cohort or period that the rules lack; TRU-Q042 for CUSUM rates out of order;
            TRU-Q043 for a pattern without a level.
    """
    effect = _effect(program, f"{SECTION}.when_flagged", DEFAULT_EFFECT)
    checks = tuple(_terms(program, item, effect) for item in program.ids(f"{SECTION}.checks"))
    base = word(program, f"{SECTION}.base_period")
    _require(program, "base_period", base, [p.id for p in program.periods])
    for check in checks:
        _require_known(program, check)
    rate = program.get(f"{SECTION}.false_discovery_rate")
    return Plan(
        checks,
        tuple(PeriodSpan(p.id, p.first_day, p.last_day) for p in program.performance_periods() if p.known),
        base,
        _text(program, f"{SECTION}.gate") or None,
        effect,
        word(program, f"{SECTION}.when_too_few") == "holds",
        None if rate == "off" else Decimal(str(rate)),
        int(number(program, f"{SECTION}.seed")) if program.has(f"{SECTION}.seed") else None,
    )


def _terms(program: Program, item: str, effect: Effect) -> Terms:
    base = f"{SECTION}.checks.{item}"
    kind, target = word(program, f"{base}.kind"), _value(program, f"{base}.target")
    own = _number(program, f"{base}.minimum_rate")
    factors = _value(program, f"{base}.factors")
    return Terms(
        item,
        kind,
        _effect(program, f"{base}.when_flagged", effect),
        int(number(program, f"{base}.minimum_units")),
        cast("Direction", _text(program, f"{base}.direction") or DIRECTIONS.get(kind, "low")),
        _number(program, f"{base}.alpha") or Decimal(0),
        _text(program, f"{base}.measure"),
        Fraction(target) if isinstance(target, Decimal) else None,
        _number(program, f"{base}.own_drop"),
        _number(program, f"{base}.winsorize"),
        _text(program, f"{base}.compare"),
        _number(program, f"{base}.acceptable"),
        _number(program, f"{base}.unacceptable"),
        int(_number(program, f"{base}.in_control_run") or 0),
        tuple(str(f) for f in cast("list[object]", factors)) if isinstance(factors, list) else (),
        _number(program, f"{base}.standardized_difference"),
        None if own is None else Fraction(own),
        int(_number(program, f"{base}.lag_days") or 0),
        _text(program, f"{base}.cohort"),
        _text(program, f"{base}.pattern"),
        int(_number(program, f"{base}.width") or 0),
    )


def _value(program: Program, path: str) -> object:
    value = program.get(path) if program.has(path) else None
    return None if value == "off" else value


def _number(program: Program, path: str) -> Decimal | None:
    return None if _value(program, path) is None else number(program, path)


def _text(program: Program, path: str) -> str:
    value = _value(program, path)
    return "" if value is None else str(value)


def _effect(program: Program, path: str, otherwise: Effect) -> Effect:
    return cast("Effect", _text(program, path) or otherwise)


def _require_known(program: Program, check: Terms) -> None:
    at = f"checks.{check.id}"
    known = program.ids("risk.factors") if program.has("risk.factors") else []
    for factor in check.factors:
        _require(program, f"{at}.factors", factor, known)
    if check.cohort:
        otherwise = [word(program, "cohorts.otherwise")] if program.has("cohorts.otherwise") else []
        _require(program, f"{at}.cohort", check.cohort, [*(program.ids("cohorts.flags") if otherwise else []), *otherwise])
    if check.kind == "gaming" and not check.alpha and check.pattern != "volume_edge":
        message = f"`{SECTION}.{at}` compares shares and states no `alpha`; nothing could ever raise its flag."
        raise RuleError("TRU-Q043", message, place=program.place, next_step="State the level.")
    if check.acceptable is not None and check.unacceptable is not None and not 0 < check.unacceptable < check.acceptable < 1:
        raise RuleError(
            "TRU-Q042",
            f"`{SECTION}.{at}` watches for a fall from {check.acceptable} to {check.unacceptable}.",
            place=program.place,
            next_step="State 0 < unacceptable < acceptable < 1.",
        )


def _require(program: Program, path: str, value: str, known: list[str]) -> None:
    if value not in known:
        message = f"`{SECTION}.{path}` names `{value}`, which the rules do not have; they have {', '.join(known) or 'none'}."
        raise RuleError("TRU-Q041", message, place=program.place, next_step="Correct the name.")
