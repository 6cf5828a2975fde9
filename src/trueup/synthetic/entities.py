"""Practices, hospitals and other billers of one region, with made-up ids, and the small tables about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trueup.synthetic.calendar import Calendar, covered_periods, day_number, to_date

if TYPE_CHECKING:
    from trueup.rules.program import Program

Row = dict[str, str]

PRACTICES = 16  # fifteen at any time: the last merges into the first, or never opens
ANESTHESIA, IMAGING, LABORATORY, BEHAVIORAL, SUBSTANCE, DOULA, PHARMACY, PEDIATRICS, GENERAL = range(19, 28)
HOSPITALS = (16, 17, 18)
LARGE, MIDWIFE, FQHC, FAMILY, BIRTH_CENTER, SPECIALIST, SMALL, MERGING = (0, 1, 2, 3, 4), 5, 6, 7, 8, 9, (10, 11, 12, 13, 14), 15
RETAXED = 3
MIDWIVES = (MIDWIFE, BIRTH_CENTER, SMALL[2])
# entity position -> (type, taxonomy, number of NPIs, name)
_KINDS: tuple[tuple[str, str, int, str], ...] = (
    ("obstetrics", "207V00000X", 9, "Women's Health Group"),
    ("obstetrics", "207V00000X", 8, "Obstetrics Associates"),
    ("obstetrics", "207V00000X", 7, "Women's Care"),
    ("obstetrics", "207V00000X", 6, "Obstetrics Partners"),
    ("obstetrics", "207V00000X", 5, "Valley Obstetrics"),
    ("midwife", "367A00000X", 4, "Midwives"),
    ("fqhc", "261QF0400X", 5, "Community Health Center"),
    ("family_medicine", "207Q00000X", 4, "Family Medicine"),
    ("midwife", "367A00000X", 3, "Birth Center Midwives"),
    ("obstetrics", "207VM0101X", 3, "Maternal-Fetal Medicine"),
    ("obstetrics", "207V00000X", 2, "Hill Obstetrics"),
    ("obstetrics", "207V00000X", 2, "Lake Obstetrics"),
    ("midwife", "367A00000X", 2, "River Midwifery"),
    ("obstetrics", "207V00000X", 2, "Park Obstetrics"),
    ("obstetrics", "207V00000X", 2, "Harbor Obstetrics"),
    ("obstetrics", "207V00000X", 2, "Meadow Obstetrics"),
    ("hospital", "282N00000X", 1, "General Hospital"),
    ("hospital", "282N00000X", 1, "Memorial Hospital"),
    ("hospital", "282N00000X", 1, "University Hospital"),
    ("anesthesia", "207L00000X", 6, "Anesthesia Group"),
    ("imaging", "2085R0202X", 3, "Imaging"),
    ("laboratory", "291U00000X", 1, "Laboratory"),
    ("behavioral_health", "103T00000X", 4, "Counseling"),
    ("substance_use", "261QM2800X", 3, "Recovery Clinic"),
    ("doula", "374J00000X", 3, "Doula Collective"),
    ("pharmacy", "333600000X", 3, "Pharmacy"),
    ("pediatrics", "208000000X", 6, "Pediatrics"),
    ("general", "207R00000X", 6, "Internal Medicine"),
)


def npi(number: int) -> str:
    """A valid NPI that nobody holds: none beginning with 2 has been given out. `number` has at most eight digits."""
    body = f"2{number:08d}"
    # ISO 7812 check digit over the prefix 80840, whose own digits add 24
    total = 24
    for position, char in enumerate(reversed(body)):
        digit = int(char)
        if position % 2 == 0:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return body + str(-total % 10)


@dataclass
class Entities:
    """The billers of a region; lists are by entity position, `first_npi` counts into `npis`."""

    region: int
    ids: list[str] = field(default_factory=list[str])
    names: list[str] = field(default_factory=list[str])
    types: list[str] = field(default_factory=list[str])
    taxonomies: list[str] = field(default_factory=list[str])
    tins: list[str] = field(default_factory=list[str])
    second_tin: str = ""
    npis: list[str] = field(default_factory=list[str])
    first_npi: list[int] = field(default_factory=list[int])
    npi_count: list[int] = field(default_factory=list[int])


def build_entities(region: int) -> Entities:
    out = Entities(region)
    for position, (kind, taxonomy, count, name) in enumerate(_KINDS):
        out.ids.append(f"ENT{region * 100 + position + 1:06d}")
        out.names.append(f"Invented {name} {region + 1}")
        out.types.append(kind)
        out.taxonomies.append(taxonomy)
        # no tax id begins with 07; a leading zero also shows that ids stay text
        out.tins.append(f"07{region * 100 + position + 1:07d}")
        out.first_npi.append(len(out.npis))
        out.npi_count.append(count)
        out.npis += [npi(region * 1000 + len(out.npis) + 1 + i) for i in range(count)]
    out.second_tin = f"07{region * 100 + 90:07d}"
    return out


def merging_exists(calendar: Calendar) -> bool:
    return calendar.merge_day is not None


def practice_positions(calendar: Calendar) -> range:
    return range(PRACTICES if merging_exists(calendar) else PRACTICES - 1)


def provider_rows(ents: Entities, calendar: Calendar) -> list[Row]:
    """One row per NPI and tax id; one practice changes its tax id, one row is corrected later."""
    rows: list[Row] = []
    start = to_date(calendar.first_birth - 700).isoformat()
    retax = to_date(calendar.retax_day).isoformat()

    def add(k: int, number: str, tin: str, entity: int, since: str, until: str, kind: str | None = None, **more: str) -> None:
        rows.append(
            {"row_id": f"P{ents.region:04d}{len(rows) + 1:04d}", "record_type": "original", "replaces_row_id": "",
            "received_date": start, "npi": number,
             "tin": tin, "entity_id": ents.ids[entity], "name": ents.names[k], "provider_type": kind or ents.types[k],
             "taxonomy": ents.taxonomies[k], "effective_from": since, "effective_to": until} | more
        )  # fmt: skip

    for k in range(len(_KINDS)):
        if k == MERGING and not merging_exists(calendar):
            continue
        for i in range(ents.npi_count[k]):
            number = ents.npis[ents.first_npi[k] + i]
            if k == RETAXED:
                add(k, number, ents.tins[k], k, start, retax)
                add(k, number, ents.second_tin, k, retax, "")
            elif k == 12 and i == 1:
                add(k, number, ents.tins[k], k, start, "", kind="obstetrics")
                wrong = rows[-1]["row_id"]
                later = to_date(calendar.first_birth - 600).isoformat()
                add(k, number, ents.tins[k], k, start, "", record_type="replacement", replaces_row_id=wrong, received_date=later)
            else:
                add(k, number, ents.tins[k], k, start, "")
    return rows


def crosswalk_rows(ents: Entities, calendar: Calendar) -> list[Row]:
    """Tax id to entity of every practice: one changes its tax id and stays the same entity, one merges into another."""
    start = calendar.first_birth - 700
    rows: list[Row] = []

    def add(tin: str, entity: int, since: int, until: int | None = None) -> None:
        rows.append(
            {"tin": tin, "entity_id": ents.ids[entity], "effective_from": to_date(since).isoformat(),
             "effective_to": "" if until is None else to_date(until).isoformat(), "received_date": to_date(since).isoformat()}
        )  # fmt: skip

    for k in practice_positions(calendar):
        add(ents.tins[k], k, start, {RETAXED: calendar.retax_day, MERGING: calendar.merge_day}.get(k))
        if k == RETAXED:
            add(ents.second_tin, k, calendar.retax_day)
        if k == MERGING and calendar.merge_day is not None:
            add(ents.tins[k], LARGE[0], calendar.merge_day)
    return rows


def participation_rows(programs: list[Program], ents: Entities, calendar: Calendar) -> list[Row]:
    """Practices of programs that one joins: most from the first day, one a year later, one leaves, one merges into another."""
    rows: list[Row] = []
    for program in programs:
        if program.get("participation.required") is not True:
            continue
        path = "attribution.accountable.provider_type_allowlist"
        allowed = program.get(path) if program.known(path) else None
        starts = sorted(p.first_day for p in covered_periods(program) if p.role == "performance")
        second = starts[min(1, len(starts) - 1)]
        for k in practice_positions(calendar):
            if allowed and ents.types[k] not in allowed:
                continue
            merging = k == MERGING
            rows.append(
                {"row_id": f"R{ents.region:04d}{len(rows) + 1:04d}", "record_type": "original", "replaces_row_id": "",
                 "received_date": to_date(day_number(starts[0]) - 30).isoformat(), "program": program.id, "entity_id": ents.ids[k],
                 "election": "voluntary", "joined_on": (second if k == LARGE[4] else starts[0]).isoformat(),
                 "left_on": second.isoformat() if k == SMALL[1] or merging else "",
                 "successor_entity_id": ents.ids[LARGE[0]] if merging else ""}
            )  # fmt: skip
    return [*rows, *_leaver_rows(programs, ents, len(rows))]


def _leaver_rows(programs: list[Program], ents: Entities, before: int) -> list[Row]:
    """The large practices enter the program for which they leave another, on the day it begins, where it keeps no roster of its own."""
    rows: list[Row] = []
    path = "settlement.exclusive_with"
    named = {str(other) for p in programs if p.has(path) and p.known(path) for other in p.get(path)}
    for program in (p for p in programs if p.id in named and p.get("participation.required") is not True):
        begins = min(p.first_day for p in program.periods if p.role == "performance")
        for k in LARGE:
            rows.append(
                {"row_id": f"R{ents.region:04d}{before + len(rows) + 1:04d}", "record_type": "original", "replaces_row_id": "",
                 "received_date": to_date(day_number(begins) - 30).isoformat(), "program": program.id, "entity_id": ents.ids[k],
                 "election": "enrolled", "joined_on": begins.isoformat(), "left_on": "", "successor_entity_id": ""}
            )  # fmt: skip
    return rows


# score and multiplier by practice position; the others follow in turn
_SCORES = ("0.920000", "0.850000", "0.780000", "0.880000", "0.700000", "0.950000", "0.640000")
FAILS_FIRST_GATE, FAILS_SECOND_GATE, NO_RESULT = LARGE[4], LARGE[1], SMALL[4]


# where the engine computes a gate itself, a determination from outside stands for a few practices only; large ones are among them, because
# a small state has too few practices for a scorecard to compare. LARGE[2] has one for the first gate alone.
DETERMINED = (LARGE[0], FAILS_FIRST_GATE, FAILS_SECOND_GATE, FAMILY)


def gate_rows(programs: list[Program], ents: Entities, calendar: Calendar) -> list[Row]:
    """Gate results of each performance period that the state covers: most pass, one fails each gate, one has no result.

    A gate that a scorecard or monitoring decides has rows for a few practices only: a determination from outside, which stands.
    """
    rows: list[Row] = []
    for program in programs:
        gates = list(program.raw["settlement"].get("gates") or [])
        for period in (p for p in covered_periods(program) if p.role == "performance"):
            for position, gate in enumerate(gates):
                is_computed = gate["id"] in _computed_gates(program)
                for k in practice_positions(calendar):
                    if (k == NO_RESULT and position == 0) or k == FQHC or (is_computed and not _determined(k, position)):
                        continue
                    failed = k == (FAILS_FIRST_GATE if position == 0 else FAILS_SECOND_GATE)
                    score = "0.310000" if failed else _SCORES[(k + position) % len(_SCORES)]
                    rows.append(
                        {"program": program.id, "entity_id": ents.ids[k], "period": period.id, "gate": str(gate["id"]),
                         "passed": "false" if failed else "true", "score": score,
                         "multiplier": score if gate.get("multiplies") else "",
                         "received_date": to_date(day_number(period.last_day) + 60).isoformat()}
                    )  # fmt: skip
    return rows


def _determined(k: int, position: int) -> bool:
    return k in DETERMINED or (k == LARGE[2] and position == 0)


def _computed_gates(program: Program) -> set[str]:
    """The gates that the program's own scorecard and monitoring decide."""
    found: set[str] = set()
    if program.has("quality.gate"):
        found.add(str(program.get("quality.gate.id")) if program.has("quality.gate.id") else "quality")
    if program.has("monitoring.gate") and program.get("monitoring.gate"):
        found.add(str(program.get("monitoring.gate")))
    return found
