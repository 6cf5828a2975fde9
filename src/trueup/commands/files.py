"""Money files: `export` writes the 835, the 820, the T-MSIS records and each practice's remittance detail of a month's payments."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args

from cyclopts import Parameter
from rich.table import Table

from trueup.commands.books import LedgerAt, ledger_of, month_end
from trueup.commands.common import Assume, Programs, WorkspaceAt, app, out, program_of, show
from trueup.engine import DuckEngine
from trueup.errors import Refused
from trueup.inputs import register_batches
from trueup.ledger import results
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Obligation
from trueup.money import format_cents
from trueup.remittance.contents import IdType, Offset, Payee, Payer, Remittance, RemittanceItem, is_npi
from trueup.remittance.detail import write_detail
from trueup.remittance.ftx import write_ftx
from trueup.remittance.output import Written
from trueup.remittance.payer import PayerFile, load_payer
from trueup.remittance.x12 import paid_by
from trueup.remittance.x820 import write_820
from trueup.remittance.x835 import write_835
from trueup.rules.program import Program
from trueup.workspace import Workspace

_APPROVED = ("posted", "confirmed")
_PAYEE_COLUMNS = (
    "entity_id", "name", "tax_id", "id_type", "id", "street", "city", "state", "zip", "contact_name", "contact_phone", "contact_email",
    "bank_routing", "bank_account",
)  # fmt: skip
_NEEDED_COLUMNS = {"entity_id", "name", "tax_id", "id_type", "id"}


@app.command
def export(
    program: str,
    *,
    month: Annotated[str, Parameter(help="The month through which the remittances pay, like 2025-04.")],
    payer: Annotated[Path, Parameter(help="The payer file, see docs/how-to/money-files.md.")],
    to: Annotated[Path, Parameter(name="--out", help="Folder for the files.")],
    payees: Annotated[
        Path | None, Parameter(help="Practices as a CSV file; default: names and tax IDs of the loaded provider table.")
    ] = None,
    workspace: WorkspaceAt = Path(),
    ledger: LedgerAt = None,
    assume: Assume = None,
    programs: Programs = None,
) -> int:
    """Write the files of a month's approved remittances. Their totals tie to the ledger; the same remittances give the same bytes."""
    ws = Workspace.open(workspace)
    loaded = program_of(program, programs, assume)
    settings = load_payer(payer)
    month_end(month)
    with ledger_of(ws, ledger, create=False) as book:
        every = book.remittances(program=program)
        paying = [r for r in every if r.month == month and r.status in _APPROVED]
        if not paying:
            waiting = [r.remittance_id for r in every if r.month == month and r.status == "pending"]
            step = (
                f"Approve them first: trueup approve {' '.join(waiting)}"
                if waiting
                else f"Propose them: trueup remit {program} --month {month}"
            )
            raise Refused("TRU-U057", f"{program} has no approved remittance of {month}.", next_step=step)
        who = _payees(payees) if payees else _known_payees(ws)
        contents = [_contents(book, r, settings.payer, loaded, who) for r in paying]
        earlier = [_contents(book, r, settings.payer, loaded, who) for r in every if r.month < month and r.status in _APPROVED]
    to.mkdir(parents=True, exist_ok=True)
    written = list(_write(to, f"{program}-{month}", contents, earlier, settings, loaded))
    table = Table(title=f"{program}, {month}: {len(paying)} remittances, {format_cents(sum(r.total_cents for r in paying))}")
    table.add_column("file")
    table.add_column("entries", justify="right")
    table.add_column("dollars", justify="right")
    for one in written:
        table.add_row(one.path.name, str(one.totals["entries"]), format_cents(int(str(one.totals["sum_cents"]))))
    show(table)
    out.print(f"{to}: beside each file stand its totals.")
    return 0


def _write(
    to: Path, stem: str, contents: list[Remittance], earlier: list[Remittance], settings: PayerFile, program: Program
) -> Iterable[Written]:
    by_820 = [r for r in contents if any(item.purpose in settings.x12.member_purposes for item in r.items)]
    by_835 = [r for r in contents if paid_by(r, settings.x12) == "835"]
    if by_835:
        yield write_835(by_835, to / f"{stem}.835", settings.x12)
    if by_820:
        yield write_820(by_820, to / f"{stem}.820", settings.x12)
    if settings.tmsis is not None:
        models = {
            (program.id, purpose): program.text(f"arrangement.{purpose}.lan_category")
            for purpose in program.ids("arrangement")
            if program.known(f"arrangement.{purpose}.lan_category") or purpose in {i.purpose for r in contents for i in r.items}
        }
        yield write_ftx(contents, to / f"{stem}.ftx.csv", settings.tmsis, model_types=models, reported=earlier)
        if settings.tmsis.fixed is not None:
            yield write_ftx(contents, to / f"{stem}.ftx.txt", settings.tmsis, model_types=models, reported=earlier, layout="fixed")
    for one in contents:
        before = [r for r in earlier if r.payee.entity_id == one.payee.entity_id]
        for suffix in (".xlsx", ".csv"):
            yield write_detail(one, to / f"{stem}-{one.payee.entity_id}{suffix}", paid_before=before)


def _contents(book: Ledger, r: results.Remittance, payer: Payer, program: Program, payees: Mapping[str, Payee]) -> Remittance:
    """A remittance of the ledger as files carry it. A difference keeps its own id and the one it corrects."""
    if r.entity_id not in payees:
        message = f"nothing is known of practice {r.entity_id}: no provider row names it."
        raise Refused("TRU-U058", message, next_step="Load its provider rows, or name a file with --payees.")
    items = tuple(
        RemittanceItem(
            entry_id=line.line_id, program=line.obligation.program, purpose=line.obligation.purpose, entity_id=r.entity_id,
            member_id=line.obligation.member_id, **_span(program, line.obligation), cohort=line.obligation.cohort,
            amount_cents=line.amount_cents, reason=line.reason, corrects=line.corrects, rate_version=line.rate_version,
        )
        for line in r.lines
    )  # fmt: skip
    offsets = tuple(_offset(book, o, r.entity_id, program) for o in r.offsets)
    return Remittance(
        remittance_id=r.remittance_id, payer=payer, payee=payees[r.entity_id], payment_date=r.payment_date, items=items, offsets=offsets,
        total_cents=r.total_cents,
    )  # fmt: skip


def _offset(book: Ledger, offset: results.Offset, entity_id: str, program: Program) -> Offset:
    """What a remittance kept back, with the difference that made most of the receivable: reports by program name that one."""
    lines = [line for line in book.lines(entity_id=entity_id, entry_id=offset.posting_id) if line.delta_cents < 0]
    if not lines:
        return Offset(receivable_id=offset.receivable_id, amount_cents=offset.amount_cents)
    line = min(lines, key=lambda one: (one.delta_cents, one.line_id))
    return Offset(
        receivable_id=offset.receivable_id, amount_cents=offset.amount_cents,
        program=line.obligation.program, purpose=line.obligation.purpose,
        member_id=line.obligation.member_id, **_span(program, line.obligation), entry_id=line.line_id, corrects=line.corrects,
    )  # fmt: skip


def _span(program: Program, obligation: Obligation) -> dict[str, Any]:
    """The days an obligation is for: a month, or the days of a declared period."""
    if obligation.period[:1].isdigit():
        return {"period_start_date": date.fromisoformat(f"{obligation.period}-01"), "period_end_date": month_end(obligation.period)}
    period = program.period(obligation.period)
    return {"period_start_date": period.first_day, "period_end_date": period.last_day}


def _known_payees(ws: Workspace) -> dict[str, Payee]:
    """Practices as the loaded provider and crosswalk rows know them: the first row of each entity by NPI."""
    engine = DuckEngine()
    try:
        register_batches(engine, [b.path for b in ws.batches()])
        rows = engine.rows("provider", order_by=("npi", "source_file", "source_row"))
        owners = {r["tin"]: r["entity_id"] for r in engine.rows("entity_crosswalk", order_by=("tin", "effective_from"))}
    finally:
        engine.close()
    found: dict[str, Payee] = {}
    for row in rows:
        entity = owners.get(row["tin"]) or row["entity_id"] or row["tin"] or row["npi"]
        npi = str(row["npi"] or "")
        usable = is_npi(npi)
        tin = str(row["tin"] or "")
        payee = Payee(
            entity_id=entity, name=str(row["name"] or entity), tax_id=tin, id_type="npi" if usable else "tax_id", id=npi if usable else tin
        )
        found.setdefault(entity, payee)
    return found


def _payees(path: Path) -> dict[str, Payee]:
    """Practices from a CSV file with the columns of a payee; address and bank may be left out.

    Raises Refused (TRU-U059) for columns, identifiers or practices that leave open who is paid.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows, header = list(reader), set(reader.fieldnames or ())
    unknown, lacking = sorted(header - set(_PAYEE_COLUMNS)), sorted(_NEEDED_COLUMNS - header)
    if unknown or lacking:
        message = f"{path.name} lacks {', '.join(lacking) or 'nothing'} and has {', '.join(unknown) or 'nothing'} besides."
        raise Refused("TRU-U059", message, next_step=f"Its columns are {', '.join(_PAYEE_COLUMNS)}.")
    found: dict[str, Payee] = {}
    for line, row in enumerate(rows, 2):
        kind = next((k for k in get_args(IdType) if k == row["id_type"]), None)
        fault = f"id_type is {row['id_type'] or 'empty'}; expected npi, state_provider_id or tax_id" if kind is None else ""
        fault = f"{row['entity_id']} occurs twice" if row["entity_id"] in found else fault
        fault = "more fields than the header has" if None in row else fault
        if fault or kind is None:
            raise Refused("TRU-U059", f"{path.name}, line {line}: {fault}.", next_step="Correct the line.")
        given = {name: value or "" for name, value in row.items() if name != "id_type"}
        found[row["entity_id"]] = Payee(id_type=kind, **given)
    return found
