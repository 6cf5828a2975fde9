"""Cohort migration: more screening moves cases between cohorts, lowers the mean of both, and can pay without a dollar saved.

The statistic asks whether the share of a cohort grew beyond chance. The dollars are settlement's own: beside each payable amount it states
what the entity would get at its base's mix. Where the first is more than the second, the difference is what re-flagging alone was worth.
Neither changes an amount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trueup.money import parse_cents
from trueup.monitoring.change import Share
from trueup.monitoring.distributions import six
from trueup.monitoring.findings import Result
from trueup.monitoring.moves import BeforeAfter, judge_share_change
from trueup.monitoring.plan import Terms

Units = Mapping[str, Mapping[str, int]]  # entity -> cohort -> retained units


def shares_of(units: Units, cohort: str) -> dict[str, Share]:
    """Each entity's share of units in a cohort."""
    return {entity_id: Share(cohorts.get(cohort, 0), sum(cohorts.values())) for entity_id, cohorts in units.items()}


def judge_migration(terms: Terms, period: str, entities: Sequence[str], base: Units, now: Units) -> list[Result]:
    """Whether the share of the cohort grew against the own base."""
    return judge_share_change(terms, period, entities, BeforeAfter(shares_of(base, terms.cohort), shares_of(now, terms.cohort)))


def watch_rows(
    period: str,
    cohorts: Sequence[str],
    base: Units,
    now: Units,
    settlements: Iterable[Mapping[str, Any]],
    steps: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Rows of `migration_watch`: shares of each cohort, and settlement's payable amount beside its migration-neutral one.

    Amounts are of the entity, summed over cohorts, and empty where settlement stated none.
    """
    payable: dict[str, int] = defaultdict(int)
    for row in settlements:
        if row["period"] == period:
            payable[str(row["entity_id"])] += int(row["amount_cents"])
    neutral = {
        str(s["entity_id"]): parse_cents(str(s["amount"])) for s in steps if s["period"] == period and s["name"] == "migration_neutral"
    }
    rows: list[dict[str, Any]] = []
    for entity_id in sorted({*base, *now}):
        for cohort in cohorts:
            share, before = (shares_of(side, cohort).get(entity_id, Share(0, 0)) for side in (now, base))
            known = entity_id in neutral and entity_id in payable
            rows.append(
                {
                    "entity_id": entity_id,
                    "period": period,
                    "cohort": cohort,
                    "units": share.events,
                    "all_units": share.units,
                    "base_units": before.events,
                    "all_base_units": before.units,
                    "share": six(share.rate) if share.units else None,
                    "base_share": six(before.rate) if before.units else None,
                    "payable_cents": payable.get(entity_id),
                    "migration_neutral_cents": neutral.get(entity_id),
                    "difference_cents": payable[entity_id] - neutral[entity_id] if known else None,
                }
            )
    return rows
