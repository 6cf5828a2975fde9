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
# What a program with a monthly case rate says beside the target.
CASE_RATE = {
    "prices.price_basis": "case_rate_and_ffs",
    "prices.case_rate.base_population": "deliveries",
    "prices.case_rate.winsorize_percentile": "off",
    "prices.case_rate.winsorize_method": "nearest_rank",
    "prices.case_rate.risk": "off",
    "prices.case_rate.weight_state": Decimal(0),
    "prices.case_rate.credibility": "off",
    "prices.case_rate.trend_annual": Decimal("0.00"),
    "prices.case_rate.trend_years": Decimal(2),
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
        return any(known == path or known.startswith(path + ".") for known in self.values)

    def ids(self, path: str) -> list[str]:
        """The ids below a path, in the order in which the test wrote them."""
        below = [known[len(path) + 1 :].split(".")[0] for known in self.values if known.startswith(path + ".")]
        return list(dict.fromkeys(below))

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
def case_rate():
    """Rules of `blended_target` with case rates; `case__x` stands for `prices.case_rate.x`."""

    def rules(assumed=(), **changes):
        named = {k.replace("case__", "prices.case_rate.", 1).replace("__", "."): v for k, v in changes.items()}
        return Rules({**BLENDED, **CASE_RATE, **named}, assumed=assumed)

    return rules


@pytest.fixture(scope="session")
def own_history():
    """Rules of `own_history_thresholds`."""
    return lambda assumed=(), **changes: Rules({**OWN_HISTORY, **{k.replace("__", "."): v for k, v in changes.items()}}, assumed=assumed)
