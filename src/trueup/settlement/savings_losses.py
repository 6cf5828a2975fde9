"""Losses of mechanism `entity_savings`: the share an entity bears, its limits, and the adjustment for disasters.

    owed = max( 0,  min( |S| × loss rate, every loss limit ) − disaster adjustment )

Where a limit rests on a figure the row does not give, and the limit could matter, nothing is settled: the entity is held with the most it
could owe, or refused with what is missing.
"""

from __future__ import annotations

from fractions import Fraction

from trueup.entity_grain import Ladder, cite_of, decimal_text, word
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.savings_outcome import Book, Outcome, close
from trueup.settlement.savings_rates import loss_rate, quality_of
from trueup.settlement.savings_terms import YEARS, Track, limit_terms

WHOLE_DOLLAR = 100  # published amounts are whole dollars: less than one of them left over is rounding


def owe(ladder: Ladder, book: Book, track: Track, result: EntityResult) -> Outcome:
    """The share of losses, up to the limits, less the disaster adjustment."""
    rules, losses = book.rules, Fraction(result.expenditure_cents - result.benchmark_cents)
    shared = losses * loss_rate(ladder, rules, track, result, quality_of(rules, result))
    ladder.cents("shared_losses", shared)
    limits, is_open = _limits(ladder, book, track, result, shared)
    limited, adjustment = min([shared, *limits]), result.disaster_adjustment_cents or 0
    covers = word(rules, f"{YEARS}.{result.period}.disaster") == "covers"
    cite = cite_of(rules, f"{YEARS}.{result.period}.disaster")
    if covers and is_open and 0 < adjustment < limited:
        limited = Fraction(adjustment)
        ladder.cents("loss_limit_shown_by_adjustment", limited, cite)
    ladder.cents("limited_losses", limited)
    ladder.cents("disaster_adjustment", adjustment, "input")
    left = max(Fraction(0), limited - adjustment)
    if covers and adjustment and left > WHOLE_DOLLAR:
        message = (
            f"`disaster_adjustment` leaves {decimal_text(left / 100, 2)} of a loss that the adjustment of {result.period} covers whole."
        )
        raise BadRow("TRU-S109", message)
    if left == 0 or (covers and adjustment):
        return close(result, ladder, "losses", Fraction(0), "losses_covered_by_adjustment")
    if is_open:
        ladder.cents("owed_at_most", left)
        return close(result, ladder, "losses", Fraction(0), "loss_limit_unknown", held=True)
    return close(result, ladder, "losses", -left, "losses_shared")


def _limits(ladder: Ladder, book: Book, track: Track, result: EntityResult, shared: Fraction) -> tuple[list[Fraction], bool]:
    """The limits in cents, and whether one more is due whose figure the row does not give."""
    terms, base, rules = limit_terms(book.rules, track), f"{track.path}.loss_limits", book.rules
    found = _benchmark_limit(ladder, book, track, result, shared)
    if result.loss_limit_cents is not None:
        ladder.cents("loss_limit_stated", result.loss_limit_cents, "input")
        found.append(Fraction(result.loss_limit_cents))
    if terms.revenue is None:
        return found, False
    cite = cite_of(rules, f"{base}.revenue_rate")
    if result.participant_revenue_cents is not None:
        limit = Fraction(terms.revenue) * result.participant_revenue_cents
        ladder.rate("loss_limit_revenue_rate", terms.revenue, cite)
        ladder.cents("loss_limit_revenue", limit)
        return [*found, limit], False
    if result.loss_limit_cents is not None:
        return found, False
    ladder.text("loss_limit_revenue", "participant_revenue is not given", cite)
    return found, terms.without_revenue == "hold"


def _benchmark_limit(ladder: Ladder, book: Book, track: Track, result: EntityResult, shared: Fraction) -> list[Fraction]:
    """The limit as a share of the benchmark. It may grow with the agreement: without its year, only a loss below all limits is sure."""
    base, benchmark = f"{track.path}.loss_limits.benchmark", result.benchmark_cents
    ids, terms = book.rules.ids(base), limit_terms(book.rules, track).benchmark
    of_year = [(i, rate) for i, (year, rate) in zip(ids, terms, strict=True) if not year or year <= (result.agreement_year or 0)]
    if not of_year:
        least = min(rate for _, rate in terms)
        if shared > Fraction(least) * benchmark:
            raise BadRow("TRU-S108", "`agreement_year` is missing, and decides the loss limit.")
        of_year = [(ids[0], least)]
    item, rate = of_year[-1]
    ladder.rate("loss_limit_benchmark_rate", rate, cite_of(book.rules, f"{base}.{item}.rate"))
    ladder.cents("loss_limit_benchmark", Fraction(rate) * benchmark)
    return [Fraction(rate) * benchmark]
