"""What a money file is made of: a payer pays a practice for ledger entries, less what it recovers of earlier overpayments.

Grain: one `Remittance` is one payment to one practice; one `RemittanceItem` is one posted ledger entry; one `Offset` is the part of one
receivable that this payment recovers. Money is integer cents: positive items pay the practice, negative items take back. Offsets are
positive and reduce the payment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from trueup.errors import Refused
from trueup.money import format_cents

PURPOSES = (
    "case_rate", "ffs_adjustment", "shared_savings", "quality_bonus", "challenge_pool", "tier_add_on", "interim_add_on", "member_fee",
)  # fmt: skip
IdType = Literal["npi", "state_provider_id", "tax_id"]
_SHOWN = 10  # faults of one kind that an error lists before it counts the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A payer or a practice as payment files name it. `tax_id` is nine digits without a hyphen."""

    name: str
    tax_id: str
    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""

    @property
    def has_address(self) -> bool:
        return all((self.street, self.city, self.state, self.zip))


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer(Party):
    """Who pays. `id` is the identifier by which practices know the payer."""

    id: str

    def faults(self) -> list[str]:
        """Every field that is missing or malformed, each as `field: what is wrong`; empty when a money file can be written."""
        required = ("name", "id", "street", "city", "contact_name")
        found = [f"{name}: missing" for name in required if not getattr(self, name).strip()]
        found += _shape("tax_id", self.tax_id, r"\d{9}", "nine digits")
        found += _shape("state", self.state, r"[A-Z]{2}", "two capital letters")
        found += _shape("zip", self.zip, r"\d{5}(\d{4})?", "five or nine digits")
        if not self.contact_phone and not self.contact_email:
            found.append("contact_phone or contact_email: missing")
        return found + (_shape("contact_phone", self.contact_phone, r"\d{10,15}", "10 to 15 digits") if self.contact_phone else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee(Party):
    """Who is paid: one practice. `id` is of the kind `id_type` says. Bank details are needed only for electronic transfers."""

    entity_id: str
    id_type: IdType
    id: str
    bank_routing: str = field(default="", repr=False)
    bank_account: str = field(default="", repr=False)

    def faults(self) -> list[str]:
        """Every field that is missing or malformed, each as `field: what is wrong`."""
        found = [f"{name}: missing" for name in ("entity_id", "name", "id") if not getattr(self, name).strip()]
        found += _shape("tax_id", self.tax_id, r"\d{9}", "nine digits")
        if self.id_type == "npi" and self.id and not is_npi(self.id):
            found.append("id: not an NPI (ten digits, the last one a check digit)")
        given = [bool(value) for value in (self.street, self.city, self.state, self.zip)]
        if any(given) and not all(given):
            found.append("street, city, state, zip: give all four or none")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceItem:
    """One posted entry. `corrects` is the entry it corrects, for a correction is never an edit. `member_id` is empty for settlements."""

    entry_id: str
    program: str
    purpose: str
    entity_id: str
    member_id: str
    period_start_date: date
    period_end_date: date
    cohort: str
    amount_cents: int
    reason: str
    corrects: str = ""
    rate_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """The part of a receivable that this payment recovers: `amount_cents` is positive and reduces the payment.

    What the receivable came from is needed where the recovery is reported by program (T-MSIS): its program, purpose and period, the entry
    that lowered what had been paid (`entry_id`) and the paid entry that it corrects (`corrects`).
    """

    receivable_id: str
    amount_cents: int
    program: str = ""
    purpose: str = ""
    member_id: str = ""
    period_start_date: date | None = None
    period_end_date: date | None = None
    entry_id: str = ""
    corrects: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """One payment to one practice. Building one whose total is not its items less its offsets is refused."""

    remittance_id: str
    payer: Payer
    payee: Payee
    payment_date: date
    items: tuple[RemittanceItem, ...]
    offsets: tuple[Offset, ...] = ()
    total_cents: int

    def __post_init__(self) -> None:
        if self.items_cents - self.offsets_cents != self.total_cents:
            raise Refused(
                "TRU-M003",
                f"Remittance {self.remittance_id} states a total of {format_cents(self.total_cents)}, but its items come to "
                f"{format_cents(self.items_cents)} and its offsets to {format_cents(self.offsets_cents)}.",
                next_step="Take items, offsets and total from the same ledger entry.",
            )

    @property
    def items_cents(self) -> int:
        return sum(item.amount_cents for item in self.items)

    @property
    def offsets_cents(self) -> int:
        return sum(offset.amount_cents for offset in self.offsets)


def check_remittances(remittances: Sequence[Remittance]) -> None:
    """Refuse what no money file may carry: incomplete parties, malformed or repeated entries, a negative payment.

    Every fault of a kind is listed at once. Raises Refused: TRU-M001 payer, M002 practices, M004 negative payment, M005 items and
    offsets, M006 the set as a whole.
    """
    ids = [remittance.remittance_id for remittance in remittances]
    payers = {remittance.payer for remittance in remittances}
    entries = Counter(item.entry_id for remittance in remittances for item in remittance.items)
    whole = ["there is no remittance"] if not remittances else []
    whole += ["the remittances have several payers"] if len(payers) > 1 else []
    whole += [f"remittance {name} is given {count} times" for name, count in sorted(Counter(ids).items()) if count > 1]
    whole += [f"entry {name} is given {count} times" for name, count in sorted(entries.items()) if count > 1]
    if whole:
        raise Refused("TRU-M006", f"These remittances do not make one file: {listed(whole)}.", next_step="Give each posted payment once.")
    if missing := remittances[0].payer.faults():
        raise Refused("TRU-M001", f"The payer's data are not complete: {listed(missing)}.", next_step="Complete the payer file.")
    payees = {remittance.payee.entity_id: remittance.payee for remittance in remittances}
    lacking = [f"practice {entity}: {', '.join(payee.faults())}" for entity, payee in sorted(payees.items()) if payee.faults()]
    if lacking:
        raise Refused("TRU-M002", f"Data of practices are not complete: {listed(lacking)}.", next_step="Complete the list of practices.")
    bad = [f"{remittance.remittance_id}: {fault}" for remittance in remittances for fault in _faults(remittance)]
    if bad:
        raise Refused(
            "TRU-M005", f"Items cannot be remitted: {listed(bad)}.", next_step="Correct the entries in the ledger, not in the file."
        )
    below = [f"{r.remittance_id} ({format_cents(r.total_cents)})" for r in remittances if r.total_cents < 0]
    if below:
        raise Refused(
            "TRU-M004",
            f"A payment cannot be negative: {listed(below)}.",
            next_step="What a practice owes is a receivable; recover it from later payments.",
        )


def listed(faults: Sequence[str]) -> str:
    """Faults in one sentence; the first ten in full, the others counted."""
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return "; ".join(faults[:_SHOWN]) + more


def is_npi(text: str) -> bool:
    """Whether this is a National Provider Identifier: ten digits, first 1 or 2, Luhn check over `80840` and the number."""
    if not re.fullmatch(r"[12]\d{9}", text):
        return False
    digits = [int(digit) for digit in reversed("80840" + text)]
    return sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def _shape(name: str, value: str, pattern: str, form: str) -> list[str]:
    if not value.strip():
        return [f"{name}: missing"]
    return [] if re.fullmatch(pattern, value) else [f"{name}: expected {form}"]


def _faults(remittance: Remittance) -> Iterable[str]:
    if not remittance.remittance_id:
        yield "the remittance has no id"
    if not remittance.items:
        yield "it has no items"
    for item in remittance.items:
        if not item.entry_id or not item.program:
            yield f"entry {item.entry_id or 'without an id'}: id and program are needed"
        if item.purpose not in PURPOSES:
            yield f"entry {item.entry_id}: unknown purpose {item.purpose!r}"
        if item.entity_id != remittance.payee.entity_id:
            yield f"entry {item.entry_id} belongs to practice {item.entity_id}, not to {remittance.payee.entity_id}"
        if item.period_start_date > item.period_end_date:
            yield f"entry {item.entry_id}: its period ends before it begins"
        if item.amount_cents == 0:
            yield f"entry {item.entry_id}: its amount is zero"
    for offset in remittance.offsets:
        if not offset.receivable_id or offset.amount_cents <= 0:
            yield f"offset {offset.receivable_id or 'without an id'}: a receivable and a positive amount are needed"
