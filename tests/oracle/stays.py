"""Stays, readmissions and follow-up once more, in plain Python from docs/reference/stays.md; imports nothing of the package.

Works on one member at a time: claims as dictionaries with `facility`, `kind`, `start`, `end` and flags; visits as days.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
DAY = timedelta(days=1)


def days_between(first: date, last: date) -> int:
    return (last - first).days


def facility_stays(claims: list[Row]) -> list[Row]:
    """Claims of one facility and kind: the next begins by the latest end, or on the day after one that says still a patient."""
    found: list[Row] = []
    for claim in sorted(claims, key=lambda c: (c["start"], c["end"], c["id"])):
        mine = [s for s in found if s["facility"] == claim["facility"] and s["kind"] == claim["kind"]]
        goes_on = mine and (
            claim["start"] <= mine[-1]["end"] or any(c["still"] and days_between(c["end"], claim["start"]) <= 1 for c in mine[-1]["claims"])
        )
        if goes_on:
            stay = mine[-1]
            stay["claims"].append(claim)
            stay["end"] = max(stay["end"], claim["end"])
        else:
            found.append(
                {"facility": claim["facility"], "kind": claim["kind"], "start": claim["start"], "end": claim["end"], "claims": [claim]}
            )
    for stay in found:
        # The last claim by end; of two on one day the one that says the member left, then the higher id.
        last = max(stay["claims"], key=lambda c: (c["end"], not c["still"], c["id"]))
        stay.update({k: last[k] for k in ("still", "ama", "mental")})
        stay["self_harm"] = any(c["self_harm"] for c in stay["claims"])
        stay["planned"] = any(c["planned"] for c in stay["claims"])
    return found


def build(claims: list[Row], *, interrupted: int | None = 3, transfer: int = 0) -> list[Row]:
    """The stays of one member of every kind; psychiatric ones chained."""
    parts = facility_stays(claims)
    stays = [_joined([p]) for p in parts if p["kind"] != "psychiatric"]
    chain: list[Row] = []
    latest: date | None = None
    before: Row | None = None
    for part in sorted((p for p in parts if p["kind"] == "psychiatric"), key=lambda p: (p["start"], p["end"], p["facility"])):
        goes_on = False
        if latest is not None and before is not None:
            away = days_between(latest, part["start"])
            goes_on = away < 0 or (interrupted is not None and away + 1 <= interrupted)
            goes_on = goes_on or (part["facility"] != before["facility"] and away <= transfer)
        if chain and not goes_on:
            stays.append(_joined(chain))
            chain = []
        chain.append(part)
        latest = part["end"] if latest is None or not goes_on else max(latest, part["end"])
        before = part
    if chain:
        stays.append(_joined(chain))
    return sorted(stays, key=lambda s: (s["start"], s["kind"], s["facility"]))


def _joined(parts: list[Row]) -> Row:
    last = max(parts, key=lambda p: (p["end"], p["start"], p["facility"]))
    start, end = parts[0]["start"], max(p["end"] for p in parts)
    inside: set[date] = set()
    for p in parts:
        n = days_between(p["start"], p["end"]) + (1 if p["still"] else 0)
        inside |= {p["start"] + i * DAY for i in range(max(n, 1))}
    away, reached = 0, parts[0]["end"]
    for p in parts[1:]:
        away += max(days_between(reached, p["start"]), 0)
        reached = max(reached, p["end"])
    open_ = bool(last["still"])
    return {
        "kind": parts[0]["kind"], "facility": last["facility"], "first_facility": parts[0]["facility"], "start": start, "end": end,
        "open": open_, "los": None if open_ else max(days_between(start, end), 1), "away": away, "days_inside": inside,
        "mental": last["mental"] or any(p["self_harm"] for p in parts), "ama": last["ama"], "planned": parts[0]["planned"],
    }  # fmt: skip


def later(stay: Row, stays: list[Row], kinds: tuple[str, ...]) -> list[tuple[int, Row]]:
    """Stays of these kinds that begin on or after the day of discharge, with that day's number."""
    found = [
        (days_between(stay["end"], s["start"]), s) for s in stays if s is not stay and s["kind"] in kinds and s["start"] >= stay["end"]
    ]
    return sorted(found, key=lambda f: (f[0], f[1]["planned"], {"psychiatric": 0, "acute": 1}.get(f[1]["kind"], 2)))


def readmission(stay: Row, stays: list[Row]) -> str:
    """Status of a closed psychiatric stay in the form of days 3 to 30."""
    returns = later(stay, stays, ("psychiatric", "acute"))
    if any(day <= 1 for day, _ in returns) or stay["ama"]:
        return "excluded"
    after = [(day, s) for day, s in returns if day >= 3]
    counts = bool(after) and after[0][0] <= 30 and not after[0][1]["planned"]
    return "numerator" if counts else "denominator"


def psychiatric_readmission(stay: Row, stays: list[Row], days: int) -> str:
    returns = [day for day, _ in later(stay, stays, ("psychiatric",)) if day >= 2]
    return "numerator" if returns and returns[0] <= days else "denominator"


def follow_up(stay: Row, stays: list[Row], visits: list[date], covered_to: date, days: int, *, until_december_1: bool) -> str | None:
    """Status in connection to care; None where the discharge is not counted at all."""
    if not stay["mental"] or stay["kind"] not in ("psychiatric", "acute") or stay["open"]:
        return None
    if days_between(stay["end"], covered_to) < 30:
        return None
    if until_december_1 and stay["end"] > date(stay["end"].year, 12, 1):
        return None
    # A mental-health return makes the later discharge the last of the chain, any other acute or non-acute admission drops both.
    if any(day <= 30 for day, _ in later(stay, stays, ("psychiatric", "acute", "non_acute"))):
        return None
    services = [*visits, *(s["start"] for s in stays if s["kind"] == "residential")]
    met = any(1 <= days_between(stay["end"], v) <= days for v in services)
    return "numerator" if met else "denominator"
