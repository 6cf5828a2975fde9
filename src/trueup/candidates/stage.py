"""Candidates: the members a program may care about, found in narrow columns, and all their claims. Nobody else's claims are read again.

Each kind finds its candidates in its own way (the folders beside this file); what is taken of them is the same. Too many candidates cost
time and change nothing; one too few would lose an episode, so no date and no status is looked at here.

Reads: The canonical claim tables of all batches; `rule_codes`.
Writes: `candidate_members`, `candidate_lines`, `candidate_diagnoses`, `candidate_procedures`, `other_line_counts`.
Grain: One member; one row of a candidate's claims; one status and known day of everybody else's lines.
Units: money in cents.
Invariants: Every claim line is in `candidate_lines` or counted in `other_line_counts`, never both.
Source: docs/reference/mechanisms.md, section 3.
"""

from trueup.engine import steps_of

# Taken from the files as often as they are read: beside the few columns that a step wants, a table of all of them would fill the memory.
TAKE = steps_of(__file__, views=("candidate_lines",))
