"""The books: `approve`, `void`, `close`, `reopen`, `remit`, and `ledger verify | balances | statement | receivables | export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.table import Table

from trueup.commands.books import By, LedgerAt, Month, Post, accounting_day, actor_of, ledger_of, moment
from trueup.commands.common import WorkspaceAt, app, day, err, out, show
from trueup.errors import UsageError
from trueup.ledger.book import Ledger
from trueup.ledger.results import Remittance
from trueup.money import format_cents, parse_cents
from trueup.workspace import Workspace

ledger_app = App(name="ledger", help="Read and check the books: verify, balances, statement, receivables, export.")
app.command(ledger_app)

Reason = Annotated[str, Parameter(help="Why, in words.")]


# --- acts ----------------------------------------------------------------------------------------------------------------------------


@app.command
def approve(*ids: str, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None) -> int:
    """Approve pending entries, all or none. The person who made an entry cannot approve it. Without an id, list what waits."""
    ws = Workspace.open(workspace)
    with ledger_of(ws, ledger, create=False) as book:
        if not ids:
            return _show_pending(book)
        for done in book.approve_all(list(ids), approver=actor_of(actor), recorded_at=moment()):
            out.print(f"Approved: {done.entry_id}" + ("" if done.is_new else " (it was before)"))
    return 0


def _show_pending(book: Ledger) -> int:
    waiting = [e for e in book.entries(status="all") if e.status == "pending"]
    table = Table(title=f"Waiting for approval in {book.place}")
    for name in ("id", "kind", "program", "month", "made by", "from run", "differences"):
        table.add_column(name)
    for e in waiting:
        table.add_row(e.entry_id, e.kind, e.program, e.accounting_month, e.actor, e.source, f"{e.line_count:,}")
    show(table)
    return 0


@app.command
def void(entry_id: str, *, reason: Reason, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None) -> int:
    """Void a pending entry. What is approved is never voided; it is corrected by the next post."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        done = book.void(entry_id, actor=actor_of(actor), reason=reason, recorded_at=moment())
        out.print(f"Voided: {entry_id} ({done.entry_id})")
    return 0


@app.command
def close(month: Month, *, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None) -> int:
    """Close a month: it takes no posting any more. Clearing accounts must be zero and nothing may wait for approval."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        done = book.close_month(month, actor=actor_of(actor), recorded_at=moment())
        out.print(f"{month} is closed." if done.is_new else f"{month} was closed before.")
    return 0


@app.command
def reopen(month: Month, *, reason: Reason, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None) -> int:
    """Reopen the last closed month, with a reason that stays in the books."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        book.reopen_month(month, reason, actor=actor_of(actor), recorded_at=moment())
        out.print(f"{month} is open again.")
    return 0


@app.command
def remit(
    program: str,
    *,
    month: Month,
    payment_date: Annotated[str | None, Parameter(help="Day of payment; default: the month's last day.")] = None,
    confirm: Annotated[list[str] | None, Parameter(help="Remittances that were paid out.", consume_multiple=True)] = None,
    reject: Annotated[list[str] | None, Parameter(help="Remittances that came back.", consume_multiple=True)] = None,
    reason: Annotated[str, Parameter(help="With --reject: why.")] = "",
    post: Post = False,
    workspace: WorkspaceAt = Path(),
    actor: By = None,
    ledger: LedgerAt = None,
) -> int:
    """Pay what is posted through a month, less what a practice owes: one remittance each, which another person approves."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        who, now, when = actor_of(actor), moment(), accounting_day(payment_date, month)
        if confirm or reject:
            for one in confirm or []:
                book.confirm(one, actor=who, recorded_at=now, accounting_date=when)
                out.print(f"Paid out: {one}")
            for one in reject or []:
                book.reject(one, actor=who, reason=reason, recorded_at=now, accounting_date=when)
                out.print(f"Came back: {one}; its amount is payable again.")
            return 0
        if not post:
            return _show_payable(book, program, month)
        made = book.remit(program, month, maker=who, recorded_at=now, payment_date=when)
        _show_remittances(made)
        waiting = " ".join(r.remittance_id for r in made if r.status == "pending")
        if waiting:
            out.print(f"Another person approves them: trueup approve {waiting}")
    return 0


def _show_payable(book: Ledger, program: str, month: str) -> int:
    """What a remittance would pay each practice: payable less owed, never below zero."""
    found: dict[str, list[int]] = {}
    for balance in book.balances(program=program, through=month):
        if balance.entity_id:
            row = found.setdefault(balance.entity_id, [0, 0])
            row[0 if balance.kind == "liability" else 1] += -balance.amount_cents if balance.kind == "liability" else balance.amount_cents
    table = Table(title=f"{program}: payable through {month} (nothing is posted)")
    table.add_column("entity")
    for name in ("payable", "owed", "would be paid", "still owed"):
        table.add_column(name, justify="right")
    for entity, (payable, owed) in sorted(found.items()):
        kept = min(payable, owed)
        table.add_row(entity, *(format_cents(c) for c in (payable, owed, payable - kept, owed - kept)))
    show(table)
    held = book.held_sets(program)
    if held:
        out.print(f"{len(held)} amounts are disputed and held: neither paid nor kept back. See trueup dispute list --open.")
    out.print("To propose the payments: the same command with --post.")
    return 0


def _show_remittances(made: list[Remittance]) -> None:
    table = Table(title="Remittances")
    for name in ("id", "entity", "status"):
        table.add_column(name)
    for name in ("gross", "kept back", "paid"):
        table.add_column(name, justify="right")
    for r in made:
        table.add_row(
            r.remittance_id, r.entity_id, r.status, format_cents(r.gross_cents), format_cents(r.offset_cents), format_cents(r.total_cents)
        )
    show(table)
    out.print(f"{len(made)} remittances, {format_cents(sum(r.total_cents for r in made))} in all.")


# --- reading -------------------------------------------------------------------------------------------------------------------------


@ledger_app.command
def verify(
    *,
    head: Annotated[str, Parameter(help="The head noted elsewhere: a shortened ledger is found.")] = "",
    workspace: WorkspaceAt = Path(),
    ledger: LedgerAt = None,
) -> int:
    """Recompute the whole ledger from its first entry: chain, sums, ids, receivables, closed months. Exit code 1 if anything is wrong."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        found = book.verify(expected_head=head)
    for finding in found.findings:
        err.print(f"{finding.code} entry {finding.seq} {finding.entry_id}: {finding.message}")
    sound = "sound" if found.is_sound else f"NOT sound: {len(found.findings)} findings"
    out.print(f"{found.entry_count:,} entries, {found.line_count:,} differences, head {found.head_hash or 'none'}: {sound}.")
    return 0 if found.is_sound else 1


@ledger_app.command
def balances(*, program: str = "", through: str = "", workspace: WorkspaceAt = Path(), ledger: LedgerAt = None) -> int:
    """Every account with its posted balance: debits above zero, credits below. They sum to zero."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        rows = book.balances(program=program, through=through)
    table = Table(title=f"Balances{f' through {through}' if through else ''}")
    table.add_column("account")
    table.add_column("dollars", justify="right")
    for row in rows:
        table.add_row(row.account, format_cents(row.amount_cents))
    show(table)
    out.print(f"Sum: {format_cents(sum(r.amount_cents for r in rows))}")
    return 0


@ledger_app.command
def statement(program: str, entity: str, *, workspace: WorkspaceAt = Path(), ledger: LedgerAt = None) -> int:
    """One practice's account: what it earned, what it was paid, what is payable and what it owes."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        found = book.statement(program, entity)
    table = Table(title=f"{program}, {entity}")
    for name in ("date", "entry", "kind"):
        table.add_column(name)
    for name in ("earned", "paid", "payable", "owed"):
        table.add_column(name, justify="right")
    for row in (*found.rows, *found.pending):
        kind = row.kind if row.status != "pending" else f"{row.kind} (pending)"
        amounts = (row.earned_cents, row.paid_cents, row.payable_cents, row.receivable_cents)
        table.add_row(row.accounting_date, row.entry_id, kind, *(format_cents(c) for c in amounts))
    show(table)
    out.print(f"Payable {format_cents(found.payable_cents)}, owed {format_cents(found.receivable_cents)}.")
    return 0


@ledger_app.command
def receivables(
    *, program: str = "", entity: str = "", as_of: Annotated[str | None, Parameter(name="--as-of")] = None,
    all_of_them: Annotated[bool, Parameter(name="--all", help="Also settled ones.", negative="")] = False,
    workspace: WorkspaceAt = Path(), ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """What practices owe, with its age and the day from which the federal share is due back."""
    when = day(as_of, "as of")
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        rows = book.receivables(when, program=program, entity_id=entity, open_only=not all_of_them)
        held = {key for one in {r.program for r in rows} for key in book.held_sets(one)}
    table = Table(title=f"Receivables as of {when}")
    for name in ("id", "program", "entity", "discovered", "age", "federal share due"):
        table.add_column(name)
    for name in ("original", "recovered", "written off", "balance"):
        table.add_column(name, justify="right")
    for r in rows:
        amounts = (r.original_cents, r.recovered_cents, r.written_off_cents, r.balance_cents)
        left = (" (left)" if r.has_left else "") + (" (disputed)" if (r.posting_id, r.entity_id) in held else "")
        table.add_row(
            r.receivable_id,
            r.program,
            r.entity_id + left,
            str(r.discovery_date),
            r.bucket,
            str(r.federal_due_date),
            *(format_cents(c) for c in amounts),
        )
    show(table)
    out.print(f"{len(rows)} receivables, {format_cents(sum(r.balance_cents for r in rows))} open.")
    return 0


@ledger_app.command
def offset(
    receivable_id: str, *, amount: str, reference: Annotated[str, Parameter(help="Where the recovery was made.")], month: Month,
    write_off: Annotated[bool, Parameter(help="Give it up instead; --reference says why.", negative="")] = False,
    on: Annotated[str | None, Parameter(name="--date")] = None, workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Propose to record a recovery made elsewhere, or to write a receivable off. Never more than its balance; another person approves."""
    try:
        cents = parse_cents(amount)
    except ValueError:
        raise UsageError("TRU-U055", f"{amount!r} is not an amount like 120.50.", next_step="Write dollars and cents.") from None
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        who, now, when = actor_of(actor), moment(), accounting_day(on, month)
        if write_off:
            done = book.write_off(receivable_id, cents, reason=reference, maker=who, recorded_at=now, accounting_date=when)
        else:
            done = book.offset(receivable_id, cents, reference=reference, maker=who, recorded_at=now, accounting_date=when)
        out.print(f"Pending: {done.entry_id}. Another person approves it: trueup approve {done.entry_id}")
    return 0


@ledger_app.command
def leave(
    program: str, entity: str, *, on: Annotated[str, Parameter(name="--date", help="The day it left.")], successor: str = "",
    workspace: WorkspaceAt = Path(), actor: By = None, ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Record that a practice left, and say what stands open: payable, owed, and waiting for approval."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        gone = book.leave(program, entity, left_on=day(on, "date"), actor=actor_of(actor), recorded_at=moment(), successor=successor)
    out.print(
        f"{entity} left {program} on {gone.left_on}: payable {format_cents(gone.payable_cents)}, "
        f"owed {format_cents(gone.receivable_cents)}, waiting for approval {format_cents(gone.pending_cents)}."
    )
    return 0


@ledger_app.command
def export(
    to: Path, *, form: Annotated[Literal["hledger", "beancount"], Parameter(name="--format")] = "hledger",
    workspace: WorkspaceAt = Path(), ledger: LedgerAt = None,
) -> int:  # fmt: skip
    """Write the posted entries as text that hledger or beancount adds up again, with every balance asserted. No member is named in it."""
    with ledger_of(Workspace.open(workspace), ledger, create=False) as book:
        count = book.export_hledger(to) if form == "hledger" else book.export_beancount(to)
    out.print(f"{to}: {count:,} entries. Check it: " + (f"hledger -f {to} balance" if form == "hledger" else f"bean-check {to}"))
    return 0
