"""Sums of results by group of members, read from the finished measures.

Reads: `measure_results`, `unit_facts`, `unit_strata`.
Writes: `measure_sums_by_group`.
Grain: One group of one measure, hospital and period.
Units: days, or discharges.
Invariants: The groups of a stratum add up to the hospital's result.
Source: docs/reference/stays.md.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
