"""Panels of primary care in one region: members of several payers, their practices and clinicians, illness, and visits.

Practices differ in quality and cost, and grow. Members see mostly one clinician, sometimes another, and some change practice, so that a
plurality of visits decides and now and then ties. All of it is ours and describes nobody. Dates are day numbers; shares are per mille.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic.draw import Draw, Flags, Ints
from trueup.synthetic.entities import Entities
from trueup.synthetic.people import OPEN, month_end, month_start
from trueup.synthetic.themes import BillerKind, Members, Span, billers, groups_of

if TYPE_CHECKING:
    from trueup.rules.program import Program

MEMBERS, LEAST_MEMBERS = 300, 1_800  # per thousand members of the region
LEAST_PRACTICE, PRACTICES = 500, 8
LOOK_BACK_DAYS = 366
OTHER_PAYER = "Invented Mutual"


@dataclass(frozen=True)
class Practice:
    """What is true of a practice. Size by weight, `grows` per mille of members who join late; cost per mille by year; quality per mille."""

    name: str
    clinicians: int
    weight: int
    grows: int
    cost: int
    cost_change: int
    quality: int
    quality_gap: int  # how much less a group is served


PRACTICE_LIST = (
    Practice("Harbor Street Primary Care", 7, 200, 260, 930, -60, 820, 20),
    Practice("Mill River Family Practice", 6, 165, 180, 1020, -30, 690, 60),
    Practice("Elm Community Health Center", 6, 150, 320, 880, -20, 740, 10),
    Practice("Orchard Internal Medicine", 5, 125, 120, 1150, 40, 560, 110),
    Practice("Stonebridge Primary Care", 4, 110, 150, 1060, -70, 640, 50),
    Practice("Foxhill Medical Group", 4, 95, 220, 1000, 10, 600, 80),
    Practice("Cedar Pediatrics and Family", 4, 85, 90, 950, -10, 770, 30),
    Practice("Summit Road Practice", 3, 70, 60, 1240, 20, 480, 140),
)
# billers beside the practices, by position after them
HOSPITAL, SPECIALISTS, LABORATORY, PHARMACY, RECOVERY = range(5)
# multiplier of the cost of a member: (cumulative per ten thousand, per mille)
RISK = ((0, 250), (3000, 550), (6000, 850), (8500, 1500), (9600, 2800), (10000, 6000))
VISITS = (110, 190, 250, 210, 130, 70, 40)  # share with 0, 1, ... primary-care visits a year
DIABETES, SUBSTANCE_USE, ASTHMA = 120, 75, 80
HOME, SAME_PRACTICE = 840, 90  # visits to the own clinician, to another of the practice; the rest goes elsewhere
SWITCHES, TIES, PAYER_CHANGES, DUALS, LEAVES = 60, 25, 30, 20, 50


@dataclass
class Visits:
    """Primary-care visits, one row each: member, day, clinician (NPI position), practice under which it is billed, and its code."""

    member: Ints
    day: Ints
    clinician: Ints
    practice: Ints
    code: Ints  # 0 short, 1 long, 2 yearly examination


@dataclass
class PrimaryCare:
    """All of it in one region."""

    span: Span
    since: int
    practices: int
    ents: Entities
    members: Members
    home: Ints  # practice
    clinician: Ints  # NPI position
    switch: Ints  # the day from which another practice is the home, or never
    next_home: Ints
    next_clinician: Ints
    age: Ints  # at the end of the last period
    risk: Ints
    diabetes: Flags
    substance_use: Flags
    visits: Visits

    def biller(self, which: int) -> int:
        return self.practices + which

    def years(self) -> list[tuple[int, int]]:
        """First and last day of each calendar year of the data."""
        first = self.since
        out: list[tuple[int, int]] = []
        while first <= self.span.last:
            year = np.array([first]).astype("datetime64[D]").astype("datetime64[Y]")
            last = int((year + 1).astype("datetime64[D]").astype(np.int64)[0]) - 1
            out.append((first, min(last, self.span.last)))
            first = last + 1
        return out

    def home_on(self, member: Ints, on: Ints) -> tuple[Ints, Ints]:
        """Practice and clinician of these members on these days."""
        later = on >= self.switch[member]
        practice = np.where(later, self.next_home[member], self.home[member])
        return practice, np.where(later, self.next_clinician[member], self.clinician[member])


def members_of(size: int) -> int:
    """Members of the panels in a region of this size."""
    return max(LEAST_MEMBERS, size * MEMBERS // 1000)


def practices_of(size: int) -> int:
    """Practices in a region of this size: no more than have panels to speak of."""
    return min(max(members_of(size) // LEAST_PRACTICE, 3), PRACTICES)


def payers_of(programs: list[Program]) -> list[str]:
    """The payers that the programs' contracts name, then one that has none."""
    names: list[str] = []
    for program in programs:
        for terms in program.ids("contracts.terms"):
            path = f"contracts.terms.{terms}.payer"
            if program.known(path) and program.text(path) not in names:
                names.append(program.text(path))
    return [*sorted(names), OTHER_PAYER]


def build_billers(region: int, practices: int) -> Entities:
    kinds = [BillerKind("primary_care", "207Q00000X", p.clinicians, p.name) for p in PRACTICE_LIST[:practices]]
    kinds += [
        BillerKind("hospital", "282N00000X", 1, "Regional Hospital"), BillerKind("specialist", "207RC0000X", 5, "Specialists"),
        BillerKind("laboratory", "291U00000X", 1, "Regional Laboratory"), BillerKind("pharmacy", "333600000X", 3, "Corner Pharmacy"),
        BillerKind("substance_use", "261QM2800X", 3, "New Start Recovery"),
    ]  # fmt: skip
    return billers(region, kinds, first_entity=60, first_npi=500)


def plan(draw: Draw, programs: list[Program], span: Span, region: int, size: int) -> PrimaryCare:
    """Draws practices, members and visits."""
    n, practices = members_of(size), practices_of(size)
    ents = build_billers(region, practices)
    chosen = PRACTICE_LIST[:practices]
    since = int(month_start(np.array([span.first - LOOK_BACK_DAYS + 20]))[0])
    home = draw.pick([p.weight for p in chosen], n)
    members, age = _members(draw, programs, span, since, home)
    first, count = np.array(ents.first_npi), np.array(ents.npi_count)
    clinician = first[home] + draw.between(0, 10**6, n) % count[home]
    moves = draw.chance(SWITCHES, n)
    next_home = (home + draw.between(1, practices - 1, n)) % practices
    switch = np.where(moves, draw.between(span.first + 90, span.last - 120, n), OPEN)
    care = PrimaryCare(
        span, since, practices, ents, members, home, clinician, switch, next_home,
        first[next_home] + draw.between(0, 10**6, n) % count[next_home],
        age, draw.curve(RISK, n), draw.chance(DIABETES, n) & (age >= 18), draw.chance(SUBSTANCE_USE, n) & (age >= 16),
        Visits(*(np.zeros(0, dtype=np.int64) for _ in range(5))),
    )  # fmt: skip
    care.visits = _visits(draw, care)
    return care


def _members(draw: Draw, programs: list[Program], span: Span, since: int, home: Ints) -> tuple[Members, Ints]:
    n = len(home)
    payers = payers_of(programs)
    # payers in turn, so that each practice has about as many of each; the last payer, which has no contract, is rarer
    payer = draw.pick([*(200 for _ in payers[:-1]), 90], n)
    band = draw.pick([230, 60, 340, 290, 80], n)
    low, high = np.array([3, 18, 22, 46, 64])[band], np.array([17, 21, 45, 63, 75])[band]
    age = low + draw.between(0, 10**6, n) % (high - low + 1)
    birth = span.last - age * 365 - age // 4 - draw.between(10, 350, n)
    grows = np.array([p.grows for p in PRACTICE_LIST])[home]
    late = draw.chance(grows, n)
    start = np.where(late, month_start(since + draw.between(200, span.last - since - 200, n)), month_start(since - draw.between(0, 900, n)))
    gone = draw.chance(LEAVES, n)
    left = month_end(np.maximum(start + 200, since + draw.between(300, span.last - since, n)))
    end = np.where(gone, left, month_end(np.full(n, span.last + 200)))
    race, ethnicity = groups_of(draw, n)
    moves = draw.chance(PAYER_CHANGES, n)
    moved_on = np.where(moves, month_start(draw.between(span.first, span.last, n)), OPEN)
    next_payer = (payer + draw.between(1, len(payers) - 1, n)) % len(payers)
    members = Members(birth, draw.chance(530, n), race, ethnicity, start, end, payer, next_payer, moved_on, draw.chance(DUALS, n), payers)
    return members, age


def _visits(draw: Draw, care: PrimaryCare) -> Visits:
    """Visits year by year, mostly to the own clinician; a few members see two clinicians equally often."""
    m, n = care.members, len(care.members)
    first, count = np.array(care.ents.first_npi), np.array(care.ents.npi_count)
    blocks: list[tuple[Ints, ...]] = []
    tied = draw.chance(TIES, n)
    for begin, finish in care.years():
        visits = draw.pick(VISITS, n) + (care.risk > 2_000) + care.diabetes
        member = np.repeat(np.arange(n, dtype=np.int64), np.where(tied, 0, visits))
        on = begin + draw.between(0, finish - begin, len(member))
        practice, clinician = care.home_on(member, on)
        where = draw.between(0, 999, len(member))
        colleague = first[practice] + draw.between(0, 10**6, len(member)) % count[practice]
        other = (practice + draw.between(1, care.practices - 1, len(member))) % care.practices
        stranger = first[other] + draw.between(0, 10**6, len(member)) % count[other]
        practice = np.where(where < HOME + SAME_PRACTICE, practice, other)
        clinician = np.select([where < HOME, where < HOME + SAME_PRACTICE], [clinician, colleague], stranger)
        blocks.append((member, on, clinician, practice, draw.pick((620, 380), len(member))))
        blocks.append(_examinations(draw, care, begin, finish))
        member = np.flatnonzero(tied).astype(np.int64)
        for turn, who in ((0, care.home), (1, care.next_home), (2, care.home), (3, care.next_home)):
            on, where = begin + 60 * turn + draw.between(0, 40, len(member)), who[member]
            blocks.append((member, on, first[where] + member % count[where], where, np.zeros(len(member), dtype=np.int64)))
    member, on, clinician, practice, code = (np.concatenate([b[i] for b in blocks]) for i in range(5))
    # one clinician of the first practice also works in the second, more often; the plurality of visits says which group has the panel
    both = (clinician == first[0] + 1) & (on % 3 != 0)
    practice = np.where(both, 1, practice)
    kept = m.covered(member, on)
    return Visits(member[kept], on[kept], clinician[kept], practice[kept], code[kept])


def _examinations(draw: Draw, care: PrimaryCare, begin: int, finish: int) -> tuple[Ints, ...]:
    """A yearly examination at home for those who have one: by practice, and less often for one group where the practice has a gap."""
    n = len(care.members)
    everyone = np.arange(n, dtype=np.int64)
    on = begin + draw.between(0, finish - begin, n)
    practice, clinician = care.home_on(everyone, on)
    quality, gap = (np.array([getattr(p, name) for p in PRACTICE_LIST])[practice] for name in ("quality", "quality_gap"))
    age_now = care.age - (care.span.last - finish) // 365
    share = np.where(age_now <= 21, quality, quality // 2) - np.where(care.members.race == 1, gap, 0)
    some = np.flatnonzero(draw.chance(share, n) & (age_now >= 3)).astype(np.int64)
    return some, on[some], clinician[some], practice[some], np.full(len(some), 2)
