"""`demo`: the whole flow on a synthetic state, or on claims that somebody else wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from trueup import runs
from trueup.claims.intake import LoadResult, load_files
from trueup.commands.answers import price_folders
from trueup.commands.common import Programs, app, bar, day, err, out, program_of
from trueup.commands.prices import entity_names
from trueup.errors import IntakeError, Refused, TrueupError, UsageError
from trueup.locations import programs_dir
from trueup.manifest import read_manifest
from trueup.pricing.price_set import PriceSet, finalize
from trueup.reports.write import write_reports
from trueup.rules.load import program_ids
from trueup.rules.program import Program
from trueup.runs import performance_periods
from trueup.synthetic import generate
from trueup.synthetic.score import TruthScore, score
from trueup.synthetic.score_panels import score_panels
from trueup.synthetic.score_stays import score_stays
from trueup.workspace import Workspace

DEMO_KEY = "demo"
UNDATED = "TRU-I024"
YEAR_DAYS = 365


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
        outcomes = [_run(ws, program, shown) for program in loaded]
        done = [(program, result) for program, result in zip(loaded, outcomes, strict=True) if isinstance(result, runs.RunResult)]
        folders = [result.folder for _, result in done]
    out.print(str(result))
    for program, outcome in zip(loaded, outcomes, strict=True):
        if isinstance(outcome, TrueupError):
            err.print(f"{program.title}: did not run: {outcome}")
            continue
        _summary(program, outcome)
        if claims is None:
            for found in scores_of(outcome.folder, to / "claims" / "ground_truth", program):
                out.print(found.to_text())
    with bar() as shown:
        index = _reports(ws, folders, to, shown, is_invented=claims is None) if folders else None
    if index:
        out.print(f"Open {index}")
    for program, result in done:
        if program.has("case_rate") and result.manifest["price_set_id"]:
            first = performance_periods(program)[0].first_day
            words = f"--month {first:%Y-%m} --prices {result.manifest['price_set_id']} --assume illustrative --workspace {ws.path}"
            out.print(f"To see what a month would pay: trueup pay {program.id} {words}")
    return 0 if len(done) == len(loaded) else 1


def _reports(ws: Workspace, folders: list[Path], to: Path, shown: Progress, *, is_invented: bool) -> Path:
    task = shown.add_task("reports", total=None)
    return write_reports(
        folders,
        price_folders(ws, folders),
        to / "reports",
        names=entity_names(ws),
        cohort_detail=is_invented,  # the people of a synthetic state are invented: nothing needs hiding
        progress=lambda what, n, of: shown.update(task, description=f"reports: {what}", completed=n, total=of),
    )


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


def _run(ws: Workspace, program: Program, shown: Progress) -> runs.RunResult | TrueupError:
    """Price the base period where the program has prices, make them final, and settle every performance period at the last one's maturity.

    What stops a program is returned, so that it does not stop the others.
    """
    task = shown.add_task(program.id, total=None)

    def say(text: str) -> None:
        shown.update(task, description=f"{program.id}: {text}")

    try:
        sets = _prices(ws, program, say)
        periods = runs.covered_periods(program, sets) if sets or not program.has("prices") else [performance_periods(program)[0].id]
        result = runs.run(ws, program, settling_day(program, periods[-1]), price_sets=sets, true_up=True, progress=say)
    except TrueupError as error:
        shown.update(task, description=f"{program.id}: stopped", total=1, completed=0)
        return error
    shown.update(task, description=program.id, total=1, completed=1)
    return result


def _prices(ws: Workspace, program: Program, say: Callable[[str], None]) -> list[PriceSet]:
    """The final price set of the first performance period; none where the program has no prices, or cannot derive them and says why."""
    if not program.has("prices"):
        return []
    try:
        base = program.text("prices.baseline_period")
        return [finalize(runs.price(ws, program, performance_periods(program)[0].id, runs.maturity_date(program, base), say))]
    except Refused as refused:
        err.print(f"{program.id}: no prices: {refused}")
        return []


def settling_day(program: Program, period_id: str) -> date:
    """The day a period is settled as of: its maturity, or a year after its end where the program waits for no claims."""
    if program.has("maturity.runout_days"):
        return runs.maturity_date(program, period_id)
    return program.period(period_id).last_day + timedelta(days=YEAR_DAYS)


def scores_of(folder: Path, truth: Path, program: Program) -> list[TruthScore]:
    """How well a run recovers what was planted for programs of its kind: episodes, stays or panels; nothing for other kinds."""
    scorer = _SCORERS.get(program.kind)
    written = read_manifest(folder)["tables"]
    return [scorer[1](folder, truth, program)] if scorer and scorer[0] in written else []


# kind -> the table that must have been written, and the score of it against the truth
_SCORERS: dict[str, tuple[str, Callable[[Path, Path, Program], TruthScore]]] = {
    "maternity_episode": ("episodes", score),
    "inpatient_stay": ("stays", score_stays),
    "panel": ("panel_members", score_panels),
}
# what a run counts
_COUNTED = (("episodes", "episodes"), ("stays", "stays"), ("panel_members", "members of panels"))


def _summary(program: Program, result: runs.RunResult) -> None:
    """One line of what a program found and settled, then what was not settled, and why."""
    manifest, settled = result.manifest, result.settled
    tables = manifest["tables"]
    parts = [f"{tables[name]['rows']:,} {words}" for name, words in _COUNTED if name in tables]
    if settled.settlements or not program.has("prices.tiers"):
        net = Decimal(sum(s.amount_cents for s in settled.settlements)) / 100
        parts.append(f"{len(settled.settlements):,} settlements of ${net:,.2f} in all")
    for table, what in (
        ("tiers", "hospitals in tiers"),
        ("payments", "payments"),
        ("monitor_flags", "flags"),
        ("quality_scores", "scorecards"),
    ):
        rows = tables.get(table, {"rows": 0})["rows"]
        if rows:
            parts.append(f"{rows:,} {what}")
    out.print(f"{manifest['title']}: {', '.join(parts)}, run {manifest['run_id']}")
    for refusal in manifest["refusals"]:
        out.print(f"  not settled: {refusal['message']}")
    for code, some in groupby(sorted(settled.refusals, key=lambda r: r.code), key=lambda r: r.code):
        messages = [r.message for r in some]
        more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
        out.print(f"  not settled: {code} {messages[0]}{more}")
