"""Two programs of one scorecard: random practices scored by the engine and by hand-like Python agree to the last decimal."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from oracle.quality import Counts, Report, Slot, scorecard

from trueup.engine import DuckEngine
from trueup.quality import stage
from trueup.rules.load import load_program
from trueup.rules.program import Program

AS_OF, YEAR_END = date(2026, 12, 31), date(2025, 12, 31)
PRACTICES = [f"06000{n:04d}" for n in range(14)]


@pytest.fixture(scope="module")
def program(programs: Path) -> Program:
    return load_program(programs, "ct-husky-maternity", assumptions="illustrative")


def slots_of(program: Program) -> list[Slot]:
    found: list[Slot] = []
    for item in program.ids("quality.slots"):
        measure = program.text(f"quality.slots.{item}.measure")
        known = program.measures.get(measure)
        reporting = program.text(f"quality.slots.{item}.use") == "reporting"
        found.append(Slot(measure, reporting, known is not None and known.direction == "lower"))
    return found


def world(rng: random.Random, slots: list[Slot]) -> tuple[Counts, Counts, list[Report]]:
    """Counts of the year and of the base, and reports: good, late, incomplete, impossible, of nobody, or none."""
    year: Counts = {}
    base: Counts = {}
    reports: list[Report] = []
    for practice in PRACTICES:
        for slot in slots:
            if slot.reporting:
                denominator = rng.choice([0, 40, 47, 48, 50])
                expected = rng.choice([50, 50, 50, 0]) if denominator else rng.choice([0, 50])
                day = YEAR_END + timedelta(days=rng.choice([1, 89, 90, 91]))
                if rng.random() < 0.85:
                    reports.append(Report(practice, slot.measure, rng.randint(0, denominator + 2), denominator, expected, day))
                continue
            for counts in (year, base):
                cases = rng.choice([0, 12, 29, 30, 31, 60, 400])
                if cases:
                    counts[slot.measure, practice] = (rng.randint(0, cases), cases)
    return year, base, reports


def score_by_engine(program: Program, year: Counts, base: Counts, reports: list[Report]) -> dict[str, tuple[str, Fraction | None]]:
    engine = DuckEngine(threads=1)
    try:
        for step in stage.STEPS:
            engine.give(step.writes, [], {"nothing": "VARCHAR"})
        counts: list[dict[str, Any]] = [
            {"measure_id": m, "entity_id": e, "period": p, "stratum": "all", "stratum_value": "all", "denominator": d, "numerator": n}
            for p, rows in (("PY2025", year), ("BASE", base))
            for (m, e), (n, d) in rows.items()
        ]
        text = dict.fromkeys(("measure_id", "entity_id", "period", "stratum", "stratum_value"), "VARCHAR")
        engine.give("measure_counts", counts, {**text, "denominator": "BIGINT", "numerator": "BIGINT"})
        values = {"measure_id": "VARCHAR", "entity_id": "VARCHAR", "period": "VARCHAR", "fact_value": "BIGINT", "units": "BIGINT"}
        engine.give("measure_values", [], values)
        engine.register_rows("run_params", [{"as_of": AS_OF}], {"as_of": "DATE"})
        sent = [
            {
                "entity_id": r.practice, "period": "PY2025", "measure_id": r.measure, "submission_id": f"S{n}", "stratum": "all",
                "numerator": r.numerator, "denominator": r.denominator, "expected_denominator": r.expected, "known_date": r.received,
            }
            for n, r in enumerate(reports)
        ]  # fmt: skip
        columns = {
            **dict.fromkeys(("entity_id", "period", "measure_id", "submission_id", "stratum"), "VARCHAR"),
            **dict.fromkeys(("numerator", "denominator", "expected_denominator"), "INTEGER"),
            "value": "DECIMAL(18,6)",
            "known_date": "DATE",
        }
        engine.register_rows("visible_measure_submissions", sent, columns)
        stage.run(engine, program)
        rows = engine.rows("quality_scores", order_by=("entity_id", "period"))
        return {
            r["entity_id"]: (r["status"], None if r["score"] is None else Fraction(r["score"])) for r in rows if r["period"] == "PY2025"
        }
    finally:
        engine.close()


@pytest.mark.parametrize("seed", range(12))
def test_both_programs_give_every_practice_the_same_score(program: Program, seed: int) -> None:
    slots = slots_of(program)
    year, base, reports = world(random.Random(seed), slots)
    found = score_by_engine(program, year, base, reports)
    known = {e for _, e in year} | {r.practice for r in reports}
    assert found == {e: scorecard(slots, e, year, base, reports, YEAR_END) for e in sorted(known)}
    assert {status for status, _ in found.values()} & {"scored", "plan_due"}
