"""What the rule file of a maternity program may say, and what assumptions and the registry may, as strict models: keys, types, words.

One model per mapping of the file. Policy values are leaves, so each may be unknown; ids, mechanisms and facts are structure and may not.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trueup.rules.leaf import CodeList, Count, Dollars, Leaf, PathId, Rate, RateOrOff, Section, SetName, Text
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_money import BlendedTarget, CaseRate, DisputeRule, OwnHistoryThresholds, Risk
from trueup.rules.schema_points import PointsPool

Operator = Literal["lt", "le", "eq", "ne", "ge", "gt"]
Outcome = Literal["live_birth", "stillbirth"]
ClaimType = Literal["professional", "institutional", "pharmacy", "dental", "vision"]
Fact = Literal[
    "dual_days", "tpl_lines", "prenatal_lines_by_accountable", "death_in_window", "professional_delivery_lines", "longest_gap_days",
    "fetus_count", "is_stillbirth", "held_lines", "age_at_delivery", "is_male", "interval_too_short", "cost_above_high_line",
    "cost_below_low_line",
]  # fmt: skip


class EpisodeCodes(Section):
    delivery_vaginal: CodeList
    delivery_cesarean: CodeList
    delivery_any: CodeList
    outcome_live: CodeList
    outcome_stillbirth: CodeList
    loss: CodeList
    gestation_weeks: CodeList
    fetus_count: CodeList
    pregnancy: CodeList


class Episode(Section):
    anchor: Leaf[Literal["delivery_date", "delivery_stay"]]
    days_before: Leaf[Count]
    days_after: Leaf[Count]
    outcomes: Leaf[list[Outcome]]
    assign_by: Leaf[Literal["delivery_date", "episode_end"]]
    merge_days: Leaf[Count]
    minimum_interval_days: Leaf[Count]
    uncoded_outcome: Leaf[Outcome]
    codes: EpisodeCodes


class CarveOut(CodeList):
    id: PathId


class Services(Section):
    relevance: Leaf[Literal["all", "listed"]]
    pharmacy: Leaf[Literal["all", "listed"]]
    include: CodeList
    newborn: CodeList
    carve_outs: list[CarveOut]


class Monthly(Section):
    rule: Leaf[Literal["trigger_claim"]]
    claim_type: Leaf[Literal["professional"]]
    min_gestation_days: Leaf[Count]
    quiet_months: Leaf[Count]
    undecided_move: Leaf[Literal["incumbent", "newcomer"]]
    trigger_needs_coverage: Leaf[bool]
    provider_types: Leaf[list[Text] | None]
    trigger: CodeList
    case_rate_service: CodeList


class EpisodeAttribution(Section):
    rule: Leaf[Literal["most_trigger_months", "delivering_entity"]]


class Prenatal(Section):
    any_date: CodeList
    visit: CodeList


class Accountable(Section):
    min_deliveries: Leaf[Count | None]
    operator: Leaf[Operator | None]
    lookback: Leaf[PathId | None]
    when_lookback_empty: Leaf[Literal["own_period", "not_accountable"] | None]
    excluded_provider_types: Leaf[list[Text]]
    provider_type_allowlist: Leaf[list[Text] | None]


class Attribution(Section):
    level: Leaf[Literal["billing_tin"]]
    monthly: Monthly | None
    episode: EpisodeAttribution
    prenatal: Prenatal
    accountable: Accountable


class Participation(Section):
    required: Leaf[bool]


class CohortFlag(CodeList):
    id: PathId


class Cohorts(Section):
    flags: list[CohortFlag]
    otherwise: Text


class Exclusion(Section):
    id: PathId
    fact: Fact
    operator: Operator
    value: Leaf[int]


class Category(Section):
    id: PathId
    role: Literal["newborn"] | None = None
    claim_type: ClaimType | None = None
    setting: Literal["inpatient", "emergency"] | None = None
    value_set: Leaf[SetName] | None = None


class Cost(Section):
    basis: Leaf[Literal["paid", "allowed"]]
    categories: list[Category]


class Outliers(Section):
    method: Leaf[Literal["exclude", "truncate"]]
    scope: Leaf[Literal["state", "state_cohort"]]
    high_percentile: Leaf[RateOrOff]
    low_percentile: Leaf[RateOrOff]
    percentile_method: Leaf[Literal["nearest_rank", "linear", "higher"]] | None = None


class Gate(Section):
    id: PathId
    multiplies: Leaf[bool]
    from_program_year: Leaf[Count] | None = None
    blocks: Leaf[Literal["gains", "all"]] | None = None


class Rounding(Section):
    places: Leaf[Literal[2]]
    mode: Leaf[Literal["half_up"]]


class PooledTarget(Section):
    mechanism: Literal["pooled_target"]
    share_rate: Leaf[Rate]
    cap_rate: Leaf[RateOrOff]
    cap_on: Leaf[Literal["payment", "savings"]]
    minimum_savings_rate: Leaf[RateOrOff]
    minimum_savings_operator: Leaf[Operator]
    downside: Leaf[Literal[False]]
    gates: list[Gate]
    rounding: Rounding


class ThresholdZones(Section):
    mechanism: Literal["threshold_zones"]
    share_rate: Leaf[Rate]
    share_from: Leaf[Literal["commendable", "acceptable"]]
    gain_operator: Leaf[Literal["lt", "le"]]
    loss_operator: Leaf[Literal["gt", "ge"]]
    downside: Leaf[bool]
    downside_from_participation_year: Leaf[Count]
    netting: Leaf[Literal["net", "separate"]]
    gates: list[Gate]
    rounding: Rounding


class Maturity(Section):
    runout_days: Leaf[Count]
    settlement_due_days: Leaf[Count]
    held_dollars_limit: Leaf[Dollars]


class MaternityEpisode(RuleFile):
    """A rule file of kind `maternity_episode`: one pregnancy is one unit. A program without prices pays by points or not at all."""

    kind: Literal["maternity_episode"]  # pyright: ignore[reportIncompatibleVariableOverride]
    episode: Episode
    services: Services
    attribution: Attribution
    case_rate: CaseRate | None = None
    participation: Participation
    cohorts: Cohorts
    exclusions: list[Exclusion]
    dual_status: CodeList
    cost: Cost
    risk: Risk | None = None
    outliers: Outliers | None = None
    prices: Annotated[BlendedTarget | OwnHistoryThresholds, Field(discriminator="mechanism")] | None = None
    settlement: Annotated[PooledTarget | ThresholdZones | PointsPool, Field(discriminator="mechanism")]
    maturity: Maturity
    disputes: list[DisputeRule] = Field(default_factory=list[DisputeRule])


class Assumption(Section):
    """One value that no public source gives. `basis` says where it comes from: derived, background or default."""

    value: object = None
    value_set: SetName | None = None
    basis: Literal["derived", "background", "default"]
    reason: Text


class AssumptionsFile(Section):
    schema_: Literal[1] = Field(alias="schema")
    name: Text
    program: Text
    values: dict[str, Assumption]


class RegistryEntry(Section):
    id: Text
    title: Text
    kind: Text
    status: Literal["draft", "final", "superseded"]
    source: Text


class Registry(Section):
    """The list of every program in a folder."""

    schema_: Literal[1] = Field(alias="schema")
    programs: list[RegistryEntry]
