"""A settlement while it is made: its ladder so far, its amount, and whether something holds it."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.entity_grain import Ladder
from trueup.settlement.inputs import UnitGroup


@dataclass
class Draft:
    """One group's result before holds and netting. A held draft has the amount 0 until what holds it is settled."""

    group: UnitGroup
    ladder: Ladder
    expected_cents: int
    amount_cents: int
    reason: str
    held: bool = False
    netted: bool = False

    def hold(self, reason: str) -> None:
        """Hold an amount that was computed: it stays in the ladder, the settlement becomes 0."""
        if not self.held:
            self.ladder.cents("amount_before_hold", self.amount_cents)
            self.amount_cents, self.reason, self.held = 0, reason, True

    @property
    def status(self) -> str:
        """The word of table `settlements`."""
        if self.held:
            return "held"
        if self.amount_cents == 0:
            return "zero"
        if self.netted:
            return "netted"
        return "payable" if self.amount_cents > 0 else "owed"


def close(group: UnitGroup, ladder: Ladder, expected_cents: int, amount_cents: int, reason: str, *, held: bool = False) -> Draft:
    """Finish a draft; an amount that rounds to nothing says so."""
    if amount_cents == 0 and reason in ("savings_shared", "losses_shared"):
        reason = "rounds_to_zero"
    return Draft(group, ladder, expected_cents, amount_cents, reason, held)
