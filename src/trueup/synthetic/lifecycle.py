"""The life of claims: when they arrive, and how some are replaced, voided, denied, repeated, or broken on purpose.

A version is one row of `Versions`; its lines are the claim's lines with amounts scaled by `factor` (negative for voids).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic.book import INSTITUTIONAL, PHARMACY_CLAIM
from trueup.synthetic.care import Region
from trueup.synthetic.draw import Draw, Flags, Ints
from trueup.synthetic.people import BABY

ORIGINAL, VOID, REPLACEMENT = 0, 1, 2
PAID, DENIED = 0, 1
IDS_PER_CLAIM = 10  # id number = region * 10**8 + claim * 10 + which
REBILL, VOIDER, ABSENT = 3, 5, 9
LATE_DAYS = 145
NONE = -1
VERSION_COLUMNS = ("claim", "number", "family", "seq", "record", "replaces", "status", "received", "factor", "last_line_denied")


@dataclass
class Versions:
    """Versions of one region as columns, and what was done to which claim."""

    columns: dict[str, Ints] = field(default_factory=dict[str, Ints])
    usable: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))  # by claim: some version counts in the end
    planted: list[tuple[str, Ints]] = field(default_factory=list[tuple[str, Ints]])  # kind, claim numbers

    def forget(self, claims: Flags) -> None:
        """Take away claims that never were, by claim; all others stay as they are."""
        kept = ~claims[self.columns["claim"]]
        self.columns = {name: column[kept] for name, column in self.columns.items()}
        self.usable &= ~claims


class _Maker:
    def __init__(self, base: int, claims: int) -> None:
        self.base = base
        self.blocks: list[dict[str, Ints]] = []
        self.count = claims

    def ids(self, claim: Ints, which: int) -> Ints:
        return self.base + claim * IDS_PER_CLAIM + which

    def add(
        self,
        claim: Ints,
        which: int,
        seq: int,
        record: int,
        received: Ints,
        *,
        replaces: int | None = None,
        factor: Ints | int = 1000,
        status: int = PAID,
    ) -> None:
        """`which` and `replaces` choose among the ids of a claim; a rebill is a family of its own."""
        n = len(claim)
        values: dict[str, Ints | int] = {
            "claim": claim, "number": self.ids(claim, which), "family": self.ids(claim, REBILL if which == REBILL else 0), "seq": seq,
            "record": record,
            "replaces": NONE if replaces is None else self.ids(claim, replaces), "status": status, "received": received, "factor": factor,
            "last_line_denied": 0,
        }  # fmt: skip
        self.blocks.append({name: np.array(np.broadcast_to(np.asarray(values[name], dtype=np.int64), (n,))) for name in VERSION_COLUMNS})


def in_reach(r: Region, claims: dict[str, Ints], draw: Draw) -> tuple[Flags, Ints]:
    """Which claims exist at all: the member is covered that day, or the claim is one of a few planted outside coverage."""
    adult = claims["member"] < BABY
    member = np.where(adult, claims["member"], 0)
    covered = r.people.covered(member, claims["start"]) | ~adult
    alive = (claims["start"] <= r.people.death[member]) | ~adult
    stray = adult & alive & ~covered & draw.chance(15, len(member))
    exists = (covered | stray) & (claims["start"] <= r.calendar.data_end) & (claims["start"] >= r.calendar.first_birth - 320)
    return exists, np.flatnonzero(stray & exists).astype(np.int64)


def live(r: Region, claims: dict[str, Ints], line_count: Ints, exists: Flags) -> Versions:
    """Gives each existing claim its versions. Claims that the births at a gate rest on are never voided or denied."""
    draw, n = r.draw, len(claims["member"])
    out, make = Versions(), _Maker(r.ents.region * 10**8, n)
    lag = np.where(
        claims["ctype"] == PHARMACY_CLAIM, draw.curve(cal.LAG_PHARMACY, n),
        np.where(claims["ctype"] == INSTITUTIONAL, draw.curve(cal.LAG_INSTITUTIONAL, n), draw.curve(cal.LAG_PROFESSIONAL, n)),
    )  # fmt: skip
    first = claims["end"] + lag
    exists = exists & (first <= r.calendar.data_end)
    guarded = (claims["evidence"] == 1) & r.p.flags["protected"][np.maximum(claims["preg"], 0)] & (claims["preg"] >= 0)
    kind, names = _kinds(r, claims, exists, guarded, line_count)
    out.planted = [(name, np.flatnonzero(kind == i + 1).astype(np.int64)) for i, name in enumerate(names)]
    of = dict(out.planted)
    out.planted.append(("late_arrival", np.flatnonzero(exists & (lag > LATE_DAYS)).astype(np.int64)))
    out.usable = exists.copy()
    normal = exists & ~np.isin(np.arange(n), np.concatenate([of["denied_claim"], of["orphan_replacement"]]))
    make.add(np.flatnonzero(normal).astype(np.int64), 0, 1, ORIGINAL, first[normal])
    _replace(draw, make, of, first, r.calendar.data_end)
    _void(draw, make, of, first, r.calendar.data_end, out.usable)
    denied = of["denied_claim"]
    make.add(denied, 0, 1, ORIGINAL, first[denied], status=DENIED)
    again = draw.chance(600, len(denied)) | guarded[denied]
    out.planted.append(("rebilled_after_denial", denied[again]))
    make.add(denied[again], REBILL, 1, ORIGINAL, first[denied][again] + draw.between(20, 60, int(again.sum())))
    out.usable[denied[~again]] = False
    _broken(draw, make, of, first, out.usable)
    columns = {name: np.concatenate([b[name] for b in make.blocks]) for name in VERSION_COLUMNS}
    columns["last_line_denied"] = np.isin(columns["claim"], of["denied_line"]).astype(np.int64)
    for name, amount in (("duplicate_row", 1000), ("duplicate_conflict", 1130)):
        copy = np.flatnonzero(np.isin(columns["claim"], of[name]) & (columns["seq"] == 1))
        more = {key: column[copy] for key, column in columns.items()} | {"factor": np.full(len(copy), amount)}
        columns = {key: np.concatenate([column, more[key]]) for key, column in columns.items()}
    kept = columns["received"] <= r.calendar.data_end
    out.columns = {name: column[kept] for name, column in columns.items()}
    return out


def _kinds(r: Region, claims: dict[str, Ints], exists: Flags, guarded: Flags, line_count: Ints) -> tuple[Ints, list[str]]:
    """One kind of life per claim: 0 is the plain one, otherwise the position of its name plus one."""
    n = len(exists)
    shares = {
        "replacement": cal.REPLACED, "replacement_chain": cal.CHAINED, "void": cal.VOIDED, "void_and_replacement": cal.VOID_AND_REPLACED,
        "denied_claim": cal.DENIED, "denied_line": cal.DENIED_LINE, "duplicate_row": cal.DUPLICATE_ROWS,
    }  # fmt: skip
    kind = np.zeros(n, dtype=np.int64)
    drawn = r.draw.pick([10_000 - sum(shares.values()), *shares.values()], n)
    kind[exists] = drawn[exists]
    names = list(shares)
    kind[guarded & np.isin(kind, [names.index(k) + 1 for k in ("void", "denied_claim", "denied_line")])] = 0
    kind[(line_count < 2) & (kind == names.index("denied_line") + 1)] = 0
    free = np.flatnonzero(exists & (kind == 0) & (claims["evidence"] == 0) & (claims["end"] < r.calendar.data_end - 200))
    free = free[r.draw.shuffled(len(free))]
    few = max(3, n // 12_000)
    for name in ("orphan_void", "orphan_replacement", "double_void", "duplicate_conflict"):
        names.append(name)
        kind[free[:few]], free = len(names), free[few:]
    # a fork or a cycle holds its claim family and would halt a practice's settlement: only claims outside pregnancies
    outside = free[claims["preg"][free] < 0]
    for name in ("fork", "cycle"):
        names.append(name)
        kind[outside[:2]], outside = len(names), outside[2:]
    return kind, names


def _replace(draw: Draw, make: _Maker, of: dict[str, Ints], first: Ints, data_end: int) -> None:
    """Replacements under the same id or a new one; chains of two."""
    for name in ("replacement", "replacement_chain"):
        claim = of[name]
        same = draw.chance(500, len(claim))
        second = first[claim] + draw.between(20, 120, len(claim))
        third = second + draw.between(15, 90, len(claim))
        factor, last = 960 + draw.between(0, 80, len(claim)), 960 + draw.between(0, 80, len(claim))
        for mask, one, two in ((same, 0, 0), (~same, 1, 2)):
            make.add(claim[mask], one, 2, REPLACEMENT, second[mask], replaces=0, factor=factor[mask])
            if name == "replacement_chain":
                make.add(claim[mask], two, 3, REPLACEMENT, third[mask], replaces=one, factor=last[mask])


def _void(draw: Draw, make: _Maker, of: dict[str, Ints], first: Ints, data_end: int, usable: Flags) -> None:
    claim = of["void"]
    same = draw.chance(500, len(claim))
    when = np.minimum(first[claim] + draw.between(15, 90, len(claim)), data_end)
    for mask, which in ((same, 0), (~same, VOIDER)):
        make.add(claim[mask], which, 2, VOID, when[mask], replaces=0, factor=-1000)
    usable[claim] = False
    claim = of["void_and_replacement"]
    when = np.minimum(first[claim] + draw.between(15, 90, len(claim)), data_end)
    make.add(claim, VOIDER, 2, VOID, when, replaces=0, factor=-1000)
    make.add(claim, 1, 3, REPLACEMENT, when, replaces=0, factor=960 + draw.between(0, 80, len(claim)))


def _broken(draw: Draw, make: _Maker, of: dict[str, Ints], first: Ints, usable: Flags) -> None:
    """Records that final action must refuse, hold, or count as something else."""
    claim = of["orphan_void"]
    make.add(claim, VOIDER, 2, VOID, first[claim] + 30, replaces=ABSENT, factor=-1000)
    claim = of["orphan_replacement"]
    make.add(claim, 0, 1, REPLACEMENT, first[claim], replaces=ABSENT)
    claim = of["double_void"]
    make.add(claim, VOIDER, 2, VOID, first[claim] + 25, replaces=0, factor=-1000)
    make.add(claim, VOIDER + 1, 3, VOID, first[claim] + 60, replaces=0, factor=-1000)
    claim = of["fork"]
    for which in (1, 2):
        make.add(claim, which, 2, REPLACEMENT, first[claim] + 30 + which, replaces=0, factor=1000 + which)
    claim = of["cycle"]
    for which, other in ((1, 2), (2, 1)):
        make.add(claim, which, 2, REPLACEMENT, first[claim] + 30 + which, replaces=other)
    for name in ("double_void", "duplicate_conflict", "fork", "cycle"):
        usable[of[name]] = False


_THEME_SHARES = {"replacement": 130, "void": 20, "denied_claim": 90, "duplicate_row": 20}  # per ten thousand claims


def live_plainly(draw: Draw, base: int, claims: dict[str, Ints], exists: Flags, data_end: int) -> Versions:
    """Versions of the claims of a theme: late as all claims are, some replaced, voided, denied or sent twice, none broken.

    `base` is the number of the theme's first claim id. Claims with `evidence` 1 are never voided or denied.
    """
    n = len(claims["member"])
    out, make = Versions(), _Maker(base, n)
    lag = np.where(
        claims["ctype"] == PHARMACY_CLAIM, draw.curve(cal.LAG_PHARMACY, n),
        np.where(claims["ctype"] == INSTITUTIONAL, draw.curve(cal.LAG_INSTITUTIONAL, n), draw.curve(cal.LAG_PROFESSIONAL, n)),
    )  # fmt: skip
    first = claims["end"] + lag
    exists = exists & (first <= data_end)
    names = list(_THEME_SHARES)
    kind = np.where(exists, draw.pick([10_000 - sum(_THEME_SHARES.values()), *_THEME_SHARES.values()], n), 0)
    lossy = [names.index(name) + 1 for name in ("void", "denied_claim")]
    kind[(claims["evidence"] == 1) & np.isin(kind, lossy)] = 0
    of = {name: np.flatnonzero(kind == i + 1).astype(np.int64) for i, name in enumerate(names)} | {
        name: np.zeros(0, dtype=np.int64) for name in ("replacement_chain", "void_and_replacement")
    }
    out.planted = [(name, of[name]) for name in names]
    out.planted.append(("late_arrival", np.flatnonzero(exists & (lag > LATE_DAYS)).astype(np.int64)))
    out.usable = exists.copy()
    denied = of["denied_claim"]
    paid = np.flatnonzero(exists & ~np.isin(np.arange(n), denied)).astype(np.int64)
    make.add(paid, 0, 1, ORIGINAL, first[paid])
    _replace(draw, make, of, first, data_end)
    _void(draw, make, of, first, data_end, out.usable)
    make.add(denied, 0, 1, ORIGINAL, first[denied], status=DENIED)
    again = draw.chance(500, len(denied))
    make.add(denied[again], REBILL, 1, ORIGINAL, first[denied][again] + draw.between(20, 60, int(again.sum())))
    out.usable[denied[~again]] = False
    out.planted.append(("rebilled_after_denial", denied[again]))
    columns = {name: np.concatenate([b[name] for b in make.blocks]) for name in VERSION_COLUMNS}
    copy = np.flatnonzero(np.isin(columns["claim"], of["duplicate_row"]))
    columns = {name: np.concatenate([column, column[copy]]) for name, column in columns.items()}
    kept = columns["received"] <= data_end
    out.columns = {name: column[kept] for name, column in columns.items()}
    return out
