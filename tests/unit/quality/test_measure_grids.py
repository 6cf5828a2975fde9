"""Flags of 3,000 made-up delivery stays against implementations that nobody here wrote.

Skipped where the folder beside the checkout is absent.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from unit.quality.measure_world import World, day, maternity

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.inputs import register_batches
from trueup.rules.load import load_program

Row = dict[str, str]
CESAREAN_DRGS = {"783", "784", "785", "786", "787", "788"}
VAGINAL_DRGS = {"768", "796", "797", "798", "805", "806", "807"}


def rows_of(folder: Path, name: str) -> list[Row]:
    path = folder / "grids" / name
    if not path.is_file():
        pytest.skip(f"no file grids/{name} in ../shared/data")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def split(text: str) -> list[str]:
    return [code for code in text.split(";") if code]


def numerators(programs: Path, rows: Iterable[Row], *names: str) -> dict[str, set[str]]:
    measures, sets = maternity(programs)
    world = World()
    for row in rows:
        world.unit(row["enc"], facts={"is_live_birth": 1, "age_at_delivery": 30})
        world.stay(f"M-{row['enc']}", dx=split(row["dx"]), px=[(code, day(0)) for code in split(row["pr"])])
    tables = world.run([measures[n] for n in names], sets)
    assert Counter(r["measure_id"] for r in tables["measure_results"]) == dict.fromkeys(names, len(world.tables["measure_units"]))
    found: dict[str, set[str]] = {name: set() for name in names}
    for r in tables["measure_results"]:
        if r["status"] == "numerator":
            found[r["measure_id"]].add(r["unit_id"])
    return found


def test_severe_morbidity_equals_the_published_implementation_on_every_stay(programs: Path, shared_data: Path) -> None:
    """Without transfusion all 3,000 flags are equal. With it, 80 stays differ, each because blood was all that was coded."""
    rows = rows_of(shared_data, "smm_three_way.csv")
    assert len(rows) == 3000
    found = numerators(programs, rows, "severe_morbidity_without_transfusion", "severe_morbidity")
    theirs = {r["enc"] for r in rows if r["ahrq_mhi_smm"] == "1"}
    assert len(theirs) == 1616
    assert found["severe_morbidity_without_transfusion"] == theirs
    more = found["severe_morbidity"] - theirs
    assert theirs <= found["severe_morbidity"]
    assert len(more) == 80
    assert all(any(c.startswith(("30233", "30243")) for c in split(r["pr"])) for r in rows if r["enc"] in more)


def test_each_indicator_finds_what_its_code_list_holds(programs: Path, shared_data: Path) -> None:
    """One indicator alone: the flags of the whole are the union of 20, none of them idle."""
    rows = rows_of(shared_data, "smm_three_way.csv")
    measures, sets = maternity(programs)
    version = measures["severe_morbidity_without_transfusion"].versions[0]
    hits = {
        c.id: sum(bool({code.code for code in sets[str(c.value_set)].codes} & {*split(r["dx"]), *split(r["pr"])}) for r in rows)
        for c in version.numerator
    }
    assert len(hits) == 20
    assert min(hits.values()) > 0


def births(programs: Path, rows: list[Row], folder: Path) -> dict[str, str]:
    """The mode of each stay's birth as the units stage finds it from diagnoses and procedures alone; no birth, no entry."""
    program = load_program(programs, "ct-husky-maternity", assumptions="illustrative")
    lines = [
        {
            "claim_id": f"C{row['claim']}", "claim_line_number": 1, "version_seq": 1, "record_type": "original", "claim_status": "paid",
            "claim_type": "institutional", "member_id": f"M{row['claim']}", "claim_start_date": date(2025, 6, 14),
            "claim_end_date": date(2025, 6, 17), "admission_date": date(2025, 6, 14), "discharge_date": date(2025, 6, 17),
            "bill_type_code": "111", "revenue_center_code": "0120", "paid_amount": "1.00",
            **{f"diagnosis_code_{n}": code for n, code in enumerate([row["pdx"], *split(row["sdx"])], 1)},
            **{f"procedure_code_{n}": code for n, code in enumerate(split(row["procs"]), 1)},
            **{f"procedure_date_{n}": date(2025, 6, 15) for n, _ in enumerate(split(row["procs"]), 1)},
        }
        for row in rows
    ]  # fmt: skip
    engine = DuckEngine(threads=2)
    try:
        register_batches(engine, [load_rows({"medical_claim": lines}, folder)])
        pipeline.register_rules(engine, replace(program, measures={}), as_of=date(2026, 12, 31), workspace_key="grid")
        for _, module in pipeline.FLOWS[program.kind][:3]:
            for step in module.STEPS:
                engine.run(step)
        return {r["member_id"].removeprefix("M"): r["mode"] for r in engine.rows("birth_events")}
    finally:
        engine.close()


def test_cesarean_and_delivery_flags_equal_the_groupers(programs: Path, shared_data: Path, tmp_path: Path) -> None:
    """Every stay that both groupers put into a delivery DRG is a birth, and its mode is that of the DRG."""
    rows = rows_of(shared_data, "msdrg_v43.csv")
    names = list(rows[0])[-2:]
    agreed = [r for r in rows if r[names[0]] == r[names[1]]]
    assert (len(rows), len(agreed)) == (3000, 2826)
    assert {r[names[0]] for r in agreed} <= CESAREAN_DRGS | VAGINAL_DRGS
    modes = births(programs, agreed, tmp_path)
    wrong = [r["claim"] for r in agreed if modes.get(r["claim"]) != ("cesarean" if r[names[0]] in CESAREAN_DRGS else "vaginal")]
    assert wrong == []


def test_cesarean_codes_equal_the_published_lists(programs: Path, shared_data: Path) -> None:
    """The procedures that make a cesarean, a vaginal birth and an outcome of delivery are those of the published delivery sets."""
    path = shared_data / "codesets" / "ahrq_iqi_v2020_delivery.csv"
    if not path.is_file():
        pytest.skip("no file codesets/ahrq_iqi_v2020_delivery.csv in ../shared/data")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = [(r["set"], r["code"]) for r in csv.DictReader(file)]
    ours = {name: codes(programs, name) for name in ("delivery_cesarean", "delivery_vaginal", "delivery_any", "care_malpresentation")}
    assert {c for s, c in theirs if s == "ahrq_prcsecp"} == {c for c in ours["delivery_cesarean"] if len(c) == 7}
    assert {c for s, c in theirs if s == "ahrq_vagdelp"} == {c for c in ours["delivery_vaginal"] if len(c) == 7}
    assert {c for s, c in theirs if s == "ahrq_delocmd"} == ours["delivery_any"]
    listed = {c for s, c in theirs if s == "ahrq_prcsecd" and c[:3] in ("O32", "O64")}
    assert listed < ours["care_malpresentation"]
    assert {c[:4] for c in ours["care_malpresentation"] - listed} == {
        "O328",
        "O644",
    }  # other malpresentation and shoulder, by their meaning


def codes(programs: Path, name: str) -> set[str]:
    with (programs / "common" / "value_sets" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {r["code"] for r in csv.DictReader(file)}
