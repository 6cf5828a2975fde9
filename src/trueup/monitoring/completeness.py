"""Encounter completeness: zero-paid claims tend to stop arriving, and then risk falls, quality fails and under-service fires.

For each paid month the base says how many lines it covers. Fewer than the wanted share of them is under-reporting: a matter between the
practice and the intake of claims, settled before anybody judges the care.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.money import round_half_up
from trueup.monitoring.findings import Counts, Result, too_few
from trueup.monitoring.plan import Terms


@dataclass(frozen=True, slots=True)
class Received:
    """Paid months old enough to be complete, and the covered lines received for them."""

    months: int
    lines: int


def judge_completeness(
    terms: Terms, period: str, entities: Sequence[str], received: Mapping[str, Received], lines_per_month: Mapping[str, Fraction]
) -> list[Result]:
    """One result per entity: received lines over expected ones, expected = paid months x lines per month of its base.

    An entity without a base of its own is not judged. `units` are the expected lines, `events` the received ones, `base_units` the months.
    """
    assert terms.minimum_rate is not None
    found: list[Result] = []
    for entity_id in entities:
        own = received.get(entity_id, Received(0, 0))
        if entity_id not in lines_per_month:
            found.append(too_few(terms, entity_id, period, Counts(None, own.lines, own.months), "no_base"))
            continue
        expected = own.months * lines_per_month[entity_id]
        counts = Counts(round_half_up(expected), own.lines, own.months)
        if expected < max(terms.minimum_units, 1):
            found.append(too_few(terms, entity_id, period, counts))
            continue
        rate = own.lines / expected
        alarm = rate < terms.minimum_rate
        reason = "under_reporting" if alarm else "reported"
        found.append(
            Result(
                terms, entity_id, period, "within", reason, counts, observed=rate, expected=terms.minimum_rate, alarm=alarm, certain=alarm
            )
        )
    return found


def base_lines_per_month(rows: Sequence[Mapping[str, object]]) -> dict[str, Fraction]:
    """Covered lines per paid month of each entity, over all the ways in which its base pregnancies ended. Rows of `case_rate_basis`."""
    months: dict[str, int] = {}
    lines: dict[str, int] = {}
    for row in rows:
        entity_id = str(row["entity_id"])
        months[entity_id] = months.get(entity_id, 0) + int(Decimal(str(row["months"])))
        lines[entity_id] = lines.get(entity_id, 0) + int(Decimal(str(row["lines"])))
    return {entity_id: Fraction(lines[entity_id], count) for entity_id, count in months.items() if count}
