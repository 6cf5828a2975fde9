"""Steps run alone on small tables, and whole programs run on a handful of claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.engine.steps import read_step
from trueup.entity_grain import Price
from trueup.inputs import register_batches, register_prices
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.rules.rule_tables import END_OF_TIME

Row = dict[str, Any]
PROGRAM = "ct-husky-maternity"
A, B = "060000001", "060000002"
RATES = [Price(e, "case_rate", "all", date(2025, 1, 1), END_OF_TIME, cents, "final") for e, cents in ((A, 25_000), (B, 22_000))]
SOURCE = Path(pipeline.__file__).parent


@pytest.fixture
def engine() -> Iterator[DuckEngine]:
    made = DuckEngine(threads=1)
    yield made
    made.close()


@pytest.fixture
def run_step(engine: DuckEngine) -> Callable[..., list[Row]]:
    """Run one step file on tables given as (columns, rows); gives the rows it writes."""

    def run(path: str, tables: dict[str, tuple[dict[str, str], list[Row]]]) -> list[Row]:
        for name, (columns, rows) in tables.items():
            engine.register_rows(name, rows, columns)
        step = read_step(SOURCE / path, True)
        engine.run(step)
        return engine.rows(step.writes, order_by=step.key)

    return run


@pytest.fixture(scope="session")
def program(programs: Path) -> Program:
    """The program with case rates, with the illustrative assumptions; one delivery in the base year passes its gate."""
    return load_program(programs, PROGRAM, assumptions="illustrative", settings={"attribution.accountable.min_deliveries": 1})


def visit(claim_id: str, day: date, tin: str = A, *, paid: str = "0.00", diagnosis: str = "Z3482", code: str = "99213", **more: Any) -> Row:
    """A professional line of 95.00 allowed for member M1; paid at zero unless said."""
    return {
        "claim_id": claim_id, "claim_line_number": 1, "version_seq": 1, "record_type": "original", "claim_status": "paid",
        "claim_type": "professional", "member_id": "M1", "claim_start_date": day, "claim_line_start_date": day, "hcpcs_code": code,
        "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": diagnosis, "billing_tin": tin, "paid_amount": paid,
        "allowed_amount": "95.00", **more,
    }  # fmt: skip


VOLUME = [
    visit(f"VOLUME-{tin}", date(2023, 6, 15), tin, paid="95.00", diagnosis="O80", code="59409", member_id=f"M-{tin}") for tin in (A, B)
]


@pytest.fixture
def run_program(program: Program, tmp_path: Path) -> Iterator[Callable[..., DuckEngine]]:
    """Run the flow on input tables as of a day, through a month; each call begins anew."""
    engines: list[DuckEngine] = []

    def run(as_of: date, claims: list[Row], *, through: date | None = None, rules: Program = program, **tables: list[Row]) -> DuckEngine:
        engine = DuckEngine(threads=1)
        engines.append(engine)
        folder = tmp_path / f"batch-{len(engines)}"
        register_batches(engine, [load_rows({"medical_claim": [*claims, *VOLUME], **tables}, folder)])
        pipeline.register_rules(engine, rules, as_of=as_of, workspace_key="test", through=through)
        register_prices(engine, [PriceSetContent(RATES, [], [], [])])
        pipeline.run_stages(engine, rules)
        return engine

    yield run
    for engine in engines:
        engine.close()
