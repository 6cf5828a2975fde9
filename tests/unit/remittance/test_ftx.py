"""T-MSIS FTX00006: signs, the chain of versions, what adds up, and what is not written on unverified ground."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.remittance.readers import read_ftx, standing
from unit.remittance.samples import FIXED, MODEL_TYPES, OTHER, TMSIS, month, pay, recovery, remittances, settlement

from trueup.errors import Refused
from trueup.remittance.contents import Remittance
from trueup.remittance.ftx import write_ftx
from trueup.remittance.ftx_layout import elements
from trueup.remittance.output import ids_hash

WITH_FIXED = TMSIS.model_copy(update={"fixed": FIXED})
NO_ORIGIN = replace(recovery("V1", 1), program="")
BY_TAX_ID = replace(OTHER, id_type="tax_id")
FIRST = pay("R1", settlement("E1", 800_000))
CORRECTED = pay("R2", settlement("E2", -30_000, corrects="E1"), settlement("E3", 90_000), on=date(2026, 9, 1))


def _written(
    folder: Path, found: list[Remittance], settings: Any = TMSIS, layout: Literal["csv", "fixed"] = "csv", **more: Any
) -> list[dict[str, str]]:
    written = write_ftx(found, folder / "ftx", settings, model_types=MODEL_TYPES, layout=layout, **more)
    return read_ftx(written.path.read_bytes(), layout, settings.delimiter)


def _chain(rows: list[dict[str, str]]) -> list[tuple[str, str, str, int]]:
    return [(row["ADJUSTMENT-IND"], row["ICN-ORIG"], row["ICN-ADJ"], int(row["cents"])) for row in rows]


def test_a_payment_field_by_field(tmp_path: Path) -> None:
    [row] = _written(tmp_path, [FIRST])
    assert {name: value for name, value in row.items() if value} == {
        "RECORD-ID": "FTX00006",
        "SUBMITTING-STATE": "99",
        "RECORD-NUMBER": "1",
        "ICN-ORIG": "E1",
        "ADJUSTMENT-IND": "0",
        "PAYMENT-OR-RECOUPMENT-DATE": "20260515",
        "PAYMENT-OR-RECOUPMENT-AMOUNT": "8000.00",
        "PAYER-ID": "99",
        "PAYER-ID-TYPE": "01",
        "PAYEE-ID": "1234567893",
        "PAYEE-ID-TYPE": "06",
        "PAYEE-TAX-ID": "061111111",
        "PAYEE-TAX-ID-TYPE": "02",
        "PERFORMANCE-PERIOD-START-DATE": "20250101",
        "PERFORMANCE-PERIOD-END-DATE": "20251231",
        "VALUE-BASED-PAYMENT-MODEL-TYPE": "3A",
        "cents": "800000",
    }


def test_a_corrected_settlement_is_a_void_and_a_replacement(tmp_path: Path) -> None:
    """The ledger posts -300.00; the report takes back 8,000.00 and states 7,700.00."""
    rows = _written(tmp_path, [CORRECTED], reported=[FIRST])
    assert _chain(rows) == [("1", "E1", "E2-V", -800_000), ("4", "E1", "E2", 770_000), ("0", "E3", "", 90_000)]
    assert {row["PAYMENT-OR-RECOUPMENT-DATE"] for row in rows} == {"20260901"}


def test_one_file_or_two_report_the_same_chain(tmp_path: Path) -> None:
    together = _written(tmp_path, [CORRECTED, FIRST])
    apart = _written(tmp_path, [FIRST]) + _written(tmp_path, [CORRECTED], reported=[FIRST])
    assert _chain(together) == _chain(apart)


def test_a_correction_to_nothing_is_a_void_alone_and_can_come_back(tmp_path: Path) -> None:
    gone = pay("R2", settlement("E2", -800_000, corrects="E1"), settlement("E9", 900_000), on=date(2026, 9, 1))
    back = pay("R3", settlement("E4", 5_000, corrects="E2"), on=date(2026, 10, 1))
    assert _chain(_written(tmp_path, [gone], reported=[FIRST]))[:1] == [("1", "E1", "E2-V", -800_000)]
    assert _chain(_written(tmp_path, [back], reported=[FIRST, gone])) == [("4", "E1", "E4", 5_000)]


def test_a_recovery_in_parts_lowers_what_was_reported_as_it_is_recovered(tmp_path: Path) -> None:
    """A receivable of 500.00 on E1, recovered as 200.00 and 300.00 from two later payments."""
    one = pay("R2", settlement("E5", 100_000), offsets=(recovery("RCV1", 20_000, corrects="E1", entry="E4"),), on=date(2026, 9, 1))
    two = pay("R3", settlement("E6", 100_000), offsets=(recovery("RCV1", 30_000, corrects="E1", entry="E4"),), on=date(2026, 10, 1))
    assert _chain(_written(tmp_path, [one, two], reported=[FIRST])) == [
        ("0", "E5", "", 100_000),
        ("1", "E1", "RCV1.1-V", -800_000),
        ("4", "E1", "RCV1.1", 780_000),
        ("0", "E6", "", 100_000),
        ("1", "E1", "RCV1.2-V", -780_000),
        ("4", "E1", "RCV1.2", 750_000),
    ]
    later = pay("R4", settlement("E7", 10_000, corrects="E4"), on=date(2026, 11, 1))
    assert _chain(_written(tmp_path, [later], reported=[FIRST, one, two])) == [("1", "E1", "E7-V", -750_000), ("4", "E1", "E7", 760_000)]


def test_a_recovery_of_a_payment_made_elsewhere_is_negative(tmp_path: Path) -> None:
    rows = _written(tmp_path, [pay("R1", settlement("E1", 5_000), offsets=(recovery("RCV1", 2_000),))])
    assert _chain(rows) == [("0", "E1", "", 5_000), ("0", "RCV1.1", "", -2_000)]


def test_the_totals_tie_and_say_what_is_left_out(tmp_path: Path) -> None:
    mixed = pay("R1", settlement("E1", 800_000), month("E2", "M1", 5, 25_000), offsets=(recovery("RCV1", 1_000),))
    totals = write_ftx([mixed], tmp_path / "ftx.csv", TMSIS, model_types=MODEL_TYPES).totals
    assert (totals["sum_cents"], totals["items_cents"], totals["offsets_cents"], totals["entries"]) == (799_000, 800_000, 1_000, 1)
    assert (totals["left_out"], totals["left_out_cents"], totals["records"]) == (1, 25_000, 2)
    assert totals["entry_ids_sha256"] == ids_hash(["E1"])
    assert mixed.total_cents == 799_000 + 25_000


def test_a_state_that_shows_voids_without_a_sign_still_ties(tmp_path: Path) -> None:
    positive = TMSIS.model_copy(update={"void_amount": "positive"})
    written = write_ftx([CORRECTED], tmp_path / "ftx.csv", positive, model_types=MODEL_TYPES, reported=[FIRST])
    rows = read_ftx(written.path.read_bytes(), "csv")
    assert [int(row["cents"]) for row in rows] == [800_000, 770_000, 90_000]
    assert (written.totals["sum_cents"], written.totals["sum_as_shown_cents"]) == (60_000, 1_660_000)


def test_the_layout_agrees_with_its_stated_positions() -> None:
    """Stated on the elements' own pages: 197-198, 785-792, 793-800, 903-904. The widths in between add up."""
    layout = {element.name: element for element in elements()}
    stated = {e.name: (e.start, e.stop) for e in layout.values() if e.evidence == "guide"}
    assert stated == {
        "PAYER-ID-TYPE": (197, 198),
        "PERFORMANCE-PERIOD-START-DATE": (785, 792),
        "PERFORMANCE-PERIOD-END-DATE": (793, 800),
        "VALUE-BASED-PAYMENT-MODEL-TYPE": (903, 904),
    }
    end = 0
    for element in layout.values():
        if 0 < element.start <= 800:
            assert (element.start, element.stop - element.start + 1) == (end + 1, element.width), element
            end = element.stop
    assert end == 800
    assert (
        sum(element.width for element in layout.values() if element.evidence == "open" and element.name != "EXPENDITURE-AUTHORITY-TYPE")
        == 102
    )


def test_the_fixed_layout_holds_the_same_records(tmp_path: Path) -> None:
    by_csv = _written(tmp_path, [FIRST, CORRECTED], WITH_FIXED)
    by_position = _written(tmp_path, [FIRST, CORRECTED], WITH_FIXED, "fixed")
    compared = set(by_position[0]) - {"PAYMENT-OR-RECOUPMENT-AMOUNT", "RECORD-NUMBER"}
    assert [{name: row[name] for name in compared} for row in by_position] == [{name: row[name] for name in compared} for row in by_csv]
    assert [row["RECORD-NUMBER"] for row in by_position] == ["00000000001", "00000000002", "00000000003", "00000000004"]
    line = (tmp_path / "ftx").read_text().splitlines()[1]
    assert (len(line), line[130:143]) == (1000, "000000080000}")


def test_a_leading_minus_is_the_other_form(tmp_path: Path) -> None:
    leading = WITH_FIXED.model_copy(update={"fixed": FIXED.model_copy(update={"amount_sign": "leading"})})
    rows = _written(tmp_path, [FIRST, CORRECTED], leading, "fixed")
    assert [row["cents"] for row in rows] == ["800000", "-800000", "770000", "90000"]
    assert rows[1]["PAYMENT-OR-RECOUPMENT-AMOUNT"] == "-000000800000"


def test_nothing_is_written_on_positions_nobody_stated(tmp_path: Path) -> None:
    careful = WITH_FIXED.model_copy(update={"fixed": FIXED.model_copy(update={"accept_fitted_positions": False})})
    with pytest.raises(Refused, match=r"TRU-M035 .*RECORD-ID: position 1-8 is worked out, not stated by a source"):
        write_ftx([FIRST], tmp_path / "ftx", careful, model_types=MODEL_TYPES, layout="fixed")
    with pytest.raises(Refused, match=r"TRU-M034 The fixed layout needs the form of a negative amount"):
        write_ftx([FIRST], tmp_path / "ftx", TMSIS, model_types=MODEL_TYPES, layout="fixed")
    funded = WITH_FIXED.model_copy(update={"values": {"FUNDING-CODE": "A"}})
    with pytest.raises(Refused, match=r"TRU-M035 .*FUNDING-CODE: its position is not known"):
        write_ftx([FIRST], tmp_path / "ftx", funded, model_types=MODEL_TYPES, layout="fixed")
    for place, said in (
        ((792, 793), "overlaps PERFORMANCE-PERIOD-START-DATE"),
        ((801, 801), "is not the width"),
        ((1000, 1001), "after the record"),
    ):
        there = funded.model_copy(update={"fixed": FIXED.model_copy(update={"positions": {"FUNDING-CODE": place}})})
        with pytest.raises(Refused, match=said):
            write_ftx([FIRST], tmp_path / "ftx", there, model_types=MODEL_TYPES, layout="fixed")
    assert list(tmp_path.iterdir()) == []


def test_a_stated_position_is_used(tmp_path: Path) -> None:
    fixed = FIXED.model_copy(update={"positions": {"FUNDING-CODE": (801, 802)}})
    there = WITH_FIXED.model_copy(update={"values": {"FUNDING-CODE": "A"}, "fixed": fixed})
    _written(tmp_path, [FIRST], there, "fixed")
    assert (tmp_path / "ftx").read_text()[792:804] == "20251231A   "


def test_further_elements_come_from_the_payer_file(tmp_path: Path) -> None:
    piped = TMSIS.model_copy(update={"values": {"FUNDING-CODE": "A", "CONTRACT-ID": "C-1"}, "delimiter": "|"})
    [row] = _written(tmp_path, [FIRST], piped)
    assert (row["FUNDING-CODE"], row["CONTRACT-ID"]) == ("A", "C-1")
    assert "FUNDING-CODE" not in _written(tmp_path, [FIRST])[0]


@pytest.mark.parametrize(
    ("found", "settings", "models", "said"),
    [
        ([FIRST], TMSIS, {}, "TRU-M030 These payments have no LAN category"),
        ([FIRST], TMSIS, {"bundle": "9Z"}, "TRU-M030 "),
        ([pay("R1", settlement("E1", 9), offsets=(NO_ORIGIN,))], TMSIS, MODEL_TYPES, "TRU-M031 .*V1 in remittance R1"),
        ([CORRECTED], TMSIS, MODEL_TYPES, "TRU-M032 .*E2 corrects E1"),
        ([pay("R1", settlement("E" * 51, 9))], TMSIS, MODEL_TYPES, "TRU-M033 .*ICN-ORIG has 51 of 50 characters"),
        ([pay("R1", settlement('E"1', 9))], TMSIS, MODEL_TYPES, "TRU-M033 .*holds a character"),
        ([pay("R1", settlement("E1", 10**13))], TMSIS, MODEL_TYPES, "TRU-M033 .*above 99,999,999,999.99"),
        ([replace(FIRST, payment_date=date(1999, 1, 1))], TMSIS, MODEL_TYPES, "TRU-M033 .*not between 2000 and 2099"),
        ([FIRST], TMSIS.model_copy(update={"values": {"FUNDING": "A"}}), MODEL_TYPES, "TRU-M034 .*FUNDING: not an element"),
        ([FIRST], TMSIS.model_copy(update={"values": {"ICN-ADJ": "A"}}), MODEL_TYPES, "TRU-M034 .*trueup fills this element"),
        ([pay("R1", settlement("E1", 9, entity="P2"), payee=BY_TAX_ID)], TMSIS, MODEL_TYPES, r"TRU-M034 .*payee_id_types\]\.tax_id"),
        ([pay("R1", settlement("E1", -9))], TMSIS, MODEL_TYPES, "TRU-M004 "),
    ],
)  # fmt: skip
def test_what_cannot_be_reported_is_refused_and_leaves_nothing(found: Any, settings: Any, models: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said):
        write_ftx(found, tmp_path / "ftx.csv", settings, model_types=models)
    assert list(tmp_path.iterdir()) == []


@given(remittances(members=False), st.sampled_from(["csv", "fixed"]), st.integers(0, 3))
def test_whatever_is_reported_adds_up_and_what_stands_is_what_was_paid(
    found: list[Remittance], layout: Literal["csv", "fixed"], split: int
) -> None:
    """Both ways of reading a state's file: adding every record, and adding the versions that stand; in one file or in two."""
    parts = [part for part in (found[:split], found[split:]) if part]
    rows: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(parts):
            before = [r for earlier in parts[:number] for r in earlier]
            written = write_ftx(part, Path(folder, "ftx"), WITH_FIXED, model_types=MODEL_TYPES, layout=layout, reported=before)
            new = read_ftx(written.path.read_bytes(), layout)
            assert written.totals["sum_cents"] == sum(int(row["cents"]) for row in new) == sum(r.total_cents for r in part)
            rows += new
    paid = sum(r.total_cents for r in found)
    assert sum(standing(rows).values()) == paid
    keys = [(row["ICN-ORIG"], row["ICN-ADJ"], row["PAYMENT-OR-RECOUPMENT-DATE"], row["ADJUSTMENT-IND"]) for row in rows]
    assert len(keys) == len(set(keys))
