"""Mechanism `pooled_target`: an entity's actual total against the total of its units' targets; savings are shared, losses are not.

    gross  = expected − actual
    paid   = min(cap, share × gross × multiplier)        cap_on payment
           = share × min(cap, gross) × multiplier        cap_on savings
    cap    = cap_rate × expected

It pays only if gross > 0, gross reaches the minimum savings (where set) and every gate passed; otherwise zero, never less.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, cite_of, compare, number, number_or_off, word
from trueup.errors import Refused
from trueup.money import round_half_up
from trueup.settlement.draft import Draft, close
from trueup.settlement.gates import Gates
from trueup.settlement.inputs import UnitGroup


@dataclass(frozen=True)
class PooledTerms:
    """The terms of the mechanism. Rates are shares of one; None is off."""

    share_rate: Decimal
    cap_rate: Decimal | None = None
    cap_on: str = "payment"
    minimum_savings_rate: Decimal | None = None
    minimum_savings_operator: str = "ge"


def pooled_terms(rules: RuleReader) -> PooledTerms:
    """Read the terms; words that go with a rate are read only if the rate is set."""
    if rules.get("settlement.downside"):
        raise Refused("TRU-S002", "`pooled_target` shares savings only and the rule has downside.", next_step="Name another mechanism.")
    cap, minimum = number_or_off(rules, "settlement.cap_rate"), number_or_off(rules, "settlement.minimum_savings_rate")
    return PooledTerms(
        number(rules, "settlement.share_rate"),
        cap,
        "payment" if cap is None else word(rules, "settlement.cap_on"),
        minimum,
        "ge" if minimum is None else word(rules, "settlement.minimum_savings_operator"),
    )


def pooled_amount(terms: PooledTerms, expected_cents: int, gross_cents: int, multiplier: Fraction) -> Fraction:
    """What a positive gross pays before rounding, in cents."""
    share, cap = Fraction(terms.share_rate), None if terms.cap_rate is None else Fraction(terms.cap_rate) * expected_cents
    if cap is not None and terms.cap_on == "savings":
        return share * min(cap, Fraction(gross_cents)) * multiplier
    paid = share * gross_cents * multiplier
    return paid if cap is None else min(cap, paid)


def settle_pooled(rules: RuleReader, group: UnitGroup, expected_cents: int, gates: Gates, target_price_cents: int | None) -> Draft:
    """One group's ladder and amount."""
    terms, ladder = pooled_terms(rules), Ladder()
    gross = expected_cents - group.actual_cents
    if target_price_cents is not None:
        ladder.cents("target_price", target_price_cents, "price set")
    ladder.count("unit_count", group.unit_count)
    ladder.cents("expected", expected_cents)
    ladder.cents("actual", group.actual_cents)
    ladder.cents("gross_savings", gross)
    reason = gates.first("missing")
    enough = _minimum_savings(ladder, rules, terms, expected_cents, gross)
    gates.show(ladder, rules)
    if reason:
        return close(group, ladder, expected_cents, 0, reason, held=True)
    reason = "no_savings" if gross <= 0 else "below_minimum_savings" if not enough else gates.first("failed")
    if reason:
        return close(group, ladder, expected_cents, 0, reason)
    _show_sharing(ladder, rules, terms, expected_cents, gross, gates.multiplier())
    paid = round_half_up(pooled_amount(terms, expected_cents, gross, gates.multiplier()))
    return close(group, ladder, expected_cents, paid, "savings_shared")


def _minimum_savings(ladder: Ladder, rules: RuleReader, terms: PooledTerms, expected: int, gross: int) -> bool:
    """Whether gross savings reach the minimum, with the lines that show it."""
    cite = cite_of(rules, "settlement.minimum_savings_rate")
    if terms.minimum_savings_rate is None:
        ladder.text("minimum_savings_rate", "off", cite)
        return True
    line = Fraction(terms.minimum_savings_rate) * expected
    enough = compare(gross, terms.minimum_savings_operator, line)
    ladder.rate("minimum_savings_rate", terms.minimum_savings_rate, cite)
    ladder.cents("minimum_savings", line)
    words = f"gross_savings {terms.minimum_savings_operator} minimum_savings"
    ladder.test("minimum_savings_test", words, enough, cite_of(rules, "settlement.minimum_savings_operator"))
    return enough


def _show_sharing(ladder: Ladder, rules: RuleReader, terms: PooledTerms, expected: int, gross: int, multiplier: Fraction) -> None:
    """The lines of share, multiplier and cap."""
    ladder.rate("share_rate", terms.share_rate, cite_of(rules, "settlement.share_rate"))
    ladder.rate("multiplier", multiplier)
    counted = Fraction(gross)
    if terms.cap_rate is None:
        ladder.text("cap_rate", "off", cite_of(rules, "settlement.cap_rate"))
    else:
        cap = Fraction(terms.cap_rate) * expected
        ladder.rate("cap_rate", terms.cap_rate, cite_of(rules, "settlement.cap_rate"))
        ladder.text("cap_on", terms.cap_on, cite_of(rules, "settlement.cap_on"))
        ladder.cents("cap", cap)
        if terms.cap_on == "savings":
            counted = min(cap, counted)
            ladder.cents("capped_savings", counted)
    ladder.cents("shared_savings", Fraction(terms.share_rate) * counted * multiplier)
