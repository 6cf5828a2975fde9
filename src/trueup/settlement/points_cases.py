"""Cases and the points they earn: what a points pool is split by.

points of a case    = Σ over measures: points of the measure, if the case meets it     (at most `case_cap`, cut from the last)
points of an entity = Σ over its cases, + points of a measure × cases it reported as met, where the measure is submitted
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup.entity_grain import Participation
from trueup.errors import CheckFailed
from trueup.settlement.gates import Gates

MET = "numerator"
STATUSES = (MET, "denominator", "excluded", "excepted")
NOT_IN_POPULATION, REPORTED = "not_in_population", "reported"


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `entity_id` is attributed, `is_accountable` says whether it may be paid, `took_part` whether it took part that day."""

    episode_id: str
    member_id: str
    entity_id: str | None
    case_date: date
    is_accountable: bool
    exclusion_reasons: str = ""
    took_part: bool = True
    held_cents: int = 0
    total_cost_cents: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a measure says of one case, with the claim that shows it."""

    episode_id: str
    measure_id: str
    status: str
    claim_id: str | None = None
    evidence_date: date | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """An accepted submission: in how many cases the entity met the measure."""

    entity_id: str
    measure_id: str
    numerator: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A measure that earns points: its slot, where its results come from, and the points of one met case."""

    id: str
    measure_id: str
    source: str
    points: Decimal
    cite: str = ""


@dataclass(frozen=True, slots=True)
class CasePoints:
    """Columns of table `case_points`: one case and measure, or one submitted measure of an entity (without a case)."""

    period: str
    entity_id: str | None
    episode_id: str
    slot: str
    member_id: str | None
    case_date: date | None
    measure_id: str
    source: str
    status: str
    met: int
    points_each: Decimal
    points: Decimal
    counted: bool
    reason: str
    claim_id: str | None = None
    evidence_date: date | None = None


@dataclass
class Entity:
    """One entity's cases while they are counted."""

    entity_id: str
    rows: list[CasePoints] = field(default_factory=list[CasePoints])
    verdicts: Counter[str] = field(default_factory=Counter[str])
    held_cents: int = 0
    cost_cents: int = 0
    reason: str = ""
    gates: Gates = field(default_factory=lambda: Gates(()))

    @property
    def cases(self) -> int:
        return self.verdicts[""]

    @property
    def earned(self) -> Decimal:
        return sum((r.points for r in self.rows if r.counted), Decimal(0))

    @property
    def points(self) -> Decimal:
        """What weighs in the split: nothing for an entity that may not be paid."""
        return Decimal(0) if self.reason else self.earned


def verdict_of(case: Case, elsewhere: Sequence[Participation], stays: Sequence[Participation], required: bool) -> str:
    """Why a case earns nothing, as a reason; empty where it counts."""
    if case.exclusion_reasons:
        return "excluded"
    if case.entity_id is None:
        return "unattributed"
    if not case.is_accountable:
        return "not_accountable"
    if any(_covers(stay, case.case_date) for stay in elsewhere):
        return "in_bundle"
    if required and not any(stay.entity_id == case.entity_id and _covers(stay, case.case_date) for stay in stays):
        return "not_participating"
    return "" if case.took_part else "not_participating"


def _covers(stay: Participation, day: date) -> bool:
    return stay.joined_on <= day and (stay.left_on is None or day < stay.left_on)


def points_of(
    period: str, case: Case, slots: Sequence[Slot], results: Mapping[tuple[str, str], Found], verdict: str, cap: Decimal | None
) -> list[CasePoints]:
    """The rows of one case: what each measure says, and the points left below the cap, in rule order."""
    rows: list[CasePoints] = []
    room = cap
    for slot in slots:
        if slot.source == "submission":
            continue
        result = results.get((case.episode_id, slot.measure_id))
        status = result.status if result else NOT_IN_POPULATION
        met = int(status == MET)
        worth = slot.points * met if not verdict else Decimal(0)
        points = worth if room is None else min(worth, room)
        room = None if room is None else room - points
        reason = verdict or ("case_cap" if points < worth else "")
        rows.append(
            CasePoints(
                period, case.entity_id, case.episode_id, slot.id, case.member_id, case.case_date, slot.measure_id, slot.source, status, met,
                slot.points, points, not verdict, reason, result.claim_id if result else None, result.evidence_date if result else None,
            )
        )  # fmt: skip
    return rows


def submitted(period: str, entity: Entity, slots: Sequence[Slot], reports: Mapping[tuple[str, str], Reported]) -> list[CasePoints]:
    """The rows of submitted measures: at most as many met cases as the entity has cases that count."""
    rows: list[CasePoints] = []
    for slot in slots:
        report = reports.get((entity.entity_id, slot.measure_id)) if slot.source == "submission" else None
        if report is None:
            continue
        met = max(min(report.numerator, entity.cases), 0)
        reason = "more_than_cases" if report.numerator > entity.cases else ""
        rows.append(
            CasePoints(
                period, entity.entity_id, "", slot.id, None, None, slot.measure_id, slot.source, REPORTED, met, slot.points,
                slot.points * met, True, reason,
            )
        )  # fmt: skip
    return rows


def by_case(found: Iterable[Found]) -> dict[tuple[str, str], Found]:
    results: dict[tuple[str, str], Found] = {}
    for row in found:
        if row.status not in STATUSES:
            message = f"measure {row.measure_id} has the status `{row.status}`, expected {', '.join(STATUSES)}."
            raise CheckFailed("TRU-S152", message, next_step="Correct the table measure_results.")
        if (row.episode_id, row.measure_id) in results:
            message = f"measure {row.measure_id} has two results of one case: its points would be paid twice."
            raise CheckFailed("TRU-S153", message, next_step="Pass one row per case and measure.")
        results[row.episode_id, row.measure_id] = row
    return results


def by_entity(reported: Iterable[Reported]) -> dict[tuple[str, str], Reported]:
    reports: dict[tuple[str, str], Reported] = {}
    for row in reported:
        if (row.entity_id, row.measure_id) in reports:
            message = f"measure {row.measure_id} has two accepted submissions of {row.entity_id}: its points would be paid twice."
            raise CheckFailed("TRU-S153", message, next_step="Accept one submission per entity, period and measure.")
        reports[row.entity_id, row.measure_id] = row
    return reports
