"""Fits the declared models on retained base episodes and chooses one: least bias by decile, out of fold, by practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueup.errors import Refused
from trueup.money import nearest_rank
from trueup.risk import glm
from trueup.risk.design import Column, Design, assign_folds, build_design, independent
from trueup.risk.inputs import FORMS, Finding, FitConfig, FitRows, Floats, Form, Ints, ModelId
from trueup.risk.metrics import Measures, decile_bias, measure


@dataclass(frozen=True)
class Coefficients:
    """A fitted model on the scale of its link, dollars: cost = g(intercept + Σ coefficients of the columns present)."""

    form: Form
    intercept: float
    values: Floats
    low: Floats
    high: Floats

    def predict(self, matrix: Floats) -> Floats:
        """Predicted dollars of each row."""
        linear: Floats = self.intercept + matrix @ self.values
        match self.form:
            case "additive":
                return linear
            case "multiplicative":
                return np.exp(linear)
            case "squared":
                return np.square(linear)


@dataclass(frozen=True, slots=True)
class Candidate:
    """How one model did: predictions out of fold against capped cost. `reason` says why a model could not be fitted."""

    model: ModelId
    decile_bias: float
    measures: Measures | None
    reason: str = ""


@dataclass(frozen=True)
class FittedRisk:
    """The chosen model with everything a model card needs; `predicted` in dollars, in the order of the rows."""

    model: ModelId
    coefficients: Coefficients
    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    findings: tuple[Finding, ...]
    config: FitConfig
    cap_cents: int | None
    capped: Floats
    predicted: Floats
    out_of_fold: Floats
    folds: Ints
    matrix: Floats


def fit_models(rows: FitRows, config: FitConfig) -> FittedRisk:
    """Fit every declared model and choose.

    Cost is capped at the nearest-rank percentile of the rows. Each model is fitted without one fold of practices at a time and predicts
    that fold; the model with least `decile_bias` of these predictions wins; a tie goes to `ols_capped`, then to the order declared.

    Raises:
        Refused: TRU-K010 with too few episodes, TRU-K011 with fewer than two practices, TRU-K012 if no model can be fitted.
    """
    _require_enough(rows, config)
    cap = None if config.cap_percentile is None else nearest_rank([int(c) for c in rows.cost_cents], config.cap_percentile)
    capped_cents = rows.cost_cents if cap is None else np.minimum(rows.cost_cents, cap)
    capped: Floats = capped_cents.astype(np.float64) / 100
    design = build_design(rows, config.min_episodes)
    folds = assign_folds(rows.entity_ids, config.folds)
    candidates, guesses = list[Candidate](), dict[ModelId, Floats]()
    for model in config.models:
        candidate, guess = _try(model, design, capped, folds, rows.episode_ids, config)
        candidates.append(candidate)
        if guess is not None:
            guesses[model] = guess
    usable = [c for c in candidates if c.model in guesses]
    if not usable:
        reasons = "; ".join(f"{c.model}: {c.reason}" for c in candidates)
        raise Refused("TRU-K012", f"no model can be fitted: {reasons}.", next_step="Look at the costs and factors of the base episodes.")
    best = min(usable, key=lambda c: (c.decile_bias, c.model != "ols_capped", config.models.index(c.model)))
    coefficients = fit_one(best.model, design.columns, design.matrix, capped, config, intervals=True)
    unfit = [Finding("TRU-K033", len(rows), f"{c.model} was not compared: {c.reason}.") for c in candidates if c.reason]
    return FittedRisk(
        model=best.model, coefficients=coefficients, columns=design.columns, left_out=design.left_out, candidates=tuple(candidates),
        findings=(*design.findings, *unfit), config=config, cap_cents=cap, capped=capped,
        predicted=coefficients.predict(design.matrix), out_of_fold=guesses[best.model], folds=folds, matrix=design.matrix,
    )  # fmt: skip


def _require_enough(rows: FitRows, config: FitConfig) -> None:
    least = max(2 * config.min_episodes, 20)
    if len(rows) < least:
        raise Refused(
            "TRU-K010", f"{len(rows)} retained base episodes; a model needs at least {least}.", next_step="Price without risk adjustment."
        )
    if len(set(rows.entity_ids)) < 2:
        raise Refused("TRU-K011", "all base episodes are of one practice; two are needed to test a model on practices it has not seen.")


def _try(
    model: ModelId, design: Design, capped: Floats, folds: Ints, keys: Sequence[str], config: FitConfig
) -> tuple[Candidate, Floats | None]:
    """One candidate with its predictions out of fold, or None with the reason."""
    guess: Floats = np.zeros(len(capped))
    try:
        for fold in range(int(folds.max()) + 1):
            held = folds == fold
            train = design.matrix[~held]
            keep = independent(train)
            some = tuple(design.columns[n] for n in keep)
            found = fit_one(model, some, train[:, keep], capped[~held], config)
            guess[held] = found.predict(design.matrix[held][:, keep])
        whole = fit_one(model, design.columns, design.matrix, capped, config).predict(design.matrix)
        if float(min(guess.min(), whole.min())) <= 0:
            raise ArithmeticError("it predicts a cost of zero or less for some episode")
    except ArithmeticError as error:
        return Candidate(model, float("inf"), None, str(error)), None
    return Candidate(model, decile_bias(capped, guess, tuple(keys)), measure(capped, guess)), guess


def fit_one(
    model: ModelId, columns: Sequence[Column], matrix: Floats, dollars: Floats, config: FitConfig, *, intervals: bool = False
) -> Coefficients:
    """Fit one model on one set of rows. Raises ArithmeticError where it cannot be fitted, in words for the model card."""
    bounded, form = config.signs == "non_negative", FORMS[model]
    lowest = float(dollars.min())
    if lowest < 0 or (lowest == 0 and model in ("gamma_log", "two_stage")):
        raise ArithmeticError("it needs costs above zero" if model in ("gamma_log", "two_stage") else "it needs costs of zero or more")
    match model:
        case "ols_capped":
            found = glm.fit(matrix, dollars, "normal", "identity", non_negative=bounded, intervals=intervals)
        case "gamma_log":
            found = glm.fit(matrix, dollars, "gamma", "log", non_negative=bounded, intervals=intervals)
        case "poisson_log":
            found = glm.fit(matrix, dollars, "poisson", "log", non_negative=bounded, intervals=intervals)
        case "poisson_sqrt":
            found = glm.fit(matrix, dollars, "poisson", "sqrt", non_negative=bounded, intervals=intervals)
        case "two_stage":
            found = _two_stage(columns, matrix, dollars, bounded, intervals)
    return Coefficients(form, found.intercept, found.coefficients, found.low, found.high)


def _two_stage(columns: Sequence[Column], matrix: Floats, dollars: Floats, bounded: bool, intervals: bool) -> glm.Fit:
    """Clinical factors first; then social ones on what the clinical model leaves, so that neither borrows the other's weight."""
    clinical = np.array([n for n, c in enumerate(columns) if c.domain == "clinical"], dtype=np.int64)
    social = np.array([n for n, c in enumerate(columns) if c.domain == "social"], dtype=np.int64)
    if not len(clinical) or not len(social):
        raise ArithmeticError("it needs factors of both domains")
    first = glm.fit(matrix[:, clinical], dollars, "gamma", "log", non_negative=bounded, intervals=intervals)
    explained: Floats = first.intercept + matrix[:, clinical] @ first.coefficients
    second = glm.fit(matrix[:, social], dollars, "gamma", "log", offset=explained, non_negative=bounded, intervals=intervals)
    width = matrix.shape[1]
    parts: list[Floats] = []
    for one, two in ((first.coefficients, second.coefficients), (first.low, second.low), (first.high, second.high)):
        whole = np.zeros(width)
        whole[clinical], whole[social] = one, two
        parts.append(whole)
    return glm.Fit(first.intercept + second.intercept, *parts)
