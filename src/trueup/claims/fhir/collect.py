"""Where rows, gaps and findings gather while resources are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from trueup.claims.fhir.codings import codings, is_known
from trueup.claims.fhir.nodes import Json, part, parts, text
from trueup.tables.clinical import CLINICAL

Row = dict[str, object]

MESSAGES = {
    "fhir.copy": "the same resource again, with the same content; read once",
    "fhir.older_version": "an older version of a resource that is also there in a newer one",
    "fhir.type_not_read": "a resource of a type that is not read",
    "fhir.unknown_person": "the person the resource belongs to is not among the resources",
    "fhir.dangling_reference": "names a resource that is not there; listed in clinical_gaps",
    "fhir.mended_reference": "named a resource that is not there; mended on request, listed in clinical_gaps",
    "fhir.unknown_system": "a code of a code system that is not known here; kept under its own name",
    "fhir.time_without_clock": "a day without a time; it cannot be compared with times",
    "fhir.time_unread": "a time that is no day of the calendar, or no more than a year or a month",
    "fhir.value_not_exact": "a value with a comparator such as <; not used as a number",
    "fhir.value_too_large": "a number beyond 12 digits; not used",
}


@dataclass(frozen=True)
class Item:
    """A resource to be read: whose it is, and where it stood."""

    resource: Json
    resource_type: str
    resource_id: str
    member_id: str
    source: str
    row: int


@dataclass
class Collector:
    """Rows by table. `known` are the resources that a reference may name, with the person they belong to (empty for shared ones)."""

    known: set[tuple[str, str, str]]
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: list[Row]() for name in CLINICAL})
    _findings: dict[tuple[str, str, str, str], Row] = field(default_factory=dict[tuple[str, str, str, str], Row])

    def add(self, table: str, **columns: object) -> None:
        self.tables[table].append(columns)

    def note(self, code: str, source: str, row: int, resource_type: str, element: str = "") -> None:
        """Count a warning; the message never holds a value."""
        key = (source, code, resource_type, element)
        known = self._findings.get(key)
        if known is None:
            self._findings[key] = {
                "source_file": source,
                "code": code,
                "resource_type": resource_type,
                "element": element,
                "rows": 1,
                "first_row": row,
                "message": MESSAGES[code],
            }
        else:
            known["rows"] = int(str(known["rows"])) + 1
            known["first_row"] = min(int(str(known["first_row"])), row)

    def note_item(self, code: str, item: Item, element: str) -> None:
        self.note(code, item.source, item.row, item.resource_type, element)

    def findings(self) -> list[Row]:
        """All findings, in order of their key."""
        return [self._findings[key] for key in sorted(self._findings)]

    def codes(self, item: Item, element: str, concepts: list[Json], *, start: int = 0) -> None:
        """The codes of an element's concepts. `start` is the position of the first concept."""
        for position, system, code in codings(concepts):
            if not is_known(system):
                self.note_item("fhir.unknown_system", item, element)
            self.add(
                "clinical_codes",
                member_id=item.member_id,
                resource_type=item.resource_type,
                resource_id=item.resource_id,
                element=element,
                position=start + position,
                code_system=system,
                code=code,
            )

    def concept(self, item: Item, element: str, *, of: Json | None = None, named: str | None = None, position: int = 0) -> None:
        """The codes of a single concept of the resource, or of a part of it."""
        found = part(of if of is not None else item.resource, named or element)
        if found:
            self.codes(item, element, [found], start=position)

    def concepts(self, item: Item, element: str) -> None:
        """The codes of a list of concepts of the resource, each at its position."""
        self.codes(item, element, parts(item.resource, element))

    def reference(self, item: Item, element: str, position: int, node: Json, resource_type: str) -> str | None:
        """The id that a reference names, if the resource is there and is this person's (or nobody's); else None, and a gap."""
        written = text(node, "reference")
        kind, found = target(written, resource_type)
        if found is not None and kind == resource_type and self.known & {(kind, item.member_id, found), (kind, "", found)}:
            return found
        self.add(
            "clinical_gaps",
            member_id=item.member_id,
            resource_type=item.resource_type,
            resource_id=item.resource_id,
            element=element,
            position=position,
            reference=written or "",
            is_mended=False,
        )
        self.note_item("fhir.dangling_reference", item, element)
        return None


def target(written: str | None, expected: str) -> tuple[str, str | None]:
    """Type and id that a reference names: `Type/id`, a URL that ends so, either with a version, or `urn:uuid:id` of the expected type."""
    if written is None or written.startswith("#"):
        return expected, None
    if written.startswith("urn:"):
        return expected, written.rsplit(":", 1)[-1]
    steps = written.split("/_history/", 1)[0].rstrip("/").split("/")
    return (steps[-2], steps[-1]) if len(steps) > 1 else (expected, None)
