"""Prices of a base period: `price` runs the mechanism that the rule names, and case rates before it where the program pays them.

Everywhere a mean is Σ cost / Σ risk, so cost that already carries its members' risk is never multiplied by it twice. Nothing is rounded
before the price itself, which is rounded to a cent once; ladders print the sums, from which a calculator gets the same cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Participation, PeriodDays, RuleReader, word
from trueup.errors import Refused
from trueup.money import to_places
from trueup.pricing.case_rate import SECTION as CASE_RATE
from trueup.pricing.case_rate import case_rates
from trueup.pricing.completion import complete
from trueup.pricing.factors import program_changes
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, Lag, PriceSetContent
from trueup.pricing.outliers import Base, apply_outlier_rule
from trueup.pricing.target import blended_target, two_steps
from trueup.pricing.thresholds import own_history_thresholds
from trueup.pricing.trend import trend
from trueup.pricing.work import Work

MECHANISMS: dict[str, Callable[[Work], None]] = {
    "blended_target": blended_target,
    "own_history_thresholds": own_history_thresholds,
}


def price(
    program: RuleReader,
    base_episodes: Iterable[BaseEpisode],
    accountable_entities: Iterable[str],
    participation: Iterable[Participation],
    period: PeriodDays,
    *,
    base_case_rates: Iterable[BaseCaseRate] | None = None,
    lag: Lag | None = None,
) -> PriceSetContent:
    """Prices, ladders and outlier lines for `period` by the rule `prices.mechanism`, from base episodes.

    Args:
        program: the rules being priced.
        base_episodes: episodes of `prices.baseline_period` without exclusion reason; the outlier rule is applied here.
        accountable_entities: entities that pass the accountable gate (used by case rates and `blended_target`).
        participation: every stay of every entity (used by `own_history_thresholds`; join dates start a threshold's life).
        period: the period being priced (trend; validity of case rates and `blended_target`).
        base_case_rates: the pay cycle replayed on the base; case rates are published where it is given and the rules have
            `prices.case_rate`.
        lag: claims by age, needed where the rules have `prices.completion`.

    Raises:
        Refused: TRU-P001 without base episodes; TRU-P002 for an unknown mechanism; TRU-R014 for an unknown value; and what `complete`,
            `program_changes` and `case_rates` refuse.

    Source: rules `outliers`, `prices`, `cohorts`; docs/reference/mechanisms.md sections 9 and 10.
    """
    mechanism = MECHANISMS.get(word(program, "prices.mechanism"))
    if mechanism is None:
        message = f"no pricing mechanism `{word(program, 'prices.mechanism')}`."
        raise Refused("TRU-P002", message, next_step=f"Known: {', '.join(MECHANISMS)}.")
    base_period, episodes = program.period(word(program, "prices.baseline_period")), list(base_episodes)
    if not episodes:
        raise Refused(
            "TRU-P001",
            f"period {base_period.id} ({base_period.first_day} to {base_period.last_day}) has no episode to price from.",
            next_step="Load claims of the base period.",
        )
    changes = program_changes(program, "prices", base_period, period)
    work = Work(
        program,
        Base(word(program, "outliers.method")),
        trend(program, base_period, period),
        sorted(set(accountable_entities)),
        list(participation),
        base_period,
        period,
        changes,
        complete(program, lag),
        findings=list(changes.findings),
    )
    if base_case_rates is not None and program.has(CASE_RATE):
        work.rates = case_rates(work, base_case_rates)
    if work.completion and two_steps(work):
        work.completion = replace(work.completion, rated=frozenset(work.rates))
    work.base = apply_outlier_rule(program, episodes, work.rates if two_steps(work) else None)
    mechanism(work)
    return PriceSetContent(
        work.prices,
        work.steps,
        work.base.frozen(_line_factor(work)),
        work.findings,
        work.basis,
        list(work.completion.rates.values()) if work.completion else [],
        list(work.completion.back_tests) if work.completion else [],
    )


def _line_factor(work: Work) -> Decimal:
    """What brings an outlier line to the priced period: trend and program changes, to six decimals. Completion does not: a line meets
    single episodes."""
    return to_places(Fraction(work.trend.factor) * work.changes.product, 6)
