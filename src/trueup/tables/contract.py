"""What a table contract is: grain, key, columns, and the words a column allows."""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT, INT, BIG, DAY, FLAG = "VARCHAR", "INTEGER", "BIGINT", "DATE", "BOOLEAN"


@dataclass(frozen=True)
class Table:
    """A table's contract. `key` columns identify a row; `enums` lists the allowed words of a text column."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, str]
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def display_name(column: str) -> str:
    """The name under which people see a column: cents become dollars under the name without the suffix."""
    return column[: -len("_cents")] if column.endswith("_cents") else column


def cols(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)
