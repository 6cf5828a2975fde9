"""`demo`: the whole flow on a synthetic state, or on claims that somebody else wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from trueup import runs
from trueup.claims.intake import LoadResult, load_files
from trueup.commands.answers import price_folders, write_prospective
from trueup.commands.common import Programs, app, bar, day, err, out, program_of
from trueup.commands.prices import entity_names
from trueup.errors import IntakeError, Refused, TrueupError, UsageError
from trueup.locations import programs_dir
from trueup.pricing.price_set import finalize
from trueup.reports.write import write_reports
from trueup.rules.load import program_ids
from trueup.rules.program import Program
from trueup.runs import performance_periods
from trueup.synthetic import generate
from trueup.synthetic.score import score
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
    received: Annotated[str | None, Parameter(help="Day the claims were received, where rows have no date; default: always known.")] = None,
    programs: Programs = None,
) -> int:
    """From claims to settled, explained statements, for every program, with illustrative assumptions."""
    loaded = [program_of(p, programs, "illustrative") for p in program_ids(programs or programs_dir())]
    when = day(received, "received") if received else None
    given = claim_files(claims) if claims else None
    is_new = not (to / "workspace").exists()
    ws = Workspace.create(to / "workspace", DEMO_KEY)
    with bar() as shown:
        files = given or _synthetic(shown, to / "claims", loaded, members, seed)
        task = shown.add_task("loading", total=None)
        try:
            result = _load(ws, files, when, lambda text: shown.update(task, description=f"loading: {text}"))
        except TrueupError:
            if is_new:  # so that the same command can be given again when the files are mended
                shutil.rmtree(ws.path)
            raise
        shown.update(task, total=1, completed=1)
        done = [_run(ws, program, shown) for program in loaded]
        task = shown.add_task("reports", total=None)
        folders = [r.folder for r in done]
        index = write_reports(
            folders,
            price_folders(ws, folders),
            to / "reports",
            names=entity_names(ws),
            cohort_detail=claims is None,  # the people of a synthetic state are invented: nothing needs hiding
            progress=lambda what, n, of: shown.update(task, description=f"reports: {what}", completed=n, total=of),
        )
    out.print(str(result))
    for r, program in zip(done, loaded, strict=True):
        _summary(r)
        if claims is None and "episodes" in r.manifest["tables"]:
            out.print(score(r.folder, to / "claims" / "ground_truth", program).to_text())
    for page in write_prospective(ws, folders, to / "reports"):
        out.print(f"Open {page}")
    out.print(f"Open {index}")
    for r, program in zip(done, loaded, strict=True):
        if program.has("case_rate") and r.manifest["price_set_id"]:
            first = performance_periods(program)[0].first_day
            words = f"--month {first:%Y-%m} --prices {r.manifest['price_set_id']} --assume illustrative --workspace {ws.path}"
            out.print(f"To see what a month would pay: trueup pay {program.id} {words}")
    return 0


def _load(ws: Workspace, files: list[Path], received: date | None, say: Callable[[str], None]) -> LoadResult:
    """Load the files; where rows carry no date and none was given, the demo takes their facts as always known and says so."""
    try:
        return load_files(ws, files, received=received, progress=say)
    except IntakeError as refused:
        if refused.code != UNDATED or received:
            raise
        err.print("Rows carry no received, adjudication or paid date: the demo takes them as always known. Name a day with --received.")
        return load_files(ws, files, always_known=True, progress=say)


def _synthetic(shown: Progress, folder: Path, programs: list[Program], members: int, seed: int) -> list[Path]:
    task = shown.add_task("synthetic state", total=None)
    generate(
        programs,
        folder,
        members=members,
        seed=seed,
        file_format="csv.gz",
        progress=lambda step, done, of: shown.update(task, description=f"synthetic state: {step}", completed=done, total=of),
    )
    return claim_files(folder)


def claim_files(claims: Path) -> list[Path]:
    """The files of a folder that may be input tables. Raises UsageError where there are none."""
    if not claims.is_dir():
        raise UsageError("TRU-U004", f"{claims} is not a folder.", next_step="Name a folder with claims in the input layout.")
    files = sorted(p for p in claims.iterdir() if p.is_file() and p.name.endswith((".csv", ".csv.gz", ".parquet")))
    if not files:
        raise UsageError("TRU-U005", f"{claims} holds no CSV or Parquet file.", next_step="See docs/reference/input-layout.md.")
    return files


def _run(ws: Workspace, program: Program, shown: Progress) -> runs.RunResult:
    """Price the base period, make the prices final, and settle every performance period at the last one's maturity."""
    task = shown.add_task(program.id, total=None)

    def say(text: str) -> None:
        shown.update(task, description=f"{program.id}: {text}")

    periods = performance_periods(program)
    sets = []
    try:
        base = program.text("prices.baseline_period")
        folder = runs.price(ws, program, periods[0].id, runs.maturity_date(program, base), say)
        sets = [finalize(folder)]
    except Refused as refused:
        err.print(f"{program.id}: no prices: {refused}")
    as_of = runs.maturity_date(program, runs.covered_periods(program, sets)[-1] if sets else periods[0].id)
    result = runs.run(ws, program, as_of, price_sets=sets, true_up=True, progress=say)
    shown.update(task, description=program.id, total=1, completed=1)
    return result


def _summary(result: runs.RunResult) -> None:
    manifest = result.manifest
    episodes = manifest["tables"].get("episodes", {"rows": 0})["rows"]
    out.print(f"{manifest['title']}: {episodes:,} episodes, {len(result.settled.settlements):,} settlements, run {manifest['run_id']}")
    for refusal in manifest["refusals"]:
        out.print(f"  not settled: {refusal['message']}")
