"""X12 820 (005010X218): monthly payments for members, with one remittance line for each member and month.

Grain: one transaction is one remittance; a member's payments of this cycle are RMR lines under one ENT. A change to an earlier payment
is an ADX of its own ENT, whose RMR of zero names the corrected entry and its month: an earlier remittance is never altered. Balance:
BPR02 is the sum of RMR04 and of these ADX01, where a positive ADX01 adds to the payment. A remittance that the 835 pays gives a roster:
the same lines with payment method NON, which moves no money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from trueup.errors import Refused
from trueup.money import format_cents
from trueup.remittance.contents import Offset, Payee, Remittance, RemittanceItem, check_remittances, listed
from trueup.remittance.output import Written, put, totals_of
from trueup.remittance.payer import X12Settings
from trueup.remittance.x12 import Texts, amount, check_banks, control_number, paid_by

_GUIDE = "005010X218"


def write_820(remittances: Sequence[Remittance], path: Path, settings: X12Settings) -> Written:
    """Write one interchange with one transaction for each remittance, in order of their ids.

    `sum_cents` of the totals is what the file pays; `roster_cents` is what it only lists. Raises Refused for incomplete contents
    (TRU-M001 to M006, M015, M016), an entry without a member (TRU-M025), and a remittance without payments for members (TRU-M026).
    """
    check_remittances(remittances)
    ordered = sorted(remittances, key=lambda remittance: remittance.remittance_id)
    carried = {r.remittance_id: [item for item in r.items if item.purpose in settings.member_purposes] for r in ordered}
    if without := [name for name, items in carried.items() if not items]:
        raise Refused(
            "TRU-M026",
            f"These remittances hold no payment for members ({', '.join(settings.member_purposes)}): {listed(without)}.",
            next_step="Write them with the 835.",
        )
    if unnamed := [f"{name}, entry {item.entry_id}" for name, items in carried.items() for item in items if not item.member_id]:
        raise Refused(
            "TRU-M025", f"A line of the 820 names its member; these name none: {listed(unnamed)}.", next_step="Correct the entries."
        )
    paying = [remittance for remittance in ordered if paid_by(remittance, settings) == "820"]
    check_banks(paying, settings)
    paid = {remittance.remittance_id for remittance in paying}
    texts = Texts()
    control = control_number("820", ordered)
    lines = list(_opening(settings, control, max(remittance.payment_date for remittance in ordered)))
    for number, remittance in enumerate(ordered, start=1):
        body = list(_transaction(remittance, carried[remittance.remittance_id], settings, texts, pays=remittance.remittance_id in paid))
        lines += [("ST", "820", f"{number:04d}", _GUIDE), *body, ("SE", str(len(body) + 2), f"{number:04d}")]
    lines += [("GE", str(len(ordered)), str(control)), ("IEA", "1", f"{control:09d}")]
    texts.refuse("820")
    data = "".join(f"{'*'.join(line).rstrip('*')}~\n" for line in lines).encode("ascii")
    items = [item for remittance in paying for item in carried[remittance.remittance_id]]
    listed_only = [item for remittance in ordered if remittance.remittance_id not in paid for item in carried[remittance.remittance_id]]
    totals = totals_of(items, [offset for remittance in paying for offset in remittance.offsets])
    roster = totals_of(listed_only, [])
    more = {
        "transactions": len(ordered),
        "roster_entries": roster["entries"],
        "roster_entry_ids_sha256": roster["entry_ids_sha256"],
        "roster_cents": roster["sum_cents"],
    }
    return put(path, data, "x12-820", [remittance.remittance_id for remittance in ordered], totals | more)


def _opening(settings: X12Settings, control: int, day: date) -> Iterator[tuple[str, ...]]:
    sender, receiver = settings.sender_id, settings.receiver_id
    isa = (
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        settings.sender_qualifier,
        f"{sender:<15}",
        settings.receiver_qualifier,
        f"{receiver:<15}",
    )
    usage = "P" if settings.usage == "production" else "T"
    yield (*isa, f"{day:%y%m%d}", "0000", "^", "00501", f"{control:09d}", "0", usage, ":")
    yield ("GS", "RA", sender.strip(), receiver.strip(), f"{day:%Y%m%d}", "0000", str(control), "X", _GUIDE)


def _transaction(
    remittance: Remittance, items: Sequence[RemittanceItem], settings: X12Settings, texts: Texts, *, pays: bool
) -> Iterator[tuple[str, ...]]:
    payer, payee, name = remittance.payer, remittance.payee, remittance.remittance_id
    offsets = remittance.offsets if pays else ()
    total = sum(item.amount_cents for item in items) - sum(offset.amount_cents for offset in offsets)
    yield _bpr(remittance, total, settings, texts, pays=pays)
    yield ("TRN", "3", texts.take(name, 50, f"{name}: remittance id"), f"1{payer.tax_id}")
    yield ("N1", "PE", texts.take(payee.name, 60, f"practice {payee.entity_id}: name"), "FI", payee.tax_id)
    if payee.has_address:
        yield ("N3", texts.take(payee.street, 55, f"practice {payee.entity_id}: street"))
        yield ("N4", texts.take(payee.city, 30, f"practice {payee.entity_id}: city", least=2), *_region(payee, texts))
    yield ("N1", "PR", texts.take(payer.name, 60, "payer name"), "FI", payer.tax_id)
    yield ("N3", texts.take(payer.street, 55, "payer street"))
    yield ("N4", texts.take(payer.city, 30, "payer city", least=2), payer.state, payer.zip)
    contact = ("TE", payer.contact_phone) if payer.contact_phone else ("EM", payer.contact_email)
    yield ("PER", "IC", texts.take(payer.contact_name, 60, "payer contact name"), contact[0], texts.take(contact[1], 256, "payer contact"))
    number = 1 if offsets else 0
    if offsets:
        yield from _recoveries(offsets, remittance, settings, texts)
    current: dict[str, list[RemittanceItem]] = defaultdict(list)
    for item in items:
        if not _changes_the_past(item):
            current[item.member_id].append(item)
    for member in sorted(current):
        number += 1
        yield from _member(number, member, settings, texts, name)
        for item in sorted(current[member], key=_in_time):
            yield ("RMR", "IK", texts.take(item.entry_id, 50, f"{name}: entry id"), "", amount(item.amount_cents))
            yield from _about(item, texts, name)
            yield _month(item)
    for item in sorted((item for item in items if _changes_the_past(item)), key=lambda item: (item.member_id, *_in_time(item))):
        number += 1
        yield from _member(number, item.member_id, settings, texts, name)
        yield ("ADX", amount(item.amount_cents), settings.adx.decrease if item.amount_cents < 0 else settings.adx.increase)
        yield ("RMR", "IK", texts.take(item.corrects or item.entry_id, 50, f"{name}: entry id"), "", "0")
        yield from _about(item, texts, name)
        yield ("REF", "ZZ", texts.take(f"ENTRY {item.entry_id}", 50, f"{name}: entry id"))
        yield _month(item)


def _bpr(remittance: Remittance, total: int, settings: X12Settings, texts: Texts, *, pays: bool) -> tuple[str, ...]:
    method = "NON" if not pays or total == 0 else "ACH" if settings.payment_method == "eft" else "CHK"
    banks = ("",) * 5
    account = ("",) * 4
    if method == "ACH":
        banks = ("CCP", "01", settings.bank_routing, "DA", texts.take(settings.bank_account, 35, "payer bank account"))
        payee = remittance.payee
        account = ("01", payee.bank_routing, "DA", texts.take(payee.bank_account, 35, f"practice {payee.entity_id}: bank account"))
    company = f"1{remittance.payer.tax_id}"
    return ("BPR", "I", amount(total), "C", method, *banks, company, "", *account, f"{remittance.payment_date:%Y%m%d}")


def _recoveries(offsets: Sequence[Offset], remittance: Remittance, settings: X12Settings, texts: Texts) -> Iterator[tuple[str, ...]]:
    """All recoveries under one ENT, for an organization has one: their ADX, then in the same order an RMR naming each receivable."""
    yield ("ENT", "1", "2L", "FI", remittance.payee.tax_id)
    for offset in offsets:
        yield ("ADX", amount(-offset.amount_cents), settings.adx.recovery)
    for offset in offsets:
        yield ("RMR", "IK", texts.take(offset.receivable_id, 50, f"{remittance.remittance_id}: receivable id"), "", "0")
        yield ("REF", "ZZ", f"RECOVERED {format_cents(offset.amount_cents)}")


def _member(number: int, member: str, settings: X12Settings, texts: Texts, name: str) -> Iterator[tuple[str, ...]]:
    code = texts.take(member, 80, f"{name}: a member id", least=2)
    yield ("ENT", str(number), "2J", settings.member_id_qualifier, code)
    yield ("NM1", "IL", "1", "", "", "", "", "", "N", code)


def _about(item: RemittanceItem, texts: Texts, name: str) -> Iterator[tuple[str, ...]]:
    """Rate, program and purpose, and reason of a line."""
    if item.rate_version:
        yield ("REF", "18", texts.take(item.rate_version, 50, f"{name}: rate version"))
    yield ("REF", "ZZ", texts.take(f"{item.program};{item.purpose}", 50, f"{name}: program and purpose"))
    if item.reason:
        yield ("REF", "ZZ", texts.take(item.reason, 50, f"{name}: reason"))


def _region(payee: Payee, texts: Texts) -> tuple[str, str]:
    where = f"practice {payee.entity_id}"
    return texts.take(payee.state, 2, f"{where}: state", least=2), texts.take(payee.zip, 15, f"{where}: zip", least=3)


def _month(item: RemittanceItem) -> tuple[str, ...]:
    return ("DTM", "582", "", "", "", "RD8", f"{item.period_start_date:%Y%m%d}-{item.period_end_date:%Y%m%d}")


def _changes_the_past(item: RemittanceItem) -> bool:
    """A correction, or a payment taken back; everything else is a payment of this cycle, for whichever month."""
    return bool(item.corrects) or item.amount_cents < 0


def _in_time(item: RemittanceItem) -> tuple[date, str, str]:
    return (item.period_start_date, item.purpose, item.entry_id)
