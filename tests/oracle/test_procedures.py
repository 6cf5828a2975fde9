"""Anchor procedures, windows and the home of each claim: many made-up members against the words of the reference page."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from oracle import procedures as oracle

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_prices
from trueup.rules.load import load_program

INVENTED = Path(__file__).resolve().parents[1] / "programs" / "invented"
HIP = "fenwick-hip-bundle"
FIRST = date(2024, 1, 1)
KINDS = ("stay_with_anchor", "stay_by_group", "stay", "outpatient_anchor", "surgeon", "surgeon", "visit", "visit")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    shutil.copytree(INVENTED / HIP, folder / HIP)
    shutil.copytree(programs / "common" / "value_sets", folder / "common" / "value_sets")
    return folder


def history(draw: random.Random, member: str) -> list[oracle.Row]:
    """A few claims of one member, often on neighboring days."""
    centers = [draw.randrange(0, 360) for _ in range(3)]
    claims: list[oracle.Row] = []
    for n in range(draw.randrange(1, 9)):
        kind = draw.choice(KINDS)
        start = FIRST + timedelta(days=max(draw.choice(centers) + draw.choice((-95, -30, -3, -1, 0, 0, 1, 2, 5, 60, 90, 91, 92, 93)), 0))
        stay = kind.startswith("stay")
        end = start + timedelta(days=draw.randrange(0, 6) if stay else 0)
        operated = start + timedelta(days=draw.randrange(-1, 4)) if kind == "stay_with_anchor" else None
        claims.append(
            {
                "id": f"{member}-{n}", "member": member, "kind": kind, "start": start, "end": end, "inpatient": stay,
                "anchor": kind not in ("stay", "visit"), "professional": kind in ("surgeon", "visit"),
                "day": operated if stay else start if kind != "visit" else None, "cents": draw.randrange(0, 1_000_000),
            }
        )  # fmt: skip
    return claims


def as_rows(claim: oracle.Row) -> oracle.Row:
    """The claim as the input layout has it."""
    row: oracle.Row = {
        "claim_id": claim["id"], "claim_line_number": 1, "member_id": claim["member"], "claim_start_date": claim["start"],
        "claim_end_date": claim["end"], "claim_line_start_date": claim["start"], "claim_line_end_date": claim["end"],
        "claim_status": "paid",
        "record_type": "original", "version_seq": 1, "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "M1611",
        "paid_amount": f"{claim['cents'] // 100}.{claim['cents'] % 100:02d}",
        "claim_type": "professional" if claim["professional"] else "institutional",
        "billing_tin": "090000001" if claim["professional"] else "090000009",
    }  # fmt: skip
    if claim["inpatient"]:
        group = "522" if claim["kind"] == "stay_by_group" else "470"
        row |= {
            "bill_type_code": "111",
            "admission_date": claim["start"],
            "discharge_date": claim["end"],
            "drg_code_type": "ms-drg",
            "drg_code": group,
        }
        if claim["kind"] == "stay_with_anchor":
            row |= {"procedure_code_type": "icd-10-pcs", "procedure_code_1": "0SRB0J9", "procedure_date_1": claim["day"]}
    elif claim["professional"]:
        row |= {"place_of_service_code": "11", "hcpcs_code": "27130" if claim["anchor"] else "99213"}
    else:
        row |= {"bill_type_code": "131", "hcpcs_code": "27130"}
    return row


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, oracle.Terms()),
        ({"episode.second_anchor": "replaces_first"}, oracle.Terms(replaces=True)),
        ({"episode.anchor": "procedure_date", "episode.days_before": 30}, oracle.Terms(around_stay=False, before=30)),
        (
            {"episode.anchor_claim": "any", "episode.merge_days": 0, "episode.days_before": 30},
            oracle.Terms(institutional=False, merge=0, before=30),
        ),
        (
            {"episode.settings": ["inpatient"], "episode.second_anchor": "replaces_first", "episode.days_before": 10},
            oracle.Terms(settings=("inpatient",), replaces=True, before=10),
        ),
    ],
    ids=["as_written", "replaces_first", "around_the_day", "any_claim", "stays_only"],
)  # fmt: skip
def test_episodes_agree(home: Path, tmp_path: Path, changes: dict[str, object], terms: oracle.Terms) -> None:
    draw = random.Random(20260101)
    members = {f"M{n:03d}": history(draw, f"M{n:03d}") for n in range(300)}
    expected = {
        (m, e["anchor"], e["own_from"], e["to"], e["replaced"], e["cents"])
        for m, claims in members.items()
        for e in oracle.episodes_of(claims, terms)
    }
    program = load_program(home, HIP, settings=changes)
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [load_rows({"medical_claim": [as_rows(c) for claims in members.values() for c in claims]}, tmp_path)])
        pipeline.register_rules(engine, program, as_of=date(2026, 12, 31), workspace_key="oracle")
        register_prices(engine, [])
        assert {s.status for s in pipeline.run_stages(engine, program)} == {"done"}
        found = {
            (r["member_id"], r["delivery_date"], r["episode_start_date"], r["episode_end_date"],
             "replaced_by_later" in r["exclusion_reasons"], r["total_cost_cents"])
            for r in engine.rows("episodes")
        }  # fmt: skip
    finally:
        engine.close()
    assert len(expected) > 100
    assert found - expected == set()
    assert expected - found == set()
