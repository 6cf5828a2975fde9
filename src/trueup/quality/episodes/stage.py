"""Episodes as units of measures: their dates, facts and strata, before the measure engine counts anything.

Reads: `episode_units`, `birth_events`, claims and roles of the units, attribution, `episode_cohorts`, eligibility, area bands.
Writes: `measure_units`, `unit_facts`, `unit_strata`.
Grain: One episode; one fact of it; one stratum of it.
Units: days, weeks, percent as whole numbers.
Invariants: Every unit has one value of each stratum; a fact that is not known has no row; no fact depends on cost.
Source: docs/reference/measures.md.
"""

from trueup.engine import steps_of

EPISODE_STEPS = steps_of(__file__)
STEPS = EPISODE_STEPS
