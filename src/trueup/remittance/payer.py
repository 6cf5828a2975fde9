"""The payer file, `payer.toml`: who pays, how its X12 files are addressed, and what its T-MSIS records state.

Every fault of the file is reported at once. Codes that are a judgment, not a rule of the format, are settings with a default here; what a
default would have to guess has none.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from trueup.errors import Refused, UsageError
from trueup.remittance.contents import PURPOSES, Payer, listed

Purpose = Literal[
    "case_rate", "ffs_adjustment", "shared_savings", "quality_bonus", "challenge_pool", "tier_add_on", "interim_add_on", "member_fee"
]
PLB_CODES = frozenset(
    [
        "50",
        "51",
        "72",
        "90",
        "AH",
        "AM",
        "AP",
        "B2",
        "B3",
        "BD",
        "BN",
        "C5",
        "CR",
        "CS",
        "CT",
        "CV",
        "CW",
        "DM",
        "E3",
        "FB",
        "FC",
        "GO",
        "HM",
        "IP",
        "IR",
        "IS",
        "J1",
        "L3",
        "L6",
        "LE",
        "LS",
        "OA",
        "OB",
        "PI",
        "PL",
        "RA",
        "RE",
        "SL",
        "TL",
        "WO",
        "WU",
    ]
)
"""Adjustment reason codes that 005010X221A1 allows in PLB03-1."""
ADX_CODES = frozenset(["52", "53", "80", "81", "86", "BJ", "H1", "H6", "RU", "WO"])
"""Adjustment reason codes that 005010X218 allows for an earlier payment, both of a person and of an organization."""


def _one_of(codes: frozenset[str], name: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in codes:
            raise ValueError(f"{code!r} is not a code of {name}")
        return code

    return AfterValidator(check)


PlbCode = Annotated[str, _one_of(PLB_CODES, "PLB03-1")]
AdxCode = Annotated[str, _one_of(ADX_CODES, "ADX02")]
InterchangeId = Annotated[str, Field(pattern=r"^[A-Z0-9 .\-]{2,15}$")]
TwoCharacters = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]


class _Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _PayerTable(_Section):
    name: str = ""
    id: str = ""
    tax_id: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""


class PlbCodes(_Section):
    """PLB03-1 of each purpose. The format leaves the choice to the payer; these defaults are a judgment to confirm with practices."""

    case_rate: PlbCode = "CT"
    ffs_adjustment: PlbCode = "CS"
    shared_savings: PlbCode = "CS"
    quality_bonus: PlbCode = "CS"
    challenge_pool: PlbCode = "CS"
    tier_add_on: PlbCode = "CT"
    interim_add_on: PlbCode = "CT"
    member_fee: PlbCode = "CT"
    recovery: PlbCode = "WO"


class AdxCodes(_Section):
    """ADX02 of a change to an earlier payment: 52 credit for overpayment, 53 payment of an earlier underpayment, WO recovery."""

    decrease: AdxCode = "52"
    increase: AdxCode = "53"
    recovery: AdxCode = "WO"


class X12Settings(_Section):
    """How interchanges are addressed and which codes they use. `usage` is stated, never assumed: a test file must not look like money."""

    sender_id: InterchangeId
    receiver_id: InterchangeId
    usage: Literal["production", "test"]
    sender_qualifier: TwoCharacters = "ZZ"
    receiver_qualifier: TwoCharacters = "ZZ"
    payment_method: Literal["check", "eft"] = "check"
    bank_routing: str = Field(default="", repr=False)
    bank_account: str = Field(default="", repr=False)
    case_rates_paid_by: Literal["820", "835"] = "820"
    member_purposes: tuple[Purpose, ...] = Field(default=("case_rate", "tier_add_on", "interim_add_on", "member_fee"), strict=False)
    member_id_qualifier: Literal["II", "EI", "34"] = "II"
    plb: PlbCodes = Field(default_factory=PlbCodes)
    adx: AdxCodes = Field(default_factory=AdxCodes)

    @model_validator(mode="after")
    def _account(self) -> X12Settings:
        if self.payment_method == "eft" and not (is_routing_number(self.bank_routing) and self.bank_account):
            raise ValueError("electronic transfer needs bank_routing, nine digits of a routing number, and bank_account")
        return self


class FixedLayout(_Section):
    """What the fixed layout needs and no source available to us states: the form of a negative amount and the length of a record."""

    amount_sign: Literal["leading", "overpunch"]
    record_length: Annotated[int, Field(ge=904)]
    accept_fitted_positions: bool = False
    positions: dict[str, Annotated[tuple[StrictInt, StrictInt], Field(strict=False)]] = Field(default_factory=dict[str, tuple[int, int]])


class TmsisSettings(_Section):
    """What the state's T-MSIS records state. `values` fills further elements by their name in the data guide."""

    submitting_state: Annotated[str, Field(pattern=r"^\d{2}$")]
    payer_id_type: TwoCharacters = "01"
    payee_id_types: dict[Literal["npi", "state_provider_id", "tax_id"], TwoCharacters] = Field(
        default_factory=lambda: {"npi": "06", "state_provider_id": "04"}
    )
    payee_tax_id_type: TwoCharacters
    purposes: tuple[Purpose, ...] = Field(default=("shared_savings", "quality_bonus", "challenge_pool"), strict=False)
    void_amount: Literal["negative", "positive"] = "negative"
    delimiter: Literal[",", "|"] = ","
    values: dict[str, str] = Field(default_factory=dict[str, str])
    fixed: FixedLayout | None = None


class _File(_Section):
    schema_: Literal[1] = Field(alias="schema")
    payer: _PayerTable = Field(default_factory=_PayerTable)
    x12: X12Settings
    tmsis: TmsisSettings | None = None


class PayerFile:
    """A payer file that was read: the payer, its X12 settings, and its T-MSIS settings where it has them."""

    def __init__(self, payer: Payer, x12: X12Settings, tmsis: TmsisSettings | None = None) -> None:
        self.payer, self.x12, self.tmsis = payer, x12, tmsis


def load_payer(path: str | Path) -> PayerFile:
    """Read a payer file.

    Raises UsageError (TRU-M010) where there is none, and Refused (TRU-M011, M012) with every fault of one that is wrong.
    """
    file = Path(path)
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(
            "TRU-M010", f"There is no payer file {file}.", next_step="See docs/how-to/money-files.md for one to fill in."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            "TRU-M011", f"{file.name} is not TOML: {error}.", next_step='Write codes and ids in quotes, for example "061234567".'
        ) from None
    faults: list[str] = []
    read: _File | None = None
    try:
        read = _File.model_validate(found)
    except ValidationError as error:
        faults += [_said(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors(include_input=False, include_url=False)]
    table = cast("object", found.get("payer"))
    given = (
        {key: value for key, value in cast("dict[str, object]", table).items() if isinstance(value, str)} if isinstance(table, dict) else {}
    )
    payer = Payer(**(_PayerTable.model_construct().model_dump() | {key: given[key] for key in _PayerTable.model_fields if key in given}))
    said = {fault.split(":")[0] for fault in faults}
    faults += [f"[payer].{fault}" for fault in payer.faults() if f"[payer].{fault.split(':')[0]}" not in said]
    if faults or read is None:
        raise Refused("TRU-M012", f"{file.name} cannot be used: {listed(faults)}.", next_step="Correct the file; nothing was written.")
    return PayerFile(payer, read.x12, read.tmsis)


def is_routing_number(text: str) -> bool:
    """Whether this is a bank routing number: nine digits whose weighted sum (3, 7, 1) is a multiple of ten."""
    weights = (3, 7, 1) * 3
    return bool(re.fullmatch(r"\d{9}", text)) and sum(w * int(d) for w, d in zip(weights, text, strict=True)) % 10 == 0


def _said(where: tuple[int | str, ...], kind: str, message: str) -> str:
    parts = [str(part) for part in where]
    place = f"[{'.'.join(parts[:-1])}].{parts[-1]}" if len(parts) > 1 else parts[0]
    words = {"missing": "missing", "extra_forbidden": "unknown key", "string_type": "write it in quotes"}
    return f"{place}: {words.get(kind, message.removeprefix('Value error, '))}"


assert set(PlbCodes.model_fields) == {*PURPOSES, "recovery"}
