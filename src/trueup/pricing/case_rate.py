"""The case rate: what one paid month of an entity has to cover, built from the months the engine would have paid on the base.

In-scope dollars and months come from replaying the pay cycle on the base claims, whoever delivered: Σ dollars / Σ months of the same
pregnancies. Dividing by days / 30.4 instead would overpay, because calendar months are paid whole; counting only those who stayed, or a
fixed number of months, would miss those who left or came late. Each factor has its line in the ladder, also where it is 1.000000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, Line, cite_of, word
from trueup.money import round_half_up, to_places
from trueup.pricing.case_rate_base import CaseRateBase, Practice, case_rate_base
from trueup.pricing.case_rate_weights import Weights, weights_of
from trueup.pricing.completion import SECTION as COMPLETION
from trueup.pricing.credibility import Group, group_of
from trueup.pricing.factors import AddOn, ProgramChanges, add_ons, program_changes
from trueup.pricing.inputs import BaseCaseRate, Finding, Span
from trueup.pricing.outliers import MICRO
from trueup.pricing.trend import Trend, trend
from trueup.pricing.work import Work

SECTION = "prices.case_rate"


def case_rates(work: Work, rows: Iterable[BaseCaseRate]) -> dict[str, int]:
    """Publish a case rate per accountable entity with months in the base; cents a month by entity.

    Raises:
        CheckFailed: TRU-P028 where a base row cannot be; TRU-P025 where completion does not meet the base dollars.
        Refused: TRU-P029 where the rules blend in two ways; TRU-P033 for a program change that cannot count.
    """
    rules = work.rules
    base = case_rate_base(rules, SECTION, rows)
    work.basis += base.rows
    work.findings += base.findings
    trended = trend(rules, work.base_period, work.period, SECTION)
    changes = program_changes(rules, SECTION, work.base_period, work.period)
    work.findings += changes.findings
    completed = {e: _completion(work, e, p) for e, p in base.practices.items() if p.months}
    groups = {e: _group(base.practices[e], factor, with_risk=_with_risk(work)) for e, factor in completed.items()}
    found: dict[str, int] = {}
    if groups:
        weights = weights_of(rules, SECTION, groups, {e: base.practices[e].pregnancies for e in groups})
        work.findings += weights.findings
        build = _Build(work, base, trended, changes, add_ons(rules, SECTION), completed, groups, weights)
        for entity_id in sorted(set(work.accountable) & set(groups)):
            build.price(entity_id)
        found = {p.entity_id: p.amount_cents for p in work.prices if p.price == "case_rate"}
        build.note_budget(set(found))
    for entity_id in sorted(set(work.accountable) - set(groups)):
        message = f"{entity_id} is accountable and would have been paid no month of the base: no case rate."
        work.findings.append(Finding("TRU-P030", 1, message))
    return found


def _with_risk(work: Work) -> bool:
    return word(work.rules, f"{SECTION}.risk") == "base_average"


def _completion(work: Work, entity_id: str, practice: Practice) -> Decimal:
    if work.completion is None:
        return Decimal("1.000000")
    return work.completion.factor("case_rate", expected_cents=practice.covered_cents, entity_id=entity_id)


def _group(practice: Practice, completed: Decimal, *, with_risk: bool) -> Group:
    """The entity's experience in months (at risk 1 where risk counts) and completed cents, as credibility reads it."""
    raw = group_of([(unit.months * (unit.micros if with_risk else MICRO), unit.counted_cents) for unit in practice.units])
    factor = Fraction(completed)
    return replace(
        raw,
        exposure=raw.exposure / MICRO,
        amount=raw.amount * factor,
        squares=raw.squares * MICRO * completed * completed,
    )


class _Build:
    """Prices one entity after the other from what is common to all."""

    def __init__(
        self,
        work: Work,
        base: CaseRateBase,
        trended: Trend,
        changes: ProgramChanges,
        extras: list[AddOn],
        completed: dict[str, Decimal],
        groups: dict[str, Group],
        weights: Weights,
    ) -> None:
        self.work, self.base, self.trend, self.changes, self.extras = work, base, trended, changes, extras
        self.completed, self.groups, self.weights = completed, groups, weights
        self.growth = Fraction(trended.factor) * changes.product
        self.state_rate = weights.complement * self.growth
        self.span = Span(work.period.first_day, work.period.last_day + timedelta(days=1))

    def price(self, entity_id: str) -> None:
        """The rate of one entity with its ladder: base, completion, trend, changes, risk, blend, add-ons, rounding; then the replay."""
        rules, practice, group, ladder = self.work.rules, self.base.practices[entity_id], self.groups[entity_id], Ladder()
        base_rate = Fraction(practice.counted_cents, practice.months)
        self._show_base(ladder, practice, base_rate)
        source = f"{cite_of(rules, f'{COMPLETION}.method')}; completion_factors" if self.work.completion else "completion is off"
        ladder.rate("completion_factor", self.completed[entity_id], source)
        self.trend.show(ladder, rules)
        self.changes.show(ladder)
        risk = group.exposure / practice.months
        ladder.rate("risk_base_average", risk if _with_risk(self.work) else Decimal("1.000000"), cite_of(rules, f"{SECTION}.risk"))
        own = group.mean * self.growth
        ladder.cents("own_rate", own)
        self.weights.show(ladder, rules, practice.pregnancies, entity_id)
        ladder.cents("state_rate", self.state_rate, self.weights.how)
        blended = self._blended(entity_id) * self.growth
        ladder.cents("blended_rate", blended)
        ladder.rate("risk_factor", risk if _with_risk(self.work) else Decimal("1.000000"), cite_of(rules, f"{SECTION}.risk"))
        amount = blended * risk
        ladder.cents("rate_before_add_ons", amount)
        for extra in self.extras:
            ladder.cents(f"add_on.{extra.id}", extra.cents, extra.cite)
            amount += extra.cents
        if not self.extras:
            ladder.cents("add_ons", 0, "none")
        cohort = word(rules, "cohorts.otherwise")
        self.work.add(entity_id, "case_rate", cohort, amount, ladder, self.span, self._replay(practice, base_rate))

    def _blended(self, entity_id: str) -> Fraction:
        """Z × own + (1 − Z) × complement, at risk 1 and base prices."""
        z = Fraction(self.weights.own[entity_id])
        return z * self.groups[entity_id].mean + (1 - z) * self.weights.complement

    def _show_base(self, ladder: Ladder, practice: Practice, base_rate: Fraction) -> None:
        rules = self.work.rules
        ladder.count("own_pregnancies", practice.pregnancies, cite_of(rules, f"{SECTION}.base_population"))
        ladder.count("own_months", practice.months, "months the engine would have paid")
        ladder.cents("own_in_scope", practice.covered_cents)
        ladder.cents("own_winsorized", practice.covered_cents - practice.counted_cents, self.base.winsorized)
        ladder.cents("own_in_scope_counted", practice.counted_cents)
        ladder.cents("base_rate", base_rate)

    def _replay(self, practice: Practice, base_rate: Fraction) -> list[Line]:
        """What the cycle would have paid on the base at the base rate, and what losses leave; before trend and all that follows."""
        notes, rounded = Ladder(), round_half_up(base_rate)
        notes.cents("base_rate_rounded", rounded)
        notes.cents("replay_unrounded", base_rate * practice.months)
        notes.cents("replay_dollars", rounded * practice.months)
        notes.cents("replay_residual", rounded * practice.months - practice.counted_cents)
        notes.count("loss_months", practice.loss_months)
        notes.cents("loss_in_scope", practice.loss_cents)
        notes.cents("loss_residual", rounded * practice.loss_months - practice.loss_cents)
        return notes.lines

    def note_budget(self, priced: set[str]) -> None:
        """What the blend moves, on base months and before trend: over all entities of the base, and over those with a rate."""
        effects = {e: (self._blended(e) - g.mean) * g.exposure for e, g in self.groups.items()}
        if not any(effects.values()):
            return
        everybody, paid = (to_places(sum(part, Fraction(0)) / 100, 2) for part in (effects.values(), [effects[e] for e in sorted(priced)]))
        message = f"the blend moves {everybody} dollars over all entities of the base, {paid} over those with a rate."
        self.work.findings.append(Finding("TRU-P031", len(priced), message))
