"""What stages, acts and reports may ask of an engine. Which engine it is, they do not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from trueup.engine.files import TableFile
from trueup.engine.steps import Step


class Engine(Protocol):
    """Runs named steps over named tables. Column types are named as the table contracts name them (`BIGINT`, `DECIMAL(9,6)`).

    `computed` and `reused` name the steps whose tables were computed, and those known from an earlier run.
    """

    computed: set[str]
    reused: set[str]

    def close(self) -> None:
        """Give back what the engine holds; none of its tables can be read afterwards."""
        ...

    def columns(self, table: str) -> dict[str, str]:
        """Column names and types of a table."""
        ...

    def register_parquet(
        self, name: str, files: Iterable[Path], columns: Mapping[str, str], hashes: Mapping[Path, str] | None = None
    ) -> None:
        """Make Parquet files readable as one table with exactly `columns`; no file gives an empty table.

        The files are never edited. `hashes` are those of their content, where somebody knows them.
        """
        ...

    def register_empty(self, name: str, columns: Mapping[str, str]) -> None:
        """A table without rows."""
        ...

    def give(self, name: str, rows: list[dict[str, Any]], columns: Mapping[str, str]) -> None:
        """A table that stands as it is given: whatever would write it later is passed over."""
        ...

    def is_given(self, name: str) -> bool:
        """Whether the table was given, and not computed."""
        ...

    def register_rows(self, name: str, rows: list[dict[str, Any]], columns: Mapping[str, str]) -> None:
        """A small table from Python rows; missing columns are null."""
        ...

    def run(self, step: Step) -> None:
        """Run one step. Raises EngineError (TRU-E002) where it fails."""
        ...

    def has(self, table: str) -> bool:
        """Whether a table of that name exists."""
        ...

    def count(self, table: str) -> int:
        """How many rows a table has."""
        ...

    def scalar(self, table: str, expression: str) -> Any:
        """One aggregate of a table, in the words of the steps. `expression` is code, never a user's text."""
        ...

    def rows(self, table: str, *, order_by: Iterable[str] = ()) -> list[dict[str, Any]]:
        """All rows of a (small) table as dictionaries: by `order_by`, and among equals by the other columns; without it in no order."""
        ...

    def write_files(self, files: Sequence[TableFile]) -> list[int]:
        """Write tables, each as one file by one writer. Returns their row counts."""
        ...
