"""`own_history_thresholds`: an acceptable and a commendable threshold per entity and cohort, from its own history only."""

from __future__ import annotations

from fractions import Fraction

from trueup.entity_grain import Ladder, add_years, cite_of, first_joined, number, number_or_off, word
from trueup.errors import Refused
from trueup.pricing.arithmetic import Order, acceptable, commendable_by_amount, commendable_by_rate
from trueup.pricing.inputs import Finding, Span
from trueup.pricing.outliers import Sums
from trueup.pricing.work import Work, show_sums


def own_history_thresholds(work: Work) -> None:
    """An acceptable and a commendable threshold per participating entity and cohort with base episodes.

    Valid from the first day the entity or a predecessor joined, for `prices.valid_years` years; the last day is exclusive.
    """
    years = int(number(work.rules, "prices.valid_years"))
    by_entity: dict[str, dict[str, Sums]] = {}
    for (entity_id, cohort), sums in work.base.groups.items():
        if entity_id is not None:
            by_entity.setdefault(entity_id, {})[cohort] = sums
    for entity_id in sorted({stay.entity_id for stay in work.stays}):
        joined, cohorts = first_joined(entity_id, work.stays), by_entity.get(entity_id, {})
        assert joined is not None
        for cohort, sums in sorted(cohorts.items()):
            if sums.episodes:
                _threshold_pair(work, entity_id, cohort, sums, Span(joined, add_years(joined, years)))
        if not any(sums.episodes for sums in cohorts.values()):
            work.without_base(entity_id, "participates", "thresholds")
    without = sorted(set(by_entity) - {stay.entity_id for stay in work.stays})
    if without:
        message = f"{len(without)} entities have base episodes and do not participate: no thresholds, first {without[0]}."
        work.findings.append(Finding("TRU-P008", len(without), message))


def _threshold_pair(work: Work, entity_id: str, cohort: str, sums: Sums, span: Span) -> None:
    completed = work.completion_of(entity_id, cohort)
    mean, factor = sums.mean * Fraction(completed), Fraction(work.trend.factor) * work.changes.product
    for kind in ("acceptable_threshold", "commendable_threshold"):
        ladder = Ladder()
        show_sums(ladder, work, "own", sums)
        work.show_completion(ladder, "own_completion", completed)
        work.trend.show(ladder, work.rules)
        work.show_changes(ladder)
        amount = acceptable(mean, factor)
        ladder.cents("acceptable_unrounded", amount)
        if kind == "commendable_threshold":
            amount = _commendable(work, mean, factor, ladder)
        work.add(entity_id, kind, cohort, amount, ladder, span)


def _commendable(work: Work, mean: Fraction, factor: Fraction, ladder: Ladder) -> Fraction:
    """The commendable threshold by the form the rule gives: a rate or an amount, not both; neither leaves the acceptable one."""
    rules = work.rules
    rate, dollars = number_or_off(rules, "prices.minimum_savings_rate"), number_or_off(rules, "prices.minimum_savings_amount")
    if rate is not None and dollars is not None:
        raise Refused("TRU-P009", "both a minimum savings rate and an amount are set.", next_step="Turn one of them `off`.")
    if dollars is not None:
        applied: Order = "before_trend" if word(rules, "prices.minimum_savings_applied") == "before_trend" else "after_trend"
        ladder.cents("minimum_savings_amount", Fraction(dollars) * 100, cite_of(rules, "prices.minimum_savings_amount"))
        ladder.text("minimum_savings_applied", applied, cite_of(rules, "prices.minimum_savings_applied"))
        return commendable_by_amount(mean, factor, Fraction(dollars) * 100, applied)
    if rate is not None:
        ladder.rate("minimum_savings_rate", rate, cite_of(rules, "prices.minimum_savings_rate"))
        return commendable_by_rate(mean, factor, rate)
    ladder.text("minimum_savings_rate", "off", cite_of(rules, "prices.minimum_savings_rate"))
    return acceptable(mean, factor)
