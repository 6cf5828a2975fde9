"""A step is one static SELECT in a file; its header says what it reads and writes.

-- Finds ... (one sentence)
-- reads: table, table
-- writes: table
-- grain: one row per ...
-- key: column, column
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from trueup.errors import EngineError, Place

_HEADER = re.compile(r"^--\s*(reads|writes|grain|key):\s*(.*?)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_TOKEN = re.compile(r"\w+|\S")


@dataclass(frozen=True)
class Step:
    """One SQL step. `is_table` asks the runner to materialize the result; otherwise it stays a view."""

    path: Path
    sql: str
    reads: tuple[str, ...]
    writes: str
    grain: str
    key: tuple[str, ...]
    is_table: bool

    @property
    def name(self) -> str:
        return f"{self.path.parent.parent.name}/{self.path.stem}"

    @cached_property
    def _tokens(self) -> list[str]:
        """The words and signs of the query in lower case, lines of comment left out."""
        return _TOKEN.findall(_COMMENT.sub("", self.sql).lower())

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self._tokens)

    @cached_property
    def _starred(self) -> frozenset[str]:
        """What a `*` takes all columns of: a table or its alias, or where nothing stands before it, everything, as `*`."""
        words, found = ["", "", *self._tokens, ""], set[str]()
        for at, word in enumerate(words):
            if word == "*" and words[at - 1] == ".":
                found.add(words[at - 2])
            elif word == "*" and (words[at - 1] in (",", "select", "distinct", "all") or words[at + 1] == "from"):
                found.add("*")
        return frozenset(found)

    def columns_used(self, table: str, columns: Iterable[str]) -> list[str]:
        """The columns of a table on which the result can depend: those whose name stands anywhere in the query, all where a `*` takes them.

        A name too many costs a rerun and one too few a wrong result, so a name counts wherever it stands. A test asks a parser too.
        """
        if self._starred:
            tokens, name = [t for t in self._tokens if t != "as"], table.lower()
            names = {"*", name, *(after for before, after in pairwise(tokens) if before == name)}
            if names & self._starred:
                return list(columns)
        return [c for c in columns if c.lower() in self._words]


def _split(text: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in text.split(",") if w.strip())


@cache
def read_step(path: Path, is_table: bool) -> Step:
    """Parse one step file. Raises EngineError if its header is incomplete."""
    sql = path.read_text(encoding="utf-8")
    header = dict(_HEADER.findall(sql))
    missing = [k for k in ("reads", "writes", "grain", "key") if k not in header]
    if missing:
        raise EngineError(
            "TRU-E001", f"header lacks {', '.join(missing)}", place=Place(str(path)), next_step="Add the missing header lines."
        )
    return Step(path, sql, _split(header["reads"]), header["writes"], header["grain"], _split(header["key"]), is_table)


def steps_of(stage_file: str, *, views: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """All steps in the `sql/` folder beside a stage, in file order. `views` names tables that stay views."""
    folder = Path(stage_file).parent / "sql"
    found = [read_step(p, True) for p in sorted(folder.glob("*.sql"))]
    return tuple(read_step(s.path, False) if s.writes in views else s for s in found)
