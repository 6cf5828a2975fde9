"""The index of a workspace's batches: the few claim lines that final action has to look at, and what it decides once all is known.

    index/<hash of the batch ids>/marked-<batch>.parquet  touched-<batch>.parquet  version_dispositions.parquet  dropped_copies.parquet

A line is marked if its claim was adjusted, stands in quarantine as a void or replacement, or has a version that came more than once, in
one batch or in several. No program's rules are read. The index is derived: deleted, it is made again from the batches; without it every
line is looked at and the result is the same. Loading one more batch reads the new claims, and of the older batches two narrow columns.
What is decided serves every run as of a day on which all of the marked lines were known; a run as of an earlier day decides anew.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from trueup.claims import stage as claims
from trueup.claims.final_action.stage import STEPS as FINAL_ACTION
from trueup.claims.staging import literal
from trueup.engine import DuckEngine, Step
from trueup.engine.steps import read_step
from trueup.tables import CANONICAL, MARKED_LINES, TEXT
from trueup.workspace import Batch, Workspace, write_atomically

MARK_EVERY_LINE: Step = read_step(Path(__file__).parent / "index_sql" / "10_mark_every_line.sql", False)
MEMORY_LIMIT = "1500MB"
VERSION_DISPOSITIONS = {"version_id": TEXT, "disposition": TEXT, "reason": TEXT}
_VERSION, _LINE = ("version_id",), ("batch_id", "source_table", "source_file", "source_row")
_COLUMNS = ", ".join(f"l.{c}" for c in MARKED_LINES.columns)


@dataclass(frozen=True)
class Index:
    """`marked` are the files of `marked_lines`; the decisions of final action hold from `last_known` on, the day the last was known."""

    marked: list[Path]
    version_dispositions: Path
    dropped_copies: Path
    last_known: date


def index_of(ws: Workspace) -> Index | None:
    """The index of the batches that the workspace has now, made where it is missing; None without claims."""
    with tempfile.TemporaryDirectory(prefix=".index-", dir=ws.path) as spill:
        con = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill})
        try:
            return _index(ws, con)
        finally:
            con.close()


def _index(ws: Workspace, con: duckdb.DuckDBPyConnection) -> Index | None:
    """An older index whose batches are all still there is continued: what it marked stays marked."""
    batches = {
        b.id: b for b in ws.batches() if (b.path / "claim_lines.parquet").is_file() or (b.path / "quarantined_rows.parquet").is_file()
    }
    if not batches:
        return None
    final = ws.index_dir / _key(batches)
    if not (final / "decided.json").is_file():
        done = _continued(ws, set(batches))
        with ws.new_folder(final) as folder:
            for name in sorted(done):
                for path in (ws.index_dir / done[name]).glob(f"*-{name}.parquet"):
                    os.link(path, folder / path.name)
            known = [batches[b] for b in sorted(done)]
            for batch in (batches[b] for b in sorted(set(batches) - set(done))):
                _extend(con, folder, batch, known)
                known.append(batch)
            _decide(folder, [b.path / "quarantined_rows.parquet" for b in known])
        for other in ws.index_dir.iterdir():
            if other != final and not other.name.startswith("."):
                shutil.rmtree(other, ignore_errors=True)
    decided = json.loads((final / "decided.json").read_text(encoding="utf-8"))
    last = date.fromisoformat(decided["last_known"])
    return Index(sorted(final.glob("marked-*.parquet")), final / "version_dispositions.parquet", final / "dropped_copies.parquet", last)


def _decide(folder: Path, quarantine: Iterable[Path]) -> None:
    """Run final action on all that is known, and write what it decides."""
    engine = DuckEngine(memory_limit=MEMORY_LIMIT)
    try:
        engine.register_parquet("marked_lines", sorted(folder.glob("marked-*.parquet")), MARKED_LINES.columns)
        engine.register_parquet("quarantined_rows", [p for p in quarantine if p.is_file()], CANONICAL["quarantined_rows"].columns)
        known = [engine.scalar(table, "MAX(known_date)") for table in ("marked_lines", "quarantined_rows")]
        last = max((day for day in known if day is not None), default=date.min)
        engine.register_rows("run_params", [{"as_of": last}], {"as_of": "DATE"})
        for step in claims.STEPS:
            if step in FINAL_ACTION or step.writes in ("visible_marked_lines", "visible_quarantine"):
                engine.run(step)
        for table, key in (("version_dispositions", _VERSION), ("dropped_copies", _LINE)):
            engine.write_parquet(table, folder / f"{table}.parquet", engine.columns(table), key)
        write_atomically(folder / "decided.json", json.dumps({"last_known": last.isoformat()}))
    finally:
        engine.close()


def _key(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]


def _continued(ws: Workspace, wanted: set[str]) -> dict[str, str]:
    """The batches of the largest index that has no batch but wanted ones: batch id -> folder name of the index."""
    best: set[str] = set()
    found = ""
    if ws.index_dir.is_dir():
        for folder in sorted(p for p in ws.index_dir.iterdir() if p.is_dir() and not p.name.startswith(".")):
            has = {p.stem.removeprefix("touched-") for p in folder.glob("touched-*.parquet")}
            if has <= wanted and len(has) > len(best) and folder.name == _key(has):
                best, found = has, folder.name
    return dict.fromkeys(best, found)


def _extend(con: duckdb.DuckDBPyConnection, folder: Path, batch: Batch, known: list[Batch]) -> None:
    """Index one more batch beside those that `folder` indexes already."""
    lines, older = _lines([batch]), _lines(known)
    quarantine = batch.path / "quarantined_rows.parquet"
    claims: list[str] = []
    if lines:
        adjusting = f"SELECT DISTINCT claim_id, replaces_claim_id FROM {lines} WHERE record_type <> 'original' OR version_seq > 1"
        _run(con, f"CREATE OR REPLACE TEMP TABLE index_adjusting AS {adjusting}")
        claims += ["SELECT claim_id FROM index_adjusting", "SELECT replaces_claim_id FROM index_adjusting"]
        claims.append(f"SELECT claim_id FROM {lines} WHERE version_id IN (SELECT version_id FROM {_repeated(batch)})")
    if quarantine.is_file():
        held = f"FROM read_parquet('{literal(quarantine)}') WHERE record_type IN ('void', 'replacement')"
        claims += [f"SELECT claim_id {held}", f"SELECT replaces_claim_id {held}"]
    if lines and older:
        _run(con, f"CREATE OR REPLACE TEMP TABLE index_versions AS SELECT DISTINCT version_id FROM {lines}")
        claims.append(f"SELECT claim_id FROM {older} SEMI JOIN index_versions USING (version_id)")
    touched = " UNION ".join(claims) or "SELECT CAST(NULL AS VARCHAR) AS claim_id"
    _run(con, f"CREATE OR REPLACE TEMP TABLE index_new AS SELECT claim_id FROM ({touched}) WHERE claim_id IS NOT NULL")
    earlier = sorted(folder.glob("touched-*.parquet"))
    before = f"SELECT claim_id FROM {_files(earlier)}" if earlier else "SELECT claim_id FROM index_new WHERE false"
    _run(con, f"CREATE OR REPLACE TEMP TABLE index_old AS {before}")
    no_line = ", ".join(f"CAST(NULL AS {kind}) AS {c}" for c, kind in MARKED_LINES.columns.items())
    marked = [f"SELECT {no_line} WHERE false"]
    if lines:
        marked.append(
            f"SELECT {_COLUMNS} FROM {lines} AS l "
            "SEMI JOIN (SELECT claim_id FROM index_new UNION SELECT claim_id FROM index_old) AS t ON t.claim_id = l.claim_id"
        )
    if older:
        marked.append(
            f"SELECT {_COLUMNS} FROM {older} AS l "
            "SEMI JOIN (SELECT claim_id FROM index_new EXCEPT SELECT claim_id FROM index_old) AS t ON t.claim_id = l.claim_id"
        )
    order = "version_id, claim_line_number, batch_id, source_table, source_file, source_row"
    _write(con, f"SELECT * FROM ({' UNION ALL '.join(marked)}) ORDER BY {order}", folder / f"marked-{batch.id}.parquet")
    _write(con, "SELECT claim_id FROM index_new ORDER BY claim_id", folder / f"touched-{batch.id}.parquet")


def _files(paths: Iterable[Path]) -> str:
    return "read_parquet([" + ", ".join(f"'{literal(p)}'" for p in paths) + "])"


def _lines(batches: Iterable[Batch]) -> str:
    """The claim lines of batches as a relation; empty text where there are none."""
    paths = [b.path / "claim_lines.parquet" for b in batches]
    paths = [p for p in paths if p.is_file()]
    return _files(paths) if paths else ""


def _repeated(batch: Batch) -> str:
    """The versions of a batch that have one line number twice."""
    listed = batch.path / "repeated_versions.parquet"
    if listed.is_file():
        return _files([listed])
    lines = _lines([batch])
    return f"(SELECT version_id FROM {lines} GROUP BY version_id HAVING count(*) > count(DISTINCT claim_line_number))"


def _write(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    _run(con, f"COPY ({query}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION zstd)")


def _run(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    con.execute(sql).fetchall()
