"""From a file's columns to checked rows: the SQL that types, spells and judges every row, without what the profile has proven needless.

SQL text is put together only from the layouts' names and from named macros; values are bound, and files are named by us.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import duckdb

from trueup.claims.layouts import CODED_KINDS, VERSION_COLUMNS, Field, Kind
from trueup.claims.profile import DATE_FORMATS, Facts
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import fetch, run, text_of
from trueup.engine.files import literal
from trueup.tables import CANONICAL

MANY_FAILURES, FAILURE_SHARE = 100, 0.05
_NUMBERED = re.compile(r"(diagnosis_code|diagnosis_poa|procedure_code|procedure_date)_([2-9]|\d\d)")
DAMAGED = "\ufffd"
CLAIM_TABLES = ("medical_claim", "pharmacy_claim")
_TYPES: dict[Kind, str] = {"day": "DATE", "money": "BIGINT", "integer": "INTEGER", "number": "DECIMAL(18, 6)", "flag": "BOOLEAN"}
# Kinds whose text is judged by a macro; of the others only whether there is a text.
_JUDGED: tuple[Kind, ...] = ("key", "id", "npi", "payee_npi", "tin", "payee_tin", "day", "money")
# Kinds that are put into their canonical spelling, or typed, value by value where a column has few values.
_SPELLED: tuple[Kind, ...] = (*CODED_KINDS, "day")
# Amounts whose text stands in the quarantine beside their cents.
_ACCOUNTED = ("paid_amount", "amount")


@dataclass(frozen=True)
class Delivery:
    """What holds for all rows of a load: the day the files came, the declared notation of dates, whether the rows are those of a case."""

    received: date | None = None
    date_format: str | None = None
    lenient: bool = False


def sql_text(name: str) -> str:
    """The text of one of intake's SQL files."""
    return files("trueup.claims").joinpath("intake_sql", name).read_text(encoding="utf-8")


def has_version_columns(source: Source) -> bool:
    """Whether a claims file can tell versions of a claim apart."""
    return bool(set(source.columns).intersection(VERSION_COLUMNS))


def canonical_items(table: str, have: set[str]) -> str:
    """A SELECT list giving a canonical table's columns in order with their exact types; absent ones are NULL."""
    return ", ".join(f"CAST({n if n in have else 'NULL'} AS {kind}) AS {n}" for n, kind in CANONICAL[table].columns.items())


def _cleaned(f: Field, x: str, facts: Facts, date_format: str | None) -> str:
    """The SQL of a text x without blanks around it and without what a spreadsheet added."""
    if f.name in facts.plain or f.name in facts.typed:
        return x
    x = f"clean({x})"
    if f.name in facts.strip_suffix:
        x = f"without_suffix({x})"
    if f.name in facts.declared_days and date_format is not None:
        x = f"declared_day({x}, '{DATE_FORMATS[date_format]}')"
    return x


def _value(f: Field, x: str, facts: Facts) -> str:
    """The SQL of a column's value from its cleaned text x; or from x itself, where the column is of its kind's own type already."""
    typed, plain = f.name in facts.typed, f.name in facts.plain
    match f.kind:
        case "day":
            return x if typed else f"TRY_CAST({x} AS DATE)" if plain else f"day_of({x})"
        case "money":
            return f"plain_cents({x})" if typed or plain else f"cents_of({x})"
        case "integer":
            return f"CAST({x} AS INTEGER)" if typed else f"integer_of({x})"
        case "number":
            return f"CAST({x} AS DECIMAL(18, 6))" if typed else f"number_of({x})"
        case "flag":
            return f"flag_of({x})"
        case "tin" | "payee_tin" | "npi" | "payee_npi":
            return x if plain else f"without_hyphens({x})"
        case "word":
            return f"lower({x})"
        case "code":
            code = x if plain else f"code_of({x})"
            return f"{f.canonical}({code})" if f.canonical else code
        case "icd":
            return f"replace({x}, '.', '')" if plain else f"icd({x})"
        case _:
            return x


@dataclass
class Typing:
    """Makes the SQL of one file's typed rows. Lists that it looks values up in are left in the connection's variables."""

    con: duckdb.DuckDBPyConnection
    source: Source
    facts: Facts
    delivery: Delivery

    def sql(self) -> str:
        """A SELECT that gives every column of the file's layout, typed, beside its text, and what holds for all of the file's rows."""
        assert self.source.layout is not None
        layout, source, facts = self.source.layout, self.source, self.facts
        present = [f for f in layout.fields if f.name in facts.filled]
        have = {f.name for f in present}
        # Of the numbered columns that are empty only the first is kept: the steps ask for them by pattern, and a pattern must find one.
        fields = [f for f in layout.fields if f.name in have or not _NUMBERED.fullmatch(f.name)]
        inner = ["file_row_number"]
        for f in present:
            given = f.name if f.name in facts.typed else text_of(f.name, source.kinds[f.name])
            inner += [f"{given} AS {f.name}", f"{_cleaned(f, given, facts, self.delivery.date_format)} AS text_{f.name}"]
        outer = [f"file_row_number + 1{' + shift' if source.rejects else ''} AS source_row", *self._constants()]
        outer.append(f"{self._undecodable(present)} AS undecodable")
        outer += [item for f in fields for item in self._columns(f, is_filled=f.name in have)]
        if layout.name == "medical_claim":
            days = [n for n in sorted(have - facts.sound) if n.startswith("procedure_date_")]
            problems = [f"day_problem(text_{n}, day_of(text_{n}), '{n}')" for n in days]
            outer.append(f"coalesce({', '.join([*problems, 'NULL', 'NULL'])}) AS procedure_date_problem")
        # Tables other than claims share one step that asks for row versions; those without get them as NULL.
        shared = [n for n in ("row_id", "record_type", "replaces_row_id") if layout.name not in CLAIM_TABLES and n not in layout.names]
        outer += [f"CAST(NULL AS VARCHAR) AS {column}" for n in shared for column in (n, f"raw_{n}")]
        return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {source.relation}){self._shifted()}"

    def _columns(self, f: Field, *, is_filled: bool) -> list[str]:
        """A field's value, and as `raw_` the text to judge it by: NULL where no value of the column is a problem.

        An empty or absent column is a typed NULL, so that every file of a table has the same columns.
        """
        n, kind, text = f.name, _TYPES.get(f.kind, "VARCHAR"), f"text_{f.name}"
        name = "units" if n in ("service_unit_quantity", "quantity") else n
        if f.kind == "money":
            name = "amount_cents" if n == "amount" else n.replace("_amount", "_cents")
        made = [(self._spelled(f) or _value(f, text, self.facts), name, kind)]
        if f.kind in _JUDGED and not n.startswith("procedure_date_"):
            made.append(("CAST(NULL AS VARCHAR)" if n in self.facts.sound else text, f"raw_{n}", "VARCHAR"))
        elif f.kind in ("integer", "number", "flag"):
            made.append((text, f"raw_{name}", "VARCHAR"))
        if n in _ACCOUNTED:
            made.append((text_of(text, self.source.kinds[n]) if n in self.facts.typed else text, text, "VARCHAR"))
        items = [f"{sql if is_filled else f'CAST(NULL AS {kind})'} AS {name}" for sql, name, kind in made]
        if n in _ACCOUNTED:
            # Absent is what a case leaves out; missing is also a text of blanks.
            absent, missing = (f"{n} IS NULL", f"{text} IS NULL") if is_filled else ("true", "true")
            items += [f"{absent} AS paid_absent", f"{missing} AS paid_missing"]
        return items

    def _spelled(self, f: Field) -> str | None:
        """The SQL of a column's value where the column has few values: the value itself if all are spelled right, else looked up.

        Looking up costs next to nothing on a file of dictionaries; the macros would run on every row.
        """
        values = self.facts.few.get(f.name)
        if values is None or f.kind not in _SPELLED:
            return None
        given, spelled = f"given_{self.facts.file_no}_{f.name}", f"spelled_{self.facts.file_no}_{f.name}"
        run(self.con, f"SET VARIABLE {given} = $values", {"values": values})
        value = _value(f, _cleaned(f, "x", self.facts, self.delivery.date_format), self.facts)
        pairs = f"SELECT x, {value} AS y FROM (SELECT unnest(getvariable('{given}')) AS x)"
        if f.kind != "day" and fetch(self.con, f"SELECT count_if(x IS DISTINCT FROM y) FROM ({pairs})")[0][0] == 0:
            return f.name
        # The given values stand in order, so the others stand in theirs.
        run(self.con, f"SET VARIABLE {spelled} = (SELECT list(y ORDER BY x) FROM ({pairs}))")
        return f"list_extract(getvariable('{spelled}'), list_position(getvariable('{given}'), {f.name}))"

    def _constants(self) -> list[str]:
        """What holds for all rows of the file. A case states its versions by leaving them out; a file without them has lost them."""
        has = {c: str(c in self.source.columns) for c in ("version_seq", "record_type", "claim_status")}
        received = f"DATE '{self.delivery.received.isoformat()}'" if self.delivery.received else "CAST(NULL AS DATE)"
        return [
            f"{self.facts.file_no} AS file_no",
            f"{received} AS batch_received",
            f"{self.delivery.lenient} AS lenient",
            f"{self.delivery.lenient or has_version_columns(self.source)} AS has_version_columns",
            *(f"{value} AS has_{name}" for name, value in has.items()),
        ]

    def _undecodable(self, present: list[Field]) -> str:
        if not self.source.damaged_bytes:
            return "CAST(NULL AS VARCHAR)"
        keys = ", ".join(f"text_{f.name}" for f in present if f.kind != "text")
        return f"CASE WHEN contains(concat_ws('', {keys}), '{DAMAGED}') THEN 'enc.invalid_in_key|' END"

    def _shifted(self) -> str:
        """Joins from which accepted row on (0-based) how many rejected rows lie before."""
        if not self.source.rejects:
            return ""
        name = f"row_shifts_{self.facts.file_no}"
        run(self.con, f"CREATE TEMP TABLE {name} (first_row BIGINT, shift BIGINT)")
        shifts = {0: 0} | {before: j + 1 for j, before in enumerate(self.source.rejects_before)}
        self.con.executemany(f"INSERT INTO {name} VALUES (?, ?)", [list(item) for item in shifts.items()])
        return f" AS t ASOF JOIN {name} AS s ON t.file_row_number >= s.first_row"


def check_rows(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts, delivery: Delivery, scratch: Path) -> None:
    """Make `checked_<n>`, the canonical columns of one file's rows, and `judged_<n>`, their problems and warnings.

    Of a large claims file both are views: there is too much of it to be written twice. Everything else is written to `scratch`.
    """
    assert source.layout is not None
    table, typed, n = source.layout.name, Typing(con, source, facts, delivery).sql(), facts.file_no
    file = source.name.replace("'", "''")
    if table in CLAIM_TABLES:
        shared = f"common_claim AS ({sql_text('common_claim.sql')})"
        rows = f"WITH typed AS ({typed}), {shared} {sql_text(f'{table}.sql')}"
        verdicts = f"WITH given AS ({typed}), typed AS ({sql_text('claim_problems.sql')}), {shared} {sql_text(f'{table}_problems.sql')}"
        _keep(con, f"judged_{n}", verdicts, None if source.is_large else scratch)
        _keep(con, f"checked_{n}", f"SELECT *, '{file}' AS source_file FROM ({rows})", None if source.is_large else scratch)
    else:
        rows = f"WITH typed AS ({typed}), versioned_row AS ({sql_text('versioned_row.sql')}) {sql_text(f'{table}.sql')}"
        _keep(con, f"checked_{n}", f"SELECT *, '{file}' AS source_file FROM ({rows})", scratch)
        _keep(con, f"judged_{n}", f"SELECT file_no, source_row, problem, warnings FROM checked_{n}", None)


def _keep(con: duckdb.DuckDBPyConnection, name: str, rows: str, scratch: Path | None) -> None:
    """A view of rows, over a file in `scratch` where one is given."""
    if scratch:
        file = literal(scratch / f"{name}.parquet")
        run(con, f"COPY ({rows}) TO {file} (FORMAT parquet, COMPRESSION lz4)")
        rows = f"SELECT * FROM read_parquet({file})"
    run(con, f"CREATE TEMP VIEW {name} AS {rows}")


def note_problems(con: duckdb.DuckDBPyConnection, source: Source, number: int, *, may_refuse: bool = True) -> None:
    """Add the rows of one file that fail on their own to `row_problems`.

    Raises FileRejected where so many fail that the file cannot be what it seems, unless it must be taken as it is.
    """
    failures = f"SELECT file_no, source_row, problem FROM judged_{number} WHERE problem IS NOT NULL"
    added = int(fetch(con, f"INSERT INTO row_problems {failures}")[0][0])
    failed = added + len(source.rejects)
    if may_refuse and added and failed > MANY_FAILURES and failed > FAILURE_SHARE * source.rows:
        first, problem = fetch(con, f"SELECT min(source_row), mode(problem) FROM row_problems WHERE file_no = {number}")[0]
        code, column = str(problem).split("|")
        message = f"{failed} of {source.rows} rows cannot be trusted; most often {code} in {column or 'several columns'}."
        step = "Check the file's layout and export."
        raise FileRejected("fmt.row_failures", message, source=source.name, line=source.line_of(first), next_step=step)


def refuse_undated(con: duckdb.DuckDBPyConnection, source: Source, number: int) -> None:
    """Raises FileRejected where trusted rows carry no day on which they became known and the load gave none."""
    rows = f"checked_{number} ANTI JOIN row_problems USING (file_no, source_row) WHERE known_date IS NULL"
    undated, first = fetch(con, f"SELECT count(*), min(source_row) FROM {rows}")[0]
    if undated:
        message = f"{undated} of {source.rows} rows have no received, adjudication or paid date, so nothing says when they were known."
        step = "Give the day the files came: `--received YYYY-MM-DD`."
        raise FileRejected("date.received_missing", message, source=source.name, line=source.line_of(first), next_step=step)
