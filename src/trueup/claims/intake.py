"""Intake: files or case rows in, canonical tables and a quarantine out. See `load_files` and `load_rows`."""
# DuckDB and pyarrow have no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import difflib
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from trueup.claims import canonical as canon
from trueup.claims.batch import Account, Assembly, Finding
from trueup.claims.layouts import LAYOUTS, VERSION_COLUMNS
from trueup.claims.read import Source, inspect, inspect_parquet, literal, stage_parquet, stage_text
from trueup.claims.reasons import FileRejected, message_of
from trueup.errors import IntakeError, Place, UsageError
from trueup.workspace import Workspace, write_atomically

MEMORY_LIMIT = "2GB"
CASE_BATCH = "case"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a load declares. Part of the batch's identity."""

    received: date | None = None
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    always_known: bool = False

    def as_json(self) -> dict[str, str | bool | None]:
        return {**asdict(self), "received": self.received.isoformat() if self.received else None}


@dataclass(frozen=True)
class LoadResult:
    """What a load did. `batch_id` is None where there was nothing new; `quarantined` counts rows by (table, reason code)."""

    batch_id: str | None
    folder: Path | None
    accounts: list[Account] = field(default_factory=list[Account])
    findings: list[Finding] = field(default_factory=list[Finding])
    quarantined: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    unrecognized: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    already_loaded: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    versions_lost: bool = False


def load_files(
    ws: Workspace,
    files: Iterable[str | Path],
    *,
    received: date | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    date_format: str | None = None,
    always_known: bool = False,
    progress: Progress | None = None,
) -> LoadResult:
    """Load files into the workspace as one immutable batch, all of them or none.

    Tables are recognized by header. `received` is the day the files came, needed only where rows carry no date of their own. Content that
    is loaded already is not loaded again. `always_known` takes rows without any date as known from the start instead of refusing them. Raises IntakeError (nothing is kept), UsageError for options that make no sense.
    """
    options = replace(_options(received, delimiter, encoding, date_format), always_known=always_known)
    say = progress or (lambda _: None)
    with ws.writer_lock(), tempfile.TemporaryDirectory(prefix=".intake-", dir=ws.path) as scratch_name:
        scratch = Path(scratch_name)
        con = _connect(scratch)
        try:
            return _load(ws, con, _named(files), options, scratch, say)
        finally:
            con.close()


def _load(
    ws: Workspace, con: duckdb.DuckDBPyConnection, files: list[tuple[Path, str]], options: Options, scratch: Path, say: Progress
) -> LoadResult:
    sources: list[Source] = []
    kinds: dict[str, dict[str, str]] = {}
    for number, (path, name) in enumerate(files):
        say(f"reading {name}")
        # A link of our own name: the engine reads patterns into some characters of file names.
        link = scratch / f"in{number}"
        link.symlink_to(path.resolve())
        source = inspect(link, name, scratch, delimiter=options.delimiter, encoding=options.encoding)
        if source.is_parquet:
            kinds[name] = inspect_parquet(con, source)
        sources.append(source)
    unrecognized = [(s.name, s.note) for s in sources if s.layout is None]
    if not any(s.layout for s in sources):
        raise FileRejected(
            "fmt.nothing_recognized",
            f"None of {len(sources)} files is an input table: " + "; ".join(f"{n}: {why}" for n, why in unrecognized[:5]) + ".",
            source=sources[0].name if sources else "load",
            next_step="Expected a header such as " + ",".join(LAYOUTS["medical_claim"].required) + ",… with comma, pipe, tab or semicolon.",
        )
    fresh, repeated = _without_repeats(ws, [s for s in sources if s.layout], dict(zip((n for _, n in files), (p for p, _ in files), strict=True)))
    if not fresh:
        return LoadResult(None, None, unrecognized=unrecognized, already_loaded=repeated)
    batch_id = _batch_id(fresh, options)
    with ws.new_folder(ws.batches_dir / batch_id) as folder:
        notes: list[tuple[int, str, str, int, int | None]] = []
        checked: dict[int, tuple[Source, Path]] = {}
        _file_facts(con, fresh, options.received, lenient=False)
        for number, source in enumerate(fresh):
            say(f"checking {source.name}")
            staged = scratch / f"staged{number}.parquet"
            if source.is_parquet:
                stage_parquet(con, source, kinds[source.name], staged)
            else:
                stage_text(con, source, staged)
            target = scratch / f"checked{number}.parquet"
            notes += [(number, *note) for note in _check(con, source, number, target, options, lenient=False)]
            staged.unlink()
            checked[number] = (source, target)
        say("writing the batch")
        work = Assembly(con, batch_id, folder, checked)
        accounts, findings = _assemble(work, notes, unrecognized, repeated)
        lost = any(s.layout and s.layout.name in canon.CLAIM_TABLES and not canon.has_version_columns(s) for s in fresh)
        quarantined = _reasons(con, folder)
        _write_manifest(folder, batch_id, options, fresh, {n: str(p) for p, n in files}, accounts, quarantined, unrecognized, versions_lost=lost)
    return LoadResult(batch_id, ws.batches_dir / batch_id, accounts, findings, quarantined, unrecognized, repeated, lost)


def load_rows(tables: Mapping[str, Sequence[Mapping[str, object]]], folder: Path) -> Path:
    """Canonical tables of case rows: the same canonicalization, with the case defaults for what a row leaves out.

    Writes Parquet files into `folder` and returns it. Facts without dates are always known. Raises IntakeError for unknown tables or columns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trueup-case-") as scratch_name:
        scratch = Path(scratch_name)
        con = _connect(scratch)
        try:
            sources = [_case_source(name, rows, scratch) for name, rows in sorted(tables.items()) if rows]
            _file_facts(con, sources, None, lenient=True)
            notes: list[tuple[int, str, str, int, int | None]] = []
            checked: dict[int, tuple[Source, Path]] = {}
            for number, source in enumerate(sources):
                target = scratch / f"checked{number}.parquet"
                notes += [(number, *note) for note in _check(con, source, number, target, Options(), lenient=True)]
                checked[number] = (source, target)
            if checked:
                _assemble(Assembly(con, CASE_BATCH, folder, checked), notes, [], [])
        finally:
            con.close()
    return folder


def _case_source(name: str, rows: Sequence[Mapping[str, object]], scratch: Path) -> Source:
    if name not in LAYOUTS:
        near = difflib.get_close_matches(name, LAYOUTS, 1)
        hint = f"Did you mean {near[0]}?" if near else "Input tables are " + ", ".join(LAYOUTS) + "."
        raise IntakeError("TRU-I030", f"{name} is not an input table.", place=Place(name), next_step=hint)
    layout = LAYOUTS[name]
    columns = tuple(dict.fromkeys(c for row in rows for c in row))
    for column in columns:
        if column not in layout.names and column not in layout.ignored:
            near = difflib.get_close_matches(column, sorted(layout.names), 1)
            hint = f"Did you mean {near[0]}?" if near else f"{name} has {', '.join(sorted(layout.names)[:12])}, …"
            raise IntakeError("TRU-I031", f"{name} has no column {column}.", place=Place(name), next_step=hint)
    used = [c for c in columns if c in layout.names]
    staged = scratch / f"{name}.parquet"
    pq.write_table(pa.table({c: pa.array([_text(row.get(c)) for row in rows], pa.string()) for c in used}), staged)
    return Source(staged, name, layout=layout, columns=tuple(used), is_parquet=True, rows=len(rows), staged=staged)


def _text(value: object) -> str | None:
    """A case value as the text a file would hold."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def _check(
    con: duckdb.DuckDBPyConnection, source: Source, number: int, target: Path, options: Options, *, lenient: bool
) -> list[tuple[str, str, int, int | None]]:
    """Profile and judge one staged file; its notes as a whole come back."""
    assert source.layout is not None
    facts = canon.profile(con, source, date_format=options.date_format)
    typed = canon.typed_sql(source, source.layout, facts, file_no=number, lenient=lenient, date_format=options.date_format)
    canon.check_rows(con, source, typed, target)
    if not lenient:
        canon.refuse_failing_file(con, source, target)
        if not options.always_known:
            canon.refuse_undated(con, source, target)
    notes = facts.notes + [("amt.binary_float", c, n, None) for c, n in source.float_columns.items() if n]
    notes += [("fmt.unknown_column", c, source.rows, None) for c in source.unknown_columns]
    if not source.rows:
        notes.append(("fmt.empty", "", 0, None))
    if source.damaged_bytes:
        notes.append(("enc.invalid", "", source.rows, None))
    return notes


def _assemble(
    work: Assembly,
    notes: list[tuple[int, str, str, int, int | None]],
    unrecognized: list[tuple[str, str]],
    repeated: list[tuple[str, str]],
) -> tuple[list[Account], list[Finding]]:
    work.prepare()
    work.write()
    found = work.findings(notes)
    found += [Finding("", name, "fmt.unrecognized", "", 0, None, why or message_of("fmt.unrecognized")) for name, why in unrecognized]
    found += [Finding("", name, "dup.file", "", 0, None, f"loaded already in batch {batch}") for name, batch in repeated]
    work.write_findings(found)
    return work.accounts(), found


def _connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, value in (("memory_limit", MEMORY_LIMIT), ("temp_directory", str(scratch / "spill")), ("TimeZone", "UTC")):
        con.execute(f"SET {name} = '{literal(Path(value))}'").fetchall()
    con.execute(canon.sql_text("macros.sql")).fetchall()
    return con


def _file_facts(con: duckdb.DuckDBPyConnection, sources: list[Source], received: date | None, *, lenient: bool) -> None:
    con.execute(
        "CREATE TEMP TABLE intake_files (file_no INTEGER, source_file VARCHAR, batch_received DATE, lenient BOOLEAN, "
        "has_version_columns BOOLEAN, has_record_type BOOLEAN, has_claim_status BOOLEAN)"
    ).fetchall()
    for number, s in enumerate(sources):
        # A case states its versions by leaving them out; a file without any version column has lost them.
        has = lenient or bool(set(s.columns).intersection(VERSION_COLUMNS))
        row = [number, s.name, received, lenient, has, "record_type" in s.columns, "claim_status" in s.columns]
        con.execute("INSERT INTO intake_files VALUES (?, ?, ?, ?, ?, ?, ?)", row).fetchall()
    con.execute("CREATE TEMP VIEW source_names AS SELECT file_no, source_file FROM intake_files").fetchall()


def _options(received: date | None, delimiter: str | None, encoding: str | None, date_format: str | None) -> Options:
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError("TRU-U026", f"A delimiter is one character, not {delimiter!r}.")
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            raise UsageError("TRU-U027", f"{encoding} is not an encoding.", next_step="Try utf-8, cp1252, latin-1 or utf-16.") from None
    if date_format is not None and date_format not in canon.DATE_FORMATS:
        raise UsageError("TRU-U028", f"{date_format} is not a date format.", next_step=f"One of {', '.join(canon.DATE_FORMATS)}.")
    return Options(received, delimiter, encoding, date_format)


def _named(files: Iterable[str | Path]) -> list[tuple[Path, str]]:
    """Files with the names they go by: the file name, with its folder where two would be alike. In name order, so that order never matters."""
    paths = [Path(f) for f in files]
    for path in paths:
        if not path.is_file():
            raise UsageError("TRU-U029", f"{path} is not a file.", next_step="Name the files to load.")
    alike = Counter(p.name for p in paths)
    named = [(p, p.name if alike[p.name] == 1 else f"{p.parent.name}/{p.name}") for p in paths]
    again = Counter(n for _, n in named)
    return sorted(((p, n if again[n] == 1 else str(p)) for p, n in named), key=lambda item: item[1])


def _without_repeats(ws: Workspace, sources: list[Source], paths: dict[str, Path]) -> tuple[list[Source], list[tuple[str, str]]]:
    """The sources not loaded before, and the names of the others with their batch. Raises FileRejected for known names with new content."""
    loaded = {f["sha256"]: b.id for b in ws.batches() for f in b.manifest["files"]}
    places = {f["place"]: b.id for b in ws.batches() for f in b.manifest["files"]}
    fresh: list[Source] = []
    repeated: list[tuple[str, str]] = []
    seen: set[str] = set()
    for source in sources:
        if source.sha256 in loaded or source.sha256 in seen:
            repeated.append((source.name, loaded.get(source.sha256, "this one")))
            continue
        batch = places.get(_place(paths[source.name]))
        if batch:
            message = f"This file was loaded in batch {batch} with other content."
            raise FileRejected("dup.name_new_content", message, source=source.name, next_step="If it is a new delivery, give it a new name.")
        seen.add(source.sha256)
        fresh.append(source)
    return fresh, repeated


def _place(path: str | Path) -> str:
    """A file's place, hashed so that a manifest shows no one's folders."""
    return hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:16]


def _batch_id(sources: list[Source], options: Options) -> str:
    parts = [*sorted(s.sha256 for s in sources), json.dumps(options.as_json(), sort_keys=True)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _reasons(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[tuple[str, str], int]:
    path = folder / "quarantined_rows.parquet"
    if not path.exists():
        return {}
    query = "SELECT table_name, reason_code, count(*) FROM read_parquet($p) GROUP BY ALL ORDER BY ALL"
    return {(str(t), str(r)): int(n) for t, r, n in con.execute(query, {"p": str(path)}).fetchall()}


def _write_manifest(
    folder: Path,
    batch_id: str,
    options: Options,
    sources: list[Source],
    paths: dict[str, str],
    accounts: list[Account],
    quarantined: dict[tuple[str, str], int],
    unrecognized: list[tuple[str, str]],
    *,
    versions_lost: bool,
) -> None:
    outputs: dict[str, Any] = {}
    for path in sorted(folder.glob("*.parquet")):
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        outputs[path.stem] = {"rows": pq.read_metadata(path).num_rows, "sha256": digest}
    content = {
        "batch_id": batch_id,
        "options": options.as_json(),
        "versions_lost": versions_lost,
        "files": [
            {"source_file": s.name, "table": s.layout.name, "sha256": s.sha256, "rows": s.rows, "place": _place(paths[s.name])}
            for s in sources
            if s.layout
        ],
        "accounting": [asdict(a) for a in accounts],
        "quarantined": [{"table": t, "reason": r, "rows": n} for (t, r), n in quarantined.items()],
        "unrecognized": [{"source_file": n, "why": why} for n, why in unrecognized],
        "tables": outputs,
    }
    write_atomically(folder / "manifest.json", json.dumps(content, indent=2, sort_keys=True) + "\n")
