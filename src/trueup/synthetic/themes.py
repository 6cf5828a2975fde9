"""What the themes beside childbirth share: their own people, billers, claims and random stream, written in the same tables.

A theme is a population of its own in each region (children in psychiatric hospitals, the panels of primary care), so that it changes
nothing of the others. Members are counted from one number of the region; claim ids have a range of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic.arrow import ArrowTable, Column, choose, day, rows_table, same, table, tagged
from trueup.synthetic.book import NONE, PHARMACY_CLAIM, Book, Words
from trueup.synthetic.calendar import DEFAULT_RUNOUT_DAYS, day_number, to_date
from trueup.synthetic.draw import Draw, Flags, Ints, scale
from trueup.synthetic.entities import Entities, Row, npi
from trueup.synthetic.lifecycle import Versions, live_plainly
from trueup.synthetic.output import TableFile
from trueup.synthetic.people import OPEN
from trueup.synthetic.tables import ETHNICITIES, RACES, ClaimTables, Holders

if TYPE_CHECKING:
    from trueup.rules.program import Program

PSYCHIATRY, PRIMARY_CARE = 4, 5
PREFIXES = {PSYCHIATRY: "Y", PRIMARY_CARE: "P"}
MEMBERS_PER_REGION = 100_000  # room in the numbering of a theme's members
NEVER_KNOWN = 10**6


@dataclass(frozen=True)
class Span:
    """First and last day of a theme's programs, and the day after which nothing is known of it."""

    first: int
    last: int
    data_end: int


def span_of(programs: list[Program]) -> Span | None:
    """The days that these programs measure or pay; None where there are none. Raises `Refused` where a period's days are unknown."""
    if not programs:
        return None
    firsts, lasts, ends = list[int](), list[int](), list[int]()
    for program in programs:
        open_days = program.integer("maturity.follow_up_days") if program.has("maturity.follow_up_days") else 0
        runout = program.integer("maturity.runout_days") if program.has("maturity.runout_days") else DEFAULT_RUNOUT_DAYS
        for period in program.periods:
            firsts.append(day_number(period.first_day))
            lasts.append(day_number(period.last_day))
            ends.append(lasts[-1] + open_days + runout)
    return Span(min(firsts), max(lasts), max(ends))


@dataclass(frozen=True)
class BillerKind:
    """A biller: what it is, how many clinicians it has, and its name."""

    kind: str
    taxonomy: str
    clinicians: int
    name: str


def billers(region: int, kinds: list[BillerKind], *, first_entity: int, first_npi: int) -> Entities:
    """The billers of a theme; `first_entity` and `first_npi` keep their numbers apart from those of other themes of the region."""
    out = Entities(region)
    for position, kind in enumerate(kinds):
        number = region * 100 + first_entity + position + 1
        out.ids.append(f"ENT{number:06d}")
        out.names.append(f"Invented {kind.name} {region + 1}")
        out.types.append(kind.kind)
        out.taxonomies.append(kind.taxonomy)
        out.tins.append(f"07{number:07d}")
        out.first_npi.append(len(out.npis))
        out.npi_count.append(kind.clinicians)
        out.npis += [npi(region * 1000 + first_npi + len(out.npis) + 1 + i) for i in range(kind.clinicians)]
    out.second_tin = out.tins[0]
    return out


def provider_rows(ents: Entities, theme: int, since: int) -> list[Row]:
    """One row per NPI and tax id."""
    start = to_date(since).isoformat()
    return [
        {"row_id": f"P{ents.region:04d}{theme}{ents.first_npi[k] + i + 1:03d}", "record_type": "original", "replaces_row_id": "",
         "received_date": start, "npi": ents.npis[ents.first_npi[k] + i], "tin": ents.tins[k], "entity_id": ents.ids[k],
         "name": ents.names[k], "provider_type": ents.types[k], "taxonomy": ents.taxonomies[k], "effective_from": start, "effective_to": ""}
        for k in range(len(ents.ids)) for i in range(ents.npi_count[k])
    ]  # fmt: skip


def crosswalk_rows(ents: Entities, since: int) -> list[Row]:
    start = to_date(since).isoformat()
    return [
        {"tin": tin, "entity_id": entity, "effective_from": start, "effective_to": "", "received_date": start}
        for tin, entity in zip(ents.tins, ents.ids, strict=True)
    ]


@dataclass
class Members:
    """The members of a theme in a region, by position. Coverage days are inclusive; `payer` holds until `moved_on`, then `next_payer`."""

    birth: Ints
    female: Flags
    race: Ints
    ethnicity: Ints
    start: Ints
    end: Ints
    payer: Ints
    next_payer: Ints
    moved_on: Ints
    dual: Flags
    payers: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.birth)

    def covered(self, member: Ints, on: Ints) -> Flags:
        return (on >= self.start[member]) & (on <= self.end[member])


class Theme:
    """One theme of one region while it is written."""

    def __init__(self, theme: int, region: int, seed: int, words: Words, ents: Entities, data_end: int) -> None:
        self.theme, self.region, self.ents, self.data_end = theme, region, ents, data_end
        self.draw = Draw.of_theme(seed, region, theme)
        self.book = Book(words)
        self.words = words
        self.claims: dict[str, Ints] = {}
        self.first_price = np.zeros(0, dtype=np.int64)  # by claim: the cents of its first line
        self.versions = Versions()

    @property
    def first_claim(self) -> int:
        return self.region * 10**8 + self.theme * 10**7

    def ids(self, member: Ints) -> Column:
        """Member ids: the letter of the theme and seven digits."""
        number = np.where(member >= 0, self.region * MEMBERS_PER_REGION + member + 1, NONE)
        return tagged(PREFIXES[self.theme], number, 7)

    def clinician(self, biller: Ints | int, key: Ints) -> Ints:
        first, count = np.array(self.ents.first_npi), np.array(self.ents.npi_count)
        return first[biller] + key % count[biller]

    def price(self, code: str, n: int, *effects: Ints | int) -> Ints:
        return scale(cal.PRICES[code], *effects, self.draw.noise(n, 60))

    def visit(
        self, member: Ints, on: Ints, biller: Ints | int, rend: Ints | None = None, pos: str | Ints = "11", **more: Ints | int | str
    ) -> Ints:
        """One professional claim each, of a clinician of the biller that is the same for the same member unless `rend` names one."""
        who = np.broadcast_to(np.asarray(biller, dtype=np.int64), (len(member),))
        return self.book.claims(
            len(member), member=member, start=on, biller=who, rend=self.clinician(who, member) if rend is None else rend, pos=pos, **more
        )

    def line(self, claim: Ints, on: Ints, code: str, *effects: Ints | int, **more: Ints | int | str) -> None:
        self.book.lines(claim, date=on, hcpcs=code, price=self.price(code, len(claim), *effects), **more)

    def outpatient(self, member: Ints, on: Ints, biller: Ints | int, **more: Ints | int | str) -> Ints:
        return self.book.claims(len(member), member=member, ctype=1, start=on, bill="131", biller=biller, **more)

    def fill(self, member: Ints, on: Ints, biller: int, code: str, cents: Ints, days: int = 30) -> None:
        """One pharmacy claim each."""
        who = np.full(len(member), biller)
        claim = self.book.claims(
            len(member), member=member, ctype=PHARMACY_CLAIM, start=on, biller=biller, rend=self.clinician(who, member),
            prescriber=self.clinician(np.zeros(len(member), dtype=np.int64), member),
        )  # fmt: skip
        self.book.lines(claim, date=on, ndc=code, units=days, days=days, price=cents)

    def write(self, members: Members, tables: dict[str, TableFile], since: int, *, crosswalk: bool) -> None:
        """Writes the claims with their versions, the enrollment and the billers."""
        claims, lines = self.book.closed()
        # a hospital bills a stay whoever pays it in the end
        exists = members.covered(claims["member"], claims["start"]) | (claims["adm"] >= 0)
        self.claims = claims
        self.first_price = np.zeros(len(claims["member"]), dtype=np.int64)
        top = lines["number"] == 1
        self.first_price[lines["claim"][top]] = lines["price"][top]
        self.versions = live_plainly(self.draw, self.first_claim, claims, exists, self.data_end)
        holders = Holders(self.ids, lambda member: choose(members.payers, members.payer[member]))
        builder = ClaimTables(self.ents, self.words, claims, lines, self.versions, holders)
        for name in ("medical_claim", "pharmacy_claim"):
            for block in builder.build(pharmacy=name == "pharmacy_claim"):
                tables[name].write(block)
        tables["eligibility"].write(self._enrollment(members))
        add_rows(tables, "provider", provider_rows(self.ents, self.theme, since))
        if crosswalk:
            add_rows(tables, "entity_crosswalk", crosswalk_rows(self.ents, since))

    def known(self) -> tuple[Flags, Ints]:
        """By claim: whether it is lost in the end (voided, denied, outside coverage), and the day on which it was first paid."""
        n = len(self.claims["member"])
        first = np.full(n, NEVER_KNOWN, dtype=np.int64)
        v = self.versions.columns
        paid = v["status"] == 0
        np.minimum.at(first, v["claim"][paid], v["received"][paid])
        return ~self.versions.usable | (first == NEVER_KNOWN), first

    def planted(self) -> ArrowTable:
        """What was done to which claim, in the columns of the ground truth."""
        return planted_table(self.ids, self.claims["member"], self.versions, self.first_claim)

    def _enrollment(self, m: Members) -> ArrowTable:
        everyone = np.arange(len(m), dtype=np.int64)
        moved = np.flatnonzero((m.moved_on > m.start) & (m.moved_on <= m.end)).astype(np.int64)
        end = m.end.copy()
        end[moved] = m.moved_on[moved] - 1
        member = np.concatenate([everyone, moved])
        start, end = np.concatenate([m.start, m.moved_on[moved]]), np.concatenate([end, m.end[moved]])
        payer = np.concatenate([m.payer, m.next_payer[moved]])
        received = np.minimum(start + self.draw.between(-10, 20, len(member)), self.data_end)
        return enrollment_table(self.ids(member), {
            "row": self.region * 10**6 + self.theme * 10**5 + np.arange(len(member)), "received": received,
            "female": m.female[member].astype(np.int64), "birth": m.birth[member], "start": start, "end": end, "payer": payer,
            "dual": m.dual[member].astype(np.int64), "race": m.race[member], "ethnicity": m.ethnicity[member],
            "zip": 1 + member % cal.AREAS,
        }, m.payers)  # fmt: skip


def planted_table(ids: Callable[[Ints], Column], member: Ints, versions: Versions, first_claim: int) -> ArrowTable:
    """What was done to which claim; `member` is by claim, `first_claim` the number of the first claim's id."""
    kinds = [kind for kind, _ in versions.planted]
    claim = np.concatenate([c for _, c in versions.planted])
    written = np.isin(claim, versions.columns["claim"])
    which = np.repeat(np.arange(len(kinds)), [len(c) for _, c in versions.planted])[written]
    claim = claim[written]
    return table({
        "kind": choose(kinds, which), "member_id": ids(member[claim]), "claim_family_id": tagged("C", first_claim + claim * 10, 12),
        "pregnancy_id": tagged("G", np.full(len(claim), NONE), 10),
    })  # fmt: skip


def enrollment_table(ids: Column, e: dict[str, Ints], payers: list[str]) -> ArrowTable:
    """Enrollment spans in the columns that `tables.eligibility_table` writes; none is ever changed."""
    n = len(e["row"])
    none = np.full(n, NONE)
    return table({
        "row_id": tagged("E", e["row"], 10), "record_type": same("original", n), "replaces_row_id": tagged("E", none, 10),
        "received_date": day(e["received"]), "person_id": ids, "member_id": ids, "gender": choose(("male", "female"), e["female"]),
        "birth_date": day(e["birth"]), "death_date": day(none), "death_flag": same("0", n), "enrollment_start_date": day(e["start"]),
        "enrollment_end_date": day(e["end"]), "payer": choose(payers, e["payer"]), "payer_type": same("medicaid", n),
        "plan": same("fee for service", n), "dual_status_code": choose(("02",), np.where(e["dual"] == 1, 0, NONE)),
        "eligibility_group": same("member", n), "zip_code": tagged("", e["zip"], 5), "data_source": same("synthetic", n),
        "race": choose(RACES, e["race"]), "ethnicity": choose(ETHNICITIES, e["ethnicity"]),
    })  # fmt: skip


def groups_of(draw: Draw, n: int) -> tuple[Ints, Ints]:
    """Race and ethnicity of `n` people, as positions; -1 where nobody recorded it."""
    race, ethnicity = draw.pick(cal.RACE_SHARES, n), draw.pick(cal.ETHNICITY_SHARES, n)
    return np.where(race < len(RACES), race, NONE), np.where(ethnicity < len(ETHNICITIES), ethnicity, NONE)


def add_rows(tables: dict[str, TableFile], name: str, rows: list[Row]) -> None:
    """Rows of text to one of the tables; nothing for none."""
    if rows:
        tables[name].write(rows_table(rows))


def never(n: int) -> Ints:
    return np.full(n, OPEN, dtype=np.int64)
