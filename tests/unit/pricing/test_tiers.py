"""Tiers from results: points, composite, cut points, and every switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed
from trueup.pricing.credibility import Group
from trueup.pricing.tier_inputs import Cuts, Hospital, Metric, MetricGate, MetricResult, SmallNumbers, Tier, TierPlacement, TierRules
from trueup.pricing.tiers import median, percentile_rank, place, tier_of, top_decile_mean

F = Fraction
LOS = Metric("los", "stay_length_mean", "lower", F(1), "interpolation", F(12), F(8))
BACK = Metric("back", "readmission", "lower", F(1), "interpolation", F(1, 5), F(0))
TIERS = (Tier("low", None, F(4)), Tier("middle", F(4), F(8)), Tier("high", F(8), None))
RULES = TierRules(
    (LOS,), None, SmallNumbers(20, "any_metric", "low", "off"), Cuts("composite", "inclusive", "before_comparison", 2, "better"), TIERS,
    "off", "payment_year_lag", {},
)  # fmt: skip


def points(metric: Metric, value: Fraction, threshold: Fraction | None, benchmark: Fraction | None) -> Fraction:
    """A straight line from 0 at the threshold to 10 at the benchmark."""
    if threshold is None or benchmark is None:
        return F(0)
    return min(max(10 * (value - threshold) / (benchmark - threshold), F(0)), F(10))


def hospital(name: str, peer_group: str = "all", **more: object) -> Hospital:
    return replace(Hospital(name, "general", peer_group, "enrolled", date(2027, 1, 1)), **more)  # type: ignore[arg-type]


def los(days: int | Fraction, cases: int = 40, prior: Fraction | None = None) -> MetricResult:
    value = F(days)
    return MetricResult(
        value, cases, prior, 40 if prior is not None else 0, Group(F(cases), value * cases, Decimal(int(value * value * cases)), cases)
    )


def placed(
    results: Mapping[str, MetricResult], rules: TierRules = RULES, hospitals: list[Hospital] | None = None, metric: str = "los"
) -> dict[str, TierPlacement]:
    everybody = hospitals or [hospital(name) for name in results]
    found, _ = place(rules, everybody, {(name, metric): r for name, r in results.items()}, points, "MY", "PY", entry_after=date(2027, 1, 1))
    return {p.entity_id: p for p in found}


def test_each_side_of_a_cut_point() -> None:
    # 12 less 4 x points / 10: 10.4 days are 4 points, 8.8 are 8.
    tiers = {days: placed({"A": los(F(days))})["A"].tier for days in ("10.41", "10.4", "10.39", "8.81", "8.8", "8", "20")}
    assert tiers == {"10.41": "low", "10.4": "middle", "10.39": "middle", "8.81": "middle", "8.8": "high", "8": "high", "20": "low"}


def test_the_cut_point_itself_can_belong_to_the_worse_tier() -> None:
    rules = replace(RULES, cuts=replace(RULES.cuts, lower_bound="exclusive"))
    assert [placed({"A": los(F(d))}, rules)["A"].tier for d in ("10.4", "10.38", "8.8")] == ["low", "middle", "middle"]


def test_rounding_before_or_after_the_comparison() -> None:
    # 10.401 days are 3.9975 points: 4.00 to two places.
    assert placed({"A": los(F("10.401"))})["A"].tier == "middle"
    after = replace(RULES, cuts=replace(RULES.cuts, rounding="after_comparison"))
    found = placed({"A": los(F("10.401"))}, after)["A"]
    assert (found.tier, found.score, found.composite) == ("low", Decimal("4.000000"), Decimal("3.997500"))


def test_weights_of_what_is_left_are_the_whole() -> None:
    rules = replace(RULES, metrics=(replace(LOS, weight=F(3, 4)), replace(BACK, weight=F(1, 4))))
    few = replace(rules, small_numbers=replace(RULES.small_numbers, insufficient_when="every_metric"))
    results = {("A", "los"): los(8), ("A", "back"): MetricResult(F(1, 5), 19)}
    (found,), lines = place(few, [hospital("A")], results, points, "MY", "PY")
    assert (found.composite, found.tier) == (Decimal("10.000000"), "high")
    assert {line.metric: (line.status, line.points) for line in lines} == {"los": ("scored", 10), "back": ("too_few", 0)}
    (found,), _ = place(rules, [hospital("A")], results, points, "MY", "PY")
    assert (found.composite, found.tier, found.fallback_reason) == (None, "low", "insufficient_cases")


@pytest.mark.parametrize(("cases", "tier", "why"), [(19, "low", "insufficient_cases"), (20, "high", ""), (0, "low", "insufficient_cases")])
def test_the_floor_of_cases(cases: int, tier: str, why: str) -> None:
    found = placed({"A": los(8, cases)})["A"]
    assert (found.tier, found.fallback_reason) == (tier, why)


def test_a_hospital_without_any_result_has_the_tier_of_too_few_cases() -> None:
    found = placed({"A": los(8)}, hospitals=[hospital("A"), hospital("NEW")])["NEW"]
    assert (found.tier, found.score, found.decided_by, found.fallback_reason) == ("low", None, "insufficient_cases", "insufficient_cases")


def test_classes_and_elections() -> None:
    hospitals = [hospital("A"), hospital("B", enrollment="declined", enrolled_from=None), hospital("C", enrollment="not_eligible")]
    found = placed({name: los(8) for name in "ABC"}, hospitals=hospitals)
    assert {n: (p.tier, p.fallback_reason) for n, p in found.items()} == {
        "A": ("high", ""),
        "B": ("high", "declined"),
        "C": (None, "not_eligible"),
    }


def test_results_of_a_hospital_that_cannot_be_in_a_tier_are_no_peers() -> None:
    rules = replace(RULES, metrics=(replace(LOS, threshold="peer_median", benchmark=F(0)),))
    alone = placed({"A": los(8), "C": los(20)}, rules, [hospital("A"), hospital("C", enrollment="not_eligible")])["A"]
    both = placed({"A": los(8), "C": los(20)}, rules)["A"]
    assert (alone.composite, both.composite) == (Decimal(0), Decimal("4.285714"))


def test_without_a_span_between_threshold_and_benchmark_no_metric_is_scored() -> None:
    """One hospital is its own median and best: nothing says whether its result is good, so it is not scored, rather than scored 0."""
    figures = replace(LOS, threshold="peer_median", benchmark="peer_top_decile_mean")
    alone = placed({"A": los(9)}, replace(RULES, metrics=(figures,)))["A"]
    assert (alone.composite, alone.decided_by, alone.fallback_reason) == (None, "insufficient_cases", "insufficient_cases")
    equal = placed({"A": los(9), "B": los(9)}, replace(RULES, metrics=(figures,)))
    assert {p.decided_by for p in equal.values()} == {"insufficient_cases"}
    both = placed({"A": los(8), "B": los(10)}, replace(RULES, metrics=(figures,)))
    assert (both["A"].composite, both["B"].composite) == (Decimal(10), Decimal(0))
    few = placed({"A": los(8), "B": los(10, cases=19)}, replace(RULES, metrics=(figures,)))
    assert few["A"].decided_by == "insufficient_cases"


def test_a_late_entrant() -> None:
    late = [hospital("A", enrolled_from=date(2027, 7, 1))]
    assert placed({"A": los(8)}, hospitals=late)["A"].tier == "high"
    found = placed({"A": los(8)}, replace(RULES, late_entry="insufficient_tier"), late)["A"]
    assert (found.tier, found.fallback_reason) == ("low", "late_entry")


def test_an_appeal_stands_above_everything() -> None:
    rules = replace(RULES, overrides={"A": ("middle", "a merged unit")})
    found = placed({"A": los(20)}, rules)["A"]
    assert (found.tier, found.decided_by, found.reason) == ("middle", "appeal", "a merged unit")


@pytest.mark.parametrize(
    ("before", "tier", "by"), [("high", "high", "hold_harmless"), ("low", "middle", "score"), (None, "middle", "score")]
)
def test_the_tier_before_can_be_the_floor(before: str | None, tier: str, by: str) -> None:
    rules = replace(RULES, hold_harmless="previous_tier")
    found = placed({"A": los(10)}, rules, [hospital("A", previous_tier=before)])["A"]
    assert (found.tier, found.decided_by) == (tier, by)


@pytest.mark.parametrize(("prior", "blocked"), [(F("9.9"), False), (F("9.8"), True), (None, False)])
def test_a_gate_against_the_own_past(prior: Fraction | None, blocked: bool) -> None:
    gate = MetricGate("los", "own_prior", F("0.1"), frozenset({"los"}), "pass")
    (found,), (line,) = place(replace(RULES, gate=gate), [hospital("A")], {("A", "los"): los(10, prior=prior)}, points, "MY", "PY")
    assert (found.composite, line.status) == ((0, "blocked_by_gate") if blocked else (5, "scored"))


def test_a_gate_against_the_peers() -> None:
    gate = MetricGate("los", "peer_mean", F(0), frozenset({"los"}), "pass")
    found = placed({"A": los(9), "B": los(11)}, replace(RULES, gate=gate))
    assert {n: p.composite for n, p in found.items()} == {"A": Decimal("7.5"), "B": Decimal(0)}


def test_own_improvement_needs_a_year_before() -> None:
    rules = replace(RULES, cuts=replace(RULES.cuts, basis="own_improvement"), tiers=(Tier("same", None, F(1)), Tier("better", F(1), None)))
    rules = replace(rules, small_numbers=replace(rules.small_numbers, insufficient_tier="same"))
    found = placed({"A": los(10, prior=F("10.4")), "B": los(10, prior=F("10.5")), "C": los(10)}, rules)
    assert {n: (p.score, p.tier) for n, p in found.items()} == {
        "A": (Decimal(1), "better"), "B": (Decimal("1.25"), "better"), "C": (None, "same"),
    }  # fmt: skip
    assert found["C"].fallback_reason == "no_prior_period"


def shrunk(how: str, **more: object) -> dict[str, tuple[Decimal, Decimal]]:
    rules = replace(RULES, small_numbers=replace(RULES.small_numbers, shrinkage=how, **more))  # type: ignore[arg-type]
    results = {("A", "los"): los(8, 20), ("B", "los"): los(14, 60)}
    _, lines = place(rules, [hospital("A"), hospital("B")], results, points, "MY", "PY")
    return {line.entity_id: (line.credibility, line.scored_rate) for line in lines}


def test_shrinkage_to_the_peers() -> None:
    # Peers: (20 x 8 + 60 x 14) / 80 = 12.5.
    assert shrunk("off") == {"A": (1, 8), "B": (1, 14)}
    assert shrunk("fixed_k", shrinkage_k=F(20)) == {"A": (Decimal("0.5"), Decimal("10.25")), "B": (Decimal("0.75"), Decimal("13.625"))}
    assert shrunk("limited_fluctuation", full_credibility_at=80)["A"] == (Decimal("0.5"), Decimal("10.25"))
    assert shrunk("limited_fluctuation", full_credibility_at=80)["B"][0] == Decimal("0.866025")


def test_shrinkage_from_the_data() -> None:
    """Units of A, B and C as in the worked example of the credibility method: means 11,500, 15,000 and 10,000, K = 0.295106."""
    units = {"A": [10000, 12000, 11000, 13000], "B": [14000, 15000, 13000, 16000, 17000], "C": [9000, 11000, 10000]}
    results = {
        (n, "los"): MetricResult(F(sum(u), len(u)), len(u), group=Group(F(len(u)), F(sum(u)), Decimal(sum(x * x for x in u)), len(u)))
        for n, u in units.items()
    }
    rules = replace(RULES, small_numbers=SmallNumbers(1, "any_metric", "low", "buhlmann_straub"))
    _, lines = place(rules, [hospital(n) for n in units], results, points, "MY", "PY")
    assert {line.entity_id: line.credibility for line in lines} == {
        "A": Decimal("0.931292"),
        "B": Decimal("0.944268"),
        "C": Decimal("0.910441"),
    }


def test_a_median_has_no_spread_to_learn_from() -> None:
    rules = replace(RULES, small_numbers=replace(RULES.small_numbers, shrinkage="buhlmann_straub"))
    with pytest.raises(CheckFailed, match="TRU-P104"):
        place(rules, [hospital("A")], {("A", "los"): MetricResult(F(8), 40)}, points, "MY", "PY")


def test_figures_of_the_peers() -> None:
    assert median([F(3), F(1), F(2)]) == 2
    assert median([F(3), F(1), F(2), F(4)]) == F(5, 2)
    assert median([]) is None
    assert top_decile_mean([F(n) for n in range(1, 21)], "lower") == F(3, 2)
    assert top_decile_mean([F(n) for n in range(1, 21)], "higher") == F(39, 2)
    assert top_decile_mean([F(7)], "lower") == 7
    assert top_decile_mean([], "lower") is None


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_ranks_are_monotone_and_end_at_100(values: list[int]) -> None:
    peers = [F(v) for v in values]
    better = {v: percentile_rank(v, peers, "better") for v in peers}
    worse = {v: percentile_rank(v, peers, "worse") for v in peers}
    assert better[max(peers)] == 100
    assert all(0 < worse[v] <= better[v] <= 100 for v in peers)
    assert all(better[a] < better[b] and worse[a] < worse[b] for a in peers for b in peers if a < b)


@given(st.fractions(0, 10), st.fractions(0, 10))
def test_a_better_composite_never_has_a_worse_tier(a: Fraction, b: Fraction) -> None:
    low, high = sorted((a, b))
    for bound in ("inclusive", "exclusive"):
        assert tier_of(TIERS, low, bound) <= tier_of(TIERS, high, bound)
