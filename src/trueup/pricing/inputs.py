"""What pricing reads and gives: rows of the base period in, prices with their ladders out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from trueup.entity_grain import Price, Unit
from trueup.pricing.tier_inputs import TierMetric, TierPlacement

EndKind = Literal["live_birth", "stillbirth", "loss", "open"]
ServiceType = Literal["facility", "professional", "pharmacy"]

# --- what is read ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InScope:
    """The part of one base episode that a case rate to `entity_id` stands for.

    `covered_cents` are its fee-for-service dollars in the months the engine would have paid (lines paid at zero at their shadow price);
    they are part of the episode's total. A hand-over month that total cost leaves out has `months` 0 here: its dollars leave the history,
    no case rate takes their place, and so both sides of the comparison stay alike.
    """

    entity_id: str
    months: int
    covered_cents: int


@dataclass(frozen=True, slots=True)
class BaseEpisode:
    """One base episode without exclusion reason other than the outlier rule. `entity_id` is the *attributed* entity, None if there is none.

    `risk_score` is positive with at most six decimals. Unattributed episodes count in the state's line and mean only.
    `total_cost_cents` is `base_cost` of the episode: care, and no payment that is not for a claim. `episode_id` is needed by challenges.
    """

    entity_id: str | None
    cohort: str
    total_cost_cents: int
    risk_score: Decimal = Decimal(1)
    episode_id: str = ""
    in_scope: tuple[InScope, ...] = ()


def base_cost(ffs_cost_cents: int, covered_shadow_cents: int) -> int:
    """The cost of an episode as the base of a later price: fee-for-service dollars and the shadow prices of lines paid at zero.

    The case rates themselves, incentives, pool payments and recoupments are no care and enter no base. In the year's own total cost it is
    the other way round: case rates count and shadow prices do not.
    """
    return ffs_cost_cents + covered_shadow_cents


@dataclass(frozen=True, slots=True)
class BaseCaseRate:
    """One entity in one pregnancy of the base: the months the engine would have paid it, and its in-scope dollars in those months.

    `covered_lines` counts the claim lines behind the dollars; `risk_score` is the pregnancy's, positive with at most six decimals.
    """

    entity_id: str
    pregnancy_id: str
    end_kind: EndKind
    months: int
    covered_cents: int
    covered_lines: int = 0
    risk_score: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class PaidCell:
    """Dollars for services of `origin_month` (YYYY-MM) that became known `age_months` months later, statewide; not cumulative."""

    service_type: ServiceType
    origin_month: str
    age_months: int
    paid_cents: int


@dataclass(frozen=True, slots=True)
class MixRow:
    """Base dollars by service type and month, so that completion meets what a price rests on.

    `scope` `case_rate`: the counted in-scope dollars of the paid entity. `episode`: cost of the attributed entity's base episodes, without
    the in-scope part of entities that have a case rate where `prices.price_basis` is `case_rate_and_ffs`: rows with `covered_by` hold that
    part of one entity, below zero, and count only where it has a rate.
    """

    scope: Literal["case_rate", "episode"]
    entity_id: str | None
    cohort: str
    service_type: ServiceType
    service_month: str
    cents: int
    covered_by: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """What completion reads. `through` is the last full calendar month known (YYYY-MM); later cells do not count."""

    cells: tuple[PaidCell, ...]
    mix: tuple[MixRow, ...]
    through: str


# --- what is given --------------------------------------------------------------------------------------------------------------------


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
class CaseRateBasis:
    """The base of an entity's case rate by how the pregnancies ended. Columns of table `case_rate_basis`.

    `counted_cents` is what is left of `covered_cents` after winsorizing, and 0 where the kind is outside the base population.
    `lines_per_month` (six decimals) says how many zero-paid lines to expect for a paid month.
    """

    entity_id: str
    end_kind: EndKind
    pregnancies: int
    months: int
    lines: int
    covered_cents: int
    counted_cents: int
    lines_per_month: Decimal


@dataclass(frozen=True, slots=True)
class CompletionFactor:
    """Completion of one type of service at one age. Columns of table `completion_factors`, all rates with six decimals.

    `link_factor` leads from this age to the next; `completion_rate` is what is used; `alternative_rate` comes from the other average.
    """

    service_type: ServiceType
    age_months: int
    origins: int
    link_factor: Decimal
    completion_rate: Decimal
    alternative_rate: Decimal
    source: Literal["estimated", "manual", "complete"]


@dataclass(frozen=True, slots=True)
class BackTest:
    """What an earlier day's completion said of a month of service, and what came. Columns of table `completion_backtests`."""

    service_type: ServiceType
    origin_month: str
    estimated_on: date
    age_months: int
    paid_then_cents: int
    estimated_cents: int
    actual_cents: int


@dataclass(frozen=True, slots=True)
class PriceEpisode:
    """One base episode behind an entity's prices, used or not, with the reason why not. Columns of table `price_episodes`."""

    entity_id: str
    episode_id: str
    cohort: str
    delivery_date: date
    outcome: str
    total_cost_cents: int
    in_scope_cents: int
    case_rate_months: int
    claim_line_count: int
    risk_score: Decimal
    used: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of the price set should know, with the number of rows it touches."""

    code: str
    rows: int
    message: str


@dataclass(frozen=True)
class PriceSetContent:
    """All that a price set freezes. `risk_model` is the text of a frozen risk model, empty where every score is 1 or delivered."""

    prices: list[Price]
    price_steps: list[PriceStep]
    outlier_lines: list[OutlierLine]
    findings: list[Finding]
    case_rate_basis: list[CaseRateBasis] = field(default_factory=list[CaseRateBasis])
    completion_factors: list[CompletionFactor] = field(default_factory=list[CompletionFactor])
    completion_backtests: list[BackTest] = field(default_factory=list[BackTest])
    price_episodes: list[PriceEpisode] = field(default_factory=list[PriceEpisode])
    tiers: list[TierPlacement] = field(default_factory=list[TierPlacement])
    tier_metrics: list[TierMetric] = field(default_factory=list[TierMetric])
    risk_model: str = ""

    def base_units(self) -> dict[tuple[str, str], int]:
        """Retained base episodes per entity and cohort, from the ladders: the base mix of the migration-neutral result."""
        return {(s.entity_id, s.cohort): int(s.amount) for s in self.price_steps if s.name == "own_episodes"}


@dataclass(frozen=True, slots=True)
class Span:
    """The days a price is valid: from `start` up to, not including, `end`."""

    start: date
    end: date
