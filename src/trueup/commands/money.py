"""Money: `price`, `run`, `settle`. Nothing here pays; a settlement is a plan until a ledger posts it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from trueup import runs
from trueup.commands.common import Assume, Programs, WorkspaceAt, app, bar, day, err, out, program_of, show
from trueup.engine import DuckEngine
from trueup.errors import Refused, RuleError, UsageError
from trueup.inputs import register_batches
from trueup.money import format_cents
from trueup.pricing.price_set import PriceSet, finalize, read_price_set
from trueup.pricing.usable import require_equal_maturity, require_usable
from trueup.rules.compile import missing
from trueup.rules.program import Program
from trueup.workspace import Workspace

Prices = Annotated[list[str] | None, Parameter(name="--prices", help="Price set id; may be given more than once.", consume_multiple=True)]
AsOf = Annotated[str | None, Parameter(name="--as-of", help="Facts known by this day.")]


@app.command
def price(
    program: str,
    *,
    workspace: WorkspaceAt = Path(),
    period: Annotated[str | None, Parameter(help="The period to price; default: the first performance period.")] = None,
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Claims known by this day; default: the base period at the rule's run-out.")
    ] = None,
    final: Annotated[str | None, Parameter(help="Make this draft price set final instead.")] = None,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """Derive prices from the base period: a draft price set. `--final ID` freezes a reviewed draft."""
    ws = Workspace.open(workspace)
    if final is not None:
        with ws.writer_lock():
            draft = price_set_of(ws, final)
            if draft.terms.program != program:
                raise UsageError(
                    "TRU-U008", f"price set {final} belongs to {draft.terms.program}, not to {program}.", next_step="Name its program."
                )
            done = finalize(ws.prices_dir / final)
        out.print(f"Price set {done.price_set_id} is final.")
        return 0
    loaded = program_of(program, programs, assume)
    wanted = period_of(loaded, period) if period else runs.performance_periods(loaded)[0].id
    base = loaded.text("prices.baseline_period")
    when = day(as_of, "as of") if as_of else runs.maturity_date(loaded, base)
    with bar() as shown:
        task = shown.add_task("pricing", total=None)
        folder = runs.price(ws, loaded, wanted, when, lambda text: shown.update(task, description=f"pricing: {text}"))
    show_prices(read_price_set(folder), ws.path)
    return 0


def show_prices(prices: PriceSet, workspace: Path) -> None:
    """A price set as a table, with what to do next."""
    table = Table(
        title=f"Price set {prices.price_set_id} ({prices.status}), base {prices.terms.base_period}, claims as of {prices.terms.base_as_of}"
    )
    for name in ("entity", "price", "cohort", "valid from", "until"):
        table.add_column(name)
    table.add_column("dollars", justify="right")
    for p in prices.content.prices:
        table.add_row(p.entity_id, p.price, p.cohort, str(p.effective_from), str(p.effective_to), format_cents(p.amount_cents))
    show(table)
    for line in prices.content.outlier_lines:
        out.print(f"outlier line, {line.tail}, {line.scope}: {format_cents(line.amount_cents)} ({line.episodes} base episodes)")
    for finding in prices.content.findings:
        out.print(f"{finding.code} ({finding.rows}): {finding.message}")
    if prices.status == "draft":
        out.print(f"Draft. After review: trueup price {prices.terms.program} --final {prices.price_set_id} --workspace {workspace}")


@app.command
def run(
    program: str,
    *,
    workspace: WorkspaceAt = Path(),
    as_of: AsOf = None,
    prices: Prices = None,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """Run a program as far as its known values and prices carry it, and write its tables. Exit code 1 if an unknown value stopped it."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    result = compute(ws, loaded, day(as_of, "as of"), [price_set_of(ws, p) for p in prices or []], None, False)
    show_run(result)
    stopped = [s["stage"] for s in result.manifest["stages"] if s["status"] != "done"]
    for unknown in missing(loaded, stopped[0]) if stopped else []:
        err.print(f"{unknown.path}: {unknown.reason}")
    return 1 if stopped else 0


@app.command
def settle(
    program: str,
    *,
    prices: Annotated[list[str], Parameter(name="--prices", help="Final price set id.", consume_multiple=True)],
    workspace: WorkspaceAt = Path(),
    period: Annotated[
        list[str] | None, Parameter(help="Period to settle; default: every performance period.", consume_multiple=True)
    ] = None,
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Facts known by this day; default: the last period at the rule's run-out.")
    ] = None,
    true_up: Annotated[bool, Parameter(help="A later settlement of a period that keeps its frozen prices.", negative="")] = False,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """Settle a performance period against a final price set and print the plan. Posts nothing. Exit code 1 if something was refused."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    wanted = [period_of(loaded, p) for p in period or []] or [p.id for p in runs.performance_periods(loaded)]
    when = day(as_of, "as of") if as_of else runs.maturity_date(loaded, wanted[-1])
    sets = [price_set_of(ws, p) for p in prices]
    hopeless = [refusal for p in wanted if (refusal := why_not(loaded, sets, p, when, true_up))]
    if len(hopeless) == len(wanted):
        for refusal in hopeless:
            err.print(str(refusal))
        err.print("Nothing was settled and no run was written.")
        return 1
    result = compute(ws, loaded, when, sets, wanted, true_up)
    show_run(result)
    for refusal in result.refusals:
        err.print(str(refusal))
    return 1 if result.refusals or result.settled.refusals else 0


def price_set_of(ws: Workspace, price_set_id: str) -> PriceSet:
    """A price set of the workspace by its id. Raises UsageError where there is none; CheckFailed where it was changed."""
    known = sorted(p.parent.name for p in ws.prices_dir.glob("*/manifest.json"))
    if price_set_id not in known:
        step = f"This workspace has {', '.join(known)}." if known else "Make one with `trueup price`."
        raise UsageError("TRU-U007", f"{price_set_id} is not a price set of {ws.path}.", next_step=step)
    return read_price_set(ws.prices_dir / price_set_id)


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


def why_not(program: Program, sets: list[PriceSet], period: str, as_of: date, true_up: bool) -> Refused | None:
    """Why none of the price sets can settle a period on a day; None if one can."""
    refusal: Refused | None = None
    for prices in sets:
        try:
            require_usable(prices, program, period)
            require_equal_maturity(prices, program, period, as_of, true_up=true_up)
        except Refused as refused:
            refusal = refused
        else:
            return None
    return refusal


def compute(ws: Workspace, program: Program, as_of: date, sets: list[PriceSet], periods: list[str] | None, true_up: bool) -> runs.RunResult:
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
            progress=lambda text: shown.update(task, description=f"{program.id}: {text}"),
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
        show_plan(result)
    for refusal in result.settled.refusals:
        out.print(f"{refusal.code} {refusal.entity_id} {refusal.period} {refusal.cohort}: {refusal.message}")
    out.print(f"Run {manifest['run_id']}: {result.folder}")


def show_plan(result: runs.RunResult) -> None:
    """One row per settlement and the totals; positive pays the practice, negative is owed by it."""
    table = Table(title=f"Settlement plan as of {result.manifest['as_of']} (nothing is posted)")
    for name in ("entity", "period", "cohort"):
        table.add_column(name)
    for name in ("episodes", "expected", "actual", "amount"):
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


def entity_names(ws: Workspace) -> dict[str, str]:
    """Names of entities as the provider table gives them, for reports."""
    engine = DuckEngine()
    try:
        register_batches(engine, [b.path for b in ws.batches()])
        rows = engine.rows("provider", order_by=("entity_id", "npi", "source_row"))
    finally:
        engine.close()
    names: dict[str, str] = {}
    for row in rows:
        entity = row["entity_id"] or row["tin"] or row["npi"]
        if row["name"]:
            names.setdefault(entity, row["name"])
    return names
