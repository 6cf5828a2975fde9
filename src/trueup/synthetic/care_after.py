"""Claims after the birth and beside the pregnancy: postpartum, pharmacy, behavioral health, substance use, doula, lactation, background."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import entities as ent
from trueup.synthetic.book import PHARMACY_CLAIM
from trueup.synthetic.care import Region, positions, trimester
from trueup.synthetic.draw import Ints, scale
from trueup.synthetic.pregnancies import GLOBAL, HOSPITAL, LIVE, PACKAGE

# made-up product codes: labeler 99999 is not in use. name -> (code, cents)
NDC = {
    "vitamin": ("99999000101", 900), "nausea": ("99999000202", 2600), "pressure": ("99999000303", 1800), "insulin": ("99999000404", 9800),
    "strips": ("99999000505", 4200), "buprenorphine": ("99999000606", 14500), "mood": ("99999000707", 1300),
    "antibiotic": ("99999000808", 1100),
    "contraceptive": ("99999000909", 2400), "pain": ("99999001010", 700), "other": ("99999001111", 3100),
}  # fmt: skip


def write_after(r: Region) -> None:
    _postpartum(r)
    _readmission(r)
    _pharmacy(r)
    _behavioral(r)
    _substance(r)
    _support(r)
    _background(r)


def _postpartum(r: Region) -> None:
    p, w = r.p, r.words
    n = len(p)
    early = p.day + r.draw.between(6, 16, n)
    rows = positions(p.births & r.draw.chance(np.where(p.cesarean | p.flags["hypertension"], 550, 180), n))
    claim = r.professional(rows, early[rows], p.second[rows], dx1="Z392", dx2=np.where(p.flags["hypertension"][rows], w("O135"), -1))
    r.line(claim, "99213", rows, early[rows])
    day = p.day + r.draw.between(21, 56, n)
    came = p.births & r.draw.chance(680, n)
    # globals and delivery-with-postpartum codes hold the visit; a laborist's patient sees her own practice
    paid_already = ((p.style == GLOBAL) | (p.style == PACKAGE)) & ~p.flags["laborist"]
    rows = positions(came & ~paid_already)
    claim = r.professional(rows, day[rows], p.second[rows], dx1="Z392")
    package = r.draw.chance(450, len(rows))
    r.line(claim[package], "59430", rows[package], day[rows][package])
    r.line(claim[~package], "99213", rows[~package], day[rows][~package])
    rows = positions(came & r.draw.chance(170, n))
    device = r.draw.chance(600, len(rows))
    claim = r.professional(rows, day[rows], p.second[rows], dx1=np.where(device, w("Z30430"), w("Z30017")))
    for some, codes in ((device, ("58300", "J7298")), (~device, ("11981", "J7307"))):
        for code in codes:
            r.line(claim[some], code, rows[some], day[rows][some])


def _readmission(r: Region) -> None:
    p = r.p
    rows = positions(p.births & (p.setting == HOSPITAL) & r.draw.chance(np.where(p.flags["high_risk"], 35, 11), len(p)))
    start = p.disch[rows] + r.draw.between(3, 25, len(rows))
    end = start + r.draw.between(1, 4, len(rows))
    claim = r.book.claims(
        len(rows), member=p.woman[rows], preg=rows, ctype=1, start=start, end=end, adm=start, disch=end, disp="01", bill="111", drg="776",
        biller=p.hospital[rows], dx1=np.where(p.flags["hypertension"][rows], r.words("O1415"), r.words("O864")),
    )  # fmt: skip
    r.book.lines(claim, date=start, rev="0120", units=end - start, price=scale(405_000, p.effect[rows], r.draw.noise(len(rows))))
    r.book.lines(claim, date=start, rev="0300")
    r.book.lines(claim, date=start, rev="0250")


def fill(r: Region, member: Ints, rows: Ints, day: Ints, drug: str, days: int = 30) -> None:
    """One pharmacy claim each; `rows` are pregnancy positions or -1."""
    code, cents = NDC[drug]
    claim = r.book.claims(
        len(member), member=member, preg=rows, ctype=PHARMACY_CLAIM, start=day, biller=ent.PHARMACY,
        rend=r.clinician(np.full(len(member), ent.PHARMACY), member), prescriber=r.clinician(np.full(len(member), ent.GENERAL), member),
    )  # fmt: skip
    r.book.lines(claim, date=day, ndc=code, units=days, days=days, price=scale(cents, r.draw.noise(len(member))))


def _pharmacy(r: Region) -> None:
    p = r.p
    n = len(p)
    for week in (10, 16, 22, 28, 34):
        day = p.lmp + week * 7 + r.draw.between(0, 20, n)
        here = (day >= p.care_from) & (day < p.day)
        rows = positions(here & r.draw.chance(620, n))
        fill(r, p.woman[rows], rows, day[rows], "vitamin")
        for flag, drug in (("hypertension", "pressure"), ("diabetes", "strips"), ("mental_health", "mood")):
            rows = positions(here & p.flags[flag] & r.draw.chance(600, n))
            fill(r, p.woman[rows], rows, day[rows], drug)
    for drug, low, high, share in (("nausea", 50, 90, 330), ("antibiotic", 60, 250, 280)):
        day = p.lmp + r.draw.between(low, high, n)
        rows = positions((day < p.day) & r.draw.chance(share, n))
        fill(r, p.woman[rows], rows, day[rows], drug, 10)
    for drug, low, high, share in (("pain", 1, 5, 600), ("contraceptive", 25, 60, 260), ("mood", 30, 80, 70)):
        day = p.day + r.draw.between(low, high, n)
        rows = positions(p.births & r.draw.chance(share, n))
        fill(r, p.woman[rows], rows, day[rows], drug)


def _behavioral(r: Region) -> None:
    p, w = r.p, r.words
    n = len(p)
    for nth, offset in enumerate((60, 90, 120, 150, 180, 210, 300, 330)):
        day = p.lmp + offset + r.draw.between(0, 20, n)
        rows = positions(p.flags["mental_health"] & (day < p.day + 90) & r.draw.chance(550, n))
        anxious = r.draw.chance(450, len(rows))
        claim = r.professional(rows, day[rows], ent.BEHAVIORAL, dx1=np.where(anxious, w("F411"), w("F331")))
        long = r.draw.chance(400, len(rows))
        for some, code in ((long, "90791" if nth == 0 else "90837"), (~long, "90834")):
            r.book.lines(claim[some], date=day[rows][some], hcpcs=code, price=r.plain_price(code, int(some.sum())))


def _substance(r: Region) -> None:
    p, w = r.p, r.words
    n = len(p)
    user = p.flags["substance_use"]
    rows = positions(user & (p.day - p.lmp > 80))
    day = p.lmp[rows] + 70
    claim = r.professional(rows, day, ent.SUBSTANCE, dx1="F1120", dx2="O99321")
    r.book.lines(claim, date=day, hcpcs="H0001", price=r.plain_price("H0001", len(rows)))
    for offset in range(84, 365, 14):
        day = p.lmp + offset + r.draw.between(0, 10, n)
        rows = positions(user & (day < p.day + 85) & r.draw.chance(520, n))
        pregnant = day[rows] < p.day[rows]
        digit = trimester(day[rows] - p.lmp[rows])
        code = np.where(pregnant, w.table({d: f"O9932{d}" for d in (1, 2, 3)}, 4)[digit], w("O99325"))
        claim = r.professional(rows, day[rows], ent.SUBSTANCE, dx1="F1120", dx2=code)
        intensive = r.draw.chance(220, len(rows))
        for some, hcpcs, units in ((intensive, "H0015", 1), (~intensive, "H0020", 7)):
            price = r.plain_price(hcpcs, int(some.sum())) * units
            r.book.lines(claim[some], date=day[rows][some], hcpcs=hcpcs, units=units, price=price)
        r.book.lines(claim, date=day[rows], hcpcs="80305", price=r.plain_price("80305", len(rows)))
        if offset % 28 == 0:
            fill(r, p.woman[rows], rows, day[rows] + 1, "buprenorphine", 28)


def _support(r: Region) -> None:
    """Doula visits and attendance, lactation classes."""
    p = r.p
    doula = p.births & r.draw.chance(90, len(p))
    for offset in (-70, -40, -15, 10, 28):
        rows = positions(doula)
        day = p.day[rows] + offset
        claim = r.professional(rows, day, ent.DOULA, "12", dx1="Z331" if offset < 0 else "Z392")
        r.book.lines(claim, date=day, hcpcs="T1032", mod="HD", price=r.plain_price("T1032", len(rows), 0))
    rows = positions(doula & (p.setting == HOSPITAL))
    claim = r.professional(rows, p.day[rows], ent.DOULA, "21", dx1="Z331")
    r.book.lines(claim, date=p.day[rows], hcpcs="T1033", mod="HD", price=r.plain_price("T1033", len(rows), 0))
    rows = positions((p.outcome == LIVE) & r.draw.chance(130, len(p)))
    day = p.day[rows] + r.draw.between(3, 25, len(rows))
    claim = r.professional(rows, day, p.second[rows], dx1="Z391")
    r.line(claim, "S9443", rows, day)


def _background(r: Region) -> None:
    """Care of members that has nothing to do with a pregnancy."""
    w = r.words
    people, n = r.people, len(r.people)
    span = np.maximum(people.end - people.start, 1)
    diagnoses = w.table(dict(enumerate(("J069", "M545", "E119", "I10", "R51", "J45909", "N390", "Z0000"))), 8)
    for _ in range(2):
        member = positions(r.draw.chance(480, n))
        day = people.start[member] + r.draw.between(0, 10**6, len(member)) % span[member]
        who = np.full(len(member), ent.GENERAL)
        claim = r.book.claims(
            len(member),
            member=member,
            start=day,
            biller=who,
            rend=r.clinician(who, member),
            pos="11",
            dx1=diagnoses[r.draw.between(0, 7, len(member))],
        )
        r.book.lines(claim, date=day, hcpcs="99213", price=r.plain_price("99213", len(member)))
        some = r.draw.chance(300, len(member))
        r.book.lines(claim[some], date=day[some], hcpcs="36415", price=r.plain_price("36415", int(some.sum())))
        none = np.full(len(member), -1)
        fill(r, member, none, day + 1, "other")
    member = positions(r.draw.chance(90, n))
    day = people.start[member] + r.draw.between(0, 10**6, len(member)) % span[member]
    claim = r.book.claims(
        len(member),
        member=member,
        ctype=1,
        start=day,
        bill="131",
        biller=ent.HOSPITALS[0],
        dx1=diagnoses[r.draw.between(0, 7, len(member))],
    )
    r.book.lines(claim, date=day, rev="0450", hcpcs="99283", price=r.plain_price("99283", len(member)) * 5)
