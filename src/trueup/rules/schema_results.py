"""What a rule file of kind `entity_results` says: how savings and losses against a given benchmark are shared, by track and year."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trueup.rules.leaf import Count, Day, Leaf, PathId, Rate, Section, Text
from trueup.rules.schema_base import RuleFile


class SizeBracket(Section):
    """One bracket of assigned members, both ends in; the rate falls from `rate_from` to `rate_to` in a straight line."""

    id: PathId
    from_members: Leaf[Count]
    to_members: Leaf[Count | None]
    rate_from: Leaf[Rate]
    rate_to: Leaf[Rate]


class MinimumSavings(Section):
    """The minimum savings rate: the table by size, what counts where it does not reach, and what an entity may choose instead."""

    brackets: Annotated[list[SizeBracket], Field(min_length=1)]
    below_table: Leaf[Literal["stated", "refuse"]]
    choices: Leaf[list[Rate]]


class Losses(Section):
    """How losses are shared: at a fixed rate, or at one less the sharing rate that quality earns, between two ends."""

    rate: Literal["fixed", "one_less_share"]
    fixed_rate: Leaf[Rate] | None = None
    floor: Leaf[Rate] | None = None
    ceiling: Leaf[Rate] | None = None

    @model_validator(mode="after")
    def one_form(self) -> Losses:
        ends = self.floor is not None and self.ceiling is not None
        if (self.rate == "fixed") != (self.fixed_rate is not None) or (self.rate == "one_less_share") != ends:
            raise ValueError("`fixed` has `fixed_rate`; `one_less_share` has `floor` and `ceiling`")
        return self


class BenchmarkLimit(Section):
    """A loss limit as a share of the benchmark, from a year of the agreement on; year 0 stands for every year."""

    id: PathId
    agreement_year: Leaf[Count]
    rate: Leaf[Rate]


class LossLimits(Section):
    """The most that may be owed: a share of the benchmark, and for some a share of the participants' own revenue.

    `without_revenue` says what happens where that revenue is not given: `hold`, or `benchmark` (the other limit stands alone).
    """

    benchmark: Annotated[list[BenchmarkLimit], Field(min_length=1)]
    revenue_rate: Leaf[Rate] | None = None
    without_revenue: Leaf[Literal["hold", "benchmark"]] | None = None

    @model_validator(mode="after")
    def both_or_none(self) -> LossLimits:
        if (self.revenue_rate is None) != (self.without_revenue is None):
            raise ValueError("`revenue_rate` and `without_revenue` belong together")
        return self


class TrackRule(Section):
    """One track: its names in inputs, the years it is open, and its terms. A track without downside has no losses and no limits."""

    id: PathId
    names: list[Text]
    from_year: Leaf[Count]
    to_year: Leaf[Count | None]
    minimum_savings: Leaf[Literal["table", "chosen"]]
    downside: Leaf[bool]
    sharing_rate: Leaf[Rate]
    cap_rate: Leaf[Rate]
    half_rate_below_minimum: Leaf[bool]
    losses: Losses | None = None
    loss_limits: LossLimits | None = None

    @model_validator(mode="after")
    def complete(self) -> TrackRule:
        has_losses = self.losses is not None and self.loss_limits is not None
        if self.downside.value != has_losses:
            raise ValueError("a track with downside has `losses` and `loss_limits`; one without has neither")
        return self


class YearRule(Section):
    """What changes by year. `id` is the period's. A quality standard is one score, or the mean of several years' scores."""

    id: PathId
    sequestration_rate: Leaf[Rate]
    quality: Leaf[Literal["proportional", "standard"]]
    quality_standard: Leaf[Rate] | None = None
    quality_standard_scores: Leaf[list[Rate]] | None = None
    disaster: Leaf[Literal["reduces", "covers"]]

    @model_validator(mode="after")
    def one_standard(self) -> YearRule:
        if self.quality_standard is not None and self.quality_standard_scores is not None:
            raise ValueError("either `quality_standard` or `quality_standard_scores`")
        return self


class LowRevenueRule(Section):
    """Which low-revenue entities share part of savings that do not reach the minimum."""

    share: Leaf[Rate]
    minimum_members: Leaf[Count]
    agreements_from: Leaf[Day]


class GuardrailRule(Section):
    """What the guardrail flag of a result stops."""

    stops: Leaf[Literal["savings"]]


class ResultRounding(Section):
    places: Leaf[Literal[2]]
    mode: Leaf[Literal["half_up"]]


class EntitySavings(Section):
    """Savings or losses of an entity against a benchmark that somebody else set."""

    mechanism: Literal["entity_savings"]
    minimum_savings: MinimumSavings
    tracks: Annotated[list[TrackRule], Field(min_length=1)]
    years: Annotated[list[YearRule], Field(min_length=1)]
    low_revenue: LowRevenueRule
    guardrail: GuardrailRule
    rounding: ResultRounding


class EntityResults(RuleFile):
    """A rule file of kind `entity_results`: one row of results is one entity and period; there are no claims."""

    kind: Literal["entity_results"]  # pyright: ignore[reportIncompatibleVariableOverride]
    settlement: EntitySavings

    @model_validator(mode="after")
    def years_are_periods(self) -> EntityResults:
        unknown = [y.id for y in self.settlement.years if y.id not in {p.id for p in self.periods}]
        if unknown:
            raise ValueError(f"`settlement.years` names {', '.join(unknown)}, which no period has as id")
        bare = [p.id for p in self.periods if p.program_year is None]
        if bare:
            raise ValueError(f"periods of this kind have a `program_year`; {', '.join(bare)} has none")
        return self
