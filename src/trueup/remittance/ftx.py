"""T-MSIS v4 value-based payments: records of segment FTX00006, as CSV or in the fixed layout.

Grain: one record is one payment, one recoupment, or one half of a correction. The ledger posts differences; T-MSIS reports versions. So a
correction becomes a void of what was reported and a replacement with the new whole, under the ICN of the first payment, and the records
of a payment add up to what was paid for it. A recoupment is negative here (and positive in the PLB of an 835).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from trueup.errors import CheckFailed, Refused
from trueup.money import format_cents
from trueup.remittance.contents import Offset, Payee, Payer, Remittance, RemittanceItem, check_remittances, listed
from trueup.remittance.ftx_layout import AMOUNT, as_fixed, elements, placed
from trueup.remittance.output import Written, put, totals_of
from trueup.remittance.payer import TmsisSettings

ORIGINAL, VOID, REPLACEMENT = "0", "1", "4"
MODEL_TYPES = frozenset(["2A", "2B", "2C", "3A", "3B", "3N", "4A", "4B", "4C", "4N"])
"""Categories of the HCP-LAN framework, as VALUE-BASED-PAYMENT-MODEL-TYPE holds them."""
_MOST_CENTS = 9_999_999_999_999
_CARRIED = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class _Move:
    """Money that moved on a day for a program and period: a paid entry, or a recovery from the payment (negative)."""

    icn: str  # the entry's id, or the receivable's with the number of the recovery
    entry_id: str
    corrects: str
    program: str
    purpose: str
    member_id: str
    first_day: date
    last_day: date
    cents: int
    payer: Payer
    payee: Payee
    paid_on: date


@dataclass(slots=True)
class _Chain:
    """What has been reported of one payment so far, and whether a version stands that a correction must void."""

    icn: str
    cents: int
    stands: bool = True


@dataclass(frozen=True, slots=True)
class _Record:
    """`cents` is what the record adds to the money reported; `shown_cents` is the amount in the file."""

    move: _Move
    indicator: str
    icn_orig: str
    icn_adj: str
    cents: int
    shown_cents: int


class _Moves:
    """Turns remittances, oldest first, into moves; keeps what is left out and what is faulty."""

    def __init__(self, settings: TmsisSettings) -> None:
        self.settings = settings
        self.recoveries: Counter[str] = Counter()
        self.faults: list[str] = []

    def of(self, remittances: Sequence[Remittance]) -> tuple[list[_Move], list[RemittanceItem], list[Offset]]:
        """The moves, and the items and offsets that they report."""
        moves: list[_Move] = []
        items: list[RemittanceItem] = []
        offsets: list[Offset] = []
        for remittance in sorted(remittances, key=lambda r: (r.payment_date, r.remittance_id)):
            who = (remittance.payer, remittance.payee, remittance.payment_date)
            for i in remittance.items:
                if i.purpose in self.settings.purposes:
                    span = (i.period_start_date, i.period_end_date)
                    moves.append(_Move(i.entry_id, i.entry_id, i.corrects, i.program, i.purpose, i.member_id, *span, i.amount_cents, *who))
                    items.append(i)
            for o in remittance.offsets:
                self.recoveries[o.receivable_id] += 1
                if o.purpose and o.purpose not in self.settings.purposes:
                    continue
                if not (o.program and o.purpose and o.period_start_date and o.period_end_date):
                    self.faults.append(f"receivable {o.receivable_id} in remittance {remittance.remittance_id}")
                    continue
                icn = f"{o.receivable_id}.{self.recoveries[o.receivable_id]}"
                span = (o.period_start_date, o.period_end_date)
                moves.append(_Move(icn, o.entry_id, o.corrects, o.program, o.purpose, o.member_id, *span, -o.amount_cents, *who))
                offsets.append(o)
        return moves, items, offsets


def write_ftx(
    remittances: Sequence[Remittance],
    path: Path,
    settings: TmsisSettings,
    *,
    model_types: Mapping[tuple[str, str], str],
    reported: Sequence[Remittance] = (),
    layout: Literal["csv", "fixed"] = "csv",
) -> Written:
    """Write the records of these remittances, in order of payment date and id.

    `model_types` gives the LAN category of each program's payments by purpose, from its rules (`arrangement`). `reported` are the
    remittances of earlier files, from which corrections take their ICN and the amount they void. Entries and recoveries of purposes
    that are not reported in this segment (`purposes`) are left out and counted in the totals; `sum_cents` is what the records add up to.

    Raises Refused for incomplete contents (TRU-M001 to M006), a payment without a LAN category (TRU-M030), a recovery whose origin is
    not given (TRU-M031), a correction of an entry that was not reported (TRU-M032), values that do not fit (TRU-M033), settings that the
    records need (TRU-M034), and a fixed layout that is not settled (TRU-M035, M036). Nothing is written then.
    """
    check_remittances(remittances)
    reader = _Moves(settings)
    earlier, _, _ = reader.of(reported)
    moves, items, offsets = reader.of(remittances)
    if reader.faults:
        raise Refused(
            "TRU-M031",
            f"A recovery is reported with the program, purpose and period it came from; these give none: {listed(reader.faults)}.",
            next_step="Give them with the offset.",
        )
    if lacking := sorted({f"{m.program} {m.purpose}" for m in moves if model_types.get((m.program, m.purpose)) not in MODEL_TYPES}):
        raise Refused(
            "TRU-M030",
            f"These payments have no LAN category of {', '.join(sorted(MODEL_TYPES))}: {listed(lacking)}.",
            next_step="State it under `arrangement` in the program's rules.",
        )
    records = _records(earlier, moves, settings)
    computed = [_values(number, record, settings, model_types) for number, record in enumerate(records, start=1)]
    _check_settings(records, computed, settings)
    values = [settings.values | row for row in computed]
    _check_fit(values, records)
    data = _as_csv(values, settings) if layout == "csv" else _as_fixed(values, records, settings)
    totals = totals_of(items, offsets)
    if sum(record.cents for record in records) != totals["sum_cents"]:
        raise CheckFailed(
            "TRU-M037", "The records do not add up to the entries they report.", next_step="Report this; nothing was written."
        )
    everything = sum(remittance.total_cents for remittance in remittances)
    more = {
        "records": len(records),
        "records_by_adjustment_ind": {kind: sum(r.indicator == kind for r in records) for kind in (ORIGINAL, VOID, REPLACEMENT)},
        "sum_as_shown_cents": sum(record.shown_cents for record in records),
        "left_out": sum(len(r.items) + len(r.offsets) for r in remittances) - len(moves),
        "left_out_cents": everything - sum(move.cents for move in moves),
    }
    return put(path, data, f"tmsis-ftx00006-{layout}", [remittance.remittance_id for remittance in remittances], totals | more)


def _records(earlier: Sequence[_Move], moves: Sequence[_Move], settings: TmsisSettings) -> list[_Record]:
    """The records of `moves`; earlier ones are walked through only for the chains that they leave."""
    chains: dict[str, _Chain] = {}
    unknown: list[str] = []
    found: list[_Record] = []
    for index, move in enumerate([*earlier, *moves]):
        made = _report(move, chains, settings)
        if not made:
            unknown.append(f"{move.icn} corrects {move.corrects}")
        elif index >= len(earlier):
            found += made
    if unknown:
        raise Refused(
            "TRU-M032",
            f"These correct entries of which no report is known: {listed(unknown)}.",
            next_step="Give every earlier remittance of these practices as reported.",
        )
    return found


def _report(move: _Move, chains: dict[str, _Chain], settings: TmsisSettings) -> list[_Record]:
    """One record of a new payment or recoupment; a void and a replacement of a correction; nothing if what it corrects is not known."""
    if not move.corrects:
        chains[move.entry_id or move.icn] = _Chain(move.icn, move.cents)
        return [_Record(move, ORIGINAL, move.icn, "", move.cents, move.cents)]
    chain = chains.get(move.corrects)
    if chain is None:
        return []
    made: list[_Record] = []
    if chain.stands:
        shown = -chain.cents if settings.void_amount == "negative" else chain.cents
        made.append(_Record(move, VOID, chain.icn, f"{move.icn}-V", -chain.cents, shown))
    chain.cents += move.cents
    chain.stands = chain.cents != 0
    if chain.stands:
        made.append(_Record(move, REPLACEMENT, chain.icn, move.icn, chain.cents, chain.cents))
    chains[move.entry_id or move.icn] = chain
    return made


def _values(number: int, record: _Record, settings: TmsisSettings, model_types: Mapping[tuple[str, str], str]) -> dict[str, str]:
    move = record.move
    return {
        "RECORD-ID": "FTX00006",
        "SUBMITTING-STATE": settings.submitting_state,
        "RECORD-NUMBER": str(number),
        "ICN-ORIG": record.icn_orig,
        "ICN-ADJ": record.icn_adj,
        "ADJUSTMENT-IND": record.indicator,
        "PAYMENT-OR-RECOUPMENT-DATE": f"{move.paid_on:%Y%m%d}",
        AMOUNT: format_cents(record.shown_cents),
        "PAYER-ID": settings.submitting_state if settings.payer_id_type == "01" else move.payer.id,
        "PAYER-ID-TYPE": settings.payer_id_type,
        "PAYEE-ID": move.payee.id,
        "PAYEE-ID-TYPE": settings.payee_id_types.get(move.payee.id_type, ""),
        "PAYEE-TAX-ID": move.payee.tax_id,
        "PAYEE-TAX-ID-TYPE": settings.payee_tax_id_type,
        "MSIS-IDENTIFICATION-NUM": move.member_id,
        "PERFORMANCE-PERIOD-START-DATE": f"{move.first_day:%Y%m%d}",
        "PERFORMANCE-PERIOD-END-DATE": f"{move.last_day:%Y%m%d}",
        "VALUE-BASED-PAYMENT-MODEL-TYPE": model_types[move.program, move.purpose],
    }


def _check_settings(records: Sequence[_Record], computed: Sequence[Mapping[str, str]], settings: TmsisSettings) -> None:
    known = {element.name for element in elements()}
    faults = [f"[tmsis.values].{name}: not an element of FTX00006" for name in sorted(set(settings.values) - known)]
    faults += [
        f"[tmsis.values].{name}: trueup fills this element"
        for name in sorted(set(settings.values) & {name for row in computed for name in row})
    ]
    kinds = sorted({record.move.payee.id_type for record in records} - set(settings.payee_id_types))
    faults += [f"[tmsis.payee_id_types].{kind}: missing, and practices are identified this way" for kind in kinds]
    if faults:
        raise Refused("TRU-M034", f"The T-MSIS settings do not fit: {listed(faults)}.", next_step="Correct the payer file.")


def _check_fit(values: Sequence[Mapping[str, str]], records: Sequence[_Record]) -> None:
    """Every value is printable ASCII without delimiters or quotes, no longer than its element; dates are of this century."""
    widths = {element.name: element.width for element in elements()}
    faults: set[str] = set()
    for row, record in zip(values, records, strict=True):
        where = f"entry {record.move.icn}"
        for name, value in row.items():
            if name != AMOUNT and len(value) > widths[name]:
                faults.add(f"{where}: {name} has {len(value)} of {widths[name]} characters")
            if not _CARRIED.fullmatch(value) or any(mark in value for mark in ',|"'):
                faults.add(f"{where}: {name} holds a character that the file cannot carry")
        if abs(record.shown_cents) > _MOST_CENTS:
            faults.add(f"{where}: {AMOUNT} is above 99,999,999,999.99")
        if any(day.year // 100 != 20 for day in (record.move.paid_on, record.move.first_day, record.move.last_day)):
            faults.add(f"{where}: a date is not between 2000 and 2099")
    if faults:
        raise Refused("TRU-M033", f"Values do not fit their elements: {listed(sorted(faults))}.", next_step="Correct them at their source.")


def _as_csv(values: Sequence[Mapping[str, str]], settings: TmsisSettings) -> bytes:
    """A header of element names and one line a record. Elements of open spelling appear only where the payer file fills them."""
    names = [element.name for element in elements() if element.evidence != "open" or element.name in settings.values]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", delimiter=settings.delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(values)
    return out.getvalue().encode("ascii")


def _as_fixed(values: Sequence[Mapping[str, str]], records: Sequence[_Record], settings: TmsisSettings) -> bytes:
    if settings.fixed is None:
        raise Refused(
            "TRU-M034",
            "The fixed layout needs the form of a negative amount and the length of a record, which no source available to us states.",
            next_step="State them under [tmsis.fixed] of the payer file, from CMS's layout.",
        )
    layout = placed({name for row in values for name, value in row.items() if value}, settings.fixed)
    lines = [as_fixed(row, record.shown_cents, layout, settings.fixed) for row, record in zip(values, records, strict=True)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")
