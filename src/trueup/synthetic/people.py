"""Members of one region: demographics, coverage with gaps, churn, retroactive and coverage-group changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueup.synthetic.calendar import Calendar
from trueup.synthetic.draw import Draw, Flags, Ints
from trueup.synthetic.pregnancies import LIVE, Pregnancies

BABY = 10**9  # member numbers from here on are newborns
OPEN = 10**6
NONE = -1


@dataclass
class People:
    """One row per member other than newborns, by position in the region. Coverage days are inclusive; no gap: `gap_first` is `OPEN`."""

    birth: Ints
    male: Flags
    start: Ints
    end: Ints
    gap_first: Ints
    gap_last: Ints
    death: Ints
    dual: Flags
    pregnant: Flags
    regroup: Ints  # the day from which another coverage group holds

    def __len__(self) -> int:
        return len(self.birth)

    def covered(self, member: Ints, day: Ints) -> Flags:
        """Whether these members are covered and alive on these days."""
        inside = (day >= self.start[member]) & (day <= self.end[member]) & (day <= self.death[member])
        return inside & ~((day >= self.gap_first[member]) & (day <= self.gap_last[member]))


def month_start(day: Ints) -> Ints:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_end(day: Ints) -> Ints:
    return (day.astype("datetime64[D]").astype("datetime64[M]") + 1).astype("datetime64[D]").astype(np.int64) - 1


def choose_women(draw: Draw, members: int) -> Ints:
    """Positions of the women who may become pregnant: three of four members, in no order."""
    return draw.shuffled(members)[: members * 3 // 4]


def plan_people(draw: Draw, calendar: Calendar, members: int, women: Ints, p: Pregnancies) -> People:
    woman = np.zeros(members, dtype=bool)
    woman[women] = True
    years = draw.pick([120, 60, 820], members)
    age = np.where(
        years == 0, draw.between(0, 11, members), np.where(years == 1, draw.between(56, 64, members), draw.between(12, 55, members))
    )
    age = np.where(woman, draw.between(12, 55, members), age)
    middle = (calendar.first_birth + calendar.last_birth) // 2
    birth = middle - age * 365 - draw.between(0, 364, members)
    male = ~woman & draw.chance(550, members)
    span = calendar.last_birth - calendar.first_birth
    start = month_start(calendar.first_birth - 280 + draw.between(0, span, members))
    length = draw.between(150, 1500, members)
    out = People(
        birth=birth, male=male, start=start, end=month_end(np.minimum(start + length, calendar.data_end)), gap_first=np.full(members, OPEN),
        gap_last=np.full(members, OPEN), death=np.full(members, OPEN), dual=draw.chance(4, members), pregnant=np.zeros(members, dtype=bool),
        regroup=np.full(members, OPEN),
    )  # fmt: skip
    churn = draw.some(~np.isin(np.arange(members), p.woman), 60)
    out.gap_first[churn] = month_start(out.start[churn] + 60)
    out.gap_last[churn] = month_end(out.gap_first[churn] + draw.between(60, 240, len(churn)))
    _cover_pregnancies(draw, calendar, out, p)
    return out


def _cover_pregnancies(draw: Draw, calendar: Calendar, out: People, p: Pregnancies) -> None:
    """Coverage from before, or some weeks after, conception until after the postpartum window for most."""
    n = len(p)
    out.pregnant[p.woman] = True
    out.dual[p.woman] = False
    out.dual[p.woman[p.flags["dual"]]] = True
    out.birth[p.woman] = p.day - p.age * 365 - 91 - draw.between(0, 300, n) * (p.age > 15)
    kind = draw.pick([780, 130, 90], n)
    start = np.select(
        [kind == 0, kind == 1], [p.lmp - draw.between(40, 700, n), p.lmp + draw.between(0, 35, n)], p.lmp + draw.between(60, 150, n)
    )
    end = p.day + np.where(draw.chance(930, n), draw.between(110, 400, n), draw.between(55, 85, n))
    first, last = np.full(len(out), OPEN), np.zeros(len(out), dtype=np.int64)
    np.minimum.at(first, p.woman, month_start(start))
    np.maximum.at(last, p.woman, month_end(end))
    mothers = np.unique(p.woman)
    out.start[mothers] = first[mothers]
    out.end[mothers] = np.minimum(last[mothers], calendar.data_end)
    gap = np.flatnonzero(p.flags["coverage_gap"] & (p.day + 120 < calendar.data_end))
    early = draw.chance(600, len(gap))
    at = np.where(early, p.lmp[gap] + draw.between(95, 120, len(gap)), p.day[gap] + draw.between(12, 25, len(gap)))
    p.flags["coverage_gap"] = np.isin(np.arange(n), gap)
    out.gap_first[p.woman[gap]] = at
    out.gap_last[p.woman[gap]] = np.where(
        early, np.minimum(at + draw.between(20, 75, len(gap)), p.day[gap] - 5), at + draw.between(20, 60, len(gap))
    )
    regroup = np.flatnonzero(p.births & draw.chance(450, n))
    out.regroup[p.woman[regroup]] = month_end(p.day[regroup] + 60) + 1
    last = np.append(p.woman[1:] != p.woman[:-1], True)  # rows are ordered by woman and day
    dead = np.flatnonzero(p.flags["death"] & (p.outcome == LIVE) & last)
    if len(dead) == 0:
        dead = np.flatnonzero((p.outcome == LIVE) & last & ~p.flags["protected"])[:1]
    p.flags["death"] = np.isin(np.arange(n), dead)
    out.death[p.woman[dead]] = p.day[dead] + draw.between(1, 45, len(dead))


def eligibility(draw: Draw, calendar: Calendar, people: People, p: Pregnancies) -> tuple[dict[str, Ints], list[tuple[str, Ints]]]:
    """Enrollment rows as columns of integers, and the planted changes as (kind, member positions).

    `version`: 0 original, 1 void, 2 replacement; `target` is the row it acts on. `group`: 0 adult, 1 pregnancy, 2 parent, 3 newborn.
    """
    n = len(people)
    everyone = np.arange(n, dtype=np.int64)
    gapped = (people.gap_first > people.start) & (people.gap_last < people.end)
    member = np.concatenate([everyone, everyone[gapped]])
    start = np.concatenate([people.start, people.gap_last[gapped] + 1])
    end = np.concatenate([np.where(gapped, people.gap_first - 1, people.end), people.end[gapped]])
    split = (people.regroup[member] > start) & (people.regroup[member] <= end)
    cut, old_end = people.regroup[member][split], end[split]
    group = np.where(people.pregnant[member], np.where(start >= people.regroup[member], 2, 1), 0)
    end = np.where(split, people.regroup[member] - 1, end)
    member, start, end = np.concatenate([member, member[split]]), np.concatenate([start, cut]), np.concatenate([end, old_end])
    group = np.concatenate([group, np.full(int(split.sum()), 2)])
    rows = len(member)
    received = np.maximum(start + draw.between(-10, 20, rows), calendar.first_birth - 600)
    version, target = np.zeros(rows, dtype=np.int64), np.full(rows, NONE)
    # retroactive changes: the first answer ended sixty days earlier, and was corrected later
    retro = draw.some((end - start > 200) & (end + 90 < calendar.data_end), 30)
    true_end = end[retro].copy()
    end[retro] = month_end(end[retro] - 75)
    wrong = draw.some(np.ones(rows, dtype=bool), 5)  # a row entered by mistake, voided later
    add = [
        (member[retro], start[retro], true_end, group[retro], end[retro] + draw.between(20, 80, len(retro)), 2, retro),
        (member[wrong], end[wrong] + 31, end[wrong] + 120, group[wrong], end[wrong] + 5, 0, np.full(len(wrong), NONE)),
        (member[wrong], end[wrong] + 31, end[wrong] + 120, group[wrong], end[wrong] + 25, 1, rows + len(retro) + np.arange(len(wrong))),
    ]
    for one in add:
        member, start, end = np.concatenate([member, one[0]]), np.concatenate([start, one[1]]), np.concatenate([end, one[2]])
        group, received = np.concatenate([group, one[3]]), np.concatenate([received, one[4]])
        version, target = np.concatenate([version, np.full(len(one[0]), one[5])]), np.concatenate([target, one[6]])
    babies = np.flatnonzero(p.outcome == LIVE)
    baby = np.repeat(babies, p.fetuses[babies])
    member = np.concatenate([member, BABY + np.arange(len(baby))])
    start, end = np.concatenate([start, p.day[baby]]), np.concatenate([end, np.minimum(month_end(p.day[baby] + 365), calendar.data_end)])
    group = np.concatenate([group, np.full(len(baby), 3)])
    received = np.concatenate([received, p.day[baby] + draw.between(5, 60, len(baby))])
    version, target = np.concatenate([version, np.zeros(len(baby), dtype=np.int64)]), np.concatenate([target, np.full(len(baby), NONE)])
    columns = {
        "member": member, "start": start, "end": end, "group": group, "received": np.minimum(received, calendar.data_end),
        "version": version,
        "target": target,
    }  # fmt: skip
    planted = [
        ("eligibility_gap", p.woman[p.flags["coverage_gap"]]), ("retroactive_eligibility", member[retro]), ("voided_eligibility",
        member[wrong]),
        ("coverage_group_change", np.unique(member[:rows][group[:rows] == 2])), ("churn", everyone[gapped & ~people.pregnant]),
    ]  # fmt: skip
    return columns, planted
