"""Answers: `explain`, `report`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from trueup.commands.common import WorkspaceAt, app, bar, out, program_of
from trueup.commands.money import entity_names
from trueup.errors import TrueupError, UsageError
from trueup.manifest import read_manifest
from trueup.reports.write import write_reports
from trueup.reports.explain import explain as explain_target
from trueup.rules.program import Program
from trueup.workspace import Workspace

RunIds = Annotated[list[str] | None, Parameter(name="--run", help="Run id; default: every run of the workspace.", consume_multiple=True)]


def run_folders(ws: Workspace, run_ids: list[str] | None) -> list[Path]:
    """Folders of the named runs, or of all. Raises UsageError where there is none."""
    found = sorted(p.parent for p in ws.runs_dir.glob("*/*/manifest.json") if run_ids is None or p.parent.parent.name in run_ids)
    if not found:
        raise UsageError("TRU-U003", f"no finished run in {ws.runs_dir}", next_step="Run `trueup run PROGRAM` first.")
    return found


def price_folders(ws: Workspace, folders: list[Path]) -> dict[str, Path]:
    """The price set folder of each program that used one."""
    manifests = [read_manifest(f) for f in folders]
    return {m["program"]: ws.prices_dir / m["price_set_id"] for m in manifests if m["price_set_id"]}


def rules_of(folder: Path) -> Program | None:
    """The rules a run used, if they are still as they were; otherwise explanations name them without their values."""
    manifest = read_manifest(folder)
    try:
        program = program_of(manifest["program"], None, manifest["assumptions_name"], manifest["rule_version"])
    except TrueupError:
        return None
    return program if program.rules_hash == manifest["rules_hash"] else None


@app.command
def report(*, workspace: WorkspaceAt = Path(), run: RunIds = None, to: Annotated[Path | None, Parameter(name="--out", help="Folder to write.")] = None) -> int:
    """Write per practice a statement (HTML, XLSX, CSV), a state summary, and an index page."""
    ws = Workspace.open(workspace)
    folders = run_folders(ws, run)
    with bar() as shown:
        task = shown.add_task("reports", total=None)
        index = write_reports(folders, price_folders(ws, folders), to or ws.reports_dir, names=entity_names(ws),
                              progress=lambda what, done, of: shown.update(task, description=f"reports: {what}", completed=done, total=of))
    out.print(f"Open {index}", highlight=False)
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
    folders = run_folders(ws, run)
    prices = price_folders(ws, folders)
    misses: list[UsageError] = []
    for folder in folders:
        try:
            found = explain_target(folder, target, prices.get(folder.name), rules=rules_of(folder))
        except UsageError as miss:
            misses.append(miss)
            continue
        if as_json:
            out.print(json.dumps(found.to_dict(), indent=2, default=str), highlight=False, markup=False)
        else:
            out.print(found.to_text(), highlight=False, markup=False)
        return 0
    raise misses[-1]
