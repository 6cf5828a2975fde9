"""Contracts of one id of terms together: when they can be settled at all, and what the others wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from trueup.acts.panels import reported_of
from trueup.entity_grain import Price
from trueup.errors import Refused
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.settlement.contract_terms import Contract, Scorecard, SlotScore
from trueup.settlement.contract_work import ContractBook
from trueup.settlement.contracts import ContractResult, settle_contracts
from trueup.settlement.inputs import Gate
from trueup.settlement.panel_inputs import Panel

PROGRAMS = Path(__file__).resolve().parents[3] / "programs"
DAY, AS_OF = date(2025, 1, 1), date(2026, 12, 31)
CENTS_A_MONTH = 10_000
DOWNSIDE = {"contracts.terms.medicaid.downside": True, "contracts.terms.medicaid.sharing.loss_share_rate": "0.50"}
CARD = (
    SlotScore("a1c_test", "a1c_test", "quality", Decimal(1), Decimal("0.60")),
    SlotScore("access_to_care", "access_to_care", "care_experience", Decimal(1), Decimal("0.60")),
)


@cache
def rules_of(program_id: str, two_sided: bool = False) -> Program:
    return load_program(PROGRAMS, program_id, assumptions="illustrative", settings=DOWNSIDE if two_sided else {})


def settle(
    rules: Program, terms_id: str, costs: dict[str, int], *, waits: str = "", card: tuple[SlotScore, ...] = CARD, as_of: date = AS_OF
) -> ContractResult:
    """Contracts of 1,000 months at 100.00 each, by practice and cost in cents; `waits` has no result of the gate under_service."""
    payer, track = rules.text(f"contracts.terms.{terms_id}.payer"), rules.text("contracts.track")
    contracts = [Contract(rules.id, f"C-{e}", payer, e, track, terms_id, DAY, None, "payer", DAY, "review", 100) for e in costs]
    panels = {f"C-{e}": Panel(e, payer, "PY1", f"C-{e}", 500, 1000, 10**9, cost, cost) for e, cost in costs.items()}
    gates = {e: {} if e == waits else {"under_service": Gate(e, "PY1", "under_service", True)} for e in costs}
    prices = {f"C-{e}": [Price(e, "benchmark_pmpm", f"C-{e}", DAY, date(2026, 1, 1), CENTS_A_MONTH)] for e in costs}
    book = ContractBook(contracts, panels, {e: Scorecard(e, card) for e in costs}, gates, prices=prices)
    return settle_contracts(rules, rules.period("PY1"), book, as_of=as_of)


def told(found: ContractResult) -> dict[str, tuple[int, str, str]]:
    return {s.entity_id: (s.amount_cents, s.status, s.reason) for s in found.result.settlements}


# --- too early -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("program_id", "terms_id"), [("ct-sim-p4p", "harbor"), ("ct-sim-ssp", "medicaid")])
def test_no_contract_is_settled_before_the_run_out_of_its_period(program_id: str, terms_id: str) -> None:
    rules = rules_of(program_id)  # 120 days after December 31, 2025
    with pytest.raises(Refused, match=r"from 2026-04-30 on, not as of 2026-04-29") as refused:
        settle(rules, terms_id, {"A": 8_000_000}, as_of=date(2026, 4, 29))
    assert refused.value.code == "TRU-S137"
    assert settle(rules, terms_id, {"A": 8_000_000}, as_of=date(2026, 4, 30)).result.settlements


@pytest.mark.parametrize(("program_id", "terms_id"), [("ct-sim-p4p", "harbor"), ("ct-sim-p4p", "valley"), ("ct-sim-ssp", "medicaid")])
def test_a_contract_waits_for_a_report_that_can_still_come(program_id: str, terms_id: str) -> None:
    # Without it a domain would be missing, and its weight would go to the others for as long as the deadline has not passed.
    open_card = (CARD[0], replace(CARD[1], score=None, awaited=True))
    found = settle(rules_of(program_id), terms_id, {"A": 8_000_000}, card=open_card)
    assert told(found) == {"A": (0, "held", "scorecard_in_progress")}
    assert not found.result.refusals


# --- a payer's own results -----------------------------------------------------------------------------------------------------------


class Reports:
    """Stands in for the engine: rows of `visible_measure_submissions`, in the order asked for."""

    def __init__(self, *rows: tuple[str, date, str, int | None]) -> None:
        self.found = [
            {
                "entity_id": "A", "period": "PY1", "measure_id": "summit.screening", "stratum": "all", "submission_id": i,
                "known_date": day, "record_type": kind, "numerator": n, "denominator": None if n is None else 100,
            }
            for i, day, kind, n in rows
        ]  # fmt: skip

    def rows(self, name: str, order_by: tuple[str, ...]) -> list[dict[str, object]]:
        return sorted(self.found, key=lambda r: tuple(str(r[c]) for c in order_by))


def test_of_a_payers_own_results_the_latest_counts_that_was_not_withdrawn() -> None:
    first, second = ("S1", date(2026, 2, 1), "original", 60), ("S2", date(2026, 2, 5), "original", 40)
    assert reported_of(Reports(first, second), "PY1") == {"A": {"summit.screening": Fraction(40, 100)}}  # type: ignore[arg-type]
    gone = ("S2", date(2026, 2, 9), "void", None)
    assert reported_of(Reports(first, second, gone), "PY1") == {"A": {"summit.screening": Fraction(60, 100)}}  # type: ignore[arg-type]
    nothing = ("S1", date(2026, 2, 9), "void", 60)
    assert reported_of(Reports(first, nothing), "PY1") == {}  # type: ignore[arg-type]


# --- a pool of nobody ------------------------------------------------------------------------------------------------------------------


def test_a_pool_whose_contracts_are_all_refused_is_undistributed_and_reported() -> None:
    found = settle(rules_of("ct-sim-p4p"), "summit", {"A": 1, "B": 1})  # neither has a result of the payer's own measures
    assert [r.code for r in found.result.refusals] == ["TRU-S128", "TRU-S128"]
    assert [(p.pool_id, p.pool_cents, p.undistributed_cents, p.contracts, p.status) for p in found.pools] == [
        ("summit.bonus", 10_000_000, 10_000_000, 0, "undistributed")
    ]
    assert not settle(rules_of("ct-sim-p4p"), "harbor", {"A": 1}).pools


# --- the challenge pool --------------------------------------------------------------------------------------------------------------


def test_the_challenge_pool_waits_for_a_gate_of_a_contract_that_owes() -> None:
    """The gate blocks gains only, so the loss is owed at once; whether the practice shares in the pool is not known yet."""
    costs = {"A": 8_000_000, "B": 12_000_000}
    found = settle(rules_of("ct-sim-ssp", True), "medicaid", costs, waits="B")
    assert told(found) == {"A": (300_000, "payable", "savings_shared"), "B": (-1_000_000, "owed", "losses_shared")}
    assert [(p.status, p.pool_cents, p.paid_cents, p.waiting) for p in found.pools] == [("waits", 200_000, 0, 1)]
    known = settle(rules_of("ct-sim-ssp", True), "medicaid", costs)
    assert told(known) == {"A": (400_000, "payable", "savings_shared"), "B": (-900_000, "owed", "losses_shared")}
