"""From judged rows to a batch: canonical tables, quarantine, findings, and the proof that nothing is lost.

Every row read ends in exactly one of two places, a canonical table or the quarantine; `Assembly.accounts` proves it per file.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from trueup.claims.canonical import CLAIM_TABLES, canonical_items, sql_text
from trueup.claims.claim_tables import ClaimTables
from trueup.claims.profile import Note
from trueup.claims.reasons import message_of
from trueup.claims.staging import fetch, run
from trueup.claims.verdicts import Checked, judge, make_view
from trueup.engine.files import literal
from trueup.errors import CheckFailed
from trueup.tables import CANONICAL

# The order of rows in each table, before source file and row make it total.
_ORDER = {
    "eligibility": "member_id, enrollment_start_date",
    "provider": "npi, tin, effective_from",
    "entity_crosswalk": "tin, effective_from",
    "participation": "program, entity_id, joined_on",
    "gate_results": "program, entity_id, period, gate, known_date",
    "payments_made": "program, payment_id",
    "risk_scores": "program, member_id, delivery_date",
    "member_transfers": "program, member_id, transfer_date, entity_id",
    "area_index": "zip_code, effective_from",
    "measure_submissions": "program, entity_id, period, measure_id, submission_id",
    "contracts": "program, contract_id, entity_id, effective_from",
    "reviews": "program, entity_id, period, flag_id, known_date",
    "hospital_status": "program, facility_id, effective_from",
    "member_scores": "program, member_id, period",
    "entity_results": "program, entity_id, period",
}
_NO_LINES = "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {n}" for n, kind in CANONICAL["claim_lines"].columns.items()) + " WHERE false"
_NO_DIAGNOSES = "SELECT CAST(NULL AS VARCHAR) AS version_id, CAST(NULL AS VARCHAR) AS member_id, CAST(NULL AS VARCHAR) AS code WHERE false"
# Facts a quarantined row keeps, so that what it acts on can be held.
_KEPT_FACTS = ("claim_id", "version_seq", "replaces_claim_id", "record_type", "member_id", "known_date")


@dataclass(frozen=True)
class Account:
    """What became of one file's rows. Cents are paid amounts (or payment amounts) that parse; `unparsed` counts amounts that do not."""

    table: str
    source_file: str
    rows_read: int
    rows_canonical: int
    rows_quarantined: int
    cents_read: int
    cents_canonical: int
    cents_quarantined: int
    unparsed: int


@dataclass(frozen=True)
class Finding:
    """One kind of warning or normalization in one file, counted; `first_row` counts data rows from 1."""

    table: str
    source_file: str
    code: str
    column: str
    rows: int
    first_row: int | None
    message: str


def _amounts(table: str) -> tuple[str, str]:
    """The cents and the text of a table's one amount that is accounted for, as SQL."""
    if table in CLAIM_TABLES:
        return "paid_cents", "raw_paid"
    return ("amount_cents", "raw_amount") if table == "payments_made" else ("CAST(NULL AS BIGINT)", "CAST(NULL AS VARCHAR)")


@dataclass
class Assembly:
    """The checked files of one load, on their way to `folder`; `rows` counts what was written, by table."""

    con: duckdb.DuckDBPyConnection
    batch_id: str
    folder: Path
    checked: Checked
    rows: dict[str, int] = field(default_factory=dict[str, int])

    def write(self) -> None:
        """Judge all rows and write every canonical table that has any, the quarantine included."""
        judge(self.con, self.checked)
        if self.checked.numbers(*CLAIM_TABLES):
            self.rows |= ClaimTables(self.con, self.batch_id, self.folder).write()
        else:
            run(self.con, "CREATE TEMP TABLE members (member_id VARCHAR)")
        for table, order in _ORDER.items():
            if numbers := self.checked.numbers(table):
                make_view(self.con, "checked_rows", numbers)
                items = canonical_items(table, self._columns("checked_rows") | {"batch_id"})
                rows = f"SELECT *, '{self.batch_id}' AS batch_id FROM checked_rows ANTI JOIN row_verdicts USING (file_no, source_row)"
                self._write(table, f"SELECT {items} FROM ({rows})", f"{order}, source_file, source_row")
        self._write_quarantine()

    def _columns(self, relation: str) -> set[str]:
        return {str(row[0]) for row in fetch(self.con, f"DESCRIBE {relation}")}

    def _write_quarantine(self) -> None:
        parts: list[str] = []
        for number in self.checked.files:
            table, have = self.checked.table_of(number), self._columns(f"checked_{number}")
            cents, raw = _amounts(table)
            facts = ", ".join(f"{c if c in have else 'NULL'} AS {c}" for c in _KEPT_FACTS)
            parts.append(
                f"SELECT source_file, source_row, '{table}' AS table_name, v.problem, {cents} AS amount_cents, {raw} AS raw_amount, "
                f"{facts} FROM checked_{number} AS c JOIN row_verdicts AS v USING (file_no, source_row)"
            )
        run(self.con, "CREATE TEMP TABLE rejected (source_file VARCHAR, source_row BIGINT, table_name VARCHAR, detail VARCHAR)")
        rejected = [[s.name, r.source_row, self.checked.table_of(n), r.detail] for n, s in self.checked.files.items() for r in s.rejects]
        if rejected:
            self.con.executemany("INSERT INTO rejected VALUES (?, ?, ?, ?)", rejected)
        parts.append(
            "SELECT source_file, source_row, table_name, 'fmt.field_count|' || replace(detail, '|', ' '), CAST(NULL AS BIGINT), NULL, "
            "NULL, CAST(NULL AS INTEGER), NULL, NULL, NULL, CAST(NULL AS DATE) FROM rejected"
        )
        rows = (
            f"SELECT *, '{self.batch_id}' AS batch_id, split_part(problem, '|', 1) AS reason_code, "
            f"nullif(split_part(problem, '|', 2), '') AS detail FROM ({' UNION ALL '.join(parts)})"
        )
        items = canonical_items("quarantined_rows", set(CANONICAL["quarantined_rows"].columns))
        self._write("quarantined_rows", f"SELECT {items} FROM ({rows})", "table_name, source_file, source_row")

    def _write(self, table: str, rows: str, order: str) -> None:
        target = self.folder / f"{table}.parquet"
        copied = fetch(self.con, f"COPY ({rows} ORDER BY {order}) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)")
        if copied[0][0]:
            self.rows[table] = int(copied[0][0])
        else:
            target.unlink(missing_ok=True)

    def _view_written(self, name: str, table: str, empty: str) -> None:
        rows = f"SELECT * FROM read_parquet({literal(self.folder / f'{table}.parquet')})" if table in self.rows else empty
        run(self.con, f"CREATE OR REPLACE TEMP VIEW {name} AS {rows}")

    def findings(self, notes: Iterable[Note], others: Iterable[Finding]) -> list[Finding]:
        """Write and return all findings: `notes` on files, warnings on rows, what only the whole load shows, and `others`."""
        con, found = self.con, list(notes)
        self._view_written("written_lines", "claim_lines", _NO_LINES)
        self._view_written("diagnoses", "claim_diagnoses", _NO_DIAGNOSES)
        for number in self.checked.files:
            run(con, f"CREATE OR REPLACE TEMP VIEW judged_rows AS FROM judged_{number}")
            found += [(int(r[0]), str(r[1]), str(r[2]), int(r[3]), r[4]) for r in fetch(con, sql_text("row_warnings.sql"))]
        for name in ("claim_findings.sql", "similar_lines.sql", "member_findings.sql"):
            for file, code, column, rows, first in fetch(con, sql_text(name)):
                found.append((self.checked.number_of(str(file)), str(code), str(column), int(rows), first))
        made = [
            Finding(self.checked.table_of(n), self.checked.files[n].name, code, column, rows, first, message_of(code))
            for n, code, column, rows, first in found
        ]
        made = sorted([*made, *others], key=lambda f: (f.table, f.source_file, f.code, f.column))
        run(con, f"CREATE TEMP TABLE all_findings ({', '.join(f'{n} {k}' for n, k in CANONICAL['findings'].columns.items())})")
        if made:
            rows = [[self.batch_id, f.table, f.source_file, f.code, f.column, f.rows, f.first_row, f.message] for f in made]
            con.executemany("INSERT INTO all_findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._write("findings", "SELECT * FROM all_findings", "table_name, source_file, code, column_name")
        return made

    def quarantined(self) -> dict[tuple[str, str], int]:
        """Quarantined rows by input table and reason code."""
        if "quarantined_rows" not in self.rows:
            return {}
        file = f"read_parquet({literal(self.folder / 'quarantined_rows.parquet')})"
        rows = fetch(self.con, f"SELECT table_name, reason_code, count(*) FROM {file} GROUP BY ALL ORDER BY ALL")
        return {(str(table), str(reason)): int(n) for table, reason, n in rows}

    def accounts(self) -> list[Account]:
        """Rows and cents per file, proven: read = canonical + quarantined. Raises CheckFailed otherwise."""
        kept = self._sums(["claim_lines", *_ORDER])
        held = self._sums(["quarantined_rows"])
        made: list[Account] = []
        for number, source in self.checked.files.items():
            table = self.checked.table_of(number)
            cents, raw = _amounts(table)
            rows, total = fetch(self.con, f"SELECT count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT) FROM checked_{number}")[0]
            unparsed = fetch(self.con, f"SELECT count({raw}) FROM checked_{number} WHERE {cents} IS NULL")[0][0]
            a, b = kept.get((table, source.name), (0, 0)), held.get((table, source.name), (0, 0))
            account = Account(table, source.name, source.rows, a[0], b[0], int(total), a[1], b[1], int(unparsed))
            rows_balance = account.rows_read == int(rows) + len(source.rejects) == account.rows_canonical + account.rows_quarantined
            if not rows_balance or account.cents_read != account.cents_canonical + account.cents_quarantined:
                message = f"Intake lost track of rows or dollars of {source.name}: {asdict(account)}."
                raise CheckFailed("TRU-C020", message, next_step="Nothing was kept. Report this with the file's layout.")
            made.append(account)
        return sorted(made, key=lambda a: (a.table, a.source_file))

    def _sums(self, tables: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
        """Rows and cents by input table and file, of what was written."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for table in tables:
            columns = CANONICAL[table].columns
            if table not in self.rows:
                continue
            name = next((c for c in ("source_table", "table_name") if c in columns), f"'{table}'")
            cents = next((c for c in ("paid_cents", "amount_cents") if c in columns), "NULL")
            file = f"read_parquet({literal(self.folder / f'{table}.parquet')})"
            query = f"SELECT {name}, source_file, count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT) FROM {file} GROUP BY ALL"
            sums |= {(str(r[0]), str(r[1])): (int(r[2]), int(r[3])) for r in fetch(self.con, query)}
        return sums
