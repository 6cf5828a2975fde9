"""One shared-savings contract: from its benchmark to what it earned before the challenge pool, or what it owes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import RuleReader
from trueup.settlement.contract_terms import Terms
from trueup.settlement.draft import Draft
from trueup.settlement.gates import Gates
from trueup.settlement.panel_inputs import Panel
from trueup.settlement.panel_savings import (
    counted_savings,
    loss_cents,
    shared_cents,
    sharing_terms,
    show_loss,
    show_savings,
    show_share,
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a contract brings to the challenge pool. `past_gates` is whether it counts there at all.

    `awaits_gate`: that is not known yet, although the contract itself is not held, because it owes and the gate blocks gains only.
    """

    potential_cents: int
    individual_cents: int
    past_gates: bool
    awaits_gate: bool = False


def settle_savings(
    rules: RuleReader, terms: Terms, panel: Panel, gates: Gates, draft: Draft, pmpm_cents: int, base_risk: Decimal | None, quality: Fraction
) -> Shared:
    """Fill the draft's ladder, amount and reason.

    A gate without a result holds the contract; a failed one forfeits savings and any part of the challenge pool, and leaves a loss as it is
    unless it blocks all. A contract without savings stays past its gates: it can be paid from the challenge pool and never individually.
    """
    sharing, ladder = sharing_terms(rules, terms), draft.ladder
    expected, savings = show_savings(ladder, rules, terms, sharing, panel, pmpm_cents, base_risk)
    draft.expected_cents = expected
    counted, owed = counted_savings(sharing, expected, savings), loss_cents(sharing, expected, savings)
    missing, failed = gates.first("missing", losses=owed > 0), gates.first("failed", losses=owed > 0)
    out, unknown = gates.first("failed") is not None, gates.first("missing") is not None
    past = not out and not unknown
    if missing:
        draft.reason, draft.held = missing, True
        return Shared(0, 0, past_gates=False)
    if failed:
        draft.reason = failed
        return Shared(0, 0, past_gates=False)
    if savings < 0:
        show_loss(ladder, rules, terms, sharing, expected, owed)
    if owed:
        draft.amount_cents, draft.reason = -owed, "losses_shared"
        return Shared(0, 0, past, awaits_gate=unknown and not out)
    if not counted:
        draft.reason = "below_minimum_savings" if savings > 0 else "no_savings"
        return Shared(0, 0, past)
    potential, individual = shared_cents(sharing, expected, counted, Fraction(1)), shared_cents(sharing, expected, counted, quality)
    show_share(ladder, rules, terms, sharing, expected, potential)
    ladder.rate("quality", quality)
    ladder.cents("individual", individual)
    ladder.cents("unearned", potential - individual)
    draft.amount_cents = individual
    draft.reason = "savings_shared" if individual else "score_earns_nothing"
    return Shared(potential, individual, past)
