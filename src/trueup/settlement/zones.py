"""Mechanism `threshold_zones`: gains below a commendable line, losses above an acceptable line, nothing between.

For n units with thresholds C (commendable) and T (acceptable) per unit, compared as totals so that no average is rounded:

    gain   if actual gain_operator C × n:   gross = C × n − actual      (T × n − actual where gains are shared from the acceptable line)
    loss   if actual loss_operator T × n:   gross = T × n − actual      (zero before the participation year in which downside starts)
    net    = share × gross, to a cent

"Above the commendable threshold" in a program's words means better performance, that is, cost below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.entity_grain import Ladder, RuleReader, cite_of, compare, number, word
from trueup.money import round_half_up
from trueup.settlement.draft import Draft, close
from trueup.settlement.gates import Gates
from trueup.settlement.inputs import UnitGroup

Zone = Literal["gain", "between", "loss"]


@dataclass(frozen=True)
class ZoneTerms:
    """The terms of the mechanism. `downside_from` is the first participation year with losses, None for no downside at all."""

    share_rate: Decimal
    share_from: str = "commendable"
    gain_operator: str = "lt"
    loss_operator: str = "gt"
    downside_from: int | None = 1


@dataclass(frozen=True)
class Thresholds:
    """The threshold pair of an entity and cohort, in cents per unit, and the entity they were issued to."""

    acceptable_cents: int
    commendable_cents: int
    issued_to: str


def zone_terms(rules: RuleReader) -> ZoneTerms:
    """Read the terms."""
    downside = bool(rules.get("settlement.downside"))
    return ZoneTerms(
        number(rules, "settlement.share_rate"),
        word(rules, "settlement.share_from"),
        word(rules, "settlement.gain_operator"),
        word(rules, "settlement.loss_operator"),
        int(number(rules, "settlement.downside_from_participation_year")) if downside else None,
    )


def zone_gross(
    terms: ZoneTerms, actual: Fraction | int, acceptable_total: Fraction | int, commendable_total: Fraction | int
) -> tuple[Zone, Fraction]:
    """The zone of an actual total and its gross gain (positive) or loss (negative), before any clock, gate or share."""
    if compare(actual, terms.gain_operator, commendable_total):
        line = acceptable_total if terms.share_from == "acceptable" else commendable_total
        return "gain", Fraction(line) - actual
    if compare(actual, terms.loss_operator, acceptable_total):
        return "loss", Fraction(acceptable_total) - actual
    return "between", Fraction(0)


def needs_year(terms: ZoneTerms) -> bool:
    """Whether the result hangs on the entity's participation year."""
    return terms.downside_from is not None and terms.downside_from > 1


def has_downside(terms: ZoneTerms, participation_year: int | None) -> bool:
    """Whether losses count in that participation year."""
    return terms.downside_from is not None and (participation_year or 1) >= terms.downside_from


def verdict(terms: ZoneTerms, zone: Zone, year: int | None, gates: Gates) -> tuple[str, bool, bool]:
    """(reason, held, counts): why a zone pays, owes or stays at zero. A failed gate blocks gains and, unless it blocks all, no loss."""
    if zone == "between":
        return "between_thresholds", False, False
    losses = zone == "loss"
    if losses and not has_downside(terms, year):
        return ("no_downside" if terms.downside_from is None else "before_downside"), False, False
    missing, failed = gates.first("missing", losses=losses), gates.first("failed", losses=losses)
    if missing:
        return missing, True, False
    if failed:
        return failed, False, False
    return ("losses_shared" if losses else "savings_shared"), False, True


def settle_zones(rules: RuleReader, group: UnitGroup, pair: Thresholds, gates: Gates, year: int | None) -> Draft:
    """One group's ladder and amount. The expected total of a row is the acceptable line: what the entity's own history says."""
    terms, ladder, n = zone_terms(rules), Ladder(), group.unit_count
    acceptable, commendable = pair.acceptable_cents * n, pair.commendable_cents * n
    zone, gross = zone_gross(terms, group.actual_cents, acceptable, commendable)
    ladder.count("unit_count", n)
    ladder.cents("actual", group.actual_cents)
    if pair.issued_to != group.entity_id:
        ladder.text("thresholds_issued_to", pair.issued_to)
    ladder.cents("acceptable_threshold", pair.acceptable_cents, "price set")
    ladder.cents("commendable_threshold", pair.commendable_cents, "price set")
    ladder.cents("acceptable_total", acceptable)
    ladder.cents("commendable_total", commendable)
    words = f"actual {terms.gain_operator} commendable_total"
    ladder.test("gain_test", words, zone == "gain", cite_of(rules, "settlement.gain_operator"))
    words = f"actual {terms.loss_operator} acceptable_total"
    ladder.test("loss_test", words, zone == "loss", cite_of(rules, "settlement.loss_operator"))
    if zone == "gain":
        ladder.text("share_from", terms.share_from, cite_of(rules, "settlement.share_from"))
    ladder.cents("gross", gross)
    _show_clock(ladder, rules, terms, year)
    gates.show(ladder, rules)
    reason, held, counts = verdict(terms, zone, year, gates)
    if not counts:
        return close(group, ladder, acceptable, 0, reason, held=held)
    ladder.rate("share_rate", terms.share_rate, cite_of(rules, "settlement.share_rate"))
    factor = _factor(zone, gates)
    ladder.rate("multiplier", factor)
    return close(group, ladder, acceptable, round_half_up(Fraction(terms.share_rate) * gross * factor), reason)


def _factor(zone: Zone, gates: Gates) -> Fraction:
    """Multipliers scale gains and leave losses."""
    return gates.multiplier() if zone == "gain" else Fraction(1)


def _show_clock(ladder: Ladder, rules: RuleReader, terms: ZoneTerms, year: int | None) -> None:
    if year is not None:
        ladder.count("participation_year", year)
    if terms.downside_from is None:
        ladder.text("downside", "off", cite_of(rules, "settlement.downside"))
    else:
        ladder.count("downside_from_participation_year", terms.downside_from, cite_of(rules, "settlement.downside_from_participation_year"))


def migration_neutral(
    rules: RuleReader, groups: Sequence[tuple[UnitGroup, Thresholds]], base_units: dict[str, int], gates: Gates, year: int | None
) -> int | None:
    """What the entity would get if its units had kept the base period's mix of cohorts, in cents; None where that cannot be told.

    All cohorts are pooled and compared once, with thresholds weighted by the entity's base units per cohort. Moving a unit from one cohort
    to another changes nothing here, so the difference to the payable amount is what re-flagging alone was worth. Information only.
    """
    pairs = {group.cohort: pair for group, pair in groups}
    total = sum(base_units.values())
    if len(pairs) < 2 or not total or any(units and cohort not in pairs for cohort, units in base_units.items()):
        return None
    terms, n = zone_terms(rules), sum(group.unit_count for group, _ in groups)
    actual = sum(group.actual_cents for group, _ in groups)
    acceptable = Fraction(sum(units * pairs[c].acceptable_cents for c, units in base_units.items() if units) * n, total)
    commendable = Fraction(sum(units * pairs[c].commendable_cents for c, units in base_units.items() if units) * n, total)
    zone, gross = zone_gross(terms, actual, acceptable, commendable)
    _, held, counts = verdict(terms, zone, year, gates)
    if held:
        return None
    return round_half_up(Fraction(terms.share_rate) * gross * _factor(zone, gates)) if counts else 0
