"""Who a line belongs to, and to whom months and episodes are attributed (sections 6 and 7 of the page)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from .births import MODES, days, line_roles
from .claims import day, text
from .lines import any_diagnosis, cost_of
from .rules import Rules

Row = dict[str, Any]


class Directory:
    """The provider table and the crosswalk, asked for one line at a time."""

    def __init__(self, provider: list[Row], crosswalk: list[Row]) -> None:
        def bare(value: object) -> str | None:
            found = text(value)
            return found.replace("-", "") if found else None

        self.rows = [
            {
                "npi": bare(r.get("npi")),
                "tin": bare(r.get("tin")),
                "entity": text(r.get("entity_id")),
                "type": text(r.get("provider_type")),
                "start": day(r.get("effective_from")),
                "end": day(r.get("effective_to")),
            }
            for r in provider
        ]
        self.crosswalk = [
            {
                "tin": bare(r.get("tin")),
                "entity": text(r.get("entity_id")),
                "start": day(r.get("effective_from")),
                "end": day(r.get("effective_to")),
            }
            for r in crosswalk
        ]
        self.by_npi, self.by_tin, self.by_cross = _index(self.rows, "npi"), _index(self.rows, "tin"), _index(self.crosswalk, "tin")
        self.known_types: dict[str | None, set[str]] = {}

    def entity(self, line: Row) -> str | None:
        when, npi = line["line_from"], line["billing_npi"]
        tin = line["billing_tin"] or (_pick(self.by_npi[npi], when, "tin") if npi else None)
        if tin:
            return _pick(self.by_cross[tin], when, "entity") or _pick(self.by_tin[tin], when, "entity") or tin
        return (_pick(self.by_npi[npi], when, "entity") or npi) if npi else None

    def types_of(self, entity: str | None) -> set[str]:
        """Every provider type of the rows that resolve to an entity, whatever the date."""
        if entity not in self.known_types:
            found = set()
            for row in self.rows:
                crossed = {c["entity"] for c in self.by_cross[row["tin"]]} if row["tin"] else set()
                resolved = crossed or {row["entity"] or row["tin"] or row["npi"]}
                if entity in resolved and row["type"]:
                    found.add(row["type"])
            self.known_types[entity] = found
        return self.known_types[entity]


def _index(rows: list[Row], key: str) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _pick(rows: list[Row], when: date, column: str) -> str | None:
    """Of the rows that hold on a day and have the column, the latest to begin."""
    live = [r for r in rows if r[column] and (r["start"] is None or r["start"] <= when) and (r["end"] is None or when < r["end"])]
    live.sort(key=lambda r: (-(r["start"] or date.min).toordinal(), *(r.get(name) or "" for name in ("tin", "npi", "entity"))))
    return live[0][column] if live else None


def month(when: date) -> str:
    return f"{when.year:04d}-{when.month:02d}"


def months_between(first: str, last: str) -> list[str]:
    year, number = int(first[:4]), int(first[5:])
    found = []
    while f"{year:04d}-{number:02d}" <= last:
        found.append(f"{year:04d}-{number:02d}")
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)
    return found


def later_month(name: str, count: int) -> str:
    total = int(name[:4]) * 12 + int(name[5:]) - 1 + count
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def is_delivery(line: Row, rules: Rules) -> bool:
    return line["type"] == "professional" and any(r.startswith("hcpcs:") for r in line_roles(line, rules, MODES))


def is_trigger_coded(line: Row, rules: Rules) -> bool:
    codes = rules.codes("attribution.monthly.trigger")
    return codes.has("hcpcs", line["hcpcs"], line["line_from"]) or any_diagnosis(line, codes)


def excluded(kinds: set[str], rules: Rules) -> bool:
    return bool(kinds & set(rules.get("attribution.accountable.excluded_provider_types") or []))


def allowed(kinds: set[str], rules: Rules) -> bool:
    listed = set(rules.get("attribution.accountable.provider_type_allowlist") or [])
    return not listed or not kinds or bool(kinds & listed)


def may_trigger(kinds: set[str], rules: Rules) -> bool:
    listed = set(rules.get("attribution.monthly.provider_types") or [])
    return not listed or not kinds or bool(kinds & listed)


def attribute_months(episode: Row, rules: Rules, directory: Directory) -> list[Row]:
    """The months of an episode with the entity that holds or hands over; also notes each entity's first trigger on the episode."""
    episode["first_triggers"], episode["months"] = {}, []
    if rules.get("attribution.monthly") is None or episode["doubtful"]:
        return []
    start = episode["pregnancy_start_date"] + days(rules.get("attribution.monthly.min_gestation_days"))
    service = rules.codes("attribution.monthly.case_rate_service")
    triggers, worked, delivered = [], defaultdict(set), defaultdict(set)
    for line in episode["lines"]:
        entity = line["entity"]
        if line["type"] != "professional" or entity is None:
            continue
        coded = is_trigger_coded(line, rules)
        if coded and line["line_from"] >= start and may_trigger(directory.types_of(entity), rules):
            triggers.append((line["line_from"], entity))
        if is_delivery(line, rules):
            delivered[entity].add(month(line["line_from"]))
        if coded or is_delivery(line, rules) or service.has("hcpcs", line["hcpcs"], line["line_from"]):
            worked[entity].add(line["line_from"])
    triggers = sorted(set(triggers))
    if not triggers:
        return []
    for when, entity in triggers:
        episode["first_triggers"].setdefault(entity, when)
    first, last = month(triggers[0][0]), month(episode["delivery_date"] + days(rules.get("episode.days_after")))
    moves = [(triggers[0][0], triggers[0][1], "trigger")]
    for number, (when, entity) in enumerate(triggers):
        others = {e for _, e in triggers[:number]} - {entity}
        until = later_month(month(when), rules.get("attribution.monthly.quiet_months"))
        if number and month(when) in delivered[entity]:
            moves.append((when, entity, "moved_delivery"))
        elif number and not any(when < day_of and month(day_of) <= until for other in others for day_of in worked[other]):
            moves.append((when, entity, "moved_quiet"))
    rows, before = [], None
    for name in months_between(first, last):
        _, holder, rule = [m for m in moves if month(m[0]) <= name][-1]
        if name == first:
            rule = "trigger"
        elif holder == before:
            rule = "trigger" if any(e == holder and month(w) == name for w, e in triggers) else "carried_forward"
        rows.append({"month": name, "entity_id": holder, "status": "attributed", "rule": rule})
        if before not in (None, holder) and any(month(w) == name for w in worked[before]):
            rows.append({"month": name, "entity_id": before, "status": "handover", "rule": "handover_month"})
        before = holder
    for row in rows:
        row["member_id"], row["delivery_date"] = episode["member_id"], episode["delivery_date"]
    episode["months"] = rows
    return rows


def deliverer(episode: Row) -> str | None:
    paid: dict[str, int] = defaultdict(int)
    first: dict[str, date] = {}
    for line in episode["delivery_lines"]:
        if line["entity"] is None:
            continue
        paid[line["entity"]] += line["paid"] or 0
        first[line["entity"]] = min(first.get(line["entity"], line["line_from"]), line["line_from"])
    return min(paid, key=lambda e: (-paid[e], first[e], e), default=None)


def attributed(episode: Row, rules: Rules) -> str | None:
    if rules.get("attribution.episode.rule") == "delivering_entity":
        return deliverer(episode)
    counts: dict[str, int] = defaultdict(int)
    for row in episode["months"]:
        counts[row["entity_id"]] += 1
    delivering = {line["entity"] for line in episode["delivery_lines"]}
    return min(counts, key=lambda e: (-counts[e], e not in delivering, episode["first_triggers"][e], e), default=None)


def gate(entity: str, period: str, episodes: list[Row], rules: Rules, directory: Directory) -> bool:
    """Whether an entity may be accountable for episodes of a period."""
    kinds = directory.types_of(entity)
    if excluded(kinds, rules) or not allowed(kinds, rules):
        return False
    least = rules.get("attribution.accountable.min_deliveries")
    if least is None:
        return True
    back = rules.period(rules.get("attribution.accountable.lookback"))
    counted = [e for e in episodes if not e["doubtful"] and back.first <= e["delivery_date"] <= back.last]
    if not counted and rules.get("attribution.accountable.when_lookback_empty") == "own_period":
        counted = [e for e in episodes if not e["doubtful"] and e["period"] == period]
    number = sum(1 for e in counted if e["deliverer"] == entity)
    return compare(number, rules.get("attribution.accountable.operator"), least)


def compare(left: Any, operator: str, right: Any) -> bool:
    return {"ge": left >= right, "gt": left > right, "le": left <= right, "lt": left < right}[operator]


def attribute(episodes: list[Row], rules: Rules, directory: Directory) -> list[Row]:
    """Fill in each episode's attributed and accountable entity; returns the month rows."""
    rows = []
    for episode in episodes:
        rows += attribute_months(episode, rules, directory)
        episode["deliverer"] = deliverer(episode)
        episode["attributed_entity_id"] = attributed(episode, rules)
    gates: dict[tuple[str, str], bool] = {}
    for episode in episodes:
        entity = episode["attributed_entity_id"]
        key = (entity, episode["period"])
        if entity is not None and key not in gates:
            gates[key] = gate(entity, episode["period"], episodes, rules, directory)
        episode["accountable_entity_id"] = entity if entity is not None and gates[key] else None
    return rows


__all__ = ["Directory", "attribute", "compare", "cost_of", "gate", "is_delivery", "month", "months_between"]
