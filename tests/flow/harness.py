"""The real command, in this process or in one of its own, and what it left on disk."""

from __future__ import annotations

import contextlib
import hashlib
import html
import io
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq

from trueup.cli import main

Row = dict[str, Any]
BY_MONTH, BY_DELIVERY = "ct-husky-maternity", "co-maternity"
PROGRAMS = (BY_MONTH, BY_DELIVERY)
PROCESS = "from trueup.cli import main; main()"
BOX = str.maketrans(dict.fromkeys("│╭╮╰╯─━┃┏┓┗┛┡┩└┘┴┳╇┬", " "))


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, and what it printed on either stream."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything printed, on one line, without the lines of tables and panels."""
        return " ".join((self.out + " " + self.err).translate(BOX).split())


def trueup(*words: object) -> Done:
    """Run the command in this process. An error that would end in a traceback ends the test."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["trueup", *map(str, words)]
    with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        else:
            code = 0
    return Done(code, out.getvalue(), err.getvalue())


def trueup_process(*words: object, **environment: str) -> Done:
    """Run the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def well(done: Done) -> Done:
    """The same, once it is certain that the command did what it was asked."""
    assert done.code == 0, f"exit code {done.code}\n{done.out}\n{done.err}"
    return done


def tree(*folders: Path) -> dict[str, str]:
    """SHA-256 of every file below the folders, by its path in them. The lock file says who wrote last and is left out."""
    return {
        f"{folder.name}/{path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.name != "writer.lock"
    }


def table(folder: Path, name: str, *columns: str) -> list[Row]:
    """The rows of a table of a run, a price set or a batch, with all columns or the named ones."""
    return pq.read_table(folder / f"{name}.parquet", columns=list(columns) or None).to_pylist()


def only(found: Iterable[Path]) -> Path:
    """The one path there is."""
    (path,) = found
    return path


def plain(page: Path) -> str:
    """The text of an HTML page as a reader sees it, on one line."""
    shown = re.sub(r"<(style|script|svg).*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


@contextlib.contextmanager
def all_logs() -> Iterator[io.StringIO]:
    """Everything any part of the program logs, at the most talkative level."""
    text, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@dataclass(frozen=True)
class State:
    """A workspace with everything done in it. `said` holds what each command printed; ids and folders are by program."""

    claims: Path
    path: Path
    price_sets: dict[str, str]
    runs: dict[str, Path]
    said: dict[str, Done]
    logs: str

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    def copy(self, to: Path) -> Path:
        """A workspace with the same claims and prices, without runs and reports."""
        shutil.copytree(
            self.path,
            to,
            ignore=lambda folder, names: set(names) - {"workspace.toml", "batches", "prices"} if Path(folder) == self.path else set(),
        )
        for name in ("runs", "reports"):
            (to / name).mkdir()
        return to


def everything(claims: Path, path: Path) -> State:
    """Every command in order: init, load, price, review, settle, report."""
    sets: dict[str, str] = {}
    with all_logs() as logs:
        said = {"init": well(trueup("init", path, "--key", "test"))}
        said["load"] = well(trueup("load", *sorted(claims.glob("*.csv")), "-w", path))
        for program in PROGRAMS:
            before = set((path / "prices").iterdir())
            said[f"price {program}"] = well(trueup("price", program, "-w", path, "--assume", "illustrative"))
            sets[program] = only(set((path / "prices").iterdir()) - before).name
            settle = ("settle", program, "-w", path, "--prices", sets[program], "--assume", "illustrative")
            said[f"draft {program}"] = trueup(*settle)
            said[f"final {program}"] = well(trueup("price", program, "-w", path, "--final", sets[program]))
            said[f"settle {program}"] = trueup(*settle, "--true-up")
        runs = {program: only(path.glob(f"runs/*/{program}")) for program in PROGRAMS}
        said["report"] = well(trueup("report", "-w", path))
    return State(claims, path, sets, runs, said, logs.getvalue())


def posted(done_text: str) -> str:
    """The id of the set that a post wrote."""
    found = re.search(r"Pending: ([0-9a-f]{32})", done_text)
    assert found
    return found[1]
