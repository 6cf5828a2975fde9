"""The 835: signs, balance, what other programs read in it, and what is refused."""

from __future__ import annotations

import builtins
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from unit.remittance.readers import pyx12_says, read_835, segments, x12sdk_says
from unit.remittance.samples import BY_835, CYCLE, OTHER, PAYER, PRACTICE, X12, pay, recovery, remittances, settlement

from trueup.errors import Refused, UsageError
from trueup.remittance.contents import Remittance
from trueup.remittance.output import ids_hash
from trueup.remittance.x835 import write_835

NOBODY = replace(PRACTICE, id="1234567890", tax_id="")
PAIR = [
    pay("R2", settlement("E1", 1_000_000), settlement("E2", -50_000, corrects="E0"), offsets=(recovery("RCV1", 200_000),)),
    pay("R1", settlement("E3", 12_345, entity="P2", purpose="quality_bonus"), payee=OTHER),
]


def test_a_negative_plb_raises_the_payment_and_a_recoupment_is_positive(tmp_path: Path) -> None:
    write_835(PAIR, tmp_path / "a.835", X12)
    plb = [parts for parts in segments((tmp_path / "a.835").read_bytes()) if parts[0] == "PLB"]
    assert plb == [
        ["PLB", "000123", "20261231", "CS:E3", "-123.45"],
        ["PLB", "1234567893", "20261231", "CS:E1", "-10000", "WO:E2", "500", "WO:RCV1", "2000"],
    ]
    one, two = read_835((tmp_path / "a.835").read_bytes())
    assert (one.trace, one.stated_cents, one.sum_cents) == ("R1", 12_345, 12_345)
    assert (two.trace, two.stated_cents, two.sum_cents, two.method) == ("R2", 750_000, 750_000, "CHK")


def test_the_totals_tie_to_the_entries(tmp_path: Path) -> None:
    totals = write_835(PAIR, tmp_path / "a.835", X12).totals
    assert (totals["sum_cents"], totals["items_cents"], totals["offsets_cents"]) == (762_345, 962_345, 200_000)
    assert (totals["entries"], totals["offsets"], totals["transactions"]) == (3, 1, 2)
    assert totals["entry_ids_sha256"] == ids_hash(["E2", "E3", "E1"])
    assert totals["remittance_ids"] == ["R1", "R2"]


def test_pyx12_and_x12sdk_read_it_back(tmp_path: Path) -> None:
    write_835(PAIR, tmp_path / "a.835", X12)
    assert pyx12_says((tmp_path / "a.835").read_bytes()) == []
    said = x12sdk_says(tmp_path / "a.835")
    assert said["unchanged"] is True
    assert said["models"] == [
        {"paid": "123.45", "trace": "R1", "payee": "062222222", "claims": 0},
        {"paid": "7500", "trace": "R2", "payee": "1234567893", "claims": 0},
    ]
    assert said["plb"][1] == ["PLB", "1234567893", "20261231", "CS:E1", "-10000", "WO:E2", "500", "WO:RCV1", "2000"]


def test_more_than_six_entries_take_several_plb(tmp_path: Path) -> None:
    """The guide lets PLB repeat. pyx12 4.0 counts a footer for each and finds nothing else; x12sdk's model takes one, its segments all."""
    write_835([pay("R1", *(settlement(f"E{number:02d}", number) for number in range(1, 21)))], tmp_path / "a.835", X12)
    said = pyx12_says((tmp_path / "a.835").read_bytes())
    assert said == [f"Loop FOOTER exceeded max count.  Found {number}, should have 1" for number in (2, 3, 4)]
    plb = x12sdk_says(tmp_path / "a.835", "segments")["plb"]
    assert [len(fields[4::2]) for fields in plb] == [6, 6, 6, 2]
    assert sum(Decimal(amount) for fields in plb for amount in fields[4::2]) == Decimal("-2.10")


def test_pyx12_would_have_found_a_fault(tmp_path: Path) -> None:
    write_835(PAIR, tmp_path / "a.835", X12)
    broken = (tmp_path / "a.835").read_bytes().replace(b"CS:E3", b"XQ:E3")
    assert "PLB03" in str(pyx12_says(broken))


def test_the_same_remittances_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write_835(PAIR, tmp_path / "a.835", X12)
    write_835(PAIR[::-1], tmp_path / "b.835", X12)
    assert (tmp_path / "a.835").read_bytes() == (tmp_path / "b.835").read_bytes()


def test_payments_for_members_are_one_line_and_name_nobody(tmp_path: Path) -> None:
    write_835([CYCLE], tmp_path / "a.835", BY_835)
    data = (tmp_path / "a.835").read_bytes()
    [paid] = read_835(data)
    assert paid.parts == [("CT", "R-2026-05-P1", 75_250), ("WO", "R-2026-05-P1", -25_000), ("WO", "RCV-7", -1_234)]
    assert paid.stated_cents == CYCLE.total_cents == 49_016
    assert b"MBR" not in data


def test_an_835_never_pays_what_the_820_pays(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"TRU-M021 The 820 pays these remittances") as refused:
        write_835([CYCLE, *PAIR], tmp_path / "a.835", X12)
    assert "R-2026-05-P1" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_payment_of_nothing_moves_no_money(tmp_path: Path) -> None:
    write_835([pay("R1", settlement("E1", 500), offsets=(recovery("RCV1", 500),))], tmp_path / "a.835", X12)
    data = (tmp_path / "a.835").read_bytes()
    assert next(parts for parts in segments(data) if parts[0] == "BPR")[1:5] == ["H", "0", "C", "NON"]
    assert pyx12_says(data) == []


def test_electronic_transfer_names_both_accounts(tmp_path: Path) -> None:
    by_wire = X12.model_copy(update={"payment_method": "eft", "bank_routing": "011000015", "bank_account": "111"})
    payee = replace(PRACTICE, bank_routing="021000021", bank_account="222")
    write_835([pay("R1", settlement("E1", 500), payee=payee)], tmp_path / "a.835", by_wire)
    data = (tmp_path / "a.835").read_bytes()
    bpr = next(parts for parts in segments(data) if parts[0] == "BPR")
    assert bpr[3:] == ["C", "ACH", "CCP", "01", "011000015", "DA", "111", "1061234567", "", "01", "021000021", "DA", "222", "20260515"]
    assert pyx12_says(data) == []
    with pytest.raises(Refused, match=r"TRU-M016 .* of these practices: P1"):
        write_835([pay("R1", settlement("E1", 500))], tmp_path / "b.835", by_wire)


def test_missing_payer_data_are_listed_at_once_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.835").write_text("what was there before")
    bare = replace(pay("R1", settlement("E1", 500)), payer=replace(PAYER, name="", tax_id="12", street=" ", zip="", contact_phone=""))
    with pytest.raises(Refused) as refused:
        write_835([bare], tmp_path / "a.835", X12)
    assert str(refused.value) == (
        "TRU-M001 The payer's data are not complete: name: missing; street: missing; tax_id: expected nine digits; zip: missing; "
        "contact_phone or contact_email: missing. Complete the payer file."
    )
    assert [file.name for file in tmp_path.iterdir()] == ["a.835"]
    assert (tmp_path / "a.835").read_text() == "what was there before"


@pytest.mark.parametrize(
    ("remittance", "code", "said"),
    [
        (pay("R1", settlement("E1", 5), payee=NOBODY), "TRU-M002", "practice P1: tax_id: missing, id: not an NPI"),
        (pay("R1", settlement("E1", -500)), "TRU-M004", "R1 (-5.00)"),
        (pay("R1", settlement("E1", 500, entity="P2")), "TRU-M005", "entry E1 belongs to practice P2, not to P1"),
        (pay("R1", settlement("E1", 0)), "TRU-M005", "entry E1: its amount is zero"),
        (pay("R1", replace(settlement("E1", 5), purpose="gift")), "TRU-M005", "unknown purpose 'gift'"),
        (pay("R1", settlement("E1", 5), settlement("E1", 5)), "TRU-M006", "entry E1 is given 2 times"),
        (pay("R1", settlement("E1", 5), payee=replace(PRACTICE, name="Río*Clinic~")), "TRU-M015", "practice P1: name: holds a character"),
        (pay("R" * 51, settlement("E1", 5)), "TRU-M015", "expected 1 to 50 characters, found 51"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused_and_leaves_nothing(remittance: Remittance, code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        write_835([remittance], tmp_path / "a.835", X12)
    assert refused.value.code == code
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_no_remittance_or_one_given_twice_is_refused(tmp_path: Path) -> None:
    for given_ in ([], [PAIR[0], PAIR[0]]):
        with pytest.raises(Refused, match=r"TRU-M006"):
            write_835(given_, tmp_path / "a.835", X12)


def test_without_the_library_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "oxedi":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match=r"TRU-M020 .*trueup\[x12\]"):
        write_835(PAIR, tmp_path / "a.835", X12)


@given(remittances(members=False))
def test_whatever_is_paid_reads_back_to_the_cent(found: list[Remittance]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = write_835(found, Path(folder, "a.835"), X12)
        paid = read_835(written.path.read_bytes())
    assert {p.trace: p.stated_cents for p in paid} == {r.remittance_id: r.total_cents for r in found}
    assert [p.sum_cents for p in paid] == [p.stated_cents for p in paid]
    assert written.totals["sum_cents"] == sum(p.sum_cents for p in paid)
    references = {reference for p in paid for _, reference, _ in p.parts}
    assert references == {i.entry_id for r in found for i in r.items} | {o.receivable_id for r in found for o in r.offsets}
