"""Claims of primary-care panels: visits, prevention, chronic care, emergency and hospital care with a heavy tail, and pharmacy."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import primary_care as pc
from trueup.synthetic.book import NONE
from trueup.synthetic.draw import Flags, Ints, scale
from trueup.synthetic.primary_care import PRACTICE_LIST, PrimaryCare
from trueup.synthetic.themes import Theme

# price of a hospital stay in cents: (cumulative per ten thousand, cents); one in thirty is above a hundred thousand dollars
STAY_CENTS = (
    (0, 450_000), (5000, 1_000_000), (8000, 2_400_000), (9300, 6_000_000), (9670, 10_000_000), (9900, 22_000_000), (10000, 65_000_000),
)  # fmt: skip
STAYS, EMERGENCIES, CONSULTS, LABORATORY, FILLS, BIOLOGICS = 140, 210, 550, 420, 4, 9  # per mille and year; fills are a number
MAMMOGRAM, CERVICAL, STOOL_TEST, COLONOSCOPY, A1C, FOLLOW_UP, SUBSTANCE_EMERGENCY = 480, 330, 380, 60, 1080, 420, 650
REASONS = ("J069", "M545", "I10", "R51", "N390", "K219", "J45909", "L309")


def write_primary_care(t: Theme, c: PrimaryCare) -> None:
    _visits(t, c)
    for begin, finish in c.years():
        _prevention(t, c, begin, finish)
        _substance_use(t, c, begin, finish)
        _hospital(t, c, begin, finish)
        _elsewhere(t, c, begin, finish)
        _pharmacy(t, c, begin, finish)


def effect(c: PrimaryCare, member: Ints, begin: int) -> Ints:
    """True cost level of a member's practice in a year, times the member's own risk, per mille."""
    year = sum(1 for first, _ in c.years() if first < begin)
    level = np.array([p.cost + p.cost_change * year for p in PRACTICE_LIST])
    practice, _ = c.home_on(member, np.full(len(member), begin))
    return scale(level[practice], c.risk[member])


def _some(t: Theme, c: PrimaryCare, share: Ints | int, begin: int, finish: int, mask: Flags | None = None) -> tuple[Ints, Ints]:
    """Members to whom something happens in the year, and the day."""
    n = len(c.members)
    chosen = t.draw.chance(share, n)
    on = begin + t.draw.between(0, finish - begin, n)
    chosen &= c.members.covered(np.arange(n, dtype=np.int64), on)
    member = np.flatnonzero(chosen if mask is None else chosen & mask).astype(np.int64)
    return member, on[member]


def _quality(c: PrimaryCare, share: int) -> Ints:
    """A share scaled by the quality of each member's home practice; 700 is the middle."""
    quality = np.array([p.quality for p in PRACTICE_LIST])
    return share * quality[c.home] // 700


def _visits(t: Theme, c: PrimaryCare) -> None:
    v = c.visits
    reason = np.array([t.words(code) for code in REASONS], dtype=np.int64)
    general, child = t.words("Z0000"), t.words("Z00129")
    age = c.age[v.member]
    exam = v.code == 2
    dx = np.where(exam, np.where(age < 18, child, general), reason[(v.member + v.day) % len(REASONS)])
    diabetic = c.diabetes[v.member]
    dx2 = np.where(diabetic, t.words("E119"), NONE)
    claim = t.visit(v.member, v.day, v.practice, rend=v.clinician, dx1=dx, dx2=dx2, preg=np.arange(len(v.member), dtype=np.int64))
    for mask, code in (
        (v.code == 0, "99213"), (v.code == 1, "99214"), (exam & (age < 12), "99393"), (exam & (age >= 12) & (age < 18), "99394"),
        (exam & (age >= 18) & (age < 40), "99395"), (exam & (age >= 40), "99396"),
    ):  # fmt: skip
        t.line(claim[mask], v.day[mask], code)
    screened = exam & t.draw.chance(400, len(exam))
    t.line(claim[screened], v.day[screened], "96127")


def _prevention(t: Theme, c: PrimaryCare, begin: int, finish: int) -> None:
    """Screening and tests, more often where the practice is good; a woman's smear and a stool test go to the laboratory."""
    lab, hospital = c.biller(pc.LABORATORY), c.biller(pc.HOSPITAL)
    age, woman = c.age, c.members.female
    member, on = _some(t, c, _quality(c, MAMMOGRAM), begin, finish, woman & (age >= 50) & (age <= 74))
    claim = t.outpatient(member, on, hospital, dx1="Z1231")
    t.book.lines(claim, date=on, rev="0403", hcpcs="77067", price=t.price("77067", len(member)))
    for share, codes, mask, dx in (
        (CERVICAL, ("88142", "87624"), woman & (age >= 21) & (age <= 64), "Z124"),
        (STOOL_TEST, ("82274",), (age >= 45) & (age <= 75), "Z1211"),
        (A1C, ("83036",), c.diabetes, "E119"),
    ):  # fmt: skip
        member, on = _some(t, c, _quality(c, share), begin, finish, mask)
        claim = t.visit(member, on, lab, pos="81", dx1=dx)
        for code in codes:
            t.line(claim, on, code)
    member, on = _some(t, c, _quality(c, COLONOSCOPY), begin, finish, (age >= 45) & (age <= 75))
    claim = t.outpatient(member, on, hospital, dx1="Z1211")
    t.book.lines(claim, date=on, rev="0750", hcpcs="45378", price=t.price("45378", len(member)) * 2)


def _substance_use(t: Theme, c: PrimaryCare, begin: int, finish: int) -> None:
    """Emergency visits for substance use, and the visit after it for some."""
    member, on = _some(t, c, SUBSTANCE_EMERGENCY, begin, finish, c.substance_use)
    claim = t.outpatient(member, on, c.biller(pc.HOSPITAL), dx1="F1020")
    t.book.lines(claim, date=on, rev="0450", hcpcs="99284", price=t.price("99284", len(member)) * 5)
    seen = t.draw.chance(_quality(c, FOLLOW_UP)[member], len(member))
    member, on = member[seen], on[seen] + t.draw.between(2, 28, int(seen.sum()))
    claim = t.visit(member, on, c.biller(pc.RECOVERY), dx1="F1020")
    t.line(claim, on, "H0015")


def _hospital(t: Theme, c: PrimaryCare, begin: int, finish: int) -> None:
    """Emergency visits and stays; the price of a stay has a heavy tail."""
    n, hospital = len(c.members), c.biller(pc.HOSPITAL)
    everyone = np.arange(n, dtype=np.int64)
    level = effect(c, everyone, begin)
    reason = np.array([t.words(code) for code in REASONS], dtype=np.int64)
    for _ in range(2):
        member, on = _some(t, c, EMERGENCIES * level // 1000 // 2, begin, finish)
        claim = t.outpatient(member, on, hospital, dx1=reason[member % len(REASONS)])
        t.book.lines(claim, date=on, rev="0450", hcpcs="99283", price=t.price("99283", len(member)) * 9)
        doctor = t.visit(member, on, hospital, pos="23", dx1=reason[member % len(REASONS)])
        t.line(doctor, on, "99284")
    member, on = _some(t, c, np.minimum(STAYS * level // 1000, 400), begin, finish - 20)
    days = t.draw.between(2, 7, len(member))
    claim = t.book.claims(
        len(member), member=member, ctype=1, start=on, end=on + days, adm=on, disch=on + days, disp="01", bill="111", drg="194",
        biller=hospital,
        dx1=np.where(member % 2 == 0, t.words("J189"), t.words("I5032")),
    )  # fmt: skip
    price = scale(t.draw.curve(STAY_CENTS, len(member)), t.draw.noise(len(member), 100))
    t.book.lines(claim, date=on, rev="0120", units=days, price=price)
    t.book.lines(claim, date=on, rev="0300")


def _elsewhere(t: Theme, c: PrimaryCare, begin: int, finish: int) -> None:
    """Consults and laboratory work that no measure counts."""
    n = len(c.members)
    level = effect(c, np.arange(n, dtype=np.int64), begin)
    member, on = _some(t, c, np.minimum(CONSULTS * level // 1000, 1000), begin, finish)
    claim = t.visit(member, on, c.biller(pc.SPECIALISTS), dx1="R079")
    t.line(claim, on, "99244", 1_300)
    member, on = _some(t, c, np.minimum(LABORATORY * level // 1000, 1000), begin, finish)
    claim = t.visit(member, on, c.biller(pc.LABORATORY), pos="81", dx1="Z0000")
    t.line(claim, on, "80053")
    t.line(claim, on, "80061")


def _pharmacy(t: Theme, c: PrimaryCare, begin: int, finish: int) -> None:
    """Fills of ninety days, dearer with risk; a few members have a drug that costs more than all else."""
    n, pharmacy = len(c.members), c.biller(pc.PHARMACY)
    level = effect(c, np.arange(n, dtype=np.int64), begin)
    for _ in range(FILLS // 2):
        member, on = _some(t, c, np.minimum(560 * level // 1000, 950), begin, finish)
        t.fill(member, on, pharmacy, "99999001111", scale(19_000, level[member], t.draw.noise(len(member))), 90)
    rare = (np.arange(n) * 7919 % 1000) < BIOLOGICS
    for quarter in range(4):
        member = np.flatnonzero(rare).astype(np.int64)
        on = np.minimum(begin + 20 + 90 * quarter + t.draw.between(0, 15, len(member)), finish)
        t.fill(member, on, pharmacy, "99999001212", scale(1_450_000, t.draw.noise(len(member), 100)), 90)
