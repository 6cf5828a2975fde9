"""Both computations at edges that random histories seldom reach; amounts by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from oracle.hand import HOSPITAL, PROGRAM, A, B, Bench, amounts, birth, case_rates, claim, months, provider_row, rate, visit

Row = dict[str, Any]
TO_B = [{"program": PROGRAM, "member_id": "M", "entity_id": B, "transfer_date": "2025-07-15"}]


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Bench:
    return Bench(programs, tmp_path)


def status_of(result: Row, name: str) -> list[tuple[int, str, int, str]]:
    """(line, component, adjustment, status) of a claim's parts."""
    return [
        (r["claim_line_number"], r["component"], r["adjustment_cents"], r["status"])
        for r in result["zero_pay_lines"]
        if r["claim_id"] == name
    ]


def rule_of(result: Row, month: str, entity: str) -> str | None:
    return next((r["rule"] for r in result["attribution_months"] if (r["month"], r["entity_id"]) == (month, entity)), None)


# --- pregnancies --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("later", "count"), [("2025-10-28", 1), ("2025-10-29", 2)])
def test_an_open_pregnancy_opens_more_than_300_days_after_the_last(run: Bench, later: str, count: int) -> None:
    claims = [visit("T1", A, "2025-01-01", dx="Z3A42"), visit("T2", A, later, dx="Z3A42")]  # the first window ends 2025-03-18
    result = run("2026-12-31", claims)
    assert [p["end_kind"] for p in result["pregnancies"]] == ["open"] * count


def test_the_largest_week_of_a_days_triggers_dates_an_open_pregnancy(run: Bench) -> None:
    claims = [visit("T1", A, "2025-06-10", dx="Z3A20"), visit("T2", B, "2025-06-10", dx="Z3A21"), visit("T3", A, "2025-06-11", dx="Z3A30")]
    (pregnancy,) = run("2025-12-31", claims)["pregnancies"]
    assert pregnancy["pregnancy_start_date"] == date(2025, 1, 14)
    assert pregnancy["start_source"] == "trigger_weeks"
    assert pregnancy["window_end_date"] == date(2026, 1, 19)


def test_an_open_pregnancy_ends_where_the_next_begins(run: Bench) -> None:
    claims = [visit("T1", A, "2024-11-20", dx="Z3A14"), birth(HOSPITAL, "2026-01-01")]
    result = run("2026-12-31", claims, settings={"case_rate.months_after_expected_end": 3})
    born, first = result["pregnancies"]
    assert (first["window_start_date"], first["window_end_date"]) == (date(2024, 8, 14), date(2025, 3, 26))
    assert born["window_start_date"] == date(2025, 3, 27)
    assert case_rates(result) == {A: months("2025-01", 3)}


def test_a_loss_within_an_earlier_births_window_owns_nothing(run: Bench) -> None:
    claims = [visit("T1", A, "2025-01-20", dx="Z3A30"), birth(A, "2025-03-20"), claim("L", A, "2025-06-10", "59812", "210", "O0337")]
    result = run("2026-12-31", claims)
    loss = next(p for p in result["pregnancies"] if p["end_kind"] == "loss")
    assert (loss["window_start_date"], loss["window_end_date"], loss["lines"]) == (date(2025, 6, 19), date(2025, 6, 30), [])
    assert case_rates(result) == {A: months("2025-01", 6)}


@pytest.mark.parametrize(("weeks", "triggers"), [("Z3A13", 0), ("Z3A14", 1)])
def test_a_coded_week_below_the_second_trimester_does_not_trigger(run: Bench, weeks: str, triggers: int) -> None:
    result = run("2025-06-30", [visit("T1", A, "2025-04-15", diagnosis_code_2=weeks)])
    assert len(result["pregnancies"]) == triggers


# --- months -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("told", "rule"), [("2025-07-31", "moved_transfer"), ("2025-08-01", None)])
def test_a_transfer_counts_to_the_end_of_the_triggers_month(run: Bench, told: str, rule: str | None) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14"),
        visit("T2", B, "2025-07-21"),
        visit("T3", A, "2025-08-20"),
        visit("T4", A, "2025-09-20"),
    ]
    notice = [{**TO_B[0], "transfer_date": told}]
    assert rule_of(run("2025-12-31", claims, member_transfers=notice), "2025-07", B) == rule


def test_a_transfer_after_the_window_moves_nothing(run: Bench) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14"),
        birth(A, "2025-10-06"),
        visit("T2", B, "2026-01-02"),
        visit("V1", A, "2026-01-04", dx="O0991"),
    ]
    for told, rule in (("2026-01-04", "moved_transfer"), ("2026-01-05", None)):
        result = run("2026-12-31", claims, member_transfers=[{**TO_B[0], "transfer_date": told}])
        assert rule_of(result, "2026-01", B) == rule


def test_a_consult_does_not_move_and_alternation_stays(run: Bench) -> None:
    visits = [visit(f"V{n}", A if n % 2 == 0 else B, f"2025-0{4 + n}-15") for n in range(5)]
    result = run("2026-12-31", visits)
    assert {r["entity_id"] for r in result["attribution_months"]} == {A}


@pytest.mark.parametrize(("as_of", "setting", "holder"), [
    ("2025-09-29", "incumbent", A), ("2025-09-30", "incumbent", B), ("2025-09-29", "newcomer", B),
])  # fmt: skip
def test_a_quiet_move_waits_for_the_quiet_months_to_end(run: Bench, as_of: str, setting: str, holder: str) -> None:
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), visit("T2", B, "2025-07-21")]
    result = run(as_of, claims, settings={"attribution.monthly.undecided_move": setting})
    assert next(r["entity_id"] for r in result["attribution_months"] if r["month"] == "2025-07") == holder


# --- who is paid --------------------------------------------------------------------------------------------------------------------------


def test_two_pregnancies_share_no_month_of_one_practice(run: Bench) -> None:
    claims = [
        visit("T1", A, "2025-01-10", dx="Z3A39"), birth(A, "2025-01-14", diagnosis_code_2="Z3A39"),
        visit("T2", A, "2025-04-20", dx="Z3A14"), {**birth(A, "2025-10-06"), "claim_id": "BIRTH2"},
    ]  # fmt: skip
    rates = [rate(A, 250), rate(A, 260, date(2025, 4, 1))]
    result = run("2026-12-31", claims, rates, {"case_rate.rate_change": "locked"})
    assert len([r for r in result["case_rate_months"] if r["month"] == "2025-04" and r["paid"]]) == 2
    assert amounts(result)[A, "2025-04", "case_rate"] == 25_000
    assert amounts(result)[A, "2025-05", "case_rate"] == 26_000


@pytest.mark.parametrize(("as_of", "claims", "reason"), [
    ("2025-09-29", [], ""),
    ("2025-09-30", [], "recouped"),
    ("2025-08-31", [visit("T3", B, "2025-08-20")], "recouped"),
    ("2025-08-31", [visit("T3", B, "2025-07-31")], ""),
    ("2025-08-31", [birth(B, "2025-08-10")], "recouped"),
    ("2026-12-31", [visit("T3", A, "2025-11-20"), visit("T4", A, "2025-12-20")], ""),
])  # fmt: skip
def test_the_other_payee_is_taken_back_when_it_is_certain(run: Bench, as_of: str, claims: list[Row], reason: str) -> None:
    base = [visit("T1", A, "2025-04-15", dx="Z3A14"), visit("V1", A, "2025-07-03"), visit("T2", B, "2025-07-21")]
    result = run(as_of, [*base, *claims], settings={"case_rate.recoup_other": True}, member_transfers=TO_B)
    row = next(r for r in result["case_rate_months"] if (r["month"], r["entity_id"]) == ("2025-07", A))
    assert (row["status"], row["unpaid_reason"]) == ("handover", reason)


@pytest.mark.parametrize(("setting", "paid"), [("pay_both", 2), ("pay_both_at_change", 1), ("holder_only", 1)])
def test_a_month_of_two_practices_without_a_move(run: Bench, setting: str, paid: int) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14"),
        visit("T2", B, "2025-05-10"),
        visit("T3", A, "2025-05-20"),
        visit("T4", A, "2025-06-20"),
    ]
    result = run("2025-05-31", claims, settings={"case_rate.same_month": setting})
    assert len([p for p in result["payments"] if p["cycle_month"] == "2025-05" and p["purpose"] == "case_rate"]) == paid


@pytest.mark.parametrize(("change", "first", "cents"), [
    ("rate_of_month", "receiving", 22_000), ("rate_of_month", "first", 26_000),
    ("locked", "first", 25_000), ("locked", "receiving", 22_000),
])  # fmt: skip
def test_the_first_practices_dollars_move_with_the_member_or_do_not(run: Bench, change: str, first: str, cents: int) -> None:
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), visit("T2", B, "2025-07-21")]
    rates = [rate(A, 250), rate(A, 260, date(2025, 7, 1)), rate(B, 220)]
    changes: Row = {"case_rate.rate_change": change, "case_rate.portability_rate": first}
    result = run("2025-08-31", claims, rates, changes, member_transfers=TO_B)
    assert amounts(result)[B, "2025-08", "case_rate"] == cents


@pytest.mark.parametrize(("joined", "left", "paid"), [
    ("2025-04-16", None, 0), ("2025-04-15", None, 5), ("2025-01-01", "2025-04-15", 0), ("2025-01-01", "2025-04-16", 5),
])  # fmt: skip
def test_the_roster_is_asked_on_the_day_of_the_first_trigger(run: Bench, joined: str, left: str | None, paid: int) -> None:
    stay = [{k: v for k, v in {"program": PROGRAM, "entity_id": A, "joined_on": joined, "left_on": left}.items() if v}]
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14")]
    result = run("2025-08-31", claims, settings={"case_rate.roster": "participation"}, participation=stay)
    assert len(case_rates(result).get(A, [])) == paid


# --- lines that a case rate replaces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "status"), [("2026-01-04", "to_zero"), ("2026-01-05", "fee_for_service")])
def test_a_visit_after_the_last_day_stays_fee_for_service(run: Bench, day: str, status: str) -> None:
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), birth(A, "2025-10-06"), visit("V1", A, day, paid="95", dx="Z390")]
    result = run("2026-12-31", claims, settings={"episode.anchor": "delivery_stay"})
    assert [s for _, _, _, s in status_of(result, "V1")] in ([status], [])


@pytest.mark.parametrize(("setting", "status"), [("whole", "zero_paid"), ("from_trigger", "to_restore")])
def test_a_visit_before_the_trigger_in_its_month(run: Bench, setting: str, status: str) -> None:
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), visit("V1", A, "2025-04-02", dx="O0991")]
    result = run("2025-06-30", claims, settings={"case_rate.trigger_month": setting})
    assert [s for _, _, _, s in status_of(result, "V1")] == [status]


@pytest.mark.parametrize(("paid", "total", "reason"), [("40", 5_500, "restored"), ("200", -10_500, "paid_twice")])
def test_a_claim_over_two_months_is_corrected_once(run: Bench, paid: str, total: int, reason: str) -> None:
    two = visit("V1", A, "2025-03-31", dx="O0991")
    second = {**two, "claim_line_number": "2", "claim_line_start_date": "2025-04-02", "paid_amount": paid, "allowed_amount": paid}
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), two, second]
    result = run("2025-06-30", claims)
    assert status_of(result, "V1") == [(1, "visit", 9_500, "to_restore"), (2, "visit", -100 * int(paid), "to_zero")]
    (payment,) = [p for p in result["payments"] if p["claim_id"] == "V1"]
    assert (payment["cycle_month"], payment["amount_cents"], payment["reason"]) == ("2025-03", total, reason)


def test_a_claim_whose_corrections_cancel_is_no_payment(run: Bench) -> None:
    two = visit("V1", A, "2025-03-31", dx="O0991")
    second = {**two, "claim_line_number": "2", "claim_line_start_date": "2025-04-02", "paid_amount": "95"}
    result = run("2025-06-30", [visit("T1", A, "2025-04-15", dx="Z3A14"), two, second])
    assert [adjusted for _, _, adjusted, _ in status_of(result, "V1")] == [9_500, -9_500]
    assert not [p for p in result["payments"] if p["claim_id"] == "V1"]


@pytest.mark.parametrize(("kinds", "status"), [
    (("obstetrics",), "to_restore"), (("family_medicine",), "fee_for_service"), (("fqhc", "obstetrics"), "fee_for_service"),
])  # fmt: skip
def test_only_practices_of_the_programs_types_are_restored(run: Bench, kinds: tuple[str, ...], status: str) -> None:
    provider = [provider_row(A, kind, npi=npi) for kind, npi in zip(kinds, ("1000000004", "1000000012"), strict=False)]
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), visit("V1", A, "2025-03-20", dx="O0991")]
    result = run("2025-06-30", claims, provider=provider)
    assert [s for _, _, _, s in status_of(result, "V1")] == [status]


@pytest.mark.parametrize(("paid", "tpl", "adjustment"), [
    ("0", None, 240_000), ("1080", None, 132_000), ("1320", None, 108_000), ("2160", None, 24_000), ("2000", None, 0), ("1292.50", "50", 0),
])  # fmt: skip
def test_a_global_code_is_restored_where_an_edit_explains_what_is_missing(run: Bench, paid: str, tpl: str | None, adjustment: int) -> None:
    rates = [rate(B, 220)]  # A triggers and has no rate: nothing is covered
    whole = claim("G", A, "2025-10-06", "59400", paid, "Z370", allowed_amount="2400", tpl_amount=tpl, place_of_service_code="21")
    result = run("2026-03-31", [visit("T1", A, "2025-04-15", dx="Z3A14", allowed="0"), whole], rates)
    assert sum(adjusted for _, _, adjusted, _ in status_of(result, "G")) == adjustment


def test_lines_of_newborns_carve_outs_and_negative_amounts_are_no_parts(run: Bench) -> None:
    base = [visit("T1", A, "2025-04-15", dx="Z3A14"), birth(A, "2025-10-06")]
    newborn = visit("N", A, "2025-10-20", paid="95", dx="Z3800", diagnosis_code_2="O0991")
    carved = visit("C", A, "2025-05-20", paid="95", dx="F320", diagnosis_code_2="O0991")
    first = visit("R", A, "2025-05-21", paid="95", dx="O0991")
    negative = {**first, "version_seq": "2", "record_type": "replacement", "paid_amount": "-5"}
    result = run("2026-03-31", [*base, newborn, carved, first, negative])
    assert [status_of(result, name) for name in ("N", "C", "R")] == [[], [], []]
    assert status_of(result, "T1") == [(1, "visit", 0, "zero_paid")]


def test_a_line_outside_any_pregnancy_is_restored_where_it_paid_zero(run: Bench) -> None:
    claims = [birth(A, "2025-02-01"), visit("V1", A, "2025-09-02", dx="O0991"), visit("V2", A, "2025-09-03", dx="O0991", paid="95")]
    claims.append(visit("V3", HOSPITAL, "2025-09-03", dx="O0991"))
    provider = [provider_row(A, "obstetrics"), provider_row(HOSPITAL, "hospital")]
    result = run("2025-12-31", claims, provider=provider)
    assert amounts(result) == {(A, "V1", "ffs_adjustment"): 9_500}
    assert result["zero_pay_lines"][0]["pregnancy"] is None


def test_parts_add_up_to_the_fee_to_the_cent(run: Bench) -> None:
    late = claim("G", A, "2025-10-06", "59400", "0", "Z370", allowed_amount="1199.99", place_of_service_code="21")
    result = run("2026-03-31", [visit("T1", A, "2025-04-15", dx="Z3A14"), late])
    assert [r["fee_cents"] for r in result["zero_pay_lines"] if r["claim_id"] == "G"] == [54_000, 53_999, 12_000]


# --- total cost ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "apart"), [("pay_both", 22_000), ("pay_both_at_change", 0)])
def test_the_payment_of_a_month_that_overlaps_is_counted_apart(run: Bench, setting: str, apart: int) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14"), visit("T2", B, "2025-05-10"), visit("T3", A, "2025-05-20"), visit("T4", A, "2025-06-20"),
        birth(A, "2025-10-06"),
    ]  # fmt: skip
    made = {"program": PROGRAM, "member_id": "M", "period_start_date": "2025-05-01", "purpose": "case_rate"}
    paid = [
        {**made, "payment_id": "P1", "entity_id": A, "amount": "250.00"}, {**made, "payment_id": "P2", "entity_id": B, "amount": "220.00"},
        {**made, "payment_id": "P3", "entity_id": A, "amount": "-95.00", "purpose": "ffs_adjustment"},
    ]  # fmt: skip
    result = run("2026-12-31", claims, settings={"case_rate.same_month": setting}, payments_made=paid)
    (episode,) = result["episodes"]
    assert episode["handover_cost_cents"] == apart
    assert episode["case_rate_cost_cents"] == 47_000 - apart
    assert episode["ffs_cost_cents"] == 110_000 - 9_500
