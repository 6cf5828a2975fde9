"""Properties of the whole flow on random claim histories: nothing is lost, order never shows, and the past never changes."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_prices
from trueup.pipeline import register_rules, run_stages
from trueup.rules.load import load_program
from trueup.rules.program import Program

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, Any]
FIRST = date(2025, 1, 1)
# A run of the whole flow takes about half a second; TRUEUP_FLOW_EXAMPLES asks for more of them.
FEW = settings(max_examples=int(os.environ.get("TRUEUP_FLOW_EXAMPLES", "2")))
CODES = ("59400", "59409", "59514", "59425", "99213", "76805", "59812")
DIAGNOSES = ("Z3492", "O0993", "O80", "Z370", "Z371", "O021", "O0381", "Z3A30", "F1120", None)


@pytest.fixture(scope="module", params=["ct-husky-maternity", "co-maternity"])
def program(request: pytest.FixtureRequest) -> Program:
    return load_program(ROOT / "programs", request.param, assumptions="illustrative")


@st.composite
def lines(draw: st.DrawFn) -> Row:
    """One original professional or hospital line of one of three members."""
    start = FIRST + timedelta(days=draw(st.integers(0, 700)))
    known = start + timedelta(days=draw(st.integers(1, 200)))
    row: Row = {
        "member_id": f"M{draw(st.integers(1, 3))}", "claim_start_date": start, "claim_end_date": start, "received_date": known,
        "paid_amount": f"{draw(st.integers(0, 900_000)) / 100:.2f}", "billing_tin": f"06000000{draw(st.integers(1, 3))}",
        "diagnosis_code_1": draw(st.sampled_from(DIAGNOSES)), "diagnosis_code_2": draw(st.sampled_from(DIAGNOSES)),
    }  # fmt: skip
    if draw(st.booleans()):
        return {
            **row,
            "claim_type": "professional",
            "hcpcs_code": draw(st.sampled_from(CODES)),
            "place_of_service_code": draw(st.sampled_from(["11", "21"])),
        }
    end = start + timedelta(days=draw(st.integers(0, 6)))
    return {
        **row,
        "claim_type": "institutional",
        "bill_type_code": "111",
        "admission_date": start,
        "discharge_date": end,
        "claim_end_date": end,
        "drg_code_type": "ms-drg",
        "drg_code": draw(st.sampled_from(["807", "788", "795", "470"])),
        "received_date": end + timedelta(days=30),
    }


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Claims with voids, replacements, denials, copies and conflicts."""
    rows: list[Row] = []
    for number, line in enumerate(draw(st.lists(lines(), min_size=1, max_size=14))):
        claim = {
            **line,
            "claim_id": f"C{number}",
            "claim_line_number": 1,
            "record_type": "original",
            "version_seq": 1,
            "claim_status": "paid",
        }
        rows.append(claim)
        later = {**claim, "received_date": claim["received_date"] + timedelta(days=draw(st.integers(0, 90)))}
        match draw(st.sampled_from(["none", "none", "void", "replace", "chain", "copy", "conflict", "denied", "orphan_void"])):
            case "void":
                rows.append({**later, "claim_id": f"V{number}", "record_type": "void", "replaces_claim_id": claim["claim_id"]})
            case "replace":
                rows.append(
                    {
                        **later,
                        "claim_id": f"R{number}",
                        "record_type": "replacement",
                        "replaces_claim_id": claim["claim_id"],
                        "paid_amount": "77.00",
                    }
                )
            case "chain":
                rows.append({**later, "record_type": "replacement", "version_seq": 2, "paid_amount": "55.00"})
                rows.append({**later, "record_type": "void", "version_seq": 3})
            case "copy":
                rows.append(later)
            case "conflict":
                rows.append({**later, "paid_amount": "1.23"})
            case "denied":
                claim["claim_status"] = "denied"
            case "orphan_void":
                rows.append({**later, "claim_id": f"V{number}", "record_type": "void", "replaces_claim_id": "NOWHERE"})
            case _:
                pass
    return rows


def flow(program: Program, batches: list[list[Row]], as_of: date = date(2030, 1, 1)) -> dict[str, list[Row]]:
    """The tables of one run over batches of medical claims."""
    engine = DuckEngine(threads=1)
    try:
        with tempfile.TemporaryDirectory() as name:
            folders = [
                load_rows({"medical_claim": rows}, Path(name) / str(n), batch_id=f"batch{n}") for n, rows in enumerate(batches) if rows
            ]
            register_batches(engine, folders)
            register_rules(engine, program, as_of=as_of, workspace_key="k")
            register_prices(engine, [])
            assert {s.status for s in run_stages(engine, program)} == {"done"}
            wanted = ("episodes", "episode_lines", "attribution_months", "attribution_candidates", "line_accounting", "exclusion_facts")
            return {name: engine.rows(name) for name in wanted}
    finally:
        engine.close()


def comparable(tables: dict[str, list[Row]], *names: str) -> dict[str, Counter[str]]:
    """The rows of tables without where they came from, as multisets."""
    return {n: Counter(repr(sorted((k, v) for k, v in row.items() if k != "batch")) for row in tables[n]) for n in names}


EVERYTHING = ("episodes", "episode_lines", "attribution_months", "attribution_candidates", "exclusion_facts")


@FEW
@given(rows=histories())
def test_every_line_and_every_cent_has_one_place(program: Program, rows: list[Row]) -> None:
    accounting = flow(program, [rows])["line_accounting"]
    assert sum(r["rows"] for r in accounting) == len(rows)
    assert sum(r["amount_cents"] for r in accounting) == sum(round(float(r["paid_amount"]) * 100) for r in rows)


@FEW
@given(rows=histories(), data=st.data())
def test_order_and_split_of_files_never_show(program: Program, rows: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    whole, pieces = flow(program, [rows]), flow(program, [list(shuffled[:cut]), list(shuffled[cut:])])
    assert comparable(whole, *EVERYTHING) == comparable(pieces, *EVERYTHING)
    assert Counter((r["disposition"], r["reason"]) for r in whole["line_accounting"] for _ in range(r["rows"])) == Counter(
        (r["disposition"], r["reason"]) for r in pieces["line_accounting"] for _ in range(r["rows"])
    )


@FEW
@given(rows=histories(), days=st.integers(0, 900))
def test_later_facts_never_change_an_earlier_answer(program: Program, rows: list[Row], days: int) -> None:
    as_of = FIRST + timedelta(days=days)
    then = [r for r in rows if r["received_date"] <= as_of]
    assert comparable(flow(program, [rows], as_of), *EVERYTHING, "line_accounting") == comparable(
        flow(program, [then], as_of), *EVERYTHING, "line_accounting"
    )


@FEW
@given(originals=st.lists(lines(), min_size=1, max_size=8), data=st.data())
def test_void_and_replacement_equal_the_replacement_alone(program: Program, originals: list[Row], data: st.DataObject) -> None:
    first = [{**r, "claim_id": f"C{n}", "record_type": "original"} for n, r in enumerate(originals)]
    chosen = data.draw(st.sampled_from(first))
    new = {**chosen, "claim_id": "R", "record_type": "replacement", "replaces_claim_id": chosen["claim_id"], "paid_amount": "123.45"}
    void = {**chosen, "claim_id": "V", "record_type": "void", "replaces_claim_id": chosen["claim_id"]}
    assert comparable(flow(program, [[*first, void, new]]), *EVERYTHING) == comparable(flow(program, [[*first, new]]), *EVERYTHING)


@FEW
@given(originals=st.lists(lines(), min_size=1, max_size=8), data=st.data())
def test_a_claim_and_its_void_equal_nothing(program: Program, originals: list[Row], data: st.DataObject) -> None:
    first = [{**r, "claim_id": f"C{n}", "record_type": "original"} for n, r in enumerate(originals)]
    extra = {**data.draw(lines()), "claim_id": "X", "record_type": "original"}
    void = {**extra, "claim_id": "V", "record_type": "void", "replaces_claim_id": "X"}
    assert comparable(flow(program, [[*first, extra, void]]), *EVERYTHING) == comparable(flow(program, [first]), *EVERYTHING)


@FEW
@given(rows=histories())
def test_windows_of_a_member_never_overlap_and_parts_make_totals(program: Program, rows: list[Row]) -> None:
    tables = flow(program, [rows])
    included: Counter[str] = Counter()
    for line in tables["episode_lines"]:
        included[line["episode_id"]] += line["cost_cents"] if line["included"] else 0
    assert {e["episode_id"]: e["ffs_cost_cents"] for e in tables["episodes"]} == {
        e["episode_id"]: included[e["episode_id"]] for e in tables["episodes"]
    }
    owners = sorted(
        (e["member_id"], e["episode_start_date"], e["episode_end_date"])
        for e in tables["episodes"]
        if "interval_too_short" not in e["exclusion_reasons"]
    )
    for (member, _, end), (other, start, _) in pairwise(owners):
        assert member != other or end < start
