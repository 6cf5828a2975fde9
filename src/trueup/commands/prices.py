"""Prices before the year: `price` derives, publishes and freezes them, `risk` fits a model, `challenge` answers the practices."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.table import Table

from trueup import runs
from trueup.commands.books import By, actor_of
from trueup.commands.common import Assume, Programs, Settings, WorkspaceAt, app, bar, day, out, program_of, show
from trueup.commands.run import EMBEDDED, EngineChoice, Fresh, period_of, price_set_of
from trueup.engine import DuckEngine
from trueup.errors import UsageError
from trueup.inputs import register_batches
from trueup.money import format_cents, parse_cents
from trueup.pricing.challenge import Challenge, Evidence, challenges_of, decide, decisions_of, file_challenge, publish
from trueup.pricing.inputs import PriceStep
from trueup.pricing.price_set import PriceSet, finalize, read_price_set, require_no_scenario
from trueup.pricing.what_if import what_if
from trueup.reports.price_write import WITH_SHEETS, write_price_sheets
from trueup.risk.freeze import FILE, read_model
from trueup.workspace import Workspace

challenge_app = App(name="challenge", help="Challenge a published draft price with cases: file, what-if, decide, list.")
app.command(challenge_app)

On = Annotated[str | None, Parameter(name="--date", help="The day of it; default: today, said aloud.")]
_EVIDENCE = (
    "change", "reason", "episode_id", "claim_id", "version_seq", "claim_line_number", "amount", "pregnancy_id", "covered_by", "months",
)  # fmt: skip


@app.command
def price(
    program: str,
    *,
    workspace: WorkspaceAt = Path(),
    period: Annotated[str | None, Parameter(help="The period to price; default: the first performance period.")] = None,
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Claims known by this day; default: the base period at the rule's run-out.")
    ] = None,
    risk_model: Annotated[str | None, Parameter(help="A frozen risk model of the period (see `trueup risk`).")] = None,
    publish_id: Annotated[str | None, Parameter(name="--publish", help="Publish this draft: from then on practices can challenge.")] = None,
    final: Annotated[str | None, Parameter(help="Make this draft price set final instead.")] = None,
    sheets: Annotated[str | None, Parameter(help="Write the price sheets of this set instead, one for each practice.")] = None,
    to: Annotated[Path | None, Parameter(name="--out", help="With --sheets: the folder; default: reports/prices of the workspace.")] = None,
    actor: By = None,
    on: On = None,
    fresh: Fresh = False,
    engine: EngineChoice = EMBEDDED,
    assume: Assume = None,
    settings: Settings = None,
    programs: Programs = None,
) -> int:
    """Derive prices from the base period: a draft price set. `--publish ID` opens it to challenge, `--final ID` freezes it.

    With --set it is a scenario's, which stays a draft.
    """
    ws = Workspace.open(workspace)
    asked = (("--final", final), ("--publish", publish_id), ("--sheets", sheets))
    given = [(option, named) for option, named in asked if named is not None]
    if len(given) > 1:
        message = f"{given[0][0]} with {given[1][0]}: one call does one thing with a price set."
        raise UsageError("TRU-U075", message, next_step="Leave one of them out.")
    if given:
        option, named = given[0]
        if settings:
            message = f"{option} with --set: a price set that exists holds the rules it was made with."
            raise UsageError("TRU-U075", message, next_step="Leave one of them out.")
        _with_set(ws, program, _Choice(option, named, to, actor, on, assume, programs))
        return 0
    loaded = program_of(program, programs, assume, settings=settings)
    wanted = period_of(loaded, period) if period else runs.performance_periods(loaded)[0].id
    base = loaded.text("prices.baseline_period")
    when = day(as_of, "as of") if as_of else runs.maturity_date(loaded, base)
    model = risk_model_text(ws, risk_model) if risk_model else ""
    with engine.use(), bar() as shown:
        task = shown.add_task("pricing", total=None)

        def say(text: str) -> None:
            shown.update(task, description=f"pricing: {text}")

        folder = runs.price(ws, loaded, wanted, when, say, risk_model=model, fresh=fresh)
    show_prices(read_price_set(folder), ws.path)
    return 0


@dataclass(frozen=True)
class _Choice:
    """What a call of `price` wants done with a set that exists, by the option that asks for it."""

    option: str
    price_set_id: str
    to: Path | None
    actor: str | None
    on: str | None
    assume: str | None
    programs: Path | None


def _with_set(ws: Workspace, program: str, choice: _Choice) -> None:
    """What is done with a set that exists: sheets, publication, freezing."""
    named = choice.price_set_id
    found = price_set_of(ws, named)
    if found.terms.program != program:
        message = f"price set {named} belongs to {found.terms.program}, not to {program}."
        raise UsageError("TRU-U008", message, next_step="Name its program.")
    folder = ws.prices_dir / named
    if choice.option == "--sheets":
        require_no_scenario(found)
        if not any(p.price in WITH_SHEETS for p in found.content.prices):
            message = f"price set {named} holds no price that a practice gets a sheet of."
            raise UsageError("TRU-U069", message, next_step="`trueup report` writes the pages of a run that used it.")
        pages = write_price_sheets(choice.to or ws.reports_dir / "prices", folder, entity_names(ws))
        out.print(f"{len(pages)} pages and workbooks. Open {pages[0]}")
        return
    with ws.writer_lock():
        if choice.option == "--publish":
            loaded = program_of(program, choice.programs, choice.assume)
            done = publish(folder, loaded, by=actor_of(choice.actor).name, on=day(choice.on, "date"))
            until = next((str(e.detail.get("challenge_until") or "") for e in done.events if e.kind == "published"), "")
            out.print(f"Price set {named} is published." + (f" It can be challenged until {until}." if until else ""))
            return
        if found.events:
            finalize(folder, by=actor_of(choice.actor).name, on=day(choice.on, "date"))
        else:
            finalize(folder)
        out.print(f"Price set {named} is final.")


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
    if prices.terms.settings_hash:
        command = f"trueup settle {prices.terms.program} --prices {prices.price_set_id} --workspace {workspace}"
        out.print(f"A scenario. To settle with it: {command} and the same --set options.")
    elif prices.status == "draft":
        name, where = prices.terms.program, f"--workspace {workspace}"
        if any(p.price in WITH_SHEETS for p in prices.content.prices):
            out.print(f"Draft. Sheets for the practices: trueup price {name} --sheets {prices.price_set_id} {where}")
        out.print(f"After review: trueup price {name} --final {prices.price_set_id} {where}")


@app.command
def risk(
    program: str,
    *,
    workspace: WorkspaceAt = Path(),
    period: Annotated[str | None, Parameter(help="The performance period the model is for; default: the first.")] = None,
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Claims known by this day; default: the base period at the rule's run-out.")
    ] = None,
    engine: EngineChoice = EMBEDDED,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """Fit the risk models on the base, choose one, and freeze it with its model card. A frozen model of a year never changes."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    if not loaded.has("risk"):
        raise UsageError("TRU-U064", f"{program} has no section `risk`.", next_step="Every episode counts as it is.")
    wanted = period_of(loaded, period) if period else runs.performance_periods(loaded)[0].id
    when = day(as_of, "as of") if as_of else runs.maturity_date(loaded, loaded.text("prices.baseline_period"))
    with engine.use(), bar() as shown:
        task = shown.add_task("risk", total=None)
        folder = runs.fit_risk(ws, loaded, wanted, when, lambda text: shown.update(task, description=f"risk: {text}"))
    model = read_model(folder / FILE)
    table = Table(title=f"{program} {wanted}: {model.model}, frozen as {model.sha256[:16]}")
    table.add_column("factor")
    for name in ("relativity", "95% from", "to", "base episodes"):
        table.add_column(name, justify="right")
    for r in model.relativities:
        table.add_row(r.id, str(r.value), str(r.low), str(r.high), str(r.episodes))
    show(table)
    out.print(f"Model card: {folder / 'card.html'}")
    out.print(f"To price with it: trueup price {program} --period {wanted} --risk-model {model.sha256[:16]} --workspace {ws.path}")
    return 0


def risk_model_text(ws: Workspace, named: str) -> str:
    """The text of a frozen model, by its id in the workspace or as a file."""
    path = Path(named) if Path(named).is_file() else ws.path / "models" / named / FILE
    if not path.is_file():
        known = sorted(p.parent.name for p in (ws.path / "models").glob(f"*/{FILE}"))
        step = f"This workspace has {', '.join(known)}." if known else "Make one with `trueup risk`."
        raise UsageError("TRU-U065", f"{named} is not a risk model of {ws.path}.", next_step=step)
    return path.read_text(encoding="utf-8")


# --- challenges ----------------------------------------------------------------------------------------------------------------------


@challenge_app.command
def file(
    price_set: str, *, entity: str, evidence: Annotated[Path, Parameter(help="CSV file of the disputed cases.")],
    kind: Annotated[str, Parameter(name="--price", help="Which of its prices.")] = "case_rate", workspace: WorkspaceAt = Path(),
    actor: By = None, on: On = None,
) -> int:  # fmt: skip
    """File a practice's challenge of its draft price, with case-level evidence. Refused after the last day to challenge."""
    ws = Workspace.open(workspace)
    filed = Challenge(entity, kind, actor_of(actor).name, day(on, "date"), read_evidence(evidence))
    with ws.writer_lock():
        price_set_of(ws, price_set)
        done = file_challenge(ws.prices_dir / price_set, filed)
    out.print(f"Challenge {filed.challenge_id} of {entity} is filed; the price set is {done.status}.")
    return 0


@challenge_app.command(name="what-if")
def try_it(
    price_set: str, challenge_id: str, *, workspace: WorkspaceAt = Path(), engine: EngineChoice = EMBEDDED, assume: Assume = None,
    programs: Programs = None,
) -> int:  # fmt: skip
    """Show what the prices would be with the disputed cases taken out or put in. Nothing changes."""
    ws = Workspace.open(workspace)
    prices = price_set_of(ws, price_set)
    loaded = program_of(prices.terms.program, programs, assume or prices.terms.assumptions_name, prices.terms.rule_version)
    with engine.use(), bar() as shown:
        task = shown.add_task("what if", total=None)
        book = runs.price_book(ws, loaded, prices, lambda text: shown.update(task, description=f"what if: {text}"))
        found = what_if(book, _challenge(prices, challenge_id))
    table = Table(title=f"Challenge {challenge_id}: what upholding it would change")
    for name in ("entity", "price", "cohort"):
        table.add_column(name)
    for name in ("now", "then", "difference"):
        table.add_column(name, justify="right")
    for change in (*found.own, *found.others):
        before, after = (format_cents(c) if c is not None else "none" for c in (change.before_cents, change.after_cents))
        table.add_row(change.entity_id, change.price, change.cohort, before, after, format_cents(change.difference_cents))
    show(table)
    _show_ladders(found.before, found.after)
    return 0


def _show_ladders(before: tuple[PriceStep, ...], after: tuple[PriceStep, ...]) -> None:
    """The challenger's ladder now and then, step by step."""
    then = {(s.cohort, s.name): s.amount for s in after}
    table = Table(title="Step by step")
    table.add_column("step")
    table.add_column("now", justify="right")
    table.add_column("then", justify="right")
    for step in before:
        table.add_row(step.name, step.amount, then.get((step.cohort, step.name), "none"))
    show(table)


@challenge_app.command(name="decide")
def decide_it(
    price_set: str, challenge_id: str, decision: Literal["upheld", "rejected", "withdrawn"], *, reason: str,
    workspace: WorkspaceAt = Path(),
    actor: By = None, on: On = None,
) -> int:  # fmt: skip
    """Decide a challenge, with a reason, by another person than who filed it. An upheld one means pricing again."""
    ws = Workspace.open(workspace)
    with ws.writer_lock():
        price_set_of(ws, price_set)
        decide(ws.prices_dir / price_set, challenge_id, decision, by=actor_of(actor).name, on=day(on, "date"), reason=reason)
    out.print(f"Challenge {challenge_id} is {decision}.")
    return 0


@challenge_app.command(name="list")
def list_them(price_set: str, *, workspace: WorkspaceAt = Path()) -> int:
    """The challenges of a price set and what became of them."""
    prices = price_set_of(Workspace.open(workspace), price_set)
    decisions = decisions_of(prices)
    table = Table(title=f"Challenges of {price_set} ({prices.status})")
    for name in ("id", "entity", "price", "filed by", "on", "cases", "decision"):
        table.add_column(name)
    for challenge_id, c in challenges_of(prices).items():
        decided = decisions.get(challenge_id, "open")
        table.add_row(challenge_id, c.entity_id, c.price, c.filed_by, str(c.filed_on), str(len(c.evidence)), decided)
    show(table)
    return 0


def _challenge(prices: PriceSet, challenge_id: str) -> Challenge:
    known = challenges_of(prices)
    if challenge_id not in known:
        step = f"It has {', '.join(known)}." if known else "Nobody challenged it."
        raise UsageError("TRU-U066", f"price set {prices.price_set_id} has no challenge {challenge_id}.", next_step=step)
    return known[challenge_id]


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Disputed cases of a CSV file. Raises UsageError (TRU-U067) naming every line that cannot be read."""
    with open(path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        unknown = sorted(set(reader.fieldnames or ()) - set(_EVIDENCE))
        if unknown or not {"change", "reason"} <= set(reader.fieldnames or ()):
            message = f"{path.name} has columns {', '.join(reader.fieldnames or ()) or 'none'}."
            raise UsageError("TRU-U067", message, next_step=f"Its columns are {', '.join(_EVIDENCE)}; the first two are needed.")
        rows = [(reader.line_num, row) for row in reader]
    found: list[Evidence] = []
    faults: list[str] = []
    for line, row in rows:
        try:
            if row["change"] not in ("remove", "add"):
                raise ValueError(f"change is {row['change']!r}, expected remove or add")
            found.append(
                Evidence(
                    change=row["change"], reason=row["reason"], episode_id=row.get("episode_id") or "",
                    claim_id=row.get("claim_id") or "", version_seq=int(row.get("version_seq") or 1),
                    claim_line_number=int(row.get("claim_line_number") or 0), cents=parse_cents(row.get("amount") or "0"),
                    pregnancy_id=row.get("pregnancy_id") or "", covered_by=row.get("covered_by") or "", months=int(row.get("months") or 0),
                )
            )  # fmt: skip
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise UsageError("TRU-U067", f"{path.name}: {'; '.join(faults[:10])}.", next_step="Correct these lines; nothing was filed.")
    return tuple(found)


# --- naming --------------------------------------------------------------------------------------------------------------------------


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
