"""Transfer notices and the area index: what is read, what is not trusted, and which version counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from trueup import pipeline
from trueup.candidates.everyone import stage as everyone
from trueup.claims import stage as claims
from trueup.claims.intake import load_files
from trueup.engine import DuckEngine
from trueup.inputs import register_batches
from trueup.rules.program import Program
from trueup.workspace import Workspace

NOTICES = """row_id,record_type,replaces_row_id,program,member_id,entity_id,transfer_date,received_date
N1,,,p,M1,E1,2025-05-10,2025-05-12
N2,replacement,N1,p,M1,E2,2025-05-11,2025-06-01
N3,,,p,M2,E1,2025-05-10,2025-05-12
N4,void,N3,p,M2,E1,2025-05-10,2025-06-01
N5,,,p,,E1,2025-05-10,2025-05-12
N6,,,p,M3,,2025-05-10,2025-05-12
N7,,,p,M3,E1,,2025-05-12
N8,,,p,M3,E1,2025-02-30,2025-05-12
N9,void,,p,M3,E1,2025-05-10,2025-05-12
N10,,,,M3,E1,2025-05-10,2025-05-12
N11,,,p,M3,E1,9999-12-31,2025-05-12
"""
AREA = """zip_code,effective_from,effective_to,band,received_date
06103,2020-01-01,2023-01-01,9,2024-01-01
06103,2023-01-01,,8,2024-01-01
06103-1234,2019-01-01,2020-01-01,7,2024-01-01
6103,2020-01-01,,9,2024-01-01
06104,2023-01-01,2020-01-01,9,2024-01-01
06105,2020-01-01,,high,2024-01-01
06106,2020-01-01,,5,2024-01-01
06106,2020-01-01,,6,2024-01-01
,2020-01-01,,6,2024-01-01
"""


def load(tmp_path: Path, name: str, text: str) -> tuple[Workspace, dict[tuple[str, str], int]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    ws = Workspace.create(tmp_path / "ws", "key")
    return ws, load_files(ws, [path]).quarantined


def final(engine: DuckEngine, ws: Workspace, program: Program, as_of: date) -> DuckEngine:
    register_batches(engine, [b.path for b in ws.batches()])
    pipeline.register_rules(engine, program, as_of=as_of, workspace_key="test")
    for step in (*everyone.STEPS, *claims.STEPS):
        engine.run(step)
    return engine


def test_a_notice_that_lacks_a_fact_is_quarantined(tmp_path: Path) -> None:
    _, quarantined = load(tmp_path, "transfers.csv", NOTICES)
    assert quarantined == {
        ("member_transfers", "id.missing"): 3,
        ("member_transfers", "date.missing"): 1,
        ("member_transfers", "date.invalid"): 2,
        ("member_transfers", "adj.no_target"): 1,
    }


def test_the_version_of_a_notice_counts_that_is_known(engine: DuckEngine, tmp_path: Path, program: Program) -> None:
    ws, _ = load(tmp_path, "transfers.csv", NOTICES)

    def seen(day: date) -> list[tuple[Any, ...]]:
        rows = final(engine, ws, program, day).rows("final_member_transfers", order_by=("member_id",))
        return [(r["member_id"], r["entity_id"], r["transfer_date"]) for r in rows]

    assert seen(date(2025, 5, 11)) == []
    assert seen(date(2025, 5, 31)) == [("M1", "E1", date(2025, 5, 10)), ("M2", "E1", date(2025, 5, 10))]
    assert seen(date(2025, 6, 1)) == [("M1", "E2", date(2025, 5, 11))]


def test_the_area_index_keeps_five_digits_and_trusts_no_half_zip(engine: DuckEngine, tmp_path: Path, program: Program) -> None:
    ws, quarantined = load(tmp_path, "area.csv", AREA)
    assert quarantined == {
        ("area_index", "geo.zip"): 1,
        ("area_index", "date.order"): 1,
        ("area_index", "num.not_number"): 1,
        ("area_index", "dup.conflict"): 2,
        ("area_index", "id.missing"): 1,
    }
    rows = final(engine, ws, program, date(2025, 1, 1)).rows("visible_area_index", order_by=("zip_code", "effective_from"))
    assert [(r["zip_code"], r["effective_from"], r["effective_to"], r["band"]) for r in rows] == [
        ("06103", date(2019, 1, 1), date(2020, 1, 1), 7),
        ("06103", date(2020, 1, 1), date(2023, 1, 1), 9),
        ("06103", date(2023, 1, 1), date(9999, 12, 31), 8),
    ]


def test_a_later_area_index_replaces_an_earlier_one_from_the_day_it_is_known(
    engine: DuckEngine, tmp_path: Path, program: Program, run_step: Callable[..., list[dict[str, Any]]]
) -> None:
    ws, _ = load(tmp_path, "area.csv", AREA)
    newer = tmp_path / "newer.csv"
    newer.write_text("zip_code,effective_from,effective_to,band,received_date\n06103,2023-01-01,,4,2024-06-01\n", encoding="utf-8")
    load_files(ws, [newer])

    def band(day: date) -> int:
        rows = final(engine, ws, program, day).rows("visible_area_index", order_by=("effective_from",))
        return int(rows[-1]["band"])

    assert (band(date(2024, 5, 31)), band(date(2024, 6, 1))) == (8, 4)
