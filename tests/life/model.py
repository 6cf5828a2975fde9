"""What the books should say, in plain Python: a second account of every act, which shares nothing with the ledger.

Money is integer cents. An obligation is the tuple (purpose, entity, period, member, cohort, claim). `refuses_…` says what the ledger must
answer to an act, the code of an error or nothing; then the act is done here too. Months are `2025-04`.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str, str, str, str, str]
COMPLETE = ("case_rate", "ffs_adjustment")
SETTLED = "shared_savings"


def caller() -> str:
    """The name of the function two calls up: of the rule that acts."""
    frame: Any = inspect.currentframe()
    return frame.f_back.f_back.f_code.co_name


@dataclass
class Asked:
    """A proposal: `stated` cumulative cents by obligation. A cycle states everything of its purposes; a settlement only what it lists."""

    source: str
    month: str
    as_of: str
    stated: dict[Key, int]
    is_cycle: bool


@dataclass
class Item:
    """An entry that waits for a second person: a posting set, remittance, offset or write-off. `net` is by entity."""

    kind: str
    maker: str
    month: str
    day: str
    status: str = "pending"
    lines: dict[Key, int] = field(default_factory=dict)
    as_of: str = ""
    pays: list[str] = field(default_factory=list)  # posting sets that a remittance pays
    entity: str = ""
    through: str = ""
    takes: dict[str, int] = field(default_factory=dict)  # posting set whose receivable -> cents taken off it
    approver: str = ""
    voider: str = ""

    def net(self, entity: str) -> int:
        return sum(cents for key, cents in self.lines.items() if key[1] == entity)

    @property
    def entities(self) -> list[str]:
        return sorted({key[1] for key in self.lines})

    @property
    def is_live(self) -> bool:
        return self.status != "voided"

    @property
    def counts(self) -> bool:
        """Whether it has moved money for good (a rejected remittance has not)."""
        return self.status in ("posted", "confirmed")

    @property
    def holds(self) -> bool:
        """Whether what it takes cannot be taken again."""
        return self.status in ("pending", "posted", "confirmed")


@dataclass
class Books:
    """Every entry by its id in the order of the ledger, months that are closed, and entities whose settlement is disputed."""

    items: dict[str, Item] = field(default_factory=dict)
    requests: dict[tuple[object, ...], list[str]] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    closed: str = ""
    disputed: dict[str, str] = field(default_factory=dict)  # entity -> the dispute that holds its settlement

    # --- what is booked -------------------------------------------------------------------------------------------------------------
    def sets(self, *statuses: str) -> dict[str, Item]:
        return {i: x for i, x in self.items.items() if x.kind == "posting_set" and (x.status in statuses if statuses else x.is_live)}

    def booked(self) -> dict[Key, int]:
        found: dict[Key, int] = defaultdict(int)
        for one in self.sets().values():
            for key, cents in one.lines.items():
                found[key] += cents
        return found

    def held_back(self, asked: Asked) -> dict[Key, int]:
        """What a proposal states, without settlements that are disputed."""
        return {key: cents for key, cents in asked.stated.items() if not (key[0] == SETTLED and key[1] in self.disputed)}

    def request(self, asked: Asked) -> tuple[object, ...]:
        stated = self.held_back(asked)
        held = tuple(sorted(set(asked.stated) - set(stated)))
        return (asked.source, asked.month, asked.is_cycle, tuple(sorted(stated.items())), held)

    def differences(self, asked: Asked) -> dict[Key, int]:
        books, stated = self.booked(), self.held_back(asked)
        found = {key: cents - books.get(key, 0) for key, cents in stated.items()}
        if asked.is_cycle:
            found |= {key: -cents for key, cents in books.items() if key[0] in COMPLETE and key not in stated}
        return {key: cents for key, cents in found.items() if cents}

    def standing_request(self, asked: Asked) -> str:
        return next((i for i in reversed(self.requests.get(self.request(asked), [])) if self.items[i].is_live), "")

    def refuses_post(self, asked: Asked) -> str:
        if self.standing_request(asked):
            return ""
        lines = self.differences(asked)
        if not lines:
            return ""
        purposes = {key[0] for key in lines}
        if any(x.as_of > asked.as_of and purposes & {key[0] for key in x.lines} for x in self.sets().values()):
            return "TRU-L011"
        totals: dict[tuple[str, str], int] = defaultdict(int)
        for key, cents in [*self.booked().items(), *lines.items()]:
            if key[0] == SETTLED:
                totals[key[1], key[2]] += cents
        if any(totals[key[1], key[2]] < 0 for key in lines if key[0] == SETTLED):
            return "TRU-L010"
        return "TRU-L012" if asked.month <= self.closed else ""

    def post(self, posting_id: str, asked: Asked, maker: str, day: str) -> None:
        self.requests.setdefault(self.request(asked), []).append(posting_id)
        self.items[posting_id] = Item("posting_set", maker, asked.month, day, lines=self.differences(asked), as_of=asked.as_of)
        self.months.append(asked.month)

    # --- two people -----------------------------------------------------------------------------------------------------------------
    def kin(self, entry_id: str, *, before: bool) -> list[str]:
        """Pending sets before or after with money of one purpose for one entity."""
        ids = list(self.items)
        place, mine = ids.index(entry_id), {(k[0], k[1]) for k in self.items[entry_id].lines}
        side = ids[:place] if before else ids[place + 1 :]
        pending = self.sets("pending")
        return [i for i in side if i in pending and mine & {(k[0], k[1]) for k in self.items[i].lines}]

    def refuses_approval(self, entry_id: str, who: str) -> str:
        one = self.items[entry_id]
        if one.approver == who:
            return ""
        if one.status != "pending":
            return "TRU-L016"
        if one.maker == who:
            return "TRU-L014"
        if self.kin(entry_id, before=True):
            return "TRU-L020"
        return "TRU-L078" if self.touches_disputed(one, entry_id) else ""

    def touches_disputed(self, one: Item, entry_id: str) -> bool:
        if one.kind == "posting_set":
            return any(self.is_held(entry_id, entity) for entity in one.entities)
        return one.kind != "write_off" and any(self.is_held(i, one.entity) for i in [*one.pays, *one.takes])

    def is_held(self, posting_id: str, entity: str) -> bool:
        return entity in self.disputed and any(k[0] == SETTLED and k[1] == entity for k in self.items[posting_id].lines)

    def refuses_void(self, entry_id: str, who: str) -> str:
        one = self.items[entry_id]
        if one.voider == who:
            return ""
        if one.status != "pending":
            return "TRU-L016"
        return "TRU-L021" if self.kin(entry_id, before=False) else ""

    # --- paying ---------------------------------------------------------------------------------------------------------------------
    def due(self, through: str) -> dict[str, list[str]]:
        """Posted sets that are payable and in no remittance that stands, by entity; entities to which nothing is payable left out."""
        paid = {(i, x.entity) for x in self.items.values() if x.kind == "remittance" and x.holds for i in x.pays}
        found: dict[str, list[str]] = defaultdict(list)
        for i, one in self.sets("posted").items():
            for entity in one.entities:
                if one.month <= through and one.net(entity) >= 0 and (i, entity) not in paid and not self.is_held(i, entity):
                    found[entity].append(i)
        return {e: ids for e, ids in sorted(found.items()) if sum(self.items[i].net(e) for i in ids) > 0}

    def owed(self, posting_id: str, entity: str) -> int:
        """What is left of a receivable, with everything off that was taken or is about to be."""
        taken = sum(x.takes.get(posting_id, 0) for x in self.items.values() if x.entity == entity and x.holds)
        return -self.items[posting_id].net(entity) - taken

    def receivables(self) -> list[tuple[str, str]]:
        """(posting set, entity) of every receivable that is not at zero, oldest first."""
        born = [(x.day, n, i, e) for n, (i, x) in enumerate(self.sets("posted").items()) for e in x.entities if x.net(e) < 0]
        return [(i, e) for _, _, i, e in sorted(born) if self.owed(i, e) > 0]

    def payment(self, entity: str, pays: list[str], through: str, maker: str, day: str) -> Item:
        left = sum(self.items[i].net(entity) for i in pays)
        takes: dict[str, int] = {}
        for i, e in self.receivables():
            if e == entity and left and not self.is_held(i, e):
                takes[i] = min(left, self.owed(i, e))
                left -= takes[i]
        return Item("remittance", maker, day[:7], day, pays=pays, entity=entity, through=through, takes=takes)

    def total(self, one: Item) -> int:
        return sum(self.items[i].net(one.entity) for i in one.pays) - sum(one.takes.values())

    # --- months ---------------------------------------------------------------------------------------------------------------------
    def refuses_close(self, month: str) -> str:
        if month <= self.closed:
            return ""
        first = min((m for m in self.months if m > self.closed), default=month)
        if month != (following(self.closed) if self.closed else min(first, month)):
            return "TRU-L017"
        if any(x.status == "pending" and x.month <= month for x in self.items.values()):
            return "TRU-L018"
        in_transit = [
            x for x in self.items.values() if x.kind == "remittance" and x.status == "posted" and x.month <= month and self.total(x)
        ]
        return "TRU-L019" if in_transit else ""

    # --- accounts -------------------------------------------------------------------------------------------------------------------
    def balances(self, program: str) -> Mapping[str, int]:
        """Every account that is not at zero, over approved entries: debits above zero."""
        found: dict[str, int] = defaultdict(int)
        for i, one in self.items.items():
            if one.kind == "posting_set" and one.counts:
                for key, cents in one.lines.items():
                    found[f"expense:{key[0]}:{program}"] += cents
                for entity in one.entities:
                    side = "liability:provider" if one.net(entity) > 0 else "asset:receivable:provider"
                    found[f"{side}:{program}:{entity}"] -= one.net(entity)
            elif one.kind == "remittance" and one.counts:
                found[f"liability:provider:{program}:{one.entity}"] += sum(self.items[i].net(one.entity) for i in one.pays)
                found[f"asset:receivable:provider:{program}:{one.entity}"] -= sum(one.takes.values())
                found[f"{'asset:program_funds' if one.status == 'confirmed' else 'clearing:in_transit'}:{program}"] -= self.total(one)
            elif one.kind in ("offset", "write_off") and one.counts:
                found[f"{'asset:program_funds' if one.kind == 'offset' else 'expense:write_off'}:{program}"] += sum(one.takes.values())
                found[f"asset:receivable:provider:{program}:{one.entity}"] -= sum(one.takes.values())
            assert i in self.items
        return {account: cents for account, cents in found.items() if cents}


def following(month: str) -> str:
    """`2025-12` -> `2026-01`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


# --- a tiny program ---------------------------------------------------------------------------------------------------------------------


RATES = {"E1": 250_00, "E2": 220_01, "E3": 99}
LENGTH = 4  # months that a trigger pays for


@dataclass
class Facts:
    """Triggers, visits and gaps in coverage as versions: (id, version) is loaded once, a later version counts, a void takes it out."""

    versions: dict[tuple[str, int], tuple[str, ...] | None] = field(default_factory=dict)

    def load(self, name: str, version: int, content: tuple[str, ...] | None) -> None:
        self.versions[name, version] = content

    def current(self) -> dict[str, tuple[str, ...]]:
        last = {name: max(v for n, v in self.versions if n == name) for name, _ in self.versions}
        return {name: content for name, v in last.items() if (content := self.versions[name, v]) is not None}

    def entitled(self, through: str) -> dict[Key, int]:
        """Case rates by member and month, for the entity of the latest trigger so far; a visit that was paid beside one is taken back."""
        found: dict[Key, int] = {}
        facts = sorted(self.current().values())
        triggers = sorted((month, entity, member) for kind, member, month, entity in facts if kind == "trigger")
        gaps = {(member, month) for kind, member, month, _ in facts if kind == "gap"}
        for member in {t[2] for t in triggers}:
            month = min(t[0] for t in triggers if t[2] == member)
            for _ in range(LENGTH):
                holder = max(t for t in triggers if t[2] == member and t[0] <= month)[1]
                if (member, month) not in gaps and month <= through:
                    found["case_rate", holder, month, member, "", ""] = RATES[holder]
                month = following(month)
        for name, (kind, member, month, entity) in self.current().items():
            if kind == "visit" and ("case_rate", entity, month, member, "", "") in found:
                found["ffs_adjustment", entity, month, member, "", name] = -95_00
        return found


def shuffled(items: Iterable[tuple[Key, int]], turn: int) -> list[tuple[Key, int]]:
    """The same items in another order."""
    listed = list(items)
    return [listed[(n * 7 + turn) % len(listed)] for n in range(len(listed))] if len(listed) % 7 else listed[::-1]
