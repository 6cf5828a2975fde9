"""The tables of worked examples: which there are, their columns and types, and the defaults of columns that a case leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from trueup.claims.layouts import LAYOUTS
from trueup.errors import RuleError
from trueup.money import parse_cents
from trueup.rules.reader import Document, Loc, is_list, is_mapping, mapping, sequence
from trueup.rules.suggest import did_you_mean, nearest
from trueup.tables import BIG, DAY, FLAG, INT, OUTPUT, TEXT, Table, display_name

Row = dict[str, Any]

# What a case may expect beside output tables: the warnings of the run.
FINDINGS = Table("findings", "one kind of warning of the run, counted", ("code",), {"code": TEXT, "rows": BIG, "message": TEXT})
EXPECTABLE: dict[str, Table] = {**OUTPUT, "findings": FINDINGS}

# What a missing column of a case's row is. `=name` copies another column of the row.
ROW_DEFAULTS: dict[str, dict[str, object]] = {
    "medical_claim": {
        "claim_line_number": 1,
        "claim_status": "paid",
        "record_type": "original",
        "version_seq": 1,
        "diagnosis_code_type": "icd-10-cm",
        "claim_line_start_date": "=claim_start_date",
        "claim_line_end_date": "=claim_end_date",
    },
    "pharmacy_claim": {"claim_line_number": 1, "claim_status": "paid", "record_type": "original", "version_seq": 1},
    "eligibility": {"person_id": "=member_id"},
}
# Beside text, what a column of a kind may be.
_INPUT_KINDS: dict[str, tuple[type, str]] = {
    "money": (str, "dollars in quotes"),
    "day": (date, "a day like 2025-01-31"),
    "integer": (int, "a whole number"),
    "number": (int, "a number, with decimals in quotes"),
    "flag": (bool, "true or false"),
}
MAX_REPEAT = 10_000
_DECIMAL = re.compile(r"^-?\d+(\.\d+)?$")


@dataclass(frozen=True)
class Expected:
    """The rows a table must hold, by contract column (cents as integers). `exact`: these rows and no others."""

    rows: list[Row]
    exact: bool = True


def defaults_text() -> str:
    """What `trueup check --defaults` prints."""
    lines = ["What a column is when a row of a worked example leaves it out:", ""]
    for table, columns in ROW_DEFAULTS.items():
        lines += [f"{table}.{name}: {_say(value)}" for name, value in columns.items()]
    return "\n".join([
        *lines,
        "eligibility: where the table is absent, every member is covered throughout",
        "received_date and other dates by which a fact becomes known: always known",
        "every other column: null",
        "",
        "`repeat: N` in a row of `given` stands for N such rows; `{n}` in a text becomes 1 to N. Repeated episodes get ids of their own.",
    ])  # fmt: skip


def _say(value: object) -> str:
    return f"the row's {value[1:]}" if isinstance(value, str) and value.startswith("=") else str(value)


def complete_given(doc: Document, loc: Loc, given: dict[str, object], errors: list[RuleError]) -> dict[str, list[Row]]:
    """Check the given tables; fill defaults, expand `repeat`. Output tables get contract columns (dollars become `*_cents`)."""
    tables: dict[str, list[Row]] = {}
    for name, content in given.items():
        at = (*loc, name)
        if name not in LAYOUTS and name not in OUTPUT:
            step = did_you_mean(name, [*LAYOUTS, *OUTPUT])
            errors.append(doc.error("TRU-R051", at, f"`{name}` is not an input or output table.", step))
            continue
        tables[name] = [row for i, item in _rows(doc, at, content, errors) for row in _given_rows(doc, (*at, i), name, item, errors)]
    return tables


def parse_expect(doc: Document, loc: Loc, expect: dict[str, object], errors: list[RuleError]) -> tuple[dict[str, Expected], str | None]:
    """The expected tables in contract columns, or the code of the expected refusal."""
    tables: dict[str, Expected] = {}
    error = expect.get("error")
    if error is not None and (len(expect) > 1 or not re.fullmatch(r"TRU-[A-Z]\d{3}", str(error))):
        message = "`error` stands alone and is a code like TRU-R014."
        errors.append(doc.error("TRU-R050", (*loc, "error"), message))
    for name, content in expect.items():
        at = (*loc, name)
        if name == "error":
            continue
        if name not in EXPECTABLE:
            step = did_you_mean(name, EXPECTABLE)
            errors.append(doc.error("TRU-R051", at, f"`{name}` is not an output table.", step))
            continue
        tables[name] = _expected(doc, at, EXPECTABLE[name], content, errors)
    return tables, str(error) if error is not None else None


def _expected(doc: Document, loc: Loc, table: Table, content: object, errors: list[RuleError]) -> Expected:
    exact = True
    if is_mapping(content):
        wrapped = mapping(content)
        wrong = [k for k in wrapped if k not in ("rows", "match")]
        if wrong or "rows" not in wrapped or wrapped.get("match", "exact") not in ("exact", "at_least"):
            message = f"`{table.name}` is neither a list of rows nor `{{rows: [...], match: at_least}}`."
            errors.append(doc.error("TRU-R050", loc, message))
        exact, content, loc = wrapped.get("match", "exact") == "exact", wrapped.get("rows"), (*loc, "rows")
    return Expected([_stored(doc, (*loc, i), table, row, errors) for i, row in _rows(doc, loc, content, errors)], exact)


def _rows(doc: Document, loc: Loc, content: object, errors: list[RuleError]) -> Iterator[tuple[int, Row]]:
    if not is_list(content):
        errors.append(doc.error("TRU-R050", loc, f"`{loc[-1]}` is not a list of rows.", "An empty list is `[]`."))
    for i, item in enumerate(sequence(content)):
        if is_mapping(item):
            yield i, mapping(item)
        else:
            errors.append(doc.error("TRU-R050", (*loc, i), "is not a row.", "A row is `{column: value, …}`."))


def _given_rows(doc: Document, loc: Loc, table: str, item: Row, errors: list[RuleError]) -> list[Row]:
    repeat = item.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= MAX_REPEAT:
        message = f"`repeat` is not a whole number from 1 to {MAX_REPEAT}."
        errors.append(doc.error("TRU-R053", (*loc, "repeat"), message))
        return []
    row = {key: value for key, value in item.items() if key != "repeat"}
    row = _input_row(doc, loc, table, row, errors) if table in LAYOUTS else _stored(doc, loc, OUTPUT[table], row, errors)
    if table == "episodes":
        row.setdefault("episode_id", f"E{loc[-1]}")
        row.setdefault("member_id", f"M{loc[-1]}")
    return [_numbered(row, n, table) for n in range(1, repeat + 1)] if "repeat" in item else [row]


def _numbered(row: Row, n: int, table: str) -> Row:
    copy: Row = {key: value.replace("{n}", str(n)) if isinstance(value, str) else value for key, value in row.items()}
    if table == "episodes":
        for key in ("episode_id", "member_id"):
            if "{n}" not in row[key]:
                copy[key] = f"{row[key]}-{n}"
    return copy


def _input_row(doc: Document, loc: Loc, table: str, row: Row, errors: list[RuleError]) -> Row:
    """An input row with its defaults. Text, codes and money must be quoted, so that nothing is read as a number; their content is
    intake's to judge, since a case may show what becomes of a bad value."""
    layout = LAYOUTS[table]
    known = [*(f.name for f in layout.fields), *layout.ignored]
    kinds = {f.name: f.kind for f in layout.fields}
    for name, value in row.items():
        if name not in known:
            step = did_you_mean(name, known, "See the input tables.")
            errors.append(doc.error("TRU-R052", (*loc, name), f"`{table}` has no column `{name}`.", step))
            continue
        kind = kinds.get(name, "text")
        allowed, what = _INPUT_KINDS.get(kind, (str, "text in quotes"))
        fits = value is None or isinstance(value, str | allowed)
        if not fits or (isinstance(value, bool) and allowed is not bool):
            message = f"`{name}` of `{table}` is {_found(value)}; expected {what}."
            errors.append(doc.error("TRU-R053", (*loc, name), message, f'Write "{value}".' if allowed is str else ""))
    complete = dict(row)
    for name, default in ROW_DEFAULTS.get(table, {}).items():
        if name not in complete:
            complete[name] = complete.get(default[1:]) if isinstance(default, str) and default.startswith("=") else default
    return complete


def _stored(doc: Document, loc: Loc, table: Table, row: Row, errors: list[RuleError]) -> Row:
    """A row of an output table by contract column: dollars become cents, decimals exact."""
    shown = {display_name(column): column for column in table.columns}
    result: Row = {}
    for name, value in row.items():
        if name not in shown:
            message = f"`{table.name}` has no column `{name}`."
            near = nearest(display_name(name), shown)
            step = f"Did you mean `{near}`?" if near else f"Columns: {', '.join(shown)}."
            errors.append(doc.error("TRU-R052", (*loc, name), message, step))
            continue
        column = shown[name]
        try:
            result[column] = None if value is None else _typed(column, table.columns[column], value)
        except ValueError as e:
            message = f"`{name}` of `{table.name}` is {_found(value)}; expected {e}."
            errors.append(doc.error("TRU-R053", (*loc, name), message))
            continue
        words = table.enums.get(column)
        if words and value is not None and value not in words:
            message = f"`{name}` of `{table.name}` is never {_found(value)}."
            errors.append(doc.error("TRU-R053", (*loc, name), message, did_you_mean(str(value), words)))
    return result


def _typed(column: str, kind: str, value: object) -> object:
    """The value as the table holds it. Raises ValueError with what was expected."""
    if column.endswith("_cents"):
        try:
            return parse_cents(value if isinstance(value, str) else "")
        except ValueError:
            raise ValueError('dollars in quotes, like "1234.50"') from None
    if kind in (BIG, INT) and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == DAY and isinstance(value, date):
        return value
    if kind == FLAG and isinstance(value, bool):
        return value
    if kind == TEXT and isinstance(value, str):
        return value
    if kind.startswith("DECIMAL") and isinstance(value, str) and _DECIMAL.match(value):
        return Decimal(value)
    words = {BIG: "a whole number", INT: "a whole number", DAY: "a day like 2025-01-31", FLAG: "true or false", TEXT: "text in quotes"}
    raise ValueError(words.get(kind, 'a decimal number in quotes, like "0.80"'))


def _found(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value}"
