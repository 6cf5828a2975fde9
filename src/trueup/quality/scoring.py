"""One slot of one entity: its result, what becomes of few units, its points, and why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from trueup.quality import points
from trueup.quality.anchors import Anchors
from trueup.quality.card import Slot
from trueup.quality.evidence import Evidence, pooled
from trueup.quality.points import Cut
from trueup.quality.small_numbers import shrunk

# The figures without which a method gives no points. Others may be stated; they then serve improvement, or only show.
NOT_DUE = "not_yet_due"
NEEDED_FIGURES = {"interpolation": ("threshold", "benchmark"), "hvbp": ("threshold", "benchmark"), "attained": ("threshold",)}


@dataclass(frozen=True, slots=True)
class SlotResult:
    """What one slot of an entity came to. `score` is points over the most they can be; None where the measure is left out."""

    slot: Slot
    entity_id: str
    status: str
    reason: str = ""
    numerator: int | None = None
    denominator: int | None = None
    rate: Fraction | None = None
    scored_rate: Fraction | None = None
    baseline_rate: Fraction | None = None
    threshold: Fraction | None = None
    benchmark: Fraction | None = None
    achievement: Fraction | None = None
    improvement: Fraction | None = None
    points: Fraction | None = None
    score: Fraction | None = None
    attained: bool | None = None


@dataclass
class Scorer:
    """Scores the slots of a period.

    Args:
        anchors: the figures of the period.
        earlier: the ids of the periods before it, latest first, for pooling.
        accepted: (entity, measure) with an accepted report in the period.
        empty: (entity, measure) whose only fault was that nobody was eligible (a denominator of zero).
        reports_due: whether the deadline for reports has passed; until then what is not reported can still come.
    """

    anchors: Anchors
    earlier: Sequence[str]
    accepted: frozenset[tuple[str, str]]
    empty: frozenset[tuple[str, str]]
    reports_due: bool = True

    def score(self, slot: Slot, entity: str) -> SlotResult:
        """The result of one slot for one entity."""
        evidence = self.anchors.book.of(slot.evidence, slot.measure, entity, self.anchors.period)
        rate = self.anchors.result(slot, evidence, self.anchors.period, self.anchors.book.group_of(entity))
        found = SlotResult(
            slot, entity, "tracked", "", evidence.numerator if evidence else None, evidence.denominator if evidence else 0, rate
        )
        if slot.use == "tracked":
            return found if rate is not None else replace(found, status="no_result", reason="no_units")
        missing = self._missing(slot, entity, rate)
        if missing:
            status, reason, score = missing
            return replace(found, status=status, reason=reason, score=score, points=score, attained=None if score is None else False)
        if slot.use == "reporting":
            most = self.anchors.card.scoring.maximum
            return replace(found, status="credited", points=most, score=Fraction(1), attained=True)
        return self._performance(found, evidence or Evidence(0))

    def _missing(self, slot: Slot, entity: str, rate: Fraction | None) -> tuple[str, str, Fraction | None] | None:
        """Why there is no result at all: nothing was reported earns nothing, nobody eligible leaves the measure out."""
        if slot.source == "submission" and slot.figure == "rate":
            if (entity, slot.measure) in self.accepted:
                return None if rate is not None or slot.use == "reporting" else ("no_result", "no_units", None)
            if (entity, slot.measure) in self.empty:
                return "no_result", "no_units", None
            if not self.reports_due:
                return "not_reported", NOT_DUE, None
            return "not_reported", "no_accepted_submission", Fraction(0)
        return None if rate is not None else ("no_result", "no_units", None)

    # --- performance -----------------------------------------------------------------------------------------------------------------

    def _performance(self, found: SlotResult, evidence: Evidence) -> SlotResult:
        slot, small = found.slot, self.anchors.card.small
        if evidence.denominator >= slot.minimum_denominator:
            return self._points(replace(found, scored_rate=found.rate))
        few = replace(found, status="too_few", reason="below_minimum_denominator", rate=None)
        if small.missing == "pool_years":
            together = self._pooled(slot, found.entity_id, evidence)
            if together is not None and together.denominator >= slot.minimum_denominator:
                group = self.anchors.book.group_of(found.entity_id)
                rate = self.anchors.result(slot, together, self.anchors.period, group)
                pooled_row = replace(
                    few, reason="pooled_periods", scored_rate=rate, numerator=together.numerator, denominator=together.denominator
                )
                return self._points(pooled_row) if rate is not None else few
        if small.missing == "shrink_to_peer" and found.rate is not None:
            group = self.anchors.book.group_of(found.entity_id)
            peer = self.anchors.shrink_target(slot, group)
            if peer is not None:
                rate = self.anchors.compared(shrunk(found.rate, evidence.denominator, peer, small.shrink_k))
                return self._points(replace(few, reason="shrunk_to_peers", scored_rate=rate))
        return replace(few, reason="not_scored") if small.missing == "not_scored" else few

    def _pooled(self, slot: Slot, entity: str, evidence: Evidence) -> Evidence | None:
        """This period with those before it, as many as the rules pool."""
        years = list(self.earlier[: max(self.anchors.card.small.pool_periods - 1, 0)])
        before = [self.anchors.book.of(slot.evidence, slot.measure, entity, year) for year in years]
        return pooled([evidence, *(e for e in before if e is not None)])

    def _points(self, row: SlotResult) -> SlotResult:
        """Achievement, improvement, which of them counts, the cap of a topped-out measure, and rounding where the rules put it."""
        slot, scoring, entity = row.slot, self.anchors.card.scoring, row.entity_id
        threshold = None if slot.threshold is None else self.anchors.hold(slot, "threshold", slot.threshold, entity)
        benchmark = None if slot.benchmark is None else self.anchors.hold(slot, "benchmark", slot.benchmark, entity)
        row = replace(row, threshold=threshold, benchmark=benchmark, baseline_rate=self.anchors.own_baseline(slot, entity))
        needed = {"threshold": threshold, "benchmark": benchmark}
        if any(needed[key] is None for key in NEEDED_FIGURES.get(scoring.method, ())):
            return replace(row, status="no_benchmark", reason="too_few_entities")
        if (
            scoring.method in ("interpolation", "hvbp")
            and points.gain(threshold or Fraction(0), benchmark or Fraction(0), slot.direction) <= 0
        ):
            return replace(row, status="no_benchmark", reason="threshold_equals_benchmark")
        cuts = self._cuts(slot, entity)
        achievement = None if cuts is None else self._achievement(row, cuts)
        if achievement is None:
            return replace(row, status="no_benchmark", reason="too_few_entities")
        improvement = None if scoring.take == "achievement" else self._improvement(row)
        taken = points.take(achievement, improvement, scoring.take, scoring.maximum)
        if taken is None:
            return replace(row, status="no_result", reason="no_own_baseline", achievement=achievement)
        if scoring.topped_out_at is not None and slot.statistic == "proportion":
            median = self.anchors.median(slot, entity)
            if median is not None and points.is_topped_out(median, scoring.topped_out_at, slot.direction):
                taken = min(taken, scoring.topped_out_maximum)
        if scoring.points_places is not None and scoring.round_points_before:
            taken = points.rounded(taken, scoring.points_places)
        taken = min(taken, scoring.maximum)
        return replace(
            row,
            status="scored",
            achievement=achievement,
            improvement=improvement,
            points=taken,
            score=taken / scoring.maximum,
            attained=self._attained(row, taken),
        )

    def _attained(self, row: SlotResult, taken: Fraction) -> bool:
        """Whether the threshold is met; where a method has none, whether any points were earned."""
        if row.threshold is None or row.scored_rate is None:
            return taken > 0
        return points.reaches(row.scored_rate, row.threshold, self.anchors.card.scoring.threshold_bound, row.slot.direction)

    def _cuts(self, slot: Slot, entity: str) -> list[Cut] | None:
        """The slot's cut points with their figures found; None where too few peers stand behind one."""
        found: list[Cut] = []
        for n, cut in enumerate(slot.cuts, 1):
            at = self.anchors.hold(slot, f"cut_{n}", cut.at, entity)
            if at is None:
                return None
            found.append(Cut(at, cut.points, cut.bound))
        return found

    def _achievement(self, row: SlotResult, cuts: Sequence[Cut]) -> Fraction | None:
        slot, scoring = row.slot, self.anchors.card.scoring
        rate, threshold, benchmark = row.scored_rate or Fraction(0), row.threshold or Fraction(0), row.benchmark or Fraction(0)
        match scoring.method:
            case "interpolation":
                return points.interpolated(
                    rate,
                    threshold,
                    benchmark,
                    slot.direction,
                    scoring.maximum,
                    bound=scoring.threshold_bound,
                    at_threshold=scoring.threshold_points,
                )
            case "hvbp":
                return points.hvbp_achievement(rate, threshold, benchmark, slot.direction)
            case "attained":
                return points.attained(rate, threshold, scoring.threshold_bound, slot.direction, scoring.maximum)
            case "deciles":
                floor = None if scoring.decile_floor is None else self.anchors.hold(slot, "floor", scoring.decile_floor, row.entity_id)
                edges = [cut.at for cut in cuts]
                return points.in_deciles(rate, edges, slot.direction, floor=floor, maximum=scoring.maximum)
            case "standard_deviation_bands":
                spread = self.anchors.spread(slot, row.entity_id)
                return None if spread is None else points.in_bands(rate, *spread, cuts, slot.direction)
            case _:
                return points.on_ladder(rate, cuts, slot.direction)

    def _improvement(self, row: SlotResult) -> Fraction | None:
        """Points for the change since the own baseline; None without one."""
        slot, scoring = row.slot, self.anchors.card.scoring
        if row.baseline_rate is None or row.scored_rate is None:
            return None
        if scoring.improvement_cuts:
            cuts = [Cut(c.at, c.points, c.bound) for c in scoring.improvement_cuts if isinstance(c.at, Fraction)]
            return points.change_points(row.scored_rate, row.baseline_rate, cuts, slot.direction, scoring.improvement_in)
        if row.benchmark is None:
            return None
        if scoring.method == "hvbp":
            return points.hvbp_improvement(row.scored_rate, row.baseline_rate, row.benchmark, slot.direction)
        return points.improved(row.scored_rate, row.baseline_rate, row.benchmark, slot.direction, scoring.maximum)
