"""The oracle against amounts worked by hand: case rates through a pregnancy, late facts, and lines that a case rate replaces.

The pregnancy begins 2025-01-01 unless a test says otherwise. The package meets the same amounts in the program's worked examples, and
here too with more than 50 `TRUEUP_ORACLE_EXAMPLES`.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from oracle.hand import HOSPITAL, PROGRAM, A, B, Bench, amounts, birth, case_rates, claim, delta, months, provider_row, rate, visit

Row = dict[str, Any]
EXAMPLES = int(os.environ.get("TRUEUP_ORACLE_EXAMPLES", "50"))


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Bench:
    return Bench(programs, tmp_path, alone=EXAMPLES <= 50)


# --- a move from A to B, told by a transfer -----------------------------------------------------------------------------------------------

TRANSFER = [{"program": PROGRAM, "member_id": "M", "entity_id": B, "transfer_date": "2025-07-15", "received_date": "2025-07-16"}]


def moved(**late: str) -> list[Row]:
    """A: trigger 04-15 at 14 weeks, visit 07-03. B: trigger 07-21, birth 10-06."""
    first = visit("T1", A, "2025-04-15", dx="Z3A14", received_date="2025-04-20")
    last = visit("V1", A, "2025-07-03", received_date=late.get("last", "2025-07-10"))
    second = visit("T2", B, "2025-07-21", dx="Z3483", received_date="2025-07-25")
    return [first, last, second, birth(B, "2025-10-06", received_date="2025-10-20")]


def test_a_month_of_change_pays_both(run: Bench) -> None:
    result = run("2026-03-31", moved(), member_transfers=TRANSFER)
    assert case_rates(result) == {A: months("2025-04", 4), B: months("2025-07", 7)}
    assert sum(amounts(result).values()) == 254_000
    assert len(result["payments"]) == 11
    rows = {(r["month"], r["entity_id"]): (r["status"], r["rule"]) for r in result["attribution_months"]}
    assert rows["2025-07", A] == ("handover", "handover_month")
    assert rows["2025-07", B] == ("attributed", "moved_transfer")


@pytest.mark.parametrize(("change", "expected"), [("rate_of_month", 155_100), ("locked", 154_000)])
def test_a_new_rate_reaches_open_pregnancies_or_not(run: Bench, change: str, expected: int) -> None:
    rates = [rate(A, 250), rate(B, 220), rate(B, 231, date(2026, 1, 1))]
    result = run("2026-03-31", moved(), rates, {"case_rate.rate_change": change}, member_transfers=TRANSFER)
    assert sum(cents for (entity, _, _), cents in amounts(result).items() if entity == B) == expected


@pytest.mark.parametrize(("setting", "total", "apart"), [("all", 1_071_000, 0), ("continuing_only", 1_046_000, 25_000)])
def test_total_cost_counts_the_month_of_change_as_told(run: Bench, setting: str, total: int, apart: int) -> None:
    made = [
        {"payment_id": f"P{n}", "entity_id": p["entity_id"], "amount": f"{p['amount_cents'] // 100}.00", "purpose": p["purpose"]}
        | {"program": PROGRAM, "member_id": "M", "period_start_date": p["period_start_date"].isoformat()}
        for n, p in enumerate(run("2026-03-31", moved(), member_transfers=TRANSFER)["payments"])
    ]
    others = [claim(f"F{n}", HOSPITAL, "2025-05-02", "80055", paid, "Z3482") for n, paid in enumerate(("150", "300", "120", "6000", "500"))]
    shadow = [visit(f"S{n}", B, "2025-08-20", allowed=allowed) for n, allowed in enumerate(("600", "505"))]  # 1,390 with three at 95
    found = run(
        "2026-03-31",
        [*moved(), *others, *shadow],
        settings={"case_rate.handover_in_tcoc": setting},
        member_transfers=TRANSFER,
        payments_made=made,
    )
    (episode,) = found["episodes"]
    assert episode["ffs_cost_cents"] == 817_000
    assert episode["shadow_cost_cents"] == 139_000
    assert (episode["total_cost_cents"], episode["handover_cost_cents"]) == (total, apart)


def test_a_late_claim_is_paid_in_a_later_cycle(run: Bench) -> None:
    claims = moved(last="2025-08-25")
    june, july, august = (run(day, claims, member_transfers=TRANSFER) for day in ("2025-06-30", "2025-07-31", "2025-08-31"))
    assert case_rates(june) == {A: months("2025-04", 3)}
    assert case_rates(july) == {A: months("2025-04", 3), B: ["2025-07"]}
    new = {key: cents for key, cents in amounts(august).items() if key not in amounts(july)}
    assert new == {(A, "2025-07", "case_rate"): 25_000, (B, "2025-08", "case_rate"): 22_000}
    assert sum(amounts(run("2026-03-31", claims, member_transfers=TRANSFER)).values()) == 254_000


# --- facts that change --------------------------------------------------------------------------------------------------------------------


def voided(*others: Row) -> list[Row]:
    """A trigger of 04-15 that is voided on 07-10, and other claims."""
    first = visit("T1", A, "2025-04-15", dx="Z3A14", received_date="2025-04-20")
    return [first, {**first, "version_seq": "2", "record_type": "void", "received_date": "2025-07-10"}, *others]


def test_a_void_moves_the_first_month_and_restores_its_visits(run: Bench) -> None:
    between = visit("V1", A, "2025-04-28", dx="O0991", received_date="2025-05-02")  # in scope, and no trigger
    claims = voided(between, visit("T2", A, "2025-05-13", dx="Z3A18", received_date="2025-05-15"))
    june, july = run("2025-06-30", claims), run("2025-07-31", claims)
    assert case_rates(june) == {A: months("2025-04", 3)}
    assert case_rates(july) == {A: months("2025-05", 3)}
    assert amounts(july)[A, "V1", "ffs_adjustment"] == 9_500
    assert delta(june, july) - 25_000 == -15_500  # without July's own payment


def test_a_void_of_the_only_trigger_restores_all_zero_paid_visits(run: Bench) -> None:
    visits = [visit(f"V{m}", A, f"2025-0{m}-20", dx="O0991", received_date=f"2025-0{m}-25") for m in (4, 5, 6)]
    claims = voided(*visits)
    june, july = run("2025-06-30", claims), run("2025-07-31", claims)
    assert case_rates(june) == {A: months("2025-04", 3)}
    assert case_rates(july) == {}
    assert delta(june, july) == -46_500
    assert july["pregnancies"] == []


def test_back_dated_coverage_pays_months_and_takes_back_visits_paid_twice(run: Bench) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14", received_date="2025-04-20"),
        visit("V1", A, "2025-05-13", paid="95", received_date="2025-05-20"),
        visit("T2", A, "2025-06-10", received_date="2025-06-15"),
    ]
    claims[0]["allowed_amount"] = claims[0]["paid_amount"] = "0"
    span = {"member_id": "M", "row_id": "R1", "enrollment_start_date": "2025-06-01", "received_date": "2025-06-01"}
    back = {**span, "row_id": "R2", "replaces_row_id": "R1", "record_type": "replacement", "enrollment_start_date": "2025-03-01"}
    eligibility = [span, {**back, "received_date": "2025-08-12"}]
    july, august = (run(day, claims, eligibility=eligibility) for day in ("2025-07-31", "2025-08-31"))
    assert case_rates(july) == {A: months("2025-06", 2)}
    assert case_rates(august) == {A: months("2025-04", 5)}
    assert delta(july, august) == 65_500


def test_coverage_that_ended_takes_back_its_month_only(run: Bench) -> None:
    claims = [visit("T1", B, "2025-04-15", dx="Z3A14", received_date="2025-04-20")]
    span = {"member_id": "M", "row_id": "R1", "enrollment_start_date": "2025-01-01", "received_date": "2025-01-01"}
    cut = {**span, "row_id": "R2", "replaces_row_id": "R1", "record_type": "replacement", "enrollment_end_date": "2025-08-31"}
    again = {"member_id": "M", "row_id": "R3", "enrollment_start_date": "2025-10-01", "received_date": "2025-10-10"}
    eligibility = [span, {**cut, "received_date": "2025-10-10"}, again]
    september, october = (run(day, claims, eligibility=eligibility) for day in ("2025-09-30", "2025-10-31"))
    gone = amounts(september).keys() - amounts(october).keys()
    assert gone == {(B, "2025-09", "case_rate")}
    assert delta(september, october) == -22_000 + 22_000  # September back, October paid
    (closed,) = [r for r in october["case_rate_months"] if r["month"] == "2025-09"]
    assert (closed["unpaid_reason"], closed["stop_reason"]) == ("not_in_care", "not_covered")


# --- how pregnancies end ------------------------------------------------------------------------------------------------------------------


def test_a_loss_ends_the_months_with_its_own(run: Bench) -> None:
    claims = [
        visit("T1", A, "2025-04-15", dx="Z3A14", received_date="2025-04-20"),
        claim("LOSS", A, "2025-05-02", "59812", "210", "O0337", received_date="2025-07-15"),
    ]
    june, july = run("2025-06-30", claims), run("2025-07-31", claims)
    assert case_rates(june) == {A: months("2025-04", 3)}
    assert case_rates(july) == {A: months("2025-04", 2)}
    assert delta(june, july) == -25_000
    assert july["episodes"] == []
    assert [p["end_kind"] for p in july["pregnancies"]] == ["loss"]


@pytest.mark.parametrize(("setting", "count"), [("continue", 7), ("stop", 4)])
def test_a_stillbirth_keeps_its_months_unless_told(run: Bench, setting: str, count: int) -> None:
    claims = [visit("T1", A, "2025-04-15", dx="Z3A14"), birth(A, "2025-07-10", "Z371", diagnosis_code_2="Z3A27")]
    result = run("2026-03-31", claims, settings={"case_rate.after_stillbirth": setting})
    assert case_rates(result) == {A: months("2025-04", count)}
    assert sum(amounts(result).values()) == 25_000 * count
    assert "stillbirth" in result["episodes"][0]["exclusion_reasons"]


def test_a_birth_before_the_program_began_pays_nothing(run: Bench) -> None:
    claims = [visit("T1", A, "2024-09-10"), claim("G", A, "2024-12-20", "59400", "2400", "Z370", place_of_service_code="21")]
    result = run("2026-03-31", claims)
    assert result["payments"] == []
    unpaid = {r["month"]: r["unpaid_reason"] for r in result["case_rate_months"]}
    assert {unpaid[m] for m in months("2025-01", 3)} == {"ended_before_go_live"}
    assert unpaid["2024-12"] == "before_go_live"
    assert result["episodes"][0]["period"] == "outside_periods"


def test_a_pregnancy_open_at_the_start_is_paid_from_then(run: Bench) -> None:
    claims = [visit("T1", A, "2024-12-10"), visit("T2", A, "2025-01-14"), birth(A, "2025-06-05")]
    result = run("2026-03-31", claims)
    assert case_rates(result) == {A: months("2025-01", 9)}
    assert sum(amounts(result).values()) == 225_000
    assert result["episodes"][0]["episode_start_date"] == date(2024, 8, 29)
    assert not [r for r in result["zero_pay_lines"] if r["claim_id"] == "T1"]


# --- codes that stand for many days -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "paid", "adjustment", "covered", "status"),
    [
        (False, "2400", -132_000, 132_000, "to_zero"),
        (False, "0", 108_000, 132_000, "to_restore"),
        (False, "1080", 0, 132_000, "zero_paid"),
        (True, "2400", -240_000, 240_000, "to_zero"),
        (True, "0", 0, 240_000, "zero_paid"),
    ],
)
def test_a_global_code_after_a_move_is_split(run: Bench, inside: bool, paid: str, adjustment: int, covered: int, status: str) -> None:
    late = claim("G", B, "2025-10-06", "59400", paid, "Z370", place_of_service_code="21", allowed_amount="2400")
    result = run(
        "2026-03-31",
        [*moved()[:3], late],
        settings={"case_rate.includes_delivery_professional": inside},
        member_transfers=TRANSFER,
    )
    parts = [r for r in result["zero_pay_lines"] if r["claim_id"] == "G"]
    assert [(r["component"], r["fee_cents"]) for r in parts] == [("antepartum", 108_000), ("delivery", 108_000), ("postpartum", 24_000)]
    assert sum(r["covered_cents"] for r in parts) == covered
    assert [r["adjustment_cents"] for r in parts] == [0, 0, adjustment]
    assert {r["status"] for r in parts} == {status}
    assert amounts(result).get((B, "G", "ffs_adjustment"), 0) == adjustment


def test_a_global_code_of_a_practice_that_is_not_paid_stays_fee_for_service(run: Bench) -> None:
    late = claim("G", B, "2025-10-06", "59400", "2400", "Z370", place_of_service_code="21")
    provider = [provider_row(A, "obstetrics"), provider_row(B, "fqhc")]
    before = [{**row, "allowed_amount": "0"} for row in moved()[:3]]
    result = run("2026-03-31", [*before, late], member_transfers=TRANSFER, provider=provider)
    assert amounts(result) == {(A, m, "case_rate"): 25_000 for m in months("2025-04", 4)}
    assert {r["status"] for r in result["zero_pay_lines"] if r["claim_id"] == "G"} == {"fee_for_service"}
