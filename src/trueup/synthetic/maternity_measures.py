"""What measures of childbirth look for beside the care that costs: parity, presentation, induction, morbidity, birth weight, screening.

All of it is drawn from a stream of its own and written after everything else, so that births, practices and claims stay as they are. Shares
are ours, of plausible size; practices differ in how often they screen. Per mille unless stated.
"""

from __future__ import annotations

import numpy as np

from trueup.synthetic import entities as ent
from trueup.synthetic.book import Book, Words
from trueup.synthetic.care import Region, positions
from trueup.synthetic.draw import Draw, Flags, Ints
from trueup.synthetic.lifecycle import live_plainly
from trueup.synthetic.output import TableFile
from trueup.synthetic.pregnancies import GLOBAL, HOSPITAL, LIVE, LOSS, PACKAGE, Pregnancies
from trueup.synthetic.tables import ClaimTables, holders_of
from trueup.synthetic.themes import planted_table

MARKS, SCREENING, WITHHELD = 8, 9, 10  # streams: what is true of pregnancies, the claims, and the claims that never were
# share of first pregnancies by age: below 20, 25, 30, 35, and from 35 on
FIRST = (780, 560, 420, 300, 180)
INDUCED, MALPRESENTED, MALPRESENTED_VAGINAL, MORBIDITY, TRANSFUSED = 260, 150, 3, 7, 12
LIGHT_AT_TERM = 25
# code and weight by completed weeks: fewer than so many weeks have this code
LIGHT = ((26, "P0702"), (28, "P0703"), (30, "P0714"), (32, "P0715"), (34, "P0716"), (36, "P0717"), (37, "P0718"))
MORBIDITY_CODES = ("J9601", "O1502", "J9600")
# how often practices screen, by position
SCREENS = (720, 640, 560, 690, 480, 810, 760, 600, 830, 520, 450, 660, 740, 380, 590, 550)
# (week of pregnancy, codes, share of the practice's own share)
PLAN = ((10, "99408", 700), (12, "86703", 500), (25, "96127", 900), (33, "H0049", 250))
# practices that withhold care once monitoring begins: position -> shares of visits after birth and of glucose tests that never happen
WITHHOLD = {ent.MIDWIFE: (620, 550), ent.LARGE[2]: (700, 600), ent.LARGE[3]: (520, 0)}
POSTPARTUM_SCREEN, POSTPARTUM_CODE, INJECTION = 850, 550, 70


def mark(draw: Draw, p: Pregnancies) -> None:
    """Adds flags to the pregnancies: first_pregnancy, malpresentation, induced, morbidity, transfused."""
    n = len(p)
    band = np.searchsorted(np.array([20, 25, 30, 35]), p.age, side="right")
    earlier = np.append(False, p.woman[1:] == p.woman[:-1])  # rows are ordered by woman and day
    p.flags["first_pregnancy"] = draw.chance(np.array(FIRST)[band], n) & ~earlier & ~p.flags["prior_cesarean"]
    turned = draw.chance(np.where(p.cesarean, MALPRESENTED, MALPRESENTED_VAGINAL), n)
    p.flags["malpresentation"] = turned & (p.outcome == LIVE) & ~p.flags["prior_cesarean"]
    inside = (p.setting == HOSPITAL) & (p.outcome != LOSS)
    p.flags["induced"] = draw.chance(np.where(p.cesarean, INDUCED // 2, INDUCED), n) & inside & ~p.flags["prior_cesarean"]
    worse = np.where(p.flags["high_risk"] | p.cesarean, 2, 1)
    p.flags["morbidity"] = draw.chance(MORBIDITY * worse, n) & inside
    p.flags["transfused"] = draw.chance(TRANSFUSED * worse, n) & inside
    p.flags["light_at_term"] = draw.chance(LIGHT_AT_TERM, n) & (p.outcome == LIVE)


def weight_code(r: Region, rows: Ints) -> Ints:
    """The code of a low birth weight, as a word; null for a child of usual weight."""
    p, w = r.p, r.words
    weeks = p.weeks[rows]
    at_term = np.where(p.flags["light_at_term"][rows], w("P0518"), -1)
    light = np.select([weeks < below for below, _ in LIGHT], [w(code) for _, code in LIGHT], at_term)
    # half of the children born at 36 weeks weigh enough
    return np.where((weeks == 36) & (rows % 2 == 0), -1, light)


def more_of_birth(r: Region, rows: Ints) -> dict[str, Ints]:
    """Further codes of a claim for the birth: presentation, and severe morbidity where it was worst."""
    flags, w = r.p.flags, r.words
    severe = np.array([w(code) for code in MORBIDITY_CODES])[rows % len(MORBIDITY_CODES)]
    return {"dx8": np.where(flags["morbidity"][rows], severe, np.where(flags["malpresentation"][rows], w("O321XX0"), -1))}


def second_procedure(r: Region, rows: Ints) -> Ints:
    """What else was done in the delivery stay, where its second position is free: a transfusion, or labor induced."""
    flags, w = r.p.flags, r.words
    return np.where(flags["transfused"][rows], w("30233N1"), np.where(flags["induced"][rows], w("3E033VJ"), -1))


def withheld(r: Region, claims: dict[str, Ints], lines: dict[str, Ints], since: int | None, draw: Draw) -> Flags:
    """Which claims of care never were, because a practice withholds it from births on or after a day: by claim.

    Only visits after birth and glucose tests, which no birth, window or attribution rests on.
    """
    p, w, n = r.p, r.words, len(claims["member"])
    if since is None:
        return np.zeros(n, dtype=bool)
    preg = np.maximum(claims["preg"], 0)
    tested = np.zeros(n, dtype=bool)
    tested[lines["claim"][lines["hcpcs"] == w("82950")]] = True
    visited = (claims["dx1"] == w("Z392")) & (claims["start"] > p.day[preg]) & (claims["biller"] == p.second[preg])
    share = np.zeros(n, dtype=np.int64)
    for practice, (visits, tests) in WITHHOLD.items():
        share = np.where(p.second[preg] == practice, np.where(visited, visits, np.where(tested, tests, 0)), share)
    return draw.chance(share, n) & (claims["preg"] >= 0) & (p.day[preg] >= since)


def write_screening(
    r: Region, words: Words, seed: int, first_member: int, first_baby: int, tables: dict[str, TableFile], facts: dict[str, TableFile]
) -> None:
    """Screening and support that no other template writes, as claims of their own of the practice that cares for the woman that day."""
    s = Region(Draw.of_theme(seed, r.ents.region, SCREENING), r.calendar, r.ents, r.people, r.p, Book(words), [])
    _before(s)
    _after(s)
    claims, lines = s.book.closed()
    exists = _exists(s, claims["member"], claims["start"])
    first_claim, holders = r.ents.region * 10**8 + SCREENING * 10**7, holders_of(r, first_member, first_baby)
    versions = live_plainly(s.draw, first_claim, claims, exists, r.calendar.data_end)
    builder = ClaimTables(r.ents, words, claims, lines, versions, holders)
    for block in builder.build(pharmacy=False):
        tables["medical_claim"].write(block)
    facts["planted"].write(planted_table(holders.ids, claims["member"], versions, first_claim))


def _exists(r: Region, member: Ints, on: Ints) -> Flags:
    return r.people.covered(member, on) & (on <= r.calendar.data_end) & (on >= r.calendar.first_birth - 320)


def _before(r: Region) -> None:
    p, n = r.p, len(r.p)
    habit = np.array(SCREENS)
    for week, code, share in PLAN:
        day = p.lmp + week * 7 + r.draw.between(0, 9, n)
        mask = (day >= p.care_from) & (day < p.day - 2)
        mask &= r.draw.chance(habit[p.practice_at(np.arange(n), day)] * share // 1000, n)
        rows = positions(mask)
        who = np.full(len(rows), ent.LABORATORY) if code == "86703" else p.practice_at(rows, day[rows])
        # without a week of pregnancy, so that it points to nobody's care
        claim = r.professional(rows, day[rows], who, "81" if code == "86703" else "11", dx1="Z3689")
        r.book.lines(claim, date=day[rows], hcpcs=code, price=r.plain_price(code, len(rows)))


def _after(r: Region) -> None:
    p, n = r.p, len(r.p)
    habit = np.array(SCREENS)[p.second % ent.PRACTICES]
    day = p.day + r.draw.between(22, 55, n)
    rows = positions((p.outcome == LIVE) & r.draw.chance(habit * POSTPARTUM_SCREEN // 1000, n))
    claim = r.professional(rows, day[rows], p.second[rows], dx1="Z1332")
    r.book.lines(claim, date=day[rows], hcpcs="96161", price=r.plain_price("96161", len(rows)))
    # a visit within a fee for delivery, reported without a price
    paid = ((p.style == GLOBAL) | (p.style == PACKAGE)) & ~p.flags["laborist"]
    rows = positions(p.births & paid & r.draw.chance(POSTPARTUM_CODE, n))
    claim = r.professional(rows, day[rows], p.second[rows], dx1="Z392")
    r.book.lines(claim, date=day[rows], hcpcs="0503F", price=np.zeros(len(rows), dtype=np.int64))
    rows = positions((p.outcome == LIVE) & ~p.flags["sterilization"] & r.draw.chance(INJECTION, n))
    claim = r.professional(rows, p.day[rows] + 2, p.second[rows], dx1="Z30013")
    r.book.lines(claim, date=p.day[rows] + 2, hcpcs="J1050", price=r.plain_price("J1050", len(rows)))
