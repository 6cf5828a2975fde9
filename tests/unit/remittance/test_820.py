"""The 820: a line for each member and month, changes that never touch an earlier remittance, rosters, and what is refused."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from unit.remittance.readers import pyx12_says, read_820, read_835, segments
from unit.remittance.samples import BY_835, CYCLE, X12, month, pay, remittances, settlement

from trueup.errors import Refused
from trueup.remittance.contents import Remittance
from trueup.remittance.output import ids_hash
from trueup.remittance.x12 import control_number
from trueup.remittance.x820 import write_820
from trueup.remittance.x835 import write_835

DETAIL = [
    "ENT*1*2L*FI*061111111",
    "ADX*-12.34*WO",
    "RMR*IK*RCV-7**0",
    "REF*ZZ*RECOVERED 12.34",
    "ENT*2*2J*II*MBR0001",
    "NM1*IL*1******N*MBR0001",
    "RMR*IK*E11**250",
    "REF*18*2026-1",
    "REF*ZZ*BUNDLE;CASE_RATE",
    "REF*ZZ*CYCLE",
    "DTM*582****RD8*20260501-20260531",
    "ENT*3*2J*II*MBR0002",
    "NM1*IL*1******N*MBR0002",
    "RMR*IK*E13**250.5",
    "REF*18*2026-1",
    "REF*ZZ*BUNDLE;CASE_RATE",
    "REF*ZZ*ELIGIBILITY_RETRO",
    "DTM*582****RD8*20260401-20260430",
    "RMR*IK*E12**250.5",
    "REF*18*2026-1",
    "REF*ZZ*BUNDLE;CASE_RATE",
    "REF*ZZ*CYCLE",
    "DTM*582****RD8*20260501-20260531",
    "ENT*4*2J*II*MBR0001",
    "NM1*IL*1******N*MBR0001",
    "ADX*1.5*53",
    "RMR*IK*E01**0",
    "REF*18*2026-1",
    "REF*ZZ*BUNDLE;CASE_RATE",
    "REF*ZZ*RATE_CHANGE",
    "REF*ZZ*ENTRY E15",
    "DTM*582****RD8*20260401-20260430",
    "ENT*5*2J*II*MBR0003",
    "NM1*IL*1******N*MBR0003",
    "ADX*-250*52",
    "RMR*IK*E03**0",
    "REF*18*2026-1",
    "REF*ZZ*BUNDLE;CASE_RATE",
    "REF*ZZ*ATTRIBUTION",
    "REF*ZZ*ENTRY E14",
    "DTM*582****RD8*20260401-20260430",
]


def test_a_cycle_line_by_line(tmp_path: Path) -> None:
    """250.00 + 250.50 + 250.50 - 250.00 + 1.50 - 12.34 = 490.16."""
    written = write_820([CYCLE], tmp_path / "a.820", X12)
    lines = ["*".join(parts) for parts in segments(written.path.read_bytes())]
    control = control_number("820", [CYCLE])
    assert lines[1:12] == [
        f"GS*RA*EXMCD*CLEARING*20260515*0000*{control}*X*005010X218",
        "ST*820*0001*005010X218",
        "BPR*I*490.16*C*CHK******1061234567******20260515",
        "TRN*3*R-2026-05-P1*1061234567",
        "N1*PE*RIVERSIDE MIDWIVES*FI*061111111",
        "N3*2 ELM STREET",
        "N4*SPRINGFIELD*CT*06103",
        "N1*PR*EXAMPLE MEDICAID AGENCY*FI*061234567",
        "N3*1 STATE SQUARE",
        "N4*SPRINGFIELD*CT*06103",
        "PER*IC*PAYMENT DESK*TE*5555550100",
    ]
    assert lines[12:-3] == DETAIL
    assert lines[-3:] == [f"SE*{len(DETAIL) + 11}*0001", f"GE*1*{control}", f"IEA*1*{control:09d}"]


def test_pyx12_validates_it_and_it_adds_up(tmp_path: Path) -> None:
    data = write_820([CYCLE], tmp_path / "a.820", X12).path.read_bytes()
    assert pyx12_says(data) == []
    [paid] = read_820(data)
    assert paid.stated_cents == paid.sum_cents == CYCLE.total_cents == 49_016
    assert paid.parts == [
        ("WO", "RCV-7", -1_234),
        ("RMR", "E11", 25_000),
        ("RMR", "E13", 25_050),
        ("RMR", "E12", 25_050),
        ("53", "E01", 150),
        ("52", "E03", -25_000),
    ]


def test_pyx12_would_have_found_a_fault(tmp_path: Path) -> None:
    data = write_820([CYCLE], tmp_path / "a.820", X12).path.read_bytes()
    assert "RMR04" in str(pyx12_says(data.replace(b"RMR*IK*E11**250~", b"RMR*IK*E11~")))


def test_the_totals_tie_to_the_entries(tmp_path: Path) -> None:
    totals = write_820([CYCLE], tmp_path / "a.820", X12).totals
    assert (totals["sum_cents"], totals["items_cents"], totals["offsets_cents"], totals["roster_cents"]) == (49_016, 50_250, 1_234, 0)
    assert totals["entry_ids_sha256"] == ids_hash(item.entry_id for item in CYCLE.items)
    assert "MBR" not in (tmp_path / "a.820.totals.json").read_text()


def test_a_payment_of_both_kinds_is_paid_by_the_835_and_listed_by_the_820(tmp_path: Path) -> None:
    """The roster moves no money and comes to what the 835 announces under CT and WO."""
    both = pay("R9", month("E1", "M1", 5, 25_000), month("E2", "M2", 4, -10_000, corrects="E0"), settlement("E3", 70_000))
    by_835 = write_835([both], tmp_path / "a.835", X12)
    by_820 = write_820([both], tmp_path / "a.820", X12)
    [paid], [listed] = read_835(by_835.path.read_bytes()), read_820(by_820.path.read_bytes())
    assert (paid.stated_cents, paid.method) == (85_000, "CHK")
    assert paid.parts == [("CS", "E3", 70_000), ("CT", "R9", 25_000), ("WO", "R9", -10_000)]
    assert (listed.stated_cents, listed.sum_cents, listed.method) == (15_000, 15_000, "NON")
    assert (by_820.totals["sum_cents"], by_820.totals["roster_cents"], by_820.totals["roster_entries"]) == (0, 15_000, 2)
    assert pyx12_says(by_820.path.read_bytes()) == []


def test_a_state_that_pays_case_rates_by_835_gets_a_roster(tmp_path: Path) -> None:
    [listed] = read_820(write_820([CYCLE], tmp_path / "a.820", BY_835).path.read_bytes())
    assert (listed.method, listed.stated_cents, listed.sum_cents) == ("NON", 50_250, 50_250)


def test_a_settlement_has_no_820(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"TRU-M026 .*: R1"):
        write_820([pay("R1", settlement("E1", 5))], tmp_path / "a.820", X12)
    with pytest.raises(Refused, match=r"TRU-M025 .*: R1, entry E1"):
        write_820([pay("R1", month("E1", "", 5, 5))], tmp_path / "a.820", X12)
    assert list(tmp_path.iterdir()) == []


def test_an_error_does_not_name_the_member(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"TRU-M015 .* R1: a member id: holds a character") as refused:
        write_820([pay("R1", month("E1", "MBR*0001", 5, 5))], tmp_path / "a.820", X12)
    assert "MBR" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_same_remittances_give_the_same_bytes_and_their_own_control_number(tmp_path: Path) -> None:
    other = replace(CYCLE, remittance_id="R-2026-05-P2", items=tuple(replace(i, entry_id=f"{i.entry_id}B") for i in CYCLE.items))
    one = write_820([CYCLE, other], tmp_path / "a.820", X12).path.read_bytes()
    two = write_820([other, CYCLE], tmp_path / "b.820", X12).path.read_bytes()
    assert one == two
    numbers = {control_number(kind, found) for kind in ("820", "835") for found in ([CYCLE], [other], [CYCLE, other])}
    assert len(numbers) == 6
    assert all(0 < number <= 900_000_000 for number in numbers)


@given(remittances(members=True))
def test_whatever_is_paid_reads_back_to_the_cent(found: list[Remittance]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = write_820(found, Path(folder, "a.820"), X12)
        data = written.path.read_bytes()
    paid = read_820(data)
    assert {p.trace: p.stated_cents for p in paid} == {r.remittance_id: r.total_cents for r in found}
    assert [p.sum_cents for p in paid] == [p.stated_cents for p in paid]
    assert written.totals["sum_cents"] == sum(p.sum_cents for p in paid)
    assert pyx12_says(data) == []
