"""Anchor procedures and their windows, member by member, from docs/reference/procedures.md. Imports nothing of the package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass
class Terms:
    """The rules that the histories vary."""

    around_stay: bool = True
    before: int = 3
    after: int = 90
    settings: tuple[str, ...] = ("inpatient", "outpatient")
    institutional: bool = True
    merge: int = 1
    replaces: bool = False


def days(n: int) -> timedelta:
    return timedelta(days=n)


def stays_of(claims: list[Row]) -> list[tuple[date, date]]:
    """Inpatient claims joined while the next begins within a day of the latest end."""
    found: list[list[date]] = []
    for claim in sorted((c for c in claims if c["inpatient"]), key=lambda c: (c["start"], c["end"])):
        if found and claim["start"] <= found[-1][1] + days(1):
            found[-1][1] = max(found[-1][1], claim["end"])
        else:
            found.append([claim["start"], claim["end"]])
    return [(a, b) for a, b in found]


def events_of(claims: list[Row], terms: Terms) -> list[Row]:
    """Anchor events that count, by date."""
    stays, pieces = stays_of(claims), []
    for claim in (c for c in claims if c["anchor"]):
        stay = next((s for s in stays if s[0] <= claim["start"] <= s[1]), None)
        start, end = stay or (claim["start"], claim["end"])
        pieces.append({"start": start, "end": end, "stay": stay, "claim": claim})
    groups: list[list[Row]] = []
    for piece in sorted(pieces, key=lambda p: (p["start"], p["end"])):
        if groups and piece["start"] <= max(p["end"] for p in groups[-1]) + days(terms.merge):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    events = []
    for group in groups:
        inside = [p["stay"] for p in group if p["stay"]]
        setting = "inpatient" if inside else "outpatient"
        if setting not in terms.settings or (terms.institutional and all(p["claim"]["professional"] for p in group)):
            continue
        low = min(s[0] for s in inside) if inside else min(p["start"] for p in group)
        high = max(s[1] for s in inside) if inside else max(p["end"] for p in group)
        dated = [p["claim"]["day"] for p in group if p["claim"]["day"] and low <= p["claim"]["day"] <= high]
        anchor = min(dated, default=low)
        first, last = (low, high) if inside else (anchor, anchor)
        around = (first, last) if terms.around_stay else (anchor, anchor)
        events.append({"anchor": anchor, "from": around[0] - days(terms.before), "to": around[1] + days(terms.after), "evidence": group})
    return events


def episodes_of(claims: list[Row], terms: Terms) -> list[Row]:
    """The member's episodes: anchor, own window, whether it was replaced, and the cents of the claims whose one home it is."""
    opened: list[Row] = []
    for event in events_of(claims, terms):
        if terms.replaces or not opened or event["anchor"] > opened[-1]["to"]:
            opened.append(event)
    for n, event in enumerate(opened):
        event["replaced"] = terms.replaces and any(later["anchor"] <= event["to"] for later in opened[n + 1 :])
        bound = max((e["to"] for e in opened[:n] if not e["replaced"] and e["to"] >= event["from"]), default=None)
        event["own_from"] = event["from"] if bound is None else max(event["from"], bound + days(1))
    for event in opened:
        mine = [] if event["replaced"] else [c for c in claims if event["own_from"] <= c["start"] <= event["to"]]
        event["cents"] = sum(c["cents"] for c in mine)
    return opened
