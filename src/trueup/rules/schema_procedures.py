"""What a rule file of kind `procedure_episode` may say: one anchor procedure with its stay and window is one unit.

Sections that mean the same as for other kinds of episode have the same form: cohorts, cost, outliers, prices, settlement, maturity.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trueup.rules.leaf import CodeList, Count, Leaf, PathId, Section, SetName, Text
from trueup.rules.schema import (
    CarveOut,
    ClaimType,
    Cohorts,
    Maturity,
    Operator,
    Outliers,
    Participation,
    PooledTarget,
    ThresholdZones,
)
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_money import BlendedTarget, DisputeRule, OwnHistoryThresholds

Fact = Literal[
    "dual_days", "tpl_lines", "death_in_window", "longest_gap_days", "held_lines", "age_at_procedure", "professional_procedure_lines",
    "replaced_by_later", "coded_claims", "cost_above_high_line", "cost_below_low_line",
]  # fmt: skip


class ProcedureCodes(Section):
    anchor: CodeList


class ProcedureEpisode(Section):
    """The unit. `second_anchor` says what another anchor procedure inside the window means."""

    anchor: Leaf[Literal["procedure_date", "anchor_stay"]]
    days_before: Leaf[Count]
    days_after: Leaf[Count]
    settings: Leaf[list[Literal["inpatient", "outpatient"]]]
    anchor_claim: Leaf[Literal["any", "institutional"]]
    assign_by: Leaf[Literal["procedure_date", "episode_end"]]
    merge_days: Leaf[Count]
    second_anchor: Leaf[Literal["part_of_first", "replaces_first"]]
    codes: ProcedureCodes


class ProcedureServices(Section):
    relevance: Leaf[Literal["all", "listed"]]
    pharmacy: Leaf[Literal["all", "listed", "none"]]
    include: CodeList | None = None
    carve_outs: list[CarveOut]

    @model_validator(mode="after")
    def listed_where(self) -> ProcedureServices:
        """A list is needed where services count by list, and only there."""
        listed = "listed" in (self.relevance.value, self.pharmacy.value)
        if listed and self.include is None:
            raise ValueError("`listed` needs the list: `include: {value_set: NAME}`")
        return self


class ProcedureAttribution(Section):
    """Who is responsible: the biller of the operation, or of the facility."""

    rule: Leaf[Literal["operating_entity", "anchor_facility"]]


class ProcedureAccountable(Section):
    min_procedures: Leaf[Count | None]
    operator: Leaf[Operator | None]
    lookback: Leaf[PathId | None]
    when_lookback_empty: Leaf[Literal["own_period", "not_accountable"] | None]
    excluded_provider_types: Leaf[list[Text]]
    provider_type_allowlist: Leaf[list[Text] | None]


class Attribution(Section):
    level: Leaf[Literal["billing_tin"]]
    episode: ProcedureAttribution
    accountable: ProcedureAccountable


class ProcedureExclusion(Section):
    """One reason to leave an episode out. `coded_claims` counts claims in the window with a code of the rule's own list."""

    id: PathId
    fact: Fact
    operator: Operator
    value: Leaf[int]
    value_set: Leaf[SetName] | None = None

    @model_validator(mode="after")
    def coded(self) -> ProcedureExclusion:
        if (self.fact == "coded_claims") != (self.value_set is not None):
            raise ValueError("`value_set` belongs to the fact `coded_claims`, and only to it")
        return self


class ProcedureCategory(Section):
    id: PathId
    claim_type: ClaimType | None = None
    setting: Literal["inpatient", "emergency"] | None = None
    value_set: Leaf[SetName] | None = None


class ProcedureCost(Section):
    basis: Leaf[Literal["paid", "allowed"]]
    categories: list[ProcedureCategory]


class ProcedureProgram(RuleFile):
    """A rule file of kind `procedure_episode`."""

    kind: Literal["procedure_episode"]  # pyright: ignore[reportIncompatibleVariableOverride]
    episode: ProcedureEpisode
    services: ProcedureServices
    attribution: Attribution
    participation: Participation
    cohorts: Cohorts
    exclusions: list[ProcedureExclusion]
    dual_status: CodeList
    cost: ProcedureCost
    outliers: Outliers
    prices: Annotated[BlendedTarget | OwnHistoryThresholds, Field(discriminator="mechanism")]
    settlement: Annotated[PooledTarget | ThresholdZones, Field(discriminator="mechanism")]
    maturity: Maturity
    disputes: list[DisputeRule] = Field(default_factory=list[DisputeRule])

    @model_validator(mode="after")
    def no_monthly_prices(self) -> ProcedureProgram:
        """A procedure has no months to pay by, and its base is priced as it is known."""
        if self.prices.completion is not None or (isinstance(self.prices, BlendedTarget) and self.prices.case_rate is not None):
            raise ValueError("`prices` of a procedure have neither `case_rate` nor `completion`")
        return self
