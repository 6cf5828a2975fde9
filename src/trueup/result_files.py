"""Files of entity results: the engine's own columns, or a published layout that an adapter of the program translates.

An adapter is data: a CSV file under `programs/<program>/adapters/` with one line per published column: the column of `entity_results` it
fills, how its values are converted, and words that stand for others. Conversions never judge: text they cannot convert is passed on, and
the reader of rows refuses it by column.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from trueup.errors import IntakeError, Place, UsageError
from trueup.settlement.entity_results import COLUMNS, REQUIRED

CONVERSIONS = ("text", "year", "money", "magnitude", "percent", "rate", "score")
_HEADER = ["source_column", "column", "conversion", "values", "note"]
_TAIL = Decimal(1).scaleb(-12)  # rates that came through binary floats differ from what was printed only beyond this
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Mapped:
    """One published column: what it fills and how."""

    source: str
    column: str
    conversion: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Adapter:
    """One published layout, by the name of its file."""

    name: str
    columns: tuple[Mapped, ...]

    @property
    def required(self) -> list[str]:
        """The published columns that a file must have to be of this layout."""
        return [m.source for m in self.columns if m.column in REQUIRED]


@dataclass(frozen=True)
class ResultFile:
    """A file's rows in columns of `entity_results`, which adapter translated them, and which of its columns nothing used."""

    rows: list[Row]
    adapter: str
    unused: list[str]


def load_adapters(home: Path) -> list[Adapter]:
    """The adapters of a program's folder. Raises IntakeError (TRU-S111) for a file that is none."""
    return [_adapter(path) for path in sorted((home / "adapters").glob("*.csv"))]


def _adapter(path: Path) -> Adapter:
    header, lines = _lines(path)
    if header != _HEADER:
        raise _bad_adapter(path, 1, f"has the columns {', '.join(header)}; expected {', '.join(_HEADER)}.")
    found: list[Mapped] = []
    for position, line in enumerate(lines, 2):
        if len(line) != len(_HEADER):
            raise _bad_adapter(path, position, f"has {len(line)} fields; expected {len(_HEADER)}.")
        source, column, conversion, words, _ = (cell.strip() for cell in line)
        if column not in COLUMNS:
            near = difflib.get_close_matches(column, COLUMNS, 1)
            raise _bad_adapter(path, position, f"fills `{column}`, which is no column of entity_results.{_near(near)}")
        if conversion not in CONVERSIONS:
            raise _bad_adapter(path, position, f"converts by `{conversion}`; known are {', '.join(CONVERSIONS)}.")
        pairs = [pair.partition("=") for pair in words.split(";") if pair]
        if any(not separator for _, separator, _ in pairs):
            raise _bad_adapter(path, position, "has words that are not like `published=ours`.")
        found.append(Mapped(source, column, conversion, tuple((left.strip(), right.strip()) for left, _, right in pairs)))
    for kind, names in (("column", [m.column for m in found]), ("source_column", [m.source for m in found])):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise _bad_adapter(path, 1, f"names the {kind} {twice[0]} twice.")
    return Adapter(path.stem, tuple(found))


def _bad_adapter(path: Path, line: int, message: str) -> IntakeError:
    return IntakeError("TRU-S111", f"adapter {message}", place=Place(path.name, line), next_step="Correct the adapter.")


def read_result_file(path: Path, adapters: Sequence[Adapter]) -> ResultFile:
    """Read one file of results as text, by its header.

    Raises:
        UsageError: TRU-S110, the file does not exist.
        IntakeError: TRU-S112, the file cannot be read or is of no known layout. Nothing of it is used then.
    """
    if not path.is_file():
        raise UsageError("TRU-S110", f"{path} is not a file that can be read.", next_step="Name a CSV file of entity results.")
    header, lines = _lines(path)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _unreadable(path, 1, f"names the column {twice[0]} twice.")
    own = set(REQUIRED) <= set(header)
    adapter = None if own else next((a for a in adapters if set(a.required) <= set(header)), None)
    if not own and adapter is None:
        raise _unreadable(path, 1, f"is of no known layout: {_missing(header, adapters)}")
    columns = tuple(Mapped(n, n, "text", ()) for n in header if n in COLUMNS) if adapter is None else adapter.columns
    rows: list[Row] = []
    for position, line in enumerate(lines, 2):
        if not line:
            continue
        if len(line) != len(header):
            raise _unreadable(path, position, f"has {len(line)} fields where the header has {len(header)}.")
        cells = dict(zip(header, line, strict=True))
        rows.append({m.column: convert(cells[m.source], m) for m in columns if m.source in cells})
    used = {m.source for m in columns}
    return ResultFile(rows, adapter.name if adapter else "", [name for name in header if name not in used])


def _lines(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header, trimmed, and all other lines."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.reader(file, strict=True))
    except UnicodeDecodeError:
        raise _unreadable(path, 1, "is not UTF-8 text.") from None
    except csv.Error as error:
        raise _unreadable(path, 1, f"is not CSV: {error}.") from None
    if not found or not any(found[0]):
        raise _unreadable(path, 1, "has no header.")
    return [name.strip() for name in found[0]], found[1:]


def _unreadable(path: Path, line: int, message: str) -> IntakeError:
    step = "Give UTF-8 CSV with a header: the columns of entity_results, or those of an adapter of the program."
    return IntakeError("TRU-S112", message, place=Place(path.name, line), next_step=step)


def _missing(header: Sequence[str], adapters: Sequence[Adapter]) -> str:
    """Which required columns the nearest layout lacks."""
    layouts = [("entity_results", list(REQUIRED)), *((a.name, a.required) for a in adapters)]
    name, required = min(layouts, key=lambda item: len([c for c in item[1] if c not in header]))
    return f"{name} needs also {', '.join(c for c in required if c not in header)}."


def _near(names: Sequence[str]) -> str:
    return f" Did you mean {names[0]}?" if names else ""


def convert(text: str, mapped: Mapped) -> str:
    """One published value as text of `entity_results`; text that does not convert is passed on as it is."""
    value = dict(mapped.words).get(text.strip(), text.strip())
    if not value or mapped.conversion == "text":
        return value
    if mapped.conversion == "year":
        return f"PY{value}"
    if mapped.conversion in ("money", "magnitude"):
        return value.removeprefix("-") if mapped.conversion == "magnitude" else value
    number = _decimal(value.removesuffix("%"))
    if number is None:
        return value
    hundredths = mapped.conversion == "percent" or (mapped.conversion == "score" and (value.endswith("%") or number > 1))
    share = (number / 100 if hundredths else number).quantize(_TAIL)
    return f"{share.normalize():f}"


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**9 else None
