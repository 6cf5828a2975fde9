"""The embedded engine: DuckDB in memory, steps as views and tables.

With a memo, each table has a key of what it holds: of files their hashes, of rows from Python their values column by column, of a step its
text and the keys of what it reads. A step of a known key is not computed again, and nothing is done for a table before its rows are wanted.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import functools
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from trueup.engine.files import TableFile, literal, quote
from trueup.engine.memo import Kept, Memo, digest, link_or_copy
from trueup.engine.steps import Step
from trueup.errors import EngineError, Place

log = logging.getLogger("trueup.engine")


_PYTHON: dict[str, type] = {"VARCHAR": str, "INTEGER": int, "BIGINT": int, "DATE": date, "BOOLEAN": bool}
# Part of every key: another reader of SQL may mean something else by it, and another way to make keys makes others.
_VERSION = f"duckdb {duckdb.__version__}, keys 1"
# Types that come back from a file as they went into it.
_KEEPS_TYPE = re.compile(r"VARCHAR|INTEGER|BIGINT|DATE|BOOLEAN|DECIMAL\(\d+,\d+\)")
# A result is worth a file if computing it takes longer than this, and than reading so many cells back.
_WORTH_SECONDS, _SECONDS_PER_CELL = 0.02, 1e-7
# Of a result of up to so many cells the content is hashed: if it comes out as before, what follows need not be computed again.
_HASHED_CELLS = 30_000
# What candidates/sql/12_list_candidate_groups.sql calls few.
_LOOKED_UP = 500


@dataclass
class _Table:
    """What the engine knows of a table: `key`, what a step that reads it depends on; `waits`, which makes it once its rows are wanted;
    `seconds`, what having them again takes, of a view beside what it reads."""

    kind: str
    key: Callable[[Step | None], str]
    reads: tuple[str, ...] = ()
    rows: int | None = None
    seconds: float = 0.0
    waits: Callable[[], object] | None = None


class DuckEngine:
    """Runs steps on DuckDB. Every result that leaves it is ordered by declared keys, so that bytes repeat.

    `computed` and `reused` name the steps whose tables were computed in this run, and those known from an earlier one.
    """

    def __init__(
        self,
        *,
        threads: int | str | None = None,
        memory_limit: str | None = None,
        temp_folder: Path | None = None,
        memo: Memo | None = None,
    ) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # A join with so few values looks for them in the statistics of row groups, and reads no other.
            "dynamic_or_filter_threshold": _LOOKED_UP,
        }
        if threads:
            config["threads"] = threads
        if memory_limit:
            config["memory_limit"] = memory_limit
        if temp_folder:
            config["temp_directory"] = str(temp_folder)
        try:
            self._con = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            step = "Say threads as a number and memory like 4GB (TRUEUP_THREADS, TRUEUP_MEMORY_LIMIT)."
            raise EngineError("TRU-E003", f"the engine cannot start: {error}", next_step=step) from error
        self._memo = memo
        self._given: set[str] = set()
        self._tables: dict[str, _Table] = {}
        self.computed: set[str] = set()
        self.reused: set[str] = set()

    def close(self) -> None:
        self._con.close()
        if self._memo:
            self._memo.close()

    def _do(self, sql: str, place: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._con.execute(sql, values).fetchall()
        except duckdb.OutOfMemoryException as error:
            said = str(error).strip().splitlines()[0]
            step = "Allow more with TRUEUP_MEMORY_LIMIT, such as 4GB: most of what exceeds it goes to disk, not all."
            raise EngineError("TRU-E004", f"memory ran out: {said}", place=Place(place), next_step=step) from error
        except duckdb.Error as error:
            raise EngineError(
                "TRU-E002", f"step failed: {error}", place=Place(place), next_step="Run the step's file in a DuckDB shell."
            ) from error

    # --- tables: declared, and made when their rows are wanted ---------------------------------------------------------------------

    def _declare(self, name: str, table: _Table, make: Callable[[], object]) -> None:
        """Let a name stand for a table. Without a memo it is made at once; with one, as soon as somebody wants its rows."""
        earlier = self._tables.get(name)
        if earlier is not None:
            if self._memo:
                self._make_readers(name)
            if earlier.waits is None:
                self._do(f"DROP {earlier.kind} IF EXISTS {quote(name)}", name)
        self._tables[name] = table
        table.waits = make
        if self._memo is None:
            self._want(name)

    def _make_readers(self, name: str) -> None:
        """Make what is to read a table while it still is what it was."""
        for reader in [t for t, table in self._tables.items() if name in table.reads]:
            self._want(reader)
            self._make_readers(reader)

    def _want(self, *names: str) -> None:
        """Make what still waits."""
        for name in names:
            table = self._tables.get(name)
            if table is not None and table.waits is not None:
                make, table.waits = table.waits, None
                make()

    def _seconds(self, names: Iterable[str]) -> float:
        """What having the rows of tables again takes."""
        found = [self._tables[n] for n in names if n in self._tables]
        return sum(t.seconds + (self._seconds(t.reads) if t.kind == "VIEW" else 0.0) for t in found)

    def columns(self, table: str) -> dict[str, str]:
        """Column names and DuckDB types of a table."""
        self._want(table)
        return {r[0]: r[1] for r in self._con.execute(f"DESCRIBE {quote(table)}").fetchall()}

    def register_parquet(
        self, name: str, files: Iterable[Path], columns: Mapping[str, str], hashes: Mapping[Path, str] | None = None
    ) -> None:
        """Make Parquet files readable as one view with exactly `columns`; no file gives an empty table.

        The files are never edited. `hashes` are those of their content, where somebody knows them.
        """
        paths = list(files)
        if not paths:
            self.register_empty(name, columns)
            return
        wanted = ", ".join(f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in columns.items())
        sql = f"SELECT {wanted} FROM {_files(paths)}"
        key = digest("files", wanted, *(_file_key(p, (hashes or {}).get(p)) for p in paths)) if self._memo else ""
        self._declare(name, _Table("VIEW", lambda _: key), lambda: self._do(f"CREATE VIEW {quote(name)} AS {sql}", name))

    def register_empty(self, name: str, columns: Mapping[str, str]) -> None:
        self.register_rows(name, [], columns)

    def give(self, name: str, rows: list[dict[str, Any]], columns: Mapping[str, str]) -> None:
        """A table that stands as it is given, as in a worked example: whatever would write it later is passed over."""
        self._given.discard(name)
        self.register_rows(name, rows, columns)
        self._given.add(name)

    def is_given(self, name: str) -> bool:
        """Whether the table was given, and not computed."""
        return name in self._given

    def register_rows(self, name: str, rows: list[dict[str, Any]], columns: Mapping[str, str]) -> None:
        """A small table from Python rows; missing columns are null."""
        if name in self._given:
            return
        values = {c: _column(f"{name}.{c}", kind, [r.get(c) for r in rows]) for c, kind in columns.items()}
        keys = {c: digest(c, columns[c], repr(v)) for c, v in values.items()} if self._memo else {}

        def key(reader: Step | None) -> str:
            used = reader.columns_used(name, keys) if reader else keys
            return digest("rows", str(len(rows)), *(keys[c] for c in used))

        wanted = ", ".join(f"UNNEST(CAST(? AS {kind}[])) AS {quote(c)}" for c, kind in columns.items())
        sql = f"CREATE TABLE {quote(name)} AS SELECT {wanted}"
        self._declare(name, _Table("TABLE", key, rows=len(rows)), lambda: self._do(sql, name, list(values.values())))

    # --- steps ---------------------------------------------------------------------------------------------------------------------

    def run(self, step: Step) -> None:
        """Run one step: a temporary table, or a view where the stage says so. With a memo, a step of a known key is only declared."""
        if step.writes in self._given:
            return
        table = _Table("TABLE" if step.is_table else "VIEW", lambda _: self._key(step), step.reads)
        if self._memo is None or not step.is_table:
            self._declare(step.writes, table, lambda: self._create(step))
            return
        key = self._key(step)
        kept = self._memo.find(key)
        if kept is None:
            self._declare(step.writes, table, lambda: self._compute(step, key))
            self._want(step.writes)
        else:
            self.reused.add(step.name)
            self._declare(step.writes, table, lambda: self._take(step, key, kept))
            self._note(table, kept)

    def _key(self, step: Step) -> str:
        """What a step's result depends on: its text and the tables it reads, of rows from Python the columns that it names."""
        reads = (self._tables[t].key(step) if t in self._tables else "" for t in step.reads)
        return digest("step", _VERSION, step.sql, *reads)

    def _note(self, table: _Table, kept: Kept) -> None:
        table.key, table.rows, table.seconds = (lambda _: kept.content), kept.rows, 0.0 if kept.file else kept.seconds

    def _create(self, step: Step) -> None:
        """Make a step's view or table."""
        self._want(*step.reads)
        started = time.perf_counter()
        table = self._tables[step.writes]
        done = self._do(f"CREATE {table.kind} {quote(step.writes)} AS\n{step.sql}", str(step.path))
        table.rows = int(done[0][0]) if table.kind == "TABLE" else None
        log.debug("%s -> %s in %.3f s", step.name, step.writes, time.perf_counter() - started)

    def _compute(self, step: Step, key: str) -> Kept:
        """Compute a step's table, and remember what came of it."""
        assert self._memo is not None
        self._want(*step.reads)
        started = time.perf_counter()
        self._create(step)
        seconds = time.perf_counter() - started + self._seconds(step.reads)
        table, types = self._tables[step.writes], self.columns(step.writes)
        cells = (table.rows or 0) * len(types)
        kept = Kept(self._content(step.writes, types) if cells <= _HASHED_CELLS else key, table.rows or 0, seconds)
        is_worth_it = seconds > _WORTH_SECONDS + cells * _SECONDS_PER_CELL and all(_KEEPS_TYPE.fullmatch(t) for t in types.values())
        kept = self._memo.keep(key, kept, (lambda file: self._save(step.writes, file)) if is_worth_it else None)
        self._note(table, kept)
        self.reused.discard(step.name)
        self.computed.add(step.name)
        return kept

    def _take(self, step: Step, key: str, kept: Kept) -> None:
        """Make the table of a step whose result is known: from its file, or computed again where that is quicker or the file is gone."""
        assert self._memo is not None
        table, path = self._tables[step.writes], self._memo.open(kept)
        if path is not None:
            table.kind = "VIEW"
            self._do(f"CREATE VIEW {quote(step.writes)} AS FROM {_files([path])}", step.name)
            return
        again = self._compute(step, key)
        if (again.content, again.rows) != (kept.content, kept.rows):
            message = f"the same inputs gave {again.rows} rows where they gave {kept.rows} before, or other values."
            raise EngineError("TRU-E030", message, place=Place(str(step.path)), next_step="Run with --fresh, and report this as a defect.")

    def _content(self, name: str, types: Mapping[str, str]) -> str:
        """The key of a table's rows, in whatever order they stand."""
        lines = self._do(f"SELECT CAST(to_json(whole_row) AS VARCHAR) FROM {quote(name)} AS whole_row", name)
        return digest("content", repr(list(types.items())), *sorted(line for (line,) in lines))

    def _save(self, name: str, file: Path) -> None:
        """Write a table for later runs. What goes wrong is an OSError, which costs the memo an entry and nobody a result."""
        try:
            self._con.execute(f"COPY {quote(name)} TO {literal(file)} (FORMAT parquet, COMPRESSION snappy)").fetchall()
        except duckdb.Error as error:
            raise OSError(str(error)) from error

    # --- what leaves the engine ----------------------------------------------------------------------------------------------------

    def has(self, table: str) -> bool:
        """Whether a table or view of that name exists."""
        return table in self._tables

    def count(self, table: str) -> int:
        known = self._tables.get(table)
        return known.rows if known is not None and known.rows is not None else int(self.scalar(table, "COUNT(*)"))

    def scalar(self, table: str, expression: str) -> Any:
        """One aggregate of a table. `expression` is code, never a user's text. A memo remembers whole numbers."""
        known = self._tables.get(table)
        key = digest("scalar", _VERSION, expression, known.key(None)) if self._memo and known else ""
        kept = self._memo.find(key) if self._memo and key else None
        if kept is not None:
            return kept.rows
        self._want(table)
        value = self._con.execute(f"SELECT {expression} FROM {quote(table)}").fetchall()[0][0]
        if self._memo and key and isinstance(value, int):
            self._memo.keep(key, Kept(str(value), value, 0.0))
        return value

    def rows(self, table: str, *, order_by: Iterable[str] = ()) -> list[dict[str, Any]]:
        """All rows of a (small) table as dictionaries, ordered by `order_by` and among equals by the other columns."""
        first = tuple(order_by)
        order = ", ".join(quote(c) for c in (*first, *(c for c in self.columns(table) if c not in first))) if first else ""
        self._want(table)
        cursor = self._con.execute(f"SELECT * FROM {quote(table)}" + (f" ORDER BY {order}" if order else ""))
        names = [d[0] for d in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def write_files(self, files: Sequence[TableFile]) -> list[int]:
        """Write several tables; returns their row counts.

        A file that an earlier run wrote of the same rows is in order already: only its constants are written anew.
        """
        counts, work, written = [0] * len(files), list[tuple[str, str]](), list[tuple[int, str, str]]()
        for number, file in enumerate(files):
            file.path.unlink(missing_ok=True)  # never written into: the file may have another name in the memo
            rows_key, stamp, kept, source = self._earlier(file)
            if kept and source and kept.content == stamp:
                link_or_copy(source, file.path)
                counts[number] = kept.rows
                continue
            if source is None:
                self._want(file.table)
            work.append((file.table, file.copy(_files([source]) if source else f"{quote(file.table)} ORDER BY {file.order}")))
            written.append((number, rows_key, stamp))
        self._write(work)
        for number, rows_key, stamp in written:
            table, path = files[number].table, files[number].path
            counts[number] = self.count(table)
            if self._memo:
                self._memo.keep(rows_key, Kept(stamp, counts[number], 0.0), functools.partial(link_or_copy, path))
        return counts

    def _earlier(self, file: TableFile) -> tuple[str, str, Kept | None, Path | None]:
        """The key of a file's rows and that of its constants, and what the memo holds of the rows."""
        if self._memo is None:
            return "", "", None, None
        rows_key = digest("written", _VERSION, self._tables[file.table].key(None), repr(dict(file.columns)), file.order)
        stamp, kept = digest(*file.constants, *file.constants.values()), self._memo.find(rows_key)
        return rows_key, stamp, kept, self._memo.open(kept) if kept else None

    def _write(self, work: Sequence[tuple[str, str]]) -> None:
        """Write files side by side, since most are too small for more than one thread. `work` gives for each its table and statement.

        Their bytes depend on their rows only: whether a column can be null is not taken from a source's statistics.
        """

        def write(table: str, copy: str) -> None:
            try:
                with self._con.cursor() as con:
                    con.execute(copy).fetchall()
            except duckdb.Error as error:
                step = "See that the disk has room, and run again."
                raise EngineError("TRU-E002", f"the table cannot be written: {error}", place=Place(table), next_step=step) from error

        threads = self._con.execute("SELECT CAST(current_setting('threads') AS INTEGER)").fetchall()[0][0]
        self._con.execute("SET disabled_optimizers = 'statistics_propagation'")
        try:
            with ThreadPoolExecutor(threads) as pool:
                for _ in pool.map(write, *zip(*work, strict=True)) if work else ():
                    pass
        finally:
            self._con.execute("RESET disabled_optimizers")


def _column(name: str, kind: str, values: list[Any]) -> list[Any]:
    """The values of a column, once it is certain that none changes on its way into the engine. Raises TypeError where one would."""
    expected = _PYTHON.get(kind)
    if expected is None:
        step = Decimal(1).scaleb(-int(kind.rstrip(")").split(",")[1]))  # DECIMAL(p,s)
        exact = [v if v is None else Decimal(v).quantize(step) if isinstance(v, Decimal | int) else v for v in values]
        is_well = all(v is None or (isinstance(e, Decimal) and e == v) for v, e in zip(values, exact, strict=True))
    else:
        exact, is_well = values, all(v is None or (isinstance(v, expected) and isinstance(v, bool) == (expected is bool)) for v in values)
    if not is_well:
        raise TypeError(f"{name} is {kind}; not all of its values are: {sorted({type(v).__name__ for v in values})}")
    return exact


def _files(paths: Iterable[Path]) -> str:
    return "read_parquet([" + ", ".join(literal(p) for p in paths) + "])"


def _file_key(path: Path, content: str | None) -> str:
    """A file that is never edited, by the hash of its content, or by when it was written."""
    status = path.stat()
    return f"{content or f'{path.name} written {status.st_mtime_ns}'}, {status.st_size} bytes"
