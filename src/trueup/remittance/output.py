"""Puts a money file on disk, whole or not at all, with its totals beside it, and checks a file against its totals.

`<file>.totals.json` holds counts, sums in cents, the SHA-256 of the file, and the SHA-256 of the ids of the ledger entries it pays, so
that a file can be tied to the ledger without opening it. It holds no member id.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from trueup.errors import CheckFailed
from trueup.remittance.contents import Offset, RemittanceItem
from trueup.workspace import write_atomically

Value = str | int | list[str] | dict[str, int]


@dataclass(frozen=True)
class Written:
    """A file that is on disk, where its totals are, and what they say."""

    path: Path
    totals_path: Path
    totals: Mapping[str, Value]


def totals_of(items: Sequence[RemittanceItem], offsets: Sequence[Offset]) -> dict[str, Value]:
    """The part of the totals that every kind of file shares: `sum_cents` is items less offsets."""
    items_cents, offsets_cents = sum(i.amount_cents for i in items), sum(o.amount_cents for o in offsets)
    return {
        "entries": len(items),
        "entry_ids_sha256": ids_hash(item.entry_id for item in items),
        "items_cents": items_cents,
        "offsets": len(offsets),
        "offsets_cents": offsets_cents,
        "sum_cents": items_cents - offsets_cents,
    }


def ids_hash(ids: Iterable[str]) -> str:
    """SHA-256 of ids in ascending order, one on a line: the same for the file and for the ledger entries it carries."""
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(ids)).encode()).hexdigest()


def put(path: Path, data: bytes, kind: str, remittance_ids: Iterable[str], totals: Mapping[str, Value]) -> Written:
    """Write a file and its totals, each under a temporary name that is renamed when complete.

    A file that a killed process left without its totals, or with those of an earlier one, is found by `check_file`; writing again mends it.
    """
    full: dict[str, Value] = {
        "file": path.name,
        "kind": kind,
        "remittance_ids": sorted(remittance_ids),
        "sha256": hashlib.sha256(data).hexdigest(),
        **totals,
    }
    replace_bytes(path, data)
    beside = totals_path(path)
    write_atomically(beside, json.dumps(full, indent=2, sort_keys=True) + "\n")
    return Written(path, beside, full)


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part; nothing stays behind if writing fails."""
    draft = path.with_name(f".draft-{path.name}-{os.getpid()}")
    try:
        with open(draft, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def totals_path(path: Path) -> Path:
    """Where the totals of a money file are."""
    return path.with_name(f"{path.name}.totals.json")


def check_file(path: Path) -> Mapping[str, Value]:
    """The totals of a money file, after checking that the file is the one they were written for. Raises CheckFailed (TRU-M009) if not."""
    beside = totals_path(path)
    try:
        found = cast("dict[str, Value]", json.loads(beside.read_text(encoding="utf-8")))
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        raise CheckFailed(
            "TRU-M009", f"{path.name} cannot be checked: {type(error).__name__}.", next_step="Write the file again; it comes out the same."
        ) from None
    if found.get("sha256") != actual:
        raise CheckFailed(
            "TRU-M009",
            f"{path.name} is not the file its totals were written for: expected SHA-256 {found.get('sha256')}, found {actual}.",
            next_step="Do not send it. Write the file again; it comes out the same.",
        )
    return found
