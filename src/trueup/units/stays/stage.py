"""Inpatient stays: claims of one member and facility joined, interrupted stays and transfers chained, and what came before and after.

Reads: `final_lines`, diagnoses, procedures, eligibility, providers, hospital status; the rule tables.
Writes: `stays`; `measure_units`, `unit_facts` and `unit_strata` for the measures; `hospital_stays` of every kind behind them.
Grain: One psychiatric inpatient stay; for measures one discharge of one owner.
Units: days; money in cents.
Invariants: Stays of one kind of a member do not overlap; covered days and days of interruption make the days from admission to discharge.
Source: docs/reference/stays.md.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__, views=("line_homes", "unit_members"))
