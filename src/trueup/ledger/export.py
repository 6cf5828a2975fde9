"""The posted ledger as text for hledger and beancount, so that programs we did not write can add it up again.

One transaction for each posted entry with postings, in the order of the chain, then every account's balance as an assertion. No member is
named. Accounts keep their parts; what a format does not allow in a name is written as `-` and four or more hex digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.ledger.chain import head
from trueup.ledger.chart import CHART
from trueup.ledger.models import accounts, postings
from trueup.ledger.reading import balances
from trueup.ledger.standing import IS_LIVE, IS_POSTED, E, standing
from trueup.money import format_cents
from trueup.workspace import write_atomically

CURRENCY = "USD"
_ROOTS = {"asset": "Assets", "liability": "Liabilities", "expense": "Expenses", "clearing": "Assets:Clearing"}
_PLAIN = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True)
class _Transaction:
    day: str
    entry_id: str
    text: str
    postings: list[tuple[str, int]]


def external_name(account_class: str, program: str, entity_id: str) -> str:
    """The account's name in both formats, e.g. `Liabilities:Provider:P-acme:E-060000001`. Different accounts have different names."""
    kind = CHART[account_class].kind
    own = account_class.split(":")[1:]
    words = [word.title().replace("_", "") for word in own]
    program_part = [f"P{_escaped(program)}"]
    return ":".join([_ROOTS[kind], *words, *program_part, *([f"E{_escaped(entity_id)}"] if CHART[account_class].is_per_entity else [])])


def _escaped(text: str) -> str:
    """Letters and digits as they are, anything else as `-` with its code point in hex and a closing `-`."""
    return "-" + "".join(c if _PLAIN.fullmatch(c) else f"-{ord(c):04x}-" for c in text)


def write_hledger(con: Connection, path: Path) -> int:
    """See `Ledger.export_hledger`."""

    def opened(name: str, day: str) -> str:
        return f"account {name}"

    def written(t: _Transaction) -> Iterator[str]:
        yield f"{t.day} * ({t.entry_id}) {t.text}"
        yield from (f"    {name}  {format_cents(cents)} {CURRENCY}" for name, cents in t.postings)

    def asserted(day: str, totals: list[tuple[str, int]]) -> Iterator[str]:
        yield f"{day} * balances"
        yield from (f"    {name}  0.00 {CURRENCY} = {format_cents(cents)} {CURRENCY}" for name, cents in totals)

    return _write(con, path, [f"commodity 1000.00 {CURRENCY}"], opened, written, asserted, comment=";")


def write_beancount(con: Connection, path: Path) -> int:
    """See `Ledger.export_beancount`."""

    def opened(name: str, day: str) -> str:
        return f"{day} open {name} {CURRENCY}"

    def written(t: _Transaction) -> Iterator[str]:
        yield f'{t.day} * "{t.text}" ^{t.entry_id}'
        yield from (f"  {name}  {format_cents(cents)} {CURRENCY}" for name, cents in t.postings)

    def asserted(day: str, totals: list[tuple[str, int]]) -> Iterator[str]:
        # Without a tolerance of its own, beancount would let a balance be off by a cent.
        yield from (f"{day} balance {name}  {format_cents(cents)} ~ 0.000 {CURRENCY}" for name, cents in totals)

    return _write(con, path, ['option "operating_currency" "USD"'], opened, written, asserted, comment=";")


def _write(
    con: Connection,
    path: Path,
    preamble: list[str],
    opened: Callable[[str, str], str],
    written: Callable[[_Transaction], Iterator[str]],
    asserted: Callable[[str, list[tuple[str, int]]], Iterator[str]],
    *,
    comment: str,
) -> int:
    listed = list(_transactions(con))
    days = [t.day for t in listed]
    names = sorted({name for t in listed for name, _ in t.postings})
    total = [(external_name(b.account_class, b.program, b.entity_id), b.amount_cents) for b in balances(con)]
    out = [f"{comment} ledger head {head(con)[1] or 'none'}", *preamble, ""]
    out += [opened(name, min(days)) for name in names]
    for t in listed:
        out += ["", *written(t)]
    if listed:
        out += ["", *asserted((date.fromisoformat(max(days)) + timedelta(days=1)).isoformat(), sorted(total))]
    write_atomically(path, "\n".join(out) + "\n")
    return len(listed)


def _transactions(con: Connection) -> Iterator[_Transaction]:
    rows = con.execute(
        sa.select(
            E.c.seq, E.c.accounting_date, E.c.entry_id, E.c.kind,
            postings.c.amount_cents, accounts.c["class"].label("account_class"), accounts.c.program, accounts.c.entity_id,
        )
        .select_from(
            standing().join(postings, postings.c.entry_seq == E.c.seq).join(accounts, accounts.c.account == postings.c.account)
        )
        .where(IS_POSTED, IS_LIVE)
        .order_by(E.c.seq, postings.c.posting_no)
    )  # fmt: skip
    now: _Transaction | None = None
    for row in rows:
        if now is None or now.entry_id != row.entry_id:
            if now is not None:
                yield now
            now = _Transaction(row.accounting_date, row.entry_id, row.kind, [])
        now.postings.append((external_name(row.account_class, row.program, row.entity_id), row.amount_cents))
    if now is not None:
        yield now
