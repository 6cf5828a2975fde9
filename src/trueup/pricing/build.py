"""Prices of a base period: `price` runs the mechanism that the rule names.

Everywhere a mean is Σ cost / Σ risk, so cost that already carries its members' risk is never multiplied by it twice. Nothing is rounded
before the price itself, which is rounded to a cent once; ladders print the sums, from which a calculator gets the same cent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.entity_grain import (
    Ladder,
    Participation,
    PeriodDays,
    Price,
    RuleReader,
    add_years,
    cite_of,
    first_joined,
    number,
    number_or_off,
    word,
)
from trueup.errors import Refused
from trueup.money import round_half_up, to_places
from trueup.pricing.inputs import BaseEpisode, Finding, PriceSetContent, PriceStep, Span
from trueup.pricing.outliers import Base, Sums, apply_outlier_rule
from trueup.pricing.trend import Trend, trend

Order = Literal["before_trend", "after_trend"]

# What each step of a price ladder is made of, for people who recompute it.
HOW: dict[str, str] = {
    "own_mean": "own_cost / own_risk",
    "state_mean": "state_cost / state_risk",
    "weight_state": "1 - weight_own",
    "blended_mean": "weight_own × own_mean + weight_state × state_mean, from the sums",
    "trend_years": "trend_days / 365.25 where the rule says midpoint",
    "trend_factor": "(1 + trend_annual) ^ trend_years, to six decimals",
    "target_price": "blended_mean × trend_factor, to a cent",
    "acceptable_unrounded": "own_cost × trend_factor / own_risk",
    "acceptable_threshold": "acceptable_unrounded, to a cent",
    "commendable_threshold": "acceptable_unrounded × (1 - minimum_savings_rate), or less the minimum savings amount, to a cent",
}


# --- the arithmetic, each rule one function ------------------------------------------------------------------------------------------


def blend(own: Fraction, state: Fraction, weight_own: Fraction | Decimal) -> Fraction:
    """weight × own + (1 − weight) × state."""
    weight = Fraction(weight_own)
    return weight * own + (1 - weight) * state


def credibility(episodes: int, full_at: int) -> Decimal:
    """Limited-fluctuation credibility Z = min(1, √(n / full)), to six decimals. An option to compare with, used by no program here."""
    scaled = Fraction(episodes * 10**24, full_at)
    return min(Decimal(1), to_places(Fraction(math.isqrt(int(scaled)), 10**12), 6))


def acceptable(mean: Fraction, trend_factor: Decimal) -> Fraction:
    """The acceptable threshold in cents, unrounded: the entity's own mean × trend."""
    return mean * Fraction(trend_factor)


def commendable_by_rate(mean: Fraction, trend_factor: Decimal, rate: Decimal) -> Fraction:
    """The commendable threshold in cents, unrounded: a share below the acceptable one. Before or after trend is the same."""
    return acceptable(mean, trend_factor) * (1 - Fraction(rate))


def commendable_by_amount(mean: Fraction, trend_factor: Decimal, amount_cents: Fraction, applied: Order) -> Fraction:
    """The commendable threshold in cents, unrounded: an amount below the mean, taken off before or after trend (the order matters)."""
    if applied == "before_trend":
        return (mean - amount_cents) * Fraction(trend_factor)
    return acceptable(mean, trend_factor) - amount_cents


# --- the mechanisms ------------------------------------------------------------------------------------------------------------------


@dataclass
class _Work:
    """What the mechanisms read and fill."""

    rules: RuleReader
    base: Base
    trend: Trend
    accountable: Sequence[str]
    stays: Sequence[Participation]
    period: PeriodDays
    prices: list[Price] = field(default_factory=list[Price])
    steps: list[PriceStep] = field(default_factory=list[PriceStep])
    findings: list[Finding] = field(default_factory=list[Finding])

    def add(self, entity_id: str, kind: str, cohort: str, amount: Fraction, ladder: Ladder, span: Span) -> None:
        """Round a price to a cent, once, and file it with its ladder."""
        cents = round_half_up(amount)
        if cents <= 0:
            self.findings.append(Finding("TRU-P006", 1, f"{kind} of {entity_id} ({cohort}) would be {cents} cents: no price."))
            return
        ladder.cents(kind, cents)
        ladder.day("effective_from", span.start)
        ladder.day("effective_to", span.end)
        self.prices.append(Price(entity_id, kind, cohort, span.start, span.end, cents))
        self.steps += [
            PriceStep(entity_id, kind, cohort, number, line.name, line.amount, line.unit, line.cite)
            for number, line in enumerate(ladder.lines, 1)
        ]


def _show_sums(ladder: Ladder, work: _Work, whose: str, sums: Sums) -> None:
    """The lines of one mean: episodes given, taken out (or truncated) as outliers and retained, their dollars and risk."""
    method = cite_of(work.rules, "outliers.method")
    removed = sums.outliers if work.base.method == "exclude" else 0
    ladder.count(f"{whose}_episodes_before_outliers", sums.episodes + removed)
    ladder.count(f"{whose}_outliers_{'excluded' if work.base.method == 'exclude' else 'truncated'}", sums.outliers, method)
    ladder.count(f"{whose}_episodes", sums.episodes)
    ladder.cents(f"{whose}_cost", sums.cost_cents)
    ladder.rate(f"{whose}_risk", sums.risk)
    ladder.cents(f"{whose}_mean", sums.mean)


def _blended_target(work: _Work) -> None:
    """One target price per accountable entity, for the priced period and all cohorts: blend of own and state mean, trended.

    Risk enters once: both means are per unit of risk, and an episode's target is this price × its own risk score.
    """
    rules, cohort = work.rules, word(work.rules, "cohorts.otherwise")
    state, own_totals = work.base.state(), work.base.by_entity()
    weight = number(rules, "prices.weight_own")
    span = Span(work.period.first_day, work.period.last_day + timedelta(days=1))
    for entity_id in sorted(set(work.accountable)):
        own = own_totals.get(entity_id, Sums())
        if not own.episodes and weight:
            message = f"{entity_id} is accountable and has no retained base episode: no target price."
            work.findings.append(Finding("TRU-P007", 1, message))
            continue
        ladder = Ladder()
        if own.episodes:
            _show_sums(ladder, work, "own", own)
        _show_sums(ladder, work, "state", state)
        ladder.rate("weight_own", weight, cite_of(rules, "prices.weight_own"))
        ladder.rate("weight_state", 1 - weight)
        blended = blend(own.mean if own.episodes else Fraction(0), state.mean, weight)
        ladder.cents("blended_mean", blended)
        work.trend.show(ladder, rules)
        work.add(entity_id, "target_price", cohort, blended * Fraction(work.trend.factor), ladder, span)


def _own_history_thresholds(work: _Work) -> None:
    """An acceptable and a commendable threshold per participating entity and cohort with base episodes, from its own history only.

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
            message = f"{entity_id} participates and has no retained base episode: no thresholds."
            work.findings.append(Finding("TRU-P007", 1, message))
    without = sorted(set(by_entity) - {stay.entity_id for stay in work.stays})
    if without:
        message = f"{len(without)} entities have base episodes and do not participate: no thresholds, first {without[0]}."
        work.findings.append(Finding("TRU-P008", len(without), message))


def _threshold_pair(work: _Work, entity_id: str, cohort: str, sums: Sums, span: Span) -> None:
    for kind in ("acceptable_threshold", "commendable_threshold"):
        ladder = Ladder()
        _show_sums(ladder, work, "own", sums)
        work.trend.show(ladder, work.rules)
        amount = acceptable(sums.mean, work.trend.factor)
        ladder.cents("acceptable_unrounded", amount)
        if kind == "commendable_threshold":
            amount = _commendable(work, sums.mean, ladder)
        work.add(entity_id, kind, cohort, amount, ladder, span)


def _commendable(work: _Work, mean: Fraction, ladder: Ladder) -> Fraction:
    """The commendable threshold by the form the rule gives: a rate or an amount, not both; neither leaves the acceptable one."""
    rules, factor = work.rules, work.trend.factor
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


MECHANISMS: dict[str, Callable[[_Work], None]] = {
    "blended_target": _blended_target,
    "own_history_thresholds": _own_history_thresholds,
}


def price(
    program: RuleReader,
    base_episodes: Iterable[BaseEpisode],
    accountable_entities: Iterable[str],
    participation: Iterable[Participation],
    period: PeriodDays,
) -> PriceSetContent:
    """Prices, ladders and outlier lines for `period` by the rule `prices.mechanism`, from base episodes.

    Args:
        program: the rules being priced.
        base_episodes: episodes of `prices.baseline_period` without exclusion reason; the outlier rule is applied here.
        accountable_entities: entities that pass the accountable gate (used by `blended_target`).
        participation: every stay of every entity (used by `own_history_thresholds`; join dates start a threshold's life).
        period: the period being priced (trend; validity of `blended_target`).

    Raises:
        Refused: TRU-P001 without base episodes; TRU-P002 for an unknown mechanism; TRU-R014 for an unknown value.

    Source: rules `outliers`, `prices`, `cohorts`; docs/reference/mechanisms.md sections 9 and 10.
    """
    mechanism = MECHANISMS.get(word(program, "prices.mechanism"))
    if mechanism is None:
        message = f"no pricing mechanism `{word(program, 'prices.mechanism')}`."
        raise Refused("TRU-P002", message, next_step=f"Known: {', '.join(MECHANISMS)}.")
    base_period = program.period(word(program, "prices.baseline_period"))
    base = apply_outlier_rule(program, base_episodes)
    if not base.state().episodes:
        raise Refused(
            "TRU-P001",
            f"period {base_period.id} ({base_period.first_day} to {base_period.last_day}) has no episode to price from.",
            next_step="Load claims of the base period.",
        )
    work = _Work(program, base, trend(program, base_period, period), list(accountable_entities), list(participation), period)
    mechanism(work)
    return PriceSetContent(work.prices, work.steps, base.frozen(work.trend.factor), work.findings)
