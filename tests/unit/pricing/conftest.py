"""A few rules by path, in place of a program: what pricing reads and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

BLENDED = {
    "cohorts.otherwise": "all",
    "cost.basis": "paid",
    "episode.assign_by": "delivery_date",
    "episode.days_after": 90,
    "maturity.runout_days": 180,
    "outliers.method": "exclude",
    "outliers.scope": "state",
    "outliers.high_percentile": "off",
    "outliers.low_percentile": "off",
    "prices.mechanism": "blended_target",
    "prices.baseline_period": "BASE",
    "prices.weight_own": Decimal("0.50"),
    "prices.trend_annual": Decimal("0.00"),
    "prices.trend_years": Decimal("2"),
}
OWN_HISTORY = {
    **BLENDED,
    "outliers.scope": "state_cohort",
    "prices.mechanism": "own_history_thresholds",
    "prices.trend_annual": Decimal("0.03"),
    "prices.minimum_savings_rate": Decimal("0.02"),
    "prices.minimum_savings_amount": "off",
    "prices.minimum_savings_applied": "after_trend",
    "prices.valid_years": 2,
}


@dataclass
class Period:
    id: str
    first_day: date
    last_day: date
    program_year: int | None = None
    last_day_as_published: str | None = None


@dataclass
class Rules:
    """Stands in for a loaded program."""

    values: dict[str, object]
    id: str = "P"
    assumed: tuple[str, ...] = ()
    days: dict[str, Period] = field(
        default_factory=lambda: {
            "BASE": Period("BASE", date(2023, 3, 1), date(2024, 2, 29)),
            "Y0": Period("Y0", date(2024, 1, 1), date(2024, 12, 31)),
            "Y1": Period("Y1", date(2025, 1, 1), date(2025, 12, 31), 1),
            "Y2": Period("Y2", date(2026, 1, 1), date(2026, 12, 31), 2),
        }
    )

    def get(self, path: str) -> object:
        return self.values[path]

    def has(self, path: str) -> bool:
        return path in self.values

    def ids(self, path: str) -> list[str]:
        return []

    def period(self, period_id: str) -> Period:
        return self.days[period_id]

    def param(self, path: str) -> SimpleNamespace:
        assert path in self.values
        if path in self.assumed:
            return SimpleNamespace(cite="illustrative; default; no fact to import", origin="assumption")
        return SimpleNamespace(cite=f"S0 {path}", origin="rule")


@pytest.fixture(scope="session")
def blended():
    """Rules of `blended_target`; keyword arguments use `__` for dots."""
    return lambda assumed=(), **changes: Rules({**BLENDED, **{k.replace("__", "."): v for k, v in changes.items()}}, assumed=assumed)


@pytest.fixture(scope="session")
def own_history():
    """Rules of `own_history_thresholds`."""
    return lambda assumed=(), **changes: Rules({**OWN_HISTORY, **{k.replace("__", "."): v for k, v in changes.items()}}, assumed=assumed)
