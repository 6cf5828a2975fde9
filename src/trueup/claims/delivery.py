"""What identifies a delivery of files: the names they go by, whether they came before, the batch's id and its manifest."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from trueup.claims.batch import Account
from trueup.claims.read import Source
from trueup.claims.reasons import FileRejected
from trueup.errors import UsageError
from trueup.workspace import Workspace, write_atomically


@dataclass(frozen=True)
class Options:
    """What a load declares. Part of the batch's identity."""

    received: date | None = None
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    always_known: bool = False

    def as_json(self) -> dict[str, str | bool | None]:
        return {**asdict(self), "received": self.received.isoformat() if self.received else None}


def name_files(files: Iterable[str | Path]) -> dict[str, Path]:
    """Files by the names they go by: the file's own, with its folder where two would be alike; in name order."""
    paths = [Path(f) for f in files]
    for path in paths:
        if not path.is_file() or not os.access(path, os.R_OK):
            raise UsageError("TRU-U049", f"{path} is not a file that can be read.", next_step="Name the files to load.")
    paths = list({path.resolve(): path for path in paths}.values())
    alike = Counter(p.name for p in paths)
    named = [(p.name if alike[p.name] == 1 else f"{p.parent.name}/{p.name}", p) for p in paths]
    again = Counter(n for n, _ in named)
    return dict(sorted((n if again[n] == 1 else str(p), p) for n, p in named))


def place_of(path: Path) -> str:
    """A file's place, hashed so that a manifest shows nobody's folders."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]


def new_sources(ws: Workspace, sources: Iterable[Source], files: dict[str, Path]) -> tuple[list[Source], list[tuple[str, str]]]:
    """The sources not loaded before, and the names of the others with their batch.

    Raises FileRejected for a file that was loaded from the same place with other content: whether it corrects or adds is not ours to guess.
    """
    before = [(f, b.id) for b in ws.batches() for f in b.manifest["files"]]
    loaded, places = {f["sha256"]: batch for f, batch in before}, {f["place"]: batch for f, batch in before}
    fresh: list[Source] = []
    repeated: list[tuple[str, str]] = []
    seen: set[str] = set()
    for source in sources:
        if source.sha256 in loaded or source.sha256 in seen:
            repeated.append((source.name, loaded.get(source.sha256, "this one")))
            continue
        if batch := places.get(place_of(files[source.name])):
            message = f"This file was loaded in batch {batch} with other content."
            step = "If it is a new delivery, give it a new name."
            raise FileRejected("dup.name_new_content", message, source=source.name, next_step=step)
        seen.add(source.sha256)
        fresh.append(source)
    return fresh, repeated


def batch_id_of(sources: Iterable[Source], options: Options) -> str:
    """16 hex digits over the files' contents, in any order, and the declared options."""
    parts = [*sorted(s.sha256 for s in sources), json.dumps(options.as_json(), sort_keys=True)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def write_manifest(
    folder: Path,
    options: Options,
    sources: list[Source],
    files: dict[str, Path],
    accounts: list[Account],
    table_rows: dict[str, int],
    quarantined: dict[tuple[str, str], int],
    unrecognized: list[tuple[str, str]],
    *,
    versions_lost: bool,
) -> None:
    """Say what a batch is made of: files, options, rows and cents by table, and the hash of every table."""
    outputs: dict[str, Any] = {}
    for table, rows in sorted(table_rows.items()):
        with open(folder / f"{table}.parquet", "rb") as handle:
            outputs[table] = {"rows": rows, "sha256": hashlib.file_digest(handle, "sha256").hexdigest()}
    listed = [
        {"source_file": s.name, "table": s.layout.name, "sha256": s.sha256, "rows": s.rows, "place": place_of(files[s.name])}
        for s in sources
        if s.layout
    ]
    content = {
        "batch_id": batch_id_of(sources, options),
        "options": options.as_json(),
        "versions_lost": versions_lost,
        "files": listed,
        "accounting": [asdict(a) for a in accounts],
        "quarantined": [{"table": t, "reason": r, "rows": n} for (t, r), n in quarantined.items()],
        "unrecognized": [{"source_file": n, "why": why} for n, why in unrecognized],
        "tables": outputs,
    }
    write_atomically(folder / "manifest.json", json.dumps(content, indent=2, sort_keys=True) + "\n")
