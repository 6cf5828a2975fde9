"""The payment plan before anything is posted: what each practice would get and why, and every member-month behind it for the approver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trueup.errors import CheckFailed
from trueup.reports import words
from trueup.reports.case_rate_data import ADJUSTMENT, CASE_RATE
from trueup.reports.figures import must_equal
from trueup.reports.files import write_csv, write_workbook
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section
from trueup.reports.pages import render

PURPOSES = words.PURPOSES
_REASONS = {
    "cycle": "Due this month",
    "late_claim": "A claim came late",
    "void": "A claim was voided",
    "replacement": "A claim was replaced",
    "eligibility_retro": "Coverage changed",
    "attribution": "The member's care moved between practices",
    "loss": "The pregnancy ended",
    "death": "The member died",
    "rate_change": "The rate changed",
    "config_correction": "A rule was corrected",
    "no_longer_entitled": "No longer due",
    "attributed": "The practice holds the member",
    "handover": "Month of a change of practice",
    "overlap": "Two practices gave care in the month",
    "paid_twice": "Paid for what a case rate covers",
    "restored": "No case rate covers it",
}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One obligation that the posting would change, in cents; `delta_cents` = entitled less booked, positive to the practice.

    `period` is a month (YYYY-MM) or a period's id; `member_id` and `claim_id` are empty where the obligation has none.
    """

    entity_id: str
    purpose: str
    period: str
    member_id: str
    claim_id: str
    booked_cents: int
    entitled_cents: int
    delta_cents: int
    reason: str

    @property
    def kind(self) -> str:
        """`new` months that nothing was booked for, `correction` of months that were, `claim` corrections, or `other` purposes."""
        if self.purpose == ADJUSTMENT:
            return "claim"
        if self.purpose != CASE_RATE:
            return "other"
        return "correction" if self.booked_cents else "new"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What one practice would get, in cents. `new_months` counts member-months; the four parts add up to `total_cents`."""

    entity_id: str
    new_months: int
    new_cents: int
    correction_lines: int
    correction_cents: int
    claim_lines: int
    claim_cents: int
    other_cents: int

    @property
    def total_cents(self) -> int:
        return self.new_cents + self.correction_cents + self.claim_cents + self.other_cents


def plan_rows(lines: Iterable[PlanLine]) -> list[PlanRow]:
    """One row per practice, by id. Raises CheckFailed (TRU-C043) for a line whose change is not entitled less booked."""
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    total = 0
    for line in lines:
        if line.delta_cents != line.entitled_cents - line.booked_cents:
            raise CheckFailed(
                "TRU-C043",
                f"a {line.purpose} line of {line.entity_id}, {line.period}, changes by {line.delta_cents} cents; entitled less booked is"
                f" {line.entitled_cents - line.booked_cents}.",
                next_step="Do not post this plan; make it again.",
            )
        spot = sums[line.entity_id][line.kind]
        spot[0] += 1
        spot[1] += line.delta_cents
        total += line.delta_cents
    rows = [_row(entity, kinds) for entity, kinds in sorted(sums.items())]
    must_equal("the plan's rows", sum(row.total_cents for row in rows), total, "plan")
    return rows


def _row(entity_id: str, kinds: dict[str, list[int]]) -> PlanRow:
    new, correction, claim = kinds["new"], kinds["correction"], kinds["claim"]
    return PlanRow(entity_id, new[0], new[1], correction[0], correction[1], claim[0], claim[1], kinds["other"][1])


def plan_table(lines: Sequence[PlanLine], names: Mapping[str, str] | None = None) -> Grid:
    """The plan per practice as a grid: on a page, as CSV or as a sheet. Other purposes have a column only where there are any."""
    rows = plan_rows(lines)
    others = any(line.kind == "other" for line in lines)
    columns = (
        Column("practice", "Practice"),
        Column("new_months", "New months", "count", total=True),
        Column("new", "For new months", "money", total=True),
        Column("corrections", "Months corrected", "count", total=True),
        Column("corrected", "Corrections of months", "money", total=True),
        Column("claims", "Claims corrected", "count", total=True),
        Column("claim_corrections", "Corrections of claims", "money", total=True),
        *((Column("other", "Other payments", "money", total=True),) if others else ()),
        Column("total", "Total", "money", total=True),
    )
    known = names or {}
    cells: Rows = []
    for row in rows:
        name = f"{known[row.entity_id]} ({row.entity_id})" if row.entity_id in known else row.entity_id
        counted = [row.new_months, row.new_cents, row.correction_lines, row.correction_cents, row.claim_lines, row.claim_cents]
        cells.append([name, *counted, *([row.other_cents] if others else []), row.total_cents])
    return Grid("plan", "What would be posted, by practice", columns, cells, empty="Nothing would be posted: everything is booked.")


def plan_detail(lines: Sequence[PlanLine], names: Mapping[str, str] | None = None) -> Grid:
    """Every line of the plan, in a stable order. Holds whole member ids: for the people who post and approve, and in files only."""
    known = names or {}
    columns = (
        Column("entity", "Practice id"),
        Column("practice", "Practice"),
        Column("purpose", "For"),
        Column("period", "Month or period"),
        Column("member", "Member"),
        Column("claim", "Claim"),
        Column("booked", "Booked before", "money", total=True),
        Column("entitled", "Due in all", "money", total=True),
        Column("delta", "Would be posted", "money", total=True),
        Column("reason", "Why"),
    )
    ordered = sorted(lines, key=lambda x: (x.entity_id, x.purpose, x.period, x.member_id, x.claim_id))
    rows: Rows = [
        [
            line.entity_id,
            known.get(line.entity_id, ""),
            PURPOSES.get(line.purpose) or words.humanize(line.purpose),
            line.period,
            line.member_id,
            line.claim_id,
            line.booked_cents,
            line.entitled_cents,
            line.delta_cents,
            _REASONS.get(line.reason) or words.humanize(line.reason),
        ]
        for line in ordered
    ]
    return Grid("plan_lines", "Every line of the plan", columns, rows, on_page=False)


def plan_page(lines: Sequence[PlanLine], *, title: str, accounting_month: str, as_of: date, names: Mapping[str, str] | None = None) -> Page:
    """The plan as a page. `title` names the program, `accounting_month` (YYYY-MM) is the month everything would be posted in."""
    rows = plan_rows(lines)
    total, back = sum(row.total_cents for row in rows), [row for row in rows if row.total_cents < 0]
    month = words.month(accounting_month)
    if total >= 0:
        sentence = f"This plan would post {words.money(total)} to {words.plural(len(rows), 'practice')} in {month}"
    else:
        sentence = f"This plan would take back {words.money(-total)} from {words.plural(len(rows), 'practice')} in {month}"
    facts: list[tuple[str, str | Link]] = [
        ("Status", "A plan. Nothing is posted, and nothing is paid before a second person approves."),
        ("Data through", words.day(as_of)),
        ("Lines", f"{len(lines):,}; the workbook lists each with its reason"),
        ("Practices that would owe", f"{len(back):,}, {words.money(-sum(row.total_cents for row in back))} in all" if back else "None"),
        ("For", "The people who post and approve. The workbook holds whole member ids: do not pass it on."),
    ]
    reasons = _reasons(lines)
    return Page(
        title=f"Payment plan of {month}: {title}",
        heading=f"Payment plan of {month}",
        subtitle=title,
        answers=[Answer(sentence if rows else "This plan would post nothing", facts)],
        sections=[
            Section("plan", "By practice", [], [], [plan_table(lines, names), plan_detail(lines, names)]),
            Section("reasons", "Why money moves", ["Corrections land in this month, whatever month they are for."], [], [reasons]),
        ],
        about=[("Plan of", month), ("Data through", words.day(as_of)), ("Status", "A PLAN, NOT POSTED")],
    )


def _reasons(lines: Sequence[PlanLine]) -> Grid:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        spot = sums[line.purpose, line.reason]
        spot[0] += 1
        spot[1] += line.delta_cents
    rows: Rows = [
        [PURPOSES.get(purpose) or words.humanize(purpose), _REASONS.get(reason) or words.humanize(reason), *parts]
        for (purpose, reason), parts in sorted(sums.items())
    ]
    columns = (
        Column("purpose", "For"),
        Column("reason", "Why"),
        Column("lines", "Lines", "count", total=True),
        Column("delta", "Would be posted", "money", total=True),
    )
    return Grid("plan_reasons", "The plan by reason", columns, rows)


def write_plan(
    folder: Path, lines: Sequence[PlanLine], *, title: str, accounting_month: str, as_of: date, names: Mapping[str, str] | None = None
) -> list[Path]:
    """Write `plan.html`, `plan.csv` (per practice) and `plan.xlsx` (with every line) into `folder`; returns the three paths.

    Raises CheckFailed (TRU-C043) for a line whose change is not entitled less booked; then nothing is written.
    """
    page = plan_page(lines, title=title, accounting_month=accounting_month, as_of=as_of, names=names)
    folder.mkdir(parents=True, exist_ok=True)
    html, csv_file, book = folder / "plan.html", folder / "plan.csv", folder / "plan.xlsx"
    write_csv(page.sections[0].grids[0], csv_file)
    write_workbook(page, book, as_of)
    page.downloads.append(Link("Download the plan with every line as an Excel workbook", book.name))
    html.write_text(render(page, {"plan": csv_file.name}), encoding="utf-8", newline="")
    return [html, csv_file, book]
