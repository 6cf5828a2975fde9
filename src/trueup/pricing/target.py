"""`blended_target`: one target price per accountable entity, a blend of its own and the state's base, brought to the priced period.

Two bases. `ffs_history`: the whole episode at what it cost. `case_rate_and_ffs`: the part that case rates stand for is priced as published
rate × months, and the rest is trended history. The year's total cost counts the case rates that were paid; a target from history alone
would turn the design of the rate into savings or losses, the second base does not.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, cite_of, number, word
from trueup.pricing.arithmetic import blend
from trueup.pricing.inputs import Span
from trueup.pricing.outliers import Sums
from trueup.pricing.work import Work, show_sums

BASIS = "prices.price_basis"


def two_steps(work: Work) -> bool:
    """Whether the in-scope part is priced at the case rates."""
    return work.rules.has(BASIS) and word(work.rules, BASIS) == "case_rate_and_ffs"


def blended_target(work: Work) -> None:
    """One target price per accountable entity, for the priced period and all cohorts.

    Risk enters once: both means are per unit of risk, and an episode's target is this price × its own risk score.
    """
    rules, cohort = work.rules, word(work.rules, "cohorts.otherwise")
    state, own_totals = work.base.state(), work.base.by_entity()
    weight = number(rules, "prices.weight_own")
    span = Span(work.period.first_day, work.period.last_day + timedelta(days=1))
    build = _two_step_price if two_steps(work) else _history_price
    for entity_id in sorted(set(work.accountable)):
        own = own_totals.get(entity_id, Sums())
        if not own.episodes and weight:
            work.without_base(entity_id, "is accountable", "target price")
            continue
        ladder = Ladder()
        amount = build(work, ladder, entity_id, own, state, weight)
        work.add(entity_id, "target_price", cohort, amount, ladder, span)


def _history_price(work: Work, ladder: Ladder, entity_id: str, own: Sums, state: Sums, weight: Decimal) -> Fraction:
    """The price from history alone, unrounded."""
    own_mean = Fraction(0)
    if own.episodes:
        show_sums(ladder, work, "own", own)
        completed = work.completion_of(entity_id)
        work.show_completion(ladder, "own_completion", completed)
        own_mean = own.mean * Fraction(completed)
    show_sums(ladder, work, "state", state)
    completed = work.completion_of(all_of=True)
    work.show_completion(ladder, "state_completion", completed)
    _show_weights(work, ladder, weight)
    blended = blend(own_mean, state.mean * Fraction(completed), weight)
    ladder.cents("blended_mean", blended)
    work.trend.show(ladder, work.rules)
    work.show_changes(ladder)
    return blended * Fraction(work.trend.factor) * work.changes.product


def _two_step_price(work: Work, ladder: Ladder, entity_id: str, own: Sums, state: Sums, weight: Decimal) -> Fraction:
    """The price from trended rest and case rates, unrounded; own and state each in two printed steps."""
    ladder.text("price_basis", "case_rate_and_ffs", cite_of(work.rules, BASIS))
    work.trend.show(ladder, work.rules)
    work.show_changes(ladder)
    own_priced = Fraction(0)
    if own.episodes:
        own_priced = _priced(work, ladder, "own", own, work.completion_of(entity_id))
    state_priced = _priced(work, ladder, "state", state, work.completion_of(all_of=True))
    _show_weights(work, ladder, weight)
    blended = blend(own_priced, state_priced, weight)
    ladder.cents("blended_priced", blended)
    return blended


def _priced(work: Work, ladder: Ladder, whose: str, sums: Sums, completed: Decimal) -> Fraction:
    """One mean per unit of risk: the rest trended, plus the in-scope months at the case rates, which carry their own trend already."""
    show_sums(ladder, work, whose, sums)
    if whose == "state":
        ladder.rate("state_mean_risk", sums.risk / sums.episodes, "1 where the scores are normalized on this base")
    rest = sums.cost_cents - sums.in_scope_cents
    ladder.cents(f"{whose}_in_scope_history", sums.in_scope_cents)
    ladder.cents(f"{whose}_rest", rest)
    work.show_completion(ladder, f"{whose}_completion", completed)
    trended = rest / sums.risk * Fraction(completed) * Fraction(work.trend.factor) * work.changes.product
    ladder.cents(f"{whose}_rest_trended", trended)
    ladder.count(f"{whose}_in_scope_months", sums.in_scope_months)
    ladder.cents(f"{whose}_in_scope_priced", sums.priced_cents, "prices of this set")
    ladder.cents(f"{whose}_in_scope_difference", sums.priced_cents - sums.in_scope_cents, "case rates less the history they stand for")
    priced = trended + sums.priced_cents / sums.risk
    ladder.cents(f"{whose}_priced", priced)
    return priced


def _show_weights(work: Work, ladder: Ladder, weight: Decimal) -> None:
    ladder.rate("weight_own", weight, cite_of(work.rules, "prices.weight_own"))
    ladder.rate("weight_state", 1 - weight)
