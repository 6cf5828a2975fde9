"""Mechanism `panel_benchmark`: what a panel's months should cost, from the same group's months with the same payer in the base.

    base_pmpm   = truncated base cost / Σ (risk score × months)      a member-month at a risk score of 1
    benchmark   = base_pmpm × trend_factor                           to a cent, once

Times the risk-weighted months of the performance period this is base cost per member-month × trend × risk ratio × months. Only claims are
in it: bonuses, pool payments and recoupments of any year stay out, and what was kept out is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, Price, RuleReader, cite_of, number, word
from trueup.errors import Refused
from trueup.money import round_half_up, to_places
from trueup.pricing.inputs import Finding, PriceSetContent, PriceStep, Span


@dataclass(frozen=True, slots=True)
class BasePanel:
    """One group's base with one payer. `kept_out_cents` are payments of value-based programs in the base, which are not in the cost."""

    entity_id: str
    payer: str
    members: int
    member_months: int
    risk_micros: int
    cost_cents: int
    truncated_cost_cents: int
    kept_out_cents: int = 0


@dataclass(frozen=True, slots=True)
class ToPrice:
    """One contract to price, and the days its price holds."""

    contract_id: str
    entity_id: str
    payer: str
    terms_id: str
    span: Span


def benchmark_cents(base: BasePanel, trend_factor: Decimal) -> int:
    """Dollars per member-month at risk 1, trended, in cents. Raises ZeroDivisionError for a base without risk-weighted months."""
    return round_half_up(Fraction(base.truncated_cost_cents * 1_000_000, base.risk_micros) * Fraction(trend_factor))


def price_panels(rules: RuleReader, contracts: Iterable[ToPrice], bases: Mapping[tuple[str, str], BasePanel]) -> PriceSetContent:
    """One price `benchmark_pmpm` per contract, its cohort the contract's id, with its ladder.

    A contract whose group had too few base member-months with the payer has no price; a finding counts them.

    Raises:
        Refused: TRU-P001 where no contract is to be priced; TRU-R014 for an unknown value.
    """
    wanted = sorted(contracts, key=lambda c: (c.entity_id, c.contract_id))
    if not wanted:
        raise Refused("TRU-P001", "there is no contract in force to price.", next_step="Load rows of `contracts` for the period.")
    minimum = int(number(rules, "prices.minimum_member_months"))
    prices: list[Price] = []
    steps: list[PriceStep] = []
    without = 0
    for contract in wanted:
        base = bases.get((contract.entity_id, contract.payer))
        if base is None or not base.risk_micros or base.member_months < minimum:
            without += 1
            continue
        trend, ladder = number(rules, f"contracts.terms.{contract.terms_id}.sharing.trend_factor"), Ladder()
        cents = benchmark_cents(base, trend)
        _show(ladder, rules, contract, base, trend, cents)
        span = contract.span
        prices.append(Price(contract.entity_id, "benchmark_pmpm", contract.contract_id, span.start, span.end, cents))
        steps += [
            PriceStep(contract.entity_id, "benchmark_pmpm", contract.contract_id, n, line.name, line.amount, line.unit, line.cite)
            for n, line in enumerate(ladder.lines, 1)
        ]
    message = f"Contracts without a benchmark: fewer than {minimum} member-months of the group with the payer in the base."
    return PriceSetContent(prices, steps, [], [Finding("panel.no_base", without, message)] if without else [])


def _show(ladder: Ladder, rules: RuleReader, contract: ToPrice, base: BasePanel, trend: Decimal, cents: int) -> None:
    period = cite_of(rules, "prices.baseline_period")
    ladder.text("baseline_period", word(rules, "prices.baseline_period"), period)
    ladder.text("payer", contract.payer)
    ladder.count("base_members", base.members)
    ladder.count("base_member_months", base.member_months)
    ladder.cents("base_cost", base.cost_cents)
    ladder.cents("base_cost_truncated", base.truncated_cost_cents, cite_of(rules, "panel.cost.truncation.method"))
    ladder.cents("payments_kept_out", base.kept_out_cents)
    ladder.rate("base_risk_weighted_months", Fraction(base.risk_micros, 1_000_000), cite_of(rules, "panel.risk.default_score"))
    ladder.rate("base_risk", to_places(Fraction(base.risk_micros, 1_000_000 * base.member_months), 6))
    ladder.rate("trend_factor", trend, cite_of(rules, f"contracts.terms.{contract.terms_id}.sharing.trend_factor"))
    ladder.cents("benchmark_pmpm", cents)


def contract_span(effective_from: date, effective_to: date | None, first_day: date, after_last_day: date) -> Span:
    """The days of a period on which a contract is in force."""
    end = after_last_day if effective_to is None else min(effective_to, after_last_day)
    return Span(max(effective_from, first_day), end)
