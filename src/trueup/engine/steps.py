"""A step is one static SELECT in a file; its header says what it reads and writes.

-- Finds ... (one sentence)
-- reads: table, table
-- writes: table
-- grain: one row per ...
-- key: column, column
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trueup.errors import EngineError, Place

_HEADER = re.compile(r"^--\s*(reads|writes|grain|key):\s*(.*?)\s*$", re.MULTILINE)


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


def _words(text: str) -> tuple[str, ...]:
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
    return Step(path, sql, _words(header["reads"]), header["writes"], header["grain"], _words(header["key"]), is_table)


def steps_of(stage_file: str, *, views: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """All steps in the `sql/` folder beside a stage, in file order. `views` names tables that stay views."""
    folder = Path(stage_file).parent / "sql"
    found = [read_step(p, True) for p in sorted(folder.glob("*.sql"))]
    return tuple(read_step(s.path, False) if s.writes in views else s for s in found)
