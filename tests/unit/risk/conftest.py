"""Base episodes made of factors with known effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trueup.risk.freeze import RiskTerms
from trueup.risk.inputs import Factor, FitRows

FACTORS = (
    Factor("older", "clinical", "pre_existing", 1),
    Factor("hypertension", "clinical", "pre_existing", 2),
    Factor("housing", "social", "pre_existing", 4),
)
EFFECTS = (1.10, 1.30, 1.20)
SHARES = (0.30, 0.15, 0.10)
MakeRows = Callable[..., FitRows]


@pytest.fixture
def terms() -> RiskTerms:
    return RiskTerms("sample", "2025.1", "BASE", "PY2025", 365, 139, ("pre_existing",))


@pytest.fixture
def make_rows() -> MakeRows:
    """Rows whose cost is $10,000 times the effects of their factors, times noise of a mean of one."""

    def make(
        n: int = 2_000, seed: int = 1, spread: float = 0.2, form: str = "multiplicative", factors: tuple[Factor, ...] = FACTORS
    ) -> FitRows:
        draw = np.random.default_rng(seed)
        flags = draw.random((n, 3)) < np.array(SHARES)
        if form == "multiplicative":
            dollars = 10_000 * np.prod(np.where(flags, np.array(EFFECTS), 1.0), axis=1)
        else:
            dollars = 10_000 * (1 + flags @ (np.array(EFFECTS) - 1))
        noise = draw.gamma(1 / spread**2, spread**2, n) if spread else np.ones(n)
        return FitRows(
            episode_ids=tuple(f"E{i:06d}" for i in range(n)),
            entity_ids=tuple(f"P{i % 23:02d}" for i in range(n)),
            cost_cents=np.rint(dollars * noise * 100).astype(np.int64),
            factors=factors,
            flags=flags,
            groups={"cohort": tuple("all" for _ in range(n))},
        )

    return make
