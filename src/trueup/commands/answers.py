"""Answers: `explain`, `report`."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from trueup.commands.books import LedgerAt, ledger_of
from trueup.commands.common import WorkspaceAt, app, bar, err, out, program_of
from trueup.commands.prices import entity_names
from trueup.errors import TrueupError, UsageError
from trueup.manifest import read_manifest
from trueup.proposals import CASE_RATES
from trueup.reports.case_rate_data import PostedRow
from trueup.reports.explain import explain as explain_target
from trueup.reports.explanation import Explanation
from trueup.reports.write import write_reports
from trueup.rules.program import Program
from trueup.workspace import Workspace

RunIds = Annotated[list[str] | None, Parameter(name="--run", help="Run id; default: every run of the workspace.", consume_multiple=True)]


def run_folders(ws: Workspace, run_ids: list[str] | None) -> list[Path]:
    """Folders of the named runs, or of all. Raises UsageError where one is missing or there is none."""
    every = sorted((p.parent for p in ws.runs_dir.glob("*/*/manifest.json")), key=lambda f: (f.name, f.parent.name))
    known = sorted({f.parent.name for f in every})
    if not known:
        raise UsageError("TRU-U003", f"there is no finished run in {ws.runs_dir}.", next_step="Run `trueup run PROGRAM` first.")
    absent = [r for r in run_ids or [] if r not in known]
    if absent:
        raise UsageError("TRU-U011", f"{ws.runs_dir} has no run {absent[0]}.", next_step=f"Its runs are {', '.join(known)}.")
    if run_ids is not None:
        return [f for f in every if f.parent.name in run_ids]
    # A scenario, or a run that stopped for an unknown value, is asked for only by name, or where its program has no other.
    whole = {f for f in every if _is_whole(read_manifest(f))}
    return [f for f in every if f in whole or f.name not in {g.name for g in whole}]


def _is_whole(manifest: dict[str, Any]) -> bool:
    return not manifest.get("scenario") and all(s["status"] == "done" for s in manifest["stages"])


def newest_per_program(folders: list[Path], what: str) -> list[Path]:
    """Of several runs of a program the one that knows most, said aloud. Raises UsageError where two know the same day."""
    days = {f: str(read_manifest(f)["as_of"]) for f in folders}
    last = {name: max(days[f] for f in folders if f.name == name) for name in {f.name for f in folders}}
    chosen = one_per_program([f for f in folders if days[f] == last[f.name]], what)
    for folder in chosen:
        if sum(f.name == folder.name for f in folders) > 1:
            err.print(f"{folder.name}: run {folder.parent.name}, as of {days[folder]}, the newest; name another with --run.")
    return chosen


def one_per_program(folders: list[Path], what: str) -> list[Path]:
    """The folders, if no program has two. Raises UsageError that names the runs to choose from."""
    for first, second in pairwise(folders):
        if first.name == second.name:
            runs = [f"{f.parent.name} (as of {read_manifest(f)['as_of']})" for f in folders if f.name == first.name]
            message = f"{what}: {first.name} has {len(runs)} runs: {', '.join(runs)}."
            raise UsageError("TRU-U012", message, next_step="Name one with --run.")
    return folders


def price_folders(ws: Workspace, folders: list[Path]) -> dict[str, Path]:
    """The price set folder of each program that used one."""
    manifests = [read_manifest(f) for f in folders]
    return {m["program"]: ws.prices_dir / m["price_set_id"] for m in manifests if m["price_set_id"]}


def posted_rows(ws: Workspace, folders: list[Path], ledger: str | None = None) -> dict[str, list[PostedRow]]:
    """What the ledger booked of monthly payments, by program; empty where there is no ledger."""
    programs = [read_manifest(folder)["program"] for folder in folders]
    found = {program: _booked(ws, program, ledger) for program in programs}
    return {program: rows for program, rows in found.items() if rows is not None}


def _booked(ws: Workspace, program: str, ledger: str | None) -> list[PostedRow] | None:
    """What the ledger booked of monthly payments, one row per difference; None where there is no ledger."""
    if ledger is None and not (ws.path / "ledger.db").is_file() and "TRUEUP_LEDGER" not in os.environ:
        return None
    with ledger_of(ws, ledger, create=False) as book:
        lines = [line for purpose in CASE_RATES for line in book.lines(program=program, purpose=purpose)]
    return [
        PostedRow(line.obligation.entity_id, line.obligation.purpose, line.obligation.period, line.accounting_month, line.delta_cents)
        for line in lines
    ]


def rules_of(folder: Path) -> Program | None:
    """The rules a run used, if they are still as they were; otherwise explanations name them without their values."""
    manifest = read_manifest(folder)
    try:
        program = program_of(manifest["program"], None, manifest["assumptions_name"], manifest["rule_version"])
    except TrueupError:
        return None
    return program if program.rules_hash == manifest["rules_hash"] else None


@app.command
def report(
    *,
    workspace: WorkspaceAt = Path(),
    run: RunIds = None,
    to: Annotated[Path | None, Parameter(name="--out", help="Folder to write.")] = None,
    group_detail: Annotated[
        bool, Parameter(help="Show small groups apart; only for readers who may see who is in them.", negative="")
    ] = False,
    ledger: LedgerAt = None,
) -> int:
    """Write every page of every program: statements, prices, case rates, scorecards, tiers, payers, state pages, and an index of all."""
    ws = Workspace.open(workspace)
    folders = newest_per_program(run_folders(ws, run), "one report is made of one run of each program")
    absent = sorted({f.name for f in run_folders(ws, None)} - {f.name for f in folders})
    if absent:
        err.print(f"Only the named runs are in this report; left out: {', '.join(absent)}. Name their runs too to have them in it.")
    with bar() as shown:
        task = shown.add_task("reports", total=None)
        index = write_reports(
            folders,
            price_folders(ws, folders),
            to or ws.reports_dir,
            names=entity_names(ws),
            cohort_detail=group_detail,
            posted=posted_rows(ws, folders, ledger),
            progress=lambda what, done, of: shown.update(task, description=f"reports: {what}", completed=done, total=of),
        )
    out.print(f"Open {index}")
    return 0


@app.command
def explain(
    target: str,
    *,
    workspace: WorkspaceAt = Path(),
    run: RunIds = None,
    as_json: Annotated[bool, Parameter(name="--json", help="Print JSON.", negative="")] = False,
) -> int:
    """Explain an episode, a practice or an amount (`run/table/row-key/column`) step by step, adding up exactly."""
    ws = Workspace.open(workspace)
    named = target.split("/", 1)[0] if "/" in target else ""
    every = run_folders(ws, run)
    folders = [f for f in every if f.parent.name == named] or every
    found: dict[Path, Explanation] = {}
    misses: list[UsageError] = []
    for folder in folders:
        try:
            found[folder] = explain_target(folder, target, price_folders(ws, [folder]).get(folder.name), rules=rules_of(folder))
        except UsageError as miss:
            misses.append(miss)
    if not found:
        raise misses[-1]
    answers = [found[folder] for folder in newest_per_program(list(found), f"{target} can be explained in several ways")]
    if as_json:
        documents = [a.to_dict() for a in answers]
        out.print(json.dumps(documents if len(documents) > 1 else documents[0], indent=2, default=str))
    else:
        out.print("\n".join(a.to_text() for a in answers))
    return 0
