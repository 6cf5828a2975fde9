"""Rules of a panel as tables, and what they cannot say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trueup.errors import RuleError, RuleErrors
from trueup.rules.compile_panel import compile_tables
from trueup.rules.load import load_program
from trueup.rules.program import Program

CUT = "panel.cost.truncation"


def loaded(programs: Path, changes: dict[str, object] | None = None, name: str = "ct-sim-ssp") -> Program:
    return load_program(programs, name, assumptions="illustrative", settings=changes)


def tables(program: Program) -> dict[str, list[dict[str, object]]]:
    return {t.name: t.rows for t in compile_tables(program, date(2026, 12, 31), "key", date(2025, 3, 31))}


def test_rules_reach_the_steps_as_whole_numbers(programs: Path) -> None:
    found = tables(loaded(programs))
    (params,) = found["run_params"]
    assert (params["tie_1"], params["tie_2"], params["through_month_number"]) == ("latest_visit", "dollars", 2025 * 12 + 2)
    assert (params["truncation_cents"], params["truncation_micros"], params["default_score_micros"]) == (10_000_000, 990_000, 1_000_000)
    assert {r["terms_id"]: r["add_on_cents"] for r in found["rule_terms"]} == {"medicaid": 450, "harbor": None, "valley": None}
    assert found["rule_panel_types"] == []


def test_an_unknown_value_is_null(programs: Path) -> None:
    (params,) = tables(load_program(programs, "ct-sim-p4p"))["run_params"]
    assert params["lookback_months"] is None
    assert (params["tie_1"], params["truncation_method"]) == ("none", "off")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"panel.attribution.ties": ["latest_visit", "dollars"]}, "TRU-R130"),
        ({"panel.attribution.ties": ["smallest_id", "dollars"]}, "TRU-R130"),
        ({"panel.attribution.ties": []}, "TRU-R130"),
        ({f"{CUT}.amount": None}, "TRU-R131"),
        ({f"{CUT}.method": "percentile", f"{CUT}.rank_rule": None}, "TRU-R131"),
        ({"periods.PY1.last_day": date(2025, 12, 30)}, "TRU-R132"),
    ],
)
def test_what_the_steps_could_not_keep_to_is_an_error(programs: Path, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleError, match=code):
        tables(loaded(programs, changes))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("contracts.terms.summit.restated", ["a1c_test higher 0.80"]),
        ("contracts.terms.summit.restated", ["a1c_test | better | 0.80 | common"]),
        ("contracts.terms.valley.bonus.ladder.low.share", "-1.5"),
        ("panel.attribution.lookback_months", 0),
    ],
)
def test_the_form_of_terms_is_strict(programs: Path, path: str, value: object) -> None:
    with pytest.raises(RuleErrors, match="TRU-R007"):
        loaded(programs, {path: value}, "ct-sim-p4p")
