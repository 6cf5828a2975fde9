"""The true pregnancies of one region: who, when, how they ended, who cared for them, and what is planted in them.

Counts are exact by month, so that every program period has its births; everything else is drawn. Dates are day numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueup.errors import UsageError
from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic.calendar import Calendar
from trueup.synthetic.draw import Draw, Flags, Ints, scale

LIVE, STILL, LOSS = 0, 1, 2
HOSPITAL, CENTER, HOME = 0, 1, 2
ITEMIZED, PACKAGE, GLOBAL = 0, 1, 2
NEVER = 10**6
# share of deliveries by practice position where no gate is aimed at, per mille
_SHARES = (170, 150, 130, 110, 90, 80, 70, 40, 35, 30, 25, 26, 26, 27, 28, 30)
# in a region too small for five aimed practices, two large ones carry the rest
_SMALL_STATE_SHARES = (430, 400, 30, 20, 20, 30, 30, 10, 15, 10, 5, 5, 0, 0, 0, 5)
_FIVE_AIMED_FROM = 500


@dataclass
class Pregnancies:
    """One row per pregnancy, as columns."""

    woman: Ints
    day: Ints  # delivery or loss
    lmp: Ints
    weeks: Ints
    outcome: Ints
    cesarean: Flags
    fetuses: Ints
    setting: Ints
    hospital: Ints
    first: Ints  # practice at the start
    second: Ints  # practice from `switch` on
    switch: Ints
    deliverer: Ints
    style: Ints
    age: Ints
    care_from: Ints  # first visit
    flags: dict[str, Flags]
    adm: Ints
    disch: Ints
    effect: Ints  # per mille of true cost
    clinician: Ints

    def __len__(self) -> int:
        return len(self.day)

    @property
    def births(self) -> Flags:
        return self.outcome != LOSS

    def practice_at(self, rows: Ints, day: Ints) -> Ints:
        """The practice that cares for these pregnancies on these days."""
        return np.where(day < self.switch[rows], self.first[rows], self.second[rows])


def births_per_year(members: int) -> int:
    return max(cal.MINIMUM_BIRTHS_PER_YEAR, members * cal.BIRTHS_A_YEAR // 10_000)


def plan_pregnancies(draw: Draw, calendar: Calendar, members: int, women: Ints) -> Pregnancies:
    """All pregnancies of a region; `women` are the member positions that can have one."""
    per_year = births_per_year(members)
    lead_day = _days(draw, calendar, per_year)
    leads = len(lead_day)
    lead_woman = women[draw.shuffled(len(women))[:leads]]
    if len(lead_woman) < leads:
        raise UsageError(
            "TRU-U023", f"the programs' periods need {leads:,} mothers and there are {len(women):,} women", next_step="Use more members."
        )
    lead_age = _ages(draw, leads)
    day, woman, age, weeks, outcome, after = _with_siblings(draw, calendar, lead_day, lead_woman, lead_age)
    n = len(day)
    flags = _flags(draw, n, age, outcome)
    fetuses = np.where(flags["triplets"], 3, np.where(flags["twins"], 2, 1))
    early = flags["twins"] & draw.chance(650, n)
    shortened = np.where(early, weeks - draw.between(2, 5, n), np.where(flags["triplets"], weeks - draw.between(5, 8, n), weeks))
    weeks = np.where(outcome == LOSS, weeks, np.maximum(shortened, np.minimum(weeks, 24)))
    weeks = np.where(outcome == STILL, np.minimum(weeks, draw.between(21, 40, n)), weeks)
    lmp = day - weeks * 7 - np.where(after > 0, 0, draw.between(0, 6, n))
    share = np.where(flags["prior_cesarean"], cal.CESAREAN_IF_PRIOR, np.where(fetuses > 1, cal.CESAREAN_IF_TWINS, cal.CESAREAN_IF_NONE))
    share = share + np.where(flags["hypertension"], cal.CESAREAN_IF_HYPERTENSION_MORE, 0)
    deliverer = _deliverers(draw, calendar, day, outcome, flags, per_year)
    cesarean = draw.chance(share, n) & (outcome == LIVE) & ~np.isin(deliverer, ent.MIDWIVES)
    setting = _settings(draw, deliverer, fetuses, flags, weeks, outcome, cesarean)
    for name in ("no_usable_claim", "no_professional_delivery_claim", "uncoded_outcome", "transfer", "interim_bills"):
        flags[name] = flags[name] & (setting == HOSPITAL)
    first, second, switch, style = _care(draw, deliverer, lmp, day, flags)
    cesarean = cesarean & (setting == HOSPITAL)
    stay = np.where(cesarean, draw.between(2, 4, n), draw.between(1, 2, n)) + np.where(flags["interim_bills"], draw.between(8, 14, n), 0)
    adm = day - np.where(draw.chance(300, n) | flags["transfer"], 1, 0)
    out = Pregnancies(
        woman=woman, day=day, lmp=lmp, weeks=weeks, outcome=outcome, cesarean=cesarean, fetuses=fetuses, setting=setting,
        hospital=np.array(ent.HOSPITALS)[(deliverer + draw.between(0, 3, n) // 3) % 3], first=first, second=second, switch=switch,
        deliverer=deliverer, style=style, age=age, care_from=lmp + draw.pick_key({45: 350, 58: 300, 75: 180, 100: 100, 140: 50, 200: 20},
        n),
        flags=flags, adm=np.where(setting == HOSPITAL, adm, day), disch=np.where(setting == HOSPITAL, day + stay, day),
        effect=np.zeros(n, dtype=np.int64), clinician=draw.between(0, 1_000_000, n),
    )  # fmt: skip
    out.effect = _effect(out, calendar)
    return out


def practice_effect(position: Ints | int, year: Ints | int, first_year: int) -> Ints:
    """True cost level of a practice in a calendar year, per mille."""
    level = np.array([e[0] for e in cal.PRACTICE_EFFECTS], dtype=np.int64)
    yearly = np.array([e[1] for e in cal.PRACTICE_EFFECTS], dtype=np.int64)
    return np.maximum(level[position] + yearly[position] * (np.asarray(year) - first_year), 700)


def years_of(day: Ints) -> Ints:
    return day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _days(draw: Draw, calendar: Calendar, per_year: int) -> Ints:
    blocks: list[Ints] = []
    for first, last, births in calendar.month_counts(per_year):
        weights = calendar.weights[first - calendar.first_birth : last - calendar.first_birth + 1]
        blocks.append(np.sort(first + draw.pick(weights, births)))
    return np.concatenate(blocks)


def _ages(draw: Draw, n: int) -> Ints:
    band = draw.pick([b[2] for b in cal.AGE_BANDS], n)
    low = np.array([b[0] for b in cal.AGE_BANDS])[band]
    high = np.array([b[1] for b in cal.AGE_BANDS])[band]
    return low + draw.between(0, 10_000, n) % (high - low + 1)


def _with_siblings(
    draw: Draw, calendar: Calendar, lead_day: Ints, lead_woman: Ints, lead_age: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Adds second pregnancies 200 to 400 days later, later siblings, and losses; `after` is the interval to the birth before, else 0."""
    leads = len(lead_day)
    weeks = draw.pick_key(cal.GESTATION_WEEKS, leads)
    outcome = np.where(draw.chance(cal.STILLBIRTH, leads), STILL, LIVE)
    short = draw.some(np.ones(leads, dtype=bool), cal.SHORT_INTERVAL)
    interval = draw.between(200, 400, len(short))
    later = draw.some(~np.isin(np.arange(leads), short), cal.LATER_SIBLING)
    interval = np.concatenate([interval, draw.between(420, 900, len(later))])
    source = np.concatenate([short, later])
    kept = lead_day[source] + interval <= calendar.last_birth
    source, interval = source[kept], interval[kept]
    sibling_weeks = np.minimum(draw.pick_key(cal.GESTATION_WEEKS, len(source)), (interval - 25) // 7)
    # losses: half of women without a birth here, half before the conception of one
    lost = draw.some(np.ones(leads, dtype=bool), cal.LOSSES_PER_BIRTH)
    before = lead_day[lost] - weeks[lost] * 7 - draw.between(25, 150, len(lost))
    loss_weeks = draw.pick_key(cal.LOSS_WEEKS, len(lost))
    day = np.concatenate([lead_day, lead_day[source] + interval, before])
    woman = np.concatenate([lead_woman, lead_woman[source], lead_woman[lost]])
    age = np.concatenate([lead_age, lead_age[source] + interval // 365, lead_age[lost] - 1])
    weeks = np.concatenate([weeks, sibling_weeks, loss_weeks])
    outcome = np.concatenate([outcome, np.full(len(source), LIVE), np.full(len(lost), LOSS)])
    after = np.concatenate([np.zeros(leads, dtype=np.int64), interval, np.zeros(len(lost), dtype=np.int64)])
    kept = day >= calendar.first_birth
    order = np.lexsort((day[kept], woman[kept]))
    columns = (day, woman, age, weeks, outcome, after)
    day, woman, age, weeks, outcome, after = (column[kept][order].astype(np.int64) for column in columns)
    return day, woman, age, weeks, outcome, after


def _flags(draw: Draw, n: int, age: Ints, outcome: Ints) -> dict[str, Flags]:
    births, live = outcome != LOSS, outcome == LIVE
    shares = {
        "prior_cesarean": cal.PRIOR_CESAREAN, "hypertension": cal.HYPERTENSION, "diabetes": cal.DIABETES,
        "substance_use": cal.SUBSTANCE_USE,
        "mental_health": cal.MENTAL_HEALTH, "sterilization": 70, "dual": 8, "third_party": 12, "death": 1,
    }  # fmt: skip
    flags = {name: draw.chance(share, n) for name, share in shares.items()}
    flags["twins"] = draw.chance(cal.TWINS, n) & births
    flags["triplets"] = draw.chance(cal.TRIPLETS, n) & live & ~flags["twins"]
    flags["age_35_or_more"] = age >= 35
    for name, share in (
        ("no_usable_claim", 4), ("no_professional_delivery_claim", 6), ("uncoded_outcome", 4), ("gestation_not_coded", 12), ("transfer",
        14),
        ("interim_bills", 6), ("coverage_gap", 35), ("laborist", 40), ("changes_practice", 55),
    ):  # fmt: skip
        flags[name] = draw.chance(share, n) & births
    flags["transfer"] &= live & ~flags["interim_bills"]
    flags["newborn_on_mother"] = draw.chance(20, n) & live
    flags["nursery_in_stay"] = draw.chance(10, n) & live & ~flags["newborn_on_mother"]
    flags["no_professional_delivery_claim"] &= ~flags["no_usable_claim"]
    flags["uncoded_outcome"] &= ~flags["no_usable_claim"] & live
    beside = draw.beside()
    for name, share in (("heart_disease", cal.HEART_DISEASE), ("sickle_cell", cal.SICKLE_CELL), ("homelessness", cal.HOMELESSNESS)):
        flags[name] = beside.chance(share, n)
    flags["high_risk"] = flags["hypertension"] | flags["diabetes"] | flags["substance_use"] | flags["twins"] | flags["triplets"]
    return flags


def _deliverers(draw: Draw, calendar: Calendar, day: Ints, outcome: Ints, flags: dict[str, Flags], per_year: int) -> Ints:
    """Who delivers; in each gate's days the small practices deliver exactly gate - 2 to gate + 2 births."""
    n = len(day)
    many = per_year >= _FIVE_AIMED_FROM
    shares = list(_SHARES if many else _SMALL_STATE_SHARES)
    if calendar.merge_day is None:
        shares[ent.MERGING] = 0
    out = draw.pick(shares, n)
    if calendar.merge_day is not None:
        out = np.where((out == ent.MERGING) & (day >= calendar.merge_day), ent.LARGE[0], out)
    out = np.where((out == ent.FQHC) & draw.chance(700, n), draw.between(0, 4, n), out)
    aims = [(ent.SMALL[i], i - 2) for i in range(5)] if many else [(ent.SMALL[0], -1), (ent.SMALL[1], 0)]
    for gate in calendar.gates:
        inside = (day >= gate.first) & (day <= gate.last)
        out = np.where(inside & np.isin(out, ent.SMALL), draw.between(0, 4, n), out)
        counted = inside & (outcome != LOSS) & ~flags["no_usable_claim"] & ~flags["no_professional_delivery_claim"] & ~flags["death"]
        pool = np.flatnonzero(counted)
        pool = pool[draw.shuffled(len(pool))]
        for practice, difference in aims:
            take, pool = pool[: gate.threshold + difference], pool[gate.threshold + difference :]
            out[take] = practice
            flags.setdefault("protected", np.zeros(n, dtype=bool))[take] = True
    flags.setdefault("protected", np.zeros(n, dtype=bool))
    return out.astype(np.int64)


def _settings(draw: Draw, deliverer: Ints, fetuses: Ints, flags: dict[str, Flags], weeks: Ints, outcome: Ints, cesarean: Flags) -> Ints:
    """Low-risk single births of midwives may be at home or in a birth center; all others are in a hospital."""
    n = len(deliverer)
    low_risk = (fetuses == 1) & ~flags["high_risk"] & ~flags["prior_cesarean"] & (weeks >= 37) & (outcome == LIVE) & ~cesarean
    center = low_risk & (deliverer == ent.BIRTH_CENTER) & draw.chance(800, n)
    home = low_risk & ~center & np.isin(deliverer, (ent.MIDWIFE, ent.BIRTH_CENTER, ent.SMALL[2])) & draw.chance(120, n)
    return np.where(center, CENTER, np.where(home, HOME, HOSPITAL))


def _care(draw: Draw, deliverer: Ints, lmp: Ints, day: Ints, flags: dict[str, Flags]) -> tuple[Ints, Ints, Ints, Ints]:
    """The practice of prenatal care, a change of practice mid-month for some, and how the care is billed."""
    n = len(deliverer)
    elsewhere = draw.between(0, 4, n)
    second = np.where(flags["laborist"], elsewhere, deliverer)
    second = np.where(np.isin(deliverer, ent.LARGE) & draw.chance(60, n), ent.FQHC, second)
    moved = flags["changes_practice"]
    wanted = lmp + draw.between(110, 220, n)
    # the change falls on the 15th, so that both practices can bill in that month
    switch = wanted.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 14
    moved &= (switch > lmp + 100) & (switch < day - 20)
    other = draw.between(0, 5, n)
    first = np.where(moved, np.where(other == second, (other + 1) % 6, other), second)
    flags["changes_practice"] = moved
    flags["laborist"] = second != deliverer
    style = draw.pick([650, 200, 150], n)
    style = np.where((style == GLOBAL) & (moved | flags["laborist"]), PACKAGE, style)
    return first, second, np.where(moved, switch, NEVER), style


def _effect(p: Pregnancies, calendar: Calendar) -> Ints:
    out = practice_effect(p.deliverer, years_of(p.day), calendar.first_year)
    risk = {"multiple_gestation": p.fetuses > 1} | p.flags
    for name, factor in cal.RISK_EFFECTS.items():
        out = scale(out, np.where(risk[name], factor, 1000))
    return out
