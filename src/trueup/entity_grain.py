"""What the stages at entity grain (pricing and settlement) share: how rules are read, ladders, participation and prices.

A *ladder* is a numbered list of named amounts that a person can redo on a calculator: every amount that later steps use is printed in
full, and rounding happens at the step that says so. Nothing here knows a program or reads a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from trueup.errors import CheckFailed
from trueup.money import format_cents, to_places

Unit = Literal["dollars", "rate", "count", "text", "date"]


class PeriodDays(Protocol):
    """A declared period of a program, both days inclusive; `last_day_as_published` is the printed day where the rule read another."""

    @property
    def id(self) -> str: ...
    @property
    def program_year(self) -> int | None: ...
    @property
    def first_day(self) -> date: ...
    @property
    def last_day(self) -> date: ...
    @property
    def last_day_as_published(self) -> str | None: ...


class RuleValue(Protocol):
    """Where a rule value came from: `origin` is rule, assumption or setting."""

    @property
    def cite(self) -> str: ...
    @property
    def origin(self) -> str: ...


class RuleReader(Protocol):
    """The part of a loaded program that pricing and settlement use. Reading an unknown value raises `Refused`."""

    @property
    def id(self) -> str: ...
    def get(self, path: str) -> object: ...
    def has(self, path: str) -> bool: ...
    def ids(self, path: str) -> list[str]: ...
    def param(self, path: str) -> RuleValue: ...
    def period(self, period_id: str) -> PeriodDays: ...


def cite_of(rules: RuleReader, path: str) -> str:
    """The source of a rule value. A value that no source gives says so: `assumption (file; basis; reason)`."""
    value = rules.param(path)
    return value.cite if value.origin == "rule" else f"{value.origin} ({value.cite})"


def word(rules: RuleReader, path: str) -> str:
    """A word of the rules."""
    return str(rules.get(path))


def number(rules: RuleReader, path: str) -> Decimal:
    """A rate, a count or dollars. Raises CheckFailed for anything else, and for a float, which is never exact."""
    value = rules.get(path)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise CheckFailed("TRU-P020", f"`{path}` is {value!r}, not an exact number.", next_step="Quote it in the rule file.")
    return Decimal(value)


def number_or_off(rules: RuleReader, path: str) -> Decimal | None:
    """A number, or None where the rule says `off`."""
    return None if rules.get(path) == "off" else number(rules, path)


# --- comparing -----------------------------------------------------------------------------------------------------------------------


def compare(left: Fraction | int, operator: str, right: Fraction | int) -> bool:
    """`left operator right`, exact; operators are the words of the rule files: lt, le, eq, ne, ge, gt."""
    match operator:
        case "lt":
            return left < right
        case "le":
            return left <= right
        case "eq":
            return left == right
        case "ne":
            return left != right
        case "ge":
            return left >= right
        case "gt":
            return left > right
        case _:
            raise ValueError(f"not an operator: {operator!r}")


# --- ladders -------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One named amount of a ladder, as text in its unit: dollars without separators, rates and counts as they are used."""

    name: str
    amount: str
    unit: Unit
    cite: str = ""


def decimal_text(value: Fraction | Decimal | int, least: int = 0, most: int = 12) -> str:
    """`value` in full, with at least `least` decimals; a value without an end is cut to `most` decimals, half away from zero."""
    places = least
    while places < most and Fraction(to_places(Fraction(value), places)) != value:
        places += 1
    return f"{to_places(Fraction(value), places):f}"


class Ladder:
    """Collects lines in order; each method returns nothing and adds one line."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def cents(self, name: str, cents: Fraction | int, cite: str = "") -> None:
        """An amount given in cents, possibly with a fraction of a cent, printed in dollars in full."""
        text = format_cents(cents) if isinstance(cents, int) else decimal_text(cents / 100, least=2)
        self.lines.append(Line(name, text, "dollars", cite))

    def rate(self, name: str, value: Fraction | Decimal, cite: str = "") -> None:
        """A factor, printed as the rule or table states it."""
        text = f"{value:f}" if isinstance(value, Decimal) else decimal_text(value)
        self.lines.append(Line(name, text, "rate", cite))

    def count(self, name: str, value: int, cite: str = "") -> None:
        """A whole number."""
        self.lines.append(Line(name, str(value), "count", cite))

    def day(self, name: str, value: date, cite: str = "") -> None:
        """A calendar day, ISO form."""
        self.lines.append(Line(name, value.isoformat(), "date", cite))

    def text(self, name: str, value: str, cite: str = "") -> None:
        """A word, for example the outcome of a test."""
        self.lines.append(Line(name, value, "text", cite))

    def test(self, name: str, words: str, passed: bool, cite: str = "") -> None:
        """A comparison with its operator and answer, e.g. `actual lt commendable_total: yes`."""
        self.text(name, f"{words}: {'yes' if passed else 'no'}", cite)


# --- participation -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Participation:
    """One stay of an entity in a program: from `joined_on` up to, not including, `left_on`."""

    entity_id: str
    joined_on: date
    left_on: date | None = None
    successor_entity_id: str | None = None
    election: str | None = None


def family(entity_id: str, stays: Iterable[Participation]) -> list[str]:
    """The entity, then its predecessors (those that name it as successor), then theirs, each generation by entity id."""
    rows = list(stays)
    found, generation = [entity_id], [entity_id]
    while generation:
        generation = sorted({row.entity_id for row in rows if row.successor_entity_id in generation} - set(found))
        found += generation
    return found


def first_joined(entity_id: str, stays: Iterable[Participation]) -> date | None:
    """The first day the entity or a predecessor took part. Leaving, rejoining and a new tax ID reset nothing; None if it never joined."""
    rows = list(stays)
    members = set(family(entity_id, rows))
    return min((row.joined_on for row in rows if row.entity_id in members), default=None)


def add_years(day: date, years: int) -> date:
    """The anniversary; February 29 becomes March 1 in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


# --- prices --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Price:
    """One price of an entity and cohort, valid from `effective_from` up to, not including, `effective_to`. Columns of table `prices`."""

    entity_id: str
    price: str
    cohort: str
    effective_from: date
    effective_to: date
    amount_cents: int
    status: str = "draft"


def require_unique(keys: Iterable[tuple[str, ...]], code: str, what: str) -> None:
    """Raise `CheckFailed` if a key comes twice: settling the same thing twice would pay it twice."""
    twice = sorted(key for key, times in Counter(keys).items() if times > 1)
    if twice:
        raise CheckFailed(code, f"{what}: {len(twice)} key(s) come twice, the first is {twice[0]}.", next_step="Pass one row per key.")
