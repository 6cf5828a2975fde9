"""What monitoring found in a run: checks, flags with their reviews, gates, and amounts at the mix of the base."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from trueup.reports.figures import must_equal
from trueup.reports.source import Row, RunData

NO_NUMBER = ("too_few", "not_measured", "waits_for_reports")


@dataclass(frozen=True)
class Monitoring:
    """The tables of monitoring of a run."""

    run: RunData

    @property
    def is_known(self) -> bool:
        return bool(self.results or self.flags)

    @cached_property
    def results(self) -> list[Row]:
        """What each check found, latest period first, in the order of the rules."""
        rows = self.run.rows("monitor_results")
        order = {period: n for n, period in enumerate(self.run.performance_periods)}
        return sorted(rows, key=lambda r: order.get(r["period"], len(order)))

    @cached_property
    def flags(self) -> list[Row]:
        """Every flag with its review. Raises CheckFailed (TRU-C041) where a check raised a flag that is not there."""
        flags = self.run.rows("monitor_flags")
        raised = {(f["check_id"], f["entity_id"], f["period"]) for f in flags if f["raised_by"] == "statistic"}
        asked = {(r["check_id"], r["entity_id"], r["period"]) for r in self.results if r["flagged"]}
        must_equal("flags that checks raised", len(raised & asked), len(asked), f"{self.run.program}/monitor_flags")
        must_equal("checks behind the flags", len(raised & asked), len(raised), f"{self.run.program}/monitor_flags")
        return flags

    @cached_property
    def gates(self) -> list[Row]:
        return self.run.rows("computed_gates")

    @cached_property
    def watch(self) -> list[Row]:
        """Shares of each cohort against the base, and amounts at the base's mix. Raises CheckFailed (TRU-C041) for another amount."""
        rows = self.run.rows("migration_watch")
        paid: dict[tuple[str, str], int] = {}
        for s in self.run.settlements:
            key = s["entity_id"], s["period"]
            paid[key] = paid.get(key, 0) + (s["amount_cents"] or 0)
        for row in rows:
            key = row["entity_id"], row["period"]
            if row["payable_cents"] is not None and key in paid:
                where = f"{self.run.program}/migration_watch/{','.join(key)}"
                must_equal("the payable amount beside the base's mix", row["payable_cents"], paid[key], where)
        return rows

    def of(self, table: str, entity_id: str) -> list[Row]:
        """Rows of one entity: `results`, `flags`, `gates` or `watch`."""
        rows: list[Row] = getattr(self, table)
        return [row for row in rows if row["entity_id"] == entity_id]
