"""Monthly case rates, risk and disputes in a rule file: what must be there, what contradicts itself, and the tables they become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trueup.errors import RuleErrors
from trueup.rules.compile import RuleTable, compile_rules, missing
from trueup.rules.describe import describe
from trueup.rules.load import load_program
from trueup.rules.program import Program

Build = Callable[..., Path]
Faults = Callable[..., list[tuple[str, int | None, str]]]

CASE_RATE = """\
case_rate:
  cite: A Monthly payment
  go_live: 2026-01-01
  months_after_expected_end: 1
  roster: gate
  rate_change: locked
  portability_rate: receiving
  same_month: holder_only
  recoup_other: true
  handover_in_tcoc: all
  after_stillbirth: stop
  trigger_month: from_trigger
  stop_on_third_party: false
  includes_delivery_professional: true
  zero_pay_reason_code: "97"
  global_split:
    antepartum: "0.45"
    delivery: "0.45"
    postpartum: "0.10"
  codes:
    global: {value_set: visits}
    antepartum: {value_set: visits}
    delivery: {value_set: visits}
    delivery_postpartum: {value_set: visits}
    postpartum: {value_set: visits}

"""
RISK = """\
risk:
  cite: A Risk
  lookback_days: 365
  early_days: 139
  uses: [pre_existing]
  models: [gamma_log, ols_capped]
  folds: 5
  cap_percentile: "0.99"
  min_episodes: 30
  signs: free
  factors:
    - {id: older, domain: clinical, tag: pre_existing, source: age, band_from: 35}
    - {id: seen_early, domain: clinical, tag: pre_existing, source: code, span: early_pregnancy, value_set: extra}
    - {id: seen_late, domain: clinical, tag: emergent, source: code, span: episode, value_set: extra}
    - {id: new_member, domain: social, tag: pre_existing, source: history_days, band_from: 0, band_to: 29}

"""
DISPUTES = """\
disputes:
  - {id: paid, against: settlement, outcome: gain, cite: A Appeals, days_to_raise: 30, days_to_decide: 60,
     when_decision_lapses: escalated, holds_payment: false}
  - {id: people, against: attribution, outcome: any, cite: A Appeals, days_to_raise: {unknown: not said}, days_to_decide: 60,
     when_decision_lapses: denied, holds_payment: true}

"""
PRICED = """\
  trend_years: midpoint
  case_rate:
    base_population: deliveries
    winsorize_percentile: "0.99"
    winsorize_method: nearest_rank
    risk: "off"
    weight_state: "0"
    credibility: "off"
    trend_annual: "0.02"
    trend_years: midpoint
"""
TOP = "participation: {required"
WITH_RATE = (TOP, CASE_RATE + TOP)
WITH_PRICE = ("  trend_years: midpoint\n", PRICED)


def changed(section: str, *replace: tuple[str, str]) -> tuple[str, str]:
    """The sample with a section in which some text reads differently."""
    for old, new in replace:
        assert section.count(old) == 1, f"{old!r} occurs {section.count(old)} times"
        section = section.replace(old, new)
    return TOP, section + TOP


def table(program: Program, name: str, **given: date) -> RuleTable:
    compiled = compile_rules(program, as_of=date(2026, 8, 31), workspace_key="k", **given)
    [found] = [t for t in compiled if t.name == name]
    assert all(set(row) == set(found.columns) for row in found.rows)
    return found


def test_a_program_without_case_rates_risk_or_disputes_has_empty_tables(build: Build) -> None:
    program = load_program(build(), "sample")
    assert [table(program, name).rows for name in ("rule_components", "rule_risk_factors", "rule_risk", "rule_comorbidity")] == [[]] * 4
    [params] = table(program, "run_params").rows
    assert [params[key] for key in ("go_live", "roster", "recoup_other", "stop_on_third_party", "zero_pay_reason_code")] == [None] * 5
    text = describe(program)
    assert [title for title in ("## Monthly payment", "## Risk", "## Disputes") if title in text] == []


# --- a case rate that contradicts itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "share", "says"),
    [
        ('antepartum: "0.45"', 'antepartum: "0.44"', "0.44 + 0.45 + 0.10 = 0.99"),
        ('antepartum: "0.45"', 'antepartum: "0.46"', "0.46 + 0.45 + 0.10 = 1.01"),
        ('postpartum: "0.10"', 'postpartum: "0.100001"', "0.45 + 0.45 + 0.100001 = 1.000001"),
    ],
)
def test_shares_that_do_not_add_up_to_one_are_an_error(faults: Faults, part: str, share: str, says: str) -> None:
    [(code, _, text)] = faults(changed(CASE_RATE, (part, share)))
    assert code == "TRU-R016"
    assert says in text


def test_shares_add_up_exactly_and_are_not_judged_while_unknown(build: Build, faults: Faults) -> None:
    thirds = (('antepartum: "0.45"', 'antepartum: "0.333333"'), ('delivery: "0.45"', 'delivery: "0.333333"'))
    load_program(build(changed(CASE_RATE, *thirds, ('postpartum: "0.10"', 'postpartum: "0.333334"'))), "sample")
    open_share = ('postpartum: "0.10"', "postpartum: {unknown: not public}")
    load_program(build(changed(CASE_RATE, open_share)), "sample")
    [(code, _, text)] = faults(changed(CASE_RATE, open_share, ('delivery: "0.45"', 'delivery: "0.56"')))
    assert (code, "0.45 + 0.56 = 1.01" in text) == ("TRU-R016", True)


def test_an_assumed_share_is_judged_where_it_stands(build: Build) -> None:
    folder = build(
        changed(CASE_RATE, ('postpartum: "0.10"', "postpartum: {unknown: not public}")),
        assumptions=(
            "values:\n",
            'values:\n  case_rate.global_split.postpartum: {value: "0.11", basis: default, reason: a tenth and more}\n',
        ),
    )
    with pytest.raises(RuleErrors, match="TRU-R016") as caught:
        load_program(folder, "sample", assumptions="trial")
    [error] = caught.value.errors
    assert error.place is not None
    assert error.place.source.endswith("trial.yaml")


def test_a_priced_case_rate_needs_a_section_that_pays_it(build: Build, faults: Faults) -> None:
    [(code, line, text)] = faults(WITH_PRICE)
    rules = (build(WITH_PRICE) / "sample" / "2026.yaml").read_text(encoding="utf-8").splitlines()
    assert (code, rules[(line or 0) - 1]) == ("TRU-R017", "  case_rate:")
    assert "no section `case_rate`" in text
    program = load_program(build(WITH_PRICE, WITH_RATE), "sample")
    assert program.known("prices.case_rate.trend_annual")


@pytest.mark.parametrize("day", ["2025-06-01", "2026-01-01", "2026-12-31"])
def test_payment_may_begin_in_or_before_the_first_performance_period(build: Build, day: str) -> None:
    program = load_program(build(changed(CASE_RATE, ("go_live: 2026-01-01", f"go_live: {day}"))), "sample")
    assert program.get("case_rate.go_live") == date.fromisoformat(day)


def test_payment_that_begins_after_the_first_performance_period_is_an_error(faults: Faults) -> None:
    late = changed(CASE_RATE, ("go_live: 2026-01-01", "go_live: 2027-01-01"))
    [(code, _, text)] = faults(late)
    assert code == "TRU-R018"
    assert "is 2027-01-01, after PY1, the first performance period, ends on 2026-12-31." in text
    assert [c for c, _, _ in faults(late, ("first_day: 2027-01-01", "first_day: {unknown: not public}"))] == ["TRU-R018"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("same_month: holder_only", "same_month: both"),
        ('zero_pay_reason_code: "97"', 'zero_pay_reason_code: "96"'),
        ("recoup_other: true", 'recoup_other: "yes"'),
        ("go_live: 2026-01-01", "go_live: soon"),
        ('antepartum: "0.45"', 'antepartum: "45"'),
    ],
)
def test_a_word_that_no_case_rate_knows_is_an_error(faults: Faults, old: str, new: str) -> None:
    assert [code for code, _, _ in faults(changed(CASE_RATE, (old, new)))] == ["TRU-R007"]


def test_a_switch_that_is_left_out_is_missing_and_not_a_default(faults: Faults) -> None:
    [(code, _, text)] = faults(changed(CASE_RATE, ("  same_month: holder_only\n", "")))
    assert (code, "`same_month` is missing under `case_rate`" in text) == ("TRU-R006", True)


# --- case rates as tables ----------------------------------------------------------------------------------------------------------------


def test_a_global_fee_is_split_in_basis_points_and_its_last_part_is_marked(programs: Path) -> None:
    program = load_program(programs, "ct-husky-maternity", assumptions="illustrative")
    rows = [
        (r["code_role"], r["position"], r["component"], r["basis_points"], r["is_last"]) for r in table(program, "rule_components").rows
    ]
    assert rows == [
        ("case_rate_service", 1, "visit", 10_000, 1),
        ("case_rate_global", 1, "antepartum", 4_500, 0),
        ("case_rate_global", 2, "delivery", 4_500, 0),
        ("case_rate_global", 3, "postpartum", 1_000, 1),
        ("case_rate_antepartum", 1, "antepartum", 10_000, 1),
        ("case_rate_delivery", 1, "delivery", 10_000, 1),
        ("case_rate_delivery_postpartum", 1, "delivery", 8_182, 0),
        ("case_rate_delivery_postpartum", 2, "postpartum", 1_818, 1),
        ("case_rate_postpartum", 1, "postpartum", 10_000, 1),
    ]


def test_every_switch_of_a_case_rate_reaches_the_steps(build: Build) -> None:
    program = load_program(build(WITH_RATE), "sample")
    [params] = table(program, "run_params").rows
    keys = (
        "go_live", "months_after_expected_end", "roster", "rate_change", "portability_rate", "same_month", "recoup_other",
        "handover_in_tcoc", "after_stillbirth", "trigger_month", "stop_on_third_party", "includes_delivery_professional",
        "zero_pay_reason_code",
    )  # fmt: skip
    assert [params[key] for key in keys] == [
        date(2026, 1, 1), 1, "gate", "locked", "receiving", "holder_only", 1, "all", "stop", "from_trigger", 0, 1, "97",
    ]  # fmt: skip
    assert params["through_month_number"] == 2026 * 12 + 7
    [earlier] = table(program, "run_params", through=date(2026, 3, 1)).rows
    assert earlier["through_month_number"] == 2026 * 12 + 2
    roles = {r["code_role"] for r in table(program, "rule_codes").rows}
    assert {f"case_rate_{part}" for part in ("global", "antepartum", "delivery", "delivery_postpartum", "postpartum")} <= roles


def test_an_unknown_switch_keeps_payment_from_running_and_nothing_else(build: Build) -> None:
    program = load_program(build(changed(CASE_RATE, ("same_month: holder_only", "same_month: {unknown: under discussion}"))), "sample")
    assert [u.path for u in missing(program, "payments")] == ["case_rate.same_month"]
    assert "case_rate.same_month" not in [u.path for stage in ("units", "attribution", "cost") for u in missing(program, stage)]


# --- risk factors ------------------------------------------------------------------------------------------------------------------------


def test_risk_factors_in_rule_order_with_the_bit_of_their_pattern(build: Build) -> None:
    program = load_program(build((TOP, RISK + TOP)), "sample")
    found = table(program, "rule_risk_factors").rows
    columns = ("position", "factor", "source", "code_role", "span", "band_from", "band_to", "used", "pattern_bit")
    assert [tuple(row[c] for c in columns) for row in found] == [
        (1, "older", "age", None, None, 35, None, 1, 1),
        (2, "seen_early", "code", "risk_seen_early", "early_pregnancy", None, None, 1, 2),
        (3, "seen_late", "code", "risk_seen_late", "episode", None, None, 0, 4),
        (4, "new_member", "history_days", None, None, 0, 29, 1, 8),
    ]
    assert table(program, "rule_risk").rows == [{"lookback_days": 365, "early_days": 139}]
    coded = {r["code_role"]: r["code"] for r in table(program, "rule_codes").rows}
    assert (coded["risk_seen_early"], coded["risk_seen_late"]) == ("S4989", "S4989")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("source: age, band_from: 35", "source: age, band_from: 35, value_set: extra", "a factor with source `code` has"),
        ("source: age, band_from: 35", "source: age, band_from: 35, span: episode", "a factor with source `code` has"),
        ("source: age, band_from: 35", "source: age", "without both every episode would carry it"),
        ("source: code, span: early_pregnancy, value_set: extra", "source: code, span: early_pregnancy", "a factor with source `code` has"),
        ("source: code, span: early_pregnancy, value_set: extra", "source: code, value_set: extra", "a factor with source `code` has"),
        ("source: code, span: early_pregnancy,", "source: code, band_from: 1, span: early_pregnancy,", "a factor with source `code` has"),
        ("span: early_pregnancy", "span: episode", "a pre-existing factor is coded before or early"),
        ("span: episode", "span: delivery", "a pre-existing factor is coded before or early"),
        ("folds: 5", "folds: 1", "greater than or equal to 2"),
        ("[gamma_log, ols_capped]", "[gamma_lgo]", "expected ols_capped, gamma_log"),
    ],
)
def test_a_risk_factor_is_of_one_kind(faults: Faults, old: str, new: str, says: str) -> None:
    [(code, _, text)] = faults(changed(RISK, (old, new)))
    assert (code, says in text) == ("TRU-R007", True), text


# --- disputes ----------------------------------------------------------------------------------------------------------------------------


def test_disputes_read_by_id(build: Build) -> None:
    program = load_program(build((TOP, DISPUTES + TOP)), "sample")
    assert program.ids("disputes") == ["paid", "people"]
    assert (program.get("disputes.paid.days_to_raise"), program.get("disputes.paid.holds_payment")) == (30, False)
    assert program.cite("disputes.people.days_to_decide") == "A Appeals"
    assert not program.known("disputes.people.days_to_raise")
    text = describe(program)
    assert (
        "`paid`: a practice can dispute a settlement that pays for **30** days; it is decided within **60** days, by another person than "
        "its maker; **without a decision by then it goes to the next higher person and changes nothing**. Meanwhile payment **goes on**. "
        "[A Appeals]"
    ) in text
    assert "`people`: until when a practice can dispute an attribution is **unknown**." in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("against: settlement", "against: payment"),
        ("outcome: gain", "outcome: win"),
        ("lapses: denied", "lapses: ignored"),
        ("days_to_raise: 30", "days_to_raise: -1"),
    ],
)
def test_a_dispute_has_known_words_and_days(faults: Faults, old: str, new: str) -> None:
    assert [code for code, _, _ in faults(changed(DISPUTES, (old, new)))] == ["TRU-R007"]


# --- in sentences ------------------------------------------------------------------------------------------------------------------------


def test_a_case_rate_reads_as_its_switches_say(build: Build) -> None:
    text = describe(load_program(build(WITH_RATE, WITH_PRICE), "sample"))
    assert [
        sentence
        for sentence in (
            "From **January 1, 2026** on, a practice is paid one amount for each month of a pregnancy from its trigger to **60** days",
            "is paid to **60** days after the expected delivery, and **1** months more. [A Monthly payment]",
            "decides who is paid: **every accountable practice is on it**. [A Monthly payment]",
            "- A pregnancy keeps the rate of the month in which the practice's trigger fell. [A Monthly payment]",
            "- A member who moves is paid for at the receiving practice's own rate. [A Monthly payment]",
            "- In every month one practice is paid. [A Monthly payment]",
            "- The other practice's month is taken back once the move is certain. [A Monthly payment]",
            "- Of a month paid twice, both payments count in total cost. [A Monthly payment]",
            "- After a stillbirth the months stop. [A Monthly payment]",
            "- Another payer changes no month. [A Monthly payment]",
            "- The month of the trigger is covered from the trigger on. [A Monthly payment]",
            "- Professional delivery fees are covered. [A Monthly payment]",
            "split by these shares of its fee: antepartum **45%**, delivery **45%**, postpartum **10%**. [A Monthly payment]",
            "paid at zero with adjustment reason code **97** and keeps its price. [A Monthly payment]",
            "Covered dollars of one pregnancy count up to the **99th percentile** (**nearest rank**). [A Prices]",
            "- The case rate is trended by **2%** a year over the years between the middle of the base period and the middle",
            "- The case rate is not adjusted for risk. [A Prices]",
        )
        if sentence not in text
    ] == []


def test_whether_delivery_fees_are_covered_is_not_guessed(build: Build) -> None:
    unknown = ("includes_delivery_professional: true", "includes_delivery_professional: {unknown: not said}")
    text = describe(load_program(build(changed(CASE_RATE, unknown)), "sample"))
    assert "- Whether professional delivery fees are covered is **unknown**." in text
    assert "fee-for-service" not in text
    stays = ("includes_delivery_professional: true", "includes_delivery_professional: false")
    assert "- Professional delivery fees stay fee-for-service. [A Mon" in describe(load_program(build(changed(CASE_RATE, stays)), "sample"))


def test_what_moves_a_price_is_said_item_by_item(build: Build) -> None:
    listed = PRICED.replace('    trend_annual: "0.02"\n    trend_years: midpoint\n', '    trend_annual: "0.02"\n    trend_years: "1.5"\n')
    listed += """\
    program_changes: [{id: fees, factor: "1.02", effective_from: 2025-07-01}]
    add_ons: [{id: doula, amount_per_month: "12.50"}]
  program_changes: [{id: hospital, factor: "0.98", effective_from: 2025-01-01}]
  completion:
    method: chain_ladder
    average: all
    minimum_rate: "0.50"
    mature_days: 365
    manual: [{id: drugs, service_type: pharmacy, age_months: 0, factor: "0.40"}]
"""
    text = describe(load_program(build(WITH_RATE, ("  trend_years: midpoint\n", listed)), "sample"))
    assert "The case rate is trended by **2%** a year over **1.5** years. [A Prices]" in text
    assert "- `fees` changes the case rate: times **1.02** from **July 1, 2025** on. [A Prices]" in text
    assert "- `hospital` changes prices: times **0.98** from **January 1, 2025** on. [A Prices]" in text
    assert "- Added for a newly covered service, `doula`: **12.50** dollars a month. [A Prices]" in text
    assert "- `drugs`: pharmacy dollars of a month 0 months old count as **40%** complete, set by hand. [A Prices]" in text


def test_how_a_percentile_is_taken_is_said_where_the_rules_say_it(build: Build) -> None:
    assert "percentile is taken" not in describe(load_program(build(), "sample"))
    higher = ('  low_percentile: "off"\n', '  low_percentile: "off"\n  percentile_method: higher\n')
    assert "- The percentile is taken by the method **higher**. [A Outliers]" in describe(load_program(build(higher), "sample"))


def test_a_minimum_savings_rate_is_said_where_one_is_set(build: Build) -> None:
    unknown = "minimum_savings_rate: {unknown: the manual gives none}"
    rated = describe(load_program(build((unknown, 'minimum_savings_rate: "0.02"')), "sample"))
    assert "- Savings count only above zero and **at or above** **2%** of expected. [A Settlement]" in rated
    assert "first dollar" not in rated
    off = describe(load_program(build((unknown, 'minimum_savings_rate: "off"')), "sample"))
    assert "- Savings count from the first dollar above zero; there is no minimum savings rate. [A Settlement]" in off


def test_a_move_by_notice_is_said_of_every_monthly_rule(programs: Path) -> None:
    text = describe(load_program(programs, "ct-husky-maternity", assumptions="illustrative"))
    assert "A member moves to another practice by a notice of transfer, with the delivery, or once the earlier practice is quiet" in text
    category = "category of the payment-model framework: **3A** (assumed). [S0 Case Rate Payment]"
    assert f"- `case_rate` is paid as **prospective case rate**; {category}" in text
    weights = "adds **2** for severe maternal morbidity, **1** where transfusion alone does not count as such. [OCS]"
    assert f"- `age_35_or_more` (age from **35**) {weights}" in text
