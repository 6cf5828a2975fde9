"""Timelines in words: facts of a member, and what each monthly cycle posts.

A story is a table, one line a cycle:

    2025-07 | A 2025-07 +250.00, B 2025-07 +220.00 | 1,220.00

the month, the differences that the cycle posts (`ffs` marks the correction of a claim), and what is booked in all after it. Amounts are
dollars worked by hand. Stories do not touch: each has its own practices A and B and its own members, so that one state holds them all and
one cycle a month serves them all. After each cycle the month is closed, so that every later correction has to land after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from life.world import CHECKER, Cycle, World, cents, month_end, months

Row = dict[str, Any]
Deltas = dict[tuple[str, str, str], int]
A, B, HOSPITAL = "A", "B", "H"
KNOWN = "2024-01-01"
_DELTA = re.compile(r"(?P<who>[AB]) (?P<month>\d{4}-\d{2}) (?P<kind>ffs )?(?P<amount>[+-][\d,]+\.\d\d)")
_PRACTICES = ("billing_tin", "tin", "entity_id")
_OWN = ("member_id", "claim_id", "replaces_claim_id", "row_id", "replaces_row_id")


# --- facts --------------------------------------------------------------------------------------------------------------------------------


def claim(name: str, who: str, when: str, code: str, paid: str, known: str, dx: str = "", **more: Any) -> Row:
    """One professional line of member M that became known on a day."""
    return {
        "claim_id": name, "claim_line_number": "1", "claim_type": "professional", "member_id": "M", "claim_status": "paid",
        "record_type": "original", "version_seq": "1", "replaces_claim_id": "", "billing_tin": who, "claim_start_date": when,
        "claim_end_date": when, "hcpcs_code": code, "place_of_service_code": "11", "paid_amount": paid, "received_date": known,
        "diagnosis_code_1": dx, **more,
    }  # fmt: skip


def visit(name: str, who: str, when: str, known: str, *, dx: str = "Z3482", paid: str = "0.00", allowed: str = "95.00", **more: Any) -> Row:
    """A visit whose diagnosis triggers, unless another is given; zero-paid unless an amount is."""
    return claim(name, who, when, "99213", paid, known, dx, allowed_amount=allowed, **more)


def birth(who: str, when: str, known: str, *, dx: str = "Z370", code: str = "59409", paid: str = "1100.00", **more: Any) -> Row:
    """A delivery in a hospital, as the professional bills it."""
    return claim("BIRTH", who, when, code, paid, known, dx, **{"place_of_service_code": "21", **more})


def voided(row: Row, known: str) -> Row:
    """The void of a claim."""
    return {**row, "version_seq": "2", "record_type": "void", "received_date": known}


def replaced(row: Row, known: str, **changes: Any) -> Row:
    """The next version of a claim."""
    return {**row, "version_seq": str(int(row["version_seq"]) + 1), "record_type": "replacement", "received_date": known, **changes}


def cover(name: str, first: str, known: str, last: str = "", *, instead_of: str = "", member: str = "M") -> Row:
    """A span of coverage."""
    kind = "replacement" if instead_of else "original"
    span = {"member_id": member, "enrollment_start_date": first, "enrollment_end_date": last, "received_date": known}
    return {"row_id": name, "record_type": kind, "replaces_row_id": instead_of, **span}


def transfer(program: str, who: str, day: str, known: str, member: str = "M") -> Row:
    """A notice that a member moves to a practice."""
    return {"row_id": f"X{member}", "program": program, "member_id": member, "entity_id": who, "transfer_date": day, "received_date": known}


# --- stories ------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """Facts with the days on which they became known, and the cycles they lead to. `types` are the practices' kinds."""

    name: str
    cycles: str
    claims: list[Row]
    transfers: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    gates: list[Row] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    rates: tuple[tuple[str, str, str], ...] = ((A, "250.00", "2025-01-01"), (B, "220.00", "2025-01-01"))
    targets: tuple[tuple[str, str], ...] = ()


@dataclass
class Played:
    """A world in which stories were played: each cycle, and the differences of each story and month."""

    world: World
    stories: list[Story]
    cycles: dict[str, Cycle] = field(default_factory=dict)
    deltas: dict[tuple[str, str], Deltas] = field(default_factory=dict)

    def tin(self, story: str, who: str) -> str:
        return _tin([s.name for s in self.stories].index(story), who)

    def total(self, story: str, through: str) -> int:
        return sum(sum(found.values()) for (name, month), found in self.deltas.items() if name == story and month <= through)

    def rows(self, month: str, table: str, story: str) -> list[Row]:
        """A table's rows of the story's members in the run of a month."""
        return mine(self.cycles[month].table(table), self.prefix(story))

    def prefix(self, story: str) -> str:
        return _prefix([s.name for s in self.stories].index(story))


def mine(rows: Iterable[Row], prefix: str) -> list[Row]:
    """Rows of members whose id begins with a story's prefix."""
    return [row for row in rows if (row.get("member_id") or "").startswith(prefix)]


def play(world: World, stories: list[Story], last: str) -> Played:
    """Tell the world every fact, then run and close every month up to `last`; no closed month may change afterwards."""
    played = Played(world, stories)
    _tell(played)
    names = {_tin(n, who): (story.name, who) for n, story in enumerate(stories) for who in (A, B)}
    closed: dict[str, object] = {}
    for month in months("2025-01", last):
        done = played.cycles[month] = world.cycle(month)
        for (entity, purpose, period), amount in done.deltas.items():
            story, who = names[entity]
            played.deltas.setdefault((story, month), {})[who, purpose, period] = amount
        world.ledger.close_month(month, actor=CHECKER, recorded_at=world.moment(month_end(month)))
        closed[month] = world.closed_books(month)
    for month, books in closed.items():
        assert world.closed_books(month) == books, f"{month} was closed and has changed"
    world.check()
    return played


def _tell(played: Played) -> None:
    tables: dict[str, list[Row]] = {"provider": [], "medical_claim": [], "member_transfers": [], "eligibility": [], "gate_results": []}
    rates: dict[str, list[tuple[str, str, str]]] = {}
    members: set[str] = set()
    for n, story in enumerate(played.stories):
        for who in (A, B, HOSPITAL):
            kind = story.types.get(who, "hospital" if who == HOSPITAL else "obstetrics")
            tin = _tin(n, who)
            tables["provider"].append({"npi": f"1{tin}", "tin": tin, "entity_id": tin, "provider_type": kind, "received_date": KNOWN})
            if who != HOSPITAL:  # a birth in the base, so that the practice passes the gate of one delivery
                tables["medical_claim"].append({**birth(tin, "2023-06-01", KNOWN), "claim_id": f"G{tin}", "member_id": f"G{tin}"})
        claims = [_placed(row, n) for row in story.claims]
        covered = [_placed(row, n) for row in story.coverage]
        tables["medical_claim"] += claims
        tables["member_transfers"] += [_placed(row, n) for row in story.transfers]
        tables["gate_results"] += [_placed(row, n) for row in story.gates]
        tables["eligibility"] += covered
        members |= {row["member_id"] for row in claims} - {row["member_id"] for row in covered}
        for who, dollars, day in story.rates:
            rates.setdefault(day, []).append((_tin(n, who), dollars, day))
    # Where a story says nothing of coverage, its members are covered throughout.
    always = (("enrollment_start_date", "2020-01-01"), ("enrollment_end_date", ""), ("received_date", KNOWN))
    tables["eligibility"] += [{"row_id": f"R{m}", "record_type": "original", "member_id": m, **dict(always)} for m in sorted(members)]
    played.world.learn(**{name: rows for name, rows in tables.items() if rows})
    targets = [(_tin(n, who), dollars) for n, story in enumerate(played.stories) for who, dollars in story.targets]
    for day in sorted(rates):
        played.world.rates(*rates[day], targets=targets if day == "2025-01-01" else [])


def _placed(row: Row, n: int) -> Row:
    """A story's row under ids of its own."""
    names = {name: _tin(n, row[name]) for name in _PRACTICES if row.get(name) in (A, B, HOSPITAL)}
    return {**row, **names, **{name: _prefix(n) + row[name] for name in _OWN if row.get(name)}}


def _tin(n: int, who: str) -> str:
    return f"1{n:02d}00000{(A, B, HOSPITAL).index(who) + 1}"


def _prefix(n: int) -> str:
    return f"S{n:02d}"


# --- what a story says --------------------------------------------------------------------------------------------------------------------


def hold_to(played: Played, story: Story) -> None:
    """Every cycle posted what its line says, and no other cycle anything."""
    told = set()
    for line in filter(None, map(str.strip, story.cycles.splitlines())):
        month, said, total = (part.strip() for part in line.split("|"))
        found = played.deltas.get((story.name, month), {})
        assert found == deltas_of(said), f"{month}: {found}"
        assert played.total(story.name, month) == cents(total), f"{month}: {played.total(story.name, month)} booked in all"
        told.add(month)
    silent = [month for (name, month) in played.deltas if name == story.name and month not in told]
    assert not silent, f"posted in {silent}, of which the story says nothing"


def deltas_of(said: str) -> Deltas:
    """`A 2025-04 ffs +95.00, B 2025-07 +220.00` as differences by (practice, purpose, period); a dash is nothing."""
    found: Deltas = {}
    for part in said.split(", ") if said not in ("", "-") else []:
        match = _DELTA.fullmatch(part)
        assert match, f"{part!r} is no difference"
        key = (match["who"], "ffs_adjustment" if match["kind"] else "case_rate", match["month"])
        found[key] = found.get(key, 0) + cents(match["amount"])
    return found
