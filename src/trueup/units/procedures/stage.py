"""Units of procedure programs: anchor procedures found in claims, their windows, and the one home of each line.

An episode stands around an anchor procedure instead of a birth. The tables are those of births (`delivery_date` is the day of the anchor
procedure), so that every later stage runs unchanged; what a birth alone has is null.

Reads: `final_lines`, diagnoses, procedures; the rule tables.
Writes: `episode_units`, `event_evidence`, `member_claims`, `decided_lines`, `candidate_months` and `episode_scores` (both empty).
Grain: One anchor event that the program counts; one line in a nominal window.
Units: money in cents.
Invariants: A line has at most one home; own windows of a member do not overlap.
Source: docs/reference/procedures.md.
"""

from trueup.engine import steps_of
from trueup.units import stage as births

# Written by the steps of births, which read nothing that a birth alone has.
_SHARED = (
    "member_lines", "claim_dates", "claim_roles", "line_roles", "inpatient_stays", "event_evidence", "placed_lines", "decided_lines",
    "line_homes", "unit_members",
)  # fmt: skip

STEPS = tuple(sorted((*steps_of(__file__), *(step for step in births.STEPS if step.writes in _SHARED)), key=lambda step: step.path.name))
