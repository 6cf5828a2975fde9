"""Pages of programs without episodes: results of a year, points, contracts and pools, each figure tied to its table."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from unit.reports.kinds_samples import Row, new_run, rows_of, settlement, six, steps, text_of, write_table

from trueup.errors import CheckFailed
from trueup.reports import write_reports
from trueup.reports.explain import explain


def written(run: Path, tmp_path: Path) -> Path:
    return write_reports([run], {}, tmp_path / "out").parent


# --- results of a year ----------------------------------------------------------------------------------------------------------------


def results_run(tmp_path: Path) -> Path:
    """A1 saved 1,000.00 and receives 500.00; A2 lost 2,000.00 and owes 800.00; A3 is on hold."""
    run = new_run(tmp_path, "entity_results", "entity_savings")
    rows = [
        settlement("A1", 50_000),
        settlement("A2", -80_000, status="owed", reason="losses_shared", actual_amount_cents=1_200_000),
        settlement("A3", 0, status="held", reason="gate_missing.quality"),
    ]
    write_table(run, "settlements", rows)
    test = ("savings_test", "savings gt 0 and savings ge minimum_savings: yes", "text")
    write_table(run, "settlement_steps", [s for row in rows for s in steps(row, test)])
    return run


def test_results_of_a_year_have_a_ladder_each_and_one_table(tmp_path: Path) -> None:
    out = written(results_run(tmp_path), tmp_path)
    text = text_of(out / "test-program/practices/A1/statement.html")
    assert "You receive $500.00" in text
    assert "$9,000.00. That is $1,000.00 below your benchmark of $10,000.00." in text
    assert "Savings are above zero and at least the smallest that count: yes" in text
    assert "You owe $800.00" in text_of(out / "test-program/practices/A2/statement.html")
    assert "On hold" in text_of(out / "test-program/practices/A3/statement.html")
    rows = rows_of(out / "test-program/state_csv/results_py1.csv")
    assert [(r["savings"], r["result"], r["status"]) for r in rows] == [
        ("1000.00", "500.00", "To be paid to the practice"),
        ("-2000.00", "-800.00", "Owed by the practice"),
        ("1000.00", "", "On hold"),
    ]
    state = text_of(out / "test-program/state.html")
    assert "The program pays $500.00 and recovers $800.00" in state
    assert "1 to be paid, 1 owed, 0 without a payment, 1 on hold." in state


def test_every_page_names_its_kinds_of_payment(tmp_path: Path) -> None:
    out = written(results_run(tmp_path), tmp_path)
    for page in ("practices/A1/statement.html", "state.html"):
        text = text_of(out / "test-program" / page)
        assert "Shared savings 3A: shared savings Settlement after the period R1 Framework" in text
        assert "Bonus Not stated: nobody says Bonus" in text


def test_a_ladder_that_does_not_end_in_its_amount_stops(tmp_path: Path) -> None:
    run = results_run(tmp_path)
    write_table(run, "settlement_steps", steps(settlement("A1", 50_001)))
    with pytest.raises(
        CheckFailed, match=r"TRU-C041 .*A1,PY1,all the ladder's last amount: the rows add up to 50001, the table says 50000"
    ):
        written(run, tmp_path)


def test_the_index_says_why_there_is_no_settlement(tmp_path: Path) -> None:
    refusal = {"entity_id": None, "period": None, "code": "TRU-P022", "message": "No price set was named"}
    run = new_run(tmp_path, "panel", "contract_savings", refusals=[refusal])
    write_table(run, "settlements", [])
    out = written(run, tmp_path)
    assert "Settlement None. No price set was named." in text_of(out / "index.html")
    assert "Nothing is settled in this run" in text_of(out / "test-program/state.html")


# --- points ---------------------------------------------------------------------------------------------------------------------------


def point(entity: str, case: str, met: int, *, counted: bool = True, reason: str = "", slot: str = "visit") -> Row:
    status = "numerator" if met else "denominator"
    return {
        "period": "PY1",
        "entity_id": entity,
        "episode_id": case,
        "slot": slot,
        "member_id": "MEMBER-00001",
        "case_date": date(2025, 3, 1),
        "measure_id": slot,
        "source": "claims",
        "status": status,
        "met": met,
        "points_each": six("10"),
        "points": six(str(10 * met)),
        "counted": counted,
        "reason": reason,
        "claim_id": "C1" if met else None,
    }


def points_run(tmp_path: Path) -> Path:
    """A pool of 100.00: P1 has three points of four (two cases count, a third is in another program), P2 one."""
    run = new_run(tmp_path, "maternity_episode", "points_pool")
    rows = [settlement("P1", 7_500, unit_count=2, reason="pool_shared"), settlement("P2", 2_500, unit_count=1, reason="pool_shared")]
    cases = [point("P1", "E1", 1), point("P1", "E1", 1, slot="cesarean"), point("P1", "E2", 1), point("P1", "E2", 0, slot="cesarean")]
    cases += [point("P1", "E3", 1, counted=False, reason="in_bundle"), point("P2", "E4", 1)]
    write_table(run, "case_points", cases)
    write_table(run, "settlements", rows)
    shares = {"P1": "30", "P2": "10"}
    ladder = [
        step
        for row in rows
        for step in steps(
            row,
            ("points", shares[row["entity_id"]], "rate"),
            ("points_counted", shares[row["entity_id"]], "rate"),
            ("points_of_all", "40", "rate"),
            ("pool", "100.00", "dollars"),
        )
    ]
    write_table(run, "settlement_steps", ladder)
    write_table(run, "point_pools", [pool()])
    return run


def pool(distributed: int = 10_000, undistributed: int = 0) -> Row:
    sums = {"distributed_amount_cents": distributed, "undistributed_amount_cents": undistributed}
    return {
        "period": "PY1",
        "pool_amount_cents": 10_000,
        "entities": 2,
        "entities_paid": 2,
        "points": six("40"),
        "status": "distributed",
        "reason": "",
    } | sums


def test_a_pool_is_shown_by_case_measure_and_share(tmp_path: Path) -> None:
    out = written(points_run(tmp_path), tmp_path)
    text = text_of(out / "test-program/practices/P1/statement.html")
    assert "You receive $75.00" in text
    assert "Points 30 of 40 that all practices earned" in text
    assert "The practice is in another program then" in text
    assert "MEMBER-" not in text
    assert "…0001" in text
    rows = rows_of(out / "test-program/practices/P1/csv/points_py1.csv")
    assert [(r["measure"], r["met"], r["points"]) for r in rows] == [
        ("A visit in time", "2", "20.000000"),
        ("Births by cesarean", "1", "10.000000"),
    ]
    shares = rows_of(out / "test-program/state_csv/shares_py1.csv")
    assert [(r["cases"], r["points"], r["share"], r["result"]) for r in shares] == [
        ("2", "30", "0.75", "75.00"),
        ("1", "10", "0.25", "25.00"),
    ]


def test_points_that_are_not_those_of_the_ladder_stop(tmp_path: Path) -> None:
    run = points_run(tmp_path)
    write_table(run, "case_points", [point("P1", "E1", 1)])
    with pytest.raises(
        CheckFailed, match=r"TRU-C041 .*points by case, in millionths: the rows add up to 10000000, the table says 30000000"
    ):
        written(run, tmp_path)


def test_a_pool_whose_parts_are_not_the_pool_stops(tmp_path: Path) -> None:
    run = points_run(tmp_path)
    write_table(run, "point_pools", [pool(10_000, 1)])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*the pool in its two parts: the rows add up to 10001, the table says 10000"):
        written(run, tmp_path)


def test_an_amount_of_a_pool_is_explained_case_by_case(tmp_path: Path) -> None:
    told = explain(points_run(tmp_path), "run/settlements/P1,PY1,all/amount").to_text()
    assert "Amount of the last step, PY1: $75.00. Checked: it adds up exactly." in told
    assert "Points, in millionths: 30,000,000. Checked: it adds up exactly." in told
    assert "C1" in told


# --- contracts ------------------------------------------------------------------------------------------------------------------------


def panel_run(tmp_path: Path) -> Path:
    """Two contracts of one payer: potential 300.00 and 100.00, individual 210.00 and 60.00; the pool of 130.00 goes 1 : 1."""
    run = new_run(tmp_path, "panel", "contract_savings")
    rows = [settlement("P1", 27_500, cohort="C-1"), settlement("P2", 12_500, cohort="C-2")]
    write_table(run, "settlements", rows)
    head = [("payer", "Medicaid", "text"), ("terms", "medicaid", "text"), ("contract_from", "2025-01-01", "date")]
    head += [("contract_to", "9999-12-31", "date"), ("decided_by", "payer", "text"), ("challenge", "65.00", "dollars")]
    ladder = [step for row in rows for step in steps(row, *head)]
    for step in ladder:
        step["cite"] = "capability review" if step["name"] == "decided_by" else ""
    write_table(run, "settlement_steps", ladder)
    group = {
        "payer": "Medicaid",
        "period": "PY1",
        "terms_id": "medicaid",
        "members": 100,
        "member_months": 1_200,
        "truncated_cost_cents": 900_000,
    }
    write_table(run, "panel_groups", [group | {"entity_id": f"P{n}", "contract_id": f"C-{n}", "cost_cents": 950_000} for n in (1, 2)])
    key = {"pool_id": "medicaid.challenge", "period": "PY1"}
    sums = {"pool_cents": 13_000, "individual_cents": 27_000, "paid_cents": 13_000, "undistributed_cents": 0}
    write_table(
        run,
        "settlement_pools",
        [key | sums | {"kind": "challenge", "terms_id": "medicaid", "contracts": 2, "waiting": 0, "status": "paid"}],
    )
    shares = [("1", 30_000, 21_000), ("2", 10_000, 6_000)]
    write_table(
        run,
        "pool_shares",
        [
            key
            | {
                "contract_id": f"C-{n}",
                "entity_id": f"P{n}",
                "weight": "100",
                "potential_cents": p,
                "individual_cents": i,
                "paid_cents": 6_500,
            }
            for n, p, i in shares
        ],
    )
    payer = {
        "period": "PY1",
        "payer": "Medicaid",
        "terms_id": "medicaid",
        "measures_shared": 1,
        "measures_left_out": 1,
        "measures_added": 0,
    }
    payer |= {"measures_in_conflict": 0, "contracts": 2, "contracts_settled": 2, "common_weight": six("0.8"), "owed_cents": 0}
    write_table(run, "payer_contracts", [payer | {"paid_cents": 40_000, "common_paid_cents": 32_000}])
    use = {"period": "PY1", "payer": "Medicaid", "terms_id": "medicaid", "conflict": ""}
    write_table(
        run,
        "payer_alignment",
        [
            use | {"measure_id": "visit", "relation": "shared"},
            use | {"measure_id": "cesarean", "relation": "restated", "conflict": "target"},
        ],
    )
    rank = {"period": "PY1", "terms_id": "medicaid", "member_months": 1_200, "is_paid": True}
    write_table(
        run,
        "payment_ranks",
        [
            rank
            | {"contract_id": "C-1", "entity_id": "P1", "score": six("0.7"), "score_rank": 1, "amount_cents": 27_500}
            | {"cents_per_member_month": six("22.916667"), "payment_rank": 1},
            rank
            | {"contract_id": "C-2", "entity_id": "P2", "score": six("0.6"), "score_rank": 2, "amount_cents": 12_500}
            | {"cents_per_member_month": six("10.416667"), "payment_rank": 2},
        ],
    )
    move = {"entity_id": "P1", "payer": "Medicaid", "from_track": "p4p", "to_track": "ssp", "moved_on": date(2025, 1, 1)}
    write_table(
        run, "track_moves", [move | {"decided_by": "payer", "decided_on": date(2024, 11, 1), "evidence": "a care team", "panel_size": 100}]
    )
    return run


def test_a_contract_stands_with_its_panel_pool_entry_and_move(tmp_path: Path) -> None:
    out = written(panel_run(tmp_path), tmp_path)
    folder = out / "test-program/practices/P1"
    text = text_of(folder / "statement.html")
    assert "You receive $275.00" in text
    assert "Contracts 1 with Medicaid" in text
    assert "Cohort A" not in text
    pools = rows_of(folder / "csv/pools_py1.csv")
    assert [(r["potential"], r["individual"], r["paid"], r["pool_cents"]) for r in pools] == [("300.00", "210.00", "65.00", "130.00")]
    entries = rows_of(folder / "csv/entries.csv")
    assert [(r["first"], r["last"], r["decided_by"], r["evidence"]) for r in entries] == [("2025-01-01", "", "payer", "capability review")]
    assert [r["evidence"] for r in rows_of(folder / "csv/moves.csv")] == ["a care team"]


def test_the_page_of_payers_ties_dollars_to_the_common_measures(tmp_path: Path) -> None:
    out = written(panel_run(tmp_path), tmp_path)
    text = text_of(out / "test-program/payers.html")
    assert "$320.00 of $400.00 paid hang on the common measures" in text
    matrix = rows_of(out / "test-program/payers_csv/alignment.csv")
    assert [(r["measure"], r["PY1_medicaid"]) for r in matrix] == [
        ("A visit in time", "Shared"),
        ("Births by cesarean", "Restated with its own terms ✘: the payer has another target"),
    ]
    ranks = rows_of(out / "test-program/payers_csv/ranks.csv")
    assert [(r["score_rank"], r["payment_rank"], r["each"]) for r in ranks] == [("1", "1", "0.2292"), ("2", "2", "0.1042")]


def test_a_pool_that_does_not_close_stops(tmp_path: Path) -> None:
    run = panel_run(tmp_path)
    key = {"pool_id": "medicaid.challenge", "period": "PY1", "entity_id": "P1", "contract_id": "C-1", "weight": "100"}
    write_table(run, "pool_shares", [key | {"potential_cents": 30_000, "individual_cents": 21_000, "paid_cents": 6_500}])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*what contracts get of the pool: the rows add up to 6500, the table says 13000"):
        written(run, tmp_path)


def test_a_contract_is_explained_down_to_its_panel_and_pool(tmp_path: Path) -> None:
    told = json.dumps(explain(panel_run(tmp_path), "run/settlements/P1,PY1,C-1/amount").to_dict())
    assert '"label": "Cost after the cut", "parts": "9000.00", "total": "9000.00"' in told
    assert '"label": "Paid out of the pool", "parts": "130.00", "total": "130.00"' in told


def test_what_one_payer_asks_for_is_not_taken_off_what_another_pays(tmp_path: Path) -> None:
    run = panel_run(tmp_path)
    rows = [settlement("P1", 27_500, cohort="C-1"), settlement("P1", -10_000, cohort="C-3", status="owed", reason="losses_shared")]
    rows += [settlement("P2", 12_500, cohort="C-2"), settlement("P2", 0, cohort="C-4", status="held", reason="held_dollars")]
    write_table(run, "settlements", rows)
    out = written(run, tmp_path)
    text = text_of(out / "test-program/practices/P1/statement.html")
    assert "You receive $275.00 and you owe $100.00" in text
    assert "Each payer pays, or asks for, its own amount." in text
    assert "You receive $125.00; a part is on hold" in text_of(out / "test-program/practices/P2/statement.html")
    state = text_of(out / "test-program/state.html")
    assert "The program pays $400.00 and recovers $100.00" in state
    assert "2 to be paid, 1 owed, 0 without a payment, 1 on hold. One result is one contract in one period." in state
    assert "Settlement $400.00 to be paid, $100.00 owed in PY1 (4 settlements, 1 on hold)" in text_of(out / "index.html")
