"""Mechanism `contract_bonus`: a practice's score earns a bonus of its contract's size; a pool is split among all who are under its terms.

    factor   = score                                   payout proportional
             = the share of the highest rung reached   payout ladder; below the first rung 0
    bonus    = amount × member_months × factor         per_member_month
             = rate × base × factor                    percent, of the panel's cost or of its primary care
             = pool × weight / Σ weights               pool; weight = member_months × factor, to the cent by largest remainder

A negative share is taken back only where the contract has downside; upside-only is the default and the least a contract must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from trueup.entity_grain import Ladder, RuleReader, cite_of, number, word
from trueup.errors import Refused
from trueup.money import round_half_up
from trueup.settlement.contract_terms import Terms
from trueup.settlement.panel_inputs import Panel


@dataclass(frozen=True)
class BonusTerms:
    """The size of a bonus and how a score becomes a part of it. `rungs` are (score from which on, share, id) in ascending order."""

    method: str
    amount_cents: int = 0
    rate: Decimal = Decimal(0)
    percent_of: str = "panel_cost"
    payout: str = "proportional"
    rungs: tuple[tuple[Decimal, Decimal, str], ...] = ()


def bonus_terms(rules: RuleReader, terms: Terms) -> BonusTerms:
    """Read the bonus of a contract's terms; only what its method uses.

    Raises:
        Refused: TRU-S125 for a ladder that is empty, not ascending, or takes back without downside; TRU-S126 for a pool with downside.
    """
    path = f"{terms.path}.bonus"
    method, payout = word(rules, f"{path}.method"), word(rules, f"{path}.payout")
    rungs: tuple[tuple[Decimal, Decimal, str], ...] = ()
    if payout == "ladder":
        rungs = tuple(
            (number(rules, f"{path}.ladder.{r}.at_least"), number(rules, f"{path}.ladder.{r}.share"), r) for r in _ids(rules, path)
        )
        if not rungs or any(b[0] <= a[0] for a, b in pairwise(rungs)):
            raise Refused("TRU-S125", f"the ladder of `{path}` is empty or does not rise.", next_step="Order its rungs by `at_least`.")
        if not terms.downside and any(share < 0 for _, share, _ in rungs):
            message = f"a rung of `{path}` takes back, and `{terms.path}.downside` is false."
            raise Refused("TRU-S125", message, next_step="Switch downside on, or let the rung pay zero.")
    if method == "pool" and terms.downside:
        message = f"`{path}` is a pool, and `{terms.path}.downside` is true."
        raise Refused("TRU-S126", message, next_step="A pool only pays. Choose another method.")
    percent = method == "percent"
    return BonusTerms(
        method,
        0 if percent else int(number(rules, f"{path}.amount") * 100),
        number(rules, f"{path}.rate") if percent else Decimal(0),
        word(rules, f"{path}.percent_of") if percent else "",
        payout,
        rungs,
    )


def _ids(rules: RuleReader, path: str) -> list[str]:
    return rules.ids(f"{path}.ladder") if rules.has(f"{path}.ladder") else []


def factor_of(terms: BonusTerms, score: Fraction) -> Fraction:
    """The share of the bonus that a score earns."""
    if terms.payout == "proportional":
        return score
    reached = [share for at_least, share, _ in terms.rungs if score >= Fraction(at_least)]
    return Fraction(reached[-1]) if reached else Fraction(0)


def rung_of(terms: BonusTerms, score: Fraction) -> str:
    """The id of the rung a score reaches; `none` below the first."""
    reached = [rung for at_least, _, rung in terms.rungs if score >= Fraction(at_least)]
    return reached[-1] if reached else "none"


def bonus_base(terms: BonusTerms, panel: Panel) -> Fraction:
    """What the factor multiplies, in cents; for a pool the member-months that weigh it."""
    if terms.method == "percent":
        base = panel.cost_cents if terms.percent_of == "panel_cost" else panel.primary_care_cents
        return Fraction(terms.rate) * base
    return Fraction(panel.member_months) * (terms.amount_cents if terms.method == "per_member_month" else 1)


def show_bonus(ladder: Ladder, rules: RuleReader, terms: Terms, bonus: BonusTerms, panel: Panel, score: Fraction) -> Fraction:
    """Add the lines of base, score and factor, and give the bonus in cents before rounding (for a pool, the weight)."""
    path = f"{terms.path}.bonus"
    ladder.text("bonus_method", bonus.method, cite_of(rules, f"{path}.method"))
    if bonus.method == "percent":
        base = panel.cost_cents if bonus.percent_of == "panel_cost" else panel.primary_care_cents
        ladder.cents(bonus.percent_of, base, cite_of(rules, f"{path}.percent_of"))
        ladder.rate("bonus_rate", bonus.rate, cite_of(rules, f"{path}.rate"))
    else:
        name = "bonus_per_member_month" if bonus.method == "per_member_month" else "bonus_pool"
        ladder.cents(name, bonus.amount_cents, cite_of(rules, f"{path}.amount"))
    factor = factor_of(bonus, score)
    if bonus.payout == "ladder":
        rung = rung_of(bonus, score)
        ladder.text("rung", rung, cite_of(rules, f"{path}.ladder.{rung}.share") if rung != "none" else cite_of(rules, f"{path}.payout"))
    ladder.rate("payout_factor", factor, cite_of(rules, f"{path}.payout"))
    result = bonus_base(bonus, panel) * factor
    if bonus.method == "pool":
        ladder.rate("pool_weight", result)
    else:
        ladder.cents("bonus", result)
    return result


def bonus_cents(bonus: Fraction, downside: bool) -> int:
    """The bonus to a cent, half away from zero; never below zero without downside."""
    cents = round_half_up(bonus)
    return cents if downside else max(cents, 0)
