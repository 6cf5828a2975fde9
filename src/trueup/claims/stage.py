"""Final action: the version of each claim that counts, as of a date.

Reads: The canonical tables of all batches, as views; `run_params`.
Writes: `final_lines` and the `final_`/`visible_` tables; `version_dispositions`, `dropped_copies`.
Grain: One line of one final claim version.
Units: money in cents.
Invariants: Every visible line is final, denied, or has exactly one disposition.
Source: docs/reference/mechanisms.md, section 2.
"""

from trueup.engine import steps_of

STEPS = steps_of(
    __file__,
    views=(
        "visible_lines",
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
