"""The payer file: what it fills, and every fault of it at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from unit.remittance.samples import PAYER

from trueup.errors import Refused, UsageError
from trueup.remittance.contents import PURPOSES, is_npi
from trueup.remittance.payer import is_routing_number, load_payer

GOOD = """
schema = 1

[payer]
name = "Example Medicaid Agency"
id = "EXMCD"
tax_id = "061234567"
street = "1 State Square"
city = "Springfield"
state = "CT"
zip = "06103"
contact_name = "Payment Desk"
contact_phone = "5555550100"

[x12]
sender_id = "EXMCD"
receiver_id = "CLEARING"
usage = "test"
member_purposes = ["case_rate"]

[x12.plb]
shared_savings = "BN"

[tmsis]
submitting_state = "99"
payee_tax_id_type = "02"
values = { "FUNDING-CODE" = "A" }

[tmsis.fixed]
amount_sign = "overpunch"
record_length = 1000
positions = { "FUNDING-CODE" = [801, 802] }
"""


def _load(folder: Path, text: str) -> str:
    file = folder / "payer.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        load_payer(file)
    return str(refused.value)


def test_a_payer_file_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "payer.toml").write_text(GOOD, encoding="utf-8")
    read = load_payer(tmp_path / "payer.toml")
    assert read.payer == PAYER
    assert (read.x12.usage, read.x12.payment_method, read.x12.case_rates_paid_by) == ("test", "check", "820")
    assert read.x12.member_purposes == ("case_rate",)
    assert read.x12.plb.model_dump() == {
        "case_rate": "CT", "ffs_adjustment": "CS", "shared_savings": "BN", "quality_bonus": "CS", "challenge_pool": "CS",
        "tier_add_on": "CT", "interim_add_on": "CT", "member_fee": "CT", "recovery": "WO",
    }  # fmt: skip
    assert read.tmsis is not None
    assert read.tmsis.fixed is not None
    assert read.tmsis.fixed.positions == {"FUNDING-CODE": (801, 802)}
    assert read.tmsis.payee_id_types == {"npi": "06", "state_provider_id": "04"}
    assert set(read.x12.plb.model_dump()) == {*PURPOSES, "recovery"}


def test_without_tmsis_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "payer.toml").write_text(GOOD.split("[tmsis]")[0], encoding="utf-8")
    assert load_payer(tmp_path / "payer.toml").tmsis is None


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('name = "Example Medicaid Agency"\n', "").replace('zip = "06103"', 'zip = "6103"')
    text = text.replace('contact_name = "Payment Desk"', 'contact_nam = "Payment Desk"').replace('usage = "test"', 'usage = "prod"')
    text = text.replace('state = "CT"', "state = 9").replace('shared_savings = "BN"', 'shared_savings = "XX"')
    said = _load(tmp_path, text)
    assert said.startswith("TRU-M012 payer.toml cannot be used: ")
    for fault in (
        "[payer].name: missing",
        "[payer].zip: expected five or nine digits",
        "[payer].contact_nam: unknown key",
        "[payer].contact_name: missing",
        "[payer].state: write it in quotes",
        "[x12].usage: Input should be 'production' or 'test'",
        "[x12.plb].shared_savings: 'XX' is not a code of PLB03-1",
    ):
        assert fault in said
    assert said.count("[payer].state") == 1


def test_a_code_the_format_does_not_know_is_a_fault(tmp_path: Path) -> None:
    said = _load(tmp_path, GOOD.replace('"BN"', '"XX"').replace("[tmsis]", '[x12.adx]\ndecrease = "99"\n\n[tmsis]'))
    assert "[x12.plb].shared_savings: 'XX' is not a code of PLB03-1; [x12.adx].decrease: '99' is not a code of ADX02" in said


def test_electronic_transfer_needs_the_payers_account(tmp_path: Path) -> None:
    said = _load(tmp_path, GOOD.replace('usage = "test"', 'usage = "test"\npayment_method = "eft"\nbank_routing = "123456789"'))
    assert "x12: electronic transfer needs bank_routing" in said
    assert "123456789" not in said


def test_a_file_that_is_absent_or_not_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TRU-M010 There is no payer file"):
        load_payer(tmp_path / "payer.toml")
    assert _load(tmp_path, GOOD.replace('"061234567"', "061234567")).startswith("TRU-M011 payer.toml is not TOML: ")


@pytest.mark.parametrize(
    ("text", "yes"),
    [("1234567893", True), ("1558598797", True), ("1993999998", True), ("1234567890", False), ("1234567839", False), ("123456789", False)],
)
def test_npi_check_digits(text: str, yes: bool) -> None:
    assert is_npi(text) is yes


@pytest.mark.parametrize(("text", "yes"), [("011000015", True), ("021000021", True), ("021000022", False), ("02100002", False)])
def test_routing_number_check_digits(text: str, yes: bool) -> None:
    assert is_routing_number(text) is yes


def test_the_payer_file_of_the_how_to_can_be_loaded(root: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (root / "docs" / "how-to" / "money-files.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "payer.toml").write_text("\n".join(blocks), encoding="utf-8")
    read = load_payer(tmp_path / "payer.toml")
    assert len(blocks) == 2
    assert read.tmsis is not None
    assert read.tmsis.fixed is not None
