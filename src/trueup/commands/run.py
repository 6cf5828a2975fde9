"""`run`: a program on a workspace, as far as its known values and prices carry it; and what every command shows of a run."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.table import Table

from trueup import runs
from trueup.commands.common import Assume, Programs, Settings, WorkspaceAt, app, bar, day, err, out, program_of, show
from trueup.engine import EngineOptions, chosen
from trueup.errors import RuleError, UsageError
from trueup.money import format_cents
from trueup.pricing.price_set import PriceSet, read_price_set
from trueup.pricing.usable import as_if_final
from trueup.rules.compile import missing
from trueup.rules.program import Program
from trueup.workspace import Workspace

Prices = Annotated[list[str] | None, Parameter(name="--prices", help="Price set id; may be given more than once.", consume_multiple=True)]
AsOf = Annotated[str | None, Parameter(name="--as-of", help="Facts known by this day.")]
Fresh = Annotated[bool, Parameter(help="Compute every step, whatever earlier runs left in the workspace's cache.", negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class EngineChoice:
    """What computes the steps: this process, or Spark."""

    engine: Annotated[
        Literal["duckdb", "spark"], Parameter(env_var="TRUEUP_ENGINE", help="What computes: duckdb, in this process, or spark.")
    ] = "duckdb"
    spark_master: Annotated[
        str, Parameter(env_var="TRUEUP_SPARK_MASTER", help="With --engine spark: the URL of a cluster; default: this machine.")
    ] = ""
    spark_conf: Annotated[
        Path | None, Parameter(env_var="TRUEUP_SPARK_CONF", help="With --engine spark: a file of Spark settings, a key and a value a line.")
    ] = None

    def use(self) -> AbstractContextManager[None]:
        """Compute with this engine within the block.

        Raises UsageError (TRU-U072) for an option of Spark where DuckDB computes. The environment may say where Spark runs all the same.
        """
        master, conf = os.environ.get("TRUEUP_SPARK_MASTER", ""), os.environ.get("TRUEUP_SPARK_CONF")
        asked = {
            "--spark-master": self.spark_master not in ("", master),
            "--spark-conf": self.spark_conf not in (None, conf and Path(conf)),
        }
        for option in [name for name, is_asked in asked.items() if is_asked and self.engine != "spark"]:
            raise UsageError(
                "TRU-U072", f"{option} is for Spark, and {self.engine} computes.", next_step=f"Add --engine spark, or leave {option} out."
            )
        return chosen(EngineOptions(self.engine, self.spark_master, self.spark_conf))


EMBEDDED = EngineChoice()


@app.command
def run(
    program: str,
    *,
    workspace: WorkspaceAt = Path(),
    as_of: AsOf = None,
    prices: Prices = None,
    fresh: Fresh = False,
    engine: EngineChoice = EMBEDDED,
    assume: Assume = None,
    settings: Settings = None,
    programs: Programs = None,
) -> int:
    """Run a program as far as its known values and prices carry it, and write its tables. Exit code 1 if an unknown value stopped it."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume, settings=settings)
    sets = price_sets_of(ws, loaded, prices or [])
    with engine.use():
        result = compute(ws, loaded, day(as_of, "as of"), sets, None, False, fresh=fresh)
    show_run(result)
    for refusal in result.refusals:
        out.print(f"Not settled: {refusal}")
    stopped = [s["stage"] for s in result.manifest["stages"] if s["status"] != "done"]
    for unknown in missing(loaded, stopped[0]) if stopped else []:
        err.print(f"{unknown.path}: {unknown.reason}")
    return 1 if stopped else 0


def compute(
    ws: Workspace, program: Program, as_of: date, sets: list[PriceSet], periods: list[str] | None, true_up: bool,
    made: Sequence[dict[str, Any]] = (), *, fresh: bool = False,
) -> runs.RunResult:  # fmt: skip
    """A run with a progress display."""
    with bar() as shown:
        task = shown.add_task(program.id, total=None)
        return runs.run(
            ws,
            program,
            as_of,
            price_sets=sets,
            periods=periods,
            true_up=true_up,
            payments_made=made,
            progress=lambda text: shown.update(task, description=f"{program.id}: {text}"),
            fresh=fresh,
        )


def show_run(result: runs.RunResult) -> None:
    """What the run did, where it stopped, and the settlement plan."""
    manifest = result.manifest
    for stage in manifest["stages"]:
        if stage["status"] != "done":
            out.print(f"Stopped before {stage['stage']}: {stage['reason']}. Name an assumptions file with --assume to go on.")
    if manifest["versions_lost"]:
        out.print("Claims came as final action, versions lost: corrections before loading cannot be seen.")
    for name, table in manifest["tables"].items():
        out.print(f"  {name}: {table['rows']:,} rows")
    if result.settled.settlements:
        show_settlements(result)
    for note in result.notes:
        out.print(f"{note['code']} {note['period']}: {note['message']}")
    for refusal in result.settled.refusals:
        out.print(f"{refusal.code} {refusal.entity_id} {refusal.period} {refusal.cohort}: {refusal.message}")
    if result.reused:
        out.print(f"{result.reused + result.computed} steps: {result.reused} reused from earlier runs, {result.computed} computed.")
    out.print(f"Run {manifest['run_id']}: {result.folder}")


def show_settlements(result: runs.RunResult) -> None:
    """One row per settlement and the totals; positive pays the practice, negative is owed by it."""
    table = Table(title=f"Settlement plan as of {result.manifest['as_of']} (nothing is posted)")
    for name in ("entity", "period", "cohort"):
        table.add_column(name)
    for name in ("units", "expected", "actual", "amount"):
        table.add_column(name, justify="right")
    table.add_column("status")
    totals: dict[str, int] = defaultdict(int)
    for s in result.settled.settlements:
        table.add_row(
            s.entity_id,
            s.period,
            s.cohort,
            f"{s.unit_count:,}",
            format_cents(s.expected_amount_cents),
            format_cents(s.actual_amount_cents),
            format_cents(s.amount_cents),
            s.status + (f" ({s.reason})" if s.reason else ""),
        )
        totals[s.period] += s.amount_cents
    show(table)
    for period, cents in totals.items():
        out.print(f"{period}: sum of amounts {format_cents(cents)}")


def price_set_of(ws: Workspace, price_set_id: str) -> PriceSet:
    """A price set of the workspace by its id. Raises UsageError where there is none; CheckFailed where it was changed."""
    known = sorted(p.parent.name for p in ws.prices_dir.glob("*/manifest.json"))
    if price_set_id not in known:
        step = f"This workspace has {', '.join(known)}." if known else "Make one with `trueup price`."
        raise UsageError("TRU-U007", f"{price_set_id} is not a price set of {ws.path}.", next_step=step)
    return read_price_set(ws.prices_dir / price_set_id)


# Sections of the rules that a price set holds the outcome of: its prices, and its outlier lines.
_PRICED = ("prices", "outliers")


def price_sets_of(ws: Workspace, program: Program, ids: Sequence[str]) -> list[PriceSet]:
    """The named price sets of the workspace; in a scenario a draft counts as if it were final.

    Raises what `price_set_of` raises, and UsageError (TRU-U074) for a scenario that changes how prices are made, and a set made without it.
    """
    sets = [price_set_of(ws, p) for p in ids]
    changed = [p.path for p in program.settings() if p.path.split(".")[0] in _PRICED]
    unaware = [s.price_set_id for s in sets if s.terms.settings_hash is None]
    if changed and unaware:
        message = f"--set {changed[0]} changes how prices are made, and price set {unaware[0]} was made without it."
        raise UsageError("TRU-U074", message, next_step="Price with the same --set options first, and name that draft.")
    return [as_if_final(s) for s in sets] if program.scenario else sets


def period_of(program: Program, period_id: str) -> str:
    """A performance period named on the command line. Raises UsageError where the program has none of that name."""
    try:
        program.period(period_id)
    except RuleError as error:
        listed = ", ".join(p.id for p in program.periods if p.role == "performance")
        raise UsageError(
            "TRU-U010", f"{program.id} has no period {period_id}.", next_step=f"Its performance periods are {listed}."
        ) from error
    return period_id
