"""Episode definition: `define` lists what was billed in the episodes for review, and turns a reviewed sheet into a value set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.table import Table

from trueup import pipeline, runs
from trueup.commands.common import Assume, Programs, WorkspaceAt, app, bar, day, out, program_of, show
from trueup.definition.approve import require_free, write_value_set
from trueup.definition.drop_rule import DropRule, state_rule
from trueup.definition.review import read_review
from trueup.definition.sheet import COLUMNS, SETTING_COLUMNS, TIE_COLUMNS, Heading, Sheet, csv_text, make_sheet
from trueup.definition.stage import LAST_FLOW_TABLE, Settings, Study, require_known, study
from trueup.definition.workbook import write_workbook
from trueup.engine import DuckEngine
from trueup.errors import RuleErrors, UsageError
from trueup.inputs import register_workspace
from trueup.locations import programs_dir
from trueup.manifest import write_manifest
from trueup.money import format_cents
from trueup.rules import value_sets
from trueup.rules.program import Program, ValueSet
from trueup.rules.suggest import did_you_mean
from trueup.workspace import Workspace


@app.command
def define(
    program: str,
    *,
    period: Annotated[str | None, Parameter(help="Study the episodes of this period, e.g. the base period.")] = None,
    preparer: Annotated[str | None, Parameter(help="Who prepares the sheet; somebody else approves it.")] = None,
    workspace: WorkspaceAt = Path(),
    as_of: Annotated[
        str | None, Parameter(name="--as-of", help="Claims known by this day; default: the period at the rule's run-out.")
    ] = None,
    anchor: Annotated[Literal["drg", "any"], Parameter(help="Births that a delivery DRG shows, or any birth.")] = "drg",
    spend: Annotated[Literal["paid", "allowed"], Parameter(help="Whose dollars are spend.")] = "paid",
    sud_set: Annotated[
        list[str] | None, Parameter(help="Value set of SUD services, kept whatever their use; default: the cohort flags' sets.")
    ] = None,
    drop_rule: Annotated[Path | None, Parameter(help="YAML file with the drop rule, instead of the next seven.")] = None,
    min_lines: Annotated[int | None, Parameter(help="Drop codes with fewer lines.")] = None,
    min_claims: Annotated[int | None, Parameter(help="Drop codes on fewer claims.")] = None,
    min_members: Annotated[int | None, Parameter(help="Drop codes of fewer members.")] = None,
    min_member_share: Annotated[str | None, Parameter(help="Drop codes of a smaller share of members with an episode, 0 to 1.")] = None,
    min_spend: Annotated[str | None, Parameter(help="Drop codes with less spend, in dollars.")] = None,
    combine: Annotated[Literal["any", "all"] | None, Parameter(help="Whether missing any threshold drops a code, or all.")] = None,
    operator: Annotated[Literal["lt", "le"] | None, Parameter(help="Below the threshold (lt, the default), or also at it (le).")] = None,
    publish: Annotated[bool, Parameter(help="Show no figures of fewer than 11 members. Cannot be approved.", negative="")] = False,
    approve: Annotated[Path | None, Parameter(help="A reviewed sheet (CSV): write its value set instead.")] = None,
    approver: Annotated[str | None, Parameter(help="With --approve: who approves.")] = None,
    on: Annotated[str | None, Parameter(name="--date", help="With --approve: day of the approval.")] = None,
    cite: Annotated[str, Parameter(help="With --approve: key of the rule file's sources that the codes cite.")] = "REVIEW",
    effective_from: Annotated[str | None, Parameter(help="With --approve: first day the codes are in; default: open.")] = None,
    manifest: Annotated[Path | None, Parameter(help="With --approve: manifest of the sheet; default: beside it.")] = None,
    to: Annotated[Path | None, Parameter(name="--out", help="Folder of the review sheet; with --approve, the value set to write.")] = None,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """List every code billed with a pregnancy diagnosis inside the episodes, for review; or approve the reviewed sheet as a value set."""
    if approve is not None:
        return _approve(program, approve, approver, on, to, cite, effective_from, manifest)
    if not period or not (preparer or "").strip():
        raise UsageError(
            "TRU-D025",
            "a review sheet needs a period and a preparer.",
            next_step="Say --period and --preparer, or --approve with a reviewed sheet.",
        )
    flags: dict[str, str | int | None] = {
        "min_lines": min_lines, "min_claims": min_claims, "min_members": min_members, "min_member_share": min_member_share,
        "min_spend": min_spend, "combine": combine, "operator": operator,
    }  # fmt: skip
    rule = state_rule(drop_rule, flags)
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    require_known(loaded, period)
    when = _as_of(loaded, period, as_of)
    folder = to or ws.reports_dir / f"define-{program}-{period}-{when}"
    _require_new(folder)
    sets = _sud_sets(loaded, programs or programs_dir(), sud_set)
    settings = Settings(period, anchor, spend)
    found = _study(ws, loaded, settings, when, sets)
    heading = _heading(ws, loaded, settings, when, sets, " ".join((preparer or "").split()))
    sheet = make_sheet(heading, rule, found, publish=publish)
    write_sheet(ws, sheet, folder)
    _show(sheet, rule, folder)
    return 0


def _study(ws: Workspace, program: Program, settings: Settings, as_of: date, sets: Iterable[ValueSet]) -> Study:
    """Run the flow as far as lines have their episode, then the study, with a progress display."""
    engine = DuckEngine()
    steps = pipeline.steps()
    last = next(n for n, step in enumerate(steps, 1) if step.writes == LAST_FLOW_TABLE)
    try:
        with bar() as shown:
            task = shown.add_task("reading claims", total=last + 1)
            register_workspace(engine, ws)
            pipeline.register_rules(engine, program, as_of=as_of, workspace_key=ws.key)
            for step in steps[:last]:
                shown.update(task, advance=1, description=step.path.stem[3:].replace("_", " "))
                engine.run(step)
            found = study(engine, program, settings, sets, lambda text: shown.update(task, description=text))
            shown.update(task, completed=last + 1, description=f"{len(found.codes):,} codes")
            return found
    finally:
        engine.close()


def _as_of(program: Program, period: str, text: str | None) -> date:
    if text:
        return day(text, "as of")
    if not program.known("maturity.runout_days"):
        raise UsageError("TRU-D026", "the run-out of the period is unknown.", next_step="Say with --as-of by which day claims are known.")
    return runs.maturity_date(program, period)


def _sud_sets(program: Program, home: Path, named: list[str] | None) -> list[ValueSet]:
    """The sets that are named, else those of the cohort flags that are known."""
    if named is None:
        paths = [f"cohorts.flags.{flag}" for flag in program.ids("cohorts.flags")]
        return [program.value_set(program.set_name(path)) for path in paths if program.known(path)]
    found: list[ValueSet] = []
    for name in named:
        at = value_sets.find(home, program.id, name)
        if at is None:
            hint = did_you_mean(name, value_sets.names(home, program.id), "Name a CSV of a value_sets folder, without .csv.")
            raise UsageError("TRU-D027", f"{program.id} has no value set {name}.", next_step=hint)
        read, errors = value_sets.read_value_set(at[1], at[0])
        if errors:
            raise RuleErrors(errors)
        found.append(read)
    return found


def _require_new(folder: Path) -> None:
    """A folder that holds anything may hold somebody's decisions."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("TRU-D028", f"{folder} holds something already.", next_step="Name a new folder with --out.")


def _heading(ws: Workspace, program: Program, settings: Settings, as_of: date, sets: Iterable[ValueSet], preparer: str) -> Heading:
    period = program.period(settings.period)
    return Heading(
        program=program.id,
        title=program.title,
        rule_version=program.rule_version,
        rules_hash=program.rules_hash,
        assumptions_name=program.assumptions_name or "",
        assumptions_hash=program.assumptions_hash or "",
        days=(period.first_day, period.last_day),
        as_of=as_of,
        settings=settings,
        sud_sets=tuple(s.name for s in sets),
        batches=tuple(sorted(b.id for b in ws.batches())),
        prepared_by=preparer,
    )


def write_sheet(ws: Workspace, sheet: Sheet, folder: Path) -> None:
    """Write a sheet as CSV files, a workbook and a manifest, all of them or none."""
    with ws.new_folder(folder) as draft:
        files = {
            "review.csv": csv_text(COLUMNS, sheet.rows),
            "by_setting.csv": csv_text(SETTING_COLUMNS, sheet.setting_rows),
            **({"ties.csv": csv_text(TIE_COLUMNS, sheet.tie_rows)} if sheet.tie_rows else {}),
        }
        for name, text in files.items():
            (draft / name).write_text(text, encoding="utf-8", newline="")
        write_workbook(sheet, draft / "review.xlsx")
        write_manifest(draft, sheet.manifest())


def _show(sheet: Sheet, rule: DropRule, folder: Path) -> None:
    found = sheet.study
    if not sheet.is_published:
        by_drg = f"{found.episodes - found.episodes_without_drg:,} shown by a delivery DRG"
        out.print(f"{found.episodes:,} episodes in {sheet.heading.settings.period}, {by_drg}; studied {found.anchored_episodes:,}")
        rest = found.window_spend_cents - found.listed_spend_cents
        out.print(
            f"{found.listed_lines:,} of {found.window_lines:,} lines in their windows are listed, {format_cents(found.listed_spend_cents)} "
            f"{sheet.heading.settings.basis}; {format_cents(rest)} is on lines with neither a pregnancy diagnosis nor an SUD code"
        )
        table = Table(title="Codes, and how the listed lines tie to them")
        table.add_column("code system")
        for name in ("codes", "keep", "drop", "lines under codes", "without", "spend under codes", "spend without", "spend listed"):
            table.add_column(name, justify="right")
        for t in found.ties:
            kept = sum(r["code_system"] == t.code_system and r["proposal"] == "keep" for r in sheet.rows)
            counts = [t.codes, kept, t.codes - kept, t.coded_lines, t.uncoded_lines]
            spends = [t.coded_cents, t.uncoded_cents, t.listed_cents]
            table.add_row(t.code_system, *(f"{n:,}" for n in counts), *map(format_cents, spends))
        show(table)
    kept = sum(r["proposal"] == "keep" for r in sheet.rows)
    sud, newborn = (sum(r[mark] == "yes" for r in sheet.rows) for mark in ("sud_set", "newborn"))
    out.print(f"{len(sheet.rows):,} codes: {kept:,} proposed to keep, {len(sheet.rows) - kept:,} to drop; {sud} SUD, {newborn} newborn")
    out.print(rule.words())
    if not sheet.heading.sud_sets:
        out.print("No SUD set is known: no code is marked or kept for it. Name one with --sud-set.")
    out.print(f"Sheet {sheet.manifest()['sheet_id']}: {folder}")
    if not sheet.is_published:
        out.print("After review: trueup define PROGRAM --approve SHEET.csv --approver NAME --date DAY --out value_sets/NAME.csv")


def _approve(
    program: str,
    sheet: Path,
    approver: str | None,
    on: str | None,
    to: Path | None,
    cite: str,
    effective_from: str | None,
    manifest: Path | None,
) -> int:
    if not approver or not on or to is None:
        raise UsageError(
            "TRU-D029", "an approval needs an approver, a day and a value set to write.", next_step="Say --approver, --date and --out."
        )
    require_free(to, cite)
    starts = day(effective_from, "effective from") if effective_from else None
    approval = read_review(sheet, approver, day(on, "date"), manifest)
    if approval.heading["program"] != program:
        raise UsageError(
            "TRU-D030", f"{sheet} is a sheet of {approval.heading['program']}, not of {program}.", next_step="Name its program."
        )
    review = write_value_set(approval, to, cite, starts)
    counts = {d: sum(c.decision == d for c in approval.decisions) for d in ("keep", "add", "drop")}
    against = sum(c.decision in ("keep", "drop") and c.decision != c.proposal for c in approval.decisions)
    out.print(f"{to}: {len(approval.codes):,} codes ({counts['keep']:,} kept, {counts['add']:,} added); {counts['drop']:,} dropped")
    out.print(f"{against:,} decided against the proposal; the reason for each code is in {review}")
    out.print(f"Approved by {approval.approver} on {approval.approved_on}, prepared by {approval.prepared_by}, sheet {approval.sheet_id}")
    out.print(f"The rule file's sources need a key {cite} for these cites.")
    return 0
