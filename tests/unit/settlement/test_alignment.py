"""How far payers are from the common set, and whether payment followed quality."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from trueup.rules.load import load_program
from trueup.settlement.alignment import CommonMeasure, alignment_rows, payer_rows, rank_rows
from trueup.settlement.contract_terms import Contract
from trueup.settlement.inputs import Settlement
from trueup.settlement.panel_inputs import Panel

COMMON = [
    CommonMeasure("cervical_screening", "higher", "0.70"),
    CommonMeasure("colorectal_screening", "higher", "0.65"),
    CommonMeasure("a1c_test", "higher", "0.90"),
]


def contract(name: str) -> Contract:
    return Contract("ct-sim-p4p", f"C-{name}", "Summit Plan", name, "p4p", "summit", date(2025, 1, 1))


def settled(name: str, cents: int) -> Settlement:
    return Settlement(name, "PY1", f"C-{name}", 100, 0, 0, cents, "payable", "bonus_earned")


def panel(name: str, months: int) -> Panel:
    return Panel(name, "Summit Plan", "PY1", f"C-{name}", 100, months, months * 10**6)


def test_each_measure_is_shared_left_out_restated_or_added(programs: Path) -> None:
    rules = load_program(programs, "ct-sim-p4p", assumptions="illustrative")
    rows = {r.measure_id: r for r in alignment_rows(rules, "PY1", COMMON, ["summit"])}
    assert {name: (r.relation, r.conflict) for name, r in rows.items()} == {
        "a1c_test": ("shared", ""),
        "cervical_screening": ("left_out", ""),
        "colorectal_screening": ("restated", "target"),
        "depression_follow_up": ("added", ""),
    }
    assert (rows["a1c_test"].payer_target, rows["cervical_screening"].payer_target) == ("0.90", "")


def test_a_restated_measure_can_conflict_in_three_ways(programs: Path) -> None:
    entries = ["a1c_test | lower | 0.80 | own form", "colorectal_screening | higher | 0.650 | common"]
    rules = load_program(programs, "ct-sim-p4p", assumptions="illustrative", settings={"contracts.terms.summit.restated": entries})
    rows = {r.measure_id: r.conflict for r in alignment_rows(rules, "PY1", COMMON, ["summit"])}
    assert rows["a1c_test"] == "specification;direction;target"
    assert rows["colorectal_screening"] == ""


def test_dollars_are_tied_by_the_weight_of_the_common_domains(programs: Path) -> None:
    rules = load_program(programs, "ct-sim-p4p", assumptions="illustrative")
    alignment = alignment_rows(rules, "PY1", COMMON, ["summit"])
    (row,) = payer_rows(rules, "PY1", alignment, [contract("A"), contract("B")], [settled("A", 1001)])
    assert (row.measures_shared, row.measures_left_out, row.measures_added, row.measures_in_conflict) == (1, 1, 1, 1)
    assert (row.contracts, row.contracts_settled, row.common_weight) == (2, 1, Decimal("0.8"))
    assert (row.paid_cents, row.owed_cents, row.common_paid_cents) == (1001, 0, 801)


def test_ranks_stand_beside_payments_and_equals_share_one() -> None:
    names = ("A", "B", "C")
    scores = {"C-A": Fraction(9, 10), "C-B": Fraction(1, 2), "C-C": Fraction(1, 2)}
    rows = rank_rows(
        "PY1",
        [contract(n) for n in names],
        [settled("A", 1000), settled("B", 3000), settled("C", 0)],
        scores,
        {f"C-{n}": panel(n, m) for n, m in zip(names, (100, 200, 100), strict=True)},
    )
    found = [(r.contract_id, r.score_rank, r.payment_rank, r.cents_per_member_month, r.is_paid) for r in rows]
    assert found == [
        ("C-A", 1, 2, Decimal("10.000000"), True),
        ("C-B", 2, 1, Decimal("15.000000"), True),
        ("C-C", 2, 3, Decimal("0.000000"), False),
    ]


def test_a_contract_without_a_score_has_no_rank() -> None:
    assert rank_rows("PY1", [contract("A")], [settled("A", 1)], {"C-A": None}, {"C-A": panel("A", 1)}) == []
