"""Which rows of a load are not trusted: on their own, because of other rows, or with their claim version."""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from trueup.claims.canonical import CLAIM_TABLES, sql_text
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import literal
from trueup.tables import CANONICAL

# Columns that say where or when a row came, not what it says: the same content sent again compares equal.
NOT_CONTENT = {"batch_id", "source_file", "source_row", "known_date", "received_date", "has_version_columns", "row_hash", "care_group"}
# Tables without versions of their own: two rows with one key are a copy or a contradiction.
_KEYED = {
    name: CANONICAL[name].key
    for name in (
        "entity_crosswalk", "gate_results", "payments_made", "risk_scores", "area_index", "measure_submissions", "contracts", "reviews",
        "hospital_status", "member_scores", "entity_results",
    )
}  # fmt: skip
_ROW = {"file_no": "INTEGER", "problem": "VARCHAR", "warnings": "VARCHAR"}


@dataclass(frozen=True)
class Checked:
    """The checked files of one load, by file number: each with its Parquet file of judged rows."""

    files: dict[int, tuple[Source, Path]]

    def table_of(self, number: int) -> str:
        layout = self.files[number][0].layout
        assert layout is not None
        return layout.name

    def paths(self, *tables: str) -> list[Path]:
        return [path for number, (_, path) in self.files.items() if self.table_of(number) in tables]


def run(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Execute to the end: a result left open would block the connection."""
    con.execute(sql).fetchall()


def make_view(con: duckdb.DuckDBPyConnection, name: str, paths: list[Path], empty: str = "") -> None:
    """A view over Parquet files of one table; `empty` is the SELECT that stands in where there are none."""
    listed = ", ".join(f"'{literal(p)}'" for p in paths)
    body = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)" if paths else empty
    run(con, f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")


def judge(con: duckdb.DuckDBPyConnection, checked: Checked) -> None:
    """Fill `row_verdicts` (file_no, source_row, problem): every row that goes to quarantine, once.

    Also leaves the views `checked_claims` and `checked_eligibility` and the table `known_deaths`. Raises FileRejected where a tax ID has
    two owners on one day: nobody could say who is paid.
    """
    make_view(con, "checked_claims", checked.paths(*CLAIM_TABLES), _no_rows("claim_lines"))
    make_view(con, "checked_eligibility", checked.paths("eligibility"), _no_rows("eligibility"))
    run(con, "CREATE TEMP TABLE row_verdicts (file_no INTEGER, source_row BIGINT, problem VARCHAR)")
    for _, path in checked.files.values():
        rows = f"SELECT file_no, source_row, problem FROM read_parquet('{literal(path)}') WHERE problem IS NOT NULL"
        run(con, f"INSERT INTO row_verdicts {rows}")
    run(con, f"CREATE TEMP TABLE known_deaths AS {sql_text('known_deaths.sql')}")
    late = f"SELECT file_no, source_row, arg_min(problem, rank) FROM ({sql_text('late_claim_problems.sql')}) GROUP BY ALL"
    run(con, f"INSERT INTO row_verdicts {late}")
    run(con, f"INSERT INTO row_verdicts {sql_text('late_member_problems.sql')}")
    for table, key in _KEYED.items():
        if paths := checked.paths(table):
            make_view(con, f"checked_{table}", paths)
            run(con, f"INSERT INTO row_verdicts {_repeated_keys(table, key)}")
    _refuse_double_owners(con, checked)
    run(con, f"CREATE TEMP TABLE header_conflicts AS {sql_text('header_conflicts.sql')}")
    run(con, f"CREATE TEMP TABLE poisoned AS {sql_text('poisoned.sql')}")
    run(con, f"INSERT INTO row_verdicts {sql_text('companion_verdicts.sql')}")


def _no_rows(table: str) -> str:
    columns = {**_ROW, **CANONICAL[table].columns}
    return "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items()) + " WHERE false"


def _repeated_keys(table: str, key: tuple[str, ...]) -> str:
    """The second and later of equal rows (`dup.row`), and all rows of a key with different content (`dup.conflict`)."""
    keys = ", ".join(key)
    content = ", ".join(c for c in CANONICAL[table].columns if c not in NOT_CONTENT)
    return f"""
        SELECT file_no, source_row, CASE WHEN kinds > 1 THEN 'dup.conflict|' ELSE 'dup.row|' END FROM (
            SELECT file_no, source_row, row_number() OVER (PARTITION BY {keys} ORDER BY file_no, source_row) AS nth,
                count(DISTINCT content) OVER (PARTITION BY {keys}) AS kinds
            FROM (SELECT file_no, source_row, {keys}, hash({content}) AS content FROM checked_{table} WHERE problem IS NULL))
        WHERE kinds > 1 OR nth > 1"""


def _refuse_double_owners(con: duckdb.DuckDBPyConnection, checked: Checked) -> None:
    if not checked.paths("entity_crosswalk"):
        return
    pairs = con.execute(sql_text("owner_overlaps.sql")).fetchall()
    if pairs:
        file_no, row, other = pairs[0]
        source = checked.files[file_no][0]
        message = f"{len(pairs)} pairs of rows give one tax ID to two entities on the same day; the first: rows {other} and {row}."
        step = "End the earlier owner's span where the later one's begins."
        raise FileRejected("id.tin_owner", message, source=source.name, line=source.line_of(int(row)), next_step=step)
