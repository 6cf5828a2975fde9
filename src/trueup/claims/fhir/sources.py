"""Resources out of files: one JSON document (a resource or a Bundle), or one a line (NDJSON); plain or gzipped.

Grain: one resource with the line it came from, or its place in a Bundle. Errors: TRU-I101 for what is no JSON or no resource.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, cast

from trueup.claims.fhir.nodes import Json, part, parts, text
from trueup.errors import IntakeError, Place

_BY_LINE = (".ndjson", ".jsonl")


class Found(NamedTuple):
    """A resource and where it stood."""

    resource: Json
    source: str
    row: int


def resources_of(path: Path) -> Iterator[Found]:
    """Every resource of a file. Bundles are opened; an entry without an id takes the last part of its `fullUrl`."""
    for row, document in documents(path):
        yield from opened(document, path.name, row)


def documents(path: Path) -> Iterator[tuple[int, Json]]:
    """The JSON objects of a file with their lines. Numbers with a point stay decimal. Raises IntakeError (TRU-I101)."""
    by_line = any(suffix in _BY_LINE for suffix in path.suffixes)
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            if not by_line:
                yield 1, _parse(file.read(), path.name, 1)
                return
            for row, line in enumerate(file, start=1):
                if line.strip():
                    yield row, _parse(line, path.name, row)
    except (gzip.BadGzipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise IntakeError(
            "TRU-I101", f"cannot be read to its end ({type(error).__name__}).", place=Place(path.name), next_step="Deliver the file again."
        ) from None


def opened(document: Json, source: str, row: int) -> Iterator[Found]:
    """A resource, or the resources of a Bundle. Raises IntakeError (TRU-I101) for an object without a `resourceType`."""
    kind = text(document, "resourceType")
    if kind is None:
        raise IntakeError(
            "TRU-I101", "is no FHIR resource: it has no resourceType.", place=Place(source, row), next_step="Give FHIR R4 resources."
        )
    if kind != "Bundle":
        yield Found(document, source, row)
        return
    for place, entry in enumerate(parts(document, "entry"), start=1):
        resource = part(entry, "resource")
        if resource:
            url = text(entry, "fullUrl")
            named = resource if "id" in resource or url is None else {**resource, "id": url.replace(":", "/").rsplit("/", 1)[-1]}
            yield from opened(named, source, place if row == 1 else row)


def _parse(content: str, source: str, row: int) -> Json:
    try:
        found: Any = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        where = f" (character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise IntakeError(
            "TRU-I101",
            f"is no JSON{where}.",
            place=Place(source, row),
            next_step="Give JSON documents, one a file, or one a line as .ndjson.",
        ) from None
    if not isinstance(found, dict):
        raise IntakeError("TRU-I101", "is no JSON object.", place=Place(source, row), next_step="Give FHIR R4 resources.")
    return cast("Json", found)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
