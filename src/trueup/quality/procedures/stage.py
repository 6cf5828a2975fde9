"""Procedure episodes as units of measures: their dates, facts and strata, before the measure engine counts anything.

Reads: `episode_units`, `attribution_candidates`, `inpatient_stays`, `episode_cohorts`, eligibility, area bands.
Writes: `measure_units`, `unit_facts`, `unit_strata`.
Grain: One episode; one fact of it; one stratum of it.
Units: days and years as whole numbers.
Invariants: Every unit has one value of each stratum; a fact that is not known has no row; no fact depends on cost.
Source: docs/reference/measures.md.
"""

from trueup.engine import steps_of
from trueup.quality.episodes.stage import EPISODE_STEPS

# Written by the steps of births, which read nothing that a birth alone has.
_SHARED = ("measured_episodes", "unit_strata")

STEPS = tuple(sorted((*steps_of(__file__), *(step for step in EPISODE_STEPS if step.writes in _SHARED)), key=lambda step: step.path.name))
