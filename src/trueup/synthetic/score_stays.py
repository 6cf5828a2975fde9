"""Compares the stays of a run with the true ones: dates, hospital, length, what followed, and why the rest differs.

A difference is explained only by a claim of the same child that is lost in the end (voided, denied, outside coverage) or that became known
after the run. Any other difference is `unexplained`: a fault of the engine.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.engine import DuckEngine
from trueup.manifest import read_manifest
from trueup.synthetic.score import TruthScore, score_tables

if TYPE_CHECKING:
    from trueup.rules.program import Program

_CAUSES = ("known_after_the_run", "claim_voided_denied_or_not_covered")
_ANSWERS = (
    "admission", "discharge", "facility", "length_of_stay", "delay_days", "return", "psychiatric_readmission", "follow_up",
    "emergency_return", "observation_before",
)  # fmt: skip
_POSSIBLE = {"stays": _CAUSES, "stays_with_every_claim": ()} | dict.fromkeys(_ANSWERS, _CAUSES)
_TRUTH = {
    "psychiatric_stays": (
        "stay_id", "member_id", "first_facility_id", "facility_id", "admission_date", "discharge_date", "length_of_stay_days",
        "delay_days", "days_to_return", "is_return_planned", "days_to_psychiatric_readmission", "follow_up_day", "emergency_day",
        "has_observation_before",
        "lost_claims", "last_known_date",
    ),
}  # fmt: skip


def score_stays(run_dir: Path, ground_truth: Path, program: Program) -> TruthScore:
    """Compare the stays in a run's folder with the folder `ground_truth` of the synthetic state it ran on.

    Only stays that ended by the run's `as_of` are looked for. Raises UsageError TRU-U031 where a folder lacks a file or a column.
    """
    as_of = date.fromisoformat(str(read_manifest(run_dir)["as_of"]))
    engine = DuckEngine()
    try:
        engine.register_rows("score_params", [{"as_of": as_of}], {"as_of": "DATE"})
        found = score_tables(engine, run_dir, ("stays",), ground_truth, _TRUTH, "stays", _POSSIBLE)
    finally:
        engine.close()
    return TruthScore(program.id, as_of, found)
