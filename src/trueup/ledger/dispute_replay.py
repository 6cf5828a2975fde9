"""Acting disputes out again, entry by entry: the part of `replay` that knows what was disputed, decided and held, and when.

It shares no query and no fold with the code that writes. Everything an entry says of a dispute is derived here from what came before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from trueup.errors import TrueupError
from trueup.ledger.chain import Row
from trueup.ledger.chart import DISPUTES, RECEIVABLE
from trueup.ledger.obligations import Actor, canonical, digest

Problem = tuple[str, str]
Part = tuple[str, str, str]  # entity, period, cohort
CONTENT, COURSE, HELD = "TRU-L085", "TRU-L086", "TRU-L087"


@dataclass
class _Set:
    """A posting set with its settlements, as far as disputes ask for it."""

    program: str
    run_id: str
    maker: str
    settled: dict[Part, int]
    approver: str = ""
    approved_on: str = ""
    is_void: bool = False


@dataclass
class _Case:
    program: str
    entity_id: str
    raised: dict[str, Any]
    recorder: str
    status: str = "open"
    seen: set[str] = field(default_factory=set[str])

    def covers(self, part: Part) -> bool:
        return part[:2] == (self.entity_id, self.raised["period"]) and self.raised["cohort"] in ("", part[2])

    def holds(self, *statuses: str) -> bool:
        return bool(self.raised["terms"]["holds_payment"]) and self.status in statuses


class DisputeReplay:
    """The disputes after the entries seen so far."""

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}
        self._sets: dict[str, _Set] = {}
        self._owed_from: dict[str, tuple[str, str]] = {}  # receivable -> set and entity
        self._drawn: dict[str, list[tuple[str, str]]] = {}  # remittance or offset -> what it pays and recoups

    def see(
        self, header: Row, lines: Sequence[Row], postings: Sequence[Row], parts: Sequence[Row], details: Sequence[Row]
    ) -> Iterator[Problem]:
        """Take one entry. Yields (code, message) for each thing that does not hold."""
        kind = header["kind"]
        if len(details) != (1 if kind in DISPUTES else 0):
            yield CONTENT, f"a {kind} has {len(details)} texts"
        elif kind in DISPUTES:
            yield from self._dispute(header, details[0]["content"])
        elif kind == "posting_set":
            yield from self._set(header, lines, postings)
        elif kind in ("remittance", "offset"):
            drawn = [(p["paid_id"], p["entity_id"]) for p in parts]
            drawn += [self._owed_from[p["receivable_id"]] for p in postings if p["receivable_id"] in self._owed_from]
            self._drawn[header["entry_id"]] = drawn
            yield from self._moved(header["entry_id"], header["program"])
        elif kind in ("approval", "void"):
            yield from self._decision(header)

    # --- money that is held ----------------------------------------------------------------------------------------------------------
    def _set(self, header: Row, lines: Sequence[Row], postings: Sequence[Row]) -> Iterator[Problem]:
        settled: dict[Part, int] = {}
        for line in lines:
            if line["purpose"] == "shared_savings":
                part = (line["entity_id"], line["period"], line["cohort"])
                settled[part] = settled.get(part, 0) + line["delta_cents"]
        entry_id, program = header["entry_id"], header["program"]
        self._sets[entry_id] = _Set(program, header["source"], header["actor"], settled)
        for posting in postings:
            if posting["receivable_id"]:
                self._owed_from[posting["receivable_id"]] = (entry_id, posting["account"].removeprefix(f"{RECEIVABLE}:{program}:"))
        yield from self._changed(entry_id)

    def _changed(self, entry_id: str) -> Iterator[Problem]:
        made = self._sets[entry_id]
        for known, case in self._cases.items():
            if case.program == made.program and case.holds("open", "escalated") and any(map(case.covers, made.settled)):
                yield HELD, f"it changes what dispute {known} holds"

    def _moved(self, entry_id: str, program: str) -> Iterator[Problem]:
        for posting_id, entity_id in self._drawn[entry_id]:
            made = self._sets.get(posting_id)
            own = [part for part in made.settled if part[0] == entity_id] if made else []
            for known, case in self._cases.items():
                if case.program == program and case.holds("open", "escalated", "upheld") and any(map(case.covers, own)):
                    yield HELD, f"it pays or recoups what dispute {known} holds"

    def _decision(self, header: Row) -> Iterator[Problem]:
        subject = header["subject_id"]
        made = self._sets.get(subject)
        if header["kind"] == "void":
            if made:
                made.is_void = True
            return
        if made:
            made.approver, made.approved_on = header["actor"], header["recorded_at"][:10]
            yield from self._changed(subject)
        elif subject in self._drawn:
            yield from self._moved(subject, header["program"])

    # --- the course of a dispute -----------------------------------------------------------------------------------------------------
    def _dispute(self, header: Row, text: str) -> Iterator[Problem]:
        try:
            content = cast("dict[str, Any]", json.loads(text))
            if canonical(content) != text:
                yield CONTENT, "its text is not in canonical form"
            problems = list(self._raised(header, content) if header["kind"] == "dispute_raised" else self._step(header, content))
        except (KeyError, TypeError, ValueError, AttributeError, TrueupError) as error:
            yield CONTENT, f"its text cannot be read: {type(error).__name__}"
            return
        yield from problems

    def _raised(self, header: Row, content: dict[str, Any]) -> Iterator[Problem]:
        terms, made = content["terms"], content["determination"]
        entry_id, raised_on = header["entry_id"], date.fromisoformat(content["raised_on"])
        determined_on = date.fromisoformat(made["determined_on"])
        matter = (header["program"], terms["rule_id"], header["entity_id"], content["period"], content["cohort"], content["episode_id"])
        own = digest("dispute", *matter, made["posting_id"], made["run_id"], content["raised_on"])
        if own != entry_id or header["subject_id"] != entry_id or header["accounting_date"] != content["raised_on"]:
            yield COURSE, "its id is not that of what it disputes"
        by = [(determined_on + timedelta(days=terms["days_to_raise"])), (raised_on + timedelta(days=terms["days_to_decide"]))]
        if [content["raise_by"], content["decide_by"]] != [d.isoformat() for d in by]:
            yield COURSE, "its clocks are not those of its rule"
        if raised_on > by[0]:
            yield COURSE, f"it was raised on {raised_on}, after its last day {by[0]}"
        case = _Case(header["program"], header["entity_id"], content, header["actor"])
        if made["posting_id"]:
            yield from self._determined(case, made, determined_on)
        self._cases[entry_id] = case

    def _determined(self, case: _Case, made: dict[str, Any], determined_on: date) -> Iterator[Problem]:
        known = self._sets.get(made["posting_id"])
        if known is None or known.is_void or not known.approver or known.program != case.program:
            yield COURSE, f"it disputes {made['posting_id']}, which is no approved posting set of the program"
            return
        cents = 0
        for posting_id, other in self._sets.items():  # in the order of the chain
            if other.program == case.program and not other.is_void:
                cents += sum(c for part, c in other.settled.items() if case.covers(part))
            if posting_id == made["posting_id"]:
                break
        stated = (made["amount_cents"], made["maker"], made["approver"], made["run_id"])
        if stated != (cents, known.maker, known.approver, known.run_id):
            yield COURSE, f"it does not state what {made['posting_id']} determined: {cents} cents"
        if determined_on < date.fromisoformat(known.approved_on) - timedelta(days=1):
            yield COURSE, f"its clock starts on {determined_on}, before the approval on {known.approved_on}"
        outcome = case.raised["terms"]["outcome"]
        if (outcome == "gain" and cents <= 0) or (outcome == "loss" and cents >= 0):
            yield COURSE, f"it disputes {cents} cents as a {outcome}"

    def _step(self, header: Row, content: dict[str, Any]) -> Iterator[Problem]:
        kind, case = header["kind"], self._cases.get(header["subject_id"])
        if case is None or (case.program, case.entity_id) != (header["program"], header["entity_id"]):
            yield COURSE, f"{kind} of {header['subject_id']}, which is no dispute of that program and entity"
            return
        wanted = ("upheld", "adjusted") if kind == "dispute_adjusted" else ("open", "escalated")
        if case.status not in wanted or (kind == "dispute_lapsed" and case.status != "open"):
            yield COURSE, f"{kind} of a dispute that is {case.status}"
        who, due = Actor(header["actor"]).key, case.raised["decide_by"]
        practice = {Actor(case.raised["raised_by"]).key, Actor(case.recorder).key}
        if kind == "dispute_decided":
            made = case.raised["determination"]
            parts = practice | {Actor(name).key for name in (made["maker"], made["approver"]) if name}
            if who in parts or content["outcome"] not in ("upheld", "denied"):
                yield COURSE, f"{header['actor']} decided a dispute in which they had a part, or not at all"
            if case.status == "open" and content["day"] > due:
                yield COURSE, f"it was decided on {content['day']}, after its last day {due}"
            case.status = content["outcome"]
        elif kind == "dispute_withdrawn":
            if who not in practice:
                yield COURSE, f"{header['actor']} withdrew a dispute that others raised"
            case.status = "withdrawn"
        elif kind == "dispute_lapsed":
            if content["day"] <= due or content["outcome"] != case.raised["terms"]["when_lapses"]:
                yield COURSE, f"it lapsed on {content['day']}, due {due}, as {content['outcome']}"
            case.status = content["outcome"]
        elif kind == "dispute_adjusted":
            yield from self._adjusted(case, content)
            case.status = "adjusted"
        if kind in ("dispute_decided", "dispute_lapsed"):
            case.seen = set(self._sets)

    def _adjusted(self, case: _Case, content: dict[str, Any]) -> Iterator[Problem]:
        posting_id = content["posting_id"]
        made = self._sets.get(posting_id)
        cents = sum(c for part, c in made.settled.items() if case.covers(part)) if made else 0
        if posting_id and (made is None or not made.approver or made.program != case.program or posting_id in case.seen):
            yield COURSE, f"{posting_id} is no approved posting set of the program made after the decision"
        if content["cents"] != cents:
            yield COURSE, f"it states {content['cents']} cents, the posting set has {cents}"
