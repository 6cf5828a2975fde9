"""The case-rate page of one practice: what each month pays, what the zero-paid claims would have cost, and each member's months."""

from __future__ import annotations

from collections import defaultdict

from trueup.reports import privacy, sections, words
from trueup.reports.case_rate_data import ADJUSTMENT, CASE_RATE, MonthRow, PracticeRates
from trueup.reports.case_rate_words import END_DATES, ENDS, GAPS, HOLDS, UNPAID, counted
from trueup.reports.case_rate_words import why_unpaid as _why
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.source import Row

TERMS = (
    ("Case rate", "A fixed amount for each calendar month in which a member is in your care."),
    ("Zero-paid line", "A claim line that a case rate stands for. It is sent as always and paid at zero."),
    ("Shadow dollars", "What the zero-paid lines would have paid without the case rate. Nobody pays them."),
    ("Correction of a claim", "A line that was paid and should have been zero, or was zero and should have been paid."),
    ("Not due yet", "A month that is paid when its turn comes, if nothing changes."),
)


def case_rate_page(mine: PracticeRates) -> Page:
    """The page of one practice. Raises CheckFailed (TRU-C041) where rows do not add up to its payments."""
    run = mine.rates.run
    return Page(
        title=f"Case rates of {mine.name}: {run.title}",
        heading=f"Case rates of {mine.name}",
        subtitle=run.subtitle,
        answers=[Answer(_sentence(mine), _facts(mine))],
        sections=[
            _months(mine),
            *([_posted(mine)] if mine.posted is not None else []),
            _lines(mine),
            _expected(mine),
            _members(mine),
            _terms(),
            sections.assumed(run),
            sections.versions(run),
        ],
        about=sections.version_facts(run),
    )


def _sentence(mine: PracticeRates) -> str:
    if not mine.paid:
        return "No month of a case rate is due to you"
    return f"Your case rates come to {words.money(mine.paid_cents)} for {words.plural(len(mine.paid), 'month')} of members in your care"


def _facts(mine: PracticeRates) -> list[tuple[str, str | Link]]:
    run, gap = mine.rates.run, mine.paid_cents - mine.shadow_cents
    members = len({m.row["member_id"] for m in mine.paid})
    status = run.standing
    facts: list[tuple[str, str | Link]] = [("Status", status), ("Data through", words.day(run.as_of))]
    if mine.paid:
        first, last = min(m.row["month"] for m in mine.paid), max(m.row["month"] for m in mine.paid)
        facts.append(("Months", f"{words.month(first)} to {words.month(last)}, {words.plural(members, 'member')}"))
    side = "more" if gap >= 0 else "less"
    facts.append(
        (
            "Against fee for service",
            f"The claims received that these case rates stand for would have paid {words.money(mine.shadow_cents)}:"
            f" the case rates are {words.money(abs(gap))} {side}. Claims that are missing are not in it.",
        )
    )
    if mine.adjustment_cents:
        facts.append(("Corrections of claims", f"{words.money(mine.adjustment_cents)} (below zero is taken back)"))
    facts.append(("Claims received", received_words(mine)))
    due = mine.still_due
    cents = sum(m.row["rate_amount_cents"] or 0 for m in due)
    facts.append(("Still to come", f"{words.plural(len(due), 'month')}, {words.money(cents)}, if nothing changes" if due else "Nothing"))
    facts.append(
        ("Next step", "Check your members and months below. If one looks wrong, note its pregnancy id and ask your program office.")
    )
    return facts


def received_words(mine: PracticeRates) -> str:
    """`40 zero-paid lines; about 60 are expected`, and what a gap means."""
    got = words.plural(mine.lines_received, "zero-paid line")
    expected = mine.lines_expected(len(mine.paid))
    if expected is None:
        return f"{got}. How many to expect is not known: the practice has no base."
    return f"{got}; about {expected:,} are expected for your paid months. {GAPS}"


# --- by month ---------------------------------------------------------------------------------------------------------------------


def _months(mine: PracticeRates) -> Section:
    others = _for_other_months(mine)
    columns = (
        Column("month", "Month", "month"),
        Column("members", "Members paid", "count"),
        Column("case_rate", "Case rates", "money", total=True),
        *((Column("other_months", "Posted in it for other months", "money", total=True),) if mine.posted is not None else ()),
        Column("shadow", "Shadow dollars of its claims", "money", total=True),
        Column("difference", "Case rates less shadow", "money", total=True),
        Column("claim_corrections", "Corrections of claims", "money", total=True),
    )
    rows: Rows = []
    months = {m.month: m for m in mine.by_month}
    for month in sorted({*months, *others}):
        m = months.get(month)
        members, paid, shadow, fixed = (m.members, m.paid_cents, m.shadow_cents, m.adjustment_cents) if m else (0, 0, 0, 0)
        more: list[Cell] = [others.get(month, 0)] if mine.posted is not None else []
        rows.append([month, members, paid, *more, shadow, paid - shadow, fixed])
    text = [
        "Each month stands with what it pays by the rules as known today. A change of an earlier month changes that month's row.",
        "Some codes stand for several months and carry one date, so compare the totals rather than single months.",
    ]
    grid = Grid("case_rates_by_month", "Case rates and shadow dollars by month", columns, rows, empty="No month is paid.")
    return Section("months", "What each month pays", text, [], [grid])


def _for_other_months(mine: PracticeRates) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in mine.posted or ():
        if row.purpose == CASE_RATE and row.period != row.accounting_month:
            found[row.accounting_month] += row.amount_cents
    return dict(found)


def _posted(mine: PracticeRates) -> Section:
    """What a ledger booked, by the month it was posted in, against what the run says is due."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in mine.posted or ():
        place = 2 if row.purpose == ADJUSTMENT else 0 if row.period == row.accounting_month else 1
        if row.purpose in (CASE_RATE, ADJUSTMENT):
            sums[row.accounting_month][place] += row.amount_cents
    columns = (
        Column("posted_in", "Posted in", "month"),
        Column("same_month", "For the same month", "money", total=True),
        Column("other_months", "For other months", "money", total=True),
        Column("claim_corrections", "Corrections of claims", "money", total=True),
        Column("posted", "Posted", "money", total=True),
    )
    rows: Rows = [[month, *parts, sum(parts)] for month, parts in sorted(sums.items())]
    booked, due = sum(sum(parts) for parts in sums.values()), mine.paid_cents + mine.adjustment_cents
    text = [f"{words.money(booked)} is posted, {words.money(due)} is due by the rules as known today."]
    text.append(
        "Nothing is left to post." if booked == due else f"{words.money(due - booked)} is still to be posted (below zero is taken back)."
    )
    grid = Grid("posted_by_month", "What was posted to you", columns, rows, empty="Nothing is posted yet.")
    return Section("posted", "What was posted, and what is left", text, [], [grid])


# --- encounters -------------------------------------------------------------------------------------------------------------------


def _lines(mine: PracticeRates) -> Section:
    columns = (
        Column("month", "Month", "month"),
        Column("paid_months", "Months paid", "count", total=True),
        Column("received", "Zero-paid lines received", "count", total=True),
        Column("expected", "Expected, about", "count"),
    )
    rows: Rows = []
    for m in mine.by_month:
        months = sum(1 for p in mine.paid if p.row["month"] == m.month)
        rows.append([m.month, months, m.lines, mine.lines_expected(months)])
    text = [received_words(mine)]
    lines, months = mine.rates.basis.get(mine.entity_id, (0, 0))
    if months:
        text.append(f"In your base, {words.plural(months, 'month')} brought {words.plural(lines, 'line')}: that is what expected rests on.")
    text.append("Claims of the latest months are still arriving. Send every visit as a claim, also where it pays zero.")
    grid = Grid("zero_paid_lines", "Zero-paid lines by month of service", columns, rows, empty="No line was received.")
    return Section("encounters", "Claims received against claims expected", text, [], [grid])


# --- what is still to come --------------------------------------------------------------------------------------------------------


def _expected(mine: PracticeRates) -> Section:
    by_month: dict[str, list[MonthRow]] = defaultdict(list)
    for m in mine.still_due:
        by_month[m.row["month"]].append(m)
    rows: Rows = []
    for month, due in sorted(by_month.items()):
        open_ones = sum(1 for m in due if _end(mine, m.row["pregnancy_id"]) == "open")
        rows.append([month, len(due), len(due) - open_ones, open_ones, sum(m.row["rate_amount_cents"] or 0 for m in due)])
    columns = (
        Column("month", "Month", "month"),
        Column("months", "Months to come", "count", total=True),
        Column("after_birth", "After a birth or loss", "count", total=True),
        Column("still_pregnant", "Still pregnant", "count", total=True),
        Column("case_rate", "Case rates at today's rate", "money", total=True),
    )
    text = ["These months are paid when they are due, if the members stay covered and in your care."]
    grid = Grid("months_to_come", "Months still to come", columns, rows, empty="No month is still to come.")
    return Section("expected", "Months still to come", text, [], [grid])


def _end(mine: PracticeRates, pregnancy_id: str) -> str:
    known = mine.rates.pregnancies.get(pregnancy_id)
    return known["end_kind"] if known else ""


# --- members ----------------------------------------------------------------------------------------------------------------------


def _members(mine: PracticeRates) -> Section:
    groups: dict[str, list[MonthRow]] = defaultdict(list)
    listed = [m for m in mine.months if not mine.rates.is_early(m)]
    early = len(mine.months) - len(listed)
    for m in listed:
        groups[m.row["pregnancy_id"]].append(m)
    rows = [_member(mine, pregnancy, months) for pregnancy, months in sorted(groups.items(), key=lambda item: _order(item[1]))]
    columns = (
        Column("pregnancy", "Pregnancy id"),
        Column("member", "Member, last characters"),
        Column("end", "How it ended"),
        Column("end_date", "On", "date"),
        Column("first_month", "First month", "month", on_page=False),
        Column("last_month", "Last month paid", "month", on_page=False),
        Column("paid", "Months paid", "count", total=True),
        Column("case_rate", "Case rates", "money", total=True),
        Column("unpaid", "Months not paid", "count", total=True),
        Column("why", "Why not paid"),
        Column("to_come", "Still to come", "count", total=True),
    )
    month_columns = (
        Column("pregnancy", "Pregnancy id"),
        Column("member", "Member, last characters"),
        Column("month", "Month", "month"),
        Column("holds", "Whose month it is"),
        Column("rule", "Why"),
        Column("paid", "Paid"),
        Column("case_rate", "Case rate", "money", total=True),
        Column("why", "Why not paid"),
    )
    every: Rows = [_month(m) for months in sorted(groups.values(), key=_order) for m in sorted(months, key=lambda m: m.row["month"])]
    text = ["Name the pregnancy id when you ask about a member. The workbook lists every month with its reason."]
    if early:
        text.append(f"{words.plural(early, 'month')} before the program, or of pregnancies that ended before it, are left out.")
    grids = [
        Grid("members", "Your members and their months", columns, rows, empty="No member has a month with you."),
        Grid("member_months", "Every month with its reason", month_columns, every, on_page=False),
    ]
    return Section("members", "Your members, month by month", text, [], grids)


def _order(months: list[MonthRow]) -> tuple[str, str]:
    return min(m.row["month"] for m in months), months[0].row["pregnancy_id"]


def _member(mine: PracticeRates, pregnancy: str, months: list[MonthRow]) -> list[Cell]:
    known: Row = mine.rates.pregnancies.get(pregnancy) or {"end_kind": "", "end_date": None}
    paid = [m for m in months if m.paid]
    due = [m for m in months if m.unpaid_reason == "not_due"]
    unpaid = [m for m in months if not m.paid and m.unpaid_reason != "not_due"]
    end = ENDS.get(known["end_kind"]) or words.humanize(known["end_kind"] or "")
    return [
        pregnancy,
        privacy.mask(months[0].row["member_id"]),
        f"{end}, {END_DATES[known['end_kind']]}" if known["end_kind"] in END_DATES else end,
        known["end_date"],
        min(m.row["month"] for m in months),
        max((m.row["month"] for m in paid), default=""),
        len(paid),
        sum(m.paid_cents for m in paid),
        len(unpaid),
        counted(why_unpaid(m) for m in unpaid),
        len(due),
    ]


def why_unpaid(month: MonthRow) -> str:
    """Why a month is not paid, in words; empty for a paid one."""
    return UNPAID["paid_already"] if month.unpaid_reason == "paid_already" else _why(month.row)


def _month(m: MonthRow) -> list[Cell]:
    r = m.row
    holds = HOLDS.get(r["status"]) or words.humanize(r["status"] or "")
    answer = "yes" if m.paid else "not yet" if m.unpaid_reason == "not_due" else "no"
    return [
        r["pregnancy_id"], privacy.mask(r["member_id"]), r["month"], holds, words.month_rule(r["rule"]), answer, m.paid_cents, why_unpaid(m)
    ]  # fmt: skip


def _terms() -> Section:
    rows: Rows = [[term, meaning] for term, meaning in TERMS]
    columns = (Column("term", "Word"), Column("meaning", "What it means here"))
    return Section("definitions", "What the words mean", [], [], [Grid("definitions", "Words used on this page", columns, rows)])
