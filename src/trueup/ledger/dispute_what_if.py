"""What upholding a dispute would change: two settlements side by side, and what the ledger would post for the corrected one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trueup.ledger.dispute_cases import PURPOSE, Difference
from trueup.ledger.results import Line

Key = tuple[str, str, str]


def booked_settlements(lines: Iterable[Line]) -> dict[Key, int]:
    """Cents booked for each entity, period and cohort: shared savings of lines that count, pending ones included."""
    found: dict[Key, int] = {}
    for line in lines:
        if line.obligation.purpose == PURPOSE:
            key = (line.obligation.entity_id, line.obligation.period, line.obligation.cohort)
            found[key] = found.get(key, 0) + line.delta_cents
    return found


def what_if_settlement(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], booked: Mapping[Key, int]
) -> tuple[Difference, ...]:
    """Every entity, period and cohort whose settlement differs between two runs, in that order.

    Args:
        before: rows of `settlements` as they were settled: entity_id, period, cohort, amount_cents, status.
        after: the same of a run with what the practice says is right.
        booked: what the ledger has booked, of `booked_settlements`.
    """
    settled, corrected = _amounts(before), _amounts(after)
    return tuple(
        Difference(*key, settled.get(key), corrected.get(key), _posts(corrected.get(key), booked.get(key, 0)))
        for key in sorted({*settled, *corrected})
        if settled.get(key) != corrected.get(key)
    )


def _amounts(rows: Iterable[Mapping[str, Any]]) -> dict[Key, int]:
    """Cumulative cents by key. A held row states no amount."""
    return {(str(r["entity_id"]), str(r["period"]), str(r["cohort"])): int(r["amount_cents"]) for r in rows if r["status"] != "held"}


def _posts(corrected: int | None, booked: int) -> int:
    return 0 if corrected is None else corrected - booked
