"""`pooled_target`: payouts, caps, minimum savings, gates and holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.entity_grain import Price
from trueup.errors import CheckFailed, Refused
from trueup.money import format_cents, parse_cents, round_half_up
from trueup.pricing.outliers import exceeds
from trueup.settlement.inputs import Gate, UnitGroup
from trueup.settlement.settle import HOW, settle

AS_OF = date(2026, 12, 31)
MINIMUM = {"settlement__minimum_savings_rate": Decimal("0.02")}


def group(expected: int | None, actual: int, *, n: int = 40, entity: str = "A", held: int = 0) -> UnitGroup:
    return UnitGroup(entity, "Y", "all", n, actual, expected, date(2025, 1, 1), date(2025, 12, 31), held)


def gates(
    multiplier: str | None = "1.00", *, quality: bool | None = True, under_service: bool | None = True, entity: str = "A"
) -> list[Gate]:
    scale = None if multiplier is None else Decimal(multiplier)
    return [Gate(entity, "Y", "quality", quality, multiplier=scale), Gate(entity, "Y", "under_service", under_service)]


def run(rules, expected, actual, results=None, **options):
    return settle(
        rules, rules.period("Y"), [group(expected, actual, **options)], [], gates() if results is None else results, [], as_of=AS_OF
    )


def one(result):
    (row,) = result.settlements
    assert result.refusals == []
    return row.amount_cents, row.status, row.reason


def recompute(steps) -> int:
    """The amount in cents from the printed steps alone."""
    at = {s.name: s.amount for s in steps}
    if at["reason"] not in ("savings_shared", "rounds_to_zero"):
        return 0
    assert Fraction(at["gross_savings"]) == Fraction(at["expected"]) - Fraction(at["actual"]) > 0
    counted = Fraction(at["gross_savings"])
    cap = None if at["cap_rate"] == "off" else Fraction(at["cap_rate"]) * Fraction(at["expected"])
    if cap is not None:
        assert Fraction(at["cap"]) == cap
        if at["cap_on"] == "savings":
            counted = min(cap, counted)
            assert Fraction(at["capped_savings"]) == counted
    multiplier = Fraction(1)
    for name, amount in at.items():
        if name.startswith("multiplier_"):
            multiplier *= Fraction(amount)
    assert Fraction(at["multiplier"]) == multiplier
    paid = Fraction(at["share_rate"]) * counted * multiplier
    assert Fraction(at["shared_savings"]) == paid
    if cap is not None and at["cap_on"] == "payment":
        paid = min(cap, paid)
    return round_half_up(paid * 100)


def assert_ladders_close(result) -> None:
    for row in result.settlements:
        steps = [s for s in result.steps if (s.entity_id, s.cohort) == (row.entity_id, row.cohort)]
        assert [s.step for s in steps] == list(range(1, len(steps) + 1))
        printed = {s.name: s.amount for s in steps}
        assert parse_cents(printed["amount"]) == row.amount_cents
        assert printed["reason"] == row.reason
        if row.status != "held":
            assert recompute(steps) == row.amount_cents


@pytest.mark.parametrize(
    ("actual", "multiplier", "minimum", "amount", "reason"),
    [
        pytest.param(96_000_000, "0.80", True, 1_600_000, "savings_shared", id="vector 4"),
        pytest.param(98_500_000, "0.80", True, 0, "below_minimum_savings", id="vector 5"),
        pytest.param(98_500_000, "0.80", False, 600_000, "savings_shared", id="vector 5 first dollar"),
        pytest.param(70_000_000, "1.00", True, 10_000_000, "savings_shared", id="vector 6 cap"),
    ],
)
def test_vectors_4_to_6(pooled, actual, multiplier, minimum, amount, reason):
    result = run(pooled(**(MINIMUM if minimum else {})), 100_000_000, actual, gates(multiplier), n=100)
    assert one(result) == (amount, "payable" if amount else "zero", reason)
    assert_ladders_close(result)


@pytest.mark.parametrize(("cap_on", "amount"), [("payment", 10_000_000), ("savings", 5_000_000)])
def test_vector_6_two_different_caps(pooled, cap_on, amount):
    result = run(pooled(settlement__cap_on=cap_on, **MINIMUM), 100_000_000, 70_000_000)
    assert one(result)[0] == amount
    assert_ladders_close(result)


def test_without_a_cap(pooled):
    result = run(pooled(settlement__cap_rate="off", without=("settlement.cap_on",)), 100_000_000, 70_000_000)
    assert one(result)[0] == 15_000_000
    assert_ladders_close(result)


@pytest.mark.parametrize(
    ("operator", "gross", "enough"),
    [("ge", 1_999_999, False), ("ge", 2_000_000, True), ("ge", 2_000_001, True), ("gt", 2_000_000, False), ("gt", 2_000_001, True)],
)
def test_minimum_savings_edge_by_operator(pooled, operator, gross, enough):
    rules = pooled(settlement__minimum_savings_operator=operator, **MINIMUM)
    amount, _, reason = one(run(rules, 100_000_000, 100_000_000 - gross))
    assert (amount > 0, reason) == (enough, "savings_shared" if enough else "below_minimum_savings")


@pytest.mark.parametrize(
    ("actual", "amount"),
    [
        pytest.param(41_600_000, 800_000, id="vector 77"),
        pytest.param(33_191_000, 4_163_600, id="vector 77, case rate forgotten"),
        pytest.param(46_200_000, 0, id="vector 77, shadow prices added"),
    ],
)
def test_vector_77(pooled, actual, amount):
    result = run(pooled(), 43_600_000, actual, gates("0.80"))
    assert one(result)[0] == amount
    assert_ladders_close(result)


def test_vector_77_ladder_in_full(pooled):
    rules = pooled(assumed=("settlement.share_rate",))
    prices = [Price("A", "target_price", "all", date(2025, 1, 1), date(2026, 1, 1), 1_090_000, "final")]
    result = settle(rules, rules.period("Y"), [group(43_600_000, 41_600_000)], prices, gates("0.80"), [], as_of=AS_OF)
    assert [(s.name, s.amount, s.unit, s.cite) for s in result.steps] == [
        ("target_price", "10900.00", "dollars", "price set"),
        ("unit_count", "40", "count", ""),
        ("expected", "436000.00", "dollars", ""),
        ("actual", "416000.00", "dollars", ""),
        ("gross_savings", "20000.00", "dollars", ""),
        ("minimum_savings_rate", "off", "text", "S0 settlement.minimum_savings_rate"),
        ("gate_quality", "passed", "text", "S0 settlement.gates.quality.multiplies"),
        ("multiplier_quality", "0.80", "rate", "S0 settlement.gates.quality.multiplies"),
        ("gate_under_service", "passed", "text", "S0 settlement.gates.under_service.multiplies"),
        ("share_rate", "0.50", "rate", "assumption (illustrative; default; ours)"),
        ("multiplier", "0.8", "rate", ""),
        ("cap_rate", "0.10", "rate", "S0 settlement.cap_rate"),
        ("cap_on", "payment", "text", "S0 settlement.cap_on"),
        ("cap", "43600.00", "dollars", ""),
        ("shared_savings", "8000.00", "dollars", ""),
        ("reason", "savings_shared", "text", ""),
        ("amount", "8000.00", "dollars", ""),
        ("period_last_day", "2025-12-31", "date", ""),
        ("settlement_due_days", "365", "count", "S0 maturity.settlement_due_days"),
        ("settlement_due", "2026-12-31", "date", "S0 maturity.settlement_due_days"),
        ("settled_as_of", "2026-12-31", "date", ""),
        ("days_until_due", "0", "count", ""),
    ]
    assert {"gross_savings", "shared_savings", "amount", "cap"} <= set(HOW)


def test_vector_81_outlier_cliff(pooled):
    line, target, rules = 4_000_000, 1_200_000, pooled()
    thirty = [1_150_000] * 30

    def paid(costs):
        return one(run(rules, target * len(costs), sum(costs), n=len(costs)))[0]

    assert [exceeds(cost, line, Decimal(1)) for cost in (4_000_001, 4_000_000)] == [True, False]
    assert paid(thirty) == 750_000  # the 31st at 40,000.01 left with its target
    assert paid([*thirty, 4_000_000]) == 0  # at the line it stays; truncation would count the same
    assert sum(thirty) + 4_000_000 - 31 * target == 1_300_000


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (gates(quality=False), (0, "zero", "gate_failed.quality")),
        (gates(under_service=False), (0, "zero", "gate_failed.under_service")),
        (gates(quality=None), (0, "held", "gate_missing.quality")),
        (gates(None), (0, "held", "gate_missing.quality")),
        (gates(quality=False, under_service=None), (0, "held", "gate_missing.under_service")),
        (gates()[:1], (0, "held", "gate_missing.under_service")),
        ([], (0, "held", "gate_missing.quality")),
        (gates(entity="B"), (0, "held", "gate_missing.quality")),
        (gates("0"), (0, "zero", "rounds_to_zero")),
    ],
)
def test_gates(pooled, results, expected):
    result = run(pooled(), 100_000, 90_000, results)
    assert one(result) == expected
    assert_ladders_close(result)


def test_a_failed_gate_is_named_in_the_ladder(pooled):
    printed = {s.name: s.amount for s in run(pooled(), 100_000, 90_000, gates(under_service=False)).steps}
    assert (printed["gate_quality"], printed["gate_under_service"], printed["reason"]) == ("passed", "failed", "gate_failed.under_service")


def test_results_of_another_period_do_not_count(pooled):
    other = [Gate("A", "Z", "quality", True, multiplier=Decimal(1)), Gate("A", "Z", "under_service", True)]
    assert one(run(pooled(), 100_000, 90_000, other))[1] == "held"


@pytest.mark.parametrize(
    ("gross", "amount", "status"), [(-1, 0, "zero"), (0, 0, "zero"), (1, 1, "payable"), (2, 1, "payable"), (3, 2, "payable")]
)
def test_a_cent_of_savings(pooled, gross, amount, status):
    result = run(pooled(), 100_000, 100_000 - gross)
    assert one(result)[:2] == (amount, status)
    assert_ladders_close(result)


@pytest.mark.parametrize(
    ("held", "limit", "status"), [(0, "0.00", "payable"), (1, "0.00", "held"), (500, "5.00", "payable"), (501, "5.00", "held")]
)
def test_held_dollars_above_the_limit_hold_the_entity(pooled, held, limit, status):
    result = run(pooled(maturity__held_dollars_limit=Decimal(limit)), 100_000, 90_000, held=held)
    amount, found, reason = one(result)
    assert (amount, found) == ((0, "held") if status == "held" else (5_000, "payable"))
    if status == "held":
        printed = {s.name: s.amount for s in result.steps}
        assert (reason, printed["amount_before_hold"], printed["amount"]) == ("held_dollars", "50.00", "0.00")


def test_units_without_a_target_or_outside_the_price_are_refused(pooled):
    rules = pooled()
    result = run(rules, None, 90_000)
    assert (result.settlements, result.steps, [(r.entity_id, r.code) for r in result.refusals]) == ([], [], [("A", "TRU-S003")])
    prices = [Price("A", "target_price", "all", date(2025, 1, 1), date(2025, 12, 31), 1_000, "final")]
    result = settle(rules, rules.period("Y"), [group(100_000, 90_000)], prices, gates(), [], as_of=AS_OF)
    assert [r.code for r in result.refusals] == ["TRU-S004"]


def test_downside_or_another_mechanism_is_refused(pooled):
    for changes, code in (({"settlement__downside": True}, "TRU-S002"), ({"settlement__mechanism": "guess"}, "TRU-S001")):
        with pytest.raises(Refused, match=code):
            run(pooled(**changes), 100_000, 90_000)


def test_input_that_would_pay_twice_or_wrongly_stops(pooled):
    rules = pooled()
    same = group(100_000, 90_000)
    with pytest.raises(CheckFailed, match="TRU-S008"):
        settle(rules, rules.period("Y"), [same, same], [], gates(), [], as_of=AS_OF)
    with pytest.raises(CheckFailed, match="TRU-S008"):
        run(rules, 100_000, 90_000, [*gates(), *gates()])
    with pytest.raises(CheckFailed, match="TRU-S009"):
        settle(rules, rules.period("PY1"), [same], [], gates(), [], as_of=AS_OF)
    with pytest.raises(CheckFailed, match="TRU-S009"):
        run(rules, 100_000, 90_000, n=0)
    with pytest.raises(CheckFailed, match="TRU-S007"):
        run(rules, 100_000, 90_000, gates("-0.1"))


# --- properties ----------------------------------------------------------------------------------------------------------------------

money = st.integers(0, 10**10)
rates = st.integers(0, 1000).map(lambda n: Decimal(n).scaleb(-3))
terms = st.fixed_dictionaries(
    {
        "settlement__share_rate": rates,
        "settlement__cap_rate": st.one_of(st.just("off"), rates),
        "settlement__cap_on": st.sampled_from(["payment", "savings"]),
        "settlement__minimum_savings_rate": st.one_of(st.just("off"), rates),
        "settlement__minimum_savings_operator": st.sampled_from(["ge", "gt"]),
    }
)


@given(terms, money, money, rates, st.booleans())
def test_never_below_zero_never_above_cap_and_ladders_close(pooled, changes, expected, actual, multiplier, passed):
    result = run(pooled(**changes), expected, actual, gates(str(multiplier), quality=passed))
    (row,) = result.settlements
    assert row.amount_cents >= 0
    assert row.status in ("payable", "zero")
    if changes["settlement__cap_rate"] != "off":
        assert row.amount_cents <= round_half_up(Fraction(changes["settlement__cap_rate"]) * expected)
    assert_ladders_close(result)


@given(terms, money, money, money, rates, rates)
def test_lower_cost_and_a_better_multiplier_never_earn_less(pooled, changes, expected, cost, other_cost, one_rate, other_rate):
    low, high = sorted((cost, other_cost))
    worse, better = sorted((one_rate, other_rate))
    rules = pooled(**changes)
    amounts = [one(run(rules, expected, c, gates(str(m))))[0] for c, m in ((low, better), (high, better), (low, worse))]
    assert amounts[0] >= amounts[1]
    assert amounts[0] >= amounts[2]


@given(money, money)
def test_a_share_of_nothing_pays_nothing(pooled, expected, actual):
    assert one(run(pooled(settlement__share_rate=Decimal(0)), expected, actual))[0] == 0


@given(terms, st.integers(0, 10**6), st.integers(0, 10**6))
def test_ten_times_the_money_is_ten_times_the_settlement(pooled, changes, expected, actual):
    # in units of $10,000 every product of two thousandths is a whole cent, so nothing is rounded
    rules, unit = pooled(**changes), 10**6
    small, large = (one(run(rules, expected * unit * k, actual * unit * k))[0] for k in (1, 10))
    assert large == 10 * small


@given(st.lists(st.tuples(st.text("ABC", min_size=1, max_size=2), money, money), unique_by=lambda t: t[0], max_size=6), st.randoms())
def test_the_order_of_rows_changes_nothing(pooled, rows, random):
    rules = pooled()
    groups = [group(e, a, entity=name) for name, e, a in rows]
    results = [gate for name, _, _ in rows for gate in gates("0.5", entity=name)]
    first = settle(rules, rules.period("Y"), groups, [], results, [], as_of=AS_OF)
    random.shuffle(groups)
    random.shuffle(results)
    assert settle(rules, rules.period("Y"), groups, [], results, [], as_of=AS_OF) == first
    assert [format_cents(s.amount_cents) for s in first.settlements] == [s.amount for s in first.steps if s.name == "amount"]
