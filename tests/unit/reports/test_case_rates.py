"""Case-rate pages: every payment in its month, every dollar in its place, and a stop where one is not."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from unit.reports.samples import RATE, case_rate_tables, price_set, write_table

from trueup.errors import CheckFailed
from trueup.reports.case_rate_data import PostedRow
from trueup.reports.case_rate_write import write_case_rate_pages

Row = dict[str, Any]


def text_of(path: Path) -> str:
    body = re.sub(r"(?s)<style>.*?</style>", "", path.read_text(encoding="utf-8"))
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#39;", "'").split())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def edit(folder: Path, table: str, change: Callable[[list[Row]], None]) -> None:
    rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    change(rows)
    write_table(folder, table, rows)


@pytest.fixture
def run(fab: Any, tmp_path: Path) -> Path:
    made = fab.fabricate(tmp_path, [fab.episode(1, "P1", 1_000_000), fab.episode(4, "P2", 900_000, reasons="third_party_liability")])
    case_rate_tables(made.run)
    return made.run


def page_of(files: list[Path], entity: str = "P1") -> Path:
    return next(f for f in files if f.name == "case_rates.html" and f.parent.name == entity)


def test_the_answer_is_what_the_months_add_up_to(run: Path, tmp_path: Path) -> None:
    files = write_case_rate_pages(tmp_path / "out", run, {"P1": "Lakeside"}, price_folder=price_set(tmp_path / "p1"))
    text = text_of(page_of(files))
    assert text.index("Your case rates come to $1,666.64 for 8 months of members in your care") < text.index("What each month pays")
    assert "January 2025 to June 2025, 3 members" in text
    assert "would have paid $525.00: the case rates are $1,141.64 more." in text
    # base of P1: 90 + 6 + 2 lines over 18 + 2 + 1 months; 98 / 21 × 8 = 37.3
    assert (
        "4 zero-paid lines; about 37 are expected for your paid months. Missing encounters are reporting gaps, not care withheld." in text
    )
    assert "3 months, $624.99, if nothing changes" in text
    by_month = rows_of(page_of(files).parent / "csv" / "case_rates_by_month.csv")
    assert [tuple(r.values()) for r in by_month[:4]] == [
        ("2025-01", "1", "208.33", "150.00", "58.33", "0.00"),
        ("2025-02", "2", "416.66", "225.00", "191.66", "-75.00"),
        ("2025-03", "2", "416.66", "150.00", "266.66", "0.00"),
        ("2025-04", "1", "208.33", "0.00", "208.33", "0.00"),
    ]


def test_each_member_has_its_months_and_each_unpaid_month_its_reason(run: Path, tmp_path: Path) -> None:
    files = write_case_rate_pages(tmp_path / "out", run)
    folder = page_of(files).parent / "csv"
    members = rows_of(folder / "members.csv")
    assert [
        (r["pregnancy"][:1], r["member"], r["end"], r["paid"], r["case_rate"], r["unpaid"], r["why"], r["to_come"]) for r in members
    ] == [
        ("E", "…0001", "Birth", "5", "1041.65", "1", "The member was not covered in this month", "0"),
        ("L", "…0002", "Loss", "2", "416.66", "0", "", "0"),
        ("P", "…0003", "Still pregnant, expected", "1", "208.33", "0", "", "3"),
    ]
    months = rows_of(folder / "member_months.csv")
    assert len(months) == 12
    assert [(r["month"], r["paid"], r["why"]) for r in months if r["paid"] != "yes"] == [
        ("2025-06", "no", "The member was not covered in this month"),
        ("2025-07", "not yet", "Not due yet"),
        ("2025-08", "not yet", "Not due yet"),
        ("2025-09", "not yet", "Not due yet"),
    ]
    other = rows_of(page_of(files, "P2").parent / "csv" / "members.csv")
    assert [(r["first_month"], r["paid"], r["unpaid"]) for r in other] == [("2025-01", "1", "0"), ("2025-03", "2", "0")]
    assert "1 month before the program, or of pregnancies that ended before it, are left out." in text_of(page_of(files, "P2"))
    everything = "".join(f.read_text(encoding="utf-8") for f in (tmp_path / "out").rglob("*") if f.suffix in (".html", ".csv"))
    assert "MEMBER" not in everything


def test_the_state_total_splits_by_what_can_be_settled(run: Path, tmp_path: Path) -> None:
    state = write_case_rate_pages(tmp_path / "out", run)[0]
    parts = {r["what"]: (r["months"], r["case_rate"]) for r in rows_of(state.parent / "state_csv" / "case_rates_at_settlement.csv")}
    assert parts == {
        "In an episode that counts for the practice's settlement": ("5", "1041.65"),
        "In an episode that counts for another practice's settlement (month of a change between practices)": ("1", "208.33"),
        "Episode left out: another insurer paid part of the care": ("2", "416.66"),
        "Pregnancy that ended in a loss: no episode": ("2", "416.66"),
        "Member still pregnant: no episode yet": ("1", "208.33"),
    }
    assert [tuple(r.values()) for r in rows_of(state.parent / "state_csv" / "months_not_paid.csv")] == [
        ("Not due yet", "3", "1"),
        ("The member was not covered in this month", "1", "1"),
    ]
    text = text_of(state)
    assert "Case rates come to $2,291.63 for 11 months" in text
    assert "$1,249.98 lies in episodes that count; $1,041.65 in none" in text
    practices = rows_of(state.parent / "state_csv" / "case_rates.csv")
    assert [(r["practice"], r["months"], r["case_rate"], r["received"], r["to_come"]) for r in practices] == [
        ("P1", "8", "1666.64", "4", "3"),
        ("P2", "3", "624.99", "0", "0"),
    ]


def test_posted_rows_show_corrections_of_other_months_and_what_is_left(run: Path, tmp_path: Path) -> None:
    posted = [PostedRow("P1", "case_rate", f"2025-0{n}", f"2025-0{n}", RATE) for n in (1, 2, 3)]
    posted += [PostedRow("P1", "case_rate", "2025-02", "2025-03", RATE), PostedRow("P1", "ffs_adjustment", "2025-02", "2025-03", -7_500)]
    posted += [PostedRow("P1", "shared_savings", "PY1", "2025-03", 99)]  # another page's business
    files = write_case_rate_pages(tmp_path / "out", run, None, posted)
    folder = page_of(files).parent / "csv"
    assert [r["other_months"] for r in rows_of(folder / "case_rates_by_month.csv")] == ["0.00", "0.00", "208.33", "0.00", "0.00", "0.00"]
    assert [tuple(r.values()) for r in rows_of(folder / "posted_by_month.csv")][-1] == ("2025-03", "208.33", "208.33", "-75.00", "341.66")
    text = text_of(page_of(files))
    assert "$758.32 is posted, $1,591.64 is due by the rules as known today." in text
    assert "$833.32 is still to be posted" in text


def test_without_a_base_nothing_is_said_to_be_missing(run: Path, tmp_path: Path) -> None:
    text = text_of(page_of(write_case_rate_pages(tmp_path / "out", run)))
    assert "4 zero-paid lines. How many to expect is not known: the practice has no base." in text


@pytest.mark.parametrize(("began", "paid"), [(date(2024, 1, 1), "1"), (date(2025, 4, 1), "0")])
def test_a_month_that_two_pregnancies_share_is_paid_once_to_the_earlier(run: Path, tmp_path: Path, began: date, paid: str) -> None:
    other = "Pffffffffffffffff"
    edit(run, "case_rate_months", lambda rows: rows.append({**rows[4], "pregnancy_id": other}))
    edit(run, "pregnancies", lambda rows: rows.append({**rows[0], "pregnancy_id": other, "window_start_date": began}))
    members = rows_of(page_of(write_case_rate_pages(tmp_path / "out", run)).parent / "csv" / "members.csv")
    why = "" if paid == "1" else "Paid already for the same member and month"
    assert [(r["paid"], r["why"]) for r in members if r["pregnancy"] == other] == [(paid, why)]
    assert sum(int(r["paid"]) for r in members) == 8


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("payments", lambda rows: rows.pop(0), "paid months that have a payment: the rows add up to 10, the table says 11"),
        ("case_rate_months", lambda rows: rows[0].update(paid=False), "payments that have a paid month: the rows add up to 10"),
        ("payments", lambda rows: rows[0].update(amount_cents=1), "rates of the paid months"),
        ("payments", lambda rows: rows.append({**rows[0], "payment_id": "P2"}), "two case rates for the same member and month"),
    ],
)
def test_a_payment_without_its_month_stops(run: Path, tmp_path: Path, table: str, change: Callable[[list[Row]], None], said: str) -> None:
    edit(run, table, change)
    with pytest.raises(CheckFailed, match="TRU-C041") as caught:
        write_case_rate_pages(tmp_path / "out", run)
    assert said in str(caught.value)
    assert "MEMBER" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_practice_without_a_month_in_the_program_has_no_page(run: Path, tmp_path: Path) -> None:
    early = [
        {"entity_id": "P7", "pregnancy_id": f"Pa{n}", "unpaid_reason": why} for n, why in enumerate(("before_go_live", "not_on_roster"))
    ]
    edit(run, "case_rate_months", lambda rows: rows.append({**rows[-1], **early[0]}))
    state = write_case_rate_pages(tmp_path / "a", run)[0]
    assert [r["practice"] for r in rows_of(state.parent / "state_csv" / "case_rates.csv")] == ["P1", "P2"]
    edit(run, "case_rate_months", lambda rows: rows.append({**rows[-1], **early[1], "month": "2025-05"}))
    page = page_of(write_case_rate_pages(tmp_path / "b", run), "P7")
    assert "No month of a case rate is due to you" in text_of(page)
    assert [r["why"] for r in rows_of(page.parent / "csv" / "members.csv")] == [
        "The practice was not on the program's list when the care began"
    ]


def test_months_before_the_program_are_left_out_whatever_their_reason(run: Path, tmp_path: Path) -> None:
    def add(rows: list[Row]) -> None:
        last = rows[-1]  # December 2024, before the program
        rows.append({**last, "pregnancy_id": "Pa", "month": "2024-11", "unpaid_reason": "not_in_care", "stop_reason": "not_covered"})
        rows.append({**last, "pregnancy_id": "Pb", "month": "2025-01", "unpaid_reason": "ended_before_go_live"})
        rows.append({**last, "pregnancy_id": "Pb", "month": "2025-02", "unpaid_reason": "not_in_care", "stop_reason": "not_covered"})

    edit(run, "case_rate_months", add)
    page = page_of(write_case_rate_pages(tmp_path / "out", run), "P2")
    assert [r["pregnancy"][:2] for r in rows_of(page.parent / "csv" / "members.csv")] == ["E0", "E0"]
    assert "4 months before the program, or of pregnancies that ended before it, are left out." in text_of(page)


def test_a_program_without_case_rates_has_no_such_pages(two_practices: Any, tmp_path: Path) -> None:
    assert write_case_rate_pages(tmp_path / "out", two_practices.run) == []


def test_workbooks_and_links_hold_and_two_writes_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        write_case_rate_pages(folder, run)
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}

    first = digests(tmp_path / "a")
    assert first == digests(tmp_path / "b") == digests(tmp_path / "a")
    files = write_case_rate_pages(tmp_path / "a", run)
    for page in (f for f in files if f.suffix == ".html"):
        for href in re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / href).is_file(), href
    book = openpyxl.load_workbook(next(f for f in files if f.name == "case_rates_test-program_P1.xlsx"))
    sheet = book["member_months"]
    assert [cell.value for cell in sheet[3]][-2:] == ["Case rate", "Why not paid"]
    assert sum(sheet.cell(row, 7).value for row in range(4, 16)) == pytest.approx(1666.64)
    text = page_of(files).read_text(encoding="utf-8")
    assert re.findall(r'.{6}[^"]*member_months[^"]*"[^>]*>[^<]*', text) == [
        'href="csv/member_months.csv" download>Every month with its reason (CSV)'
    ]
    assert json.loads((run / "manifest.json").read_text())["program"] == "test-program"


def test_every_file_beside_a_page_is_linked_from_it(run: Path, tmp_path: Path) -> None:
    """A table too long for the page is a file to download, and not one that nobody finds."""
    page = page_of(write_case_rate_pages(tmp_path / "out", run))
    linked = {page.parent / href for href in re.findall(r'href="([^"#:]+)"', page.read_text(encoding="utf-8"))}
    files = {path for path in page.parent.rglob("*") if path.is_file()} - {page}
    assert page.parent / "csv" / "member_months.csv" in files
    assert files - linked == set()


def test_a_program_that_pays_no_case_rate_has_no_page(run: Path, tmp_path: Path) -> None:
    """Its run has the tables too, without a row."""
    for name in ("case_rate_months", "zero_pay_lines", "payments"):
        edit(run, name, list.clear)
    assert write_case_rate_pages(tmp_path / "out", run) == []
    assert not (tmp_path / "out").exists()
