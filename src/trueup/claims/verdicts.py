"""Which rows of a load are not trusted: on their own, because of other rows, or with their claim version."""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from trueup.claims.canonical import CLAIM_TABLES, sql_text
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import fetch, run
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
    """The checked files of one load, by file number: `checked_<number>` holds each one's judged rows."""

    files: dict[int, Source]

    def table_of(self, number: int) -> str:
        layout = self.files[number].layout
        assert layout is not None
        return layout.name

    def numbers(self, *tables: str) -> list[int]:
        return [number for number in self.files if self.table_of(number) in tables]

    def number_of(self, source_file: str) -> int:
        return next(number for number, source in self.files.items() if source.name == source_file)


def make_view(con: duckdb.DuckDBPyConnection, name: str, numbers: list[int], empty: str = "") -> None:
    """A view over the judged rows of files of one table; `empty` is the SELECT that stands in where there are none."""
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM checked_{number}" for number in numbers)
    run(con, f"CREATE OR REPLACE TEMP VIEW {name} AS {rows or empty}")


def judge(con: duckdb.DuckDBPyConnection, checked: Checked) -> None:
    """Fill `row_verdicts` (file_no, source_row, problem): every row that goes to quarantine, once.

    Begins with `row_problems`, the rows that fail alone. Also leaves the views `checked_claims` and `checked_eligibility` and the tables
    `known_deaths` and `odd_versions`. Raises FileRejected where a tax ID has two owners on one day: nobody could say who is paid.
    """
    make_view(con, "checked_claims", checked.numbers(*CLAIM_TABLES), _no_rows("claim_lines"))
    make_view(con, "checked_eligibility", checked.numbers("eligibility"), _no_rows("eligibility"))
    run(con, "CREATE TEMP TABLE row_verdicts AS FROM row_problems")
    run(con, f"CREATE TEMP TABLE known_deaths AS {sql_text('known_deaths.sql')}")
    run(con, f"CREATE TEMP TABLE odd_versions AS {sql_text('odd_versions.sql')}")
    late = f"SELECT file_no, source_row, arg_min(problem, rank) FROM ({sql_text('late_claim_problems.sql')}) GROUP BY ALL"
    run(con, f"INSERT INTO row_verdicts {late}")
    run(con, f"INSERT INTO row_verdicts {sql_text('late_member_problems.sql')}")
    for table, key in _KEYED.items():
        if numbers := checked.numbers(table):
            make_view(con, f"checked_{table}", numbers)
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
    if not checked.numbers("entity_crosswalk"):
        return
    if pairs := fetch(con, sql_text("owner_overlaps.sql")):
        file_no, row, other = pairs[0]
        source = checked.files[file_no]
        message = f"{len(pairs)} pairs of rows give one tax ID to two entities on the same day; the first: rows {other} and {row}."
        step = "End the earlier owner's span where the later one's begins."
        raise FileRejected("id.tin_owner", message, source=source.name, line=source.line_of(int(row)), next_step=step)
