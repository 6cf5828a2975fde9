"""What each column of a file proves about itself, so that its rows need not be asked again.

Most columns hold few values, and a file of dictionaries gives them almost for nothing. So a column of a large file is judged by its
distinct values; only claim and member ids, of which there are many, are judged row by row. What is proven here is left out of the pass
over the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from trueup.claims.layouts import ID_KINDS, LONG_KINDS, SUFFIX_KINDS, Field, Kind
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.claims.staging import INTEGERS, MAX_BAD_SHARE, fetch, run, text_of, unreadable

# Date notations that may be declared, beside the two that need no declaration.
DATE_FORMATS = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y", "ymd": "%Y/%m/%d", "date9": "%d%b%Y", "dmony": "%d/%b/%Y"}
MANY_SCIENTIFIC = 10
# A column of so few values is put into its canonical spelling value by value.
FEW_VALUES = 256
# How many values of a column a condition holds for, and the first data row of them.
Counted = tuple[int, int | None]
_NONE: Counted = (0, None)
# A finding on its way: file number, code, column, rows, first data row.
Note = tuple[int, str, str, int, int | None]


@dataclass
class Facts:
    """What a file's columns prove about themselves.

    `filled` columns hold something; `typed` ones are of their kind's own type and within its bounds; in `plain` ones every value has its
    kind's plain form, so that cheaper expressions do; in `sound` ones no value is a problem. Ids of `strip_suffix` all end in `.0`;
    `declared_days` are in the declared notation. `few` gives the distinct values of columns that have few. `notes` are findings.
    """

    filled: set[str] = field(default_factory=set[str])
    typed: set[str] = field(default_factory=set[str])
    plain: set[str] = field(default_factory=set[str])
    sound: set[str] = field(default_factory=set[str])
    strip_suffix: set[str] = field(default_factory=set[str])
    declared_days: set[str] = field(default_factory=set[str])
    few: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    notes: list[Note] = field(default_factory=list[Note])
    file_no: int = 0


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


def _is_problem(kind: Kind) -> str:
    """Whether a value x in plain form is a problem nevertheless."""
    if kind in ("key", "id"):
        return "is_no_value(x)"
    if kind in ("npi", "payee_npi"):
        return "npi_problem(x, '') IS NOT NULL"
    if kind in ("tin", "payee_tin"):
        return "tin_problem(x, '') IS NOT NULL"
    return "TRY_CAST(x AS DATE) IS NULL" if kind == "day" else "false"


def _bounds(kind: Kind, stored: str) -> tuple[str, str] | None:
    """The values of a stored type within which a kind needs no text: what its text would say, its number or date says."""
    is_decimal = stored.startswith("DECIMAL")
    scale = int(stored[:-1].split(",")[1]) if is_decimal else 0
    if kind == "day" and stored == "DATE":
        return "DATE '0001-01-01'", "DATE '9999-12-31'"
    if kind == "integer" and stored in INTEGERS:
        return "0", "999999999"
    if kind == "number" and (stored in INTEGERS or (is_decimal and scale <= 6)):
        return "-999999999999", "999999999999"
    if kind == "money" and (stored in INTEGERS or (is_decimal and scale <= 2)):
        return "-999999999999", "999999999999"
    return None


def profile(con: duckdb.DuckDBPyConnection, source: Source, file_no: int, *, date_format: str | None) -> Facts:
    """Look at every column once, closely only where it is not plain.

    Raises FileRejected where a column's form cannot be told or is damaged throughout, and where a file read in place is damaged.
    """
    facts = Facts(file_no=file_no)
    # A file's own statistics prove nothing: its values are read.
    run(con, "SET disabled_optimizers = 'statistics_propagation'")
    try:
        _look(con, source, facts, date_format)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if not source.is_parquet:
            raise
        raise unreadable(source, "fmt.parquet", error) from None
    finally:
        run(con, "RESET disabled_optimizers")
    return facts


def _look(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts, date_format: str | None) -> None:
    assert source.layout is not None
    present = [f for f in source.layout.fields if f.name in source.columns]
    if not present:
        return
    _look_at_types(con, source, present, facts)
    texts = [f for f in present if f.name not in facts.typed]
    by_row = [f for f in texts if f.kind in LONG_KINDS or not source.is_large]
    _look_at_rows(con, source, by_row, facts)
    for f in texts:
        if f not in by_row:
            _look_at_values(con, source, f, facts)
        if f.name in facts.filled and f.name not in facts.plain:
            _look_closely(con, source, f, facts, date_format)


def _look_at_types(con: duckdb.DuckDBPyConnection, source: Source, present: Iterable[Field], facts: Facts) -> None:
    """Which columns need no look at their text."""
    bounds = {f.name: b for f in present if (b := _bounds(f.kind, source.kinds[f.name]))}
    if not bounds:
        return
    items = ", ".join(f"count({n}), count_if({n} NOT BETWEEN {low} AND {high})" for n, (low, high) in bounds.items())
    seen = fetch(con, f"SELECT {items} FROM {source.relation}")[0]
    for position, name in enumerate(bounds):
        if seen[2 * position]:
            facts.filled.add(name)
        if not seen[2 * position + 1]:
            facts.typed.add(name)
            facts.sound.add(name)


def _counts(f: Field, x: str) -> str:
    """How many texts there are, and how many of them are plain and no problem."""
    problem = _is_problem(f.kind).replace("(x", f"({x}")
    return f"count({x}), count_if(regexp_full_match({x}, '{_plain_form(f.kind)}') AND NOT {problem})"


def _conclude_counts(f: Field, filled: int, sound: int, facts: Facts) -> bool:
    """Note what the counts say. False where they leave open whether all texts are plain."""
    if filled:
        facts.filled.add(f.name)
    if sound == filled:
        facts.plain.add(f.name)
        facts.sound.add(f.name)
    return sound == filled


def _look_at_rows(con: duckdb.DuckDBPyConnection, source: Source, fields: list[Field], facts: Facts) -> None:
    if not fields:
        return
    items = ", ".join(_counts(f, text_of(f.name, source.kinds[f.name])) for f in fields)
    seen = fetch(con, f"SELECT {items} FROM {source.relation}")[0]
    for position, f in enumerate(fields):
        if not _conclude_counts(f, int(seen[2 * position]), int(seen[2 * position + 1] or 0), facts):
            _look_again(con, f, f"SELECT {text_of(f.name, source.kinds[f.name])} AS x FROM {source.relation}", facts)


def _look_again(con: duckdb.DuckDBPyConnection, f: Field, texts: str, facts: Facts) -> None:
    """Where some text x is a problem or not plain: whether all are plain nevertheless."""
    odd = f"SELECT count(*) FROM ({texts}) WHERE NOT regexp_full_match(x, '{_plain_form(f.kind)}')"
    if not fetch(con, odd)[0][0]:
        facts.plain.add(f.name)


def _look_at_values(con: duckdb.DuckDBPyConnection, source: Source, f: Field, facts: Facts) -> None:
    texts = f"SELECT {text_of(f.name, source.kinds[f.name])} AS x FROM (SELECT DISTINCT {f.name} FROM {source.relation})"
    few = f"SELECT list(x ORDER BY x) FROM (SELECT x FROM found WHERE x IS NOT NULL LIMIT {FEW_VALUES + 1})"
    filled, sound, values = fetch(con, f"WITH found AS ({texts}) SELECT {_counts(f, 'x')}, ({few}) FROM found")[0]
    if not _conclude_counts(f, int(filled), int(sound or 0), facts):
        _look_again(con, f, texts, facts)
    if 0 < int(filled) <= FEW_VALUES:
        facts.few[f.name] = [str(x) for x in values]


def _look_closely(con: duckdb.DuckDBPyConnection, source: Source, f: Field, facts: Facts, date_format: str | None) -> None:
    if not (measures := _measures(f)):
        return
    items = ", ".join(f"count_if({cond}), min(n) FILTER (WHERE {cond})" for cond in measures.values())
    found = fetch(
        con,
        f"SELECT count(x), {items} FROM (SELECT raw, clean(raw) AS x, n FROM (SELECT {text_of(f.name, source.kinds[f.name])} AS raw, "
        f"file_row_number + 1 AS n FROM {source.relation} WHERE {f.name} IS NOT NULL))",
    )[0]
    counted: dict[str, Counted] = {"filled": (int(found[0]), None)}
    for i, measure in enumerate(measures):
        nth = found[2 + 2 * i]
        counted[measure] = (int(found[1 + 2 * i] or 0), None if nth is None else source.row_of(int(nth)))
    _conclude(source, f, counted, facts, date_format)


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
