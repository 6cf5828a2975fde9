"""Accounting: the one place of every claim line, counted in rows and dollars.

Reads: `visible_lines`, `version_dispositions`, `decided_lines`, intake quarantine.
Writes: `line_accounting`, `quarantine`.
Grain: One disposition and reason of one table and batch.
Units: money in cents.
Invariants: Rows read = used + excluded + superseded + quarantined.
Source: docs/reference/mechanisms.md, sections 1-2.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
