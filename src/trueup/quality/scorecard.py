"""The composite: scores of slots, weights of slots and domains, what is redistributed, and what the score does to money.

A slot's score is its points over the most it can earn, from 0 to 1. Nothing here reads a table; contracts with their own weights use the
same functions over the same scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from trueup.errors import CheckFailed
from trueup.money import split
from trueup.quality.points import Bound


@dataclass(frozen=True, slots=True)
class SlotScore:
    """One slot of an entity's scorecard: its weight within its domain, and its score, or None where the measure is left out."""

    slot: str
    weight: Fraction
    score: Fraction | None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, money is multiplied by `multiplier`."""

    at: Fraction
    multiplier: Fraction
    bound: Bound = "inclusive"


def nominal_weights(slots: Sequence[SlotScore], domains: Mapping[str, Fraction] | None = None) -> dict[str, Fraction]:
    """Each slot's weight in the whole scorecard before anything is left out; they add up to one.

    Within a domain the weights are taken in proportion, so that each domain counts for its own weight. Without domains slots share alone.

    Raises:
        CheckFailed: TRU-Q003 if weights are negative, or nothing has one.
    """
    shares = dict(domains) if domains else {"": Fraction(1)}
    of_domain: dict[str, list[SlotScore]] = {}
    for slot in slots:
        of_domain.setdefault(slot.domain if domains else "", []).append(slot)
    totals = {d: sum((s.weight for s in members), Fraction(0)) for d, members in of_domain.items()}
    usable = {d: shares.get(d, Fraction(0)) for d, total in totals.items() if total > 0}
    whole = sum(usable.values(), Fraction(0))
    if whole <= 0 or any(s.weight < 0 for s in slots) or any(w < 0 for w in shares.values()):
        message = "the weights of the scorecard are negative, or add up to nothing."
        raise CheckFailed("TRU-Q003", message, next_step="Correct `quality.slots.*.weight` and `quality.domains.*.weight`.")
    found: dict[str, Fraction] = {}
    for d, members in of_domain.items():
        for s in members:
            found[s.slot] = usable[d] / whole * s.weight / totals[d] if d in usable else Fraction(0)
    return found


def effective_weights(
    slots: Sequence[SlotScore], domains: Mapping[str, Fraction] | None = None, reweight: str = "within_domain"
) -> dict[str, Fraction]:
    """The weights after measures without a score are left out; they add up to one again, or there is none.

    `within_domain` gives a left-out measure's weight to the rest of its domain first, and that of an empty domain to the other domains;
    `across_domains` takes it out of the whole scorecard, numerator and denominator alike.
    """
    kept = [s for s in slots if s.score is not None]
    if not any(s.weight > 0 for s in kept):
        return {}
    if reweight == "within_domain":
        return nominal_weights(kept, domains)
    before = nominal_weights(slots, domains)
    total = sum((before[s.slot] for s in kept), Fraction(0))
    return {s.slot: before[s.slot] / total for s in kept} if total > 0 else {}


def composite(slots: Sequence[SlotScore], weights: Mapping[str, Fraction]) -> Fraction | None:
    """The weighted mean of the scores, from 0 to 1; None where no measure has one."""
    if not weights:
        return None
    return sum((weights[s.slot] * s.score for s in slots if s.score is not None and s.slot in weights), Fraction(0))


def step_multiplier(reached: Fraction, steps: Sequence[Step]) -> Fraction:
    """The multiplier of the highest step reached; 0 below the first."""
    found = [s for s in steps if reached > s.at or (reached == s.at and s.bound == "inclusive")]
    return max(found, key=lambda s: s.at).multiplier if found else Fraction(0)


def share_pool(pool_cents: int, weights: Mapping[str, Fraction]) -> tuple[dict[str, int], int]:
    """A pool in cents split by weights to the cent (largest remainder, ties by entity id), and what stays undistributed.

    Nobody with weight: the whole pool is undistributed, and said so.
    """
    earning = sorted(entity for entity, weight in weights.items() if weight > 0)
    if not earning:
        return {}, pool_cents
    denominator = lcm(*(weights[entity].denominator for entity in earning))
    parts = split(pool_cents, [int(weights[entity] * denominator) for entity in earning])
    return dict(zip(earning, parts, strict=True)), 0


# --- withholds -----------------------------------------------------------------------------------------------------------------------


def payment_factor(score: Fraction, withhold_rate: Fraction, slope: Fraction) -> Fraction:
    """1 + withhold × score × slope - withhold: what each dollar of base payment becomes. Score is from 0 to 1."""
    return 1 + withhold_rate * score * slope - withhold_rate


def neutral_slope(bases: Mapping[str, int], scores: Mapping[str, Fraction]) -> Fraction | None:
    """The slope at which all that is paid equals all that is withheld; None where nobody scored above zero."""
    earned = sum((scores[entity] * cents for entity, cents in bases.items()), Fraction(0))
    return Fraction(sum(bases.values())) / earned if earned > 0 else None


def withhold_results(base_cents: Mapping[str, int], scores: Mapping[str, Fraction], withhold_rate: Decimal) -> dict[str, int]:
    """What each entity gains or loses in a budget-neutral withhold, in cents; the results add up to zero.

    Whole cents are withheld from each; their sum is paid back by base × score with the largest remainder. Where nobody scored, nothing is
    withheld.
    """
    rate = Fraction(withhold_rate)
    withheld = {entity: int(rate * cents) for entity, cents in base_cents.items()}
    paid, left = share_pool(sum(withheld.values()), {e: scores[e] * base_cents[e] for e in base_cents})
    if left:
        return dict.fromkeys(base_cents, 0)
    return {entity: paid.get(entity, 0) - withheld[entity] for entity in base_cents}
