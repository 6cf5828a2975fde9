"""The common frame of pages, whatever kind of program: answer, ladder, scorecard, checks, evidence, kinds of payment, sources, versions.

A kind of program gives its own answers and sections; what is the same for all stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trueup.reports import sections, settled, words
from trueup.reports import steps as ladder_words
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section, Stated
from trueup.reports.settled import Settled, headline
from trueup.reports.source import Row, RunData

Terms = Sequence[tuple[str, str]]
COMMON = tuple(t for t in sections.TERMS if t[0] in ("Data through", "Assumed"))
STAFF = "State staff. Small numbers are not hidden on this page; do not publish it."


@dataclass(frozen=True)
class Sheet:
    """One page to write: where, under what name its workbook, and how to make it."""

    href: str
    book: str
    make: Callable[[], Page]
    entity_id: str = ""  # whose page it is; empty for a page of the state
    label: str = ""  # what the index calls it


@dataclass(frozen=True)
class IndexRow:
    """One line of the index: an entity in a period."""

    name: str
    href: str
    period: str
    counted: int | None
    amount_cents: int | None
    status: str


@dataclass(frozen=True)
class ProgramReport:
    """Everything to write for one program's run. `counted` says what the numbers of the index rows are."""

    run: RunData
    sheets: Sequence[Sheet]
    rows: Sequence[IndexRow]
    noun: str = "practice"
    counted: str = "Episodes that count"
    incomplete: bool = False
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)


def statement_page(
    run: RunData, name: str, answers: Sequence[Answer], body: Sequence[Section], *, terms: Terms = (), title: str = "Statement for"
) -> Page:
    """The page of one entity. `body` is in the order in which a reader asks; what every page ends with follows it."""
    return Page(
        title=f"{title} {name}: {run.title}",
        heading=f"{title} {name}",
        subtitle=run.subtitle,
        answers=answers,
        sections=[*body, *ending(run, body, terms)],
        about=sections.version_facts(run),
    )


def state_page(
    run: RunData, heading: str, answers: Sequence[Answer], body: Sequence[Section], *, terms: Terms = (), back: Link | None = None
) -> Page:
    """A page for state staff."""
    return Page(
        title=f"{heading}: {run.title}",
        heading=heading,
        subtitle=run.subtitle,
        answers=answers,
        sections=[*body, *ending(run, body, terms)],
        back=back or Link("All programs", "../index.html"),
        about=sections.version_facts(run),
    )


def ending(run: RunData, body: Sequence[Section], terms: Terms) -> list[Section]:
    """What every page ends with: kinds of payment, sources, words, lines to know, assumptions, versions."""
    grids = [grid for section in body for grid in section.all_grids()]
    return [
        *sections.payments(run),
        *sections.sources(run.listed("sources"), grids),
        *([sections.definitions([*terms, *COMMON])] if terms else []),
        *([sections.cliffs(run)] if run.listed("cliffs") else []),
        sections.assumed(run),
        sections.versions(run),
    ]


# --- the answer -----------------------------------------------------------------------------------------------------------------------


def answer(period: Settled, facts: Iterable[tuple[str, str | Link]] = (), *, act: str = "", without: str = "") -> Answer:
    """What an entity gets for a period and why, with the facts of its kind between. `without` says why it has no settlement."""
    run = period.run
    shown: list[tuple[str, str | Link]] = [
        ("Period", sections.period_words(run, period.period)),
        ("Status", f"Not settled. {without}" if without and not period.settlements else status_words(period)),
        ("Data through", words.day(run.as_of)),
        *facts,
    ]
    if act:
        shown.append(("Next step", act))
    return Answer(headline(period), shown)


def status_words(period: Settled) -> str:
    """`Illustration …. Savings are shared.`, or why there is no settlement."""
    if not period.settlements:
        why = [settled.NOT_ENDED] if period.run.is_open(period.period) else []
        why = why or period.refusals() or settled.why_nothing(period.run) or ["The run did not settle this period."]
        return f"Not settled. {' '.join(sentence(text) for text in why)}"
    return f"{period.run.standing} {settled.reasons(period.settlements)}."


def sentence(text: str) -> str:
    """Text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


# --- ladders --------------------------------------------------------------------------------------------------------------------------


def ladder_section(period: Settled, label: Callable[[Row], str], *, note: str = "", own: Mapping[str, str] | None = None) -> Section:
    """How the amount came about: one ladder for each settlement, with its label. Raises CheckFailed (TRU-C041)."""
    slug, heading = sections.slug(period.period), f"How the amount of {sections.period_name(period.period)} was worked out, step by step"
    if not period.settlements:
        return Section(
            f"ladder-{slug}", heading, [f"There is no settlement to work out. {status_words(period).removeprefix('Not settled. ')}"]
        )
    period.check_ladders()
    text, grids = ["You can redo each step on a calculator, from top to bottom."], list[Grid]()
    for row in period.settlements:
        name = label(row)
        why = words.result(row["reason"] or "")
        text.append(f"{name + ': ' if name else ''}{words.status(row['status'])}. {sentence(why)}")
        caption = f"Steps of the settlement{', ' + name if name else ''}"
        table = f"ladder_{slug}{'_' + sections.slug(name) if name else ''}"
        grids.append(sections.ladder(table, caption, period.steps(row), note=note, own=own))
    if len(grids) > 1:
        text.append(
            "Each payer pays, or asks for, its own amount." if period.apart else f"Your result is the sum of them: {headline(period)}."
        )
    return Section(f"ladder-{slug}", heading, text, [], grids)


def dates_section(periods: Sequence[Settled], what: str) -> Section:
    """What to do about a wrong figure, and the dated steps of the ladders."""
    dates: Rows = []
    for period in periods:
        due = [s for row in period.settlements for s in period.steps(row) if s["unit"] == "date" and "due" in s["name"]]
        for step in {(s["name"], s["amount"]): s for s in due}.values():
            day = Stated(step["amount"], "date")
            dates.append([sections.period_name(period.period), ladder_words.name(step["name"]), day, words.source(step["cite"] or "")])
    text = [f"If you think {what} is wrong, write down its id and what you expected. Tell your program office."]
    if not dates:
        text.append("The rules used here name no date for a dispute or a payment. Ask your program office for its dates.")
    columns = (Column("period", "Period"), Column("what", "What"), Column("day", "Day", "stated"), Column("cite", "Where it comes from"))
    grids = [Grid("dates", "Dates to keep", columns, dates)] if dates else []
    return Section("next", "What to do if you disagree, and by when", text, [], grids)


# --- the state's page -----------------------------------------------------------------------------------------------------------------


def state_answer(run: RunData, periods: Sequence[Settled], noun: str, facts: Iterable[tuple[str, str | Link]] = ()) -> Answer:
    """What a program pays and recovers over all entities, and why it does not where it does not."""
    done = [p for p in periods if p.settlements]
    held = sum(p.held_count for p in done)
    amounts = [cents for p in done for cents in p.results]
    paid, owed = [cents for cents in amounts if cents > 0], [-cents for cents in amounts if cents < 0]
    nothing = len(amounts) - len(paid) - len(owed)
    results = f"{len(paid):,} to be paid, {len(owed):,} owed, {nothing:,} without a payment, {held:,} on hold."
    results += f" One result is one {noun} in one period."
    sentence_ = f"The program pays {words.money(sum(paid))} and recovers {words.money(sum(owed))}"
    status = run.standing if done else " ".join(sentence(t) for t in settled.why_nothing(run))
    return Answer(
        sentence_ if done else "Nothing is settled in this run",
        [("Status", status), ("Data through", words.day(run.as_of)), *([("Results", results)] if done else []), *facts, ("For", STAFF)],
    )
