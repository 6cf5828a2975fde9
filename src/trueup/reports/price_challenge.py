"""The state of a price set in words: what a practice can still do, by when, and what became of its challenges."""

from __future__ import annotations

from trueup.reports import words
from trueup.reports.grid import Column, Grid, Rows, Section
from trueup.reports.price_data import PriceData
from trueup.reports.sections import day_of

_DECISIONS = {"upheld": "You were right: prices are made again", "rejected": "Rejected", "withdrawn": "Withdrawn"}


def state_words(data: PriceData) -> str:
    """The status as a sentence."""
    match data.status:
        case "final":
            return "Final. These prices do not change with the year's results."
        case "challenged":
            return "Challenged. At least one price of the program is disputed; nothing is paid on these prices until each is decided."
        case _:
            return "Draft. These prices can still change, and nothing is paid on them."


def challenge_section(data: PriceData, entity_id: str) -> Section:
    """How to challenge, until when, and the practice's own challenges with their decisions."""
    grids = [_own(data, entity_id)]
    shown = [grid for grid in grids if grid.rows]
    heading = "If you think a price is wrong"
    if data.status == "final":
        text = ["The time to challenge these prices is over. Tell your program office if you find that a price rests on a mistake."]
        return Section("challenge", heading, text, [], shown)
    text = [
        "Write to your program office. Name the episodes (by their ids, in the list below) or the claim lines that should not count or are"
        " missing, with the reason for each.",
        "The answer shows what your price would be without or with them, step by step, before it is decided.",
        _until(data),
    ]
    return Section("challenge", "How to challenge a price, and by when", text, [], shown)


def _until(data: PriceData) -> str:
    if data.published_on is None:
        return "This draft is not published yet. The time to challenge begins when it is."
    if data.challenge_until is None:
        return "The rules name no last day. Ask your program office for it."
    return f"Published on {words.day(data.published_on)}. The last day to challenge is {words.day(data.challenge_until)}."


def _own(data: PriceData, entity_id: str) -> Grid:
    decided = {e["detail"]["challenge_id"]: (e["on"], e["detail"]["decision"]) for e in data.events("decided")}
    rows: Rows = []
    for event in data.events("challenged"):
        filed = event["detail"]["challenge"]
        if filed["entity_id"] != entity_id:
            continue
        when, decision = decided.get(event["detail"]["challenge_id"], (None, ""))
        answer = _DECISIONS.get(decision) or words.humanize(decision) or "Not decided yet"
        cases = len(filed["evidence"])
        rows.append([event["detail"]["challenge_id"], words.price(filed["price"]), cases, _day(event["on"]), answer, _day(when)])
    columns = (
        Column("challenge", "Challenge"),
        Column("price", "Price"),
        Column("cases", "Cases named", "count"),
        Column("filed", "Filed on"),
        Column("answer", "Answer"),
        Column("decided", "Decided on"),
    )
    return Grid("challenges", "Your challenges", columns, rows)


def _day(value: object) -> str:
    return words.span(day_of(value), None) if value else ""
