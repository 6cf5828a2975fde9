"""The remittance detail a practice reads: why this payment is what it is, one row for each member and month, adding up to the payment.

Grain: one file is one remittance, so that a practice sees only its own. Member ids appear here and nowhere else a person reads.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trueup.money import format_cents
from trueup.remittance.contents import Offset, Remittance, RemittanceItem, check_remittances
from trueup.remittance.output import Written, put, totals_of
from trueup.remittance.workbook import Sheet, workbook

Cell = str | int | date | None
COLUMNS = (
    ("member_id", "Member", "text"),
    ("period_start_date", "From", "date"),
    ("period_end_date", "To", "date"),
    ("program", "Program", "text"),
    ("paid_for", "Paid for", "text"),
    ("why", "Why", "text"),
    ("corrects", "What it changes", "text"),
    ("rate_version", "Rate", "text"),
    ("amount", "Amount", "money"),
    ("entry_id", "Reference", "text"),
)
PAID_FOR = {
    "case_rate": "Monthly case rate",
    "ffs_adjustment": "Adjustment of fee-for-service claims",
    "shared_savings": "Shared savings or loss",
    "quality_bonus": "Quality bonus",
    "challenge_pool": "Challenge pool",
    "tier_add_on": "Tier add-on",
    "interim_add_on": "Interim add-on",
    "member_fee": "Monthly fee for members",
}
WHY = {
    "cycle": "Regular monthly payment",
    "late_claim": "A claim that came late",
    "void": "A claim was voided",
    "replacement": "A claim was replaced",
    "eligibility_retro": "Coverage changed for a past month",
    "attribution": "The member is attributed to another practice",
    "loss": "The pregnancy ended early",
    "death": "The member died",
    "rate_change": "The rate changed for a past month",
    "settlement": "Settlement of the period",
    "true_up": "Later settlement of the period",
    "appeal": "Outcome of a dispute",
    "correction": "Correction of an error",
}
_REASONS = {reason: place for place, reason in enumerate(WHY)}
_RUNNABLE = re.compile(r"^[=+\-@\t\r]")


@dataclass(frozen=True)
class _Earlier:
    """An entry that was paid before, as a later one refers to it."""

    remittance_id: str
    paid_on: date
    cents: int


def write_detail(remittance: Remittance, path: Path, *, paid_before: Sequence[Remittance] = ()) -> Written:
    """Write the detail of one payment, as CSV or as a workbook (`.xlsx`) by the suffix of `path`.

    `paid_before` are the earlier payments to the practice (those to others are ignored): a correction then says which payment it
    changes, of which day and amount, and the workbook lists the members who are new or gone since the last of them.
    The workbook carries the payment date as its creation date, so that the same input gives the same bytes. Raises Refused (TRU-M001
    to M006) for contents that no file may carry.
    """
    check_remittances([remittance])
    own = sorted(
        (r for r in paid_before if r.payee.entity_id == remittance.payee.entity_id), key=lambda r: (r.payment_date, r.remittance_id)
    )
    known = {
        item.entry_id: _Earlier(earlier.remittance_id, earlier.payment_date, item.amount_cents)
        for earlier in [*own, remittance]
        for item in earlier.items
    }
    rows = [_item_row(item, known) for item in sorted(remittance.items, key=_reading_order)]
    rows += [_offset_row(offset) for offset in remittance.offsets]
    assert sum(row[8] for row in rows if isinstance(row[8], int)) == remittance.total_cents
    if path.suffix == ".xlsx":
        sheets = [_summary(remittance), _detail(rows, remittance), *(_members(remittance, earlier) for earlier in own[-1:])]
        data = workbook(sheets, remittance.payment_date, f"Remittance {remittance.remittance_id}")
    else:
        data = _as_csv(rows)
    return put(
        path, data, "remittance-detail", [remittance.remittance_id], totals_of(remittance.items, remittance.offsets) | {"rows": len(rows)}
    )


def _reading_order(item: RemittanceItem) -> tuple[bool, bool, str, date, str, str]:
    """Payments of this cycle by member and month, then changes to earlier payments, then what is for no member."""
    return (not item.member_id, _is_change(item), item.member_id, item.period_start_date, item.purpose, item.entry_id)


def _item_row(item: RemittanceItem, known: Mapping[str, _Earlier]) -> list[Cell]:
    return [
        item.member_id,
        item.period_start_date,
        item.period_end_date,
        item.program,
        _paid_for(item),
        _why(item),
        _changes(item, known),
        item.rate_version,
        item.amount_cents,
        item.entry_id,
    ]


def _paid_for(item: RemittanceItem) -> str:
    cohort = f", {item.cohort}" if item.cohort else ""
    return f"{PAID_FOR[item.purpose]}{cohort}"


def _why(item: RemittanceItem) -> str:
    return WHY.get(item.reason, item.reason.replace("_", " ").capitalize())


def _is_change(item: RemittanceItem) -> bool:
    """A correction, or money taken back; everything else is a payment of this cycle."""
    return bool(item.corrects) or item.amount_cents < 0


def _dollars(cents: int) -> str:
    sign = "minus " if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _changes(item: RemittanceItem, known: Mapping[str, _Earlier]) -> str:
    if not item.corrects:
        return ""
    earlier = known.get(item.corrects)
    if earlier is None:
        return f"Entry {item.corrects}"
    paid = f"{_dollars(earlier.cents)} paid on {earlier.paid_on.isoformat()}"
    return f"Entry {item.corrects}: {paid} with remittance {earlier.remittance_id}"


def _offset_row(offset: Offset) -> list[Cell]:
    paid_for = PAID_FOR.get(offset.purpose, "")
    why = "Recovered from this payment: an earlier overpayment"
    what = f"Receivable {offset.receivable_id}"
    return [
        offset.member_id,
        offset.period_start_date,
        offset.period_end_date,
        offset.program,
        paid_for,
        why,
        what,
        "",
        -offset.amount_cents,
        offset.entry_id,
    ]


def _summary(remittance: Remittance) -> Sheet:
    """The payment in words and in parts: what it is, then lines and dollars by what they are for and why, ending in the payment."""
    parts: dict[tuple[int, str, str], list[int]] = {}
    for item in sorted(remittance.items, key=lambda item: (_is_change(item), _REASONS.get(item.reason, len(_REASONS)), item.reason)):
        group = parts.setdefault((int(_is_change(item)), _paid_for(item), _why(item)), [0, 0])
        group[0] += 1
        group[1] += item.amount_cents
    label = ("Payments of this cycle", "Changes to earlier payments")
    rows: list[list[Cell]] = [[label[kind], what, why, count, cents] for (kind, what, why), (count, cents) in parts.items()]
    if remittance.offsets:
        rows.append(["Recovered", "Receivables", "Earlier overpayments", len(remittance.offsets), -remittance.offsets_cents])
    about = [
        f"{remittance.payee.name} is paid {_dollars(remittance.total_cents)} on {remittance.payment_date.isoformat()}.",
        f"Remittance {remittance.remittance_id}: this is the trace number of the payment and of its 835 or 820.",
        f"Paid by {remittance.payer.name}. Questions: {remittance.payer.contact_name}, "
        f"{remittance.payer.contact_phone or remittance.payer.contact_email}.",
    ]
    columns = (("Part", "text"), ("Paid for", "text"), ("Why", "text"), ("Lines", "count"), ("Amount", "money"))
    return Sheet(
        "Summary", about, columns, rows, {3: sum(len(x) for x in (remittance.items, remittance.offsets)), 4: remittance.total_cents}
    )


def _members(remittance: Remittance, earlier: Remittance) -> Sheet:
    """Who is paid for now and was not in the last payment, and the other way round; changes to earlier months do not count."""
    now, before = _paid_members(remittance), _paid_members(earlier)
    rows: list[Sequence[Cell]] = [["No longer in this payment", m, what, before[m, what]] for m, what in sorted(set(before) - set(now))]
    rows += [["New in this payment", m, what, now[m, what]] for m, what in sorted(set(now) - set(before))]
    about = [
        f"Members since remittance {earlier.remittance_id} of {earlier.payment_date.isoformat()}.",
        f"{len(before)} then, {len(now)} now. It names members: keep it as you keep health records.",
    ]
    columns = (("Since then", "text"), ("Member", "text"), ("Paid for", "text"), ("Latest month paid, from", "date"))
    return Sheet("Members", about, columns, rows, {})


def _paid_members(remittance: Remittance) -> dict[tuple[str, str], date]:
    found: dict[tuple[str, str], date] = {}
    for item in remittance.items:
        if item.member_id and not _is_change(item):
            key = (item.member_id, _paid_for(item))
            found[key] = max(found.get(key, item.period_start_date), item.period_start_date)
    return found


def _detail(rows: Sequence[Sequence[Cell]], remittance: Remittance) -> Sheet:
    about = [f"Every line of remittance {remittance.remittance_id}. It names members: keep it as you keep health records."]
    return Sheet("Detail", about, tuple((label, kind) for _, label, kind in COLUMNS), rows, {8: remittance.total_cents})


def _as_csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Header of column keys, dollars with two decimals, ISO dates, LF line ends; no text that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([key for key, _, _ in COLUMNS])
    for row in rows:
        writer.writerow([_plain(value, kind) for value, (_, _, kind) in zip(row, COLUMNS, strict=True)])
    return out.getvalue().encode()


def _plain(value: Cell, kind: str) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()
        case int() if kind == "money":
            return format_cents(value)
        case _:
            text = str(value)
            return f"'{text}" if _RUNNABLE.match(text) else text
