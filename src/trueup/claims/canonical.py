"""From text columns to checked rows: what each column of a file proves about itself, then one pass that types and judges every row.

SQL text is put together only from the layouts' names and from named macros; values are bound, and files are named by us.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import duckdb

from trueup.claims.layouts import ID_KINDS, SUFFIX_KINDS, VERSION_COLUMNS, Field, Layout
from trueup.claims.read import MAX_BAD_SHARE, Source, literal
from trueup.claims.reasons import FileRejected
from trueup.tables import CANONICAL

# Date notations that may be declared, beside the two that need no declaration.
DATE_FORMATS = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y", "ymd": "%Y/%m/%d", "date9": "%d%b%Y", "dmony": "%d/%b/%Y"}
MANY_SCIENTIFIC, MANY_FAILURES, FAILURE_SHARE = 10, 100, 0.05
DAMAGED = "\ufffd"
CLAIM_TABLES = ("medical_claim", "pharmacy_claim")


@dataclass
class Facts:
    """What a file's columns prove: which ids all end in `.0`, which dates use the declared notation, and what was counted on the way."""

    strip_suffix: set[str] = field(default_factory=set[str])
    declared_days: set[str] = field(default_factory=set[str])
    notes: list[tuple[str, str, int, int | None]] = field(default_factory=list[tuple[str, str, int, int | None]])


def sql_text(name: str) -> str:
    """The text of one of intake's SQL files."""
    return files("trueup.claims").joinpath("intake_sql", name).read_text(encoding="utf-8")


def _measures(f: Field) -> dict[str, str]:
    """What to count in a column, by kind: name of the measure -> condition."""
    x = f"clean({f.name})"
    counted: dict[str, str] = {"filled": f"{x} IS NOT NULL"}
    if f.kind in SUFFIX_KINDS:
        counted |= {"suffixed": f"is_suffixed({x})"}
    if f.kind in ID_KINDS:
        counted |= {"scientific": f"is_scientific({x})", "trimmed": f"{f.name} <> {x}"}
    if f.kind in ("tin", "payee_tin", "npi", "payee_npi"):
        counted["trimmed"] = f"{f.name} <> without_hyphens({x})"
    if f.kind == "day":
        compact = f"length({x}) = 8 AND TRY_CAST({x} AS INTEGER) IS NOT NULL AND day_of({x}) IS NOT NULL"
        counted |= {"iso": f"{x}[5] = '-' AND {x}[8] = '-'", "compact": compact, "other": f"day_of({x}) IS NULL AND is_other_day({x})"}
    if f.kind == "money":
        counted |= {"odd": f"amount_problem({x}, '') = 'amt.format|'", "implied": f"is_implied({x})"}
    return counted


def profile(con: duckdb.DuckDBPyConnection, source: Source, *, date_format: str | None) -> Facts:
    """Look at every column once. Raises FileRejected where a column's form cannot be told or is damaged throughout."""
    assert source.layout is not None and source.staged is not None
    present = [f for f in source.layout.fields if f.name in source.columns]
    wanted = [(f, m, cond) for f in present for m, cond in _measures(f).items()]
    counts = ", ".join(f"count_if({cond}), min(n) FILTER (WHERE {cond})" if m != "filled" else f"count_if({cond}), NULL" for _, m, cond in wanted)
    if not wanted:
        return Facts()
    rows = con.execute(
        f"SELECT {counts} FROM (SELECT *, file_row_number + 1 AS n FROM read_parquet($path, file_row_number = true))",
        {"path": str(source.staged)},
    ).fetchall()
    seen: dict[str, dict[str, tuple[int, int | None]]] = {}
    for position, (f, measure, _) in enumerate(wanted):
        seen.setdefault(f.name, {})[measure] = (int(rows[0][2 * position] or 0), rows[0][2 * position + 1])
    facts = Facts()
    for f in present:
        _conclude(source, f, seen[f.name], facts, date_format)
    return facts


def _conclude(source: Source, f: Field, seen: dict[str, tuple[int, int | None]], facts: Facts, date_format: str | None) -> None:
    filled = seen["filled"][0]

    def count(measure: str) -> tuple[int, int | None]:
        return seen.get(measure, (0, None))

    def line(measure: str) -> int | None:
        row = count(measure)[1]
        return None if row is None else row + (0 if source.is_parquet else 1)

    scientific = count("scientific")[0]
    if scientific > MANY_SCIENTIFIC or (scientific and 2 * scientific >= filled):
        message = f"{scientific} of {filled} values of {f.name} are in scientific notation: their digits are gone."
        step = "Export again with the column as text; a spreadsheet did this."
        raise FileRejected("id.scientific_share", message, source=source.name, line=line("scientific"), next_step=step)
    suffixed, first = count("suffixed")
    if suffixed and suffixed == filled:
        facts.strip_suffix.add(f.name)
        facts.notes.append(("id.float_suffix", f.name, suffixed, first))
    if count("trimmed")[0]:
        facts.notes.append(("id.trimmed", f.name, *count("trimmed")))
    if f.kind == "day":
        _conclude_days(source, f, count, line, facts, date_format)
    if f.kind == "money":
        for measure, code, found in (("odd", "amt.format_share", "in another notation"), ("implied", "amt.implied_share", "without a decimal point")):
            if (many := count(measure)[0]) > MAX_BAD_SHARE * filled and (measure == "odd" or 2 * many > filled):
                message = f"{many} of {filled} values of {f.name} are {found}; expected digits, a point and at most two decimals, such as 1234.50."
                raise FileRejected(code, message, source=source.name, line=line(measure), next_step="Export amounts in that form.")


def _conclude_days(
    source: Source,
    f: Field,
    count: Callable[[str], tuple[int, int | None]],
    line: Callable[[str], int | None],
    facts: Facts,
    date_format: str | None,
) -> None:
    forms = {m: count(m)[0] for m in ("iso", "compact", "other") if count(m)[0]}
    names = {"iso": "YYYY-MM-DD", "compact": "YYYYMMDD", "other": "another notation"}
    if len(forms) > 1:
        listed = ", ".join(f"{n} as {names[m]}" for m, n in forms.items())
        message = f"{f.name} mixes date notations: {listed}."
        where = max(line(m) or 0 for m in forms) or None
        raise FileRejected("date.ambiguous", message, source=source.name, line=where, next_step="Write each column in one notation.")
    if "other" in forms:
        if date_format is None:
            message = f"{forms['other']} values of {f.name} are neither YYYY-MM-DD nor YYYYMMDD, so day and month cannot be told."
            step = f"Declare `--date-format` ({', '.join(DATE_FORMATS)}), or export as YYYY-MM-DD."
            raise FileRejected("date.ambiguous", message, source=source.name, line=line("other"), next_step=step)
        facts.declared_days.add(f.name)


def _cleaned(f: Field, facts: Facts, date_format: str | None) -> str:
    text = f"clean({f.name})"
    if f.name in facts.strip_suffix:
        text = f"without_suffix({text})"
    if f.name in facts.declared_days and date_format is not None:
        text = f"declared_day({text}, '{DATE_FORMATS[date_format]}')"
    return text


def _typed(f: Field, present: bool) -> list[str]:
    """The typed columns of one field. An absent column is a typed NULL, so that every file of a table has the same columns."""
    n = f.name
    if f.kind == "day":
        made = [(f"day_of({n})", n, "DATE"), (n, f"raw_{n}", "VARCHAR")]
        if n.startswith("procedure_date_"):
            made = [(f"day_of({n})", n, "DATE")]
    elif f.kind == "money":
        made = [(f"cents_of({n})", n.replace("_amount", "_cents") if n != "amount" else "amount_cents", "BIGINT"), (n, f"raw_{n}", "VARCHAR")]
    elif f.kind in ("integer", "number", "flag"):
        typed = {"integer": "INTEGER", "number": "DECIMAL(18, 6)", "flag": "BOOLEAN"}[f.kind]
        name = "units" if n in ("service_unit_quantity", "quantity") else n
        made = [(f"{f.kind}_of({n})", name, typed), (n, f"raw_{name}", "VARCHAR")]
    elif f.kind in ("tin", "payee_tin"):
        made = [(f"without_hyphens({n})", n, "VARCHAR"), (n, f"raw_{n}", "VARCHAR")]
    elif f.kind in ("npi", "payee_npi"):
        made = [(f"without_hyphens({n})", n, "VARCHAR")]
    elif f.kind == "word":
        made = [(f"lower({n})", n, "VARCHAR")]
    elif f.kind == "code":
        made = [(f"{f.canonical}(code_of({n}))" if f.canonical else f"code_of({n})", n, "VARCHAR")]
    elif f.kind == "icd":
        made = [(f"icd({n})", n, "VARCHAR")]
    else:
        made = [(n, n, "VARCHAR")]
    return [f"{expression if present else f'CAST(NULL AS {kind})'} AS {name}" for expression, name, kind in made]


def _undecodable(source: Source, present: list[Field]) -> str:
    if not source.damaged_bytes:
        return "CAST(NULL AS VARCHAR)"
    keys = ", ".join(f.name for f in present if f.kind != "text")
    return f"CASE WHEN contains(concat_ws('', {keys}), '{DAMAGED}') THEN 'enc.invalid_in_key|' END"


def typed_sql(source: Source, layout: Layout, facts: Facts, *, file_no: int, lenient: bool, date_format: str | None) -> str:
    """A SELECT over one staged file that gives every column of its layout, typed."""
    present = [f for f in layout.fields if f.name in source.columns]
    assert source.staged is not None
    have = {f.name for f in present}
    inner = [f"{_cleaned(f, facts, date_format)} AS {f.name}" for f in present]
    absent_paid = "paid_amount IS NULL" if "paid_amount" in have else "true"
    outer = [item for f in layout.fields for item in _typed(f, f.name in have)]
    if layout.name == "medical_claim":
        problems = [f"day_problem({n}, day_of({n}), '{n}')" for n in sorted(have) if n.startswith("procedure_date_")]
        outer.append(f"coalesce({', '.join([*problems, 'NULL', 'NULL'])}) AS procedure_date_problem")
    # Tables other than claims share one step that asks for row versions; those without get them as NULL.
    shared = ("row_id", "record_type", "replaces_row_id") if layout.name not in CLAIM_TABLES else ()
    outer += [f"CAST(NULL AS VARCHAR) AS {n}" for n in shared if n not in layout.names]
    return f"""
        SELECT {file_no} AS file_no, source_row, paid_absent, {_undecodable(source, present)} AS undecodable, {", ".join(outer)}
        FROM (SELECT {", ".join(inner)}, {source_row_sql(source)} AS source_row, {absent_paid} AS paid_absent
              FROM read_parquet('{literal(source.staged)}', file_row_number = true))"""


def source_row_sql(source: Source) -> str:
    """The row's number in its file (1 is the first after the header), counting the rows that could not be split."""
    if not source.rejects:
        return "file_row_number + 1"
    # The j-th reject (0-based) has this many accepted rows before it.
    before = [reject.source_row - 1 - j for j, reject in enumerate(source.rejects)]
    return f"file_row_number + 1 + len(list_filter([{', '.join(map(str, before))}], lambda b: b <= file_row_number))"


def check_rows(con: duckdb.DuckDBPyConnection, source: Source, typed: str, target: Path) -> None:
    """Judge every row of one staged file into `target`."""
    assert source.layout is not None
    shared = "common_claim" if source.layout.name in CLAIM_TABLES else "versioned_row"
    con.execute(f"CREATE OR REPLACE TEMP VIEW typed AS {typed}").fetchall()
    con.execute(f"CREATE OR REPLACE TEMP VIEW {shared} AS {sql_text(f'{shared}.sql')}").fetchall()
    con.execute(f"COPY ({sql_text(source.layout.name + '.sql')}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)").fetchall()


def refuse_failing_file(con: duckdb.DuckDBPyConnection, source: Source, checked: Path) -> None:
    """Raises FileRejected where so many rows fail on their own that the file cannot be what it seems."""
    rows = con.execute(
        "SELECT count(problem), min(source_row) FILTER (WHERE problem IS NOT NULL), mode(problem) FROM read_parquet($path)", {"path": str(checked)}
    ).fetchall()
    failed, first, problem = int(rows[0][0]) + len(source.rejects), rows[0][1], rows[0][2]
    if failed > MANY_FAILURES and failed > FAILURE_SHARE * source.rows:
        code, column = str(problem).split("|")
        message = f"{failed} of {source.rows} rows cannot be trusted; most often {code} in {column or 'several columns'}."
        raise FileRejected("fmt.row_failures", message, source=source.name, line=first, next_step="Check the file's layout and export.")


def has_version_columns(source: Source) -> bool:
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
        raise FileRejected("date.received_missing", message, source=source.name, line=first, next_step=step)
