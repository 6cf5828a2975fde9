"""Disputes in the chain: what the database refuses, what `verify` finds, and ledgers made before there were disputes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError
from unit.ledger.disputing import (
    CHECKER,
    CLERK,
    JUDGE,
    MAKER,
    PERIOD,
    PRACTICE,
    PROGRAM,
    TERMS,
    after,
    claim,
    decided,
    on,
    raised,
    settle,
    stands,
)

from trueup.errors import EngineError
from trueup.ledger import posting
from trueup.ledger.book import Ledger
from trueup.ledger.chain import Draft, append, head
from trueup.ledger.chart import FUNDS, RECEIVABLE
from trueup.ledger.dispute_cases import Determination, dispute_id, raised_text
from trueup.ledger.guards import sqlite_statements
from trueup.ledger.obligations import Actor, Entitlement, Obligation, Proposal, canonical
from trueup.ledger.posting import receivable_id
from trueup.ledger.store import Store, open_store
from trueup.ledger.words import header


def filled(ledger: Ledger) -> tuple[str, str]:
    """A settlement, an open dispute of E1's loss and a decided one of E2's gain. Returns the set and the open dispute."""
    made = settle(ledger, {("E1", "all"): -5_000, ("E2", "all"): 700}, source="r1")
    known = raised(ledger)
    other = raised(ledger, claim("E2"))
    decided(ledger, other, "upheld")
    return made, known


@pytest.fixture
def store(address: str) -> Store:
    with Ledger.open(address) as ledger:
        filled(ledger)
    return open_store(address)


def refused(store: Store, act: Callable[[sa.Connection], Any], message: str) -> None:
    with store.read() as con:
        before = head(con)
    with pytest.raises((DBAPIError, EngineError), match=message), store.write() as con:
        act(con)
    with store.read() as con:
        assert head(con) == before


def step(kind: str, subject: str, detail: str = "{}", *, actor: Actor = JUDGE, entity: str = "E1", day: date | None = None) -> Draft:
    day = day or after(20)
    about = {"program": PROGRAM, "entity_id": entity, "subject_id": subject}
    draft = Draft(header(kind, f"test-{kind}-{entity}", actor, on(day), day=day, attempt=(kind, detail), **about))
    draft.detail = detail
    return draft


def first_open(store: Store) -> str:
    with store.read() as con:
        return con.exec_driver_sql("SELECT subject_id FROM entries WHERE kind = 'dispute_raised' ORDER BY seq").scalars().all()[0]


# --- the database --------------------------------------------------------------------------------------------------------------------


def test_no_text_is_changed_taken_out_or_added(store: Store) -> None:
    for act in ("UPDATE details SET content = content", "DELETE FROM details"):
        refused(store, lambda con, act=act: con.exec_driver_sql(act), "append-only")
    refused(store, lambda con: con.exec_driver_sql("INSERT INTO details VALUES (1, '{}')"), "sealed")
    if store.is_sqlite:
        replaced = "INSERT OR REPLACE INTO details SELECT * FROM details LIMIT 1"
        refused(store, lambda con: con.exec_driver_sql(replaced), "sealed|append-only")
    else:
        refused(store, lambda con: con.exec_driver_sql("TRUNCATE details"), "append-only")


def test_a_step_has_one_text_and_no_money(store: Store) -> None:
    known = first_open(store)
    refused(store, lambda con: append(con, [step("dispute_lapsed", known, "")]), "one text")
    departure = step("departure", "")
    refused(store, lambda con: append(con, [departure]), "one text")
    paying = step("dispute_lapsed", known)
    paying.post(FUNDS, 5)
    paying.post("expense:shared_savings", -5)
    refused(store, lambda con: append(con, [paying]), "moves no money")


def test_a_step_is_about_a_dispute_and_who_recorded_it_does_not_decide(store: Store) -> None:
    known = first_open(store)
    message = "does not decide"
    refused(store, lambda con: append(con, [step("dispute_evidence", "nothing")]), message)
    refused(store, lambda con: append(con, [step("dispute_evidence", known, entity="E2")]), message)
    refused(store, lambda con: append(con, [step("dispute_decided", known, actor=CLERK)]), message)


def test_a_dispute_ends_once(store: Store) -> None:
    known = first_open(store)
    with store.write() as con:
        append(con, [step("dispute_decided", known)])
    refused(store, lambda con: append(con, [step("dispute_withdrawn", known)]), "(?i)unique")


# --- ledgers of before ---------------------------------------------------------------------------------------------------------------


def test_a_ledger_of_the_first_version_is_updated_and_keeps_its_head(address: str) -> None:
    """The history has two steps: a ledger made with the first alone, with entries in it, goes on as if it had been made with both."""
    made = Ledger.open(address)
    made.close()
    blank = open_store(address)
    with blank.write() as con:  # back to the first version, as if nothing had been written yet
        _downgrade(con, is_sqlite=blank.is_sqlite)
    with blank.write() as con:
        _first_entries(con)
    with blank.read() as con:
        noted = head(con)[1]
    blank.close()
    with Ledger.open(address) as ledger:
        assert ledger.head() == noted != ""
        assert ledger.verify(expected_head=noted).findings == ()
        stands(ledger, filled(ledger)[1])


def _downgrade(con: sa.Connection, *, is_sqlite: bool) -> None:
    """What the first migration alone makes: all of it again, in its place."""
    tables = ["details", "seals", "parts", "postings", "lines", "entries", "accounts", "chart", "alembic_version"]
    if is_sqlite:
        for name in con.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            con.exec_driver_sql(f"DROP TRIGGER {name}")
    for table in tables:
        con.exec_driver_sql(f"DROP TABLE {table}" + ("" if is_sqlite else " CASCADE"))
    if not is_sqlite:
        names = con.exec_driver_sql("SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace").scalars().all()
        for name in names:
            con.exec_driver_sql(f"DROP FUNCTION {name}()")
    config = Config()
    config.set_main_option("script_location", "trueup.ledger:migrations")
    config.attributes["connection"] = con
    command.upgrade(config, "r0001")


def _first_entries(con: sa.Connection) -> None:
    append(con, [Draft(header("departure", "d1", MAKER, on(after(0)), day=after(0), attempt=("d1",), program=PROGRAM, entity_id="E9"))])


# --- verify --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def book_file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        filled(ledger)
        assert ledger.verify().findings == ()
    return path


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as con:
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f"DROP TRIGGER {name}")
        con.commit()
        yield con
        for statement in sqlite_statements():
            con.execute(statement)
        con.commit()


def found(path: Path) -> set[str]:
    with Ledger.open(path) as ledger:
        return {f.code for f in ledger.verify().findings}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE details SET content = replace(content, '2023-02-19', '2023-02-20') WHERE entry_seq = 3",
        "UPDATE details SET content = content || ' ' WHERE entry_seq = 5",
        "UPDATE details SET entry_seq = 2 WHERE entry_seq = 3",
        "DELETE FROM details WHERE entry_seq = 4",
    ],
)
def test_a_changed_word_of_a_dispute_is_found(book_file: Path, change: str) -> None:
    with unguarded(book_file) as con:
        assert con.execute(change).rowcount == 1
        con.commit()
    assert found(book_file) == {"TRU-L043"}


def test_a_missing_guard_of_disputes_is_found(book_file: Path) -> None:
    with closing(sqlite3.connect(book_file)) as con:
        con.execute("DROP TRIGGER guard_detailed")
    assert found(book_file) == {"TRU-L041"}


def own(path: Path) -> tuple[str, str]:
    with Ledger.open(path) as ledger:
        known = ledger.disputes(entity_id="E1")[0]
        return known.determination.posting_id, known.dispute_id


def forged_claim(made: str, **change: Any) -> list[Draft]:
    """A dispute of E1 as nobody can raise it."""
    with_terms = replace(TERMS, **change.pop("terms", {}))
    asked = claim(day=change.pop("day", after(11)))
    fields: dict[str, Any] = {"posting_id": made, "run_id": "r1", "amount_cents": -5_000, "determined_on": after(0)}
    determination = Determination(**{**fields, **change}, maker=MAKER.name, approver=CHECKER.name)
    entry_id, text = dispute_id(asked, with_terms, determination), raised_text(asked, with_terms, determination)
    draft = step("dispute_raised", entry_id, text, day=asked.raised_on)
    draft.header["entry_id"] = entry_id
    return [draft]


def edited(made: str, old: str, new: str) -> list[Draft]:
    (draft,) = forged_claim(made)
    assert old in draft.detail
    draft.detail = draft.detail.replace(old, new)
    return [draft]


def decision(known: str, day: date, outcome: str = "denied", actor: Actor = JUDGE) -> list[Draft]:
    content = {"outcome": outcome, "day": day.isoformat(), "reason": "because"}
    return [step("dispute_decided", known, canonical(content), actor=actor, day=day)]


def held_posting() -> Proposal:
    stated = Entitlement(Obligation(PROGRAM, "shared_savings", "E1", PERIOD, "", "all"), -1, "true_up")
    return Proposal(PROGRAM, "r2", "2023-02", (stated,))


def recouped(made: str) -> list[Draft]:
    draft = Draft(header("offset", "test-offset", MAKER, on(after(20)), day=after(20), program=PROGRAM, entity_id="E1", attempt=(1,)))
    draft.post(FUNDS, 10)
    draft.post(RECEIVABLE, -10, entity_id="E1", receivable_id=receivable_id(made, "E1"))
    return [draft]


@pytest.mark.parametrize(
    ("code", "forged"),
    [
        ("TRU-L085", lambda made, known: [step("dispute_lapsed", known, "no json")]),
        ("TRU-L085", lambda made, known: [step("dispute_lapsed", known, '{"day": "2023-05-01"}')]),
        ("TRU-L086", lambda made, known: forged_claim(made, day=after(31))),
        ("TRU-L086", lambda made, known: forged_claim(made, amount_cents=-4_999)),
        ("TRU-L086", lambda made, known: forged_claim("f" * 32)),
        ("TRU-L086", lambda made, known: forged_claim(made, terms={"outcome": "gain"})),
        ("TRU-L086", lambda made, known: forged_claim(made, determined_on=after(-5), day=after(1))),
        ("TRU-L086", lambda made, known: edited(made, '"decide_by":"2023-04-01"', '"decide_by":"2023-05-01"')),
        ("TRU-L086", lambda made, known: decision(known, after(20), actor=MAKER)),
        ("TRU-L086", lambda made, known: decision(known, after(20), actor=PRACTICE)),
        ("TRU-L086", lambda made, known: decision(known, after(71))),
        ("TRU-L086", lambda made, known: decision(known, after(20), "maybe")),
        ("TRU-L086", lambda made, known: [step("dispute_withdrawn", known, canonical({"day": "2023-02-09", "reason": "x"}))]),
        ("TRU-L086", lambda made, known: [step("dispute_lapsed", known, canonical({"outcome": "escalated", "day": "2023-03-31"}))]),
        ("TRU-L086", lambda made, known: [step("dispute_lapsed", known, canonical({"outcome": "denied", "day": "2023-04-02"}))]),
        (
            "TRU-L086",
            lambda made, known: [
                step("dispute_adjusted", known, canonical({"posting_id": made, "run_id": "r1", "cents": -5_000, "reason": ""}))
            ],
        ),
        ("TRU-L087", lambda made, known: recouped(made)),
    ],
)
def test_a_forged_step_is_found_by_what_it_says(book_file: Path, code: str, forged: Callable[[str, str], list[Draft]]) -> None:
    """The forger knows how to hash; what a step says does not follow from what came before it."""
    made, known = own(book_file)
    with unguarded(book_file), open_store(book_file).write() as con:
        append(con, forged(made, known))
    assert code in found(book_file)
    assert found(book_file) & {"TRU-L041", "TRU-L043"} == set()


def test_a_booking_of_what_is_held_is_found(book_file: Path) -> None:
    with open_store(book_file).write() as con:  # past the book, which would hold it
        posting.post(con, held_posting(), MAKER, on(after(20)), after(20))
    assert found(book_file) == {"TRU-L087"}


def test_an_adjustment_with_other_cents_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        filled(ledger)
        other = ledger.disputes(entity_id="E2")[0].dispute_id
        made = settle(ledger, {("E2", "all"): 900}, day=after(25))
    content = {"posting_id": made, "run_id": "r2", "cents": 100, "reason": ""}
    with open_store(path).write() as con:
        append(con, [step("dispute_adjusted", other, canonical(content), entity="E2", day=after(26))])
    assert found(path) == {"TRU-L086"}


def test_the_text_of_a_dispute_is_one_canonical_text(book_file: Path) -> None:
    with closing(sqlite3.connect(book_file)) as con:
        texts = [text for (text,) in con.execute("SELECT content FROM details ORDER BY entry_seq")]
    assert len(texts) == 3
    assert [canonical(json.loads(text)) for text in texts] == texts
    assert json.loads(texts[0])["determination"]["amount_cents"] == -5_000
