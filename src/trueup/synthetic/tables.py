"""From columns of integers to the input layout: claims, pharmacy claims and enrollment as Arrow tables of text and dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic.arrow import ArrowTable, Column, choose, day, member_text, money, number, same, table, tagged
from trueup.synthetic.book import DIAGNOSES, PHARMACY_CLAIM, PROCEDURES, Words
from trueup.synthetic.care import Region
from trueup.synthetic.draw import Draw, Flags, Ints, scale
from trueup.synthetic.entities import RETAXED, Entities
from trueup.synthetic.lifecycle import DENIED, Versions
from trueup.synthetic.people import BABY, OPEN

RECORDS, STATUSES, TYPES = ("original", "void", "replacement"), ("paid", "denied"), ("professional", "institutional", "pharmacy")
GROUPS = ("adult", "pregnancy", "parent", "newborn")
RACES, ETHNICITIES = ("white", "black", "asian", "other race"), ("not hispanic", "hispanic")
PAYER, PLAN = "Invented Medicaid", "fee for service"
VERSIONS_AT_ONCE = 60_000  # bounds memory: text columns are made for so many claim versions at a time


@dataclass(frozen=True)
class Holders:
    """Whose claims they are: ids and payers of members by their numbers, and the biller that changes its tax id on a day, if one does."""

    ids: Callable[[Ints], Column]
    payers: Callable[[Ints], Column]
    retaxed: int = -1
    retax_day: int = OPEN


def holders_of(r: Region, first_member: int, first_baby: int) -> Holders:
    """The members of a region with births; one practice changes its tax id."""
    return Holders(
        lambda member: member_text(member, first_member, first_baby), lambda member: same(PAYER, len(member)), RETAXED, r.calendar.retax_day
    )


class ClaimTables:
    """Builds both claim tables of a region or of a theme from its claims, lines and versions."""

    def __init__(
        self, ents: Entities, words: Words, claims: dict[str, Ints], lines: dict[str, Ints], versions: Versions, holders: Holders
    ) -> None:
        self.ents, self.claims, self.lines, self.v, self.holders = ents, claims, lines, versions.columns, holders
        self.texts = words.texts

    def build(self, *, pharmacy: bool) -> Iterator[ArrowTable]:
        """One row per line of each version, ordered by member, service date, claim and version."""
        c, v = self.claims, self.v
        chosen = np.flatnonzero((c["ctype"][v["claim"]] == PHARMACY_CLAIM) == pharmacy)
        claim = v["claim"][chosen]
        order = np.lexsort(
            (v["factor"][chosen], v["received"][chosen], v["seq"][chosen], v["number"][chosen], c["start"][claim], c["member"][claim])
        )
        for begin in range(0, len(order), VERSIONS_AT_ONCE):
            yield self._block(chosen[order[begin : begin + VERSIONS_AT_ONCE]].astype(np.int64), pharmacy)

    def _block(self, chosen: Ints, pharmacy: bool) -> ArrowTable:
        claim = self.v["claim"][chosen]
        first = np.searchsorted(self.lines["claim"], claim, side="left")
        count = np.searchsorted(self.lines["claim"], claim, side="right") - first
        version = np.repeat(chosen, count)
        offset = np.arange(len(version)) - np.repeat(np.cumsum(count) - count, count)
        line = np.repeat(first, count) + offset
        last = offset == np.repeat(count, count) - 1
        return self._table(version, line, last, pharmacy)

    def _table(self, version: Ints, line: Ints, last: Flags, pharmacy: bool) -> ArrowTable:
        v = {name: column[version] for name, column in self.v.items()}
        c = {name: column[v["claim"]] for name, column in self.claims.items()}
        ln = {name: column[line] for name, column in self.lines.items()}
        n = len(version)
        denied = (v["status"] == DENIED) | ((v["last_line_denied"] == 1) & last)
        listed = scale(ln["price"], v["factor"])
        allowed = np.where(denied, 0, listed)
        tpl = np.where((ln["number"] == 1) & ~denied, scale(c["tpl"], v["factor"]), 0)
        status = denied.astype(np.int64)
        charge = scale(np.where(ln["price"] == 0, cal.ZERO_PAID_CHARGE_CENTS, ln["price"] * 12 // 5), v["factor"])
        decided = v["received"] + 3 + v["number"] // 10 % 11
        paid = decided + (4 - decided) % 7 + 7  # the weekly payment run
        person = self.holders.ids(c["member"])
        columns: dict[str, Column] = {
            "claim_id": tagged("C", v["number"], 12), "claim_line_number": number(ln["number"]), "person_id": person, "member_id": person,
            "payer": self.holders.payers(c["member"]), "plan": same(PLAN, n),
        }  # fmt: skip
        columns |= self._pharmacy(c, ln) if pharmacy else self._medical(c, ln, n)
        columns |= {
            "paid_date": day(paid), "paid_amount": money(allowed - tpl), "allowed_amount": money(allowed),
            "charge_amount": money(charge),
            "claim_family_id": tagged("C", v["family"], 12), "version_seq": number(v["seq"]), "record_type": choose(RECORDS, v["record"]),
            "replaces_claim_id": tagged("C", v["replaces"], 12), "claim_status": choose(STATUSES, status),
            "received_date": day(v["received"]),
            "adjudication_date": day(decided), "data_source": same("synthetic", n),
        }  # fmt: skip
        if not pharmacy:
            columns |= {
                "tpl_amount": money(tpl),
                "medicare_paid_amount": money(np.zeros(n, dtype=np.int64)),
                "delivery_system": same("ffs", n),
            }
        return table(columns)

    def _pharmacy(self, c: dict[str, Ints], ln: dict[str, Ints]) -> dict[str, Column]:
        npis = self.ents.npis
        return {
            "prescribing_provider_npi": choose(npis, c["prescriber"]), "dispensing_provider_npi": choose(npis, c["rend"]),
            "dispensing_date": day(ln["date"]), "ndc_code": choose(self.texts, ln["ndc"]), "quantity": number(ln["units"]),
            "days_supply": number(ln["days"]), "refills": number(np.zeros(len(ln["days"]), dtype=np.int64)),
        }  # fmt: skip

    def _medical(self, c: dict[str, Ints], ln: dict[str, Ints], n: int) -> dict[str, Column]:
        ents, texts, holders = self.ents, self.texts, self.holders
        first = np.array(ents.first_npi)
        facility = c["ctype"] == 1
        tin = np.where((c["biller"] == holders.retaxed) & (c["start"] >= holders.retax_day), len(ents.tins), c["biller"])
        tins = [*ents.tins, ents.second_tin]
        bare = np.zeros(n, dtype=np.int64)
        columns = {
            "claim_type": choose(TYPES, c["ctype"]), "claim_start_date": day(c["start"]), "claim_end_date": day(c["end"]),
            "claim_line_start_date": day(ln["date"]), "claim_line_end_date": day(ln["date"]), "admission_date": day(c["adm"]),
            "discharge_date": day(c["disch"]), "discharge_disposition_code": choose(texts, c["disp"]),
            "place_of_service_code": choose(texts, np.where(facility, -1, c["pos"])), "bill_type_code": choose(texts, c["bill"]),
            "drg_code_type": choose(("ms-drg",), np.where(c["drg"] >= 0, bare, -1)), "drg_code": choose(texts, c["drg"]),
            "revenue_center_code": choose(texts, ln["rev"]), "service_unit_quantity": number(ln["units"]), "hcpcs_code": choose(texts,
            ln["hcpcs"]),
            "hcpcs_modifier_1": choose(texts, ln["mod"]), "rendering_npi": choose(ents.npis, c["rend"]),
            "rendering_tin": choose(tins, np.where(facility, -1, tin)), "billing_npi": choose(ents.npis, first[c["biller"]]),
            "billing_tin": choose(tins, tin), "facility_npi": choose(ents.npis, np.where(facility, first[c["biller"]], -1)),
            "diagnosis_code_type": same("icd-10-cm", n),
        }  # fmt: skip
        codes = _packed(np.stack([c[f"dx{i + 1}"] for i in range(DIAGNOSES)], axis=1))
        columns |= {f"diagnosis_code_{i + 1}": choose(texts, codes[:, i]) for i in range(DIAGNOSES)}
        columns["procedure_code_type"] = choose(("icd-10-pcs",), np.where(c["px1"] >= 0, bare, -1))
        for i in range(PROCEDURES):
            columns[f"procedure_code_{i + 1}"] = choose(texts, c[f"px{i + 1}"])
            columns[f"procedure_date_{i + 1}"] = day(c[f"pxdate{i + 1}"])
        return columns


def _packed(codes: Ints) -> Ints:
    """Null codes moved behind the others, order kept."""
    order = np.argsort(codes < 0, axis=1, kind="stable")
    return np.take_along_axis(codes, order, axis=1)


def eligibility_table(r: Region, draw: Draw, e: dict[str, Ints], first_member: int, first_baby: int) -> ArrowTable:
    """Enrollment spans with version columns."""
    people, n = r.people, len(e["member"])
    adult = e["member"] < BABY
    who = np.where(adult, e["member"], 0)
    live = np.flatnonzero(r.p.outcome == 0)
    baby = np.repeat(live, r.p.fetuses[live])
    which = np.where(adult, 0, e["member"] - BABY)
    born = r.p.day[baby][which] if len(baby) else np.zeros(n, dtype=np.int64)
    death = np.where(adult, people.death[who], OPEN)
    death = np.where((death < OPEN) & (death <= r.calendar.data_end), death, -1)
    boy = draw.chance(512, max(len(baby), 1))[which]
    birth_day = np.where(adult, people.birth[who], born)
    person = member_text(e["member"], first_member, first_baby)
    base = r.ents.region * 10**6
    race, ethnicity, area = _groups(r, draw.beside(), np.where(adult, who, r.p.woman[baby][which] if len(baby) else 0))
    dual = np.where(adult & people.dual[who], 0, 1)
    return table({
        "row_id": tagged("E", base + np.arange(n), 10), "record_type": choose(RECORDS, e["version"]),
        "replaces_row_id": tagged("E", np.where(e["target"] >= 0, base + e["target"], -1), 10), "received_date": day(e["received"]),
        "person_id": person, "member_id": person, "gender": choose(("female", "male"), np.where(adult, people.male[who],
        boy).astype(np.int64)),
        "birth_date": day(birth_day), "death_date": day(death),
        "death_flag": choose(("0", "1"), (death >= 0).astype(np.int64)), "enrollment_start_date": day(e["start"]),
        "enrollment_end_date": day(e["end"]),
        "payer": same(PAYER, n), "payer_type": same("medicaid", n), "plan": same(PLAN, n), "dual_status_code": choose(("02",),
        np.where(dual == 0, 0, -1)),
        "eligibility_group": choose(GROUPS, e["group"]), "zip_code": tagged("", area, 5), "data_source": same("synthetic", n),
        "race": choose(RACES, race), "ethnicity": choose(ETHNICITIES, ethnicity),
    })  # fmt: skip


def _groups(r: Region, draw: Draw, mother: Ints) -> tuple[Ints, Ints, Ints]:
    """Race, ethnicity and area of each row's member; a newborn has its mother's. The areas are numbers that no post office uses."""
    n = len(r.people)
    race, ethnicity = draw.pick(cal.RACE_SHARES, n), draw.pick(cal.ETHNICITY_SHARES, n)
    race, ethnicity = np.where(race < len(RACES), race, -1), np.where(ethnicity < len(ETHNICITIES), ethnicity, -1)
    return race[mother], ethnicity[mother], 1 + draw.between(0, cal.AREAS - 1, n)[mother]
