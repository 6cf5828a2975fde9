# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Spark: the same steps, translated, on one machine or on a cluster.

Spark computes every step. What a step writes as a table goes to Parquet in the scratch folder, so that a later step starts from rows
and not from a plan that grows, and a lost worker costs its tasks and no more. At the edges, where rows come from Python and where rows
and files leave, the embedded engine reads and writes the Parquet of Spark: values, types, order and files are the same on both engines.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from trueup.engine.dialect import to_spark
from trueup.engine.duck import DuckEngine
from trueup.engine.files import TableFile
from trueup.engine.spark_java import java_errors, java_of, said
from trueup.engine.spark_parts import parts_of
from trueup.engine.spark_session import Scratch, SparkOptions, new_session
from trueup.engine.steps import Step
from trueup.errors import EngineError, Place

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType, StructType

log = logging.getLogger("trueup.engine")

# Up to so many rows from Python travel inside the plan; more are a file.
PLAN_ROWS = 2_000
# Up to so many bytes of Parquet, a step is one task: handing small tables around costs more than computing with them.
SMALL_BYTES = 16 << 20
# Bytes of Parquet for each shuffle partition of a larger step.
PARTITION_BYTES = 16 << 20
# How often a part of a step would be scanned again before it is written once, of a small step and of a larger one.
WORTH_SMALL, WORTH = 4, 2
# Up to so many bytes, compiling a query to Java takes longer than going through its rows.
TINY_BYTES = 1 << 20
_ONE_TASK = {"spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.sql.autoBroadcastJoinThreshold": "-1"}
_INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}


def quote(name: str) -> str:
    """An identifier in Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def type_name(kind: DataType) -> str:
    """A Spark type as the table contracts name it."""
    from pyspark.sql import types as t

    if isinstance(kind, t.DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    plain = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT"}
    return plain.get(kind.simpleString(), kind.simpleString().upper())


def spark_type(name: str) -> str:
    """A type of the table contracts in Spark SQL."""
    return {"VARCHAR": "STRING", "INTEGER": "INT"}.get(name, name)


class SparkEngine:
    """Runs steps on Spark. Offers what `Engine` says, and keeps the same promises as the embedded engine."""

    def __init__(self, options: SparkOptions | None = None, folder: Path | None = None, *, memory_limit: str | None = None) -> None:
        """Open a session. `folder` holds what steps write, until the engine is closed; the workers of a cluster must reach it.

        `memory_limit`, such as `4GB`, bounds the embedded engine at the edges; Spark has settings of its own.
        """
        wanted = options or SparkOptions()
        self._session = new_session(wanted)
        settings = wanted.settings()
        self._scratch = Scratch(self._session, settings, folder)
        self._driver = DuckEngine(temp_folder=self._scratch.own, memory_limit=memory_limit)
        self.computed: set[str] = set()
        self.reused: set[str] = set()  # nothing is kept from an earlier run
        self._given: set[str] = set()
        self._names: set[str] = set()
        self._views: dict[str, Step] = {}
        self._computed_views: set[str] = set()
        self._folders: dict[str, str] = {}  # where Spark wrote a table
        self._at_driver: set[str] = set()
        self._bytes: dict[str, int] = {}  # of Parquet, by table
        self._larger = {key: str(self._session.conf.get(key)) for key in (*_ONE_TASK, *_INTERPRETED)}
        self._is_partitioned_by_hand = "spark.sql.shuffle.partitions" in settings

    def close(self) -> None:
        """Leave nothing behind. What Java refuses now does not hide why the engine is closed."""
        with suppress(*java_errors()):
            for name in self._names:
                self._session.catalog.dropTempView(name)
        self._driver.close()
        self._scratch.close()

    @contextmanager
    def _telling(self, place: str) -> Generator[None]:
        """Say where Spark failed, in the first line of its own words."""
        try:
            yield
        except java_errors() as error:
            raise EngineError(
                "TRU-E002", f"step failed on Spark: {said(error)}", place=Place(place), next_step="Run the step's file in a DuckDB shell."
            ) from error

    def _input_bytes(self, tables: Iterable[str]) -> int:
        """Bytes of Parquet behind tables and views."""
        views = [t for t in tables if t in self._views and t not in self._bytes]
        return sum(self._bytes.get(t, 0) for t in tables) + sum(self._input_bytes(self._views[v].reads) for v in views)

    def _plan_for(self, size: int) -> None:
        """Let Spark plan the next query as one task, or with as many shuffle partitions as its input needs."""
        wanted = dict(self._larger)
        if size <= SMALL_BYTES:
            wanted |= _ONE_TASK | (_INTERPRETED if size <= TINY_BYTES else {})
        elif not self._is_partitioned_by_hand:
            cores = self._session.sparkContext.defaultParallelism
            wanted["spark.sql.shuffle.partitions"] = str(max(cores, size // PARTITION_BYTES))
        for key, value in wanted.items():
            self._session.conf.set(key, value)

    def _put(self, name: str, frame: DataFrame) -> None:
        """Make a frame readable under a name, in the place of whatever had the name before."""
        (frame.coalesce(1) if self._bytes.get(name, 0) <= SMALL_BYTES else frame).createOrReplaceTempView(name)

    def _renew(self, name: str, *, at_driver: bool = False) -> None:
        """A name gets another content: what is held of it, or was computed of a view over it, is not valid any more."""
        self._views.pop(name, None)
        for view in [v for v in self._computed_views if name in self._sources(v)]:
            self._forget(view)
            self._define(self._views[view])
        self._forget(name)
        self._names.add(name)
        if at_driver:
            self._at_driver.add(name)

    def _forget(self, name: str) -> None:
        self._folders.pop(name, None)
        self._bytes.pop(name, None)
        self._at_driver.discard(name)
        self._computed_views.discard(name)

    def _sources(self, view: str) -> set[str]:
        """Everything a view rests on."""
        direct = self._views[view].reads if view in self._views else ()
        return set(direct).union(*(self._sources(t) for t in direct))

    def columns(self, table: str) -> dict[str, str]:
        """Column names and types of a table, as the contracts name them."""
        return {f.name: type_name(f.dataType) for f in self._session.table(table).schema.fields}

    def register_parquet(
        self, name: str, files: Iterable[Path], columns: Mapping[str, str], hashes: Mapping[Path, str] | None = None
    ) -> None:
        """Make Parquet files readable as one table with exactly `columns`; no file gives an empty table.

        Driver and workers must reach the files under the same path, unless the scratch folder is a URL: then they are copied there first.
        `hashes` are for an engine with a memo; here they are not needed.
        """
        paths = [Path(f).resolve() for f in files]
        if not paths:
            self.register_empty(name, columns)
            return
        self._renew(name, at_driver=True)
        self._driver.register_parquet(name, paths, columns)
        self._bytes[name] = sum(p.stat().st_size for p in paths)
        with self._telling(name):
            wanted = [f"CAST({quote(c)} AS {spark_type(t)}) AS {quote(c)}" for c, t in columns.items()]
            alike = _by_schema(paths, self._scratch.reach(name, paths))
            frames = [self._session.read.schema(schema).parquet(*urls) for schema, urls in alike]
            parts = [frame.selectExpr(*wanted) for frame in frames]
            whole = parts[0]
            for part in parts[1:]:
                whole = whole.unionAll(part)
            self._put(name, whole)

    def register_empty(self, name: str, columns: Mapping[str, str]) -> None:
        """A table without rows."""
        self._renew(name, at_driver=True)
        self._driver.register_empty(name, columns)
        self._take_from_driver(name)

    def give(self, name: str, rows: list[dict[str, Any]], columns: Mapping[str, str]) -> None:
        """A table that stands as it is given: whatever would write it later is passed over."""
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
        self._renew(name, at_driver=True)
        self._driver.register_rows(name, rows, columns)
        self._take_from_driver(name)

    def _take_from_driver(self, name: str) -> None:
        """Hand a table of the driver to Spark: inside the plan if it is small, as a file if not."""
        file = self._scratch.own_file(name)
        columns = self._driver.columns(name)
        count = self._driver.write_files([TableFile(name, file, columns)])[0]
        with self._telling(name):
            if count <= PLAN_ROWS:
                self._put(name, self._session.createDataFrame(pq.read_table(file)))
                file.unlink()
            else:
                self._bytes[name] = file.stat().st_size
                schema = _schema_of(file)
                self._put(name, self._session.read.schema(schema).parquet(self._scratch.share(file)))

    def run(self, step: Step) -> None:
        """Run one step: a table in the scratch folder, or a view where the stage says so."""
        if step.writes in self._given:
            return
        started = time.perf_counter()
        self._renew(step.writes)
        if step.is_table:
            self._compute(step)
        else:
            self._define(step)
        self.computed.add(step.name)
        log.debug("%s -> %s in %.3f s", step.name, step.writes, time.perf_counter() - started)

    def _compute(self, step: Step) -> None:
        """A table, after the parts of the step that are worth computing once."""
        size = self._input_bytes(step.reads)
        *parts, whole = parts_of(step.sql, step.writes, WORTH_SMALL if size <= SMALL_BYTES else WORTH)
        with self._telling(str(step.path)):
            for part in parts:
                self._plan_for(size)
                self._write(part.name, self._session.sql(part.sql))
            self._plan_for(size)
            self._write(step.writes, self._session.sql(whole.sql))
            for part in parts:
                self._session.catalog.dropTempView(part.name)

    def _define(self, step: Step) -> None:
        """A view: its text is read anew wherever it is used."""
        with self._telling(str(step.path)):
            self._session.sql(f"CREATE OR REPLACE TEMP VIEW {quote(step.writes)} AS\n{to_spark(step.sql)}")
        self._views[step.writes] = step

    def _write(self, name: str, frame: DataFrame) -> None:
        """Compute a frame into the scratch folder, and read it from there from now on. Of no rows it is known that they are none.

        Spark's own pages and event logs say for which table the job is.
        """
        folder, context = self._scratch.new(name), java_of(self._session.sparkContext, "_jsc")
        context.setLocalProperty("spark.job.description", name)
        frame.write.parquet(folder)
        context.setLocalProperty("spark.job.description", None)  # after a failure there is nothing more to compute
        schema: StructType = frame.schema
        if self._scratch.is_empty(folder):
            self._driver.register_empty(name, {f.name: type_name(f.dataType) for f in schema.fields})
            self._at_driver.add(name)
            self._take_from_driver(name)
            return
        self._folders[name] = folder
        self._bytes[name] = self._scratch.size(folder)
        self._put(name, self._session.read.schema(schema).parquet(folder))

    def has(self, table: str) -> bool:
        """Whether a table or view of that name exists."""
        return table in self._names

    def _bring(self, table: str) -> None:
        """Let the driver read a table: a view is computed first."""
        if table in self._at_driver:
            return
        columns = self.columns(table)
        if table in self._views and table not in self._computed_views:
            with self._telling(table):
                self._plan_for(self._input_bytes([table]))
                self._write(table, self._session.table(table))
            self._computed_views.add(table)
        if table in self._folders:
            self._driver.register_parquet(table, self._scratch.files(self._folders[table]), columns)
            self._at_driver.add(table)

    def count(self, table: str) -> int:
        self._bring(table)
        return self._driver.count(table)

    def scalar(self, table: str, expression: str) -> Any:
        """One aggregate of a table. `expression` is code, never a user's text."""
        self._bring(table)
        return self._driver.scalar(table, expression)

    def rows(self, table: str, *, order_by: Iterable[str] = ()) -> list[dict[str, Any]]:
        """All rows of a (small) table as dictionaries, always in some order: Spark's own is none."""
        self._bring(table)
        return self._driver.rows(table, order_by=tuple(order_by) or tuple(self._driver.columns(table)))

    def write_files(self, files: Sequence[TableFile]) -> list[int]:
        """Write several tables; returns their row counts. The driver writes them, each by one writer."""
        for file in files:
            self._bring(file.table)
        return self._driver.write_files(files)


def _by_schema(files: Iterable[Path], urls: Iterable[str]) -> list[tuple[StructType, list[str]]]:
    """The files as Spark names them, by the schema that stands in them: a column of another type is cast, and none is missed in silence."""
    found: dict[str, tuple[StructType, list[str]]] = {}
    for file, url in zip(files, urls, strict=True):
        schema = _schema_of(file)
        found.setdefault(schema.json(), (schema, []))[1].append(url)
    return list(found.values())


def _schema_of(file: Path) -> StructType:
    """The schema that stands in a file, as Spark says it. Raises EngineError (TRU-E013) for a type that no table has."""
    from pyspark.sql import types as t

    plain = {pa.string(): t.StringType(), pa.int32(): t.IntegerType(), pa.int64(): t.LongType(), pa.date32(): t.DateType(),
             pa.bool_(): t.BooleanType()}  # fmt: skip
    fields: list[t.StructField] = []
    for field in pq.read_schema(file):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        kind = pa.string() if pa.types.is_large_string(kind) else kind
        known = t.DecimalType(kind.precision, kind.scale) if pa.types.is_decimal128(kind) else plain.get(kind)
        if known is None:
            message = f"{file.name} has column {field.name} of type {field.type}, which no table of trueup has."
            raise EngineError("TRU-E013", message, next_step="Write the file with text, whole numbers, decimals, dates or flags.")
        fields.append(t.StructField(field.name, known))
    return t.StructType(fields)
