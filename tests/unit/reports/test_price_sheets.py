"""Price sheets: the number first, each base added up to its ladder, and a stop where it does not."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from unit.reports.samples import PUBLISHED, cohort_price_set, price_set, write_table

from trueup.errors import CheckFailed, UsageError
from trueup.reports.price_write import write_price_sheets

Row = dict[str, Any]
NAMES = {"P1": "Lakeside Health"}


def text_of(path: Path) -> str:
    body = re.sub(r"(?s)<style>.*?</style>", "", path.read_text(encoding="utf-8"))
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#39;", "'").split())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def sheet_of(files: list[Path], entity: str = "P1") -> Path:
    return next(f for f in files if f.name == "price_sheet.html" and f.parent.name == entity)


def edit(folder: Path, table: str, change: Callable[[list[Row]], None]) -> None:
    rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    change(rows)
    write_table(folder, table, rows)


def step(folder: Path, entity: str, price: str, name: str, amount: str) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            if (row["entity_id"], row["price"], row["name"]) == (entity, price, name):
                row["amount"] = amount

    edit(folder, "price_steps", change)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return price_set(tmp_path / "p1", events=[PUBLISHED])


def test_the_number_comes_first_then_how_it_was_built(draft: Path, tmp_path: Path) -> None:
    text = text_of(sheet_of(write_price_sheets(tmp_path / "out", draft, NAMES)))
    places = [
        "DRAFT: Price sheet for Lakeside Health (P1)",
        "Your case rate is $208.33 a month",
        "ten such months come to $2,083.30",
        "Draft. These prices can still change, and nothing is paid on them.",
        "Valid January 1, 2025 to December 31, 2025",
        "BASE, March 1, 2023 to February 29, 2024, with the claims known by November 25, 2024",
        "3 pregnancies with 18 months",
        "Your target price is $10,337.49 for an episode of average risk",
        "with a risk score of 1.20 it is $12,404.99",
        "Base rate: counted cost / months $208.333333…",
        "Case rate for one month $208.33",
        "but for $0.06 that rounding to a cent leaves",
        "For their 2 months the base rate pays $3.34 less than their services cost.",
        "Base rate, to a cent, × months: what the case rate would have paid $3,749.94",
        "Your base at this year's prices: rest + case rates, for an episode $10,174.98",
        "The last day to challenge is December 31, 2024.",
        "The 18 months and $3,750.00 below add up to the steps of your case rate.",
        "3 episodes used, $30,000.00 in all. That adds up to the steps above.",
        "Program Overview and Glossary",
    ]
    found = [text.index(place) for place in places]
    assert found == sorted(found)
    assert "Never cited" not in text


def test_the_base_episodes_add_up_to_the_ladder_and_the_rest_have_reasons(draft: Path, tmp_path: Path) -> None:
    folder = sheet_of(write_price_sheets(tmp_path / "out", draft)).parent / "csv"
    used = rows_of(folder / "base_episodes.csv")
    assert [(r["cost"], r["in_scope"], r["months"]) for r in used] == [
        ("9000.00", "2100.00", "10"),
        ("12000.00", "900.00", "5"),
        ("9000.00", "750.00", "3"),
    ]
    steps = {r["what"]: r["amount"] for r in rows_of(folder / "steps_target_price.csv")}
    assert steps["Your base episodes"] == "3"
    assert steps["Their cost"] == "30000.00"
    assert steps["Of that cost: the part that case rates now stand for"] == "3750.00"
    assert [(r["episode"], r["why"]) for r in rows_of(folder / "base_episodes_not_used.csv")] == [
        ("E0000000000000004", "Cost above the high-cost line")
    ]
    assert [(r["end"], r["months"], r["counted"]) for r in rows_of(folder / "base_pregnancies.csv")] == [("Live birth", "18", "3750.00")]
    beside = rows_of(folder / "base_pregnancies_beside.csv")
    assert [(r["end"], r["months"], r["cost"]) for r in beside] == [("Loss", "2", "420.00"), ("Still open", "1", "90.00")]


def test_the_workbook_has_numbers_and_totals_that_tie(draft: Path, tmp_path: Path) -> None:
    files = write_price_sheets(tmp_path / "out", draft, NAMES)
    book = openpyxl.load_workbook(next(f for f in files if f.name == "price_sheet_test-program_P1.xlsx"))
    sheet = book["base_episodes"]
    assert sheet["A1"].value == "Base episodes that your price rests on. DRAFT: Price sheet for Lakeside Health (P1): Test Bundle Program."
    assert "Status: DRAFT" in str(sheet["A2"].value)
    header = [cell.value for cell in sheet[3]]
    cost = header.index("Total cost") + 1
    assert [sheet.cell(row, cost).value for row in (4, 5, 6)] == [9_000, 12_000, 9_000]
    assert sheet.cell(7, cost).value == "=SUBTOTAL(109,[Total cost])"
    rate = book["steps_case_rate"]
    assert [row[2].value for row in rate.iter_rows(min_row=4) if row[1].value == "Case rate for one month"] == [208.33]
    for each in book.worksheets:
        assert each.sheet_state == "visible"
        assert len(each.tables) == 1


def test_an_add_on_stands_apart_and_the_replay_does_not_know_it(tmp_path: Path) -> None:
    files = write_price_sheets(tmp_path / "out", price_set(tmp_path / "p1", add_on=True))
    text = text_of(sheet_of(files))
    assert "Your case rate is $213.33 a month" in text
    assert "1 newly covered service without history is added to the rate as a line of its own." in text
    assert "$208.333333… from the base and these add-ons make $213.33, to a cent." in text
    add_ons = rows_of(sheet_of(files).parent / "csv" / "add_ons.csv")
    assert [(r["service"], r["amount"]) for r in add_ons] == [("Lactation", "5.00")]
    replay = {r["what"]: r["amount"] for r in rows_of(sheet_of(files).parent / "csv" / "replay.csv")}
    assert replay["Base rate, to a cent"] == "208.33"


def test_states_are_stamped_and_say_what_a_practice_can_do(tmp_path: Path) -> None:
    filed = {"entity_id": "P1", "price": "case_rate", "filed_by": "x", "filed_on": "2024-12-10", "evidence": [{}, {}]}
    challenged = {
        "kind": "challenged",
        "on": "2024-12-10",
        "by": "x",
        "detail": {"challenge_id": "c1", "challenge": filed},
        "event_id": "e2",
    }
    decided = {"kind": "decided", "on": "2024-12-20", "by": "y", "detail": {"challenge_id": "c1", "decision": "rejected"}, "event_id": "e3"}
    folder = price_set(tmp_path / "a", status="challenged", events=[PUBLISHED, challenged, decided])
    files = write_price_sheets(tmp_path / "out_a", folder)
    text = text_of(sheet_of(files))
    assert "CHALLENGED: Price sheet for P1" in text
    own = rows_of(sheet_of(files).parent / "csv" / "challenges.csv")
    assert [(r["challenge"], r["cases"], r["answer"], r["decided"]) for r in own] == [("c1", "2", "Rejected", "December 20, 2024")]
    assert not (sheet_of(files, "P2").parent / "csv" / "challenges.csv").exists()
    final = text_of(sheet_of(write_price_sheets(tmp_path / "out_b", price_set(tmp_path / "b", status="final", events=[PUBLISHED]))))
    assert "DRAFT" not in final
    assert "Final. These prices do not change with the year's results." in final
    assert "Last day to challenge" not in final
    unpublished = text_of(sheet_of(write_price_sheets(tmp_path / "out_c", price_set(tmp_path / "c"))))
    assert "This draft is not published yet." in unpublished


def test_the_state_sees_prices_side_by_side(draft: Path, tmp_path: Path) -> None:
    index = write_price_sheets(tmp_path / "out", draft, NAMES)[0]
    assert index.name == "index.html"
    rows = rows_of(index.parent / "index_csv" / "prices.csv")
    assert rows == [
        {
            "practice": "Lakeside Health (P1)",
            "case_rate": "208.33",
            "months": "18",
            "pregnancies": "3",
            "target_price": "10337.49",
            "episodes": "3",
        },
        {"practice": "P2", "case_rate": "", "months": "", "pregnancies": "", "target_price": "9000.00", "episodes": "1"},
    ]
    for href in re.findall(r'href="([^"#]+)"', index.read_text(encoding="utf-8")):
        assert (index.parent / href).is_file(), href
    assert "TRU-P030" in text_of(index)


@pytest.mark.parametrize(("secret", "others", "apart"), [(11, 11, True), (10, 40, False)])
def test_prices_by_group_are_shown_only_if_groups_are_large_enough(tmp_path: Path, secret: int, others: int, apart: bool) -> None:
    folder = cohort_price_set(tmp_path / "p2", secret, others)
    page = sheet_of(write_price_sheets(tmp_path / "out", folder, title="Two Groups"))
    html = page.read_text(encoding="utf-8")
    assert "secret" not in html.lower()
    assert ("Your thresholds for Cohort B: commendable $950.00, acceptable $1,000.00 for an episode" in text_of(page)) is apart
    assert ("Your prices are with the program office" in text_of(page)) is not apart
    assert ("1,000" in html) is apart
    everything = sheet_of(write_price_sheets(tmp_path / "all", folder, cohort_detail=True))
    assert "Cohort A" in text_of(everything)


def test_each_group_adds_up_by_itself(tmp_path: Path) -> None:
    text = text_of(sheet_of(write_price_sheets(tmp_path / "out", cohort_price_set(tmp_path / "p2", 14, 30))))
    assert "Cohort A: 30 episodes used, $30,000.00 in all." in text
    assert "Cohort B: 14 episodes used, $14,000.00 in all." in text


@pytest.mark.parametrize(
    ("price", "name", "amount", "said"),
    [
        ("target_price", "own_episodes", "4", "base episodes: the rows add up to 3, the table says 4"),
        ("target_price", "own_cost", "30000.01", "cost of the base episodes: the rows add up to 3000000, the table says 3000001"),
        ("target_price", "own_in_scope_history", "3750.01", "their cost that case rates stand for"),
        ("target_price", "own_in_scope_months", "19", "their case-rate months"),
        ("target_price", "own_risk", "3.000001", "risk of the base episodes, in millionths: the rows add up to 3000000"),
        ("target_price", "target_price", "10337.50", "the ladder's last step: the rows add up to 1033750, the table says 1033749"),
        ("case_rate", "own_months", "17", "replay: base rate × months"),
        ("case_rate", "own_in_scope_counted", "3749.00", "replay less counted cost"),
        ("case_rate", "own_in_scope", "3751.00", "cost of the base: the rows add up to 375000"),
        ("case_rate", "loss_residual", "0.00", "what losses leave: the rows add up to -334, the table says 0"),
        ("case_rate", "case_rate", "200.00", "the ladder's last step"),
    ],
)
def test_a_base_that_does_not_add_up_to_its_ladder_stops(
    draft: Path, tmp_path: Path, price: str, name: str, amount: str, said: str
) -> None:
    step(draft, "P1", price, name, amount)
    with pytest.raises(CheckFailed, match="TRU-C041") as caught:
        write_price_sheets(tmp_path / "out", draft)
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_loss_row_ties_to_the_loss_lines(draft: Path, tmp_path: Path) -> None:
    edit(draft, "case_rate_basis", lambda rows: rows[1].update(covered_cents=42_001))
    with pytest.raises(CheckFailed, match="loss cost: the rows add up to 42001, the table says 42000"):
        write_price_sheets(tmp_path / "out", draft)


def test_losses_in_the_base_are_counted_where_the_ladder_has_none_beside(draft: Path, tmp_path: Path) -> None:
    for name, amount in (("own_months", "20"), ("own_in_scope", "4170.00"), ("own_in_scope_counted", "4170.00"), ("loss_months", "0")):
        step(draft, "P1", "case_rate", name, amount)
    for name, amount in (("replay_dollars", "4166.60"), ("replay_residual", "-3.40"), ("loss_in_scope", "0.00"), ("loss_residual", "0.00")):
        step(draft, "P1", "case_rate", name, amount)
    edit(draft, "case_rate_basis", lambda rows: rows[1].update(counted_cents=42_000))
    folder = sheet_of(write_price_sheets(tmp_path / "out", draft)).parent / "csv"
    assert [(r["end"], r["months"]) for r in rows_of(folder / "base_pregnancies.csv")] == [("Live birth", "18"), ("Loss", "2")]


def test_truncated_episodes_count_up_to_the_line(draft: Path, tmp_path: Path) -> None:
    def truncated(rows: list[Row]) -> None:
        for row in rows:
            if row["price"] == "target_price" and row["name"] == "own_outliers_excluded":
                row["name"] = "own_outliers_truncated"

    edit(draft, "price_steps", truncated)
    step(draft, "P1", "target_price", "own_cost", "29000.00")
    edit(draft, "price_episodes", lambda rows: rows[1].update(reason="high_cost_outlier"))
    page = sheet_of(write_price_sheets(tmp_path / "out", draft))
    text = text_of(page)
    counted = [r["counted"] for r in rows_of(page.parent / "csv" / "base_episodes.csv")]
    assert counted == ["At its own cost", "At the state's cost line, not at its own cost", "At its own cost"]
    assert "3 episodes used, $30,000.00 in all, less $1,000.00 beyond the cost lines." in text


def test_care_by_a_practice_without_a_rate_is_said_apart(draft: Path, tmp_path: Path) -> None:
    for name, amount in (("own_in_scope_history", "3500.00"), ("own_in_scope_months", "17")):
        step(draft, "P1", "target_price", name, amount)
    text = text_of(sheet_of(write_price_sheets(tmp_path / "out", draft)))
    assert "$250.00 of the part that case rates stand for was care by practices without a case rate" in text


def test_a_set_without_the_new_tables_still_has_its_sheet(draft: Path, tmp_path: Path) -> None:
    for table in ("price_episodes", "case_rate_basis", "outlier_lines"):
        (draft / f"{table}.parquet").unlink()
    text = text_of(sheet_of(write_price_sheets(tmp_path / "out", draft)))
    assert "Your case rate is $208.33 a month" in text
    assert "The list of base episodes is not part of this price set." in text


def test_a_folder_without_terms_is_no_price_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TRU-U063"):
        write_price_sheets(tmp_path / "out", tmp_path)


def test_two_writes_give_the_same_bytes_and_nothing_reaches_outside(draft: Path, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        write_price_sheets(folder, draft, NAMES)
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}

    first = digests(tmp_path / "a")
    assert first == digests(tmp_path / "b") == digests(tmp_path / "a")
    html = sheet_of(write_price_sheets(tmp_path / "a", draft, NAMES)).read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", html)
    assert html.count("<table>") == html.count("<caption>") > 5


def test_completion_shows_a_year_on_the_page_and_every_age_in_the_files(draft: Path, tmp_path: Path) -> None:
    ages = [
        {"service_type": "professional", "age_months": n, "origins": 12, "completion_rate": 1, "alternative_rate": 1, "source": "estimated"}
        for n in range(15)
    ]
    write_table(draft, "completion_factors", ages)
    folder = sheet_of(write_price_sheets(tmp_path / "out", draft)).parent
    assert len(rows_of(folder / "csv" / "completion.csv")) == 12
    assert len(rows_of(folder / "csv" / "completion_all.csv")) == 15
    assert json.loads((draft / "manifest.json").read_text())["status"] == "draft"
