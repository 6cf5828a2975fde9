"""Writes what other kinds of programs need beside childbirth: one theme after the other, region by region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.synthetic import contracts, entity_results, primary_care, primary_care_truth, psychiatry, psychiatry_truth, submissions
from trueup.synthetic.arrow import rows_table
from trueup.synthetic.book import Words
from trueup.synthetic.calendar import day_number, to_date
from trueup.synthetic.calibration import AREAS
from trueup.synthetic.care import Region
from trueup.synthetic.entities import Row
from trueup.synthetic.output import TableFile
from trueup.synthetic.primary_care_claims import write_primary_care
from trueup.synthetic.psychiatry_claims import write_psychiatry
from trueup.synthetic.themes import PRIMARY_CARE, PSYCHIATRY, Span, Theme, add_rows, span_of

if TYPE_CHECKING:
    from trueup.rules.program import Program

TABLES = ("hospital_status", "contracts", "member_scores", "measure_submissions", "reviews", "area_index", "entity_results")
FACTS = (*psychiatry_truth.TABLES, *primary_care_truth.TABLES)
SINCE_DAYS = 700  # billers are known from so many days before the first that matters


@dataclass(frozen=True)
class Beside:
    """The programs by kind, and the days of their themes."""

    births: list[Program]
    stays: list[Program]
    panels: list[Program]
    results: list[Program]
    stay_span: Span | None
    panel_span: Span | None


def kinds_of(programs: list[Program]) -> Beside:
    """Sorts the programs. Raises `Refused` where a period's days are unknown."""
    births, stays, panels, results = (
        [p for p in programs if p.kind == kind] for kind in ("maternity_episode", "inpatient_stay", "panel", "entity_results")
    )
    return Beside(births, stays, panels, results, span_of(stays), span_of(panels))


def monitored_since(births: list[Program]) -> int | None:
    """The first day on which a program watches for care that is withheld; None where none does."""
    watching = [p for p in births if p.has("monitoring.gate") and p.get("monitoring.gate")]
    return min((day_number(q.first_day) for p in watching for q in p.periods if q.role == "performance"), default=None)


@dataclass
class Place:
    """Where a region is written: its number and size, the seed, the words of all regions, and the open files."""

    region: int
    size: int
    seed: int
    words: Words
    tables: dict[str, TableFile]
    facts: dict[str, TableFile]


def write_beside(b: Beside, place: Place, r: Region) -> None:
    """All themes of a region, and what practices of childbirth submit."""
    if b.stay_span:
        _stays(b, place, b.stay_span)
    if b.panel_span:
        _panels(b, place, b.panel_span)
    add_rows(place.tables, "measure_submissions", submissions.maternity_rows(b.births, r.ents, r.calendar, r.p, place.seed))
    add_rows(place.tables, "reviews", submissions.review_rows(b.births, r.ents))
    if place.region == 0:
        add_rows(place.tables, "area_index", area_rows(b.births))
        add_rows(place.tables, "entity_results", entity_results.result_rows(b.results, place.seed))


def _stays(b: Beside, place: Place, span: Span) -> None:
    t = Theme(PSYCHIATRY, place.region, place.seed, place.words, psychiatry.build_billers(place.region), span.data_end)
    found = psychiatry.plan(t.draw, b.stays, span, place.region, place.size)
    write_psychiatry(t, found)
    t.write(found.members, place.tables, span.first - SINCE_DAYS, crosswalk=False)
    for program in b.stays:
        add_rows(place.tables, "hospital_status", psychiatry.status_rows(program, t.ents, found.opened))
    place.facts["psychiatric_stays"].write(psychiatry_truth.stays_table(t, found))
    place.facts["stay_events"].write(psychiatry_truth.events_table(t, found))
    place.facts["hospitals"].write(rows_table(psychiatry_truth.hospital_rows(found)))
    place.facts["planted"].write(t.planted())


def _panels(b: Beside, place: Place, span: Span) -> None:
    ents = primary_care.build_billers(place.region, primary_care.practices_of(place.size))
    t = Theme(PRIMARY_CARE, place.region, place.seed, place.words, ents, span.data_end)
    found = primary_care.plan(t.draw, b.panels, span, place.region, place.size)
    write_primary_care(t, found)
    t.write(found.members, place.tables, found.since - SINCE_DAYS, crosswalk=True)
    add_rows(place.tables, "contracts", contracts.contract_rows(b.panels, found))
    add_rows(place.tables, "gate_results", contracts.gate_rows(b.panels, found))
    add_rows(place.tables, "measure_submissions", submissions.panel_rows(b.panels, found, place.seed))
    for scores in contracts.score_tables(t, found, b.panels):
        place.tables["member_scores"].write(scores)
    for panel in primary_care_truth.panels(t, found, b.panels):
        place.facts["panels"].write(panel)
    place.facts["panel_practices"].write(rows_table(primary_care_truth.practice_rows(found)))
    place.facts["planted"].write(t.planted())


def area_rows(programs: list[Program]) -> list[Row]:
    """Five bands of invented areas; nothing for a state without births."""
    if not programs:
        return []
    since = to_date(15_000).isoformat()
    return [
        {"zip_code": f"{i + 1:05d}", "effective_from": since, "effective_to": "", "band": str(1 + i * 5 // AREAS), "received_date": since}
        for i in range(AREAS)
    ]
