# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""X12 835 (005010X221A1): incentives, other provider-level payments and recoupments, as PLB adjustments. It never holds an invented claim.

Grain: one transaction is one remittance; one adjustment is one ledger entry, or one offset, or, for payments for members, all entries of a
purpose (their roster is the 820). A negative PLB amount increases the payment and a positive one decreases it, so without claims
BPR02 = -(sum of PLB). Written by oxedi, which reads back what it wrote and refuses a file that is not clean.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from trueup.errors import Refused, UsageError
from trueup.remittance.contents import Remittance, check_remittances, listed
from trueup.remittance.output import Written, put, totals_of
from trueup.remittance.payer import X12Settings
from trueup.remittance.x12 import Texts, check_banks, control_number, paid_by

Row = dict[str, object]
_MORE_COLUMNS = {  # elements of the guide that oxedi's tables leave out
    "payer_company": {"segment": "BPR", "element": 10},
    "payer_bank_kind": {"segment": "BPR", "element": 6},
    "payer_bank": {"segment": "BPR", "element": 7},
    "payer_account_kind": {"segment": "BPR", "element": 8},
    "payer_account": {"segment": "BPR", "element": 9},
    "payee_bank_kind": {"segment": "BPR", "element": 12},
    "payee_bank": {"segment": "BPR", "element": 13},
    "payee_account_kind": {"segment": "BPR", "element": 14},
    "payee_account": {"segment": "BPR", "element": 15},
    "payer_known_as_kind": {"loop": "1000A", "occurrence": "additional_payer_identification", "element": 1},
    "payer_known_as": {"loop": "1000A", "occurrence": "additional_payer_identification", "element": 2},
    "payee_tax_id_kind": {"loop": "1000B", "occurrence": "payee_additional_identification", "element": 1},
    "payee_tax_id": {"loop": "1000B", "occurrence": "payee_additional_identification", "element": 2},
}


def write_835(remittances: Sequence[Remittance], path: Path, settings: X12Settings) -> Written:
    """Write one interchange with one transaction for each remittance, in order of their ids.

    Raises UsageError (TRU-M020) without oxedi; Refused for incomplete contents (TRU-M001 to M006, M015, M016), for a remittance that the
    820 pays (TRU-M021), and where oxedi finds the file not valid (TRU-M022). Nothing is written then.
    """
    oxedi = _oxedi()
    check_remittances(remittances)
    ordered = sorted(remittances, key=lambda remittance: remittance.remittance_id)
    if twice := [r.remittance_id for r in ordered if paid_by(r, settings) == "820"]:
        raise Refused(
            "TRU-M021",
            f"The 820 pays these remittances, so an 835 would pay them twice: {listed(twice)}.",
            next_step='Write them with the 820, or set case_rates_paid_by = "835" in the payer file.',
        )
    check_banks(ordered, settings)
    texts = Texts()
    payments = [_payment(remittance, settings, texts) for remittance in ordered]
    adjustments = [{"payment": index, **adjustment} for index, r in enumerate(ordered) for adjustment in _adjustments(r, settings, texts)]
    texts.refuse("835")
    spec = oxedi.Spec.builtin().patch({"tables": {"payments": {"columns": _MORE_COLUMNS}}})
    schema: dict[str, Any] = spec.schema()
    envelope = oxedi.Envelope(
        sender_id=settings.sender_id,
        receiver_id=settings.receiver_id,
        sender_qualifier=settings.sender_qualifier,
        receiver_qualifier=settings.receiver_qualifier,
        usage_indicator="P" if settings.usage == "production" else "T",
        control_number=control_number("835", ordered),
        date=max(remittance.payment_date for remittance in ordered),
        time=time(0, 0),
        line_break=True,
    )
    tables = {"payments": _table(schema["payments"], payments), "provider_adjustments": _table(schema["provider_adjustments"], adjustments)}
    try:
        data: bytes = oxedi.write(tables, envelope, spec=spec)
    except oxedi.WriteError as error:
        found = [f"{finding.kind} at {finding.table or finding.field}.{finding.column or ''}" for finding in error.findings]
        raise Refused(
            "TRU-M022", f"The 835 would not be valid: {listed(found) or type(error).__name__}.", next_step="Report this."
        ) from None
    items = [item for remittance in ordered for item in remittance.items]
    offsets = [offset for remittance in ordered for offset in remittance.offsets]
    more = {"transactions": len(ordered), "adjustments": len(adjustments)}
    return put(path, data, "x12-835", [r.remittance_id for r in ordered], totals_of(items, offsets) | more)


def _payment(remittance: Remittance, settings: X12Settings, texts: Texts) -> Row:
    payer, payee, name = remittance.payer, remittance.payee, remittance.remittance_id
    company = f"1{payer.tax_id}"
    row: Row = {
        "handling_code": "I" if remittance.total_cents else "H",
        "total_payment_amount": remittance.total_cents,
        "credit_debit_flag": "C",
        "payment_method": "CHK" if remittance.total_cents else "NON",
        "payment_date": remittance.payment_date,
        "production_date": remittance.payment_date,
        "payer_company": company,
        "payer_identifier": company,
        "trace_number": texts.take(name, 50, f"{name}: remittance id"),
        "payer_name": texts.take(payer.name, 60, "payer name"),
        "payer_address": texts.take(payer.street, 55, "payer street"),
        "payer_city": texts.take(payer.city, 30, "payer city", least=2),
        "payer_state": payer.state,
        "payer_zip": payer.zip,
        "payer_known_as_kind": "2U",
        "payer_known_as": texts.take(payer.id, 50, "payer id"),
        "payer_technical_contact_name": texts.take(payer.contact_name, 60, "payer contact name"),
        "payer_technical_contact_qualifier": "TE" if payer.contact_phone else "EM",
        "payer_technical_contact_number": texts.take(payer.contact_phone or payer.contact_email, 256, "payer contact"),
        "payee_name": texts.take(payee.name, 60, f"practice {payee.entity_id}: name"),
    }
    if payee.id_type == "npi":
        row |= {"payee_id_qualifier": "XX", "payee_id": payee.id, "payee_tax_id_kind": "TJ", "payee_tax_id": payee.tax_id}
    else:
        row |= {"payee_id_qualifier": "FI", "payee_id": payee.tax_id}
    if payee.has_address:
        row |= {
            "payee_address": texts.take(payee.street, 55, f"practice {payee.entity_id}: street"),
            "payee_city": texts.take(payee.city, 30, f"practice {payee.entity_id}: city", least=2),
            "payee_state": texts.take(payee.state, 2, f"practice {payee.entity_id}: state", least=2),
            "payee_zip": texts.take(payee.zip, 15, f"practice {payee.entity_id}: zip", least=3),
        }
    if settings.payment_method == "eft" and remittance.total_cents:
        row |= {"payment_method": "ACH", "payment_format": "CCP", "payer_bank_kind": "01", "payer_bank": settings.bank_routing}
        row |= {"payer_account_kind": "DA", "payer_account": texts.take(settings.bank_account, 35, "payer bank account")}
        row |= {"payee_bank_kind": "01", "payee_bank": payee.bank_routing, "payee_account_kind": "DA"}
        row |= {"payee_account": texts.take(payee.bank_account, 35, f"practice {payee.entity_id}: bank account")}
    return row


def _adjustments(remittance: Remittance, settings: X12Settings, texts: Texts) -> list[Row]:
    """The PLB of a remittance, in order: single entries, purposes paid for members, offsets. Amounts have the sign of PLB."""
    name, codes = remittance.remittance_id, settings.plb.model_dump()
    provider = texts.take(remittance.payee.id, 50, f"practice {remittance.payee.entity_id}: id")
    fiscal = date(remittance.payment_date.year, 12, 31)  # the guide's day where the payer does not know the practice's fiscal year
    single: list[tuple[str, str, int]] = []
    together: dict[tuple[str, bool], int] = {}
    for item in remittance.items:
        code = codes[item.purpose] if item.amount_cents > 0 else codes["recovery"]
        if item.purpose in settings.member_purposes:
            kind = (code, item.amount_cents > 0)
            together[kind] = together.get(kind, 0) + item.amount_cents
        else:
            single.append((code, texts.take(item.entry_id, 50, f"{name}: entry id"), item.amount_cents))
    parts = single + [(code, texts.take(name, 50, f"{name}: remittance id"), cents) for (code, _), cents in sorted(together.items())]
    parts += [(codes["recovery"], texts.take(o.receivable_id, 50, f"{name}: receivable id"), -o.amount_cents) for o in remittance.offsets]
    return [
        {"provider_id": provider, "fiscal_period_date": fiscal, "reason_code": code, "reference_id": reference, "amount": -cents}
        for code, reference, cents in parts
    ]


def _table(schema: Any, rows: Sequence[Row]) -> Any:
    """Rows as oxedi's tables hold them: codes as bytes, money as exact decimals of cents."""
    numbered = [{"row": number, **row} for number, row in enumerate(rows)]
    return pa.table([pa.array([_cell(row.get(f.name), f.type) for row in numbered], f.type) for f in schema], schema=schema)


def _cell(value: object, kind: Any) -> object:
    if isinstance(value, str):
        return value.encode("ascii")
    return Decimal(value).scaleb(-2) if isinstance(value, int) and pa.types.is_decimal(kind) else value


def _oxedi() -> Any:
    try:
        import oxedi
    except ImportError:
        raise UsageError(
            "TRU-M020",
            "Writing an 835 needs the library oxedi, which is not installed.",
            next_step='Install the extra: pip install "trueup[x12]".',
        ) from None
    return oxedi
