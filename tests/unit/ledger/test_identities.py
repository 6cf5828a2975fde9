"""Whatever happens in whatever order: money is moved, never made, and differences add up to what is stated last."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, at, post, proposal, sound

from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Entitlement, Obligation

PLACES = [(entity, member) for entity in ("E1", "E2") for member in ("M1", "M2")]
STATED = st.dictionaries(st.sampled_from(PLACES), st.integers(-300, 500), max_size=4)
ACTS = st.lists(
    st.tuples(STATED, st.sampled_from(["approve", "void", "wait"]), st.sampled_from(["pay", "reject", "void", "none"])), max_size=7
)


def stated(amounts: dict[tuple[str, str], int]) -> list[Entitlement]:
    """Adjustments, which have either sign."""
    return [
        Entitlement(Obligation(PROGRAM, "ffs_adjustment", entity, "2025-01", member, "", "C1"), cents, "correction")
        for (entity, member), cents in amounts.items()
    ]


class World:
    """The ledger under test, and what a person with a pencil expects of it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.minute = ledger, 0
        self.entitled: dict[tuple[str, str], int] = {}
        self.paid: dict[str, int] = defaultdict(int)

    def tick(self) -> int:
        self.minute += 1
        return self.minute

    def state(self, amounts: dict[tuple[str, str], int], decision: str) -> None:
        done = post(self.ledger, proposal("2025-01", *stated(amounts), complete_for=("ffs_adjustment",)), minute=self.tick())
        if done.is_new and decision == "void":
            self.ledger.void(done.posting_id, actor=MAKER, reason="changed my mind", recorded_at=at(self.tick()))
            return
        self.entitled = dict(amounts)
        if decision == "approve":
            for entry in self.ledger.entries(kind="posting_set"):
                if entry.status == "pending":
                    self.ledger.approve(entry.entry_id, approver=CHECKER, recorded_at=at(self.tick()))

    def settle(self, outcome: str) -> None:
        if outcome == "none":
            return
        day = date(2025, 1, 31)
        for one in self.ledger.remit(PROGRAM, "2025-01", maker=MAKER, recorded_at=at(self.tick()), payment_date=day):
            assert one.total_cents >= 0
            if one.status != "pending":
                continue
            if outcome == "void":
                self.ledger.void(one.remittance_id, actor=MAKER, reason="not today", recorded_at=at(self.tick()))
                continue
            self.ledger.approve(one.remittance_id, approver=CHECKER, recorded_at=at(self.tick()))
            if outcome == "pay":
                self.ledger.confirm(one.remittance_id, actor=MAKER, recorded_at=at(self.tick()), accounting_date=day)
                self.paid[one.entity_id] += one.total_cents
            else:
                self.ledger.reject(one.remittance_id, actor=MAKER, reason="returned", recorded_at=at(self.tick()), accounting_date=day)

    def hold(self) -> None:
        sound(self.ledger)
        booked: dict[tuple[str, str], int] = defaultdict(int)
        posted: dict[str, int] = defaultdict(int)
        for line in self.ledger.lines(status="live"):
            booked[line.obligation.entity_id, line.obligation.member_id] += line.delta_cents
            posted[line.obligation.entity_id] += line.delta_cents if line.status == "posted" else 0
        assert {k: v for k, v in booked.items() if v} == {k: v for k, v in self.entitled.items() if v}
        for entity in ("E1", "E2"):
            told = self.ledger.statement(PROGRAM, entity)
            assert told.payable_cents >= 0
            assert told.receivable_cents == sum(r.balance_cents for r in self.ledger.receivables(date.max, entity_id=entity)) >= 0
            assert posted[entity] == self.paid[entity] + told.payable_cents - told.receivable_cents
            assert sum(row.earned_cents for row in told.rows) == posted[entity]


@given(ACTS)
@settings(max_examples=25)
def test_what_was_earned_is_paid_payable_or_owed(acts: list[tuple[dict[tuple[str, str], int], str, str]]) -> None:
    """I-12: the differences telescope to the last statement. I-04, I-14: earned = paid + payable − owed, for each entity, always."""
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.db") as ledger:
        world = World(ledger)
        for amounts, decision, outcome in acts:
            world.state(amounts, decision)
            world.settle(outcome)
            world.hold()
        world.state(world.entitled, "approve")
        world.settle("pay")
        world.hold()


@given(STATED, STATED)
@settings(max_examples=15)
def test_a_detour_changes_nothing(first: dict[tuple[str, str], int], last: dict[tuple[str, str], int]) -> None:
    """Posting the first and then the last books in all what posting the last alone books."""
    totals: list[dict[str, int]] = []
    for way in ([first, last], [last]):
        with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.db") as ledger:
            world = World(ledger)
            for amounts in way:
                world.state(amounts, "approve")
            total: dict[str, int] = defaultdict(int)
            for line in ledger.lines():
                total[line.obligation.entity_id] += line.delta_cents
            totals.append({entity: cents for entity, cents in total.items() if cents})
    assert totals[0] == totals[1]
