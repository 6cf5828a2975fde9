"""The engine's split of a pool against one worked out from the words of the reference page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from oracle import points_pool as oracle
from unit.settlement.conftest import Rules
from unit.settlement.test_points import RULES

from trueup.entity_grain import Participation
from trueup.settlement.points import PointFacts, settle_points
from trueup.settlement.points_cases import Case, Found, Reported, Slot

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
DAYS = st.integers(0, 364).map(lambda n: FIRST + timedelta(days=n))
ENTITIES = st.sampled_from(["A", "B", "C", "D"])
WORTH = st.decimals(0, 20, places=2)
STATUSES = st.sampled_from(["numerator", "denominator", "excluded", "excepted", None])


def stays() -> st.SearchStrategy[dict[str, list[oracle.Row]]]:
    span = st.tuples(DAYS, st.none() | st.integers(0, 200)).map(
        lambda s: {"from": s[0], "to": None if s[1] is None else s[0] + timedelta(days=s[1])}
    )
    return st.dictionaries(ENTITIES, st.lists(span, max_size=2), max_size=4)


CASES = st.lists(
    st.fixed_dictionaries(
        {
            "entity": ENTITIES | st.none(), "accountable": st.sampled_from([True, True, True, False]), "day": DAYS,
            "excluded": st.sampled_from([False, False, False, True]), "visit": STATUSES, "early": STATUSES,
            "held": st.sampled_from([0] * 19 + [5]),
        }
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=150, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(
    cases=CASES, worth=st.tuples(WORTH, WORTH, WORTH), pool=st.integers(0, 1_000_000), minimum=st.integers(0, 4), strictly=st.booleans(),
    case_cap=st.none() | WORTH, payment_cap=st.none() | st.decimals(0, 1, places=4), redistributed=st.booleans(), must_join=st.booleans(),
    limit=st.sampled_from([0, 5]), reports=st.dictionaries(ENTITIES, st.integers(0, 8)), here=stays(), elsewhere=stays(),
)  # fmt: skip
def test_the_split_agrees(
    cases: list[oracle.Row], worth: tuple[Decimal, Decimal, Decimal], pool: int, minimum: int, strictly: bool, case_cap: Decimal | None,
    payment_cap: Decimal | None, redistributed: bool, must_join: bool, limit: int, reports: dict[str, int],
    here: dict[str, list[oracle.Row]], elsewhere: dict[str, list[oracle.Row]],
) -> None:  # fmt: skip
    slots = [Slot(n, f"m_{n}", s, w) for n, s, w in zip(("visit", "early", "form"), ("claims", "claims", "submission"), worth, strict=True)]
    program = Rules(
        {
            **RULES, "settlement.pools.Y.amount": Decimal(pool) / 100, "settlement.minimum_cases": minimum,
            "settlement.minimum_cases_operator": "gt" if strictly else "ge", "settlement.case_cap": "off" if case_cap is None else case_cap,
            "settlement.payment_cap_rate": "off" if payment_cap is None else payment_cap,
            "settlement.cap_excess": "redistributed" if redistributed else "undistributed", "participation.required": must_join,
            "maturity.held_dollars_limit": Decimal(limit) / 100,
        }
    )  # fmt: skip
    rows = [
        Case(f"E{n}", f"M{n}", c["entity"], c["day"], c["accountable"], "out" if c["excluded"] else "", held_cents=c["held"])
        for n, c in enumerate(cases)
    ]
    found = [Found(f"E{n}", f"m_{slot}", c[slot]) for n, c in enumerate(cases) for slot in ("visit", "early") if c[slot]]
    spans = {
        k: {e: [Participation(e, s["from"], s["to"]) for s in held] for e, held in v.items()}
        for k, v in (("here", here), ("else", elsewhere))
    }
    facts = PointFacts(
        rows, slots, found, [Reported(e, "m_form", n) for e, n in reports.items()], (),
        [s for held in spans["here"].values() for s in held], spans["else"],
    )  # fmt: skip
    engine = settle_points(program, program.period("Y"), facts, as_of=date(2026, 12, 31))

    terms = oracle.Terms(
        pool, {s.id: Fraction(s.points) for s in slots}, {"form"}, minimum, strictly, None if case_cap is None else Fraction(case_cap),
        None if payment_cap is None else Fraction(payment_cap), redistributed, must_join, limit,
    )  # fmt: skip
    given_cases = [{**c, "met": {slot for slot in ("visit", "early") if c[slot] == "numerator"}} for c in cases]
    answer = oracle.settle(terms, given_cases, {(e, "form"): n for e, n in reports.items()}, here, elsewhere, FIRST, LAST)
    assert {s.entity_id: (s.amount_cents, s.status) for s in engine.settled.settlements} == answer.amounts
    assert {r.entity_id for r in engine.settled.refusals} == answer.refused
    if answer.amounts:
        assert engine.pool.undistributed_amount_cents == answer.left
    earned = {
        e: sum((Fraction(r.points) for r in engine.case_points if r.counted and r.entity_id == e), Fraction(0)) for e in answer.points
    }
    assert earned == answer.points
