"""What a rule file of kind `panel` may say: who belongs to whose panel, what a panel costs, and the contracts that pay on it.

Terms of contracts stand here by id; who is under which terms, and since when, comes from the input table `contracts`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from trueup.rules.leaf import Amount, CodeList, Count, Dollars, DollarsOrOff, Leaf, PathId, Rate, RateOrOff, Section, Text
from trueup.rules.schema_base import RuleFile

Tie = Literal["latest_visit", "dollars", "smallest_id"]
_MEASURE = re.compile(r"^[A-Za-z][A-Za-z0-9_]* \| (higher|lower) \| \d+(\.\d+)? \| [^|]+$")


def _measure_terms(raw: object) -> str:
    if isinstance(raw, str) and _MEASURE.match(raw):
        return raw
    raise ValueError('expected "measure | higher or lower | target | specification", for example "a1c_test | higher | 0.80 | common"')


def _share(raw: object) -> Decimal:
    if isinstance(raw, str | Decimal) and re.match(r"^-?\d+(\.\d+)?$", str(raw)) and -1 <= Decimal(raw) <= 1:
        return Decimal(raw)
    raise ValueError('expected a share of the bonus in quotes, from "-1" to "1"')


MeasureTerms = Annotated[str, PlainValidator(_measure_terms)]
SignedShare = Annotated[Decimal, PlainValidator(_share)]


class PanelAttribution(Section):
    """Plurality of primary-care visits in two steps: a member to a provider, a provider to a group. `ties` are tried in order."""

    rule: Leaf[Literal["plurality_of_visits"]]
    steps: Leaf[Literal["provider_then_group"]]
    lookback_months: Leaf[Annotated[int, Field(ge=1)]]
    lookback_ends: Leaf[Literal["period_end", "before_period"]]
    ties: Leaf[list[Tie]]
    provider_types: Leaf[list[Text] | None]
    visit: CodeList


class PanelMonths(Section):
    """A month counts for the payer that covers the member on its first or last day."""

    counted_day: Leaf[Literal["first_day", "last_day"]]
    dual: Leaf[Literal["counted", "left_out"]]
    dual_status: CodeList


class Truncation(Section):
    """Where the cost of one member in a period is cut: at an amount, or at a percentile of all members by a named rank rule."""

    method: Leaf[Literal["off", "fixed", "percentile"]]
    amount: Leaf[Dollars | None]
    percentile: Leaf[Rate | None]
    rank_rule: Leaf[Literal["nearest_rank", "higher"] | None]
    scope: Leaf[Literal["all_payers", "payer"]]


class PanelCost(Section):
    basis: Leaf[Literal["paid", "allowed"]]
    pharmacy: Leaf[Literal["counted", "left_out"]]
    truncation: Truncation


class PanelRisk(Section):
    """Scores come from the input table `member_scores`; a member without one has the default."""

    default_score: Leaf[Amount]


class PanelCodes(Section):
    substance_use: CodeList


class Panel(Section):
    attribution: PanelAttribution
    months: PanelMonths
    cost: PanelCost
    risk: PanelRisk
    codes: PanelCodes


class DomainWeight(Section):
    """The weight of one domain of the scorecard in a contract; `own` is the domain of the payer's own measures."""

    id: PathId
    weight: Leaf[Rate]


class ContractGate(Section):
    """A condition of payment. With `domain` it is a minimum of the scorecard's domain; without, its result comes from elsewhere.

    `blocks`: `gains` leaves a loss as it is, `all` ends the settlement at zero.
    """

    id: PathId
    domain: PathId | None = None
    minimum_score: Leaf[RateOrOff] | None = None
    operator: Leaf[Literal["ge", "gt"]] | None = None
    blocks: Leaf[Literal["gains", "all"]]


class Rung(Section):
    """From the score `at_least` on, this share of the bonus is paid; negative shares are taken back, where the contract has downside."""

    id: PathId
    at_least: Leaf[Rate]
    share: Leaf[SignedShare]


class Bonus(Section):
    """How a score becomes money: dollars per member-month, a fixed pool that several share, or a percentage of what was paid."""

    method: Leaf[Literal["per_member_month", "pool", "percent"]]
    amount: Leaf[Dollars | None]
    rate: Leaf[Rate | None]
    percent_of: Leaf[Literal["panel_cost", "primary_care_cost"] | None]
    payout: Leaf[Literal["proportional", "ladder"]]
    ladder: list[Rung] = Field(default_factory=list[Rung])


class Sharing(Section):
    """How savings and losses are shared. `trend_factor` carries the base to the performance period."""

    trend_factor: Leaf[Amount]
    minimum_savings_rate: Leaf[RateOrOff]
    minimum_savings_operator: Leaf[Literal["ge", "gt"]]
    share_rate: Leaf[Rate]
    cap_rate: Leaf[RateOrOff]
    cap_on: Leaf[Literal["payment", "savings"]]
    quality_scales: Leaf[bool]
    loss_share_rate: Leaf[Rate]
    minimum_loss_rate: Leaf[RateOrOff]
    loss_limit_rate: Leaf[RateOrOff]


class Challenge(Section):
    """The pool of what quality left unearned. It is split by members times challenge measures passed."""

    pool: Leaf[Literal["on", "off"]]
    measures: Leaf[list[PathId]]
    pass_score: Leaf[Rate]


class ContractTerms(Section):
    """What one payer and its practices agreed. `left_out`, `restated` and `added` say how its measures differ from the common set."""

    id: PathId
    title: Text
    payer: Leaf[Text]
    minimum_members: Leaf[Count]
    downside: Leaf[bool]
    domains: Annotated[list[DomainWeight], Field(min_length=1)]
    missing_domain: Leaf[Literal["not_scored", "reweight"]]
    left_out: Leaf[list[PathId]]
    restated: Leaf[list[MeasureTerms]]
    added: Leaf[list[MeasureTerms]]
    gates: list[ContractGate]
    bonus: Bonus | None = None
    sharing: Sharing | None = None
    challenge: Challenge | None = None
    care_coordination: Leaf[DollarsOrOff] | None = None


class Contracts(Section):
    """`entry` and `move` say that nothing is inferred: who entered or moved, when, and on what evidence is a row of `contracts`."""

    track: Literal["p4p", "ssp"]
    entry: Leaf[Literal["recorded"]]
    move: Leaf[Literal["recorded"]]
    terms: Annotated[list[ContractTerms], Field(min_length=1)]


class PanelBenchmark(Section):
    mechanism: Literal["panel_benchmark"]
    baseline_period: Leaf[PathId]
    minimum_member_months: Leaf[Count]


class PanelMaturity(Section):
    runout_days: Leaf[Count]
    settlement_due_days: Leaf[Count]
    held_dollars_limit: Leaf[Dollars]


class PanelSettlement(Section):
    mechanism: Literal["contract_bonus", "contract_savings"]


class PanelProgram(RuleFile):
    """A rule file of kind `panel`: one member in one period is one unit, a month of it the smallest thing that is paid for."""

    kind: Literal["panel"]  # pyright: ignore[reportIncompatibleVariableOverride]
    panel: Panel
    contracts: Contracts
    prices: PanelBenchmark | None = None
    settlement: PanelSettlement
    maturity: PanelMaturity
