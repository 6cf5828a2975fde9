"""A result of `entity_savings` while it is made and when it is done: the shared terms, the last lines of the ladder, rows of tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, word
from trueup.errors import Refused
from trueup.money import round_half_up
from trueup.settlement.entity_results import EntityResult
from trueup.settlement.inputs import Refusal, Settlement, SettlementResult, SettlementStep
from trueup.settlement.minimum_savings import Bracket
from trueup.settlement.savings_terms import Track, brackets_of, choices_of, tracks_of

MECHANISM = "entity_savings"

# What each computed step is made of, for people who recompute a ladder.
HOW: dict[str, str] = {
    "savings": "benchmark − expenditure",
    "savings_rate": "savings / benchmark, cut to twelve decimals here, compared in full",
    "minimum_savings_rate": "rate_from + (rate_to − rate_from) × (assigned_members − from_members) / (to_members − from_members)",
    "minimum_savings": "minimum_savings_rate × benchmark",
    "sharing_rate": "by quality: the maximum, the maximum × quality_score, or 0; × the part shared below the minimum, if any",
    "shared_savings": "savings × sharing_rate",
    "after_sequestration": "shared_savings × (1 − sequestration_rate)",
    "cap": "cap_rate × benchmark",
    "loss_rate": "fixed, or 1 − maximum_sharing_rate × quality_score between floor and ceiling",
    "shared_losses": "−savings × loss_rate",
    "loss_limit_benchmark": "its rate × benchmark",
    "loss_limit_revenue": "its rate × participant_revenue",
    "limited_losses": "the least of shared_losses and the loss limits",
    "owed_at_most": "limited_losses − disaster_adjustment",
    "amount": "savings: the lesser of after_sequestration and cap; losses: −(limited_losses − disaster_adjustment), or 0; to a cent",
}


@dataclass(frozen=True)
class Book:
    """The terms every entity is settled by, read once."""

    rules: RuleReader
    tracks: list[Track]
    brackets: list[Bracket]
    choices: list[Decimal]


@dataclass
class Outcome:
    """One entity's result: `gate` is savings, half_rate, losses or none; a held outcome has the amount 0."""

    result: EntityResult
    ladder: Ladder
    gate: str
    amount_cents: int
    reason: str
    held: bool = False

    @property
    def status(self) -> str:
        """The word of table `settlements`."""
        if self.held:
            return "held"
        return "zero" if self.amount_cents == 0 else "payable" if self.amount_cents > 0 else "owed"


def book_of(rules: RuleReader) -> Book:
    """Read what all entities share. Raises Refused (TRU-S100) for rules of another mechanism."""
    mechanism = word(rules, "settlement.mechanism")
    if mechanism != MECHANISM:
        raise Refused("TRU-S100", f"no settlement mechanism `{mechanism}` for entity results.", next_step=f"Known: {MECHANISM}.")
    return Book(rules, tracks_of(rules), brackets_of(rules), choices_of(rules))


def close(result: EntityResult, ladder: Ladder, gate: str, amount: Fraction, reason: str, *, held: bool = False) -> Outcome:
    """Round once and write the last two lines."""
    cents = round_half_up(amount)
    if cents == 0 and reason in ("savings_shared", "half_rate_shared", "losses_shared"):
        reason = "rounds_to_zero"
    ladder.text("reason", reason)
    ladder.cents("amount", cents)
    return Outcome(result, ladder, gate, cents, reason, held)


def as_tables(outcomes: Iterable[Outcome], refusals: Iterable[Refusal]) -> SettlementResult:
    """Outcomes as rows of `settlements` and `settlement_steps`. Units are assigned members; expected is the benchmark."""
    found = list(outcomes)
    settlements = [
        Settlement(
            o.result.entity_id, o.result.period, "all", o.result.assigned_members, o.result.expenditure_cents, o.result.benchmark_cents,
            o.amount_cents, o.status, o.reason,
        )
        for o in found
    ]  # fmt: skip
    steps = [
        SettlementStep(o.result.entity_id, o.result.period, "all", position, line.name, line.amount, line.unit, line.cite)
        for o in found
        for position, line in enumerate(o.ladder.lines, 1)
    ]
    return SettlementResult(settlements, steps, list(refusals))
