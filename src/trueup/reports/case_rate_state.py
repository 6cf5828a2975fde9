"""The state's page of case rates: every practice side by side, and where each case-rate dollar goes when the year is settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from trueup.reports import sections, words
from trueup.reports.case_rate_data import CASE_RATE, CaseRates, MonthRow, PracticeRates
from trueup.reports.case_rate_page import why_unpaid
from trueup.reports.case_rate_words import GAPS
from trueup.reports.figures import must_equal
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section
from trueup.reports.source import Row, is_retained

COUNTED = "In an episode that counts for the practice's settlement"
_CHANGE = " (month of a change between practices)"


def case_rate_state(rates: CaseRates, practices: list[PracticeRates], hrefs: Mapping[str, str]) -> Page:
    """The page for state staff. Raises CheckFailed (TRU-C041) where the parts do not add up to the state's total."""
    run = rates.run
    total = sum(p["amount_cents"] for p in rates.payments if p["purpose"] == CASE_RATE)
    return Page(
        title=f"Case rates of the state: {run.title}",
        heading="Case rates of the state",
        subtitle=run.subtitle,
        answers=[_answer(rates, practices, total)],
        sections=[_practices(rates, practices, hrefs, total), _settled(rates, total), sections.assumed(run), sections.versions(run)],
        about=sections.version_facts(run),
    )


def _answer(rates: CaseRates, practices: list[PracticeRates], total: int) -> Answer:
    run = rates.run
    paid = sum(len(p.paid) for p in practices)
    shadow = sum(p.shadow_cents for p in practices)
    fixed = sum(p.adjustment_cents for p in practices)
    counted = sum(cents for what, (_, cents) in reconcilable(rates).items() if what.startswith("In an episode"))
    facts: list[tuple[str, str | Link]] = [
        ("Status", run.standing),
        ("Data through", words.day(run.as_of)),
        ("Practices", f"{sum(1 for p in practices if p.paid):,} with a paid month"),
        ("Shadow dollars", f"{words.money(shadow)}: what the zero-paid claims would have cost"),
        ("Corrections of claims", f"{words.money(fixed)} (below zero is taken back)"),
        ("At settlement", f"{words.money(counted)} lies in episodes that count; {words.money(total - counted)} in none"),
        ("For", "State staff. Small numbers are not hidden on this page; do not publish it."),
    ]
    return Answer(f"Case rates come to {words.money(total)} for {words.plural(paid, 'month')}", facts)


def _practices(rates: CaseRates, practices: list[PracticeRates], hrefs: Mapping[str, str], total: int) -> Section:
    columns = (
        Column("practice", "Practice"),
        Column("months", "Months paid", "count", total=True),
        Column("case_rate", "Case rates", "money", total=True),
        Column("shadow", "Shadow dollars", "money", total=True),
        Column("difference", "Case rates less shadow", "money", total=True),
        Column("claim_corrections", "Corrections of claims", "money", total=True),
        Column("received", "Zero-paid lines received", "count", total=True),
        Column("expected", "Expected, about", "count"),
        Column("to_come", "Months to come", "count", total=True),
    )
    rows: Rows = [
        [
            Link(p.name, hrefs.get(p.entity_id, "")),
            len(p.paid),
            p.paid_cents,
            p.shadow_cents,
            p.paid_cents - p.shadow_cents,
            p.adjustment_cents,
            p.lines_received,
            p.lines_expected(len(p.paid)),
            len(p.still_due),
        ]
        for p in practices
    ]
    source = f"{rates.run.program}/payments"
    must_equal("case rates of all practices", sum(p.paid_cents for p in practices), total, source)
    fixed = sum(p["amount_cents"] for p in rates.payments if p["purpose"] != CASE_RATE)
    must_equal("corrections of all practices", sum(p.adjustment_cents for p in practices), fixed, source)
    grid = Grid("case_rates", "Practices with case rates", columns, rows, note=GAPS, empty="No practice has a case rate.")
    return Section("practices", "Every practice", [], [], [grid, _unpaid(rates)])


def _unpaid(rates: CaseRates) -> Grid:
    """Months since the program began that are not paid, by reason."""
    found: dict[str, list[MonthRow]] = defaultdict(list)
    for m in rates.months:
        if not m.paid and not rates.is_early(m):
            found[why_unpaid(m)].append(m)
    rows: Rows = [
        [why, len(months), len({m.row["entity_id"] for m in months})]
        for why, months in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    columns = (
        Column("why", "Why a month is not paid"),
        Column("months", "Months", "count", total=True),
        Column("practices", "Practices", "count"),
    )
    return Grid("months_not_paid", "Months not paid, by reason", columns, rows, empty="Every month is paid.")


# --- what settles -----------------------------------------------------------------------------------------------------------------


def reconcilable(rates: CaseRates) -> dict[str, tuple[int, int]]:
    """Months and cents of the case rates by what becomes of them at settlement; they add up to the state's total."""
    run = rates.run
    episodes = {e["episode_id"]: e for e in run.episodes}
    periods = set(run.performance_periods)
    found: dict[str, tuple[int, int]] = {}
    for m in rates.months:
        if m.paid:
            place = _place(m, rates.pregnancies.get(m.row["pregnancy_id"]), episodes, periods)
            months, cents = found.get(place, (0, 0))
            found[place] = (months + 1, cents + m.paid_cents)
    total = sum(p["amount_cents"] for p in rates.payments if p["purpose"] == CASE_RATE)
    must_equal("case rates by what becomes of them", sum(cents for _, cents in found.values()), total, f"{run.program}/payments")
    return found


def _place(month: MonthRow, pregnancy: Row | None, episodes: Mapping[str, Row], periods: set[str]) -> str:
    """What becomes of one paid month."""
    end = pregnancy["end_kind"] if pregnancy else ""
    if end == "open":
        return "Member still pregnant: no episode yet"
    if end == "loss":
        return "Pregnancy that ended in a loss: no episode"
    episode = episodes.get(pregnancy["episode_id"] or pregnancy["pregnancy_id"]) if pregnancy else None
    if episode is None:
        return "Birth that is no episode of the program"
    if periods and episode["period"] not in periods:
        return "Episode outside every period that settles"
    if episode["exclusion_reasons"]:
        return f"Episode left out: {words.inline(words.reason(episode['exclusion_reasons'].split(';')[0]))}"
    if not is_retained(episode):
        return "Episode of no accountable practice"
    own = month.row["entity_id"] == episode["accountable_entity_id"]
    where = COUNTED if own else "In an episode that counts for another practice's settlement"
    return where if month.row["status"] == "attributed" else where + _CHANGE


def _settled(rates: CaseRates, total: int) -> Section:
    parts = reconcilable(rates)
    order = sorted(parts.items(), key=lambda item: (not item[0].startswith(COUNTED), -item[1][1], item[0]))
    rows: Rows = [[what, months, cents] for what, (months, cents) in order]
    columns = (
        Column("what", "What becomes of it"),
        Column("months", "Months", "count", total=True),
        Column("case_rate", "Case rates", "money", total=True),
    )
    text = [
        "A case rate that belongs to no episode that counts is program cost: it is paid, and no target stands against it.",
        f"The parts add up to the state's {words.money(total)}.",
    ]
    grid = Grid("case_rates_at_settlement", "Case rates by what becomes of them at settlement", columns, rows, empty="No case rate.")
    return Section("settlement", "What is settled and what is not", text, [], [grid])
