"""Tiers: points of each metric, their weighted composite, cut points, tier. Fixed before the period that is paid by them.

All numbers are exact. A metric keeps its direction: no value is turned round. What is rounded, and whether before or after it is compared
with a cut point, is a rule. A hospital with too few cases gets the tier that the rules name for it, never one from its own results.
Source: docs/reference/stays.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from trueup.errors import CheckFailed
from trueup.money import to_places
from trueup.pricing.credibility import Straub, buhlmann_straub, limited_fluctuation
from trueup.pricing.tier_inputs import DecidedBy, Hospital, Metric, MetricResult, PointsOf, Tier, TierMetric, TierPlacement, TierRules

Results = Mapping[tuple[str, str], MetricResult]
MAXIMUM_POINTS = Fraction(10)


@dataclass(frozen=True)
class _Peers:
    """The results of one peer group for one metric: mean, figures, and how far own results are believed."""

    mean: Fraction
    threshold: Fraction | None
    benchmark: Fraction | None
    straub: Straub | None


@dataclass(frozen=True)
class _Scored:
    """The composite of a hospital and the lines behind it; None where cases are too few."""

    composite: Fraction | None
    lines: tuple[TierMetric, ...]


def place(
    rules: TierRules,
    hospitals: Sequence[Hospital],
    results: Results,
    points_of: PointsOf,
    measured: str,
    paid: str,
    *,
    entry_after: date | None = None,
) -> tuple[list[TierPlacement], list[TierMetric]]:
    """The tier of every hospital for the payment period `paid`, from results of the measured period.

    Args:
        rules: metrics, gate, cut points and switches.
        hospitals: every hospital of the period, also those that keep the interim add-on.
        results: by hospital and metric; what is missing had no case.
        points_of: points from 0 to 10 of a metric's value against threshold and benchmark.
        measured: id of the measured period.
        paid: id of the payment period.
        entry_after: first day of the payment period; who enrolled later is a late entrant.
    """
    eligible = [h for h in hospitals if h.enrollment != "not_eligible"]
    scored = {h.entity_id: _score(rules, h, eligible, results, points_of, measured) for h in eligible}
    compared = _compared(rules, eligible, scored, results, points_of, measured)
    placements: list[TierPlacement] = []
    for h in sorted(hospitals, key=lambda h: h.entity_id):
        found = scored.get(h.entity_id)
        placements.append(_placement(rules, h, found, compared.get(h.entity_id), measured, paid, entry_after))
    lines = [line for entity in sorted(scored) for line in scored[entity].lines]
    return placements, lines


# --- points and composite -------------------------------------------------------------------------------------------------------------


def _score(
    rules: TierRules,
    hospital: Hospital,
    eligible: Sequence[Hospital],
    results: Results,
    points_of: PointsOf,
    measured: str,
    *,
    prior: bool = False,
) -> _Scored:
    """The composite of one hospital.

    A metric with too few cases, or whose peers are too few or too equal to tell a threshold from a benchmark, leaves the composite, or
    takes the composite with it.
    """
    lines: list[TierMetric] = []
    total, weights, short = Fraction(0), Fraction(0), 0
    gate_failed = _gate_fails(rules, hospital, eligible, results)
    for metric in rules.metrics:
        result = results.get((hospital.entity_id, metric.id))
        if result is None or not result.cases:
            short += 1
            continue
        peers = _peers(rules, metric, hospital, eligible, results)
        value = result.prior if prior and result.prior is not None else result.value
        weight_own = _credibility(rules, result, peers)
        shrunk = weight_own * value + (1 - weight_own) * peers.mean
        enough = result.cases >= rules.small_numbers.minimum_cases and _has_span(metric, peers)
        blocked = gate_failed and rules.gate is not None and metric.id in rules.gate.blocks
        points = Fraction(0) if blocked or not enough else points_of(metric, shrunk, peers.threshold, peers.benchmark)
        short += not enough
        if enough:
            total, weights = total + metric.weight * points, weights + metric.weight
        lines.append(
            TierMetric(
                hospital.entity_id, measured, metric.id, metric.measure_id, result.cases, _six(value), _six_or_none(result.prior),
                _six(peers.mean), _six(weight_own), _six(shrunk), _six_or_none(peers.threshold), _six_or_none(peers.benchmark),
                _six(points), _six(metric.weight), "too_few" if not enough else "blocked_by_gate" if blocked else "scored",
            )
        )  # fmt: skip
    any_short = short > 0 and rules.small_numbers.insufficient_when == "any_metric"
    return _Scored(None if any_short or not weights else total / weights, tuple(lines))


def _has_span(metric: Metric, peers: _Peers) -> bool:
    """Whether there is something to hold a result against: a ladder, or a benchmark on the better side of a threshold."""
    if metric.points == "ladder":
        return True
    if peers.threshold is None or peers.benchmark is None:
        return False
    return peers.threshold < peers.benchmark if metric.direction == "higher" else peers.benchmark < peers.threshold


def _group(hospital: Hospital, eligible: Sequence[Hospital]) -> list[str]:
    return [h.entity_id for h in eligible if h.peer_group == hospital.peer_group]


def _peers(rules: TierRules, metric: Metric, hospital: Hospital, eligible: Sequence[Hospital], results: Results) -> _Peers:
    mine = {e: r for e in _group(hospital, eligible) if (r := results.get((e, metric.id))) is not None and r.cases}
    cases = sum(r.cases for r in mine.values())
    mean = sum((r.value * r.cases for r in mine.values()), Fraction(0)) / cases
    counted = [r.value for r in mine.values() if r.cases >= rules.small_numbers.minimum_cases]
    threshold, benchmark = metric.threshold, metric.benchmark
    if isinstance(threshold, str):
        threshold = median(counted)
    if isinstance(benchmark, str):
        benchmark = top_decile_mean(counted, metric.direction)
    straub = None
    if rules.small_numbers.shrinkage == "buhlmann_straub":
        groups = {e: r.group for e, r in mine.items() if r.group is not None}
        if len(groups) < len(mine):
            message = f"`{metric.id}` is no mean and no proportion, so its spread cannot say how far to believe it."
            raise CheckFailed("TRU-P104", message, next_step="Choose another shrinkage, or another measure.")
        straub = buhlmann_straub(groups)
    return _Peers(mean, threshold, benchmark, straub)


def _credibility(rules: TierRules, result: MetricResult, peers: _Peers) -> Fraction:
    """How far the own result is believed, from 0 to 1."""
    small = rules.small_numbers
    match small.shrinkage:
        case "off":
            return Fraction(1)
        case "fixed_k":
            return Fraction(result.cases) / (result.cases + (small.shrinkage_k or Fraction(0)))
        case "limited_fluctuation":
            return Fraction(limited_fluctuation(result.cases, small.full_credibility_at or 1))
        case _:
            assert peers.straub is not None
            return Fraction(peers.straub.z(Fraction(result.cases)))


def median(values: Sequence[Fraction]) -> Fraction | None:
    """The middle value, or halfway between the two middle ones; None without values."""
    ordered = sorted(values)
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2 if n else None


def top_decile_mean(values: Sequence[Fraction], direction: str) -> Fraction | None:
    """The mean of the best tenth of the peers, at least one of them; None without values."""
    ordered = sorted(values, reverse=direction == "higher")
    best = ordered[: max(-(-len(ordered) // 10), 1)]
    return sum(best, Fraction(0)) / len(best) if best else None


def _gate_fails(rules: TierRules, hospital: Hospital, eligible: Sequence[Hospital], results: Results) -> bool:
    """Whether the gate metric got worse, or is worse than the peers, by more than is tolerated."""
    gate = rules.gate
    if gate is None:
        return False
    metric = next(m for m in rules.metrics if m.id == gate.metric)
    result = results.get((hospital.entity_id, gate.metric))
    if result is None or not result.cases:
        return gate.without_prior == "fail"
    if gate.against == "peer_mean":
        reference: Fraction | None = _peers(rules, metric, hospital, eligible, results).mean
    else:
        reference = result.prior
    if reference is None:
        return gate.without_prior == "fail"
    worse = result.value - reference if metric.direction == "lower" else reference - result.value
    return worse > gate.tolerance


# --- cut points -----------------------------------------------------------------------------------------------------------------------


def _compared(
    rules: TierRules, eligible: Sequence[Hospital], scored: Mapping[str, _Scored], results: Results, points_of: PointsOf, measured: str
) -> dict[str, Fraction]:
    """What of each hospital is held against the cut points; without it no tier can be told."""
    composites = {e: s.composite for e, s in scored.items() if s.composite is not None}
    match rules.cuts.basis:
        case "composite":
            return dict(composites)
        case "peer_percentile":
            found: dict[str, Fraction] = {}
            for h in eligible:
                if h.entity_id in composites:
                    peers = [composites[e] for e in _group(h, eligible) if e in composites]
                    found[h.entity_id] = percentile_rank(composites[h.entity_id], peers, rules.cuts.ties)
            return found
        case _:
            changes: dict[str, Fraction] = {}
            for h in eligible:
                own = [results.get((h.entity_id, m.id)) for m in rules.metrics]
                if h.entity_id in composites and all(r is None or r.prior is not None for r in own):
                    before = _score(rules, h, eligible, results, points_of, measured, prior=True).composite
                    if before is not None:
                        changes[h.entity_id] = composites[h.entity_id] - before
            return changes


def percentile_rank(value: Fraction, peers: Sequence[Fraction], ties: str) -> Fraction:
    """100 × the share of peers, itself among them, that `value` has reached. Equals count for `better`; for `worse` only itself does."""
    below = sum(1 for p in peers if p < value)
    equal = sum(1 for p in peers if p == value)
    return Fraction(100 * (below + (equal if ties == "better" else 1)), len(peers))


def tier_of(tiers: Sequence[Tier], value: Fraction, lower_bound: str) -> int:
    """The position of the tier that holds `value`: a cut point belongs to the better tier (inclusive) or to the worse one (exclusive)."""
    position = 0
    for n, tier in enumerate(tiers):
        if tier.start is None or value > tier.start or (value == tier.start and lower_bound == "inclusive"):
            position = n
    return position


# --- placement ------------------------------------------------------------------------------------------------------------------------


def _placement(
    rules: TierRules,
    hospital: Hospital,
    found: _Scored | None,
    compared: Fraction | None,
    measured: str,
    paid: str,
    entry_after: date | None,
) -> TierPlacement:
    def made(tier: str | None, by: DecidedBy, reasons: Sequence[str], said: str = "") -> TierPlacement:
        return TierPlacement(
            hospital.entity_id, measured, paid, hospital.peer_group, hospital.enrollment,
            _six_or_none(found.composite if found else None), _rounded(rules, compared), tier, by, ";".join(reasons), said,
        )  # fmt: skip

    if hospital.enrollment == "not_eligible" or found is None:
        return made(None, "none", ["not_eligible"])
    reasons = ["declined"] if hospital.enrollment == "declined" else []
    if hospital.entity_id in rules.overrides:
        tier, why = rules.overrides[hospital.entity_id]
        return made(tier, "appeal", reasons, why)
    insufficient = rules.small_numbers.insufficient_tier
    if _late(rules, hospital, entry_after):
        return made(insufficient, "insufficient_cases", [*reasons, "late_entry"])
    if compared is None:
        why = "insufficient_cases" if found.composite is None else "no_prior_period"
        return made(insufficient, "insufficient_cases", [*reasons, why])
    exact = compared if rules.cuts.rounding == "after_comparison" else Fraction(to_places(compared, rules.cuts.places))
    position = tier_of(rules.tiers, exact, rules.cuts.lower_bound)
    ids = [t.id for t in rules.tiers]
    if rules.hold_harmless == "previous_tier" and hospital.previous_tier in ids and ids.index(hospital.previous_tier) > position:
        return made(hospital.previous_tier, "hold_harmless", reasons)
    return made(ids[position], "score", reasons)


def _late(rules: TierRules, hospital: Hospital, entry_after: date | None) -> bool:
    if rules.late_entry != "insufficient_tier" or hospital.enrolled_from is None or entry_after is None:
        return False
    return hospital.enrolled_from > entry_after


def _rounded(rules: TierRules, value: Fraction | None) -> Decimal | None:
    return None if value is None else _six(Fraction(to_places(value, rules.cuts.places)))


def _six(value: Fraction) -> Decimal:
    return to_places(value, 6)


def _six_or_none(value: Fraction | None) -> Decimal | None:
    return None if value is None else to_places(value, 6)
