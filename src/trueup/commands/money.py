"""Money: `settle`. A settlement is a plan until `--post` writes it to the ledger and another person approves it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from trueup import runs
from trueup.commands.books import (
    By,
    LedgerAt,
    Post,
    accounting_day,
    actor_of,
    ledger_to_plan,
    moment,
    month_of,
    show_plan,
    show_posting,
)
from trueup.commands.common import Assume, Programs, Settings, WorkspaceAt, app, day, err, out, program_of
from trueup.commands.results import require_prices, settle_file
from trueup.commands.run import EMBEDDED, EngineChoice, Fresh, compute, period_of, price_sets_of, show_run
from trueup.errors import Refused, UsageError
from trueup.pricing.price_set import PriceSet
from trueup.pricing.usable import require_equal_maturity, require_usable
from trueup.proposals import CASE_RATES, settlement_proposal
from trueup.rules.program import Program
from trueup.workspace import Workspace


@app.command
def settle(
    program: str,
    *,
    prices: Annotated[list[str] | None, Parameter(name="--prices", help="Final price set id.", consume_multiple=True)] = None,
    inputs: Annotated[Path | None, Parameter(help="Settle a file of entity results instead; no workspace is needed.")] = None,
    out_file: Annotated[Path | None, Parameter(name="--out", help="With --inputs: the file to write; the steps go beside it.")] = None,
    workspace: WorkspaceAt = Path(),
    period: Annotated[
        list[str] | None, Parameter(help="Period to settle; default: every performance period.", consume_multiple=True)
    ] = None,
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Facts known by this day; default: the last period at the rule's run-out.")
    ] = None,
    true_up: Annotated[bool, Parameter(help="A later settlement of a period that keeps its frozen prices.", negative="")] = False,
    fresh: Fresh = False,
    engine: EngineChoice = EMBEDDED,
    post: Post = False,
    month: Annotated[str | None, Parameter(help="With --post: the month of the entry; default: the month of --as-of.")] = None,
    actor: By = None,
    ledger: LedgerAt = None,
    assume: Assume = None,
    settings: Settings = None,
    programs: Programs = None,
) -> int:
    """Settle a performance period and print the plan, against a final price set where the program has prices. Exit code 1 if something
    was refused.

    Case-rate dollars come from the ledger's posted entries, where it has any of the program. With --post, what a settlement adds to what is
    booked is posted, pending another person's approval. With --set it is a scenario, which may use a draft price set and is never posted.
    """
    if settings and post:
        message = "--post with --set: a scenario answers what would be, and is never posted."
        raise UsageError("TRU-U075", message, next_step="Leave one of them out.")
    loaded = program_of(program, programs, assume, settings=settings)
    if inputs is not None or out_file is not None:
        return settle_file(loaded, programs, inputs, out_file)
    require_prices(loaded, prices)
    if not loaded.has("settlement"):
        message = f"{loaded.id} settles nothing: what it pays is fixed beforehand."
        raise UsageError("TRU-U070", message, next_step="Its payments are stated by `trueup pay`, its prices made by `trueup price`.")
    if not runs.performance_periods(loaded):
        unknown = ", ".join(u.path for u in loaded.unknowns() if u.path.startswith("periods."))
        message = f"{loaded.id} has no performance period whose days are known ({unknown})."
        raise UsageError("TRU-U071", message, next_step="Name an assumptions file with --assume.")
    ws = Workspace.open(workspace)
    sets = price_sets_of(ws, loaded, prices or [])
    wanted = [period_of(loaded, p) for p in period or []] or runs.covered_periods(loaded, sets)
    known = as_of is None and loaded.has("maturity.runout_days")
    when = runs.maturity_date(loaded, wanted[-1]) if known else day(as_of, "as of")
    hopeless = [refusal for p in wanted if sets and (refusal := why_not(loaded, sets, p, when, true_up))]
    if sets and len(hopeless) == len(wanted):
        for refusal in hopeless:
            err.print(str(refusal))
        err.print("Nothing was settled and no run was written.")
        return 1
    with engine.use():
        result = compute(ws, loaded, when, sets, wanted, true_up, payments_made(ws, loaded, when, ledger), fresh=fresh)
    show_run(result)
    for refusal in result.refusals:
        err.print(str(refusal))
    settled = [p for p in wanted if any(s.period == p for s in result.settled.settlements)]
    if settled and loaded.scenario:
        out.print("Nothing is posted: this is a scenario.")
    elif settled:
        _post_settlements(ws, loaded, result, settled, ledger, actor if post else None, month or f"{when:%Y-%m}", post=post)
    return 1 if result.refusals or result.settled.refusals else 0


def _post_settlements(
    ws: Workspace,
    program: Program,
    result: runs.RunResult,
    periods: list[str],
    ledger: str | None,
    actor: str | None,
    month: str,
    *,
    post: bool,
) -> None:
    """Show what the settlements of each period add to the books, and post it if asked."""
    upside_only = program.has("settlement.downside") and program.get("settlement.downside") is False
    with ledger_to_plan(ws, ledger, post=post) as book:
        for period in periods:
            proposal = settlement_proposal(result.folder, period, month, upside_only=upside_only)
            show_plan(book.plan(proposal), f"{program.id}, {period}: what settling adds to the books")
            if post:
                made = book.post(proposal, maker=actor_of(actor), recorded_at=moment(), accounting_date=accounting_day(None, month))
                show_posting(made, ws.path)
    if not post:
        out.print("Nothing is posted. To post it: the same command with --post.")


def payments_made(ws: Workspace, program: Program, as_of: date, ledger: str | None) -> list[dict[str, Any]]:
    """The prospective payments that the ledger posted by a day, as rows of `payments_made`. None where the program pays none."""
    if not program.has("case_rate"):
        return []
    with ledger_to_plan(ws, ledger) as book:
        lines = [line for purpose in CASE_RATES for line in book.lines(program=program.id, purpose=purpose)]
    return [
        {
            "source_file": "ledger", "known_date": date.fromisoformat(line.accounting_date), "program": program.id,
            "payment_id": line.line_id, "entity_id": line.obligation.entity_id, "member_id": line.obligation.member_id,
            "period_start_date": month_of(line.obligation.period), "purpose": line.obligation.purpose, "amount_cents": line.delta_cents,
        }
        for line in sorted(lines, key=lambda line: line.line_id)
        if line.accounting_date <= as_of.isoformat()
    ]  # fmt: skip


def why_not(program: Program, sets: list[PriceSet], period: str, as_of: date, true_up: bool) -> Refused | None:
    """Why none of the price sets can settle a period on a day; None if one can."""
    refusal: Refused | None = None
    for prices in sets:
        try:
            require_usable(prices, program, period, program.settings_hash)
            require_equal_maturity(prices, program, period, as_of, true_up=true_up)
        except Refused as refused:
            refusal = refused
        else:
            return None
    return refusal
