"""The embedded engine: DuckDB, one connection, steps as temporary views and tables."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from trueup.engine.steps import Step
from trueup.errors import EngineError, Place

log = logging.getLogger("trueup.engine")


_ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BIGINT": pa.int64(), "DATE": pa.date32(), "BOOLEAN": pa.bool_()}


def quote(name: str) -> str:
    """An SQL identifier, quoted. Names come from declared contracts, never from users' data."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class DuckEngine:
    """Runs steps on DuckDB. Every result that leaves it is ordered by declared keys, so that bytes repeat."""

    def __init__(self, *, threads: int | None = None, memory_limit: str | None = None, temp_folder: Path | None = None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        if threads:
            config["threads"] = threads
        if memory_limit:
            config["memory_limit"] = memory_limit
        if temp_folder:
            config["temp_directory"] = str(temp_folder)
        self._con = duckdb.connect(":memory:", config=config)
        self._given: set[str] = set()
        self._names: set[str] = set()

    def close(self) -> None:
        self._con.close()

    def _do(self, sql: str, place: str) -> None:
        try:
            self._con.execute(sql).fetchall()
        except duckdb.Error as error:
            raise EngineError(
                "TRU-E002", f"step failed: {error}", place=Place(place), next_step="Run the step's file in a DuckDB shell."
            ) from error

    def columns(self, table: str) -> dict[str, str]:
        """Column names and DuckDB types of a table."""
        return {r[0]: r[1] for r in self._con.execute(f"DESCRIBE {quote(table)}").fetchall()}

    def register_parquet(self, name: str, files: Iterable[Path], columns: Mapping[str, str]) -> None:
        """Make Parquet files readable as one view with exactly `columns`; no file gives an empty table."""
        paths = [str(f) for f in files]
        if not paths:
            self.register_empty(name, columns)
            return
        listed = ", ".join(_literal(p) for p in paths)
        wanted = ", ".join(f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in columns.items())
        self._do(f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {wanted} FROM read_parquet([{listed}])", name)
        self._names.add(name)

    def register_empty(self, name: str, columns: Mapping[str, str]) -> None:
        wanted = ", ".join(f"{quote(c)} {t}" for c, t in columns.items())
        self._do(f"CREATE OR REPLACE TEMP TABLE {quote(name)} ({wanted})", name)
        self._names.add(name)

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
        if not rows:
            self.register_empty(name, columns)
            return
        arrays = {c: pa.array([r.get(c) for r in rows], type=_ARROW.get(t) or pa.decimal128(18, 6)) for c, t in columns.items()}
        self._con.register("incoming_rows", pa.table(arrays))
        wanted = ", ".join(f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in columns.items())
        self._do(f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS SELECT {wanted} FROM incoming_rows", name)
        self._con.unregister("incoming_rows")
        self._names.add(name)

    def run(self, step: Step) -> None:
        """Run one step: a temporary table, or a view where the stage says so."""
        if step.writes in self._given:
            return
        started = time.perf_counter()
        kind = "TABLE" if step.is_table else "VIEW"
        self._do(f"CREATE OR REPLACE TEMP {kind} {quote(step.writes)} AS\n{step.sql}", str(step.path))
        self._names.add(step.writes)
        log.debug("%s -> %s in %.3f s", step.name, step.writes, time.perf_counter() - started)

    def has(self, table: str) -> bool:
        """Whether a table or view of that name exists."""
        return table in self._names

    def count(self, table: str) -> int:
        return int(self._con.execute(f"SELECT COUNT(*) FROM {quote(table)}").fetchall()[0][0])

    def scalar(self, table: str, expression: str) -> Any:
        """One aggregate of a table. `expression` is code, never a user's text."""
        return self._con.execute(f"SELECT {expression} FROM {quote(table)}").fetchall()[0][0]

    def rows(self, table: str, *, order_by: Iterable[str] = ()) -> list[dict[str, Any]]:
        """All rows of a (small) table as dictionaries, ordered."""
        names = list(self.columns(table))
        order = ", ".join(quote(c) for c in order_by)
        cursor = self._con.execute(f"SELECT * FROM {quote(table)}" + (f" ORDER BY {order}" if order else ""))
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def write_parquet(
        self, table: str, path: Path, columns: Mapping[str, str], key: Iterable[str], constants: Mapping[str, str] | None = None
    ) -> int:
        """Write `columns` of a table ordered by `key`, then by the other columns. `constants` are text columns with one value.

        Returns the row count.
        """
        fixed = constants or {}
        wanted = ", ".join(
            f"{_literal(fixed[c])} AS {quote(c)}" if c in fixed else f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in columns.items()
        )
        ordered = [c for c in (*key, *(c for c in columns if c not in set(key))) if c not in fixed]
        order = ", ".join(f"{quote(c)} NULLS FIRST" for c in ordered)
        self._do(
            f"COPY (SELECT {wanted} FROM {quote(table)} ORDER BY {order}) TO {_literal(str(path))} (FORMAT parquet, COMPRESSION zstd)",
            table,
        )
        return self.count(table)
