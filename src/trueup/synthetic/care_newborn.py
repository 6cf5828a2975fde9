"""Claims of newborns, on their own ids and, planted, on the mother's."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic.care import Region, positions
from trueup.synthetic.draw import Ints, scale
from trueup.synthetic.maternity_measures import weight_code
from trueup.synthetic.pregnancies import HOSPITAL, LIVE


def write_newborn(r: Region) -> None:
    """A hospital claim with a newborn DRG, professional care, intensive care for about one in ten, and well-child visits."""
    p, w, draw = r.p, r.words, r.draw
    live = positions(p.outcome == LIVE)
    rows = np.repeat(live, p.fetuses[live])
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(p.fetuses[live]) - p.fetuses[live], p.fetuses[live])
    n = len(rows)
    weeks, on_mother = p.weeks[rows], p.flags["newborn_on_mother"][rows]
    member = np.where(on_mother, p.woman[rows], r.first_baby[rows] + nth)
    share = np.select([weeks < 32, weeks < 35, weeks < 37], [1000, 750, 300], np.where(p.flags["substance_use"][rows], 350, 60))
    intensive = draw.chance(share, n)
    names = ("795", "794", "793", "792", "791", "790")
    level = np.select(
        [weeks < 30, weeks < 34, weeks < 37, intensive],
        [5, np.where(intensive, 4, 3), np.where(intensive, 3, 1), 2],
        np.where(draw.chance(130, n), 1, 0),
    )
    drg = np.array([w(name) for name in names])[level]
    weights = np.array([cal.DRG_WEIGHTS[name] for name in names])[level]
    stay = np.array([2, 3, 5, 9, 16, 45])[level] + draw.between(0, 2, n)
    inside = p.setting[rows] == HOSPITAL
    problem = np.select([weeks < 28, weeks < 37, intensive], [w("P0726"), w("P0738"), w("P229")], np.where(level > 0, w("P599"), -1))
    dx = {"dx1": np.where(~inside, w("Z381"), np.where(p.cesarean[rows], w("Z3801"), w("Z3800"))), "dx2": problem,
          "dx3": weight_code(r, rows)}  # fmt: skip
    born = p.day[rows]
    facility = positions(inside)
    price = scale(cal.DRG_BASE_CENTS * weights[facility] // 10_000, draw.noise(len(facility)))
    claim = r.book.claims(
        len(facility), member=member[facility], preg=rows[facility], ctype=1, start=born[facility], end=(born + stay)[facility],
        adm=born[facility],
        disch=(born + stay)[facility], disp="01", bill="111", drg=drg[facility], biller=p.hospital[rows[facility]],
        **{name: value[facility] for name, value in dx.items()},
    )  # fmt: skip
    rev = np.array([w("0170"), w("0171"), w("0172"), w("0173"), w("0174"), w("0174")])[level[facility]]
    r.book.lines(claim, date=born[facility], rev=rev, units=stay[facility], price=price)
    r.book.lines(claim, date=born[facility], rev="0300")
    planted = on_mother[facility]
    r.planted.append(("newborn_on_mother", claim[planted], rows[facility][planted]))
    doctor = r.book.claims(
        n,
        member=member,
        preg=rows,
        start=born + 1,
        end=born + 2,
        biller=ent.PEDIATRICS,
        rend=_pediatrician(r, rows),
        pos=np.where(inside, w("21"), w("12")),
        **dx,
    )
    for mask, code in ((intensive, "99468"), (~intensive, "99460")):
        r.book.lines(doctor[mask], date=born[mask] + 1, hcpcs=code, price=r.plain_price(code, int(mask.sum())))
    long = intensive & (stay > 4)
    r.book.lines(
        doctor[long],
        date=born[long] + 2,
        hcpcs="99469",
        units=(stay - 3)[long],
        price=r.plain_price("99469", int(long.sum())) * (stay - 3)[long],
    )
    r.book.lines(doctor[~intensive], date=born[~intensive] + 2, hcpcs="99238", price=r.plain_price("99238", int((~intensive).sum())))
    r.planted.append(("newborn_on_mother", doctor[on_mother], rows[on_mother]))
    for days, code in ((10, "99391"), (60, "99391"), (120, "99391")):
        some = positions(~on_mother & draw.chance(700, n))
        day = born[some] + stay[some] + days
        visit = r.book.claims(
            len(some),
            member=member[some],
            preg=rows[some],
            start=day,
            biller=ent.PEDIATRICS,
            rend=_pediatrician(r, rows[some]),
            pos="11",
            dx1="Z00129",
        )
        r.book.lines(visit, date=day, hcpcs=code, price=r.plain_price(code, len(some)))
        r.book.lines(visit, date=day, hcpcs="90471", price=r.plain_price("90471", len(some)))


def _pediatrician(r: Region, rows: Ints) -> Ints:
    return r.clinician(np.full(len(rows), ent.PEDIATRICS), r.p.clinician[rows])
