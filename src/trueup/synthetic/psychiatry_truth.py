"""The ground truth of psychiatric stays: the stays, when each can be known, what followed, and what of it no claim shows in the end."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from trueup.synthetic.arrow import ArrowTable, choose, day, number, table, tagged, yes
from trueup.synthetic.draw import Flags, Ints
from trueup.synthetic.psychiatry import HOSPITALS, NONE, Psychiatry
from trueup.synthetic.themes import NEVER_KNOWN, Theme

TABLES = ("psychiatric_stays", "stay_events", "hospitals")
SHAPES = ("plain", "interim_bills", "interrupted", "transfer")
LONGEST_RETURN = 366


def stays_table(t: Theme, p: Psychiatry) -> ArrowTable:
    """One row per true stay."""
    s, n = p.stays, len(p.stays)
    lost, known = _of_claims(t, n)
    returned, planned, psychiatric = returns(p)
    seen, emergency, watched = around(p)
    npis = t.ents.npis
    return table({
        "stay_id": tagged("S", t.region * 10**6 + np.arange(n), 10), "member_id": t.ids(s.child),
        "first_facility_id": choose(npis, np.array(t.ents.first_npi)[s.first_hospital]),
        "facility_id": choose(npis, np.array(t.ents.first_npi)[s.hospital]), "admission_date": day(s.admitted),
        "discharge_date": day(s.discharged), "length_of_stay_days": number(s.discharged - s.admitted), "shape": choose(SHAPES, s.shape),
        "delay_days": number(s.delay),
        "is_planned": yes(s.planned), "days_to_return": _days(returned), "is_return_planned": choose(("false", "true"), planned),
        "days_to_psychiatric_readmission": _days(psychiatric), "follow_up_day": _days(seen), "emergency_day": _days(emergency),
        "has_observation_before": yes(watched), "lost_claims": number(lost),
        "last_known_date": day(np.where(known < NEVER_KNOWN, known, NONE)),
    })  # fmt: skip


def events_table(t: Theme, p: Psychiatry) -> ArrowTable:
    """Everything around the stays, by kind, with the stay it was planned for."""
    e = p.events
    kind, child, stay, first, last = (np.concatenate([np.broadcast_to(np.asarray(b[i]), b[1].shape) for b in e.blocks]) for i in range(5))
    return table({
        "kind": choose(e.kinds, kind.astype(np.int64)), "member_id": t.ids(child), "stay_id": tagged("S", t.region * 10**6 + stay, 10),
        "first_day": day(first), "last_day": day(last),
    })  # fmt: skip


def hospital_rows(p: Psychiatry) -> list[dict[str, str]]:
    return [
        {"facility_id": p.ents.npis[p.ents.first_npi[k]], "name": p.ents.names[k], "hospital_class": h.hospital_class,
         "election": h.election, "length_effect": f"{h.length / 1000:.3f}", "return_share": f"{h.returns / 1000:.3f}",
         "seen_7_share": f"{h.seen_7 / 1000:.3f}",
         "seen_30_share": f"{h.seen_30 / 1000:.3f}"}
        for k, h in enumerate(HOSPITALS)
    ]  # fmt: skip


def _days(values: Ints) -> object:
    """Numbers of days; empty for none."""
    return choose([str(i) for i in range(2_000)], np.where(values >= 0, values, NONE))


def _of_claims(t: Theme, n: int) -> tuple[Ints, Ints]:
    """By stay: claims around it that are lost in the end, and the last day on which one of them became known."""
    lost, known = t.known()
    of = t.claims["preg"]
    here = np.flatnonzero((of >= 0) & (of < n))
    count = np.bincount(of[here], weights=lost[here].astype(np.int64), minlength=n).astype(np.int64)
    last = np.full(n, NONE, dtype=np.int64)
    np.maximum.at(last, of[here], known[here])
    return count, last


def returns(p: Psychiatry) -> tuple[Ints, Ints, Ints]:
    """By stay: days to the next stay of any kind, whether that was planned (-1 without one), days to the next psychiatric one."""
    s, n = p.stays, len(p.stays)
    medical = dict(zip(*(column.tolist() for column in p.events.of("medical_stay")[1:3]), strict=True))
    following = np.append(s.child[1:] == s.child[:-1], False)
    psychiatric = np.where(following, np.append(s.admitted[1:], 0) - s.discharged, NONE)
    planned_next = np.append(s.planned[1:], False)
    sick = np.array([medical.get(i, NONE) for i in range(n)], dtype=np.int64)
    acute = np.where(sick >= 0, sick - s.discharged, NONE)
    soonest = np.where(acute >= 0, acute, psychiatric)
    soonest = np.where(soonest > LONGEST_RETURN, NONE, soonest)
    planned = np.where(soonest < 0, NONE, np.where(acute >= 0, 0, planned_next.astype(np.int64)))
    return soonest, planned, np.where(psychiatric > LONGEST_RETURN, NONE, psychiatric)


def around(p: Psychiatry) -> tuple[Ints, Ints, Flags]:
    """By stay: days to the first follow-up and to the first emergency visit outside a stay, and whether observation came before."""
    s = p.stays
    inside: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for child, first, last in zip(s.child.tolist(), s.admitted.tolist(), s.discharged.tolist(), strict=True):
        inside[child].append((first, last))
    for child, first, last in zip(*(p.events.of("medical_stay")[i].tolist() for i in (0, 2, 3)), strict=True):
        inside[child].append((first, last))
    visits: dict[int, list[int]] = defaultdict(list)
    for child, first in zip(*(p.events.of("follow_up")[i].tolist() for i in (0, 2)), strict=True):
        visits[child].append(first)
    for child, first in zip(*(p.events.of("visit_on_day_0")[i].tolist() for i in (0, 2)), strict=True):
        visits[child].append(first)
    alarms: dict[int, list[int]] = defaultdict(list)
    for child, first in zip(*(p.events.of("emergency")[i].tolist() for i in (0, 2)), strict=True):
        if not any(a - 1 <= first <= b for a, b in inside[child]):
            alarms[child].append(first)
    watched: dict[int, list[int]] = defaultdict(list)
    for child, first in zip(*(p.events.of("observation")[i].tolist() for i in (0, 2)), strict=True):
        watched[child].append(first)

    def soonest(of: dict[int, list[int]], child: int, out: int) -> int:
        return min((d - out for d in of[child] if d > out), default=NONE)

    pairs = list(zip(s.child.tolist(), s.discharged.tolist(), strict=True))
    seen = np.array([soonest(visits, child, out) for child, out in pairs], dtype=np.int64)
    emergency = np.array([soonest(alarms, child, out) for child, out in pairs], dtype=np.int64)
    came = zip(s.child.tolist(), s.admitted.tolist(), strict=True)
    before = np.array([any(first + 1 == a for first in watched[child]) for child, a in came], dtype=bool)
    return seen, emergency, before
