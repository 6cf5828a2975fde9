"""The price sheet of one practice: its prices before the year, what they mean, how each was built, and its own base behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from trueup.money import multiply
from trueup.reports import price_base, privacy, sections, words
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section, Stated
from trueup.reports.price_challenge import challenge_section, state_words
from trueup.reports.price_data import PriceData, PriceLadder
from trueup.reports.source import Row

_THRESHOLDS = {"commendable_threshold": "commendable", "acceptable_threshold": "acceptable"}
_PAIR = (
    "If your episodes cost less than the commendable threshold on average, there is a gain to share. If they cost more than the acceptable"
    " one, there may be a loss to share. Between the two, nothing moves."
)
_STAMPS = {"draft": "DRAFT: ", "challenged": "CHALLENGED: "}


@dataclass(frozen=True)
class Sheet:
    """One practice in one price set, and whether its groups of episodes may be shown apart."""

    data: PriceData
    entity_id: str
    cohort_detail: bool = False

    @cached_property
    def ladders(self) -> list[PriceLadder]:
        """Every price of the practice with its ladder, in the order of the sheet."""
        return [PriceLadder(self.data, p) for p in self.data.prices if p["entity_id"] == self.entity_id]

    @cached_property
    def episodes(self) -> list[Row]:
        return [e for e in self.data.base_episodes if e["entity_id"] == self.entity_id]

    @cached_property
    def groups_shown(self) -> bool:
        """Whether prices by group may be shown: every group has enough base episodes, or the reader may see them."""
        counts = {ladder.row["cohort"]: ladder.count("own_episodes") or 0 for ladder in self.ladders if ladder.row["price"] != "case_rate"}
        return self.cohort_detail or privacy.may_show_groups(self.data.cohorts, {"base": counts})

    @property
    def shown(self) -> list[PriceLadder]:
        """The prices that the sheet shows."""
        return self.ladders if self.groups_shown else [ladder for ladder in self.ladders if ladder.row["price"] == "case_rate"]

    def label(self, cohort: str) -> str:
        """The neutral name of a group of episodes; empty where the program has one."""
        return privacy.labels(self.data.cohorts).get(cohort, "")

    def label_of(self, ladder: PriceLadder) -> str:
        """The group that a price is for; a case rate is for all."""
        return "" if ladder.row["price"] == "case_rate" else self.label(ladder.row["cohort"])


def stamp(data: PriceData) -> str:
    """What stands before the title of a page of a set that is not final."""
    return _STAMPS.get(data.status, "")


def price_sheet(sheet: Sheet, back: Link | None = None) -> Page:
    """The page of one practice. Raises CheckFailed (TRU-C041) where a ladder or a base does not add up to a price."""
    data = sheet.data
    for ladder in sheet.ladders:
        ladder.check()
    name = data.name(sheet.entity_id)
    body = [
        *[_ladder_section(sheet, ladder) for ladder in sheet.shown],
        *([] if sheet.groups_shown else [_hidden()]),
        challenge_section(data, sheet.entity_id),
        *price_base.sections_of(sheet.shown, sheet.episodes, data.basis.get(sheet.entity_id, []), sheet.label),
        *_frozen(sheet),
    ]
    return Page(
        title=f"{stamp(data)}Price sheet for {name}: {data.title}",
        heading=f"{stamp(data)}Price sheet for {name}",
        subtitle=data.title,
        answers=_answers(sheet),
        sections=[*body, *sections.sources(data.sources, [g for s in body for g in s.all_grids()]), _made_with(data)],
        back=back,
        about=about(data),
    )


# --- the answer -------------------------------------------------------------------------------------------------------------------


def _answers(sheet: Sheet) -> list[Answer]:
    """One answer per price; the two thresholds of a group are one."""
    facts, found = _facts(sheet), list[Answer]()
    for ladder in sheet.shown:
        kind = ladder.row["price"]
        if kind in _THRESHOLDS:
            pair = [x for x in sheet.shown if x.row["price"] in _THRESHOLDS and x.row["cohort"] == ladder.row["cohort"]]
            if ladder is pair[0]:
                found.append(Answer(_pair_sentence(pair, sheet.label_of(ladder)), [("What it means", _PAIR)]))
        else:
            found.append(Answer(sentence(ladder), [("What it means", meaning(ladder))]))
    if not found:
        return [Answer("Your prices are with the program office", [("Why not here", privacy.TOO_FEW), *facts])]
    return [Answer(found[0].sentence, [*found[0].facts, *facts]), *found[1:]]


def _pair_sentence(pair: list[PriceLadder], label: str) -> str:
    """`Your thresholds for Cohort A: commendable $950.00, acceptable $1,000.00 for an episode`."""
    stated = {x.row["price"]: words.money(x.row["amount_cents"]) for x in pair}
    parts = [f"{_THRESHOLDS[kind]} {stated[kind]}" for kind in _THRESHOLDS if kind in stated]
    return f"Your thresholds{f' for {label}' if label else ''}: {', '.join(parts)} for an episode"


def sentence(ladder: PriceLadder) -> str:
    """The number first: `Your case rate is $208.33 a month`."""
    amount, kind = words.money(ladder.row["amount_cents"]), ladder.row["price"]
    if kind == "case_rate":
        return f"Your case rate is {amount} a month"
    return f"Your {words.inline(words.price(kind))} is {amount}{' for an episode of average risk' if kind == 'target_price' else ''}"


def meaning(ladder: PriceLadder) -> str:
    """What the number does, in plain words."""
    cents = ladder.row["amount_cents"]
    match ladder.row["price"]:
        case "case_rate":
            return (
                f"It pays {words.money(cents)} for each calendar month in which a member is in your care; ten such months come to"
                f" {words.money(10 * cents)}. The services that the rate stands for are then paid at zero on their own claims."
            )
        case "target_price":
            example = words.money(multiply(cents, Decimal("1.20")))
            return (
                f"This price times an episode's risk score is that episode's target: with a risk score of 1.20 it is {example}. The year's"
                " result compares what your episodes cost with their targets."
            )
        case _:
            return "It is compared with what your care costs."


def _facts(sheet: Sheet) -> list[tuple[str, str | Link]]:
    data = sheet.data
    facts: list[tuple[str, str | Link]] = [("Status", state_words(data))]
    rows = [ladder.row for ladder in sheet.ladders]
    spans = dict.fromkeys((row["effective_from"], row["effective_to"]) for row in rows)
    facts += [("Valid", words.span(first, last - timedelta(days=1)) if last else f"from {words.day(first)}") for first, last in spans]
    facts.append(("Rests on", base_words(data)))
    for ladder in sheet.ladders[:1]:
        months, number = ladder.count("own_months"), ladder.count("own_pregnancies")
        if months and number:
            facts.append(("Your base", f"{words.plural(number, 'pregnancy', 'pregnancies')} with {words.plural(months, 'month')}"))
    number = {ladder.row["cohort"]: ladder.count("own_episodes") or 0 for ladder in sheet.ladders if ladder.count("own_episodes")}
    if number:
        facts.append(("Base episodes", f"{sum(number.values()):,} of yours"))
    if data.status != "final" and data.challenge_until:
        facts.append(("Last day to challenge", words.day(data.challenge_until)))
    return facts


def base_words(data: PriceData) -> str:
    """`BASE, March 1, 2023 to February 29, 2024, with the claims known by November 25, 2024`."""
    terms = data.terms
    days = words.span(sections.day_of(terms.get("base_first_day")), sections.day_of(terms.get("base_last_day")))
    return f"{terms.get('base_period')}, {days}, with the claims known by {words.day(data.base_as_of)}"


# --- the ladder -------------------------------------------------------------------------------------------------------------------


def _ladder_section(sheet: Sheet, ladder: PriceLadder) -> Section:
    data, row = sheet.data, ladder.row
    label, kind = sheet.label_of(ladder), words.inline(words.price(row["price"]))
    slug = f"{row['price']}{'_' + sections.slug(label) if label else ''}"
    plain = sections.neutral(data.cohorts)
    grids = [sections.ladder(f"steps_{slug}", f"Steps of the {kind}{', ' + label if label else ''}", ladder.build, plain)]
    text = ["You can redo each step on a calculator, from top to bottom. Dollars are rounded to a cent once, at the end."]
    extras = ladder.starting("add_on.")
    if row["price"] == "case_rate":
        text.append(_add_on_words(ladder, extras))
    if extras:
        grids.append(_add_ons(ladder, extras))
    parts = [_replay(ladder)] if ladder.notes else []
    return Section(f"steps-{slug}", f"How your {kind} was built{', ' + label if label else ''}", text, [], grids, parts)


def _add_on_words(ladder: PriceLadder, extras: list[Row]) -> str:
    if not extras:
        return "No newly covered service is added to this rate."
    return (
        f"{words.plural(len(extras), 'newly covered service')} without history {'is' if len(extras) == 1 else 'are'} added to the rate as"
        f" {'a line' if len(extras) == 1 else 'lines'} of its own. The rest of the rate comes from the base."
    )


def _add_ons(ladder: PriceLadder, extras: list[Row]) -> Grid:
    """The add-ons apart from the rest of the rate."""
    before, total = ladder.rate("rate_before_add_ons"), words.money(ladder.row["amount_cents"])
    columns = (Column("service", "Newly covered service"), Column("amount", "Dollars a month", "stated"), Column("cite", "Source"))
    rows: Rows = [
        [words.humanize(s["name"].removeprefix("add_on.")), Stated(s["amount"], s["unit"]), words.source(s["cite"] or "")] for s in extras
    ]
    note = f"{words.stated(f'{before:f}', 'dollars')} from the base and these add-ons make {total}, to a cent." if before else ""
    return Grid("add_ons", "Add-ons, apart from what your base gives", columns, rows, note=note)


def _replay(ladder: PriceLadder) -> Section:
    """The identity that proves the base rate, and what the rate pays where a pregnancy is lost."""
    residual, loss = ladder.cents("replay_residual") or 0, ladder.cents("loss_residual") or 0
    months = ladder.count("loss_months") or 0
    rounded = words.money(abs(residual))
    text = [
        "If the base rate had been paid for every month of your base, it would have paid what those services cost"
        + (f", but for {rounded} that rounding to a cent leaves." if residual else ", to the cent."),
    ]
    if months:
        more = "more" if loss > 0 else "less"
        text.append(
            f"Pregnancies that ended in a loss are not in the base. For their {words.plural(months, 'month')} the base rate pays"
            f" {words.money(abs(loss))} {more} than their services cost."
        )
    grid = sections.ladder("replay", "What the base rate would have paid", ladder.notes)
    return Section("replay", "Proof: paid on your own base, the rate gives your own dollars", text, [], [grid])


def _hidden() -> Section:
    note = f"{privacy.TOO_FEW} Prices by group are left out of this sheet. The program office holds them and can go through them with you."
    return Section("hidden", "Prices by group of episodes", [note])


def _frozen(sheet: Sheet) -> list[Section]:
    """What else the set freezes: the lines beyond which an episode is an outlier, and completion."""
    data, plain = sheet.data, sections.neutral(sheet.data.cohorts)
    lines: Rows = []
    for line in data.rows("outlier_lines") if sheet.groups_shown else []:
        scope = words.inline(words.humanize(plain(line["scope"].removeprefix("state_cohort:"))))
        where = "All episodes of the state" if line["scope"] == "state" else f"The state's episodes of {scope}"
        tail = "High-cost line" if line["tail"] == "high" else "Low-cost line"
        lines.append([tail, where, line["base_cents"], line["trend_factor"], line["amount_cents"], line["episodes"]])
    columns = (
        Column("line", "Line"),
        Column("scope", "For"),
        Column("base", "In the base", "money"),
        Column("trend", "Trend factor", "rate"),
        Column("amount", "In force", "money"),
        Column("episodes", "Base episodes", "count"),
    )
    note = "Each line is for an episode of average risk; times an episode's risk score it is that episode's line."
    found = [Grid("outlier_lines", "Cost lines of the state", columns, lines, note=note)] if lines else []
    found += price_base.completion_grid(data.rows("completion_factors"))
    return [Section("frozen", "What else is fixed with these prices", [], [], found)] if found else []


def about(data: PriceData) -> list[tuple[str, str]]:
    """What made these prices, in a stable order; repeated on every sheet of a workbook."""
    terms = data.terms
    facts = [
        ("Program", f"{data.title} ({data.program})" if data.title != data.program else data.program),
        ("Price set", data.manifest.get("price_set_id") or data.folder.name),
        ("Status", data.status.upper() if data.status != "final" else "final"),
        ("Prices of", terms.get("period")),
        ("Rule version", terms.get("rule_version")),
        ("Base", base_words(data)),
        ("Run-out days of the base", terms.get("runout_days")),
        ("Assumptions", terms.get("assumptions_name") or "none"),
        ("Cost basis", terms.get("cost_basis")),
    ]
    return [(label, str(value)) for label, value in facts if value not in (None, "")]


def _made_with(data: PriceData) -> Section:
    text = ["Worked out again from the same claims, rules and version of the program, these prices come out the same."]
    if data.terms.get("assumptions_name"):
        text.append("Some rule values are assumed, not the state's; the steps above say which. Such prices are an illustration.")
    columns = (Column("what", "What"), Column("value", "Value"))
    rows: Rows = [[label, value] for label, value in about(data)]
    return Section("versions", "What these prices were made with", text, [], [Grid("versions", "Versions", columns, rows)])
