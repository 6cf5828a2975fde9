"""Measures of fit on predictions: R², MAE, RMSE, CPM, predictive ratios, and the bias by decile that chooses a model.

Costs and predictions are in one unit (dollars or cents); these floats never reach an amount that is paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueup.errors import CheckFailed
from trueup.risk.inputs import Floats, Ints


@dataclass(frozen=True, slots=True)
class Measures:
    """How well predictions meet costs; `r2` and `cpm` are NaN where all costs are equal."""

    n: int
    r2: float
    mae: float
    rmse: float
    cpm: float
    mean_actual: float
    mean_predicted: float


@dataclass(frozen=True, slots=True)
class Group:
    """One group of episodes: count, mean actual and predicted cost, and predicted over actual."""

    label: str
    n: int
    mean_actual: float
    mean_predicted: float
    ratio: float


def measure(actual: Floats, predicted: Floats) -> Measures:
    """All measures. Raises CheckFailed TRU-K004 on arrays that are empty or of unequal length."""
    _require(actual, predicted)
    error, spread = actual - predicted, actual - actual.mean()
    squares, absolute = float(np.sum(spread**2)), float(np.sum(np.abs(spread)))
    return Measures(
        n=len(actual),
        r2=1 - float(np.sum(error**2)) / squares if squares else float("nan"),
        mae=float(np.mean(np.abs(error))),
        rmse=float(np.sqrt(np.mean(error**2))),
        cpm=1 - float(np.sum(np.abs(error))) / absolute if absolute else float("nan"),
        mean_actual=float(actual.mean()),
        mean_predicted=float(predicted.mean()),
    )


def predictive_ratio(actual: Floats, predicted: Floats) -> float:
    """Σ predicted / Σ actual; NaN where the actual sum is zero."""
    _require(actual, predicted)
    total = float(actual.sum())
    return float(predicted.sum()) / total if total else float("nan")


def group(label: str, actual: Floats, predicted: Floats) -> Group:
    """One group with its predictive ratio."""
    return Group(label, len(actual), float(actual.mean()), float(predicted.mean()), predictive_ratio(actual, predicted))


def deciles(predicted: Floats, keys: tuple[str, ...], parts: int = 10) -> Ints:
    """The decile (0 to 9) of each episode by predicted cost, ties by key; sizes differ by at most one.

    Episode with rank r (from 0) of n is in decile r × 10 // n.
    """
    order = np.lexsort((np.array(keys), predicted))
    out = np.empty(len(predicted), dtype=np.int64)
    out[order] = np.arange(len(predicted), dtype=np.int64) * parts // len(predicted)
    return out


def by_decile(actual: Floats, predicted: Floats, keys: tuple[str, ...]) -> list[Group]:
    """Predictive ratio in each decile of predicted cost, lowest first."""
    _require(actual, predicted)
    which = deciles(predicted, keys)
    return [group(str(d + 1), actual[which == d], predicted[which == d]) for d in range(10) if bool((which == d).any())]


def decile_bias(actual: Floats, predicted: Floats, keys: tuple[str, ...]) -> float:
    """The mean over deciles of |predictive ratio − 1|, rounded to four decimals so that equal models tie; infinite without a ratio."""
    ratios = [abs(g.ratio - 1) for g in by_decile(actual, predicted, keys)]
    return round(float(np.mean(ratios)), 4) if np.isfinite(ratios).all() else float("inf")


def smearing_factor(log_residuals: Floats) -> float:
    """The mean of e^residual: what a model of log cost must be multiplied by to give mean cost."""
    if len(log_residuals) == 0:
        raise CheckFailed("TRU-K004", "there are no residuals.", next_step="Report this: it is a defect of the engine.")
    return float(np.mean(np.exp(log_residuals)))


def _require(actual: Floats, predicted: Floats) -> None:
    if len(actual) == 0 or len(actual) != len(predicted):
        message = f"{len(actual)} costs and {len(predicted)} predictions cannot be compared."
        raise CheckFailed("TRU-K004", message, next_step="Report this: it is a defect of the engine.")
