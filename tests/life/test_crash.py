"""A cycle killed at database commits and renamings, and run again: the same ledger, and nothing paid twice. On both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from life import stories as s
from life.faults import KILLED, Ended, Server
from life.ledger_machine import CAMPAIGN
from life.timelines import KNOWN, Row, birth
from life.world import BY_MONTH, CHECKER, World, cents, month_end, say, variant, write_csv
from unit.ledger.postgres import Cluster, cluster

from trueup.ledger.book import Ledger

__all__ = ["cluster"]
A, B = "100000001", "100000002"
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
POSTERS = 20 if CAMPAIGN else 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("attempts"))
    yield started
    started.stop()


def mine(rows: list[Row], member: str) -> list[Row]:
    """Rows of a story under a member of this state, by practices A and B."""
    return [{**r, "member_id": member, "claim_id": member + r["claim_id"], "billing_tin": {"A": A, "B": B}[r["billing_tin"]]} for r in rows]


class State:
    """A state with two months behind it, in which one file waits to be loaded: a hand-over and a voided trigger in July.

    `fresh` gives a copy of its workspace and ledger, as they stand before the cycle of July.
    """

    def __init__(self, folder: Path, programs: Path, kind: str, get_cluster: Any) -> None:
        self.folder, self.kind, self.copies = folder, kind, 0
        self.cluster: Cluster | None = get_cluster() if kind == "postgresql" else None
        self.address = self.cluster.database() if self.cluster else str(folder / "workspace" / "ledger.db")
        self.programs = variant(programs, folder / "programs", BY_MONTH, {"attribution.accountable.min_deliveries": 1}, {})
        world = World.make(folder, self.programs, ledger=self.address)
        rows = mine(s.handed_over(), "M1") + mine(s.W4B.claims, "M2")
        base = [{**birth(tin, "2023-06-01", KNOWN), "claim_id": f"G{tin}", "member_id": f"G{tin}"} for tin in (A, B)]
        provider = [{"npi": f"1{t}", "tin": t, "entity_id": t, "provider_type": "obstetrics", "received_date": KNOWN} for t in (A, B)]
        world.learn(provider=provider, medical_claim=base + [r for r in rows if r["received_date"] < "2025-07"])
        self.prices = world.rates((A, "250.00", "2025-01-01"), (B, "220.00", "2025-01-01")).price_set_id
        for month in ("2025-04", "2025-05", "2025-06"):
            world.cycle(month)
            world.pay(month)
            world.ledger.close_month(month, actor=CHECKER, recorded_at=world.moment(month_end(month)))
        world.close()
        moves = [{**row, "member_id": "M1", "entity_id": B} for row in s.MOVED]
        self.late = [
            write_csv(folder / "late.csv", [r for r in rows if r["received_date"] >= "2025-07"]),
            write_csv(folder / "moves.csv", moves),
        ]
        self.last = ""

    def fresh(self) -> tuple[Path, str]:
        self.copies += 1
        workspace = self.folder / f"copy-{self.copies}"
        shutil.copytree(self.folder / "workspace", workspace)
        return workspace, self.database(self.address) if self.cluster else str(workspace / "ledger.db")

    def database(self, template: str) -> str:
        """A copy of a database of the cluster."""
        assert self.cluster is not None
        name, source = f"copy_{self.copies}_{template.split('/')[3].split('?')[0]}", template.split("/")[3].split("?")[0]
        with psycopg.connect(self.cluster.address("postgres"), autocommit=True) as con:
            con.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'.encode())
        return self.cluster.address(name)

    def job(self, workspace: Path, ledger: str, commands: list[list[str]], **more: Any) -> Row:
        at = ["-w", str(workspace)]
        return {"ledger": ledger, "commands": [[*c, *at, *([] if c[0] == "load" else ["--ledger", ledger])] for c in commands], **more}

    def kills(self, clean: Ended) -> list[int]:
        """The points to be killed at, from 1, and the number after the last, at which nothing is killed.

        In a campaign all points. Otherwise those before a commit or a renaming, where all is on disk that is there after the one before it;
        on PostgreSQL every second of these.
        """
        points = range(1, len(clean.points) + 1)
        before = [n for n in points if clean.points[n - 1].startswith("before ")]
        return [*(points if CAMPAIGN else before[:: 2 if self.cluster else 1]), points.stop]

    def post(self, actor: str = "Ana Maker") -> list[str]:
        where = ["--prices", self.prices, "--programs", str(self.programs), "--assume", "illustrative"]
        return ["pay", BY_MONTH, "--month", "2025-07", *where, "--actor", actor, "--post"]

    @property
    def load(self) -> list[str]:
        return ["load", *map(str, self.late)]

    @property
    def first_half(self) -> list[list[str]]:
        """Loading and posting."""
        return [self.load, self.post()]

    @property
    def second_half(self) -> list[list[str]]:
        """Approving, paying and closing, by two people."""
        maker, checker = ["--actor", "Ana Maker"], ["--actor", "Ben Checker"]
        remit = ["remit", BY_MONTH, "--month", "2025-07"]
        return [
            ["approve", "PENDING", *checker],
            [*remit, "--post", *maker],
            ["approve", "PENDING", *checker],
            [*remit, "--confirm", "PAID", *maker],
            ["close", "2025-07", *checker],
        ]


@pytest.fixture(scope="module", params=BOTH)
def state(request: pytest.FixtureRequest, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    return State(tmp_path_factory.mktemp(request.param), programs, request.param, lambda: request.getfixturevalue("cluster"))


def well(ended: Ended) -> Ended:
    assert ended.code == 0, ended.said
    return ended


def books(ledger: str) -> tuple[str, list[tuple[str, str, str, int]]]:
    """The head of a ledger that is sound, and its differences."""
    with Ledger.open(ledger, create=False) as book:
        assert book.verify().is_sound
        lines = book.lines(status="live")
        assert len({line.line_id for line in lines}) == len(lines)
        return book.head(), [
            (line.obligation.purpose, line.obligation.entity_id, line.obligation.period, line.delta_cents) for line in lines
        ]


BEFORE = [("case_rate", A, f"2025-0{m}", cents("250.00")) for m in (4, 5, 6) for _ in ("M1", "M2")]
JULY = [
    *(("case_rate", A, f"2025-0{m}", cents("-250.00")) for m in (4, 5, 6)),
    ("case_rate", A, "2025-07", cents("250.00")), ("case_rate", B, "2025-07", cents("220.00")),
    *(("ffs_adjustment", A, f"2025-0{m}", cents("95.00")) for m in (4, 5, 6)),
]  # fmt: skip


def test_a_cycle_killed_anywhere_and_run_again_ends_the_same(state: State, server: Server) -> None:
    """Loading and posting: killed at one point after the other, until a whole pass."""
    workspace, ledger = state.fresh()
    clean = well(server.run(state.job(workspace, ledger, state.first_half)))
    posted_head, lines = books(ledger)
    assert sorted(lines) == sorted(BEFORE + JULY)
    for n in state.kills(clean):
        copy, at = state.fresh()
        job = state.job(copy, at, state.first_half)
        killed = server.run({**job, "kill_at": n})
        assert killed.code == (KILLED if n <= len(clean.points) else 0), killed.said
        well(server.run(job))
        assert books(at)[0] == posted_head, f"killed {clean.points[n - 1]}"
    say(f"{state.kind}: loading and posting has {len(clean.points)} points")


def test_paying_killed_anywhere_and_run_again_pays_once(state: State, server: Server) -> None:
    workspace, ledger = state.fresh()
    well(server.run(state.job(workspace, ledger, state.first_half)))
    half = ledger if state.cluster else str(shutil.copy(ledger, state.folder / "half.db"))
    clean = well(server.run(state.job(workspace, copied(state, half), state.second_half)))
    last = state.last
    closed_head, _ = books(last)
    with Ledger.open(last, create=False) as book:
        paid = [(r.entity_id, r.status, r.total_cents) for r in book.remittances(month="2025-07")]
        assert paid == [(B, "confirmed", cents("220.00"))]
        assert book.closed_through() == "2025-07"
        assert sum(r.balance_cents for r in book.receivables(month_end("2025-07"))) == cents("215.00")  # -750 + 250 + 285
    for n in state.kills(clean):
        at = copied(state, half)
        job = state.job(workspace, at, state.second_half)
        killed = server.run({**job, "kill_at": n})
        assert killed.code == (KILLED if n <= len(clean.points) else 0), killed.said
        if killed.code:
            again = server.run({**job, "kill_at": n})  # and killed once more while it is run again
            assert again.code in (0, KILLED), again.said
        well(server.run(job))
        assert books(at)[0] == closed_head, f"killed {clean.points[n - 1]}"
    say(f"{state.kind}: approving, paying and closing has {len(clean.points)} points")


def copied(state: State, half: str) -> str:
    """A copy of the ledger after posting."""
    state.copies += 1
    state.last = state.database(half) if state.cluster else str(shutil.copy(half, state.folder / f"half-{state.copies}.db"))
    return state.last


def test_many_at_once_post_once(state: State, server: Server) -> None:
    """People post one cycle at once, each with a workspace of their own and all into one ledger."""
    workspace, ledger = state.fresh()
    well(server.run(state.job(workspace, ledger, [state.load])))
    places = [workspace, *(Path(shutil.copytree(workspace, state.folder / f"{workspace.name}-{n}")) for n in range(1, POSTERS))]
    jobs = [
        state.job(place, ledger, [state.post(f"Person {n}")], moment=f"2025-08-01T09:00:{n:02d}+00:00") for n, place in enumerate(places)
    ]
    ended = server.run_all(jobs)
    assert [e.code for e in ended] == [0] * POSTERS, [e.said for e in ended if e.code]
    assert len([e for e in ended if "Pending:" in e.said]) == 1
    assert len([e for e in ended if "Posted before" in e.said]) == POSTERS - 1
    assert sorted(books(ledger)[1]) == sorted(BEFORE + JULY)


def test_many_in_one_workspace_post_once_and_say_who_writes(state: State, server: Server) -> None:
    """In one workspace one process writes at a time; the others say so and change nothing, and find the posting when they try again."""
    workspace, ledger = state.fresh()
    well(server.run(state.job(workspace, ledger, [state.load])))
    jobs = [state.job(workspace, ledger, [state.post(f"Person {n}")]) for n in range(POSTERS)]
    ended = server.run_all(jobs)
    refused = [e for e in ended if e.code]
    assert all("TRU-U045" in e.said for e in refused), [e.said for e in refused]
    assert len([e for e in ended if "Pending:" in e.said]) == 1
    again = well(server.run(jobs[-1]))
    assert "Posted before" in again.said
    assert sorted(books(ledger)[1]) == sorted(BEFORE + JULY)
    say(f"{state.kind}: {len(refused)} of {POSTERS} in one workspace were asked to wait")


def test_attempts_leave_the_state_they_start_from_as_it_is(state: State) -> None:
    with Ledger.open(state.address, create=False) as book:
        assert book.closed_through() == "2025-06"
    assert sorted(books(state.address)[1]) == sorted(BEFORE)
