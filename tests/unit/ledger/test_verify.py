"""`verify` finds whatever was changed, and names the first bad entry."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, at, book, month_rate, pay, post, proposal, savings, sound
from unit.ledger.postgres import Cluster

from trueup.errors import EngineError
from trueup.ledger import models
from trueup.ledger.book import Ledger
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import FUNDS, IN_TRANSIT, PAYABLE, RECEIVABLE
from trueup.ledger.guards import TABLES, sqlite_statements
from trueup.ledger.planning import line_id
from trueup.ledger.posting import receivable_id
from trueup.ledger.store import open_store
from trueup.ledger.words import header

APRIL, MAY = date(2025, 4, 30), date(2025, 5, 30)


def filled(ledger: Ledger) -> None:
    """A ledger with every kind of entry."""
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000), savings("E2", 9_000), gate="30 of 30", source="r1"))
    pay(ledger, "2025-04", APRIL)
    book(ledger, proposal("2025-04", savings("E2", 2_000, reason="true_up"), source="r2"), minute=200)
    (owed,) = ledger.receivables(APRIL)
    offset = ledger.offset(owed.receivable_id, 500, reference="ICN 1", maker=MAKER, recorded_at=at(210), accounting_date=APRIL)
    ledger.approve(offset.entry_id, approver=CHECKER, recorded_at=at(211))
    ledger.write_off(owed.receivable_id, 300, reason="small", maker=MAKER, recorded_at=at(212), accounting_date=MAY)
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(213))
    ledger.reopen_month("2025-04", "late file", actor=CHECKER, recorded_at=at(214))
    ledger.leave(PROGRAM, "E2", left_on=MAY, actor=MAKER, recorded_at=at(215))
    waits = post(ledger, proposal("2025-05", month_rate("E1", "2025-05", 1), source="r3"), minute=216)
    ledger.void(waits.posting_id, actor=MAKER, reason="test", recorded_at=at(217))


@pytest.fixture
def book_file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        filled(ledger)
        sound(ledger)
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        con.execute("PRAGMA journal_mode = DELETE")
    return path


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """As somebody with the file would write: no trigger, no foreign key, and the triggers back in their place afterwards."""
    with closing(sqlite3.connect(path)) as con:
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f"DROP TRIGGER {name}")
        yield con
        for statement in sqlite_statements():
            con.execute(statement)
        con.commit()


def findings(path: Path, **more: str) -> list[tuple[str, int]]:
    with Ledger.open(path) as ledger:
        return [(f.code, f.seq) for f in ledger.verify(**more).findings]


COLUMNS = [(name, column.name) for name in TABLES for column in models.METADATA.tables[name].columns]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_value_of_any_column_is_found(book_file: Path, table: str, column: str) -> None:
    is_text = isinstance(models.METADATA.tables[table].columns[column].type, sa.Text)
    with unguarded(book_file) as con:
        (rowid,) = con.execute(f"SELECT MAX(rowid) FROM {table}").fetchone()
        change = f"{column} || 'x'" if is_text else f"{column} + 1"
        con.execute("PRAGMA ignore_check_constraints = ON")
        con.execute(f"UPDATE {table} SET {column} = {change} WHERE rowid = ?", [rowid])
    assert findings(book_file) != []


@pytest.mark.parametrize("table", TABLES)
def test_a_row_taken_out_is_found(book_file: Path, table: str) -> None:
    with unguarded(book_file) as con:
        con.execute(f"DELETE FROM {table} WHERE rowid = (SELECT MIN(rowid) FROM {table})")
    assert findings(book_file) != []


def test_the_first_bad_entry_is_named(book_file: Path) -> None:
    with unguarded(book_file) as con:
        (third,) = con.execute("SELECT entry_id FROM entries WHERE seq = 3").fetchone()
        con.execute("UPDATE postings SET amount_cents = amount_cents * 2 WHERE entry_seq = 3")
    with Ledger.open(book_file) as ledger:
        first = ledger.verify().first_bad
    assert first is not None
    assert (first.code, first.seq, first.entry_id) == ("TRU-L043", 3, third)


def test_a_shortened_ledger_is_found_by_a_head_noted_elsewhere(book_file: Path) -> None:
    with Ledger.open(book_file) as ledger:
        noted = ledger.head()
    with unguarded(book_file) as con:
        (last,) = con.execute("SELECT MAX(seq) FROM entries").fetchone()
        con.execute("DELETE FROM entries WHERE seq = ?", [last])
        con.execute("DELETE FROM seals WHERE seq = ?", [last])
    assert findings(book_file) == []
    assert findings(book_file, expected_head=noted) == [("TRU-L058", 0)]


def test_a_missing_or_weakened_guard_is_found(book_file: Path) -> None:
    with closing(sqlite3.connect(book_file)) as con:
        con.execute("DROP TRIGGER guard_zero_sum")
        con.execute("CREATE TRIGGER guard_zero_sum BEFORE INSERT ON seals BEGIN SELECT 1; END")
    assert findings(book_file) == [("TRU-L041", 0)]


def logical(path: Path) -> list[Any]:
    """Everything the tables say."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
        return [sorted(con.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES]


def test_a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing(book_file: Path, tmp_path: Path) -> None:
    before, size = logical(book_file), book_file.stat().st_size
    dice, found, copy = random.Random(20250430), 0, tmp_path / "flipped.db"
    for _ in range(250):
        place, bit = dice.randrange(size), dice.randrange(8)
        shutil.copy(book_file, copy)
        with open(copy, "r+b") as file:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ (1 << bit)]))
        try:
            wrong = findings(copy)
        except EngineError as error:
            wrong = [(error.code, 0)]
        if wrong:
            found += 1
        else:
            assert logical(copy) == before, f"byte {place}, bit {bit}: changed and not found"
        for rest in tmp_path.glob("flipped.db-*"):
            rest.unlink()
    assert found > 50


def draft(kind: str, *, minute: int = 900, day: date = MAY, actor: Any = MAKER, **more: Any) -> Draft:
    return Draft(header(kind, f"test-{kind}-{minute}", actor, at(minute), day=day, attempt=(minute,), program=PROGRAM, **more))


def line(number: int, entity: str, cents: int, *, purpose: str = "member_fee", booked: int = 0) -> dict[str, Any]:
    stated = month_rate(entity, "2025-05", 1).obligation
    owed = type(stated)(PROGRAM, purpose, entity, "2025-05")
    own = dict(zip(("program", "purpose", "entity_id", "period", "member_id", "cohort", "claim_id"), owed.key, strict=True))
    amounts = {"booked_cents": booked, "entitled_cents": cents + booked, "delta_cents": cents}
    ids = {"line_id": line_id(owed.id, "", cents + booked), "obligation_id": owed.id, "previous_line_id": "", "corrects_line_id": ""}
    return {**own, **amounts, **ids, "line_no": number, "reason": "cycle", "rate_version": ""}


def own_approval() -> list[Draft]:
    return [member_fee(MAY), draft("approval", subject_id="test-posting_set-902")]


def lopsided() -> list[Draft]:
    wrong = draft("offset", entity_id="E2")
    wrong.post(FUNDS, 5)
    return [wrong]


def closed_month() -> list[Draft]:
    return [draft("close", day=date(2025, 4, 30), actor=CHECKER), draft("departure", minute=901), member_fee(date(2025, 4, 1))]


def member_fee(day: date) -> Draft:
    fee = draft("posting_set", minute=902, day=day)
    fee.lines = [line(1, "E7", 100)]
    fee.post("expense:member_fee", 100)
    fee.post(PAYABLE, -100, entity_id="E7")
    return fee


def months_out_of_order() -> list[Draft]:
    return [draft("close", day=date(2025, 4, 30)), draft("close", minute=901, day=date(2025, 6, 30))]


def unlike_its_lines() -> list[Draft]:
    wrong = draft("posting_set")
    wrong.lines = [line(1, "E7", 100)]
    wrong.post("expense:member_fee", 90)
    wrong.post(PAYABLE, -90, entity_id="E7")
    return [wrong]


def unlike_the_books() -> list[Draft]:
    wrong = draft("posting_set")
    wrong.lines = [line(1, "E7", 100, booked=40)]
    wrong.post("expense:member_fee", 100)
    wrong.post(PAYABLE, -100, entity_id="E7")
    return [wrong]


def below_zero() -> list[Draft]:
    wrong = draft("posting_set", upside_only=1)
    wrong.lines = [line(1, "E7", -100, purpose="shared_savings")]
    wrong.post("expense:shared_savings", -100)
    wrong.post(RECEIVABLE, 100, entity_id="E7", receivable_id=receivable_id("test-posting_set-900", "E7"))
    return [wrong]


def paid_without_approval() -> list[Draft]:
    wrong = draft("remittance", entity_id="E1")
    wrong.post(PAYABLE, 100, entity_id="E1")
    wrong.post(IN_TRANSIT, -100)
    return [wrong]


def recovered_too_much() -> list[Draft]:
    wrong = draft("offset", entity_id="E2")
    wrong.post(FUNDS, 10)
    wrong.post(RECEIVABLE, -10, entity_id="E2", receivable_id="unheard of")
    return [wrong]


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("TRU-L047", own_approval),
        ("TRU-L044", lopsided),
        ("TRU-L048", closed_month),
        ("TRU-L048", months_out_of_order),
        ("TRU-L046", unlike_its_lines),
        ("TRU-L045", unlike_the_books),
        ("TRU-L049", below_zero),
        ("TRU-L046", paid_without_approval),
        ("TRU-L049", recovered_too_much),
    ],
)
def test_a_forged_chain_is_found_by_what_it_says(book_file: Path, code: str, written: Any) -> None:
    """The forger knows how to hash: only what the entries say gives them away."""
    with unguarded(book_file) as con:
        con.commit()
        store = open_store(book_file)
        with store.write() as forged:
            append(forged, written())
    assert code in {c for c, _ in findings(book_file)}
    assert {c for c, _ in findings(book_file)} & {"TRU-L041", "TRU-L043"} == set()


def test_postgresql_is_verified_alike(cluster: Cluster) -> None:
    address = cluster.database()
    with Ledger.open(address) as ledger:
        filled(ledger)
        sound(ledger)
        raw = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with raw.begin() as con:
            con.exec_driver_sql("SET LOCAL session_replication_role = replica")
            con.exec_driver_sql("UPDATE lines SET rate_version = 'z' WHERE entry_seq = 1")
        found = ledger.verify()
        assert [(f.code, f.seq) for f in found.findings] == [("TRU-L043", 1)]
        with raw.begin() as con:
            con.exec_driver_sql("ALTER TABLE postings DISABLE TRIGGER guard_postings_no_change")
            con.exec_driver_sql("CREATE OR REPLACE FUNCTION guard_zero_sum() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        assert [f.code for f in ledger.verify().findings] == ["TRU-L043", "TRU-L041", "TRU-L041"]
        raw.dispose()


def test_a_changed_letter_of_an_index_takes_a_guard_away_and_is_found(book_file: Path) -> None:
    data = bytearray(book_file.read_bytes())
    place = data.index(b"('approval', 'void')")
    data[place + 2 : place + 10] = b"approvam"
    book_file.write_bytes(data)
    assert findings(book_file)[-1] == ("TRU-L041", 0)


def test_table_texts_that_are_no_text_end_in_a_clear_error(book_file: Path) -> None:
    data = bytearray(book_file.read_bytes())
    place = data.index(b"CREATE TABLE entries")
    data[place + 3] ^= 0x80
    book_file.write_bytes(data)
    with pytest.raises(EngineError, match="TRU-L053"), Ledger.open(book_file, create=False) as ledger:
        ledger.verify()
