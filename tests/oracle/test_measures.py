"""The measure engine against a second computation, unit by unit: random libraries on random claims, the childbirth library on histories.

`TRUEUP_ORACLE_EXAMPLES` raises the number of random libraries and histories.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from oracle import births, episode_measures, measure_histories, measures
from oracle import claims as oracle_claims
from oracle import run as oracle
from oracle.compare import Differences, keyed
from oracle.engine_side import both_rules
from oracle.histories import Histories
from oracle.rules import CodeSet, Rules, as_date
from ruamel.yaml import YAML
from unit.quality.measure_world import World, maternity

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.errors import Place
from trueup.inputs import register_batches
from trueup.quality import stage as quality
from trueup.quality.episodes import stage as episode_measures_stage
from trueup.rules.measure_model import Measure
from trueup.rules.measures import load_measures
from trueup.rules.program import ValueSet

Row = dict[str, Any]
EXAMPLES = int(os.environ.get("TRUEUP_ORACLE_EXAMPLES", "12"))
TABLES = {
    "measure_results": ("measure_id unit_id", "version entity_id period status"),
    "measure_evidence": ("measure_id unit_id part criterion", "is_met event_count first_date claim_id fact_value"),
    "measure_counts": ("measure_id entity_id period stratum stratum_value", "denominator numerator excluded excepted"),
    "measure_values": ("measure_id entity_id period fact_value", "units"),
}


def differences(
    ours: Mapping[str, list[Row]], theirs: Mapping[str, list[Row]], tables: Mapping[str, tuple[str, str]] = TABLES
) -> Differences:
    found = Differences()
    for name, (key, columns) in tables.items():
        one, other = (keyed(side[name], lambda r, k=key: tuple(r[c] for c in k.split())) for side in (ours, theirs))
        found.rows(name, one, other, columns)
    return found


# --- random libraries on random claims ----------------------------------------------------------------------------------------------


def written(folder: Path, library: list[Row]) -> tuple[dict[str, Measure], dict[str, ValueSet]]:
    """The library and its code lists as files, as the package reads them."""
    sets = folder / "common" / "value_sets"
    sets.mkdir(parents=True)
    (folder / "common" / "measures").mkdir()
    for name, codes in measure_histories.LISTS.items():
        with (sets / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(("code", "code_system", "effective_from", "effective_to", "value", "cite", "label"))
            out.writerows((*code, "", "T", "") for code in codes)
    head = {"schema": 1, "title": "Random", "sources": {"T": {"title": "Test", "published": 2026, "trust": "primary"}}}
    with (folder / "common" / "measures" / "random.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({**head, "measures": library}, file)
    loaded, found, faults = load_measures(folder, "p", dict.fromkeys((m["id"] for m in library), Place("test")))
    assert [e for e in faults if e.code != "TRU-R105"] == []
    return loaded, found


def code_sets() -> dict[str, CodeSet]:
    sets: dict[str, CodeSet] = defaultdict(CodeSet)
    for name, codes in measure_histories.LISTS.items():
        for code, system, first, last in codes:
            sets[name].spans.setdefault((system, code), []).append((as_date(first), as_date(last), None))
    return sets


def as_world(units: list[Row], facts: list[Row], strata: list[Row], claims: list[Row]) -> World:
    world = World()
    dates = ("start", "anchor", "end", "stay_start", "stay_end")
    world.tables["measure_units"] = [{**u, **{f"{d}_date": u[d] for d in dates}} for u in units]
    world.tables["unit_facts"], world.tables["unit_strata"] = facts, strata
    for claim in claims:
        drg = next((code for _, code in claim["drgs"]), None)
        head = {"version_id": claim["version"], "claim_id": claim["claim_id"], "member_id": claim["member"], "claim_type": claim["type"]}
        for line in claim["lines"]:
            world.tables["final_lines"].append(
                {
                    **head, "claim_line_number": line["line"], "line_start_date": line["line_from"], "claim_start_date": claim["from"],
                    "admission_date": claim["admission"], "bill_type_code": claim["bill"], "place_of_service_code": line["pos"],
                    "drg_code": drg,
                    "drg_code_type": "ms-drg" if drg else None, "revenue_center_code": line["revenue"], "hcpcs_code": line["hcpcs"],
                    "ndc_code": line["ndc"],
                }
            )  # fmt: skip
        world.tables["candidate_diagnoses"] += [{**head, "position": n, "code": c, "code_system": "icd-10-cm"} for n, c in claim["dx"]]
        world.tables["candidate_procedures"] += [
            {**head, "position": n, "code": c, "code_system": "icd-10-pcs", "procedure_date": when} for n, c, when in claim["px"]
        ]
    return world


@pytest.mark.parametrize("seed", range(max(6, EXAMPLES // 5)))
def test_random_libraries_agree_row_for_row(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trueup.rules.measures.UNIT_FACTS", dict.fromkeys(("episode", "stay", "member"), ()))
    rng = Random(seed)
    library = measure_histories.library(rng, 30)
    units, facts, strata = measure_histories.units(rng, 60)
    claims = measure_histories.claims(rng, units, 400)
    ours = measures.compute(library, code_sets(), units, facts, strata, claims)
    loaded, sets = written(tmp_path, library)
    theirs = as_world(units, facts, strata, claims).run(loaded.values(), sets)
    found = differences(ours, theirs)
    assert not found.found, f"\n{found}"
    assert len(ours["measure_results"]) > 100
    assert {r["status"] for r in ours["measure_results"]} == {"excluded", "numerator", "excepted", "denominator"}


# --- the library of childbirth on whole histories -------------------------------------------------------------------------------------

FUZZ = {
    "ct-husky-maternity": (
        (date(2023, 9, 9), date(2025, 1, 1), date(2025, 7, 1), date(2025, 12, 31)),
        (date(2026, 12, 31), date(2025, 10, 1)),
    ),
    "co-maternity": ((date(2020, 11, 1), date(2021, 3, 3), date(2021, 9, 1)), (date(2023, 6, 30), date(2021, 6, 4))),
}
WHOLE = {
    "measure_units": ("unit_id", "unit_kind entity_id period start_date anchor_date end_date stay_start_date stay_end_date"),
    "unit_facts": ("unit_id fact", "fact_value"),
    "unit_strata": ("unit_id stratum", "stratum_value"),
    **TABLES,
}


def add_measured_care(rng: Random, tables: dict[str, list[Row]], codes: list[tuple[str, str]]) -> None:
    """Claims with codes of the measures' lists near every delivery, beside whatever the history holds; race for some members."""
    near = sorted(
        {
            (r["member_id"], str(r["claim_start_date"])[:10])
            for r in tables["medical_claim"]
            if r.get("claim_start_date") and r.get("member_id")
        }
    )
    for number, (member, text) in enumerate(near):
        for extra in range(rng.choice((0, 1, 2))):
            system, code = rng.choice(codes)
            when = date.fromisoformat(text) + timedelta(
                days=rng.choice((-300, -280, -273, -100, -1, 0, 1, 3, 4, 6, 7, 28, 29, 42, 60, 84, 85, 90, 91))
            )
            hospital = system == "icd-10-pcs" or rng.random() < 0.3
            tables["medical_claim"].append(
                {
                    "claim_id": f"X{number}-{extra}", "claim_line_number": "1",
                    "claim_type": "institutional" if hospital else "professional",
                    "member_id": member, "claim_start_date": when.isoformat(), "paid_amount": "1.00",
                    **({"bill_type_code": rng.choice(("111", "131")), "admission_date": when.isoformat()} if hospital else {}),
                    **({"revenue_center_code": code} if system == "revenue" else {}), **({"hcpcs_code": code} if system == "hcpcs" else {}),
                    **({"diagnosis_code_1": code} if system == "icd-10-cm" else {"diagnosis_code_1": rng.choice(("O0933", "Z3800",
                        "Z0000"))}),
                    **({"procedure_code_1": code, "procedure_date_1": when.isoformat()} if system == "icd-10-pcs" else {}),
                }
            )  # fmt: skip
    for row in tables["eligibility"]:
        row["race"] = rng.choice((None, "black", "white"))


def engine_tables(tables: dict[str, list[Row]], programs: Path, program_id: str, as_of: date, folder: Path) -> dict[str, list[Row]]:
    program, _ = both_rules(programs, program_id, {})
    found, sets = maternity(programs, program_id)
    program = replace(program, measures=found, value_sets={**program.value_sets, **sets})
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [load_rows(tables, folder)])
        pipeline.register_rules(engine, program, as_of=as_of, workspace_key="oracle")
        stages = dict(pipeline.FLOWS[program.kind])
        for module in (
            *(stages[n] for n in ("candidates", "claims", "units", "attribution", "exclusions")),
            episode_measures_stage,
            quality,
        ):
            for step in module.STEPS:
                engine.run(step)
        rows = {name: engine.rows(name) for name in WHOLE}
    finally:
        engine.close()
    names = {r["unit_id"]: f"{r['member_id']}|{r['anchor_date']}" for r in rows["measure_units"]}
    return {name: [{**r, "unit_id": names[r["unit_id"]]} if "unit_id" in r else r for r in found] for name, found in rows.items()}


def oracle_tables(tables: dict[str, list[Row]], programs: Path, rules: Rules, as_of: date) -> dict[str, list[Row]]:
    rows = {name: [{**r, "_file": name, "_row": n} for n, r in enumerate(found, 1)] for name, found in tables.items()}
    result = oracle.run_tables(rows, rules, as_of)
    by_member = oracle_claims.final_claims(result["lines"])
    enrolled = oracle_claims.settled_rows(rows.get("eligibility", []), as_of)
    hers: dict[str, list[Row]] = defaultdict(list)
    for row in enrolled:
        hers[oracle_claims.text(row.get("member_id")) or ""].append(row)
    units = episode_measures.units_of(result["episodes"], as_of, rules)
    facts, strata = [], []
    for unit in units:
        member = unit["member_id"]
        before = [e for e in births.find_events(by_member[member], rules)[0] if not e["doubtful"] and e["delivery_date"] < unit["anchor"]]
        known = episode_measures.facts_of(unit, by_member[member], len(before), hers[member], not enrolled, rules)
        facts += [{"unit_id": unit["unit_id"], "fact": f, "fact_value": v} for f, v in known.items()]
        groups = episode_measures.strata_of(unit, hers[member], known)
        strata += [{"unit_id": unit["unit_id"], "stratum": s, "stratum_value": v} for s, v in groups.items()]
    claims = [{**c, "day": c["from"]} for found in by_member.values() for c in found]
    library = measures.read_measures(programs / "common" / "measures" / "maternity.yaml")
    named = {
        c[k]
        for m in library
        for v in m["versions"]
        for p in v.values()
        if isinstance(p, list)
        for c in p
        for k in ("value_set", "with", "without")
        if k in c
    }
    done = measures.compute(library, {name: rules.named(name) for name in named}, units, facts, strata, claims)
    listed = [{**u, **{f"{d}_date": u[d] for d in ("start", "anchor", "end", "stay_start", "stay_end")}} for u in units]
    return {"measure_units": listed, "unit_facts": facts, "unit_strata": strata, **done}


@pytest.mark.parametrize("program_id", list(FUZZ))
@pytest.mark.parametrize("seed", range(max(2, EXAMPLES // 20)))
def test_histories_agree_row_for_row(program_id: str, seed: int, programs: Path, tmp_path: Path) -> None:
    rng = Random(1000 + seed)
    days, known = FUZZ[program_id]
    as_of = known[seed % 2]  # the second lies amid the histories: some episodes are not over
    tables = Histories(rng, days).tables(150, program_id)
    _, sets = maternity(programs, program_id)
    codes = sorted(
        {
            (c.code_system, c.code)
            for s in sets.values()
            for c in s.codes
            if c.code_system in ("hcpcs", "icd-10-cm", "icd-10-pcs", "revenue")
        }
    )
    add_measured_care(rng, tables, codes)
    _, rules = both_rules(programs, program_id, {})
    theirs = engine_tables(tables, programs, program_id, as_of, tmp_path)
    ours = oracle_tables(tables, programs, rules, as_of)
    found = differences(ours, theirs, WHOLE)
    assert not found.found, f"\n{found}"
    assert len(ours["measure_units"]) > 20
    assert len({r["measure_id"] for r in ours["measure_results"] if r["status"] == "numerator"}) > 10
