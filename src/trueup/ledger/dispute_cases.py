"""What a dispute is: claim, evidence, determination, what-if, decision, adjustment; and how one is read back from its entries.

Every step is an entry of the hash chain with one canonical JSON text in `details` and no postings. A dispute is never stored as a whole:
it follows from its entries, in their order. Money is integer cents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import Refused
from trueup.ledger.chart import DISPUTES
from trueup.ledger.dispute_clock import Terms
from trueup.ledger.models import details, entries
from trueup.ledger.obligations import Obligation, canonical, digest

PURPOSE = "shared_savings"
UNDECIDED = ("open", "escalated")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece: why, and what it is about: a claim line, a whole claim, an episode, a document, or nothing but words."""

    reason: str
    claim_id: str = ""
    claim_line_number: int = 0
    episode_id: str = ""
    document: str = ""


@dataclass(frozen=True)
class Claim:
    """What a practice disputes and says is right, in its words; no member is named in them.

    A settlement is named by entity, period and, for one cohort alone, `cohort`; an episode or its attribution by `episode_id` as well.
    `posting_id` is the posting set that made the determination; empty takes the latest. Where nothing is posted yet, an episode or
    attribution is disputed as run `run_id` stated it, on `determined_on`. With a posting set, `determined_on` is the day of notice where
    that came later than the approval.
    """

    program: str
    entity_id: str
    period: str
    claim: str
    raised_by: str
    raised_on: date
    cohort: str = ""
    episode_id: str = ""
    posting_id: str = ""
    run_id: str = ""
    determined_on: date | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Determination:
    """What is disputed: the posting set and run, the day the clock starts, cents booked in all by then, and who made and approved it.

    `amount_cents` is None, `maker` and `approver` empty, where nothing was posted.
    """

    posting_id: str
    run_id: str
    determined_on: date
    amount_cents: int | None
    maker: str
    approver: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What upholding changes for one entity, period and cohort. None: the run has no such row, or holds it.

    `posts_cents` is what the ledger would post: the corrected amount less what is booked; 0 where the corrected run states none.
    """

    entity_id: str
    period: str
    cohort: str
    settled_cents: int | None
    corrected_cents: int | None
    posts_cents: int

    @property
    def delta_cents(self) -> int:
        return (self.corrected_cents or 0) - (self.settled_cents or 0)


@dataclass(frozen=True)
class WhatIf:
    """The result of upholding, from two runs: the one that settled and one with corrected facts or settings."""

    settled_run: str
    corrected_run: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What corrected an upheld dispute: a later posting set with its cents on what was disputed, or none with the reason why."""

    posting_id: str
    run_id: str
    cents: int
    reason: str
    linked_by: str


@dataclass(frozen=True)
class Dispute:
    """One dispute as it stands. `status`: open, escalated, denied, upheld (not adjusted yet), adjusted or withdrawn.

    `ended_by` and `ended_on` say who decided or withdrew it; `ended_by` is empty where a lapsed clock did.
    """

    dispute_id: str
    terms: Terms
    claim: Claim
    determination: Determination
    raise_by: date
    decide_by: date
    recorded_by: str
    recorded_at: str
    status: str = "open"
    evidence: tuple[Evidence, ...] = ()
    what_if: WhatIf | None = None
    lapsed_on: date | None = None
    ended_on: date | None = None
    ended_by: str = ""
    ended_seq: int = 0
    reason: str = ""
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    @property
    def is_open_work(self) -> bool:
        """Whether somebody has to act: decide it, or adjust what was upheld."""
        return self.is_undecided or self.status == "upheld"

    @property
    def holds_posting(self) -> bool:
        """Whether what is booked for it stays as it is: until it is decided."""
        return self.terms.holds_payment and self.is_undecided

    @property
    def holds_money(self) -> bool:
        """Whether it is neither paid nor recouped: until it is decided, and where it is upheld until the adjustment is linked."""
        return self.terms.holds_payment and self.is_open_work

    @property
    def adjusted_cents(self) -> int:
        return sum(a.cents for a in self.adjustments)

    def days_left(self, as_of: date) -> int | None:
        """Days until the decision is due, below zero when it is overdue; None where no clock runs."""
        return (self.decide_by - as_of).days if self.status == "open" else None

    def covers(self, obligation: Obligation) -> bool:
        """Whether an obligation is (part of) what is disputed: the settlement of its entity and period, of its cohort if it names one."""
        return obligation.program == self.claim.program and self.covers_part(
            obligation.purpose, obligation.entity_id, obligation.period, obligation.cohort
        )

    def covers_part(self, purpose: str, entity_id: str, period: str, cohort: str) -> bool:
        """The same, for an obligation of the dispute's program given by its fields."""
        mine = self.claim
        return (purpose, entity_id, period) == (PURPOSE, mine.entity_id, mine.period) and mine.cohort in ("", cohort)


def dispute_id(claim: Claim, terms: Terms, determination: Determination) -> str:
    """The id of a dispute: the same matter raised on the same day is the same dispute."""
    matter = (claim.program, terms.rule_id, claim.entity_id, claim.period, claim.cohort, claim.episode_id)
    return digest("dispute", *matter, determination.posting_id, determination.run_id, claim.raised_on.isoformat())


# --- as text and back ------------------------------------------------------------------------------------------------------------------


def raised_text(claim: Claim, terms: Terms, made: Determination) -> str:
    """The content of `dispute_raised`."""
    return canonical(
        {
            "terms": asdict(terms),
            "period": claim.period,
            "cohort": claim.cohort,
            "episode_id": claim.episode_id,
            "determination": {**asdict(made), "determined_on": made.determined_on.isoformat()},
            "raised_on": claim.raised_on.isoformat(),
            "raised_by": claim.raised_by,
            "raise_by": terms.raise_by(made.determined_on).isoformat(),
            "decide_by": terms.decide_by(claim.raised_on).isoformat(),
            "claim": claim.claim,
            "evidence": [asdict(e) for e in claim.evidence],
        }
    )


def what_if_text(found: WhatIf) -> str:
    """The content of `dispute_what_if`."""
    return canonical(asdict(found))


def _raised(row: Any, content: Mapping[str, Any]) -> Dispute:
    made: dict[str, Any] = dict(content["determination"])
    made["determined_on"] = date.fromisoformat(made["determined_on"])
    determination = Determination(**made)
    claim = Claim(
        program=row.program,
        entity_id=row.entity_id,
        period=content["period"],
        claim=content["claim"],
        raised_by=content["raised_by"],
        raised_on=date.fromisoformat(content["raised_on"]),
        cohort=content["cohort"],
        episode_id=content["episode_id"],
        posting_id=determination.posting_id,
        run_id=determination.run_id,
        determined_on=determination.determined_on,
        evidence=_evidence(content["evidence"]),
    )
    return Dispute(
        dispute_id=row.entry_id,
        terms=Terms(**content["terms"]),
        claim=claim,
        determination=determination,
        raise_by=date.fromisoformat(content["raise_by"]),
        decide_by=date.fromisoformat(content["decide_by"]),
        recorded_by=row.actor,
        recorded_at=row.recorded_at,
        evidence=claim.evidence,
    )


def _evidence(items: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**item) for item in items)


def _after(was: Dispute, row: Any, content: Mapping[str, Any]) -> Dispute:
    """The dispute after one more entry."""
    match row.kind:
        case "dispute_evidence":
            return replace(was, evidence=(*was.evidence, *_evidence(content["evidence"])))
        case "dispute_what_if":
            found = WhatIf(content["settled_run"], content["corrected_run"], tuple(Difference(**d) for d in content["differences"]))
            return replace(was, what_if=found)
        case "dispute_lapsed":
            day = date.fromisoformat(content["day"])
            if content["outcome"] == "escalated":
                return replace(was, status="escalated", lapsed_on=day)
            return replace(was, status=content["outcome"], lapsed_on=day, ended_on=day, ended_seq=row.seq, reason=row.reason)
        case "dispute_decided" | "dispute_withdrawn":
            status = content.get("outcome", "withdrawn")
            day = date.fromisoformat(content["day"])
            return replace(was, status=status, ended_on=day, ended_by=row.actor, ended_seq=row.seq, reason=content["reason"])
        case _:
            one = Adjustment(content["posting_id"], content["run_id"], content["cents"], content["reason"], row.actor)
            return replace(was, status="adjusted", adjustments=(*was.adjustments, one))


def load(con: Connection, *, program: str = "", entity_id: str = "", dispute_id: str = "") -> list[Dispute]:
    """Disputes as they stand, in the order in which they were recorded. Empty filters take all."""
    filters = ((entries.c.program, program), (entries.c.entity_id, entity_id), (entries.c.subject_id, dispute_id))
    rows = con.execute(
        sa.select(entries, details.c.content)
        .join_from(entries, details, details.c.entry_seq == entries.c.seq)
        .where(entries.c.kind.in_(DISPUTES), *(column == value for column, value in filters if value))
        .order_by(entries.c.seq)
    )
    found: dict[str, Dispute] = {}
    for row in rows:
        content = cast("dict[str, Any]", json.loads(row.content))
        was = found.get(row.subject_id)
        found[row.subject_id] = _raised(row, content) if was is None else _after(was, row, content)
    return list(found.values())


def find_dispute(con: Connection, dispute_id: str) -> Dispute:
    """The dispute of that id. Raises Refused (TRU-L062) if there is none."""
    found = load(con, dispute_id=dispute_id) if dispute_id else []
    if not found:
        raise Refused("TRU-L062", f"The ledger has no dispute {dispute_id!r}.", next_step="See them with `trueup dispute list`.")
    return found[0]
