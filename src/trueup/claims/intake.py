"""Intake: files or case rows in, canonical tables and a quarantine out. See `load_files` and `load_rows`."""
# DuckDB and pyarrow have no complete type information.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from trueup.claims.batch import Account, Assembly, Finding
from trueup.claims.canonical import CLAIM_TABLES, Delivery, check_rows, has_version_columns, note_problems, refuse_undated, sql_text
from trueup.claims.delivery import Options, batch_id_of, name_files, new_sources, write_manifest
from trueup.claims.layouts import LAYOUTS
from trueup.claims.profile import DATE_FORMATS, Note, profile
from trueup.claims.read import Source, inspect, refuse_changed
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import fetch, inspect_parquet, open_parquet, read_staged, run, stage_text
from trueup.claims.verdicts import Checked
from trueup.engine.files import literal
from trueup.errors import EngineError, IntakeError, Place, UsageError
from trueup.money import format_cents
from trueup.workspace import Workspace

MEMORY_LIMIT = "1200MB"
CASE_BATCH = "case"
Progress = Callable[[str], None]


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

    def __str__(self) -> str:
        lines = [f"Batch {self.batch_id}" if self.batch_id else "Nothing new to load."]
        for a in self.accounts:
            dollars = f", {format_cents(a.cents_read)} paid" if a.cents_read else ""
            lines.append(f"  {a.source_file}: {a.table}, {a.rows_read} rows{dollars}; {a.rows_quarantined} quarantined")
        lines += [f"  quarantined in {table}: {n} rows, {reason}" for (table, reason), n in self.quarantined.items()]
        lines += [f"  {f.source_file}: {f.rows} rows, {f.code}: {f.message}" for f in self.findings if f.table]
        lines += [f"  {name} was left out: {why}" for name, why in self.unrecognized]
        lines += [f"  {name} is loaded already, in batch {batch} (dup.file)" for name, batch in self.already_loaded]
        if self.versions_lost:
            lines.append("  The claims have no version columns: taken as final action, versions lost.")
        return "\n".join(lines)


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

    Tables are recognized by header. `received` is the day the files came, needed only where rows carry no date of their own;
    `always_known` takes such rows as known from the start instead. `date_format` names the notation of dates that are neither
    YYYY-MM-DD nor YYYYMMDD. Content that is loaded already is not loaded again. Raises IntakeError (nothing is kept), UsageError for
    options that make no sense.
    """
    _check_options(delimiter, encoding, date_format)
    options = Options(received, delimiter, encoding, date_format, always_known)
    named = name_files(files)
    with ws.writer_lock(), _connection(ws.path) as (con, scratch):
        try:
            return _load(ws, con, named, options, scratch, progress or _say_nothing)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            message = f"Loading stopped and nothing was kept: {str(error).splitlines()[0][:300]}"
            raise EngineError("TRU-E020", message, next_step="Check disk space and memory, and load again.") from error


def _load(
    ws: Workspace, con: duckdb.DuckDBPyConnection, files: dict[str, Path], options: Options, scratch: Path, say: Progress
) -> LoadResult:
    sources: list[Source] = []
    kinds: dict[str, dict[str, str]] = {}
    for number, (name, path) in enumerate(files.items()):
        say(f"reading {name}")
        # A link of our own name: the engine reads patterns into some characters of file names.
        link = scratch / f"in{number}"
        link.symlink_to(path.resolve())
        source = inspect(link, name, scratch, delimiter=options.delimiter, encoding=options.encoding)
        if source.is_parquet:
            kinds[name] = inspect_parquet(con, source)
        sources.append(source)
    unrecognized = [(s.name, s.note) for s in sources if s.layout is None]
    if len(unrecognized) == len(sources):
        raise _nothing_recognized(unrecognized)
    fresh, repeated = new_sources(ws, (s for s in sources if s.layout), files)
    if not fresh:
        return LoadResult(None, None, unrecognized=unrecognized, already_loaded=repeated)
    batch_id = batch_id_of(fresh, options)
    final = ws.batches_dir / batch_id
    with ws.new_folder(final) as folder:
        delivery = Delivery(options.received, options.date_format)
        notes: list[Note] = []
        for number, source in enumerate(fresh):
            say(f"checking {source.name}")
            staged = scratch / f"staged{number}.parquet"
            if source.is_parquet:
                open_parquet(con, source, kinds[source.name], staged)
            else:
                stage_text(con, source, staged)
            notes += _check(con, source, number, delivery, scratch)
            note_problems(con, source, number)
            if not options.always_known:
                refuse_undated(con, source, number)
        say("writing the batch")
        work = Assembly(con, batch_id, folder, Checked(dict(enumerate(fresh))))
        work.write()
        others = [Finding("", name, "fmt.unrecognized", "", 0, None, why) for name, why in unrecognized]
        others += [Finding("", name, "dup.file", "", 0, None, f"loaded already, in batch {batch}") for name, batch in repeated]
        findings = work.findings(notes, others)
        accounts, quarantined = work.accounts(), work.quarantined()
        for source in fresh:
            refuse_changed(source)
        lost = any(s.layout and s.layout.name in CLAIM_TABLES and not has_version_columns(s) for s in fresh)
        write_manifest(folder, options, fresh, files, accounts, work.rows, quarantined, unrecognized, versions_lost=lost)
    return LoadResult(batch_id, final, accounts, findings, quarantined, unrecognized, repeated, lost)


def load_rows(tables: Mapping[str, Sequence[Mapping[str, object]]], folder: Path, *, batch_id: str = CASE_BATCH) -> Path:
    """Canonical tables of case rows: the same canonicalization, with the case defaults for what a row leaves out.

    Writes Parquet files into `folder` and returns it. Facts without dates are always known. Raises IntakeError for tables or columns that
    do not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _connection(threads=1) as (con, scratch):  # a handful of rows: a second thread would only cost
        sources = [_case_source(name, rows, scratch) for name, rows in sorted(tables.items()) if rows]
        delivery = Delivery(lenient=True)
        notes: list[Note] = []
        for number, source in enumerate(sources):
            notes += _check(con, source, number, delivery, scratch)
            note_problems(con, source, number, may_refuse=False)
        if sources:
            work = Assembly(con, batch_id, folder, Checked(dict(enumerate(sources))))
            work.write()
            work.findings(notes, [])
            work.accounts()
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
    # A table needs a column to have rows.
    used = [c for c in columns if c in layout.names] or [layout.fields[0].name]
    staged = scratch / f"{name}.parquet"
    pq.write_table(pa.table({c: pa.array([_text(row.get(c)) for row in rows], pa.string()) for c in used}), staged)
    source = Source(staged, name, layout=layout, columns=tuple(used), is_parquet=True, rows=len(rows))
    read_staged(source, staged)
    return source


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


def _check(con: duckdb.DuckDBPyConnection, source: Source, number: int, delivery: Delivery, scratch: Path) -> list[Note]:
    """Profile one file and make its judged rows `checked_<number>` and `judged_<number>`; findings on the file as a whole come back."""
    facts = profile(con, source, number, date_format=delivery.date_format)
    check_rows(con, source, facts, delivery, scratch)
    notes = list(facts.notes)
    notes += [(number, "amt.binary_float", c, n, None) for c, n in source.float_columns.items() if n]
    notes += [(number, "fmt.unknown_column", c, source.rows, None) for c in source.unknown_columns]
    flags = {"fmt.empty": not source.rows, "enc.invalid": source.damaged_bytes, "fmt.newlines": source.mixed_newlines}
    return notes + [(number, code, "", source.rows, None) for code, holds in flags.items() if holds]


def _nothing_recognized(unrecognized: list[tuple[str, str]]) -> FileRejected:
    listed = "; ".join(f"{name}: {why}" for name, why in unrecognized[:5])
    expected = ",".join(LAYOUTS["medical_claim"].required)
    return FileRejected(
        "fmt.nothing_recognized",
        f"None of {len(unrecognized)} files is an input table. {listed}.",
        source=unrecognized[0][0] if unrecognized else "load",
        next_step=f"Expected a header such as {expected},… with commas, pipes, tabs or semicolons; another delimiter has to be declared.",
    )


@contextmanager
def _connection(beside: Path | None = None, *, threads: int | None = None) -> Generator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A bounded in-memory engine with intake's macros, and a scratch folder that vanishes with it."""
    with tempfile.TemporaryDirectory(prefix=".intake-", dir=beside) as name:
        scratch = Path(name)
        con = duckdb.connect()
        settings = {"memory_limit": MEMORY_LIMIT, "temp_directory": scratch / "spill", "TimeZone": "UTC"}
        # A single thread cuts row groups elsewhere than several do.
        threads = threads or max(2, int(fetch(con, "SELECT current_setting('threads')")[0][0]))
        settings |= {"enable_progress_bar": "false", "threads": str(threads)}
        try:
            for setting, value in settings.items():
                con.execute(f"SET {setting} = {literal(value)}").fetchall()
            run(con, sql_text("macros.sql"))
            run(con, "CREATE TEMP TABLE row_problems (file_no INTEGER, source_row BIGINT, problem VARCHAR)")
            yield con, scratch
        finally:
            con.close()


def _check_options(delimiter: str | None, encoding: str | None, date_format: str | None) -> None:
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError("TRU-U046", f"A delimiter is one character, not {delimiter!r}.", next_step="Name one, such as `|`.")
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            raise UsageError("TRU-U047", f"{encoding} is not an encoding.", next_step="Try utf-8, cp1252, latin-1 or utf-16.") from None
    if date_format is not None and date_format not in DATE_FORMATS:
        raise UsageError("TRU-U048", f"{date_format} is not a date format.", next_step=f"One of {', '.join(DATE_FORMATS)}.")


def _say_nothing(_: str) -> None:
    pass
