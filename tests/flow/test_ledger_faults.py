"""The ledger is killed at every commit and every rename, by twenty at once, and by a database that goes away. It pays once."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, amounts, at, month_rate, post, proposal, sound
from unit.ledger.life import live
from unit.ledger.postgres import Cluster, cluster

from trueup.errors import EngineError
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor, Proposal
from trueup.ledger.store import Store

__all__ = ["cluster"]

KILLED, FAILED = 9, 3
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
APRIL = date(2025, 4, 30)


@pytest.fixture(params=BOTH)
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes addresses of new, empty ledgers on either database."""
    if request.param == "postgresql":
        server: Cluster = request.getfixturevalue("cluster")
        return server.schema
    numbers = iter(range(10_000))
    return lambda: str(tmp_path / f"ledger-{next(numbers)}.db")


def in_child(act: Callable[[], Any], *, is_expected: bool = False) -> int:
    """Run `act` in a process of its own and give its exit code. Its errors are shown unless they are expected."""
    return wait(started(act, is_expected=is_expected))


def started(act: Callable[[], Any], *, is_expected: bool = False) -> int:
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            if not is_expected:
                traceback.print_exc()
            os._exit(FAILED)
        os._exit(0)
    return child


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Fault:
    """The n-th commit or rename of a process fails: `before` and `after` kill the process there, `raise` is an error of the system."""

    def __init__(self, n: int, mode: str) -> None:
        self.left, self.mode = n, mode

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self.mode == "raise":
                raise OSError("no space left on device")
            if self.left == 0 and self.mode == "before":
                os._exit(KILLED)
            result = act(*args)
            if self.left == 0:
                os._exit(KILLED)
            return result

        return counted

    def __enter__(self) -> None:
        self._patches = [
            mock.patch.object(DefaultDialect, "do_commit", self.around(DefaultDialect.do_commit)),
            mock.patch.object(os, "replace", self.around(os.replace)),
        ]
        for patch in self._patches:
            patch.start()

    def __exit__(self, *_: object) -> None:
        for patch in self._patches:
            patch.stop()


def whole_life(address: str, folder: Path, fault: Fault | None = None) -> None:
    with fault or Fault(0, "none"), Ledger.open(address) as ledger:
        live(ledger, folder)


def written(address: str, folder: Path) -> tuple[str, bytes, bytes, dict[str, int]]:
    """What a life leaves behind: the head of a sound ledger, both exports, and what each entity was paid."""
    with Ledger.open(address) as ledger:
        sound(ledger)
        paid: dict[str, int] = {}
        for one in ledger.remittances():
            assert one.status == "confirmed"
            paid[one.entity_id] = paid.get(one.entity_id, 0) + one.total_cents
        exports = (folder / "ledger.journal").read_bytes(), (folder / "ledger.beancount").read_bytes()
        return ledger.head(), *exports, paid


@pytest.mark.parametrize("mode", ["before", "after", "raise"])
def test_killed_at_every_commit_and_rename_it_ends_the_same(new_address: Callable[[], str], tmp_path: Path, mode: str) -> None:
    clean, folder = new_address(), tmp_path / "clean"
    folder.mkdir()
    assert in_child(lambda: whole_life(clean, folder)) == 0
    expected = written(clean, folder)
    assert expected[3] == {"E1": 15_000 + 40_000, "E2": 15_000}

    tried = 0
    for n in range(1, 500):
        address, folder = new_address(), tmp_path / f"fault-{n}"
        folder.mkdir()
        life = partial(whole_life, address, folder)
        ended = in_child(partial(life, Fault(n, mode)), is_expected=True)
        if ended == 0:
            break
        tried += 1
        assert ended == (FAILED if mode == "raise" else KILLED), f"operation {n}"
        in_child(partial(life, Fault(3, mode)), is_expected=True)  # killed again while it resumes, and then left alone
        assert in_child(life) == 0, f"operation {n}"
        assert written(address, folder) == expected, f"operation {n}"
    assert tried > 25


def at_once(acts: list[Callable[[], Any]]) -> list[int]:
    children = [started(act) for act in acts]
    return [wait(child) for child in children]


CYCLE = tuple(month_rate(f"E{n}", "2025-04", 15_000 + n, f"M{n}") for n in range(40))


@pytest.mark.parametrize("is_new_ledger", [True, False])
def test_twenty_posts_of_one_cycle_post_once(new_address: Callable[[], str], is_new_ledger: bool) -> None:
    """Twenty people press the button; in the first case the ledger does not even exist yet."""
    address = new_address()
    if not is_new_ledger:
        Ledger.open(address).close()

    def press(number: int) -> None:
        with Ledger.open(address) as ledger:
            asked = Proposal(PROGRAM, "the run", "2025-04", CYCLE, complete_for=("case_rate",))
            done = post(ledger, asked, maker=Actor(f"Person {number}"), minute=number)
            assert done.posting_id
            assert done.status == "pending"

    assert at_once([lambda n=n: press(n) for n in range(20)]) == [0] * 20
    with Ledger.open(address) as ledger:
        assert [e.kind for e in ledger.entries()] == ["posting_set"]
        assert sum(line.delta_cents for line in ledger.lines(status="live")) == sum(e.amount_cents for e in CYCLE)
        sound(ledger)


def test_twenty_different_runs_of_one_cycle_book_each_amount_once(new_address: Callable[[], str]) -> None:
    """Runs that state parts of the same cycle: whoever comes later books only what is still missing."""
    address = new_address()

    def press(number: int) -> None:
        with Ledger.open(address) as ledger:
            post(ledger, Proposal(PROGRAM, f"run {number}", "2025-04", CYCLE[: 21 + number]), minute=number)

    assert at_once([lambda n=n: press(n) for n in range(20)]) == [0] * 20
    with Ledger.open(address) as ledger:
        booked = [(line.obligation.entity_id, line.delta_cents) for line in ledger.lines(status="live")]
        assert sorted(booked) == sorted((e.obligation.entity_id, e.amount_cents) for e in CYCLE)
        sound(ledger)


def test_twenty_payments_of_one_month_pay_once(new_address: Callable[[], str]) -> None:
    address = new_address()
    with Ledger.open(address) as ledger:
        done = post(ledger, Proposal(PROGRAM, "the run", "2025-04", CYCLE))
        ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(1))

    def press(number: int) -> None:
        with Ledger.open(address) as ledger:
            paid = ledger.remit(PROGRAM, "2025-04", maker=MAKER, recorded_at=at(number + 5), payment_date=APRIL)
            assert len(paid) == 40

    assert at_once([lambda n=n: press(n) for n in range(20)]) == [0] * 20
    with Ledger.open(address) as ledger:
        assert sum(r.total_cents for r in ledger.remittances()) == sum(e.amount_cents for e in CYCLE)
        sound(ledger)


@pytest.fixture
def on_statement() -> Iterator[Callable[[str, Callable[[], None]], None]]:
    """Does something, once, before the first statement that starts like this."""
    registered: list[Any] = []

    def arrange(start: str, act: Callable[[], None]) -> None:
        def listen(con: Any, cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith(start) and registered[-1][1]:
                registered[-1][1] = False
                act()

        registered.append([listen, True])
        sa.event.listen(sa.Engine, "before_cursor_execute", listen)

    yield arrange
    for listen, _ in registered:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)


@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize("statement", ["INSERT INTO lines", "INSERT INTO postings", "INSERT INTO seals"])
def test_a_postgresql_that_goes_away_mid_post_leaves_nothing_half_written(cluster: Cluster, on_statement: Any, statement: str) -> None:
    asked = proposal("2025-04", month_rate("E1", "2025-04", 15_000))
    with Ledger.open(cluster.database()) as ledger:
        on_statement(statement, cluster.stop)
        try:
            with pytest.raises(EngineError, match=r"TRU-L050 .*does not answer.* Run the same again"):
                post(ledger, asked)
            with pytest.raises(EngineError, match="TRU-L050"):
                ledger.balances()
        finally:
            cluster.start()
        assert ledger.entries() == []
        assert post(ledger, asked).is_new
        assert post(ledger, asked, minute=5).is_new is False
        sound(ledger)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, on_statement: Any) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        limit = sa.event.listens_for(sa.Engine, "connect")

        @limit
        def small(dbapi: Any, record: Any) -> None:
            dbapi.execute("PRAGMA max_page_count = 60")

        asked = proposal("2025-04", *(month_rate("E1", "2025-04", 100, f"M{n}") for n in range(2_000)))
        try:
            with pytest.raises(EngineError, match=r"TRU-L050 .*disk is full"):
                post(ledger, asked)
        finally:
            sa.event.remove(sa.Engine, "connect", small)
        assert ledger.entries() == []
        assert post(ledger, asked).is_new
        sound(ledger)


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger, mock.patch("trueup.ledger.store.WAIT_SECONDS", 0):
        holder = Ledger.open(path)
        store: Store = holder._store
        with store.write(), pytest.raises(EngineError, match="TRU-L052"):
            post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 1)))
        holder.close()
        assert amounts(ledger, status="live") == {}
