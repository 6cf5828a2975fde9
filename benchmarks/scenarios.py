"""The scenarios: each is one function of a bed that does its preparation, then its work within `clock`, and returns what it found.

A scenario runs in a process of its own (`child.py`). What it does before and after the clock is neither timed nor counted, and peak
memory is the most that was resident within it. `@scenario` registers it under its name, with words for the table.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import columns
import machine
import peers
from testbed import Testbed, made_prices, require_clean

from trueup import runs
from trueup.claims.index import index_of
from trueup.claims.intake import load_files
from trueup.engine import DuckEngine
from trueup.inputs import register_batches
from trueup.pricing.price_set import PriceSet
from trueup.rules.program import Program
from trueup.workspace import Workspace


@dataclass
class Clock:
    """Wall and CPU seconds (all threads) and peak memory of what is done within `running`; `marks` are the moments of named parts.

    `before` runs first, not counted: it empties the page cache for a cold figure.
    """

    threads: int
    memory_limit: str
    before: Callable[[], None] = lambda: None
    wall: float = 0.0
    cpu: float = 0.0
    peak_bytes: int = 0
    marks: list[tuple[str, float]] = field(default_factory=list)
    _started: float = 0.0

    @contextmanager
    def running(self) -> Generator[None]:
        self.before()
        machine.forget_peak()
        cpu, self._started = machine.cpu_seconds(), time.perf_counter()
        try:
            yield
        finally:
            self.wall, self.cpu = time.perf_counter() - self._started, machine.cpu_seconds() - cpu
            self.peak_bytes = machine.peak_bytes()
            self.mark("")

    def mark(self, name: str) -> None:
        """A part of the work begins."""
        self.marks.append((name, time.perf_counter() - self._started))

    def parts(self) -> dict[str, float]:
        """Seconds by part; a part that comes twice is added."""
        found: dict[str, float] = {}
        for (name, begin), (_, end) in zip(self.marks, self.marks[1:], strict=False):
            found[name] = found.get(name, 0.0) + end - begin
        return found


Facts = dict[str, Any]
Work = Callable[[Testbed, Clock], Facts]


@dataclass(frozen=True)
class Scenario:
    """One thing that is measured. `peer` scenarios need libraries that only benchmarks use."""

    name: str
    says: str
    work: Work
    peer: bool = False


SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, says: str, *, peer: bool = False) -> Callable[[Work], Work]:
    def add(work: Work) -> Work:
        SCENARIOS[name] = Scenario(name, says, work, peer)
        return work

    return add


# --- what nothing can beat ------------------------------------------------------------------------------------------------------------


@scenario("scan", "bare scan: hash the claim columns the run reads, and the whole long diagnosis table")
def scan(bed: Testbed, clock: Clock) -> Facts:
    read = columns.columns_read(bed.program())
    engine = DuckEngine(threads=clock.threads, memory_limit=clock.memory_limit)
    try:
        register_batches(engine, [b.path for b in bed.workspace().batches()])
        every = list(engine.columns("claim_diagnoses"))
        with clock.running():
            lines = engine.scalar("claim_lines", f"SUM(hash({', '.join(read)}))")
            diagnoses = engine.scalar("claim_diagnoses", f"SUM(hash({', '.join(every)}))")
        return {
            "claim_columns": read, "diagnosis_columns": every, "hash": f"{lines + diagnoses}",
            "diagnosis_rows": engine.count("claim_diagnoses"),
        }  # fmt: skip
    finally:
        engine.close()


# --- intake and index -----------------------------------------------------------------------------------------------------------------


@scenario("intake_parquet", "intake of every file as Parquet: 85 columns of claims")
def intake_parquet(bed: Testbed, clock: Clock) -> Facts:
    return _intake(bed.files(), bed, clock)


@scenario("intake_csv", "intake of every file as CSV: 85 columns of claims")
def intake_csv(bed: Testbed, clock: Clock) -> Facts:
    return _intake(bed.files(csv=True), bed, clock)


def _intake(files: list[Path], bed: Testbed, clock: Clock) -> Facts:
    with bed.empty() as ws:
        with clock.running():
            loaded = load_files(ws, files, progress=lambda text: clock.mark(text.split()[0]))
        require_clean(loaded)
        kept = sum(p.stat().st_size for p in ws.batches_dir.rglob("*.parquet"))
        return {"rows": sum(a.rows_read for a in loaded.accounts), "read_bytes": sum(f.stat().st_size for f in files), "kept_bytes": kept}


@scenario("index", "index of the batches: final action on all that is known")
def index(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork(index=False) as ws:
        with clock.running():
            found = index_of(ws)
        return {"files": len(found.marked_lines) if found else 0}


# --- the run ----------------------------------------------------------------------------------------------------------------------------


@scenario("run", "whole run after intake: index, final action to settlement, every check, tables written; nothing known before")
def whole_run(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork(index=False) as ws:
        return _run(bed, ws, clock)


@scenario("run_indexed", "whole run after intake with the index made before, as a load leaves it")
def run_indexed(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork() as ws:
        index_of(ws)
        return _run(bed, ws, clock)


@scenario("run_fresh", "whole run after intake with the index made before, keeping nothing for later runs (--fresh)")
def run_fresh(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork() as ws:
        index_of(ws)
        return _run(bed, ws, clock, fresh=True)


@scenario("price", "a price set from the base period; nothing known before but the index")
def price(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork(prices=False) as ws:
        index_of(ws)
        program = bed.program()
        base = program.text("prices.baseline_period")
        period = runs.performance_periods(program)[0].id
        with clock.running():
            folder = runs.price(ws, program, period, runs.maturity_date(program, base), clock.mark)
        return {"price_set": folder.name}


# --- runs again -------------------------------------------------------------------------------------------------------------------------


@scenario("again", "the run again: nothing changed")
def again(bed: Testbed, clock: Clock) -> Facts:
    return _rerun(bed, clock, {})


@scenario("what_if_share", "the run again with another share of savings")
def what_if_share(bed: Testbed, clock: Clock) -> Facts:
    return _rerun(bed, clock, {"settlement.share_rate": "0.60"})


@scenario("what_if_weight", "price and run again with another weight of a practice's own cost")
def what_if_weight(bed: Testbed, clock: Clock) -> Facts:
    return _rerun(bed, clock, {"prices.weight_own": "0.30"}, reprice=True)


@scenario("what_if_window", "the run again with 60 days after a birth instead of 90")
def what_if_window(bed: Testbed, clock: Clock) -> Facts:
    return _rerun(bed, clock, {"episode.days_after": 60})


@scenario("what_if_codes", "the run again with another list of services that a case rate covers")
def what_if_codes(bed: Testbed, clock: Clock) -> Facts:
    return _rerun(bed, clock, {"attribution.monthly.case_rate_service.value_set": "prenatal_visit"})


def _rerun(bed: Testbed, clock: Clock, settings: dict[str, object], *, reprice: bool = False) -> Facts:
    """A run that is not timed, then one with some values changed. Prices, where they are to change, were made before as well."""
    with bed.fork() as ws:
        if reprice:
            made_prices(ws, bed.program())
        _settle(bed, ws, bed.program())
        program = bed.program(settings or None)
        with clock.running():
            sets = [made_prices(ws, program)] if reprice else []
            return _settle(bed, ws, program, clock.mark, sets=sets)


# --- one more month ---------------------------------------------------------------------------------------------------------------------


@scenario("month_load", "one more month: intake of a month's claims, 1 percent of them voids and 3 percent replacements")
def month_load(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork() as ws:
        with clock.running():
            loaded = load_files(ws, bed.files(month=True))
        require_clean(loaded)
        return {"rows": sum(a.rows_read for a in loaded.accounts)}


@scenario("month_run", "one more month: index and run after it, on top of an earlier run")
def month_run(bed: Testbed, clock: Clock) -> Facts:
    with bed.fork() as ws:
        _settle(bed, ws, bed.program())
        require_clean(load_files(ws, bed.files(month=True)))
        return _run(bed, ws, clock)


# --- others -----------------------------------------------------------------------------------------------------------------------------


@scenario("peer_duckdb", "core job in plain DuckDB SQL, from the input file", peer=True)
def peer_duckdb(bed: Testbed, clock: Clock) -> Facts:
    return _peer("duckdb_core", bed, clock, threads=clock.threads, memory_limit=clock.memory_limit)


@scenario("peer_polars", "core job in Polars, from the input file", peer=True)
def peer_polars(bed: Testbed, clock: Clock) -> Facts:
    return _peer("polars_core", bed, clock)


@scenario("peer_pandas", "core job in pandas, from the input file", peer=True)
def peer_pandas(bed: Testbed, clock: Clock) -> Facts:
    return _peer("pandas_core", bed, clock)


def _peer(module: str, bed: Testbed, clock: Clock, **settings: Any) -> Facts:
    core = importlib.import_module(f"peers.{module}").core
    with clock.running():
        rows: list[peers.Row] = core(bed.claims_dir / "medical_claim.parquet", **settings)
    return {
        "digest": peers.digest(rows), "practices": len(rows), "episodes": sum(int(r[1]) for r in rows),
        "cents": sum(sum(map(int, r[2:9])) for r in rows),
    }  # fmt: skip


# --- shared -----------------------------------------------------------------------------------------------------------------------------


def _run(bed: Testbed, ws: Workspace, clock: Clock, *, fresh: bool = False) -> Facts:
    program = bed.program()
    with clock.running():
        return _settle(bed, ws, program, clock.mark, fresh=fresh)


def _settle(
    bed: Testbed, ws: Workspace, program: Program, progress: runs.Progress = runs.quiet, *, fresh: bool = False,
    sets: Sequence[PriceSet] = (),
) -> Facts:  # fmt: skip
    """What `trueup settle` does: the run with a final price set, and one period settled. Small sets have no practice to price."""
    period = runs.performance_periods(program)[0].id
    named = sets or bed.price_sets(ws)
    result = runs.run(ws, program, bed.as_of(program), price_sets=named, periods=[period], progress=progress, fresh=fresh)
    if result.refusals and any(s.content.prices for s in named):
        raise SystemExit(f"The period did not settle: {result.refusals[0]}")
    tables = result.manifest["tables"]
    # Where nothing is kept, the engine counts no steps.
    steps = {"steps_computed": result.computed, "steps_reused": result.reused} if result.computed or result.reused else {}
    return {
        "episodes": tables["episodes"]["rows"], "settlements": tables["settlements"]["rows"],
        "amount_cents": sum(s.amount_cents for s in result.settled.settlements), **steps,
    }  # fmt: skip
