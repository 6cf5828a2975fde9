"""Rows of `entity_results`: what an entity's year came to, as somebody else computed it, and which rows cannot be trusted.

A row that cannot be read, lacks its key, comes twice or states something impossible is refused with a code and a reason. It is counted and
never becomes a number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from trueup.money import parse_cents
from trueup.settlement.inputs import Refusal

Kind = Literal["text", "count", "number", "rate", "money", "flag", "day"]

# Every column and what it holds. `rate` is a share from 0 to 1; `money` is dollars of zero or more.
COLUMNS: dict[str, Kind] = {
    "entity_id": "text",
    "period": "text",
    "track": "text",
    "assigned_members": "count",
    "person_years": "number",
    "benchmark": "money",
    "expenditure": "money",
    "minimum_savings_rate": "rate",
    "quality_score": "rate",
    "met_quality_standard": "flag",
    "met_alternative_standard": "flag",
    "sharing_rate": "rate",
    "loss_rate": "rate",
    "loss_limit": "money",
    "participant_revenue": "money",
    "disaster_adjustment": "money",
    "low_revenue": "flag",
    "agreement_start_date": "day",
    "agreement_year": "count",
    "guardrail": "flag",
    "sequestration_rate": "rate",
}
REQUIRED = ("entity_id", "period", "track", "assigned_members", "benchmark", "expenditure")
_COUNT = re.compile(r"^\d{1,15}$")
_DECIMAL = re.compile(r"^-?\d{1,15}(\.\d{1,30})?$")
_YES, _NO = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_FLAGS: dict[str, bool] = {word: word in _YES for word in (*_YES, *_NO)}


@dataclass(frozen=True, slots=True)
class EntityResult:
    """One entity and period. Dollars are whole cents, rates shares of one; None is not given."""

    entity_id: str
    period: str
    track: str
    assigned_members: int
    benchmark_cents: int
    expenditure_cents: int
    person_years: Decimal | None = None
    minimum_savings_rate: Decimal | None = None
    quality_score: Decimal | None = None
    met_quality_standard: bool | None = None
    met_alternative_standard: bool | None = None
    sharing_rate: Decimal | None = None
    loss_rate: Decimal | None = None
    loss_limit_cents: int | None = None
    participant_revenue_cents: int | None = None
    disaster_adjustment_cents: int | None = None
    low_revenue: bool | None = None
    agreement_start_date: date | None = None
    agreement_year: int | None = None
    guardrail: bool | None = None
    sequestration_rate: Decimal | None = None


class BadRow(Exception):
    """Why a row cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def read_results(rows: Iterable[Mapping[str, object]]) -> tuple[list[EntityResult], list[Refusal]]:
    """The rows that can be trusted, by entity and period, and why each other one cannot.

    Rows are numbered from 1 in messages. An exact copy of an earlier row is refused and the first counts; rows of one entity and period
    that differ are all refused: nobody can say which one is right.
    """
    good: dict[tuple[str, str], list[EntityResult]] = defaultdict(list)
    seen: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    refused: list[Refusal] = []
    for position, row in enumerate(rows, 1):
        content = tuple(_words(row.get(name)) for name in COLUMNS)
        entity, period = content[:2]
        before = seen[entity, period]
        if entity and period and content in before:
            refused.append(Refusal(entity, period, "all", "TRU-S102", f"row {position}: an exact copy of an earlier row; that one counts."))
            continue
        before.append(content)
        try:
            good[entity, period].append(read_result(row))
        except BadRow as bad:
            refused.append(Refusal(entity, period, "all", bad.code, f"row {position}: {bad.message}"))
    results: list[EntityResult] = []
    for (entity, period), found in sorted(good.items()):
        times = len(seen[entity, period])
        if times == 1:
            results += found
        elif found:
            message = f"{times} rows of one entity and period differ; which one is right cannot be told."
            refused.append(Refusal(entity, period, "all", "TRU-S102", message))
    return results, sorted(refused, key=lambda r: (r.entity_id, r.period, r.code, r.message))


def read_result(row: Mapping[str, object]) -> EntityResult:
    """One row, typed. Raises BadRow."""
    values = {name: _read(name, kind, row.get(name)) for name, kind in COLUMNS.items()}
    for name in REQUIRED:
        if values[name] is None:
            code = "TRU-S101" if name in ("entity_id", "period") else "TRU-S108"
            raise BadRow(code, f"`{name}` is missing.")
    if values["benchmark"] == 0:
        raise BadRow("TRU-S106", "`benchmark` is zero: nothing can be compared with it.")
    if values["assigned_members"] == 0:
        raise BadRow("TRU-S106", "`assigned_members` is zero.")
    fields = {f"{name}_cents" if COLUMNS[name] == "money" else name: value for name, value in values.items()}
    return EntityResult(**fields)  # pyright: ignore[reportArgumentType]


def _words(value: object) -> str:
    return "" if value is None else str(value).strip()


def _read(name: str, kind: Kind, value: object) -> object:
    """The value of a column, None where it is empty. Raises BadRow (TRU-S105 unreadable, TRU-S106 impossible)."""
    text = _words(value)
    if text == "":
        return None
    if kind == "text":
        return text
    if kind == "money":
        return _money(name, text)
    if kind == "flag":
        found = value if isinstance(value, bool) else _FLAGS.get(text.lower())
        if found is None:
            raise BadRow("TRU-S105", f"`{name}` is {text!r}; expected true or false.")
        return found
    if kind == "day":
        try:
            return value if isinstance(value, date) else date.fromisoformat(text)
        except ValueError:
            raise BadRow("TRU-S105", f"`{name}` is {text!r}; expected a day like 2024-01-01.") from None
    return _number(name, kind, text)


def _money(name: str, text: str) -> int:
    try:
        cents = parse_cents(text)
    except ValueError:
        raise BadRow("TRU-S105", f"`{name}` is {text!r}; expected dollars with at most two decimals.") from None
    if cents < 0:
        raise BadRow("TRU-S106", f"`{name}` is {text}; it cannot be negative.")
    return cents


def _number(name: str, kind: Kind, text: str) -> int | Decimal:
    if kind == "count":
        if not _COUNT.match(text):
            raise BadRow("TRU-S105", f"`{name}` is {text!r}; expected a whole number of zero or more.")
        return int(text)
    if not _DECIMAL.match(text):
        raise BadRow("TRU-S105", f"`{name}` is {text!r}; expected a decimal number.")
    value = Decimal(text)
    if value < 0 or (kind == "rate" and value > 1):
        raise BadRow("TRU-S106", f"`{name}` is {text}; expected {'a share of one, from 0 to 1' if kind == 'rate' else 'zero or more'}.")
    return value
