"""What the commands about money share: where the ledger is, who acts, when, and how a plan looks before anything is posted."""

from __future__ import annotations

import getpass
import os
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from trueup.commands.common import day, out, show
from trueup.errors import UsageError
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor
from trueup.ledger.results import Plan, Posting
from trueup.money import format_cents
from trueup.workspace import Workspace

LedgerAt = Annotated[
    str | None,
    Parameter(name="--ledger", help="A ledger's file or database address; default: $TRUEUP_LEDGER, else ledger.db of the workspace."),
]
By = Annotated[str | None, Parameter(name="--actor", help="Who acts; default: the system user. The name is recorded as unverified.")]
Post = Annotated[bool, Parameter(name="--post", help="Write it. Without this nothing changes.", negative="")]
Month = Annotated[str, Parameter(help="A month, like 2025-04.")]

SHOWN = 12


def ledger_of(ws: Workspace, address: str | None, *, create: bool = True) -> Ledger:
    """The ledger named, the environment's, or the workspace's own."""
    found = address or os.environ.get("TRUEUP_LEDGER")
    return Ledger.open(found or ws.path / "ledger.db", create=create)


@contextmanager
def ledger_to_plan(ws: Workspace, address: str | None, *, post: bool = False) -> Generator[Ledger]:
    """The ledger to plan on, made only where something is posted: a plan on a file that is not there rests on an empty ledger."""
    found = address or os.environ.get("TRUEUP_LEDGER") or ws.path / "ledger.db"
    if post or "://" in str(found) or Path(found).is_file():
        with ledger_of(ws, address, create=post) as book:
            yield book
        return
    with TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.db") as book:
        yield book


def actor_of(name: str | None) -> Actor:
    """Who acts. Outside a sign-on nobody vouches for the name, and the entry says so."""
    return Actor(name if name is not None else getpass.getuser())


def moment() -> datetime:
    """Now, to the second: given once per attempt."""
    return datetime.now(UTC).replace(microsecond=0)


def month_of(text: str) -> date:
    """The first day of a month. Raises UsageError for text that is none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError("TRU-U051", f"{text!r} is not a month like 2025-04.", next_step="Write the year and the month.") from None


def month_end(text: str) -> date:
    """The last day of a month."""
    first = month_of(text)
    return date.fromordinal(date(first.year + first.month // 12, first.month % 12 + 1, 1).toordinal() - 1)


def accounting_day(text: str | None, month: str) -> date:
    """The day on which an entry stands in the books: the one named, else the month's last day."""
    return day(text, "date") if text else month_end(month)


# In which column of a plan a purpose stands; what is paid by month is a correction where it is of another month.
_PLAN_COLUMNS = {"ffs_adjustment": "claim adjustments"} | dict.fromkeys(
    ("case_rate", "tier_add_on", "interim_add_on", "member_fee"), "this month"
)


def show_plan(plan: Plan, title: str) -> None:
    """What posting would change, per practice: this month, corrections of other months, claim adjustments, and the net."""
    table = Table(title=title)
    table.add_column("entity")
    for name in ("this month", "corrections", "claim adjustments", "settlements", "net"):
        table.add_column(name, justify="right")
    rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in plan.lines:
        kind = _PLAN_COLUMNS.get(line.obligation.purpose, "settlements")
        if kind == "this month" and line.obligation.period != plan.accounting_month:
            kind = "corrections"
        rows[line.obligation.entity_id][kind] += line.delta_cents
        rows[line.obligation.entity_id]["net"] += line.delta_cents
    for entity in sorted(rows):
        amounts = (rows[entity][kind] for kind in ("this month", "corrections", "claim adjustments", "settlements", "net"))
        table.add_row(entity, *(format_cents(cents) for cents in amounts))
    if rows:
        totals = (sum(r[kind] for r in rows.values()) for kind in ("this month", "corrections", "claim adjustments", "settlements", "net"))
        table.add_section()
        table.add_row("all", *(format_cents(cents) for cents in totals))
    show(table)
    out.print(f"{len(plan.lines):,} differences from what is booked, {format_cents(plan.total_cents)} in all.")
    if plan.disputed:
        out.print(f"{len(plan.disputed)} amounts are disputed and stay as they are: trueup dispute list --open.")
    owing = [entity for entity, cents in plan.net_by_entity.items() if cents < 0]
    if owing:
        out.print(f"{len(owing)} entities owe more than they are due: that becomes a receivable, recovered from later payments.")


def show_posting(posting: Posting, workspace: Path) -> None:
    """What became of a post, and what to do next."""
    if not posting.posting_id:
        out.print("Everything is booked as stated: nothing to post.")
    elif posting.is_new:
        out.print(f"Pending: {posting.posting_id}. Another person approves it: trueup approve {posting.posting_id} --workspace {workspace}")
    else:
        out.print(f"Posted before as {posting.posting_id} ({posting.status}): nothing new was written.")
