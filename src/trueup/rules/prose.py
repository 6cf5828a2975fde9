"""Rule values in words: how `describe` prints a number, an operator, a code list, an unknown, an assumption and a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from trueup.rules.program import Param, Program, Unknown
from trueup.rules.reader import is_list, sequence

OPERATORS = {
    "lt": "below",
    "le": "at or below",
    "eq": "exactly",
    "ne": "other than",
    "ge": "at or above",
    "gt": "above",
}


# Words of the rule files that need more than their underscores taken out.
WORDS = {
    "billing_tin": "tax ID that bills",
    "most_trigger_months": "the practice with the most trigger months",
    "delivering_entity": "the practice that billed the delivery",
    "own_period": "the episode's own period",
    "not_accountable": "nowhere, and nobody is accountable",
    "state": "the whole state",
    "state_cohort": "the whole state, each group apart",
    "pre_existing": "pre-existing",
    "fqhc": "federally qualified health center",
}


def plain(value: object) -> str:
    """A value as a person writes it: words without underscores, lists with `or`."""
    if is_list(value):
        return " or ".join(plain(item) for item in sequence(value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return WORDS.get(value, value.replace("_", " ")) if isinstance(value, str) else str(value)


def exact(value: object) -> str:
    """A value as the rule file writes it."""
    if is_list(value):
        return f"[{', '.join(exact(item) for item in sequence(value))}]"
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)


def percent(value: object) -> str:
    """A share of one as a percentage, exact: 0.125 -> 12.5%."""
    return f"{_shortest(value * 100)}%" if isinstance(value, Decimal) else plain(value)


def ordinal(value: object) -> str:
    """A share of one as a percentile: 0.99 -> 99th percentile."""
    if not isinstance(value, Decimal):
        return plain(value)
    number = _shortest(value * 100)
    last_two, last = number[-2:], number[-1]
    ending = "th" if last_two in ("11", "12", "13") or "." in number else {"1": "st", "2": "nd", "3": "rd"}.get(last, "th")
    return f"{number}{ending} percentile"


def day(value: object) -> str:
    """A day as it is said: 31 October 2021 as October 31, 2021."""
    return f"{value:%B} {value.day}, {value.year}" if isinstance(value, date) else plain(value)


def operator(value: object) -> str:
    return OPERATORS.get(str(value), plain(value))


def _shortest(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Words:
    """The values of one program as they stand in its sentences, each with its source, or marked unknown or assumed."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def entry(self, path: str) -> Param | Unknown | None:
        return self.program.params.get(path)

    def is_(self, path: str, value: object) -> bool:
        entry = self.entry(path)
        return isinstance(entry, Param) and entry.value == value

    def say(self, path: str, words: Callable[[object], str] = plain) -> str:
        """The value in bold, with a mark where it is assumed or a setting; `unknown` in bold where there is none."""
        entry = self.entry(path)
        if not isinstance(entry, Param):
            return "**unknown**"
        return f"**{words(entry.value)}**{self.mark(path)}"

    def cites(self, *paths: str) -> str:
        """The sources of the paths in brackets, each once. An unknown has none, and assumptions are listed at the end of the page."""
        parts: dict[str, None] = {}
        for path in paths:
            entry = self.entry(path)
            if isinstance(entry, Unknown) or (isinstance(entry, Param) and entry.origin != "rule"):
                continue
            parts.update(dict.fromkeys(part.strip() for part in self.program.cite(path).split(";") if part.strip()))
        return f" [{'; '.join(parts)}]" if parts else ""

    def sentence(self, text: str, *paths: str) -> str:
        """A bullet that ends with its sources."""
        return f"- {text}{self.cites(*paths)}"

    def rule(self, text: str, question: str, *paths: str) -> str:
        """A bullet, or that the answer to `question` is unknown where the first path is."""
        if isinstance(self.entry(paths[0]), Unknown):
            return f"- {question} is **unknown**."
        return self.sentence(text, *paths)

    def mark(self, path: str) -> str:
        """` (assumed)` where no source gives the value, for sentences that do not print it."""
        entry = self.entry(path)
        return {"rule": "", "assumption": " (assumed)", "setting": " (setting)"}[entry.origin] if isinstance(entry, Param) else ""

    def codes(self, path: str) -> str:
        """A code list by name and size: `pregnancy` (3 codes: 2 icd-10-cm, 1 hcpcs)."""
        full = f"{path}.value_set"
        if not isinstance(self.entry(full), Param):
            return "a list that is **unknown**"
        name = self.program.set_name(full)
        value_set = self.program.value_set(name)
        systems = Counter(code.code_system for code in value_set.codes)
        parts = ", ".join(f"{count} {system}" for system, count in sorted(systems.items()))
        entry = self.entry(full)
        assumed = ", assumed" if isinstance(entry, Param) and entry.origin != "rule" else ""
        return f"`{name}` ({parts}{assumed})"


def years(words: Words, path: str) -> str:
    """A span of trend in words: so many years, or from the middle of one period to the middle of another."""
    midpoints = "the years between the middle of the base period and the middle of the priced period"
    if words.is_(path, "midpoint"):
        return f"{midpoints}{words.mark(path)}"
    if words.is_(path, "midpoint_months"):
        return f"{midpoints}, in whole months{words.mark(path)}"
    return f"{words.say(path)} years"
