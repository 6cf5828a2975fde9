"""Disputes of what was determined: `trueup dispute raise | evidence | what-if | decide | adjust | withdraw | lapse | list | show`.

The clocks come from the program's dispute rules. A draft price is challenged before it is final, not here.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.table import Table

from trueup.commands.answers import run_folders
from trueup.commands.books import By, LedgerAt, actor_of, ledger_of, moment
from trueup.commands.common import Assume, Programs, WorkspaceAt, app, day, out, program_of, show
from trueup.errors import Place, UsageError
from trueup.ledger.dispute_cases import Claim, Difference, Dispute, Evidence, WhatIf
from trueup.ledger.dispute_clock import terms_of
from trueup.ledger.dispute_what_if import booked_settlements, what_if_settlement
from trueup.manifest import read_manifest
from trueup.money import format_cents
from trueup.reports.source import read_rows
from trueup.workspace import Workspace

dispute_app = App(name="dispute", help="Dispute a settlement, an episode or an attribution: raise, argue, decide, adjust.")
app.command(dispute_app)

On = Annotated[str | None, Parameter(name="--date", help="The day it happened; default: today.")]
Pieces = Annotated[
    Path | None,
    Parameter(name="--evidence", help="CSV with `reason` and any of claim_id, claim_line_number, episode_id, document."),
]
Reason = Annotated[str, Parameter(help="Why, in words; name no member.")]
COLUMNS = ("reason", "claim_id", "claim_line_number", "episode_id", "document")


# --- acts ----------------------------------------------------------------------------------------------------------------------------


@dispute_app.command(name="raise")
def raise_(
    program: str, rule: Annotated[str, Parameter(help="The program's dispute rule, e.g. settlement.")], *,
    entity: str, period: str, claim: Annotated[str, Parameter(help="What the practice says is right; name no member.")],
    cohort: Annotated[str, Parameter(help="Dispute this cohort alone.")] = "",
    episode: Annotated[str, Parameter(help="For an episode or its attribution: the episode's id.")] = "",
    posting: Annotated[str, Parameter(help="The posting set disputed; default: the latest of the entity and period.")] = "",
    run: Annotated[str, Parameter(name="--run", help="Where nothing is posted yet: the run that stated it.")] = "",
    determined: Annotated[str | None, Parameter(help="The day of notice, where that came after the approval.")] = None,
    raised_by: Annotated[str | None, Parameter(help="The practice's person; default: who acts.")] = None,
    evidence: Pieces = None, on: On = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
    assume: Assume = None, programs: Programs = None,
) -> int:  # fmt: skip
    """Record a dispute. After the last day that the program gives it is refused, and nothing is recorded."""
    loaded = program_of(program, programs, assume)
    terms = terms_of(loaded, rule, loaded.rule_version)
    who = actor_of(actor)
    asked = Claim(
        program=program,
        entity_id=entity,
        period=period,
        claim=claim,
        raised_by=who.name if raised_by is None else raised_by,
        raised_on=day(on, "date"),
        cohort=cohort,
        episode_id=episode,
        posting_id=posting,
        run_id=run,
        determined_on=day(determined, "determined") if determined else None,
        evidence=read_evidence(evidence) if evidence else (),
    )
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        done = book.raise_dispute(asked, terms, actor=who, recorded_at=moment())
        found = book.dispute(done.entry_id)
    out.print(f"Dispute {found.dispute_id}" + (" is recorded." if done.is_new else " was recorded before."))
    out.print(
        f"The last day to raise it was {found.raise_by}. A decision is due by {found.decide_by}; without one it is {terms.when_lapses}."
    )
    out.print(f"These days follow rule {rule}: {terms.cite}.")
    if terms.holds_payment:
        out.print(f"Until then the settlement of {entity}, {period}, is neither changed, nor paid, nor recouped.")
    return 0


@dispute_app.command
def evidence(
    dispute: str, *, evidence: Pieces = None, reason: Annotated[str, Parameter(help="One piece on the command line: why.")] = "",
    claim_id: str = "", line: int = 0, episode: str = "", document: str = "",
    submitted_by: Annotated[str | None, Parameter(help="Who submits it; default: who acts.")] = None,
    on: On = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Add evidence to an undecided dispute: a file of it, or one piece."""
    who = actor_of(actor)
    pieces = [*(read_evidence(evidence) if evidence else ()), *([Evidence(reason, claim_id, line, episode, document)] if reason else [])]
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        name = who.name if submitted_by is None else submitted_by
        done = book.add_evidence(dispute, pieces, submitted_by=name, day=day(on, "date"), actor=who, recorded_at=moment())
    out.print(f"{len(pieces)} pieces of evidence" + (" are recorded." if done.is_new else " were recorded before."))
    return 0


@dispute_app.command(name="what-if")
def what_if(
    dispute: str, *, corrected: Annotated[str, Parameter(help="The run made with what the practice says is right.")],
    settled: Annotated[str, Parameter(help="The run that settled; default: the one disputed.")] = "",
    record: Annotated[bool, Parameter(help="Keep the result with the dispute, for whoever decides.", negative="")] = False,
    on: On = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """What upholding would change: two runs' settlements side by side, and what the ledger would post. Nothing is posted."""
    ws = Workspace.open(workspace)
    with ledger_of(ws, ledger, create=False) as book:
        about = book.dispute(dispute)
        program, before = about.claim.program, settled or about.determination.run_id
        rows, is_scenario = _settlements(ws, before, program), _is_scenario(ws, corrected, program)
        booked = booked_settlements(book.lines(program=program, purpose="shared_savings", status="live"))
        found = WhatIf(before, corrected, what_if_settlement(rows, _settlements(ws, corrected, program), booked))
        if record:
            book.record_what_if(dispute, found, day=day(on, "date"), actor=actor_of(actor), recorded_at=moment())
    _show_what_if(found)
    if is_scenario:
        out.print(f"Run {corrected} is a scenario: it answers what would be, and is never posted itself.")
    out.print("It is kept with the dispute." if record else "Nothing was recorded.")
    return 0


@dispute_app.command
def decide(
    dispute: str, outcome: Literal["upheld", "denied"], *, reason: Reason, on: On = None,
    workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Decide a dispute. Nobody decides who raised or recorded it, or made or approved what is disputed."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        done = book.decide_dispute(dispute, outcome, reason=reason, day=day(on, "date"), actor=actor_of(actor), recorded_at=moment())
    out.print(f"Dispute {dispute} is {outcome}." + ("" if done.is_new else " It was before."))
    if outcome == "upheld":
        out.print("Now settle again with what was decided, post and approve it, and link it: trueup dispute adjust.")
    return 0


@dispute_app.command
def adjust(
    dispute: str, *, posting: Annotated[str, Parameter(help="The approved posting set that corrects what was disputed.")] = "",
    run: Annotated[str, Parameter(name="--run", help="Without a posting set: the corrected run that changes no dollar.")] = "",
    reason: Annotated[str, Parameter(help="With --run: why no dollar changes.")] = "",
    workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Link the adjustment to an upheld dispute. What it held goes on."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        book.adjust_dispute(dispute, posting_id=posting, run_id=run, reason=reason, actor=actor_of(actor), recorded_at=moment())
        found = book.dispute(dispute)
    out.print(f"Dispute {dispute} is adjusted by {format_cents(found.adjusted_cents)}.")
    return 0


@dispute_app.command
def withdraw(
    dispute: str, *, reason: Reason, on: On = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None
) -> int:  # fmt: skip
    """Withdraw a dispute: only who raised or recorded it can."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        book.withdraw_dispute(dispute, reason=reason, day=day(on, "date"), actor=actor_of(actor), recorded_at=moment())
    out.print(f"Dispute {dispute} is withdrawn.")
    return 0


@dispute_app.command
def lapse(dispute: str, *, on: On = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None) -> int:
    """Record that no decision came in time: denied, upheld or escalated, as the program says."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        book.lapse_dispute(dispute, day=day(on, "date"), actor=actor_of(actor), recorded_at=moment())
        found = book.dispute(dispute)
    out.print(f"Dispute {dispute}: no decision by {found.decide_by}, so it is {found.status}.")
    return 0


# --- reading -------------------------------------------------------------------------------------------------------------------------


@dispute_app.command(name="list")
def list_(
    *, program: str = "", entity: str = "", as_of: Annotated[str | None, Parameter(name="--as-of")] = None,
    open_only: Annotated[bool, Parameter(name="--open", help="Only what somebody has to decide or adjust.", negative="")] = False,
    workspace: WorkspaceAt = Path(), ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Every dispute with its clock: days left until a decision is due."""
    when = day(as_of, "as of")
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        found = [d for d in book.disputes(program=program, entity_id=entity) if d.is_open_work or not open_only]
    table = Table(title=f"Disputes as of {when}")
    for name in ("id", "program", "entity", "rule", "period", "status", "raised", "decision due", "holds"):
        table.add_column(name)
    for name in ("days left", "disputed", "adjusted"):
        table.add_column(name, justify="right")
    for d in found:
        left, cents = d.days_left(when), d.determination.amount_cents
        table.add_row(
            d.dispute_id,
            d.claim.program,
            d.claim.entity_id,
            d.terms.rule_id,
            d.claim.period + (f" {d.claim.cohort}" if d.claim.cohort else ""),
            d.status + (" (overdue)" if left is not None and left < 0 else ""),
            str(d.claim.raised_on),
            str(d.decide_by),
            "money" if d.holds_money else "",
            "" if left is None else str(left),
            "" if cents is None else format_cents(cents),
            format_cents(d.adjusted_cents) if d.adjustments else "",
        )
    show(table)
    waiting = sum(d.is_undecided for d in found)
    out.print(f"{len(found)} disputes: {waiting} to decide, {sum(d.status == 'upheld' for d in found)} to adjust.")
    return 0


@dispute_app.command(name="show")
def show_(dispute: str, *, workspace: WorkspaceAt = Path(), ledger: LedgerAt = None) -> int:
    """One dispute from claim to adjustment, with its dollars."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        found = book.dispute(dispute)
    for line in described(found):
        out.print(line)
    if found.what_if:
        _show_what_if(found.what_if)
    for line in ending(found):
        out.print(line)
    return 0


def described(found: Dispute) -> list[str]:
    """Claim, determination, clocks and evidence, in words."""
    claim, made, terms = found.claim, found.determination, found.terms
    what = f"{terms.against} of {claim.entity_id}, {claim.period}" + (f", {claim.cohort}" if claim.cohort else "")
    shown = "not posted" if made.amount_cents is None else format_cents(made.amount_cents)
    by = f", made by {made.maker}, approved by {made.approver}" if made.posting_id else ""
    lines = [
        f"Dispute {found.dispute_id}: {found.status}",
        f"Against: {what}" + (f", episode {claim.episode_id}" if claim.episode_id else ""),
        f"Determination: {shown} in all, {made.determined_on}, run {made.run_id}{by}"
        + (f", posting set {made.posting_id}" if made.posting_id else ""),
        f"Claim of {claim.raised_by}, {claim.raised_on} (recorded by {found.recorded_by}): {claim.claim}",
        f"Clocks of rule {terms.rule_id}: raised by {found.raise_by} at the latest, decision due by {found.decide_by}, then "
        f"{terms.when_lapses}; {terms.cite}",
    ]
    return lines + [f"Evidence {n}: {_about(e)}{e.reason}" for n, e in enumerate(found.evidence, start=1)]


def ending(found: Dispute) -> list[str]:
    """Lapse, decision and adjustment, in words."""
    lines = [f"Lapsed: {found.lapsed_on}, no decision by {found.decide_by}"] if found.lapsed_on else []
    if found.ended_by:
        outcome = "upheld" if found.status == "adjusted" else found.status
        lines.append(f"{outcome.capitalize()} by {found.ended_by}, {found.ended_on}: {found.reason}")
    for one in found.adjustments:
        what = f"posting set {one.posting_id}" if one.posting_id else f"no dollar changes: {one.reason}"
        lines.append(f"Adjusted by {format_cents(one.cents)}: {what}, run {one.run_id}, linked by {one.linked_by}")
    if found.status == "upheld":
        lines.append("Open: no adjustment is linked yet.")
    elif found.is_undecided:
        lines.append("Open: no decision yet." + (" Nothing of it is paid or recouped meanwhile." if found.holds_money else ""))
    return lines


def _about(piece: Evidence) -> str:
    line = f" line {piece.claim_line_number}" if piece.claim_line_number else ""
    named = [f"claim {piece.claim_id}{line}"] if piece.claim_id else []
    named += [f"episode {piece.episode_id}"] if piece.episode_id else []
    named += [piece.document] if piece.document else []
    return f"{', '.join(named)}: " if named else ""


def _show_what_if(found: WhatIf) -> None:
    table = Table(title=f"What if: run {found.corrected_run} instead of {found.settled_run}")
    for name in ("entity", "period", "cohort"):
        table.add_column(name)
    for name in ("settled", "upheld", "difference", "would be posted"):
        table.add_column(name, justify="right")
    for d in found.differences:
        table.add_row(d.entity_id, d.period, d.cohort, *(_cents(c) for c in _columns(d)))
    show(table)
    total = sum(d.posts_cents for d in found.differences)
    out.print(f"{len(found.differences)} settlements differ; {format_cents(total)} in all would be posted.")


def _columns(one: Difference) -> tuple[int | None, ...]:
    return (one.settled_cents, one.corrected_cents, one.delta_cents, one.posts_cents)


def _cents(cents: int | None) -> str:
    return "none" if cents is None else format_cents(cents)


# --- files ---------------------------------------------------------------------------------------------------------------------------


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Evidence from a CSV file, one piece a row. Raises UsageError (TRU-L089) with the line of the first fault."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            names = rows.fieldnames or []
            if "reason" not in names or set(names) - set(COLUMNS) or len(set(names)) != len(names):
                raise UsageError(
                    "TRU-L089",
                    f"its columns are {', '.join(names) or 'none'}.",
                    place=Place(str(path), 1),
                    next_step=f"Expected reason and any of {', '.join(COLUMNS[1:])}.",
                )
            return tuple(_piece(row, Place(str(path), rows.line_num)) for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            "TRU-L089", f"the evidence cannot be read: {error}.", place=Place(str(path)), next_step="Give a CSV file in UTF-8."
        ) from None


def _piece(row: dict[str | None, Any], place: Place) -> Evidence:
    number = str(row.get("claim_line_number") or "0").strip()
    if None in row or None in row.values() or not number.isdecimal():
        raise UsageError(
            "TRU-L089",
            "the row has too many or too few values, or a line that is no number.",
            place=place,
            next_step="Give each column one value; leave it empty where it does not apply.",
        )
    text = {name: str(row.get(name) or "").strip() for name in ("reason", "claim_id", "episode_id", "document")}
    return Evidence(**text, claim_line_number=int(number))


def _run_folder(ws: Workspace, run_id: str, program: str) -> Path:
    folders = [f for f in run_folders(ws, [run_id]) if f.name == program]
    if not folders or not (folders[0] / "settlements.parquet").exists():
        raise UsageError("TRU-L088", f"run {run_id} settled nothing of {program}.", next_step="Name a run that `trueup settle` made.")
    return folders[0]


def _settlements(ws: Workspace, run_id: str, program: str) -> list[dict[str, Any]]:
    return read_rows(_run_folder(ws, run_id, program) / "settlements.parquet")


def _is_scenario(ws: Workspace, run_id: str, program: str) -> bool:
    return bool(read_manifest(_run_folder(ws, run_id, program))["scenario"])
