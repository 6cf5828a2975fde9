"""What rebasing does to a provider that saves every year: targets, costs and savings under three ways to set the next target.

`own_rebased`: last year's own cost, trended; what was saved is taken back at once. `fixed_trend`: the first base, trended; savings keep
counting. `regional_blend`: a blend of last year's own cost and the region's mean, trended; a low-cost provider is paid for being low-cost.
Amounts are cents, exact inside and rounded where they are shown; next year is built on what was not rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.money import round_half_up

Rebasing = Literal["own_rebased", "fixed_trend", "regional_blend"]
WAYS: tuple[Rebasing, ...] = ("own_rebased", "fixed_trend", "regional_blend")


@dataclass(frozen=True, slots=True)
class ProjectedYear:
    """One year of a projection, in cents for one episode of risk 1."""

    way: Rebasing
    year: int
    target_cents: int
    cost_cents: int
    savings_cents: int


def project(
    way: Rebasing,
    *,
    own_base_cents: int,
    state_base_cents: int,
    trend_annual: Decimal,
    saves_annual: Decimal,
    weight_own: Decimal = Decimal("0.5"),
    years: int = 5,
) -> list[ProjectedYear]:
    """Project a provider whose cost is each year `saves_annual` below its trended cost of the year before.

    Args:
        way: how the next target is set.
        own_base_cents: the provider's mean cost in the base year.
        state_base_cents: the region's mean in the base year; it follows the trend, whatever the provider does.
        trend_annual: the market's trend.
        saves_annual: the share saved each year.
        weight_own: weight of the own cost in `regional_blend`.
        years: how many years.
    """
    growth, kept, weight = 1 + Fraction(trend_annual), 1 - Fraction(saves_annual), Fraction(weight_own)
    own, rows = Fraction(own_base_cents), list[ProjectedYear]()
    for year in range(1, years + 1):
        targets: dict[Rebasing, Fraction] = {
            "own_rebased": own * growth,
            "fixed_trend": own_base_cents * growth**year,
            "regional_blend": weight * own * growth + (1 - weight) * state_base_cents * growth**year,
        }
        target, own = targets[way], own * growth * kept
        rows.append(ProjectedYear(way, year, round_half_up(target), round_half_up(own), round_half_up(target - own)))
    return rows
