"""Claims as of a date: the rows known by then, and the version of each claim that counts.

What does not count is decided by final action (`final_action/`); of claims about which all was known by the date the index of the workspace
has decided it before.

Reads: The canonical tables of all batches; `candidate_lines`, `candidate_members`, `marked_lines`, `marked_claims`,
    `indexed_set_aside_lines`, `run_params`.
Writes: `final_lines` and the `final_`/`visible_` tables; `candidate_eligibility`, `eligibility_count`; `set_aside_lines`,
    `version_dispositions`, `dropped_copies`.
Grain: One line of one final claim version.
Units: money in cents.
Invariants: Every visible line of a candidate is final, denied, or has exactly one disposition.
Source: docs/reference/mechanisms.md, section 2.
"""

from trueup.claims.final_action.stage import STEPS as FINAL_ACTION
from trueup.engine import steps_of

_OWN = steps_of(
    __file__,
    views=(
        "visible_lines",
        "visible_marked_lines",
        "visible_quarantine",
        "final_lines",
        "final_eligibility",
        "final_provider",
        "final_participation",
        "visible_entity_crosswalk",
        "visible_gate_results",
        "visible_payments_made",
        "visible_risk_scores",
        "final_member_transfers",
        "visible_area_index",
        "visible_measure_submissions",
        "visible_contracts",
        "visible_reviews",
        "visible_hospital_status",
        "visible_member_scores",
        "visible_entity_results",
    ),
)
STEPS = tuple(sorted((*_OWN, *FINAL_ACTION), key=lambda step: step.path.name))
# Final action with the views that it reads: what can be decided without a program.
DECIDING = tuple(step for step in STEPS if step in FINAL_ACTION or step.writes in ("visible_marked_lines", "visible_quarantine"))
