"""The index of a workspace: which lines final action looks at, what it decides, and that no run's result depends on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

from trueup.claims import stage as claims
from trueup.claims.index import index_of
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_workspace
from trueup.workspace import Workspace

from .conftest import GOOD_LINE, Row

Load = Callable[..., Any]


def line(claim: str, number: int = 1, **changes: str) -> Row:
    return GOOD_LINE | {"claim_id": claim, "claim_line_number": str(number)} | changes


def replacement(claim: str, of: str, **changes: str) -> Row:
    return line(claim, record_type="replacement", replaces_claim_id=of, **changes)


def marked(ws: Workspace) -> list[str]:
    """Claim and line of every marked line, sorted."""
    index = index_of(ws)
    assert index is not None
    rows = duckdb.sql(f"SELECT claim_id, claim_line_number FROM read_parquet({[str(p) for p in index.marked_lines]})").fetchall()
    return sorted(f"{claim}/{number}" for claim, number in rows)


def decided(ws: Workspace, as_of: date, *, with_index: bool) -> tuple[list[Any], list[Any], int]:
    """The lines set aside as of a day, the visible quarantine, and how many lines final action looked at."""
    engine = DuckEngine(threads=1)
    try:
        if with_index:
            register_workspace(engine, ws)
        else:
            register_batches(engine, [b.path for b in ws.batches()])
        engine.register_rows("run_params", [{"as_of": as_of}], {"as_of": "DATE"})
        for step in claims.DECIDING:
            engine.run(step)
        by_line = ("source_file", "source_row")
        found = engine.rows("set_aside_lines", order_by=by_line), engine.rows("visible_quarantine", order_by=by_line)
        return *found, engine.count("undecided_lines")
    finally:
        engine.close()


def test_lines_of_adjusted_and_repeated_claims_are_marked_and_no_others(load: Load, ws: Workspace) -> None:
    load(
        medical_claim=[
            *(line("C1", n) for n in (1, 2)),  # replaced by C2
            replacement("C2", "C1"),
            line("C3"),  # nothing happens to it
            line("C4"),
            line("C4", version_seq="2"),
            line("C5", 1),
            line("C5", 1),  # sent twice
            line("C6", 1),
            line("C6", 2),
        ]
    )
    assert marked(ws) == ["C1/1", "C1/2", "C2/1", "C4/1", "C4/1", "C5/1", "C5/1"]


def test_a_later_batch_marks_the_lines_of_earlier_ones(load: Load, ws: Workspace) -> None:
    load(medical_claim=[line("C1"), line("C2"), line("C3"), line("C4")])
    assert marked(ws) == []
    load(medical_claim=[replacement("C9", "C1", received_date="2025-03-01"), line("C2", received_date="2025-03-01"), line("C5")])
    assert marked(ws) == ["C1/1", "C2/1", "C2/1", "C9/1"]
    load(
        medical_claim=[
            line("C9", record_type="void", version_seq="2", received_date="2025-04-01"),
            line("C4", 2, received_date="2025-04-01"),
        ]
    )
    assert marked(ws) == ["C1/1", "C2/1", "C2/1", "C4/1", "C4/2", "C9/1", "C9/1"]


def test_what_a_quarantined_void_is_about_is_marked(load: Load, ws: Workspace) -> None:
    load(medical_claim=[line("C1"), line("C2")])
    load(medical_claim=[line("C1", record_type="void", version_seq="2", paid_amount="abc", received_date="2025-03-01"), line("C7")])
    assert marked(ws) == ["C1/1"]


def test_the_order_of_loading_marks_the_same(load: Load, tmp_path: Any) -> None:
    from trueup.claims.intake import load_files

    from .conftest import as_csv

    deliveries = [
        [line("C1"), line("C2"), line("C3")],
        [replacement("C9", "C1", received_date="2025-03-01"), line("C2", received_date="2025-03-01")],
        [line("C9", record_type="void", version_seq="2", received_date="2025-04-01"), replacement("C3", "C8", received_date="2025-04-01")],
    ]
    paths = []
    for n, rows in enumerate(deliveries):
        paths.append(tmp_path / f"d{n}.csv")
        paths[-1].write_text(as_csv(rows), encoding="utf-8")
    found = []
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        ws = Workspace.create(tmp_path / ("ws" + "".join(map(str, order))), key="k")
        for n in order:
            load_files(ws, [paths[n]])
            index_of(ws)  # continued from batch to batch
        found.append((marked(ws), decided(ws, date(2025, 12, 31), with_index=True), decided(ws, date(2025, 3, 15), with_index=True)))
    assert found[0][0] == ["C1/1", "C2/1", "C2/1", "C3/1", "C3/1", "C9/1", "C9/1"]
    assert found[1] == found[0]
    assert found[2] == found[0]


@pytest.mark.parametrize("as_of", [date(2025, 2, 1), date(2025, 3, 15), date(2025, 12, 31)])
def test_an_index_changes_no_decision(load: Load, ws: Workspace, as_of: date) -> None:
    load(medical_claim=[line("C1"), line("C2"), line("C3", 1), line("C3", 1), line("C4")])
    load(medical_claim=[replacement("C9", "C1", received_date="2025-03-01"), line("C2", received_date="2025-03-01")])
    load(medical_claim=[line("C4", record_type="void", version_seq="2", received_date="2025-04-01"), line("C8", paid_amount="abc")])
    with_index, without = decided(ws, as_of, with_index=True), decided(ws, as_of, with_index=False)
    assert with_index[:2] == without[:2]
    # Without an index final action looks at every line; with one, at what it has not decided as of the day.
    undecided = {date(2025, 2, 1): 3, date(2025, 3, 15): 1, date(2025, 12, 31): 0}
    assert with_index[2] == undecided[as_of]
    reasons = {r["version_id"]: r["reason"] for r in with_index[0] if r["reason"] != "dup.row"}
    expected = {date(2025, 2, 1): {}, date(2025, 3, 15): {"C1:1:original": "adj.replaced"}}
    assert reasons == expected.get(as_of, {"C1:1:original": "adj.replaced", "C4:1:original": "adj.voided", "C4:2:void": "adj.void"})
    copies = [r["claim_id"] for r in with_index[0] if r["reason"] == "dup.row"]
    assert copies == {date(2025, 2, 1): ["C3"]}.get(as_of, ["C2", "C3"])


def test_a_family_is_decided_when_the_last_of_it_is_known(load: Load, ws: Workspace) -> None:
    load(
        medical_claim=[
            line("C1"),
            replacement("C2", "C1", received_date="2025-02-01"),
            replacement("C3", "C2", received_date="2025-06-01"),
            line("C5"),
            line("C5", version_seq="2", received_date="2025-02-01"),
        ]
    )
    index = index_of(ws)
    assert index is not None
    days = duckdb.sql(f"SELECT claim_id, decided_from FROM '{index.marked_claims}' ORDER BY claim_id").fetchall()
    assert days == [("C1", date(2025, 6, 1)), ("C2", date(2025, 6, 1)), ("C3", date(2025, 6, 1)), ("C5", date(2025, 2, 1))]
    # As of March, C3 is not yet known: C1 and C2 are decided anew.
    with_index = decided(ws, date(2025, 3, 1), with_index=True)
    assert ([r["claim_id"] for r in with_index[0]], with_index[2]) == (["C1", "C5"], 2)
    assert [r["claim_id"] for r in decided(ws, date(2025, 6, 1), with_index=True)[0]] == ["C1", "C2", "C5"]


def test_a_chain_too_long_to_follow_is_decided_in_every_run(load: Load, ws: Workspace) -> None:
    load(
        medical_claim=[
            line("C0"),
            *(replacement(f"C{n}", f"C{n - 1}") for n in range(1, 70)),
            replacement("C70", "C69", received_date="2025-06-01"),  # C0 would learn of it after 70 links
            line("X"),
            line("X"),
        ]
    )
    index = index_of(ws)
    assert index is not None
    days = duckdb.sql(f"SELECT count(*), min(decided_from) FROM '{index.marked_claims}' WHERE claim_id <> 'X'").fetchall()
    assert days == [(71, date(9999, 12, 31))]
    with_index, without = (decided(ws, date(2025, 12, 31), with_index=known) for known in (True, False))
    assert (with_index[:2], with_index[2], without[2]) == (without[:2], 71, 73)


def test_a_continued_index_is_the_one_made_at_once(load: Load, ws: Workspace) -> None:
    deliveries = [
        [line("C1"), line("C2"), line("C3"), line("C4"), replacement("C5", "C4")],
        [replacement("C9", "C1", received_date="2025-03-01"), line("C2", received_date="2025-03-01")],
        [line("C9", record_type="void", version_seq="2", received_date="2025-04-01"), replacement("C6", "C5", received_date="2025-04-01")],
    ]
    for rows in deliveries:
        load(medical_claim=rows)
        continued = index_of(ws)
    assert continued is not None
    files = (continued.marked_claims, continued.set_aside_lines)
    before = [p.read_bytes() for p in files]
    reasons = duckdb.sql(f"SELECT version_id, reason FROM '{continued.set_aside_lines}' ORDER BY ALL").fetchall()
    assert reasons == [
        ("C1:1:original", "adj.replaced"), ("C2:1:original", "dup.row"), ("C4:1:original", "adj.replaced"),
        ("C5:1:replacement", "adj.replaced"), ("C9:1:replacement", "adj.voided"), ("C9:2:void", "adj.void"),
    ]  # fmt: skip
    shutil.rmtree(ws.index_dir)
    assert index_of(ws) == continued
    assert [p.read_bytes() for p in files] == before


def test_a_deleted_index_is_made_again_and_an_old_one_is_removed(load: Load, ws: Workspace) -> None:
    load(medical_claim=[line("C1"), replacement("C2", "C1")])
    before = index_of(ws)
    assert before is not None
    files = {p.name: p.read_bytes() for p in before.marked_lines[0].parent.iterdir()}
    shutil.rmtree(ws.index_dir)
    again = index_of(ws)
    assert again == before
    assert {p.name: p.read_bytes() for p in before.marked_lines[0].parent.iterdir()} == files
    load(medical_claim=[line("C7", received_date="2025-05-01")])
    index_of(ws)
    assert len([p for p in ws.index_dir.iterdir() if not p.name.startswith(".")]) == 1


def test_claims_of_pregnancy_and_birth_are_stored_together(load: Load) -> None:
    loaded = load(
        medical_claim=[
            line("A", member_id="M1", diagnosis_code_1="J069"),
            line("B", member_id="M2", diagnosis_code_1="O80"),
            line("C", member_id="M2", diagnosis_code_1="J069"),
            line("D", member_id="M3", diagnosis_code_1="J069", hcpcs_code="59400"),
            line("E", member_id="M4", diagnosis_code_1="Z3A39"),
            line("F", member_id="M5", diagnosis_code_1="Z3009"),
        ]
    )
    groups = {r["claim_id"]: r["care_group"] for r in loaded.lines}
    assert groups == {"A": "other", "B": "maternity", "C": "maternity", "D": "maternity", "E": "maternity", "F": "other"}
    assert [r["care_group"] for r in loaded.table("claim_lines")] == ["maternity"] * 4 + ["other"] * 2
    codes = {(r["claim_id"], r["care_group"]) for r in loaded.table("claim_diagnoses")}
    assert codes == set(groups.items())
