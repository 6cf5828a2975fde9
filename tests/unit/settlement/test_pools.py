"""Pools to the cent: reference vector 87, largest remainder, and what cannot be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trueup.errors import CheckFailed
from trueup.settlement.pools import Claim, challenge_pool, split_pool

P = Claim("P", 30_000_000, 21_000_000, 8000, 1)
Q = Claim("Q", 25_000_000, 15_000_000, 4000, 2)
R = Claim("R", 0, 0, 4000, 3)


def test_the_challenge_pool_of_the_reference() -> None:
    shares = challenge_pool([R, P, Q])
    assert shares.pool_cents == 19_000_000
    assert shares.shares == {"P": 5_428_572, "Q": 5_428_571, "R": 8_142_857}
    assert shares.undistributed_cents == 0
    assert sum(c.individual_cents for c in (P, Q, R)) + sum(shares.shares.values()) == 55_000_000


def test_a_pool_nobody_passes_for_is_undistributed() -> None:
    claims = [Claim(c.contract_id, c.potential_cents, c.individual_cents, c.members, 0) for c in (P, Q, R)]
    shares = challenge_pool(claims)
    assert shares.shares == {"P": 0, "Q": 0, "R": 0}
    assert shares.undistributed_cents == 19_000_000


def test_a_pool_of_nobody_is_empty() -> None:
    assert challenge_pool([]).pool_cents == 0
    assert split_pool(100, []).undistributed_cents == 100


@pytest.mark.parametrize(
    ("weights", "parts"),
    [
        ({"A": Fraction(1), "B": Fraction(1), "C": Fraction(1)}, {"A": 34, "B": 33, "C": 33}),
        ({"A": Fraction(0), "B": Fraction(1)}, {"A": 0, "B": 100}),
        ({"A": Fraction(1, 3), "B": Fraction(1, 6)}, {"A": 67, "B": 33}),
        ({"A": Fraction(2, 7), "B": Fraction(3, 7), "C": Fraction(2, 7)}, {"A": 29, "B": 43, "C": 28}),
    ],
)
def test_largest_remainder(weights: dict[str, Fraction], parts: dict[str, int]) -> None:
    assert split_pool(100, list(weights.items())).shares == parts


@pytest.mark.parametrize("rows", [[("A", Fraction(-1))], [("A", Fraction(1)), ("A", Fraction(1))]])
def test_a_pool_needs_one_weight_per_contract(rows: list[tuple[str, Fraction]]) -> None:
    with pytest.raises(CheckFailed, match="TRU-S130"):
        split_pool(100, rows)
    with pytest.raises(CheckFailed, match="TRU-S130"):
        split_pool(-1, [("A", Fraction(1))])


@pytest.mark.parametrize("claim", [Claim("A", 10, 11, 1, 1), Claim("A", 10, -1, 1, 1)])
def test_nobody_earns_more_than_its_share(claim: Claim) -> None:
    with pytest.raises(CheckFailed, match="TRU-S131"):
        challenge_pool([claim])
