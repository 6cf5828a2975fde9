"""Checks of movement: a rate or mean against its own base or the peers' change, and the running sum of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from trueup.monitoring.change import (
    Change,
    Mean,
    Moments,
    Share,
    mean_against_peers,
    mean_change,
    mean_of,
    moments_of,
    share_against_peers,
    share_change,
)  # fmt: skip
from trueup.monitoring.cusum import DEFAULT_SEED, SCALE, run, threshold, weights
from trueup.monitoring.findings import Counts, Result, too_few
from trueup.monitoring.plan import Terms
from trueup.monitoring.shares import NOTHING, everybody, peers_of

Values = Sequence[tuple[int, int]]  # (value, how many units have it)


@dataclass(frozen=True)
class BeforeAfter:
    """Shares of the base and of the period, by entity."""

    before: Mapping[str, Share]
    after: Mapping[str, Share]


def judge_share_change(terms: Terms, period: str, entities: Sequence[str], shares: BeforeAfter) -> list[Result]:
    """One result per entity: whether its share moved to the side the check looks at."""
    found: list[Result] = []
    pooled = everybody(shares.before), everybody(shares.after)
    for entity_id in entities:
        before, after = shares.before.get(entity_id, NOTHING), shares.after.get(entity_id, NOTHING)
        counts = Counts(after.units, after.events, before.units, before.events)
        least = max(terms.minimum_units, 1)
        peers = (peers_of(before, pooled[0]), peers_of(after, pooled[1]))
        if min(before.units, after.units) < least:
            found.append(too_few(terms, entity_id, period, counts))
        elif terms.compare == "peers" and min(p.units for p in peers) < least:
            found.append(too_few(terms, entity_id, period, counts, "no_peers"))
        else:
            against = terms.compare == "peers"
            change = share_against_peers(before, after, *peers) if against else share_change(before, after)
            result = _moved(terms, entity_id, period, change)
            result.counts = counts
            expected = before.rate + (peers[1].rate - peers[0].rate if against else 0)
            result.observed, result.expected = after.rate, expected
            found.append(result)
    return found


def judge_mean_change(
    terms: Terms, period: str, entities: Sequence[str], before: Mapping[str, Values], after: Mapping[str, Values]
) -> list[Result]:
    """The same for means; an entity needs two units in each period for a spread."""
    sides = [{entity: moments_of(values) for entity, values in side.items()} for side in (before, after)]
    pooled = [reduce(Moments.plus, side.values(), Moments()) for side in sides]
    least = max(terms.minimum_units, 2)
    found: list[Result] = []
    for entity_id in entities:
        own = [side.get(entity_id, Moments()) for side in sides]
        peers = [everyone.minus(mine) for everyone, mine in zip(pooled, own, strict=True)]
        counts = Counts(own[1].units, None, own[0].units)
        if min(m.units for m in own) < least:
            found.append(too_few(terms, entity_id, period, counts))
            continue
        if terms.compare == "peers" and any(m.units < least for m in peers):
            found.append(too_few(terms, entity_id, period, counts, "no_peers"))
            continue
        first, last = mean_of(own[0]), mean_of(own[1])
        result, shift = _means(terms, entity_id, period, first, last, peers)
        result.counts = counts
        result.observed, result.expected = last.mean, first.mean + shift
        found.append(result)
    return found


def _means(terms: Terms, entity_id: str, period: str, first: Mean, last: Mean, peers: Sequence[Moments]) -> tuple[Result, Decimal]:
    if terms.compare != "peers":
        return _moved(terms, entity_id, period, mean_change(first, last)), Decimal(0)
    theirs = mean_of(peers[0]), mean_of(peers[1])
    return _moved(terms, entity_id, period, mean_against_peers(first, last, *theirs)), theirs[1].mean - theirs[0].mean


def _moved(terms: Terms, entity_id: str, period: str, change: Change) -> Result:
    p = change.p_value(terms.direction)
    alarm = p < terms.alpha
    reason = ("rose" if change.difference > 0 else "fell") if alarm else "within_limits"
    return Result(terms, entity_id, period, "within", reason, statistic=change.z, p_value=p, alarm=alarm)


def judge_cusum(
    terms: Terms, period: str, entities: Sequence[str], sequences: Mapping[str, Sequence[bool]], seed: int | None = None
) -> list[Result]:
    """One result per entity: whether the running sum of its units, in the order in which they ended, reached h, and after which one."""
    assert terms.acceptable is not None
    assert terms.unacceptable is not None
    each = weights(terms.acceptable, terms.unacceptable)
    h = threshold(terms.acceptable, terms.unacceptable, terms.in_control_run, DEFAULT_SEED if seed is None else seed)
    found: list[Result] = []
    for entity_id in entities:
        units = sequences.get(entity_id, ())
        counts = Counts(len(units), sum(units))
        if len(units) < max(terms.minimum_units, 1):
            found.append(too_few(terms, entity_id, period, counts))
            continue
        signal = run(units, each, h)
        alarm = signal.at_unit is not None
        found.append(
            Result(
                terms, entity_id, period, "within", f"signal_at_unit_{signal.at_unit}" if alarm else "no_signal", counts,
                observed=Decimal(sum(units)) / len(units), expected=terms.acceptable, statistic=Decimal(signal.highest) / SCALE,
                alarm=alarm, certain=alarm,
            )
        )  # fmt: skip
    return found
