"""A table as a file: what of it, in which order, with which constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def quote(name: str) -> str:
    """An SQL identifier, quoted. Names come from declared contracts, never from users' data."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text or a path inside SQL, quoted, for statements that take no parameter there."""
    return "'" + str(text).replace("'", "''") + "'"


@dataclass(frozen=True)
class TableFile:
    """`columns` of a table at `path`, ordered by `key`, then by the other columns. `constants` are text columns with one value."""

    table: str
    path: Path
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def order(self) -> str:
        """By what the rows are ordered, in SQL."""
        columns = (*self.key, *(c for c in self.columns if c not in set(self.key)))
        return ", ".join(f"{quote(c)} NULLS FIRST" for c in columns if c not in self.constants)

    def copy(self, rows: str) -> str:
        """The statement that writes the file from `rows`, which are in order."""
        of, fixed = self.columns.items(), self.constants
        items = (f"{literal(fixed[c])} AS {quote(c)}" if c in fixed else f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in of)
        written = f"COPY (SELECT {', '.join(items)} FROM {rows}) TO {literal(self.path)}"
        return f"{written} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
