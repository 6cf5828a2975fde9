"""Case rates: the base, the replay, factors, blends; every ladder redone from its printed lines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed, Refused
from trueup.money import parse_cents, round_half_up
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, base_cost

EPISODES = [BaseEpisode("A", "all", 1_000_000), BaseEpisode("B", "all", 1_000_000)]


def row(entity: str, pregnancy: str, months: int, dollars: int, kind: str = "live_birth", **more) -> BaseCaseRate:
    return BaseCaseRate(entity, pregnancy, kind, months, dollars * 100, **more)


def priced(rules, rows, accountable=("A", "B")):
    return price(rules, EPISODES, accountable, [], rules.period("Y1"), base_case_rates=rows)


def rates(content) -> dict[str, int]:
    return {p.entity_id: p.amount_cents for p in content.prices if p.price == "case_rate"}


def ladder(content, entity="A", kind="case_rate") -> dict[str, str]:
    return {s.name: s.amount for s in content.price_steps if (s.entity_id, s.price) == (entity, kind)}


def recompute(at: dict[str, str]) -> int:
    """The case rate in cents from printed sums and factors; the state's rate, which other entities make, is taken as printed."""
    own = Fraction(at["own_in_scope_counted"]) / Fraction(at["own_months"]) * Fraction(at["completion_factor"])
    own = own * Fraction(at["trend_factor"]) / Fraction(at["risk_base_average"])
    add_ons = Fraction(0)
    for name, amount in at.items():
        if name.startswith("program_change"):
            own *= Fraction(amount)
        if name.startswith("add_on"):
            add_ons += Fraction(amount)
    rest = Fraction(at["weight_state"]) * Fraction(at["state_rate"]) if Fraction(at["weight_state"]) else 0
    return round_half_up((Fraction(at["weight_own"]) * own + rest) * Fraction(at["risk_factor"]) * 100 + add_ons * 100)


# --- the vectors ----------------------------------------------------------------------------------------------------------------------

W11 = [row("A", "E1", 10, 2100), row("A", "E2", 5, 900), row("A", "E3", 3, 750), row("A", "L", 2, 420, "loss"), row("B", "E3", 7, 1400)]


def test_vector_79_replay_of_the_base_and_what_losses_leave(case_rate):
    content = priced(case_rate(), W11)
    at = ladder(content)
    assert rates(content)["A"] == 208_33  # and neither 200.00 (stayers only) nor 125.00 (ten months each)
    assert (at["own_pregnancies"], at["own_months"], at["own_in_scope"], at["base_rate"]) == ("3", "18", "3750.00", "208.333333333333")
    assert (at["base_rate_rounded"], at["replay_unrounded"], at["replay_dollars"], at["replay_residual"]) == (
        "208.33",
        "3750.00",
        "3749.94",
        "-0.06",
    )
    assert (at["loss_months"], at["loss_in_scope"], at["loss_residual"]) == ("2", "420.00", "-3.34")
    assert recompute(at) == 208_33


def test_the_base_is_shown_by_how_pregnancies_ended(case_rate):
    rows = [row("A", "E1", 10, 2100, covered_lines=25), row("A", "S", 5, 900, "stillbirth"), row("A", "L", 2, 420, "loss", covered_lines=3)]
    content = priced(case_rate(), [*rows, row("A", "O", 4, 0, "open")], ["A"])
    assert [
        (b.end_kind, b.pregnancies, b.months, b.covered_cents, b.counted_cents, b.lines_per_month) for b in content.case_rate_basis
    ] == [
        ("live_birth", 1, 10, 2100_00, 2100_00, Decimal("2.500000")),
        ("loss", 1, 2, 420_00, 0, Decimal("1.500000")),
        ("open", 1, 4, 0, 0, Decimal("0.000000")),
        ("stillbirth", 1, 5, 900_00, 900_00, Decimal("0.000000")),
    ]
    assert rates(content) == {"A": 200_00}
    assert [(f.code, f.rows) for f in content.findings if f.code == "TRU-P032"] == [("TRU-P032", 1)]


def test_losses_count_where_the_rule_says_all(case_rate):
    content = priced(case_rate(case__base_population="all"), W11)
    assert rates(content)["A"] == 208_50  # 4,170 / 20
    assert ladder(content)["loss_months"] == "0"


def paid_months(trigger: date, last: date) -> int:
    """Calendar months from the trigger's to the last day's, both paid whole."""
    return (last.year - trigger.year) * 12 + last.month - trigger.month + 1


def test_vector_78_calendar_months_are_the_denominator(case_rate):
    births = [date(2025, 1, 1) + timedelta(days=n) for n in range((date(2029, 1, 1) - date(2025, 1, 1)).days)]
    months = [paid_months(birth - timedelta(days=182), birth + timedelta(days=90)) for birth in births]
    mean = Fraction(sum(months), len(months))
    assert (len(births), set(months), round(float(mean), 3)) == (1461, {9, 10}, 9.936)
    content = priced(case_rate(), [row("A", f"P{n:04d}", m, 2000) for n, m in enumerate(months)], ["A"])
    assert rates(content) == {"A": 201_28}
    by_days = round_half_up(200_000 / (272 / Fraction("30.4375")))
    assert (by_days, round_half_up(by_days * mean)) == (223_81, 2223_85)  # 11.2 % too much for the same care
    assert by_days not in rates(content).values()


# --- factors --------------------------------------------------------------------------------------------------------------------------


def test_every_factor_has_its_line_also_where_it_is_one(case_rate):
    content = priced(case_rate(assumed=("prices.case_rate.trend_annual",)), W11, ["A"])
    steps = [(s.name, s.amount, s.unit, s.cite) for s in content.price_steps if s.price == "case_rate"]
    p = "S0 prices.case_rate"
    assert steps == [
        ("own_pregnancies", "3", "count", f"{p}.base_population"),
        ("own_months", "18", "count", "months the engine would have paid"),
        ("own_in_scope", "3750.00", "dollars", ""),
        ("own_winsorized", "0.00", "dollars", f"{p}.winsorize_percentile; off"),
        ("own_in_scope_counted", "3750.00", "dollars", ""),
        ("base_rate", "208.333333333333", "dollars", ""),
        ("completion_factor", "1.000000", "rate", "completion is off"),
        ("trend_annual", "0.00", "rate", "assumption (illustrative; default; no fact to import)"),
        ("trend_years", "2", "rate", f"{p}.trend_years"),
        ("trend_factor", "1.000000", "rate", "(1 + trend_annual) ^ trend_years, to six decimals"),
        ("program_changes", "1.000000", "rate", "none"),
        ("risk_base_average", "1.000000", "rate", f"{p}.risk"),
        ("own_rate", "208.333333333333", "dollars", ""),
        ("credibility", "off", "text", f"{p}.credibility"),
        ("weight_own", "1", "rate", f"{p}.weight_state"),
        ("weight_state", "0", "rate", ""),
        ("state_rate", "206.00", "dollars", "Σ dollars / Σ months of all entities"),
        ("blended_rate", "208.333333333333", "dollars", ""),
        ("risk_factor", "1.000000", "rate", f"{p}.risk"),
        ("rate_before_add_ons", "208.333333333333", "dollars", ""),
        ("add_ons", "0.00", "dollars", "none"),
        ("case_rate", "208.33", "dollars", ""),
        ("effective_from", "2025-01-01", "date", ""),
        ("effective_to", "2026-01-01", "date", ""),
        ("base_rate_rounded", "208.33", "dollars", ""),
        ("replay_unrounded", "3750.00", "dollars", ""),
        ("replay_dollars", "3749.94", "dollars", ""),
        ("replay_residual", "-0.06", "dollars", ""),
        ("loss_months", "2", "count", ""),
        ("loss_in_scope", "420.00", "dollars", ""),
        ("loss_residual", "-3.34", "dollars", ""),
    ]


def test_trend_changes_and_add_ons_in_order_and_rounded_once(case_rate):
    rules = case_rate(
        case__trend_annual=Decimal("0.03"),
        case__program_changes__fee_2025__factor=Decimal("1.02"),
        case__program_changes__fee_2025__effective_from=date(2024, 7, 1),
        case__add_ons__doula__amount_per_month=Decimal("12.50"),
        case__add_ons__lactation__amount_per_month=Decimal("3.25"),
    )
    content = priced(rules, W11)
    at = ladder(content)
    # 208.3333… × 1.0609 × 1.02 = 225.4412…; + 15.75 = 241.1912…
    assert (at["program_change.fee_2025"], at["add_on.doula"], at["add_on.lactation"]) == ("1.02", "12.50", "3.25")
    assert at["rate_before_add_ons"] == "225.44125"
    assert rates(content) == {"A": 241_19, "B": 232_17}
    assert recompute(at) == 241_19
    assert at["replay_dollars"] == "3749.94"  # the replay is before all that


def test_an_add_on_is_not_trended(case_rate):
    plain = priced(case_rate(case__trend_annual=Decimal("0.10")), W11, ["A"])
    with_it = priced(case_rate(case__trend_annual=Decimal("0.10"), case__add_ons__doula__amount_per_month=Decimal("10.00")), W11, ["A"])
    assert rates(with_it)["A"] - rates(plain)["A"] == 10_00


@pytest.mark.parametrize("day", [date(2023, 3, 1), date(2022, 1, 1), date(2026, 1, 1)])
def test_a_change_that_is_in_the_base_or_comes_too_late_is_refused(case_rate, day):
    changes = {"case__program_changes__fee__factor": Decimal("1.02"), "case__program_changes__fee__effective_from": day}
    with pytest.raises(Refused, match=r"TRU-P033.*`fee`"):
        priced(case_rate(**changes), W11)


@pytest.mark.parametrize(("day", "findings"), [(date(2023, 3, 2), 1), (date(2024, 7, 1), 0), (date(2025, 1, 1), 0), (date(2025, 1, 2), 1)])
def test_a_change_within_a_period_is_a_finding(case_rate, day, findings):
    changes = {"case__program_changes__fee__factor": Decimal("1.02"), "case__program_changes__fee__effective_from": day}
    content = priced(case_rate(**changes), W11)
    assert sum(f.code == "TRU-P034" for f in content.findings) == findings


def test_winsorizing_pulls_a_pregnancy_down_and_splits_it(case_rate):
    rows = [row("A", f"P{n}", 10, 1000) for n in range(9)]
    shared = [row("A", "X", 4, 3000), row("B", "X", 6, 6000)]  # one pregnancy of 9,000
    rules = case_rate(case__winsorize_percentile=Decimal("0.90"))
    content = priced(rules, [*rows, *shared])
    at = ladder(content)
    assert (at["own_in_scope"], at["own_winsorized"], at["own_in_scope_counted"]) == ("12000.00", "2666.67", "9333.33")
    assert ladder(content, "B")["own_in_scope_counted"] == "666.67"  # 1,000 split 1 : 2, to the cent
    cites = [s.cite for s in content.price_steps if s.name == "own_winsorized"]
    assert cites == ["S0 prices.case_rate.winsorize_percentile; nearest_rank of 10 pregnancies is 1000.00, 1 above it"] * 2
    assert rates(content) == {"A": 99_29, "B": 111_11}  # 9,333.33 / 94; 666.67 / 6
    assert sum(b.counted_cents for b in content.case_rate_basis) == 10 * 1000_00


def test_winsorizing_by_another_rank_rule(case_rate):
    rows = [row("A", f"P{n}", 10, 1000) for n in range(9)] + [row("A", "X", 10, 9000)]
    for method, counted in (("nearest_rank", "10000.00"), ("linear", "10800.00"), ("higher", "18000.00")):
        rules = case_rate(case__winsorize_percentile=Decimal("0.90"), case__winsorize_method=method)
        assert ladder(priced(rules, rows, ["A"]))["own_in_scope_counted"] == counted


# --- blends ---------------------------------------------------------------------------------------------------------------------------


def test_weight_of_the_state(case_rate):
    content = priced(case_rate(case__weight_state=Decimal("0.25")), W11)
    # state 5,150 / 25 = 206; A .75 × 208.3333 + .25 × 206 = 207.75; B .75 × 200 + 51.5 = 201.50
    assert rates(content) == {"A": 207_75, "B": 201_50}
    assert recompute(ladder(content)) == 207_75
    (finding,) = [f for f in content.findings if f.code == "TRU-P031"]
    assert finding.message == "the blend moves 0.00 dollars over all entities of the base, 0.00 over those with a rate."


def test_own_risk_is_taken_out_before_the_blend_and_put_back_after(case_rate):
    rows = [row("A", "E1", 10, 2400, risk_score=Decimal("1.2")), row("B", "E2", 10, 1600, risk_score=Decimal("0.8"))]
    rules = case_rate(case__risk="base_average", case__weight_state=Decimal("0.50"))
    content = priced(rules, rows)
    assert rates(content) == {"A": 240_00, "B": 160_00}  # both 200 at risk 1; without risk they would be 220 and 180
    assert rates(priced(case_rate(case__weight_state=Decimal("0.50")), rows)) == {"A": 220_00, "B": 180_00}
    assert recompute(ladder(content)) == 240_00


def test_limited_fluctuation_blends_without_moving_the_budget(case_rate):
    rows = [row("A", f"A{n}", 10, 2100) for n in range(30)] + [row("B", f"B{n}", 10, 1900) for n in range(480)]
    rules = case_rate(case__credibility="limited_fluctuation", case__credibility_full_at=120)
    content = priced(rules, rows)
    at = ladder(content)
    assert (at["weight_own"], ladder(content, "B")["weight_own"]) == ("0.500000", "1")
    assert at["state_rate"] == "210.00"  # the only one with a rest is A itself: nothing to give, nothing to take
    assert rates(content) == {"A": 210_00, "B": 190_00}
    rows = [row("A", f"A{n}", 10, 2100) for n in range(30)] + [row("B", f"B{n}", 10, 1900) for n in range(30)]
    content = priced(rules, rows)
    assert rates(content) == {"A": 205_00, "B": 195_00}
    assert recompute(ladder(content)) == 205_00


def test_buhlmann_straub_from_the_base(case_rate):
    """T-22 with each value as a pregnancy of one month."""
    values = {
        "A": (10_000, 12_000, 11_000, 13_000),
        "B": (14_000, 15_000, 13_000, 16_000, 17_000),
        "C": (9_000, 11_000, 10_000),
    }
    rows = [row(entity, f"{entity}{n}", 1, dollars) for entity, of in values.items() for n, dollars in enumerate(of)]
    content = priced(case_rate(case__credibility="buhlmann_straub"), rows, ["A", "B", "C"])
    assert [ladder(content, e)["weight_own"] for e in "ABC"] == ["0.931292", "0.944268", "0.910441"]
    assert rates(content) == {"A": 11_547_83, "B": 14_843_73, "C": 10_196_68}
    assert ladder(content)["state_rate"].startswith("12196.07")
    assert ladder(content)["credibility_k"] == "0.295106"
    (finding,) = [f for f in content.findings if f.code == "TRU-P031"]
    assert "moves 0.00 dollars over all entities" in finding.message


def test_no_spread_gives_no_weight_and_says_so(case_rate):
    rows = [row(e, f"{e}{n}", 1, dollars) for e in "AB" for n, dollars in enumerate((100, 300))]
    content = priced(case_rate(case__credibility="buhlmann_straub"), rows)
    assert [ladder(content, e)["weight_own"] for e in "AB"] == ["0", "0"]
    assert rates(content) == {"A": 200_00, "B": 200_00}
    assert [f.code for f in content.findings if f.code == "TRU-P048"] == ["TRU-P048"]


@pytest.mark.parametrize(
    "changes",
    [
        {"case__credibility": "buhlmann_straub", "case__weight_state": Decimal("0.1")},
        {"case__credibility": "limited_fluctuation"},
        {"case__credibility": "limited_fluctuation", "case__credibility_full_at": 0},
    ],
)
def test_blends_that_do_not_fit_are_refused(case_rate, changes):
    with pytest.raises(Refused, match="TRU-P029"):
        priced(case_rate(**changes), W11)


# --- edges ----------------------------------------------------------------------------------------------------------------------------


def test_who_gets_a_rate(case_rate):
    content = priced(case_rate(), W11, ["A", "NEW"])
    assert rates(content) == {"A": 208_33}  # B is in the base and not accountable
    assert [f.message for f in content.findings if f.code == "TRU-P030"] == [
        "NEW is accountable and would have been paid no month of the base: no case rate."
    ]
    assert rates(priced(case_rate(), [], ["A"])) == {}


def test_an_entity_with_losses_only_has_no_base(case_rate):
    content = priced(case_rate(), [*W11, row("C", "L2", 2, 300, "loss")], ["A", "C"])
    assert rates(content) == {"A": 208_33}
    assert [f.code for f in content.findings if "C is accountable" in f.message] == ["TRU-P030", "TRU-P007"]


@pytest.mark.parametrize(
    "bad",
    [
        [row("A", "E1", 0, 100)],
        [row("A", "E1", -1, 0)],
        [row("A", "E1", 1, -1)],
        [row("A", "E1", 1, 1), row("A", "E1", 2, 1)],
    ],
)
def test_rows_that_cannot_be_stop(case_rate, bad):
    with pytest.raises(CheckFailed, match="TRU-P028"):
        priced(case_rate(), bad)


def test_without_the_replay_nothing_changes(case_rate, blended):
    rules = case_rate()
    before = price(blended(), EPISODES, ["A"], [], blended().period("Y1"))
    after = price(rules, EPISODES, ["A"], [], rules.period("Y1"))
    assert [p.price for p in after.prices] == ["target_price"]
    assert [p.amount_cents for p in after.prices] == [p.amount_cents for p in before.prices]


def test_the_base_of_a_later_price_is_care_not_payments():
    """3,000 of other claims, a case rate of 2,200 paid, zero-paid care worth 1,900 and an incentive of 500."""
    assert base_cost(ffs_cost_cents=3000_00, covered_shadow_cents=1900_00) == 4900_00


# --- properties -----------------------------------------------------------------------------------------------------------------------

base_row = st.builds(
    lambda entity, n, kind, months, cents, risk: BaseCaseRate(entity, f"P{n}", kind, months, cents if months else 0, risk_score=risk),
    st.sampled_from("AB"),
    st.integers(0, 10**6),
    st.sampled_from(["live_birth", "stillbirth", "loss", "open"]),
    st.integers(0, 11),
    st.integers(0, 10**6),
    st.integers(1, 3_000_000).map(lambda micros: Decimal(micros).scaleb(-6)),
)
bases = st.lists(base_row, min_size=1, max_size=25, unique_by=lambda r: (r.entity_id, r.pregnancy_id))


@given(bases, st.sampled_from(["off", "limited_fluctuation", "buhlmann_straub"]), st.sampled_from(["off", "base_average"]), st.booleans())
def test_ladders_close_and_the_replay_returns_the_base(case_rate, rows, method, risk, winsorize):
    rules = case_rate(
        case__credibility=method,
        case__credibility_full_at=9,
        case__risk=risk,
        case__trend_annual=Decimal("0.035"),
        case__winsorize_percentile=Decimal("0.8") if winsorize else "off",
    )
    content = priced(rules, rows)
    for entity, cents in rates(content).items():
        at = ladder(content, entity)
        assert abs(recompute(at) - cents) <= 1  # the printed state rate ends after twelve decimals
        assert parse_cents(at["replay_unrounded"]) == parse_cents(at["own_in_scope_counted"])
        assert abs(parse_cents(at["replay_residual"])) * 2 <= int(at["own_months"])
    total = sum(b.covered_cents for b in content.case_rate_basis)
    assert total == sum(r.covered_cents for r in rows)
    for finding in content.findings:
        if finding.code == "TRU-P031":
            assert "moves 0.00 dollars over all" in finding.message


@given(bases, st.randoms())
def test_the_order_of_the_base_changes_nothing(case_rate, rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    rules = case_rate(case__winsorize_percentile=Decimal("0.8"), case__credibility="buhlmann_straub")
    assert priced(rules, mixed) == priced(rules, rows)
