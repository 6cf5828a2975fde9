"""Fixing the tiers of hospitals from the finished measures: the price set of a payment period.

Nothing is settled: a tier is fixed before the period that is paid by it. A run through the measured year reports the year to date and never
comes here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from trueup.engine import Engine
from trueup.entity_grain import PeriodDays, cite_of, number, word
from trueup.errors import Refused
from trueup.pricing.case_mix import Cell, adjusted
from trueup.pricing.credibility import Group
from trueup.pricing.inputs import Finding, PriceSetContent
from trueup.pricing.stays.steps import STEPS as GROUP_STEPS
from trueup.pricing.tier_inputs import Enrollment, Hospital, Metric, MetricResult, TierPlacement
from trueup.pricing.tier_rates import rates_of, steps_of
from trueup.pricing.tier_rules import SECTION, earlier_periods, measured_period, read_tier_rules, require_mature, rows_at
from trueup.pricing.tiers import place
from trueup.quality import points, rates
from trueup.quality.small_numbers import pooled_counts, pooled_distribution
from trueup.rules.program import Program
from trueup.settlement.inputs import SettlementResult
from trueup.tables import OUTPUT

NEEDS_PRICES = False
Row = dict[str, Any]
MEANS = ("mean",)
_TEN = Fraction(10)


def prepare(engine: Engine) -> None:
    """Nothing: tiers read the measures as they stand."""


def settle(engine: Engine, program: Program, period_id: str, content: PriceSetContent | None, as_of: date) -> SettlementResult:
    """Nothing is settled in a program that fixes its rates beforehand."""
    return SettlementResult([], [], [])


def price(engine: Engine, program: Program, period_id: str, as_of: date | None = None) -> PriceSetContent:
    """Fix the tiers of a payment period and what they pay.

    Raises:
        Refused: TRU-P100 before discharges and claims of the measured year are complete; TRU-P101 for another measured year; TRU-P102
            without a hospital; TRU-P103 without results; TRU-P105 without a rate; TRU-R014 where a value is unknown.
    """
    paid = program.period(period_id)
    measured = measured_period(program, paid)
    require_mature(program, measured, as_of)
    rules = read_tier_rules(program, period_id)
    hospitals = hospitals_of(engine, program, paid)
    if not hospitals:
        message = f"no hospital of {program.id} is known in {period_id}: the table hospital_status has no row for it."
        raise Refused("TRU-P102", message, next_step="Load hospital_status: class, peer group and election of each hospital.")
    if not engine.has("measure_counts"):
        raise Refused("TRU-P103", "the measures of the tiers were not counted.", next_step="Give the rules a section `quality`.")
    results = _Results(engine, program, measured).of(rules.metrics)
    placements, lines = place(rules, hospitals, results, points_of, measured.id, period_id, entry_after=paid.first_day)
    interim = rows_at(program, "addons.interim") if rules.hold_harmless == "interim_add_on" else []
    prices = rates_of(rules, placements, hospitals, rows_at(program, f"{SECTION}.rates"), interim, paid)
    cites = {key: cite_of(program, f"{SECTION}.{path}") for key, path in _CITES.items()}
    for metric in program.ids(f"{SECTION}.metrics"):
        cites |= {f"{metric}.{key}": cite_of(program, f"{SECTION}.metrics.{metric}.{key}") for key in ("measure", "points", "weight")}
    steps = steps_of(placements, lines, prices, cites)
    for name, rows in (("tiers", placements), ("tier_metrics", lines)):
        engine.register_rows(name, [asdict(r) for r in rows], OUTPUT[name].columns)
    return PriceSetContent(prices, steps, [], _findings(placements), tiers=placements, tier_metrics=lines)


_CITES = {
    "small_numbers": "small_numbers.minimum_cases", "cuts": "cuts.basis", "tiers": "tiers",
    "rates": "rates",
}  # fmt: skip


def points_of(metric: Metric, value: Fraction, threshold: Fraction | None, benchmark: Fraction | None) -> Fraction:
    """Points from 0 to 10, by the arithmetic of the scorecard; no points where there is nothing to hold the value against."""
    if metric.points == "ladder":
        cuts = [points.Cut(at, earned) for at, earned in metric.ladder]
        return points.on_ladder(value, cuts, metric.direction)
    if threshold is None or benchmark is None or points.gain(threshold, benchmark, metric.direction) <= 0:
        return Fraction(0)
    if metric.points == "hvbp":
        return points.hvbp_achievement(value, threshold, benchmark, metric.direction)
    return points.interpolated(value, threshold, benchmark, metric.direction, _TEN)


def _findings(placements: list[TierPlacement]) -> list[Finding]:
    few = sum(1 for p in placements if "insufficient_cases" in p.fallback_reason)
    said = f"{few} hospitals have too few cases for a tier of their own and get the tier that the rules name."
    return [Finding("TRU-P106", few, said)] if few else []


# --- hospitals ------------------------------------------------------------------------------------------------------------------------


def hospitals_of(engine: Engine, program: Program, paid: PeriodDays) -> list[Hospital]:
    """Every hospital with a status on a day of the payment period: its class and peer group then, whether it is enrolled, and the tier it
    had in the payment period before (`earlier_tiers`)."""
    eligible = cast("list[str]", program.get("hospitals.eligible_classes"))
    spans: dict[str, list[Row]] = defaultdict(list)
    end = paid.last_day + timedelta(days=1)
    for r in engine.rows("visible_hospital_status", order_by=("facility_id", "effective_from")):
        start, stop = r["effective_from"], r["effective_to"]
        if (start is None or start < end) and (stop is None or stop > paid.first_day):
            spans[r["facility_id"]].append(r)
    earlier = {r["entity_id"]: r["tier"] for r in engine.rows("earlier_tiers")} if engine.has("earlier_tiers") else {}
    return [_hospital(entity, rows, eligible, paid, earlier.get(entity)) for entity, rows in sorted(spans.items())]


def _hospital(entity: str, rows: list[Row], eligible: list[str], paid: PeriodDays, earlier: str | None) -> Hospital:
    in_class = [r for r in rows if r["hospital_class"] in eligible]
    enrolled = [r for r in in_class if r["election"] == "enrolled"]
    shown = (enrolled or in_class or rows)[0]
    state: Enrollment = "enrolled" if enrolled else "declined" if in_class else "not_eligible"
    entry = max(enrolled[0]["effective_from"] or paid.first_day, paid.first_day) if enrolled else None
    return Hospital(entity, shown["hospital_class"] or "other", shown["peer_group"] or "all", state, entry, earlier)


# --- results --------------------------------------------------------------------------------------------------------------------------


class _Results:
    """The results of the metrics in the measured period, pooled over years where the rules say so, and in the period before."""

    def __init__(self, engine: Engine, program: Program, measured: PeriodDays) -> None:
        self.program = program
        baselines = [p for p in program.periods if p.role == "baseline" and p.known]
        years = int(number(program, f"{SECTION}.small_numbers.pooled_years"))
        earlier = earlier_periods(program, measured, list(baselines), years + 1)
        self.now = [measured.id, *(p.id for p in earlier[: years - 1])]
        self.before = [p.id for p in earlier[years - 1 : years]]
        self.counts: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for r in engine.rows("measure_counts"):
            if r["stratum"] == "all":
                self.counts[r["measure_id"], r["entity_id"]].append(r)
        self.values: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for r in engine.rows("measure_values"):
            self.values[r["measure_id"], r["entity_id"]].append(r)
        self.groups = self._grouped(engine) if word(program, f"{SECTION}.case_mix") == "indirect" else None

    def of(self, metrics: tuple[Metric, ...]) -> dict[tuple[str, str], MetricResult]:
        """Results by hospital and metric."""
        found: dict[tuple[str, str], MetricResult] = {}
        for metric in metrics:
            for measure, entity in sorted({*self.counts, *self.values}):
                if measure == metric.measure_id:
                    result = self._result(metric, entity)
                    if result is not None:
                        found[entity, metric.id] = result
        return found

    def _result(self, metric: Metric, entity: str) -> MetricResult | None:
        now, before = self._plain(metric, entity, self.now), self._plain(metric, entity, self.before)
        if now is None:
            return None
        value, cases, group = now
        prior = (before[0], before[1]) if before else (None, 0)
        if self.groups is not None:
            value = self._adjusted(metric, entity, self.now) or value
            prior = (self._adjusted(metric, entity, self.before), prior[1]) if before else prior
            group = None
        return MetricResult(value, cases, prior[0], prior[1], group)

    def _plain(self, metric: Metric, entity: str, periods: list[str]) -> tuple[Fraction, int, Group | None] | None:
        measure = self.program.measures[metric.measure_id]
        key = (metric.measure_id, entity)
        if measure.statistic == "proportion":
            met, of = pooled_counts((r["numerator"], r["denominator"]) for r in self.counts[key] if r["period"] in periods)
            group = Group(Fraction(of), Fraction(met), Decimal(met), of)
            return (rates.proportion(met, of), of, group) if of else None
        years = [self._distribution(key, p) for p in periods]
        pooled = pooled_distribution(years)
        result = rates.result_of(pooled, measure.statistic, trim_percent=measure.trim_percent)
        if result is None:
            return None
        total, squares = sum(v * n for v, n in pooled.items()), sum(v * v * n for v, n in pooled.items())
        group = (
            Group(Fraction(result.all_units), Fraction(total), Decimal(squares), result.all_units) if measure.statistic in MEANS else None
        )
        return result.rate, result.units, group

    def _distribution(self, key: tuple[str, str], period: str) -> dict[int, int]:
        return {r["fact_value"]: r["units"] for r in self.values[key] if r["period"] == period}

    # --- case mix ---------------------------------------------------------------------------------------------------------------------

    def _grouped(self, engine: Engine) -> dict[tuple[str, str], dict[str, dict[str, Cell]]]:
        """Cells by measure and period, then entity (`` for everybody), then group of the stratum of the case mix."""
        for step in GROUP_STEPS:
            engine.run(step)
        stratum = word(self.program, f"{SECTION}.case_mix_stratum")
        found: dict[tuple[str, str], dict[str, dict[str, Cell]]] = defaultdict(lambda: defaultdict(dict))
        for r in engine.rows("measure_sums_by_group"):
            if r["stratum"] == stratum:
                for entity in (r["entity_id"], ""):
                    _add(found[r["measure_id"], r["period"]][entity], r["stratum_value"], Cell(r["units"], r["total"]))
        return found

    def _adjusted(self, metric: Metric, entity: str, periods: list[str]) -> Fraction | None:
        assert self.groups is not None
        if self.program.measures[metric.measure_id].statistic not in ("mean", "proportion"):
            message = f"`{metric.id}` is a {self.program.measures[metric.measure_id].statistic}, which has no case mix by sums."
            raise Refused("TRU-P107", message, next_step="Choose a mean or a proportion, or no case mix.")
        pooled: Mapping[str, dict[str, Cell]] = {entity: {}, "": {}}
        for period in periods:
            for who in ("", entity):
                for group, cell in self.groups[metric.measure_id, period].get(who, {}).items():
                    _add(pooled[who], group, cell)
        return adjusted(pooled[entity], pooled[""]) if pooled[entity] else None


def _add(cells: dict[str, Cell], group: str, cell: Cell) -> None:
    held = cells.get(group, Cell(0, 0))
    cells[group] = Cell(held.units + cell.units, held.total + cell.total)
