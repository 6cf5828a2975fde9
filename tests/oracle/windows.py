"""Episodes, their windows, and the one home of each final line (section 4 of the page)."""

from __future__ import annotations

from typing import Any

from .births import days
from .rules import Rules

Row = dict[str, Any]


def nominal(event: Row, rules: Rules) -> tuple[Any, Any]:
    before, after = rules.get("episode.days_before"), rules.get("episode.days_after")
    if rules.get("episode.anchor") == "delivery_date":
        return event["delivery_date"] - days(before), event["delivery_date"] + days(after)
    return event["stay_start_date"] - days(before), event["stay_end_date"] + days(after)


def give_windows(member: str, events: list[Row], losses: list[Any], rules: Rules) -> list[Row]:
    """The member's birth events in order of delivery, each with its nominal (`window_*`) and its clipped, own (`episode_*`) window."""
    found = []
    for event in events:
        start, end = nominal(event, rules)
        bounds = []
        for other in events:
            if other is event or other["doubtful"] or other["delivery_date"] >= event["delivery_date"]:
                continue
            other_end = nominal(other, rules)[1]
            if other_end >= start:
                bounds.append(other_end + days(1))
        bounds += [loss + days(1) for loss in losses if start <= loss < event["delivery_date"]]
        clipped = start
        if bounds:
            clipped = max([start, *bounds])
            if event["gestation_weeks"] is not None:
                clipped = max(clipped, event["pregnancy_start_date"])
        found.append(
            {
                **event,
                "member_id": member,
                "window_start_date": start,
                "window_end_date": end,
                "episode_start_date": clipped,
                "episode_end_date": end,
            }
        )
    return found


def make_episodes(events: list[Row], rules: Rules) -> list[Row]:
    """The events that the program counts."""
    episodes = []
    for event in events:
        if event["outcome"] in rules.get("episode.outcomes"):
            assigned = event["delivery_date"] if rules.get("episode.assign_by") == "delivery_date" else event["episode_end_date"]
            episodes.append({**event, "assigned_on": assigned, "period": rules.period_of(assigned), "lines": [], "outside": []})
    return episodes


def place_lines(episodes: list[Row], claims: list[Row]) -> None:
    """Give each final line of the member to the episode whose clipped window holds it, else to the first whose nominal window does."""
    owners = [e for e in episodes if not e["doubtful"]]
    for claim in claims:
        for line in claim["lines"]:
            when = line["line_from"]
            home = next((e for e in owners if e["episode_start_date"] <= when <= e["episode_end_date"]), None)
            if home is not None:
                home["lines"].append(line)
                continue
            listed = next((e for e in owners if e["window_start_date"] <= when <= e["window_end_date"]), None)
            if listed is not None:
                listed["outside"].append(line)


def held_in(episode: Row, held: list[Row]) -> list[Row]:
    """The held lines in the own window."""
    return [x for x in held if episode["episode_start_date"] <= x["line_from"] <= episode["episode_end_date"]]
