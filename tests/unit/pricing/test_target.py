"""The two-step target: case rates for their part, trended history for the rest; the payment form alone moves no savings."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from trueup.money import round_half_up
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, InScope

ROWS = [BaseCaseRate("A", "E1", "live_birth", 10, 2000_00), BaseCaseRate("A", "E2", "live_birth", 8, 1600_00)]
EPISODES = [
    BaseEpisode("A", "all", 9000_00, episode_id="E1", in_scope=(InScope("A", 10, 2000_00),)),
    BaseEpisode("A", "all", 11000_00, episode_id="E2", in_scope=(InScope("A", 8, 1600_00),)),
    BaseEpisode(None, "all", 13000_00, episode_id="E3"),
]


def target(rules, episodes=EPISODES, rows=ROWS, accountable=("A",)):
    content = price(rules, episodes, accountable, [], rules.period("Y1"), base_case_rates=rows)
    (cents,) = [p.amount_cents for p in content.prices if (p.price, p.entity_id) == ("target_price", "A")]
    return cents, {s.name: s.amount for s in content.price_steps if (s.price, s.entity_id) == ("target_price", "A")}


def test_two_printed_steps_for_own_and_state(case_rate):
    rules = case_rate(prices__trend_annual=Decimal("0.03"), case__trend_annual=Decimal("0.05"))
    cents, at = target(rules)
    # rate 200 × 1.1025 = 220.50; own rest 16,400 / 2 × 1.0609 = 8,699.38 and 18 × 220.50 / 2 = 1,984.50
    assert (at["price_basis"], at["own_in_scope_history"], at["own_rest"]) == ("case_rate_and_ffs", "3600.00", "16400.00")
    assert (at["own_rest_trended"], at["own_in_scope_months"], at["own_in_scope_priced"]) == ("8699.38", "18", "3969.00")
    assert (at["own_in_scope_difference"], at["own_priced"]) == ("369.00", "10683.88")
    # state: rest 29,400 / 3 × 1.0609 = 10,396.82 and 3,969 / 3 = 1,323
    assert (at["state_rest_trended"], at["state_priced"]) == ("10396.82", "11719.82")
    assert at["state_mean_risk"] == "1"
    assert cents == 11201_85 == round_half_up((Fraction("10683.88") + Fraction("11719.82")) / 2 * 100)


def test_case_rate_dollars_are_not_trended_twice(case_rate):
    cents, _ = target(case_rate(prices__trend_annual=Decimal("0.50"), prices__weight_own=Decimal(1)))
    assert cents == 20250_00  # 8,200 × 2.25 + 9 × 200 = 20,250, not (8,200 + 1,800) × 2.25 = 22,500


def test_the_form_of_payment_alone_moves_no_target(case_rate):
    assert target(case_rate())[0] == target(case_rate(prices__price_basis="ffs_history"))[0] == 10500_00


def test_what_covers_another_entity_is_priced_at_its_rate(case_rate):
    """B held the last three months of A's episode: those months are in A's target at B's rate."""
    rows = [BaseCaseRate("A", "E1", "live_birth", 7, 1400_00), BaseCaseRate("B", "E1", "live_birth", 3, 900_00)]
    episodes = [BaseEpisode("A", "all", 9000_00, in_scope=(InScope("A", 7, 1400_00), InScope("B", 3, 900_00)))]
    cents, at = target(case_rate(case__trend_annual=Decimal("0.10")), episodes, rows, ("A", "B"))
    assert (at["own_in_scope_priced"], at["own_rest"]) == ("2783.00", "6700.00")  # 7 × 242 + 3 × 363
    assert cents == 9483_00


def test_an_entity_without_a_rate_stays_fee_for_service(case_rate):
    cents, at = target(case_rate(), rows=[], accountable=("A",))
    assert (at["own_in_scope_history"], at["own_in_scope_months"], cents) == ("0.00", "0", 10500_00)


def test_a_hand_over_month_outside_total_cost_leaves_both_sides(case_rate):
    episodes = [BaseEpisode("A", "all", 9000_00, in_scope=(InScope("A", 10, 2000_00), InScope("B", 0, 300_00)))]
    rows = [BaseCaseRate("A", "E1", "live_birth", 10, 2000_00), BaseCaseRate("B", "E1", "live_birth", 1, 300_00)]
    cents, at = target(case_rate(), episodes, rows, ("A", "B"))
    assert (at["own_rest"], at["own_in_scope_priced"], cents) == ("6700.00", "2000.00", 8700_00)


def test_a_removed_outlier_leaves_with_its_months(case_rate):
    far = BaseEpisode("A", "all", 90000_00, episode_id="X", in_scope=(InScope("A", 9, 1800_00),))
    cents, at = target(case_rate(outliers__high_percentile=Decimal("0.75")), [*EPISODES, far])
    assert (at["own_outliers_excluded"], at["own_in_scope_months"], cents) == ("1", "18", 10500_00)


episode = st.tuples(st.integers(1, 11), st.integers(0, 400_000), st.integers(0, 3_000_000), st.integers(1, 3_000_000))


@given(st.lists(episode, min_size=1, max_size=20), st.integers(0, 100).map(lambda n: Decimal(n) / 100))
def test_with_the_replay_rate_the_target_is_the_history_up_to_the_printed_residual(case_rate, drawn, weight):
    """One entity, all its own: the only difference is the rounding of the rate, printed as the in-scope difference."""
    rows = [BaseCaseRate("A", f"E{n}", "live_birth", months, cents) for n, (months, cents, _, _) in enumerate(drawn)]
    episodes = [
        BaseEpisode("A", "all", cents + rest, Decimal(micros).scaleb(-6), f"E{n}", (InScope("A", months, cents),))
        for n, (months, cents, rest, micros) in enumerate(drawn)
    ]
    assume(sum(cents for _, cents, _, _ in drawn) * 2 >= sum(months for months, *_ in drawn))  # less than half a cent is no price
    history = price(case_rate(prices__price_basis="ffs_history", prices__weight_own=weight), episodes, ["A"], [], case_rate().period("Y1"))
    assume(history.prices)
    cents, at = target(case_rate(prices__weight_own=weight), episodes, rows)
    residual = Fraction(at["own_in_scope_difference"]) * 100
    assert abs(residual) * 2 <= sum(months for months, *_ in drawn)
    risk = Fraction(at["own_risk"])
    assert abs(cents - residual / risk - history.prices[0].amount_cents) <= 1
