"""Prospective payment: what each entity is entitled to for every month up to the one that is due, and the lines a case rate covers.

Reads: `candidate_months`, `pregnancies`, `pregnancy_lines`, `entity_gates`, `prices`, final lines, eligibility, the roster.
Writes: `case_rate_months`, `payments`, `zero_pay_lines`; `base_case_rate_months` and `base_covered_lines`, of which rates are made; and
what people should look at: `transferred_globals`, `unreachable_births`, `doubled_case_rates`.
Grain: One entity in one month of a pregnancy; one payment; one part of one line.
Units: money in cents. Amounts are cumulative entitlements: what was posted before plays no part here.
Invariants: One case rate per entity, member and month; a line's covered part and what it is entitled to beside make its fee.
Source: docs/reference/mechanisms.md, section 12.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
