"""Every measure of the maternity library at its edges: what is in, what is out, the day before, at and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from unit.quality.measure_world import BIRTH, World, day, maternity

START = BIRTH - timedelta(days=273)
HERS = {
    "is_live_birth": 1, "is_stillbirth": 0, "is_outcome_coded": 1, "is_cesarean": 0, "is_vaginal": 1, "gestation_weeks": 39,
    "fetus_count": 1,
    "age_at_delivery": 30, "earlier_birth_count": 0, "prenatal_visit_days": 12, "first_prenatal_day": 60, "adequacy": 100,
    "expected_prenatal_visits": 12, "prenatal_days_after_coverage": 500, "covered_days_before_43": 43, "covered_days_after_60": 60,
    "covered_days_after_84": 84, "covered_days_after_90": 90,
}  # fmt: skip
Claim = Callable[[World, str], object]


@dataclass
class Birth:
    """One unit: what differs from an ordinary birth at 39 weeks, and its status in each measure (None: not in the population)."""

    name: str
    expected: dict[str, str | None]
    facts: dict[str, int | None] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()


def line(offset: int, code: str, *dx: str) -> Claim:
    """A professional line, in days after the birth."""
    return lambda w, m: w.claim(day(offset), m, hcpcs=code, dx=dx)


def dx(offset: int, *codes: str) -> Claim:
    return lambda w, m: w.claim(day(offset), m, dx=codes)


def week(weeks: int, days: int, code: str) -> Claim:
    """A professional line at so many weeks and days of pregnancy."""
    return line((START - BIRTH).days + weeks * 7 + days, code)


def stay(*codes: str, px: tuple[str, ...] = ()) -> Claim:
    return lambda w, m: w.stay(m, dx=codes, px=[(c, day(0)) for c in px])


def pharmacy(offset: int, code: str) -> Claim:
    return lambda w, m: w.claim(day(offset), m, hcpcs=code, kind="pharmacy")


N, D, X, E = "numerator", "denominator", "excluded", "excepted"
NTSV, SMM, SMM_NT = "cesarean_ntsv", "severe_morbidity", "severe_morbidity_without_transfusion"
CONTRA = ("contraception_3_days", "contraception_90_days", "larc_3_days", "larc_90_days")
FIRST = dx(-200, "Z3401")
BIRTHS: list[Birth] = [
    # mode of birth
    Birth("vaginal", {"cesarean_all": D}),
    Birth("cesarean", {"cesarean_all": N, NTSV: None}, {"is_cesarean": 1}),
    Birth("ntsv vaginal", {NTSV: D, "parity_coded": N}, {}, (FIRST,)),
    Birth("ntsv cesarean", {NTSV: N}, {"is_cesarean": 1}, (FIRST,)),
    Birth("parity not coded", {NTSV: None, "parity_coded": D}),
    Birth("first, older", {NTSV: D}, {}, (dx(-100, "O09513"),)),
    Birth("first, coded at 36 weeks of birth", {NTSV: None, "parity_coded": None}, {"gestation_weeks": 36}, (FIRST,)),
    Birth("37 weeks", {NTSV: D}, {"gestation_weeks": 37}, (FIRST,)),
    Birth("weeks not coded", {NTSV: None, "preterm_birth": None, "gestation_coded": D, "prenatal_timeliness": None},
          {"gestation_weeks": None}, (FIRST,)),
    Birth("twins", {NTSV: None, "parity_coded": None}, {"fetus_count": 2}, (FIRST,)),
    Birth("stillbirth", {NTSV: None, "preterm_birth": None, "gestation_coded": None, "cesarean_all": D}, {"is_live_birth": 0}, (FIRST,)),
    Birth("outcome not coded", {NTSV: None, "parity_coded": None, "gestation_coded": N}, {"is_outcome_coded": 0}, (FIRST,)),
    Birth("both parities", {NTSV: X, "parity_coded": N}, {}, (FIRST, dx(-90, "Z3482"))),
    Birth("first and a scar", {NTSV: X}, {}, (FIRST, stay("O34211"))),
    Birth("first and an earlier birth in claims", {NTSV: X}, {"earlier_birth_count": 1}, (FIRST,)),
    Birth("earlier birth alone", {NTSV: None, "parity_coded": N}, {"earlier_birth_count": 1}),
    Birth("breech", {NTSV: X}, {"is_cesarean": 1}, (FIRST, stay("O321XX0"))),
    Birth("another malpresentation", {NTSV: X}, {}, (FIRST, stay("O328XX0"))),
    Birth("high head is no malpresentation", {NTSV: N}, {"is_cesarean": 1}, (FIRST, stay("O324XX0"))),
    Birth("parity coded the day before the pregnancy", {NTSV: None}, {}, (dx(-274, "Z3400"),)),
    Birth("parity coded on its first day", {NTSV: D}, {}, (dx(-273, "Z3400"),)),
    Birth("parity coded on the last day of the stay", {NTSV: D}, {}, (dx(2, "Z3400"),)),
    Birth("parity coded after the stay", {NTSV: None}, {}, (dx(3, "Z3400"),)),
    # severe morbidity
    Birth("no hospital claim", {SMM: None, SMM_NT: None}, {}, (dx(0, "O151"),)),
    Birth("an ordinary stay", {SMM: D, SMM_NT: D}, {}, (stay("O80", "Z370"),)),
    Birth("eclampsia", {SMM: N, SMM_NT: N}, {}, (stay("O80", "Z370", "O151"),)),
    Birth("hysterectomy", {SMM: N, SMM_NT: N}, {}, (stay("O82", px=("0UT90ZZ",)),)),
    Birth("blood alone", {SMM: N, SMM_NT: D}, {}, (stay("O80", "Z370", px=("30233N1",)),)),
    Birth("blood and shock", {SMM: N, SMM_NT: N}, {}, (stay("O80", "Z370", "O751", px=("30233N1",)),)),
    Birth("a doctor's code is not the hospital's", {SMM: D}, {}, (stay("O80", "Z370"), dx(0, "O151"))),
    Birth("a newborn's ventilation under her id", {SMM: D}, {}, (stay("O80", "Z370"), stay("Z3800", px=("5A1955Z",)))),
    Birth("no outcome of delivery in the stay", {SMM: None}, {}, (stay("O151"),)),
    Birth("abortive outcome", {SMM: X}, {}, (stay("Z370", "O000"),)),
    Birth("age 11", {SMM: X}, {"age_at_delivery": 11}, (stay("Z370", "O151"),)),
    Birth("age 12", {SMM: N}, {"age_at_delivery": 12}, (stay("Z370", "O151"),)),
    Birth("age 55", {SMM: N}, {"age_at_delivery": 55}, (stay("Z370", "O151"),)),
    Birth("age 56", {SMM: X}, {"age_at_delivery": 56}, (stay("Z370", "O151"),)),
    Birth("age unknown", {SMM: N, "contraception_3_days": None}, {"age_at_delivery": None}, (stay("Z370", "O151"),)),
    Birth("a stay the week before", {SMM: D}, {},
          (stay("Z370"), lambda w, m: w.claim(day(-9), m, dx=("O1502",), kind="institutional", bill="111", admitted=day(-9)))),
    # outcomes
    Birth("36 weeks", {"preterm_birth": N, "gestation_coded": N, "gbs_screening": None}, {"gestation_weeks": 36}),
    Birth("at 37 weeks", {"preterm_birth": D, "gbs_screening": D}, {"gestation_weeks": 37}),
    Birth("20 weeks", {"preterm_birth": N}, {"gestation_weeks": 20}),
    Birth("19 weeks", {"preterm_birth": None}, {"gestation_weeks": 19}),
    Birth("newborn elsewhere", {"low_birth_weight": None, "newborn_linked": D}),
    Birth("newborn of good weight", {"low_birth_weight": D, "newborn_linked": N}, {}, (dx(0, "Z3800"),)),
    Birth("newborn under 2,500 g", {"low_birth_weight": N}, {}, (dx(0, "Z3800", "P0718"),)),
    Birth("newborn weight not said", {"low_birth_weight": D}, {}, (dx(0, "Z3800", "P0500"),)),
    Birth("newborn claim on day 28", {"low_birth_weight": N}, {}, (dx(28, "P0703"),)),
    Birth("newborn claim on day 29", {"low_birth_weight": None}, {}, (dx(29, "P0703"),)),
    # care before birth
    Birth("begun on day 97", {"prenatal_timeliness": N}, {"first_prenatal_day": 97}),
    Birth("begun on day 98", {"prenatal_timeliness": D}, {"first_prenatal_day": 98}),
    Birth("42 days after coverage", {"prenatal_timeliness": N}, {"first_prenatal_day": 160, "prenatal_days_after_coverage": 42}),
    Birth("43 days after coverage", {"prenatal_timeliness": D}, {"first_prenatal_day": 160, "prenatal_days_after_coverage": 43}),
    Birth("never seen", {"prenatal_timeliness": D, "prenatal_adequacy": D},
          {"first_prenatal_day": None, "adequacy": 0, "prenatal_days_after_coverage": None}),
    Birth("never seen, global fee", {"prenatal_timeliness": E, "prenatal_adequacy": E, "prenatal_visits_mean": X},
          {"first_prenatal_day": None, "adequacy": 0, "prenatal_days_after_coverage": None}, (line(0, "59400"),)),
    Birth("seen early, global fee", {"prenatal_timeliness": N, "prenatal_adequacy": N}, {}, (line(0, "59400"),)),
    Birth("not covered 43 days before", {"prenatal_timeliness": None, "prenatal_adequacy": None, "prenatal_visits_mean": None},
          {"covered_days_before_43": 42}),
    Birth("adequacy 79", {"prenatal_adequacy": D}, {"adequacy": 79}),
    Birth("adequacy 80", {"prenatal_adequacy": N}, {"adequacy": 80}),
    Birth("begun on day 121", {"prenatal_adequacy": N}, {"first_prenatal_day": 121}),
    Birth("begun on day 122", {"prenatal_adequacy": D}, {"first_prenatal_day": 122}),
    Birth("visits counted", {"prenatal_visits_mean": D}, {"prenatal_visit_days": 9}),
    Birth("depression screen in pregnancy",
          {"depression_screening_prenatal": N, "behavioral_health_screening": N, "substance_use_screening": D,
                "depression_screening_postpartum": D},
          {}, (line(-100, "G8510"),)),
    Birth("depression screen on the day of birth", {"depression_screening_prenatal": N, "depression_screening_postpartum": D}, {},
          (line(0, "G8510"),)),
    Birth("depression screen the day after", {"depression_screening_prenatal": D, "depression_screening_postpartum": N}, {},
          (line(1, "G8510"),)),
    Birth("depression screen on day 84", {"depression_screening_postpartum": N, "behavioral_health_screening": N}, {}, (dx(84, "Z1332"),)),
    Birth("depression screen on day 85", {"depression_screening_postpartum": D, "behavioral_health_screening": D}, {}, (dx(85, "Z1332"),)),
    Birth("covered 83 of 84 days", {"depression_screening_postpartum": None, "depression_screening_prenatal": D},
          {"covered_days_after_84": 83}),
    Birth("alcohol and drug screen", {"substance_use_screening": N, "behavioral_health_screening": N, "depression_screening_prenatal": D},
          {}, (line(-273, "H0049"),)),
    Birth("alcohol and drug screen before the pregnancy", {"substance_use_screening": D, "behavioral_health_screening": D}, {},
          (line(-274, "H0049"),)),
    Birth("alcohol and drug screen after birth", {"substance_use_screening": D, "behavioral_health_screening": N}, {}, (line(1, "H0049"),)),
    Birth("a screen billed with the child", {"behavioral_health_screening": D}, {}, (line(30, "96161", "Z00129", "Z3800"),)),
    Birth("hiv test", {"hiv_screening": N}, {}, (line(-273, "87389"),)),
    Birth("hiv test after birth", {"hiv_screening": D}, {}, (line(1, "87389"),)),
    Birth("hiv known before", {"hiv_screening": X}, {}, (dx(-900, "B20"), line(-100, "87389"))),
    Birth("hiv found in the pregnancy", {"hiv_screening": N}, {}, (dx(-90, "B20"), line(-100, "87389"))),
    Birth("strep test at 33 weeks and 6 days", {"gbs_screening": D}, {}, (week(33, 6, "87081"),)),
    Birth("strep test at 34 weeks", {"gbs_screening": N}, {}, (week(34, 0, "87081"),)),
    Birth("strep test on the day of birth", {"gbs_screening": N}, {}, (line(0, "87653"),)),
    Birth("strep test after birth", {"gbs_screening": D}, {}, (line(1, "87653"),)),
    Birth("strep carrier not tested", {"gbs_screening": E}, {}, (dx(-50, "O99820"),)),
    Birth("strep carrier tested", {"gbs_screening": N}, {}, (dx(-50, "O99820"), line(-20, "87081"))),
    Birth("glucose at 19 weeks and 6 days", {"diabetes_screening": D}, {}, (week(19, 6, "82950"),)),
    Birth("glucose at 20 weeks", {"diabetes_screening": N}, {}, (week(20, 0, "82950"),)),
    Birth("glucose, 29 weeks", {"diabetes_screening": D}, {"gestation_weeks": 29}),
    Birth("glucose, 28 weeks", {"diabetes_screening": None}, {"gestation_weeks": 28}),
    Birth("diabetes before", {"diabetes_screening": X}, {}, (dx(-273 - 365, "E119"),)),
    Birth("diabetes long before", {"diabetes_screening": D}, {}, (dx(-273 - 366, "E119"),)),
    # care around and after birth
    Birth("doula", {"doula_care": N}, {}, (line(84, "T1033"),)),
    Birth("doula too late", {"doula_care": D}, {}, (line(85, "T1033"),)),
    Birth("lactation class", {"lactation_support": N}, {}, (line(84, "S9443"),)),
    Birth("lactation class before birth", {"lactation_support": D}, {}, (line(-1, "S9443"),)),
    Birth("postpartum visit on day 6", {"postpartum_visit": D}, {}, (line(6, "59430"),)),
    Birth("postpartum visit on day 7", {"postpartum_visit": N}, {}, (line(7, "59430"),)),
    Birth("postpartum visit on day 84", {"postpartum_visit": N}, {}, (dx(84, "Z392"),)),
    Birth("postpartum visit on day 85", {"postpartum_visit": D}, {}, (dx(85, "Z392"),)),
    Birth("postpartum code of an inpatient stay", {"postpartum_visit": D}, {},
          (lambda w, m: w.claim(day(20), m, dx=("Z391",), kind="institutional", bill="111", admitted=day(20)),)),
    Birth("delivery with postpartum care", {"postpartum_visit": E, "prenatal_timeliness": N}, {}, (line(0, "59410"),)),
    Birth("delivery with postpartum care and a visit", {"postpartum_visit": N}, {}, (line(0, "59410"), line(40, "0503F"))),
    Birth("covered 59 of 60 days", {"postpartum_visit": None, "emergency_visit_after_birth": None, "contraception_3_days": None},
          {"covered_days_after_60": 59}),
    Birth("emergency visit on the last day of the stay", {"emergency_visit_after_birth": D}, {},
          (lambda w, m: w.claim(day(2), m, hcpcs="99283", place="23"),)),
    Birth("emergency visit the day after", {"emergency_visit_after_birth": N}, {},
          (lambda w, m: w.claim(day(3), m, hcpcs="99283", place="23"),)),
    Birth("emergency visit 42 days after", {"emergency_visit_after_birth": N}, {},
          (lambda w, m: w.claim(day(44), m, revenue="0450", kind="institutional", bill="131"),)),
    Birth("emergency visit 43 days after", {"emergency_visit_after_birth": D}, {},
          (lambda w, m: w.claim(day(45), m, hcpcs="99283", place="23"),)),
    # contraception: in order 3 days, 90 days, long-acting 3 days, long-acting 90 days
    *(
        Birth(name, dict(zip(CONTRA, expected, strict=True)), facts, claims)
        for name, expected, facts, claims in (
            ("no method", (D, D, D, D), {}, ()),
            ("implant on the day of birth", (N, N, N, N), {}, (line(0, "J7307"),)),
            ("implant on day 3", (N, N, N, N), {}, (line(3, "J7307"),)),
            ("implant on day 4", (D, N, D, N), {}, (line(4, "J7307"),)),
            ("device on day 90", (D, N, D, N), {}, (line(90, "58300"),)),
            ("device on day 91", (D, D, D, D), {}, (line(91, "58300"),)),
            ("device before birth", (D, D, D, D), {}, (line(-1, "58300"),)),
            ("injectable on day 3", (N, N, D, D), {}, (line(3, "J1050"),)),
            ("pills from a pharmacy line", (D, N, D, D), {}, (pharmacy(30, "S4993"),)),
            ("tubes closed in the stay", (N, N, D, D), {}, (stay("O82", "Z370", px=("0UL70ZZ",)),)),
            ("age 14", (None,) * 4, {"age_at_delivery": 14}, ()),
            ("age 15", (D,) * 4, {"age_at_delivery": 15}, ()),
            ("age 44", (D,) * 4, {"age_at_delivery": 44}, ()),
            ("age 45", (None,) * 4, {"age_at_delivery": 45}, ()),
            ("covered 89 of 90 days", (D, None, D, None), {"covered_days_after_90": 89}, ()),
            ("not alive at birth", (None,) * 4, {"is_live_birth": 0}, (line(0, "J7307"),)),
        )
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def statuses(programs: Path) -> dict[tuple[str, str], str]:
    """(birth, measure) -> status, of one run over all births and all measures."""
    world = World()
    for n, birth in enumerate(BIRTHS):
        facts = {k: v for k, v in {**HERS, **birth.facts}.items() if v is not None}
        world.unit(birth.name, member=f"M{n}", start=START, facts=facts)
        for claim in birth.claims:
            claim(world, f"M{n}")
    measures, sets = maternity(programs)
    return {(r["unit_id"], r["measure_id"]): r["status"] for r in world.run(measures.values(), sets)["measure_results"]}


@pytest.mark.parametrize("birth", BIRTHS, ids=lambda b: b.name)
def test_each_birth_has_the_status_its_facts_give_it(statuses: dict[tuple[str, str], str], birth: Birth) -> None:
    assert {m: statuses.get((birth.name, m)) for m in birth.expected} == birth.expected


def test_every_measure_is_tried(programs: Path) -> None:
    tried = {m for birth in BIRTHS for m in birth.expected}
    assert tried == set(maternity(programs)[0])
    for measure in maternity(programs)[0].values():
        seen = {birth.expected.get(measure.id, "not named") for birth in BIRTHS}
        if measure.statistic == "proportion":
            assert {N, D} <= seen, measure.id
