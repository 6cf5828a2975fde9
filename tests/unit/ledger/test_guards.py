"""What the database refuses by itself, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, at, book, month_rate, pay, post, proposal, savings

from trueup.errors import EngineError
from trueup.ledger import models
from trueup.ledger.book import Ledger
from trueup.ledger.chain import Draft, append, head
from trueup.ledger.chart import FUNDS, PAYABLE, RECEIVABLE
from trueup.ledger.guards import TABLES
from trueup.ledger.store import Store, open_store
from trueup.ledger.words import header

APRIL = date(2025, 4, 30)


@pytest.fixture
def store(address: str) -> Store:
    """A ledger with every kind of row in it."""
    with Ledger.open(address) as ledger:
        book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000), savings("E2", -900)))
        pay(ledger, "2025-04", APRIL)
    return open_store(address)


def refused(store: Store, act: Callable[[sa.Connection], Any], message: str) -> None:
    """The act is refused with that message, and the ledger is what it was."""
    with store.read() as con:
        before = head(con)
    with pytest.raises((DBAPIError, EngineError), match=message), store.write() as con:
        act(con)
    with store.read() as con:
        assert head(con) == before


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_changed_or_taken_out(store: Store, table: str) -> None:
    column = next(iter(models.METADATA.tables[table].columns)).name
    refused(store, lambda con: con.exec_driver_sql(f"UPDATE {table} SET {column} = {column}"), "append-only")
    refused(store, lambda con: con.exec_driver_sql(f"DELETE FROM {table}"), "append-only")


def test_nothing_is_replaced_or_truncated(store: Store) -> None:
    if store.is_sqlite:
        for table in TABLES:
            act = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"
            refused(store, lambda con, act=act: con.exec_driver_sql(act), "follows|sealed|replaced|append-only")
    else:
        for table in TABLES:
            act = f"TRUNCATE {table} CASCADE"
            refused(store, lambda con, act=act: con.exec_driver_sql(act), "append-only")


def draft(kind: str = "departure", *, minute: int = 900, day: date = APRIL, **more: Any) -> Draft:
    return Draft(header(kind, f"test-{kind}-{minute}", MAKER, at(minute), day=day, attempt=(minute,), program=PROGRAM, **more))


def test_an_entry_without_its_seal_is_not_committed(store: Store) -> None:
    def unsealed(con: sa.Connection) -> None:
        seq, prev = head(con)
        counts = {"line_count": 0, "posting_count": 0, "part_count": 0}
        row = {**draft().header, **counts, "seq": seq + 1, "prev_hash": prev, "hash": "x"}
        con.execute(sa.insert(models.entries), row)

    refused(store, unsealed, "(?i)foreign key")


def test_a_set_that_does_not_sum_to_zero_is_not_sealed(store: Store) -> None:
    lopsided = draft("offset")
    lopsided.post(FUNDS, 100)
    refused(store, lambda con: append(con, [lopsided]), "sum to zero")


def test_a_sealed_entry_takes_nothing_more(store: Store) -> None:
    row = {"entry_seq": 1, "posting_no": 99, "account": f"{FUNDS}:{PROGRAM}", "amount_cents": 1, "receivable_id": ""}
    refused(store, lambda con: con.execute(sa.insert(models.postings), row), "sealed")


def test_an_entry_follows_the_last_one(store: Store) -> None:
    def forked(con: sa.Connection) -> None:
        seq, _ = head(con)
        counts = {"line_count": 0, "posting_count": 0, "part_count": 0}
        con.execute(sa.insert(models.entries), {**draft().header, **counts, "seq": seq + 1, "prev_hash": "elsewhere", "hash": "x"})

    refused(store, forked, "follows the last")


def test_the_maker_does_not_approve(store: Store, address: str) -> None:
    with Ledger.open(address) as ledger:
        waits = post(ledger, proposal("2025-05", month_rate("E1", "2025-05", 1)), minute=500).posting_id
    refused(store, lambda con: append(con, [draft("approval", subject_id=waits)]), "maker does not approve")
    refused(store, lambda con: append(con, [draft("void", subject_id="nothing")]), "about a proposed entry")
    refused(store, lambda con: append(con, [draft("confirmation", subject_id=waits)]), "approved remittance")


def test_a_closed_month_takes_no_posting(store: Store, address: str) -> None:
    with Ledger.open(address) as ledger:
        ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(700))
    refused(store, lambda con: append(con, [draft("offset")]), "closed month")
    with store.write() as con:
        append(con, [draft("offset", day=date(2025, 5, 1))])


def test_no_more_is_recovered_than_is_owed_and_no_more_paid_than_is_payable(store: Store) -> None:
    with store.read() as con:
        owed = con.execute(sa.select(models.postings.c.receivable_id).where(models.postings.c.receivable_id != "")).scalar_one()
    over = draft("offset")
    over.post(FUNDS, 901)
    over.post(RECEIVABLE, -901, entity_id="E2", receivable_id=owed)
    refused(store, lambda con: append(con, [over]), "never below zero")
    paid = draft("remittance")
    paid.post(PAYABLE, 1, entity_id="E1")
    paid.post(FUNDS, -1)
    refused(store, lambda con: append(con, [paid]), "no more is paid")


def test_what_was_remitted_is_not_remitted_again(store: Store) -> None:
    with store.read() as con:
        part = con.execute(sa.select(models.parts.c.paid_seq, models.parts.c.amount_cents)).one()
    again = draft("remittance")
    again.parts.append({"part_no": 1, "paid_id": "first", "entity_id": "E1", "amount_cents": part.amount_cents})
    refused(store, lambda con: append(con, [again], paid_seqs={"first": part.paid_seq}), "remitted again")


def test_sqlite_holds_no_amount_that_is_not_an_integer(sqlite_ledger: Ledger) -> None:
    store = open_store(sqlite_ledger.place)
    text = "INSERT INTO postings VALUES (1, 1, 'a', 1.5, '')"
    refused(store, lambda con: con.exec_driver_sql(text), "cannot store REAL value in INTEGER column")
