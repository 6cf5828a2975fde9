"""The small world with numbers to add by hand, an engine, and a studied code with the figures that matter to a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from unit.definition.world import World

from trueup.definition.stage import CodeUse, SettingUse
from trueup.engine import DuckEngine


@pytest.fixture
def engine() -> Iterator[DuckEngine]:
    found = DuckEngine(threads=1)
    yield found
    found.close()


@pytest.fixture
def world() -> World:
    """Two episodes that a delivery DRG shows, one that none shows, one of another period, one too soon after the last."""
    w = World()
    for episode, member in (("E1", "M1"), ("E2", "M2"), ("E3", "M3")):
        w.episode(episode, member)
    w.episode("E4", "M4", period="PY1")
    w.episode("E5", "M2", 2, too_soon=1)
    hospital = {"claim_type": "institutional", "is_inpatient": True, "drg_code": "807", "drg_code_type": "ms-drg"}
    w.claim("C1", "E1", "M1", [{"hcpcs_code": "59400", "paid_cents": 200_000}, {"hcpcs_code": "81001", "paid_cents": 1_500}])
    w.claim(
        "C2", "E1", "M1",
        [
            {"revenue_center_code": "0120", "paid_cents": 500_000},
            {"revenue_center_code": "0450", "hcpcs_code": "99284", "paid_cents": 30_000, "allowed_cents": 31_000},
            {"revenue_center_code": "0170", "paid_cents": 40_000},
        ],
        delivers=True, procedures=("10E0XZZ", "0HQ9XZZ"), **hospital,
    )  # fmt: skip
    w.claim(
        "C3", "E2", "M2", [{"hcpcs_code": "H0020", "paid_cents": 9_000}, {"hcpcs_code": "80305", "paid_cents": 2_500}], pregnant=False
    )  # fmt: skip
    w.claim(
        "C4", "E2", "M2", [{"revenue_center_code": "0120", "paid_cents": 450_000}],
        delivers=True, procedures=("0HQ9XZZ", "10E0XZZ", "0HQ9XZZ"), **hospital,
    )  # fmt: skip
    outpatient = {"claim_type": "institutional"}
    later = date(2020, 3, 1)
    w.claim(
        "C5", "E2", "M2", [{"revenue_center_code": "0900", "hcpcs_code": "H0020", "paid_cents": 7_000, "line_start_date": later}],
        pregnant=False, **outpatient,
    )  # fmt: skip
    w.claim("C6", "E3", "M3", [{"hcpcs_code": "59400", "paid_cents": 210_000}], evidence=True)
    w.claim("C7", "E1", "M1", [{"hcpcs_code": "99213", "paid_cents": 8_000}], in_window=0)
    w.claim("C8", "E2", "M2", [{"hcpcs_code": "81001", "paid_cents": -500, "line_start_date": later}])
    w.claim("C9", "E2", "M2", [{"ndc_code": "00093310905", "paid_cents": 1_200}], pregnant=False, claim_type="pharmacy")
    return w


@pytest.fixture
def use() -> Callable[..., CodeUse]:
    """A studied code with the figures that matter to a test."""

    def make(code: str = "59025", system: str = "hcpcs", **figures: Any) -> CodeUse:
        values: dict[str, Any] = {
            "lines": 100, "claims": 90, "members": 50, "pregnancy_lines": 100, "spend_cents": 500_000, "counted_lines": 100,
            "counted_spend_cents": 500_000, "first_day": date(2019, 1, 1), "last_day": date(2019, 12, 31), "is_sud": False,
            "is_newborn": False, **figures,
        }  # fmt: skip
        part = SettingUse(system, code, "professional", values["lines"], values["claims"], values["members"], values["spend_cents"])
        return CodeUse(system, code, **{"settings": (part,), **values})

    return make
