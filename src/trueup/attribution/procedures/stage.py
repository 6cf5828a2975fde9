"""Attribution of procedures: who performed the anchor procedure, and which entities can be accountable.

Reads: `episode_units`, `event_evidence`, `member_lines`, providers, the crosswalk.
Writes: `line_entities`, `entity_types`, `deliverers` (who performed the procedure), `attribution_candidates`, `entity_gates`.
Grain: One candidate entity of an episode; one entity in a period.
Units: money in cents.
Invariants: Exactly one candidate of an episode has won.
Source: docs/reference/mechanisms.md, section 6; docs/reference/procedures.md.
"""

from trueup.attribution import stage as pregnancies
from trueup.engine import steps_of

# Written by the steps of pregnancies: who billed, of which type, and who passes the gate.
_SHARED = ("line_entities", "entity_types", "entity_gates")

STEPS = tuple(
    sorted((*steps_of(__file__), *(step for step in pregnancies.STEPS if step.writes in _SHARED)), key=lambda step: step.path.name)
)
