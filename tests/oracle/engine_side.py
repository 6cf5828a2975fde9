"""The package's tables for rows in memory: the one module of this folder, beside the tests, that knows the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from oracle.rules import Rules

from trueup import pipeline
from trueup.acts import episodes
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.entity_grain import Price
from trueup.inputs import register_batches, register_prices
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.load import load_program
from trueup.rules.program import Program

Row = dict[str, Any]
TABLES = (
    "episodes", "episode_lines", "attribution_months", "exclusion_facts", "line_accounting", "quarantine", "pregnancies",
)  # fmt: skip
PAID = ("case_rate_months", "payments", "zero_pay_lines")
REPLAY = ("base_case_rate_months", "base_covered_lines")


_RULES: dict[str, tuple[Program, Rules]] = {}


def both_rules(programs: Path, program_id: str, changes: dict[str, object]) -> tuple[Program, Rules]:
    """The program as the package reads it and as the oracle does; each setting is read once."""
    key = repr((program_id, sorted(changes.items())))
    if key not in _RULES:
        theirs = load_program(programs, program_id, assumptions="illustrative", settings=dict(changes))
        _RULES[key] = theirs, Rules(programs, program_id, "illustrative", dict(changes))
    return _RULES[key]


def sets_of(rates: Sequence[list[Row]]) -> list[PriceSetContent]:
    return [PriceSetContent([Price(**row) for row in rows], [], [], []) for rows in rates]


def engine_tables(
    tables: dict[str, list[Row]],
    program: Program,
    as_of: date,
    folder: Path,
    *,
    periods: tuple[str, ...] = (),
    rates: Sequence[list[Row]] = (),
    through: date | None = None,
) -> dict[str, list[Row]]:
    """The package's tables for the same rows, in memory; with prices and settlements of `periods` where there is a base to price from."""
    engine = DuckEngine(threads=1)
    given = sets_of(rates)
    try:
        register_batches(engine, [load_rows(tables, folder)])
        pipeline.register_rules(engine, program, as_of=as_of, workspace_key="oracle", through=through)
        register_prices(engine, given)
        assert [s.status for s in pipeline.run_stages(engine, program)] == ["done"] * (len(pipeline.flow_of(program)) + 1)
        found: dict[str, list[Row]] = {}
        base = program.text("prices.baseline_period")
        if periods and any(r["period"] == base and not r["exclusion_reasons"] for r in engine.rows("episodes")):
            content = episodes.price(engine, program, periods[0])
            register_prices(engine, [content, *given])
            pipeline.run_stages(engine, program)
            episodes.prepare(engine)
            settled = [episodes.settle(engine, program, p, content, as_of) for p in periods]
            found["settlements"] = [asdict(row) for result in settled for row in result.settlements]
            found["prices"], found["outlier_lines"] = [asdict(p) for p in content.prices], [asdict(x) for x in content.outlier_lines]
        for name in (*TABLES, *(PAID if program.has("case_rate") else ()), *(t for t in REPLAY if engine.has(t))):
            found[name] = engine.rows(name)
        return found
    finally:
        engine.close()
