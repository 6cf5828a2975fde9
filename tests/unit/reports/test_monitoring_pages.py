"""Checks, flags and reviews on pages, the funnel, and what is held."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from unit.reports.kinds_samples import Row, new_run, rows_of, settlement, six, steps, text_of, write_table

from trueup.errors import CheckFailed
from trueup.reports import write_reports
from trueup.reports.chart_funnel import FunnelPoint, funnel


def result(entity: str, units: int, events: int, *, flagged: bool = False, **more: object) -> Row:
    status = "flagged" if flagged else "within"
    return {
        "check_id": "visits",
        "kind": "funnel",
        "entity_id": entity,
        "period": "PY1",
        "measure_id": "visit",
        "units": units,
        "events": events,
        "observed": six(str(events / units)),
        "expected": six("0.8"),
        "low_limit_95": 72,
        "high_limit_95": 88,
        "low_limit_998": 67,
        "high_limit_998": 91,
        "flagged": flagged,
        "status": status,
        "reason": "low" if flagged else "within_limits",
    } | more


def flag(status: str = "open", **more: object) -> Row:
    row = {"flag_id": "visits", "check_id": "visits", "entity_id": "P1", "period": "PY1", "raised_by": "statistic", "effect": "hold"}
    return row | {"status": status, "reason": "low"} | more


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """P1 is flagged at 65 of 100 and held; P2 is within; P3 has too few."""
    made = new_run(tmp_path, "entity_results", "entity_savings")
    rows = [settlement("P1", 0, status="held", reason="gate_missing.under_service"), settlement("P2", 50_000), settlement("P3", 10_000)]
    write_table(made, "settlements", rows)
    write_table(made, "settlement_steps", [s for row in rows for s in steps(row)])
    few = result("P3", 12, 3, status="too_few", reason="below_minimum_units", observed=None, expected=None)
    write_table(made, "monitor_results", [result("P1", 100, 65, flagged=True), result("P2", 100, 80), few])
    write_table(made, "monitor_flags", [flag()])
    gates = [("P1", "missing", "open_review.visits"), ("P2", "passed", "no_flag"), ("P3", "passed", "too_few_to_judge")]
    write_table(
        made,
        "computed_gates",
        [{"entity_id": e, "period": "PY1", "gate": "under_service", "state": state, "reason": reason} for e, state, reason in gates],
    )
    return made


def written(run: Path, tmp_path: Path) -> Path:
    return write_reports([run], {}, tmp_path / "out").parent / "test-program"


def test_a_flag_is_said_on_the_statement_with_what_it_holds(run: Path, tmp_path: Path) -> None:
    folder = written(run, tmp_path)
    text = text_of(folder / "practices/P1/statement.html")
    assert "On hold" in text
    assert "PY1: awaited: nothing is paid before it is known. Why: a review is open (visits)." in text
    assert "Nothing is cut: payment waits until a named person has looked at it and decided." in text
    rows = rows_of(folder / "practices/P1/csv/flags.csv")
    assert [(r["flag"], r["status"], r["reviewer"], r["why"]) for r in rows] == [
        ("Visits", "Open: nobody has decided", "Nobody yet", "lower than chance explains")
    ]


def test_an_ended_review_says_who_when_and_on_what_evidence(run: Path, tmp_path: Path) -> None:
    write_table(run, "monitor_flags", [flag("complied", reviewer="R. Reviewer", decided_on=date(2026, 5, 4), evidence="20 charts read")])
    rows = rows_of(written(run, tmp_path) / "monitoring_csv/flags.csv")
    assert [(r["status"], r["reviewer"], r["decided_on"], r["evidence"]) for r in rows] == [
        ("Ended: care was as it should be ✔", "R. Reviewer", "2026-05-04", "20 charts read")
    ]


def test_too_few_is_said_and_no_number_stands(run: Path, tmp_path: Path) -> None:
    rows = rows_of(written(run, tmp_path) / "practices/P3/csv/checks.csv")
    assert [(r["units"], r["events"], r["observed"], r["status"]) for r in rows] == [
        ("12", "", "", "Too few to judge: fewer than the rules ask for")
    ]


def test_the_page_of_the_state_lists_what_is_held_and_draws_a_funnel(run: Path, tmp_path: Path) -> None:
    folder = written(run, tmp_path)
    text = text_of(folder / "monitoring.html")
    assert "1 flag waits for a person" in text
    assert "A visit in time: 1 of 2 practices flagged" in text
    assert [(r["state"], r["why"]) for r in rows_of(folder / "monitoring_csv/held.csv")] == [
        ("Awaited: nothing is paid before it is known", "a review is open (visits)")
    ]
    table = rows_of(folder / "monitoring_csv/funnel_py1_visits.csv")
    assert [(r["units"], r["events"], r["low_998"], r["high_998"]) for r in table] == [("100", "65", "67", "91"), ("100", "80", "67", "91")]


def test_a_check_without_its_flag_stops(run: Path, tmp_path: Path) -> None:
    write_table(run, "monitor_flags", [])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*flags that checks raised: the rows add up to 0, the table says 1"):
        written(run, tmp_path)


def test_the_amount_at_the_mix_of_the_base_stands_beside_the_result(run: Path, tmp_path: Path) -> None:
    shares = {"units": 20, "all_units": 100, "base_units": 10, "all_base_units": 100, "share": six("0.2"), "base_share": six("0.1")}
    amounts = {"payable_cents": 50_000, "migration_neutral_cents": 0, "difference_cents": 50_000}
    write_table(run, "migration_watch", [{"entity_id": "P2", "period": "PY1", "cohort": "sud"} | shares | amounts])
    folder = written(run, tmp_path)
    assert rows_of(folder / "practices/P2/csv/neutral.csv") == [
        {"period": "PY1", "payable": "500.00", "neutral": "0.00", "difference": "500.00"}
    ]
    assert "sud" not in (folder / "practices/P2/statement.html").read_text(encoding="utf-8").lower()
    assert "The shift of patients between groups alone is worth $500.00 of the results." in text_of(folder / "monitoring.html")
    write_table(
        run, "migration_watch", [{"entity_id": "P2", "period": "PY1", "cohort": "sud"} | shares | amounts | {"payable_cents": 49_999}]
    )
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*the payable amount beside the base's mix"):
        written(run, tmp_path)


def test_a_funnel_is_one_labeled_image_and_the_same_twice() -> None:
    points = [FunnelPoint(100, 65, 72, 88, 67, 91, True, "P1"), FunnelPoint(400, 320, 301, 338, 289, 348)]
    chart = funnel("f", "1 of 2", "What it shows", points, 0.8)
    assert chart == funnel("f", "1 of 2", "What it shows", points, 0.8)
    assert re.match(r'<svg xmlns="[^"]+" class="chart" viewBox="[^"]+" role="img" aria-labelledby="f-title f-desc"', chart.svg)
    assert chart.svg.count("role=") == 1
    assert "<script" not in chart.svg
    assert "P1" in chart.svg
