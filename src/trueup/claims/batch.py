"""From judged rows to a batch: canonical tables, quarantine, findings, and the proof that nothing is lost.

Every row read ends in exactly one of two places, a canonical table or the quarantine; `Assembly.accounts` proves it per file.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from trueup.claims.canonical import CLAIM_TABLES, Note, canonical_items, sql_text
from trueup.claims.layouts import MEDICAL, POSITIONS
from trueup.claims.reasons import message_of
from trueup.claims.staging import literal
from trueup.claims.verdicts import NOT_CONTENT, Checked, judge, make_view, run
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
_CARE_GROUP = "CASE WHEN member_id IN (SELECT member_id FROM maternity_members) THEN 'maternity' ELSE 'other' END AS care_group"
_AUXILIARY = {"file_no", "problem", "warnings", "raw_paid"}
_TRUSTED = "ANTI JOIN row_verdicts USING (file_no, source_row)"
_NO_DIAGNOSES = "SELECT CAST(NULL AS VARCHAR) AS version_id, CAST(NULL AS VARCHAR) AS code WHERE false"
# Rows written with one set of smallest and largest values: few enough that a member is found, many enough that reading all is no slower.
ROW_GROUP = 40_960
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


def _maternity_members(have: set[str]) -> str:
    """Members with a code of pregnancy or birth: ICD-10-CM chapter O and Z33-Z39, the obstetric section of ICD-10-PCS, CPT 59000-59899."""
    diagnoses = [c for c in have if re.fullmatch(r"diagnosis_code_\d+", c)]
    procedures = [c for c in have if re.fullmatch(r"procedure_code_\d+", c)]
    found = [f"starts_with({c}, 'O') OR left({c}, 3) IN ('Z33', 'Z34', 'Z36', 'Z37', 'Z39', 'Z3A')" for c in sorted(diagnoses)]
    found += [f"regexp_full_match({c}, '1[0-9A-Z]{{6}}')" for c in sorted(procedures)]
    found += ["hcpcs_code BETWEEN '59000' AND '59899'"] if "hcpcs_code" in have else []
    return f"SELECT DISTINCT member_id FROM checked_claims WHERE {' OR '.join(found) or 'false'}"


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
        have = self._claim_columns()
        run(self.con, f"CREATE TEMP TABLE maternity_members AS {_maternity_members(have)}")
        if self.checked.paths(*CLAIM_TABLES):
            self._write_lines(have)
        self._write_codes("claim_diagnoses", "diagnosis", "diagnosis_poa", "present_on_admission", have)
        self._write_codes("claim_procedures", "procedure", "procedure_date", "procedure_date", have)
        for table, order in _ORDER.items():
            if paths := self.checked.paths(table):
                make_view(self.con, "checked_rows", paths)
                items = canonical_items(table, self._columns("checked_rows") | {"batch_id", "source_file"})
                rows = f"SELECT *, '{self.batch_id}' AS batch_id FROM checked_rows {_TRUSTED}"
                self._write(table, f"SELECT {items} FROM ({rows}) JOIN source_names USING (file_no)", f"{order}, source_file, source_row")
        self._write_quarantine()

    def _columns(self, relation: str) -> set[str]:
        return {str(row[0]) for row in self.con.execute(f"DESCRIBE {relation}").fetchall()}

    def _claim_columns(self) -> set[str]:
        """Columns of the checked claims, less the numbered ones that no file has."""
        present = {c for source, _ in self.checked.files.values() for c in source.columns}
        wide = {f.name for f in MEDICAL.fields if f.name.startswith(("diagnosis_", "procedure_"))}
        return self._columns("checked_claims") - (wide - present)

    def _write_lines(self, have: set[str]) -> None:
        # Names stand beside values and nothing is said of what is missing, so absent and empty columns hash alike.
        content = ", ".join(f"'{c}=' || {c}" for c in sorted(have - NOT_CONTENT - _AUXILIARY))
        rows = (
            f"SELECT *, '{self.batch_id}' AS batch_id, md5(concat_ws(chr(31), {content})) AS row_hash, {_CARE_GROUP} "
            f"FROM checked_claims {_TRUSTED} JOIN source_names USING (file_no)"
        )
        items = canonical_items("claim_lines", have | {"batch_id", "source_file", "row_hash", "care_group"})
        order = "care_group, member_id, version_id, claim_line_number, source_file, source_row"
        self._write("claim_lines", f"SELECT {items} FROM ({rows})", order)

    def _write_codes(self, table: str, stem: str, beside: str, extra: str, have: set[str]) -> None:
        """Codes by position, one row per version however many of its lines repeat it."""
        kind = CANONICAL[table].columns[extra]
        parts = [
            f"SELECT version_id, claim_id, member_id, {i} AS position, {stem}_code_{i} AS code, {stem}_system AS code_system, "
            f"{f'{beside}_{i}' if f'{beside}_{i}' in have else f'CAST(NULL AS {kind})'} AS {extra}, known_date "
            f"FROM checked_claims {_TRUSTED} WHERE {stem}_code_{i} IS NOT NULL"
            for i in range(1, POSITIONS + 1)
            if f"{stem}_code_{i}" in have
        ]
        if not parts:
            return
        rows = (
            f"SELECT '{self.batch_id}' AS batch_id, version_id, min(claim_id) AS claim_id, min(member_id) AS member_id, position, code, "
            f"min(code_system) AS code_system, min({extra}) AS {extra}, min(known_date) AS known_date, "
            "CASE WHEN min(member_id) IN (SELECT member_id FROM maternity_members) THEN 'maternity' ELSE 'other' END AS care_group "
            f"FROM ({' UNION ALL '.join(parts)}) GROUP BY version_id, position, code"
        )
        items = canonical_items(table, set(CANONICAL[table].columns))
        self._write(table, f"SELECT {items} FROM ({rows})", "care_group, member_id, version_id, position, code")

    def _write_quarantine(self) -> None:
        parts: list[str] = []
        for number, (_, path) in self.checked.files.items():
            table = self.checked.table_of(number)
            have = self._columns(f"SELECT * FROM read_parquet('{literal(path)}')")
            cents, raw = _amounts(table)
            facts = ", ".join(f"{c if c in have else 'NULL'} AS {c}" for c in _KEPT_FACTS)
            parts.append(
                f"SELECT f.file_no, f.source_row, '{table}' AS table_name, v.problem, {cents} AS amount_cents, {raw} AS raw_amount, "
                f"{facts} "
                f"FROM read_parquet('{literal(path)}') AS f JOIN row_verdicts AS v ON f.file_no = v.file_no AND f.source_row = v.source_row"
            )
        run(self.con, "CREATE TEMP TABLE rejected (file_no INTEGER, source_row BIGINT, table_name VARCHAR, detail VARCHAR)")
        rejected = [[n, r.source_row, self.checked.table_of(n), r.detail] for n, (s, _) in self.checked.files.items() for r in s.rejects]
        if rejected:
            self.con.executemany("INSERT INTO rejected VALUES (?, ?, ?, ?)", rejected)
        parts.append(
            "SELECT file_no, source_row, table_name, 'fmt.field_count|' || replace(detail, '|', ' '), CAST(NULL AS BIGINT), NULL, "
            "NULL, CAST(NULL AS INTEGER), NULL, NULL, NULL, CAST(NULL AS DATE) FROM rejected"
        )
        rows = (
            f"SELECT *, '{self.batch_id}' AS batch_id, split_part(problem, '|', 1) AS reason_code, "
            "nullif(split_part(problem, '|', 2), '') AS detail "
            f"FROM ({' UNION ALL '.join(parts)}) JOIN source_names USING (file_no)"
        )
        items = canonical_items("quarantined_rows", set(CANONICAL["quarantined_rows"].columns))
        self._write("quarantined_rows", f"SELECT {items} FROM ({rows})", "table_name, source_file, source_row")

    def _write(self, table: str, rows: str, order: str) -> None:
        target = self.folder / f"{table}.parquet"
        how = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
        copied = self.con.execute(f"COPY ({rows} ORDER BY {order}) TO '{literal(target)}' ({how})").fetchall()
        if copied[0][0]:
            self.rows[table] = int(copied[0][0])
        else:
            target.unlink(missing_ok=True)

    def findings(self, notes: Iterable[Note], others: Iterable[Finding]) -> list[Finding]:
        """Write and return all findings: `notes` on files, warnings on rows, what only the whole load shows, and `others`."""
        con, found = self.con, list(notes)
        codes = self.folder / "claim_diagnoses.parquet"
        make_view(con, "diagnoses", [codes] if "claim_diagnoses" in self.rows else [], _NO_DIAGNOSES)
        for _, path in self.checked.files.values():
            make_view(con, "checked_rows", [path])
            found += [(int(r[0]), str(r[1]), str(r[2]), int(r[3]), r[4]) for r in con.execute(sql_text("row_warnings.sql")).fetchall()]
        for name in ("claim_findings.sql", "member_findings.sql"):
            found += [(int(r[1]), str(r[2]), str(r[3]), int(r[4]), r[5]) for r in con.execute(sql_text(name)).fetchall()]
        made = [
            Finding(self.checked.table_of(n), self.checked.files[n][0].name, code, column, rows, first, message_of(code))
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
        query = "SELECT table_name, reason_code, count(*) FROM read_parquet($path) GROUP BY ALL ORDER BY ALL"
        rows = self.con.execute(query, {"path": str(self.folder / "quarantined_rows.parquet")}).fetchall()
        return {(str(table), str(reason)): int(n) for table, reason, n in rows}

    def accounts(self) -> list[Account]:
        """Rows and cents per file, proven: read = canonical + quarantined. Raises CheckFailed otherwise."""
        kept = self._sums(["claim_lines", *_ORDER])
        held = self._sums(["quarantined_rows"])
        made: list[Account] = []
        for number, (source, path) in self.checked.files.items():
            table = self.checked.table_of(number)
            cents, raw = _amounts(table)
            query = (
                f"SELECT count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT), count_if({cents} IS NULL AND {raw} IS NOT NULL) "
                "FROM read_parquet($path)"
            )
            rows, total, unparsed = self.con.execute(query, {"path": str(path)}).fetchall()[0]
            a, b = kept.get((table, source.name), (0, 0)), held.get((table, source.name), (0, 0))
            account = Account(table, source.name, source.rows, a[0], b[0], int(total), a[1], b[1], int(unparsed or 0))
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
            path, columns = self.folder / f"{table}.parquet", CANONICAL[table].columns
            if table not in self.rows:
                continue
            name = next((c for c in ("source_table", "table_name") if c in columns), f"'{table}'")
            cents = next((c for c in ("paid_cents", "amount_cents") if c in columns), "NULL")
            query = f"SELECT {name}, source_file, count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT) FROM read_parquet($path) GROUP BY ALL"
            rows = self.con.execute(query, {"path": str(path)}).fetchall()
            sums |= {(str(r[0]), str(r[1])): (int(r[2]), int(r[3])) for r in rows}
        return sums
