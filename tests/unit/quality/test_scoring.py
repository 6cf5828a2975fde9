"""One slot of one entity, and what a scorecard comes to: statuses, rounding places, few units, gates."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from trueup.quality.anchors import Anchors
from trueup.quality.card import Card, CutRule, GateRule, Peers, Scoring, Slot, SmallNumbers
from trueup.quality.evidence import Book, Evidence
from trueup.quality.outcome import multiplier_of, outcome_of, weights_of
from trueup.quality.scorecard import Step
from trueup.quality.scoring import Scorer, SlotResult

F = Fraction
SCORING = Scoring(
    "interpolation", "better", F(10), "inclusive", F(0), "difference", (), None, None, None, False, 4, None, F(10)
)  # fmt: skip
SMALL = SmallNumbers("drop_and_reweight", "within_domain", 1, 1, F(0))
SLOT = Slot(
    "visit", "quality.slots.visit", "visit", "performance", "claims", "", F(1), "higher", "proportion", None, F("0.6"), F("0.8"), 30, ()
)
REPORT = replace(SLOT, id="report", measure="report", use="reporting", source="submission", threshold=None, benchmark=None)
GATE = GateRule("quality", None, "ge", "score", "score", ())


def card(
    *slots: Slot, scoring: Scoring = SCORING, small: SmallNumbers = SMALL, gate: GateRule | None = GATE, hold: str | None = None
) -> Card:
    below = None if hold is None else F(hold)
    return Card(slots or (SLOT,), {}, "baseline_period", scoring, Peers(2, "linear", "population"), small, gate, below)


def book(*rows: tuple[str, str, str, int, int]) -> Book:
    """Rows of (measure, entity, period, numerator, denominator)."""
    found = Book()
    for measure, entity, period, numerator, denominator in rows:
        found.add("claims", measure, entity, period, Evidence(denominator, numerator))
    return found


def scorer(of: Card, held: Book, accepted: tuple[str, ...] = (), empty: tuple[str, ...] = ()) -> Scorer:
    anchors = Anchors(of, held, "PY", "BASE")
    return Scorer(anchors, ["BASE"], frozenset(("E", m) for m in accepted), frozenset(("E", m) for m in empty))


def one(of: Card, held: Book, slot: Slot = SLOT, **kwargs: tuple[str, ...]) -> SlotResult:
    return scorer(of, held, **kwargs).score(slot, "E")


def test_a_result_between_threshold_and_benchmark_earns_a_share_of_the_points() -> None:
    found = one(card(), book(("visit", "E", "PY", 75, 100)))
    assert (found.status, found.points, found.score, found.attained) == ("scored", F("7.5"), F("0.75"), True)


def test_improvement_counts_where_it_is_more() -> None:
    found = one(card(), book(("visit", "E", "PY", 65, 100), ("visit", "E", "BASE", 40, 100)))
    assert (found.baseline_rate, found.achievement, found.improvement, found.points) == (F("0.4"), F("2.5"), F("6.25"), F("6.25"))


@pytest.mark.parametrize(("how", "points"), [("achievement", "2.5"), ("improvement", "6.25"), ("sum", "8.75")])
def test_the_rules_say_which_points_count(how: str, points: str) -> None:
    held = book(("visit", "E", "PY", 65, 100), ("visit", "E", "BASE", 40, 100))
    assert one(card(scoring=replace(SCORING, take=how)), held).points == F(points)


def test_improvement_alone_without_a_baseline_is_no_result() -> None:
    found = one(card(scoring=replace(SCORING, take="improvement")), book(("visit", "E", "PY", 65, 100)))
    assert (found.status, found.reason, found.score) == ("no_result", "no_own_baseline", None)


def test_the_threshold_itself_counts_or_not() -> None:
    exclusive = replace(SCORING, method="attained", threshold_bound="exclusive")
    held = book(("visit", "E", "PY", 60, 100))
    assert one(card(scoring=replace(SCORING, method="attained")), held).points == 10
    assert one(card(scoring=exclusive), held).points == 0


def test_points_are_rounded_before_weighting_or_after() -> None:
    """Points of 3.75 and 1.25 at equal weights: rounded first, 4 and 1 make 0.25; weighted 1.875 and 0.625, rounded, make 2 and 1: 0.3."""
    second = replace(SLOT, id="other", measure="other")
    held = book(("visit", "E", "PY", 675, 1000), ("other", "E", "PY", 625, 1000))

    def composite(before: bool) -> Fraction | None:
        of = card(SLOT, second, scoring=replace(SCORING, points_places=0, round_points_before=before))
        rows = [scorer(of, held).score(slot, "E") for slot in of.slots]
        return outcome_of(of, "E", rows, seen=True, plan_accepted=False).score

    assert (composite(True), composite(False)) == (F("0.25"), F("0.3"))


def test_a_topped_out_measure_earns_at_most_its_cap() -> None:
    capped = replace(SCORING, topped_out_at=F("0.95"), topped_out_maximum=F(7))
    rows = [("visit", e, "BASE", n, 100) for e, n in (("A", 95), ("B", 95), ("C", 99))]
    found = one(card(scoring=capped), book(("visit", "E", "PY", 90, 100), *rows))
    assert (found.achievement, found.points, found.score) == (F(10), F(7), F("0.7"))
    below = [("visit", e, "BASE", n, 100) for e, n in (("A", 94), ("B", 94), ("C", 99))]
    assert one(card(scoring=capped), book(("visit", "E", "PY", 90, 100), *below)).points == 10


@pytest.mark.parametrize(
    ("anchor", "expected"), [("baseline_median", "0.6"), ("baseline_p75", "0.65"), ("peer_best", "0.75"), ("own_baseline", "0.5")]
)
def test_thresholds_can_be_figures_of_the_peers_or_the_own_baseline(anchor: str, expected: str) -> None:
    rows = [*(("visit", e, "BASE", n, 100) for e, n in (("E", 50), ("A", 60), ("B", 70))), ("visit", "A", "PY", 60, 100)]
    slot = replace(SLOT, threshold=anchor)
    found = one(card(slot, scoring=replace(SCORING, method="attained")), book(("visit", "E", "PY", 75, 100), *rows), slot)
    assert found.threshold == F(expected)


def test_too_few_peers_leave_the_measure_out() -> None:
    slot = replace(SLOT, threshold="baseline_median")
    found = one(card(slot), book(("visit", "E", "PY", 75, 100), ("visit", "A", "BASE", 60, 100)), slot)
    assert (found.status, found.reason, found.score) == ("no_benchmark", "too_few_entities", None)


def test_peers_that_all_agree_leave_no_line_to_interpolate() -> None:
    slot = replace(SLOT, threshold="baseline_p25", benchmark="baseline_p75")
    rows = [("visit", e, "BASE", 60, 100) for e in ("A", "B", "C")]
    found = one(card(slot), book(("visit", "E", "PY", 75, 100), *rows), slot)
    assert (found.status, found.reason) == ("no_benchmark", "threshold_equals_benchmark")


def test_a_ladder_of_peer_percentiles_is_the_kidney_form() -> None:
    cuts = tuple(CutRule(f"peer_p{p}", F(points), "inclusive") for p, points in ((90, "2"), (75, "1.5"), (50, "1"), (30, "0.5")))
    slot = replace(SLOT, threshold=None, benchmark=None, cuts=cuts)
    scoring = replace(SCORING, method="ladder", take="achievement", maximum=F(2))
    rows = [("visit", e, "PY", n, 100) for e, n in (("A", 40), ("B", 50), ("C", 60), ("D", 70))]
    found = one(card(slot, scoring=scoring), book(("visit", "E", "PY", 60, 100), *rows), slot)
    assert (found.points, found.score) == (F("1.5"), F("0.75"))


def test_stars_come_from_the_spread_of_the_peers() -> None:
    cuts = tuple(CutRule(F(at), F(stars), "inclusive") for at, stars in (("-9", 1), ("-1.5", 2), ("-0.5", 3), ("0.5", 4), ("1.5", 5)))
    slot = replace(SLOT, threshold=None, benchmark=None, cuts=cuts)
    scoring = replace(SCORING, method="standard_deviation_bands", take="achievement", maximum=F(5))
    rows = [("visit", e, "PY", n, 100) for e, n in (("A", 40), ("B", 60))]
    assert one(card(slot, scoring=scoring), book(("visit", "E", "PY", 50, 100), *rows), slot).points == 3


def test_few_units_are_dropped_pooled_shrunk_or_end_the_scorecard() -> None:
    held = book(("visit", "E", "PY", 20, 29), ("visit", "E", "BASE", 15, 21), ("visit", "A", "PY", 61, 61))
    dropped = one(card(), held)
    assert (dropped.status, dropped.reason, dropped.rate, dropped.score) == ("too_few", "below_minimum_denominator", None, None)
    pooled = one(card(small=replace(SMALL, missing="pool_years", pool_periods=2)), held)
    assert (pooled.status, pooled.reason, pooled.scored_rate, pooled.denominator) == ("scored", "pooled_periods", F("0.7"), 50)
    alone = one(card(small=replace(SMALL, missing="pool_years", pool_periods=1)), held)
    assert (alone.status, alone.score) == ("too_few", None)
    shrunk = one(card(small=replace(SMALL, missing="shrink_to_peer", shrink_k=F(29))), held)
    assert (shrunk.status, shrunk.reason, shrunk.scored_rate) == ("scored", "shrunk_to_peers", (F(20) + 29 * F("0.9")) / 58)
    ended = one(card(small=replace(SMALL, missing="not_scored")), held)
    assert (ended.status, ended.reason, ended.score) == ("too_few", "not_scored", None)


def test_thirty_units_are_enough() -> None:
    assert one(card(), book(("visit", "E", "PY", 21, 30))).status == "scored"


def test_a_report_earns_full_credit_and_none_earns_nothing() -> None:
    held = Book()
    held.add("submission", "report", "E", "PY", Evidence(50, 1))
    assert one(card(REPORT), held, REPORT, accepted=("report",)).score == 1
    missing = one(card(REPORT), Book(), REPORT)
    assert (missing.status, missing.score) == ("not_reported", F(0))
    nobody = one(card(REPORT), Book(), REPORT, empty=("report",))
    assert (nobody.status, nobody.score) == ("no_result", None)


def test_before_the_deadline_a_missing_report_can_still_come() -> None:
    of = card(SLOT, REPORT)
    early = replace(scorer(of, book(("visit", "E", "PY", 75, 100))), reports_due=False)
    rows = [early.score(slot, "E") for slot in of.slots]
    assert (rows[1].status, rows[1].reason, rows[1].score) == ("not_reported", "not_yet_due", None)
    found = outcome_of(of, "E", rows, seen=True, plan_accepted=True)
    assert (found.status, found.reason, found.score, found.multiplier, found.state) == (
        "in_progress", "reports_not_due", F("0.75"), None, "missing",
    )  # fmt: skip


def test_a_period_that_is_not_over_has_a_score_so_far_that_decides_nothing() -> None:
    found = outcome_of(card(), "E", [result("0.9")], seen=True, plan_accepted=True, running=True)
    assert (found.status, found.reason, found.score, found.state) == ("in_progress", "period_not_over", F("0.9"), "missing")


def test_a_reported_measure_of_performance_that_was_not_reported_earns_nothing() -> None:
    slot = replace(SLOT, source="submission")
    found = one(card(slot), Book(), slot)
    assert (found.status, found.score, found.attained) == ("not_reported", F(0), False)


def test_a_tracked_measure_has_a_result_and_no_weight() -> None:
    slot = replace(SLOT, id="seen", use="tracked")
    of = card(SLOT, slot)
    rows = [scorer(of, book(("visit", "E", "PY", 75, 100))).score(s, "E") for s in of.slots]
    assert (rows[1].status, rows[1].rate, rows[1].score) == ("tracked", F("0.75"), None)
    assert weights_of(of, rows) == {"visit": F(1)}


def result(score: str | None, slot: Slot = SLOT) -> SlotResult:
    return SlotResult(slot, "E", "scored" if score else "too_few", score=None if score is None else F(score), attained=score is not None)


@pytest.mark.parametrize(
    ("minimum", "operator", "state", "reason"),
    [
        (None, "ge", "passed", ""), ("0.5", "ge", "passed", ""), ("0.5", "gt", "failed", "below_minimum_score"),
        ("0.51", "ge", "failed", "below_minimum_score"),
    ],
)  # fmt: skip
def test_the_gate_at_its_line(minimum: str | None, operator: str, state: str, reason: str) -> None:
    of = card(gate=replace(GATE, minimum=None if minimum is None else F(minimum), operator=operator))
    found = outcome_of(of, "E", [result("0.5")], seen=True, plan_accepted=False)
    assert (found.state, found.reason, found.score, found.multiplier) == (state, reason, F("0.5"), F("0.5"))


@pytest.mark.parametrize(
    ("score", "accepted", "status", "state"),
    [("0.4999", False, "plan_due", "missing"), ("0.4999", True, "scored", "passed"), ("0.5", False, "scored", "passed")],
)
def test_a_low_score_waits_for_a_plan(score: str, accepted: bool, status: str, state: str) -> None:
    found = outcome_of(card(hold="0.5"), "E", [result(score)], seen=True, plan_accepted=accepted)
    assert (found.status, found.state, found.multiplier) == (status, state, F(score))


def test_too_few_to_score_is_a_status_and_no_number() -> None:
    reported = result("1", REPORT)
    for rows, seen, expected in (
        ([result(None)], True, ("too_few_to_score", "too_few_measures")),
        ([result(None), reported], True, ("too_few_to_score", "too_few_measures")),
        ([result("0"), reported], False, ("no_results", "no_results")),
    ):
        found = outcome_of(card(SLOT, REPORT), "E", rows, seen=seen, plan_accepted=True)
        assert (found.status, found.reason, found.score, found.multiplier, found.state) == (*expected, None, None, "missing")


def test_reporting_alone_is_a_score_where_the_scorecard_has_nothing_else() -> None:
    found = outcome_of(card(REPORT), "E", [result("1", REPORT)], seen=True, plan_accepted=False)
    assert (found.status, found.score, found.state) == ("scored", F(1), "passed")


def test_multipliers_are_the_score_a_step_or_nothing() -> None:
    ladder = (Step(F(9), F("0.41")), Step(F(10), F("0.44")))
    assert multiplier_of(GATE, F("0.8"), 9) == F("0.8")
    assert multiplier_of(replace(GATE, multiplier="none"), F("0.8"), 9) is None
    assert multiplier_of(replace(GATE, multiplier="ladder", ladder_on="measures_attained", ladder=ladder), F("0.8"), 9) == F("0.41")
    assert multiplier_of(replace(GATE, multiplier="ladder", ladder=(Step(F("0.8"), F(1)),)), F("0.8"), 0) == 1


def test_a_score_is_rounded_once_where_the_rules_say() -> None:
    second = replace(SLOT, id="other")
    found = outcome_of(card(SLOT, second), "E", [result("1"), result("0.33335", second)], seen=True, plan_accepted=False)
    assert found.score == F("0.6667")
