"""Prospective payment: `pay` states a month and posts the difference, `roster` lists who is on a year's roster."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from trueup import runs
from trueup.commands.books import (
    By,
    LedgerAt,
    Month,
    Post,
    accounting_day,
    actor_of,
    ledger_to_plan,
    moment,
    month_end,
    show_plan,
    show_posting,
)
from trueup.commands.common import Assume, Programs, WorkspaceAt, app, bar, day, out, program_of, show
from trueup.commands.prices import entity_names
from trueup.commands.run import EMBEDDED, EngineChoice, period_of, price_set_of
from trueup.errors import Refused, UsageError
from trueup.ledger.results import Plan
from trueup.pricing.price_set import PriceSet
from trueup.proposals import cycle_proposal, monthly_purposes
from trueup.reports.plan import PlanLine, write_plan
from trueup.rules.program import Program
from trueup.run_output import about_program
from trueup.workspace import Workspace

# Stages that no monthly payment rests on.
NOT_PAID_BY = ("measures", "quality", "monitoring")


@app.command
def pay(
    program: str,
    *,
    month: Month,
    prices: Annotated[
        list[str] | None, Parameter(name="--prices", help="Final price set ids, e.g. one a year.", consume_multiple=True)
    ] = None,
    workspace: WorkspaceAt = Path(),
    as_of: Annotated[str | None, Parameter(name="--as-of", help="Claims known by this day; default: the month's last day.")] = None,
    engine: EngineChoice = EMBEDDED,
    post: Post = False,
    on: Annotated[str | None, Parameter(name="--date", help="Day of the entry in the books; default: the month's last day.")] = None,
    actor: By = None,
    ledger: LedgerAt = None,
    out_folder: Annotated[Path | None, Parameter(name="--out", help="Write the plan there, as a page and a workbook.")] = None,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """State what every practice is due through a month, and post the difference to what is booked. Without --post, only the plan."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    if not monthly_purposes(about_program(loaded)["arrangement"]):
        message = f"{program} pays nothing by month, as far as its `arrangement` is known."
        raise Refused("TRU-U052", message, next_step="Name assumptions with --assume; settlements are posted by `trueup settle --post`.")
    if not prices and (loaded.has("case_rate") or loaded.has("prices.tiers")):
        raise UsageError("TRU-U068", f"{program} pays by a final price set, and none is named.", next_step="Name it with --prices.")
    through = month_end(month)
    when = day(as_of, "as of") if as_of else through
    sets = final_sets(ws, loaded, prices or [])
    with engine.use():
        result = cycle(ws, loaded, when, through, sets)
    proposal = cycle_proposal(result.folder, month)
    with ledger_to_plan(ws, ledger, post=post) as book:
        plan = book.plan(proposal)
        show_plan(plan, f"{program}, {month}: claims as of {when}, run {result.manifest['run_id']}")
        if out_folder is not None:
            written = write_plan(
                out_folder, plan_lines(plan), title=loaded.title, accounting_month=month, as_of=when, names=entity_names(ws)
            )
            for path in written:
                out.print(f"{path}")
        if not post:
            out.print("Nothing is posted. To post it: the same command with --post.")
            return 0
        made = book.post(proposal, maker=actor_of(actor), recorded_at=moment(), accounting_date=accounting_day(on, month))
        show_posting(made, ws.path)
    return 0


def cycle(ws: Workspace, program: Program, as_of: date, through: date, sets: list[PriceSet]) -> runs.RunResult:
    """The run behind a monthly cycle, with a progress display. Raises Refused where an unknown value stops it."""
    with bar() as shown:
        task = shown.add_task(program.id, total=None)
        result = runs.run(
            ws, program, as_of, price_sets=sets, periods=[], through=through,
            progress=lambda text: shown.update(task, description=f"{program.id}: {text}"),
        )  # fmt: skip
    stopped = [s for s in result.manifest["stages"] if s["status"] != "done" and s["stage"] not in NOT_PAID_BY]
    if stopped:
        message = f"{program.id}: {stopped[0]['stage']} cannot run: {stopped[0]['reason']}."
        raise Refused("TRU-U053", message, next_step="Name an assumptions file with --assume.")
    return result


def final_sets(ws: Workspace, program: Program, ids: list[str]) -> list[PriceSet]:
    """The named price sets. Raises Refused for a draft or another program's: nothing is paid on a price that is not published."""
    sets = [price_set_of(ws, one) for one in ids]
    for found in sets:
        if found.status != "final" or found.terms.program != program.id:
            what = f"is {found.status}" if found.status != "final" else f"belongs to {found.terms.program}"
            step = f"Review it, then: trueup price {program.id} --final {found.price_set_id}."
            raise Refused("TRU-U054", f"price set {found.price_set_id} {what}: nothing is paid on it.", next_step=step)
    return sets


def plan_lines(plan: Plan) -> list[PlanLine]:
    """The plan's differences, as reports show them."""
    return [
        PlanLine(
            entity_id=line.obligation.entity_id, purpose=line.obligation.purpose, period=line.obligation.period,
            member_id=line.obligation.member_id, claim_id=line.obligation.claim_id, booked_cents=line.booked_cents,
            entitled_cents=line.entitled_cents, delta_cents=line.delta_cents, reason=line.reason,
        )
        for line in plan.lines
    ]  # fmt: skip


@app.command
def roster(
    program: str,
    *,
    period: Annotated[str, Parameter(help="The performance period whose roster is due, like PY2026.")],
    workspace: WorkspaceAt = Path(),
    as_of: Annotated[str | None, Parameter(name="--as-of", help="Claims known by this day.")] = None,
    to: Annotated[Path | None, Parameter(name="--out", help="Write it as a participation file to load.")] = None,
    engine: EngineChoice = EMBEDDED,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """List who passes the gate of a performance period, and the count behind it. Its file can be loaded as that year's frozen roster."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    found = loaded.period(period_of(loaded, period))
    when = day(as_of, "as of")
    with engine.use(), bar() as shown:
        task = shown.add_task(program, total=None)
        gates = runs.entity_gates(ws, loaded, when, period, lambda text: shown.update(task, description=f"{program}: {text}"))
    table = Table(title=f"{program}, roster of {period}, claims as of {when}")
    for name in ("entity", "type", "deliveries", "counted in", "on the roster", "why not"):
        table.add_column(name)
    for g in gates:
        yes = "yes" if g["accountable"] else "no"
        table.add_row(g["entity_id"], g["provider_type"] or "", str(g["delivery_count"]), g["counted_in"] or "", yes, g["reason"] or "")
    show(table)
    on_it = [g["entity_id"] for g in gates if g["accountable"]]
    out.print(f"{len(on_it)} of {len(gates)} entities are on the roster of {period}.")
    if to is not None:
        with open(to, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["row_id", "program", "entity_id", "election", "joined_on", "left_on", "received_date"])
            for entity in on_it:
                leaves = date.fromordinal(found.last_day.toordinal() + 1)
                writer.writerow([f"{period}-{entity}", program, entity, "enrolled", found.first_day, leaves, when])
        out.print(f"{to}: load it, and set case_rate.roster to participation, to freeze the year's roster.")
    return 0
