"""The fitting library, met only here: one generalized linear model on a matrix of zeros and ones."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from trueup.errors import Refused
from trueup.risk.inputs import Floats

Family = Literal["normal", "gamma", "poisson"]
LinkName = Literal["identity", "log", "sqrt"]
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Fit:
    """Coefficients on the scale of the link, with the ends of their 95 percent intervals (robust to unequal variance)."""

    intercept: float
    coefficients: Floats
    low: Floats
    high: Floats


def _glum() -> Any:
    try:
        return importlib.import_module("glum")
    except ImportError as error:
        raise Refused("TRU-K003", "fitting needs the library glum.", next_step="Install trueup with the extra `actuarial`.") from error


def _sqrt_link(glum: Any) -> Any:
    def link(_: Any, mu: Floats) -> Floats:
        return np.sqrt(mu)

    def derivative(_: Any, mu: Floats) -> Floats:
        return 0.5 / np.sqrt(mu)

    def inverse(_: Any, lin_pred: Floats) -> Floats:
        return np.square(lin_pred)

    def inverse_derivative(_: Any, lin_pred: Floats) -> Floats:
        return 2.0 * lin_pred

    def inverse_derivative2(_: Any, lin_pred: Floats) -> Floats:
        return np.full_like(lin_pred, 2.0)

    parts = (link, derivative, inverse, inverse_derivative, inverse_derivative2)
    return type("SqrtLink", (glum.Link,), {part.__name__: part for part in parts})()


def fit(
    matrix: Floats, target: Floats, family: Family, link: LinkName, *, offset: Floats | None = None, non_negative: bool = False,
    intervals: bool = False,
) -> Fit:  # fmt: skip
    """Fit one model without penalty.

    With `non_negative`, a factor whose coefficient would be negative gets exactly zero and the others are fitted without it.
    `offset` is added to the linear predictor. `intervals` False leaves `low` and `high` at the coefficients.

    Raises:
        Refused: TRU-K003 without the library.
        ArithmeticError: the model does not converge or gives a number that is not finite.
    """
    glum = _glum()
    width = matrix.shape[1]
    scale = float(np.mean(target))
    if scale <= 0:
        raise ArithmeticError("costs add up to zero")
    unit: Floats = target / scale  # around one, so that one tolerance fits all
    offset = None if offset is None else offset - np.log(scale)
    kept = np.arange(width)
    if non_negative and width:
        bounded = _solve(glum, matrix, unit, family, link, offset, np.zeros(width))
        kept = np.flatnonzero(np.asarray(bounded.coef_) > 1e-9)
    coefficients, low, high = np.zeros(width), np.zeros(width), np.zeros(width)
    if not len(kept):
        intercept = _constant(unit, link, offset)
    else:
        part = np.ascontiguousarray(matrix[:, kept])
        model = _solve(glum, part, unit, family, link, offset, None)
        _require_solution(part, unit, family, link, offset, model)
        intercept, coefficients[kept] = float(model.intercept_), model.coef_
        low[kept], high[kept] = coefficients[kept], coefficients[kept]
        if intervals:
            table = model.coef_table(X=part, y=unit, offset=offset, robust=True)
            low[kept], high[kept] = (np.asarray(table[name], dtype=np.float64)[1:] for name in ("ci_lower", "ci_upper"))
    if link == "log":  # back to dollars
        return Fit(intercept + (0.0 if offset is not None else float(np.log(scale))), coefficients, low, high)
    back = scale if link == "identity" else float(np.sqrt(scale))
    return Fit(intercept * back, coefficients * back, low * back, high * back)


def _require_solution(matrix: Floats, unit: Floats, family: Family, link: LinkName, offset: Floats | None, model: Any) -> None:
    """Raise ArithmeticError unless the likelihood is flat at the coefficients: each column's weighted residuals add up to nothing."""
    linear: Floats = float(model.intercept_) + matrix @ np.asarray(model.coef_) + (0.0 if offset is None else offset)
    mean: Floats = {"identity": linear, "log": np.exp(linear), "sqrt": np.square(linear)}[link]
    slope: Floats = {"identity": np.ones_like(linear), "log": mean, "sqrt": 2 * linear}[link]
    variance: Floats = {"normal": np.ones_like(mean), "gamma": np.square(mean), "poisson": mean}[family]
    weighted: Floats = (unit - mean) * slope / variance
    steepest = max(abs(float(np.mean(weighted))), float(np.max(np.abs(matrix.T @ weighted))) / len(unit))
    if not steepest < TOLERANCE:
        raise ArithmeticError(f"it does not converge (slope {steepest:.1e}, expected below {TOLERANCE:.0e})")


def _constant(target: Floats, link: LinkName, offset: Floats | None) -> float:
    """The intercept of a model without factors: the mean, on the scale of the link; with an offset (log link only) the mean ratio."""
    mean = float(np.mean(target if offset is None else target / np.exp(offset)))
    if offset is not None and link != "log":
        raise ArithmeticError("an offset needs a log link")
    return {"identity": mean, "log": float(np.log(mean)), "sqrt": float(np.sqrt(mean))}[link]


def _solve(glum: Any, matrix: Floats, target: Floats, family: Family, link: LinkName, offset: Floats | None, bounds: Floats | None) -> Any:
    model = glum.GeneralizedLinearRegressor(
        alpha=0, family=family, link=_sqrt_link(glum) if link == "sqrt" else link, gradient_tol=1e-9, max_iter=100, lower_bounds=bounds
    )
    # one thread: the same sums in the same order, and no waiting for a core that others use
    with warnings.catch_warnings(), importlib.import_module("threadpoolctl").threadpool_limits(1):
        warnings.simplefilter("ignore")  # convergence is judged by `_require_solution`
        try:
            model.fit(np.ascontiguousarray(matrix), target, offset=offset)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise ArithmeticError(f"{type(error).__name__}: {error}") from error
    return model
