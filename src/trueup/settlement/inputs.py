"""What settlement reads and gives: sums per entity and cohort in, amounts with their ladders out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.entity_grain import Unit


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """The retained units of one accountable entity, period and cohort, summed.

    `expected_cents` is Σ target amounts where units carry targets, else None. The two dates are the earliest and latest day that put a
    unit into its period. `held_cents` are the dollars of claim families still on hold, of all the entity's units in that cohort.
    """

    entity_id: str
    period: str
    cohort: str
    unit_count: int
    actual_cents: int
    expected_cents: int | None
    first_assign_date: date
    last_assign_date: date
    held_cents: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """The result of one gate for an entity and period; `passed` is None while there is none.

    `is_delivered`: it came from outside, and stands instead of what the scorecard or monitoring found.
    """

    entity_id: str
    period: str
    gate: str
    passed: bool | None
    score: Decimal | None = None
    multiplier: Decimal | None = None
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement. Columns of table `settlements`: a positive amount is paid to the entity, a negative one is owed by it."""

    entity_id: str
    period: str
    cohort: str
    unit_count: int
    actual_amount_cents: int
    expected_amount_cents: int
    amount_cents: int
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class SettlementStep:
    """One step of a settlement's ladder. Columns of table `settlement_steps`."""

    entity_id: str
    period: str
    cohort: str
    step: int
    name: str
    amount: str
    unit: Unit
    cite: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entity (or one cohort of it) was not settled."""

    entity_id: str
    period: str
    cohort: str
    code: str
    message: str


@dataclass(frozen=True)
class SettlementResult:
    """All that one settlement run gives, in key order."""

    settlements: list[Settlement]
    steps: list[SettlementStep]
    refusals: list[Refusal]
