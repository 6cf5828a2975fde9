"""A private PostgreSQL for tests: one cluster in a temporary folder, on a Unix socket, started when first asked for, stopped at the end.

The programs are those of the Debian package `postgresql`. Where they are missing, tests skip with a message, and fail under CI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

MISSING = "PostgreSQL's initdb is not installed: `apt-get install postgresql`"


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@dataclass
class Cluster:
    """One running server, and the addresses of new, empty ledgers in it."""

    programs: Path
    folder: Path
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, *command: str) -> None:
        """Run one of PostgreSQL's programs; the server refuses to be run by root."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_user, *command], capture_output=True, text=True, check=False, cwd=self.folder, timeout=120)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        log = str(self.folder / "log")
        self.run(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-l", log, "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"ledger_{next(self.numbers)}"
        self._make(f"CREATE DATABASE {name}")
        return self.address(name)

    def schema(self) -> str:
        """The address of a new, empty schema of one database: much faster to make, where many are needed."""
        name = f"ledger_{next(self.numbers)}"
        self._make(f"CREATE SCHEMA {name}")
        return f"{self.address()}&options=-csearch_path%3D{name}"

    def _make(self, statement: str) -> None:
        with psycopg.connect(self.address(), autocommit=True) as con:
            con.execute(statement.encode())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster of this test session (one for each worker that asks)."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="trueup-pg-", dir=tempfile.gettempdir()))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = Cluster(programs, folder)
    try:
        data = str(folder / "data")
        server.run(str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--no-sync", "--locale=C")
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
