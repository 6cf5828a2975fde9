"""Units: births found in claims, their windows, and the one home of each line.

Reads: `final_lines`, diagnoses, procedures; the rule tables.
Writes: `episode_units`, `decided_lines`; for the accounting of lines `line_homes`, `unit_members`.
Grain: One birth event that the program counts; one line in a nominal window.
Units: money in cents.
Invariants: A line has at most one home; windows of a member do not overlap.
Source: docs/reference/mechanisms.md, sections 3-5.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__, views=("line_homes", "unit_members"))
