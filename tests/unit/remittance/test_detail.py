"""The remittance detail: a row for each member and month, what a change changes, and a foot that is the payment."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from unit.remittance.samples import APRIL, CYCLE, OTHER, month, pay, remittances, settlement

from trueup.errors import Refused
from trueup.money import parse_cents
from trueup.remittance.contents import Remittance
from trueup.remittance.detail import write_detail


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_line_of_a_cycle(tmp_path: Path) -> None:
    write_detail(CYCLE, tmp_path / "detail.csv", paid_before=[APRIL])
    assert [(r["member_id"], r["period_start_date"], r["why"], r["corrects"], r["amount"]) for r in _rows(tmp_path / "detail.csv")] == [
        ("MBR0001", "2026-05-01", "Regular monthly payment", "", "250.00"),
        ("MBR0002", "2026-04-01", "Coverage changed for a past month", "", "250.50"),
        ("MBR0002", "2026-05-01", "Regular monthly payment", "", "250.50"),
        (
            "MBR0001",
            "2026-04-01",
            "The rate changed for a past month",
            "Entry E01: $250.00 paid on 2026-04-15 with remittance R-2026-04-P1",
            "1.50",
        ),
        (
            "MBR0003",
            "2026-04-01",
            "The member is attributed to another practice",
            "Entry E03: $250.00 paid on 2026-04-15 with remittance R-2026-04-P1",
            "-250.00",
        ),
        ("", "2025-01-01", "Recovered from this payment: an earlier overpayment", "Receivable RCV-7", "-12.34"),
    ]


def test_without_the_earlier_payment_the_entry_is_named(tmp_path: Path) -> None:
    write_detail(CYCLE, tmp_path / "detail.csv")
    assert {row["corrects"] for row in _rows(tmp_path / "detail.csv")} == {"", "Entry E01", "Entry E03", "Receivable RCV-7"}


def test_text_that_a_spreadsheet_would_run_is_inert(tmp_path: Path) -> None:
    write_detail(pay("R1", month("E1", "=2+5", 5, 5, reason="@sum")), tmp_path / "detail.csv")
    [row] = _rows(tmp_path / "detail.csv")
    assert (row["member_id"], row["why"]) == ("'=2+5", "'@sum")


def test_the_workbook_ends_in_the_payment_on_both_sheets(tmp_path: Path) -> None:
    write_detail(CYCLE, tmp_path / "detail.xlsx", paid_before=[APRIL])
    book = openpyxl.load_workbook(tmp_path / "detail.xlsx")
    summary, detail = book["Summary"], book["Detail"]
    assert summary["A1"].value == "Riverside Midwives is paid $490.16 on 2026-05-15."
    rows = [[cell.value for cell in row] for row in summary.iter_rows(min_row=5)]
    assert rows == [
        ["Part", "Paid for", "Why", "Lines", "Amount"],
        ["Payments of this cycle", "Monthly case rate", "Regular monthly payment", 2, 500.5],
        ["Payments of this cycle", "Monthly case rate", "Coverage changed for a past month", 1, 250.5],
        ["Changes to earlier payments", "Monthly case rate", "The member is attributed to another practice", 1, -250],
        ["Changes to earlier payments", "Monthly case rate", "The rate changed for a past month", 1, 1.5],
        ["Recovered", "Receivables", "Earlier overpayments", 1, -12.34],
        ["Total", None, None, "=SUBTOTAL(109,[Lines])", "=SUBTOTAL(109,[Amount])"],
    ]
    shown = openpyxl.load_workbook(tmp_path / "detail.xlsx", data_only=True)
    assert [cell.value for cell in list(shown["Summary"].rows)[-1]] == ["Total", None, None, 6, 490.16]
    assert [cell.value for cell in list(shown["Detail"].rows)[-1]][8] == 490.16
    assert [cell.value for cell in detail[4]][:3] == ["MBR0001", datetime(2026, 5, 1), datetime(2026, 5, 31)]  # noqa: DTZ001
    assert "MBR" not in str(rows)


def test_the_workbook_lists_who_is_new_and_who_is_gone(tmp_path: Path) -> None:
    other = replace(APRIL, remittance_id="R-X", payee=OTHER, payment_date=date(2026, 5, 1))
    write_detail(CYCLE, tmp_path / "detail.xlsx", paid_before=[other, APRIL])
    sheet = openpyxl.load_workbook(tmp_path / "detail.xlsx")["Members"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)] == [
        ["No longer in this payment", "MBR0003", "Monthly case rate", datetime(2026, 4, 1)],  # noqa: DTZ001
        ["New in this payment", "MBR0002", "Monthly case rate", datetime(2026, 5, 1)],  # noqa: DTZ001
    ]
    assert sheet["A1"].value == "Members since remittance R-2026-04-P1 of 2026-04-15."
    assert sheet["A2"].value.startswith("2 then, 2 now.")


def test_the_same_payment_gives_the_same_bytes(tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        one = write_detail(CYCLE, tmp_path / f"a.{kind}").path.read_bytes()
        assert write_detail(CYCLE, tmp_path / f"b.{kind}").path.read_bytes() == one


def test_a_settlement_reads_as_one(tmp_path: Path) -> None:
    item = replace(settlement("E1", 800_000), cohort="behavioral_health")
    written = write_detail(pay("R1", item), tmp_path / "detail.csv")
    [row] = _rows(written.path)
    assert (row["paid_for"], row["why"], row["amount"]) == (
        "Shared savings or loss, behavioral_health",
        "Settlement of the period",
        "8000.00",
    )
    assert (written.totals["rows"], written.totals["sum_cents"]) == (1, 800_000)


def test_another_practices_entry_does_not_slip_in(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="TRU-M005"):
        write_detail(pay("R1", month("E1", "M1", 5, 5, entity="P2")), tmp_path / "detail.xlsx")
    assert list(tmp_path.iterdir()) == []


@given(remittances(members=True))
def test_rows_add_up_to_the_payment(found: list[Remittance]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for remittance in found:
            rows = _rows(write_detail(remittance, Path(folder, "detail.csv")).path)
            assert sum(parse_cents(row["amount"]) for row in rows) == remittance.total_cents
            assert len(rows) == len(remittance.items) + len(remittance.offsets)
