"""The FHIR reader: resources in, clinical tables out, with every resource used, a copy, quarantined or counted as not read.

Grain: one resource is known by its type, its person and its id; ids of different persons may be equal. Of several versions of a resource
the one updated last counts; versions that do not say when they were updated, and differ, are quarantined together.
Errors: TRU-I100 without the library, TRU-I101 for a file that is no FHIR.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from trueup.claims.fhir.collect import Collector, Item, Row, target
from trueup.claims.fhir.mend import mend_diagnoses
from trueup.claims.fhir.nodes import Json, part, parts, text
from trueup.claims.fhir.rows import OWNERS, READERS, SHARED
from trueup.claims.fhir.shapes import shape_problem
from trueup.claims.fhir.sources import Found, resources_of
from trueup.claims.fhir.times import moment

_NO_TIME = -1
_LINKS = (("location", "location", "Location"), ("medication", "medicationReference", "Medication"))


@dataclass(frozen=True)
class Clinical:
    """The clinical tables as rows, by name; every table of the contract that the reader writes is there, if only empty."""

    tables: dict[str, list[Row]]

    @property
    def findings(self) -> list[Row]:
        return self.tables["clinical_findings"]

    @property
    def gaps(self) -> list[Row]:
        return self.tables["clinical_gaps"]


@dataclass
class Reader:
    """Takes resources one by one, then makes the tables. Resources wait in memory until all references can be followed."""

    _kept: dict[tuple[str, str, str], Item] = field(default_factory=dict[tuple[str, str, str], Item])
    _conflicts: dict[tuple[str, str, str], list[Item]] = field(default_factory=dict[tuple[str, str, str], list[Item]])
    _refused: list[Row] = field(default_factory=list[Row])
    _notes: list[tuple[str, str, int, str]] = field(default_factory=list[tuple[str, str, int, str]])

    def add(self, found: Found) -> None:
        """Take one resource. What cannot be trusted is quarantined with a reason; nothing is lost."""
        kind = text(found.resource, "resourceType") or ""
        if kind not in READERS and kind not in SHARED:
            self._notes.append(("fhir.type_not_read", found.source, found.row, kind if kind.isalpha() else ""))
            return
        problem = shape_problem(found.resource, kind)
        if problem is not None:
            self._refuse(found.source, found.row, kind, "fhir.wrong_shape", problem)
            return
        name, member = text(found.resource, "id"), _member(found.resource, kind)
        if name is None or member is None:
            lacks = f"{kind}.id" if name is None else f"{kind}.{OWNERS.get(kind, 'subject')}.reference"
            self._refuse(found.source, found.row, kind, "fhir.nameless", f"{lacks} is missing")
            return
        self._keep(Item(found.resource, kind, name, member, found.source, found.row))

    def finish(self, *, mend: bool = False) -> Clinical:
        """All tables. `mend` pairs dangling diagnosis references where the resources leave no choice (`mend.py`)."""
        for key, versions in self._conflicts.items():
            for item in (self._kept.pop(key), *versions):
                self._refuse(item.source, item.row, item.resource_type, "fhir.conflicting_versions", "versions differ and have no order")
        out = Collector(set(self._kept))
        for code, source, row, kind in self._notes:
            out.note(code, source, row, kind)
        people = {item.member_id for item in self._kept.values() if item.resource_type == "Patient"}
        for key in sorted(self._kept):
            item = self._kept[key]
            if item.resource_type in READERS:
                if item.member_id not in people:
                    out.note_item("fhir.unknown_person", item, OWNERS.get(item.resource_type, "subject"))
                READERS[item.resource_type](item, out)
                self._follow(item, out)
        if mend:
            self._mend(out)
        out.tables["clinical_quarantine"] = self._refused
        out.tables["clinical_findings"] = out.findings()
        return Clinical(out.tables)

    def _keep(self, item: Item) -> None:
        key = (item.resource_type, item.member_id, item.resource_id)
        known = self._kept.get(key)
        if known is None:
            self._kept[key] = item
            return
        if _content(known) == _content(item):
            self._notes.append(("fhir.copy", item.source, item.row, item.resource_type))
            return
        before, after = _updated(known), _updated(item)
        if before == after or _NO_TIME in (before, after):
            self._conflicts.setdefault(key, []).append(item)
            return
        older = known if before < after else item
        self._kept[key] = item if before < after else known
        self._notes.append(("fhir.older_version", older.source, older.row, older.resource_type))

    def _refuse(self, source: str, row: int, kind: str, reason: str, detail: str) -> None:
        self._refused.append({"source_file": source, "source_row": row, "resource_type": kind, "reason_code": reason, "detail": detail})

    def _follow(self, item: Item, out: Collector) -> None:
        """The codes of the places and medications that a resource refers to, as if they were its own."""
        for element, named, kind in _LINKS:
            nodes = [part(place, "location") for place in parts(item.resource, "location")] if element == "location" else []
            for position, node in enumerate(nodes or [part(item.resource, named)]):
                name = target(text(node, "reference"), kind)[1]
                other = self._kept.get((kind, "", name or ""))
                if other is not None:
                    concepts = parts(other.resource, "type") if kind == "Location" else [part(other.resource, "code")]
                    for concept in concepts:
                        out.codes(item, element, [concept], start=position)

    def _mend(self, out: Collector) -> None:
        conditions = [item for item in self._kept.values() if item.resource_type == "Condition"]
        mended = mend_diagnoses(out.tables, {(item.member_id, item.resource_id): _words(item.resource) for item in conditions})
        for gap in mended:
            item = self._kept["Encounter", str(gap["member_id"]), str(gap["resource_id"])]
            out.note_item("fhir.mended_reference", item, "diagnosis")


def read_files(paths: Iterable[Path], *, mend: bool = False) -> Clinical:
    """The clinical tables of all resources in the files. Raises IntakeError for a file that is no FHIR, UsageError without the library."""
    reader = Reader()
    for path in paths:
        for found in resources_of(path):
            reader.add(found)
    return reader.finish(mend=mend)


def _member(resource: Json, kind: str) -> str | None:
    """The person's id; empty for what belongs to nobody, None if the resource should say but does not."""
    if kind in SHARED:
        return ""
    if kind == "Patient":
        return text(resource, "id")
    named, found = target(text(part(resource, OWNERS.get(kind, "subject")), "reference"), "Patient")
    return found if named == "Patient" else None


def _content(item: Item) -> str:
    return json.dumps({k: v for k, v in item.resource.items() if k != "meta"}, sort_keys=True, default=str)


def _updated(item: Item) -> int:
    at = moment(text(part(item.resource, "meta"), "lastUpdated")).ms
    return _NO_TIME if at is None else at


def _words(condition: Json) -> frozenset[str]:
    """The words by which a condition calls itself: text and displays of its code, and its identifiers."""
    code = part(condition, "code")
    said = [
        text(code, "text"),
        *(text(c, "display") for c in parts(code, "coding")),
        *(text(i, "value") for i in parts(condition, "identifier")),
    ]
    return frozenset(word for words in said if words for word in words.split())
