"""What a rule file says of monitoring: which checks watch for care withheld and patients selected, and what an open flag does."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, TypeAdapter, model_validator

from trueup.rules.leaf import Count, Leaf, PathId, Rate, RateOrOff, Section

CheckKind = Literal[
    "funnel", "change", "cusum", "selection", "switching", "exclusion_rate", "completeness", "migration", "gaming"
]  # fmt: skip
Effect = Literal["review", "hold", "deny"]
Direction = Literal["low", "high", "both"]
Pattern = Literal["outlier_edge", "date_heaping", "volume_edge", "own_coding"]


_RATE: TypeAdapter[Decimal] = TypeAdapter(Rate)


def _target(raw: object) -> Decimal | str:
    """A share of one, or `peers`: the pooled rate of everybody else in the same period."""
    if raw == "peers":
        return "peers"
    try:
        return _RATE.validate_python(raw)
    except ValueError:
        raise ValueError('expected a share of one in quotes, like "0.80", or peers') from None


Target = Annotated[Decimal | str, PlainValidator(_target)]

# What a check of each kind states; a check states these, may state the optional ones, and nothing else.
NEEDED: dict[str, tuple[str, ...]] = {
    "funnel": ("measure", "direction", "target", "alpha", "minimum_units"),
    "change": ("measure", "direction", "alpha", "minimum_units", "compare"),
    "cusum": ("measure", "acceptable", "unacceptable", "in_control_run", "minimum_units"),
    "selection": ("factors", "target", "alpha", "minimum_units"),
    "switching": ("factors", "target", "alpha", "minimum_units"),
    "exclusion_rate": ("target", "alpha", "minimum_units"),
    "completeness": ("minimum_rate", "minimum_units", "lag_days"),
    "migration": ("cohort", "alpha", "minimum_units"),
    "gaming": ("pattern", "width", "minimum_units"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "funnel": ("own_drop", "winsorize"),
    "selection": ("standardized_difference",),
    "gaming": ("alpha", "target", "factors"),
}
_TERMS = (
    "measure", "direction", "target", "alpha", "minimum_units", "own_drop", "winsorize", "compare", "acceptable", "unacceptable",
    "in_control_run", "factors", "standardized_difference", "minimum_rate", "lag_days", "cohort", "pattern", "width",
)  # fmt: skip


class Check(Section):
    """One check of one thing, per entity and period.

    `alpha` is the level at which the check's p-value raises a flag: of one tail where `direction` is low or high, of both where it is both.
    """

    id: PathId
    kind: CheckKind
    when_flagged: Leaf[Effect] | None = None
    measure: Leaf[PathId] | None = None
    direction: Leaf[Direction] | None = None
    target: Leaf[Target] | None = None
    alpha: Leaf[Rate] | None = None
    minimum_units: Leaf[Count] | None = None
    own_drop: Leaf[RateOrOff] | None = None
    winsorize: Leaf[RateOrOff] | None = None
    compare: Leaf[Literal["own_base", "peers"]] | None = None
    acceptable: Leaf[Rate] | None = None
    unacceptable: Leaf[Rate] | None = None
    in_control_run: Leaf[Annotated[int, Field(ge=2)]] | None = None
    factors: Leaf[list[PathId]] | None = None
    standardized_difference: Leaf[RateOrOff] | None = None
    minimum_rate: Leaf[Rate] | None = None
    lag_days: Leaf[Count] | None = None
    cohort: Leaf[PathId] | None = None
    pattern: Leaf[Pattern] | None = None
    width: Leaf[Count] | None = None

    @model_validator(mode="after")
    def of_its_kind(self) -> Check:
        """A check states what its kind needs and nothing that another kind needs."""
        needed, allowed = NEEDED[self.kind], {*NEEDED[self.kind], *OPTIONAL.get(self.kind, ())}
        stated = {term for term in _TERMS if getattr(self, term) is not None}
        absent, foreign = [t for t in needed if t not in stated], sorted(stated - allowed)
        if absent:
            raise ValueError(f"a check of kind `{self.kind}` states {', '.join(f'`{t}`' for t in absent)}")
        if foreign:
            raise ValueError(f"a check of kind `{self.kind}` has no {', '.join(f'`{t}`' for t in foreign)}")
        return self


class Monitoring(Section):
    """The checks, and how their flags reach payment.

    `gate` names the settlement gate that open and failed reviews close; without one the checks are watched and stop nothing.
    `when_flagged` holds for every check that states none of its own; left out it is `hold`.
    """

    gate: PathId | None = None
    base_period: Leaf[PathId]
    when_flagged: Leaf[Effect] | None = None
    when_too_few: Leaf[Literal["passes", "holds"]]
    false_discovery_rate: Leaf[RateOrOff]
    seed: Leaf[Count] | None = None
    checks: Annotated[list[Check], Field(min_length=1)]

    @model_validator(mode="after")
    def one_completeness(self) -> Monitoring:
        """Under-reporting is settled before anything else is judged; two checks of it could contradict each other."""
        if sum(check.kind == "completeness" for check in self.checks) > 1:
            raise ValueError("at most one check of kind `completeness`")
        return self
