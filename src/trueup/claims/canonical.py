"""From text columns to checked rows: what each column of a file proves about itself, then one pass that types and judges every row.

SQL text is put together only from the layouts' names and from named macros; values are bound, and files are named by us.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import duckdb

from trueup.claims.layouts import ID_KINDS, SUFFIX_KINDS, VERSION_COLUMNS, Field, Kind, Layout
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import MAX_BAD_SHARE, literal
from trueup.tables import CANONICAL

# Date notations that may be declared, beside the two that need no declaration.
DATE_FORMATS = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y", "ymd": "%Y/%m/%d", "date9": "%d%b%Y", "dmony": "%d/%b/%Y"}
MANY_SCIENTIFIC, MANY_FAILURES, FAILURE_SHARE = 10, 100, 0.05
_NUMBERED = re.compile(r"(diagnosis_code|diagnosis_poa|procedure_code|procedure_date)_([2-9]|\d\d)")
DAMAGED = "\ufffd"
# How many values of a column a condition holds for, and the first data row of them.
Counted = tuple[int, int | None]
_NONE: Counted = (0, None)
# A finding on its way: file number, code, column, rows, first data row.
Note = tuple[int, str, str, int, int | None]
CLAIM_TABLES = ("medical_claim", "pharmacy_claim")


@dataclass
class Facts:
    """What a file's columns prove about themselves.

    `filled` columns hold something; in `plain` ones every value has its kind's plain form, so that cheaper expressions do; ids of
    `strip_suffix` all end in `.0`; `declared_days` are in the declared notation. `notes` are findings.
    """

    filled: set[str] = field(default_factory=set[str])
    plain: set[str] = field(default_factory=set[str])
    strip_suffix: set[str] = field(default_factory=set[str])
    declared_days: set[str] = field(default_factory=set[str])
    notes: list[Note] = field(default_factory=list[Note])
    file_no: int = 0


def sql_text(name: str) -> str:
    """The text of one of intake's SQL files."""
    return files("trueup.claims").joinpath("intake_sql", name).read_text(encoding="utf-8")


def _plain_form(kind: Kind) -> str:
    """The form in which nearly all values of a kind come. It needs no trimming and cannot hide any of the damage `_measures` looks for."""
    if kind in ID_KINDS:
        return "[0-9A-Za-z]+"
    forms: dict[Kind, str] = {
        "word": "[0-9A-Za-z_-]+",
        "day": r"\d{4}-\d{2}-\d{2}",
        "money": r"-?(0|[1-9]\d{0,12})(\.\d{1,2})?",
        "code": "[0-9A-Z]+",
        "icd": "[0-9A-Z.]+",
    }
    return forms.get(kind, "[!-~]([ -~]*[!-~])?")


def _measures(f: Field) -> dict[str, str]:
    """What to count in a column that is not plain, by kind: name of the measure -> condition on the trimmed text x."""
    counted: dict[str, str] = {}
    if f.kind in SUFFIX_KINDS:
        counted |= {"suffixed": "is_suffixed(x)"}
    if f.kind in ID_KINDS:
        counted |= {"scientific": "is_scientific(x)", "trimmed": "raw <> x"}
    if f.kind in ("tin", "payee_tin", "npi", "payee_npi"):
        counted["trimmed"] = "raw <> without_hyphens(x)"
    if f.kind == "day":
        counted |= {
            "iso": "is_midnight(x) OR regexp_full_match(x, '\\d{4}-\\d{2}-\\d{2}')",
            "compact": "regexp_full_match(x, '\\d{8}') AND day_of(x) IS NOT NULL",
            "other": "is_other_day(x)",
        }
    if f.kind == "money":
        counted |= {"odd": "amount_problem(x, NULL, '') = 'amt.format|'", "implied": "is_implied(x)"}
    return counted


def profile(con: duckdb.DuckDBPyConnection, source: Source, file_no: int, *, date_format: str | None) -> Facts:
    """Look at every column once, closely only where it is not plain.

    Raises FileRejected where a column's form cannot be told or is damaged throughout.
    """
    assert source.layout is not None
    assert source.staged is not None
    path = {"path": str(source.staged)}
    present = [f for f in source.layout.fields if f.name in source.columns]
    facts = Facts(file_no=file_no)
    if not present:
        return facts
    counts = ", ".join(f"count({f.name}), count_if(regexp_full_match({f.name}, '{_plain_form(f.kind)}'))" for f in present)
    seen = con.execute(f"SELECT {counts} FROM read_parquet($path)", path).fetchall()[0]
    for position, f in enumerate(present):
        filled, plain = int(seen[2 * position]), int(seen[2 * position + 1] or 0)
        if filled:
            facts.filled.add(f.name)
        if plain == filled:
            facts.plain.add(f.name)
        elif measures := _measures(f):
            items = ", ".join(f"count_if({cond}), min(n) FILTER (WHERE {cond})" for cond in measures.values())
            found = con.execute(
                f"SELECT count(x), {items} FROM (SELECT {f.name} AS raw, clean({f.name}) AS x, file_row_number + 1 AS n "
                f"FROM read_parquet($path, file_row_number = true) WHERE {f.name} IS NOT NULL)",
                path,
            ).fetchall()[0]
            counted: dict[str, Counted] = {"filled": (int(found[0]), None)}
            for i, measure in enumerate(measures):
                nth = found[2 + 2 * i]
                counted[measure] = (int(found[1 + 2 * i] or 0), None if nth is None else source.row_of(int(nth)))
            _conclude(source, f, counted, facts, date_format)
    return facts


def _conclude(source: Source, f: Field, seen: dict[str, Counted], facts: Facts, date_format: str | None) -> None:
    """Turn one column's counts into facts and notes, or refuse the file."""
    filled = seen["filled"][0]
    scientific, first = seen.get("scientific", _NONE)
    if scientific > MANY_SCIENTIFIC or (scientific and 2 * scientific >= filled):
        message = f"{scientific} of {filled} values of {f.name} are in scientific notation: their digits are gone."
        step = "Export again with the column as text; a spreadsheet did this."
        raise FileRejected("id.scientific_share", message, source=source.name, line=source.line_of(first), next_step=step)
    suffixed, first = seen.get("suffixed", _NONE)
    if suffixed and suffixed == filled:
        facts.strip_suffix.add(f.name)
        facts.notes.append((facts.file_no, "id.float_suffix", f.name, suffixed, first))
    trimmed, first = seen.get("trimmed", _NONE)
    if trimmed:
        facts.notes.append((facts.file_no, "id.trimmed", f.name, trimmed, first))
    if f.kind == "day":
        _conclude_days(source, f, seen, facts, date_format)
    if f.kind == "money":
        _conclude_amounts(source, f, seen)


def _conclude_amounts(source: Source, f: Field, seen: dict[str, Counted]) -> None:
    filled = seen["filled"][0]
    (odd, odd_row), (implied, implied_row) = seen["odd"], seen["implied"]
    expected = "expected digits, a point and at most two decimals, such as 1234.50"
    if odd > MAX_BAD_SHARE * filled:
        message = f"{odd} of {filled} values of {f.name} are written in another notation; {expected}."
        step = "Export amounts in that form; a comma is never taken for a decimal point."
        raise FileRejected("amt.format_share", message, source=source.name, line=source.line_of(odd_row), next_step=step)
    if 2 * implied > filled:
        message = f"{implied} of {filled} values of {f.name} are padded with zeros and have no decimal point; {expected}."
        step = "Export them in that form."
        raise FileRejected("amt.implied_share", message, source=source.name, line=source.line_of(implied_row), next_step=step)


def _conclude_days(source: Source, f: Field, seen: dict[str, Counted], facts: Facts, date_format: str | None) -> None:
    names = {"iso": "YYYY-MM-DD", "compact": "YYYYMMDD", "other": "another notation"}
    forms = {m: seen[m] for m in names if seen[m][0]}
    if len(forms) > 1:
        listed = ", ".join(f"{n} as {names[m]}" for m, (n, _) in forms.items())
        where = source.line_of(max(row or 0 for _, row in forms.values()))
        message = f"{f.name} mixes date notations: {listed}."
        raise FileRejected("date.ambiguous", message, source=source.name, line=where, next_step="Write each column in one notation.")
    if "other" in forms:
        many, first = forms["other"]
        if date_format is None:
            message = f"{many} values of {f.name} are neither YYYY-MM-DD nor YYYYMMDD, so day and month cannot be told."
            step = f"Export them as YYYY-MM-DD, or declare the date format ({', '.join(DATE_FORMATS)})."
            raise FileRejected("date.ambiguous", message, source=source.name, line=source.line_of(first), next_step=step)
        facts.declared_days.add(f.name)


def _cleaned(f: Field, facts: Facts, date_format: str | None) -> str:
    if f.name in facts.plain:
        return f.name
    text = f"clean({f.name})"
    if f.name in facts.strip_suffix:
        text = f"without_suffix({text})"
    if f.name in facts.declared_days and date_format is not None:
        text = f"declared_day({text}, '{DATE_FORMATS[date_format]}')"
    return text


def _typed(f: Field, *, filled: bool, plain: bool) -> list[str]:
    """The typed columns of one field. An empty or absent column is a typed NULL, so that every file of a table has the same columns."""
    n = f.name
    made = [(n, n, "VARCHAR")]
    if f.kind == "day":
        made = [(f"TRY_CAST({n} AS DATE)" if plain else f"day_of({n})", n, "DATE")]
        if not n.startswith("procedure_date_"):
            made.append((n, f"raw_{n}", "VARCHAR"))
    elif f.kind == "money":
        cents = "amount_cents" if n == "amount" else n.replace("_amount", "_cents")
        made = [(f"plain_cents({n})" if plain else f"cents_of({n})", cents, "BIGINT"), (n, f"raw_{n}", "VARCHAR")]
    elif f.kind in ("integer", "number", "flag"):
        kind = {"integer": "INTEGER", "number": "DECIMAL(18, 6)", "flag": "BOOLEAN"}[f.kind]
        name = "units" if n in ("service_unit_quantity", "quantity") else n
        made = [(f"{f.kind}_of({n})", name, kind), (n, f"raw_{name}", "VARCHAR")]
    elif f.kind in ("tin", "payee_tin"):
        made = [(n if plain else f"without_hyphens({n})", n, "VARCHAR"), (n, f"raw_{n}", "VARCHAR")]
    elif f.kind in ("npi", "payee_npi"):
        made = [(n if plain else f"without_hyphens({n})", n, "VARCHAR")]
    elif f.kind == "word":
        made = [(f"lower({n})", n, "VARCHAR")]
    elif f.kind == "code":
        code = n if plain else f"code_of({n})"
        made = [(f"{f.canonical}({code})" if f.canonical else code, n, "VARCHAR")]
    elif f.kind == "icd":
        made = [(f"replace({n}, '.', '')" if plain else f"icd({n})", n, "VARCHAR")]
    return [f"{expression if filled else f'CAST(NULL AS {kind})'} AS {name}" for expression, name, kind in made]


def _undecodable(source: Source, present: list[Field]) -> str:
    if not source.damaged_bytes:
        return "CAST(NULL AS VARCHAR)"
    keys = ", ".join(f.name for f in present if f.kind != "text")
    return f"CASE WHEN contains(concat_ws('', {keys}), '{DAMAGED}') THEN 'enc.invalid_in_key|' END"


def typed_sql(source: Source, layout: Layout, facts: Facts, *, date_format: str | None) -> str:
    """A SELECT over one staged file that gives every column of its layout, typed."""
    assert source.staged is not None
    present = [f for f in layout.fields if f.name in facts.filled]
    have = {f.name for f in present}
    inner = [f"{_cleaned(f, facts, date_format)} AS {f.name}" for f in present]
    inner.append(f"file_row_number + 1{' + shift' if source.rejects else ''} AS source_row")
    inner.append(f"{'paid_amount IS NULL' if 'paid_amount' in have else 'true'} AS paid_absent")
    # Of the numbered columns that are empty only the first is kept: the steps ask for them by pattern, and a pattern must find one.
    fields = [f for f in layout.fields if f.name in have or not _NUMBERED.fullmatch(f.name)]
    outer = [item for f in fields for item in _typed(f, filled=f.name in have, plain=f.name in facts.plain)]
    if layout.name == "medical_claim":
        problems = [f"day_problem({n}, day_of({n}), '{n}')" for n in sorted(have) if n.startswith("procedure_date_")]
        outer.append(f"coalesce({', '.join([*problems, 'NULL', 'NULL'])}) AS procedure_date_problem")
    # Tables other than claims share one step that asks for row versions; those without get them as NULL.
    shared = ("row_id", "record_type", "replaces_row_id") if layout.name not in CLAIM_TABLES else ()
    outer += [f"CAST(NULL AS VARCHAR) AS {n}" for n in shared if n not in layout.names]
    shifted = " AS t ASOF JOIN row_shifts ON t.file_row_number >= row_shifts.first_row" if source.rejects else ""
    return f"""
        SELECT {facts.file_no} AS file_no, source_row, paid_absent, {_undecodable(source, present)} AS undecodable, {", ".join(outer)}
        FROM (SELECT {", ".join(inner)}
              FROM read_parquet('{literal(source.staged)}', file_row_number = true){shifted})"""


def _row_shifts(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Table `row_shifts`: from which accepted row on (0-based) how many rejected rows lie before."""
    con.execute("CREATE OR REPLACE TEMP TABLE row_shifts (first_row BIGINT, shift BIGINT)").fetchall()
    shifts = {0: 0} | {before: j + 1 for j, before in enumerate(source.rejects_before)}
    con.executemany("INSERT INTO row_shifts VALUES (?, ?)", [list(item) for item in shifts.items()])


def check_rows(con: duckdb.DuckDBPyConnection, source: Source, typed: str, target: Path) -> None:
    """Judge every row of one staged file into `target`."""
    assert source.layout is not None
    shared = "common_claim" if source.layout.name in CLAIM_TABLES else "versioned_row"
    if source.rejects:
        _row_shifts(con, source)
    con.execute(f"CREATE OR REPLACE TEMP VIEW typed AS {typed}").fetchall()
    con.execute(f"CREATE OR REPLACE TEMP VIEW {shared} AS {sql_text(f'{shared}.sql')}").fetchall()
    con.execute(f"COPY ({sql_text(source.layout.name + '.sql')}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)").fetchall()


def refuse_failing_file(con: duckdb.DuckDBPyConnection, source: Source, checked: Path) -> None:
    """Raises FileRejected where so many rows fail on their own that the file cannot be what it seems."""
    query = "SELECT count(problem), min(source_row) FILTER (WHERE problem IS NOT NULL), mode(problem) FROM read_parquet($path)"
    failing, first, problem = con.execute(query, {"path": str(checked)}).fetchall()[0]
    failed = int(failing) + len(source.rejects)
    if failing and failed > MANY_FAILURES and failed > FAILURE_SHARE * source.rows:
        code, column = str(problem).split("|")
        message = f"{failed} of {source.rows} rows cannot be trusted; most often {code} in {column or 'several columns'}."
        step = "Check the file's layout and export."
        raise FileRejected("fmt.row_failures", message, source=source.name, line=source.line_of(first), next_step=step)


def has_version_columns(source: Source) -> bool:
    """Whether a claims file can tell versions of a claim apart."""
    return bool(set(source.columns).intersection(VERSION_COLUMNS))


def canonical_items(table: str, have: set[str]) -> str:
    """A SELECT list giving a canonical table's columns in order with their exact types; absent ones are NULL."""
    return ", ".join(f"CAST({n if n in have else 'NULL'} AS {kind}) AS {n}" for n, kind in CANONICAL[table].columns.items())


def refuse_undated(con: duckdb.DuckDBPyConnection, source: Source, checked: Path) -> None:
    """Raises FileRejected where trusted rows carry no day on which they became known and the load gave none."""
    query = "SELECT count(*), min(source_row) FROM read_parquet($path) WHERE problem IS NULL AND known_date IS NULL"
    undated, first = con.execute(query, {"path": str(checked)}).fetchall()[0]
    if undated:
        message = f"{undated} of {source.rows} rows have no received, adjudication or paid date, so nothing says when they were known."
        step = "Give the day the files came: `--received YYYY-MM-DD`."
        raise FileRejected("date.received_missing", message, source=source.name, line=source.line_of(first), next_step=step)
