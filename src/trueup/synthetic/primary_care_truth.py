"""The ground truth of panels: whom each member truly saw most often in each program's look-back, and the effects of practices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic.arrow import ArrowTable, choose, day, number, table, yes
from trueup.synthetic.book import NONE
from trueup.synthetic.calendar import day_number, to_date
from trueup.synthetic.draw import Flags, Ints
from trueup.synthetic.primary_care import PRACTICE_LIST, PrimaryCare
from trueup.synthetic.themes import NEVER_KNOWN, Theme

if TYPE_CHECKING:
    from trueup.rules.program import Period, Program

TABLES = ("panels", "panel_practices")
RULES = ("only_provider", "most_visits", "latest_visit", "dollars", "smallest_id")


@dataclass(frozen=True)
class Answer:
    """By member: the clinician (NPI position), the practice, visits, and the position of the rule that decided; -1 without a visit."""

    clinician: Ints
    practice: Ints
    visits: Ints
    rule: Ints


def panels(t: Theme, c: PrimaryCare, programs: list[Program]) -> list[ArrowTable]:
    """One table per program and period, a row for each member who is covered in it."""
    return [_panel(t, c, program, period) for program in programs for period in program.periods if period.known]


def practice_rows(c: PrimaryCare) -> list[dict[str, str]]:
    return [
        {"entity_id": c.ents.ids[k], "name": p.name, "tin": c.ents.tins[k], "clinicians": str(p.clinicians),
         "cost_level": f"{p.cost / 1000:.3f}", "cost_change": f"{p.cost_change / 1000:.3f}", "quality": f"{p.quality / 1000:.3f}",
         "quality_gap": f"{p.quality_gap / 1000:.3f}"}
        for k, p in enumerate(PRACTICE_LIST[: c.practices])
    ]  # fmt: skip


def _panel(t: Theme, c: PrimaryCare, program: Program, period: Period) -> ArrowTable:
    first, last = window_of(program, period)
    v, n = c.visits, len(c.members)
    inside = (v.day >= first) & (v.day <= last)
    truth = attribute(c, inside, t.first_price[: len(v.member)])
    lost, known = t.known()
    # visits are the first claims written, in their order
    gone, when = lost[: len(v.member)][inside], known[: len(v.member)][inside]
    lost_visits = np.bincount(v.member[inside], weights=gone.astype(np.int64), minlength=n).astype(np.int64)
    latest = np.full(n, NONE, dtype=np.int64)
    np.maximum.at(latest, v.member[inside], when)
    months = covered_months(c, period)
    member = np.flatnonzero(months > 0).astype(np.int64)
    who = truth.clinician[member]
    known_day = np.where((latest >= 0) & (latest < NEVER_KNOWN), latest, NONE)[member]
    size = len(member)
    return table({
        "program": choose((program.id,), np.zeros(size, dtype=np.int64)), "period": choose((period.id,), np.zeros(size, dtype=np.int64)),
        "member_id": t.ids(member), "provider_npi": choose(c.ents.npis, who), "entity_id": choose(c.ents.ids, truth.practice[member]),
        "visits": number(truth.visits[member]), "deciding_rule": choose(RULES, truth.rule[member]),
        "covered_months": number(months[member]),
        "lost_visits": number(lost_visits[member]), "last_known_date": day(known_day), "is_switching": yes(c.switch[member] <= last),
    })  # fmt: skip


def window_of(program: Program, period: Period) -> tuple[int, int]:
    """The look-back of a period: so many calendar months up to its end, or up to the day before it."""
    ends = program.text("panel.attribution.lookback_ends")
    last = period.last_day if ends == "period_end" else to_date(day_number(period.first_day) - 1)
    months = program.integer("panel.attribution.lookback_months")
    month = last.year * 12 + last.month - months
    return day_number(last.replace(year=month // 12, month=month % 12 + 1, day=1)), day_number(last)


def covered_months(c: PrimaryCare, period: Period) -> Ints:
    """By member: months on whose first day somebody covers the member, Medicare apart."""
    m, n = c.members, len(c.members)
    out = np.zeros(n, dtype=np.int64)
    day_of = period.first_day
    everyone = np.arange(n, dtype=np.int64)
    while day_of <= period.last_day:
        out += m.covered(everyone, np.full(n, day_number(day_of))) & ~m.dual
        day_of = day_of.replace(year=day_of.year + day_of.month // 12, month=day_of.month % 12 + 1)
    return out


def attribute(c: PrimaryCare, inside: Flags, cents: Ints) -> Answer:
    """Plurality of days with a visit, then the latest visit, dollars, the smallest NPI; the clinician's group is that of most such days.

    `cents` is by visit.
    """
    v, n = c.visits, len(c.members)
    clinicians = len(c.ents.npis)
    member, on, clinician, practice = (column[inside] for column in (v.member, v.day, v.clinician, v.practice))
    # one day with one clinician is one visit
    days = np.unique(np.stack([member, clinician, on], axis=1), axis=0)
    key = days[:, 0] * clinicians + days[:, 1]
    pair, count = np.unique(key, return_counts=True)
    latest = np.zeros(len(pair), dtype=np.int64)
    np.maximum.at(latest, np.searchsorted(pair, key), days[:, 2])
    dollars = np.zeros(len(pair), dtype=np.int64)
    np.add.at(dollars, np.searchsorted(pair, member * clinicians + clinician), cents[inside])
    who, of = pair // clinicians, pair % clinicians
    spelled = np.argsort(np.argsort(np.array(c.ents.npis)))[of]
    order = np.lexsort((spelled, -dollars, -latest, -count, who))
    who, of, count, latest, dollars = who[order], of[order], count[order], latest[order], dollars[order]
    top = np.flatnonzero(np.append(True, who[1:] != who[:-1])[: len(who)])
    out = Answer(*(np.full(n, NONE, dtype=np.int64) for _ in range(4)))
    out.clinician[who[top]], out.visits[who[top]] = of[top], count[top]
    second = np.minimum(top + 1, max(len(who) - 1, 0))
    alone = (top + 1 >= len(who)) | (who[second] != who[top])
    more = [count[top] > count[second], latest[top] > latest[second], dollars[top] > dollars[second]]
    rule = np.select([alone, *more], [0, 1, 2, 3], 4)
    out.rule[who[top]] = rule
    out.visits[out.clinician < 0] = 0
    groups = np.unique(np.stack([clinician, practice, member, on], axis=1), axis=0)
    table_of = np.zeros((clinicians, c.practices), dtype=np.int64)
    np.add.at(table_of, (groups[:, 0], groups[:, 1]), 1)
    main = np.argmax(table_of, axis=1)
    out.practice[:] = np.where(out.clinician >= 0, main[np.maximum(out.clinician, 0)], NONE)
    return out


def risk_of(c: PrimaryCare) -> Ints:
    """The true risk of each member, per mille: what a risk score should say but for noise."""
    return np.clip(c.risk, 1, cal.HIGHEST_RISK)
