"""Candidates: the members a program may care about, found in narrow columns, and all their claims. Nobody else's claims are read again.

Each kind finds its candidates in its own way (the folders beside this file); what is taken of them is the same. Too many candidates cost
time and change nothing; one too few would lose an episode, so no date and no status is looked at here.

A load stores the members with a code of pregnancy or birth apart from everybody else, so a candidate's claims may lie in both groups: of a
month without such a code among everybody else's.

Reads: The canonical claim tables of all batches; `rule_codes`.
Writes: `candidate_members`, `candidate_lines`, `candidate_diagnoses`, `candidate_procedures`, `other_line_counts`; `candidate_groups` and
    `candidate_other_lines` on the way.
Grain: One member; one row of a candidate's claims; one status and known day of everybody else's lines.
Units: money in cents.
Invariants: Every claim line is in `candidate_lines` or counted in `other_line_counts`, never both.
Source: docs/reference/mechanisms.md, section 3.
"""

from trueup.engine import steps_of

# Taken from the files as often as they are read: beside the few columns that a step wants, a table of all of them would fill the memory.
# Only what lies among everybody else's lines is a table.
TAKE = steps_of(__file__, views=("candidate_lines",))
