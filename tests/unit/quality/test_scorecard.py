"""The composite, what is redistributed, ladders on money, pools and withholds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.errors import CheckFailed
from trueup.quality.scorecard import (
    SlotScore,
    Step,
    composite,
    effective_weights,
    neutral_slope,
    nominal_weights,
    payment_factor,
    share_pool,
    step_multiplier,
    withhold_results,
)

F = Fraction


def slot(name: str, weight: str, score: str | None, domain: str = "") -> SlotScore:
    return SlotScore(name, F(weight), None if score is None else F(score), domain)


def test_a_composite_is_the_weighted_mean_of_the_slots() -> None:
    slots = [slot("a", "0.5", "1"), slot("b", "0.3", "0.5"), slot("c", "0.2", "0")]
    assert composite(slots, effective_weights(slots)) == F("0.65")


def test_a_measure_without_a_score_gives_its_weight_to_the_others() -> None:
    slots = [slot("a", "0.5", "1"), slot("b", "0.3", "0.5"), slot("c", "0.2", None)]
    weights = effective_weights(slots)
    assert weights == {"a": F(5, 8), "b": F(3, 8)}
    assert composite(slots, weights) == F(13, 16)


DOMAINS = {"care": F("0.8"), "experience": F("0.2")}


def test_reweighting_within_a_domain_keeps_the_weight_of_the_domain() -> None:
    slots = [slot("a", "0.5", "1", "care"), slot("b", "0.5", None, "care"), slot("c", "1", "0", "experience")]
    assert effective_weights(slots, DOMAINS, "within_domain") == {"a": F("0.8"), "c": F("0.2")}
    assert effective_weights(slots, DOMAINS, "across_domains") == {"a": F(2, 3), "c": F(1, 3)}


def test_an_empty_domain_gives_its_weight_to_the_others() -> None:
    slots = [slot("a", "1", "0.4", "care"), slot("c", "1", None, "experience")]
    for how in ("within_domain", "across_domains"):
        assert composite(slots, effective_weights(slots, DOMAINS, how)) == F("0.4")


def test_nothing_scored_is_no_number() -> None:
    slots = [slot("a", "1", None)]
    assert composite(slots, effective_weights(slots)) is None


def test_a_scored_measure_without_weight_does_not_make_a_score() -> None:
    slots = [slot("a", "1", None), slot("b", "0", "1")]
    assert composite(slots, effective_weights(slots)) is None


def test_weights_that_add_up_to_nothing_are_refused() -> None:
    with pytest.raises(CheckFailed, match="TRU-Q003"):
        nominal_weights([slot("a", "0", "1")])
    with pytest.raises(CheckFailed, match="TRU-Q003"):
        nominal_weights([slot("a", "-1", "1"), slot("b", "2", "1")])


LADDER = [Step(F(14), F("0.50")), Step(F(12), F("0.47")), Step(F(10), F("0.44")), Step(F(9), F("0.41"))]


@pytest.mark.parametrize(
    ("met", "share"), [(14, "0.50"), (13, "0.47"), (12, "0.47"), (11, "0.44"), (10, "0.44"), (9, "0.41"), (8, "0"), (0, "0")]
)
def test_the_pennsylvania_ladder(met: int, share: str) -> None:
    """Reference vector 68."""
    assert step_multiplier(F(met), LADDER) == F(share)


def test_an_exclusive_step_begins_above_itself() -> None:
    steps = [Step(F("0.5"), F(1), "exclusive")]
    assert [step_multiplier(F(s), steps) for s in ("0.5", "0.500001")] == [0, 1]


def test_a_pool_is_paid_to_the_cent() -> None:
    assert share_pool(10000, {"A": F(1, 3), "B": F(1, 3), "C": F(1, 3)}) == ({"A": 3334, "B": 3333, "C": 3333}, 0)
    assert share_pool(10000, {"A": F("0.7"), "B": F(0)}) == ({"A": 10000}, 0)


def test_a_pool_that_nobody_earns_is_undistributed() -> None:
    assert share_pool(10000, {"A": F(0)}) == ({}, 10000)
    assert share_pool(10000, {}) == ({}, 10000)


def test_the_neutral_slope_pays_what_was_withheld() -> None:
    bases, scores = {"A": 1_000_000, "B": 3_000_000}, {"A": F("0.8"), "B": F("0.4")}
    slope = neutral_slope(bases, scores)
    assert slope is not None
    assert slope == F(2)
    assert payment_factor(scores["A"], F("0.02"), slope) == F("1.012")
    assert payment_factor(scores["B"], F("0.02"), slope) == F("0.996")
    assert withhold_results(bases, scores, Decimal("0.02")) == {"A": 12_000, "B": -12_000}


def test_a_withhold_that_nobody_earns_back_is_not_taken() -> None:
    assert neutral_slope({"A": 100}, {"A": F(0)}) is None
    assert withhold_results({"A": 100}, {"A": F(0)}, Decimal("0.02")) == {"A": 0}
