"""Psychiatric inpatient care of children and adolescents in one region: hospitals, stays, returns, and the care around them.

Calibrated roughly to published precedents, which describe magnitudes and nobody: mean stays of 13 to 18 days in a state's eight hospitals,
acute returns within 30 days of 8 to 22 percent, follow-up visits within 7 and 30 days of 33 to 62 and 53 to 82 percent, about two of three
behavioral emergency visits of children paid by Medicaid. What hospitals differ in is ours. Dates are day numbers; shares are per mille.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic.calendar import day_number, to_date
from trueup.synthetic.draw import Draw, Flags, Ints
from trueup.synthetic.entities import Entities, Row
from trueup.synthetic.people import month_end, month_start
from trueup.synthetic.tables import PAYER
from trueup.synthetic.themes import BillerKind, Members, Span, billers, groups_of, never

if TYPE_CHECKING:
    from trueup.rules.program import Program

NONE = -1
STAYS_A_YEAR = 15  # per thousand members of the region, at least `LEAST_STAYS`
LEAST_STAYS = 90
WAVES = 4  # a child's stays at most
ENTRY_DAYS = 180  # the late entrant opens so long before the payment year


@dataclass(frozen=True)
class Hospital:
    """What is true of a hospital. Lengths per mille of the common curve; the others per mille of discharges, follow-up cumulative."""

    name: str
    hospital_class: str
    election: str
    share: int
    length: int
    returns: int
    seen_7: int
    seen_30: int


HOSPITALS = (
    Hospital("Bayview Hospital", "general", "enrolled", 210, 660, 75, 620, 830),
    Hospital("Northfield Hospital", "general", "enrolled", 180, 830, 110, 500, 720),
    Hospital("Elmwood Psychiatric Hospital", "private_psychiatric", "enrolled", 190, 1040, 150, 400, 590),
    Hospital("Southgate Hospital", "general", "enrolled", 120, 980, 190, 330, 530),
    Hospital("Riverside Hospital", "general", "declined", 100, 920, 140, 450, 650),
    Hospital("Hillcrest Psychiatric Hospital", "private_psychiatric", "declined", 80, 1180, 120, 430, 640),
    Hospital("Children's Hospital", "childrens_general", "none", 90, 780, 100, 570, 780),
    Hospital("Chronic Disease Hospital", "chronic_disease", "none", 30, 1700, 60, 480, 700),
    Hospital("Lakeside Hospital", "general", "enrolled", 140, 900, 130, 450, 660),  # the late entrant
)
LATE = len(HOSPITALS) - 1
MEDICAL = 6  # where children go with other illness
CLINIC, COUNSELING, PEDIATRICS, PHARMACY = range(len(HOSPITALS), len(HOSPITALS) + 4)
# length of stay: (cumulative per ten thousand, days); its mean is about 16 days
LENGTHS = ((0, 3), (1000, 6), (3000, 9), (5000, 12), (7000, 16), (9000, 27), (9700, 46), (10000, 95))
LONGEST = 150
PLAIN, INTERIM, INTERRUPTED, TRANSFER = range(4)
SHAPES = (855, 65, 45, 35)
ACUTE_RETURN, PLANNED_RETURN, LATER_RETURN = 25, 12, 90  # beside the hospital's own psychiatric returns
DAY_0, LATER_VISIT, OBSERVED, BOARDED, EMERGENCY, DELAYED, AGAINST_ADVICE = 80, 90, 70, 550, 110, 120, 15


@dataclass
class Stays:
    """True stays, ordered by child and admission; `cut` and `back` are the end of the first part and the begin of the second, or -1."""

    child: Ints
    first_hospital: Ints
    hospital: Ints
    admitted: Ints
    discharged: Ints
    shape: Ints
    cut: Ints
    back: Ints
    delay: Ints
    planned: Flags
    against_advice: Flags

    def __len__(self) -> int:
        return len(self.child)


@dataclass
class Events:
    """What happens to children beside the stays: (kind, child, stay, first day, last day), one row each."""

    kinds: list[str] = field(default_factory=list[str])
    blocks: list[tuple[int, Ints, Ints, Ints, Ints]] = field(default_factory=list[tuple[int, Ints, Ints, Ints, Ints]])

    def add(self, kind: str, child: Ints, stay: Ints, first: Ints, last: Ints | None = None) -> None:
        if kind not in self.kinds:
            self.kinds.append(kind)
        self.blocks.append((self.kinds.index(kind), child, stay, first, first if last is None else last))

    def of(self, kind: str) -> tuple[Ints, Ints, Ints, Ints]:
        """Child, stay, first and last day of one kind."""
        found = [b[1:] for b in self.blocks if self.kinds[b[0]] == kind]
        if not found:
            none = np.zeros(0, dtype=np.int64)
            return none, none, none, none
        child, stay, first, last = (np.concatenate([b[i] for b in found]) for i in range(4))
        return child, stay, first, last


@dataclass
class Psychiatry:
    """All of it in one region."""

    span: Span
    opened: int
    ents: Entities
    members: Members
    stays: Stays
    events: Events


def build_billers(region: int) -> Entities:
    kinds = [BillerKind("hospital", "273R00000X", 1, h.name) for h in HOSPITALS]
    kinds += [
        BillerKind("psychiatry", "2084P0804X", 4, "Child Psychiatry"), BillerKind("behavioral_health", "103T00000X", 6, "Youth Counseling"),
        BillerKind("pediatrics", "208000000X", 4, "Pediatric Group"), BillerKind("pharmacy", "333600000X", 2, "Village Pharmacy"),
    ]  # fmt: skip
    return billers(region, kinds, first_entity=40, first_npi=300)


def plan(draw: Draw, programs: list[Program], span: Span, region: int, size: int) -> Psychiatry:
    """Draws the children, their stays and what follows them. `programs` say when the first payment year begins."""
    starts = [day_number(p.first_day) for program in programs for p in program.periods if p.role == "performance"]
    opened = int(month_start(np.array([min(starts) - ENTRY_DAYS]))[0])
    stays = _stays(draw, span, opened, max(LEAST_STAYS, size * STAYS_A_YEAR // 1000))
    members = _children(draw, span, stays)
    events = Events()
    return Psychiatry(span, opened, build_billers(region), members, _with_events(draw, stays, events), events)


def _stays(draw: Draw, span: Span, opened: int, per_year: int) -> Stays:
    """Waves of stays: the first of each child, then those that return."""
    leads = per_year * (span.last + 45 - span.first) // 365 * 78 // 100
    day = np.sort(span.first + draw.between(0, span.last + 45 - span.first, leads))
    child, planned = np.arange(leads, dtype=np.int64), np.zeros(leads, dtype=bool)
    hospital = _choose(draw, day, opened)
    waves: list[Stays] = []
    for _ in range(WAVES):
        wave = _wave(draw, child, hospital, day, planned)
        waves.append(wave)
        child, hospital, day, planned = _returns(draw, span, opened, wave)
        if not len(child):
            break
    columns = {name: np.concatenate([getattr(w, name) for w in waves]) for name in Stays.__dataclass_fields__}
    order = np.lexsort((columns["admitted"], columns["child"]))
    return Stays(**{name: column[order] for name, column in columns.items()})


def _choose(draw: Draw, day: Ints, opened: int) -> Ints:
    """A hospital for each day; the late entrant only once it is open."""
    shares = [h.share for h in HOSPITALS]
    early, late = draw.pick([*shares[:LATE], 0], len(day)), draw.pick(shares, len(day))
    return np.where(day >= opened, late, early)


def _wave(draw: Draw, child: Ints, hospital: Ints, day: Ints, planned: Flags) -> Stays:
    n = len(child)
    effect = np.array([h.length for h in HOSPITALS])[hospital]
    days = np.clip(draw.curve(LENGTHS, n) * effect // 1000, 2, LONGEST)
    shape = draw.pick(SHAPES, n)
    shape = np.where((shape == INTERIM) & (days < 8), PLAIN, np.where(days < 4, PLAIN, shape))
    part = np.maximum(days * draw.between(300, 700, n) // 1000, 1)
    gap = np.where(shape == INTERRUPTED, draw.between(1, 2, n), 0)
    broken = (shape == INTERRUPTED) | (shape == TRANSFER)
    cut = np.where(broken, day + part, NONE)
    other = (hospital + draw.between(1, 4, n)) % 6
    other = np.where(other == hospital, (other + 1) % 6, other)
    delay = np.where(draw.chance(DELAYED, n) & (days >= 8), draw.between(2, 12, n), 0)
    return Stays(
        child, hospital, np.where(shape == TRANSFER, other, hospital), day, day + days + gap, shape, cut, np.where(broken, cut + gap, NONE),
        np.minimum(delay, days // 2), planned, draw.chance(AGAINST_ADVICE, n),
    )  # fmt: skip


def _returns(draw: Draw, span: Span, opened: int, wave: Stays) -> tuple[Ints, Ints, Ints, Flags]:
    """Who comes back to a psychiatric bed, where, when, and whether that was planned. A return within three days is part of the stay."""
    n = len(wave)
    within = np.array([h.returns for h in HOSPITALS])[wave.hospital]
    roll = draw.between(0, 999, n)
    soon = roll < within
    planned = ~soon & (roll < within + PLANNED_RETURN)
    later = ~soon & ~planned & (roll < within + PLANNED_RETURN + LATER_RETURN)
    after = np.select([soon, planned], [draw.between(3, 30, n), draw.between(8, 25, n)], draw.between(31, 200, n))
    day = wave.discharged + after
    same = draw.chance(750, n)
    comes = (soon | planned | later) & (day <= span.last + 45)
    elsewhere = _choose(draw, day, opened)
    hospital = np.where(same, wave.hospital, elsewhere)
    return wave.child[comes], hospital[comes], day[comes], planned[comes]


def _children(draw: Draw, span: Span, stays: Stays) -> Members:
    """Six to seventeen years old when first admitted, covered from well before until well after, but for a few."""
    children = np.arange(int(stays.child[-1]) + 1, dtype=np.int64)
    first = np.searchsorted(stays.child, children, side="left").astype(np.int64)
    last = np.searchsorted(stays.child, children, side="right").astype(np.int64) - 1
    n = len(first)
    admitted, left = stays.admitted[first], stays.discharged[last]
    age = np.where(draw.chance(270, n), draw.between(6, 11, n), draw.between(12, 17, n))
    birth = admitted - age * 365 - age // 4 - draw.between(5, 350, n)
    start = month_start(admitted - draw.between(60, 700, n))
    end = month_end(left + draw.between(240, 700, n))
    soon, inside = draw.chance(35, n), draw.chance(10, n)
    end = np.where(soon, stays.discharged[first] + draw.between(5, 25, n), end)
    start = np.where(inside & ~soon, admitted + 2, start)
    race, ethnicity = groups_of(draw, n)
    none = np.zeros(n, dtype=np.int64)
    return Members(
        birth=birth, female=draw.chance(560, n), race=race, ethnicity=ethnicity, start=start, end=np.minimum(end, span.data_end),
        payer=none, next_payer=none, moved_on=never(n), dual=np.zeros(n, dtype=bool), payers=[PAYER],
    )  # fmt: skip


def _with_events(draw: Draw, s: Stays, events: Events) -> Stays:
    """Follow-up, emergency and observation days, and stays with other illness, by stay."""
    n = len(s)
    stay = np.arange(n, dtype=np.int64)
    within_7, within_30 = np.array([h.seen_7 for h in HOSPITALS])[s.hospital], np.array([h.seen_30 for h in HOSPITALS])[s.hospital]
    roll = draw.between(0, 999, n)
    seen = [roll < within_7, roll < within_30, roll < within_30 + LATER_VISIT]
    wait = np.select(seen, [draw.between(1, 7, n), draw.between(8, 30, n), draw.between(31, 80, n)], NONE)

    def add(kind: str, mask: Flags, first: Ints, last: Ints | None = None) -> None:
        events.add(kind, s.child[mask], stay[mask], first[mask], None if last is None else last[mask])

    add("follow_up", wait > 0, s.discharged + wait)
    for more in (1, 2, 3):
        add("follow_up", (wait > 0) & draw.chance(600 - 120 * more, n), s.discharged + wait + 14 * more + draw.between(0, 6, n))
    add("visit_on_day_0", draw.chance(DAY_0, n), s.discharged)
    add("other_visit", draw.chance(300, n), s.discharged + draw.between(1, 60, n))
    add("emergency", draw.chance(EMERGENCY, n), s.discharged + draw.between(1, 45, n))
    add("emergency", draw.chance(BOARDED, n), s.admitted - draw.between(0, 1, n))
    watched = draw.chance(OBSERVED, n)
    add("observation", watched, s.admitted - 1, s.admitted)
    # a stay with other illness, three to thirty days after the last stay of a child
    ends = np.append(s.child[1:] != s.child[:-1], True)
    sick = ends & draw.chance(ACUTE_RETURN, n)
    day = s.discharged + draw.between(3, 30, n)
    add("medical_stay", sick, day, day + draw.between(1, 4, n))
    return s


def status_rows(program: Program, ents: Entities, opened: int) -> list[Row]:
    """Class and election of each hospital: enrolled, declined, of a class that is not eligible, and one that opened late."""
    since = min(p.first_day for p in program.periods if p.known)
    rows: list[Row] = []
    for k, hospital in enumerate(HOSPITALS):
        day = to_date(opened) if k == LATE else since
        rows.append(
            {"program": program.id, "facility_id": ents.npis[ents.first_npi[k]], "hospital_class": hospital.hospital_class,
             "peer_group": "hospital" if hospital.hospital_class == "general" else hospital.hospital_class, "election": hospital.election,
             "effective_from": day.isoformat(), "effective_to": "", "received_date": day.isoformat()}
        )  # fmt: skip
    return rows
