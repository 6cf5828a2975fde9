"""Pools that several contracts share to the cent: a fixed bonus pool, and the challenge pool of what quality left unearned.

    unearned   = potential − individual              of each contract past every gate
    challenge  = Σ unearned, split by members × challenge measures passed, by largest remainder
    check      = Σ individual + Σ challenge + undistributed = Σ potential

A pool is paid exactly once or reported as undistributed; nothing is carried or kept in silence. While the result of one contract is still
awaited, the pool waits: paying the others now would pay them twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from trueup.errors import CheckFailed
from trueup.money import split


@dataclass(frozen=True)
class Shares:
    """A pool as it was split: cents by contract, and what nobody earned."""

    pool_cents: int
    shares: Mapping[str, int]
    undistributed_cents: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One contract past every gate at the challenge pool: its share of savings at full quality, what it earned of it, and its claim.

    `potential_cents` is the contract's share of min(savings, cap); `individual_cents` what its quality earned. Both are 0 without savings.
    """

    contract_id: str
    potential_cents: int
    individual_cents: int
    members: int
    measures_passed: int

    @property
    def unearned_cents(self) -> int:
        """What its quality left to the pool."""
        return self.potential_cents - self.individual_cents


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One pool of a period. Columns of table `settlement_pools`."""

    pool_id: str
    period: str
    kind: str
    terms_id: str
    pool_cents: int
    individual_cents: int
    paid_cents: int
    undistributed_cents: int
    contracts: int
    waiting: int
    status: str


@dataclass(frozen=True, slots=True)
class PoolShareRow:
    """One contract's part in a pool. Columns of table `pool_shares`."""

    pool_id: str
    contract_id: str
    entity_id: str
    weight: str
    potential_cents: int
    individual_cents: int
    paid_cents: int


def split_pool(pool_cents: int, weights: Sequence[tuple[str, Fraction]]) -> Shares:
    """Split a pool by weights, largest remainder, ties to the smaller contract id; undistributed where every weight is 0.

    Raises:
        CheckFailed: TRU-S130 for a negative pool or weight, or a contract that comes twice.
    """
    rows = sorted(weights)
    if pool_cents < 0 or any(w < 0 for _, w in rows) or len({c for c, _ in rows}) != len(rows):
        raise CheckFailed(
            "TRU-S130", "a pool or a weight is negative, or a contract comes twice.", next_step="Pass one weight per contract."
        )
    if not any(w for _, w in rows):
        return Shares(pool_cents, {contract: 0 for contract, _ in rows}, pool_cents)
    scale = lcm(*(w.denominator for _, w in rows))
    parts = split(pool_cents, [int(w * scale) for _, w in rows])
    return _conserved(Shares(pool_cents, {contract: part for (contract, _), part in zip(rows, parts, strict=True)}, 0))


def challenge_pool(claims: Iterable[Claim]) -> Shares:
    """The pool of what quality left unearned, split by members × challenge measures passed.

    A contract without savings adds nothing to the pool and can still be paid from it. Raises CheckFailed (TRU-S131) where a contract earned
    more than its share of savings, or less than nothing.
    """
    rows = list(claims)
    for claim in rows:
        if not 0 <= claim.individual_cents <= claim.potential_cents:
            message = f"contract {claim.contract_id} earned {claim.individual_cents} of {claim.potential_cents} cents."
            raise CheckFailed("TRU-S131", message, next_step="Nothing was written. Report this: it is a defect of the engine.")
    weights = [(c.contract_id, Fraction(c.members * c.measures_passed)) for c in rows]
    shares = split_pool(sum(c.unearned_cents for c in rows), weights)
    paid = sum(c.individual_cents for c in rows) + sum(shares.shares.values())
    if paid + shares.undistributed_cents != sum(c.potential_cents for c in rows):
        raise _lost()
    return shares


def _conserved(shares: Shares) -> Shares:
    if sum(shares.shares.values()) + shares.undistributed_cents != shares.pool_cents or min(shares.shares.values(), default=0) < 0:
        raise _lost()
    return shares


def _lost() -> CheckFailed:
    step = "Nothing was written. Report this: it is a defect of the engine."
    return CheckFailed("TRU-S132", "the parts of a pool do not add up to it.", next_step=step)
