"""A machine that does every act on a ledger, in any order, and says first what the ledger must answer."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from life.model import COMPLETE, SETTLED, Asked, Books, Facts, Item, Key, caller, following, shuffled
from life.world import month_end
from sqlalchemy import event

from trueup.errors import TrueupError
from trueup.ledger.book import Ledger
from trueup.ledger.dispute_cases import Claim
from trueup.ledger.dispute_clock import Terms
from trueup.ledger.obligations import Actor, Entitlement, Obligation, Proposal

PROGRAM, FIRST = "case-program", "2025-01"
PEOPLE = ["Ana", "Ben", "Cy"]
ENTITIES, MEMBERS = ["E1", "E2", "E3"], ["M1", "M2"]
TERMS = Terms("settlement", "2025.1", "settlement", "any", 3650, 3650, "escalated", True)
CAMPAIGN = int(os.environ.get("TRUEUP_CAMPAIGN", "0"))  # examples of a long search
FAST = Path("/dev/shm")
SEEN: Counter[str] = Counter()
WHO = st.sampled_from(PEOPLE)
ENTITY = st.sampled_from(ENTITIES)
MEMBER = st.sampled_from(MEMBERS)
PICK = st.integers(0, 11)
CRASH = st.one_of(st.just(0), st.integers(1, 30))


class Crashed(Exception):
    """The process is gone in the middle of an act."""


class LedgerMachine(RuleBasedStateMachine):
    """Months of a small program. Each rule says first what the ledger must answer."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trueup-machine-", dir=FAST if FAST.is_dir() else None))
        self.ledger = Ledger.open(self.folder / "ledger.db")
        self.books, self.facts = Books(), Facts()
        self.month, self.turn, self.runs = FIRST, 0, 0
        self.last: Asked | None = None
        self.acts: list[Callable[[Ledger], Any]] = []
        self.seen: list[str] = []
        self.closed_books: dict[str, Any] = {}
        self.checked = "nothing yet"
        self.determined: dict[str, str] = {}
        self.denied: set[tuple[str, str]] = set()
        self.raised: set[tuple[str, str, str]] = set()

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        try:
            self.replay()
            self.tamper()
        finally:
            self.ledger.close()
            shutil.rmtree(self.folder)

    # --- helpers --------------------------------------------------------------------------------------------------------------------
    @property
    def today(self) -> date:
        return month_end(self.month)

    def moment(self) -> datetime:
        self.turn += 1
        return datetime.combine(self.today, datetime.min.time(), tzinfo=UTC) + timedelta(seconds=self.turn)

    def act(self, refusal: str, do: Callable[[Ledger], Any], crash_at: int = 0) -> Any:
        """Do something that must be refused with a code, or else must succeed; killed at its n-th statement first, where one is given, and
        once more afterwards, as an attempt that does not know how the first one ended."""
        if crash_at:
            self.crash(do, crash_at)
        head = self.ledger.head()
        SEEN[f"{caller()} {refusal}".strip()] += 1
        try:
            done = do(self.ledger)
        except TrueupError as error:
            if error.code != refusal or self.ledger.head() != head:
                pytest.fail(f"expected {refusal or 'no refusal'}, found {error}")
            return None
        assert not refusal, f"expected {refusal}"
        self.acts.append(do)
        after = self.ledger.head()
        again = do(self.ledger)
        assert self.ledger.head() == after, "the same attempt again wrote something"
        assert not getattr(again, "is_new", False)
        return done

    def crash(self, do: Callable[[Ledger], Any], crash_at: int) -> None:
        count, head = 0, self.ledger.head()
        engine = self.ledger._store.engine  # pyright: ignore[reportPrivateUsage]

        def statement(*_: object) -> None:
            nonlocal count
            count += 1
            if count == crash_at:
                raise Crashed

        event.listen(engine, "before_cursor_execute", statement)
        try:
            do(self.ledger)
        except Crashed:
            assert self.ledger.head() == head, "an act that was cut off left something behind"
        except TrueupError:
            pass
        finally:
            event.remove(engine, "before_cursor_execute", statement)

    def proposal(self, asked: Asked) -> Proposal:
        entitlements = tuple(
            Entitlement(Obligation(PROGRAM, *key), cents, "settlement" if key[0] == SETTLED else "cycle")
            for key, cents in shuffled(asked.stated.items(), self.turn)
        )
        return Proposal(
            PROGRAM, asked.source, asked.month, entitlements, complete_for=COMPLETE if asked.is_cycle else (),
            upside_only=not asked.is_cycle, as_of=asked.as_of,
        )  # fmt: skip

    def post(self, asked: Asked, maker: str, crash_at: int = 0) -> None:
        proposal, now, day = self.proposal(asked), self.moment(), month_end(asked.month)
        expected, standing = self.books.differences(asked), self.books.standing_request(asked)
        refusal = self.books.refuses_post(asked)
        done = self.act(refusal, lambda book: book.post(proposal, maker=Actor(maker), recorded_at=now, accounting_date=day), crash_at)
        if done is None:
            return
        self.last = asked
        if standing:
            assert done.posting_id == standing
        elif expected:
            if crash_at == 0:
                assert done.is_new
            lines = self.ledger.lines(entry_id=done.posting_id, status="all")
            assert {line.obligation.key[1:]: line.delta_cents for line in lines} == expected
            self.books.post(done.posting_id, asked, maker, day.isoformat())
        else:
            assert not done.is_new

    def run(self, stated: dict[Key, int], *, is_cycle: bool, month: str = "") -> Asked:
        self.runs += 1
        return Asked(f"run{self.runs}", month or self.month, self.today.isoformat(), stated, is_cycle)

    def one(self, n: int, *statuses: str, kinds: tuple[str, ...] = ()) -> tuple[str, Item] | None:
        found = [(i, x) for i, x in self.books.items.items() if x.status in statuses and (not kinds or x.kind in kinds)]
        return found[n % len(found)] if found else None

    # --- facts ----------------------------------------------------------------------------------------------------------------------
    @rule(kind=st.sampled_from(["trigger", "trigger", "visit", "gap"]), member=MEMBER, back=st.integers(0, 3), entity=ENTITY)
    def load(self, kind: str, member: str, back: int, entity: str) -> None:
        month = self.month
        for _ in range(back):
            month = max(FIRST, f"{int(month[:4]) - (month[5:] == '01'):04d}-{(int(month[5:]) - 2) % 12 + 1:02d}")
        self.facts.load(f"C{len(self.facts.versions)}", 1, (kind, member, month, entity))

    @precondition(lambda self: self.facts.versions)
    @rule(n=PICK)
    def load_a_duplicate(self, n: int) -> None:
        """The same version again is no new fact."""
        before = self.facts.entitled(self.month)
        key = list(self.facts.versions)[n % len(self.facts.versions)]
        self.facts.load(*key, self.facts.versions[key])
        assert self.facts.entitled(self.month) == before

    @precondition(lambda self: self.facts.current())
    @rule(n=PICK, entity=ENTITY, is_void=st.booleans())
    def void_or_replace(self, n: int, entity: str, is_void: bool) -> None:
        name, content = list(self.facts.current().items())[n % len(self.facts.current())]
        version = max(v for known, v in self.facts.versions if known == name) + 1
        self.facts.load(name, version, None if is_void else (*content[:3], entity))

    @precondition(lambda self: self.month < "2026-06")
    @rule()
    def a_month_passes(self) -> None:
        self.month = following(self.month)

    # --- posting --------------------------------------------------------------------------------------------------------------------
    @rule(maker=WHO, crash_at=CRASH)
    def post_a_cycle(self, maker: str, crash_at: int) -> None:
        self.post(self.run(self.facts.entitled(self.month), is_cycle=True), maker, crash_at)

    @precondition(lambda self: self.last)
    @rule(maker=WHO)
    def post_the_same_run_again(self, maker: str) -> None:
        assert self.last is not None
        self.post(self.last, maker)

    @rule(maker=WHO, amounts=st.dictionaries(st.tuples(ENTITY, st.sampled_from(["", "sud"])), st.integers(-100_00, 900_00), min_size=1))
    def post_a_settlement(self, maker: str, amounts: dict[tuple[str, str], int]) -> None:
        stated: dict[Key, int] = {(SETTLED, e, "PY2025", "", cohort, ""): cents for (e, cohort), cents in amounts.items()}
        self.post(self.run(stated, is_cycle=False), maker)

    @precondition(lambda self: self.books.closed)
    @rule(maker=WHO)
    def post_into_a_closed_month(self, maker: str) -> None:
        self.post(self.run(self.facts.entitled(self.month), is_cycle=True, month=self.books.closed), maker)

    @precondition(lambda self: self.month > FIRST)
    @rule(maker=WHO)
    def post_a_run_that_knows_less(self, maker: str) -> None:
        asked = self.run(self.facts.entitled(FIRST), is_cycle=True)
        asked.as_of = month_end(FIRST).isoformat()
        self.post(asked, maker)

    # --- two people -----------------------------------------------------------------------------------------------------------------
    @rule(maker=WHO, is_settled=st.booleans(), cents=st.integers(0, 900_00), arrives=st.booleans(), stage=st.integers(0, 5), crash_at=CRASH)
    def a_usual_month(self, maker: str, is_settled: bool, cents: int, arrives: bool, stage: int, crash_at: int) -> None:
        """Post, approve, remit, approve, hear from the bank, close, up to some stage; then the next month begins."""
        other = PEOPLE[(PEOPLE.index(maker) + 1) % len(PEOPLE)]
        self.load("trigger" if cents % 3 else "gap", MEMBERS[cents % 2], cents % 4, ENTITIES[cents % len(ENTITIES)])
        if is_settled:
            stated: dict[Key, int] = {(SETTLED, e, "PY2025", "", "", ""): cents // (n + 1) for n, e in enumerate(ENTITIES)}
            self.post(self.run(stated, is_cycle=False), maker)
        self.post(self.run(self.facts.entitled(self.month), is_cycle=True), maker, crash_at)
        if stage > 0:
            self.approve_all(maker, other)
        if stage > 1:
            self.remit(maker, crash_at)
        if stage > 2:
            self.approve_all(maker, other)
        if stage > 3:
            for entry_id, one in self.books.items.items():
                if one.kind == "remittance" and one.status == "posted":
                    self.answer(entry_id, one, arrives=arrives)
        if stage > 4 or cents % 4 == 0:  # whether it can be closed or not
            self.close(other, True, crash_at)
        if self.month < "2026-06":
            self.month = following(self.month)

    def approve_all(self, maker: str, other: str) -> None:
        for entry_id, one in self.books.items.items():
            if one.status == "pending":
                self.approve_one(entry_id, one, other if one.maker == maker else maker)

    @precondition(lambda self: self.books.items)
    @rule(n=PICK, who=WHO, is_pending=st.booleans(), crash_at=CRASH)
    def approve(self, n: int, who: str, is_pending: bool, crash_at: int) -> None:
        found = self.one(n, "pending") if is_pending else self.one(n, "pending", "posted", "voided", "confirmed", "rejected")
        if found is None:
            return
        self.approve_one(*found, who, crash_at)

    def approve_one(self, entry_id: str, one: Item, who: str, crash_at: int = 0) -> None:
        refusal, now = self.books.refuses_approval(entry_id, who), self.moment()
        if (
            self.act(refusal, lambda book: book.approve(entry_id, approver=Actor(who), recorded_at=now), crash_at)
            and one.status == "pending"
        ):
            one.status, one.approver = "posted", who
            self.books.months.append(one.month)

    @precondition(lambda self: self.one(0, "pending"))
    @rule(n=PICK)
    def approve_by_its_maker(self, n: int) -> None:
        entry_id, one = self.one(n, "pending") or ("", None)
        assert one is not None
        maker, now = Actor(f"  {one.maker.upper()} "), self.moment()
        self.act("TRU-L014", lambda book: book.approve(entry_id, approver=maker, recorded_at=now))

    @precondition(lambda self: self.books.items)
    @rule(n=PICK, who=WHO, crash_at=CRASH)
    def void(self, n: int, who: str, crash_at: int) -> None:
        found = self.one(n, "pending", "voided") or self.one(n, "posted")
        if found is None:
            return
        entry_id, one = found
        refusal, now = self.books.refuses_void(entry_id, who), self.moment()
        if self.act(refusal, lambda book: book.void(entry_id, actor=Actor(who), reason="wrong", recorded_at=now), crash_at):
            one.status, one.voider = "voided", one.voider or who

    # --- paying ---------------------------------------------------------------------------------------------------------------------
    @rule(maker=WHO, crash_at=CRASH)
    def remit(self, maker: str, crash_at: int) -> None:
        due, through, day, now = self.books.due(self.month), self.month, self.today, self.moment()
        refusal = "TRU-L012" if due and through <= self.books.closed else ""
        expected = {e: self.books.payment(e, pays, through, maker, day.isoformat()) for e, pays in due.items()}
        done = self.act(refusal, lambda book: book.remit(PROGRAM, through, maker=Actor(maker), recorded_at=now, payment_date=day), crash_at)
        if done is None:
            return
        fresh = {r.entity_id: r for r in done if r.remittance_id not in self.books.items}
        assert sorted(fresh) == sorted(expected)
        for e, one in expected.items():
            gross = sum(self.books.items[i].net(e) for i in one.pays)
            assert (fresh[e].gross_cents, fresh[e].offset_cents) == (gross, sum(one.takes.values()))
            assert {o.posting_id: o.amount_cents for o in fresh[e].offsets} == one.takes
        for r in fresh.values():
            self.books.items[r.remittance_id] = expected[r.entity_id]
            self.books.months.append(day.isoformat()[:7])

    @precondition(lambda self: self.one(0, "pending", "posted", "confirmed", "rejected", "voided", kinds=("remittance",)))
    @rule(n=PICK, arrives=st.booleans(), is_approved=st.booleans(), crash_at=CRASH)
    def the_bank_answers(self, n: int, arrives: bool, is_approved: bool, crash_at: int) -> None:
        kinds = ("remittance",)
        found = (
            self.one(n, "posted", kinds=kinds) if is_approved else self.one(n, "pending", "confirmed", "rejected", "voided", kinds=kinds)
        )
        if found is not None:
            self.answer(*found, arrives=arrives, crash_at=crash_at)

    def answer(self, entry_id: str, one: Item, *, arrives: bool, crash_at: int = 0) -> None:
        day, now = self.today, self.moment()
        wanted = "confirmed" if arrives else "rejected"
        refusal = (
            "" if one.status == wanted else "TRU-L027" if one.status != "posted" else "TRU-L012" if self.month <= self.books.closed else ""
        )

        def record(book: Ledger) -> Any:
            if arrives:
                return book.confirm(entry_id, actor=Actor("Bank"), recorded_at=now, accounting_date=day)
            return book.reject(entry_id, actor=Actor("Bank"), reason="account closed", recorded_at=now, accounting_date=day)

        if self.act(refusal, record, crash_at) and one.status == "posted":
            one.status = wanted
            self.books.months.append(self.month)

    @precondition(lambda self: self.books.receivables())
    @rule(n=PICK, maker=WHO, part=st.integers(0, 5), gives_up=st.booleans(), crash_at=CRASH)
    def recover_elsewhere(self, n: int, maker: str, part: int, gives_up: bool, crash_at: int) -> None:
        owed = self.books.receivables()
        posting_id, e = owed[n % len(owed)]
        balance = self.books.owed(posting_id, e)
        cents = {0: 0, 1: 1, 2: balance // 2, 3: balance, 4: balance + 1, 5: -1}[part]
        known = {(r.posting_id, r.entity_id): r.receivable_id for r in self.ledger.receivables(date(2099, 1, 1), open_only=False)}
        name, now, day = known[posting_id, e], self.moment(), self.today
        refusal = "TRU-L012" if self.month <= self.books.closed else "" if 0 < cents <= balance else "TRU-L023"
        if not refusal and not gives_up and self.books.is_held(posting_id, e):
            refusal = "TRU-L077"
        reference = f"claim payment {self.turn}"
        about: dict[str, Any] = {"maker": Actor(maker), "recorded_at": now, "accounting_date": day}

        def take(book: Ledger) -> Any:
            if gives_up:
                return book.write_off(name, cents, reason="small", **about)
            return book.offset(name, cents, reference=reference, **about)

        done = self.act(refusal, take, crash_at)
        if done is not None:
            kind = "write_off" if gives_up else "offset"
            self.books.items[done.entry_id] = Item(kind, maker, self.month, day.isoformat(), entity=e, takes={posting_id: cents})
            self.books.months.append(self.month)

    # --- months ---------------------------------------------------------------------------------------------------------------------
    @rule(who=WHO, is_next=st.booleans(), crash_at=CRASH)
    def close(self, who: str, is_next: bool, crash_at: int) -> None:
        month = following(self.books.closed) if is_next and self.books.closed else self.month
        refusal, now = self.books.refuses_close(month), self.moment()
        if (
            self.act(refusal, lambda book: book.close_month(month, actor=Actor(who), recorded_at=now), crash_at)
            and month > self.books.closed
        ):
            self.books.closed = month
            self.books.months.append(month)
            self.closed_books[month] = self.shown(month)

    @rule(who=WHO, is_last=st.booleans(), crash_at=CRASH)
    def reopen(self, who: str, is_last: bool, crash_at: int) -> None:
        month = self.books.closed if is_last and self.books.closed else following(self.month)
        refusal, now = "" if month == self.books.closed else "TRU-L024", self.moment()
        if self.act(refusal, lambda book: book.reopen_month(month, "a late file", actor=Actor(who), recorded_at=now), crash_at):
            del self.closed_books[month]
            self.books.months.append(month)
            self.books.closed = max(self.closed_books, default="")

    # --- disputes -------------------------------------------------------------------------------------------------------------------
    def settlement(self, e: str) -> str:
        """The latest approved posting set that settles an entity."""
        return next((i for i, x in reversed(self.books.sets("posted").items()) if any(k[0] == SETTLED and k[1] == e for k in x.lines)), "")

    @rule(entity=ENTITY, crash_at=CRASH)
    def dispute(self, entity: str, crash_at: int) -> None:
        made = self.settlement(entity)
        if not made or entity in self.books.disputed:
            return
        claim = Claim(PROGRAM, entity, "PY2025", f"too low {self.turn}", "Practice", self.today)
        is_again = (made, entity) in self.denied or (made, entity, self.month) in self.raised
        now, refusal = self.moment(), "TRU-L068" if is_again else ""
        done = self.act(refusal, lambda book: book.raise_dispute(claim, TERMS, actor=Actor("Practice"), recorded_at=now), crash_at)
        if done is not None:
            self.books.disputed[entity] = done.entry_id
            self.determined[entity] = made
            self.raised.add((made, entity, self.month))

    @precondition(lambda self: self.books.disputed)
    @rule(n=PICK, is_denied=st.booleans(), crash_at=CRASH)
    def the_dispute_ends(self, n: int, is_denied: bool, crash_at: int) -> None:
        e, name = list(self.books.disputed.items())[n % len(self.books.disputed)]
        day, now = self.today, self.moment()

        def end(book: Ledger) -> Any:
            if is_denied:
                return book.decide_dispute(name, "denied", reason="as billed", day=day, actor=Actor("Judge"), recorded_at=now)
            return book.withdraw_dispute(name, reason="settled otherwise", day=day, actor=Actor("Practice"), recorded_at=now)

        self.act("", end, crash_at)
        del self.books.disputed[e]
        if is_denied:
            self.denied.add((self.determined[e], e))

    # --- what always holds ----------------------------------------------------------------------------------------------------------
    @invariant()
    def all_is_well(self) -> None:
        """Looked at after each new entry; an act that is refused asserts itself that it wrote none."""
        if hasattr(self, "ledger") and self.ledger.head() != self.checked:
            self.the_books_are_those_of_the_model()
            self.nothing_that_was_written_has_changed()
            self.a_settlement_is_never_below_zero_in_all()
            self.checked = self.ledger.head()

    def shown(self, month: str) -> Any:
        return {b.account: b.amount_cents for b in self.ledger.balances(through=month)}

    def the_books_are_those_of_the_model(self) -> None:
        """I-04: sums of zero. I-12: differences add up to what was stated last. I-14: paid as approved, recovered as owed."""
        balances = {b.account: b.amount_cents for b in self.ledger.balances() if b.amount_cents}
        assert balances == self.books.balances(PROGRAM)
        assert sum(balances.values()) == sum(b.amount_cents for b in self.ledger.balances(status="live")) == 0
        booked: dict[Key, int] = {}
        for line in self.ledger.lines(status="live"):
            booked[line.obligation.key[1:]] = booked.get(line.obligation.key[1:], 0) + line.delta_cents
        assert {k: c for k, c in booked.items() if c} == {k: c for k, c in self.books.booked().items() if c}
        owed = {(r.posting_id, r.entity_id): r.balance_cents for r in self.ledger.receivables(date(2099, 1, 1))}
        assert owed == {(i, e): self.books.owed(i, e) for i, e in self.books.receivables()}
        assert all(cents >= 0 for account, cents in balances.items() if account.startswith("asset:receivable"))
        assert all(cents <= 0 for account, cents in balances.items() if account.startswith("liability:"))

    def nothing_that_was_written_has_changed(self) -> None:
        """I-05: the chain only grows, and verifies. I-13: closed months stay as they were."""
        hashes = [e.hash for e in self.ledger.entries()]
        assert hashes[: len(self.seen)] == self.seen
        self.seen = hashes
        found = self.ledger.verify()
        assert found.is_sound, found.first_bad
        assert found.head_hash == self.ledger.head() == (hashes[-1] if hashes else "")
        for month, books in self.closed_books.items():
            assert self.shown(month) == books, month

    def a_settlement_is_never_below_zero_in_all(self) -> None:
        """I-17."""
        totals: dict[tuple[str, str], int] = {}
        for line in self.ledger.lines(purpose=SETTLED, status="live"):
            key = (line.obligation.entity_id, line.obligation.period)
            totals[key] = totals.get(key, 0) + line.delta_cents
        assert all(cents >= 0 for cents in totals.values())

    # --- at the end -----------------------------------------------------------------------------------------------------------------
    def replay(self) -> None:
        """I-07: the same acts on an empty ledger give the same head, whatever order runs list their amounts in."""
        with Ledger.open(self.folder / "again.db") as again:
            for do in self.acts:
                do(again)
            assert again.head() == self.ledger.head()

    def tamper(self) -> None:
        """A byte of the file that is flipped is found, or is one that nothing reads."""
        whole = self.folder / "whole.db"
        with sqlite3.connect(self.folder / "ledger.db") as con:
            con.execute("VACUUM INTO ?", (str(whole),))
        before, content = dump(whole), whole.read_bytes()
        for n in range(6):
            place = (int(self.ledger.head()[:8] or "7", 16) * (n + 1) * 7919) % len(content)
            bad = self.folder / f"bad{n}.db"
            bad.write_bytes(content[:place] + bytes([content[place] ^ 1 << n]) + content[place + 1 :])
            assert found_or_unread(bad, before), f"byte {place} of {len(content)}"


def dump(path: Path) -> list[Any]:
    """Every row and every statement of a database; the names of SQLite's automatic indexes are read by nobody."""
    with sqlite3.connect(path) as con:
        con.text_factory = bytes
        names = [row[0].decode(errors="replace") for row in con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        statements = con.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1").fetchall()
        return [statements, *(con.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall() for name in names)]


def found_or_unread(path: Path, before: list[Any]) -> bool:
    """Whether a damaged copy is refused or found unsound, or nothing that can be read from it has changed."""
    try:
        with Ledger.open(path, create=False) as ledger:
            if not ledger.verify().is_sound:
                return True
    except TrueupError:
        return True
    return dump(path) == before
