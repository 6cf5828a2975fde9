"""Mechanism `contract_savings`: what a panel cost against its benchmark; savings are shared, losses only where the contract says so.

    expected    = benchmark_pmpm × Σ (risk score × months)          the benchmark stands at a risk score of 1
    savings     = expected − actual                                 actual is cost after truncation
    counted     = savings if savings minimum_savings_operator minimum_savings_rate × expected, else 0
    potential   = share × min(counted, cap)                         cap_on savings
                = min(share × counted, cap)                         cap_on payment; cap = cap_rate × expected
    individual  = share × min(counted, cap) × quality               cap_on savings
                = min(share × counted × quality, cap)               cap_on payment
    loss        = min(loss_share × −savings, loss_limit_rate × expected)   if −savings is beyond minimum_loss_rate × expected

`quality` is the contract's score, or 1 where quality does not scale. Every amount is rounded to a cent once.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, cite_of, compare, number, number_or_off, word
from trueup.money import round_half_up
from trueup.settlement.contract_terms import Terms
from trueup.settlement.panel_inputs import Panel


@dataclass(frozen=True)
class SharingTerms:
    """How savings and losses are shared. Rates are shares of one; None is off."""

    share_rate: Decimal
    minimum_savings_rate: Decimal | None = None
    minimum_savings_operator: str = "ge"
    cap_rate: Decimal | None = None
    cap_on: str = "savings"
    quality_scales: bool = True
    downside: bool = False
    loss_share_rate: Decimal = Decimal(0)
    minimum_loss_rate: Decimal | None = None
    loss_limit_rate: Decimal | None = None


def sharing_terms(rules: RuleReader, terms: Terms) -> SharingTerms:
    """Read the terms; those of losses only where there is downside, so that a contract without it needs none."""
    path = f"{terms.path}.sharing"
    cap = number_or_off(rules, f"{path}.cap_rate")
    minimum = number_or_off(rules, f"{path}.minimum_savings_rate")
    upside = SharingTerms(
        number(rules, f"{path}.share_rate"),
        minimum,
        "ge" if minimum is None else word(rules, f"{path}.minimum_savings_operator"),
        cap,
        "savings" if cap is None else word(rules, f"{path}.cap_on"),
        bool(rules.get(f"{path}.quality_scales")),
    )
    if not terms.downside:
        return upside
    return SharingTerms(
        upside.share_rate, upside.minimum_savings_rate, upside.minimum_savings_operator, upside.cap_rate, upside.cap_on,
        upside.quality_scales, True, number(rules, f"{path}.loss_share_rate"), number_or_off(rules, f"{path}.minimum_loss_rate"),
        number_or_off(rules, f"{path}.loss_limit_rate"),
    )  # fmt: skip


def expected_cents(benchmark_pmpm_cents: int, risk_micros: int) -> int:
    """The benchmark of a panel: dollars per member-month at risk 1 times its risk-weighted months, to a cent."""
    return round_half_up(Fraction(benchmark_pmpm_cents * risk_micros, 1_000_000))


def counted_savings(terms: SharingTerms, expected: int, savings: int) -> int:
    """Savings that reach the minimum; 0 for those that do not, and for losses."""
    if savings <= 0:
        return 0
    minimum = Fraction(terms.minimum_savings_rate or 0) * expected
    return savings if terms.minimum_savings_rate is None or compare(savings, terms.minimum_savings_operator, minimum) else 0


def shared_cents(terms: SharingTerms, expected: int, counted: int, quality: Fraction) -> int:
    """The share of counted savings at a quality fraction, capped, to a cent."""
    share, cap = Fraction(terms.share_rate), None if terms.cap_rate is None else Fraction(terms.cap_rate) * expected
    if cap is not None and terms.cap_on == "savings":
        return round_half_up(share * min(Fraction(counted), cap) * quality)
    paid = share * counted * quality
    return round_half_up(paid if cap is None else min(paid, cap))


def loss_cents(terms: SharingTerms, expected: int, savings: int) -> int:
    """What is owed, as a positive number of cents; 0 without downside or within the minimum."""
    if not terms.downside or savings >= 0:
        return 0
    if terms.minimum_loss_rate is not None and not compare(
        -savings, terms.minimum_savings_operator, Fraction(terms.minimum_loss_rate) * expected
    ):
        return 0
    owed = Fraction(terms.loss_share_rate) * -savings
    return round_half_up(owed if terms.loss_limit_rate is None else min(owed, Fraction(terms.loss_limit_rate) * expected))


def show_savings(
    ladder: Ladder, rules: RuleReader, terms: Terms, sharing: SharingTerms, panel: Panel, pmpm_cents: int, base_risk: Decimal | None
) -> tuple[int, int]:
    """Add the lines down to counted savings. Returns (expected, savings) in cents."""
    path = f"{terms.path}.sharing"
    expected = expected_cents(pmpm_cents, panel.risk_micros)
    savings = expected - panel.truncated_cost_cents
    ladder.count("members", panel.members)
    ladder.count("member_months", panel.member_months)
    if panel.default_score_members:
        cite = cite_of(rules, "panel.risk.default_score")
        ladder.count("members_with_default_score", panel.default_score_members, cite)
    ladder.cents("benchmark_pmpm", pmpm_cents, "price set")
    ladder.rate("risk_weighted_months", Fraction(panel.risk_micros, 1_000_000))
    if base_risk and panel.member_months:
        ladder.rate("risk_ratio", Fraction(panel.risk_micros, 1_000_000 * panel.member_months) / Fraction(base_risk))
    ladder.cents("expected", expected)
    ladder.cents("cost", panel.cost_cents)
    ladder.count("members_truncated", panel.truncated_members, cite_of(rules, "panel.cost.truncation.method"))
    ladder.cents("actual", panel.truncated_cost_cents)
    ladder.cents("savings", savings)
    _show_minimum(ladder, rules, path, sharing, expected, savings)
    return expected, savings


def _show_minimum(ladder: Ladder, rules: RuleReader, path: str, terms: SharingTerms, expected: int, savings: int) -> None:
    cite = cite_of(rules, f"{path}.minimum_savings_rate")
    if terms.minimum_savings_rate is None:
        ladder.text("minimum_savings_rate", "off", cite)
        return
    ladder.rate("minimum_savings_rate", terms.minimum_savings_rate, cite)
    ladder.cents("minimum_savings", Fraction(terms.minimum_savings_rate) * expected)
    words = f"savings {terms.minimum_savings_operator} minimum_savings"
    passed = savings > 0 and counted_savings(terms, expected, savings) > 0
    ladder.test("minimum_savings_test", words, passed, cite_of(rules, f"{path}.minimum_savings_operator"))


def show_share(ladder: Ladder, rules: RuleReader, terms: Terms, sharing: SharingTerms, expected: int, potential: int) -> None:
    """Add the lines of share and cap, down to the potential at full quality."""
    path = f"{terms.path}.sharing"
    ladder.rate("share_rate", sharing.share_rate, cite_of(rules, f"{path}.share_rate"))
    if sharing.cap_rate is None:
        ladder.text("cap_rate", "off", cite_of(rules, f"{path}.cap_rate"))
    else:
        ladder.rate("cap_rate", sharing.cap_rate, cite_of(rules, f"{path}.cap_rate"))
        ladder.text("cap_on", sharing.cap_on, cite_of(rules, f"{path}.cap_on"))
        ladder.cents("cap", Fraction(sharing.cap_rate) * expected)
    ladder.cents("potential", potential)


def show_loss(ladder: Ladder, rules: RuleReader, terms: Terms, sharing: SharingTerms, expected: int, owed: int) -> None:
    """Add the lines of a loss."""
    path = f"{terms.path}.sharing"
    if not sharing.downside:
        ladder.text("downside", "off", cite_of(rules, f"{terms.path}.downside"))
        return
    ladder.rate("loss_share_rate", sharing.loss_share_rate, cite_of(rules, f"{path}.loss_share_rate"))
    if sharing.minimum_loss_rate is not None:
        ladder.cents("minimum_loss", Fraction(sharing.minimum_loss_rate) * expected, cite_of(rules, f"{path}.minimum_loss_rate"))
    if sharing.loss_limit_rate is not None:
        ladder.cents("loss_limit", Fraction(sharing.loss_limit_rate) * expected, cite_of(rules, f"{path}.loss_limit_rate"))
    ladder.cents("shared_loss", -owed)
