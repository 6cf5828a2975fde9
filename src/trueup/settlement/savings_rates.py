"""Which share of savings an entity gets and which share of losses it bears, by track and quality.

    sharing rate    quality `proportional`: maximum × score; `standard`: the maximum where the standard is met, maximum × score where only
                    the alternative standard is; 0 where neither is
    loss rate       `fixed`; or 1 − maximum × score between floor and ceiling, and the ceiling where neither standard is met

A published final rate is a check, and a stand-in where no score was published: it must agree with the computed one to the decimals it has
(two to four). Of two that agree the computed one counts, because a published one is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from trueup.entity_grain import Ladder, RuleReader, cite_of, decimal_text, number, word
from trueup.money import to_places
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.savings_terms import YEARS, Track, loss_terms

Standard = Literal["met", "alternative", "failed"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How an entity stands: its score, the standard it met (None: not stated), and how the year turns both into a rate."""

    score: Fraction | None
    standard: Standard | None
    method: str


def quality_of(rules: RuleReader, result: EntityResult) -> Quality:
    """What the row says of quality, with the year's standard where the row gives a score and no verdict."""
    year = f"{YEARS}.{result.period}"
    method = word(rules, f"{year}.quality")
    score = None if result.quality_score is None else Fraction(result.quality_score)
    met, alternative = result.met_quality_standard, result.met_alternative_standard
    line = standard_of(rules, result) if met is None and score is not None else None
    if line is not None and score is not None:
        met = score >= line[0]
    standard: Standard | None = None
    if met:
        standard = "met"
    elif met is False and (method == "proportional" or alternative is False):
        standard = "failed"
    elif alternative:
        standard = "alternative"
    return Quality(score, standard, method)


def standard_of(rules: RuleReader, result: EntityResult) -> tuple[Fraction, str] | None:
    """The year's quality standard with its cite: one score, or the mean of several years' to four decimals (a hundredth of a point).

    None where the rules have none, or where the row states a final rate: that shows what was found.
    """
    one, several = (f"{YEARS}.{result.period}.{key}" for key in ("quality_standard", "quality_standard_scores"))
    if result.sharing_rate is not None or result.loss_rate is not None:
        return None
    if rules.has(one):
        return Fraction(number(rules, one)), cite_of(rules, one)
    if rules.has(several):
        scores = cast("list[Decimal]", rules.get(several))
        mean = sum((Fraction(score) for score in scores), Fraction(0)) / len(scores)
        return Fraction(to_places(mean, 4)), cite_of(rules, several)
    return None


def show_quality(ladder: Ladder, rules: RuleReader, result: EntityResult, quality: Quality) -> None:
    """The lines of score and standard."""
    year = f"{YEARS}.{result.period}"
    ladder.text("quality_method", quality.method, cite_of(rules, f"{year}.quality"))
    if quality.score is not None:
        ladder.rate("quality_score", quality.score, "input")
    line = standard_of(rules, result) if result.met_quality_standard is None and quality.score is not None else None
    if line is not None:
        ladder.rate("quality_standard", line[0], line[1])
    ladder.text("standard", quality.standard or "not stated", "input")


def sharing_rate(ladder: Ladder, rules: RuleReader, track: Track, result: EntityResult, quality: Quality, part: Decimal) -> Fraction:
    """The final sharing rate, times `part` (1, or the part that is shared below the minimum). Raises BadRow (TRU-S108, TRU-S109)."""
    maximum = Fraction(number(rules, f"{track.path}.sharing_rate"))
    ladder.rate("maximum_sharing_rate", maximum, cite_of(rules, f"{track.path}.sharing_rate"))
    show_quality(ladder, rules, result, quality)
    scaled = None if quality.score is None else maximum * quality.score
    full = scaled if quality.method == "proportional" else maximum
    rates: dict[Standard, Fraction | None] = {"met": full, "failed": Fraction(0)}
    if quality.method == "standard":
        rates = {"met": full, "alternative": scaled, "failed": Fraction(0)}
    found = _choose("sharing_rate", {s: None if r is None else r * Fraction(part) for s, r in rates.items()}, quality, result.sharing_rate)
    if part != 1:
        ladder.rate("part_shared_below_minimum", part, cite_of(rules, "settlement.low_revenue.share"))
    if result.sharing_rate is not None:
        ladder.rate("stated_sharing_rate", result.sharing_rate, "input")
    ladder.rate("sharing_rate", found)
    return found


def loss_rate(ladder: Ladder, rules: RuleReader, track: Track, result: EntityResult, quality: Quality) -> Fraction:
    """The final loss rate. Raises BadRow (TRU-S108, TRU-S109)."""
    terms, base = loss_terms(rules, track), f"{track.path}.losses"
    if terms.fixed_rate is not None:
        found = Fraction(terms.fixed_rate)
        _agree("loss_rate", found, result.loss_rate)
        ladder.rate("loss_rate", found, cite_of(rules, f"{base}.fixed_rate"))
        return found
    maximum = Fraction(number(rules, f"{track.path}.sharing_rate"))
    ladder.rate("maximum_sharing_rate", maximum, cite_of(rules, f"{track.path}.sharing_rate"))
    show_quality(ladder, rules, result, quality)
    ladder.rate("loss_rate_floor", terms.floor, cite_of(rules, f"{base}.floor"))
    ladder.rate("loss_rate_ceiling", terms.ceiling, cite_of(rules, f"{base}.ceiling"))
    shared = None if quality.score is None else maximum * quality.score
    if shared is None and quality.method == "proportional" and result.sharing_rate is not None:
        shared = Fraction(result.sharing_rate)
    passed = None if shared is None else min(max(1 - shared, Fraction(terms.floor)), Fraction(terms.ceiling))
    known = quality
    if quality.standard is None and result.loss_rate is None and result.sharing_rate is not None:
        known = Quality(quality.score, "failed" if result.sharing_rate == 0 else "met", quality.method)
    rates: dict[Standard, Fraction | None] = {"met": passed, "alternative": passed, "failed": Fraction(terms.ceiling)}
    found = _choose("loss_rate", rates, known, result.loss_rate)
    if result.loss_rate is not None:
        ladder.rate("stated_loss_rate", result.loss_rate, "input")
    ladder.rate("loss_rate", found)
    return found


def _choose(name: str, rates: dict[Standard, Fraction | None], quality: Quality, stated: Decimal | None) -> Fraction:
    """The rate of the standard that was met, held to the stated one; where no standard is stated, the one the stated rate shows."""
    if quality.standard is None:
        if stated is None:
            raise BadRow("TRU-S108", f"whether the quality standard was met is not stated, and neither is `{name}`.")
        nearest = min((rate for rate in rates.values() if rate is not None), key=lambda rate: abs(rate - Fraction(stated)))
        if _agrees(abs(nearest - Fraction(stated)), stated):
            return nearest
        if any(rate is None for rate in rates.values()):  # no score: the stated rate is all there is
            return Fraction(stated)
        raise BadRow("TRU-S109", f"`{name}` is {stated}, which no quality standard gives.")
    rate = rates.get(quality.standard, rates["met"])
    if rate is not None:
        _agree(name, rate, stated)
        return rate
    if stated is None:
        raise BadRow("TRU-S108", f"`quality_score` is missing, and so is `{name}`.")
    return Fraction(stated)


def _agree(name: str, computed: Fraction, stated: Decimal | None) -> None:
    """Raise BadRow where a stated rate is not the computed one, rounded."""
    if stated is not None and not _agrees(abs(computed - Fraction(stated)), stated):
        raise BadRow("TRU-S109", f"`{name}` is {stated}, but the rules give {decimal_text(computed)}.")


def _agrees(distance: Fraction, stated: Decimal) -> bool:
    """Within one unit of the last printed decimal; two decimals at least, and at most four, because scores are rounded as well."""
    exponent = stated.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return distance <= Fraction(1, 10 ** min(max(places, 2), 4))
