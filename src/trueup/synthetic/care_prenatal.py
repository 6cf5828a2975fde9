"""Claims of care before the birth, and of pregnancies that end early."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic.care import Region, drg_cents, positions
from trueup.synthetic.draw import Flags, Ints
from trueup.synthetic.pregnancies import ITEMIZED, LOSS, PACKAGE

VISIT_WEEKS = (7, 11, 15, 19, 23, 26, 28, 30, 32, 34, 36, 37, 38, 39, 40)


def write_prenatal(r: Region) -> None:
    _first_visit(r)
    _visits(r)
    _imaging(r)
    _laboratory(r)
    _specialist(r)
    _packages(r)
    _emergency(r)
    _admission(r)
    _losses(r)


def _during(r: Region, day: Ints, margin: int = 2) -> Flags:
    """Whether the day lies in care: from the first visit until just before the end."""
    return (day >= r.p.care_from) & (day < r.p.day - margin)


def _diagnoses(r: Region, rows: Ints, day: Ints) -> dict[str, Ints]:
    return {"dx1": r.supervision(rows, day), "dx2": r.condition(rows, day), "dx3": r.weeks_code(rows, day)}


def _conditions(r: Region, rows: Ints) -> dict[str, Ints]:
    """Diagnoses of conditions that were there before the pregnancy."""
    codes = {"dx4": ("heart_disease", "I420"), "dx5": ("sickle_cell", "D571"), "dx6": ("homelessness", "Z5901")}
    return {column: np.where(r.p.flags[name][rows], r.words(code), -1) for column, (name, code) in codes.items()}


def _ancillary(r: Region, rows: Ints, day: Ints) -> dict[str, Ints]:
    """Diagnoses of laboratory and imaging claims: antenatal screening, without a week, so that they point to no practice's care.

    A few carry the supervision codes of the visit instead, as real ones do; those are planted, because they look like a trigger.
    """
    copied = r.draw.chance(cal.COPIED_CODES, len(rows))
    full = _diagnoses(r, rows, day)
    return {
        "dx1": np.where(copied, full["dx1"], r.words("Z3689")), "dx2": full["dx2"], "dx3": np.where(copied, full["dx3"], -1),
        "ancillary": copied.astype(np.int64),
    }  # fmt: skip


def _laboratory_claim(r: Region, rows: Ints, day: Ints) -> Ints:
    return _ancillary_claim(r, rows, day, np.full(len(rows), ent.LABORATORY), "81")


def _ancillary_claim(r: Region, rows: Ints, day: Ints, who: Ints, pos: str) -> Ints:
    """A claim of a biller that is not the practice; where `who` is the practice itself, it carries the visit's codes."""
    own = who < ent.PRACTICES
    full, codes = _diagnoses(r, rows, day), _ancillary(r, rows, day)
    copied = codes.pop("ancillary") == 1
    claim = r.professional(rows, day, who, pos, **{name: np.where(own, full[name], codes[name]) for name in full})
    r.planted.append(("visit_codes_on_ancillary_claim", claim[copied & ~own], rows[copied & ~own]))
    return claim


def _first_visit(r: Region) -> None:
    p = r.p
    rows = positions(_during(r, p.care_from))
    day = p.care_from[rows]
    claim = r.professional(rows, day, r.p.practice_at(rows, day), **_diagnoses(r, rows, day), **_conditions(r, rows))
    long = r.draw.chance(500, len(rows))
    r.line(claim[long], "99204", rows[long], day[long])
    r.line(claim[~long], "99203", rows[~long], day[~long])
    r.line(claim, "81002", rows, day)
    r.line(claim, "36415", rows, day)
    lab = _laboratory_claim(r, rows, day)
    full = r.draw.chance(600, len(rows))
    r.line(lab[full], "80081", rows[full], day[full])
    r.line(lab[~full], "80055", rows[~full], day[~full])
    for code, share in (("87491", 850), ("87591", 850), ("87086", 700), ("88175", 350), ("81420", 250)):
        some = r.draw.chance(share, len(rows))
        r.line(lab[some], code, rows[some], day[some])


def _visits(r: Region) -> None:
    p = r.p
    n = len(p)
    for week in VISIT_WEEKS:
        day = p.lmp + week * 7 + r.draw.between(-3, 3, n)
        share = np.where(p.style == ITEMIZED, np.where(p.births, 900, 800), 130)
        rows = positions(_during(r, day, 1) & (day > p.care_from + 9) & r.draw.chance(share, n))
        at = day[rows]
        claim = r.professional(rows, at, r.p.practice_at(rows, at), **_diagnoses(r, rows, at), **_conditions(r, rows))
        high = r.p.flags["high_risk"][rows] & r.draw.chance(450, len(rows))
        r.line(claim[high], "99214", rows[high], at[high])
        r.line(claim[~high], "99213", rows[~high], at[~high])
        urine = r.draw.chance(620, len(rows))
        r.line(claim[urine], "81002", rows[urine], at[urine])
    # a change of practice with both billing in that month
    rows = positions(p.flags["changes_practice"])
    for practice, day in (
        (p.first[rows], p.switch[rows] - r.draw.between(3, 12, len(rows))),
        (p.second[rows], p.switch[rows] + r.draw.between(0, 9, len(rows))),
    ):
        claim = r.professional(rows, day, practice, **_diagnoses(r, rows, day))
        r.line(claim, "99213", rows, day)
        r.planted.append(("practice_change_two_billing", claim, rows))


def _imaging(r: Region) -> None:
    p = r.p
    n = len(p)
    own = r.draw.chance(600, n)
    plan = (
        ("76801", 9, 750, None), ("76813", 12, 350, None), ("76805", 20, 800, False), ("76811", 20, 850, True), ("76817", 20, 150, None),
        ("76815", 28, 180, None), ("76816", 30, 750, True), ("76816", 34, 600, True), ("76819", 36, 700, True), ("59025", 33, 450, True),
        ("59025", 35, 550, True), ("59025", 37, 550, True), ("76818", 38, 300, True), ("59025", 40, 500, None),
    )  # fmt: skip
    for code, week, share, risk in plan:
        day = p.lmp + week * 7 + r.draw.between(0, 6, n)
        mask = _during(r, day, 1) & r.draw.chance(share, n)
        if risk is not None:
            mask &= p.flags["high_risk"] == risk
        rows = positions(mask)
        at = day[rows]
        who = np.where(own[rows] | (code == "59025"), r.p.practice_at(rows, at), ent.IMAGING)
        claim = _ancillary_claim(r, rows, at, who, "11")
        r.line(claim, code, rows, at)
        if code in ("76801", "76805"):
            twins = p.fetuses[rows] > 1
            r.line(claim[twins], {"76801": "76802", "76805": "76810"}[code], rows[twins], at[twins])


def _laboratory(r: Region) -> None:
    p = r.p
    n = len(p)
    for week, share, codes in ((16, 350, ("82105",)), (26, 800, ("82950", "85025")), (36, 800, ("87653",))):
        day = p.lmp + week * 7 + r.draw.between(0, 9, n)
        rows = positions(_during(r, day) & r.draw.chance(share, n))
        claim = _laboratory_claim(r, rows, day[rows])
        for code in (*codes, "36415"):
            r.line(claim, code, rows, day[rows])
    for week in (20, 28, 34):
        day = p.lmp + week * 7 + r.draw.between(0, 9, n)
        for flag, code in (("diabetes", "83036"), ("hypertension", "84156")):
            rows = positions(_during(r, day) & p.flags[flag] & r.draw.chance(700, n))
            claim = _laboratory_claim(r, rows, day[rows])
            r.line(claim, code, rows, day[rows])


def _specialist(r: Region) -> None:
    """Consults of the maternal-fetal practice beside the practice that holds the pregnancy."""
    p = r.p
    n = len(p)
    for week in (22, 31):
        day = p.lmp + week * 7 + r.draw.between(0, 13, n)
        rows = positions(_during(r, day) & p.flags["high_risk"] & (p.second != ent.SPECIALIST) & r.draw.chance(250, n))
        claim = r.professional(rows, day[rows], ent.SPECIALIST, **_diagnoses(r, rows, day[rows]))
        r.line(claim, "99214", rows, day[rows])
        r.planted.append(("consult_beside_practice", claim, rows))


def _packages(r: Region) -> None:
    """Antepartum packages, billed when the practice's care ends: on the change of practice or on the day of birth."""
    p = r.p
    held = p.births & (p.style == PACKAGE) & ~p.flags["no_usable_claim"]
    for mask, who, begin, end in (
        (held & p.flags["changes_practice"], p.first, p.care_from, p.switch),
        (held, p.second, np.maximum(p.care_from, np.where(p.flags["changes_practice"], p.switch, 0)), p.day),
    ):
        weeks = (end - begin) // 7
        for code, low, high in (("59425", 8, 16), ("59426", 17, 99)):
            rows = positions(mask & (weeks >= low) & (weeks <= high))
            day = np.minimum(end[rows], p.day[rows] - 1)
            claim = r.professional(rows, day, who[rows], **_diagnoses(r, rows, day))
            r.line(claim, code, rows, day)


def _emergency(r: Region) -> None:
    p = r.p
    n = len(p)
    day = p.lmp + r.draw.between(40, 250, n)
    rows = positions((day < p.day - 3) & r.draw.chance(280, n))
    at = day[rows]
    codes = {"dx1": r.words("O26893"), "dx2": r.weeks_code(rows, at)}
    facility = r.book.claims(
        len(rows), member=p.woman[rows], preg=rows, ctype=1, start=at, bill="131", biller=p.hospital[rows], rend=-1, **codes
    )  # fmt: skip
    r.book.lines(facility, date=at, rev="0450", hcpcs="99283", price=r.price("99283", rows, 150) * 5)
    r.book.lines(facility, date=at, rev="0300", hcpcs="85025", price=r.price("85025", rows))
    claim = r.professional(rows, at, ent.GENERAL, "23", dx1="O26893")
    r.line(claim, "99284", rows, at)


def _admission(r: Region) -> None:
    """Antepartum stays."""
    p = r.p
    n = len(p)
    day = p.lmp + r.draw.between(150, 235, n)
    rows = positions(p.births & (day < p.day - 12) & r.draw.chance(np.where(p.flags["high_risk"], 70, 15), n))
    at = day[rows]
    out = at + r.draw.between(2, 4, len(rows))
    claim = r.book.claims(
        len(rows), member=p.woman[rows], preg=rows, ctype=1, start=at, end=out, adm=at, disch=out, disp="01", bill="111", drg="832",
        biller=p.hospital[rows], dx1="O4703", dx2=r.weeks_code(rows, at), dx3=r.condition(rows, at),
    )  # fmt: skip
    r.book.lines(claim, date=at, rev="0120", units=out - at, price=drg_cents(r, "832", rows))
    r.book.lines(claim, date=at, rev="0250")
    doctor = r.professional(rows, at, p.second[rows], "21", dx1="O4703", dx2=r.weeks_code(rows, at))
    r.line(doctor, "99215", rows, at)


def _losses(r: Region) -> None:
    p = r.p
    rows = positions((p.outcome == LOSS) & r.draw.chance(880, len(p)))
    day = p.day[rows]
    missed = r.draw.chance(400, len(rows))
    dx = {"dx1": np.where(missed, r.words("O021"), r.words("O039")), "dx2": r.weeks_code(rows, day)}
    treated = r.draw.chance(550, len(rows))
    doctor = r.professional(rows, day, p.second[rows], np.where(treated, r.words("22"), r.words("11")), **dx)
    missed_now, spontaneous, watched = treated & missed, treated & ~missed, ~treated
    r.line(doctor[missed_now], "59820", rows[missed_now], day[missed_now])
    r.line(doctor[spontaneous], "59812", rows[spontaneous], day[spontaneous])
    r.line(doctor[watched], "99214", rows[watched], day[watched])
    some, at = rows[treated], day[treated]
    facility = r.book.claims(
        len(some), member=p.woman[some], preg=some, ctype=1, start=at, bill="131", biller=p.hospital[some], **{k: v[treated] for k,
        v in dx.items()}
    )  # fmt: skip
    r.book.lines(facility, date=at, rev="0360", hcpcs="59820", price=r.price("59820", some, 150) * 4)
    r.book.lines(facility, date=at, rev="0312", hcpcs="88305", price=r.price("88305", some))
