"""Claims of the birth: facility stays with transfers and interim bills, professional delivery, anesthesia, births outside hospitals."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic.care import Region, delivery_diagnoses, drg_cents, positions
from trueup.synthetic.draw import Flags, Ints, scale
from trueup.synthetic.maternity_measures import more_of_birth, second_procedure
from trueup.synthetic.pregnancies import CENTER, GLOBAL, HOME, HOSPITAL, LIVE, PACKAGE


def write_delivery(r: Region) -> None:
    _facility(r)
    _professional(r)
    _anesthesia(r)
    _birth_center(r)


def _drg(r: Region, rows: Ints) -> tuple[Ints, Ints]:
    """The delivery DRG as a word, and its price, for these pregnancies."""
    p, w = r.p, r.words
    severity = np.where(r.draw.chance(18, len(rows)), 0, np.where(p.flags["high_risk"][rows] & r.draw.chance(700, len(rows)), 1, 2))
    names = np.array([["805", "806", "807"], ["796", "797", "798"], ["786", "787", "788"], ["783", "784", "785"]])
    ids = np.array([[w(name) for name in row] for row in names], dtype=np.int64)
    weights = np.array([[cal.DRG_WEIGHTS[name] for name in row] for row in names], dtype=np.int64)
    kind = 2 * p.cesarean[rows] + p.flags["sterilization"][rows]
    base = cal.DRG_BASE_CENTS * weights[kind, severity] // 10_000
    return ids[kind, severity], scale(base, p.effect[rows], r.draw.noise(len(rows), 60))


def _facility(r: Region) -> None:
    p, w = r.p, r.words
    rows = positions((p.setting == HOSPITAL) & p.births & ~p.flags["no_usable_claim"])
    drg, price = _drg(r, rows)
    moved, interim = p.flags["transfer"][rows], p.flags["interim_bills"][rows]
    hospital = np.where(moved, 16 + (p.hospital[rows] - 15) % 3, p.hospital[rows])
    codes = delivery_diagnoses(r, rows) | more_of_birth(r, rows)
    assisted = r.draw.chance(50, len(rows))
    px = np.where(p.cesarean[rows], np.where(assisted, w("10D00Z0"), w("10D00Z1")), np.where(assisted, w("10D07Z6"), w("10E0XZZ")))
    px2 = np.where(p.flags["sterilization"][rows], w("0UL70ZZ"), second_procedure(r, rows))
    adm = np.where(moved, p.day[rows], p.adm[rows])
    # the first of three interim bills holds the day of birth
    end = np.where(interim, p.day[rows] + 3, p.disch[rows])
    claim = r.book.claims(
        len(rows), member=p.woman[rows], preg=rows, ctype=1, start=adm, end=end, adm=adm, disch=np.where(interim, -1, p.disch[rows]),
        disp=np.where(interim, w("30"), w("01")), bill=np.where(interim, w("112"), w("111")), drg=np.where(interim, -1, drg),
        biller=hospital,
        px1=px, pxdate1=p.day[rows], px2=px2, pxdate2=np.where(px2 >= 0, p.day[rows] + p.flags["sterilization"][rows], -1), evidence=1,
        tpl=np.where(p.flags["third_party"][rows], price // 5, 0), **codes,
    )  # fmt: skip
    _stay_lines(r, claim, rows, adm, np.where(interim, price // 2, price))
    for nth, bill in ((1, "113"), (2, "114")):
        part = np.flatnonzero(interim)
        some, last = rows[part], nth == 2
        middle = p.day[some] + 3 + (p.disch[some] - p.day[some] - 3) // 2
        start, stop = (middle + 1, p.disch[some]) if last else (p.day[some] + 4, middle)
        more = r.book.claims(
            len(part), member=p.woman[some], preg=some, ctype=1, start=start, end=stop, adm=adm[part], disch=p.disch[some] if last else -1,
            disp="01" if last else "30", bill=bill, drg=drg[part] if last else -1, biller=hospital[part], evidence=1,
            **{name: value[part] for name, value in codes.items()},
        )  # fmt: skip
        r.book.lines(more, date=start, rev="0120", units=stop - start + 1, price=price[part] // 4)
        r.planted.append(("interim_bills", more, some))
    r.planted.append(("interim_bills", claim[interim], rows[interim]))
    part = rows[moved]
    before = r.book.claims(
        len(part), member=p.woman[part], preg=part, ctype=1, start=p.adm[part], end=p.day[part], adm=p.adm[part], disch=p.day[part],
        disp="02",
        bill="111", drg="833", biller=p.hospital[part], dx1="O6003", dx2=r.weeks_code(part, p.day[part]),
    )  # fmt: skip
    r.book.lines(before, date=p.adm[part], rev="0120", units=1, price=drg_cents(r, "833", part))
    r.planted += [("transfer", before, part), ("transfer", claim[moved], part)]
    for kind in ("third_party", "uncoded_outcome"):
        some = p.flags[kind][rows]
        r.planted.append((kind, claim[some], rows[some]))


def _stay_lines(r: Region, claim: Ints, rows: Ints, start: Ints, price: Ints) -> None:
    """Revenue lines. Two hospitals are paid on the first line, one by line; some carry the newborn's nursery on the mother's stay."""
    p = r.p
    by_line = r.draw.between(16, 18, len(rows)) == 17
    ces = p.cesarean[rows]
    days = np.maximum(p.disch[rows] - p.adm[rows], 1)
    rest = np.where(by_line, price * 45 // 100, 0)
    r.book.lines(claim, date=start, rev="0120", units=np.where(p.flags["interim_bills"][rows], 4, days), price=price - rest)
    parts = (("0720", 20, np.ones(len(rows), dtype=bool)), ("0250", 8, np.ones(len(rows), dtype=bool)), ("0300", 7, np.ones(len(rows),
    dtype=bool)),
             ("0270", 10, ~ces), ("0360", 10, ces))  # fmt: skip
    for rev, percent, mask in parts:
        r.book.lines(claim[mask], date=p.day[rows[mask]], rev=rev, price=np.where(by_line[mask], price[mask] * percent // 100, 0))
    nursery = p.flags["nursery_in_stay"][rows]
    r.book.lines(claim[nursery], date=p.day[rows[nursery]], rev="0171", units=2, price=scale(80_000, r.draw.noise(int(nursery.sum()))))
    r.planted.append(("nursery_line_in_stay", claim[nursery], rows[nursery]))


def _delivery_codes(r: Region, rows: Ints) -> Ints:
    """The delivery code as a word, by mode, earlier cesarean and way of billing."""
    p, w = r.p, r.words
    table = (("59409", "59410", "59400"), ("59612", "59614", "59610"), ("59514", "59515", "59510"), ("59620", "59622", "59618"))
    ids = np.array([[w(code) for code in line] for line in table], dtype=np.int64)
    prior = p.flags["prior_cesarean"][rows] & r.draw.chance(np.where(p.cesarean[rows], 120, 900), len(rows))
    style = np.select([p.style[rows] == GLOBAL, p.style[rows] == PACKAGE], [2, 1], 0)
    style = np.where(p.flags["laborist"][rows], 0, style)
    return ids[2 * p.cesarean[rows] + prior, style]


def _professional(r: Region) -> None:
    p, w = r.p, r.words
    rows = positions(p.births & ~p.flags["no_usable_claim"] & ~p.flags["no_professional_delivery_claim"])
    code = _delivery_codes(r, rows)
    prices = np.zeros(len(w.ids), dtype=np.int64)
    for text in cal.PRICES:
        if text in w.ids:
            prices[w(text)] = cal.PRICES[text]
    price = scale(prices[code], p.effect[rows], r.draw.noise(len(rows), 60))
    pos = np.select([p.setting[rows] == CENTER, p.setting[rows] == HOME], [w("25"), w("12")], w("21"))
    claim = r.professional(rows, p.day[rows], p.deliverer[rows], pos, evidence=1, profdel=1, **delivery_diagnoses(r, rows))
    r.book.lines(claim, date=p.day[rows], hcpcs=code, price=price)
    outside = p.setting[rows] != HOSPITAL
    r.planted.append(("professional_only_birth", claim[outside], rows[outside]))
    twins = p.fetuses[rows] > 1
    second = twins & ~p.cesarean[rows]
    r.book.lines(claim[second], date=p.day[rows[second]], hcpcs="59409", mod="59", price=r.price("59409", rows[second]) // 2)
    helped = positions(p.cesarean & ~p.flags["no_usable_claim"] & ~p.flags["no_professional_delivery_claim"] & r.draw.chance(300, len(p)))
    assist = r.professional(helped, p.day[helped], p.deliverer[helped], "21", evidence=1, **delivery_diagnoses(r, helped, rest=False))
    r.book.lines(assist, date=p.day[helped], hcpcs="59514", mod="80", price=r.price("59514", helped) // 5)


def _anesthesia(r: Region) -> None:
    p = r.p
    n = len(p)
    base: Flags = p.births & (p.setting == HOSPITAL) & ~p.flags["no_usable_claim"]
    planned = p.cesarean & p.flags["prior_cesarean"]
    epidural = base & ~planned & r.draw.chance(np.where(p.cesarean, 900, 640), n)
    spinal = base & (planned | (p.cesarean & ~epidural))
    short = base & ~p.cesarean & ~epidural & r.draw.chance(120, n)
    for mask, codes in ((epidural, ("01967",)), (spinal, ("01961",)), (short, ("01960",))):
        rows = positions(mask)
        codes_of_birth = delivery_diagnoses(r, rows, rest=False)
        # a week of gestation would make the claim look like the trigger of another practice's care: rare, and planted
        copied = r.draw.chance(cal.COPIED_CODES, len(rows))
        codes_of_birth["dx3"] = np.where(copied, codes_of_birth["dx3"], -1)
        claim = r.professional(rows, p.day[rows], ent.ANESTHESIA, "21", evidence=1, **codes_of_birth)
        r.planted.append(("visit_codes_on_ancillary_claim", claim[copied], rows[copied]))
        for code in codes:
            r.line(claim, code, rows, p.day[rows])
        if codes == ("01967",):
            some = p.cesarean[rows]
            r.line(claim[some], "01968", rows[some], p.day[rows[some]])


def _birth_center(r: Region) -> None:
    """Half of birth-center births have a facility claim, on an outpatient bill; the other half is professional only."""
    p = r.p
    rows = positions((p.setting == CENTER) & (p.outcome == LIVE) & r.draw.chance(500, len(p)))
    claim = r.book.claims(
        len(rows), member=p.woman[rows], preg=rows, ctype=1, start=p.day[rows], bill="841", biller=ent.BIRTH_CENTER, evidence=1,
        **delivery_diagnoses(r, rows),
    )  # fmt: skip
    r.book.lines(claim, date=p.day[rows], rev="0724", price=scale(220_000, p.effect[rows], r.draw.noise(len(rows))))
