"""Claims of psychiatric stays and of the care around them: interim bills, interruptions, transfers, delay days, visits, emergency care."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import psychiatry as psy
from trueup.synthetic.draw import Ints, scale
from trueup.synthetic.psychiatry import NONE, Psychiatry
from trueup.synthetic.themes import Theme

PER_DIEM_CENTS = 118_000
DIAGNOSES = ("F332", "F322", "F3481", "F4310", "F319", "F411", "F29", "F502")
EVENT = "preg"  # the column of a claim that says which stay it belongs to, for the ground truth


def write_psychiatry(t: Theme, p: Psychiatry) -> None:
    _stays(t, p)
    _visits(t, p)
    _emergency(t, p)
    _medical(t, p)
    _fills(t, p)


def diagnosis(t: Theme, child: Ints) -> Ints:
    """The main diagnosis of a child, as a word."""
    words = np.array([t.words(code) for code in DIAGNOSES], dtype=np.int64)
    return words[child * 7919 % len(DIAGNOSES)]


def _stays(t: Theme, p: Psychiatry) -> None:
    """One claim for each uninterrupted part of a stay, or two or three interim bills."""
    s = p.stays
    stay = np.arange(len(s), dtype=np.int64)
    broken, interim = s.cut >= 0, s.shape == psy.INTERIM
    moved = s.shape == psy.TRANSFER
    left = np.where(s.against_advice, t.words("07"), t.words("01"))
    sent = np.where(moved, t.words("65"), t.words("01"))
    _bill(t, p, stay[broken], s.first_hospital[broken], s.admitted[broken], s.cut[broken], "111", sent[broken])
    _bill(t, p, stay[broken], s.hospital[broken], s.back[broken], s.discharged[broken], "111", left[broken])
    plain = ~broken & ~interim
    _bill(t, p, stay[plain], s.hospital[plain], s.admitted[plain], s.discharged[plain], "111", left[plain])
    days = s.discharged - s.admitted
    three = interim & (days >= 15)
    cut = s.admitted + days // np.where(three, 3, 2)
    again = np.where(three, s.admitted + 2 * days // 3, s.discharged)
    _bill(t, p, stay[interim], s.hospital[interim], s.admitted[interim], cut[interim], "112", "30", open_stay=True)
    _bill(t, p, stay[three], s.hospital[three], cut[three] + 1, again[three], "113", "30", open_stay=True)
    begin = np.where(three, again, cut) + 1
    _bill(t, p, stay[interim], s.hospital[interim], begin[interim], s.discharged[interim], "114", left[interim])


def _bill(
    t: Theme, p: Psychiatry, stay: Ints, hospital: Ints, first: Ints, last: Ints, bill: str, left: Ints | str, *, open_stay: bool = False
) -> None:
    """Claims of parts of stays. Days of delay stand on the last part, on a revenue line of their own."""
    s, n = p.stays, len(stay)
    child = s.child[stay]
    planned = np.where(s.planned[stay] & (first == s.admitted[stay]), t.words("GZB4ZZZ"), NONE)
    claim = t.book.claims(
        n, member=child, ctype=1, start=first, end=last, adm=first, disch=NONE if open_stay else last, disp=left, bill=bill, drg="885",
        biller=hospital, dx1=diagnosis(t, child), dx2=np.where(child % 5 == 0, t.words("R45851"), NONE), px1=planned,
        pxdate1=np.where(planned >= 0, first, NONE), preg=stay,
    )  # fmt: skip
    delay = np.where(last == s.discharged[stay], s.delay[stay], 0)
    delay = np.minimum(delay, np.maximum(last - first - 1, 0))
    paid = np.maximum(last - first, 1) - delay
    t.book.lines(claim, date=first, rev="0124", units=paid, price=scale(PER_DIEM_CENTS * paid, t.draw.noise(n, 80)))
    t.book.lines(claim, date=first, rev="0300")
    some = delay > 0
    t.book.lines(claim[some], date=(last - delay)[some], rev="0169", units=delay[some], price=30_000 * delay[some])
    # the claim says what the stay's days of delay are in the end
    s.delay[stay] = np.where(last == s.discharged[stay], delay, s.delay[stay])
    doctor = t.visit(child, first + 1, psy.CLINIC, pos="51", dx1=diagnosis(t, child))
    t.line(doctor, first + 1, "99223")


def _visits(t: Theme, p: Psychiatry) -> None:
    child, stay, day, _ = p.events.of("follow_up")
    doctor = child % 3 == 0
    who = np.where(doctor, psy.CLINIC, psy.COUNSELING)
    claim = t.visit(child, day, who, dx1=diagnosis(t, child), preg=stay)
    first = t.draw.chance(300, len(child))
    for mask, code in ((doctor & first, "90792"), (doctor & ~first, "99214"), (~doctor & first, "90791"), (~doctor & ~first, "90834")):
        t.line(claim[mask], day[mask], code)
    child, stay, day, _ = p.events.of("visit_on_day_0")
    claim = t.visit(child, day, psy.COUNSELING, dx1=diagnosis(t, child), preg=stay)
    t.line(claim, day, "90832")
    # a visit for something else, of a provider of another kind: no follow-up
    child, stay, day, _ = p.events.of("other_visit")
    claim = t.visit(child, day, psy.PEDIATRICS, dx1="J069", preg=stay)
    t.line(claim, day, "99213")


def _emergency(t: Theme, p: Psychiatry) -> None:
    child, stay, day, _ = p.events.of("emergency")
    claim = t.outpatient(child, day, psy.MEDICAL, dx1=diagnosis(t, child), dx2="R45851", preg=stay)
    t.book.lines(claim, date=day, rev="0450", hcpcs="99285", price=t.price("99285", len(child)) * 4)
    child, stay, first, last = p.events.of("observation")
    claim = t.outpatient(child, first, p.stays.first_hospital[stay], end=last, dx1=diagnosis(t, child), preg=stay)
    for day in (first, last):
        t.book.lines(claim, date=day, rev="0762", hcpcs="G0378", units=12, price=t.price("G0378", len(child)) * 12)


def _medical(t: Theme, p: Psychiatry) -> None:
    child, stay, first, last = p.events.of("medical_stay")
    harmed = child % 3 == 0
    claim = t.book.claims(
        len(child), member=child, ctype=1, start=first, end=last, adm=first, disch=last, disp="01", bill="111",
        drg=np.where(harmed, t.words("918"), t.words("203")), biller=psy.MEDICAL,
        dx1=np.where(harmed, t.words("T391X2A"), t.words("J4521")), preg=stay,
    )  # fmt: skip
    t.book.lines(claim, date=first, rev="0120", units=last - first, price=scale(240_000 * (last - first), t.draw.noise(len(child), 80)))


def _fills(t: Theme, p: Psychiatry) -> None:
    s, n = p.stays, len(p.stays)
    for month in (0, 1, 2):
        some = t.draw.chance(500 - 100 * month, n)
        day = s.discharged[some] + 1 + 30 * month
        t.fill(s.child[some], day, psy.PHARMACY, "99999000707", scale(1300, t.draw.noise(int(some.sum()))))
