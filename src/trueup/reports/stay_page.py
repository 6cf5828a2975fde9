"""The performance report of a hospital: length of stay, returns, follow-up, its tier, and the add-ons of its stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from trueup.reports import privacy, sections, words
from trueup.reports import words_quality as said
from trueup.reports.frame import sentence, statement_page
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.privacy import SMALLEST
from trueup.reports.source import Row
from trueup.reports.stay_data import Stays
from trueup.reports.tier_page import tier_section

STATISTICS = {
    "mean": "Average",
    "median": "Middle stay (median)",
    "geometric_mean": "Geometric average",
    "trimmed_mean": "Average without the longest stays",
}
LENGTHS = {
    "length_of_stay_days": "Days of stay",
    "net_length_of_stay_days": "Days of stay, without days of waiting to leave",
    "delay_days": "Days of waiting to leave",
}
TERMS = (
    ("Stay", "From admission to discharge. A short interruption and a direct transfer belong to the same stay."),
    ("Days of waiting to leave", "Days in which a child was ready to go and had nowhere to go. They are also shown taken off."),
    ("Geometric average", "An average in which very long stays weigh less."),
    ("Connected to care", "Seen by a mental-health service within so many days after discharge."),
    ("Tier", "A class of hospitals by results. It decides the add-on of a whole year and is fixed before it."),
)
FEW = f"fewer than {SMALLEST} stays: chance alone moves this far"


def hospital_page(stays: Stays, entity_id: str) -> Page:
    """The page of one hospital. Raises CheckFailed (TRU-C041) where a result or a payment does not tie."""
    run = stays.run
    mine = [p for p in stays.periods if stays.results(entity_id, p) or (entity_id, p) in stays.stays]
    body = [
        *[_period(stays, entity_id, period) for period in mine],
        *tier_section(stays, entity_id),
        *_add_ons(stays, entity_id),
        *[_list(stays, entity_id, period) for period in mine if (entity_id, period) in stays.stays],
        Section(
            "next",
            "What to do if you disagree",
            ["If a stay or a day looks wrong, note its id (the first column of the list of stays) and tell your program office."],
        ),
    ]
    answers = [_answer(stays, entity_id, period) for period in mine[:1]]
    return statement_page(run, run.name(entity_id), answers or [_nothing(stays)], body, terms=TERMS, title="Performance report for")


def _nothing(stays: Stays) -> Answer:
    return Answer("No stay is counted", [("Data through", words.day(stays.run.as_of))])


def _answer(stays: Stays, entity_id: str, period: str) -> Answer:
    run, results = stays.run, stays.results(entity_id, period)
    lengths = [r for m, r in results.items() if _fact(stays, m) == "length_of_stay_days" and r["rate"] is not None]
    first = sorted(lengths, key=lambda r: list(STATISTICS).index(r["statistic"]))[:1]
    name = sections.period_name(period)
    headline = (
        f"{name}: your average stay was {words.plain_decimal(_short(first[0]['rate']))} days" if first else f"{name}: no stay is counted"
    )
    facts: list[tuple[str, str | Link]] = [
        ("Period", sections.period_words(run, period)),
        ("Status", stays.standing(period)),
        ("Data through", words.day(run.as_of)),
    ]
    counted = [s for s in stays.stays.get((entity_id, period), []) if not s["exclusion_reasons"]]
    every = stays.stays.get((entity_id, period), [])
    if every:
        facts.append(("Stays that count", f"{len(counted):,} of {len(every):,}"))
    for tier in [t for t in stays.tiers if t["entity_id"] == entity_id][-1:]:
        facts.append((f"Tier of {tier['payment_period']}", words.humanize(tier["tier"] or "none")))
    paid = stays.paid_in(entity_id, period)
    if paid:
        facts.append((f"Add-ons of {name}", f"{words.money(paid)} for stays so far. {run.standing} Other years stand below."))
    facts.append(("Settlement", "None: the add-on is fixed beforehand by the tier, and nothing is settled afterwards."))
    return Answer(headline, facts)


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def _fact(stays: Stays, measure: str) -> str:
    return str(stays.run.measures.get(measure, {}).get("fact") or "")


# --- results of a period --------------------------------------------------------------------------------------------------------------


def _period(stays: Stays, entity_id: str, period: str) -> Section:
    slug, results = sections.slug(period), stays.results(entity_id, period)
    parts = [
        Section(f"length-{slug}", "How long children stayed", _length_words(stays, results), [], [length_grid(stays, results, slug)]),
        *_shares(stays, results, period, slug, "lower", "Coming back", "Each form counts different returns; lower is better."),
        *_shares(stays, results, period, slug, "higher", "Connected to care", "Seen by a mental-health service in time; higher is better."),
    ]
    return Section(f"period-{slug}", f"Results of {sections.period_words(stays.run, period)}", [stays.standing(period)], parts=parts)


def _length_words(stays: Stays, results: dict[str, Row]) -> list[str]:
    text = ["The same stays are shown in several ways, because a few very long stays move an average far."]
    if any((r["denominator"] or 0) < SMALLEST for m, r in results.items() if _fact(stays, m)):
        text.append(sentence(FEW[:1].upper() + FEW[1:]))
    return text


def length_grid(stays: Stays, results: dict[str, Row], slug: str) -> Grid:
    """Every statistic of length, gross, net of days of waiting, and these days themselves."""
    facts = [fact for fact in LENGTHS if any(_fact(stays, m) == fact for m in results)]
    columns = (Column("statistic", "Statistic"), *(Column(f, LENGTHS[f], "stated") for f in facts), Column("stays", "Stays", "count"))
    columns = (*columns, Column("trimmed", "Stays left out as longest", "count"))
    rows: Rows = []
    for statistic, label in STATISTICS.items():
        mine = {_fact(stays, m): r for m, r in results.items() if r["statistic"] == statistic and _fact(stays, m) in facts}
        if mine:
            numbers: list[Cell] = [said.share(mine[f]["rate"], statistic) if f in mine else None for f in facts]
            rows.append(
                [label, *numbers, max(r["denominator"] or 0 for r in mine.values()), max(r["trimmed_units"] or 0 for r in mine.values())]
            )
    return Grid(f"length_{slug}", "Length of stay in days", columns, rows, empty="No stay has a length.")


def _shares(stays: Stays, results: dict[str, Row], period: str, slug: str, direction: str, heading: str, text: str) -> list[Section]:
    run, together = stays.run, stays.quality.state_rates(period)
    rows: Rows = []
    for measure, r in sorted(results.items(), key=lambda item: run.measure(item[0])):
        if r["statistic"] != "proportion" or run.measures.get(measure, {}).get("direction", "higher") != direction:
            continue
        all_met, all_of = together.get(measure, (0, 0))
        few = (r["denominator"] or 0) < SMALLEST
        numbers: list[Cell] = [r["numerator"], r["denominator"], said.share(r["rate"]), said.ratio(all_met, all_of)]
        rows.append([run.measure(measure), *numbers, FEW if few else ""])
    if not rows:
        return []
    columns = (
        Column("measure", "Measure"),
        Column("numerator", "Stays with it", "count"),
        Column("denominator", "Of", "count"),
        Column("result", "Your result", "stated"),
        Column("state", "All hospitals", "stated"),
        Column("note", "Small numbers"),
    )
    grid = Grid(f"{sections.slug(heading)}_{slug}", heading, columns, rows)
    return [Section(f"{sections.slug(heading)}-{slug}", heading, [text], [], [grid])]


# --- add-ons and stays ----------------------------------------------------------------------------------------------------------------


def _add_ons(stays: Stays, entity_id: str) -> list[Section]:
    payments = [p for p in stays.payments if p["entity_id"] == entity_id]
    spans = [s for s in stays.spans if s["entity_id"] == entity_id]
    if not payments and not spans:
        return []
    by_month: Counter[tuple[str, str]] = Counter()
    number: Counter[tuple[str, str]] = Counter()
    for p in payments:
        key = p["period_start_date"].isoformat()[:7], p["purpose"]
        by_month[key] += p["amount_cents"]
        number[key] += 1
    columns = (
        Column("month", "Month", "month"),
        Column("purpose", "For"),
        Column("stays", "Stays", "count"),
        Column("amount", "Amount", "money", total=True),
    )
    rows: Rows = [
        [month, words.PURPOSES.get(p) or words.humanize(p), number[month, p], cents] for (month, p), cents in sorted(by_month.items())
    ]
    grids = [Grid("add_ons", "Add-ons by month", columns, rows, empty="No add-on is due.")]
    if spans:
        grids.append(span_grid(spans))
    text = ["An add-on is paid on top of the claims of a stay, by its days and the rate in force."]
    return [Section("add-ons", "Add-ons for your stays", text, [], grids)]


def span_grid(spans: Sequence[Row], name: str = "add_on_days") -> Grid:
    """Days of stays at their rates, paid or not, and why."""
    columns = (
        Column("stay", "Stay"),
        Column("month", "Month", "month"),
        Column("first_day", "From", "date"),
        Column("last_day", "Through", "date"),
        Column("days", "Days", "count", total=True),
        Column("purpose", "For"),
        Column("rate", "Rate", "money"),
        Column("unit", "Rate is"),
        Column("amount", "Amount", "money", total=True),
        Column("why", "Why"),
    )
    rows: Rows = [
        [
            s["stay_id"],
            s["month"],
            s["first_day"],
            s["last_day"],
            s["days"],
            words.PURPOSES.get(s["purpose"]) or words.humanize(s["purpose"]),
            s["rate_cents"],
            {"per_diem": "for a day", "percent": "for each $100 of the claims"}.get(s["rate_unit"] or "", ""),
            s["amount_cents"],
            said.named(ADD_ON_REASONS, s["reason"]),
        ]
        for s in spans
    ]
    return Grid(name, "Each stay, its days and its rate", columns, rows)


ADD_ON_REASONS = {
    "tier": "The rate of the hospital's tier",
    "before_start": "Tiers had not begun",
    "hospital_unknown": "The hospital's class is not known",
    "not_eligible": "The hospital's class has no tiers",
    "declined": "The hospital did not join",
    "no_rate": "No rate is on file: nothing is paid",
}


def _list(stays: Stays, entity_id: str, period: str) -> Section:
    slug, every = sections.slug(period), stays.stays[entity_id, period]
    columns = (
        Column("stay", "Stay"),
        Column("admission_date", "Admitted", "date"),
        Column("discharge_date", "Left", "date"),
        Column("member", "Member, last characters"),
        Column("days", "Days", "count", total=True),
        Column("delay", "Of them waiting to leave", "count", total=True),
        Column("back", "Days until back", "count"),
        Column("seen", "Days until seen", "count"),
        Column("why", "Why it does not count"),
    )
    rows: Rows = [
        [
            s["stay_id"],
            s["admission_date"],
            s["discharge_date"],
            privacy.mask(s["member_id"]),
            s["length_of_stay_days"],
            s["delay_days"],
            s["days_to_return"],
            s["follow_up_day"],
            words.reasons(s["exclusion_reasons"]) if s["exclusion_reasons"] else "",
        ]
        for s in every
    ]
    grid = Grid(f"stays_{slug}", "Every stay", columns, rows)
    return Section(
        f"stays-{slug}", f"Your stays of {sections.period_name(period)}", ["The first column is the id of the stay."], [], [grid]
    )
