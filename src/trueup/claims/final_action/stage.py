"""Final action: which versions of claims do not count, and why; which lines are copies of others. All else counts.

Reads: `visible_marked_lines`, `visible_quarantine`.
Writes: `version_dispositions`, `dropped_copies`, and what they rest on.
Grain: One claim version that does not count; one surplus line.
Invariants: A version has at most one disposition, the first of its reasons.
Source: docs/reference/mechanisms.md, section 2.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
