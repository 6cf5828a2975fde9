"""Tables inside a rule file that may be unknown as a whole: tiers, what they pay, and the add-on outside them.

How many tiers there are is itself a policy, so the table is one value. Rows are read strictly and kept as text, so that an assumed table
prints as it was written. `table_faults` says where tiers leave a gap or overlap, and which rate is missing or doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import cast

Row = dict[str, str | None]

_NUMBER = re.compile(r"-?\d+(\.\d{1,6})?")
_DOLLARS = re.compile(r"\d+(\.\d{1,2})?")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
UNITS = ("per_diem", "percent")


@dataclass(frozen=True)
class TableFault:
    """One fault of a tier table: its error code, what is wrong, and what to do."""

    code: str
    message: str
    next_step: str


def tier_rows(raw: object) -> list[Row]:
    """Rows `{id, from, to}`; bounds are quoted numbers or null. Raises ValueError in words."""
    return [{"id": _id(r, "id"), "from": _bound(r, "from"), "to": _bound(r, "to")} for r in _rows(raw, ("id", "from", "to"))]


def rate_rows(raw: object) -> list[Row]:
    """Rows `{tier, peer_group, unit, amount, effective_from, effective_to}`. Raises ValueError in words."""
    keys = ("tier", "peer_group", "unit", "amount", "effective_from", "effective_to")
    return [{"tier": _id(r, "tier"), "peer_group": _id(r, "peer_group"), **_rate(r)} for r in _rows(raw, keys)]


def interim_rows(raw: object) -> list[Row]:
    """Rows `{hospital_class, unit, amount, effective_from, effective_to}`. Raises ValueError in words."""
    keys = ("hospital_class", "unit", "amount", "effective_from", "effective_to")
    return [{"hospital_class": _id(r, "hospital_class"), **_rate(r)} for r in _rows(raw, keys)]


def _rows(raw: object, keys: Sequence[str]) -> list[Mapping[str, object]]:
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"expected rows of {', '.join(keys)}")
    found: list[Mapping[str, object]] = []
    for number, item in enumerate(cast("list[object]", raw), 1):
        row = cast("Mapping[str, object]", item) if isinstance(item, Mapping) else None
        if row is None or set(row) != set(keys):
            raise ValueError(f"expected in row {number} exactly {', '.join(keys)}")
        found.append(row)
    return found


def _id(row: Mapping[str, object], key: str) -> str:
    value = row[key]
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ValueError(f"expected in `{key}` letters, digits and _, beginning with a letter, and found {value!r}")


def _bound(row: Mapping[str, object], key: str) -> str | None:
    value = row[key]
    if value is None or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        return value
    raise ValueError(f'expected in `{key}` a number in quotes, like "6.5", or null')


def _rate(row: Mapping[str, object]) -> Row:
    if row["unit"] not in UNITS:
        raise ValueError("expected in `unit` per_diem or percent")
    amount = row["amount"]
    if not isinstance(amount, str) or not _DOLLARS.fullmatch(amount):
        raise ValueError('expected in `amount` dollars a day, or percent, in quotes with at most two decimals, like "25.00"')
    days = {key: _day(row, key) for key in ("effective_from", "effective_to")}
    if days["effective_from"] is None:
        raise ValueError("expected a day in `effective_from`")
    if days["effective_to"] is not None and days["effective_to"] <= days["effective_from"]:
        raise ValueError("expected an `effective_to` after `effective_from`; spans are half-open")
    return {"unit": cast(str, row["unit"]), "amount": amount, **days}


def _day(row: Mapping[str, object], key: str) -> str | None:
    value = row[key]
    if value is None or isinstance(value, date):
        return None if value is None else value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return value
    raise ValueError(f"expected in `{key}` a day like 2027-01-01, or null")


# --- what tables must agree in --------------------------------------------------------------------------------------------------------


def tier_faults(tiers: Sequence[Row]) -> list[TableFault]:
    """Every number has exactly one tier: the first begins and the last ends nowhere, and each begins where the one before ends."""
    faults: list[TableFault] = []
    ids = [str(t["id"]) for t in tiers]
    for name in sorted({i for i in ids if ids.count(i) > 1}):
        faults.append(TableFault("TRU-R122", f"tier `{name}` occurs twice", "Rename one."))
    if tiers[0]["from"] is not None:
        faults.append(TableFault("TRU-R120", f"nothing below {tiers[0]['from']} has a tier", "Let the first tier begin at null."))
    if tiers[-1]["to"] is not None:
        faults.append(TableFault("TRU-R120", f"nothing from {tiers[-1]['to']} on has a tier", "Let the last tier end at null."))
    for low, high in pairwise(tiers):
        if low["to"] is None or high["from"] is None:
            open_one = low if low["to"] is None else high
            faults.append(TableFault("TRU-R121", f"tier `{open_one['id']}` is open toward its neighbor", "Give both the same bound."))
            continue
        end, start = Decimal(low["to"]), Decimal(high["from"])
        if end < start:
            faults.append(TableFault("TRU-R120", f"from {end} to {start} there is no tier", f"Let `{high['id']}` begin at {end}."))
        elif end > start:
            faults.append(TableFault("TRU-R121", f"from {start} to {end} there are two tiers", f"Let `{high['id']}` begin at {end}."))
    for tier in tiers:
        if tier["from"] is not None and tier["to"] is not None and Decimal(tier["to"]) <= Decimal(tier["from"]):
            faults.append(TableFault("TRU-R121", f"tier `{tier['id']}` ends at {tier['to']}, not after {tier['from']}", "Order the tiers."))
    return faults


def rate_faults(tiers: Sequence[Row], rates: Sequence[Row]) -> list[TableFault]:
    """Every tier has one rate on every day in each peer group that the table names, and no rate names another tier."""
    known = [str(t["id"]) for t in tiers]
    faults = [
        TableFault("TRU-R123", f"a rate names the tier `{name}`, which is not one of {', '.join(known)}", "Correct one of them.")
        for name in sorted({str(r["tier"]) for r in rates} - set(known))
    ]
    groups = sorted({str(r["peer_group"]) for r in rates})
    for tier in known:
        for group in groups:
            mine = [r for r in rates if r["tier"] == tier and r["peer_group"] == group]
            if not mine:
                faults.append(TableFault("TRU-R123", f"tier `{tier}` has no rate in peer group `{group}`", "Add its row."))
            faults += _span_faults(f"tier `{tier}` in peer group `{group}`", mine)
    return faults


def interim_faults(rates: Sequence[Row]) -> list[TableFault]:
    """No class has two rates on one day."""
    classes = sorted({str(r["hospital_class"]) for r in rates})
    return [f for c in classes for f in _span_faults(f"class `{c}`", [r for r in rates if r["hospital_class"] == c])]


def _span_faults(what: str, rows: Iterable[Row]) -> list[TableFault]:
    ordered = sorted(rows, key=lambda r: str(r["effective_from"]))
    faults: list[TableFault] = []
    for earlier, later in pairwise(ordered):
        end, start = earlier["effective_to"], str(later["effective_from"])
        if end is None or end > start:
            faults.append(TableFault("TRU-R124", f"{what} has two rates on {start}", "End the earlier one before the later begins."))
        elif end < start:
            faults.append(TableFault("TRU-R124", f"{what} has no rate from {end} to {start}", "Let one follow the other."))
    return faults
