"""`explain` of scores: down to the units of a measure and the claims that show them, adding up exactly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from unit.reports.kinds_samples import new_run, scorecard, write_table

from trueup.errors import CheckFailed, UsageError
from trueup.reports.explain import explain


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The scorecard of P1, with every unit behind its visits: 75 of 100."""
    made = new_run(tmp_path, "panel", "contract_bonus")
    scorecard(made)
    unit = {"measure_id": "visit", "version": "2025", "entity_id": "P1", "period": "PY1"}
    units = [unit | {"unit_id": f"U{n:03d}", "status": "numerator" if n <= 75 else "denominator"} for n in range(1, 101)]
    write_table(made, "measure_results", [*units, unit | {"unit_id": "U999", "status": "excluded"}])
    shown = {"measure_id": "visit", "part": "numerator", "criterion": "postpartum_visit", "is_met": True, "event_count": 1}
    evidence = [shown | {"unit_id": f"U{n:03d}", "claim_id": f"CLM{n}", "first_date": date(2025, 4, 1)} for n in range(1, 76)]
    write_table(made, "measure_evidence", evidence)
    return made


def test_a_score_is_explained_down_to_claims(run: Path) -> None:
    told = explain(run, "run/quality_scores/P1,PY1/score").to_text(200)
    assert "score is 0.875000." in told
    assert "Measures with a score: 2. Checked: it adds up exactly." in told
    assert "75 of 100 is 75%." in told
    assert "Met the measure: 75. Checked: it adds up exactly." in told
    assert "postpartum visit: claim CLM1 on 2025-04-01" in told
    assert "The entity reported 90 of 100" in told


def test_a_measure_alone_and_the_entity_can_be_named(run: Path) -> None:
    assert "Counted: 100. Checked" in explain(run, "run/measure_rates/P1,PY1,visit,claims/rate").to_text(200)
    assert "The scorecard of PY1" in explain(run, "P1").to_text(200)
    with pytest.raises(UsageError, match="TRU-U062"):
        explain(run, "P9")


def test_units_that_do_not_add_up_stop(run: Path) -> None:
    unit = {"measure_id": "visit", "version": "2025", "entity_id": "P1", "period": "PY1", "unit_id": "U1", "status": "numerator"}
    write_table(run, "measure_results", [unit])
    with pytest.raises(CheckFailed, match=r"TRU-C042 .*Met the measure: the rows add up to 1, the table says 75"):
        explain(run, "run/quality_scores/P1,PY1/score")
