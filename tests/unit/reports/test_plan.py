"""The payment plan: parts that add up to what would be posted, before anything is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed
from trueup.reports.plan import PlanLine, PlanRow, plan_rows, plan_table, write_plan

LINES = [
    PlanLine("P1", "case_rate", "2025-04", "MEMBER-00001", "", 0, 20_833, 20_833, "cycle"),
    PlanLine("P1", "case_rate", "2025-02", "MEMBER-00002", "", 20_833, 0, -20_833, "loss"),
    PlanLine("P1", "ffs_adjustment", "2025-02", "MEMBER-00001", "C5", 0, -7_500, -7_500, "paid_twice"),
    PlanLine("P2", "case_rate", "2025-03", "MEMBER-00003", "", 15_000, 16_000, 1_000, "rate_change"),
    PlanLine("P2", "case_rate", "2025-04", "MEMBER-00003", "", 0, 16_000, 16_000, "cycle"),
]


def test_each_practice_has_new_months_corrections_and_a_total() -> None:
    assert plan_rows(LINES) == [
        PlanRow(
            "P1",
            new_months=1,
            new_cents=20_833,
            correction_lines=1,
            correction_cents=-20_833,
            claim_lines=1,
            claim_cents=-7_500,
            other_cents=0,
        ),
        PlanRow(
            "P2", new_months=1, new_cents=16_000, correction_lines=1, correction_cents=1_000, claim_lines=0, claim_cents=0, other_cents=0
        ),
    ]
    assert [row.total_cents for row in plan_rows(LINES)] == [-7_500, 17_000]
    grid = plan_table(LINES, {"P1": "Lakeside"})
    assert [list(row) for row in grid.rows] == [
        ["Lakeside (P1)", 1, 20_833, 1, -20_833, 1, -7_500, -7_500],
        ["P2", 1, 16_000, 1, 1_000, 0, 0, 17_000],
    ]
    assert grid.totals() == ["Total", 2, 36_833, 2, -19_833, 1, -7_500, 9_500]


def test_other_purposes_have_a_column_only_where_there_are_any() -> None:
    savings = PlanLine("P2", "shared_savings", "PY1", "", "", 0, 100_000, 100_000, "settlement")
    assert "other" not in [column.key for column in plan_table(LINES).columns]
    grid = plan_table([*LINES, savings])
    assert [column.key for column in grid.columns][-2:] == ["other", "total"]
    assert list(grid.rows[1])[-2:] == [100_000, 117_000]


def test_the_workbook_holds_every_line_and_the_page_no_member(tmp_path: Path) -> None:
    html, table, book = write_plan(tmp_path, LINES, title="Test Program", accounting_month="2025-04", as_of=date(2025, 5, 3))
    text = html.read_text(encoding="utf-8")
    assert "This plan would post $95.00 to 2 practices in April 2025" in text
    assert "Nothing is posted" in text
    assert "1, $75.00 in all" in text
    assert "MEMBER" not in text + table.read_text(encoding="utf-8")
    assert table.read_text(encoding="utf-8").splitlines()[1] == "P1,1,208.33,1,-208.33,1,-75.00,-75.00"
    sheet = openpyxl.load_workbook(book)["plan_lines"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=8)]
    assert [(row[2], row[4], row[8], row[9]) for row in rows] == [
        ("Case rate", "MEMBER-00002", -208.33, "The pregnancy ended"),
        ("Case rate", "MEMBER-00001", 208.33, "Due this month"),
        ("Correction of a claim", "MEMBER-00001", -75, "Paid for what a case rate covers"),
        ("Case rate", "MEMBER-00003", 10, "The rate changed"),
        ("Case rate", "MEMBER-00003", 160, "Due this month"),
    ]


def test_a_plan_of_nothing_says_so(tmp_path: Path) -> None:
    html, table, _ = write_plan(tmp_path, [], title="Test Program", accounting_month="2025-04", as_of=date(2025, 5, 3))
    assert "This plan would post nothing" in html.read_text(encoding="utf-8")
    assert len(table.read_text(encoding="utf-8").splitlines()) == 1


def test_a_line_that_does_not_subtract_stops_before_anything_is_written(tmp_path: Path) -> None:
    wrong = PlanLine("P1", "case_rate", "2025-04", "MEMBER-00001", "", 100, 300, 300, "cycle")
    with pytest.raises(
        CheckFailed, match=r"TRU-C043 a case_rate line of P1, 2025-04, changes by 300 cents; entitled less booked is 200\."
    ) as caught:
        write_plan(tmp_path / "plan", [wrong], title="T", accounting_month="2025-04", as_of=date(2025, 5, 3))
    assert "MEMBER" not in str(caught.value)
    assert not (tmp_path / "plan").exists()


@given(
    st.lists(
        st.builds(
            lambda entity, purpose, booked, entitled: PlanLine(
                entity, purpose, "2025-04", "M", "", booked, entitled, entitled - booked, "cycle"
            ),
            st.sampled_from(["P1", "P2", "P3"]),
            st.sampled_from(["case_rate", "ffs_adjustment", "quality_bonus"]),
            st.integers(-(10**9), 10**9),
            st.integers(-(10**9), 10**9),
        ),
        max_size=30,
    )
)
def test_no_cent_of_a_plan_is_lost(lines: list[PlanLine]) -> None:
    rows = plan_rows(lines)
    assert sum(row.total_cents for row in rows) == sum(line.entitled_cents - line.booked_cents for line in lines)
    counted = sum(row.new_months + row.correction_lines + row.claim_lines for row in rows)
    assert counted == sum(line.purpose != "quality_bonus" for line in lines)
