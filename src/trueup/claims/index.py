"""The index of a workspace's batches: the few claim lines that final action has to look at, and what it decides once all is known.

    index/<hash of the batch ids>/marked-<batch>.parquet  touched-<batch>.parquet  counts-<batch>.parquet
                                       marked_claims.parquet  set_aside_lines.parquet

A line is marked if its claim was adjusted, stands in quarantine as a void or replacement, or has a version that came more than once, in
one batch or in several. No program's rules are read. The index is derived: deleted, it is made again from the batches; without it every
line is looked at and the result is the same. Loading one more batch reads the new claims, and of the older batches two narrow columns.

Final action looks at a claim together with all claims that replace it or that it replaces: a family. What it decides for a family once all
is known holds as of every day from the one on which the last of it was known (`decided_from`). A run as of an earlier day decides anew, for
the families of which something came later; and so does the index when a batch brings something.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from trueup.claims.stage import DECIDING
from trueup.engine import DuckEngine, Step, TableFile
from trueup.engine.files import literal
from trueup.engine.steps import read_step
from trueup.tables import BIG, CANONICAL, DAY, FLAG, MARKED_LINES, TEXT
from trueup.workspace import Batch, Workspace

# What stands for an index where there is none.
WITHOUT_INDEX: tuple[Step, ...] = tuple(read_step(p, False) for p in sorted((Path(__file__).parent / "index_sql").glob("*.sql")))
MEMORY_LIMIT = "1500MB"
_COUNT_LINES = next(step for step in WITHOUT_INDEX if step.writes == "line_counts")
LINE_COUNTS = {
    **{c: CANONICAL["claim_lines"].columns[c] for c in ("batch_id", "source_table", "claim_status", "known_date")},
    "lines": BIG, "paid_cents": BIG,
}  # fmt: skip
MARKED_CLAIMS = {"claim_id": TEXT, "decided_from": DAY}
SET_ASIDE_LINES = {
    **{c: MARKED_LINES.columns[c] for c in (*MARKED_LINES.key, "version_id", "claim_id", "member_id", "claim_status", "paid_cents")},
    "disposition": TEXT, "reason": TEXT, "is_surplus": FLAG,
}  # fmt: skip
# Part of the name of an index, so that one of another make is not read.
_FORMAT = "3"
_CLAIMS, _SET_ASIDE = "marked_claims.parquet", "set_aside_lines.parquet"
# A family of a chain this long is taken as never decided, so that it is decided in each run.
_LONGEST_CHAIN = 64
_ALWAYS_KNOWN, _ALL_KNOWN, _NEVER_DECIDED = date(1, 1, 1), date(9999, 12, 30), date(9999, 12, 31)
_COLUMNS = ", ".join(f"l.{c}" for c in MARKED_LINES.columns)


@dataclass(frozen=True)
class Index:
    """Files: `marked_lines`; of each of their claims the day from which on the decision of final action holds; the lines it sets aside;
    and how many lines there are by batch, table, status and known day."""

    marked_lines: list[Path]
    line_counts: list[Path]
    marked_claims: Path
    set_aside_lines: Path


def index_of(ws: Workspace) -> Index | None:
    """The index of the batches that the workspace has now, made where it is missing; None without claims."""
    batches = {
        b.id: b for b in ws.batches() if (b.path / "claim_lines.parquet").is_file() or (b.path / "quarantined_rows.parquet").is_file()
    }
    if not batches:
        return None
    final = ws.index_dir / _key(batches)
    if not final.is_dir():
        _make_index(ws, batches, final)
    return Index(sorted(final.glob("marked-*.parquet")), sorted(final.glob("counts-*.parquet")), final / _CLAIMS, final / _SET_ASIDE)


def _make_index(ws: Workspace, batches: dict[str, Batch], final: Path) -> None:
    """An older index whose batches are all still there is continued: what it marked stays marked."""
    before, done = _continued(ws, set(batches))
    known, new = [batches[b] for b in sorted(done)], [batches[b] for b in sorted(set(batches) - done)]
    with tempfile.TemporaryDirectory(prefix=".index-", dir=ws.path) as spill, ws.new_folder(final) as folder:
        con = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill})
        try:
            for name in sorted(done):
                for path in before.glob(f"*-{name}.parquet"):
                    os.link(path, folder / path.name)
            for batch in new:
                _extend(con, folder, batch, known)
                known.append(batch)
            _find_families(con, folder, known, new)
            _decide(con, folder, known, before if done else None)
        finally:
            con.close()
    for other in ws.index_dir.iterdir():
        if other != final and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)


def _find_families(con: duckdb.DuckDBPyConnection, folder: Path, known: list[Batch], new: list[Batch]) -> None:
    """Table `families`: of each claim the day on which the last of its family was known, and whether a new batch brought any of it."""
    both = "max(day) AS day, bool_or(is_new) AS is_new"
    rows = _adjusting_rows(folder, known, {b.id for b in new})
    _make(con, "index_rows", f"SELECT claim_id, replaces_claim_id, {both} FROM ({rows}) GROUP BY ALL")
    ends = "SELECT claim_id, day, is_new FROM index_rows UNION ALL SELECT replaces_claim_id, day, is_new FROM index_rows"
    _make(con, "families", f"SELECT claim_id, {both} FROM ({ends}) WHERE claim_id IS NOT NULL GROUP BY claim_id")
    link = "SELECT claim_id AS one, replaces_claim_id AS other FROM index_rows WHERE replaces_claim_id <> claim_id"
    _make(con, "links", f"{link} UNION SELECT other, one FROM ({link})")
    near = f"SELECT one AS claim_id, {both} FROM links JOIN families ON claim_id = other GROUP BY one"
    # What a claim's neighbors know goes from claim to claim, until nobody learns anything new.
    learned = f"SELECT n.* FROM ({near}) AS n JOIN families AS f USING (claim_id) WHERE f.day < n.day OR f.is_new < n.is_new"
    for _ in range(_LONGEST_CHAIN):
        _make(con, "nearby", learned)
        if not con.execute("SELECT count(*) FROM nearby").fetchall()[0][0]:
            return
        news = "SET day = greatest(f.day, n.day), is_new = f.is_new OR n.is_new"
        _run(con, f"UPDATE families AS f {news} FROM nearby AS n WHERE n.claim_id = f.claim_id")
    _run(con, f"UPDATE families SET day = DATE '{_NEVER_DECIDED}', is_new = true WHERE claim_id IN (SELECT one FROM links)")


def _adjusting_rows(folder: Path, known: list[Batch], new: set[str]) -> str:
    """The marked lines, and the voids and replacements in quarantine, with the day each was known, and whether a new batch brought it."""
    rows: list[str] = []
    for batch in known:
        day = f"coalesce(known_date, DATE '{_ALWAYS_KNOWN}') AS day, {batch.id in new} AS is_new"
        marked, quarantine = folder / f"marked-{batch.id}.parquet", batch.path / "quarantined_rows.parquet"
        rows.append(f"SELECT claim_id, replaces_claim_id, {day} FROM {_files([marked])}")
        if quarantine.is_file():
            rows.append(
                f"SELECT claim_id, replaces_claim_id, {day} FROM {_files([quarantine])} WHERE record_type IN ('void', 'replacement')"
            )
    return " UNION ALL ".join(rows)


def _decide(con: duckdb.DuckDBPyConnection, folder: Path, known: list[Batch], before: Path | None) -> None:
    """Run final action on the families of which something is new, and write what it decides beside what `before` decided of the others."""
    marked, undecided = sorted(folder.glob("marked-*.parquet")), folder / "undecided.parquet"
    claims_of = f"SELECT DISTINCT claim_id FROM {_files(marked)}"
    decided = f"SELECT claim_id, day AS decided_from FROM families SEMI JOIN ({claims_of}) USING (claim_id) ORDER BY claim_id"
    _write(con, decided, folder / _CLAIMS)
    _write(con, f"SELECT claim_id, DATE '{_NEVER_DECIDED}' AS decided_from FROM families WHERE is_new", undecided)
    quarantine = [b.path / "quarantined_rows.parquet" for b in known]
    engine = DuckEngine(memory_limit=MEMORY_LIMIT)
    try:
        engine.register_parquet("marked_lines", marked, MARKED_LINES.columns)
        engine.register_parquet("marked_claims", [undecided], MARKED_CLAIMS)
        engine.register_parquet("indexed_set_aside_lines", [before / _SET_ASIDE] if before else [], SET_ASIDE_LINES)
        engine.register_parquet("quarantined_rows", [p for p in quarantine if p.is_file()], CANONICAL["quarantined_rows"].columns)
        engine.register_rows("run_params", [{"as_of": _ALL_KNOWN}], {"as_of": "DATE"})
        for step in DECIDING:
            engine.run(step)
        engine.write_files([TableFile("set_aside_lines", folder / _SET_ASIDE, SET_ASIDE_LINES, MARKED_LINES.key)])
    finally:
        engine.close()
    undecided.unlink()


def _key(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join([_FORMAT, *sorted(ids)]).encode()).hexdigest()[:16]


def _continued(ws: Workspace, wanted: set[str]) -> tuple[Path, set[str]]:
    """The largest index that has no batch but wanted ones, and its batches."""
    best, folder = set[str](), ws.index_dir
    if ws.index_dir.is_dir():
        for other in sorted(p for p in ws.index_dir.iterdir() if p.is_dir() and not p.name.startswith(".")):
            has = {p.stem.removeprefix("touched-") for p in other.glob("touched-*.parquet")}
            if has <= wanted and len(has) > len(best) and other.name == _key(has):
                best, folder = has, other
    return folder, best


def _extend(con: duckdb.DuckDBPyConnection, folder: Path, batch: Batch, known: list[Batch]) -> None:
    """Index one more batch beside those that `folder` indexes already."""
    lines, older = _lines([batch]), _lines(known)
    quarantine = batch.path / "quarantined_rows.parquet"
    claims: list[str] = []
    if lines:
        adjusting = f"SELECT DISTINCT claim_id, replaces_claim_id FROM {lines} WHERE record_type <> 'original' OR version_seq > 1"
        _make(con, "index_adjusting", adjusting)
        claims += ["SELECT claim_id FROM index_adjusting", "SELECT replaces_claim_id FROM index_adjusting"]
        claims.append(f"SELECT claim_id FROM {lines} WHERE version_id IN (SELECT version_id FROM {_repeated(batch)})")
    if quarantine.is_file():
        held = f"FROM read_parquet({literal(quarantine)}) WHERE record_type IN ('void', 'replacement')"
        claims += [f"SELECT claim_id {held}", f"SELECT replaces_claim_id {held}"]
    if lines and older:
        _make(con, "index_versions", f"SELECT DISTINCT version_id FROM {lines}")
        claims.append(f"SELECT claim_id FROM {older} SEMI JOIN index_versions USING (version_id)")
    touched = " UNION ".join(claims) or "SELECT CAST(NULL AS VARCHAR) AS claim_id"
    _make(con, "index_new", f"SELECT claim_id FROM ({touched}) WHERE claim_id IS NOT NULL")
    earlier = sorted(folder.glob("touched-*.parquet"))
    before = f"SELECT claim_id FROM {_files(earlier)}" if earlier else "SELECT claim_id FROM index_new WHERE false"
    _make(con, "index_old", before)
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
    if lines:
        _run(con, f"CREATE OR REPLACE TEMP VIEW claim_lines AS FROM {lines}")
        _write(con, f"SELECT * FROM ({_COUNT_LINES.sql}) ORDER BY ALL", folder / f"counts-{batch.id}.parquet")


def _files(paths: Iterable[Path]) -> str:
    return "read_parquet([" + ", ".join(literal(p) for p in paths) + "])"


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
    _run(con, f"COPY ({query}) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)")


def _make(con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    _run(con, f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def _run(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    con.execute(sql).fetchall()
