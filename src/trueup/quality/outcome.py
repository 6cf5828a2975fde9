"""What an entity's scorecard comes to: its score or why there is none, its gate, and its multiplier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from trueup.entity_grain import compare
from trueup.quality.card import Card, GateRule
from trueup.quality.points import rounded
from trueup.quality.scorecard import SlotScore, composite, effective_weights, step_multiplier
from trueup.quality.scoring import NOT_DUE, SlotResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scorecard. `state` is the gate's: passed, failed or missing; a score exists only with status scored, plan_due or in_progress."""

    entity_id: str
    status: str
    reason: str
    state: str
    score: Fraction | None = None
    multiplier: Fraction | None = None
    due: int = 0
    scored: int = 0
    attained: int = 0


def weights_of(card: Card, rows: Sequence[SlotResult]) -> dict[str, Fraction]:
    """The weight that each slot with a score has in the composite."""
    return effective_weights(_scores(rows), card.domains or None, card.small.reweight)


def outcome_of(card: Card, entity: str, rows: Sequence[SlotResult], *, seen: bool, plan_accepted: bool, running: bool = False) -> Outcome:
    """The composite of an entity and what it decides.

    Args:
        card: the period's scorecard.
        entity: the entity.
        rows: its slots.
        seen: whether anything at all is known of it: a unit, or a report. Without it there is no score, not even one of zero.
        plan_accepted: whether its improvement plan has been accepted.
        running: whether the period is not over yet; its score is then one so far, and decides nothing.
    """
    counting = [r for r in rows if r.slot.use != "tracked"]
    scored, attained = sum(1 for r in counting if r.score is not None), sum(1 for r in counting if r.attained)

    def without(status: str, reason: str) -> Outcome:
        return Outcome(entity, status, reason, "missing", None, None, len(counting), scored, attained)

    if not seen:
        return Outcome(entity, "no_results", "no_results", "missing", due=len(counting))
    if any(r.reason == "not_scored" for r in counting):
        return without("too_few_to_score", "measure_not_scored")
    performance = [r for r in counting if r.slot.use == "performance"]
    if performance and sum(1 for r in performance if r.score is not None) < card.small.minimum_measures:
        return without("too_few_to_score", "too_few_measures")
    score = score_of(card, counting)
    if score is None:
        return without("too_few_to_score", "too_few_measures")
    if running or any(r.reason == NOT_DUE for r in counting):
        reason = "period_not_over" if running else "reports_not_due"
        return Outcome(entity, "in_progress", reason, "missing", score, None, len(counting), scored, attained)
    return _gated(card, Outcome(entity, "scored", "", "passed", score, None, len(counting), scored, attained), plan_accepted)


def score_of(card: Card, counting: Sequence[SlotResult]) -> Fraction | None:
    """The composite from 0 to 1, rounded once to the places of the rules; points are rounded before or after weighting as these say."""
    weights = effective_weights(_scores(counting), card.domains or None, card.small.reweight)
    scoring = card.scoring
    if scoring.points_places is not None and not scoring.round_points_before and weights:
        weighted = [weights[r.slot.id] * r.score * scoring.maximum for r in counting if r.score is not None and r.slot.id in weights]
        total = sum((rounded(points, scoring.points_places) for points in weighted), Fraction(0))
        return rounded(min(total / scoring.maximum, Fraction(1)), scoring.score_places)
    found = composite(_scores(counting), weights)
    return None if found is None else rounded(found, scoring.score_places)


def multiplier_of(gate: GateRule, score: Fraction, attained: int) -> Fraction | None:
    """What money is multiplied by: the score, a step of the ladder, or nothing."""
    if gate.multiplier == "none":
        return None
    if gate.multiplier == "score":
        return score
    return step_multiplier(Fraction(attained) if gate.ladder_on == "measures_attained" else score, gate.ladder)


def _gated(card: Card, found: Outcome, plan_accepted: bool) -> Outcome:
    score, gate = found.score or Fraction(0), card.gate
    if gate is None:
        return found
    multiplier = multiplier_of(gate, score, found.attained)
    if gate.minimum is not None and not compare(score, gate.operator, gate.minimum):
        return _with(found, "scored", "below_minimum_score", "failed", multiplier)
    if card.hold_below is not None and score < card.hold_below and not plan_accepted:
        return _with(found, "plan_due", "improvement_plan_due", "missing", multiplier)
    return _with(found, "scored", "", "passed", multiplier)


def _with(found: Outcome, status: str, reason: str, state: str, multiplier: Fraction | None) -> Outcome:
    return Outcome(found.entity_id, status, reason, state, found.score, multiplier, found.due, found.scored, found.attained)


def _scores(rows: Sequence[SlotResult]) -> list[SlotScore]:
    return [SlotScore(r.slot.id, r.slot.weight, r.score, r.slot.domain) for r in rows if r.slot.use != "tracked"]
