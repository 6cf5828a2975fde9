"""What money is owed for, and how a run states it: obligations, cumulative entitlements, proposals, and the people who act on them.

A run never says "pay 40.00 more". It says "for this obligation 100.00 are due in all", and the ledger books the difference to what is
booked already. So a replay is safe and a late claim is a difference, whatever order things happened in.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from trueup.errors import Refused, UsageError

PURPOSES = (
    "case_rate", "ffs_adjustment", "shared_savings", "quality_bonus", "challenge_pool", "tier_add_on", "interim_add_on", "member_fee",
)  # fmt: skip

# What one period can only earn, never owe. A settlement may owe under two-sided risk; an adjustment of a claim has either sign.
NEVER_NEGATIVE = ("case_rate", "challenge_pool", "tier_add_on", "interim_add_on", "member_fee")

# Why an amount is what it is. A run may use other words of this form; these are the ones that statements explain.
REASONS = (
    "cycle",
    "late_claim",
    "void",
    "replacement",
    "eligibility_retro",
    "attribution",
    "loss",
    "death",
    "rate_change",
    "config_correction",
    "settlement",
    "interim",
    "final",
    "true_up",
    "appeal",
    "correction",
    "no_longer_entitled",
)
_WORD = re.compile(r"[a-z][a-z0-9_.]*")
_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

MOST_CENTS = 10**15  # ten trillion dollars: anything above is a fault of units, and sums stay far inside 64 bits


# The one text of a value that hashes are taken of; an encoder kept, since making one for each value costs more than encoding.
canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def digest(*parts: object) -> str:
    """32 hex digits that identify `parts`, the same on every machine."""
    return hashlib.sha256(canonical(parts).encode()).hexdigest()[:32]


def is_clean(text: str) -> bool:
    """Whether `text` can be stored, hashed and exported on every system: no control characters, no lone surrogates."""
    return _UNCLEAN.search(text) is None


@dataclass(frozen=True, slots=True)
class Obligation:
    """What money is owed for: the identity of one cumulative entitlement.

    `period` is `2025-04` for monthly payments and the rule file's period id (`PY2025`) for settlements.
    Raises Refused (TRU-L001) for an unknown purpose, an empty program, entity or period, or text with control characters.
    """

    program: str
    purpose: str
    entity_id: str
    period: str
    member_id: str = ""
    cohort: str = ""
    claim_id: str = ""

    def __post_init__(self) -> None:
        if self.purpose not in PURPOSES:
            raise Refused(
                "TRU-L001",
                f"{self.purpose!r} is not a purpose of payment.",
                next_step=f"Expected one of {', '.join(PURPOSES)}.",
            )
        empty = [name for name in ("program", "entity_id", "period") if not getattr(self, name).strip()]
        is_unclean = not is_clean("".join(self.key))
        if empty or is_unclean:
            wrong = " and ".join(([f"no {', '.join(empty)}"] if empty else []) + (["control characters in its text"] if is_unclean else []))
            raise Refused("TRU-L001", f"An obligation of purpose {self.purpose} has {wrong}.", next_step="Correct what the run states.")

    @property
    def key(self) -> tuple[str, str, str, str, str, str, str]:
        """All fields, in the order in which obligations are listed."""
        return (self.program, self.purpose, self.entity_id, self.period, self.member_id, self.cohort, self.claim_id)

    @property
    def id(self) -> str:
        """32 hex digits of the hash of the fields."""
        return digest("obligation", *self.key)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What is due for one obligation in all, as one run states it.

    `amount_cents` is cumulative, positive for money to the practice; `reason` is a word such as those of `REASONS`; `rate_version` names
    the rate used.
    Raises Refused for an amount that is no integer or beyond `MOST_CENTS` (TRU-L002), below zero where the purpose only earns (TRU-L003),
    or a reason that is no word in lower case (TRU-L004).
    """

    obligation: Obligation
    amount_cents: int
    reason: str
    rate_version: str = ""

    def __post_init__(self) -> None:
        cents, purpose = self.amount_cents, self.obligation.purpose
        if type(cents) is not int or abs(cents) > MOST_CENTS:
            raise Refused(
                "TRU-L002",
                f"{cents!r} for {purpose} of {self.obligation.entity_id}, {self.obligation.period}: expected integer cents "
                f"of at most {MOST_CENTS}.",
                next_step="State the amount in whole cents.",
            )
        if cents < 0 and purpose in NEVER_NEGATIVE:
            raise Refused(
                "TRU-L003",
                f"{purpose} of {self.obligation.entity_id}, {self.obligation.period}: {cents} cents in all, but this purpose never owes.",
                next_step="A correction lowers the cumulative entitlement, at most to zero.",
            )
        if not _WORD.fullmatch(self.reason) or not is_clean(self.rate_version):
            raise Refused(
                "TRU-L004",
                f"{self.reason!r} with rate version {self.rate_version!r} does not explain a {purpose} entitlement.",
                next_step=f"A reason is one word in lower case, such as {', '.join(REASONS[:4])}.",
            )


@dataclass(frozen=True)
class Proposal:
    """What one run proposes to post.

    `source` is the run id. Every difference lands in `accounting_month` (`2025-04`), whatever period it is for. For the purposes of
    `complete_for`, an obligation that is booked but not listed is entitled to 0: a cycle states everything up to its month. `held`
    obligations do not change. With `upside_only` the cumulative shared savings of an entity and period never go below zero. `gate` is text
    that is stored with the payment: the gate's numbers. `as_of` is the day whose knowledge the run used; where it is given, a run that
    knows less than what is booked cannot undo it.
    """

    program: str
    source: str
    accounting_month: str
    entitlements: tuple[Entitlement, ...]
    complete_for: tuple[str, ...] = ()
    held: tuple[Obligation, ...] = ()
    upside_only: bool = False
    gate: str = ""
    as_of: str = ""

    def __post_init__(self) -> None:
        """Raises Refused for an unknown purpose in `complete_for` (TRU-L001), and an obligation of another program, listed twice, or both
        listed and held (TRU-L005)."""
        unknown = sorted(set(self.complete_for) - set(PURPOSES))
        if unknown or not self.program or not self.source or not is_clean(self.source + self.gate.replace("\n", "") + self.as_of):
            purposes = ", ".join(unknown) or "known purposes"
            raise Refused(
                "TRU-L001",
                f"The proposal of program {self.program!r} from run {self.source!r}, complete for {purposes}, cannot be read.",
                next_step=f"Name a program and a run, in text without control characters; purposes are {', '.join(PURPOSES)}.",
            )
        seen: set[tuple[str, ...]] = set()
        for obligation in (*(e.obligation for e in self.entitlements), *self.held):
            if obligation.program != self.program or obligation.key in seen:
                what = "is listed twice, or listed and held" if obligation.key in seen else f"is of program {obligation.program}"
                raise Refused(
                    "TRU-L005",
                    f"{obligation.purpose} of {obligation.entity_id}, {obligation.period}, {what}; the proposal is of {self.program}.",
                    next_step="State each obligation of the program once, with its cumulative amount, or hold it.",
                )
            seen.add(obligation.key)

    @cached_property
    def request_id(self) -> str:
        """Identifies what is asked, without who asks or when: the same run posted again is the same request."""
        stated = sorted((*e.obligation.key, e.amount_cents, e.reason, e.rate_version) for e in self.entitlements)
        held = sorted(o.key for o in self.held)
        head = (self.program, self.source, self.accounting_month, sorted(set(self.complete_for)), self.upside_only)
        return digest("post", *head, stated, held)


@dataclass(frozen=True)
class Actor:
    """A person who acts. `is_verified` says that a sign-on vouches for the name; otherwise it is the name the system user gave."""

    name: str
    is_verified: bool = False

    def __post_init__(self) -> None:
        if not self.key or not is_clean(self.name):
            raise UsageError("TRU-L006", f"{self.name!r} does not name a person.", next_step="Give the name of the person who acts.")

    @property
    def key(self) -> str:
        """The name as names are compared: two spellings of one name are one person."""
        return " ".join(unicodedata.normalize("NFKC", self.name).casefold().split())
