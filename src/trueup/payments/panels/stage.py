"""Prospective payment of panel programs: the monthly add-on per member that a contract's terms give, not adjusted for risk.

Reads: `panel_months`, the terms of the rules.
Writes: `panel_add_ons`, `payments`.
Grain: One month of one contract; one month of one group.
Units: money in cents. Amounts are cumulative entitlements: what was posted before plays no part here.
Invariants: A group has one payment a month, the sum of its contracts' add-ons.
Source: docs/reference/panels.md.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
