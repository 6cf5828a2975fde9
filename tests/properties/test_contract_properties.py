"""Contracts and pools: money is neither made nor lost, whatever the scores, savings, gates and holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.entity_grain import Price
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.settlement.contract_terms import Contract, Scorecard, SlotScore
from trueup.settlement.contract_work import ContractBook
from trueup.settlement.contracts import ContractResult, settle_contracts
from trueup.settlement.inputs import Gate
from trueup.settlement.panel_inputs import Panel

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
AS_OF = date(2026, 12, 31)


@dataclass(frozen=True)
class Made:
    """One contract as drawn: months at 100.00, cost, the scores of two measures, members, the gate, and dollars on hold."""

    months: int
    cost: int
    scores: tuple[int | None, int | None]
    members: int
    gate: bool | None
    held: int


SCORE = st.one_of(st.none(), st.integers(0, 100))
MADE = st.builds(
    Made,
    st.integers(1, 5000),
    st.integers(0, 60_000_000),
    st.tuples(SCORE, SCORE),
    st.integers(90, 9000),
    st.sampled_from([True, True, True, False, None]),
    st.sampled_from([0, 0, 0, 0, 1]),
)


@cache
def program(program_id: str, cap_on: str = "savings") -> Program:
    """The program with its illustrative assumptions; the cap where a test wants it, and a payer's own measures not needed."""
    savings, bonus = {"contracts.terms.medicaid.sharing.cap_on": cap_on}, {"contracts.terms.summit.missing_domain": "reweight"}
    return load_program(PROGRAMS, program_id, assumptions="illustrative", settings=savings if program_id == "ct-sim-ssp" else bonus)


def settle(rules: Program, terms_id: str, made: list[Made], measures: tuple[str, str], *, backward: bool = False) -> ContractResult:
    """Settle contracts of the same terms, one practice each."""
    names = [f"E{n}" for n in range(len(made))]
    payer, day = rules.text(f"contracts.terms.{terms_id}.payer"), date(2025, 1, 1)
    contracts = [
        Contract(rules.id, f"C-{e}", payer, e, rules.text("contracts.track"), terms_id, day, None, "payer", day, "review", 100)
        for e in names
    ]
    panels = {
        f"C-{e}": Panel(e, payer, "PY1", f"C-{e}", m.members, m.months, m.months * 10**6, m.cost, m.cost, held_cents=m.held)
        for e, m in zip(names, made, strict=True)
    }
    domains = ("quality", "care_experience")
    cards = {
        e: Scorecard(
            e,
            tuple(
                SlotScore(name, name, domain, Decimal(1), None if s is None else Decimal(s) / 100)
                for name, domain, s in zip(measures, domains, m.scores, strict=True)
            ),
        )
        for e, m in zip(names, made, strict=True)
    }
    gates: dict[str, Mapping[str, Gate]] = {
        e: {} if m.gate is None else {"under_service": Gate(e, "PY1", "under_service", m.gate)} for e, m in zip(names, made, strict=True)
    }
    prices = {f"C-{e}": [Price(e, "benchmark_pmpm", f"C-{e}", day, date(2026, 1, 1), 10_000)] for e in names}
    rows = contracts[::-1] if backward else contracts
    return settle_contracts(rules, rules.period("PY1"), ContractBook(rows, panels, cards, gates, prices=prices), as_of=AS_OF)


@settings(max_examples=150, deadline=None)
@given(st.lists(MADE, min_size=1, max_size=6), st.sampled_from(["savings", "payment"]))
def test_shared_savings_are_conserved(made: list[Made], cap_on: str) -> None:
    """individual + challenge + undistributed = Σ potential over contracts past every gate; nobody without savings is paid individually."""
    found = settle(program("ct-sim-ssp", cap_on), "medicaid", made, ("a1c_test", "access_to_care"))
    amounts = {s.cohort: s for s in found.result.settlements}
    assert all(s.amount_cents >= 0 for s in amounts.values())
    assert {r.cohort for r in found.result.refusals} | set(amounts) == {f"C-E{n}" for n in range(len(made))}
    if not found.pools:
        assert not amounts
        return
    (pool,), shares = found.pools, {r.contract_id: r for r in found.pool_shares}
    assert sum(r.individual_cents for r in shares.values()) == pool.individual_cents
    assert sum(r.paid_cents for r in shares.values()) == pool.paid_cents
    potential = sum(r.potential_cents for r in shares.values())
    if pool.status == "waits":
        assert pool.paid_cents == pool.undistributed_cents == 0
        assert any(s.status == "held" for s in amounts.values())
    else:
        assert pool.individual_cents + pool.paid_cents + pool.undistributed_cents == potential
        assert pool.paid_cents in (0, pool.pool_cents)
    assert sum(s.amount_cents for s in amounts.values()) == pool.individual_cents + pool.paid_cents
    for cohort, row in shares.items():
        s = amounts[cohort]
        assert s.amount_cents == row.individual_cents + row.paid_cents
        if s.expected_amount_cents - s.actual_amount_cents <= 0:
            assert row.potential_cents == row.individual_cents == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(MADE, min_size=1, max_size=6))
def test_a_fixed_pool_is_paid_once_to_the_cent_or_reported(made: list[Made]) -> None:
    """The pool is paid in full, undistributed in full, or waits in full."""
    found = settle(program("ct-sim-p4p"), "summit", made, ("a1c_test", "access_to_care"))
    amounts = [s.amount_cents for s in found.result.settlements]
    assert len(found.pools) == 1
    assert min(amounts, default=0) >= 0
    for pool in found.pools:
        assert pool.paid_cents == sum(amounts)
        assert (pool.paid_cents, pool.undistributed_cents) in ((pool.pool_cents, 0), (0, pool.pool_cents), (0, 0))
        assert amounts or pool.status == "undistributed"
        assert (pool.status == "waits") == any(s.status == "held" for s in found.result.settlements)


@settings(max_examples=100, deadline=None)
@given(MADE, st.integers(0, 100), st.integers(0, 100))
def test_a_better_score_never_earns_less(made: Made, one: int, other: int) -> None:
    """With everything else held fixed, savings shared and bonuses rise with the score."""
    low, high = sorted((one, other))
    for program_id, terms in (("ct-sim-ssp", "medicaid"), ("ct-sim-p4p", "harbor")):
        paid: list[int] = []
        for score in (low, high):
            drawn = Made(made.months, made.cost, (score, score), made.members, True, 0)
            result = settle(program(program_id), terms, [drawn], ("a1c_test", "access_to_care")).result
            paid.append(sum(s.amount_cents for s in result.settlements))
        assert paid[0] <= paid[1]


@settings(max_examples=100, deadline=None)
@given(st.lists(MADE, min_size=2, max_size=5))
def test_the_order_of_contracts_changes_nothing(made: list[Made]) -> None:
    """Rows reversed give the same settlements and pools."""
    rules = program("ct-sim-ssp")
    first = settle(rules, "medicaid", made, ("a1c_test", "access_to_care"))
    assert settle(rules, "medicaid", made, ("a1c_test", "access_to_care"), backward=True) == first
