"""Units of kind `panel`: who belongs to whose panel, month by month and payer by payer, and what the panel costs.

Reads: `final_lines`, eligibility, providers, `visible_contracts`, `visible_member_scores`, `visible_payments_made`; the rule tables.
Writes: `panel_members`, `panel_candidates`, `panel_months`, `panel_costs`, `truncation_lines`, `panel_groups`, `panel_kept_out`,
    `panel_add_ons`, `panel_payments`; `measure_units`, `unit_facts`, `unit_strata`.
Grain: One member in one period; one month of it; one group, payer and contract.
Units: money in cents, risk scores in millionths.
Invariants: A member has at most one group in a period and one payer in a month; parts of a panel add up to it; a contract changes no score.
Source: docs/reference/panels.md.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
