"""`verify`: recompute the chain and the books from the first entry on, and name the first entry that does not hold.

A chain finds every change of what it covers. It cannot see that its end was cut off: note the head outside the ledger, and give it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import EngineError, TrueupError
from trueup.ledger.chain import Row, entry_hash
from trueup.ledger.chart import CHART, account_name
from trueup.ledger.guards import postgresql_functions
from trueup.ledger.models import accounts, chart, details, entries, lines, parts, postings, seals
from trueup.ledger.reading import balances
from trueup.ledger.replay import Replay
from trueup.ledger.results import Finding, Verification
from trueup.ledger.store import Store, fresh_schema, schema_of

MOST_FINDINGS = 100


def verify(store: Store, expected_head: str = "") -> Verification:
    """Check the file, the guards, the chart, the chain and everything the entries say. `expected_head`: a head noted earlier.

    Raises EngineError (TRU-L050, TRU-L052) where the database does not answer; a damaged file is a finding.
    """
    try:
        with store.read() as con:
            return _verify(con, store.is_sqlite, expected_head)
    except EngineError as error:
        if not store.is_sqlite or error.code == "TRU-L052":
            raise
        return Verification(0, 0, "", (Finding("TRU-L059", 0, "", f"the ledger cannot be read: {error.message}"),))


def _verify(con: Connection, is_sqlite: bool, expected_head: str) -> Verification:
    findings: list[Finding] = []
    before = [*(_file(con) if is_sqlite else ()), *_guards(con, is_sqlite), *_chart(con)]
    replay, heads, count, line_count = Replay(), {""}, 0, 0
    last = ""
    try:
        for number, (header, contents, is_sealed) in enumerate(_walk(con), start=1):
            found = list(_link(number, header, contents, is_sealed, last))
            if not found and not findings:  # behind a broken link the books mean nothing
                found = list(_acted_out(replay, header, contents))
            findings += [Finding(code, header["seq"], header["entry_id"], message) for code, message in found]
            last = header["hash"]
            heads.add(last)
            count, line_count = number, line_count + len(contents[0])
            if len(findings) >= MOST_FINDINGS:
                break
    except (TypeError, ValueError):  # a damaged value that is not even of its type
        findings.append(Finding("TRU-L059", count + 1, "", "its rows cannot be read: a value is not of its type"))
    if not findings and not before and (wrong := _sums(con, replay)):
        findings.append(Finding("TRU-L049", 0, "", wrong))
    if expected_head not in heads:
        findings.append(Finding("TRU-L058", 0, "", f"the head {expected_head} that was noted is not in the chain: its end was cut off"))
    return Verification(count, line_count, last, (*findings, *before))


def _link(number: int, header: Row, contents: tuple[Sequence[Row], ...], is_sealed: bool, last: str) -> Iterator[tuple[str, str]]:
    counts = tuple(len(rows) for rows in contents[:3])
    if header["seq"] != number or header["prev_hash"] != last:
        yield "TRU-L043", f"it does not follow entry {number - 1}: an entry was taken out or put in"
    if not is_sealed or counts != (header["line_count"], header["posting_count"], header["part_count"]):
        yield "TRU-L043", "it is not complete: lines, postings or parts were taken out or put in"
    try:
        is_same = entry_hash(header["prev_hash"], header, *contents) == header["hash"]
    except (TypeError, ValueError):
        is_same = False
    if not is_same:
        yield "TRU-L043", f"its content does not have its hash {header['hash']}: something in it was changed"


def _acted_out(replay: Replay, header: Row, contents: tuple[Sequence[Row], ...]) -> Iterator[tuple[str, str]]:
    try:
        yield from replay.see(header, *contents)
    except TrueupError as error:  # what no caller could have written, such as an unknown purpose
        yield "TRU-L045", error.message


def _walk(con: Connection) -> Iterator[tuple[Row, tuple[list[Row], list[Row], list[Row], list[Row]], bool]]:
    """Every entry with its lines, postings, parts and details, in the order of the chain, without holding more than one of them."""
    sealed = set(con.execute(sa.select(seals.c.seq)).scalars())
    paid = entries.alias("paid")
    streams = (
        _Stream(con, sa.select(lines).order_by(lines.c.entry_seq, lines.c.line_no)),
        _Stream(con, sa.select(postings).order_by(postings.c.entry_seq, postings.c.posting_no)),
        _Stream(
            con,
            sa.select(parts, paid.c.entry_id.label("paid_id"))
            .join_from(parts, paid, paid.c.seq == parts.c.paid_seq)
            .order_by(parts.c.entry_seq, parts.c.part_no),
        ),
        _Stream(con, sa.select(details).order_by(details.c.entry_seq)),
    )
    headers: Iterator[Any] = iter(con.execution_options(yield_per=1000).execute(sa.select(entries).order_by(entries.c.seq)).mappings())
    for header in headers:
        seq = header["seq"]
        taken = (streams[0].take(seq), streams[1].take(seq), streams[2].take(seq), streams[3].take(seq))
        yield header, taken, seq in sealed


class _Stream:
    """Rows ordered by entry, taken entry by entry. Rows of no entry stay with the next, whose counts then do not hold."""

    def __init__(self, con: Connection, wanted: sa.Select[Any]) -> None:
        self._rows: Iterator[Any] = iter(con.execution_options(yield_per=10_000).execute(wanted).mappings())
        self._next: Row | None = next(self._rows, None)

    def take(self, seq: int) -> list[Row]:
        found: list[Row] = []
        while self._next is not None and self._next["entry_seq"] <= seq:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _file(con: Connection) -> Iterator[Finding]:
    for problem in con.exec_driver_sql("PRAGMA integrity_check(5)").scalars():
        if problem != "ok":
            yield Finding("TRU-L040", 0, "", f"the file is damaged: {problem}")
    for row in con.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Finding("TRU-L040", 0, "", f"a row of {row[0]} refers to a row of {row[2]} that is not there")


def _guards(con: Connection, is_sqlite: bool) -> Iterator[Finding]:
    if is_sqlite:
        wanted = {name: text for (_, name), text in fresh_schema().items()}
        found = {name: text for (_, name), text in schema_of(con).items()}
    else:
        wanted = dict(postgresql_functions())
        listed = con.exec_driver_sql(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND c.relnamespace = current_schema()::regnamespace"
        )
        found = {row[0]: row[1] for row in listed}
    for name in sorted((name for name in {*wanted, *found} if wanted.get(name) != found.get(name)), key=str):
        yield Finding("TRU-L041", 0, "", f"{name} is not as it was made: the database does not guard the ledger")


def _chart(con: Connection) -> Iterator[Finding]:
    declared = {(row[0], row[1], row[2]) for row in con.execute(sa.select(chart.c["class"], chart.c.kind, chart.c.normal_sign))}
    for name, kind, sign in sorted(declared ^ {(c.name, c.kind, c.normal_sign) for c in CHART.values()}, key=str):
        yield Finding("TRU-L042", 0, "", f"account class {name} ({kind}, {sign}) is not the one declared")
    for row in con.execute(sa.select(accounts)).mappings():
        declared_class = CHART.get(row["class"])
        own_entity = row["entity_id"] if declared_class and declared_class.is_per_entity else ""
        is_named = declared_class and account_name(declared_class.name, row["program"], own_entity) == row["account"]
        if not is_named or row["entity_id"] != own_entity:
            yield Finding("TRU-L042", 0, "", f"account {row['account']!r} is not named by its class, program and entity")


def _sums(con: Connection, replay: Replay) -> str:
    """The balances that readers see, against those acted out. Empty where they agree and sum to zero."""
    seen = {b.account: b.amount_cents for b in balances(con, status="live") if b.amount_cents}
    own = {account: cents for account, cents in replay.balances.items() if cents}
    if seen != own or sum(own.values()):
        return f"balances do not add up: {len(seen)} accounts as read, {len(own)} as recomputed, summing to {sum(own.values())} cents"
    return ""
