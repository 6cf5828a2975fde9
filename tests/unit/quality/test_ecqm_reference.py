"""The steps against a second program, on random people whose times fall on and beside every edge."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from unit.quality.ecqm_reference import Person
from unit.quality.ecqm_world import (
    LOCAL,
    OUR_CESAREAN,
    OUR_COMPLICATIONS,
    SETS,
    VALUE_SETS,
    Node,
    concept,
    condition,
    encounter,
    observation,
    patient,
    procedure,
    read,
    weeks,
)

from trueup.engine import DuckEngine
from trueup.quality.clinical import stage
from trueup.quality.clinical.compare import counts_of
from trueup.quality.clinical.measures import ClinicalMeasure

PEOPLE = 600
EDGES = [timedelta(seconds=s) for s in (-1, 0, 0, 0, 0, 1)]
DIAGNOSES = ["O32.1XX0", "O44.03", "O15.0", "A32.7", "O43.233", "Z3A.39", "D50.1"]


def someone(name: str, year: int, luck: random.Random) -> list[Node]:
    """A stay around which everything may happen on time, early, late, twice, or not at all."""
    admitted = datetime(year, 6, 8, 8, tzinfo=UTC)
    birth, left = admitted + timedelta(hours=12), admitted + timedelta(days=2)
    zone = luck.choice([UTC, timezone(timedelta(hours=-5))])

    def text(moment: datetime) -> str:
        return (moment + luck.choice(EDGES)).astimezone(zone).isoformat()

    def near(*moments: datetime) -> str:
        return text(luck.choice(moments))

    def perhaps(chance: float) -> bool:
        return luck.random() < chance

    codes = [c for c in DIAGNOSES if perhaps(0.3 if c == "O43.233" else 0.06)] + (["Z37.0"] if perhaps(0.85) else [])
    named = [(f"Condition/{name}-{code.replace('.', '')}", luck.choice(["N", "U", "Y", None])) for code in codes]
    gone = [("Condition/gone", "N")] if perhaps(0.1) else []
    more = {"hospitalization": {"dischargeDisposition": concept(LOCAL, luck.choice(["DIED", "HOME"]))}} if perhaps(0.2) else {}
    stay = encounter(f"{name}-e", "INP", admitted.astimezone(zone).isoformat(), left.astimezone(zone).isoformat(), who=name)
    nodes = [
        patient(
            name, luck.choice(["1996-05-01"] * 12 + [f"{year - 8}-06-08", f"{year - 8}-06-09", f"{year - 65}-06-08", f"{year - 65}-06-09"])
        )
    ]
    nodes.append({**stay, **encounter(diagnoses=(*named, *gone)), **{k: stay[k] for k in ("id", "subject", "period")}, **more})
    nodes += [condition(f"{name}-{code.replace('.', '')}", code, who=name) for code in codes]
    observed = admitted
    if perhaps(0.4):
        observed = admitted - timedelta(hours=5)
        ended = near(admitted, admitted - timedelta(hours=1))
        nodes.append(encounter(f"{name}-o", "OBS", observed.astimezone(zone).isoformat(), ended, who=name))
    arrived = observed - timedelta(hours=3)
    if perhaps(0.4):
        ended = near(observed, observed - timedelta(hours=1), admitted)
        nodes.append(encounter(f"{name}-a", luck.choice(["ED", "TRIAGE"]), arrived.astimezone(zone).isoformat(), ended, who=name))
    starts = (admitted, observed, arrived, *[birth] * 5, left)
    for code in sorted({code for role in ("delivery_procedure", "complication_procedure", "transfusion") for _, code in SETS[role]}):
        if perhaps(0.7 if code in ("10E0XZZ", "10D00Z1") else 0.15):
            status = luck.choice(["completed"] * 5 + ["not-done"])
            start = near(*starts)
            if perhaps(0.2):
                nodes.append(procedure(code, start[:10], name=f"{name}-{code}", who=name, status=status))
            else:
                nodes.append(
                    procedure(
                        code,
                        start,
                        near(*[birth + timedelta(hours=1)] * 4, left, left + timedelta(days=1)),
                        name=f"{name}-{code}",
                        who=name,
                        status=status,
                    )
                )

    def say(word: str, moment: str | None, **value: object) -> None:
        status = luck.choice(["final"] * 10 + ["amended", "entered-in-error"])
        nodes.append(observation(word, moment, name=f"{name}-{len(nodes)}", who=name, status=status, **value))

    for _ in range(luck.choice([0, 1, 1, 1, 1, 2])):
        say("delivery_time", near(*[birth] * 8, left, arrived), valueDateTime=near(*[birth] * 8, left))
    for _ in range(luck.choice([0, 0, 0, 1, 2])):
        due = birth.date() + timedelta(days=luck.choice([0, 20, 21, 22, 139, 140, 141, -14]))
        say("due_date", near(birth, birth - timedelta(weeks=42), admitted), valueDateTime=due.isoformat())
    for _ in range(luck.choice([0, 1, 1, 2])):
        amount = luck.choice(
            [weeks(39), weeks(37), weeks(36.5), weeks(259, "d"), weeks(20), weeks(19), weeks(139, "d"), weeks(30, "cm"), *[weeks(40)] * 6]
        )
        say("EGA", near(birth, admitted, birth - timedelta(hours=24), left), valueQuantity=amount)
    for word in ("pregnancies", "parity", "preterm_births", "term_births"):
        for _ in range(luck.choice([0, 0, 1, 1, 2])):
            say(word, near(birth, admitted, birth - timedelta(weeks=42)), **({"valueInteger": luck.choice([0, 1])} if perhaps(0.9) else {}))
    if perhaps(0.15):
        say("BREECH", near(admitted, birth, arrived))
    return nodes


@pytest.mark.parametrize(
    ("measure", "logic"), [(OUR_CESAREAN, "cesarean"), (OUR_COMPLICATIONS, "complications")], ids=["CMS334", "CMS1028"]
)
@pytest.mark.parametrize("year", [2025, 2026])
def test_both_programs_count_every_person_alike(measure: ClinicalMeasure, logic: str, year: int) -> None:
    luck = random.Random(f"{logic} {year}")
    people = {f"p{n}": someone(f"p{n}", year, luck) for n in range(PEOPLE)}
    engine = DuckEngine(threads=2)
    try:
        clinical = read(*(node for nodes in people.values() for node in nodes))
        assert clinical.tables["clinical_quarantine"] == []
        stage.register(engine, clinical.tables, VALUE_SETS)
        stage.run(engine, [measure], date(year, 1, 1), date(year, 12, 31))
        found = counts_of(engine.rows(stage.RESULT))
    finally:
        engine.close()
    wanted = {name: Person(nodes).populations(logic, year) for name, nodes in people.items()}
    differing = {
        name: (wanted[name], got)
        for name in people
        if (got := {key: stays for key, stays in found.get(name, {}).items() if stays}) != wanted[name]
    }
    assert differing == {}
    seen = {
        population: sum((group, population) in counts for counts in wanted.values()) for group in (1,) for population in measure.populations
    }
    assert all(count >= 3 for count in seen.values()), seen
