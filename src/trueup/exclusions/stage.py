"""Exclusion facts and cohorts: what the rules compare. The rules themselves are applied after costing.

Reads: `episode_units`, `decided_lines`, attribution, eligibility.
Writes: `episode_cohorts`, `base_facts`.
Grain: One fact of one episode.
Units: money in cents.
Invariants: Every episode has one cohort and every fact at most once.
Source: docs/reference/mechanisms.md, section 8.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
