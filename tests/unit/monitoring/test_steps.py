"""The steps of monitoring on a few rows each: who counts, in which month, and on which side of an edge."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trueup.engine import DuckEngine
from trueup.engine.dialect import lint, to_spark
from trueup.monitoring import stage
from trueup.rules.rule_tables import calendar
from trueup.tables import OUTPUT
from trueup.tables.contract import BIG, DAY, INT, TEXT

Row = dict[str, Any]
BY_NAME = {step.writes: step for step in stage.STEPS}
EXTRA: dict[str, dict[str, str]] = {
    "rule_periods": {"period": TEXT, "role": TEXT, "first_day": DAY, "last_day": DAY},
    "run_params": {"program": TEXT, "as_of": DAY, "min_deliveries": INT},
    "rule_monitor_checks": {"check_id": TEXT, "kind": TEXT},
    "rule_monitor_factors": {"check_id": TEXT, "factor": TEXT},
    "rule_monitor_patterns": {"check_id": TEXT, "pattern": TEXT, "width": INT},
    "rule_monitor_lag": {"check_id": TEXT, "lag_days": INT},
    "rule_monitor_sequences": {"measure_id": TEXT},
    "episode_costs": {"episode_id": TEXT, "full_cost_cents": BIG},
    "outlier_checks": {"episode_id": TEXT, "is_above_high": INT, "high_line_cents": BIG},
    "claim_roles": {"version_id": TEXT, "code_role": TEXT},
    "line_entities": {"version_id": TEXT, "entity_id": TEXT},
    "member_claims": {"version_id": TEXT, "member_id": TEXT, "from_date": DAY},
    "rule_risk_factors": {"factor": TEXT, "code_role": TEXT},
    "high_risk_episodes": {"check_id": TEXT, "episode_id": TEXT, "first_date": DAY},
}
YEAR: Row = {"period": "PY", "role": "performance", "first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}


@pytest.fixture
def engine() -> Any:
    found = DuckEngine(threads=1)
    months = calendar()
    found.register_rows(months.name, months.rows, months.columns)
    found.register_rows("rule_periods", [YEAR], EXTRA["rule_periods"])
    yield found
    found.close()


def fill(engine: DuckEngine, table: str, *rows: Row) -> None:
    engine.register_rows(table, list(rows), EXTRA[table] if table in EXTRA else OUTPUT[table].columns)


def counts(engine: DuckEngine, writes: str) -> list[Row]:
    engine.run(BY_NAME[writes])
    return engine.rows(writes, order_by=BY_NAME[writes].key)


def episode(episode_id: str, entity_id: str | None = "A", **more: Any) -> Row:
    base = {"episode_id": episode_id, "member_id": f"M{episode_id}", "attributed_entity_id": entity_id, "accountable_entity_id": entity_id}
    return {
        **base,
        "period": "PY",
        "cohort": "all",
        "delivery_date": date(2025, 6, 15),
        "exclusion_reasons": "",
        "risk_score": Decimal(1),
        **more,
    }


def factor(episode_id: str, name: str, first_date: date | None = None, tag: str = "pre_existing") -> Row:
    return {"episode_id": episode_id, "factor": name, "tag": tag, "first_date": first_date}


def test_every_step_keeps_to_the_dialect_and_translates() -> None:
    assert [problem for step in stage.STEPS for problem in lint(step)] == []
    assert all(to_spark(step.sql) for step in stage.STEPS)
    assert {path.name for path in (Path(stage.__file__).parent / "sql").iterdir()} == {step.path.name for step in stage.STEPS}


def test_high_risk_is_what_a_check_names_and_was_there_before(engine: DuckEngine) -> None:
    fill(engine, "episodes", episode("1"), episode("2"), episode("3"))
    fill(
        engine, "episode_factors", factor("1", "cardiac", date(2025, 2, 1)), factor("1", "renal", date(2025, 1, 5)), factor("2", "other"),
        factor("3", "cardiac", tag="emergent"),
    )  # fmt: skip
    fill(engine, "rule_monitor_factors", {"check_id": "k", "factor": "cardiac"}, {"check_id": "k", "factor": "renal"})
    assert counts(engine, "high_risk_episodes") == [{"check_id": "k", "episode_id": "1", "first_date": date(2025, 1, 5)}]


def test_selected_patients_are_attributed_ones_excluded_or_not(engine: DuckEngine) -> None:
    fill(
        engine, "episodes", episode("1", exclusion_reasons="dual"), episode("2", risk_score=Decimal("0.5")), episode("3", None),
        episode("4", "B"), episode("5", period=None),
    )  # fmt: skip
    fill(engine, "rule_monitor_checks", {"check_id": "k", "kind": "selection"}, {"check_id": "other", "kind": "switching"})
    fill(engine, "high_risk_episodes", {"check_id": "k", "episode_id": "1"}, {"check_id": "other", "episode_id": "2"})
    assert [(r["entity_id"], r["units"], r["events"], r["risk_micros"], r["risk_squares"]) for r in counts(engine, "selected_counts")] == [
        ("A", 2, 1, 1_500_000, 1_250_000_000_000), ("B", 1, 0, 1_000_000, 1_000_000_000_000),
    ]  # fmt: skip


def month(episode_id: str, entity_id: str, number: int, status: str = "attributed") -> Row:
    return {
        "pregnancy_id": f"P{episode_id}",
        "episode_id": episode_id,
        "month": f"2025-{number:02d}",
        "entity_id": entity_id,
        "status": status,
    }


def test_a_switch_belongs_to_the_holder_when_the_risk_was_known(engine: DuckEngine) -> None:
    """1: A knew in March, B holds at the end. 2: known in May, when B held. 3: a measured factor is known from the start. 4: stayed."""
    fill(engine, "episodes", *(episode(n) for n in "1234"))
    moved = [m for n in "123" for m in (month(n, "A", 3), month(n, "B", 4), month(n, "A", 4, "handover"), month(n, "B", 5))]
    fill(engine, "attribution_months", *moved, month("4", "A", 3), month("4", "A", 5))
    fill(engine, "rule_monitor_checks", {"check_id": "k", "kind": "switching"})
    known = {"1": date(2025, 3, 31), "2": date(2025, 5, 1), "3": None, "4": date(2025, 1, 1)}
    fill(engine, "high_risk_episodes", *({"check_id": "k", "episode_id": n, "first_date": day} for n, day in known.items()))
    found = [(r["entity_id"], r["units"], r["events"]) for r in counts(engine, "switch_counts")]
    assert found == [("A", 3, 2), ("B", 1, 0)]


def test_exclusions_and_cohorts(engine: DuckEngine) -> None:
    fill(engine, "episodes", episode("1", exclusion_reasons="dual"), episode("2", cohort="sud"), episode("3"), episode("4", None))
    assert [(r["entity_id"], r["units"], r["events"]) for r in counts(engine, "excluded_counts")] == [("A", 3, 1)]
    assert [(r["entity_id"], r["cohort"], r["units"]) for r in counts(engine, "cohort_counts")] == [("A", "all", 1), ("A", "sud", 1)]


@pytest.mark.parametrize(("as_of", "months"), [(date(2025, 9, 27), 1), (date(2025, 9, 26), 0)])
def test_lines_are_expected_once_a_month_is_old_enough(engine: DuckEngine, as_of: date, months: int) -> None:
    """180 days after March 31 is September 27."""
    fill(engine, "run_params", {"program": "p", "as_of": as_of})
    fill(engine, "rule_monitor_lag", {"check_id": "k", "lag_days": 180})
    paid: Row = {"pregnancy_id": "P", "month": "2025-03", "entity_id": "A", "paid": True}
    fill(engine, "case_rate_months", paid, {**paid, "pregnancy_id": "Q", "paid": False}, {**paid, "month": "2024-12"})
    line: Row = {"claim_id": "C", "version_seq": 1, "claim_line_number": 1, "entity_id": "A", "month": "2025-03", "status": "zero_paid"}
    parts = [{**line, "component": part} for part in ("antepartum", "postpartum")]
    fill(
        engine, "zero_pay_lines", *parts, {**line, "claim_id": "D", "component": "visit", "status": "to_zero"},
        {**line, "claim_id": "E", "component": "visit", "status": "fee_for_service"},
    )  # fmt: skip
    assert [(r["months"], r["lines"]) for r in counts(engine, "reported_lines")] == ([(1, 2)] if months else [])


def test_costs_just_above_the_line(engine: DuckEngine) -> None:
    fill(engine, "episodes", *(episode(n) for n in "1234"))
    fill(engine, "rule_monitor_patterns", {"check_id": "k", "pattern": "outlier_edge", "width": 5})
    costs = {"1": 4_000_000, "2": 4_000_001, "3": 4_200_000, "4": 4_200_001}
    fill(engine, "episode_costs", *({"episode_id": n, "full_cost_cents": c} for n, c in costs.items()))
    above = ({"episode_id": n, "is_above_high": int(c > 4_000_000), "high_line_cents": 4_000_000} for n, c in costs.items())
    fill(engine, "outlier_checks", *above)
    assert [(r["units"], r["events"]) for r in counts(engine, "outlier_edges")] == [(4, 2)]


def test_births_at_the_edges_of_a_period(engine: DuckEngine) -> None:
    fill(engine, "rule_monitor_patterns", {"check_id": "k", "pattern": "date_heaping", "width": 7})
    days = [YEAR["first_day"], YEAR["first_day"] + timedelta(6), YEAR["first_day"] + timedelta(7), date(2025, 12, 24), date(2025, 12, 25)]
    fill(engine, "episodes", *(episode(str(n), delivery_date=day) for n, day in enumerate([*days, date(2026, 1, 1)])))
    assert [(r["units"], r["events"]) for r in counts(engine, "period_edges")] == [(5, 3)]


def test_risk_that_nobody_else_ever_coded(engine: DuckEngine) -> None:
    """1: only A coded it. 2: the hospital did too. 3: only after delivery. 4: by an entity unknown."""
    fill(engine, "episodes", *(episode(n) for n in "1234"))
    fill(engine, "rule_monitor_patterns", {"check_id": "k", "pattern": "own_coding", "width": 0})
    fill(engine, "rule_monitor_factors", {"check_id": "k", "factor": "cardiac"})
    fill(engine, "rule_risk_factors", {"factor": "cardiac", "code_role": "risk_cardiac"})
    claims = [("a", "1", "A", 1), ("b", "2", "A", 1), ("c", "2", "H", 6), ("d", "3", "A", 7), ("e", "4", None, 1)]
    fill(engine, "claim_roles", *({"version_id": v, "code_role": "risk_cardiac"} for v, _, _, _ in claims))
    fill(engine, "line_entities", *({"version_id": v, "entity_id": e} for v, _, e, _ in claims))
    fill(engine, "member_claims", *({"version_id": v, "member_id": f"M{n}", "from_date": date(2025, m, 1)} for v, n, _, m in claims))
    engine.run(BY_NAME["watched_codings"])
    assert [(r["units"], r["events"]) for r in counts(engine, "own_codings")] == [(3, 1)]


def test_units_stand_in_the_order_in_which_they_ended(engine: DuckEngine) -> None:
    unit: Row = {"unit_kind": "episode", "entity_id": "A", "period": "PY"}
    fill(
        engine,
        "measure_units",
        *({**unit, "unit_id": u, "end_date": date(2025, 5, day)} for u, day in (("x", 9), ("y", 3), ("z", 9), ("w", 1))),
    )
    status = {"x": "numerator", "y": "denominator", "z": "denominator", "w": "excluded"}
    results: list[Row] = [{**unit, "measure_id": "m", "unit_id": u, "status": s} for u, s in status.items()]
    fill(engine, "measure_results", *results, {**results[0], "measure_id": "not followed"})
    fill(engine, "rule_monitor_sequences", {"measure_id": "m"})
    found = sorted(counts(engine, "measured_sequences"), key=lambda r: r["unit_number"])
    assert [(r["unit_id"], r["is_met"]) for r in found] == [("y", 0), ("x", 1), ("z", 0)]
