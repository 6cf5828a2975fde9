"""What the care templates share: the region being written, diagnosis codes by trimester, and prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic.book import Book, Words
from trueup.synthetic.calendar import Calendar
from trueup.synthetic.draw import Draw, Flags, Ints, scale
from trueup.synthetic.entities import Entities
from trueup.synthetic.people import BABY, People
from trueup.synthetic.pregnancies import LIVE, STILL, Pregnancies


@dataclass
class Region:
    """Everything a template needs to write the claims of one region."""

    draw: Draw
    calendar: Calendar
    ents: Entities
    people: People
    p: Pregnancies
    book: Book
    planted: list[tuple[str, Ints, Ints]]  # kind, claim numbers, pregnancy positions

    def __post_init__(self) -> None:
        live = np.where(self.p.outcome == LIVE, self.p.fetuses, 0)
        self.first_baby = BABY + np.cumsum(live) - live
        self.words: Words = self.book.words

    def clinician(self, entity: Ints | int, key: Ints) -> Ints:
        """An NPI position of the entity, the same for the same key."""
        first, count = np.array(self.ents.first_npi), np.array(self.ents.npi_count)
        return first[entity] + key % count[entity]

    def price(self, code: str, rows: Ints, spread: int = 60) -> Ints:
        """The price of a code for these pregnancies: list price, true effect, noise."""
        return scale(cal.PRICES[code], self.p.effect[rows], self.draw.noise(len(rows), spread))

    def plain_price(self, code: str, n: int, spread: int = 60) -> Ints:
        return scale(cal.PRICES[code], self.draw.noise(n, spread))

    def professional(self, rows: Ints, day: Ints, entity: Ints | int, pos: str | Ints = "11", **more: Ints | int | str) -> Ints:
        """One professional claim for each pregnancy position in `rows`."""
        who = np.broadcast_to(np.asarray(entity, dtype=np.int64), (len(rows),))
        return self.book.claims(
            len(rows),
            member=self.p.woman[rows],
            preg=rows,
            start=day,
            biller=who,
            rend=self.clinician(who, self.p.clinician[rows]),
            pos=pos,
            **more,
        )

    def line(self, claim: Ints, code: str, rows: Ints, day: Ints, **more: Ints | int | str) -> None:
        """One line with a code's own price on each claim given."""
        self.book.lines(claim, date=day, hcpcs=code, price=self.price(code, rows), **more)

    def weeks_code(self, rows: Ints, day: Ints) -> Ints:
        """The Z3A code of the day; null where the planted pregnancy never codes it."""
        table = self.words.table({w: "Z3A01" if w < 8 else f"Z3A{w:02d}" for w in range(1, 43)}, 44)
        week = np.clip((day - self.p.lmp[rows]) // 7, 1, 42)
        return np.where(self.p.flags["gestation_not_coded"][rows], -1, table[week])

    def supervision(self, rows: Ints, day: Ints) -> Ints:
        """The supervision code of the trimester: normal, high risk, or elderly."""
        digit = trimester(day - self.p.lmp[rows])
        first = self.p.flags["first_pregnancy"][rows]
        later, earliest = (self.words.table({d: f"{stem}{d}" for d in (1, 2, 3)}, 4)[digit] for stem in ("Z348", "Z340"))
        normal = np.where(first, earliest, later)
        risky = self.words.table({d: f"O099{d}" for d in (1, 2, 3)}, 4)[digit]
        later, earliest = (self.words.table({d: f"{stem}{d}" for d in (1, 2, 3)}, 4)[digit] for stem in ("O0952", "O0951"))
        elderly = np.where(first, earliest, later)
        flags = self.p.flags
        return np.where(flags["high_risk"][rows], risky, np.where(flags["age_35_or_more"][rows], elderly, normal))

    def condition(self, rows: Ints, day: Ints) -> Ints:
        """The main complication as a code of its trimester, or null."""
        digit, w, flags = trimester(day - self.p.lmp[rows]), self.words, self.p.flags
        pick = np.full(len(rows), -1, dtype=np.int64)
        for name, stem in (("twins", "O3000"), ("substance_use", "O9932"), ("diabetes", "O2441"), ("hypertension", "O13")):
            table = w.table({d: ("O24410" if stem == "O2441" else f"{stem}{d}") for d in (1, 2, 3)}, 4)
            pick = np.where(flags[name][rows], table[digit], pick)
        return pick


def trimester(gestation_days: Ints) -> Ints:
    """1, 2 from 14 weeks, 3 from 28 weeks."""
    return 1 + (gestation_days >= 98) + (gestation_days >= 196)


def delivery_diagnoses(region: Region, rows: Ints, *, rest: bool = True) -> dict[str, Ints]:
    """Diagnoses of a claim for the birth: principal, outcome, week, complications."""
    p, w = region.p, region.words
    flags = p.flags
    ces, still = p.cesarean[rows], p.outcome[rows] == STILL
    repeat, preterm = ces & flags["prior_cesarean"][rows], p.weeks[rows] < 37
    uncomplicated = ~(flags["high_risk"][rows] | preterm | still | flags["prior_cesarean"][rows])
    principal = np.select(
        [still, repeat, ces & uncomplicated, preterm, uncomplicated, flags["hypertension"][rows], flags["diabetes"][rows]],
        [w("O364XX0"), w("O34211"), w("O82"), w("O6014X0"), w("O80"), w("O134"), w("O24420")],
        w("O701"),
    )  # fmt: skip
    single = np.where(still, w("Z371"), w("Z370"))
    many = np.where(p.fetuses[rows] == 3, w("Z3751"), np.where(still, w("Z374"), w("Z372")))
    outcome = np.where(flags["uncoded_outcome"][rows], -1, np.where(p.fetuses[rows] > 1, many, single))
    out = {"dx1": principal, "dx2": outcome, "dx3": region.weeks_code(rows, p.day[rows])}
    if rest:
        out["dx4"] = np.where(flags["hypertension"][rows], w("O134"), -1)
        out["dx5"] = np.where(flags["diabetes"][rows], w("O24420"), -1)
        out["dx6"] = np.where(flags["substance_use"][rows], w("O99324"), -1)
        out["dx7"] = np.where(p.fetuses[rows] > 1, np.where(p.fetuses[rows] == 3, w("O30103"), w("O30003")), -1)
    return out


def positions(mask: Flags) -> Ints:
    return np.flatnonzero(mask).astype(np.int64)


def drg_cents(region: Region, drg: str, rows: Ints) -> Ints:
    """The price of stays of one DRG: weight, base price, true effect, noise."""
    base = cal.DRG_BASE_CENTS * cal.DRG_WEIGHTS[drg] // 10_000
    return scale(np.full(len(rows), base), region.p.effect[rows], region.draw.noise(len(rows), 60))
