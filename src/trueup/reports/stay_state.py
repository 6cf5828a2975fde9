"""The state's page of a program of stays: hospitals side by side, stays that do not count, and what add-ons came to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from trueup.reports import sections, words
from trueup.reports import words_quality as said
from trueup.reports.frame import STAFF, IndexRow, ProgramReport, Sheet, state_page
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.monitoring_data import Monitoring
from trueup.reports.page_files import file_name
from trueup.reports.program_data import book_name, named, shared_sheets
from trueup.reports.quality_data import Quality
from trueup.reports.source import RunData
from trueup.reports.state import missing
from trueup.reports.state_lines import conservation, warnings
from trueup.reports.stay_data import Stays
from trueup.reports.stay_page import ADD_ON_REASONS, TERMS, hospital_page
from trueup.reports.tier_page import tier_page


def stays_report(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a program of stays. Raises CheckFailed (TRU-C041) where a result or a payment does not tie."""
    stays = Stays(run, Quality(run))
    hrefs = {e: f"hospitals/{file_name(e)}/report.html" for e in stays.hospitals}
    sheets = [Sheet(hrefs[e], book_name(run, e, "report"), lambda e=e: hospital_page(stays, e), e) for e in stays.hospitals]
    program = file_name(run.program)
    sheets.append(Sheet("state.html", f"state_{program}.xlsx", lambda: _state(stays, hrefs), label="State summary"))
    if stays.tiers:
        sheets.append(Sheet("tiers.html", f"tiers_{program}.xlsx", lambda: tier_page(stays, hrefs), label="Tiers, and what they pay"))
    sheets += shared_sheets(run, hrefs, stays.quality, Monitoring(run), detail=detail)
    return ProgramReport(run, sheets, _index(stays, hrefs), "hospital", "Stays that count")


def _index(stays: Stays, hrefs: Mapping[str, str]) -> list[IndexRow]:
    rows: list[IndexRow] = []
    latest = stays.periods[0] if stays.periods else ""
    for entity in stays.hospitals:
        paid = stays.paid_in(entity, stays.periods[0]) if stays.periods else 0
        tier = [t for t in stays.tiers if t["entity_id"] == entity][-1:]
        status = f"{words.humanize(tier[0]['tier'] or 'No tier')}, {tier[0]['payment_period']}" if tier else "No tier in this report"
        counted = sum(not s["exclusion_reasons"] for s in stays.stays.get((entity, latest), []))
        rows.append(IndexRow(stays.run.name(entity), hrefs[entity], latest, counted, paid or None, status))
    return rows


def _state(stays: Stays, hrefs: Mapping[str, str]) -> Page:
    run = stays.run
    paid = sum(p["amount_cents"] for p in stays.payments)
    latest = stays.periods[0] if stays.periods else ""
    facts: list[tuple[str, str | Link]] = [
        ("Status", f"{stays.standing(latest) if latest else 'No stay is counted.'} {run.standing}"),
        ("Add-ons", f"{words.money(paid)} for stays so far" if paid else "None is due so far"),
        ("Settlement", "None: the add-on is fixed beforehand by tiers, and nothing is settled afterwards."),
        ("Data through", words.day(run.as_of)),
        ("For", STAFF),
    ]
    body = [*missing(run), *[_period(stays, period, hrefs) for period in stays.periods], *_add_ons(stays, hrefs)]
    if run.rows("line_accounting"):
        body.append(conservation(run))
    body.append(warnings(run))
    sentence = f"{words.plural(len(stays.hospitals), 'hospital')}, {words.plural(sum(len(v) for v in stays.stays.values()), 'stay')}"
    return state_page(run, "State summary", [Answer(sentence, facts)], body, terms=TERMS)


def _period(stays: Stays, period: str, hrefs: Mapping[str, str]) -> Section:
    slug, run = sections.slug(period), stays.run
    measures = sorted(
        {m for _, p, m in stays.quality.rates if p == period}, key=lambda m: (stays.quality.statistic(m) == "proportion", run.measure(m))
    )
    columns = (
        Column("measure", "Measure"),
        Column("hospital", "Hospital"),
        Column("numerator", "Stays with it", "count"),
        Column("denominator", "Stays", "count"),
        Column("result", "Result", "stated"),
    )
    rows: Rows = []
    for measure in measures:
        for entity in stays.hospitals:
            r = stays.quality.rates.get((entity, period, measure))
            if r is not None:
                result = said.share(r["rate"], r["statistic"])
                counted: list[Cell] = [r["numerator"] if r["statistic"] == "proportion" else None, r["denominator"]]
                rows.append([run.measure(measure), named(run, entity, hrefs), *counted, result])
    grids = [
        _side_by_side(stays, period, measures, slug),
        Grid(f"results_{slug}", f"Every result of {period}", columns, rows, on_page=False),
        _counts(stays, period, slug, hrefs),
    ]
    return Section(
        f"period-{slug}", f"Results of {sections.period_words(run, period)}", [stays.standing(period)], [], [g for g in grids if g.rows]
    )


def _side_by_side(stays: Stays, period: str, measures: list[str], slug: str) -> Grid:
    """One row per measure and one column per hospital with a result."""
    found = {(m, e): r for (e, p, m), r in stays.quality.rates.items() if p == period}
    shown = [e for e in stays.hospitals if any((m, e) in found for m in measures)]
    columns = (Column("measure", "Measure"), *(Column(e, stays.run.names.get(e, e), "stated") for e in shown))
    rows: Rows = []
    for m in measures:
        cells = [said.share(found[m, e]["rate"], found[m, e]["statistic"]) if (m, e) in found else None for e in shown]
        rows.append([stays.run.measure(m), *cells])
    note = "How many stays stand behind a result is in the file of every result. Few stays move far by chance."
    return Grid(f"hospitals_{slug}", "Hospitals side by side", columns, rows, note=note)


def _counts(stays: Stays, period: str, slug: str, hrefs: Mapping[str, str]) -> Grid:
    """Stays by hospital and what became of them; a stay with several reasons is counted under its first."""
    columns = (
        Column("hospital", "Hospital"),
        Column("reason", "What became of them"),
        Column("stays", "Stays", "count", total=True),
        Column("days", "Days", "count", total=True),
        Column("delay", "Days of waiting to leave", "count", total=True),
    )
    rows: Rows = []
    for (entity, when), mine in sorted(stays.stays.items()):
        if when != period:
            continue
        by_reason: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for s in mine:
            spot = by_reason[(s["exclusion_reasons"] or "").split(";")[0]]
            spot[0] += 1
            spot[1] += s["length_of_stay_days"] or 0
            spot[2] += s["delay_days"] or 0
        for reason, numbers in sorted(by_reason.items()):
            rows.append([named(stays.run, entity, hrefs), words.reason(reason) if reason else "They count", *numbers])
    return Grid(f"stay_counts_{slug}", "Stays by what became of them", columns, rows)


def _add_ons(stays: Stays, hrefs: Mapping[str, str]) -> list[Section]:
    if not stays.payments and not stays.spans:
        return []
    paid: Counter[tuple[str, str, str]] = Counter()
    number: Counter[tuple[str, str, str]] = Counter()
    for p in stays.payments:
        key = p["entity_id"], p["purpose"], p["reason"] or ""
        paid[key] += p["amount_cents"]
        number[key] += 1
    columns = (
        Column("hospital", "Hospital"),
        Column("purpose", "For"),
        Column("reason", "Why"),
        Column("payments", "Payments", "count", total=True),
        Column("amount", "Amount", "money", total=True),
    )
    rows: Rows = [
        [named(stays.run, e, hrefs), words.PURPOSES.get(p) or words.humanize(p), said.named(ADD_ON_REASONS, why), number[e, p, why], cents]
        for (e, p, why), cents in sorted(paid.items())
    ]
    unpaid = [s for s in stays.spans if s["reason"] == "no_rate"]
    text = (
        [f"{words.plural(len(unpaid), 'part')} of stays {'has' if len(unpaid) == 1 else 'have'} no rate and are paid nothing."]
        if unpaid
        else []
    )
    return [Section("add-ons", "Add-ons by hospital", text, [], [Grid("add_ons", "Add-ons by hospital and reason", columns, rows)])]
