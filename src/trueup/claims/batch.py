"""From checked rows to a batch: verdicts over whole versions and members, canonical tables, quarantine, findings, accounting.

Every row read ends in exactly one of two places, a canonical table or the quarantine; `Assembly.accounts` proves it per file.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from trueup.claims.canonical import CLAIM_TABLES, canonical_items, sql_text
from trueup.claims.layouts import MEDICAL, POSITIONS
from trueup.claims.read import Source, literal
from trueup.claims.reasons import FileRejected, message_of
from trueup.errors import CheckFailed
from trueup.tables import CANONICAL

# Columns of a line that say where or when it came, not what it says: the same content sent again hashes the same.
_NOT_CONTENT = {"batch_id", "source_file", "source_row", "known_date", "received_date", "has_version_columns", "row_hash"}
_ORDER = {
    "eligibility": "member_id, enrollment_start_date",
    "provider": "npi, tin, effective_from",
    "entity_crosswalk": "tin, effective_from",
    "participation": "program, entity_id, joined_on",
    "gate_results": "program, entity_id, period, gate",
    "payments_made": "program, payment_id",
    "risk_scores": "program, member_id, delivery_date",
}
# Tables without versions of their own: two rows with one key are a copy or a contradiction.
_KEYED = {name: CANONICAL[name].key for name in ("entity_crosswalk", "gate_results", "payments_made", "risk_scores")}


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


@dataclass
class Assembly:
    """The checked files of one load, on their way to `folder`."""

    con: duckdb.DuckDBPyConnection
    batch_id: str
    folder: Path
    checked: dict[int, tuple[Source, Path]]

    def tables(self) -> list[str]:
        return sorted({s.layout.name for s, _ in self.checked.values() if s.layout})

    def paths(self, *tables: str) -> list[str]:
        return [str(path) for source, path in self.checked.values() if source.layout and source.layout.name in tables]

    def prepare(self) -> None:
        """Make the views over checked rows, and the verdicts of rows that fail on their own, by other rows, or with their version."""
        con = self.con
        _view(con, "checked_claims", self.paths(*CLAIM_TABLES), _EMPTY_CLAIMS)
        _view(con, "checked_eligibility", self.paths("eligibility"), _EMPTY_ELIGIBILITY)
        _run(con, "CREATE TEMP TABLE row_verdicts (file_no INTEGER, source_row BIGINT, problem VARCHAR)")
        for _, path in self.checked.values():
            _run(con, f"INSERT INTO row_verdicts SELECT file_no, source_row, problem FROM read_parquet('{literal(path)}') WHERE problem IS NOT NULL")
        _run(con, f"CREATE TEMP TABLE known_deaths AS {sql_text('known_deaths.sql')}")
        late = f"SELECT file_no, source_row, arg_min(problem, rank) FROM ({sql_text('late_claim_problems.sql')}) GROUP BY ALL"
        _run(con, f"INSERT INTO row_verdicts {late}")
        _run(con, f"INSERT INTO row_verdicts {sql_text('late_member_problems.sql')}")
        for table, key in _KEYED.items():
            if self.paths(table):
                _view(con, f"checked_{table}", self.paths(table), "")
                _run(con, f"INSERT INTO row_verdicts {_repeated_keys(table, key)}")
        self._refuse_double_owners()
        _run(con, f"CREATE TEMP TABLE header_conflicts AS {sql_text('header_conflicts.sql')}")
        _run(con, f"CREATE TEMP TABLE poisoned AS {sql_text('poisoned.sql')}")
        _run(con, f"INSERT INTO row_verdicts {sql_text('companion_verdicts.sql')}")

    def _refuse_double_owners(self) -> None:
        if not self.paths("entity_crosswalk"):
            return
        pairs = self.con.execute(sql_text("owner_overlaps.sql")).fetchall()
        if pairs:
            file_no, row, other = pairs[0]
            message = f"{len(pairs)} pairs of rows give one tax ID to two entities on the same day; the first: rows {other} and {row}."
            step = "End the earlier owner's span where the later one's begins."
            raise FileRejected("id.tin_owner", message, source=self.checked[file_no][0].name, line=int(row) + 1, next_step=step)

    def write(self) -> None:
        """Write every canonical table that has rows, the quarantine included."""
        have = self._claim_columns()
        if self.paths(*CLAIM_TABLES):
            items = canonical_items("claim_lines", have | {"batch_id", "source_file", "row_hash"})
            hashed = ", ".join(f"'{c}=' || {c}" for c in sorted(have - _NOT_CONTENT - _AUXILIARY))
            rows = f"SELECT *, '{self.batch_id}' AS batch_id, md5(concat_ws(chr(31), {hashed})) AS row_hash FROM checked_claims ANTI JOIN row_verdicts USING (file_no, source_row)"
            rows = f"SELECT {items} FROM ({rows}) JOIN source_names USING (file_no)"
            self._write("claim_lines", rows, "member_id, version_id, claim_line_number, source_file, source_row")
        for table, stem, extra in (("claim_diagnoses", "diagnosis", "present_on_admission"), ("claim_procedures", "procedure", "procedure_date")):
            positions = self._long_rows(stem, extra, have)
            if positions:
                self._write(table, f"SELECT {canonical_items(table, set(CANONICAL[table].columns))} FROM ({positions})", "member_id, version_id, position, code")
        for table, order in _ORDER.items():
            if self.paths(table):
                _view(self.con, "checked_rows", self.paths(table), "")
                described = self.con.execute("DESCRIBE checked_rows").fetchall()
                items = canonical_items(table, {str(r[0]) for r in described} | {"batch_id", "source_file"})
                rows = f"SELECT *, '{self.batch_id}' AS batch_id FROM checked_rows ANTI JOIN row_verdicts USING (file_no, source_row)"
                self._write(table, f"SELECT {items} FROM ({rows}) JOIN source_names USING (file_no)", f"{order}, source_file, source_row")
        self._write_quarantine()

    def _claim_columns(self) -> set[str]:
        described = self.con.execute("DESCRIBE checked_claims").fetchall()
        present = {c for source, _ in self.checked.values() for c in source.columns}
        wide = {f.name for f in MEDICAL.fields if f.name.startswith(("diagnosis_", "procedure_"))}
        return {str(row[0]) for row in described} - (wide - present)

    def _long_rows(self, stem: str, extra: str, have: set[str]) -> str:
        """Codes by position, one row per version however many lines repeat it."""
        beside = "diagnosis_poa" if stem == "diagnosis" else "procedure_date"
        kind = "VARCHAR" if stem == "diagnosis" else "DATE"
        parts = [
            f"SELECT version_id, claim_id, member_id, {i} AS position, {stem}_code_{i} AS code, {stem}_system AS code_system, "
            f"{f'{beside}_{i}' if f'{beside}_{i}' in have else f'CAST(NULL AS {kind})'} AS {extra}, known_date "
            f"FROM checked_claims ANTI JOIN row_verdicts USING (file_no, source_row) WHERE {stem}_code_{i} IS NOT NULL"
            for i in range(1, POSITIONS + 1)
            if f"{stem}_code_{i}" in have
        ]
        if not parts:
            return ""
        return (
            f"SELECT '{self.batch_id}' AS batch_id, version_id, min(claim_id) AS claim_id, min(member_id) AS member_id, position, code, "
            f"min(code_system) AS code_system, min({extra}) AS {extra}, min(known_date) AS known_date "
            f"FROM ({' UNION ALL '.join(parts)}) GROUP BY version_id, position, code"
        )

    def _write_quarantine(self) -> None:
        parts: list[str] = []
        for source, path in self.checked.values():
            assert source.layout is not None
            table = source.layout.name
            described = self.con.execute("DESCRIBE SELECT * FROM read_parquet($p)", {"p": str(path)}).fetchall()
            have = {str(r[0]) for r in described}
            cents = "paid_cents" if table in CLAIM_TABLES else "amount_cents"
            raw = "raw_paid" if table in CLAIM_TABLES else "raw_amount"
            facts = ["claim_id", "version_seq", "replaces_claim_id", "record_type", "member_id", "known_date"]
            listed = ", ".join(f"{c if c in have else 'NULL'} AS {c}" for c in facts)
            parts.append(
                f"SELECT f.file_no, f.source_row, '{table}' AS table_name, v.problem, {cents if cents in have else 'NULL'} AS amount_cents, "
                f"{raw if raw in have else 'NULL'} AS raw_amount, {listed} "
                f"FROM read_parquet('{literal(path)}') AS f JOIN row_verdicts AS v ON f.file_no = v.file_no AND f.source_row = v.source_row"
            )
        rejected = [
            {"file_no": n, "source_row": r.source_row, "table_name": s.layout.name, "detail": r.detail}
            for n, (s, _) in self.checked.items()
            for r in s.rejects
            if s.layout
        ]
        _run(self.con, "CREATE TEMP TABLE rejected (file_no INTEGER, source_row BIGINT, table_name VARCHAR, detail VARCHAR)")
        if rejected:
            self.con.executemany("INSERT INTO rejected VALUES (?, ?, ?, ?)", [list(r.values()) for r in rejected])
        parts.append(
            "SELECT file_no, source_row, table_name, 'fmt.field_count|' || replace(detail, '|', ' '), CAST(NULL AS BIGINT), NULL, "
            "NULL, CAST(NULL AS INTEGER), NULL, NULL, NULL, CAST(NULL AS DATE) FROM rejected"
        )
        rows = (
            f"SELECT *, '{self.batch_id}' AS batch_id, split_part(problem, '|', 1) AS reason_code, nullif(split_part(problem, '|', 2), '') AS detail "
            f"FROM ({' UNION ALL '.join(parts)}) JOIN source_names USING (file_no)"
        )
        items = canonical_items("quarantined_rows", set(CANONICAL["quarantined_rows"].columns))
        self._write("quarantined_rows", f"SELECT {items} FROM ({rows})", "table_name, source_file, source_row")

    def _write(self, table: str, rows: str, order: str) -> None:
        target = self.folder / f"{table}.parquet"
        copied = self.con.execute(f"COPY ({rows} ORDER BY {order}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION zstd)").fetchall()
        if not copied[0][0]:
            target.unlink(missing_ok=True)

    def findings(self, notes: Iterable[tuple[int, str, str, int, int | None]]) -> list[Finding]:
        """All findings: `notes` of the files as wholes, warnings written on rows, and what only the whole load shows."""
        con, found = self.con, list(notes)
        long = self.folder / "claim_diagnoses.parquet"
        _view(con, "diagnoses", [str(long)] if long.exists() else [], "SELECT CAST(NULL AS VARCHAR) AS version_id, CAST(NULL AS VARCHAR) AS code WHERE false")
        for _, path in self.checked.values():
            _view(con, "checked_rows", [str(path)], "")
            found += [tuple(r) for r in con.execute(sql_text("row_warnings.sql")).fetchall()]
        for name in ("claim_findings.sql", "member_findings.sql"):
            found += [tuple(r[1:]) for r in con.execute(sql_text(name)).fetchall()]
        made = [
            Finding(s.layout.name if s.layout else "", s.name, code, column, int(n), None if row is None else int(row), message_of(code))
            for number, code, column, n, row in found
            for s in (self.checked[number][0],)
        ]
        return sorted(made, key=lambda f: (f.table, f.source_file, f.code, f.column))

    def write_findings(self, found: list[Finding]) -> None:
        con = self.con
        kinds = ", ".join(f"{n} {k}" for n, k in CANONICAL["findings"].columns.items())
        _run(con, f"CREATE TEMP TABLE all_findings ({kinds})")
        if found:
            rows = [[self.batch_id, f.table, f.source_file, f.code, f.column, f.rows, f.first_row, f.message] for f in found]
            con.executemany("INSERT INTO all_findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._write("findings", "SELECT * FROM all_findings", "table_name, source_file, code, column_name")

    def accounts(self) -> list[Account]:
        """Rows and cents per file, proven: read = canonical + quarantined. Raises CheckFailed otherwise."""
        kept = self._sums([t for t in ("claim_lines", *_ORDER) if (self.folder / f"{t}.parquet").exists()])
        held = self._sums(["quarantined_rows"] if (self.folder / "quarantined_rows.parquet").exists() else [])
        made: list[Account] = []
        for source, path in self.checked.values():
            assert source.layout is not None
            table = source.layout.name
            cents = "paid_cents" if table in CLAIM_TABLES else "amount_cents" if table == "payments_made" else "CAST(NULL AS BIGINT)"
            raw = "raw_paid" if table in CLAIM_TABLES else "raw_amount" if table == "payments_made" else "CAST(NULL AS VARCHAR)"
            read = self.con.execute(
                f"SELECT count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT), count_if({cents} IS NULL AND {raw} IS NOT NULL) FROM read_parquet($p)",
                {"p": str(path)},
            ).fetchall()[0]
            a, b = kept.get((table, source.name), (0, 0)), held.get((table, source.name), (0, 0))
            account = Account(table, source.name, source.rows, a[0], b[0], int(read[1]), a[1], b[1], int(read[2]))
            rows_balance = account.rows_read == int(read[0]) + len(source.rejects) == account.rows_canonical + account.rows_quarantined
            if not rows_balance or account.cents_read != account.cents_canonical + account.cents_quarantined:
                raise CheckFailed("TRU-C020", f"Intake lost track of rows or dollars of {source.name}: {asdict(account)}.", next_step="Report this.")
            made.append(account)
        return sorted(made, key=lambda a: (a.table, a.source_file))

    def _sums(self, tables: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for table in tables:
            columns = CANONICAL[table].columns
            name = "source_table" if table == "claim_lines" else "table_name" if table == "quarantined_rows" else f"'{table}'"
            cents = next((c for c in ("paid_cents", "amount_cents") if c in columns), "NULL")
            rows = self.con.execute(
                f"SELECT {name}, source_file, count(*), CAST(coalesce(sum({cents}), 0) AS BIGINT) FROM read_parquet($p) GROUP BY ALL",
                {"p": str(self.folder / f"{table}.parquet")},
            ).fetchall()
            sums |= {(str(r[0]), str(r[1])): (int(r[2]), int(r[3])) for r in rows}
        return sums


_AUXILIARY = {"file_no", "problem", "warnings", "raw_paid"}
_EMPTY_CLAIMS = "SELECT " + ", ".join(
    f"CAST(NULL AS {kind}) AS {name}"
    for name, kind in {"file_no": "INTEGER", "problem": "VARCHAR", "warnings": "VARCHAR", **CANONICAL["claim_lines"].columns}.items()
) + " WHERE false"
_EMPTY_ELIGIBILITY = "SELECT " + ", ".join(
    f"CAST(NULL AS {kind}) AS {name}" for name, kind in {"file_no": "INTEGER", "problem": "VARCHAR", **CANONICAL["eligibility"].columns}.items()
) + " WHERE false"


def _run(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    con.execute(sql).fetchall()


def _view(con: duckdb.DuckDBPyConnection, name: str, paths: list[str], empty: str) -> None:
    listed = ", ".join(f"'{literal(Path(p))}'" for p in paths)
    body = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)" if paths else empty
    _run(con, f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")


def _repeated_keys(table: str, key: tuple[str, ...]) -> str:
    """The second and later of equal rows (`dup.row`), and all rows of a key with different content (`dup.conflict`)."""
    keys = ", ".join(key)
    content = ", ".join(c for c in CANONICAL[table].columns if c not in _NOT_CONTENT)
    return f"""
        SELECT file_no, source_row, CASE WHEN kinds > 1 THEN 'dup.conflict|' ELSE 'dup.row|' END FROM (
            SELECT file_no, source_row, row_number() OVER (PARTITION BY {keys} ORDER BY file_no, source_row) AS nth,
                count(DISTINCT content) OVER (PARTITION BY {keys}) AS kinds
            FROM (SELECT file_no, source_row, {keys}, hash({content}) AS content FROM checked_{table} WHERE problem IS NULL))
        WHERE kinds > 1 OR nth > 1"""
