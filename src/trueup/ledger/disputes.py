"""Disputes: raised in time, argued with evidence, decided by somebody who had no part in it, and followed by the adjustment.

Each act appends one entry to the chain and changes none; no act here moves money. What a dispute holds meanwhile is in `dispute_holds`.
Every act is safe to repeat: what was recorded already is returned with `is_new` false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import Refused
from trueup.ledger.chain import Draft, append
from trueup.ledger.dispute_cases import (
    PURPOSE,
    Claim,
    Determination,
    Dispute,
    Evidence,
    WhatIf,
    dispute_id,
    find_dispute,
    load,
    raised_text,
    what_if_text,
)
from trueup.ledger.dispute_clock import (
    ZONE,
    Terms,
    require_in_time,
    require_known_day,
    require_lapsed,
    require_undecided_in_time,
)
from trueup.ledger.models import details, entries, lines
from trueup.ledger.obligations import Actor, canonical, digest, is_clean
from trueup.ledger.results import Recorded
from trueup.ledger.standing import APPROVAL, IS_LIVE, E, find, standing, status_of
from trueup.ledger.words import header, reason_text, time_text
from trueup.money import format_cents

OUTCOMES = ("upheld", "denied")


def raise_dispute(con: Connection, claim: Claim, terms: Terms, actor: Actor, recorded_at: datetime) -> Recorded:
    """Record a dispute; the entry's id is the dispute's. `actor` records it, `claim.raised_by` raises it, and may be the same person.

    Raises Refused for a claim that does not fit the rule (TRU-L063, TRU-L066), without words (TRU-L009) or with evidence that says nothing
    (TRU-L064), for a determination that is not there (TRU-L065, TRU-L067), after the last day (TRU-L071) or on a day that cannot be
    (TRU-L072), and for what is or was disputed already (TRU-L068).
    """
    Actor(claim.raised_by)
    reason_text(claim.claim, "A dispute")
    _require_evidence(claim.evidence)
    _require_fit(claim, terms)
    made = _determination(con, claim, terms)
    if terms.outcome != "any":
        _require_outcome(terms, made, claim)
    entry_id, text = dispute_id(claim, terms, made), raised_text(claim, terms, made)
    if known := _content(con, entry_id):
        if known != text:
            raise Refused(
                "TRU-L068",
                f"Dispute {entry_id} of {claim.entity_id}, {claim.period}, of {claim.raised_on} stands with other words or evidence.",
                next_step="Nothing was recorded. Add to it with `trueup dispute evidence`.",
            )
        return Recorded(entry_id, "dispute_raised", is_new=False)
    require_in_time(terms, made.determined_on, claim.raised_on)
    require_known_day("The dispute", claim.raised_on, recorded_at)
    _refuse_disputed(con, claim, terms, made)
    about = {"program": claim.program, "entity_id": claim.entity_id, "source": terms.rule_id, "subject_id": entry_id}
    what = f"{terms.against} {claim.period} disputed"
    draft = Draft(header("dispute_raised", entry_id, actor, recorded_at, day=claim.raised_on, attempt=(text,), reason=what, **about))
    draft.detail = text
    append(con, [draft])
    return Recorded(entry_id, "dispute_raised", is_new=True)


def add_evidence(
    con: Connection, known: str, evidence: Sequence[Evidence], submitted_by: str, day: date, actor: Actor, recorded_at: datetime
) -> Recorded:
    """Add evidence to an undecided dispute. Raises Refused for none (TRU-L064), an unknown dispute (TRU-L062) or one that has ended
    (TRU-L069)."""
    Actor(submitted_by)
    _require_evidence(evidence)
    if not evidence:
        raise Refused("TRU-L064", f"No evidence is given for dispute {known}.", next_step="Name at least one piece, with its reason.")
    found = find_dispute(con, known)
    text = canonical({"day": day.isoformat(), "submitted_by": submitted_by, "evidence": [asdict(e) for e in evidence]})
    entry_id = digest("dispute_evidence", known, text)
    if _content(con, entry_id):
        return Recorded(entry_id, "dispute_evidence", is_new=False)
    _require_undecided(found)
    require_known_day("The evidence", day, recorded_at, not_before=found.claim.raised_on)
    return _record(con, "dispute_evidence", entry_id, found, actor, recorded_at, day, text, f"{len(evidence)} pieces of evidence")


def record_what_if(con: Connection, known: str, found: WhatIf, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
    """Keep the result of upholding with the dispute, for whoever decides. It decides nothing and posts nothing."""
    dispute = find_dispute(con, known)
    text = what_if_text(found)
    entry_id = digest("dispute_what_if", known, text)
    if _content(con, entry_id):
        return Recorded(entry_id, "dispute_what_if", is_new=False)
    _require_undecided(dispute)
    require_known_day("The what-if", day, recorded_at, not_before=dispute.claim.raised_on)
    what = f"what if: run {found.corrected_run} for {found.settled_run}"
    return _record(con, "dispute_what_if", entry_id, dispute, actor, recorded_at, day, text, what)


def decide(con: Connection, known: str, outcome: str, reason: str, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
    """Decide an undecided dispute, `upheld` or `denied`, for a reason. The same decision by the same person again changes nothing.

    Raises Refused for another outcome (TRU-L070), without a reason (TRU-L009), for an ended dispute (TRU-L069), after the day on which it
    was due (TRU-L073; once the lapse is recorded as an escalation it can be decided), and for who raised or recorded it or made or
    approved the determination (TRU-L075).
    """
    if outcome not in OUTCOMES:
        raise Refused("TRU-L070", f"{outcome!r} is no decision.", next_step="A dispute is upheld or denied.")
    reason_text(reason, "A decision")
    found = find_dispute(con, known)
    was = "upheld" if found.status == "adjusted" else found.status
    if (was, found.reason) == (outcome, reason) and found.ended_by and Actor(found.ended_by).key == actor.key:
        return Recorded(digest("dispute_decided", known), "dispute_decided", is_new=False)
    _require_undecided(found)
    parts = {
        "raised it": found.claim.raised_by,
        "recorded it": found.recorded_by,
        "made the determination": found.determination.maker,
        "approved the determination": found.determination.approver,
    }
    for part, name in parts.items():
        if name and Actor(name).key == actor.key:
            raise Refused(
                "TRU-L075", f"{actor.name} {part} and cannot decide dispute {known}.", next_step="Ask somebody who had no part in it."
            )
    require_known_day("The decision", day, recorded_at, not_before=found.claim.raised_on)
    if found.status == "open":
        require_undecided_in_time(found.terms, found.decide_by, day)
    text = canonical({"outcome": outcome, "day": day.isoformat(), "reason": reason})
    return _record(con, "dispute_decided", digest("dispute_decided", known), found, actor, recorded_at, day, text, outcome)


def withdraw(con: Connection, known: str, reason: str, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
    """Withdraw an undecided dispute: only who raised or recorded it can (TRU-L076). What it held goes on."""
    reason_text(reason, "A withdrawal")
    found = find_dispute(con, known)
    entry_id = digest("dispute_withdrawn", known)
    if found.status == "withdrawn" and Actor(found.ended_by).key == actor.key:
        return Recorded(entry_id, "dispute_withdrawn", is_new=False)
    _require_undecided(found)
    if actor.key not in {Actor(found.claim.raised_by).key, Actor(found.recorded_by).key}:
        raise Refused(
            "TRU-L076",
            f"{actor.name} neither raised nor recorded dispute {known} and cannot withdraw it.",
            next_step=f"Only {found.claim.raised_by}, or {found.recorded_by} for them, can; anybody else decides it.",
        )
    require_known_day("The withdrawal", day, recorded_at, not_before=found.claim.raised_on)
    text = canonical({"day": day.isoformat(), "reason": reason})
    return _record(con, "dispute_withdrawn", entry_id, found, actor, recorded_at, day, text, "withdrawn")


def lapse(con: Connection, known: str, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
    """Record that the clock of an open dispute ran out, with what the rule says of it: denied, upheld, or escalated, which decides nothing.

    Raises Refused while the clock runs (TRU-L074) and for an ended dispute (TRU-L069).
    """
    found = find_dispute(con, known)
    entry_id = digest("dispute_lapsed", known)
    if found.lapsed_on is not None:
        return Recorded(entry_id, "dispute_lapsed", is_new=False)
    _require_undecided(found)
    require_known_day("The lapse", day, recorded_at)
    require_lapsed(found.decide_by, day)
    outcome = found.terms.when_lapses
    text = canonical({"outcome": outcome, "day": day.isoformat()})
    why = f"no decision by {found.decide_by}: {outcome}"
    return _record(con, "dispute_lapsed", entry_id, found, actor, recorded_at, day, text, why)


def adjust(con: Connection, known: str, posting_id: str, run_id: str, reason: str, actor: Actor, recorded_at: datetime) -> Recorded:
    """Link the adjustment of an upheld dispute: an approved posting set made after the decision. With `posting_id` empty, record that
    the corrected run `run_id` changes no dollar of it, for a reason.

    Raises Refused for a dispute that is not upheld (TRU-L081), and a set that is not posted, is older than the decision, or holds nothing
    of what was disputed (TRU-L082).
    """
    found = find_dispute(con, known)
    entry_id = digest("dispute_adjusted", known, posting_id or run_id)
    if _content(con, entry_id):
        return Recorded(entry_id, "dispute_adjusted", is_new=False)
    if found.status not in ("upheld", "adjusted"):
        raise Refused("TRU-L081", f"Dispute {known} is {found.status}: there is nothing to adjust.", next_step="Only what was upheld is.")
    cents = 0
    if posting_id:
        row = find(con, posting_id)
        cents = _adjusted_cents(con, row, found)
        run_id = row.source
    elif not run_id.strip() or not is_clean(run_id):
        raise Refused("TRU-L082", "No posting set and no run is named.", next_step="Name the posting set that corrects what was disputed.")
    if not posting_id:
        reason_text(reason, "An adjustment that changes no dollar")
    day = date.fromisoformat(time_text(recorded_at)[:10])
    text = canonical({"posting_id": posting_id, "run_id": run_id, "cents": cents, "reason": reason})
    what = f"adjusted by {format_cents(cents)}"
    return _record(con, "dispute_adjusted", entry_id, found, actor, recorded_at, day, text, what)


# --- what is disputed ------------------------------------------------------------------------------------------------------------------


def _determination(con: Connection, claim: Claim, terms: Terms) -> Determination:
    sets = con.execute(
        sa.select(
            E.c.entry_id, E.c.seq, E.c.source, E.c.actor, APPROVAL.c.actor.label("approver"), APPROVAL.c.recorded_at.label("approved")
        )
        .select_from(standing())
        .where(E.c.kind == "posting_set", E.c.program == claim.program, APPROVAL.c.seq.is_not(None), IS_LIVE)
        .where(sa.exists().where(lines.c.entry_seq == E.c.seq, lines.c.purpose == PURPOSE, lines.c.period == claim.period))
        .order_by(E.c.seq)
    ).all()
    if claim.posting_id:
        sets = [row for row in sets if row.entry_id == claim.posting_id]
    elif own := [row for row in sets if _has_line(con, row.seq, claim)]:
        sets = own
    if not sets:
        return _unposted(claim, terms)
    row = sets[-1]
    approved = date.fromisoformat(row.approved[:10])
    if claim.determined_on is not None and claim.determined_on < approved - ZONE:
        raise Refused(
            "TRU-L067",
            f"Settlement {row.entry_id} was approved on {approved}; notice of it cannot be of {claim.determined_on}.",
            next_step="Nothing was recorded. Leave the day out, or give the later day on which notice was served.",
        )
    return Determination(
        posting_id=row.entry_id,
        run_id=row.source,
        determined_on=claim.determined_on or approved,
        amount_cents=_booked(con, claim, row.seq),
        maker=row.actor,
        approver=row.approver,
    )


def _unposted(claim: Claim, terms: Terms) -> Determination:
    if terms.against == "settlement" or claim.posting_id:
        raise Refused(
            "TRU-L065",
            f"The ledger has no approved settlement of {claim.program}, {claim.period}"
            + (f", with the id {claim.posting_id}." if claim.posting_id else "."),
            next_step="Nothing was recorded. A settlement is disputed once it is posted and approved; a draft price before it is final.",
        )
    if not claim.run_id.strip() or not is_clean(claim.run_id) or claim.determined_on is None:
        raise Refused(
            "TRU-L065",
            f"Nothing is posted for {claim.entity_id}, {claim.period}: what states the {terms.against}, and since when?",
            next_step="Name the run, and the day on which it was given to the practice.",
        )
    return Determination("", claim.run_id, claim.determined_on, None, "", "")


def _matching(claim: Claim) -> list[sa.ColumnElement[bool]]:
    wanted = [
        lines.c.program == claim.program,
        lines.c.purpose == PURPOSE,
        lines.c.entity_id == claim.entity_id,
        lines.c.period == claim.period,
    ]
    return [*wanted, lines.c.cohort == claim.cohort] if claim.cohort else wanted


def _has_line(con: Connection, seq: int, claim: Claim) -> bool:
    return con.execute(sa.select(lines.c.line_id).where(lines.c.entry_seq == seq, *_matching(claim)).limit(1)).first() is not None


def _booked(con: Connection, claim: Claim, seq: int) -> int:
    """What was booked for it in all, through a set."""
    total = (
        sa.select(sa.func.coalesce(sa.func.sum(lines.c.delta_cents), 0))
        .select_from(standing().join(lines, lines.c.entry_seq == E.c.seq))
        .where(IS_LIVE, E.c.seq <= seq, *_matching(claim))
    )
    return int(con.execute(total).scalar_one())


def _adjusted_cents(con: Connection, row: Row[Any], found: Dispute) -> int:
    wrong = ""
    if row.kind != "posting_set" or status_of(row) != "posted" or row.program != found.claim.program:
        wrong = f"is a {row.kind} of {row.program} that is {status_of(row)}, not an approved posting set of {found.claim.program}"
    elif row.seq < found.ended_seq:
        wrong = "was made before the dispute was decided"
    elif not _has_line(con, row.seq, found.claim):
        wrong = f"holds nothing of the settlement of {found.claim.entity_id}, {found.claim.period}"
    if wrong:
        raise Refused(
            "TRU-L082",
            f"{row.entry_id} {wrong}: it does not adjust dispute {found.dispute_id}.",
            next_step="Settle again with what was decided, post and approve that, and name its posting set.",
        )
    cents = con.execute(sa.select(sa.func.sum(lines.c.delta_cents)).where(lines.c.entry_seq == row.seq, *_matching(found.claim)))
    return int(cents.scalar_one())


# --- what cannot be ----------------------------------------------------------------------------------------------------------------------


def _require_fit(claim: Claim, terms: Terms) -> None:
    names = (claim.program, claim.entity_id, claim.period)
    is_one = terms.against != "settlement"
    unclean = not all(is_clean(text) for text in (*names, claim.cohort, claim.episode_id))
    if not all(name.strip() for name in names) or unclean or is_one != bool(claim.episode_id) or (is_one and claim.cohort):
        wanted = "a program, an entity, a period and one episode" if is_one else "a program, an entity, a period and perhaps a cohort"
        raise Refused(
            "TRU-L063",
            f"Rule {terms.rule_id} is about a dispute of {'an' if is_one else 'a'} {terms.against}: that names {wanted}.",
            next_step="Nothing was recorded. Give these, and no others.",
        )


def _require_outcome(terms: Terms, made: Determination, claim: Claim) -> None:
    cents = made.amount_cents or 0
    if made.amount_cents is None or (cents <= 0 if terms.outcome == "gain" else cents >= 0):
        shown = "not posted" if made.amount_cents is None else format_cents(cents)
        raise Refused(
            "TRU-L066",
            f"Rule {terms.rule_id} is about a {terms.outcome}; the settlement of {claim.entity_id}, {claim.period}, is {shown}.",
            next_step="Nothing was recorded. Use the rule for what was determined; a gain is above zero, a loss below.",
        )


def _require_evidence(evidence: Sequence[Evidence]) -> None:
    for number, one in enumerate(evidence, start=1):
        texts = (one.reason, one.claim_id, one.episode_id, one.document)
        is_line = type(one.claim_line_number) is int and one.claim_line_number >= 0
        if not one.reason.strip() or not all(map(is_clean, texts)) or not is_line or (one.claim_line_number and not one.claim_id):
            raise Refused(
                "TRU-L064",
                f"Piece {number} of the evidence has no reason, a line without its claim, or control characters.",
                next_step="Nothing was recorded. Each piece says why, and what it is about.",
            )


def _require_undecided(found: Dispute) -> None:
    if not found.is_undecided:
        by = f" by {found.ended_by}" if found.ended_by else " because its clock ran out"
        outcome = "upheld" if found.status == "adjusted" else found.status
        raise Refused(
            "TRU-L069",
            f"Dispute {found.dispute_id} was {outcome}{by} on {found.ended_on}.",
            next_step="Nothing was recorded. What follows is the adjustment of an upheld dispute.",
        )


def _refuse_disputed(con: Connection, claim: Claim, terms: Terms, made: Determination) -> None:
    """One determination is disputed once, unless the dispute was withdrawn: two would decide it twice."""
    for other in load(con, program=claim.program, entity_id=claim.entity_id):
        theirs = other.claim
        is_same = (theirs.period, theirs.episode_id) == (claim.period, claim.episode_id) and other.terms.against == terms.against
        is_made = (other.determination.posting_id, other.determination.run_id) == (made.posting_id, made.run_id)
        is_part = theirs.cohort == claim.cohort or not theirs.cohort or not claim.cohort
        if is_same and is_made and is_part and other.status != "withdrawn":
            raise Refused(
                "TRU-L068",
                f"The {terms.against} of {claim.entity_id}, {claim.period}, is disputed already: {other.dispute_id} is {other.status}.",
                next_step="Nothing was recorded. Add evidence to that one; a later determination can be disputed anew.",
            )


def _content(con: Connection, entry_id: str) -> str:
    wanted = sa.select(details.c.content).join_from(entries, details, details.c.entry_seq == entries.c.seq)
    return con.execute(wanted.where(entries.c.entry_id == entry_id)).scalar() or ""


def _record(
    con: Connection, kind: str, entry_id: str, found: Dispute, actor: Actor, recorded_at: datetime, day: date, text: str, reason: str
) -> Recorded:
    about = {"program": found.claim.program, "entity_id": found.claim.entity_id, "source": found.terms.rule_id, "reason": reason}
    draft = Draft(header(kind, entry_id, actor, recorded_at, day=day, attempt=(text,), subject_id=found.dispute_id, **about))
    draft.detail = text
    append(con, [draft])
    return Recorded(entry_id, kind, is_new=True)
