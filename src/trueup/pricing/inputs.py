"""What pricing reads and gives: rows of the base period in, prices with their ladders out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.entity_grain import Price, Unit


@dataclass(frozen=True, slots=True)
class BaseEpisode:
    """One base episode without exclusion reason other than the outlier rule. `entity_id` is the *attributed* entity, None if there is none.

    `risk_score` is positive with at most six decimals. Unattributed episodes count in the state's line and mean only.
    """

    entity_id: str | None
    cohort: str
    total_cost_cents: int
    risk_score: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One step of how a price was built. Columns of table `price_steps`."""

    entity_id: str
    price: str
    cohort: str
    step: int
    name: str
    amount: str
    unit: Unit
    cite: str


@dataclass(frozen=True, slots=True)
class OutlierLine:
    """The frozen line of a scope, in cents at risk 1. Columns of table `outlier_lines`.

    `scope` is `state`, or `state_cohort:<cohort>`; `base_cents` is the line in the base period and `amount_cents` the one that applies
    in the priced period, both rounded once from the unrounded line.
    """

    scope: str
    tail: str
    base_cents: int
    trend_factor: Decimal
    amount_cents: int
    episodes: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of the price set should know, with the number of rows it touches."""

    code: str
    rows: int
    message: str


@dataclass(frozen=True)
class PriceSetContent:
    """All that a price set freezes."""

    prices: list[Price]
    price_steps: list[PriceStep]
    outlier_lines: list[OutlierLine]
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Span:
    """The days a price is valid: from `start` up to, not including, `end`."""

    start: date
    end: date
