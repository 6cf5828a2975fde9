"""Which columns a flow reads, worked out from its steps: what a bare scan has to read to be a fair measure of them.

The steps are taken backwards. What a step is asked for is every column of a table that leaves the run, that a check or Python looks at, or
that its own text lists by name; a `*` passes on only what a later step asked for. DuckDB then says, for each step, which columns of each
table its plan reads for that. Nothing is read: the tables are empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb

from trueup import pipeline
from trueup.claims.index import WITHOUT_INDEX
from trueup.engine import DuckEngine, Step
from trueup.inputs import register_batches, register_prices
from trueup.rules.program import Program

# Without these a plan over empty tables would be empty.
_KEEP_PLAN = "SET disabled_optimizers = 'statistics_propagation,filter_pushdown,filter_pullup,empty_result_pullup'"


def columns_read(program: Program, table: str = "claim_lines") -> list[str]:
    """The columns of a canonical table that the flow of a program reads, in the table's order."""
    schemas = _schemas(program)
    wanted: dict[str, set[str]] = {}
    con = duckdb.connect()
    try:
        con.execute(_KEEP_PLAN).fetchall()
        for name, columns in schemas.items():
            listed = ", ".join(f'"{c}" {kind}' for c, kind in columns.items())
            con.execute(f'CREATE TABLE "{name}" ({listed})').fetchall()
        for step in reversed(_steps(program, schemas)):
            asked = wanted.get(step.writes, set()) if _passes_on(step, schemas) else set(schemas[step.writes])
            asked = asked or set(schemas[step.writes])
            for name, read in _plan(con, step, sorted(asked)):
                wanted.setdefault(name, set()).update(read)
    finally:
        con.close()
    return [c for c in schemas[table] if c in wanted.get(table, set())]


def _schemas(program: Program) -> dict[str, dict[str, str]]:
    """Every table of the flow with its columns, from a run over nothing."""
    engine = DuckEngine()
    try:
        register_batches(engine, [])
        pipeline.register_rules(engine, program, as_of=date(2100, 1, 1), workspace_key="columns")
        register_prices(engine, [])
        pipeline.run_stages(engine, program)
        names = {name for step in _all_steps(program) for name in (step.writes, *step.reads)}
        return {name: engine.columns(name) for name in sorted(names) if engine.has(name)}
    finally:
        engine.close()


def _all_steps(program: Program) -> list[Step]:
    return [*WITHOUT_INDEX, *pipeline.steps(program.kind)]


def _steps(program: Program, schemas: dict[str, dict[str, str]]) -> list[Step]:
    return [s for s in _all_steps(program) if s.writes in schemas and all(r in schemas for r in s.reads)]


def _passes_on(step: Step, schemas: dict[str, dict[str, str]]) -> bool:
    """Whether a step takes all columns of a table it reads, and so names none of them itself."""
    return any(set(schemas[step.writes]) >= set(schemas[read]) for read in step.reads) and "*" in step.sql


def _plan(con: duckdb.DuckDBPyConnection, step: Step, columns: list[str]) -> Iterator[tuple[str, list[str]]]:
    listed = ", ".join(f'"{c}"' for c in columns)
    (row,) = con.execute(f"EXPLAIN (FORMAT json) SELECT {listed} FROM ({step.sql})").fetchall()
    yield from _scans(json.loads(row[1]))


def _scans(node: Any) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, list):
        for child in node:
            yield from _scans(child)
        return
    found = node.get("extra_info", {})
    if "Table" in found:
        read = found.get("Projections", [])
        yield str(found["Table"]).rsplit(".", 1)[-1].strip('"'), [c for c in ([read] if isinstance(read, str) else read) if c]
    yield from _scans(node.get("children", []))
