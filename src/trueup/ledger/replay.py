"""Acting the ledger out again, entry by entry, from nothing: the second opinion of `verify`.

It shares no query with the code that writes. What that code decides from sums in the database is decided here from what came before in the
chain: booked amounts, what is payable and owed, who decided what, which months are closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from trueup.ledger.chain import Row
from trueup.ledger.chart import (
    DECISIONS,
    DISPUTES,
    FUNDS,
    IN_TRANSIT,
    KINDS,
    OUTCOMES,
    PAYABLE,
    PROPOSED,
    RECEIVABLE,
    WRITE_OFF,
    account_name,
)
from trueup.ledger.dispute_replay import DisputeReplay
from trueup.ledger.obligations import Actor, Obligation
from trueup.ledger.planning import line_id
from trueup.ledger.posting import receivable_id
from trueup.ledger.words import next_month

_FIELDS = ("program", "purpose", "entity_id", "period", "member_id", "cohort", "claim_id")
Problem = tuple[str, str]


@dataclass
class _Known:
    """An entry as it stands while the ledger is acted out."""

    header: dict[str, Any]
    postings: list[tuple[str, int, str]]
    parts: list[tuple[str, str]]
    net: dict[str, int] = field(default_factory=dict[str, int])  # by entity
    spent: dict[str, int] = field(default_factory=dict[str, int])  # by purpose
    settled: dict[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])  # by program, entity, period
    booked: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    status: str = "posted"


class Replay:
    """The state of the ledger after the entries seen so far. `see` takes the next one and yields what is wrong with it."""

    def __init__(self) -> None:
        self._entries: dict[str, _Known] = {}
        self._history: dict[str, list[tuple[str, int, bool]]] = defaultdict(list)  # obligation -> (line, delta, counts)
        self._settled: dict[tuple[str, str, str], int] = defaultdict(int)
        self._accounts: dict[str, int] = defaultdict(int)
        self._owed: dict[str, int] = defaultdict(int)
        self._paid: set[tuple[str, str]] = set()
        self._closed: list[str] = []
        self._disputes = DisputeReplay()

    @property
    def balances(self) -> dict[str, int]:
        """Every account's balance over entries that were not voided."""
        return dict(self._accounts)

    def see(
        self, header: Row, lines: Sequence[Row], postings: Sequence[Row], parts: Sequence[Row], details: Sequence[Row] = ()
    ) -> Iterator[Problem]:
        """Take one entry. Yields (code, message) for each thing that does not hold."""
        kind = header["kind"]
        known = _Known(
            dict(header),
            [(p["account"], p["amount_cents"], p["receivable_id"]) for p in postings],
            [(p["paid_id"], p["entity_id"]) for p in parts],
            status="pending" if kind in PROPOSED else "posted",
        )
        if kind not in KINDS or Actor(header["actor"]).key != header["actor_key"]:
            yield "TRU-L047", f"kind {kind!r} by {header['actor']!r} is not one that the ledger writes"
        if sum(cents for _, cents, _ in known.postings):
            yield "TRU-L044", f"postings sum to {sum(cents for _, cents, _ in known.postings)} cents, expected 0"
        yield from self._months(known)
        yield from self._lines(known, lines)
        yield from self._by_kind(known, parts)
        yield from self._disputes.see(header, lines, postings, parts, details)
        self._entries[header["entry_id"]] = known
        self._move(known, 1)
        yield from self._limits(known)

    # --- months and decisions --------------------------------------------------------------------------------------------------------
    def _months(self, known: _Known) -> Iterator[Problem]:
        month, kind = known.header["accounting_month"], known.header["kind"]
        last = self._closed[-1] if self._closed else ""
        if known.header["accounting_date"][:7] != month:
            yield "TRU-L048", f"its day {known.header['accounting_date']} is not in its month {month}"
        if kind == "close":
            if last and month != next_month(last):
                yield "TRU-L048", f"{month} was closed after {last}"
            if any(e.status == "pending" and e.header["accounting_month"] <= month for e in self._entries.values()):
                yield "TRU-L048", f"{month} was closed with entries that waited for approval"
            self._closed.append(month)
        elif kind == "reopen":
            if last != month or not known.header["reason"].strip():
                yield "TRU-L048", f"{month} was reopened without a reason, or was not the last closed month"
            self._closed = self._closed[:-1]
        elif kind not in ("departure", *DISPUTES) and month <= last:
            yield "TRU-L048", f"{kind} in {month}, while the ledger was closed through {last}"

    def _by_kind(self, known: _Known, parts: Sequence[Row]) -> Iterator[Problem]:
        kind = known.header["kind"]
        if kind == "posting_set":
            yield from self._set(known)
        elif kind == "remittance":
            yield from self._remittance(known, parts)
        elif kind in DECISIONS:
            yield from self._decision(known)
        elif kind in OUTCOMES:
            yield from self._outcome(known)
        elif kind in ("offset", "write_off"):
            yield from self._recovery(known)
        elif known.postings or parts:
            yield "TRU-L046", f"a {kind} has postings"

    def _decision(self, known: _Known) -> Iterator[Problem]:
        kind, subject = known.header["kind"], self._entries.get(known.header["subject_id"])
        if known.postings or subject is None or subject.status != "pending":
            yield "TRU-L047", f"{kind} of {known.header['subject_id']}, which does not wait for approval, or with postings"
        elif kind == "approval":
            if subject.header["actor_key"] == known.header["actor_key"]:
                yield "TRU-L047", f"{known.header['actor']} approved what {subject.header['actor']} made"
            subject.status = "posted"
        else:
            subject.status = "voided"
            self._undo(subject)

    def _undo(self, subject: _Known) -> None:
        self._move(subject, -1)
        self._paid -= set(subject.parts)
        for obligation_id, voided_id, _ in subject.booked:
            self._history[obligation_id] = [(i, cents, counts and i != voided_id) for i, cents, counts in self._history[obligation_id]]
        for key, cents in subject.settled.items():
            self._settled[key] -= cents

    def _outcome(self, known: _Known) -> Iterator[Problem]:
        kind, subject = known.header["kind"], self._entries.get(known.header["subject_id"])
        if subject is None or subject.header["kind"] != "remittance" or subject.status != "posted":
            yield "TRU-L047", f"{kind} of {known.header['subject_id']}, which is no approved remittance, or has an outcome"
            return
        program = subject.header["program"]
        transit, funds = account_name(IN_TRANSIT, program), account_name(FUNDS, program)
        back = [(account, -cents, receivable) for account, cents, receivable in subject.postings]
        on_its_way = [(account, cents, receivable) for account, cents, receivable in back if account == transit]
        expected = back if kind == "rejection" else [*on_its_way, *((funds, -cents, "") for _, cents, _ in on_its_way)]
        if sorted(expected) != sorted(known.postings):
            yield "TRU-L046", f"its postings are not those of a {kind} of {known.header['subject_id']}"
        subject.status = {"confirmation": "confirmed", "rejection": "rejected"}[kind]
        if kind == "rejection":
            self._paid -= set(subject.parts)

    # --- what is owed and paid -------------------------------------------------------------------------------------------------------
    def _lines(self, known: _Known, lines: Sequence[Row]) -> Iterator[Problem]:
        if lines and known.header["kind"] != "posting_set":
            yield "TRU-L046", f"a {known.header['kind']} has lines"
        for line in lines:
            obligation = Obligation(*(line[name] for name in _FIELDS))
            own_id = obligation.id
            history = self._history[own_id]
            booked = sum(cents for _, cents, counts in history if counts)
            previous = history[-1][0] if history else ""
            corrects = next((i for i, _, counts in reversed(history) if counts), "")
            stored = (line["obligation_id"], line["line_id"], line["booked_cents"], line["delta_cents"], line["corrects_line_id"])
            entitled = line["entitled_cents"]
            wanted = (own_id, line_id(own_id, previous, entitled), booked, entitled - booked, corrects)
            if stored != wanted or line["previous_line_id"] != previous or obligation.program != known.header["program"]:
                yield "TRU-L045", f"line {line['line_no']} does not follow from what was booked before it ({booked} cents)"
            history.append((line["line_id"], line["delta_cents"], True))
            known.booked.append((own_id, line["line_id"], line["delta_cents"]))
            known.net[obligation.entity_id] = known.net.get(obligation.entity_id, 0) + line["delta_cents"]
            if obligation.purpose == "shared_savings":
                key = (obligation.program, obligation.entity_id, obligation.period)
                known.settled[key] = known.settled.get(key, 0) + line["delta_cents"]
            known.spent[obligation.purpose] = known.spent.get(obligation.purpose, 0) + line["delta_cents"]

    def _set(self, known: _Known) -> Iterator[Problem]:
        program = known.header["program"]
        expected = {account_name(f"expense:{purpose}", program): cents for purpose, cents in known.spent.items()}
        for entity_id, cents in known.net.items():
            expected[account_name(PAYABLE if cents > 0 else RECEIVABLE, program, entity_id)] = -cents
        if not known.booked or sorted((a, c) for a, c in expected.items() if c) != sorted((a, c) for a, c, _ in known.postings):
            yield "TRU-L046", "its postings are not the sums of its lines"
        own = {
            account_name(RECEIVABLE, program, e): receivable_id(known.header["entry_id"], e) for e, cents in known.net.items() if cents < 0
        }
        if {account: owed for account, _, owed in known.postings if owed} != own:
            yield "TRU-L046", "a receivable is not named where one was made"
        for key, cents in known.settled.items():
            self._settled[key] += cents
            if known.header["upside_only"] and self._settled[key] < 0:
                yield "TRU-L049", f"the settlement of {key[1]}, {key[2]}, comes to {self._settled[key]} cents in an upside-only program"

    def _remittance(self, known: _Known, parts: Sequence[Row]) -> Iterator[Problem]:
        entity_id, program = known.header["entity_id"], known.header["program"]
        gross = 0
        for part in parts:
            paid = self._entries.get(part["paid_id"])
            if paid is None or paid.status != "posted" or paid.header["kind"] != "posting_set" or paid.header["program"] != program:
                yield "TRU-L049", f"it pays {part['paid_id']}, which is no approved posting set of the program"
            elif part["amount_cents"] != paid.net.get(entity_id) or part["entity_id"] != entity_id:
                yield "TRU-L049", f"it pays {part['amount_cents']} cents of {part['paid_id']}, not what that set owes {entity_id}"
            if (part["paid_id"], entity_id) in self._paid:
                yield "TRU-L049", f"it pays {part['paid_id']} to {entity_id} again"
            self._paid.add((part["paid_id"], entity_id))
            gross += part["amount_cents"]
        moved: dict[str, int] = defaultdict(int)
        for account, cents, _ in known.postings:
            moved[account] += cents
        names = {account_name(PAYABLE, program, entity_id), account_name(RECEIVABLE, program, entity_id), account_name(IN_TRANSIT, program)}
        is_owing = any(cents > 0 for account, cents in moved.items() if account != account_name(PAYABLE, program, entity_id))
        if moved.get(account_name(PAYABLE, program, entity_id), 0) != gross or set(moved) - names or is_owing:
            yield "TRU-L046", "its postings are not what its parts come to, less what is owed"

    def _recovery(self, known: _Known) -> Iterator[Problem]:
        program, entity_id = known.header["program"], known.header["entity_id"]
        against = account_name(FUNDS if known.header["kind"] == "offset" else WRITE_OFF, program)
        owed = account_name(RECEIVABLE, program, entity_id)
        shape = sorted((account, cents > 0, bool(receivable)) for account, cents, receivable in known.postings)
        if shape != sorted([(against, True, False), (owed, False, True)]):
            yield "TRU-L046", f"its postings are not those of a {known.header['kind']}"

    def _move(self, known: _Known, sign: int) -> None:
        for account, cents, receivable in known.postings:
            self._accounts[account] += sign * cents
            if receivable:
                self._owed[receivable] += sign * cents

    def _limits(self, known: _Known) -> Iterator[Problem]:
        for account, _, receivable in known.postings:
            if receivable and self._owed[receivable] < 0:
                yield "TRU-L049", f"receivable {receivable} is {self._owed[receivable]} cents, below zero"
            if account.startswith(f"{PAYABLE}:") and self._accounts[account] > 0:
                yield "TRU-L049", f"{account} was paid {self._accounts[account]} cents more than was payable"
