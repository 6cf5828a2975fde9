"""Frozen models: relativities with six decimals, the normalizer of the base, and a hash; a performance year's model never changes.

`risk_model.json` is canonical JSON (sorted keys, no spaces, UTF-8, one line feed at the end) with the SHA-256 of everything else in it
under `sha256`. Numbers are decimal text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from trueup.errors import CheckFailed, Place, Refused
from trueup.money import to_places
from trueup.risk.fit import FittedRisk
from trueup.risk.inputs import FORMS, Domain, FitRows, Form, ModelId

SCHEMA = 1
FILE = "risk_model.json"
PLACES, RAW_PLACES = 6, 12
_T = TypeVar("_T")
_DOMAINS: tuple[Domain, ...] = ("clinical", "social")


@dataclass(frozen=True)
class RiskTerms:
    """What a model was fitted for and under which rules. Days are whole days; `uses` the tags of factors that may set prices."""

    program: str
    rule_version: str
    base_period: str
    period: str
    lookback_days: int
    early_days: int
    uses: tuple[str, ...]


@dataclass(frozen=True)
class Relativity:
    """One column of a frozen model: it applies once to an episode with any of `members`.

    `value` is a factor of cost in a multiplicative model, and what is added to 1 (before squaring, if squared) in the others.
    `low` and `high` end its 95 percent interval.
    """

    id: str
    domain: Domain
    members: tuple[str, ...]
    value: Decimal
    low: Decimal
    high: Decimal
    episodes: int


@dataclass(frozen=True)
class FrozenModel:
    """A risk model as it is applied. `base` is the cost in dollars without any factor; `normalizer_total` / `normalizer_episodes` the
    mean raw score of the retained base episodes, carried into every later year."""

    terms: RiskTerms
    model: ModelId
    form: Form
    base: Decimal
    relativities: tuple[Relativity, ...]
    left_out: tuple[str, ...]
    cap: Decimal | None
    normalizer_total: Decimal
    normalizer_episodes: int

    @property
    def sha256(self) -> str:
        """The hash of the content, lower-case hex."""
        return hashlib.sha256(_canonical(_document(self)).encode()).hexdigest()

    @property
    def knows(self) -> frozenset[str]:
        """Every factor the model was offered: those it uses and those it left out."""
        return frozenset(m for r in self.relativities for m in r.members) | frozenset(self.left_out)


# --- scores --------------------------------------------------------------------------------------------------------------------------


def raw_score(form: Form, values: Sequence[Decimal]) -> Decimal:
    """The score before normalization, twelve decimals: product of the values, or 1 + their sum, or its square.

    Raises:
        Refused: TRU-K021 if the score is not above zero: a price cannot be multiplied by it.
    """
    if form == "multiplicative":
        exact = Fraction(1)
        for value in values:
            exact *= Fraction(value)
        linear = exact
    else:
        linear = 1 + sum((Fraction(v) for v in values), Fraction(0))
        exact = linear**2 if form == "squared" else linear
    found = to_places(exact, RAW_PLACES)
    if linear <= 0 or found <= 0:
        raise Refused(
            "TRU-K021", f"a combination of {len(values)} factors would score {found}, not above zero.", next_step="Use a log-link model."
        )
    return found


def raw_score_of(model: FrozenModel, present: frozenset[str]) -> Decimal:
    """The raw score of an episode with these factors."""
    return raw_score(model.form, [r.value for r in model.relativities if present & set(r.members)])


def normalized(model: FrozenModel, raw: Decimal) -> Fraction:
    """raw ÷ mean raw score of the base, exact: over the retained base episodes these add up to their number."""
    return Fraction(raw) * model.normalizer_episodes / Fraction(model.normalizer_total)


def score_of(model: FrozenModel, present: frozenset[str]) -> Decimal:
    """The risk score of an episode with these factors, six decimals, half away from zero."""
    return to_places(normalized(model, raw_score_of(model, present)), PLACES)


def normalize(scores: Mapping[Decimal, int]) -> dict[Decimal, Fraction]:
    """Each score divided by the mean over all episodes; the values are counts of episodes. Exact.

    Raises:
        CheckFailed: TRU-K005 without episodes, or where scores add up to zero or less.
    """
    total = sum((Fraction(score) * count for score, count in scores.items()), Fraction(0))
    count = sum(scores.values())
    if count <= 0 or total <= 0:
        raise CheckFailed("TRU-K005", f"{count} episodes with scores of {total} have no mean to normalize by.")
    return {score: Fraction(score) * count / total for score in scores}


# --- freezing ------------------------------------------------------------------------------------------------------------------------


def freeze(fitted: FittedRisk, rows: FitRows, terms: RiskTerms) -> FrozenModel:
    """Round the fitted coefficients to relativities and compute the normalizer over the base rows.

    Raises:
        Refused: TRU-K021 if some base episode would score zero or less.
    """
    found, form = fitted.coefficients, FORMS[fitted.model]
    linear = found.intercept
    base = float(found.predict(np.zeros((1, len(fitted.columns))))[0])

    def relativity(coefficient: float) -> Decimal:
        return to_places(Decimal(float(np.exp(coefficient)) if form == "multiplicative" else coefficient / linear), PLACES)

    relativities = tuple(
        Relativity(
            column.id, column.domain, column.members, relativity(float(found.values[n])), relativity(float(found.low[n])),
            relativity(float(found.high[n])), column.episodes,
        )
        for n, column in enumerate(fitted.columns)
    )  # fmt: skip
    patterns, counts = np.unique(fitted.matrix > 0, axis=0, return_counts=True)
    total = Decimal(0)
    for pattern, count in zip(patterns.tolist(), counts.tolist(), strict=True):
        total += raw_score(form, [r.value for r, has in zip(relativities, pattern, strict=True) if has]) * int(count)
    return FrozenModel(
        terms=terms, model=fitted.model, form=form, base=to_places(Decimal(base), PLACES), relativities=relativities,
        left_out=fitted.left_out, cap=None if fitted.cap_cents is None else Decimal(fitted.cap_cents).scaleb(-2),
        normalizer_total=total, normalizer_episodes=len(rows),
    )  # fmt: skip


# --- the file ------------------------------------------------------------------------------------------------------------------------


def _plain(value: object) -> str:
    assert isinstance(value, Decimal)
    return f"{value:f}"


def _canonical(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _document(model: FrozenModel) -> dict[str, object]:
    return {"schema": SCHEMA, **asdict(model)}


def model_text(model: FrozenModel) -> str:
    """The text of `risk_model.json`."""
    return _canonical({**_document(model), "sha256": model.sha256}) + "\n"


def parse_model(text: str, source: str = FILE) -> FrozenModel:
    """Read the text of a frozen model and prove that it was not changed.

    Raises:
        CheckFailed: TRU-K022 if the text is not a model, is of another schema, or does not hash to what it says.
    """
    try:
        raw = cast("dict[str, Any]", json.loads(text))
        said, schema = str(raw.pop("sha256")), raw.pop("schema")
        model = _model(raw)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise _tampered(source, f"it cannot be read ({type(error).__name__})") from error
    if schema != SCHEMA:
        raise _tampered(source, f"its schema is {schema!r}, expected {SCHEMA}")
    if model.sha256 != said or model_text(model) != text:
        raise _tampered(source, f"its content hashes to {model.sha256[:16]}, and it says {said[:16]}")
    return model


def _model(raw: dict[str, Any]) -> FrozenModel:
    terms = raw["terms"]
    model, form = raw["model"], raw["form"]
    if FORMS.get(model) != form or any(r["domain"] not in _DOMAINS for r in raw["relativities"]):
        raise ValueError("form")
    return FrozenModel(
        terms=_exact(RiskTerms, {**terms, "uses": tuple(terms["uses"])}),
        model=model,
        form=form,
        base=Decimal(raw["base"]),
        relativities=tuple(
            _exact(Relativity, {**r, "members": tuple(r["members"]), **{k: Decimal(r[k]) for k in ("value", "low", "high")}})
            for r in raw["relativities"]
        ),
        left_out=tuple(raw["left_out"]),
        cap=None if raw["cap"] is None else Decimal(raw["cap"]),
        normalizer_total=Decimal(raw["normalizer_total"]),
        normalizer_episodes=int(raw["normalizer_episodes"]),
    )


def _exact(kind: Callable[..., _T], values: dict[str, Any]) -> _T:
    """A dataclass from a mapping; a missing or unknown key is a TypeError."""
    return kind(**values)


def _tampered(source: str, why: str) -> CheckFailed:
    message = f"this risk model was changed after it was frozen: {why}."
    return CheckFailed("TRU-K022", message, place=Place(source), next_step="Restore the file; coefficients are never edited.")


def read_model(path: Path) -> FrozenModel:
    """Read a frozen model.

    Raises:
        Refused: TRU-K023 if there is none.
        CheckFailed: TRU-K022 as `parse_model`.
    """
    if not path.is_file():
        raise Refused("TRU-K023", "there is no frozen risk model.", place=Place(str(path)), next_step="Fit and freeze one first.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _tampered(str(path), "it is not UTF-8") from error
    return parse_model(text, str(path))


def write_model(path: Path, model: FrozenModel) -> FrozenModel:
    """Write a model, or find the same one there. A different model for the same period is refused (TRU-K024): see `refuse_refit`."""
    if path.exists():
        refuse_refit(read_model(path), model, str(path))
        return model
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(model_text(model), encoding="utf-8")
    partial.replace(path)
    return model


# --- what may be done with it --------------------------------------------------------------------------------------------------------


def refuse_refit(frozen: FrozenModel, proposed: FrozenModel, source: str = FILE) -> None:
    """Refuse other coefficients for a program and period that have a frozen model.

    Raises:
        Refused: TRU-K024 with both hashes.
    """
    same_period = (frozen.terms.program, frozen.terms.period) == (proposed.terms.program, proposed.terms.period)
    if not same_period:
        message = f"holds the model of {frozen.terms.program} {frozen.terms.period}, not of {proposed.terms.period}."
        raise Refused("TRU-K024", message, place=Place(source), next_step="Give each period a file of its own.")
    if frozen.sha256 != proposed.sha256:
        message = f"{frozen.terms.period} has a frozen model ({frozen.sha256[:16]}); a refit gave {proposed.sha256[:16]} and is refused."
        raise Refused("TRU-K024", message, place=Place(source), next_step="Coefficients may change only for a period not yet frozen.")


def require_frozen(model: FrozenModel | None, program: str, period: str) -> FrozenModel:
    """The model of a program's performance period, or a refusal.

    Raises:
        Refused: TRU-K025 if there is no model, or it is of another program or period.
    """
    if model is None:
        message = f"{period} has no frozen risk model, and a performance year is never fitted on itself."
        raise Refused("TRU-K025", message, next_step="Fit the base period and freeze the model before the year.")
    if (model.terms.program, model.terms.period) != (program, period):
        message = f"the risk model is of {model.terms.program} {model.terms.period}; {program} {period} was asked for."
        raise Refused("TRU-K025", message, next_step="Use the price set of that period.")
    return model
