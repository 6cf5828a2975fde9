"""The work that the engines are compared on: what the commands do with a workspace, and studies and scores beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from trueup import runs
from trueup.claims.intake import load_files
from trueup.commands.demo import settling_day
from trueup.errors import Refused
from trueup.pricing.price_set import finalize
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

KEY = "both-engines"


def state(folder: Path, programs: Iterable[Program], *, keep: int = 1, members: int = 2_000) -> Path:
    """A workspace with a generated state, of whose members one in `keep` stays."""
    made = generate(list(programs), folder / "claims", members=members, seed=1, file_format="parquet")
    files = [path for path in made.files.values() if path.parent == folder / "claims"]
    if keep > 1:
        for path in files:
            thin(path, keep)
    ws = Workspace.create(folder / "workspace", KEY)
    load_files(ws, files)
    return ws.path


def thin(path: Path, keep: int) -> None:
    """Leave the rows of one member in `keep`, by the last digits of the member's id; a table without members stays whole."""
    con = duckdb.connect()
    columns = [row[0] for row in con.execute(f"DESCRIBE FROM '{path}'").fetchall()]
    if "member_id" in columns:
        kept = f"member_id IS NULL OR CAST(RIGHT(REGEXP_REPLACE(member_id, '\\D', '', 'g'), 4) AS INTEGER) % {keep} = 0"
        draft = path.with_suffix(".thin")
        con.execute(f"COPY (FROM '{path}' WHERE {kept}) TO '{draft}' (FORMAT parquet)")
        draft.replace(path)
    con.close()


def copied(workspace: Path, to: Path) -> Workspace:
    """Another workspace over the same batches, to be written by one engine."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for path in workspace.iterdir():
        if path.is_file():
            shutil.copy(path, to / path.name)
        elif path.name in ("batches", "index"):
            shutil.copytree(path, to / path.name)
        else:
            (to / path.name).mkdir()
    return Workspace.open(to)


def settled(ws: Workspace, program: Program) -> dict[str, object]:
    """Price the base, make the prices final, run and settle: the ids, and the hashes of all tables."""
    sets = []
    if program.has("prices"):
        try:
            base = program.text("prices.baseline_period")
            made = runs.price(ws, program, runs.performance_periods(program)[0].id, runs.maturity_date(program, base))
            sets = [finalize(made)]
        except Refused as refused:
            return {"refused": str(refused), "run": run(ws, program, [])}
    return {"prices": [s.price_set_id for s in sets], "run": run(ws, program, sets)}


def run(ws: Workspace, program: Program, sets: list[object]) -> dict[str, object]:
    periods = runs.covered_periods(program, sets) if sets or not program.has("prices") else [runs.performance_periods(program)[0].id]
    result = runs.run(ws, program, settling_day(program, periods[-1]), price_sets=sets, true_up=True)
    return {"folder": result.folder.parent.name, "manifest": {k: v for k, v in result.manifest.items() if k != "computed"}}
