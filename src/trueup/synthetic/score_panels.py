"""Compares the panels of a run with whom members truly saw most often in the program's look-back.

A difference is explained only by a visit of the member whose claim is lost in the end or became known after the run. Any other difference
is `unexplained`: a fault of the engine. Members of other themes of the state have no truth here and are not compared.
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

_CAUSES = ("known_after_the_run", "visit_voided_or_denied")
_POSSIBLE = {"covered_members": (), "covered_months": ()} | dict.fromkeys(
    ("attributed_members", "provider", "practice", "visits", "deciding_rule"), _CAUSES
)
_TRUTH = {
    "panels": (
        "program", "period", "member_id", "provider_npi", "entity_id", "visits", "deciding_rule", "covered_months", "lost_visits",
        "last_known_date",
    ),
}  # fmt: skip


def score_panels(run_dir: Path, ground_truth: Path, program: Program) -> TruthScore:
    """Compare the panel members in a run's folder with the folder `ground_truth` of the synthetic state it ran on.

    Every covered member of every period is looked for. Raises UsageError TRU-U031 where a folder lacks a file or a column.
    """
    as_of = date.fromisoformat(str(read_manifest(run_dir)["as_of"]))
    engine = DuckEngine()
    try:
        engine.register_rows("score_params", [{"program": program.id, "as_of": as_of}], {"program": "VARCHAR", "as_of": "DATE"})
        found = score_tables(engine, run_dir, ("panel_members",), ground_truth, _TRUTH, "panels", _POSSIBLE)
    finally:
        engine.close()
    return TruthScore(program.id, as_of, found)
