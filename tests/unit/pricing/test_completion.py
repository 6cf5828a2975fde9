"""Completion by development: T-10 as written, the library beside it, refusals, the back-test, and what a price does with it."""

from __future__ import annotations

import inspect
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.entity_grain import Participation
from trueup.errors import CheckFailed, Refused
from trueup.money import to_places
from trueup.pricing import completion
from trueup.pricing.build import price
from trueup.pricing.chainladder_check import library_links, require_same_links
from trueup.pricing.completion import back_test, complete, last_day_of, links, month_before, months_between, to_ultimate, triangle
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, Lag, MixRow, PaidCell

T10 = {"2024-01": [400, 800, 950, 1000], "2024-02": [500, 950, 1150], "2024-03": [450, 900], "2024-04": [520]}
ON = {
    "prices__completion__method": "chain_ladder",
    "prices__completion__average": "all",
    "prices__completion__minimum_rate": Decimal("0.40"),
    "prices__completion__mature_days": 365,
}


def cells(rows: dict[str, list[int]], service_type: str = "professional") -> tuple[PaidCell, ...]:
    """Cells from cumulative rows."""
    return tuple(
        PaidCell(service_type, origin, age, late - early)
        for origin, row in rows.items()
        for age, (early, late) in enumerate(zip([0, *row], row, strict=False))
    )


def test_t10_links_ultimates_and_what_is_to_come():
    rows = triangle(cells(T10), "2024-04")
    assert rows == T10
    found = links(rows)
    assert [link.factor for link in found] == [Fraction(2650, 1350), Fraction(2100, 1750), Fraction(1000, 950)]
    assert [link.origins for link in found] == [3, 2, 1]
    assert [to_places(link.factor, 6) for link in found] == [Decimal("1.962963"), Decimal("1.200000"), Decimal("1.052632")]
    ultimate = to_ultimate(found)
    assert [to_places(f, 6) for f in ultimate] == [Decimal("2.479532"), Decimal("1.263158"), Decimal("1.052632"), Decimal("1.000000")]
    assert [to_places(1 / f, 6) for f in ultimate] == [Decimal("0.403302"), Decimal("0.791667"), Decimal("0.950000"), Decimal("1.000000")]
    completed = [row[-1] * ultimate[len(row) - 1] for row in rows.values()]
    shown = [to_places(c, 4) for c in completed]
    assert shown == [Decimal(n) for n in ("1000.0000", "1210.5263", "1136.8421", "1289.3567")]
    # What is to come: 1066.7252 in the source, 1066.725146 exactly (and by the library).
    assert to_places(sum(completed) - sum(row[-1] for row in rows.values()), 6) == Decimal("1066.725146")


def test_the_library_finds_the_same_links():
    assert library_links(T10, -1) == pytest.approx([1.962963, 1.2, 1.052632], abs=5e-7)
    require_same_links("professional", T10, [link.factor for link in links(T10)], -1)


def test_a_link_that_the_library_does_not_find_stops():
    wrong = [link.factor for link in links(T10)]
    wrong[1] += Fraction(1, 10**6)
    with pytest.raises(CheckFailed, match=r"TRU-P026.*professional completion differ at 1 months"):
        require_same_links("professional", T10, wrong, -1)
    with pytest.raises(CheckFailed, match=r"TRU-P026.*differ at 2 months"):
        require_same_links("professional", T10, [link.factor for link in links(T10)][:2], -1)


FULL = {month_before("2024-08", 7 - n): [100 + 40 * n, 220 + 50 * n, 300 + 20 * n][: 8 - n] for n in range(8)}


def grown(rows: dict[str, list[int]], through: str) -> dict[str, list[int]]:
    """Rows filled to the age they have: nothing more came."""
    return {o: [*row, *[row[-1]] * (months_between(o, through) + 1 - len(row))] for o, row in rows.items()}


def test_last_three_months_beside_all():
    rows = grown(FULL, "2024-08")
    every, recent = links(rows), links(rows, "last_3")
    assert (every[0].factor, every[0].origins) == (Fraction(2590, 1540), 7)
    assert (recent[0].factor, recent[0].origins) == (Fraction(420 + 470 + 520, 260 + 300 + 340), 3)
    assert library_links(rows, 3)[0] == pytest.approx(float(recent[0].factor), abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.integers(10**6, 10**8), min_size=7, max_size=7), min_size=7, max_size=7))
def test_library_and_exact_links_agree_on_any_growing_triangle(drawn):
    rows = {f"2024-{n + 1:02d}": [sum(row[: age + 1]) for age in range(7 - n)] for n, row in enumerate(drawn)}
    for name, periods in (("all", -1), ("last_3", 3)):
        require_same_links("facility", rows, [link.factor for link in links(rows, name)], periods)


def test_cells_after_the_last_full_month_do_not_count():
    late = (*cells(T10), PaidCell("professional", "2024-04", 1, 999), PaidCell("professional", "2024-05", 0, 999))
    assert triangle(late, "2024-04") == T10


def test_ages_without_dollars():
    empty = {"2024-01": [0, 0, 5], "2024-02": [0, 0], "2024-03": [0]}
    with pytest.raises(Refused, match=r"TRU-P024 claims 1 months old \(0 cents\) do not lead to those 2 months old \(5 cents\)"):
        links(empty)
    late = {"2024-01": [0, 0, 0], "2024-02": [0, 0], "2024-03": [0]}
    assert [link.factor for link in links(late)] == [1, 1]
    require_same_links("pharmacy", late, [Fraction(1), Fraction(1)], -1)
    with pytest.raises(Refused, match="TRU-P024"):
        links({"2024-01": [1, 1000], "2024-02": [0]})
    with pytest.raises(Refused, match="TRU-P024"):
        links({"2024-01": [5, -5], "2024-02": [5]})
    assert links({"2024-01": [1, 999], "2024-02": [0]})[0].factor == 999


def test_months():
    assert (months_between("2023-11", "2024-02"), month_before("2024-01", 1), month_before("2023-12", -1)) == (3, "2023-12", "2024-01")
    assert (last_day_of("2024-02"), last_day_of("2023-12")) == (date(2024, 2, 29), date(2023, 12, 31))


def test_the_back_test_sets_what_was_said_beside_what_came():
    """As of March T-10 would have said for April: links 1750/900, 950/800, none yet."""
    rows = {(t.origin_month): t for t in back_test("professional", cells(T10), "2024-04", 1, "all")}
    assert {o: (t.age_months, t.paid_then_cents, t.estimated_cents, t.actual_cents) for o, t in rows.items()} == {
        "2024-01": (2, 950, 950, 1000),  # older than the triangle of that day: taken as complete, and it was not
        "2024-02": (1, 950, 1128, 1150),  # 950 × 950 / 800
        "2024-03": (0, 450, 875, 900),  # 450 × 1750 / 900
    }
    assert {t.estimated_on for t in rows.values()} == {date(2024, 3, 31)}


# --- through the rules ----------------------------------------------------------------------------------------------------------------

EPISODES = [BaseEpisode("A", "all", 1000_00), BaseEpisode("B", "all", 3000_00)]


def mix(scope: str, entity: str | None, month: str, dollars: int) -> MixRow:
    return MixRow(scope, entity, "all", "professional", month, dollars * 100)


LAG = Lag(cells(T10), (mix("episode", "A", "2024-03", 1000), mix("episode", "B", "2023-06", 3000)), "2024-04")


def test_a_base_is_completed_by_its_own_months(blended):
    rules = blended(**ON)
    content = price(rules, EPISODES, ["A", "B"], [], rules.period("Y1"), lag=LAG)
    at = {s.name: s.amount for s in content.price_steps if s.entity_id == "A"}
    # A: all of March, one month old: 1 / 0.791667; B: older than the triangle. State: (1,263.157…+ 3,000) / 4,000
    assert (at["own_completion"], at["state_completion"]) == ("1.263157", "1.065789")
    assert {p.entity_id: p.amount_cents for p in content.prices} == {"A": 1697_37, "B": 2565_79}
    assert [(f.age_months, f.link_factor, f.completion_rate, f.source) for f in content.completion_factors] == [
        (0, Decimal("1.962963"), Decimal("0.403302"), "estimated"),
        (1, Decimal("1.200000"), Decimal("0.791667"), "estimated"),
        (2, Decimal("1.052632"), Decimal("0.950000"), "estimated"),
        (3, Decimal("1.000000"), Decimal("1.000000"), "complete"),
    ]


def test_thresholds_and_case_rates_are_completed_too(own_history, case_rate):
    rules = own_history(**ON, prices__trend_annual=Decimal(0))
    content = price(rules, EPISODES, [], [Participation("A", date(2020, 11, 1))], rules.period("Y1"), lag=LAG)
    assert [p.amount_cents for p in content.prices] == [1263_16, 1237_89]
    rules = case_rate(**ON)
    rest = (mix("episode", "A", "2023-06", 1000), mix("episode", "B", "2023-06", 3000), mix("case_rate", "A", "2024-03", 2000))
    rows = [BaseCaseRate("A", "E1", "live_birth", 10, 2000_00)]
    content = price(rules, EPISODES, ["A"], [], rules.period("Y1"), base_case_rates=rows, lag=Lag(LAG.cells, rest, "2024-04"))
    at = {s.name: s.amount for s in content.price_steps if s.price == "case_rate"}
    assert (at["base_rate"], at["completion_factor"], at["case_rate"]) == ("200.00", "1.263157", "252.63")
    assert at["replay_dollars"] == "2000.00"


def test_less_than_the_minimum_needs_a_factor_by_hand(blended):
    young = Lag(LAG.cells, (mix("episode", "A", "2024-04", 1000), mix("episode", "B", "2023-06", 3000)), "2024-04")
    strict = {**ON, "prices__completion__minimum_rate": Decimal("0.50")}
    rules = blended(**strict)
    with pytest.raises(Refused, match=r"TRU-P023.*0 months old are 0.403302 complete"):
        price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=young)
    by_hand = {
        "prices__completion__manual__youngest__service_type": "professional",
        "prices__completion__manual__youngest__age_months": 0,
        "prices__completion__manual__youngest__factor": Decimal("0.50"),
    }
    rules = blended(**strict, **by_hand)
    content = price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=young)
    assert [s.amount for s in content.price_steps if s.name == "own_completion"] == ["2.000000"]
    assert content.completion_factors[0].source == "manual"


def test_a_rate_at_the_minimum_is_used(blended):
    young = Lag(LAG.cells, (mix("episode", "A", "2024-04", 1000), mix("episode", "B", "2023-06", 3000)), "2024-04")
    for minimum, works in (("0.403302", True), ("0.403303", False)):
        rules = blended(**{**ON, "prices__completion__minimum_rate": Decimal(minimum)})
        if works:
            assert price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=young).prices
        else:
            with pytest.raises(Refused, match="TRU-P023"):
                price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=young)


def test_dollars_that_do_not_tie_stop(blended):
    rules = blended(**ON)
    with pytest.raises(CheckFailed, match=r"TRU-P025.*of A \(episode\) are 0 cents, the base has 100000"):
        price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=Lag(LAG.cells, LAG.mix[1:], "2024-04"))


def test_a_type_without_a_triangle_and_no_claims_by_age_are_refused(blended):
    rules = blended(**ON)
    with pytest.raises(Refused, match=r"TRU-P023.*no claims by age"):
        price(rules, EPISODES, ["A"], [], rules.period("Y1"))
    other = Lag(cells(T10, "pharmacy"), LAG.mix, "2024-04")
    with pytest.raises(Refused, match=r"TRU-P023.*professional claims have no triangle"):
        price(rules, EPISODES, ["A"], [], rules.period("Y1"), lag=other)


def test_types_of_service_have_their_own_pattern(blended):
    fast = {o: [row[0]] * len(row) for o, row in T10.items()}
    both = Lag((*cells(T10), *cells(fast, "pharmacy")), LAG.mix, "2024-04")
    found = complete(blended(**ON), both)
    assert found is not None
    assert (found.rate("professional", 1), found.rate("pharmacy", 1), found.rate("pharmacy", 9)) == (Decimal("0.791667"), 1, 1)


def test_off_and_absent_are_the_same(blended):
    off = blended(**{**ON, "prices__completion__method": "off"})
    assert complete(off, LAG) is complete(blended(), LAG) is None


def test_without_the_library_completion_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "chainladder", None)
    with pytest.raises(Refused, match=r"TRU-P027.*chainladder, which is not installed"):
        library_links(T10, -1)


def test_completion_does_not_touch_what_single_episodes_meet(blended):
    """Nothing in the module takes an episode, and the outlier line that episodes are compared with is trended and never completed."""
    assert "BaseEpisode" not in inspect.getsource(completion)
    plain = {"outliers__high_percentile": Decimal("0.99"), "prices__trend_annual": Decimal("0.03")}
    lines = [price(r, EPISODES, ["A"], [], r.period("Y1"), lag=LAG).outlier_lines for r in (blended(**plain), blended(**plain, **ON))]
    assert lines[0] == lines[1]
    assert [(line.base_cents, line.amount_cents) for line in lines[0]] == [(3000_00, 3182_70)]
