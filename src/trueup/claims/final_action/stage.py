"""Final action: which versions of claims do not count, and why; which lines are copies of others. All else counts.

It looks at the claims that the index of the workspace has not decided as of the date, and adds what the index decided of the others.

Reads: `visible_marked_lines`, `marked_claims`, `indexed_set_aside_lines`, `visible_quarantine`.
Writes: `set_aside_lines`, and what it rests on.
Grain: One line that does not count: of a version with a disposition, or a surplus copy.
Invariants: A version has at most one disposition, the first of its reasons.
Source: docs/reference/mechanisms.md, section 2.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__, views=("set_aside_lines",))
