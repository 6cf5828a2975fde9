"""Risk normalization on the base, carried into later years."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import Refused
from trueup.pricing.normalizer import coding_growth, normalized, normalizer

T14 = [(Decimal("0.8"), 60), (Decimal("1.0"), 30), (Decimal("1.5"), 10)]


def test_t14_scores_are_divided_by_the_base_mean():
    by = normalizer(T14)
    assert by == Decimal("0.930000")
    assert [normalized(score, by) for score, _ in T14] == [Decimal("0.860215"), Decimal("1.075269"), Decimal("1.612903")]
    assert sum(Fraction(score) / Fraction(by) * count for score, count in T14) == 100


def test_the_factor_is_carried_and_coding_growth_stands_alone():
    by, year = normalizer(T14), normalizer([(score * Decimal("1.1"), count) for score, count in T14])
    assert year == Decimal("1.023000")
    assert coding_growth(by, year) == Decimal("1.100000")
    assert normalized(Decimal("0.93"), by) == 1


@pytest.mark.parametrize("groups", [[], [(Decimal(0), 5)], [(Decimal(1), 0)]])
def test_no_mean_is_refused(groups):
    with pytest.raises(Refused, match="TRU-P046"):
        normalizer(groups)


@given(st.lists(st.tuples(st.integers(1, 5_000).map(lambda n: Decimal(n) / 1000), st.integers(1, 50)), min_size=1, max_size=20))
def test_normalizing_moves_no_budget(groups):
    episodes = sum(count for _, count in groups)
    total = sum(Fraction(normalized(score, normalizer(groups))) * count for score, count in groups)
    assert abs(total - episodes) < Fraction(episodes, 1000)
