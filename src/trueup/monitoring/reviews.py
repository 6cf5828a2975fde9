"""Flags and their reviews. A flag opens a review and holds payment; a person ends the review; only `failed` forfeits.

An end counts with reviewer, day and evidence; without them the review is still open. A reviewer may also open a review that no statistic
asked for, for example on a complaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from trueup.monitoring.findings import Result
from trueup.monitoring.plan import Effect, Plan

State = Literal["passed", "failed", "missing"]


@dataclass(frozen=True, slots=True)
class Review:
    """The latest state of one review. Columns of `visible_reviews`."""

    entity_id: str
    period: str
    flag_id: str
    outcome: str
    reviewer: str | None = None
    decided_on: date | None = None
    evidence: str | None = None

    def ended(self, as_of: date) -> bool:
        """Whether it ended with all that an end needs, by that day."""
        complete = bool((self.reviewer or "").strip()) and bool((self.evidence or "").strip())
        return self.outcome in ("complied", "failed") and complete and self.decided_on is not None and self.decided_on <= as_of


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. Columns of `monitor_flags`."""

    flag_id: str
    entity_id: str
    period: str
    check_id: str
    raised_by: Literal["statistic", "reviewer"]
    effect: Effect
    status: Literal["open", "complied", "failed"]
    reviewer: str | None
    decided_on: date | None
    evidence: str | None
    reason: str


def flags_of(plan: Plan, results: Iterable[Result], reviews: Iterable[Review], as_of: date) -> list[Flag]:
    """Every flag a check raised, and every review a person opened, with where it stands on the day."""
    effects: dict[str, Effect] = {c.id: c.effect for c in plan.checks}
    known = {(r.entity_id, r.period, r.flag_id): r for r in reviews}
    periods = {p.id for p in plan.periods}
    flags: list[Flag] = []
    for result in results:
        if result.flagged:
            check, at = result.terms, (result.entity_id, result.period, result.terms.id)
            flags.append(_flag(at, check.id, "statistic", check.effect, result.reason, known.pop(at, None), as_of))
    for at, review in known.items():
        _, period, flag_id = at
        if period in periods:
            check_id, effect = (flag_id, effects[flag_id]) if flag_id in effects else ("", plan.effect)
            flags.append(_flag(at, check_id, "reviewer", effect, "opened_by_reviewer", review, as_of))
    return sorted(flags, key=lambda f: (f.flag_id, f.entity_id, f.period))


def _flag(
    at: tuple[str, str, str],
    check_id: str,
    raised_by: Literal["statistic", "reviewer"],
    effect: Effect,
    reason: str,
    review: Review | None,
    as_of: date,
) -> Flag:
    entity_id, period, flag_id = at
    if review is None:
        return Flag(flag_id, entity_id, period, check_id, raised_by, effect, "open", None, None, None, reason)
    status: Literal["open", "complied", "failed"] = "open"
    if review.ended(as_of):
        status = "failed" if review.outcome == "failed" else "complied"
    elif review.outcome != "opened":
        reason = "review_without_reviewer_day_or_evidence"
    decided_on = review.decided_on if status != "open" else None
    return Flag(flag_id, entity_id, period, check_id, raised_by, effect, status, review.reviewer, decided_on, review.evidence, reason)


def gate_state(plan: Plan, flags: Sequence[Flag], results: Sequence[Result]) -> tuple[State, str]:
    """What one entity's flags and results of one period say of the gate, and the reason.

    Failed reviews come first, then open flags, then what could not be judged; `hold` makes the gate missing, which holds payment.
    """
    failed, waiting, complied = ([f for f in flags if f.status == word] for word in ("failed", "open", "complied"))
    if failed:
        return "failed", f"failed_review.{failed[0].flag_id}"
    denied, held = ([f for f in waiting if f.effect == effect] for effect in ("deny", "hold"))
    if denied:
        return "failed", f"denied_until_reviewed.{denied[0].flag_id}"
    if held:
        late = [f for f in held if f.reason == "under_reporting"]
        return "missing", f"under_reporting.{late[0].flag_id}" if late else f"open_review.{held[0].flag_id}"
    closing = [r for r in results if r.terms.effect != "review"]
    if any(r.status == "waits_for_reports" for r in closing):
        return "missing", "under_reporting"
    absent = [r for r in closing if r.status == "not_measured"]
    if absent:
        return "missing", f"not_measured.{absent[0].terms.id}"
    if closing and all(r.status == "too_few" for r in closing):
        return ("missing" if plan.holds_when_too_few else "passed"), "too_few_to_judge"
    if complied:
        return "passed", f"complied.{complied[0].flag_id}"
    if waiting:
        return "passed", f"review_open.{waiting[0].flag_id}"
    return "passed", "no_flag"


def gate_rows(plan: Plan, entities: Mapping[str, Sequence[str]], flags: Sequence[Flag], results: Sequence[Result]) -> list[dict[str, Any]]:
    """Rows of `computed_gates`: one per entity and period, none for a program whose monitoring closes no gate."""
    if plan.gate is None:
        return []
    rows: list[dict[str, Any]] = []
    for period, members in entities.items():
        for entity_id in sorted({*members, *(f.entity_id for f in flags if f.period == period)}):
            own = [f for f in flags if (f.entity_id, f.period) == (entity_id, period)]
            theirs = [r for r in results if (r.entity_id, r.period) == (entity_id, period)]
            state, reason = gate_state(plan, own, theirs)
            rows.append({"entity_id": entity_id, "period": period, "gate": plan.gate, "state": state, "reason": reason})
    return rows
