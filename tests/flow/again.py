"""Everything once more, as a process of its own: `python -m flow.again CLAIMS WORKSPACE THREADS` (with `tests` on the path)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from flow.harness import PROGRAMS, everything, trueup, well


def with_threads(connect: Callable[..., Any], threads: int) -> Callable[..., Any]:
    """The engine's connect, limited to a number of threads."""

    def limited(*args: Any, **options: Any) -> Any:
        connection = connect(*args, **options)
        connection.execute(f"SET threads = {threads}").fetchall()
        return connection

    return limited


def main() -> None:
    claims, workspace, threads = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    duckdb.connect = with_threads(duckdb.connect, threads)
    well(trueup("synth", claims, "--programs", *PROGRAMS, "--members", 2000, "--seed", 1, "--format", "csv"))
    everything(claims, workspace)


if __name__ == "__main__":
    main()
