"""Ledgers to test with: on a SQLite file, and on a private PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.ledger.postgres import Cluster, cluster

from trueup.ledger.book import Ledger

__all__ = ["cluster"]

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger that does not exist yet, on either database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    server: Cluster = request.getfixturevalue("cluster")
    return server.database()


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    """A new ledger, on either database."""
    with Ledger.open(address) as opened:
        yield opened


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger on SQLite, where the database makes no difference to what is tested."""
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def opened(address: str) -> Callable[[], Ledger]:
    """Opens the same ledger again and again."""
    return lambda: Ledger.open(address)
