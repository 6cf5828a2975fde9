"""What a practice reports itself: a receipt for every report, and whether it is accepted, replaced or rejected, with the reason.

One report is of one measure, period and group (`all` is everybody). A report that is not accepted is worth nothing and says why; it never
replaces one that was. A withdrawal (record type `void`) takes back what came by its day under its id. Source: rule `quality.submission`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

EVERYBODY = "all"
# A value sent beside its counts may differ from them by its own rounding.
_AGREES = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Report:
    """One report as received. `stratum` is `all`, or `NAME=VALUE` for one group; `is_void` withdraws the report of the same id."""

    entity_id: str
    period: str
    measure_id: str
    submission_id: str
    received_date: date | None
    numerator: int | None = None
    denominator: int | None = None
    value: Decimal | None = None
    expected_denominator: int | None = None
    stratum: str = EVERYBODY
    is_void: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the report is of: a later one of the same replaces it."""
        return self.entity_id, self.period, self.measure_id, self.stratum

    @property
    def content(self) -> tuple[object, ...]:
        """What it says."""
        return self.numerator, self.denominator, self.value, self.expected_denominator


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of submission: days after the period, least completeness (None is off), and what a second report does."""

    deadline_days: int
    minimum_completeness: Fraction | None
    resubmission: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A report and what became of it. `completeness` is its denominator over the expected one."""

    report: Report
    receipt_id: str
    deadline_date: date | None
    status: str = "accepted"
    reason: str = ""

    @property
    def completeness(self) -> Fraction | None:
        expected, found = self.report.expected_denominator, self.report.denominator
        return Fraction(found, expected) if expected and found is not None else None


def judge(
    reports: Iterable[Report],
    period_ends: Mapping[str, date],
    measures: Mapping[str, Mapping[str, str]],
    terms: Terms,
    program: str,
    shares: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> list[Judged]:
    """Every report with its receipt and fate, in order of entity, period, measure, group, day and submission id.

    Args:
        reports: all reports known by the day of the run.
        period_ends: the last day of each known period.
        measures: for each period, the measures of its scorecard and where their results come from: claims or submission.
        terms: the rules of submission.
        program: the program's id, part of every receipt.
        shares: for each period, the measures that are held to figures from 0 to 1; 85 instead of 0.85 would earn everything there.
    """
    order = sorted(
        reports, key=lambda r: (*r.key, r.received_date or date.max, r.submission_id, r.is_void, [str(part) for part in r.content])
    )
    withdrawn = _withdrawn(order)
    judged: list[Judged] = []
    receipts: dict[str, int] = {}
    for report in order:
        ends = period_ends.get(report.period)
        due = ends + timedelta(days=terms.deadline_days) if ends else None
        receipt = receipt_of(report, program)
        receipts[receipt] = receipts.get(receipt, 0) + 1
        if receipts[receipt] > 1:
            receipt = f"{receipt}-{receipts[receipt]}"
        reason = "withdrawal" if report.is_void else _fault(report, due, measures, terms) or _out_of_range(report, shares)
        status = "rejected" if reason else "accepted"
        if not reason and report.received_date and report.received_date <= withdrawn.get((*report.key, report.submission_id), date.min):
            status, reason = "superseded", "withdrawn"
        judged.append(Judged(report, receipt, due, status, reason))
    return _only_one_counts(judged, terms)


def _withdrawn(reports: Iterable[Report]) -> dict[tuple[str, str, str, str, str], date]:
    """The last day on which each report was withdrawn, by what it is of and its id."""
    found: dict[tuple[str, str, str, str, str], date] = {}
    for report in reports:
        if report.is_void and report.received_date is not None:
            key = (*report.key, report.submission_id)
            found[key] = max(found.get(key, report.received_date), report.received_date)
    return found


def receipt_of(report: Report, program: str) -> str:
    """A receipt that both sides can make again from what was sent."""
    parts = [program, *report.key, report.submission_id, report.received_date, *report.content]
    return "R-" + hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()[:16]


def _fault(report: Report, due: date | None, measures: Mapping[str, Mapping[str, str]], terms: Terms) -> str:
    """Why a report cannot count, whatever else was sent; empty if nothing is wrong with it."""
    if due is None:
        return "unknown_period"
    source = measures.get(report.period, {}).get(report.measure_id)
    if source is None:
        return "unknown_measure"
    if source != "submission":
        return "measured_from_claims"
    if report.received_date is None:
        return "missing_received_date"
    return _wrong_numbers(report) or _incomplete(report, terms) or _late(report.received_date, due, terms)


def _wrong_numbers(report: Report) -> str:
    numerator, denominator = report.numerator, report.denominator
    if any(n is not None and n < 0 for n in (numerator, denominator, report.expected_denominator)):
        return "negative_count"
    if denominator is None or (numerator is None and report.value is None):
        return "missing_counts"
    if denominator == 0:
        return "incomplete" if report.expected_denominator else "denominator_zero"
    if numerator is None:
        return ""
    if numerator > denominator:
        return "numerator_above_denominator"
    if report.value is not None and abs(Fraction(report.value) - Fraction(numerator, denominator)) > _AGREES:
        return "value_disagrees"
    return ""


def _out_of_range(report: Report, shares: Mapping[str, frozenset[str]]) -> str:
    is_share = report.measure_id in shares.get(report.period, frozenset())
    return "value_out_of_range" if is_share and report.value is not None and not 0 <= report.value <= 1 else ""


def _incomplete(report: Report, terms: Terms) -> str:
    if terms.minimum_completeness is None:
        return ""
    if not report.expected_denominator:
        return "missing_expected_denominator"
    share = Fraction(report.denominator or 0, report.expected_denominator)
    return "incomplete" if share < terms.minimum_completeness else ""


def _late(received: date, due: date, terms: Terms) -> str:
    """After the deadline only a second report can still count, and only where the rules take one at any time (see `_only_one_counts`)."""
    return "late" if received > due and terms.resubmission != "any_time" else ""


def _only_one_counts(judged: list[Judged], terms: Terms) -> list[Judged]:
    """Of several acceptable reports of the same thing one counts: the latest, or the first where a second is never taken."""
    groups: dict[tuple[str, str, str, str], list[int]] = {}
    for i, item in enumerate(judged):
        groups.setdefault(item.report.key, []).append(i)
    result = list(judged)
    for members in groups.values():
        for i in members:
            result[i] = _against_others(i, members, judged)
        standing = [i for i in members if result[i].status == "accepted"]
        if terms.resubmission == "any_time":
            standing = _first_in_time(standing, result)
        for i in standing[1:] if terms.resubmission == "never" else standing[:-1]:
            first_counts = terms.resubmission == "never"
            reason = "first_counts" if first_counts else "replaced_by_later"
            result[i] = replace(result[i], status="rejected" if first_counts else "superseded", reason=reason)
    return result


def _against_others(i: int, members: list[int], judged: list[Judged]) -> Judged:
    """A report that says the same as one before it on the same day or under the same id is a duplicate; one that differs is in conflict.

    Of two that differ on the same day nobody can say which is the later, so neither counts.
    """
    item = judged[i]
    if item.status != "accepted":
        return item
    for j in members:
        other = judged[j]
        same_day = other.report.received_date == item.report.received_date
        same_id = other.report.submission_id == item.report.submission_id
        if j == i or other.status != "accepted" or not (same_day or same_id):
            continue
        if other.report.content != item.report.content:
            return replace(item, status="rejected", reason="conflict")
        if j < i:
            return replace(item, status="rejected", reason="duplicate")
    return item


def _first_in_time(standing: list[int], result: list[Judged]) -> list[int]:
    """Where reports are taken again at any time, the first must still have come by the deadline; else all of them are late."""
    if standing:
        first = result[standing[0]]
        if first.deadline_date and first.report.received_date and first.report.received_date > first.deadline_date:
            for i in standing:
                result[i] = replace(result[i], status="rejected", reason="late")
            return []
    return standing
