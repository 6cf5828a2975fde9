"""Mechanism `entity_savings`: an entity's expenditure against a benchmark that somebody else set; savings are shared, losses by track.

    savings  S = benchmark − expenditure, rate r = S / benchmark, never rounded
    gate     savings if S > 0 and r ≥ minimum; losses if S < 0, −r ≥ minimum and the track has downside; else nothing
    earned   min( S × sharing rate × (1 − sequestration),  cap rate × benchmark )      the cap after the reduction
    owed     max( 0,  min( |S| × loss rate, every loss limit ) − disaster adjustment )

Both are rounded once, to a cent. What a row does not give and what matters is refused by name; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, cite_of, number, word
from trueup.errors import Refused
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.inputs import Refusal
from trueup.settlement.minimum_savings import bracket_of, rate_in
from trueup.settlement.savings_losses import owe
from trueup.settlement.savings_outcome import Book, Outcome, book_of, close
from trueup.settlement.savings_rates import quality_of, sharing_rate
from trueup.settlement.savings_terms import LOW_REVENUE, MINIMUM, YEARS, Track, low_revenue_terms, named


def settle_result(book: Book, result: EntityResult) -> Outcome:
    """Settle one entity and period.

    Raises:
        BadRow: the row names no such track or year (TRU-S103, S104), lacks what matters (S107, S108) or contradicts the rules (S109).
        Refused: a rule value that matters is unknown (TRU-R014).

    Grain: one row of `entity_results`. Units: cents. Source: rules `settlement`; docs/reference/entity-savings.md.
    """
    rules, ladder = book.rules, Ladder()
    track = _track(book, result)
    savings = result.benchmark_cents - result.expenditure_cents
    ladder.text("track", track.id, "input")
    ladder.count("assigned_members", result.assigned_members, "input")
    ladder.cents("benchmark", result.benchmark_cents, "input")
    ladder.cents("expenditure", result.expenditure_cents, "input")
    ladder.cents("savings", savings)
    ladder.rate("savings_rate", Fraction(savings, result.benchmark_cents))
    if savings < 0 and not track.downside:
        ladder.text("downside", "no", cite_of(rules, f"{track.path}.downside"))
        return close(result, ladder, "none", Fraction(0), "no_downside")
    minimum = _minimum(ladder, book, track, result)
    line = minimum * result.benchmark_cents
    ladder.cents("minimum_savings", line)
    ladder.test("savings_test", "savings gt 0 and savings ge minimum_savings", savings > 0 and savings >= line)
    if track.downside:
        ladder.test("loss_test", "savings lt 0 and −savings ge minimum_savings", savings < 0 and -savings >= line)
    if savings > 0 and savings >= line:
        return _earn(ladder, book, track, result, "savings", Decimal(1))
    if savings < 0 and -savings >= line:
        return owe(ladder, book, track, result)
    if savings > 0 and _half_rate(ladder, book, track, result):
        return _earn(ladder, book, track, result, "half_rate", low_revenue_terms(rules).share)
    reason = "below_minimum_savings" if savings > 0 else "below_minimum_loss" if savings < 0 else "no_savings"
    return close(result, ladder, "none", Fraction(0), reason)


def _track(book: Book, result: EntityResult) -> Track:
    """The track of the row, if it was open in the row's year."""
    track = named(book.tracks, result.track)
    if track is None:
        known = ", ".join(t.id for t in book.tracks)
        raise BadRow("TRU-S103", f"no track `{result.track}`; the rules know {known}.")
    if not book.rules.has(f"{YEARS}.{result.period}"):
        raise BadRow("TRU-S104", f"the rules say nothing of period `{result.period}`.")
    year = book.rules.period(result.period).program_year
    if year is None or year < track.from_year or (track.to_year is not None and year > track.to_year):
        until = "" if track.to_year is None else f" to {track.to_year}"
        raise BadRow("TRU-S104", f"track {track.id} is of the years {track.from_year}{until or ' on'}, not of {result.period}.")
    return track


# --- the gate ------------------------------------------------------------------------------------------------------------------------


def _minimum(ladder: Ladder, book: Book, track: Track, result: EntityResult) -> Fraction:
    """The minimum savings (and loss) rate of the row, with the line that shows where it comes from."""
    stated, bracket = result.minimum_savings_rate, bracket_of(book.brackets, result.assigned_members)
    if track.minimum == "chosen":
        if stated is None:
            raise BadRow("TRU-S107", f"`minimum_savings_rate` is missing; an entity of track {track.id} chooses it.")
        if stated in book.choices:
            ladder.rate("minimum_savings_rate", stated, f"input; {cite_of(book.rules, f'{MINIMUM}.choices')}")
            return Fraction(stated)
        if bracket is None or not _is_printed(stated, rate_in(bracket, result.assigned_members)):
            raise BadRow("TRU-S107", f"`minimum_savings_rate` is {stated}: neither a choice of the rules nor the table's rate.")
    if bracket is not None:
        rate, path = rate_in(bracket, result.assigned_members), f"{MINIMUM}.brackets.{bracket.id}"
        last = "on" if bracket.to_members is None else f"to {bracket.to_members}"
        ends = f"{bracket.from_members} {last}: {bracket.rate_from} to {bracket.rate_to}"
        ladder.text("minimum_savings_bracket", ends, cite_of(book.rules, f"{path}.rate_from"))
        ladder.rate("minimum_savings_rate", rate)
        return rate
    path = f"{MINIMUM}.below_table"
    if stated is None or word(book.rules, path) != "stated":
        message = f"no minimum savings rate for {result.assigned_members} members: the table does not reach, and the row states none."
        raise BadRow("TRU-S107", message)
    ladder.rate("minimum_savings_rate", stated, f"input; {cite_of(book.rules, path)}")
    return Fraction(stated)


def _is_printed(stated: Decimal, rate: Fraction) -> bool:
    """Whether a stated rate is the table's, printed to a hundredth of a percent or finer."""
    return abs(Fraction(stated) - rate) <= Fraction(1, 20_000) + Fraction(1, 10**9)


def _half_rate(ladder: Ladder, book: Book, track: Track, result: EntityResult) -> bool:
    """Whether savings below the minimum are shared in part: a low-revenue entity, large enough, under a late enough agreement."""
    if not track.half_rate:
        return False
    rules, terms = book.rules, low_revenue_terms(book.rules)
    if rules.period(result.period).last_day < terms.agreements_from or result.assigned_members < terms.minimum_members:
        return False
    if result.low_revenue is None:
        raise BadRow("TRU-S108", "`low_revenue` is missing, and decides whether savings below the minimum are shared.")
    if not result.low_revenue:
        return False
    if result.agreement_start_date is None:
        raise BadRow("TRU-S108", "`agreement_start_date` is missing, and decides whether savings below the minimum are shared.")
    late = result.agreement_start_date >= terms.agreements_from
    words = f"low revenue, agreement of {result.agreement_start_date} ge {terms.agreements_from}"
    ladder.test("low_revenue_test", words, late, cite_of(rules, f"{LOW_REVENUE}.agreements_from"))
    return late


# --- savings -------------------------------------------------------------------------------------------------------------------------


def _earn(ladder: Ladder, book: Book, track: Track, result: EntityResult, gate: str, part: Decimal) -> Outcome:
    """The share of savings, after sequestration, up to the cap."""
    rules = book.rules
    if result.guardrail:
        ladder.text("guardrail", "applies", cite_of(rules, "settlement.guardrail.stops"))
        return close(result, ladder, gate, Fraction(0), "guardrail")
    savings = result.benchmark_cents - result.expenditure_cents
    rate = sharing_rate(ladder, rules, track, result, quality_of(rules, result), part)
    shared = savings * rate
    ladder.cents("shared_savings", shared)
    path = f"{YEARS}.{result.period}.sequestration_rate"
    held_back = number(rules, path)
    if result.sequestration_rate is not None and result.sequestration_rate != held_back:
        raise BadRow("TRU-S109", f"`sequestration_rate` is {result.sequestration_rate}, but the rules give {held_back}.")
    after = shared * (1 - Fraction(held_back))
    ladder.rate("sequestration_rate", held_back, cite_of(rules, path))
    ladder.cents("after_sequestration", after)
    cap_rate = number(rules, f"{track.path}.cap_rate")
    cap = Fraction(cap_rate) * result.benchmark_cents
    ladder.rate("cap_rate", cap_rate, cite_of(rules, f"{track.path}.cap_rate"))
    ladder.cents("cap", cap)
    reason = "quality_failed" if rate == 0 else "savings_shared" if gate == "savings" else "half_rate_shared"
    return close(result, ladder, gate, min(after, cap), reason)


# --- all entities --------------------------------------------------------------------------------------------------------------------


def settle_each(rules: RuleReader, results: Iterable[EntityResult]) -> tuple[list[Outcome], list[Refusal]]:
    """Settle every entity by itself; what cannot be settled is refused with its reason. In order of entity and period."""
    book, outcomes, refusals = book_of(rules), list[Outcome](), list[Refusal]()
    for result in sorted(results, key=lambda r: (r.entity_id, r.period)):
        try:
            outcomes.append(settle_result(book, result))
        except BadRow as bad:
            refusals.append(Refusal(result.entity_id, result.period, "all", bad.code, bad.message))
        except Refused as refused:
            refusals.append(Refusal(result.entity_id, result.period, "all", refused.code, refused.message))
    return outcomes, refusals
