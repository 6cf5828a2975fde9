"""Writes a synthetic state: the input layout, and beside it what is true.

Work goes region by region (about 20,000 members each), so memory does not grow with the number of members. Each region has its own random
stream, so the same seed, members and programs give the same bytes whatever machine or thread count runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trueup.errors import UsageError
from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic import truth
from trueup.synthetic.arrow import rows_table
from trueup.synthetic.beside import FACTS, TABLES, Beside, Place, kinds_of, monitored_since, write_beside
from trueup.synthetic.book import Book, Words
from trueup.synthetic.calendar import Calendar, build_calendar, to_date
from trueup.synthetic.care import Region
from trueup.synthetic.care_after import write_after
from trueup.synthetic.care_delivery import write_delivery
from trueup.synthetic.care_newborn import write_newborn
from trueup.synthetic.care_prenatal import write_prenatal
from trueup.synthetic.draw import Draw
from trueup.synthetic.lifecycle import in_reach, live
from trueup.synthetic.maternity_measures import MARKS, WITHHELD, mark, withheld, write_screening
from trueup.synthetic.output import FileFormat, TableFile
from trueup.synthetic.people import choose_women, eligibility, plan_people
from trueup.synthetic.pregnancies import plan_pregnancies
from trueup.synthetic.tables import ClaimTables, eligibility_table, holders_of

if TYPE_CHECKING:
    from trueup.rules.program import Program

Progress = Callable[[str, int, int], None]
BABIES_PER_REGION = 100_000  # room in the numbering of newborns


@dataclass(frozen=True)
class SynthResult:
    """What was written. `files` maps a table's name to its path; `rows` counts the rows; `births` counts true deliveries."""

    folder: Path
    files: dict[str, Path]
    rows: dict[str, int]
    births: int
    members: int
    first_day: str
    last_day: str


def generate(
    programs: list[Program],
    out_dir: Path,
    *,
    members: int = 20_000,
    seed: int = 1,
    file_format: FileFormat = "csv.gz",
    progress: Progress | None = None,
) -> SynthResult:
    """Writes the synthetic state for these programs into `out_dir`.

    The programs must know their periods (load them with assumptions). `members` counts people other than the newborns that they have.
    `progress(step, done, total)` is called per region. Raises `UsageError` for fewer than 2,000 members or no program, `Refused` where a
    period is unknown.
    """
    if members < cal.MINIMUM_MEMBERS:
        raise UsageError(
            "TRU-U020",
            f"a synthetic state has at least {cal.MINIMUM_MEMBERS:,} members, not {members:,}",
            next_step="Use --members 2000 or more.",
        )
    if not programs:
        raise UsageError(
            "TRU-U021", "no program was named, so there is no calendar to follow", next_step="Name at least one with --programs."
        )
    if file_format not in ("csv", "csv.gz", "parquet"):
        raise UsageError("TRU-U022", f"no such file format: {file_format}", next_step="Use csv, csv.gz or parquet.")
    calendar, beside = build_calendar(programs), kinds_of(programs)
    regions = max(1, round(members / cal.REGION_MEMBERS))
    edges = [members * i // regions for i in range(regions + 1)]
    folder = out_dir / "ground_truth"
    folder.mkdir(parents=True, exist_ok=True)
    words = Words()
    births = 0
    with ExitStack() as stack:

        def opened(where: Path, name: str, kind: FileFormat) -> TableFile:
            return stack.enter_context(TableFile(where, name, kind))

        tables = {name: opened(out_dir, name, file_format) for name in _TABLES}
        facts = {name: opened(folder, name, "csv") for name in (*truth.TABLES, *FACTS)}
        for region in range(regions):
            place = Place(region, edges[region + 1] - edges[region], seed, words, tables, facts)
            births += _region(beside, calendar, place, edges[region])
            if progress is not None:
                progress("synthetic state", region + 1, regions)
        everything = tables | facts
    used = {name: file for name, file in everything.items() if file.rows}
    for name, file in everything.items():
        if name not in used:
            file.path.unlink(missing_ok=True)
    (out_dir / "README.txt").write_text(_readme(programs, calendar, members, seed), encoding="utf-8")
    return SynthResult(
        out_dir, {name: file.path for name, file in used.items()}, {name: file.rows for name, file in used.items()}, births, members,
        to_date(calendar.first_birth).isoformat(), to_date(calendar.data_end).isoformat(),
    )  # fmt: skip


_TABLES = ("medical_claim", "pharmacy_claim", "eligibility", "provider", "entity_crosswalk", "participation", "gate_results",
           *TABLES)  # fmt: skip


def _region(beside: Beside, calendar: Calendar, place: Place, first: int) -> int:
    region, size, words, tables, facts = place.region, place.size, place.words, place.tables, place.facts
    programs, draw = beside.births, Draw(place.seed, region)
    women = choose_women(draw, size)
    p = plan_pregnancies(draw, calendar, size, women)
    people = plan_people(draw, calendar, size, women, p)
    mark(Draw.of_theme(place.seed, region, MARKS), p)
    ents = ent.build_entities(region)
    r = Region(draw, calendar, ents, people, p, Book(words), [])
    for write in (write_prenatal, write_delivery, write_after, write_newborn):
        write(r)
    claims, lines = r.book.closed()
    count = np.bincount(lines["claim"], minlength=len(claims["member"])).astype(np.int64)
    exists, stray = in_reach(r, claims, draw)
    versions = live(r, claims, count, exists & (count > 0))
    never = withheld(r, claims, lines, monitored_since(programs), Draw.of_theme(place.seed, region, WITHHELD))
    versions.forget(never)
    base = region * BABIES_PER_REGION
    builder = ClaimTables(ents, words, claims, lines, versions, holders_of(r, first, base))
    for name in ("medical_claim", "pharmacy_claim"):
        for block in builder.build(pharmacy=name == "pharmacy_claim"):
            tables[name].write(block)
    write_screening(r, words, place.seed, first, base, tables, facts)
    enrollment, changes = eligibility(draw, calendar, people, p)
    tables["eligibility"].write(eligibility_table(r, draw, enrollment, first, base))
    for name, rows in (
        ("provider", ent.provider_rows(ents, calendar)), ("entity_crosswalk", ent.crosswalk_rows(ents, calendar)),
        ("participation", ent.participation_rows(programs, ents, calendar)), ("gate_results", ent.gate_rows(programs, ents, calendar)),
    ):  # fmt: skip
        if rows:
            tables[name].write(rows_table(rows))
    truth.write(r, claims, versions, stray, changes, never, facts, first, base)
    write_beside(beside, place, r)
    return int(p.births.sum())


def _readme(programs: list[Program], calendar: Calendar, members: int, seed: int) -> str:
    first, last, end = (to_date(day).isoformat() for day in (calendar.first_birth, calendar.last_birth, calendar.data_end))
    return (
        "A synthetic state. Every person, practice and id in these files is invented; none belongs to anybody.\n\n"
        f"programs: {', '.join(program.id for program in programs)}\nmembers:  {members}\nseed:     {seed}\n"
        f"births:   {first} to {last}; nothing of them is known after {end}\n\n"
        "The tables follow the Tuva input layout with columns for claim versions. The folder ground_truth holds what is true: the\n"
        "pregnancies, the practices and their effect on cost, the effect of risks, and every claim or member with a planted quirk; where\n"
        "programs ask for them, also the psychiatric stays of children and what followed, and whom members of panels saw most often.\n"
    )
