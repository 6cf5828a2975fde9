"""What a run states month by month, and what it leaves alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trueup import pipeline
from trueup.acts import episodes
from trueup.checks import stage as checks
from trueup.engine import DuckEngine
from trueup.payments import stage as payments
from trueup.rules.load import load_program
from trueup.run_output import run_findings

from .conftest import PROGRAM, B, visit

TRANSFER = {"program": PROGRAM, "member_id": "M1", "entity_id": B, "transfer_date": date(2025, 7, 21)}
CLAIMS = [
    visit("T-A", date(2025, 4, 15)),
    visit("V-A", date(2025, 7, 3), diagnosis="Z3480"),
    visit("T-B", date(2025, 7, 21), B, diagnosis="Z3483"),
    visit("BIRTH", date(2025, 10, 6), B, paid="1100.00", diagnosis="O80", code="59409", diagnosis_code_2="Z370"),
]


def stated(engine: DuckEngine) -> dict[tuple[str, str, str], int]:
    """Cents by purpose, entity and month."""
    rows = engine.rows("payments", order_by=("payment_id",))
    return {(r["purpose"], r["entity_id"], r["cycle_month"]): r["amount_cents"] for r in rows}


def test_each_cycle_adds_only_its_month_when_nothing_new_is_learned(run_program: Callable[..., DuckEngine]) -> None:
    whole = stated(run_program(date(2026, 6, 30), CLAIMS, member_transfers=[TRANSFER]))
    assert sum(whole.values()) == 4 * 25_000 + 7 * 22_000
    for month in (3, 4, 7, 12):
        due = stated(run_program(date(2026, 6, 30), CLAIMS, through=date(2025, month, 1), member_transfers=[TRANSFER]))
        assert due == {key: cents for key, cents in whole.items() if key[2] <= f"2025-{month:02d}"}


def test_the_month_that_is_due_is_that_of_the_day_looked_from_unless_one_is_named(run_program: Callable[..., DuckEngine]) -> None:
    as_of = stated(run_program(date(2025, 6, 1), CLAIMS[:1]))
    assert stated(run_program(date(2025, 6, 1), CLAIMS[:1], through=date(2025, 6, 30))) == as_of
    assert sorted(m for _, _, m in as_of) == ["2025-04", "2025-05", "2025-06"]


def test_payments_have_one_id_whatever_else_is_known(run_program: Callable[..., DuckEngine]) -> None:
    def ids(engine: DuckEngine) -> dict[tuple[str, str], str]:
        return {(r["entity_id"], r["cycle_month"]): r["payment_id"] for r in engine.rows("payments", order_by=("payment_id",))}

    early = ids(run_program(date(2025, 6, 30), CLAIMS[:1]))
    late = ids(run_program(date(2026, 6, 30), CLAIMS, member_transfers=[TRANSFER]))
    assert len(set(late.values())) == len(late) == 11
    assert {k: late[k] for k in early} == early


def test_rows_say_what_they_rest_on(run_program: Callable[..., DuckEngine]) -> None:
    rows = run_program(date(2025, 4, 30), CLAIMS[:1]).rows("payments", order_by=("payment_id",))
    (row,) = rows
    assert row["payment_id"].startswith("P")
    assert len(row["payment_id"]) == 17
    assert (row["status"], row["corrects"], row["rate_version"], row["claim_id"]) == ("entitled", None, "2025-01-01", None)
    assert row["period_start_date"] == date(2025, 4, 1)


def test_the_base_replay_does_not_ask_for_roster_rates_or_go_live(run_program: Callable[..., DuckEngine]) -> None:
    claims = [
        visit("T1", date(2023, 1, 20), tin="060000003", paid="95.00"),
        visit("T2", date(2023, 3, 20), tin="060000003", paid="90.00"),
        visit("GLOBAL", date(2023, 6, 15), "060000003", paid="2400.00", diagnosis="O80", code="59400", allowed_amount="2400.00"),
    ]
    engine = run_program(date(2024, 12, 31), claims)
    assert engine.count("payments") == 0
    (months,) = engine.rows("base_case_rate_months", order_by=("pregnancy_id",))
    assert (months["entity_id"], months["months"], months["end_kind"]) == ("060000003", 9, "live_birth")  # January to September 13
    lines = engine.rows("base_covered_lines", order_by=("claim_id", "component"))
    assert [(r["claim_id"], r["component"], r["month"], r["covered_cents"]) for r in lines] == [
        ("GLOBAL", "antepartum", "2023-06", 108_000), ("GLOBAL", "postpartum", "2023-06", 24_000),
        ("T1", "visit", "2023-01", 9_500), ("T2", "visit", "2023-03", 9_000),
    ]  # fmt: skip


def test_unknown_rules_of_payment_stop_payment_and_nothing_else(
    run_program: Callable[..., DuckEngine], programs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "programs"
    shutil.copytree(programs, folder)
    path = folder / PROGRAM / "assumptions" / "illustrative.yaml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "case_rate.same_month:" not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    rules = load_program(folder, PROGRAM, assumptions="illustrative")
    engine = run_program(date(2026, 6, 30), CLAIMS, rules=rules)
    assert not engine.has("payments")
    assert [s.stage for s in pipeline.run_stages(engine, rules) if s.status == "stopped"] == ["payments"]
    assert pipeline.is_complete(pipeline.run_stages(engine, rules))
    assert engine.count("episodes") == 3
    assert engine.count("line_accounting") > 0
    episodes.prepare(engine)
    assert engine.count("marked_episodes") == 3


def test_an_ambiguous_rate_is_said(run_program: Callable[..., DuckEngine]) -> None:
    engine = run_program(date(2025, 4, 30), CLAIMS[:1])
    assert [f["code"] for f in run_findings(engine)] == []
    prices = engine.rows("prices", order_by=("entity_id",))
    columns = engine.columns("prices")
    engine.register_rows("prices", [*prices, {**prices[0], "amount_cents": 24_000}], columns)
    for step in ("20_judge_months", "74_find_doubled_rates"):
        engine.run(next(s for s in payments.STEPS if s.path.stem == step))
    assert engine.scalar("case_rate_months", "MAX(rate_amount_cents)") == 24_000
    assert [(f["code"], f["rows"]) for f in run_findings(engine)] == [("case_rate_ambiguous", 1)]


@pytest.mark.parametrize(
    ("check", "table", "change"),
    [
        ("60_lines_are_paid_once", "zero_pay_lines", {"adjustment_cents": -1}),
        ("60_lines_are_paid_once", "zero_pay_lines", {"covered_cents": 1}),
        ("60_lines_are_paid_once", "zero_pay_lines", {"paid_cents": 9_500}),
        ("62_months_have_one_holder", "attribution_months", {"status": "handover"}),
        ("64_payments_follow_months", "payments", {"amount_cents": 25_001}),
        ("64_payments_follow_months", "payments", {"entity_id": B}),
        ("66_corrections_follow_lines", "payments", {"purpose": "ffs_adjustment", "claim_id": "T-A"}),
    ],
)
def test_a_check_sees_what_it_is_for(run_program: Callable[..., DuckEngine], check: str, table: str, change: dict[str, object]) -> None:
    engine = run_program(date(2025, 4, 30), CLAIMS[:1])
    step = next(s for s in checks.STEPS if s.path.stem == check)
    engine.run(step)
    assert engine.count(step.writes) == 0
    rows = engine.rows(table, order_by=engine.columns(table))
    engine.register_rows(table, [{**rows[0], **change}, *rows[1:]], engine.columns(table))
    engine.run(step)
    assert engine.count(step.writes) > 0
