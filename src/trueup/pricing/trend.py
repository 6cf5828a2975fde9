"""Trend: from the base period's prices to the priced period's, and the trend that came after all."""

from __future__ import annotations

from collections.abc import Mapping
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


def whole_months(start: date, end: date) -> int:
    """Calendar months fully passed from one day to a later one: a month has passed when its day of the month is reached."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (end.day < start.day)


def trend_factor(annual: Decimal, years: Decimal) -> Decimal:
    """(1 + annual) to the power of years, to six decimals, half away from zero. Years may be a fraction."""
    if annual <= -1:
        raise Refused("TRU-P005", f"a yearly trend of {annual} leaves no price.", next_step="Correct prices.trend_annual.")
    return to_places(_EXACT.power(1 + annual, years), 6)


@dataclass(frozen=True)
class Trend:
    """The factor and the steps that show it. `section` is the part of the rules it was read from."""

    factor: Decimal
    annual: Decimal
    years: Decimal
    base_middle: date | None = None
    priced_middle: date | None = None
    section: str = "prices"
    months: int | None = None

    def show(self, ladder: Ladder, rules: RuleReader) -> None:
        """Add the trend's lines: rate, years (with the two middle days where they come from the calendar) and factor."""
        ladder.rate("trend_annual", self.annual, cite_of(rules, f"{self.section}.trend_annual"))
        years_cite = cite_of(rules, f"{self.section}.trend_years")
        if self.base_middle and self.priced_middle:
            ladder.day("base_midpoint", self.base_middle, years_cite)
            ladder.day("priced_midpoint", self.priced_middle, years_cite)
            if self.months is None:
                ladder.count("trend_days", (self.priced_middle - self.base_middle).days, years_cite)
                how = "trend_days / 365.25"
            else:
                ladder.count("trend_months", self.months, years_cite)
                how = "trend_months / 12"
            ladder.rate("trend_years", Fraction(self.years), f"{years_cite}; {how}")
        else:
            ladder.rate("trend_years", self.years, years_cite)
        ladder.rate("trend_factor", self.factor, "(1 + trend_annual) ^ trend_years, to six decimals")


def trend(rules: RuleReader, base: PeriodDays, priced: PeriodDays, section: str = "prices") -> Trend:
    """The trend from `base` to `priced` by `trend_annual` and `trend_years` of a section of the rules.

    `trend_years` is a number of years, `midpoint` (days between the middle days / 365.25) or `midpoint_months` (whole months between
    them / 12). The two differ: over 22 months and two days at 3.5 % a year, 1.065339 and 1.065101.
    """
    annual, word = number(rules, f"{section}.trend_annual"), rules.get(f"{section}.trend_years")
    if word not in ("midpoint", "midpoint_months"):
        years = number(rules, f"{section}.trend_years")
        return Trend(trend_factor(annual, years), annual, years, section=section)
    start, end = midpoint(base.first_day, base.last_day), midpoint(priced.first_day, priced.last_day)
    if word == "midpoint":
        exact = _EXACT.divide(Decimal((end - start).days), _YEAR)
        return Trend(trend_factor(annual, exact), annual, exact, start, end, section)
    months = whole_months(start, end)
    exact = _EXACT.divide(Decimal(months), Decimal(12))
    return Trend(trend_factor(annual, exact), annual, exact, start, end, section, months)


# --- the trend that came --------------------------------------------------------------------------------------------------------------


def retrospective_trend(projected: Decimal, actual: Decimal, lowest: Decimal | None = None, highest: Decimal | None = None) -> Decimal:
    """How much more costs of peers rose than a target assumed: actual / projected trend factor, to six decimals, held within the caps.

    A target is multiplied by it once, after the year, as a step of its own. A price set is not changed by it.

    Raises:
        Refused: TRU-P044 where the projected factor is not positive.
    """
    if projected <= 0:
        raise Refused("TRU-P044", f"a projected trend factor of {projected} is no base of comparison.", next_step="Correct the trend.")
    factor = to_places(Fraction(actual) / Fraction(projected), 6)
    if highest is not None:
        factor = min(factor, highest)
    return factor if lowest is None else max(factor, lowest)


def peer_trend(base: Mapping[str, tuple[int, Fraction]], year: Mapping[str, tuple[int, Fraction]], without: str | None = None) -> Fraction:
    """Σ cost / Σ risk of the year over the same of the base, by entity (cents, risk), unrounded, without one entity where it is named.

    A provider's own results belong out of the trend it is measured by: with half of a state in its hands, it would need 6 % of real
    savings to be credited with 3 %.

    Raises:
        Refused: TRU-P045 where no peer has cost and risk in the base and risk in the year.
    """
    cents, risk = _totals(base, without)
    year_cents, year_risk = _totals(year, without)
    if not (cents and risk and year_risk):
        raise Refused("TRU-P045", "there are no peers to take a trend from.", next_step="Use the projected trend alone.")
    return (year_cents / year_risk) / (cents / risk)


def _totals(rows: Mapping[str, tuple[int, Fraction]], without: str | None) -> tuple[Fraction, Fraction]:
    kept = [row for entity, row in rows.items() if entity != without]
    return Fraction(sum(cents for cents, _ in kept)), sum((risk for _, risk in kept), Fraction(0))
