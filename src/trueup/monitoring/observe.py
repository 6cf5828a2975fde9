"""What the finished tables say of each entity, as counts that a check can judge. A table that does not exist gives None: not measured."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from trueup.engine import Engine
from trueup.monitoring.change import Moments, Share
from trueup.monitoring.completeness import Received, base_lines_per_month
from trueup.monitoring.migration import Units
from trueup.monitoring.plan import PeriodSpan, Plan
from trueup.monitoring.reviews import Review

Shares = dict[str, Share]
_EVERYBODY = "all"
# Counts by check, by the kind or pattern of the check that reads them.
COUNTED = {
    "selection": "selected_counts",
    "switching": "switch_counts",
    "exclusion_rate": "excluded_counts",
    "outlier_edge": "outlier_edges",
    "date_heaping": "period_edges",
    "own_coding": "own_codings",
}


class Observer:
    """Reads each table once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._read: dict[str, list[dict[str, Any]]] = {}

    def has(self, table: str) -> bool:
        return self.engine.has(table)

    def rows(self, table: str, *key: str) -> list[dict[str, Any]]:
        """The rows of a table in the order of its key; none where there is no such table."""
        if table not in self._read:
            self._read[table] = self.engine.rows(table, order_by=key) if self.engine.has(table) else []
        return self._read[table]

    def as_of(self) -> date:
        """The day as of which the run knows its facts."""
        (row,) = self.engine.rows("run_params")
        return row["as_of"]

    def measured_share(self, measure: str, period: str) -> Shares | None:
        """Numerators among scored units of everybody; None where the measure has no row in any period."""
        rows = self.rows("measure_counts", "measure_id", "entity_id", "period", "stratum", "stratum_value")
        of_measure = [r for r in rows if r["measure_id"] == measure and r["stratum"] == _EVERYBODY]
        if not of_measure:
            return None
        return {r["entity_id"]: Share(r["numerator"], r["denominator"]) for r in of_measure if r["period"] == period}

    def measured_values(self, measure: str, period: str) -> dict[str, list[tuple[int, int]]] | None:
        """Values and how many units have each; None where the measure has none in any period."""
        of_measure = [
            r for r in self.rows("measure_values", "measure_id", "entity_id", "period", "fact_value") if r["measure_id"] == measure
        ]
        if not of_measure:
            return None
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in of_measure:
            if row["period"] == period:
                found[row["entity_id"]].append((row["fact_value"], row["units"]))
        return dict(found)

    def sequences(self, measure: str, period: str) -> dict[str, list[bool]] | None:
        """Whether each unit met the measure, in the order in which they ended; None where the measure has no unit in any period."""
        of_measure = [
            r for r in self.rows("measured_sequences", "measure_id", "entity_id", "period", "unit_number") if r["measure_id"] == measure
        ]
        if not of_measure:
            return None
        found: dict[str, list[bool]] = defaultdict(list)
        for row in of_measure:
            if row["period"] == period:
                found[row["entity_id"]].append(row["is_met"] == 1)
        return dict(found)

    def counted(self, what: str, check_id: str, period: str) -> Shares | None:
        """Events among units from one of the stage's own steps; None where its tables do not exist."""
        table = COUNTED[what]
        if not self.has(table):
            return None
        rows = [r for r in self.rows(table, "entity_id", "period") if r.get("check_id", check_id) == check_id and r["period"] == period]
        return {r["entity_id"]: Share(r["events"], r["units"]) for r in rows}

    def scores(self, check_id: str, period: str) -> dict[str, Moments]:
        """Risk scores of each entity's attributed units."""
        rows = self.rows(COUNTED["selection"], "entity_id", "period")
        own = [r for r in rows if r["check_id"] == check_id and r["period"] == period]
        return {r["entity_id"]: Moments(r["units"], r["risk_micros"], r["risk_squares"]) for r in own}

    def received(self, check_id: str, period: str) -> dict[str, Received] | None:
        """Paid months and the covered lines that came for them."""
        if not self.has("reported_lines"):
            return None
        rows = [r for r in self.rows("reported_lines", "entity_id", "period") if r["check_id"] == check_id and r["period"] == period]
        return {r["entity_id"]: Received(r["months"], r["lines"]) for r in rows}

    def lines_per_month(self) -> dict[str, Fraction] | None:
        """Covered lines per paid month of the base, from the price set; None without one."""
        rows = self.rows("case_rate_basis", "entity_id", "end_kind")
        return base_lines_per_month(rows) if rows else None

    def cohorts(self, period: str) -> Units | None:
        """Retained units by entity and cohort."""
        if not self.has("cohort_counts"):
            return None
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self.rows("cohort_counts", "entity_id", "period", "cohort"):
            if row["period"] == period:
                found[row["entity_id"]][row["cohort"]] = row["units"]
        return dict(found)

    def volumes(self, period: str) -> dict[str, int] | None:
        """Deliveries counted for the volume gate, of entities that the gate is about."""
        if not self.has("entity_gates"):
            return None
        rows = [r for r in self.rows("entity_gates", "entity_id", "period") if r["period"] == period and r["delivery_count"] is not None]
        return {r["entity_id"]: r["delivery_count"] for r in rows}

    def minimum_volume(self) -> int | None:
        """Deliveries a year that the volume gate asks for."""
        (row,) = self.engine.rows("run_params")
        value = row.get("min_deliveries")
        return None if value is None else int(value)

    def entities(self, plan: Plan) -> dict[str, list[str]]:
        """Whom each period is about: everybody accountable for a unit, and everybody a watched measure counts."""
        measures = {check.measure for check in plan.checks if check.measure}
        found: dict[str, set[str]] = {period.id: set() for period in plan.periods}
        for row in self.rows("cohort_counts", "entity_id", "period", "cohort"):
            _add(found, row)
        for table in ("measure_counts", "measure_values"):
            for row in self.rows(table):
                if row["measure_id"] in measures:
                    _add(found, row)
        return {period: sorted(members) for period, members in found.items()}

    def reviews(self, program: str) -> list[Review]:
        """The latest state of each review of the program."""
        return [
            Review(r["entity_id"], r["period"], r["flag_id"], r["outcome"], r["reviewer"], r["decided_on"], r["evidence"])
            for r in self.rows("visible_reviews", "entity_id", "period", "flag_id")
            if r["program"] == program
        ]


def edge_share(period: PeriodSpan, width: int) -> Fraction:
    """The part of a period's days that lies in its first and last `width` days."""
    days = (period.last_day - period.first_day).days + 1
    return Fraction(min(2 * width, days), days)


def _add(found: dict[str, set[str]], row: dict[str, Any]) -> None:
    if row["period"] in found and row["entity_id"]:
        found[row["period"]].add(row["entity_id"])
