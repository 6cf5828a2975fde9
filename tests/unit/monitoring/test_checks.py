"""What each kind of check says of an entity, and of one that is too small, has no peers, or no base."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from unit.monitoring.samples import YEAR, result, target, terms

from trueup.monitoring.change import Moments, Share
from trueup.monitoring.completeness import Received, base_lines_per_month, judge_completeness
from trueup.monitoring.findings import Result, decide
from trueup.monitoring.migration import judge_migration, watch_rows
from trueup.monitoring.moves import BeforeAfter, judge_cusum, judge_mean_change, judge_share_change
from trueup.monitoring.observe import edge_share
from trueup.monitoring.plan import PeriodSpan
from trueup.monitoring.selection import judge_selection
from trueup.monitoring.shares import judge_shares, spread


def only(results: list[Result]) -> Result:
    (found,) = results
    return found


def one(share: Share, base: Share | None = None, rate: str = "0.80", **more: object) -> Result:
    return only(judge_shares(target(rate, **more), "PY", ["A"], {"A": share}, {"A": base} if base else None))


def test_a_funnel_flags_below_the_lowest_count_inside() -> None:
    inside, outside = one(Share(72, 100)), one(Share(71, 100))
    assert (inside.alarm, inside.reason, outside.alarm, outside.reason) == (False, "within_limits", True, "low")
    assert (outside.low_limit_95, outside.high_limit_95, outside.low_limit_998, outside.high_limit_998) == (72, 88, 67, 91)
    assert outside.row()["observed"] == Decimal("0.710000")


def test_a_funnel_looks_at_its_own_side_only() -> None:
    assert not one(Share(95, 100)).alarm
    assert one(Share(95, 100), direction="high").alarm
    assert one(Share(95, 100), direction="both", alpha=Decimal("0.05")).reason == "high"


@pytest.mark.parametrize(("units", "status"), [(29, "too_few"), (30, "within"), (31, "within")])
def test_the_minimum_of_units(units: int, status: str) -> None:
    found = one(Share(units // 2, units))
    assert found.status == status
    assert found.row()["units"] == units


@pytest.mark.parametrize(("base", "alarm"), [(Share(78, 100), False), (Share(79, 100), True), (Share(20, 29), True)])
def test_a_drop_of_more_than_a_tenth_from_the_own_base(base: Share, alarm: bool) -> None:
    """0.705 against 0.90 x 0.78 = 0.702 and 0.90 x 0.79 = 0.711; a base of 29 units is none."""
    found = one(Share(141, 200), base, own_drop=Decimal("0.10"))
    assert found.alarm is alarm
    assert found.reason == ("low" if alarm else "no_drop_from_own_base")


def test_peers_are_everybody_else() -> None:
    shares = {"A": Share(50, 100), "B": Share(160, 200), "C": Share(160, 200)}
    found = judge_shares(terms(), "PY", ["A", "B"], shares)
    assert [r.expected for r in found] == [Fraction(4, 5), Fraction(7, 10)]
    assert [r.alarm for r in found] == [True, False]


@pytest.mark.parametrize(
    ("others", "reason"), [({}, "no_peers"), ({"B": Share(29, 29)}, "no_peers"), ({"B": Share(50, 50)}, "peers_do_not_vary")]
)
def test_without_peers_nothing_is_judged(others: dict[str, Share], reason: str) -> None:
    found = only(judge_shares(terms(), "PY", ["A"], {"A": Share(50, 100), **others}))
    assert (found.status, found.reason) == ("too_few", reason)


def test_over_dispersion_needs_enough_entities_to_pull_one_in() -> None:
    check = target(winsorize=Decimal("0.10"))
    scattered = {f"E{n}": Share(80 + (12 if n % 2 else -12), 100) for n in range(10)}
    assert spread(check, scattered) == 9
    assert spread(check, dict(list(scattered.items())[:9])) == 1
    assert spread(target(), scattered) == 1
    assert not judge_shares(check, "PY", ["A"], {"A": Share(70, 100), **scattered})[0].alarm


def test_a_share_against_its_own_base_and_against_the_peers() -> None:
    shares = BeforeAfter({"A": Share(160, 200), "B": Share(800, 1000)}, {"A": Share(130, 200), "B": Share(650, 1000)})
    own = judge_share_change(terms(kind="change", compare="own_base"), "PY", ["A"], shares)
    peers = judge_share_change(terms(kind="change", compare="peers"), "PY", ["A"], shares)
    assert (only(own).alarm, only(own).reason, only(own).expected) == (True, "fell", Fraction(4, 5))
    assert (only(peers).alarm, only(peers).expected) == (False, Fraction(13, 20))
    alone = BeforeAfter({"A": Share(160, 200)}, {"A": Share(130, 200)})
    assert only(judge_share_change(terms(kind="change", compare="peers"), "PY", ["A"], alone)).reason == "no_peers"
    assert only(judge_share_change(terms(kind="change", compare="peers"), "PY", ["Z"], alone)).status == "too_few"


def test_a_mean_against_its_own_base() -> None:
    check = terms(kind="change", compare="own_base", alpha=Decimal("0.05"))
    before, after = {"A": [(8, 50), (12, 50)]}, {"A": [(7, 30), (11, 30)]}
    found = only(judge_mean_change(check, "PY", ["A"], before, after))
    assert (found.observed, found.expected, found.alarm, found.reason) == (9, 10, True, "fell")
    assert round(found.statistic or Decimal(0), 4) == Decimal("-3.0427")
    against = judge_mean_change(replace(check, compare="peers"), "PY", ["A"], {**before, "B": before["A"]}, {**after, "B": after["A"]})
    assert (only(against).alarm, only(against).expected) == (False, 9)
    assert only(judge_mean_change(check, "PY", ["A"], {}, after)).status == "too_few"
    assert only(judge_mean_change(replace(check, compare="peers"), "PY", ["A"], before, after)).reason == "no_peers"


def test_the_running_sum_signals_at_a_unit() -> None:
    check = terms(
        kind="cusum", acceptable=Decimal("0.80"), unacceptable=Decimal("0.65"), in_control_run=500, minimum_units=1, measure="m"
    )  # fmt: skip
    quiet, loud = [True] * 40, [True] * 10 + [False] * 6
    found = judge_cusum(check, "PY", ["A", "B", "C"], {"A": quiet, "B": loud})
    assert [(r.status, r.reason, r.alarm) for r in found] == [
        ("within", "no_signal", False), ("within", "signal_at_unit_16", True), ("too_few", "below_minimum_units", False),
    ]  # fmt: skip
    assert found[1].statistic == Decimal("3.3576")


def test_selection_is_flagged_by_share_or_by_predicted_cost() -> None:
    check = target("0.15", kind="selection", alpha=Decimal("0.05"), standardized_difference=Decimal("0.25"))
    same = {"A": Moments(80, 80_000_000, 81 * 10**12), "B": Moments(80, 80_000_000, 81 * 10**12)}
    low = {"A": Moments(80, 72_000_000, 66 * 10**12), "B": Moments(80, 80_000_000, 81 * 10**12)}
    by_share = judge_selection(check, "PY", ["A"], {"A": Share(6, 80)}, same)[0]
    by_cost = judge_selection(check, "PY", ["A"], {"A": Share(12, 80)}, low)[0]
    neither = judge_selection(check, "PY", ["A"], {"A": Share(12, 80)}, same)[0]
    assert (by_share.alarm, by_share.certain, by_share.p_value) == (True, False, Decimal("0.034506"))
    assert (by_cost.alarm, by_cost.certain, by_cost.reason) == (True, True, "low_predicted_cost")
    assert (neither.alarm, neither.statistic) == (False, 0)


@pytest.mark.parametrize(("lines", "alarm"), [(79, True), (80, False), (81, False)])
def test_reports_at_four_fifths_of_what_the_base_expects(lines: int, alarm: bool) -> None:
    check = terms(kind="completeness", minimum_rate=Fraction(4, 5), minimum_units=50)
    found = only(judge_completeness(check, "PY", ["A"], {"A": Received(50, lines)}, {"A": Fraction(2)}))
    assert (found.alarm, found.certain, found.row()["units"], found.row()["base_units"]) == (alarm, alarm, 100, 50)
    assert found.reason == ("under_reporting" if alarm else "reported")


def test_reports_without_a_base_or_with_few_expected_lines() -> None:
    check = terms(kind="completeness", minimum_rate=Fraction(4, 5), minimum_units=50)
    found = judge_completeness(check, "PY", ["A", "B"], {"A": Received(24, 0), "B": Received(9, 3)}, {"A": Fraction(2)})
    assert [(r.status, r.reason) for r in found] == [("too_few", "below_minimum_units"), ("too_few", "no_base")]


def test_lines_per_month_are_over_all_ends() -> None:
    rows = [
        {"entity_id": "A", "end_kind": "live_birth", "months": 90, "lines": 170},
        {"entity_id": "A", "end_kind": "loss", "months": 10, "lines": 30},
        {"entity_id": "B", "end_kind": "loss", "months": 0, "lines": 0},
    ]
    assert base_lines_per_month(rows) == {"A": Fraction(2)}


def test_a_cohort_that_grew() -> None:
    check = terms(kind="migration", cohort="sud", direction="high")
    base, now = {"A": {"sud": 10, "other": 90}}, {"A": {"sud": 20, "other": 80}}
    found = only(judge_migration(check, "PY", ["A"], base, now))
    assert (found.alarm, found.reason, round(found.statistic or Decimal(0), 4)) == (True, "rose", Decimal("1.9803"))


def test_migration_shows_settlements_own_amounts() -> None:
    settlements = [{"entity_id": "A", "period": "PY", "amount_cents": c} for c in (2_600_000, 1_200_000)]
    steps = [{"entity_id": "A", "period": "PY", "name": "migration_neutral", "amount": "0.00"}]
    base, now = {"A": {"sud": 10, "other": 90}}, {"A": {"sud": 20, "other": 80}, "B": {"other": 5}}
    shown, without = watch_rows("PY", ["sud"], base, now, settlements, steps)
    assert (shown["payable_cents"], shown["migration_neutral_cents"], shown["difference_cents"]) == (3_800_000, 0, 3_800_000)
    assert (without["share"], without["base_share"], without["payable_cents"], without["difference_cents"]) == (0, None, None, None)


def test_the_edges_of_a_period() -> None:
    assert edge_share(YEAR, 7) == Fraction(14, 365)
    assert edge_share(PeriodSpan("W", YEAR.first_day, YEAR.first_day), 7) == 1


def test_many_tests_take_back_what_chance_explains() -> None:
    check = terms()
    rows = [
        result(check, f"E{n}", p=p, status="within")
        for n, p in enumerate(("0.001", "0.008", "0.039", "0.041", "0.042", "0.06", "0.074", "0.205"))
    ]
    for row in rows:
        row.alarm = (row.p_value or 1) < Decimal("0.05")
    waits = result(check, "W", status="waits_for_reports", p="0.0001")
    decide([*rows, waits], Decimal("0.05"))
    assert [r.flagged for r in rows] == [True, True, *[False] * 6]
    assert [r.reason for r in rows[2:5]] == ["explained_by_many_tests"] * 3
    assert (waits.status, waits.adjusted_p_value) == ("waits_for_reports", None)
    decide(rows, None)
    assert [r.flagged for r in rows] == [True] * 5 + [False] * 3


def test_an_alarm_without_a_probability_is_not_taken_back() -> None:
    certain = result(terms(), alarm=True, status="within", certain=True)
    decide([certain, result(terms(), "B", p="0.9", status="within")], Decimal("0.05"))
    assert certain.flagged
