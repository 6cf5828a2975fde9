"""Opening a ledger: where it is, which tables it has, and what is said where it cannot be opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from unit.ledger.acts import month_rate, post, proposal

from trueup.errors import EngineError, Refused, TrueupError, UsageError
from trueup.ledger import models
from trueup.ledger.book import Ledger
from trueup.ledger.chart import CHART
from trueup.ledger.store import open_store


def test_the_migrations_make_the_tables_of_the_models(address: str) -> None:
    store = open_store(address)
    with store.read() as con:
        assert compare_metadata(MigrationContext.configure(con), models.METADATA) == []


def test_the_declared_accounts_are_those_of_the_code(address: str) -> None:
    store = open_store(address)
    with store.read() as con:
        found = con.execute(models.chart.select()).all()
    assert {(row[0], row[1], row[2]) for row in found} == {(c.name, c.kind, c.normal_sign) for c in CHART.values()}


def test_opening_again_changes_nothing(address: str) -> None:
    with Ledger.open(address) as ledger:
        done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 1)))
    with Ledger.open(address, create=False) as ledger:
        assert [e.entry_id for e in ledger.entries()] == [done.posting_id]


def test_a_ledger_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="TRU-L056"):
        Ledger.open(tmp_path / "ledger.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [("mysql://host/ledger", "TRU-L054"), ("sqlite://", "TRU-L054"), ("://", "TRU-L054"), ("postgresql+nothing://host/x", "TRU-L055")],
)
def test_an_address_that_cannot_be_used_is_named(url: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        Ledger.open(url)


def test_no_password_is_shown() -> None:
    with pytest.raises(TrueupError) as caught:
        Ledger.open("postgresql://someone:hunter2@localhost:1/ledger?connect_timeout=2")
    assert caught.value.code == "TRU-L050"
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(EngineError, match="TRU-L053"):
        Ledger.open(path)


def test_a_ledger_of_a_newer_trueup_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    with closing(sqlite3.connect(path)) as con:
        con.execute("UPDATE alembic_version SET version_num = 'r9999'")
        con.commit()
    with pytest.raises(Refused, match="TRU-L057"):
        Ledger.open(path)


def test_a_reader_sees_one_snapshot_while_another_writes(sqlite_ledger: Ledger) -> None:
    store = open_store(sqlite_ledger.place)
    with store.read() as con:
        count = models.entries.select()
        before = con.execute(count).all()
        post(sqlite_ledger, proposal("2025-04", month_rate("E1", "2025-04", 1)))
        assert con.execute(count).all() == before == []
    assert len(sqlite_ledger.entries()) == 1
