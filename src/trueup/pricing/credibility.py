"""Credibility: how much of an entity's own experience a price follows, and where the rest comes from.

Two methods, both budget neutral. *Limited fluctuation* needs a count at which experience stands alone; *Bühlmann-Straub* takes the weight
from the data: a large spread between entities makes own experience count for more. The rest (the *complement*) is the mean of the entities
weighted by exposure × (1 − Z). With it Σ exposure × blended = Σ exposure × own, whatever the weights; with a plain mean it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from trueup.errors import CheckFailed
from trueup.money import to_places

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
# The 95th percentile of the normal distribution: a two-sided band of 90 %.
Z_90 = Decimal("1.644854")


# --- limited fluctuation --------------------------------------------------------------------------------------------------------------


def limited_fluctuation(count: int, full_at: int | Decimal | Fraction) -> Decimal:
    """Z = min(1, √(count / full_at)), to six decimals."""
    scaled = Fraction(count) * 10**24 / Fraction(full_at)
    return min(Decimal(1), to_places(Fraction(math.isqrt(int(scaled)), 10**12), 6))


def full_credibility(cv: Decimal, within: Decimal = Decimal("0.05"), z: Decimal = Z_90) -> Decimal:
    """The count at which a mean cost lies within ± `within` of the truth at the band of `z`: (z / within)² × CV², unrounded."""
    return _EXACT.power(_EXACT.divide(_EXACT.multiply(z, cv), within), 2)


def full_count(cv: Decimal, within: Decimal = Decimal("0.05"), z: Decimal = Z_90) -> int:
    """`full_credibility` as a whole number of episodes, rounded up."""
    return int(full_credibility(cv, within, z).to_integral_value(ROUND_CEILING))


def implied_precision(count: int, cv: Decimal, z: Decimal = Z_90) -> Decimal:
    """The ± band of a mean of `count` episodes, as a share of it, to six decimals: z × CV / √count.

    What a program accepts that calls `count` episodes fully credible.
    """
    return to_places(_EXACT.divide(_EXACT.multiply(z, cv), _EXACT.sqrt(Decimal(count))), 6)


# --- Bühlmann and Bühlmann-Straub -----------------------------------------------------------------------------------------------------


def buhlmann_k(within_sd: Decimal, between_sd: Decimal) -> Fraction:
    """K = expected variance within / variance between entities."""
    return (Fraction(within_sd) / Fraction(between_sd)) ** 2


def buhlmann_z(exposure: Fraction | int, k: Fraction) -> Fraction:
    """Z = exposure / (exposure + K)."""
    return Fraction(exposure) / (exposure + k)


@dataclass(frozen=True)
class Group:
    """The experience of one entity: Σ exposure, Σ amount, Σ amount² / exposure over its units, and how many units there are."""

    exposure: Fraction
    amount: Fraction
    squares: Decimal
    units: int

    @property
    def mean(self) -> Fraction:
        """Amount for one unit of exposure."""
        return self.amount / self.exposure


def group_of(units: Sequence[tuple[int, int]]) -> Group:
    """A group from (exposure, amount) pairs with positive exposure."""
    squares = Decimal(0)
    for exposure, amount in sorted(units):
        squares = _EXACT.add(squares, _EXACT.divide(Decimal(amount * amount), Decimal(exposure)))
    return Group(Fraction(sum(e for e, _ in units)), Fraction(sum(a for _, a in units)), squares, len(units))


@dataclass(frozen=True)
class Straub:
    """Variance components of a portfolio. `k` is None where the spread between entities is not above chance: then every Z is 0."""

    epv: Decimal
    vhm: Decimal
    k: Decimal | None

    def z(self, exposure: Fraction) -> Decimal:
        """The weight of own experience, to six decimals."""
        return Decimal(0) if self.k is None else to_places(exposure / (exposure + Fraction(self.k)), 6)

    @property
    def note(self) -> str:
        """Why own experience has no weight; empty where it has."""
        return "" if self.k is not None else "the entities differ no more than chance makes them differ, so Z is 0 for all"


def buhlmann_straub(groups: Mapping[str, Group]) -> Straub:
    """Variance within (EPV) and between (VHM) entities by the unbiased estimators for unequal exposures, and K = EPV / VHM.

    Fewer than two entities, or no entity with two units, show no spread: K is None.
    """
    degrees = sum(g.units - 1 for g in groups.values())
    total = sum((g.exposure for g in groups.values()), Fraction(0))
    if len(groups) < 2 or degrees < 1:
        return Straub(Decimal(0), Decimal(0), None)
    overall = sum((g.amount for g in groups.values()), Fraction(0)) / total
    within = sum((_EXACT.subtract(g.squares, _decimal(g.amount**2 / g.exposure)) for _, g in sorted(groups.items())), Decimal(0))
    epv = _EXACT.divide(within, Decimal(degrees))
    between = _decimal(sum((g.exposure * (g.mean - overall) ** 2 for g in groups.values()), Fraction(0)))
    spread = _decimal(total - sum((g.exposure**2 for g in groups.values()), Fraction(0)) / total)
    vhm = _EXACT.divide(_EXACT.subtract(between, _EXACT.multiply(Decimal(len(groups) - 1), epv)), spread)
    return Straub(epv, vhm, _EXACT.divide(epv, vhm) if vhm > 0 else None)


def _decimal(value: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


# --- the complement -------------------------------------------------------------------------------------------------------------------


def complement(groups: Mapping[str, Group], weights: Mapping[str, Decimal]) -> Fraction:
    """What the rest of each weight follows so that the blend moves no dollar: the mean weighted by exposure × (1 − Z), unrounded.

    With Bühlmann-Straub weights it is the credibility-weighted mean. Where every Z is 1 nothing is blended; then it is the plain mean.
    """
    rest = {name: group.exposure * (1 - Fraction(weights[name])) for name, group in groups.items()}
    if any(share < 0 for share in rest.values()):
        raise CheckFailed("TRU-P043", "a credibility weight above 1 was given.", next_step="Report this: it is a defect of the engine.")
    if not sum(rest.values()):
        rest = {name: group.exposure for name, group in groups.items()}
    total = sum(rest.values(), Fraction(0))
    return sum((share * groups[name].mean for name, share in rest.items()), Fraction(0)) / total
