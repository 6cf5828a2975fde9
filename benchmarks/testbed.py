"""What a benchmark stands on: claims of one size, a workspace that has loaded them, a final price set. Made once, then only read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import claims

from trueup import runs
from trueup.claims.intake import LoadResult, load_files
from trueup.locations import programs_dir
from trueup.pricing.price_set import PriceSet, finalize, read_price_set
from trueup.pricing.usable import as_if_final
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.tables import CANONICAL
from trueup.workspace import Workspace

CSV_LIMIT = 1_000_000  # larger sets are not written as CSV, which takes thirteen times the space
PROGRAM, ASSUMPTIONS = "ct-husky-maternity", "illustrative"
# A practice is priced from 30 deliveries in the base year. Of plain claims (seed 1) the largest practice has 29 at 440,000 lines, 30 here.
SETTLES_FROM = 450_000
NOTHING_SETTLES = (
    "no practice has enough deliveries in the base year to be priced, and a run ends without a settlement; "
    f"invented claims settle from {SETTLES_FROM:,} lines"
)


@dataclass(frozen=True)
class Testbed:
    """One size of claims in a folder: `claims/` as a payer delivers them, `workspace/` with them loaded and priced."""

    folder: Path
    shape: claims.Shape

    @property
    def claims_dir(self) -> Path:
        return self.folder / "claims"

    def files(self, *, month: bool = False, csv: bool = False) -> list[Path]:
        folder = self.claims_dir / ("month" if month else "csv" if csv else "")
        return sorted(folder.glob("*.csv" if csv else "*.parquet"))

    def lines(self) -> int:
        """Rows of `medical_claim`, exactly."""
        return int(json.loads((self.claims_dir / "facts.json").read_text(encoding="utf-8"))["set"]["medical_claim_rows"])

    def workspace(self) -> Workspace:
        return Workspace.open(self.folder / "workspace")

    def program(self, settings: dict[str, object] | None = None) -> Program:
        return load_program(programs_dir(), PROGRAM, assumptions=ASSUMPTIONS, settings=settings)

    def price_sets(self, ws: Workspace) -> list[PriceSet]:
        return [read_price_set(m.parent) for m in sorted(ws.prices_dir.glob("*/manifest.json"))]

    def as_of(self, program: Program) -> date:
        """The day on which the first performance period can be settled."""
        return runs.maturity_date(program, runs.performance_periods(program)[0].id)

    @contextmanager
    def fork(self, *, index: bool = True, prices: bool = True) -> Generator[Workspace]:
        """A workspace of its own with the same batches, linked. It has no cache, and vanishes."""
        source, path = self.workspace(), self.folder / f".fork-{os.getpid()}"
        ws = Workspace.create(path, source.key)
        try:
            for name in ("batches", *(("index",) if index else ()), *(("prices",) if prices else ())):
                if (source.path / name).is_dir():
                    shutil.copytree(source.path / name, path / name, copy_function=os.link, dirs_exist_ok=True)
            yield ws
        finally:
            shutil.rmtree(path)

    @contextmanager
    def empty(self) -> Generator[Workspace]:
        """A workspace without anything, which vanishes."""
        path = self.folder / f".empty-{os.getpid()}"
        try:
            yield Workspace.create(path, "benchmark")
        finally:
            shutil.rmtree(path)


def prepare(folder: Path, shape: claims.Shape, *, threads: int, source: Path | None = None, remake: bool = False) -> Testbed:
    """Make what is missing: claims (or a link to a folder that has them), a loaded workspace, a final price set.

    A workspace of other table contracts than today's is made anew; `remake` does so in any case, after a change that contracts do not show.
    """
    bed = Testbed(folder, shape)
    folder.mkdir(parents=True, exist_ok=True)
    if source and not bed.claims_dir.exists():
        bed.claims_dir.symlink_to(source.resolve())
    if not (bed.claims_dir / "facts.json").is_file():
        claims.generate(shape, bed.claims_dir, threads=threads, csv=shape.lines <= CSV_LIMIT)
    contracts, mark = _contracts(), folder / "workspace" / "contracts"
    if remake or not mark.is_file() or mark.read_text() != contracts:
        for name in ("workspace", ".making"):
            shutil.rmtree(folder / name, ignore_errors=True)
        ws = Workspace.create(folder / ".making", "benchmark")
        require_clean(load_files(ws, bed.files()))
        made_prices(ws, bed.program())
        shutil.rmtree(ws.path / "cache", ignore_errors=True)
        (ws.path / "contracts").write_text(contracts)
        (folder / ".making").rename(folder / "workspace")
    return bed


def _contracts() -> str:
    """One word for the columns of every canonical table."""
    return hashlib.sha256(repr([(t.name, t.columns) for t in CANONICAL.values()]).encode()).hexdigest()


def made_prices(ws: Workspace, program: Program) -> PriceSet:
    """The final price set of the first performance period; of a scenario its draft, used as one."""
    base = program.text("prices.baseline_period")
    folder = runs.price(ws, program, runs.performance_periods(program)[0].id, runs.maturity_date(program, base))
    return as_if_final(read_price_set(folder)) if program.scenario else finalize(folder)


def require_clean(loaded: LoadResult) -> None:
    """The claims are made to be taken whole: what intake sets aside would be missing from every figure."""
    if loaded.quarantined:
        raise SystemExit(f"Intake quarantined rows of the invented claims: {loaded.quarantined}")
