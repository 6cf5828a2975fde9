"""What practices report themselves: on time, late, incomplete, sent again, of a measure nobody asked for, or not at all; and the reviews.

A practice's fate hangs on its position, so that each kind occurs in every state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from trueup.synthetic import entities as ent
from trueup.synthetic.calendar import Calendar, covered_periods, day_number
from trueup.synthetic.draw import Draw
from trueup.synthetic.entities import Entities, Row
from trueup.synthetic.pregnancies import LIVE, Pregnancies
from trueup.synthetic.primary_care import PRACTICE_LIST, PrimaryCare

if TYPE_CHECKING:
    from trueup.rules.program import Period, Program

ON_TIME, SENT_AGAIN, LATE, INCOMPLETE, UNKNOWN_MEASURE, SILENT = range(6)
# by position of the practice
MATERNITY_FATES = {
    ent.LARGE[1]: SENT_AGAIN, ent.SMALL[0]: LATE, ent.LARGE[4]: INCOMPLETE, ent.LARGE[3]: UNKNOWN_MEASURE, ent.SPECIALIST: SILENT,
}  # fmt: skip
PANEL_FATES = {1: SENT_AGAIN, 2: UNKNOWN_MEASURE, 3: LATE, 5: INCOMPLETE, 7: SILENT}
ON_TIME_DAYS, LATE_DAYS = 45, 20  # after the period; after the deadline
DEADLINE_DAYS = 90
STREAM = 77


@dataclass(frozen=True)
class Sender:
    """A practice that reports: its fate, how many cases it has, and the share of them that meets a measure, per mille."""

    entity: str
    fate: int
    cases: int
    share: int


def reported_measures(program: Program, period: Period) -> list[str]:
    """The measures whose results come from submissions in a period: slots and sets of the scorecard, then own measures of contracts."""
    found: list[str] = []
    for kind, leaf in (("slots", "measure"), ("sets", "measures")):
        for item in program.ids(f"quality.{kind}") if program.has(f"quality.{kind}") else []:
            path = f"quality.{kind}.{item}"
            if _submitted(program, path) and _in_force(program, path, period) and program.known(f"{path}.{leaf}"):
                names = program.get(f"{path}.{leaf}")
                found += [str(n) for n in cast("list[Any]", names)] if isinstance(names, list | tuple) else [str(names)]
    for terms in program.ids("contracts.terms") if program.has("contracts.terms") else []:
        path = f"contracts.terms.{terms}.added"
        if program.has(path) and program.known(path):
            found += [f"{terms}.{str(own).split('|')[0].strip()}" for own in program.get(path)]
    return list(dict.fromkeys(found))


def _submitted(program: Program, path: str) -> bool:
    return program.has(f"{path}.source") and program.known(f"{path}.source") and program.get(f"{path}.source") == "submission"


def _in_force(program: Program, path: str, period: Period) -> bool:
    year = period.program_year
    first, last = (_year(program, f"{path}.{name}") for name in ("from_program_year", "to_program_year"))
    return year is None or ((first is None or first <= year) and (last is None or year <= last))


def _year(program: Program, path: str) -> int | None:
    found = program.get(path) if program.has(path) and program.known(path) else None
    return None if found is None else int(found)


def maternity_rows(programs: list[Program], ents: Entities, calendar: Calendar, p: Pregnancies, seed: int) -> list[Row]:
    """Reports of the practices of childbirth for every performance period that the state covers."""
    rows: list[Row] = []
    for program in programs:
        for period in (q for q in covered_periods(program) if q.role == "performance"):
            inside = (p.outcome == LIVE) & (p.day >= day_number(period.first_day)) & (p.day <= day_number(period.last_day))
            births = np.bincount(p.deliverer[inside], minlength=ent.PRACTICES)
            senders = [
                Sender(ents.ids[k], MATERNITY_FATES.get(k, ON_TIME), int(births[k]), 640 + 37 * k % 300)
                for k in ent.practice_positions(calendar) if births[k]
            ]  # fmt: skip
            rows += _rows(program, period, senders, ents.region, seed)
    return rows


def panel_rows(programs: list[Program], c: PrimaryCare, seed: int) -> list[Row]:
    """Reports of the practices of primary care; what they report is as good as they are."""
    rows: list[Row] = []
    for program in programs:
        for period in (q for q in program.periods if q.role == "performance"):
            senders = [
                Sender(c.ents.ids[k], PANEL_FATES.get(k, ON_TIME), int((c.home == k).sum()) // 3, PRACTICE_LIST[k].quality)
                for k in range(c.practices)
            ]
            rows += _rows(program, period, senders, c.ents.region, seed)
    return rows


def _rows(program: Program, period: Period, senders: list[Sender], region: int, seed: int) -> list[Row]:
    draw = Draw.of_theme(seed, region, STREAM)
    path = "quality.submission.deadline_days"
    deadline = program.integer(path) if program.has(path) and program.known(path) else DEADLINE_DAYS
    on_time, late = period.last_day + timedelta(days=min(ON_TIME_DAYS, deadline)), period.last_day + timedelta(days=deadline + LATE_DAYS)
    rows: list[Row] = []

    def send(sender: Sender, measure: str, nth: int, cases: int, met: int, when: object) -> None:
        rows.append(
            {"program": program.id, "entity_id": sender.entity, "period": period.id, "measure_id": measure,
             "submission_id": f"Q{region:03d}{len(rows) + 1:05d}-{nth}", "record_type": "original" if nth == 1 else "replacement",
             "numerator": str(met), "denominator": str(cases), "expected_denominator": str(sender.cases), "value": "", "stratum": "all",
             "attested_by": "Invented officer", "received_date": str(when)}
        )  # fmt: skip

    for sender in senders:
        for measure in reported_measures(program, period):
            share = int(np.clip(sender.share + draw.between(-80, 80, 1)[0], 50, 990))
            cases = sender.cases * 6 // 10 if sender.fate == INCOMPLETE else sender.cases
            met = cases * share // 1000
            if sender.fate == SILENT:
                continue
            if sender.fate == SENT_AGAIN:
                send(sender, measure, 1, cases, met // 2, on_time - timedelta(days=20))
            send(sender, measure, 2 if sender.fate == SENT_AGAIN else 1, cases, met, late if sender.fate == LATE else on_time)
        if sender.fate == UNKNOWN_MEASURE and reported_measures(program, period):
            send(sender, "measure_nobody_asked_for", 1, sender.cases, sender.cases // 2, on_time)
    return rows


# what a reviewer found where practices withheld visits after birth: practice position and outcome
REVIEWED = ((ent.LARGE[2], "failed"), (ent.LARGE[3], "complied"), (ent.MIDWIFE, "opened"))
_ABOUT = "postpartum"


def review_rows(programs: list[Program], ents: Entities) -> list[Row]:
    """Reviews of the flag on visits after birth in the first performance period: one failed, one complied, one still open."""
    rows: list[Row] = []
    for program in programs:
        if not program.has("monitoring.gate") or not program.get("monitoring.gate"):
            continue
        period = min((p for p in program.periods if p.role == "performance"), key=lambda p: p.first_day)
        checks = {c: f"monitoring.checks.{c}" for c in program.ids("monitoring.checks")}
        judged = [
            c for c, path in checks.items() if program.get(f"{path}.kind") == "funnel" and _ABOUT in str(program.get(f"{path}.measure"))
        ]
        decided = period.last_day + timedelta(days=120)
        for k, outcome in REVIEWED if judged else ():
            rows.append(
                {"program": program.id, "entity_id": ents.ids[k], "period": period.id, "flag_id": judged[0], "outcome": outcome,
                 "reviewer": "Invented reviewer", "evidence": f"chart sample of {period.id}",
                 "decided_on": "" if outcome == "opened" else decided.isoformat(),
                 "received_date": (decided + timedelta(days=3)).isoformat()}
            )  # fmt: skip
    return rows
