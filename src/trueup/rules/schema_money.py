"""What a rule file says of monthly case rates, prices and risk, as strict models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trueup.rules.leaf import Amount, CodeList, Count, Day, Dollars, DollarsOrOff, Leaf, PathId, Rate, RateOrOff, Section, SetName, Years

Tag = Literal["pre_existing", "emergent", "influenceable"]
Percentile = Literal["nearest_rank", "linear", "higher"]


class CaseRateCodes(Section):
    """Codes that stand for more than the day they carry, and delivery codes."""

    global_: CodeList = Field(alias="global")
    antepartum: CodeList
    delivery: CodeList
    delivery_postpartum: CodeList
    postpartum: CodeList


class GlobalSplit(Section):
    """Shares of a global fee; they add up to one."""

    antepartum: Leaf[Rate]
    delivery: Leaf[Rate]
    postpartum: Leaf[Rate]


class CaseRate(Section):
    """A monthly case rate: who is paid for which months, and which fee-for-service lines it replaces."""

    go_live: Leaf[Day]
    months_after_expected_end: Leaf[Count]
    roster: Leaf[Literal["gate", "participation"]]
    rate_change: Leaf[Literal["rate_of_month", "locked"]]
    portability_rate: Leaf[Literal["receiving", "first"]]
    same_month: Leaf[Literal["pay_both_at_change", "pay_both", "holder_only"]]
    recoup_other: Leaf[bool]
    handover_in_tcoc: Leaf[Literal["continuing_only", "all"]]
    after_stillbirth: Leaf[Literal["continue", "stop"]]
    trigger_month: Leaf[Literal["whole", "from_trigger"]]
    stop_on_third_party: Leaf[bool]
    includes_delivery_professional: Leaf[bool]
    zero_pay_reason_code: Leaf[Literal["24", "97"]]
    global_split: GlobalSplit
    codes: CaseRateCodes


class ProgramChange(Section):
    """A change of fees or of the program between the base and the priced period: what costs after it are, of costs before it."""

    id: PathId
    factor: Leaf[Amount]
    effective_from: Leaf[Day]


class AddOn(Section):
    """A newly covered service without history: dollars per paid month, a line of its own."""

    id: PathId
    amount_per_month: Leaf[Dollars]


class CaseRatePrice(Section):
    """How the monthly rate of an entity is made from its base."""

    base_population: Leaf[Literal["deliveries", "all"]]
    winsorize_percentile: Leaf[RateOrOff]
    winsorize_method: Leaf[Percentile]
    risk: Leaf[Literal["off", "base_average"]]
    weight_state: Leaf[Rate]
    credibility: Leaf[Literal["off", "limited_fluctuation", "buhlmann_straub"]]
    credibility_full_at: Leaf[Count] | None = None
    trend_annual: Leaf[Amount]
    trend_years: Leaf[Years]
    program_changes: list[ProgramChange] = Field(default_factory=list[ProgramChange])
    add_ons: list[AddOn] = Field(default_factory=list[AddOn])


class ManualCompletion(Section):
    """A completion rate set by hand for one type of service and age; month 0 is the month of service."""

    id: PathId
    service_type: Literal["facility", "professional", "pharmacy"]
    age_months: Count
    factor: Leaf[Rate]


class Completion(Section):
    """How base dollars that are not all paid yet are completed. It touches pools and targets, never one episode."""

    method: Leaf[Literal["off", "chain_ladder"]]
    average: Leaf[Literal["all", "last_3"]]
    minimum_rate: Leaf[Rate]
    mature_days: Leaf[Count]
    manual: list[ManualCompletion] = Field(default_factory=list[ManualCompletion])


class BlendedTarget(Section):
    mechanism: Literal["blended_target"]
    baseline_period: PathId
    weight_own: Leaf[Rate]
    trend_annual: Leaf[Amount]
    trend_years: Leaf[Years]
    price_basis: Leaf[Literal["case_rate_and_ffs", "ffs_history"]] | None = None
    case_rate: CaseRatePrice | None = None
    completion: Completion | None = None
    program_changes: list[ProgramChange] = Field(default_factory=list[ProgramChange])
    challenge_days: Leaf[Count] | None = None


class OwnHistoryThresholds(Section):
    mechanism: Literal["own_history_thresholds"]
    baseline_period: PathId
    trend_annual: Leaf[Amount]
    trend_years: Leaf[Years]
    minimum_savings_rate: Leaf[RateOrOff]
    minimum_savings_amount: Leaf[DollarsOrOff]
    minimum_savings_applied: Leaf[Literal["before_trend", "after_trend"]]
    valid_years: Leaf[Count]
    completion: Completion | None = None
    program_changes: list[ProgramChange] = Field(default_factory=list[ProgramChange])
    challenge_days: Leaf[Count] | None = None


class RiskFactor(Section):
    """One risk factor: a measured band, or codes in a span of time."""

    id: PathId
    domain: Literal["clinical", "social"]
    tag: Tag
    source: Literal["age", "fetus_count", "area_band", "history_days", "code"]
    band_from: Leaf[int | None] | None = None
    band_to: Leaf[int | None] | None = None
    span: Literal["before_pregnancy", "early_pregnancy", "delivery", "episode"] | None = None
    value_set: Leaf[SetName] | None = None

    @model_validator(mode="after")
    def one_kind(self) -> RiskFactor:
        """A coded factor has a span and a value set and no band; a measured one the other way round."""
        coded = self.source == "code"
        if coded != (self.span is not None) or coded != (self.value_set is not None) or (coded and (self.band_from or self.band_to)):
            raise ValueError("a factor with source `code` has `span` and `value_set`; every other has `band_from` or `band_to`")
        if not coded and self.band_from is None and self.band_to is None:
            raise ValueError("a measured factor has `band_from` or `band_to`; without both every episode would carry it")
        if coded and (self.tag == "pre_existing") == (self.span == "episode"):
            raise ValueError("a pre-existing factor is coded before or early in pregnancy or at delivery; every other in the episode")
        return self


class Comorbidity(Section):
    """One condition of a published comorbidity score, with its two weights: severe maternal morbidity with and without transfusion."""

    id: PathId
    source: Literal["code", "age"]
    band_from: Leaf[int] | None = None
    value_set: Leaf[SetName] | None = None
    weight_smm: Leaf[Count]
    weight_nontransfusion: Leaf[Count]

    @model_validator(mode="after")
    def one_kind(self) -> Comorbidity:
        if (self.source == "code") != (self.value_set is not None) or (self.source == "age") != (self.band_from is not None):
            raise ValueError("a condition with source `code` has a `value_set`, one with source `age` has `band_from`")
        return self


class Risk(Section):
    """Risk factors, and how their weights are fitted on the base period and frozen."""

    lookback_days: Leaf[Count]
    early_days: Leaf[Count]
    uses: Leaf[list[Tag]]
    models: Leaf[list[Literal["ols_capped", "gamma_log", "poisson_log", "poisson_sqrt", "two_stage"]]]
    folds: Leaf[Annotated[int, Field(ge=2)]]
    cap_percentile: Leaf[RateOrOff]
    min_episodes: Leaf[Count]
    signs: Leaf[Literal["free", "non_negative"]]
    factors: Annotated[list[RiskFactor], Field(max_length=60)]
    comorbidity: list[Comorbidity] = Field(default_factory=list[Comorbidity])


class DisputeRule(Section):
    """How one kind of determination is disputed: by when, until when it is decided, and what a lapsed clock means."""

    id: PathId
    against: Literal["episode", "attribution", "settlement"]
    outcome: Literal["any", "gain", "loss"]
    days_to_raise: Leaf[Count]
    days_to_decide: Leaf[Count]
    when_decision_lapses: Leaf[Literal["denied", "upheld", "escalated"]]
    holds_payment: Leaf[bool]
