"""Attribution: who held each month, who is attributed each episode and who is accountable, with every candidate.

Reads: `decided_lines`, `member_lines`, providers, the crosswalk.
Writes: `attribution_months`, `attribution_candidates`, `entity_gates`.
Grain: One entity in one month; one candidate of one episode; one entity in one period.
Units: money in cents.
Invariants: One winner per episode with candidates; one attributed entity per month.
Source: docs/reference/mechanisms.md, sections 6-7.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
