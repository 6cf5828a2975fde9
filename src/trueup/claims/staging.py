"""A file's rows as text: accepted columns of a delimited or Parquet file, written to a scratch Parquet file in file order."""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from pathlib import Path

import duckdb

from trueup.claims.layouts import column_name, recognize
from trueup.claims.read import CHUNK, RowReject, Source, accept
from trueup.claims.reasons import FileRejected

# A file may have so many damaged rows, whatever its size, and this share of its rows, before all of it is doubted.
MAX_BAD_ROWS, MAX_BAD_SHARE = 10, 0.001
_MAX_LINE = 1 << 20


def stage_text(con: duckdb.DuckDBPyConnection, source: Source, target: Path) -> None:
    """Write a delimited file's accepted columns as text to `target`, in file order. Rows without the header's fields are kept as rejects.

    Raises FileRejected where there are too many of those, or where a quote that does not close swallowed rows.
    """
    assert source.layout is not None
    wanted = ", ".join(c for c in source.columns if c in source.layout.names)
    try:
        copy = f"COPY (SELECT {wanted} FROM {_reader(source)}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)"
        con.execute(copy, _bound(source)).fetchall()
        source.rejects = _rejects(con, source)
        kept = count_rows(con, target)
        _refuse_swallowed_rows(con, source, kept + len(source.rejects))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise _unreadable(source, "fmt.unreadable", error) from None
    source.rows, source.staged = kept + len(source.rejects), target
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


def _unreadable(source: Source, reason: str, error: duckdb.Error) -> FileRejected:
    message = f"The file cannot be read to its end: {str(error).splitlines()[0][:200]}"
    return FileRejected(reason, message, source=source.name, next_step="Fetch or export it again.")


def literal(path: Path) -> str:
    """A path that we chose inside SQL text, for statements that take no parameter there."""
    return str(path).replace("'", "''")


def count_rows(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    row = con.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(path)}).fetchall()
    return int(row[0][0])


def inspect_parquet(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, str]:
    """Recognize a Parquet file by its columns and give their types. Raises FileRejected where it cannot be read."""
    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(source.path)}).fetchall()
    except duckdb.Error as error:
        raise _unreadable(source, "fmt.parquet", error) from None
    kinds = {str(row[0]): str(row[1]) for row in described}
    source.columns = tuple(column_name(c) for c in kinds)
    seen = recognize(source.columns)
    if seen.layout or seen.nearest:
        accept(source, seen)
    else:
        source.note = f"no input table has these {len(source.columns)} columns"
    return kinds


def stage_parquet(con: duckdb.DuckDBPyConnection, source: Source, kinds: dict[str, str], target: Path) -> None:
    """Write a Parquet file's accepted columns as text to `target`, in file order. Raises FileRejected for columns of nested values."""
    assert source.layout is not None
    items: list[str] = []
    floats: list[str] = []
    for position, (given, kind) in enumerate(kinds.items()):
        name = column_name(given)
        if name not in source.layout.names:
            continue
        is_money = source.layout.field(name).kind == "money"
        if kind in ("DOUBLE", "FLOAT") and is_money:
            floats.append(name)
        items.append(f"{_as_text(source, name, f't.c{position}', kind, is_money=is_money)} AS {name}")
    slots = ", ".join(f"c{i}" for i in range(len(kinds)))
    query = f"SELECT {', '.join(items)} FROM read_parquet($path) AS t({slots})"
    try:
        con.execute(f"COPY ({query}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)", {"path": str(source.path)}).fetchall()
    except duckdb.Error as error:
        raise _unreadable(source, "fmt.parquet", error) from None
    source.rows, source.staged = count_rows(con, target), target
    for name in floats:
        counted = con.execute(f"SELECT count({name}) FROM read_parquet($path)", {"path": str(target)}).fetchall()
        source.float_columns[name] = int(counted[0][0])


def _as_text(source: Source, name: str, slot: str, kind: str, *, is_money: bool) -> str:
    text = f"CAST({slot} AS VARCHAR)"
    if kind.startswith("DECIMAL"):
        # A decimal's trailing zeros are its type's, not the value's.
        return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    if kind in ("DOUBLE", "FLOAT") and is_money:
        return f"binary_amount({slot})"
    if kind == "BLOB" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        message = f"Column {name} is {kind}; expected text, a number or a date."
        raise FileRejected("fmt.column_type", message, source=source.name, next_step="Write it as text.")
    return text
