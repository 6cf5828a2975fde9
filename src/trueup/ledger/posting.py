"""Posting a proposal: one pending set of lines and postings in one transaction, under ids that make a replay find the first one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import UsageError
from trueup.ledger import planning
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import PAYABLE, RECEIVABLE
from trueup.ledger.models import entries
from trueup.ledger.obligations import Actor, Proposal, digest
from trueup.ledger.periods import require_open
from trueup.ledger.results import Plan, Posting
from trueup.ledger.standing import find, status_of
from trueup.ledger.words import attempt_id, header


def post(con: Connection, proposal: Proposal, maker: Actor, recorded_at: datetime, accounting_date: date) -> Posting:
    """Write the differences of `proposal` as one pending set, or find the set that wrote them.

    Raises Refused as `planning.plan` does, and for a closed month (TRU-L012); UsageError where the accounting date lies outside the
    accounting month (TRU-L013).
    """
    attempt = attempt_id("posting_set", maker, recorded_at, proposal.request_id)
    first = _first(con, proposal.request_id, attempt)
    if first is not None:
        known = Plan(proposal.program, proposal.accounting_month, (), (first.entry_id,))
        return Posting(first.entry_id, known.posted_ids, is_new=False, status=status_of(first), plan=known)
    plan = planning.plan(con, proposal)
    if not plan.lines:
        last = plan.posted_ids[-1] if plan.posted_ids else ""
        return Posting(last, plan.posted_ids, is_new=False, status=status_of(find(con, last)) if last else "posted", plan=plan)
    if f"{accounting_date:%Y-%m}" != proposal.accounting_month:
        raise UsageError(
            "TRU-L013",
            f"{accounting_date} is not in the accounting month {proposal.accounting_month}.",
            next_step="Post with a day of that month.",
        )
    require_open(con, proposal.accounting_month)
    draft = _draft(proposal, plan, maker, recorded_at, accounting_date)
    append(con, [draft])
    entry_id = str(draft.header["entry_id"])
    return Posting(entry_id, (entry_id,), is_new=True, status="pending", plan=plan)


def _first(con: Connection, request_id: str, attempt: str) -> Row[Any] | None:
    """The set that answers this request: one that stands, or a voided one that this very attempt wrote."""
    ids = con.execute(sa.select(entries.c.entry_id).where(entries.c.request_id == request_id).order_by(entries.c.seq.desc())).scalars()
    for row in [find(con, entry_id) for entry_id in ids]:
        if status_of(row) != "voided" or row.attempt_id == attempt:
            return row
    return None


def _draft(proposal: Proposal, plan: Plan, maker: Actor, recorded_at: datetime, accounting_date: date) -> Draft:
    entry_id = digest("posting_set", *(line.line_id for line in plan.lines))
    draft = Draft(
        header(
            "posting_set",
            entry_id,
            maker,
            recorded_at,
            day=accounting_date,
            attempt=(proposal.request_id,),
            program=proposal.program,
            source=proposal.source,
            as_of=proposal.as_of,
            gate=proposal.gate,
            upside_only=int(proposal.upside_only),
            request_id=proposal.request_id,
        ),
        lines=[
            {
                "line_id": line.line_id,
                "line_no": number,
                "obligation_id": line.obligation.id,
                "program": line.obligation.program,
                "purpose": line.obligation.purpose,
                "entity_id": line.obligation.entity_id,
                "period": line.obligation.period,
                "member_id": line.obligation.member_id,
                "cohort": line.obligation.cohort,
                "claim_id": line.obligation.claim_id,
                "booked_cents": line.booked_cents,
                "entitled_cents": line.entitled_cents,
                "delta_cents": line.delta_cents,
                "reason": line.reason,
                "rate_version": line.rate_version,
                "previous_line_id": line.previous_line_id,
                "corrects_line_id": line.corrects,
            }
            for number, line in enumerate(plan.lines, start=1)
        ],
    )
    by_purpose: dict[str, int] = {}
    for (_, purpose), cents in plan.totals.items():
        by_purpose[purpose] = by_purpose.get(purpose, 0) + cents
    for purpose, cents in sorted(by_purpose.items()):
        draft.post(f"expense:{purpose}", cents)
    for entity_id, cents in plan.net_by_entity.items():
        if cents > 0:
            draft.post(PAYABLE, -cents, entity_id=entity_id)
        else:
            draft.post(RECEIVABLE, -cents, entity_id=entity_id, receivable_id=receivable_id(entry_id, entity_id))
    return draft


def receivable_id(entry_id: str, entity_id: str) -> str:
    """The id of what an entity owes from one posting set."""
    return digest("receivable", entry_id, entity_id)
