"""What a run was made from and what it gave: hashes, counts and findings, as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any


def plain(value: object) -> str:
    """A value JSON does not know, as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not a manifest value: {value!r}")


def canonical(document: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces: the same content is the same text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), default=plain)


def run_id_of(inputs: Mapping[str, Any]) -> str:
    """The first 16 hex digits of the hash of a run's inputs."""
    return hashlib.sha256(canonical(inputs).encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def write_manifest(folder: Path, document: Mapping[str, Any]) -> None:
    """Write `manifest.json`, readable and with sorted keys."""
    text = json.dumps(document, indent=2, sort_keys=True, default=plain) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
