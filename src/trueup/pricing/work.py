"""The desk of the pricing mechanisms: what they read, where they put a price with its ladder, and the lines they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, Line, Participation, PeriodDays, Price, RuleReader, cite_of
from trueup.money import round_half_up
from trueup.pricing.completion import SECTION, Completion
from trueup.pricing.factors import ProgramChanges
from trueup.pricing.inputs import CaseRateBasis, Finding, PriceStep, Span
from trueup.pricing.outliers import Base, Sums
from trueup.pricing.trend import Trend

# What each step of a price ladder is made of, for people who recompute it.
HOW: dict[str, str] = {
    "own_mean": "own_cost / own_risk",
    "state_mean": "state_cost / state_risk",
    "state_mean_risk": "state_risk / state_episodes",
    "own_rest": "own_cost - own_in_scope_history",
    "own_rest_trended": "own_rest / own_risk × own_completion × trend_factor × program changes",
    "own_in_scope_priced": "Σ case rate × months of the base episodes",
    "own_priced": "own_rest_trended + own_in_scope_priced / own_risk",
    "state_priced": "as own_priced, of the state",
    "weight_state": "1 - weight_own",
    "blended_mean": "weight_own × own_mean + weight_state × state_mean, from the sums",
    "blended_priced": "weight_own × own_priced + weight_state × state_priced, from the sums",
    "trend_years": "trend_days / 365.25 where the rule says midpoint, trend_months / 12 where it says midpoint_months",
    "trend_factor": "(1 + trend_annual) ^ trend_years, to six decimals",
    "target_price": "blended_mean × trend_factor (or blended_priced), to a cent",
    "acceptable_unrounded": "own_cost × trend_factor / own_risk",
    "acceptable_threshold": "acceptable_unrounded, to a cent",
    "commendable_threshold": "acceptable_unrounded × (1 - minimum_savings_rate), or less the minimum savings amount, to a cent",
    "base_rate": "own_in_scope_counted / own_months",
    "own_rate": "base_rate × completion × trend_factor × program changes / risk_base_average",
    "state_rate": "the complement at risk 1 × trend_factor × program changes",
    "blended_rate": "weight_own × own_rate + weight_state × state_rate",
    "rate_before_add_ons": "blended_rate × risk_factor",
    "case_rate": "rate_before_add_ons + add-ons, to a cent",
    "replay_dollars": "base_rate_rounded × own_months",
    "replay_residual": "replay_dollars - own_in_scope_counted",
    "loss_residual": "base_rate_rounded × loss_months - loss_in_scope",
}


@dataclass
class Work:
    """What the mechanisms read and fill. `rates` are the case rates published by this set, in cents a month by entity."""

    rules: RuleReader
    base: Base
    trend: Trend
    accountable: Sequence[str]
    stays: Sequence[Participation]
    base_period: PeriodDays
    period: PeriodDays
    changes: ProgramChanges = field(default_factory=ProgramChanges)
    completion: Completion | None = None
    rates: dict[str, int] = field(default_factory=dict[str, int])
    prices: list[Price] = field(default_factory=list[Price])
    steps: list[PriceStep] = field(default_factory=list[PriceStep])
    findings: list[Finding] = field(default_factory=list[Finding])
    basis: list[CaseRateBasis] = field(default_factory=list[CaseRateBasis])

    def add(self, entity_id: str, kind: str, cohort: str, amount: Fraction, ladder: Ladder, span: Span, notes: Sequence[Line] = ()) -> bool:
        """Round a price to a cent, once, and file it with its ladder and notes. A price of nothing is a finding, and False."""
        cents = round_half_up(amount)
        if cents <= 0:
            self.findings.append(Finding("TRU-P006", 1, f"{kind} of {entity_id} ({cohort}) would be {cents} cents: no price."))
            return False
        ladder.cents(kind, cents)
        ladder.day("effective_from", span.start)
        ladder.day("effective_to", span.end)
        self.prices.append(Price(entity_id, kind, cohort, span.start, span.end, cents))
        self.steps += [
            PriceStep(entity_id, kind, cohort, number, line.name, line.amount, line.unit, line.cite)
            for number, line in enumerate([*ladder.lines, *notes], 1)
        ]
        return True

    def without_base(self, entity_id: str, does: str, what: str) -> None:
        """Note an entity that would have a price if it had a base."""
        message = f"{entity_id} {does} and has no retained base episode: no {what}."
        self.findings.append(Finding("TRU-P007", 1, message))

    def completion_of(self, entity_id: str | None = None, cohort: str | None = None, *, all_of: bool = False) -> Decimal:
        """The completion factor of base episodes of one entity (and cohort), or of all; 1 where the rules complete nothing."""
        if self.completion is None:
            return Decimal("1.000000")
        cents = sum(
            amount
            for (entity, group), amount in self.base.given_cents.items()
            if (all_of or entity == entity_id) and (cohort is None or group == cohort)
        )
        return self.completion.factor("episode", expected_cents=cents, entity_id=entity_id, cohort=cohort, all_of=all_of)

    def show_completion(self, ladder: Ladder, name: str, factor: Decimal) -> None:
        """The line of a completion factor, where the rules complete a base."""
        if self.completion is not None:
            ladder.rate(name, factor, f"{cite_of(self.rules, f'{SECTION}.method')}; completion_factors")

    def show_changes(self, ladder: Ladder) -> None:
        """The lines of program changes, where there are any."""
        if self.changes.changes:
            self.changes.show(ladder)


def show_sums(ladder: Ladder, work: Work, whose: str, sums: Sums) -> None:
    """The lines of one mean: episodes given, taken out (or truncated) as outliers and retained, their dollars and risk."""
    method = cite_of(work.rules, "outliers.method")
    removed = sums.outliers if work.base.method == "exclude" else 0
    ladder.count(f"{whose}_episodes_before_outliers", sums.episodes + removed)
    ladder.count(f"{whose}_outliers_{'excluded' if work.base.method == 'exclude' else 'truncated'}", sums.outliers, method)
    ladder.count(f"{whose}_episodes", sums.episodes)
    ladder.cents(f"{whose}_cost", sums.cost_cents)
    ladder.rate(f"{whose}_risk", sums.risk)
    ladder.cents(f"{whose}_mean", sums.mean)
