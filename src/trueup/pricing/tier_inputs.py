"""What placing hospitals in tiers reads and gives: rules, hospitals and results in; placements, metric lines and rates out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.pricing.credibility import Group

Direction = Literal["lower", "higher"]
Enrollment = Literal["enrolled", "declined", "not_eligible"]
DecidedBy = Literal["score", "insufficient_cases", "hold_harmless", "appeal", "none"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the composite. `threshold` and `benchmark` are numbers, figures of the peers by name, or None."""

    id: str
    measure_id: str
    direction: Direction
    weight: Fraction
    points: str
    threshold: Fraction | str | None
    benchmark: Fraction | str | None
    ladder: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class MetricGate:
    """A metric that must not be worse than `against` by more than `tolerance`, else the metrics it `blocks` earn nothing."""

    metric: str
    against: str
    tolerance: Fraction
    blocks: frozenset[str]
    without_prior: str


@dataclass(frozen=True, slots=True)
class SmallNumbers:
    """`minimum_cases` of a metric; how results of few cases are drawn to the peers' mean."""

    minimum_cases: int
    insufficient_when: str
    insufficient_tier: str
    shrinkage: str
    shrinkage_k: Fraction | None = None
    full_credibility_at: int | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: from `start` up to `end`, None being open. Tiers stand in order, the better later."""

    id: str
    start: Fraction | None
    end: Fraction | None


@dataclass(frozen=True, slots=True)
class Cuts:
    """What is compared with the cut points: basis, which side a cut point belongs to, rounding and ties."""

    basis: str
    lower_bound: str
    rounding: str
    places: int
    ties: str


@dataclass(frozen=True, slots=True)
class TierRules:
    """Everything of the rules that placing needs. `overrides`: hospital -> (tier, reason)."""

    metrics: tuple[Metric, ...]
    gate: MetricGate | None
    small_numbers: SmallNumbers
    cuts: Cuts
    tiers: tuple[Tier, ...]
    hold_harmless: str
    late_entry: str
    overrides: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hospital:
    """One hospital of the payment period. `enrolled_from` is the first day of its enrollment, None if it never enrolled.

    `previous_tier` is its tier of the payment period before, if there was one.
    """

    entity_id: str
    hospital_class: str
    peer_group: str
    enrollment: Enrollment
    enrolled_from: date | None = None
    previous_tier: str | None = None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric of a hospital in the measured period: value, cases, and the value of the period before it, if any.

    `group` holds Σ cases, Σ values and Σ squares of a mean or proportion; shrinkage from the data needs it.
    """

    value: Fraction
    cases: int
    prior: Fraction | None = None
    prior_cases: int = 0
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class TierMetric:
    """One metric of a hospital with everything its points rest on. Columns of table `tier_metrics`, rates with six decimals."""

    entity_id: str
    measurement_period: str
    metric: str
    measure_id: str
    cases: int
    rate: Decimal
    prior_rate: Decimal | None
    peer_rate: Decimal | None
    credibility: Decimal
    scored_rate: Decimal
    threshold: Decimal | None
    benchmark: Decimal | None
    points: Decimal
    weight: Decimal
    status: Literal["scored", "too_few", "blocked_by_gate"]


@dataclass(frozen=True, slots=True)
class TierPlacement:
    """The tier of a hospital for a payment period. Columns of table `tiers`.

    `fallback_reason` says why the hospital has no tier, is paid the interim add-on though it has one, or has the insufficient-cases tier.
    """

    entity_id: str
    measurement_period: str
    payment_period: str
    peer_group: str
    enrollment: Enrollment
    composite: Decimal | None
    score: Decimal | None
    tier: str | None
    decided_by: DecidedBy
    fallback_reason: str
    reason: str


# The points of a metric for a value against threshold and benchmark; the arithmetic is the scorecard's.
PointsOf = Callable[[Metric, Fraction, Fraction | None, Fraction | None], Fraction]
