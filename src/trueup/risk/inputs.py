"""What risk adjustment works on: factors as the rules declare them, base episodes as arrays, and the choices of a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trueup.errors import CheckFailed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Domain = Literal["clinical", "social"]
ModelId = Literal["ols_capped", "gamma_log", "poisson_log", "poisson_sqrt", "two_stage"]
Form = Literal["additive", "multiplicative", "squared"]

MODELS: tuple[ModelId, ...] = ("ols_capped", "gamma_log", "poisson_log", "poisson_sqrt", "two_stage")
FORMS: dict[ModelId, Form] = {
    "ols_capped": "additive",
    "gamma_log": "multiplicative",
    "poisson_log": "multiplicative",
    "poisson_sqrt": "squared",
    "two_stage": "multiplicative",
}
MINIMUM = 11  # a smaller group of episodes is not shown in figures


def shown(episodes: int) -> str:
    """A count as people may see it."""
    return str(episodes) if episodes >= MINIMUM else f"fewer than {MINIMUM}"


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of the rules that may set prices; `bit` is its value in an episode's pattern."""

    id: str
    domain: Domain
    tag: str
    bit: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of a model should know: a stable code, how many episodes it touches, and a sentence."""

    code: str
    count: int
    message: str


@dataclass(frozen=True)
class FitConfig:
    """The choices of a fit, from the program's rules. `cap_percentile` None fits on uncapped cost."""

    models: tuple[ModelId, ...] = MODELS
    folds: int = 5
    cap_percentile: Decimal | None = Decimal("0.99")
    min_episodes: int = 30
    signs: Literal["free", "non_negative"] = "free"

    def __post_init__(self) -> None:
        wrong = [m for m in self.models if m not in MODELS]
        if wrong or not self.models or self.folds < 2 or self.min_episodes < 1 or self.signs not in ("free", "non_negative"):
            message = (
                f"models {list(self.models)}, folds {self.folds}, min_episodes {self.min_episodes}, signs {self.signs!r} cannot be fitted"
            )
            raise CheckFailed("TRU-K001", message + ".", next_step=f"Models are {', '.join(MODELS)}; at least two folds and one episode.")


@dataclass(frozen=True)
class FitRows:
    """Retained base episodes as arrays of one length; `flags` has a column per factor. Cost in cents.

    `groups` holds labels by which the model card reports (cohort, race, ...); they are never predictors.
    """

    episode_ids: tuple[str, ...]
    entity_ids: tuple[str, ...]
    cost_cents: Ints
    factors: tuple[Factor, ...]
    flags: Flags
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        n = len(self.episode_ids)
        shapes = {len(self.entity_ids), len(self.cost_cents), self.flags.shape[0], *(len(g) for g in self.groups.values())}
        if shapes != {n} or self.flags.shape[1] != len(self.factors) or len(set(self.episode_ids)) != n:
            message = f"{n} episodes do not fit the other columns ({sorted(shapes)} rows, {self.flags.shape[1]} factor columns)."
            raise CheckFailed("TRU-K002", message, next_step="Report this: it is a defect of the engine.")

    def __len__(self) -> int:
        return len(self.episode_ids)


def rows_of(episodes: Iterable[Mapping[str, object]], factors: Sequence[Factor], groups: Sequence[str] = ("cohort", "race")) -> FitRows:
    """Rows of `risk_base_episodes` (ordered by episode id) as arrays; each pattern is read back into its factors."""
    found = list(episodes)
    patterns = np.array([int(str(r["pattern"])) for r in found], dtype=np.int64)
    bits = np.array([f.bit for f in factors], dtype=np.int64)
    return FitRows(
        episode_ids=tuple(str(r["episode_id"]) for r in found),
        entity_ids=tuple(str(r["entity_id"]) for r in found),
        cost_cents=np.array([int(str(r["total_cost_cents"])) for r in found], dtype=np.int64),
        factors=tuple(factors),
        flags=(patterns[:, None] & bits[None, :]) > 0,
        groups={name: tuple(str(r[name]) for r in found) for name in groups},
    )
