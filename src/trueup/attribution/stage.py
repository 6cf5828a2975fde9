"""Attribution: the pregnancies of a member, who holds each month, who is attributed each episode, and who can be accountable.

Reads: `episode_units`, `birth_events`, `event_windows`, `loss_events`, `event_evidence`, `member_lines`, code roles, providers, transfers.
Writes: `pregnancies`, `attribution_months`, `candidate_months`, `attribution_candidates`, `entity_gates`, `line_entities`.
Grain: One pregnancy; one entity in one month of a pregnancy; one candidate entity of an episode; one entity in a period.
Units: money in cents.
Invariants: Exactly one candidate of an episode has won; a month has one holder, from the first trigger to the last month.
Source: docs/reference/mechanisms.md, sections 6 and 7.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
