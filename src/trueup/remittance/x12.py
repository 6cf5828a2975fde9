"""What both X12 files share: permitted text, amounts, control numbers, and which file pays a remittance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from trueup.errors import Refused
from trueup.remittance.contents import Payee, Remittance, listed
from trueup.remittance.payer import X12Settings, is_routing_number

_PERMITTED = re.compile(r"[A-Z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]*")  # basic and extended set without our delimiters and lower case
_MOST_CONTROL = 900_000_000  # leaves room for the numbers of transactions that follow it


class Texts:
    """Collects values for X12 elements and every fault in them, so that an error names them all at once.

    A value is upper-cased, which loses nothing; a character the format cannot carry, or a value too long for its element, is a fault:
    nothing is cut or replaced. Errors name the field and the remittance, never the value.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    def take(self, value: str, most: int, where: str, least: int = 1) -> str:
        """The value as the file holds it. `most` and `least` are the lengths of its element."""
        text = value.strip().upper()
        if not _PERMITTED.fullmatch(text):
            self.faults.append(f"{where}: holds a character that X12 cannot carry")
        if not least <= len(text) <= most:
            self.faults.append(f"{where}: expected {least} to {most} characters, found {len(text)}")
        return text

    def maybe(self, value: str, most: int, where: str) -> str:
        """A value that may be absent."""
        return self.take(value, most, where) if value.strip() else ""

    def refuse(self, kind: str) -> None:
        """Raises Refused (TRU-M015) if any value was faulty."""
        if self.faults:
            raise Refused(
                "TRU-M015",
                f"The {kind} cannot carry these values: {listed(sorted(set(self.faults)))}.",
                next_step="Correct them at their source.",
            )


def amount(cents: int) -> str:
    """Cents as an X12 decimal: no trailing zeros, no decimal point where there are no cents, e.g. 25050 -> `250.5`."""
    sign, whole = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{whole // 100}" if whole % 100 == 0 else f"{sign}{whole // 100}.{whole % 100:02d}".rstrip("0")


def control_number(kind: str, remittances: Iterable[Remittance]) -> int:
    """The control number of an interchange, 1 to 900,000,000, derived from the kind of file and the ids of its remittances.

    The same file written again carries the same number, so a receiver sees a copy as a copy. Different files share a number about once
    in 900 million pairs.
    """
    ids = "".join(f"{name}\n" for name in sorted(remittance.remittance_id for remittance in remittances))
    return int(hashlib.sha256(f"{kind}\n{ids}".encode()).hexdigest(), 16) % _MOST_CONTROL + 1


def paid_by(remittance: Remittance, settings: X12Settings) -> Literal["820", "835"]:
    """The file that pays this remittance; exactly one of the two does.

    The 820 pays where all items are payments for members (`member_purposes`) and `case_rates_paid_by` is 820. The 835 pays every other
    remittance; an 820 may then list its members, as a roster without payment.
    """
    for_members = all(item.purpose in settings.member_purposes for item in remittance.items)
    return "820" if for_members and settings.case_rates_paid_by == "820" else "835"


def check_banks(remittances: Sequence[Remittance], settings: X12Settings) -> None:
    """Raises Refused (TRU-M016) where payment is by electronic transfer and a practice has no usable account."""
    if settings.payment_method != "eft":
        return
    paid: dict[str, Payee] = {r.payee.entity_id: r.payee for r in remittances if r.total_cents}
    lacking = [name for name, payee in sorted(paid.items()) if not is_routing_number(payee.bank_routing) or not payee.bank_account]
    if lacking:
        raise Refused(
            "TRU-M016",
            f"Electronic transfer needs a nine-digit routing number and an account of these practices: {listed(lacking)}.",
            next_step="Complete the list of practices, or pay by check.",
        )
