"""The hash chain: one canonical text for each entry with all it holds, and the hash that binds it to the entry before.

The hash covers who, when (`recorded_at` as given), the accounting date, and every line, posting and part. Numbers that the database
counts by, `seq` above all, stay outside: the same acts give the same head on any database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.ledger import models
from trueup.ledger.chart import CHART, account_name
from trueup.ledger.obligations import canonical

HEADER = tuple(c.name for c in models.entries.columns if c.name not in ("seq", "prev_hash", "hash"))
LINE = tuple(c.name for c in models.lines.columns if c.name != "entry_seq")
POSTING = ("posting_no", "account", "amount_cents", "receivable_id")
PART = ("part_no", "paid_id", "entity_id", "amount_cents")
DETAIL = ("content",)

Row = Mapping[str, Any]


@dataclass
class Draft:
    """An entry before it is written. `header` has the columns of `HEADER` but the counts, which are taken from the contents."""

    header: dict[str, Any]
    lines: Sequence[dict[str, Any]] = ()
    postings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    detail: str = ""
    accounts: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])

    def post(self, account_class: str, amount_cents: int, *, entity_id: str = "", receivable_id: str = "") -> None:
        """Add a posting, a debit above zero; none for zero. Raises KeyError for a class that is not declared."""
        if amount_cents == 0:
            return
        program = str(self.header["program"])
        account = account_name(account_class, program, entity_id)
        self.accounts[account] = (account_class, program, entity_id if CHART[account_class].is_per_entity else "")
        row = {"posting_no": len(self.postings) + 1, "account": account, "amount_cents": amount_cents, "receivable_id": receivable_id}
        self.postings.append(row)


def entry_hash(
    prev_hash: str,
    header: Row,
    lines: Iterable[Row],
    postings: Iterable[Row],
    parts: Iterable[Row],
    details: Iterable[Row] = (),
) -> str:
    """64 hex digits over the previous hash and everything of one entry, rows in their order."""
    sha = hashlib.sha256(prev_hash.encode())
    for row in _canonical(header, lines, postings, parts, details):
        sha.update(b"\n" + canonical(row).encode())
    return sha.hexdigest()


def _canonical(
    header: Row, lines: Iterable[Row], postings: Iterable[Row], parts: Iterable[Row], details: Iterable[Row]
) -> Iterator[list[Any]]:
    yield ["entry", *(header[name] for name in HEADER)]
    for line in lines:
        yield ["line", *(line[name] for name in LINE)]
    for posting in postings:
        yield ["posting", *(posting[name] for name in POSTING)]
    for part in parts:
        yield ["part", *(part[name] for name in PART)]
    for detail in details:
        yield ["detail", *(detail[name] for name in DETAIL)]


def head(con: Connection) -> tuple[int, str]:
    """The number and the hash of the last entry; `(0, "")` for an empty ledger."""
    found = con.execute(sa.select(models.entries.c.seq, models.entries.c.hash).order_by(models.entries.c.seq.desc()).limit(1)).first()
    return (found.seq, found.hash) if found else (0, "")


def append(con: Connection, drafts: Sequence[Draft], *, paid_seqs: Mapping[str, int] | None = None) -> None:
    """Write entries behind the last one, sealed, in the order given. `paid_seqs` finds the entries that parts name by id.

    All of it belongs to the caller's transaction.
    """
    seq, prev_hash = head(con)
    _open_accounts(con, drafts)
    for draft in drafts:
        seq += 1
        counts = {"line_count": len(draft.lines), "posting_count": len(draft.postings), "part_count": len(draft.parts)}
        header = {**draft.header, **counts}
        details = [{"content": draft.detail}] if draft.detail else []
        now = entry_hash(prev_hash, header, draft.lines, draft.postings, draft.parts, details)
        con.execute(sa.insert(models.entries), {**header, "seq": seq, "prev_hash": prev_hash, "hash": now})
        if draft.lines:
            con.execute(sa.insert(models.lines), [{**line, "entry_seq": seq} for line in draft.lines])
        if draft.postings:
            con.execute(sa.insert(models.postings), [{**posting, "entry_seq": seq} for posting in draft.postings])
        if draft.parts:
            known = paid_seqs or {}
            stored = ("part_no", "entity_id", "amount_cents")
            rows = [{"entry_seq": seq, "paid_seq": known[p["paid_id"]], **{name: p[name] for name in stored}} for p in draft.parts]
            con.execute(sa.insert(models.parts), rows)
        if details:
            con.execute(sa.insert(models.details), [{**detail, "entry_seq": seq} for detail in details])
        con.execute(sa.insert(models.seals), {"seq": seq})
        prev_hash = now


def _open_accounts(con: Connection, drafts: Sequence[Draft]) -> None:
    wanted = {name: what for draft in drafts for name, what in draft.accounts.items()}
    if not wanted:
        return
    known = set(con.execute(sa.select(models.accounts.c.account)).scalars())
    rows = [
        {"account": name, "class": what[0], "program": what[1], "entity_id": what[2]}
        for name, what in sorted(wanted.items())
        if name not in known
    ]
    if rows:
        con.execute(sa.insert(models.accounts), rows)
