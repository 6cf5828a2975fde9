"""A file's rows as a relation of its accepted columns, in file order.

A Parquet file of plain types is read where it lies. Everything else is written to a scratch Parquet file as text first.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from trueup.claims.layouts import CODED_KINDS, column_name, recognize
from trueup.claims.read import CHUNK, RowReject, Source, accept
from trueup.claims.reasons import FileRejected
from trueup.engine.files import literal

# A file may have so many damaged rows, whatever its size, and this share of its rows, before all of it is doubted.
MAX_BAD_ROWS, MAX_BAD_SHARE = 10, 0.001
_MAX_LINE = 1 << 20
# A column of many values gets no dictionary: it would not pay.
_SCRATCH = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 10000"
# Types whose values can be judged as they are, or as the text they cast to.
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
# So many columns may have so many codes without a dictionary before it pays to write the file anew.
_FEW_COLUMNS, _MANY_TEXTS = 8, 10_000
_PLAIN = {"VARCHAR", "DATE", "BOOLEAN", *INTEGERS}


def stage_text(con: duckdb.DuckDBPyConnection, source: Source, target: Path) -> None:
    """Write a delimited file's accepted columns as text to `target`, in file order. Rows without the header's fields are kept as rejects.

    Raises FileRejected where there are too many of those, or where a quote that does not close swallowed rows.
    """
    assert source.layout is not None
    wanted = ", ".join(c for c in source.columns if c in source.layout.names)
    try:
        copy = f"COPY (SELECT {wanted} FROM {_reader(source)}) TO {literal(target)} ({_SCRATCH})"
        kept = int(con.execute(copy, _bound(source)).fetchall()[0][0])
        source.rejects = _rejects(con, source)
        _refuse_swallowed_rows(con, source, kept + len(source.rejects))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise unreadable(source, "fmt.unreadable", error) from None
    source.rows = kept + len(source.rejects)
    read_staged(source, target)
    many = len(source.rejects)
    if many > MAX_BAD_ROWS and many > MAX_BAD_SHARE * source.rows:
        first = source.rejects[0]
        raise FileRejected(
            "fmt.field_count_share",
            f"{many} of {source.rows} rows do not have the header's {len(source.columns)} fields; the first: {first.detail}",
            source=source.name,
            line=first.source_row + 1,
            next_step="Quote text that holds the delimiter, and check that the transfer is whole.",
        )


def _reader(source: Source) -> str:
    """The call that reads a delimited file. Only layout names and numbered stand-ins for other columns reach the SQL text."""
    columns = ", ".join(f"'{slot}': 'VARCHAR'" for slot in _slots(source))
    return (
        "read_csv($path, auto_detect = false, header = false, skip = 1, delim = $delimiter, quote = $quote, escape = $quote, nullstr = '', "
        f"columns = {{{columns}}}, strict_mode = true, max_line_size = {_MAX_LINE}, "
        "store_rejects = true, rejects_table = 'bad_rows', rejects_scan = 'bad_scans')"
    )


def _slots(source: Source) -> list[str]:
    assert source.layout is not None
    return [c if c in source.layout.names else f"x_{i}" for i, c in enumerate(source.columns)]


def _bound(source: Source) -> dict[str, object]:
    return {"path": str(source.plain), "delimiter": source.delimiter, "quote": '"'}


def _rejects(con: duckdb.DuckDBPyConnection, source: Source) -> list[RowReject]:
    query = """
        SELECT line, min(error_type), min(error_message), bool_or(contains(trim(csv_line, chr(10) || chr(13)), chr(10))) AND
            bool_or(error_type IN ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM'))
        FROM bad_rows GROUP BY line ORDER BY line"""
    rows = con.execute(query).fetchall()
    _forget_rejects(con)
    for line, _, _, spans_rows in rows:
        if spans_rows:
            raise _swallowed(source, int(line))
    return [RowReject(int(line) - 1, f"{kind}: {text}".splitlines()[0][:200]) for line, kind, text, _ in rows]


def _forget_rejects(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DROP TABLE bad_rows").fetchall()
    con.execute("DROP TABLE bad_scans").fetchall()


def _swallowed(source: Source, line: int | None) -> FileRejected:
    message = "A quote opens in a field and closes rows later, so that rows vanish inside it."
    return FileRejected("fmt.quote", message, source=source.name, line=line, next_step="Double the quotes inside text, and export again.")


def _refuse_swallowed_rows(con: duckdb.DuckDBPyConnection, source: Source, records: int) -> None:
    """Line ends inside quoted text are fine; text that holds a line end and a row's worth of delimiters is rows."""
    assert source.plain is not None
    assert source.layout is not None
    feeds = returns = 0
    with open(source.plain, "rb") as handle:
        while chunk := handle.read(CHUNK):
            feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
    if max(feeds, returns) <= records + 1:
        return
    columns = ", ".join(_slots(source))
    cell = "lambda c: contains(c, chr(10)) AND length(c) - length(replace(c, $delimiter, '')) >= $least"
    query = f"SELECT count(*) FROM {_reader(source)} WHERE len(list_filter([{columns}], {cell})) > 0"
    found = con.execute(query, _bound(source) | {"least": len(source.columns) - 1}).fetchall()
    _forget_rejects(con)
    if found[0][0]:
        raise _swallowed(source, None)


def unreadable(source: Source, reason: str, error: duckdb.Error) -> FileRejected:
    """The refusal of a file that the reader cannot read."""
    message = f"The file cannot be read to its end: {str(error).splitlines()[0][:200]}"
    return FileRejected(reason, message, source=source.name, next_step="Fetch or export it again.")


def run(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object] | None = None) -> None:
    """Execute to the end: a result left open would block the connection."""
    fetch(con, sql, values)


def fetch(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a result."""
    return con.execute(sql, values).fetchall() if values else con.execute(sql).fetchall()


def read_staged(source: Source, target: Path) -> None:
    """Read a source's rows from a Parquet file of text columns."""
    assert source.layout is not None
    source.kinds = {c: "VARCHAR" for c in source.columns if c in source.layout.names}
    source.relation = f"read_parquet({literal(target)}, file_row_number = true)"


def inspect_parquet(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, str]:
    """Recognize a Parquet file by its columns and give their types. Raises FileRejected where it cannot be read."""
    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(source.path)}).fetchall()
    except duckdb.Error as error:
        raise unreadable(source, "fmt.parquet", error) from None
    kinds = {str(row[0]): str(row[1]) for row in described}
    source.columns = tuple(column_name(c) for c in kinds)
    seen = recognize(source.columns)
    if seen.layout or seen.nearest:
        accept(source, seen)
    else:
        source.note = f"no input table has these {len(source.columns)} columns"
    return kinds


def open_parquet(con: duckdb.DuckDBPyConnection, source: Source, kinds: dict[str, str], target: Path) -> None:
    """Make a Parquet file's accepted columns readable: in place where that serves as well, else as text in `target`.

    Raises FileRejected for columns of nested values.
    """
    assert source.layout is not None
    given = {slot: (name, column_name(name), kind) for slot, (name, kind) in enumerate(kinds.items())}
    accepted = {slot: columns for slot, columns in given.items() if columns[1] in source.layout.names}
    for _, name, kind in accepted.values():
        _refuse_nested(source, name, kind)
    slots = ", ".join(f"c{slot}" for slot in given)
    if _serves_in_place(con, source, list(kinds), list(accepted.values())):
        items = ", ".join(f"c{slot} AS {name}" for slot, (_, name, _) in accepted.items())
        file = f"read_parquet({literal(source.path)}, file_row_number = true) AS t({slots}, file_row_number)"
        source.relation = f"(SELECT {items}, file_row_number FROM {file})"
        source.kinds = {name: kind for _, name, kind in accepted.values()}
        source.rows = int(fetch(con, f"SELECT count(*) FROM {source.relation}")[0][0])
        return
    floats = {name for _, name, kind in accepted.values() if kind in ("DOUBLE", "FLOAT") and source.layout.field(name).kind == "money"}
    texts: list[str] = []
    for slot, (_, name, kind) in accepted.items():
        texts.append(f"{f'binary_amount(c{slot})' if name in floats else text_of(f'c{slot}', kind)} AS {name}")
    query = f"SELECT {', '.join(texts)} FROM read_parquet({literal(source.path)}) AS t({slots})"
    try:
        source.rows = int(fetch(con, f"COPY ({query}) TO {literal(target)} ({_SCRATCH})")[0][0])
    except duckdb.Error as error:
        raise unreadable(source, "fmt.parquet", error) from None
    read_staged(source, target)
    for name in sorted(floats):
        source.float_columns[name] = int(fetch(con, f"SELECT count({name}) FROM {source.relation}")[0][0])


def _serves_in_place(con: duckdb.DuckDBPyConnection, source: Source, all_names: list[str], accepted: list[tuple[str, str, str]]) -> bool:
    """Whether a file's types are plain, and its codes stored as dictionaries: without them each pass over many columns would be slow."""
    assert source.layout is not None
    plain = all(kind in _PLAIN or kind.startswith("DECIMAL") for _, _, kind in accepted)
    if not plain or "file_row_number" in {name.lower() for name in all_names}:
        return False
    codes = [given for given, name, kind in accepted if kind == "VARCHAR" and source.layout.field(name).kind in CODED_KINDS]
    query = (
        "SELECT count(DISTINCT path_in_schema) FROM parquet_metadata($path) WHERE list_contains($codes, path_in_schema) "
        "AND NOT contains(encodings, 'DICTIONARY') AND num_values - coalesce(stats_null_count, 0) > $many"
    )
    return fetch(con, query, {"path": str(source.path), "codes": codes, "many": _MANY_TEXTS})[0][0] <= _FEW_COLUMNS


def text_of(column: str, kind: str) -> str:
    """A column of any plain type as the text that a delimited file would hold."""
    if kind == "VARCHAR":
        return column
    text = f"CAST({column} AS VARCHAR)"
    # A decimal's trailing zeros are its type's, not the value's.
    return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END" if kind.startswith("DECIMAL") else text


def _refuse_nested(source: Source, name: str, kind: str) -> None:
    if kind == "BLOB" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        message = f"Column {name} is {kind}; expected text, a number or a date."
        raise FileRejected("fmt.column_type", message, source=source.name, next_step="Write it as text.")
