"""Test patients with the populations they are expected in: one case a line of an NDJSON file.

A case has `measure`, `case_id`, `description`, `period` (`start`, `end`), `expected` (`group`, `population`, `count`) and `resources`.
Errors: TRU-I104 for a line that is no such case, or a file of several measures or periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trueup.claims.fhir.nodes import Json, part, parts, text
from trueup.claims.fhir.reader import Clinical, Reader
from trueup.claims.fhir.sources import documents, opened
from trueup.errors import IntakeError, Place


@dataclass(frozen=True)
class Case:
    """One test patient: `expected` counts stays by rate group and population (in the words of the populations table)."""

    case_id: str
    description: str
    expected: dict[tuple[int, str], int]
    row: int


@dataclass(frozen=True)
class CaseFile:
    """All cases of one measure and period, and the tables of all their resources together."""

    measure: str
    start: date
    end: date
    cases: tuple[Case, ...]
    clinical: Clinical


def read_cases(path: Path, *, mend: bool = False) -> CaseFile:
    """Read every case of a file at once; the case id is the person's id. Raises IntakeError (TRU-I101, I104), UsageError (TRU-I100)."""
    reader, cases, frames = Reader(), list[Case](), set[tuple[str, str, str]]()
    for row, document in documents(path):
        cases.append(_case(document, path.name, row))
        days = part(document, "period")
        frames.add((text(document, "measure") or "", text(days, "start") or "", text(days, "end") or ""))
        for resource in parts(document, "resources"):
            for found in opened(resource, path.name, row):
                reader.add(found)
    if len(frames) != 1:
        raise _error(path.name, None, f"holds {len(frames)} pairs of measure and period where one is expected.")
    measure, start, end = next(iter(frames))
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise _error(path.name, 1, "period is no pair of days.") from None
    return CaseFile(measure, first, last, tuple(cases), reader.finish(mend=mend))


def _case(document: Json, source: str, row: int) -> Case:
    name, expected = text(document, "case_id"), dict[tuple[int, str], int]()
    for item in parts(document, "expected"):
        group, population, count = item.get("group"), text(item, "population"), item.get("count")
        if not isinstance(group, int) or population is None or not isinstance(count, int):
            raise _error(source, row, "expected needs group, population and count.")
        expected[group, population.replace("-", "_")] = count
    if name is None or text(document, "measure") is None or not expected or not parts(document, "resources"):
        raise _error(source, row, "lacks measure, case_id, expected or resources.")
    return Case(name, text(document, "description") or "", expected, row)


def _error(source: str, row: int | None, message: str) -> IntakeError:
    return IntakeError("TRU-I104", message, place=Place(source, row), next_step="See docs/how-to/read-fhir.md for the form of a case.")
