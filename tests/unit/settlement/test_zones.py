"""`threshold_zones`: three zones, three clocks, netting, price validity and the migration-neutral figure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.entity_grain import Participation, Price
from trueup.errors import Refused
from trueup.money import parse_cents, round_half_up
from trueup.settlement.clocks import participation_year, printed_day
from trueup.settlement.inputs import Gate, UnitGroup
from trueup.settlement.settle import settle
from trueup.settlement.zones import ZoneTerms, zone_gross

FIRST, SECOND = date(2020, 11, 1), date(2021, 11, 1)
NON_SUD, SUD = (954_810, 935_714), (1_450_000, 1_421_000)  # acceptable, commendable in cents per unit


def pair(entity: str, cohort: str, cents: tuple[int, int], start: date = FIRST, end: date | None = None) -> list[Price]:
    kinds = ("acceptable_threshold", "commendable_threshold")
    end = end or start.replace(year=start.year + 2)
    return [Price(entity, kind, cohort, start, end, amount, "final") for kind, amount in zip(kinds, cents, strict=True)]


def group(cohort: str, n: int, actual: int, period: str = "PY2", entity: str = "X", held: int = 0) -> UnitGroup:
    days = {"PY1": (FIRST, date(2021, 10, 31)), "PY2": (SECOND, date(2022, 10, 31)), "PY3": (date(2022, 11, 1), date(2023, 10, 31))}
    return UnitGroup(entity, period, cohort, n, actual, None, *days[period], held)


def rows_12_and_13(period: str = "PY2", entity: str = "X") -> list[UnitGroup]:
    return [group("non_sud", 200, 200 * 905_000, period, entity), group("sud", 25, 25 * 1_510_000, period, entity)]


def prices(entity: str = "X", start: date = FIRST) -> list[Price]:
    return [*pair(entity, "non_sud", NON_SUD, start), *pair(entity, "sud", SUD, start)]


def gate(passed: bool | None = True, entity: str = "X", period: str = "PY2") -> list[Gate]:
    return [Gate(entity, period, "quality", passed)]


def run(rules, groups, price_rows=None, results=None, stays=None, base_units=None):
    period, entity = groups[0].period, groups[0].entity_id
    return settle(
        rules,
        rules.period(period),
        groups,
        prices() if price_rows is None else price_rows,
        gate(period=period, entity=entity) if results is None else results,
        [Participation(entity, FIRST)] if stays is None else stays,
        as_of=date(2023, 1, 29),
        base_units=base_units,
    )


def outcome(result):
    return [(s.cohort, s.amount_cents, s.status, s.reason) for s in result.settlements]


def printed(result, cohort):
    return {s.name: s.amount for s in result.steps if s.cohort == cohort}


def recompute(at) -> int:
    """The amount in cents from the printed steps alone."""
    n, actual = int(at["unit_count"]), Fraction(at["actual"])
    lines = {name: Fraction(at[f"{name}_threshold"]) * n for name in ("acceptable", "commendable")}
    assert (Fraction(at["acceptable_total"]), Fraction(at["commendable_total"])) == (lines["acceptable"], lines["commendable"])
    beats = {"lt": actual < lines["commendable"], "le": actual <= lines["commendable"]}
    misses = {"gt": actual > lines["acceptable"], "ge": actual >= lines["acceptable"]}
    gain = beats[at["gain_test"].split()[1]]
    loss = not gain and misses[at["loss_test"].split()[1]]
    assert (at["gain_test"].endswith("yes"), at["loss_test"].endswith("yes")) == (gain, loss)
    gross = lines[at["share_from"]] - actual if gain else lines["acceptable"] - actual if loss else Fraction(0)
    assert Fraction(at["gross"]) == gross
    if at["reason"] not in ("savings_shared", "losses_shared", "rounds_to_zero"):
        return 0
    return round_half_up(Fraction(at["share_rate"]) * gross * Fraction(at["multiplier"]) * 100)


def assert_ladders_close(result) -> None:
    for row in result.settlements:
        steps = [s for s in result.steps if (s.entity_id, s.cohort) == (row.entity_id, row.cohort)]
        at = {s.name: s.amount for s in steps}
        assert parse_cents(at["amount"]) == row.amount_cents
        if row.status != "held":
            assert recompute(at) == row.amount_cents
        if row.status == "netted":
            same = [s.amount_cents for s in result.settlements if s.entity_id == row.entity_id]
            assert parse_cents(at["entity_net"]) == sum(same)


# --- the formula ---------------------------------------------------------------------------------------------------------------------


def test_vectors_12_and_13_with_the_stored_threshold_and_without_rounding_it():
    terms = ZoneTerms(Decimal("0.50"))
    assert zone_gross(terms, 200 * 905_000, 200 * 954_810, 200 * 935_714) == ("gain", 6_142_800)
    assert zone_gross(terms, 200 * 905_000, 200 * 954_810, 200 * Fraction("935713.8")) == ("gain", 6_142_760)
    assert zone_gross(terms, 25 * 1_510_000, 25 * 1_450_000, 25 * 1_421_000) == ("loss", -1_500_000)


def test_vector_14_first_participation_year_owes_nothing(zones):
    result = run(zones(), rows_12_and_13("PY1"))
    assert outcome(result) == [("non_sud", 3_071_400, "payable", "savings_shared"), ("sud", 0, "zero", "before_downside")]
    assert_ladders_close(result)


def test_vector_15_second_year_netted_and_separate(zones):
    netted = run(zones(), rows_12_and_13())
    assert outcome(netted) == [("non_sud", 3_071_400, "netted", "savings_shared"), ("sud", -750_000, "netted", "losses_shared")]
    assert printed(netted, "sud")["entity_net"] == printed(netted, "non_sud")["entity_net"] == "23214.00"
    apart = run(zones(settlement__netting="separate"), rows_12_and_13())
    assert outcome(apart) == [("non_sud", 3_071_400, "payable", "savings_shared"), ("sud", -750_000, "owed", "losses_shared")]
    for result in (netted, apart):
        assert sum(s.amount_cents for s in result.settlements) == 2_321_400
        assert_ladders_close(result)


def test_gains_alone_or_losses_alone_are_not_netted(zones):
    gains = run(zones(), [group("non_sud", 200, 200 * 905_000)])
    assert outcome(gains) == [("non_sud", 3_071_400, "payable", "savings_shared")]
    losses = run(zones(), [group("sud", 25, 25 * 1_510_000)])
    assert outcome(losses) == [("sud", -750_000, "owed", "losses_shared")]


def test_a_cent_nets_with_a_cent_and_nothing_nets_with_zero(zones):
    lines = [*pair("X", "non_sud", (200, 100)), *pair("X", "sud", (200, 100))]
    cents = run(zones(), [group("non_sud", 1, 99), group("sud", 1, 201)], lines)
    assert outcome(cents) == [("non_sud", 1, "netted", "savings_shared"), ("sud", -1, "netted", "losses_shared")]
    owed = run(zones(), [group("non_sud", 1, 150), group("sud", 1, 201)], lines)
    assert outcome(owed) == [("non_sud", 0, "zero", "between_thresholds"), ("sud", -1, "owed", "losses_shared")]
    paid = run(zones(), [group("non_sud", 1, 150), group("sud", 1, 99)], lines)
    assert outcome(paid) == [("non_sud", 0, "zero", "between_thresholds"), ("sud", 1, "payable", "savings_shared")]


@pytest.mark.parametrize(
    ("average", "gross", "net"), [(935_714, "0.00", 0), (954_810, "0.00", 0), (935_713, "2.00", 100), (954_811, "-2.00", -100)]
)
def test_vector_16_equality_with_a_line_pays_and_owes_nothing(zones, average, gross, net):
    result = run(zones(), [group("non_sud", 200, 200 * average)])
    assert (printed(result, "non_sud")["gross"], result.settlements[0].amount_cents) == (gross, net)
    assert_ladders_close(result)


@pytest.mark.parametrize(
    ("operators", "average", "zone"), [(("le", "ge"), 935_714, "gain"), (("le", "ge"), 954_810, "loss"), (("lt", "gt"), 935_714, "between")]
)
def test_the_rule_owns_the_operators(operators, average, zone):
    terms = ZoneTerms(Decimal("0.50"), gain_operator=operators[0], loss_operator=operators[1])
    assert zone_gross(terms, average, 954_810, 935_714)[0] == zone


@pytest.mark.parametrize(("actual", "net"), [(187_142_799, 1), (187_142_800, 0), (187_142_801, 0), (190_962_000, 0), (190_962_001, -1)])
def test_totals_are_compared_so_a_single_cent_counts(zones, actual, net):
    result = run(zones(), [group("non_sud", 200, actual)])
    assert result.settlements[0].amount_cents == net  # half a cent goes away from zero
    assert_ladders_close(result)


@pytest.mark.parametrize(("share_from", "amount"), [("commendable", 1_800_000), ("acceptable", 3_000_000)])
def test_t32_from_which_line_gains_are_shared(zones, share_from, amount):
    rows = pair("X", "non_sud", (1_200_000, 1_160_000))
    result = run(zones(settlement__share_from=share_from), [group("non_sud", 60, 60 * 1_100_000)], rows)
    assert outcome(result) == [("non_sud", amount, "payable", "savings_shared")]
    assert printed(result, "non_sud")["share_from"] == share_from
    assert_ladders_close(result)


def test_ladder_in_full(zones):
    result = run(zones(assumed=("settlement.share_from",)), rows_12_and_13()[:1])
    assert [(s.name, s.amount, s.unit, s.cite) for s in result.steps] == [
        ("unit_count", "200", "count", ""),
        ("actual", "1810000.00", "dollars", ""),
        ("acceptable_threshold", "9548.10", "dollars", "price set"),
        ("commendable_threshold", "9357.14", "dollars", "price set"),
        ("acceptable_total", "1909620.00", "dollars", ""),
        ("commendable_total", "1871428.00", "dollars", ""),
        ("gain_test", "actual lt commendable_total: yes", "text", "S0 settlement.gain_operator"),
        ("loss_test", "actual gt acceptable_total: no", "text", "S0 settlement.loss_operator"),
        ("share_from", "commendable", "text", "assumption (illustrative; default; ours)"),
        ("gross", "61428.00", "dollars", ""),
        ("participation_year", "2", "count", ""),
        ("downside_from_participation_year", "2", "count", "S0 settlement.downside_from_participation_year"),
        ("gate_quality", "passed", "text", "S0 settlement.gates.quality.multiplies"),
        ("share_rate", "0.50", "rate", "S0 settlement.share_rate"),
        ("multiplier", "1", "rate", ""),
        ("reason", "savings_shared", "text", ""),
        ("amount", "30714.00", "dollars", ""),
        ("period_last_day", "2022-10-31", "date", ""),
        ("settlement_due_days", "90", "count", "S0 maturity.settlement_due_days"),
        ("settlement_due", "2023-01-29", "date", "S0 maturity.settlement_due_days"),
        ("period_last_day_as_published", "2022-10-30", "date", ""),
        ("settlement_due_as_published", "2023-01-28", "date", "S0 maturity.settlement_due_days"),
        ("settled_as_of", "2023-01-29", "date", ""),
        ("days_until_due", "0", "count", ""),
    ]


# --- clocks --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joined", "passed", "amounts"),
    [
        pytest.param(FIRST, True, [3_071_400, -750_000], id="X"),
        pytest.param(FIRST, False, [0, -750_000], id="X, quality failed"),
        pytest.param(SECOND, True, [3_071_400, 0], id="Y"),
        pytest.param(SECOND, False, [0, 0], id="Y, quality failed"),
    ],
)
def test_vector_84_three_clocks(zones, joined, passed, amounts):
    result = run(zones(), rows_12_and_13(), prices(start=joined), gate(passed), [Participation("X", joined)])
    assert [s.amount_cents for s in result.settlements] == amounts
    assert_ladders_close(result)


def test_vector_84_quality_does_not_apply_in_the_first_program_year(zones):
    for results in ([], gate(False, period="PY1"), gate(True, period="PY1")):
        result = run(zones(), rows_12_and_13("PY1"), results=results)
        assert [s.amount_cents for s in result.settlements] == [3_071_400, 0]
        assert printed(result, "non_sud")["gate_quality"] == "not_applied"


def test_vector_84_thresholds_expire_exclusively(zones):
    one_late = UnitGroup("X", "PY3", "non_sud", 200, 200 * 905_000, None, date(2022, 11, 1), date(2022, 11, 1))
    refused = run(zones(), [one_late])
    assert (refused.settlements, [(r.entity_id, r.cohort, r.code) for r in refused.refusals]) == ([], [("X", "non_sud", "TRU-S004")])
    assert "2022-11-01" in refused.refusals[0].message
    y = run(zones(), rows_12_and_13("PY3", "Y"), prices("Y", SECOND), stays=[Participation("Y", SECOND)])
    assert [s.amount_cents for s in y.settlements] == [3_071_400, -750_000]
    late = UnitGroup("Y", "PY3", "sud", 25, 25 * 1_510_000, None, date(2022, 11, 1), date(2023, 11, 1))
    refused = run(zones(), [rows_12_and_13("PY3", "Y")[0], late], prices("Y", SECOND), stays=[Participation("Y", SECOND)])
    assert (refused.settlements, [r.code for r in refused.refusals]) == ([], ["TRU-S004"])


def test_units_before_the_first_join_have_no_valid_threshold(zones):
    joined = date(2021, 11, 2)
    result = run(zones(), rows_12_and_13()[:1], prices(start=joined), stays=[Participation("X", joined)])
    assert [r.code for r in result.refusals] == ["TRU-S004"]


@pytest.mark.parametrize(
    ("joined", "year"),
    [
        (date(2020, 11, 1), 2),
        (date(2020, 11, 2), 1),
        (date(2021, 3, 1), 1),
        (date(2021, 11, 1), 1),
        (date(2022, 6, 1), 1),
        (date(2019, 11, 1), 3),
        (date(2020, 2, 29), 2),
    ],
)
def test_a_period_is_placed_by_its_first_day(zones, joined, year):
    assert participation_year(joined, zones().period("PY2")) == year


def test_rejoining_and_a_new_tax_id_reset_nothing(zones):
    stays = [
        Participation("OLD", FIRST, date(2021, 2, 1)),
        Participation("OLD", date(2021, 4, 1), SECOND, successor_entity_id="X"),
        Participation("X", SECOND),
    ]
    result = run(zones(), rows_12_and_13(), prices("OLD"), stays=stays)
    assert [s.amount_cents for s in result.settlements] == [3_071_400, -750_000]
    at = printed(result, "sud")
    assert (at["participation_year"], at["thresholds_issued_to"]) == ("2", "OLD")
    assert_ladders_close(result)


@pytest.mark.parametrize(
    "stays",
    [
        pytest.param([], id="never joined"),
        pytest.param([Participation("Z", FIRST)], id="only another joined"),
        pytest.param([Participation("X", FIRST, SECOND)], id="left on the first day"),
        pytest.param([Participation("X", date(2022, 11, 1))], id="joins after the last day"),
    ],
)
def test_who_takes_no_part_is_refused(zones, stays):
    result = run(zones(), rows_12_and_13(), stays=stays)
    assert (result.settlements, [r.code for r in result.refusals]) == ([], ["TRU-S005", "TRU-S005"])


def test_who_takes_part_for_a_day_is_settled(zones):
    for stay in (Participation("X", FIRST, SECOND + timedelta(days=1)), Participation("X", date(2022, 10, 31))):
        start = FIRST if stay.left_on else date(2022, 10, 31)
        days = (stay.joined_on if stay.joined_on > SECOND else SECOND,) * 2
        rows = [UnitGroup("X", "PY2", "non_sud", 200, 200 * 905_000, None, *days)]
        assert outcome(run(zones(), rows, prices(start=start), stays=[stay]))[0][1] == 3_071_400


def test_losses_that_hang_on_an_unknown_year_are_refused(zones):
    rules = zones(participation__required=False)
    assert [r.code for r in run(rules, rows_12_and_13(), stays=[]).refusals] == ["TRU-S005", "TRU-S005"]
    at_once = zones(participation__required=False, settlement__downside_from_participation_year=1)
    assert [s.amount_cents for s in run(at_once, rows_12_and_13(), stays=[]).settlements] == [3_071_400, -750_000]
    upside = zones(participation__required=False, settlement__downside=False)
    result = run(upside, rows_12_and_13(), stays=[])
    assert outcome(result) == [("non_sud", 3_071_400, "payable", "savings_shared"), ("sud", 0, "zero", "no_downside")]
    assert_ladders_close(result)


def test_a_gate_by_program_year_needs_a_program_year(zones):
    rules = zones()
    rules.days["PY2"].program_year = None
    with pytest.raises(Refused, match="TRU-S006"):
        run(rules, rows_12_and_13())


@pytest.mark.parametrize(("as_of", "days"), [(date(2022, 1, 28), "1"), (date(2022, 1, 29), "0"), (date(2022, 1, 30), "-1")])
def test_vector_86b_ninety_days_as_read_and_as_printed(zones, as_of, days):
    rules = zones()
    result = settle(rules, rules.period("PY1"), rows_12_and_13("PY1"), prices(), [], [Participation("X", FIRST)], as_of=as_of)
    at = printed(result, "sud")
    assert (at["period_last_day"], at["settlement_due"]) == ("2021-10-31", "2022-01-29")
    assert (at["period_last_day_as_published"], at["settlement_due_as_published"]) == ("2021-10-30", "2022-01-28")
    assert at["days_until_due"] == days


@pytest.mark.parametrize(
    ("text", "day"), [("10/30/2021", date(2021, 10, 30)), ("2021-10-30", date(2021, 10, 30)), ("30/10/2021", None), ("autumn", None)]
)
def test_printed_days(text, day):
    assert printed_day(text) == day


# --- gates, holds, prices ------------------------------------------------------------------------------------------------------------


def test_a_missing_result_holds_gains_and_what_is_netted_with_them(zones):
    result = run(zones(), rows_12_and_13(), results=[])
    assert outcome(result) == [("non_sud", 0, "held", "gate_missing.quality"), ("sud", 0, "held", "netted_with_held_cohort")]
    assert printed(result, "sud")["amount_before_hold"] == "-7500.00"
    apart = run(zones(settlement__netting="separate"), rows_12_and_13(), results=[])
    assert outcome(apart) == [("non_sud", 0, "held", "gate_missing.quality"), ("sud", -750_000, "owed", "losses_shared")]


def test_a_result_that_cannot_matter_holds_nothing(zones):
    between = [group("non_sud", 10, 10 * 950_000)]
    assert outcome(run(zones(), between, results=[])) == [("non_sud", 0, "zero", "between_thresholds")]


def test_a_gate_that_blocks_all_blocks_losses_too(zones):
    rules = zones(settlement__gates__quality__blocks="all")
    failed = run(rules, rows_12_and_13(), results=gate(False))
    assert outcome(failed) == [("non_sud", 0, "zero", "gate_failed.quality"), ("sud", 0, "zero", "gate_failed.quality")]


def test_a_multiplier_scales_gains_and_leaves_losses(zones):
    rules = zones(settlement__gates__quality__multiplies=True)
    result = run(rules, rows_12_and_13(), results=[Gate("X", "PY2", "quality", True, multiplier=Decimal("0.5"))])
    assert [s.amount_cents for s in result.settlements] == [1_535_700, -750_000]
    assert_ladders_close(result)


def test_held_dollars_of_one_cohort_hold_the_entity(zones):
    rows = [rows_12_and_13()[0], group("sud", 25, 25 * 1_510_000, held=1)]
    assert [(s.status, s.reason, s.amount_cents) for s in run(zones(), rows).settlements] == [("held", "held_dollars", 0)] * 2


def test_a_cohort_without_thresholds_is_refused_and_the_other_settles(zones):
    result = run(zones(), rows_12_and_13(), pair("X", "non_sud", NON_SUD))
    assert outcome(result) == [("non_sud", 3_071_400, "payable", "savings_shared")]
    assert [(r.cohort, r.code) for r in result.refusals] == [("sud", "TRU-S003")]


def test_expected_is_the_acceptable_line(zones):
    rows = run(zones(), rows_12_and_13()).settlements
    assert [r.expected_amount_cents for r in rows] == [190_962_000, 36_250_000]


# --- the mix of cohorts --------------------------------------------------------------------------------------------------------------

MIX_PRICES = [*pair("X", "sud", (2_000_000, 1_960_000)), *pair("X", "non_sud", (1_000_000, 980_000))]
MIX_BASE = {("X", "sud"): 10, ("X", "non_sud"): 90}


def test_vector_85_moving_the_flag_pays_without_savings(zones):
    before = run(zones(), [group("non_sud", 90, 90_000_000), group("sud", 10, 20_000_000)], MIX_PRICES, base_units=MIX_BASE)
    assert [s.amount_cents for s in before.settlements] == [0, 0]
    after = run(zones(), [group("non_sud", 80, 76_000_000), group("sud", 20, 34_000_000)], MIX_PRICES, base_units=MIX_BASE)
    assert outcome(after) == [("non_sud", 1_200_000, "payable", "savings_shared"), ("sud", 2_600_000, "payable", "savings_shared")]
    assert sum(s.amount_cents for s in after.settlements) == 3_800_000
    for result in (before, after):
        assert [printed(result, cohort)["migration_neutral"] for cohort in ("sud", "non_sud")] == ["0.00", "0.00"]
        assert_ladders_close(result)


def test_migration_neutral_equals_the_payable_amount_where_nothing_moved(zones):
    result = run(zones(), [group("non_sud", 90, 90 * 970_000), group("sud", 10, 10 * 1_940_000)], MIX_PRICES, base_units=MIX_BASE)
    assert sum(s.amount_cents for s in result.settlements) == 90 * 5_000 + 10 * 10_000 == 550_000
    assert printed(result, "sud")["migration_neutral"] == "5500.00"


def test_migration_neutral_is_absent_where_it_cannot_be_told(zones):
    two = [group("non_sud", 90, 90_000_000), group("sud", 10, 20_000_000)]
    for rows, base in ((two, None), (two, {}), (two[:1], MIX_BASE)):
        assert "migration_neutral" not in printed(run(zones(), rows, MIX_PRICES, base_units=base), "non_sud")


# --- properties ----------------------------------------------------------------------------------------------------------------------

money = st.integers(0, 10**9)
lines = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).map(lambda t: (max(t), min(t)))
rates = st.integers(0, 100).map(lambda n: Decimal(n) / 100)
terms = st.fixed_dictionaries(
    {
        "settlement__share_rate": rates,
        "settlement__share_from": st.sampled_from(["commendable", "acceptable"]),
        "settlement__gain_operator": st.sampled_from(["lt", "le"]),
        "settlement__loss_operator": st.sampled_from(["gt", "ge"]),
        "settlement__netting": st.sampled_from(["net", "separate"]),
    }
)


def total(result) -> int:
    return sum(s.amount_cents for s in result.settlements)


@given(terms, lines, lines, st.integers(1, 500), money, st.integers(1, 500), money, st.booleans())
def test_ladders_close_whatever_the_terms(zones, changes, one, two, n, actual, m, other, passed):
    rows = [group("non_sud", n, actual), group("sud", m, other)]
    rules = zones(**changes)
    result = run(rules, rows, [*pair("X", "non_sud", one), *pair("X", "sud", two)], gate(passed), base_units=MIX_BASE)
    assert len(result.settlements) == 2
    assert_ladders_close(result)


@given(terms, lines, st.integers(1, 500), money, money, st.booleans())
def test_lower_cost_never_earns_less(zones, changes, line, n, cost, other, passed):
    low, high = sorted((cost, other))
    rules = zones(**changes)
    amounts = [total(run(rules, [group("non_sud", n, c)], pair("X", "non_sud", line), gate(passed))) for c in (low, high)]
    assert amounts[0] >= amounts[1]


@given(terms, lines, st.integers(1, 500), money)
def test_without_downside_never_below_zero_and_passing_never_earns_less(zones, changes, line, n, actual):
    rules = zones(settlement__downside=False, **changes)
    passed, failed = (total(run(rules, [group("non_sud", n, actual)], pair("X", "non_sud", line), gate(p))) for p in (True, False))
    assert passed >= failed >= 0


@given(lines, st.integers(1, 500), money)
def test_a_share_of_nothing_pays_and_owes_nothing(zones, line, n, actual):
    result = run(zones(settlement__share_rate=Decimal(0)), [group("non_sud", n, actual)], pair("X", "non_sud", line))
    assert [(s.amount_cents, s.status) for s in result.settlements] == [(0, "zero")]


@given(terms, lines, st.integers(1, 500), st.integers(0, 10**6))
def test_ten_times_the_money_is_ten_times_the_settlement(zones, changes, line, n, actual):
    # in whole dollars every hundredth is a whole cent, so nothing is rounded
    rules = zones(**changes)
    amounts = [
        total(run(rules, [group("non_sud", n, actual * 100 * k)], pair("X", "non_sud", (line[0] * 100 * k, line[1] * 100 * k))))
        for k in (1, 10)
    ]
    assert amounts[1] == 10 * amounts[0]
