"""Commands in processes that die: `python -m life.faults` (with `tests` on the path) is a server that forks a process for each attempt.

A *point* is the instant before, or after, one database commit or one renaming of a file or folder. An attempt told to die at its n-th point
ends there with `os._exit`, as a process does that is killed: nothing is cleaned up, nothing flushed, no transaction ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

KILLED = 9
ROOT = Path(__file__).resolve().parents[1]
Job = dict[str, Any]


@dataclass
class Ended:
    """How an attempt ended: its exit code, the points it passed, and the last of what it printed."""

    code: int
    points: list[str]
    said: str


@dataclass
class Server:
    """The server, started when first asked. `run` makes one attempt, `run_all` several at once."""

    folder: Path
    _process: subprocess.Popen[str] | None = None
    _numbers: Any = field(default_factory=count)

    def run(self, job: Job) -> Ended:
        return self.run_all([job])[0]

    def run_all(self, jobs: list[Job]) -> list[Ended]:
        if self._process is None:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "life.faults"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            )
        notes = [self.folder / f"attempt-{next(self._numbers)}" for _ in jobs]
        sent = [{**job, "note": str(note)} for job, note in zip(jobs, notes, strict=True)]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(sent) + "\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._process.stdout.readline())
        return [
            Ended(code, _lines(note.with_suffix(".points")), note.with_suffix(".out").read_text(encoding="utf-8")[-3000:])
            for code, note in zip(codes, notes, strict=True)
        ]

    def stop(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=60)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


# --- in the server ------------------------------------------------------------------------------------------------------------------------


def serve() -> None:
    """Fork a process for each job of a line, wait for all of them, answer with their exit codes."""
    from trueup.commands import load

    load()  # once, for all attempts
    for name in ("trueup.cli", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg"):
        import_module(name)

    for line in sys.stdin:
        started = [_fork(job) for job in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


def _fork(job: Job) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        note = Path(job["note"])
        out = os.open(note.with_suffix(".out"), os.O_WRONLY | os.O_CREAT)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = _attempt(job, note.with_suffix(".points"))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _attempt(job: Job, points: Path) -> int:
    """Run the job's commands in order; the first that does not succeed ends it with its code."""
    from trueup.cli import main

    _install(job.get("kill_at", 0), points)
    _fix_clock(datetime.fromisoformat(job["moment"]) if job.get("moment") else datetime(2025, 8, 1, 9, 0, tzinfo=UTC))
    for words in job["commands"]:
        for command in _said(words, job):
            sys.argv = ["trueup", *command]
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            if code:
                return code
    return 0


def _said(words: list[str], job: Job) -> list[list[str]]:
    """A command with its ids: `PENDING` stands for what waits for approval, `PAID` for approved remittances without an outcome."""
    if not {"PENDING", "PAID"} & set(words):
        return [words]
    from trueup.ledger.book import Ledger

    with Ledger.open(job["ledger"]) as book:
        wanted = {
            "PENDING": [e.entry_id for e in book.entries() if e.status == "pending"],
            "PAID": [e.entry_id for e in book.entries(kind="remittance") if e.status == "posted"],
        }
    ids = next(wanted[w] for w in words if w in wanted)
    return [[part for w in words for part in (wanted.get(w) or [w])]] if ids else []


def _fix_clock(moment: datetime) -> None:
    """A resumed attempt gives the same moment again, as a job does that keeps it."""
    clocked = [m for name, m in sys.modules.items() if name.startswith("trueup.commands.") and hasattr(m, "moment")]
    assert len(clocked) > 2
    for module in clocked:
        vars(module)["moment"] = lambda: moment


def _install(kill_at: int, points: Path) -> None:
    """Count every point, and die at one of them."""
    from sqlalchemy.engine.default import DefaultDialect

    seen = count(1)
    note = os.open(points, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def point(what: str) -> None:
        os.write(note, f"{what}\n".encode())
        if next(seen) == kill_at:
            os._exit(KILLED)

    def around(name: str, act: Callable[..., Any], what: Callable[..., str]) -> Callable[..., Any]:
        def acted(*args: Any, **more: Any) -> Any:
            point(f"before {name} {what(*args)}".rstrip())
            done = act(*args, **more)
            point(f"after {name} {what(*args)}".rstrip())
            return done

        return acted

    def unless_derived(act: Callable[..., Any], counted: Callable[..., Any]) -> Callable[..., Any]:
        """Results kept for later runs may be cut off anywhere; that has tests of its own, and hundreds of points."""
        return lambda source, to, **more: (act if is_derived(Path(to)) else counted)(source, to, **more)

    DefaultDialect.do_commit = around("commit", DefaultDialect.do_commit, lambda *_: "")
    for name in ("rename", "replace", "link"):
        act = getattr(os, name)
        setattr(os, name, unless_derived(act, around(name, act, lambda _, to, **__: Path(to).name)))


def is_derived(path: Path) -> bool:
    """Whether a path lies in a workspace's cache, or in what a process has to itself."""
    return any(part == "cache" or part.startswith(".run-") for part in path.parts)


if __name__ == "__main__":
    serve()
