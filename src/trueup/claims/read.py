"""Reading a file into text columns: what it is, whether it is whole, how it is delimited, and its rows as a Parquet file of text.

A delimiter or an encoding is declared, or proven (the header is a known table under exactly one delimiter; every byte is valid UTF-8).
Nothing is guessed from the rows.
"""
# DuckDB has no complete type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from trueup.claims.layouts import Layout, Recognition, column_name, recognize
from trueup.claims.reasons import FileRejected

DELIMITERS = (",", "|", "\t", ";")
_NAMES = {",": "a comma", "|": "a pipe", "\t": "a tab", ";": "a semicolon"}
_CHUNK = 1 << 20
_HEADER_BYTES = 1 << 16
_MAX_LINE = 1 << 20
_GUARDED_SIZE, _MAX_RATIO = 1 << 30, 400
MAX_BAD_SHARE, MAX_BAD_ROWS = 0.001, 10


@dataclass
class RowReject:
    """A row the reader could not split into fields."""

    source_row: int
    detail: str


@dataclass
class Source:
    """One input file. `columns` are its header's names in order; `staged` is the Parquet file of its accepted columns as text."""

    path: Path
    name: str
    sha256: str = ""
    layout: Layout | None = None
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    note: str = ""
    is_parquet: bool = False
    damaged_bytes: bool = False
    rows: int = 0
    plain: Path | None = None
    staged: Path | None = None
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    float_columns: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def unknown_columns(self) -> list[str]:
        if self.layout is None:
            return []
        return [c for c in self.columns if c not in self.layout.names and c not in self.layout.ignored]


def inspect(path: Path, name: str, scratch: Path, *, delimiter: str | None, encoding: str | None) -> Source:
    """Hash a file, check that it is whole and readable, and recognize its table. Plain text is left in `scratch` where it had to be rewritten.

    Raises FileRejected; a file that is no input table comes back without a layout and with a `note`.
    """
    source = Source(path, name)
    with open(path, "rb") as handle:
        start = handle.read(4)
    if start == b"PAR1":
        source.sha256, source.is_parquet = _sha256(path), True
        return source
    if start[:2] == b"PK" or start == b"7z\xbc\xaf" or start == b"Rar!":
        raise FileRejected("arc.archive", "This is an archive, or a spreadsheet, not a table.", source=name, next_step="Unpack it, or save as CSV.")
    if start == b"":
        source.sha256, source.note = _sha256(path), "the file has no bytes"
        return source
    _recognize_text(source, _head(source, is_gzip=start[:2] == b"\x1f\x8b", encoding=encoding), delimiter)
    if source.layout is None:
        source.sha256 = _sha256(path)
    else:
        _prove_text(source, scratch, is_gzip=start[:2] == b"\x1f\x8b", encoding=encoding)
    return source


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _raw_chunks(source: Source, digest: hashlib._Hash) -> Iterator[bytes]:
    with open(source.path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
            yield chunk


def _gunzip(source: Source, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of all members. Raises FileRejected for a damaged or truncated file, or one that expands without measure."""
    packed = unpacked = 0
    inflate = zlib.decompressobj(wbits=31)
    fresh = True
    try:
        for chunk in chunks:
            packed += len(chunk)
            while chunk:
                fresh = False
                out = inflate.decompress(chunk, _CHUNK * 8)
                unpacked += len(out)
                if unpacked > _GUARDED_SIZE and unpacked > packed * _MAX_RATIO:
                    raise FileRejected("arc.expansion", f"It expands more than {_MAX_RATIO} times.", source=source.name)
                yield out
                chunk = inflate.unconsumed_tail
                if inflate.eof:
                    chunk = inflate.unused_data.lstrip(b"\0")
                    inflate, fresh = zlib.decompressobj(wbits=31), True
    except zlib.error as error:
        raise _truncated(source, str(error)) from None
    if not fresh:
        raise _truncated(source, "the end of the stream is missing")


def _truncated(source: Source, why: str) -> FileRejected:
    return FileRejected("arc.truncated", f"The gzip file cannot be unpacked to its end: {why}.", source=source.name, next_step="Fetch it again.")


def _prove_text(source: Source, scratch: Path, *, is_gzip: bool, encoding: str | None) -> None:
    """Read every byte once: hash, unpack, refuse NUL, prove or apply the encoding; write plain UTF-8 to `scratch` where the file is not."""
    digest = hashlib.sha256()
    chunks = _raw_chunks(source, digest)
    if is_gzip:
        chunks = _gunzip(source, chunks)
    declared = codecs.lookup(encoding).name if encoding else "utf-8"
    decoder = codecs.getincrementaldecoder(declared)("strict")
    rewrite = is_gzip or declared not in ("utf-8", "ascii")
    plain = scratch / f"{hashlib.sha256(source.name.encode()).hexdigest()[:16]}.txt"
    try:
        with open(plain, "wb") if rewrite else io.BytesIO() as out:
            for number, chunk in enumerate(chunks):
                if number == 0 and encoding is None and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise FileRejected("enc.utf16", "The file is UTF-16.", source=source.name, next_step="Declare `--encoding utf-16`.")
                text = decoder.decode(chunk)
                if "\0" in text:
                    raise _nul(source, encoding)
                if rewrite:
                    out.write(text.encode())
            decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        if encoding:
            raise FileRejected("enc.undecodable", f"The file is not {encoding}: {error.reason}.", source=source.name) from None
        digest = hashlib.sha256()
        _replace_bad_bytes(source, digest, plain, is_gzip=is_gzip)
        rewrite = True
    source.sha256 = digest.hexdigest()
    source.plain = plain if rewrite else source.path


def _replace_bad_bytes(source: Source, digest: hashlib._Hash, plain: Path, *, is_gzip: bool) -> None:
    """Write the file as UTF-8 with U+FFFD for what is not, so that rows whose keys are damaged can be told from the others."""
    chunks = _raw_chunks(source, digest)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open(plain, "wb") as out:
        for chunk in _gunzip(source, chunks) if is_gzip else chunks:
            text = decoder.decode(chunk)
            if "\0" in text:
                raise _nul(source, None)
            out.write(text.encode())
        out.write(decoder.decode(b"", True).encode())
    source.damaged_bytes = True


def _nul(source: Source, encoding: str | None) -> FileRejected:
    step = "Save the file as UTF-8." if encoding else "If it is UTF-16, declare `--encoding utf-16`; else fetch the file again."
    return FileRejected("enc.nul", "The file holds NUL bytes.", source=source.name, next_step=step)


def _head(source: Source, *, is_gzip: bool, encoding: str | None) -> str:
    """The beginning of the file as text, whatever its bytes are: only to see which table its header names."""
    chunks = _raw_chunks(source, hashlib.sha256())
    head = next(_gunzip(source, chunks) if is_gzip else chunks, b"")[:_HEADER_BYTES]
    if encoding is None and head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    return head.decode(encoding or "utf-8", "replace").replace("\0", "").lstrip("\ufeff")


def _split(header: str, delimiter: str) -> tuple[str, ...]:
    """The first record's cells as column names. Quoted cells may hold the delimiter."""
    cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])
    return tuple(column_name(cell) for cell in cells)


def _recognize_text(source: Source, header: str, delimiter: str | None) -> None:
    found = {d: (columns := _split(header, d), recognize(columns)) for d in (DELIMITERS if delimiter is None else (delimiter,))}
    proven = [d for d, (_, seen) in found.items() if seen.layout]
    if len(proven) == 1:
        source.delimiter = proven[0]
        source.columns, seen = found[proven[0]]
        accept(source, seen)
        return
    if len(proven) > 1:
        names = " and ".join(_NAMES[d] for d in proven)
        raise FileRejected("fmt.columns", f"The header is a table with {names}.", source=source.name, next_step="Declare `--delimiter`.")
    if delimiter is not None:
        for other in DELIMITERS:
            if recognize(_split(header, other)).layout:
                message = f"Expected {_NAMES.get(delimiter, delimiter)} between columns, found {_NAMES[other]}."
                raise FileRejected("fmt.columns", message, source=source.name, line=1, next_step=f"Declare `--delimiter '{other}'`.")
    for d, (columns, seen) in found.items():
        if seen.nearest:
            source.delimiter, source.columns = d, columns
            accept(source, seen)
    columns = max((c for c, _ in found.values()), key=len)
    source.columns, source.note = columns, f"no input table has these {len(columns)} columns"


def accept(source: Source, seen: Recognition) -> None:
    """Take a recognized header over. Raises FileRejected where a required column is missing or a used name occurs twice."""
    if seen.layout is None and seen.nearest:
        missing = ", ".join(seen.missing)
        message = f"The header is nearly a {seen.nearest.name} table but lacks {missing}; found {len(source.columns)} columns."
        raise FileRejected("fmt.header", message, source=source.name, line=1, next_step="Add the columns, or leave the file out.")
    source.layout = seen.layout
    twice = sorted({c for c in source.columns if source.columns.count(c) > 1 and c})
    if twice:
        message = f"The header names {', '.join(twice)} more than once."
        raise FileRejected("fmt.header", message, source=source.name, line=1, next_step="Keep one column of each name.")


def stage_text(con: duckdb.DuckDBPyConnection, source: Source, target: Path) -> None:
    """Write a delimited file's accepted columns as text to `target`, in file order, and keep the rows that do not have the header's fields."""
    assert source.layout is not None and source.plain is not None
    # Only layout names and numbered stand-ins reach the SQL text.
    slots = {c if c in source.layout.names else f"x_{i}": "VARCHAR" for i, c in enumerate(source.columns)}
    wanted = ", ".join(c for c in slots if not c.startswith("x_"))
    quoted = '"'
    con.execute(
        f"""COPY (SELECT {wanted} FROM read_csv($path, auto_detect = false, header = false, skip = 1, delim = $delim, quote = $quote,
            escape = $quote, columns = {_struct(slots)}, strict_mode = true, store_rejects = true, nullstr = $never,
            max_line_size = {_MAX_LINE}, rejects_table = 'bad_rows', rejects_scan = 'bad_scans'))
            TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)""",
        {"path": str(source.plain), "delim": source.delimiter, "quote": quoted, "never": "\x01"},
    ).fetchall()
    bad = con.execute("SELECT line, min(error_type), min(error_message) FROM bad_rows GROUP BY line ORDER BY line").fetchall()
    con.execute("DROP TABLE bad_rows; DROP TABLE bad_scans").fetchall()
    source.rejects = [RowReject(int(line) - 1, f"{kind}: {text}".splitlines()[0][:200]) for line, kind, text in bad]
    kept = _count(con, target)
    source.rows, source.staged = kept + len(source.rejects), target
    if len(source.rejects) > MAX_BAD_ROWS and len(source.rejects) > MAX_BAD_SHARE * source.rows:
        first = source.rejects[0]
        raise FileRejected(
            "fmt.field_count_share",
            f"{len(source.rejects)} of {source.rows} rows do not have the header's {len(source.columns)} fields; the first: {first.detail}",
            source=source.name,
            line=first.source_row + 1,
            next_step="Quote text that holds the delimiter, and check that the transfer is whole.",
        )


def _struct(slots: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in slots.items()) + "}"


def literal(path: Path) -> str:
    """A path that we chose inside SQL text, for statements that take no parameter there."""
    return str(path).replace("'", "''")


def _count(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    row = con.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(path)}).fetchall()
    return int(row[0][0])


def inspect_parquet(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, str]:
    """Recognize a Parquet file by its columns and give their types. Raises FileRejected where it cannot be read."""
    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(source.path)}).fetchall()
    except duckdb.Error as error:
        message = f"The Parquet file cannot be read: {str(error).splitlines()[0][:200]}"
        raise FileRejected("fmt.parquet", message, source=source.name, next_step="Fetch it again.") from None
    kinds = {str(row[0]): str(row[1]) for row in described}
    source.columns = tuple(column_name(c) for c in kinds)
    seen = recognize(source.columns)
    if seen.layout or seen.nearest:
        accept(source, seen)
    else:
        source.note = f"no input table has these {len(source.columns)} columns"
    return kinds


def stage_parquet(con: duckdb.DuckDBPyConnection, source: Source, kinds: dict[str, str], target: Path) -> None:
    """Write a Parquet file's accepted columns as text to `target`, in file order."""
    assert source.layout is not None
    items: list[str] = []
    floats: list[str] = []
    for position, (given, kind) in enumerate(kinds.items()):
        name = column_name(given)
        if name not in source.layout.names:
            continue
        slot, is_money = f"t.c{position}", source.layout.field(name).kind == "money"
        if kind.startswith("DECIMAL"):
            # A decimal's trailing zeros are its type's, not the value's.
            text = f"CASE WHEN contains(CAST({slot} AS VARCHAR), '.') THEN rtrim(rtrim(CAST({slot} AS VARCHAR), '0'), '.') ELSE CAST({slot} AS VARCHAR) END"
        elif kind in ("DOUBLE", "FLOAT") and is_money:
            text = f"binary_amount({slot})"
            floats.append(name)
        elif kind == "BLOB" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "LIST")):
            message = f"Column {name} is {kind}; expected text, a number or a date."
            raise FileRejected("fmt.column_type", message, source=source.name, next_step="Write it as text.")
        else:
            text = f"CAST({slot} AS VARCHAR)"
        items.append(f"{text} AS {name}")
    slots = ", ".join(f"c{i}" for i in range(len(kinds)))
    try:
        con.execute(
            f"COPY (SELECT {', '.join(items)} FROM read_parquet($path) AS t({slots})) TO '{literal(target)}' (FORMAT parquet, COMPRESSION lz4)",
            {"path": str(source.path)},
        ).fetchall()
    except duckdb.Error as error:
        message = f"The Parquet file cannot be read to its end: {str(error).splitlines()[0][:200]}"
        raise FileRejected("fmt.parquet", message, source=source.name, next_step="Fetch it again.") from None
    source.rows, source.staged = _count(con, target), target
    for name in floats:
        counted = con.execute(f"SELECT count({name}) FROM read_parquet($path)", {"path": str(target)}).fetchall()
        source.float_columns[name] = int(counted[0][0])
