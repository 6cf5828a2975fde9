"""`demo`: the whole flow on a synthetic state, or on claims that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from trueup import runs
from trueup.claims.intake import LoadResult, load_files
from trueup.commands.answers import price_folders
from trueup.commands.common import Programs, app, bar, err, out, program_of
from trueup.commands.money import entity_names
from trueup.errors import IntakeError, Refused, UsageError
from trueup.locations import programs_dir
from trueup.pricing.price_set import finalize
from trueup.reports.write import write_reports
from trueup.rules.load import program_ids
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

DEMO_KEY = "demo"
UNDATED = "TRU-I024"


@app.command
def demo(
    *,
    to: Annotated[Path, Parameter(name="--out", help="Folder to write; must not hold a workspace yet.")] = Path("demo"),
    claims: Annotated[Path | None, Parameter(help="Folder with claims in the input layout, instead of a synthetic state.")] = None,
    members: Annotated[int, Parameter(help="Members of the synthetic state.")] = 20_000,
    seed: Annotated[int, Parameter(help="Seed of the synthetic state.")] = 1,
    received: Annotated[str | None, Parameter(help="Day the claims were received; default: the last service date.")] = None,
    programs: Programs = None,
) -> int:
    """From claims to settled, explained statements, for every program, with illustrative assumptions."""
    loaded = [program_of(p, programs, "illustrative") for p in program_ids(programs or programs_dir())]
    ws = Workspace.create(to / "workspace", DEMO_KEY)
    with bar() as shown:
        files = _claims(shown, claims, to / "claims", loaded, members, seed)
        task = shown.add_task("loading", total=None)
        result = _load(ws, files, received, lambda text: shown.update(task, description=f"loading: {text}"))
        shown.update(task, total=1, completed=1)
        done = [_run(ws, program, shown) for program in loaded]
        task = shown.add_task("reports", total=None)
        folders = [r.folder for r in done]
        index = write_reports(folders, price_folders(ws, folders), to / "reports", names=entity_names(ws),
                              progress=lambda what, n, of: shown.update(task, description=f"reports: {what}", completed=n, total=of))
    out.print(str(result), highlight=False, markup=False)
    for r in done:
        _summary(r)
    out.print(f"Open {index}", highlight=False)
    return 0


def _load(ws: Workspace, files: list[Path], received: str | None, say: Callable[[str], None]) -> LoadResult:
    """Load the files; where rows carry no date and none was given, the demo takes their facts as always known and says so."""
    try:
        return load_files(ws, files, received=date.fromisoformat(received) if received else None, progress=say)
    except IntakeError as refused:
        if refused.code != UNDATED or received:
            raise
        err.print("Rows carry no received, adjudication or paid date: the demo takes them as always known. Name a day with --received.", highlight=False)
        return load_files(ws, files, always_known=True, progress=say)


def _claims(shown: Progress, claims: Path | None, folder: Path, programs: list[Program], members: int, seed: int) -> list[Path]:
    if claims is None:
        task = shown.add_task("synthetic state", total=None)
        generate(programs, folder, members=members, seed=seed, file_format="csv.gz",
                 progress=lambda step, done, of: shown.update(task, description=f"synthetic state: {step}", completed=done, total=of))
        claims = folder
    if not claims.is_dir():
        raise UsageError("TRU-U004", f"{claims} is not a folder", next_step="Name a folder with claims in the input layout.")
    files = sorted(p for p in claims.iterdir() if p.is_file() and p.name.endswith((".csv", ".csv.gz", ".parquet")))
    if not files:
        raise UsageError("TRU-U005", f"{claims} holds no CSV or Parquet file", next_step="See docs/reference/input-layout.md.")
    return files


def _run(ws: Workspace, program: Program, shown: Progress) -> runs.RunResult:
    """Price the base period, make the prices final, and settle every performance period at the last one's maturity."""
    task = shown.add_task(program.id, total=None)

    def say(text: str) -> None:
        shown.update(task, description=f"{program.id}: {text}")

    periods = runs.performance_periods(program)
    as_of = runs.maturity_date(program, periods[-1].id)
    sets = []
    try:
        base = program.text("prices.baseline_period")
        folder = runs.price(ws, program, periods[0].id, runs.maturity_date(program, base), say)
        sets = [finalize(folder)]
    except Refused as refused:
        err.print(f"{program.id}: no prices: {refused}", highlight=False, markup=False)
    result = runs.run(ws, program, as_of, price_sets=sets, true_up=True, progress=say)
    shown.update(task, description=program.id, total=1, completed=1)
    return result


def _summary(result: runs.RunResult) -> None:
    manifest = result.manifest
    episodes = manifest["tables"].get("episodes", {"rows": 0})["rows"]
    out.print(f"{manifest['title']}: {episodes:,} episodes, {len(result.settled.settlements):,} settlements, run {manifest['run_id']}", highlight=False)
    for refusal in manifest["refusals"]:
        out.print(f"  not settled: {refusal['message']}", highlight=False, markup=False)
