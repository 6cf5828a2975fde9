"""The rules of tiers as the placement reads them. An unknown value is refused where it is read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from trueup.entity_grain import PeriodDays, RuleReader, number, word
from trueup.errors import Refused
from trueup.pricing.tier_inputs import Cuts, Metric, MetricGate, SmallNumbers, Tier, TierRules

SECTION = "prices"
Row = dict[str, str | None]


def read_tier_rules(rules: RuleReader, payment_period: str) -> TierRules:
    """Everything that placing needs, for the overrides of one payment period."""
    overrides = {
        word(rules, f"{SECTION}.overrides.{o}.entity_id"): (
            word(rules, f"{SECTION}.overrides.{o}.tier"), word(rules, f"{SECTION}.overrides.{o}.reason"),
        )
        for o in (rules.ids(f"{SECTION}.overrides") if rules.has(f"{SECTION}.overrides") else [])
        if word(rules, f"{SECTION}.overrides.{o}.payment_period") == payment_period
    }  # fmt: skip
    return TierRules(
        tuple(_metric(rules, m) for m in rules.ids(f"{SECTION}.metrics")),
        _gate(rules),
        _small_numbers(rules),
        Cuts(
            word(rules, f"{SECTION}.cuts.basis"), word(rules, f"{SECTION}.cuts.lower_bound"), word(rules, f"{SECTION}.cuts.rounding"),
            int(number(rules, f"{SECTION}.cuts.places")), word(rules, f"{SECTION}.cuts.ties"),
        ),
        tuple(Tier(str(r["id"]), _fraction(r["from"]), _fraction(r["to"])) for r in rows_at(rules, f"{SECTION}.tiers")),
        word(rules, f"{SECTION}.hold_harmless"),
        word(rules, "hospitals.late_entry"),
        overrides,
    )  # fmt: skip


def rows_at(rules: RuleReader, path: str) -> list[Row]:
    """The rows of a table of the rules."""
    return cast("list[Row]", rules.get(path))


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(Decimal(text))


def _metric(rules: RuleReader, metric: str) -> Metric:
    path = f"{SECTION}.metrics.{metric}"
    figures = [rules.get(f"{path}.{key}") for key in ("threshold", "benchmark")]
    threshold, benchmark = (Fraction(f) if isinstance(f, Decimal) else None if f is None else str(f) for f in figures)
    points = [
        (Fraction(number(rules, f"{path}.ladder.{p}.at")), Fraction(number(rules, f"{path}.ladder.{p}.points")))
        for p in (rules.ids(f"{path}.ladder") if rules.has(f"{path}.ladder") else [])
    ]
    return Metric(
        metric, word(rules, f"{path}.measure"), cast('Literal["lower", "higher"]', word(rules, f"{path}.direction")),
        Fraction(number(rules, f"{path}.weight")), word(rules, f"{path}.points"), threshold, benchmark, tuple(points),
    )  # fmt: skip


def _gate(rules: RuleReader) -> MetricGate | None:
    path = f"{SECTION}.gate"
    if rules.get(f"{path}.metric") is None:
        return None
    blocks = frozenset(cast("list[str]", rules.get(f"{path}.blocks")))
    tolerance = Fraction(number(rules, f"{path}.tolerance"))
    return MetricGate(
        word(rules, f"{path}.metric"), word(rules, f"{path}.against"), tolerance, blocks, word(rules, f"{path}.without_prior")
    )


def _small_numbers(rules: RuleReader) -> SmallNumbers:
    path = f"{SECTION}.small_numbers"
    shrinkage = word(rules, f"{path}.shrinkage")
    k = Fraction(number(rules, f"{path}.shrinkage_k")) if shrinkage == "fixed_k" else None
    full = int(number(rules, f"{path}.full_credibility_at")) if shrinkage == "limited_fluctuation" else None
    return SmallNumbers(
        int(number(rules, f"{path}.minimum_cases")), word(rules, f"{path}.insufficient_when"), word(rules, f"{path}.insufficient_tier"),
        shrinkage, k, full,
    )  # fmt: skip


# --- the clocks -----------------------------------------------------------------------------------------------------------------------


def measured_period(rules: RuleReader, paid: PeriodDays) -> PeriodDays:
    """The measured period of a payment period: the program's lag in years before it.

    Raises:
        Refused: TRU-P101 where the rules' baseline period lies in another year.
    """
    measured = rules.period(word(rules, f"{SECTION}.baseline_period"))
    year = paid.first_day.year - int(number(rules, f"{SECTION}.measurement_lag_years"))
    if measured.first_day.year != year:
        message = f"{paid.id} is measured in {year}, but the rules price from {measured.id}, {measured.first_day} to {measured.last_day}."
        raise Refused("TRU-P101", message, next_step=f"Name a baseline period of {year}, in a rule version for {paid.first_day.year}.")
    return measured


def require_mature(rules: RuleReader, measured: PeriodDays, as_of: date | None) -> None:
    """Refuse to fix a tier before the last discharge's outcome days and the run-out of claims have passed.

    Raises:
        Refused: TRU-P100 as of a day that is too early.
    """
    days = int(number(rules, "maturity.follow_up_days")) + int(number(rules, "maturity.runout_days"))
    first = date.fromordinal(measured.last_day.toordinal() + days)
    if as_of is not None and as_of < first:
        message = (
            f"no tier is fixed as of {as_of}: discharges until {measured.last_day} need {days} days "
            "for their outcomes and the claims that show them."
        )
        raise Refused("TRU-P100", message, next_step=f"Price as of {first} or later; `trueup run` reports the year to date.")


def earlier_periods(rules: RuleReader, measured: PeriodDays, candidates: list[PeriodDays], years: int) -> list[PeriodDays]:
    """Of known periods, those that end just before the measured one, one year each, the latest first; at most `years`."""
    found: list[PeriodDays] = []
    start = measured.first_day
    for period in sorted(candidates, key=lambda p: p.first_day, reverse=True):
        if len(found) < years and (start - period.last_day).days == 1:
            found.append(period)
            start = period.first_day
    return found
