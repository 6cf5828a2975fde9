"""The two tracks read one scorecard: the same file, the same assumptions, the same result, whatever is in any contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from oracle.panel_histories import history

from trueup import acts, pipeline
from trueup.cases import case_files, load_cases
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.errors import Refused
from trueup.inputs import register_batches, register_prices
from trueup.rules.describe import describe
from trueup.rules.load import load_program
from trueup.rules.program import Param, Program

Row = dict[str, Any]
P4P, SSP = "ct-sim-p4p", "ct-sim-ssp"
CARD = ("measure_rates", "measure_scores", "quality_scores", "equity_gaps")


def loaded(programs: Path, program_id: str, changes: dict[str, object] | None = None) -> Program:
    """The program with small denominators enough, so that scores are numbers."""
    card = load_program(programs, program_id, assumptions="illustrative")
    slots = {f"quality.slots.{s}.minimum_denominator": 1 for s in card.ids("quality.slots")}
    return load_program(programs, program_id, assumptions="illustrative", settings={**slots, **(changes or {})})


def scorecard(tables: dict[str, list[Row]], program: Program, folder: Path) -> dict[str, list[Row]]:
    """The scorecard's tables of a run."""
    folder.mkdir()
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [load_rows({k: v for k, v in tables.items() if v}, folder)])
        pipeline.register_rules(engine, program, as_of=date(2026, 12, 31), workspace_key="test")
        register_prices(engine, [])
        assert pipeline.is_complete(pipeline.run_stages(engine, program))
        return {name: sorted(engine.rows(name), key=repr) for name in CARD}
    finally:
        engine.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_about_a_contract_changes_the_scorecard(seed: int, programs: Path, tmp_path: Path) -> None:
    """No contracts, contracts of one track, contracts that begin within the year, other weights: one result."""
    tables = history(Random(seed))
    bare = {**tables, "contracts": []}
    moved = {**tables, "contracts": [{**c, "program": P4P, "track": "p4p", "terms_id": "harbor"} for c in tables["contracts"]]}
    weights: dict[str, object] = {
        "contracts.terms.medicaid.domains.quality.weight": "0.5",
        "contracts.terms.medicaid.domains.cost.weight": "0.5",
        "contracts.terms.medicaid.left_out": ["a1c_test"],
        "contracts.terms.medicaid.downside": True,
    }
    ways = [(bare, SSP, None), (tables, SSP, None), (tables, SSP, weights), (bare, P4P, None), (moved, P4P, None)]
    found = [scorecard(rows, loaded(programs, which, change), tmp_path / str(n)) for n, (rows, which, change) in enumerate(ways)]
    assert any(r["score"] is not None for r in found[0]["measure_scores"])
    for other in found[1:]:
        assert other == found[0]


def test_both_tracks_name_one_scorecard_and_assume_the_same_of_it(programs: Path) -> None:
    one, other = (load_program(programs, p, assumptions="illustrative") for p in (P4P, SSP))
    assert one.raw["quality"] == other.raw["quality"]
    for section in ("quality.", "panel.", "periods."):
        values = [{p: v.value for p, v in q.params.items() if p.startswith(section) and isinstance(v, Param)} for q in (one, other)]
        assert values[0] == values[1]
        assert values[0]


def test_the_domains_are_the_four_of_the_source(programs: Path) -> None:
    card = load_program(programs, P4P)
    assert card.ids("quality.domains") == ["quality", "care_experience", "health_equity", "cost"]
    assert {card.text(f"quality.slots.{s}.domain") for s in card.ids("quality.slots")} == set(card.ids("quality.domains"))


@pytest.mark.parametrize("program_id", [P4P, SSP])
def test_without_assumptions_nothing_settles(program_id: str, programs: Path) -> None:
    """Every number is a payer's own; the source has none."""
    program = load_program(programs, program_id)
    assert "**unknown**" in describe(program)
    engine = DuckEngine(threads=1)
    try:
        with pytest.raises(Refused, match="TRU-R014"):
            program.get("contracts.terms")
        assert acts.act_of(program).NEEDS_PRICES is (program_id == SSP)
    finally:
        engine.close()


@pytest.mark.parametrize("program_id", [P4P, SSP])
def test_a_track_has_at_least_twenty_five_cases(program_id: str, programs: Path) -> None:
    cases = [case for path in case_files(programs / program_id) for case in load_cases(path)]
    assert len(cases) >= 25
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("program_id", [P4P, SSP])
def test_a_track_reads_as_prose(program_id: str, programs: Path) -> None:
    text = describe(load_program(programs, program_id, assumptions="illustrative"))
    assert "A member belongs to the provider with most of the member's primary-care visits" in text
    assert "Every contract reads the same scorecard; nothing about a contract changes it." in text
    assert "Equals are decided by **the latest visit, then the most dollars of visits, then the smallest id** (assumed)." in text
    assert "The practice never owes money." in text
    if program_id == SSP:
        assert "What quality leaves unearned goes to a challenge pool" in text
        assert "Gate `under_service` (from elsewhere) blocks **gains** (assumed)." in text
