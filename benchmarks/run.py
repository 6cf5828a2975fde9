"""Times the flow against a bare scan of the same claim lines, on a synthetic state.

    make bench                                          20,000 members
    .venv/bin/python benchmarks/run.py --members 500000 --repeat 1

A bare scan reads every column of `claim_lines` and hashes it: nothing that reads the lines can be faster. Each figure is the median of
the repeats; `x scan` is that figure divided by the scan. Other work on the machine shows in the figures: say what else ran when you quote
them.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb

from trueup import pipeline
from trueup.claims.intake import load_files
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_prices
from trueup.locations import programs_dir
from trueup.rules.load import load_program, program_ids
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

EVERYTHING_KNOWN = date(2100, 1, 1)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare_scan(files: list[str], threads: int) -> int:
    """Read and hash every column of every line; the number of lines."""
    con = duckdb.connect(config={"threads": threads})
    try:
        (row,) = con.execute("SELECT COUNT(*), bit_xor(hash(l)) FROM read_parquet(?) AS l", [files]).fetchall()
        return int(row[0])
    finally:
        con.close()


def stages(ws: Workspace, program: Program, threads: int) -> Iterator[tuple[str, float]]:
    """Each stage of the flow with its seconds, from the batches at rest to checked tables, and their sum."""
    engine = DuckEngine(threads=threads)
    try:
        started = time.perf_counter()
        register_batches(engine, [batch.path for batch in ws.batches()])
        pipeline.register_rules(engine, program, as_of=EVERYTHING_KNOWN, workspace_key=ws.key)
        register_prices(engine, [])
        yield "register", time.perf_counter() - started
        for status in pipeline.run_stages(engine, program):
            if status.status != "done":
                raise SystemExit(f"{program.id}: {status.stage} stopped: {status.reason}")
            yield status.stage, status.seconds
        yield "all", time.perf_counter() - started
    finally:
        engine.close()


def prepare(folder: Path, programs: list[Program], members: int, seed: int) -> tuple[Workspace, float, float]:
    """A workspace with a loaded synthetic state, and the seconds that making and loading it took."""
    making = timed(lambda: generate(programs, folder / "claims", members=members, seed=seed, file_format="parquet"))
    ws = Workspace.create(folder / "workspace", "benchmark")
    files = sorted(path for path in (folder / "claims").iterdir() if path.is_file() and path.suffix == ".parquet")
    return ws, making, timed(lambda: load_files(ws, files, always_known=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Times the flow against a bare scan of the same claim lines.")
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    programs = [load_program(programs_dir(), name, assumptions="illustrative") for name in program_ids(programs_dir())]
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as name:
        ws, making, loading = prepare(Path(name), programs, given.members, given.seed)
        batches = [str(path) for path in ws.batches_dir.glob("*/claim_lines.parquet")]
        size = sum(Path(path).stat().st_size for path in batches) / 2**20
        lines = bare_scan(batches, given.threads)
        scan = statistics.median(timed(lambda: bare_scan(batches, given.threads)) for _ in range(given.repeat))
        print(f"{given.members:,} members, {lines:,} claim lines ({size:.1f} MiB of Parquet), {given.threads} threads")
        print(f"{'synthetic state':<38}{making:9.2f} s")
        print(f"{'intake of every table':<38}{loading:9.2f} s{lines / loading:12,.0f} lines/s")
        print(f"{'bare scan of claim_lines':<38}{scan:9.3f} s{lines / scan:12,.0f} lines/s")
        for program in programs:
            runs = [dict(stages(ws, program, given.threads)) for _ in range(given.repeat)]
            for stage in runs[0]:
                seconds = statistics.median(run[stage] for run in runs)
                print(f"{f'{program.id}: {stage}':<38}{seconds:9.3f} s{seconds / scan:12.1f} x scan")
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
