"""Measures of fit against worked numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed
from trueup.risk.metrics import by_decile, decile_bias, deciles, measure, predictive_ratio, smearing_factor

Y = np.array([8_000.0, 9_000, 10_000, 12_000, 15_000, 30_000])
GUESS = np.array([9_000.0, 9_500, 10_500, 12_000, 14_000, 29_000])


def test_measures_of_six_episodes() -> None:
    """T-44."""
    found = measure(Y, GUESS)
    assert round(found.r2, 6) == 0.989645
    assert round(found.mae, 2) == 666.67
    assert round(found.rmse, 2) == 763.76
    assert round(found.cpm, 6) == 0.882353
    assert round(predictive_ratio(Y[:3], GUESS[:3]), 6) == 1.074074
    assert round(predictive_ratio(Y[3:], GUESS[3:]), 6) == 0.964912
    assert found.mean_actual * 6 == found.mean_predicted * 6 == 84_000


def test_smearing_turns_a_mean_of_logs_into_a_mean() -> None:
    """T-43."""
    y = np.array([5_000.0, 10_000, 20_000])
    mean_log = float(np.mean(np.log(y)))
    factor = smearing_factor(np.log(y) - mean_log)
    assert round(math.exp(mean_log), 6) == 10_000
    assert round(factor, 6) == 1.166667
    assert round(math.exp(mean_log) * factor, 2) == 11_666.67


def test_equal_costs_have_no_r2() -> None:
    found = measure(np.array([5.0, 5.0]), np.array([4.0, 6.0]))
    assert math.isnan(found.r2)
    assert math.isnan(found.cpm)
    assert found.mae == 1


@given(st.lists(st.integers(1, 5), min_size=1, max_size=200))
def test_deciles_are_of_like_size_and_in_order(values: list[int]) -> None:
    guess = np.array(values, dtype=np.float64)
    keys = tuple(f"E{i:04d}" for i in range(len(values)))
    found = deciles(guess, keys)
    counts = np.bincount(found, minlength=10)
    assert counts.max() - counts.min() <= 1
    ranked = sorted(range(len(values)), key=lambda i: (values[i], keys[i]))
    assert [int(found[i]) for i in ranked] == sorted(found.tolist())


def test_decile_bias_by_hand() -> None:
    """Ten episodes, one a decile, half of them predicted ten percent too high."""
    y = np.arange(1, 11, dtype=np.float64) * 1_000
    guess = np.where(np.arange(10) % 2 == 0, y * 1.1, y)
    keys = tuple("abcdefghij")
    assert decile_bias(y, guess, keys) == 0.05
    assert decile_bias(y, y, keys) == 0
    assert [round(g.ratio, 6) for g in by_decile(y, guess, keys)] == [1.1, 1.0] * 5
    assert decile_bias(np.zeros(10), guess, keys) == math.inf


def test_nothing_to_compare_is_a_defect() -> None:
    with pytest.raises(CheckFailed, match="TRU-K004"):
        measure(Y, GUESS[:5])
    with pytest.raises(CheckFailed, match="TRU-K004"):
        smearing_factor(np.array([]))
