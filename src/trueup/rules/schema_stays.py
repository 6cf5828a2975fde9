"""What a rule file of kind `inpatient_stay` may say: how stays are built, how hospitals are placed in tiers, and what a tier pays."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from trueup.rules.leaf import Amount, CodeList, Count, Day, Leaf, PathId, Section, Text
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_money import DisputeRule
from trueup.rules.tier_tables import interim_rows, rate_rows, tier_rows

Operator = Literal["lt", "le", "eq", "ne", "ge", "gt"]
StayFact = Literal["age", "birth_date_unknown", "facility_unknown", "uncovered_days", "against_advice", "died", "still_patient"]
HospitalClass = Literal["general", "private_psychiatric", "state_psychiatric", "chronic_disease", "childrens_general", "other"]
Row = dict[str, str | None]


def _amount_or(word: str) -> PlainValidator:
    """A decimal number in quotes, the figure of the peers that `word` names, or null."""

    def read(raw: object) -> Decimal | str | None:
        if raw is None or raw == word:
            return None if raw is None else word
        if isinstance(raw, Decimal) or (isinstance(raw, str) and re.fullmatch(r"-?\d+(\.\d+)?", raw)):
            return Decimal(raw)
        raise ValueError(f'expected a decimal number in quotes, like "9.5", {word} or null')

    return PlainValidator(read)


Threshold = Annotated[Decimal | str | None, _amount_or("peer_median")]
Benchmark = Annotated[Decimal | str | None, _amount_or("peer_top_decile_mean")]
TierTable = Annotated[list[Row], PlainValidator(tier_rows)]
RateTable = Annotated[list[Row], PlainValidator(rate_rows)]
InterimTable = Annotated[list[Row], PlainValidator(interim_rows)]


class StayCodes(Section):
    """Which codes say what of a claim. `psychiatric` holds revenue codes, DRGs and principal diagnoses: any of them suffices."""

    inpatient: CodeList
    psychiatric: CodeList
    residential: CodeList
    non_acute: CodeList
    mental_illness: CodeList
    self_harm: CodeList
    planned: CodeList
    acute_diagnosis: CodeList
    still_patient: CodeList
    against_advice: CodeList
    died: CodeList
    delay_day: CodeList
    observation: CodeList
    emergency: CodeList
    hospice: CodeList
    follow_up_visit: CodeList
    follow_up_service: CodeList
    follow_up_with_diagnosis: CodeList
    inpatient_place: CodeList


class StayExclusion(Section):
    id: PathId
    fact: StayFact
    operator: Operator
    value: Leaf[int | None]


class Stays(Section):
    """How claims become stays. `interrupted_days`: consecutive calendar days, the day of discharge being the first, within which a return
    continues the stay; null: a return never does. `transfer_days`: days from discharge to a direct admission elsewhere."""

    interrupted_days: Leaf[Count | None]
    transfer_days: Leaf[Count]
    interruption_in_length: Leaf[bool]
    los_owner: Leaf[Literal["last", "first"]]
    chain_days: Leaf[Count]
    assign_by: Leaf[Literal["discharge", "admission"]]
    age_on: Leaf[Literal["admission", "discharge"]]
    exclusions: Annotated[list[StayExclusion], Field(max_length=10)]
    follow_up_provider_types: Leaf[list[Text]]
    codes: StayCodes


class Hospitals(Section):
    """Which hospitals can be in a tier. Every class that is not listed keeps the interim add-on."""

    eligible_classes: Leaf[list[HospitalClass]]
    late_entry: Leaf[Literal["payment_year_lag", "insufficient_tier"]]


class LadderPoint(Section):
    """From `at` on, toward the better side, a metric earns `points`."""

    id: PathId
    at: Leaf[Amount]
    points: Leaf[Amount]


class Metric(Section):
    """One metric of the composite. `lower` and `higher` say which way is better; `interpolation` runs from `threshold` to `benchmark`."""

    id: PathId
    measure: Leaf[PathId]
    direction: Literal["lower", "higher"]
    weight: Leaf[Amount]
    points: Leaf[Literal["hvbp", "interpolation", "ladder"]]
    threshold: Leaf[Threshold]
    benchmark: Leaf[Benchmark]
    ladder: list[LadderPoint] = Field(default_factory=list[LadderPoint])


class GateMetric(Section):
    """A metric that must not be worse than what it is held against by more than `tolerance`; else those it `blocks` earn no points."""

    metric: Leaf[PathId | None]
    against: Leaf[Literal["own_prior", "peer_mean"]]
    tolerance: Leaf[Amount]
    blocks: Leaf[list[PathId]]
    without_prior: Leaf[Literal["pass", "fail"]]


class Override(Section):
    """A tier after an appeal, with who decided and why."""

    id: PathId
    entity_id: Text
    payment_period: PathId
    tier: PathId
    decided_on: Day
    decided_by: Text
    reason: Text


class SmallNumbers(Section):
    """`minimum_cases` of every metric, else the insufficient-cases tier. Shrinkage draws a metric to the peers' mean before
    it is scored."""

    minimum_cases: Leaf[Count]
    insufficient_when: Leaf[Literal["any_metric", "every_metric"]]
    insufficient_tier: Leaf[PathId]
    shrinkage: Leaf[Literal["off", "fixed_k", "limited_fluctuation", "buhlmann_straub"]]
    shrinkage_k: Leaf[Amount] | None = None
    full_credibility_at: Leaf[Count] | None = None
    pooled_years: Leaf[Annotated[int, Field(ge=1, le=5)]]


class Cuts(Section):
    """What is compared with the cut points, and how. `rounding` is that of the compared number, to `places`."""

    basis: Leaf[Literal["composite", "peer_percentile", "own_improvement"]]
    lower_bound: Leaf[Literal["inclusive", "exclusive"]]
    rounding: Leaf[Literal["before_comparison", "after_comparison"]]
    places: Leaf[Annotated[int, Field(ge=0, le=6)]]
    ties: Leaf[Literal["better", "worse"]]


class TierPrices(Section):
    """Prices by tier: points per metric, weighted composite, cut points, tier, rate. Frozen before the payment period.

    `measurement_lag_years`: the payment year less so many is the measured one. `tiers`: rows of id, from and to; a composite from `from` up
    to, not including, `to`; null is open. `rates`: what a tier pays in a peer group (`all`: every one), dollars a day or percent of what
    the stay's claims paid. `hold_harmless`: never below the interim add-on, never below the tier before, or off.
    """

    mechanism: Literal["tier_rates"]
    baseline_period: PathId
    measurement_lag_years: Leaf[Count]
    metrics: Annotated[list[Metric], Field(min_length=1)]
    case_mix: Leaf[Literal["off", "indirect"]]
    case_mix_stratum: Leaf[Literal["age_band", "gender"]]
    gate: GateMetric
    small_numbers: SmallNumbers
    cuts: Cuts
    tiers: Leaf[TierTable]
    rates: Leaf[RateTable]
    hold_harmless: Leaf[Literal["off", "interim_add_on", "previous_tier"]]
    overrides: list[Override] = Field(default_factory=list[Override])
    challenge_days: Leaf[Count] | None = None


class AddOns(Section):
    """What is paid beside the claims: by tier from `tiers_from` on, the interim add-on to everybody else and before."""

    tiers_from: Leaf[Day]
    addon_by: Leaf[Literal["admission", "day", "discharge"]]
    interim: Leaf[InterimTable]


class StayMaturity(Section):
    """When measured stays are complete: days in which an outcome can still happen, then the days in which claims arrive."""

    follow_up_days: Leaf[Count]
    runout_days: Leaf[Count]


class Reports(Section):
    """Performance reports through the measured year. A report never fixes a tier."""

    first: Leaf[Day]
    every_months: Leaf[Count]


class InpatientStay(RuleFile):
    """A rule file of kind `inpatient_stay`: one inpatient stay is one unit."""

    kind: Literal["inpatient_stay"]  # pyright: ignore[reportIncompatibleVariableOverride]
    stays: Stays
    hospitals: Hospitals
    prices: TierPrices
    addons: AddOns
    maturity: StayMaturity
    reports: Reports
    disputes: list[DisputeRule] = Field(default_factory=list[DisputeRule])
