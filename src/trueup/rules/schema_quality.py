"""What a rule file says of quality: the slots of the scorecard, how measures earn points, and what the score does to money.

The section stands in the rule file, or in a file of its own that the rule file names (`quality: {file: NAME}`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, model_validator

from trueup.rules.leaf import Amount, Count, DollarsOrOff, Leaf, PathId, Rate, RateOrOff, Section, Text

_PEER_FIGURE = re.compile(r"^(baseline|peer)_(mean|median|worst|best|top_decile_mean|p[1-9][0-9]?)$")

Use = Literal["reporting", "performance", "tracked"]
Direction = Literal["higher", "lower"]
Statistic = Literal["proportion", "mean", "median", "geometric_mean", "trimmed_mean"]


def _anchor(raw: object) -> Decimal | str:
    """A number in the unit of the measure, or the name of a figure of the peers."""
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, str) and (re.match(r"^-?\d+(\.\d+)?$", raw)):
        return Decimal(raw)
    if isinstance(raw, str) and (raw == "own_baseline" or _PEER_FIGURE.match(raw)):
        return raw
    raise ValueError(
        'expected a number in quotes, like "0.45", own_baseline, or a figure of the peers: baseline_ or peer_ followed by mean, median, '
        "worst, best, top_decile_mean or p1 to p99"
    )


Anchor = Annotated[Decimal | str, PlainValidator(_anchor)]


class CutPoint(Section):
    """From where on a measure earns `points`. `inclusive` means that the cut point itself earns them, in the direction of the measure."""

    id: PathId
    at: Leaf[Anchor]
    bound: Leaf[Literal["inclusive", "exclusive"]]
    points: Leaf[Amount]


class Terms(Section):
    """What slots and sets have in common. Threshold and benchmark are in the unit of the measure."""

    id: PathId
    use: Use
    source: Leaf[Literal["claims", "submission"]]
    domain: PathId | None = None
    direction: Leaf[Direction] | None = None
    threshold: Leaf[Anchor] | None = None
    benchmark: Leaf[Anchor] | None = None
    minimum_denominator: Leaf[Count] | None = None
    from_program_year: Leaf[Count] | None = None
    to_program_year: Leaf[Count] | None = None
    cut_points: list[CutPoint] = Field(default_factory=list[CutPoint])


class Slot(Terms):
    """One place of the scorecard and the measure that fills it.

    `figure` other than `rate` scores the gap between the groups of `stratum` instead of the rate itself.
    """

    measure: Leaf[PathId]
    weight: Leaf[Rate] | None = None
    figure: Literal["rate", "gap_difference", "gap_ratio"] = "rate"
    stratum: Text | None = None

    @model_validator(mode="after")
    def gap_of_a_stratum(self) -> Slot:
        """A gap is between the groups of a stratum; a rate has none. What is tracked has no weight, and everything else has one."""
        if (self.figure == "rate") != (self.stratum is None):
            raise ValueError("`stratum` belongs to a figure that is a gap, and every gap needs one")
        if (self.use == "tracked") != (self.weight is None):
            raise ValueError("a slot that counts has a `weight`; one that is only tracked has none")
        return self


class SlotSet(Terms):
    """A list of measures under the same terms, where a source speaks of a list and not of slots. They weigh the same."""

    measures: Leaf[list[PathId]]


class Domain(Section):
    id: PathId
    weight: Leaf[Rate]


class Holds(Section):
    """How many slots of each use the scorecard has, as its source says."""

    reporting: Leaf[Count]
    performance: Leaf[Count]


class Peers(Section):
    """Whose results stand behind a figure such as `baseline_median`. Percentiles run from the worst result to the best."""

    minimum_entities: Leaf[Count]
    percentile_method: Leaf[Literal["nearest_rank", "linear", "higher"]]
    standard_deviation: Leaf[Literal["population", "sample"]] | None = None


class ToppedOut(Section):
    """A measure that nearly everybody meets earns less: its points end at `maximum_points`."""

    median_at: Leaf[Rate]
    maximum_points: Leaf[Amount]


class Scoring(Section):
    """How one measure becomes points, from 0 to `maximum_points`, and points a score from 0 to 1.

    `cut_points` serve the methods ladder, deciles (nine edges, worst first) and standard_deviation_bands (edges in standard deviations from
    the peers' mean, better is higher); a slot may have its own. `improvement_points` are cut points of the change since the own baseline.
    """

    method: Leaf[Literal["interpolation", "hvbp", "ladder", "deciles", "standard_deviation_bands", "attained"]]
    take: Leaf[Literal["achievement", "improvement", "better", "sum"]]
    maximum_points: Leaf[Amount]
    threshold_bound: Leaf[Literal["inclusive", "exclusive"]]
    threshold_points: Leaf[Amount] | None = None
    improvement_in: Leaf[Literal["difference", "relative"]] | None = None
    decile_floor: Leaf[Anchor] | None = None
    rate_places: Leaf[Count]
    round_rates: Leaf[Literal["before_comparison", "off"]]
    points_places: Leaf[Count]
    round_points: Leaf[Literal["before_weighting", "after_weighting", "off"]]
    score_places: Leaf[Annotated[int, Field(ge=0, le=6)]]
    cut_points: list[CutPoint] = Field(default_factory=list[CutPoint])
    improvement_points: list[CutPoint] = Field(default_factory=list[CutPoint])
    topped_out: ToppedOut | None = None


class SmallNumbers(Section):
    """What becomes of a measure below its minimum denominator, and how few measures make a score at all."""

    missing: Leaf[Literal["drop_and_reweight", "pool_years", "shrink_to_peer", "not_scored"]]
    reweight: Leaf[Literal["within_domain", "across_domains"]]
    minimum_measures: Leaf[Count]
    pool_periods: Leaf[Count] | None = None
    shrink_k: Leaf[Amount] | None = None


class Rung(Section):
    """From `at` on, the share of the money that is paid."""

    id: PathId
    at: Leaf[Amount]
    bound: Leaf[Literal["inclusive", "exclusive"]]
    multiplier: Leaf[Rate]


class QualityGate(Section):
    """The gate of the settlement that the score decides, and what it multiplies by. `id` is the id of the gate there."""

    id: PathId
    minimum_score: Leaf[RateOrOff]
    operator: Leaf[Literal["ge", "gt"]]
    multiplier: Leaf[Literal["score", "ladder", "none"]]
    ladder_on: Leaf[Literal["score", "measures_attained"]] | None = None
    ladder: list[Rung] = Field(default_factory=list[Rung])


class LowScoreRemedy(Section):
    """A score below `below` holds the settlement until an improvement plan is accepted; then it is paid at the score."""

    remedy: Leaf[Literal["off", "hold_until_plan"]]
    below: Leaf[RateOrOff]


class Submission(Section):
    """What a practice's own report of a measure must be to count."""

    deadline_days: Leaf[Count]
    minimum_completeness: Leaf[RateOrOff]
    resubmission: Leaf[Literal["until_deadline", "any_time", "never"]]


class Equity(Section):
    """Which groups every measure is shown for. A gap needs `minimum_count` people on both sides and is never a factor of a price."""

    strata: Leaf[list[Text]]
    minimum_count: Leaf[Count]
    reference: Leaf[Literal["best", "largest", "rest"]]


class QualityPool(Section):
    """Money that quality earns whether or not there are savings: `amount` for a period, shared among those who pass the gate."""

    amount: Leaf[DollarsOrOff]
    share_by: Leaf[Literal["score", "score_and_units"]]


class Quality(Section):
    """The scorecard of a program, its scoring, its gate, and the rules of submission.

    `baseline` is the period whose results improvement and the peers' baseline figures come from: the program's baseline period, the
    performance period before, or none.
    """

    title: Text
    holds: Holds | None = None
    baseline: Leaf[Literal["baseline_period", "previous_period", "none"]]
    domains: list[Domain] = Field(default_factory=list[Domain])
    slots: list[Slot] = Field(default_factory=list[Slot])
    sets: list[SlotSet] = Field(default_factory=list[SlotSet])
    scoring: Scoring
    peers: Peers
    small_numbers: SmallNumbers
    gate: QualityGate | None = None
    low_score_remedy: LowScoreRemedy | None = None
    submission: Submission
    equity: Equity | None = None
    pool: QualityPool | None = None
