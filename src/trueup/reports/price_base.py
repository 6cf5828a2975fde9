"""The practice's own base on its price sheet: episodes and pregnancies, used or not and why, added up to the ladder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trueup.reports import privacy, words
from trueup.reports.grid import Cell, Column, Grid, Rows, Section
from trueup.reports.price_data import PriceLadder, tie_basis, tie_episodes
from trueup.reports.source import Row

_ENDS = {"live_birth": "Live birth", "stillbirth": "Stillbirth", "loss": "Loss", "open": "Still open"}
_SERVICES = {"facility": "Hospital and other facilities", "professional": "Clinicians", "pharmacy": "Pharmacy"}
_FROM = {"estimated": "From how claims arrived", "manual": "Set by hand", "complete": "All arrived"}
_AGES_ON_PAGE = 12


def end_kind(code: str) -> str:
    """How a pregnancy ended, in words."""
    return _ENDS.get(code) or words.humanize(code)


def sections_of(
    ladders: Sequence[PriceLadder], episodes: Sequence[Row], basis: Sequence[Row], label: Callable[[str], str]
) -> list[Section]:
    """The base behind the prices that are shown. Raises CheckFailed (TRU-C041) where it does not add up to a ladder."""
    rates = [ladder for ladder in ladders if ladder.row["price"] == "case_rate"]
    found = [_pregnancies(rates[0], basis)] if rates and basis else []
    others = [ladder for ladder in ladders if ladder.row["price"] != "case_rate"]
    if episodes and others:
        found.append(_episodes(others, episodes, label))
    elif others:
        text = "The list of base episodes is not part of this price set. Your program office can give it to you."
        found.append(Section("base-episodes", "Your base episodes", [text]))
    return found


# --- pregnancies of a case rate ---------------------------------------------------------------------------------------------------


def _pregnancies(ladder: PriceLadder, basis: Sequence[Row]) -> Section:
    sums, kinds = tie_basis(ladder, basis)
    columns = (
        Column("end", "How the pregnancy ended"),
        Column("pregnancies", "Pregnancies", "count", total=True),
        Column("months", "Months", "count", total=True),
        Column("lines", "Claim lines in scope", "count", total=True),
        Column("cost", "Their cost", "money", total=True),
        Column("counted", "Counted", "money", total=True),
    )

    def row(r: Row) -> list[Cell]:
        return [end_kind(r["end_kind"]), r["pregnancies"], r["months"], r["lines"], r["covered_cents"], r["counted_cents"]]

    used: Rows = [row(r) for r in basis if r["end_kind"] in kinds]
    beside: Rows = [row(r)[:-1] for r in basis if r["end_kind"] not in kinds]
    text = [
        "Every month counts in which a case rate would have been paid to you, wherever the member delivered.",
        f"The {words.plural(sums.months, 'month')} and {words.money(sums.cents)} below add up to the steps of your case rate.",
    ]
    if sums.taken_off_cents:
        text.append(f"{words.money(sums.taken_off_cents)} of very costly pregnancies was taken off, so that they do not set the rate.")
    grids = [
        Grid("base_pregnancies", "Pregnancies that your case rate rests on", columns, used),
        Grid("base_pregnancies_beside", "Other pregnancies, for information: not in the rate", columns[:-1], beside),
    ]
    return Section("base-pregnancies", "Your base behind the case rate", text, [], [g for g in grids if g.rows])


# --- episodes ---------------------------------------------------------------------------------------------------------------------


def _episodes(ladders: Sequence[PriceLadder], episodes: Sequence[Row], label: Callable[[str], str]) -> Section:
    text = ["The first column is the episode's id. Name it when you ask about an episode or challenge a price."]
    for cohort in dict.fromkeys(ladder.row["cohort"] for ladder in ladders):
        mine = [ladder for ladder in ladders if ladder.row["cohort"] == cohort]
        of_cohort = [e for e in episodes if not label(cohort) or e["cohort"] == cohort]
        tied = [tie_episodes(ladder, of_cohort) for ladder in mine]
        sums = tied[0]
        said = f"{label(cohort)}: " if label(cohort) else ""
        text.append(
            f"{said}{words.plural(sums.number, 'episode')} used, {words.money(sums.cents)} in all"
            + (f", less {words.money(sums.taken_off_cents)} beyond the cost lines" if sums.taken_off_cents else "")
            + ". That adds up to the steps above."
        )
        if sums.without_rate_cents:
            text.append(
                f"{words.money(sums.without_rate_cents)} of the part that case rates stand for was care by practices without a case rate;"
                " your price counts it with the rest."
            )
    grouped = any(label(str(e["cohort"])) for e in episodes)
    in_scope = any(e["in_scope_cents"] or e["case_rate_months"] for e in episodes)
    identity = (
        Column("episode", "Episode"),
        Column("delivery_date", "Delivery date", "date"),
        *((Column("group", "Group"),) if grouped else ()),
    )
    amounts = (
        Column("lines", "Claim lines", "count", total=True),
        Column("risk_score", "Risk score", "rate", total=True),
        Column("cost", "Total cost", "money", total=True),
        *((Column("in_scope", "Part that case rates stand for", "money", total=True),) if in_scope else ()),
        *((Column("months", "Case-rate months", "count", total=True),) if in_scope else ()),
    )

    def row(e: Row, *more: Cell) -> list[Cell]:
        group = [label(str(e["cohort"]))] if grouped else []
        parts = [e["in_scope_cents"], e["case_rate_months"]] if in_scope else []
        return [e["episode_id"], e["delivery_date"], *group, *more, e["claim_line_count"], e["risk_score"], e["total_cost_cents"], *parts]

    cut = any(e["used"] and e["reason"] for e in episodes)  # used up to an outlier line
    used: Rows = [row(e, *([_line(e)] if cut else [])) for e in episodes if e["used"]]
    out: Rows = [row(e, _why(e)) for e in episodes if not e["used"]]
    why = Column("why", "Why it is not used")
    counted = (Column("counted", "How it counts"),) if cut else ()
    grids = [
        Grid("base_episodes", "Base episodes that your price rests on", (*identity, *counted, *amounts), used, empty="None."),
        Grid(
            "base_episodes_not_used",
            "Base episodes that are not used, and why",
            (*identity, why, *amounts),
            out,
            empty="Every one is used.",
        ),
    ]
    return Section("base-episodes", "Your base episodes", text, [], grids)


def _line(episode: Row) -> str:
    return "At the state's cost line, not at its own cost" if episode["reason"] else "At its own cost"


def _why(episode: Row) -> str:
    return words.reasons(privacy.open_reasons(episode["reason"])) or "No reason was recorded"


def completion_grid(factors: Sequence[Row]) -> list[Grid]:
    """How complete claims of each age are taken to be; the page shows the first year of ages, the files all."""
    columns = (
        Column("service", "Kind of service"),
        Column("age", "Months after the service", "count"),
        Column("months_seen", "Months of service seen", "count"),
        Column("arrived", "Share that has arrived", "rate"),
        Column("other", "The same by the other average", "rate"),
        Column("source", "Where it comes from"),
    )
    ordered = sorted(factors, key=lambda f: (f["service_type"], f["age_months"]))
    rows: Rows = [
        [
            _SERVICES.get(f["service_type"]) or words.humanize(f["service_type"]),
            f["age_months"],
            f["origins"],
            f["completion_rate"],
            f["alternative_rate"],
            _FROM.get(f["source"]) or words.humanize(f["source"]),
        ]
        for f in ordered
    ]
    first: Rows = [row for row, f in zip(rows, ordered, strict=True) if f["age_months"] < _AGES_ON_PAGE]
    caption = "How much of a month's claims has arrived, by its age"
    if len(first) == len(rows):
        return [Grid("completion", caption, columns, rows)] if rows else []
    return [
        Grid("completion", f"{caption}: the first year (the workbook has every age)", columns, first),
        Grid("completion_all", caption, columns, rows, on_page=False),
    ]
