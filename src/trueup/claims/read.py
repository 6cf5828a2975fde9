"""Looking at a file before its rows are read: what it is, whether it is whole, how it is encoded and delimited, which table it is.

A delimiter or an encoding is declared, or proven (the header is a known table under exactly one delimiter; every byte is valid UTF-8).
Nothing is guessed from the rows.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from trueup.claims.layouts import Layout, Recognition, column_name, recognize
from trueup.claims.reasons import FileRejected

DELIMITERS = (",", "|", "\t", ";")
_NAMES = {",": "a comma", "|": "a pipe", "\t": "a tab", ";": "a semicolon"}
CHUNK = 1 << 20
MANY_ROWS = 200_000
_HEADER_BYTES = 1 << 16
_GUARDED_SIZE, _MAX_RATIO = 1 << 30, 400


@dataclass(frozen=True)
class RowReject:
    """A row the reader could not split into the header's fields. `source_row` counts data rows from 1."""

    source_row: int
    detail: str


@dataclass
class Source:
    """One input file. `columns` are its header's names in order; `relation` is the SQL of its accepted columns and `file_row_number`, in
    file order, and `kinds` gives the type that each of them has there."""

    path: Path
    name: str
    sha256: str = ""
    layout: Layout | None = None
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    note: str = ""
    is_parquet: bool = False
    damaged_bytes: bool = False
    mixed_newlines: bool = False
    utf16: bool = False
    rows: int = 0
    plain: Path | None = None
    relation: str = ""
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    stamp: tuple[int, int] = (0, 0)
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    float_columns: dict[str, int] = field(default_factory=dict[str, int])

    def row_of(self, nth: int) -> int:
        """The data row, from 1, of the nth row that could be split, from 1."""
        return nth + bisect_right(self.rejects_before, nth - 1)

    def line_of(self, row: int | None) -> int | None:
        """The line of a data row as an editor shows it, where no text holds line ends."""
        return row if row is None or self.is_parquet else row + 1

    @property
    def is_large(self) -> bool:
        """Whether it pays to learn much about the file before its rows are judged."""
        return self.rows > MANY_ROWS

    @property
    def rejects_before(self) -> list[int]:
        """For each rejected row, how many rows before it could be split."""
        return [reject.source_row - 1 - j for j, reject in enumerate(self.rejects)]

    @property
    def unknown_columns(self) -> list[str]:
        if self.layout is None:
            return []
        return [c for c in self.columns if c not in self.layout.names and c not in self.layout.ignored]


def inspect(path: Path, name: str, scratch: Path, *, delimiter: str | None, encoding: str | None) -> Source:
    """Hash a file, check that it is whole and readable, and recognize its table.

    Plain text is left in `scratch` where it had to be rewritten. Raises FileRejected; a file that is no input table comes back without a
    layout and with a `note`.
    """
    source = Source(path, name)
    with open(path, "rb") as handle:
        start = handle.read(4)
    if start == b"PAR1":
        source.is_parquet, source.stamp = True, _stamp(path)
        source.sha256 = _sha256(path)
        return source
    if start[:2] == b"PK" or start == b"7z\xbc\xaf" or start == b"Rar!":
        message = "This is an archive or a spreadsheet, not a table."
        raise FileRejected("arc.archive", message, source=name, next_step="Unpack it, or save it as CSV.")
    if start == b"":
        source.sha256, source.note = _sha256(path), "the file has no bytes"
        return source
    is_gzip = start[:2] == b"\x1f\x8b"
    _recognize_text(source, _head(source, is_gzip=is_gzip, encoding=encoding), delimiter)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_sha256, path)
        if source.layout is not None:
            if source.utf16:
                step = "Declare `--encoding utf-16`, or save as UTF-8."
                raise FileRejected("enc.utf16", "The file is UTF-16.", source=name, next_step=step)
            _prove_text(source, scratch, is_gzip=is_gzip, encoding=encoding)
        source.sha256 = digest.result()
    return source


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def refuse_changed(source: Source) -> None:
    """Raises FileRejected where a Parquet file is not the one that was hashed: it is read in place, more than once."""
    if source.is_parquet and source.stamp != _stamp(source.path):
        message = "The file changed while it was loaded."
        raise FileRejected("fmt.parquet", message, source=source.name, next_step="Load it again when it is whole.")


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _raw_chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


def _gunzip(source: Source, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of all members. Raises FileRejected for a damaged or truncated file, or one that expands without measure."""
    packed = unpacked = 0
    inflate, fresh = zlib.decompressobj(wbits=31), True
    try:
        for chunk in chunks:
            packed += len(chunk)
            while chunk:
                fresh = False
                out = inflate.decompress(chunk, CHUNK * 8)
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
    message = f"The gzip file cannot be unpacked to its end: {why}."
    return FileRejected("arc.truncated", message, source=source.name, next_step="Fetch it again.")


def _prove_text(source: Source, scratch: Path, *, is_gzip: bool, encoding: str | None) -> None:
    """Read every byte: unpack, refuse NUL, prove or apply the encoding. Leaves plain UTF-8 in `scratch` where the file is not that already.

    Bytes that are not UTF-8 become U+FFFD, so that rows whose keys are damaged can be told from the others.
    """
    declared = codecs.lookup(encoding).name if encoding else "utf-8"
    rewrite = is_gzip or declared not in ("utf-8", "ascii")
    plain = scratch / f"{source.path.name}.txt"
    try:
        seen = _decode(source, plain if rewrite else None, declared, "strict", is_gzip=is_gzip)
    except UnicodeDecodeError as error:
        if encoding:
            message = f"The file is not {encoding}: {error.reason}."
            raise FileRejected("enc.undecodable", message, source=source.name, next_step="Declare the encoding it has.") from None
        source.damaged_bytes = rewrite = True
        seen = _decode(source, plain, declared, "replace", is_gzip=is_gzip)
    source.mixed_newlines = len(seen) > 1
    if source.mixed_newlines and not rewrite:
        rewrite = True
        _decode(source, plain, declared, "strict", is_gzip=False)
    source.plain = plain if rewrite else source.path


def _decode(source: Source, out_path: Path | None, encoding: str, errors: str, *, is_gzip: bool) -> set[str]:
    """Decode the whole file, into `out_path` with line feeds where one is given. Returns the kinds of line ends seen."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=out_path is not None)
    chunks = _raw_chunks(source.path)
    with open(out_path, "wb") if out_path else io.BytesIO() as out:
        for chunk in _gunzip(source, chunks) if is_gzip else chunks:
            text = decoder.decode(chunk)
            if "\0" in text:
                step = "If it is UTF-16, declare `--encoding utf-16`; else fetch the file again."
                raise FileRejected("enc.nul", "The file holds NUL bytes.", source=source.name, next_step=step)
            if out_path:
                out.write(text.encode())
        out.write(decoder.decode(b"", final=True).encode() if out_path else decoder.decode(b"", final=True)[:0].encode())
    kinds = decoder.newlines
    return set(kinds) if isinstance(kinds, tuple) else {kinds} if kinds else set()


def _head(source: Source, *, is_gzip: bool, encoding: str | None) -> str:
    """The beginning of the file as text, whatever its bytes are: only to see which table its header names."""
    chunks = _raw_chunks(source.path)
    head = next(_gunzip(source, chunks) if is_gzip else chunks, b"")[:_HEADER_BYTES]
    if encoding is None and (head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1::2][:200].count(0) > 100 or head[0::2][:200].count(0) > 100):
        source.utf16 = True
        encoding = "utf-16-be" if head[:1] in (b"\xfe", b"\0") else "utf-16-le"
    return head.decode(encoding or "utf-8", "replace").replace("\0", "").lstrip("\ufeff")


def _split(header: str, delimiter: str) -> tuple[str, ...]:
    """The first record's cells as column names. Quoted cells may hold the delimiter."""
    cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), list[str]())
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
