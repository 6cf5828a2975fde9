"""Credibility: T-20 to T-22 as written, and budget neutrality whatever the data."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed
from trueup.money import to_places
from trueup.pricing.credibility import (
    Group,
    buhlmann_k,
    buhlmann_straub,
    buhlmann_z,
    complement,
    full_count,
    full_credibility,
    group_of,
    implied_precision,
    limited_fluctuation,
)

D = Decimal


@pytest.mark.parametrize(
    ("cv", "n_full", "count", "z30", "z100", "half_width"),
    [
        ("0.35", "132.6", 133, "0.4757", "0.8685", "0.105"),
        ("0.60", "389.6", 390, "0.2775", "0.5066", "0.180"),
        ("0.80", "692.6", 693, "0.2081", "0.3800", "0.240"),
    ],
)
def test_t20_limited_fluctuation(cv, n_full, count, z30, z100, half_width):
    full = full_credibility(D(cv))
    assert (to_places(full, 1), full_count(D(cv))) == (D(n_full), count)
    assert [to_places(limited_fluctuation(n, full), 4) for n in (30, 100)] == [D(z30), D(z100)]
    # What a program accepts that calls 30 episodes fully credible: ± 10.5 %, 18 %, 24 %.
    assert to_places(implied_precision(30, D(cv)), 3) == D(half_width)


def test_full_credibility_and_precision_are_each_other_turned_round():
    assert full_count(D("0.60"), within=implied_precision(30, D("0.60"))) == 30


@pytest.mark.parametrize(("n", "z"), [(10, "0.2174"), (30, "0.4545"), (60, "0.6250"), (100, "0.7353"), (390, "0.9155")])
def test_t21_buhlmann(n, z):
    assert buhlmann_k(D(7200), D(1200)) == 36
    assert to_places(buhlmann_z(n, Fraction(36)), 4) == D(z)


def test_t21_less_spread_between_entities_counts_own_for_less():
    assert buhlmann_k(D(7200), D(600)) == 144
    assert to_places(buhlmann_z(30, Fraction(144)), 4) == D("0.1724")


T22 = {
    "A": (10_000, 12_000, 11_000, 13_000),
    "B": (14_000, 15_000, 13_000, 16_000, 17_000),
    "C": (9_000, 11_000, 10_000),
}


def test_t22_buhlmann_straub():
    groups = {name: group_of([(1, v) for v in values]) for name, values in T22.items()}
    assert [g.mean for g in groups.values()] == [11_500, 15_000, 10_000]
    found = buhlmann_straub(groups)
    assert (to_places(found.epv, 2), to_places(found.vhm, 2)) == (D("1888888.89"), D("6400709.22"))
    assert found.k is not None
    assert to_places(found.k, 6) == D("0.295106")
    weights = {name: found.z(g.exposure) for name, g in groups.items()}
    assert list(weights.values()) == [D("0.931292"), D("0.944268"), D("0.910441")]
    exact = {name: buhlmann_z(g.exposure, Fraction(found.k)) for name, g in groups.items()}
    mean = sum((z * groups[n].mean for n, z in exact.items()), Fraction(0)) / sum(exact.values())
    assert to_places(mean, 4) == D("12196.0789")
    assert [to_places(z * groups[n].mean + (1 - z) * mean, 2) for n, z in exact.items()] == [D("11547.83"), D("14843.73"), D("10196.68")]
    assert abs(complement(groups, weights) - mean) < Fraction(1, 100)  # weights of six decimals
    assert neutral(groups, weights) == 151_000
    plain = Fraction(151_000, 12)
    assert to_places(plain, 4) == D("12583.3333")
    blended = sum(g.exposure * (exact[n] * g.mean + (1 - exact[n]) * plain) for n, g in groups.items())
    assert blended != 151_000


def neutral(groups, weights) -> Fraction:
    """Σ exposure × blended."""
    rest = complement(groups, weights)
    return sum((g.exposure * (Fraction(weights[n]) * g.mean + (1 - Fraction(weights[n])) * rest) for n, g in groups.items()), Fraction(0))


def test_no_spread_beyond_chance_gives_zero_and_a_note():
    groups = {"A": group_of([(1, 100), (1, 300)]), "B": group_of([(1, 120), (1, 280)])}
    found = buhlmann_straub(groups)
    assert found.vhm <= 0
    assert (found.k, found.z(Fraction(1000))) == (None, 0)
    assert found.note == "the entities differ no more than chance makes them differ, so Z is 0 for all"


@pytest.mark.parametrize("groups", [{"A": [(1, 1), (1, 2)]}, {"A": [(1, 1)], "B": [(1, 2)]}])
def test_nothing_to_estimate_from_gives_zero(groups):
    assert buhlmann_straub({n: group_of(units) for n, units in groups.items()}).k is None


def test_no_spread_within_entities_gives_one():
    found = buhlmann_straub({"A": group_of([(1, 100), (1, 100)]), "B": group_of([(1, 200), (1, 200)])})
    assert (found.epv, found.k, found.z(Fraction(1))) == (0, 0, 1)


def test_unequal_exposures_by_hand():
    """A 2 + 2 units at 10 and 14 each, B 1 + 3 at 20 and 24: EPV (16 + 12) / 2 = 14, overall 17.5, VHM (242 - 14) / 4 = 57."""
    groups = {"A": group_of([(2, 20), (2, 28)]), "B": group_of([(1, 20), (3, 72)])}
    found = buhlmann_straub(groups)
    assert (groups["A"].mean, groups["B"].mean) == (12, 23)
    # within: 2·4 + 2·4 = 16 and 1·9 + 3·1 = 12; between: 4·(12 - 17.5)² + 4·(23 - 17.5)² = 242; spread 8 - 32 / 8 = 4
    assert (round(found.epv, 9), round(found.vhm, 9)) == (14, 57)


def test_a_weight_above_one_stops():
    with pytest.raises(CheckFailed, match="TRU-P043"):
        complement({"A": Group(Fraction(1), Fraction(1), D(1), 1)}, {"A": D("1.1")})


units = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 10**7)), min_size=1, max_size=8)


@given(st.dictionaries(st.sampled_from("ABCDEF"), units, min_size=1), st.integers(1, 500))
def test_the_blend_moves_no_dollar(drawn, full):
    groups = {name: group_of(rows) for name, rows in drawn.items()}
    total = sum((g.amount for g in groups.values()), Fraction(0))
    straub = buhlmann_straub(groups)
    for weights in (
        {n: limited_fluctuation(g.units, full) for n, g in groups.items()},
        {n: straub.z(g.exposure) for n, g in groups.items()},
        dict.fromkeys(groups, D(1)),
        dict.fromkeys(groups, D(0)),
    ):
        assert neutral(groups, weights) == total
        assert all(0 <= z <= 1 for z in weights.values())
