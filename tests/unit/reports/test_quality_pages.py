"""Scorecards on statements and on the state's page: exact figures, words for every status, small groups hidden."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from unit.reports.kinds_samples import gap, new_run, rows_of, scorecard, settlement, six, slot, steps, text_of, write_table

from trueup.errors import CheckFailed
from trueup.reports import write_reports
from trueup.reports.quality_data import may_show
from trueup.reports.words import stated


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """P1 with a scorecard and a settlement of 500.00."""
    made = new_run(tmp_path, "entity_results", "entity_savings")
    row = settlement("P1", 50_000)
    write_table(made, "settlements", [row])
    write_table(made, "settlement_steps", steps(row))
    scorecard(made)
    return made


def written(run: Path, tmp_path: Path, *, detail: bool = False) -> Path:
    return write_reports([run], {}, tmp_path / "out", cohort_detail=detail).parent / "test-program"


def test_a_statement_says_score_gate_and_multiplier(run: Path, tmp_path: Path) -> None:
    text = text_of(written(run, tmp_path) / "practices/P1/statement.html")
    assert "Quality Your quality score is 87.5%. Gate quality: passed ✔. It multiplies the payment by 87.5%." in text
    assert "2 of 3 measures have a score; 2 are met or reported in full." in text
    assert "1 of 1 results are at their goal" not in text  # 75% against a benchmark of 80% is below
    assert "0 of 1 results are at their goal or better" in text


def test_every_slot_stands_with_counts_goals_points_and_its_status_in_words(run: Path, tmp_path: Path) -> None:
    rows = rows_of(written(run, tmp_path) / "practices/P1/csv/scorecard_py1.csv")
    assert [(r["measure"], r["use"], r["numerator"], r["denominator"], r["result"], r["points"]) for r in rows] == [
        ("A visit in time", "Points for the result", "75", "100", "0.750000", "7.500000"),
        ("Answers to a survey", "Points for reporting it", "90", "100", "0.900000", "10.000000"),
        ("Births by cesarean", "Points for the result", "2", "9", "", ""),
    ]
    assert (rows[0]["threshold"], rows[0]["benchmark"], rows[0]["weight"]) == ("0.600000", "0.800000", "0.500000")
    assert [r["status"] for r in rows] == [
        "Scored",
        "Reported: full points",
        "Too few to score: fewer cases than the rules ask for; its weight goes to the others",
    ]


def test_reports_have_receipts_and_reasons(run: Path, tmp_path: Path) -> None:
    rows = rows_of(written(run, tmp_path) / "practices/P1/csv/reports_py1.csv")
    assert [(r["receipt"], r["status"]) for r in rows] == [
        ("R-1", "Accepted"),
        ("R-2", "Not accepted: this measure is counted from claims"),
    ]
    assert rows[0]["deadline"] == "2026-03-31"


def test_the_page_of_the_state_adds_up_everybody(run: Path, tmp_path: Path) -> None:
    folder = written(run, tmp_path)
    rows = rows_of(folder / "quality_csv/measures_py1.csv")
    assert [(r["measure"], r["numerator"], r["denominator"], r["result"], r["too_few"]) for r in rows] == [
        ("A visit in time", "75", "100", "0.750000", "0"),
        ("Answers to a survey", "90", "100", "0.900000", "0"),
        ("Births by cesarean", "2", "9", "0.222222", "1"),
    ]
    assert all(r["entities"] == "" for r in rows)  # one practice is not a spread
    text = text_of(folder / "quality.html")
    assert "1 of 1 scorecards of PY1 have a score" in text
    assert "No result is a HEDIS result." in text
    assert "Not accepted: this measure is counted from claims" in text
    assert [r["score"] for r in rows_of(folder / "quality_csv/scores_py1.csv")] == ["0.875000"]


def test_small_groups_are_hidden_and_so_is_the_next_one(run: Path, tmp_path: Path) -> None:
    rows = [
        gap("asian", 4, 10, "too_few"),
        gap("black", 16, 24, reference_value="white", reference_denominator=66, gap_difference=six("-0.1"), gap_ratio=six("0.9")),
        gap("white", 55, 66, "reference"),
    ]
    write_table(run, "equity_gaps", rows)
    table = rows_of(written(run, tmp_path) / "practices/P1/csv/groups_py1.csv")
    assert [(r["group"], r["people"], r["result"]) for r in table] == [("Asian", "", ""), ("Black", "", ""), ("White", "66", "0.833333")]
    assert "Too few to show" in table[0]["status"]
    assert "Too few to show" in table[1]["status"]
    shown = rows_of(written(run, tmp_path, detail=True) / "practices/P1/csv/groups_py1.csv")
    assert [(r["people"], r["difference"]) for r in shown] == [("10", ""), ("24", "-0.100000"), ("66", "")]


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({"a": 11, "b": 12}, {"a", "b"}),
        ({"a": 10, "b": 12, "c": 30}, {"c"}),
        ({"a": 10, "b": 9, "c": 30}, {"c"}),
        ({"a": 10, "b": 12}, set[str]()),
        ({"a": 10}, set[str]()),
    ],
)
def test_which_groups_may_be_shown(groups: dict[str, int], shown: set[str]) -> None:
    assert may_show(groups) == shown
    assert may_show(groups, detail=True) == set(groups)


def test_a_score_that_contradicts_its_slots_stops(run: Path, tmp_path: Path) -> None:
    write_table(run, "measure_scores", [slot("P1", "s1", "visit", "performance", "scored", 75, 100, "0.75")])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*measures of the scorecard: the rows add up to 1, the table says 3"):
        written(run, tmp_path)


def test_a_rate_that_its_counts_do_not_give_stops(run: Path, tmp_path: Path) -> None:
    key = {"measure_id": "visit", "entity_id": "P1", "period": "PY1", "stratum": "all", "stratum_value": "all"}
    write_table(run, "measure_counts", [key | {"numerator": 74, "denominator": 100, "excluded": 0, "excepted": 0}])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*counted with the measure met: the rows add up to 75, the table says 74"):
        written(run, tmp_path)


def test_too_few_to_score_is_never_a_number(run: Path, tmp_path: Path) -> None:
    row = {"entity_id": "P1", "period": "PY1", "status": "too_few_to_score", "reason": "too_few_measures"}
    write_table(run, "quality_scores", [row | {"measures_due": 3, "measures_scored": 2, "measures_attained": 2}])
    write_table(
        run, "quality_gates", [{"entity_id": "P1", "period": "PY1", "gate": "quality", "state": "missing", "reason": "too_few_measures"}]
    )
    text = text_of(written(run, tmp_path) / "practices/P1/statement.html")
    assert "Quality Too few to score: fewer measures with a result than the rules ask for." in text
    assert "Your quality score is" not in text


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        ("0.825000", "share", "82.5%"),
        ("0.599600", "share", "59.96%"),
        ("1.000000", "share", "100%"),
        ("-0.133333", "share", "minus 13.33%"),
        ("10.818182", "number", "10.82"),
        ("1250.5", "number", "1,250.5"),
        ("0.000000", "share", "0%"),
    ],
)
def test_shares_and_numbers_are_short(amount: str, unit: str, shown: str) -> None:
    assert stated(amount, unit) == shown
    assert Decimal(amount) is not None
