"""The chart of accounts: declared classes of accounts with kind and normal side, and the kinds of journal entries.

An account is `<class>:<program>` or, where a practice has one of its own, `<class>:<program>:<entity>`. Amounts are debits above zero and
credits below, so that every set of postings sums to zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from trueup.ledger.obligations import PURPOSES


@dataclass(frozen=True, slots=True)
class AccountClass:
    """One declared class: `kind` is asset, liability, expense or clearing; `normal_sign` +1 for debit; clearing must be zero at close."""

    name: str
    kind: str
    normal_sign: int
    is_per_entity: bool = False

    @property
    def must_clear(self) -> bool:
        return self.kind == "clearing"


FUNDS, PAYABLE, RECEIVABLE = "asset:program_funds", "liability:provider", "asset:receivable:provider"
IN_TRANSIT, WRITE_OFF = "clearing:in_transit", "expense:write_off"

CHART = {
    c.name: c
    for c in (
        AccountClass(FUNDS, "asset", 1),
        AccountClass(RECEIVABLE, "asset", 1, is_per_entity=True),
        AccountClass(PAYABLE, "liability", -1, is_per_entity=True),
        *(AccountClass(f"expense:{purpose}", "expense", 1) for purpose in PURPOSES),
        AccountClass(WRITE_OFF, "expense", 1),
        AccountClass(IN_TRANSIT, "clearing", 1),
        AccountClass("clearing:claims_unassigned", "clearing", 1),
        AccountClass("clearing:rounding", "clearing", 1),
    )
}

# Entries that wait for a second person before they count as posted.
PROPOSED = ("posting_set", "remittance", "offset", "write_off")
DECISIONS = ("approval", "void")
# What became of an approved remittance: the money arrived, or came back.
OUTCOMES = ("confirmation", "rejection")
MONTH_EVENTS = ("close", "reopen")
# The steps of a dispute. They have no postings; each has one text in `details`.
DISPUTES = (
    "dispute_raised",
    "dispute_evidence",
    "dispute_what_if",
    "dispute_decided",
    "dispute_withdrawn",
    "dispute_lapsed",
    "dispute_adjusted",
)
KINDS = (*PROPOSED, *DECISIONS, *OUTCOMES, *MONTH_EVENTS, "departure", *DISPUTES)


def account_name(account_class: str, program: str, entity_id: str = "") -> str:
    """The name of an account of a declared class. Raises KeyError for a class that is not declared."""
    return ":".join([account_class, program, entity_id] if CHART[account_class].is_per_entity else [account_class, program])
