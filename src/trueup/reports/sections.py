"""Sections and small helpers that statements and state summaries share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from trueup.reports import privacy, words
from trueup.reports import steps as ladder_words
from trueup.reports import words_quality as said
from trueup.reports.grid import Column, Grid, Rows, Section, Stated
from trueup.reports.source import Row, RunData

if TYPE_CHECKING:
    from trueup.reports.practice import Practice

LADDER = (
    Column("step", "Step", "count"),
    Column("what", "What"),
    Column("amount", "Amount", "stated"),
    Column("unit", "Unit", on_page=False),
    Column("cite", "Where it comes from"),
)
TERMS = (
    ("Episode", "All counted care of one pregnancy, from before the birth to some weeks after it."),
    ("Total cost", "What was paid for the counted care of an episode. Care that does not count is left out with a reason."),
    ("Target", "What an episode was expected to cost. It was fixed before the period began."),
    ("Risk score", "How costly an episode is expected to be, where 1 is the average."),
    ("Accountable", "The practice that an episode's result belongs to."),
    ("Data through", "Nothing that became known after this day is used."),
    ("Assumed", "A rule value that no public source gives. It is assumed, not the state's value."),
)
_SOURCE_ID = re.compile(r"[A-Z][A-Za-z0-9]*")
_TRUST = {
    "primary": "The state's own text",
    "secondary": "A report about it",
    "superseded": "An older text, no longer in force",
    "background": "Background",
    "assumption": "Assumed, not the state's value",
}


def slug(text: str) -> str:
    """Lower-case letters, digits and underscores; for file and anchor names."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "none"


def day_of(value: object) -> object:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return value


def period_name(period: str) -> str:
    return "Days outside every period" if period in ("", "outside_periods") else period


def period_words(run: RunData, period: str) -> str:
    """`PY2025, January 1, 2025 to December 31, 2025`."""
    known = run.periods.get(period, {})
    days = words.span(day_of(known.get("first_day")), day_of(known.get("last_day")))
    return f"{period_name(period)}, {days}" if days else period_name(period)


def neutral(cohorts: Iterable[str]) -> Callable[[str], str]:
    """Puts neutral names for cohorts into texts: provider-facing pages show no cohort by its name."""
    labels = {cohort: label for cohort, label in privacy.labels(cohorts).items() if label}
    if not labels:
        return lambda text: text
    longest = sorted(labels, key=lambda cohort: (-len(cohort), cohort))
    variants = {form: labels[cohort] for cohort in longest for form in (cohort, cohort.replace("_", " "))}
    pattern = re.compile(r"(?<![\w-])(" + "|".join(re.escape(form) for form in variants) + r")(?![\w-])", re.IGNORECASE)
    return lambda text: pattern.sub(lambda match: variants[match[0].lower()], text)


def ladder(
    name: str,
    caption: str,
    steps: Sequence[Row],
    plain: Callable[[str], str] = str,
    *,
    note: str = "",
    own: Mapping[str, str] | None = None,
) -> Grid:
    """The steps of a settlement or a price, in order, in plain words.

    `plain` may put neutral names for cohorts (`neutral`); `own` are the words of a kind of program for its steps.
    """
    rows: Rows = []
    for step in steps:
        unit = step["unit"]
        amount = ladder_words.text(step["amount"]) if unit == "text" else step["amount"]
        rows.append(
            [
                step["step"],
                plain(ladder_words.name(step["name"], own)),
                Stated(plain(amount), unit),
                unit,
                plain(words.source(step["cite"] or "")),
            ]
        )
    return Grid(name, caption, LADDER, rows, note=note)


def price_grid(practice: Practice, prices: list[Row]) -> Grid:
    columns = (
        Column("price", "Price"),
        Column("group", "Episodes"),
        Column("first_day", "From", "date"),
        Column("last_day", "Through", "date"),
        Column("amount", "Amount", "money"),
        Column("status", "Status"),
    )
    rows: Rows = [
        [
            words.price(p["price"]),
            practice.label(p["cohort"]) or "All episodes",
            p["effective_from"],
            p["effective_to"] - timedelta(days=1) if p["effective_to"] else None,
            p["amount_cents"],
            words.humanize(practice.run.price_set_status or p["status"] or ""),
        ]
        for p in prices
    ]
    return Grid("prices", "Your prices", columns, rows)


def definitions(terms: Iterable[tuple[str, str]] = TERMS) -> Section:
    columns = (Column("term", "Word"), Column("meaning", "What it means here"))
    rows: Rows = [[term, meaning] for term, meaning in terms]
    return Section("definitions", "What the words mean", [], [], [Grid("definitions", "Words used on this page", columns, rows)])


def payments(run: RunData) -> list[Section]:
    """Each kind of payment with its category of the federal payment-model framework and its stream; none where the run does not say."""
    rows: Rows = []
    for kind in run.listed("arrangement"):
        category, stream = kind.get("lan_category"), kind.get("payment_stream")
        cites = dict.fromkeys(words.source(str(kind[key])) for key in ("lan_category_cite", "payment_stream_cite") if kind.get(key))
        rows.append(
            [
                words.PURPOSES.get(str(kind["purpose"])) or words.humanize(str(kind["purpose"])),
                said.LAN.get(str(category)) or f"Not stated: {kind.get('lan_category_unknown') or 'no source gives it'}",
                said.STREAMS.get(str(stream)) or f"Not stated: {kind.get('payment_stream_unknown') or 'no source gives it'}",
                "; ".join(cites),
            ]
        )
    columns = (
        Column("purpose", "Payment"),
        Column("category", "Category (HCP-LAN)"),
        Column("stream", "How it is paid"),
        Column("cite", "Where it comes from"),
    )
    note = "HCP-LAN: the Health Care Payment Learning and Action Network, whose framework sorts payments by their link to quality and risk."
    grid = Grid("payment_kinds", "Kinds of payment", columns, rows, note=note)
    return [Section("payment-kinds", "What kind of payment this is", [], [], [grid])] if rows else []


def cliffs(run: RunData) -> Section:
    """Where a small change moves a result all at once. Away from these, lower cost never earns less."""
    rows: Rows = [[str(c.get("text") or ""), str(c.get("path") or "")] for c in run.listed("cliffs")]
    columns = (Column("cliff", "What happens"), Column("rule", "Rule"))
    note = "Away from these lines, lower cost never earns less."
    return Section("cliffs", "Where a small change moves the result at once", [note], [], [Grid("cliffs", "Lines to know", columns, rows)])


def assumed(run: RunData) -> Section:
    """Every assumed value that the run used, named as ours."""
    values = run.listed("assumed")
    heading = "Values that are assumed, not the state's"
    if not values:
        return Section("assumed", heading, ["No value was assumed: every rule value comes from a cited source."])
    columns = (
        Column("path", "Rule"),
        Column("value", "Assumed value, not the state's value"),
        Column("reason", "Why"),
        Column("basis", "Basis"),
    )
    rows: Rows = [
        [
            str(a.get("path")),
            _value(a.get("value")),
            str(a.get("reason") or ""),
            words.BASES.get(str(a.get("basis")), str(a.get("basis") or "")),
        ]
        for a in values
    ]
    note = f"{words.plural(len(values), 'value')} of this result {'is' if len(values) == 1 else 'are'} assumed, not the state's value."
    return Section(
        "assumed",
        heading,
        [note + " A result that rests on them is an illustration."],
        [],
        [Grid("assumptions", f"Assumptions used: {run.manifest.get('assumptions_name') or 'unnamed'}", columns, rows)],
    )


def _value(value: object) -> str:
    """A value of the manifest as text: lists joined, the rest as JSON would write it."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str).strip("[]{}").replace('"', "")


def version_facts(run: RunData) -> list[tuple[str, str]]:
    """What made these numbers, in a stable order; repeated on every sheet of a workbook."""
    m = run.manifest
    facts = [
        ("Program", f"{run.title} ({run.program})"),
        ("Rule version", m.get("rule_version")),
        ("Run", m.get("run_id")),
        ("Data through", words.day(run.as_of)),
        ("Price set", m.get("price_set_id") or "none"),
        ("Prices rest on claims known by", words.span(day_of(run.price_terms.get("base_as_of")), None)),
        ("Assumptions", m.get("assumptions_name") or "none"),
        ("Cost basis", m.get("cost_basis") or "not stated"),
        ("Code version", m.get("code_version")),
        ("Rules fingerprint", str(m.get("rules_hash") or "")[:16]),
        ("Assumptions fingerprint", str(m.get("assumptions_hash") or "")[:16]),
    ]
    return [(label, str(value)) for label, value in facts if value]


def price_base(run: RunData) -> str:
    """Which claims the prices rest on, in a sentence; empty where the price set does not say."""
    terms = run.price_terms
    days = words.span(day_of(terms.get("base_first_day")), day_of(terms.get("base_last_day")))
    known = words.span(day_of(terms.get("base_as_of")), None)
    if not days:
        return ""
    return f"The price rests on the base period {terms.get('base_period')}, {days}, with the claims known by {known}."


def sources(known: Sequence[Row], grids: Iterable[Grid]) -> list[Section]:
    """The sources that the cites of `grids` name by their ids, spelled out; no section where the manifest does not list them."""
    texts = (cell for grid in grids for row in grid.rows for cell in row if isinstance(cell, str))
    cited = {word for text in texts for word in _SOURCE_ID.findall(text)}
    rows: Rows = []
    for source in known:
        if source.get("id") in cited:
            printed = ", ".join(str(source[key]) for key in ("publisher", "published") if source.get(key))
            rows.append([str(source["id"]), str(source.get("title") or ""), printed, _TRUST.get(str(source.get("trust")), "")])
    titles = (("id", "Short name"), ("title", "Source"), ("printed", "Published by, when"), ("trust", "What it is"))
    columns = tuple(Column(key, label) for key, label in titles)
    grid = Grid("sources", "Sources by the short names used above", columns, rows)
    text = ["READING.md is the list of places in these texts that can be read in more than one way."] if "READING" in cited else []
    return [Section("sources", "The sources, in full", text, [], [grid])] if rows else []


def versions(run: RunData) -> Section:
    text = ["Worked out again from the same claims, rules, prices and version of the program, these numbers come out the same."]
    if run.manifest.get("versions_lost"):
        text.append("The claims came without their history of corrections. The latest state of each claim was taken as final.")
    columns = (Column("what", "What"), Column("value", "Value"))
    rows: Rows = [[label, value] for label, value in version_facts(run)]
    return Section("versions", "What these numbers were made with", text, [], [Grid("versions", "Versions", columns, rows)])
