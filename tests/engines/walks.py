"""The work that the engines are compared on: what the commands do with a workspace, and the studies and scores beside it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from unit.quality.ecqm_world import OUR_CESAREAN, OUR_COMPLICATIONS, VALUE_SETS, read
from unit.quality.test_ecqm_reference import someone

from trueup import runs
from trueup.claims.intake import load_files
from trueup.commands.define import define
from trueup.commands.demo import scores_of, settling_day
from trueup.engine import Engine
from trueup.errors import Refused
from trueup.pricing.price_set import PriceSet, finalize
from trueup.quality.clinical import stage as clinical
from trueup.risk.freeze import FILE
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

KEY = "both-engines"


def state(folder: Path, programs: Iterable[Program], *, members: int = 2_000, keep: int = 1) -> Path:
    """A workspace with a generated state, of whose members one in `keep` stays. Its truth is beside it, under `claims`."""
    made = generate(list(programs), folder / "claims", members=members, seed=1, file_format="parquet")
    files = [path for path in made.files.values() if path.parent == folder / "claims"]
    for path in files if keep > 1 else ():
        thin(path, keep)
    ws = Workspace.create(folder / "workspace", KEY)
    load_files(ws, files)
    return ws.path


def thin(path: Path, keep: int) -> None:
    """Leave the rows of one member in `keep`, by the last digits of the member's id; a table without members stays whole."""
    con = duckdb.connect()
    if "member_id" in [row[0] for row in con.execute(f"DESCRIBE FROM '{path}'").fetchall()]:
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


# --- what is compared: each takes a fresh workspace and gives back what must be equal beside the tables -----------------------------------


def ran(ws: Workspace, program: Program, sets: Sequence[PriceSet] = ()) -> dict[str, Any]:
    """A run that settles what its price sets cover, as the demo does it: its manifest, which holds the hashes of its tables."""
    periods = runs.covered_periods(program, sets) if sets or not program.has("prices") else [runs.performance_periods(program)[0].id]
    result = runs.run(ws, program, settling_day(program, periods[-1]), price_sets=sets, true_up=True)
    return {"folder": result.folder, **result.manifest}


def priced(ws: Workspace, program: Program, *, model: str = "") -> list[PriceSet]:
    """The final price set of the first performance period; none where the program has no prices, or cannot derive them."""
    if not program.has("prices"):
        return []
    base = program.text("prices.baseline_period")
    try:
        made = runs.price(
            ws, program, runs.performance_periods(program)[0].id, runs.maturity_date(program, base), risk_model=model
        )  # fmt: skip
    except Refused:
        return []
    return [finalize(made)]


def settled(ws: Workspace, program: Program) -> dict[str, Any]:
    """Priced, run and settled: the ids of its price sets and its manifest."""
    sets = priced(ws, program)
    return {"prices": [s.price_set_id for s in sets], **without_folder(ran(ws, program, sets))}


def without_folder(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "folder"}


def scored(ws: Workspace, program: Program, truth: Path) -> dict[str, Any]:
    """Priced, run, settled, and held against the truth of the state."""
    sets = priced(ws, program)
    found = ran(ws, program, sets)
    scores = [score.to_text() for score in scores_of(found["folder"], truth, program)]
    return {"prices": [s.price_set_id for s in sets], "scores": scores, **without_folder(found)}


def fitted(ws: Workspace, program: Program) -> dict[str, Any]:
    """The risk model of the first performance period, and prices made with it."""
    base = program.text("prices.baseline_period")
    folder = runs.fit_risk(ws, program, runs.performance_periods(program)[0].id, runs.maturity_date(program, base))
    text = (folder / FILE).read_text(encoding="utf-8")
    return {"model": text, "prices": [s.price_set_id for s in priced(ws, program, model=text)]}


def defined(ws: Workspace, program: Program, period: str, to: Path) -> dict[str, bytes]:
    """The review sheet of the codes of a period."""
    shutil.rmtree(to, ignore_errors=True)
    define(program.id, period=period, preparer="Pat Prep", min_lines=5, workspace=ws.path, to=to, assume="illustrative")
    return {path.name: path.read_bytes() for path in sorted(to.glob("*.csv"))}


def counted(make: Callable[[], Engine]) -> list[Any]:
    """Clinical measures of invented people whose times fall on and beside every edge."""
    luck = random.Random("both engines")
    nodes = [node for n in range(80) for node in someone(f"p{n}", 2026, luck)]
    tables = read(*nodes).tables
    found: list[Any] = []
    for measure in (OUR_CESAREAN, OUR_COMPLICATIONS):
        engine = make()
        clinical.register(engine, tables, VALUE_SETS)
        clinical.run(engine, [measure], date(2026, 1, 1), date(2026, 12, 31))
        found.append(engine.rows(clinical.RESULT, order_by=("rate_group", "member_id", "population")))
    return found
