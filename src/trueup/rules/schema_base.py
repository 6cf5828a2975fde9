"""What a rule file of any kind says first: what it is, its sources, its calendar, and what may follow every kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trueup.rules.leaf import Day, Leaf, PathId, Printed, Section, Text
from trueup.rules.schema_monitoring import Monitoring
from trueup.rules.schema_quality import Quality

LanCategory = Literal["1", "2A", "2B", "2C", "3A", "3B", "3N", "4A", "4B", "4C", "4N"]
Stream = Literal["fee_for_service_adjustment", "fee_for_service_add_on", "prospective_case_rate", "per_member_month", "bonus", "settlement"]


class Effective(Section):
    from_: Day = Field(alias="from")
    to: Day | None


class Source(Section):
    title: Text
    publisher: Text | None = None
    published: Printed
    trust: Literal["primary", "secondary", "superseded", "background", "assumption"]


class SupersededFact(Section):
    fact: Text
    was: Text
    now: Text
    by: Text


class PeriodRule(Section):
    id: PathId
    role: Literal["baseline", "performance"]
    program_year: Annotated[int, Field(ge=1)] | None = None
    first_day: Leaf[Day]
    last_day: Leaf[Day]


class Arrangement(Section):
    """One kind of payment: its category in the federal payment-model framework, and the stream its dollars come in. `id` is its purpose."""

    id: PathId
    lan_category: Leaf[LanCategory]
    payment_stream: Leaf[Stream]


class RuleFile(Section):
    """The head of a rule file. Each kind adds its own sections."""

    schema_: Literal[1] = Field(alias="schema")
    program: Text
    title: Text
    kind: Text
    rule_version: Text
    status: Literal["draft", "final", "superseded"]
    effective: Effective
    sources: dict[str, Source]
    superseded_facts: list[SupersededFact] = Field(default_factory=list[SupersededFact])
    periods: Annotated[list[PeriodRule], Field(min_length=1)]
    arrangement: Annotated[list[Arrangement], Field(min_length=1)]
    quality: Quality | None = None
    monitoring: Monitoring | None = None
