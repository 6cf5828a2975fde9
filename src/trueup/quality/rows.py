"""Rows of the tables that quality writes. Rates and scores are rounded to six decimals here and nowhere before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from trueup.entity_grain import RuleReader, number, number_or_off, word
from trueup.money import round_half_up, to_places
from trueup.quality.anchors import Anchors
from trueup.quality.card import Card, Slot
from trueup.quality.equity import gaps
from trueup.quality.evidence import Book
from trueup.quality.outcome import Outcome
from trueup.quality.reading import Groups
from trueup.quality.scorecard import share_pool
from trueup.quality.scoring import SlotResult
from trueup.quality.submissions import Judged

Row = dict[str, Any]
UNDISTRIBUTED = "(undistributed)"
PLACES = 6


def six(value: Fraction | None) -> Decimal | None:
    """As tables hold it."""
    return None if value is None else to_places(value, PLACES)


def submission(item: Judged) -> Row:
    """A row of `submissions`."""
    report = item.report
    return {
        "receipt_id": item.receipt_id,
        "entity_id": report.entity_id,
        "period": report.period,
        "measure_id": report.measure_id,
        "stratum": report.stratum,
        "submission_id": report.submission_id,
        "received_date": report.received_date,
        "deadline_date": item.deadline_date,
        "numerator": report.numerator,
        "denominator": report.denominator,
        "expected_denominator": report.expected_denominator,
        "value": None if report.value is None else to_places(report.value, PLACES),
        "completeness": six(item.completeness),
        "status": item.status,
        "reason": item.reason,
    }


def rates(book: Book, cards: Mapping[str, Card], periods: Sequence[str]) -> list[Row]:
    """Rows of `measure_rates`: every measure of the scorecards in every period, trimmed and untrimmed."""
    found: list[Row] = []
    wanted: dict[tuple[str, str], Slot] = {}
    for card in cards.values():
        wanted.update({(slot.source, slot.measure): slot for slot in card.slots if slot.figure == "rate"})
    for (source, measure), slot in sorted(wanted.items()):
        for period in periods:
            card = cards[period]
            for entity, evidence in sorted(book.found.get((source, measure, period), {}).items()):
                trim = None
                if slot.statistic == "trimmed_mean" and slot.trim_percent is None:
                    trim = book.fences(source, measure, period, book.group_of(entity), card.peers.method)
                result = evidence.result(slot.statistic, trim, slot.trim_percent)
                found.append(
                    {
                        "entity_id": entity,
                        "period": period,
                        "measure_id": measure,
                        "source": source,
                        "statistic": slot.statistic,
                        "numerator": evidence.numerator,
                        "denominator": evidence.denominator,
                        "trimmed_units": result.all_units - result.units if result else None,
                        "rate": six(result.rate) if result else None,
                        "untrimmed_rate": six(result.untrimmed) if result else None,
                    }
                )
    return found


def slot(result: SlotResult, period: str, effective: Fraction | None, maximum: Fraction) -> Row:
    """A row of `measure_scores`."""
    counted = result.slot.use != "tracked"
    return {
        "entity_id": result.entity_id,
        "period": period,
        "slot": result.slot.id,
        "measure_id": result.slot.measure,
        "measure_use": result.slot.use,
        "domain": result.slot.domain,
        "status": result.status,
        "reason": result.reason,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "rate": six(result.rate),
        "scored_rate": six(result.scored_rate),
        "baseline_rate": six(result.baseline_rate),
        "threshold_rate": six(result.threshold),
        "benchmark_rate": six(result.benchmark),
        "achievement_points": six(result.achievement),
        "improvement_points": six(result.improvement),
        "points": six(result.points),
        "maximum_points": six(maximum) if counted else None,
        "score": six(result.score),
        "weight": six(result.slot.weight) if counted else None,
        "effective_weight": six(effective),
        "attained": result.attained,
    }


def score(outcome: Outcome, period: str, card: Card) -> Row:
    """A row of `quality_scores`."""
    decided = card.gate is not None and outcome.state != "missing"
    return {
        "entity_id": outcome.entity_id,
        "period": period,
        "score": six(outcome.score),
        "measures_due": outcome.due,
        "measures_scored": outcome.scored,
        "measures_attained": outcome.attained,
        "gate_passed": outcome.state == "passed" if decided else None,
        "multiplier": six(outcome.multiplier),
        "status": outcome.status,
        "reason": outcome.reason,
    }


def gate(outcome: Outcome, period: str, gate_id: str) -> Row:
    """A row of `quality_gates`."""
    return {
        "entity_id": outcome.entity_id,
        "period": period,
        "gate": gate_id,
        "state": outcome.state,
        "reason": outcome.reason,
        "score": six(outcome.score),
        "multiplier": six(outcome.multiplier),
    }


def gates_of_given(scores: Sequence[Row], gate_id: str) -> list[Row]:
    """Rows of `quality_gates` where the scores were given: passed, failed, or missing while nothing is decided."""
    states = {True: "passed", False: "failed", None: "missing"}
    return [
        {
            "entity_id": r["entity_id"],
            "period": r["period"],
            "gate": gate_id,
            "state": states[r["gate_passed"]],
            "reason": r["reason"] or "",
            "score": r["score"],
            "multiplier": r["multiplier"],
        }
        for r in scores
    ]


def benchmarks(anchors: Anchors) -> list[Row]:
    """Rows of `measure_benchmarks`: every figure a period was held against."""
    measures = {s.id: s.measure for s in anchors.card.slots}
    return [
        {
            "period": anchors.period,
            "slot": slot_id,
            "peer_group": group,
            "measure_id": measures[slot_id],
            "figure": figure,
            "origin": held.origin,
            "rate": six(held.rate),
            "entities": held.entities,
            "status": held.status,
        }
        for (slot_id, group, figure), held in sorted(anchors.used.items())
    ]


def minimum_count(rules: RuleReader) -> int:
    """The fewest people on either side of a gap; one where the rules say nothing of equity."""
    return int(number(rules, "quality.equity.minimum_count")) if rules.has("quality.equity") else 1


def equity(groups: Groups, cards: Mapping[str, Card], rules: RuleReader) -> list[Row]:
    """Rows of `equity_gaps`: every measure of the scorecard by every stratum of the rules, entity by entity and all together."""
    if not rules.has("quality.equity"):
        return []
    strata = set(cast("list[str]", rules.get("quality.equity.strata")))
    minimum, reference = minimum_count(rules), word(rules, "quality.equity.reference")
    found: list[Row] = []
    for (source, measure, entity, period), by_stratum in sorted(groups.items()):
        card = cards.get(period)
        slots = [s for s in card.slots if (s.source, s.measure) == (source, measure)] if card else []
        if not slots:
            continue
        direction = slots[0].gap_direction
        for stratum in sorted(strata & set(by_stratum)):
            for gap in gaps(by_stratum[stratum], direction, minimum, reference):
                enough = gap.status != "too_few"
                found.append(
                    {
                        "entity_id": entity,
                        "period": period,
                        "measure_id": measure,
                        "stratum": stratum,
                        "stratum_value": gap.value,
                        "reference_value": gap.reference,
                        "numerator": gap.group.numerator,
                        "denominator": gap.group.denominator,
                        "reference_denominator": gap.reference_group.denominator if gap.reference_group else None,
                        "rate": six(gap.group.rate) if enough else None,
                        "reference_rate": six(gap.reference_group.rate) if gap.reference_group else None,
                        "gap_difference": six(gap.difference),
                        "gap_ratio": six(gap.ratio),
                        "status": gap.status,
                    }
                )
    return found


def pool(rules: RuleReader, outcomes: Sequence[Outcome], period: str, units: Mapping[tuple[str, str], int]) -> list[Row]:
    """Rows of `quality_pool_shares`: a fixed sum shared by those who passed the gate, to the cent, and what nobody earned.

    A period in which nobody has a scorecard yet shares nothing.
    """
    if not outcomes or not rules.has("quality.pool"):
        return []
    amount = number_or_off(rules, "quality.pool.amount")
    if amount is None:
        return []
    by_units = word(rules, "quality.pool.share_by") == "score_and_units"
    weights = {
        o.entity_id: (o.score or Fraction(0)) * (units.get((o.entity_id, period), 0) if by_units else 1)
        for o in outcomes
        if o.state == "passed" and o.score is not None
    }
    parts, left = share_pool(round_half_up(amount * 100), weights)
    found = [
        {"period": period, "entity_id": e, "share_weight": six(w), "units": units.get((e, period), 0), "amount_cents": parts.get(e, 0)}
        for e, w in sorted(weights.items())
    ]
    if left:
        found.append({"period": period, "entity_id": UNDISTRIBUTED, "share_weight": six(Fraction(0)), "units": 0, "amount_cents": left})
    return found
