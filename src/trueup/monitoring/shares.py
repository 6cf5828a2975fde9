"""Checks of a share: funnels, selection, switching, exclusions, heaping. Exact, against a given target or against the peers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from trueup.monitoring.change import Share
from trueup.monitoring.dispersion import dispersion, z_score
from trueup.monitoring.findings import Counts, Result, too_few
from trueup.monitoring.funnel import NO_SPREAD, limits, p_value
from trueup.monitoring.plan import Terms

NOTHING = Share(0, 0)
LEVEL_95, LEVEL_998 = Decimal("0.025"), Decimal("0.001")


def everybody(observed: Mapping[str, Share]) -> Share:
    """All entities, pooled."""
    return Share(sum(s.events for s in observed.values()), sum(s.units for s in observed.values()))


def peers_of(own: Share, pooled: Share) -> Share:
    """Everybody else, pooled. Entities may be ten thousand, so it is not summed for each."""
    return Share(pooled.events - own.events, pooled.units - own.units)


def target_of(terms: Terms, own: Share, pooled: Share) -> Fraction | str:
    """The rate an entity is held against, or why there is none: chance cannot be told from a target of 0 or 1 that a few peers made."""
    if terms.target is not None:
        return terms.target if 0 < terms.target < 1 else "target_without_spread"
    peers = peers_of(own, pooled)
    if peers.units < max(terms.minimum_units, 1):
        return "no_peers"
    return peers.rate if 0 < peers.rate < 1 else "peers_do_not_vary"


def spread(terms: Terms, observed: Mapping[str, Share]) -> Decimal:
    """phi over the entities with enough units, each against its own target; 1 where the check takes no account of it.

    Among so few entities that none would be pulled in, the one that is looked for would set its own limits: phi is 1 there too.
    """
    if terms.winsorize is None:
        return NO_SPREAD
    scores: list[Decimal] = []
    pooled = everybody(observed)
    for _, share in sorted(observed.items()):
        target = target_of(terms, share, pooled)
        if share.units >= max(terms.minimum_units, 1) and isinstance(target, Fraction):
            scores.append(z_score(share.events, share.units, target))
    enough = len(scores) > 1 and (not terms.winsorize or terms.winsorize * len(scores) >= 1)
    return dispersion(scores, terms.winsorize) if enough else NO_SPREAD


def judge_shares(
    terms: Terms, period: str, entities: list[str], observed: Mapping[str, Share], base: Mapping[str, Share] | None = None
) -> list[Result]:
    """One result per entity. `base` is the entity's own share in the base period, for a check that also asks for a drop from it."""
    phi, pooled = spread(terms, observed), everybody(observed)

    def judged(entity_id: str) -> Result:
        own = observed.get(entity_id, NOTHING)
        return _judge(terms, period, entity_id, own, target_of(terms, own, pooled), (base or {}).get(entity_id, NOTHING), phi)

    return [judged(e) for e in entities]


def _judge(terms: Terms, period: str, entity_id: str, own: Share, target: Fraction | str, base: Share, phi: Decimal) -> Result:
    counts = Counts(own.units, own.events, *((base.units, base.events) if base.units else ()))
    if own.units < max(terms.minimum_units, 1):
        return too_few(terms, entity_id, period, counts)
    if isinstance(target, str):
        return too_few(terms, entity_id, period, counts, target)
    p = p_value(own.events, own.units, target, terms.direction, phi)
    inner, outer = limits(own.units, target, LEVEL_95, phi), limits(own.units, target, LEVEL_998, phi)
    outside = p < terms.alpha
    dropped = not outside or _dropped(terms, own, target, base)
    side = "low" if own.rate < target else "high"
    return Result(
        terms, entity_id, period, "within", side if outside and dropped else "no_drop_from_own_base" if outside else "within_limits",
        counts,
        observed=own.rate, expected=target, statistic=z_score(own.events, own.units, target), p_value=p, dispersion=phi,
        low_limit_95=inner.low, high_limit_95=inner.high, low_limit_998=outer.low, high_limit_998=outer.high,
        alarm=outside and dropped,
    )  # fmt: skip


def _dropped(terms: Terms, own: Share, target: Fraction, base: Share) -> bool:
    """Whether the own rate moved away from the own base by more than `own_drop` of it, to the side on which it is outside.

    An entity without a base of its own is judged by its peers alone.
    """
    if terms.own_drop is None or base.units < max(terms.minimum_units, 1):
        return True
    allowed = Fraction(terms.own_drop) * base.rate
    return own.rate < base.rate - allowed if own.rate < target else own.rate > base.rate + allowed
