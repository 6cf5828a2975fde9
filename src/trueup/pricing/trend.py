"""Trend: from the base period's prices to the priced period's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, PeriodDays, RuleReader, cite_of, number
from trueup.errors import Refused
from trueup.money import to_places

_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
_YEAR = Decimal("365.25")


def midpoint(first_day: date, last_day: date) -> date:
    """The middle day of a period; of two middle days the earlier."""
    return first_day + timedelta(days=(last_day - first_day).days // 2)


def trend_factor(annual: Decimal, years: Decimal) -> Decimal:
    """(1 + annual) to the power of years, to six decimals, half away from zero. Years may be a fraction."""
    if annual <= -1:
        raise Refused("TRU-P005", f"a yearly trend of {annual} leaves no price.", next_step="Correct prices.trend_annual.")
    return to_places(_EXACT.power(1 + annual, years), 6)


@dataclass(frozen=True)
class Trend:
    """The factor and the steps that show it."""

    factor: Decimal
    annual: Decimal
    years: Decimal
    base_middle: date | None = None
    priced_middle: date | None = None

    def show(self, ladder: Ladder, rules: RuleReader) -> None:
        """Add the trend's lines: rate, years (with the two middle days where they come from the calendar) and factor."""
        ladder.rate("trend_annual", self.annual, cite_of(rules, "prices.trend_annual"))
        years_cite = cite_of(rules, "prices.trend_years")
        if self.base_middle and self.priced_middle:
            ladder.day("base_midpoint", self.base_middle, years_cite)
            ladder.day("priced_midpoint", self.priced_middle, years_cite)
            ladder.count("trend_days", (self.priced_middle - self.base_middle).days, years_cite)
            ladder.rate("trend_years", Fraction(self.years), f"{years_cite}; trend_days / 365.25")
        else:
            ladder.rate("trend_years", self.years, years_cite)
        ladder.rate("trend_factor", self.factor, "(1 + trend_annual) ^ trend_years, to six decimals")


def trend(rules: RuleReader, base: PeriodDays, priced: PeriodDays) -> Trend:
    """The trend from `base` to `priced`: `prices.trend_years` years, or by `midpoint` the days between the middle days / 365.25."""
    annual = number(rules, "prices.trend_annual")
    if rules.get("prices.trend_years") != "midpoint":
        years = number(rules, "prices.trend_years")
        return Trend(trend_factor(annual, years), annual, years)
    start, end = midpoint(base.first_day, base.last_day), midpoint(priced.first_day, priced.last_day)
    exact = _EXACT.divide(Decimal((end - start).days), _YEAR)
    return Trend(trend_factor(annual, exact), annual, exact, start, end)
