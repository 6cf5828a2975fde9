"""Gates: conditions such as quality that a program sets before money is shared. Results come from an input table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, PeriodDays, RuleReader, word
from trueup.errors import CheckFailed, Refused
from trueup.settlement.inputs import Gate

# What the source of a gate's line says more where its result was delivered.
DELIVERED = "; result delivered (gate_results)"


@dataclass(frozen=True)
class Outcome:
    """One gate as it applies to an entity: `state` is passed, failed, missing or not_applied; `blocks` is gains or all."""

    id: str
    state: str
    blocks: str
    multiplier: Decimal | None
    is_delivered: bool = False


@dataclass(frozen=True)
class Gates:
    """All gates of an entity in rule order."""

    outcomes: tuple[Outcome, ...]

    def first(self, state: str, *, losses: bool = False) -> str | None:
        """The first gate in that state, as a reason such as `gate_failed.quality`; for losses only gates that block `all` count."""
        found = (o.id for o in self.outcomes if o.state == state and not (losses and o.blocks == "gains"))
        return next((f"gate_{state}.{gate}" for gate in found), None)

    def multiplier(self) -> Fraction:
        """The product of the multipliers of the gates that multiply; 1 without any."""
        product = Fraction(1)
        for outcome in self.outcomes:
            if outcome.multiplier is not None:
                product *= Fraction(outcome.multiplier)
        return product

    def show(self, ladder: Ladder, rules: RuleReader) -> None:
        """Add one line per gate, and one per multiplier."""
        for outcome in self.outcomes:
            cite = gate_cite(rules, outcome.id) + (DELIVERED if outcome.is_delivered else "")
            ladder.text(f"gate_{outcome.id}", outcome.state, cite)
            if outcome.multiplier is not None:
                ladder.rate(f"multiplier_{outcome.id}", outcome.multiplier, cite)


def gate_cite(rules: RuleReader, gate: str) -> str:
    """The source of a gate: the cite its own `multiplies` stands under."""
    return rules.param(f"settlement.gates.{gate}.multiplies").cite


def gates_of(rules: RuleReader, period: PeriodDays, results: Mapping[str, Gate], blocks: str) -> Gates:
    """How each gate of the rule stands for one entity.

    Args:
        results: the entity's gate results of the period by gate id.
        blocks: what a gate blocks where its rule does not say: `gains` or `all`.

    A gate with `from_program_year` does not apply before that program year. A gate that multiplies and passed, but whose multiplier is
    absent, has no complete result: it is missing.
    """
    return Gates(tuple(_outcome(rules, gate, period, results.get(gate), blocks) for gate in rules.ids("settlement.gates")))


def _outcome(rules: RuleReader, gate: str, period: PeriodDays, result: Gate | None, blocks: str) -> Outcome:
    path = f"settlement.gates.{gate}"
    if rules.has(f"{path}.blocks"):
        blocks = word(rules, f"{path}.blocks")
    if rules.has(f"{path}.from_program_year"):
        if period.program_year is None:
            raise Refused("TRU-S006", f"gate `{gate}` starts in a program year and period {period.id} has none.", next_step="Give it one.")
        if Decimal(period.program_year) < Decimal(str(rules.get(f"{path}.from_program_year"))):
            return Outcome(gate, "not_applied", blocks, None)
    multiplies, outside = bool(rules.get(f"{path}.multiplies")), result is not None and result.is_delivered
    if result is None or result.passed is None:
        return Outcome(gate, "missing", blocks, None)
    if not result.passed:
        return Outcome(gate, "failed", blocks, None, outside)
    if not multiplies:
        return Outcome(gate, "passed", blocks, None, outside)
    if result.multiplier is None:
        return Outcome(gate, "missing", blocks, None, outside)
    if result.multiplier < 0:
        message = f"gate `{gate}` of {result.entity_id} has the multiplier {result.multiplier}."
        raise CheckFailed("TRU-S007", message, next_step="Multipliers are zero or more.")
    return Outcome(gate, "passed", blocks, result.multiplier, outside)
