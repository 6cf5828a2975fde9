"""Submissions, contracts, reviews, hospital classes and members' scores: what is read, what is not trusted, and which version counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trueup import pipeline
from trueup.candidates.everyone import stage as everyone
from trueup.claims import stage as claims
from trueup.claims.intake import load_files
from trueup.engine import DuckEngine
from trueup.inputs import register_batches
from trueup.locations import programs_dir
from trueup.rules.load import load_program
from trueup.workspace import Workspace

PROGRAM = "co-maternity"
SUBMISSIONS = f"""program,entity_id,period,measure_id,submission_id,record_type,numerator,denominator,value,stratum,received_date
{PROGRAM},E1,PY1,m1,S1,,8,10,,,2022-01-10
{PROGRAM},E1,PY1,m1,S2,replacement,9,10,0.9,,2022-02-10
other,E1,PY1,m1,S3,,9,10,,,2022-01-10
{PROGRAM},,PY1,m1,S4,,9,10,,,2022-01-10
{PROGRAM},E1,PY1,m1,S5,,many,10,,,2022-01-10
{PROGRAM},E1,PY1,m1,S6,again,9,10,,,2022-01-10
"""
CONTRACTS = f"""program,contract_id,payer,entity_id,terms_id,track,effective_from,effective_to,decided_by,decided_on,panel_size,\
received_date
{PROGRAM},C1,payer_a,E1,t1,p4p,2020-01-01,2021-01-01,Ann,2019-12-01,800,2019-12-02
{PROGRAM},C1,payer_a,E1,t2,ssp,2021-01-01,,Ann,2020-12-01,5200,2020-12-02
{PROGRAM},C1,payer_a,E2,t1,gift,2021-01-01,,Ann,2020-12-01,100,2020-12-02
{PROGRAM},C1,payer_a,E3,t1,p4p,2021-01-01,2020-01-01,Ann,2020-12-01,100,2020-12-02
{PROGRAM},C1,payer_a,E4,t1,p4p,2021-01-01,,Ann,2020-12-01,many,2020-12-02
"""
REVIEWS = f"""program,entity_id,period,flag_id,outcome,reviewer,decided_on,evidence,received_date
{PROGRAM},E1,PY1,F1,opened,,,,2022-01-01
{PROGRAM},E1,PY1,F1,complied,Ann,2022-02-01,charts read,2022-02-02
{PROGRAM},E2,PY1,F2,failed,,2022-02-01,none,2022-02-02
{PROGRAM},E2,PY1,F3,complied,Ann,,none,2022-02-02
{PROGRAM},E2,PY1,F4,perhaps,Ann,2022-02-01,none,2022-02-02
"""
HOSPITALS = f"""program,facility_id,hospital_class,peer_group,election,effective_from,effective_to,received_date
{PROGRAM},H1,general,private,enrolled,2026-01-01,,2025-12-01
{PROGRAM},H1,general,private,declined,2026-01-01,,2026-03-01
{PROGRAM},H2,general,private,maybe,2026-01-01,,2025-12-01
"""
SCORES = f"""program,member_id,period,risk_score,received_date
{PROGRAM},M1,PY1,1.25,2022-01-01
{PROGRAM},M2,PY1,0,2022-01-01
{PROGRAM},M3,PY1,high,2022-01-01
"""


def seen(tmp_path: Path, name: str, text: str, table: str, day: date) -> tuple[dict[tuple[str, str], int], list[dict[str, Any]]]:
    """What a file's rows are quarantined for, and the rows of a table that count on a day."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    ws = Workspace.create(tmp_path / "ws", "key") if not (tmp_path / "ws").exists() else Workspace.open(tmp_path / "ws")
    quarantined = load_files(ws, [tmp_path / name]).quarantined
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [b.path for b in ws.batches()])
        pipeline.register_rules(engine, load_program(programs_dir(), PROGRAM), as_of=day, workspace_key="test")
        for step in (*everyone.STEPS, *claims.STEPS):
            engine.run(step)
        return quarantined, engine.rows(table, order_by=tuple(engine.columns(table)))
    finally:
        engine.close()


def test_every_submission_of_the_program_is_kept_for_its_receipt(tmp_path: Path) -> None:
    quarantined, rows = seen(tmp_path, "s.csv", SUBMISSIONS, "visible_measure_submissions", date(2022, 3, 1))
    assert quarantined == {
        ("measure_submissions", "id.missing"): 1,
        ("measure_submissions", "num.not_number"): 1,
        ("measure_submissions", "adj.unknown_record_type"): 1,
    }
    assert [(r["submission_id"], r["numerator"], r["denominator"], r["stratum"]) for r in rows] == [
        ("S1", 8, 10, "all"),
        ("S2", 9, 10, "all"),
    ]


def test_a_submission_is_unknown_before_it_came(tmp_path: Path) -> None:
    _, rows = seen(tmp_path, "s.csv", SUBMISSIONS, "visible_measure_submissions", date(2022, 2, 9))
    assert [r["submission_id"] for r in rows] == ["S1"]


def test_a_contract_row_names_a_track_and_runs_forward(tmp_path: Path) -> None:
    quarantined, rows = seen(tmp_path, "c.csv", CONTRACTS, "visible_contracts", date(2022, 3, 1))
    assert quarantined == {("contracts", "word.unknown"): 1, ("contracts", "date.order"): 1, ("contracts", "num.not_number"): 1}
    assert [(r["track"], r["effective_from"], r["effective_to"], r["panel_size"]) for r in rows] == [
        ("p4p", date(2020, 1, 1), date(2021, 1, 1), 800),
        ("ssp", date(2021, 1, 1), date(9999, 12, 31), 5200),
    ]


@pytest.mark.parametrize(("day", "outcome"), [(date(2022, 2, 1), "opened"), (date(2022, 2, 2), "complied")])
def test_a_review_stands_as_it_was_known_and_ends_only_with_reviewer_and_day(tmp_path: Path, day: date, outcome: str) -> None:
    quarantined, rows = seen(tmp_path, "r.csv", REVIEWS, "visible_reviews", day)
    assert quarantined == {("reviews", "id.missing"): 1, ("reviews", "date.missing"): 1, ("reviews", "word.unknown"): 1}
    assert [(r["flag_id"], r["outcome"]) for r in rows] == [("F1", outcome)]


@pytest.mark.parametrize(("day", "election"), [(date(2026, 2, 28), "enrolled"), (date(2026, 3, 1), "declined")])
def test_the_election_counts_that_is_known(tmp_path: Path, day: date, election: str) -> None:
    quarantined, rows = seen(tmp_path, "h.csv", HOSPITALS, "visible_hospital_status", day)
    assert quarantined == {("hospital_status", "word.unknown"): 1}
    assert [(r["facility_id"], r["election"]) for r in rows] == [("H1", election)]


def test_a_score_of_zero_or_of_words_is_no_score(tmp_path: Path) -> None:
    quarantined, rows = seen(tmp_path, "m.csv", SCORES, "visible_member_scores", date(2022, 3, 1))
    assert quarantined == {("member_scores", "num.not_number"): 2}
    assert [(r["member_id"], str(r["risk_score"])) for r in rows] == [("M1", "1.250000")]
