"""Rules of the two mechanisms by path, in place of a program: what settlement reads and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

POOLED = {
    "participation.required": False,
    "settlement.mechanism": "pooled_target",
    "settlement.share_rate": Decimal("0.50"),
    "settlement.cap_rate": Decimal("0.10"),
    "settlement.cap_on": "payment",
    "settlement.minimum_savings_rate": "off",
    "settlement.minimum_savings_operator": "ge",
    "settlement.downside": False,
    "settlement.gates.quality.multiplies": True,
    "settlement.gates.under_service.multiplies": False,
    "maturity.settlement_due_days": 365,
    "maturity.held_dollars_limit": Decimal("0.00"),
}
ZONES = {
    "participation.required": True,
    "settlement.mechanism": "threshold_zones",
    "settlement.share_rate": Decimal("0.50"),
    "settlement.share_from": "commendable",
    "settlement.gain_operator": "lt",
    "settlement.loss_operator": "gt",
    "settlement.downside": True,
    "settlement.downside_from_participation_year": 2,
    "settlement.netting": "net",
    "settlement.gates.quality.multiplies": False,
    "settlement.gates.quality.from_program_year": 2,
    "settlement.gates.quality.blocks": "gains",
    "maturity.settlement_due_days": 90,
    "maturity.held_dollars_limit": Decimal("0.00"),
}


@dataclass
class Period:
    id: str
    first_day: date
    last_day: date
    program_year: int | None
    last_day_as_published: str | None = None


@dataclass
class Rules:
    """Stands in for a loaded program."""

    values: Mapping[str, object]
    id: str = "P"
    assumed: tuple[str, ...] = ()
    days: dict[str, Period] = field(
        default_factory=lambda: {
            "PY1": Period("PY1", date(2020, 11, 1), date(2021, 10, 31), 1, "10/30/2021"),
            "PY2": Period("PY2", date(2021, 11, 1), date(2022, 10, 31), 2, "10/30/2022"),
            "PY3": Period("PY3", date(2022, 11, 1), date(2023, 10, 31), 3),
            "Y": Period("Y", date(2025, 1, 1), date(2025, 12, 31), 1),
        }
    )

    def get(self, path: str) -> object:
        return self.values[path]

    def has(self, path: str) -> bool:
        return path in self.values

    def ids(self, path: str) -> list[str]:
        found = [key.removeprefix(f"{path}.").split(".")[0] for key in self.values if key.startswith(f"{path}.")]
        return list(dict.fromkeys(found))

    def period(self, period_id: str) -> Period:
        return self.days[period_id]

    def param(self, path: str) -> SimpleNamespace:
        assert path in self.values
        if path in self.assumed:
            return SimpleNamespace(cite="illustrative; default; ours", origin="assumption")
        return SimpleNamespace(cite=f"S0 {path}", origin="rule")


def _factory(values):
    def make(assumed=(), without=(), **changes):
        merged = {**values, **{k.replace("__", "."): v for k, v in changes.items()}}
        return Rules({k: v for k, v in merged.items() if k not in without}, assumed=assumed)

    return make


@pytest.fixture(scope="session")
def pooled():
    """Rules of `pooled_target`; keyword arguments use `__` for dots."""
    return _factory(POOLED)


@pytest.fixture(scope="session")
def zones():
    """Rules of `threshold_zones`."""
    return _factory(ZONES)
