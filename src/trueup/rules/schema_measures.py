"""What a measure library may say, as strict models: every key, its type and its allowed words.

A library is data that no program owns: `programs/common/measures/<set>.yaml`. It states what is counted, never what it is worth; weights,
thresholds and slots stand in a program's scorecard. Mechanisms of the words are in docs/reference/measures.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trueup.rules.leaf import PathId, Section, SetName, Text
from trueup.rules.schema_base import Source

FactOperator = Literal["lt", "le", "eq", "ne", "ge", "gt", "between", "known"]
UnitDate = Literal["start", "anchor", "end", "stay_start", "stay_end"]
UnitKind = Literal["episode", "stay", "member"]
Statistic = Literal["proportion", "mean", "median", "geometric_mean", "trimmed_mean"]
EventClaimType = Literal["professional", "institutional", "pharmacy"]
EventSetting = Literal["inpatient", "emergency", "other"]
Year = Annotated[int, Field(ge=1990, le=2100)]

_EVENT_KEYS = (
    "from_", "to", "first_day", "last_day", "at_least", "distinct_days", "claim_type", "setting", "principal", "with_", "without",
)  # fmt: skip


class CriterionRule(Section):
    """One condition: either a fact of the unit is compared, or coded events in a span of days are counted."""

    id: PathId
    group: PathId | None = None
    fact: PathId | None = None
    operator: FactOperator | None = None
    value: int | None = None
    value_to: int | None = None
    value_set: SetName | None = None
    from_: UnitDate | None = Field(default=None, alias="from")
    to: UnitDate | None = None
    first_day: int | None = None
    last_day: int | None = None
    at_least: Annotated[int, Field(ge=1)] = 1
    distinct_days: bool = False
    claim_type: EventClaimType | None = None
    setting: EventSetting | None = None
    principal: bool = False
    with_: SetName | None = Field(default=None, alias="with")
    without: SetName | None = None

    @model_validator(mode="after")
    def one_form(self) -> CriterionRule:
        """A fact criterion has an operator and its values; an event criterion a date it counts from; no criterion is both."""
        if (self.fact is None) == (self.value_set is None):
            raise ValueError("expected either `fact` or `value_set`")
        given = self.model_fields_set
        if self.fact is not None:
            misplaced = sorted(k.rstrip("_") for k in given if k in _EVENT_KEYS)
            if misplaced:
                raise ValueError(f"`{misplaced[0]}` belongs to a criterion with `value_set`")
            self._check_values()
            return self
        misplaced = sorted(k for k in given if k in ("operator", "value", "value_to"))
        if misplaced:
            raise ValueError(f"`{misplaced[0]}` belongs to a criterion with `fact`")
        if self.from_ is None:
            raise ValueError("expected `from`: the date that days are counted from")
        if self.first_day is None and self.last_day is None:
            raise ValueError("expected `first_day`, `last_day` or both")
        one_date = self.to is None or self.to == self.from_
        if one_date and self.first_day is not None and self.last_day is not None and self.last_day < self.first_day:
            raise ValueError("expected a `last_day` that is not before `first_day`")
        return self

    def _check_values(self) -> None:
        if self.operator is None:
            raise ValueError("expected `operator`")
        wanted = {"between": 2, "known": 0}.get(self.operator, 1)
        found = (self.value is not None) + (self.value_to is not None)
        if found != wanted or (wanted == 1 and self.value is None):
            words = {0: "no value", 1: "`value` alone", 2: "`value` and `value_to`"}[wanted]
            raise ValueError(f"expected {words} with the operator {self.operator}")
        if self.value is not None and self.value_to is not None and self.value_to < self.value:
            raise ValueError("expected a `value_to` that is not below `value`")


class MeasureVersionRule(Section):
    """A measure as it holds from one measurement year to another, both included; `to_year` null is open."""

    from_year: Year
    to_year: Year | None = None
    population: list[CriterionRule] = Field(default_factory=list[CriterionRule])
    exclusions: list[CriterionRule] = Field(default_factory=list[CriterionRule])
    exceptions: list[CriterionRule] = Field(default_factory=list[CriterionRule])
    numerator: list[CriterionRule] = Field(default_factory=list[CriterionRule])


class MeasureRule(Section):
    """One measure: what is counted, in which units, which way is better, and what claims cannot see."""

    id: PathId
    title: Text
    unit: UnitKind
    statistic: Statistic
    direction: Literal["higher", "lower"]
    fact: PathId | None = None
    trim_percent: Annotated[int, Field(ge=1, le=49)] | None = None
    cannot_see: Text
    versions: Annotated[list[MeasureVersionRule], Field(min_length=1)]


class MeasureLibrary(Section):
    """One file of measures with the sources they cite."""

    schema_: Literal[1] = Field(alias="schema")
    title: Text
    sources: dict[str, Source]
    measures: Annotated[list[MeasureRule], Field(min_length=1)]
