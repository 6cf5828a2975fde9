"""The ground truth of a region: pregnancies, practices, effects, and everything planted, each with its cause."""

from __future__ import annotations

import numpy as np

from trueup.synthetic import calibration as cal
from trueup.synthetic import entities as ent
from trueup.synthetic.arrow import ArrowTable, choose, day, member_text, number, rows_table, table, tagged, yes
from trueup.synthetic.calendar import to_date
from trueup.synthetic.care import Region, positions
from trueup.synthetic.draw import Flags, Ints
from trueup.synthetic.lifecycle import Versions
from trueup.synthetic.output import TableFile
from trueup.synthetic.pregnancies import LOSS, practice_effect

TABLES = ("pregnancies", "practices", "practice_effects", "risk_effects", "planted")
OUTCOMES, SETTINGS, STYLES = ("live_birth", "stillbirth", "loss"), ("hospital", "birth_center", "home"), ("itemized", "package", "global")
_FLAGS = (
    "age_35_or_more", "hypertension", "diabetes", "substance_use", "mental_health", "prior_cesarean", "heart_disease", "sickle_cell",
    "homelessness", "first_pregnancy", "malpresentation", "induced", "morbidity", "transfused", "dual", "third_party", "death",
    "transfer",
    "interim_bills", "gestation_not_coded", "uncoded_outcome", "newborn_on_mother", "no_usable_claim", "no_professional_delivery_claim",
)  # fmt: skip
_MEMBER_KINDS = ("no_usable_claim", "no_professional_delivery_claim", "gestation_not_coded", "dual", "death", "care_withheld")


def write(
    r: Region, claims: dict[str, Ints], versions: Versions, stray: Ints, changes: list[tuple[str, Ints]], never: Flags,
    facts: dict[str, TableFile], first_member: int, first_baby: int,
) -> None:  # fmt: skip
    """Writes the truth of a region; `never` marks claims of care that a practice withheld, of which no version was written."""
    r.p.flags["care_withheld"] = np.isin(np.arange(len(r.p)), claims["preg"][never])
    facts["pregnancies"].write(_pregnancies(r, claims, versions, first_member))
    facts["practices"].write(rows_table(_practices(r)))
    facts["practice_effects"].write(rows_table(_practice_effects(r)))
    if r.ents.region == 0:
        facts["risk_effects"].write(rows_table([{"risk": k, "cost_multiplier": _ratio(v)} for k, v in cal.RISK_EFFECTS.items()]))
    facts["planted"].write(_planted(r, claims, versions, stray, changes, first_member, first_baby))


def _ratio(per_mille: int) -> str:
    return f"{per_mille // 1000}.{per_mille % 1000:03d}"


def evidence(r: Region, claims: dict[str, Ints], versions: Versions, column: str) -> tuple[Ints, Ints]:
    """By pregnancy: usable claims that show the birth, and the day by which all versions of the first of them were known."""
    n = len(r.p)
    shows = np.flatnonzero((claims[column] == 1) & versions.usable)
    count = np.bincount(claims["preg"][shows], minlength=n).astype(np.int64)
    known = np.full(n, 10**6, dtype=np.int64)
    first = np.full(len(claims["preg"]), 10**6, dtype=np.int64)
    paid = versions.columns["status"] == 0
    np.minimum.at(first, versions.columns["claim"][paid], versions.columns["received"][paid])
    np.minimum.at(known, claims["preg"][shows], first[shows])
    return count, np.where(known < 10**6, known, -1)


def attributed(r: Region) -> Ints:
    """The practice that held the pregnancy longest from the 14th week (or the first visit, if later) until 90 days after the birth."""
    p = r.p
    begin, end = np.maximum(p.lmp + 98, p.care_from), p.day + 90
    return np.where(np.clip(p.switch - begin, 0, None) > end - np.maximum(p.switch, begin), p.first, p.second)


def _pregnancies(r: Region, claims: dict[str, Ints], versions: Versions, first_member: int) -> ArrowTable:
    p, n = r.p, len(r.p)
    count, known = evidence(r, claims, versions, "evidence")
    professional, _ = evidence(r, claims, versions, "profdel")
    count, professional, known = (np.where(p.births, x, y) for x, y in ((count, 0), (professional, 0), (known, -1)))
    cause = np.where(p.births & (count == 0), np.where(p.flags["no_usable_claim"], 0, 1), -1)
    entity = r.ents.ids
    moved = p.first != p.second
    columns = {
        "pregnancy_id": tagged("G", r.ents.region * 10**6 + np.arange(n), 10), "member_id": member_text(p.woman, first_member, 0),
        "pregnancy_start_date": day(p.lmp), "delivery_date": day(p.day), "gestation_weeks": number(p.weeks), "outcome": choose(OUTCOMES,
        p.outcome),
        "mode": choose(("vaginal", "cesarean"), np.where(p.outcome == LOSS, -1, p.cesarean.astype(np.int64))),
        "fetus_count": number(p.fetuses),
        "setting": choose(SETTINGS, np.where(p.outcome == LOSS, -1, p.setting)), "admission_date": day(np.where(p.births, p.adm, -1)),
        "discharge_date": day(np.where(p.births, p.disch, -1)), "prenatal_entity_id": choose(entity, p.first),
        "later_entity_id": choose(entity, np.where(moved, p.second, -1)), "practice_change_date": day(np.where(moved, p.switch, -1)),
        "attributed_entity_id": choose(entity, np.where(p.births, attributed(r), -1)),
        "delivering_entity_id": choose(entity, np.where(p.births, p.deliverer, -1)), "billing": choose(STYLES, p.style),
        "age": number(p.age),
        "cost_effect": choose([_ratio(i) for i in range(10_000)], p.effect), "delivery_claims": number(count),
        "professional_delivery_claims": number(professional), "first_known_date": day(known),
        "expected_found": yes(count > 0), "missing_cause": choose(("no_usable_claim", "delivery_claims_voided_or_denied"), cause),
    }  # fmt: skip
    return table(columns | {name: yes(p.flags[name]) for name in _FLAGS})


def _practices(r: Region) -> list[dict[str, str]]:
    ents = r.ents
    return [
        {"entity_id": ents.ids[k], "name": ents.names[k], "provider_type": ents.types[k], "tin": ents.tins[k],
         "second_tin": ents.second_tin if k == ent.RETAXED else "", "npis": str(ents.npi_count[k]),
         "planted": "at_volume_gate" if k in ent.SMALL else "tin_change" if k == ent.RETAXED else "merges" if k == ent.MERGING else ""}
        for k in ent.practice_positions(r.calendar)
    ]  # fmt: skip


def _practice_effects(r: Region) -> list[dict[str, str]]:
    years = range(r.calendar.first_year, to_date(r.calendar.last_birth).year + 1)
    return [
        {"entity_id": r.ents.ids[k], "year": str(year), "cost_multiplier": _ratio(int(practice_effect(k, year, r.calendar.first_year)))}
        for k in ent.practice_positions(r.calendar)
        for year in years
    ]


def _planted(
    r: Region, claims: dict[str, Ints], versions: Versions, stray: Ints, changes: list[tuple[str, Ints]], first_member: int, first_baby: int
) -> ArrowTable:
    """One row per planted thing: kind, member, and the claim or pregnancy it sits in. Only claims that were written are listed."""
    p, base = r.p, r.ents.region * 10**8
    written = np.zeros(len(claims["member"]), dtype=bool)
    written[versions.columns["claim"]] = True
    blocks: list[tuple[str, Ints, Ints, Ints]] = []  # kind, member, claim number, pregnancy
    by_claim = [*[(kind, claim) for kind, claim, _ in r.planted], *versions.planted, ("outside_coverage", stray)]
    for kind, claim in by_claim:
        kept = claim[written[claim]]
        blocks.append((kind, claims["member"][kept], base + kept * 10, claims["preg"][kept]))
    masks = {kind: p.flags[kind] for kind in _MEMBER_KINDS}
    masks["delivered_by_another_practice"] = p.second != p.deliverer
    masks["care_at_health_center"] = (p.first == ent.FQHC) | (p.second == ent.FQHC) | (p.deliverer == ent.FQHC)
    for kind, mask in masks.items():
        rows = positions(mask & p.births)
        blocks.append((kind, p.woman[rows], np.full(len(rows), -1), rows))
    short = positions((np.diff(p.woman, prepend=-1) == 0) & p.births & (np.diff(p.day, prepend=0) <= 400))
    blocks.append(("pregnancy_within_400_days", p.woman[short], np.full(len(short), -1), short))
    for kind, member in changes:
        blocks.append((kind, member, np.full(len(member), -1), np.full(len(member), -1)))
    kinds = [b[0] for b in blocks]
    which = np.repeat(np.arange(len(blocks)), [len(b[1]) for b in blocks])
    member, claim, preg = (np.concatenate([b[i] for b in blocks]) for i in (1, 2, 3))
    return table({
        "kind": choose(kinds, which), "member_id": member_text(member, first_member, first_baby), "claim_family_id": tagged("C", claim, 12),
        "pregnancy_id": tagged("G", np.where(preg >= 0, r.ents.region * 10**6 + preg, -1), 10),
    })  # fmt: skip
