"""What the settlement of contracts reads: panels summed by group, payer and contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """One group's panel under one payer and contract in a period. Columns of table `panel_groups`.

    `risk_micros` is the sum of risk scores over member-months, in millionths; `truncated_cost_cents` the cost after each member's cut.
    """

    entity_id: str
    payer: str
    period: str
    contract_id: str
    members: int
    member_months: int
    risk_micros: int
    cost_cents: int = 0
    truncated_cost_cents: int = 0
    primary_care_cents: int = 0
    default_score_members: int = 0
    truncated_members: int = 0
    held_cents: int = 0
