"""Pregnancies of a member: births, losses and those still open; their work and triggers (section 7 of the page, first half)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from .births import MODES, coded_weeks, days, line_roles
from .claims import day
from .lines import any_diagnosis
from .months import last_day, month
from .rules import Rules

Row = dict[str, Any]
OPEN_APART = 300
TERM = 280


def is_delivery(line: Row, rules: Rules) -> bool:
    return line["type"] == "professional" and any(r.startswith("hcpcs:") for r in line_roles(line, rules, MODES))


def is_trigger_coded(line: Row, rules: Rules) -> bool:
    codes = rules.codes("attribution.monthly.trigger")
    return codes.has("hcpcs", line["hcpcs"], line["line_from"]) or any_diagnosis(line, codes)


def is_work(line: Row, rules: Rules) -> bool:
    service = rules.codes("attribution.monthly.case_rate_service")
    coded = is_trigger_coded(line, rules) or service.has("hcpcs", line["hcpcs"], line["line_from"])
    return line["type"] == "professional" and line["entity"] is not None and (coded or is_delivery(line, rules))


def may_trigger(kinds: set[str], rules: Rules) -> bool:
    listed = set(rules.get("attribution.monthly.provider_types") or [])
    return not listed or not kinds or bool(kinds & listed)


class Member:
    """What triggers of one member are judged by: who may trigger, and her coverage."""

    def __init__(self, name: str, rules: Rules, directory: Any, eligibility: list[Row], anybody_covered: bool) -> None:
        self.name, self.rules, self.directory = name, rules, directory
        self.spans = [(day(r.get("enrollment_start_date")) or date.min, day(r.get("enrollment_end_date")) or date.max) for r in eligibility]
        self.died = min((d for r in eligibility if (d := day(r.get("death_date")))), default=None)
        self.needs_coverage = anybody_covered

    def is_covered(self, first: date, last: date) -> bool:
        """Whether coverage touches the days; everybody is covered where the eligibility table has no row at all."""
        return not self.needs_coverage or any(start <= last and first <= end for start, end in self.spans)

    def is_trigger(self, line: Row, pregnancy: Row | None) -> bool:
        """Whether a line triggers in a pregnancy; None: in one that is not a birth's."""
        rules, when = self.rules, line["line_from"]
        if not is_work(line, rules) or not is_trigger_coded(line, rules):
            return False
        if not may_trigger(self.directory.types_of(line["entity"]), rules):
            return False
        least = rules.get("attribution.monthly.min_gestation_days")
        if pregnancy is not None and pregnancy["is_birth"]:
            if when < pregnancy["pregnancy_start_date"] + days(least):
                return False
        else:
            weeks = coded_weeks([line["claim"]], rules)
            if weeks is not None and weeks * 7 < least:
                return False
        return not rules.get("attribution.monthly.trigger_needs_coverage") or self.is_covered(when, when)


def find(member: Member, events: list[Row], losses: list[date], episodes: list[Row], claims: list[Row], rules: Rules) -> list[Row]:
    """The member's pregnancies with their lines; `events` are her birth events with windows, `episodes` those that the program counts."""
    counted = {(e["delivery_date"], e["first"]): e for e in episodes if not e["doubtful"]}
    found = [_birth(e, counted.get((e["delivery_date"], e["first"]))) for e in events if not e["doubtful"]]
    lines = sorted((x for c in claims for x in c["lines"]), key=lambda x: (x["line_from"], x["claim_id"], x["line"]))
    if rules.get("attribution.monthly") is not None:
        found += [_loss(when, found, losses, rules) for when in losses]
        found += _open(member, found, losses, lines, rules)
    for pregnancy in found:
        pregnancy["member_id"] = member.name
    for line in lines:
        home = home_of(line["line_from"], found)
        if home is not None:
            home["lines"].append(line)
    return found


def home_of(when: date, pregnancies: list[Row]) -> Row | None:
    """The one pregnancy a day belongs to: births stand before losses, losses before open ones."""
    return next((p for p in pregnancies if p["window_start_date"] <= when <= p["window_end_date"]), None)


def _pregnancy(start: date | None, source: str, kind: str, end: date, window: tuple[date, date]) -> Row:
    return {
        "pregnancy_start_date": start,
        "start_source": source,
        "end_kind": kind,
        "end_date": end,
        "window_start_date": window[0],
        "window_end_date": window[1],
        "is_birth": source == "birth",
        "episode": None,
        "lines": [],
    }


def _birth(event: Row, episode: Row | None) -> Row:
    window = event["episode_start_date"], event["episode_end_date"]
    found = _pregnancy(event["pregnancy_start_date"], "birth", event["outcome"], event["delivery_date"], window)
    return {**found, "episode": episode}


def _loss(when: date, births: list[Row], losses: list[date], rules: Rules) -> Row:
    bounds = [p["window_end_date"] for p in births if p["is_birth"] and p["end_date"] < when] + [other for other in losses if other < when]
    start = max([when - days(rules.get("episode.days_before")), *(b + days(1) for b in bounds)])
    return _pregnancy(None, "window", "loss", when, (start, last_day(month(when))))


def _open(member: Member, others: list[Row], losses: list[date], lines: list[Row], rules: Rules) -> list[Row]:
    free = [x for x in lines if home_of(x["line_from"], others) is None and member.is_trigger(x, None)]
    found: list[Row] = []
    for line in free:
        when = line["line_from"]
        if found and (when - found[-1]["opened_by"]).days <= OPEN_APART:
            continue
        weeks = coded_weeks([x["claim"] for x in free if x["line_from"] == when], rules)
        start = when - days(weeks * 7 if weeks is not None else rules.get("attribution.monthly.min_gestation_days"))
        before = [end for end in [p["window_end_date"] for p in others + found] + losses if end < when]
        window = max([start, *(b + days(1) for b in before)]), start + days(TERM + rules.get("episode.days_after"))
        source = "trigger_weeks" if weeks is not None else "trigger_code"
        found.append({**_pregnancy(start, source, "open", start + days(TERM), window), "opened_by": when})
    for pregnancy in found:
        _cut(pregnancy, others + found)
    return sorted(found, key=lambda p: p["end_date"])


def _cut(pregnancy: Row, others: list[Row]) -> None:
    """An open pregnancy's window ends before the next pregnancy's begins: two must not be paid for the same time."""
    begins = [p["window_start_date"] for p in others if p["window_start_date"] <= p["window_end_date"]]
    pregnancy["uncut_end"] = pregnancy["window_end_date"]
    pregnancy["next_begins"] = min((start for start in begins if start > pregnancy["opened_by"]), default=None)
    if pregnancy["next_begins"] is not None:
        pregnancy["window_end_date"] = min(pregnancy["uncut_end"], pregnancy["next_begins"] - days(1))


def note_work(pregnancy: Row, member: Member, rules: Rules) -> None:
    """Triggers and work of a pregnancy: `triggers` sorted by date and entity, `worked` and `delivered` days of each entity."""
    triggers, worked, delivered = set(), defaultdict(set), defaultdict(set)
    if rules.get("attribution.monthly") is not None:
        for line in pregnancy["lines"]:
            if not is_work(line, rules):
                continue
            worked[line["entity"]].add(line["line_from"])
            if is_delivery(line, rules):
                delivered[line["entity"]].add(line["line_from"])
            if member.is_trigger(line, pregnancy):
                triggers.add((line["line_from"], line["entity"]))
    pregnancy["triggers"], pregnancy["worked"], pregnancy["delivered"] = sorted(triggers), worked, delivered
    pregnancy["first_triggers"] = {}
    for when, entity in pregnancy["triggers"]:
        pregnancy["first_triggers"].setdefault(entity, when)
    pregnancy["first_trigger_date"] = pregnancy["triggers"][0][0] if triggers else None
