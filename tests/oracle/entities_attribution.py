"""Who a line belongs to, and to whom episodes are attributed (sections 6 and 7 of the page)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from .claims import day, text
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


def excluded(kinds: set[str], rules: Rules) -> bool:
    return bool(kinds & set(rules.get("attribution.accountable.excluded_provider_types") or []))


def allowed(kinds: set[str], rules: Rules) -> bool:
    listed = set(rules.get("attribution.accountable.provider_type_allowlist") or [])
    return not listed or not kinds or bool(kinds & listed)


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
    counted = [e for e in episodes if e["deliverer"] is not None and back.first <= e["delivery_date"] <= back.last]
    if not counted and rules.get("attribution.accountable.when_lookback_empty") == "own_period":
        counted = [e for e in episodes if e["period"] == period]
    number = sum(1 for e in counted if e["deliverer"] == entity)
    return compare(number, rules.get("attribution.accountable.operator"), least)


def compare(left: Any, operator: str, right: Any) -> bool:
    return {"ge": left >= right, "gt": left > right, "le": left <= right, "lt": left < right}[operator]


def attribute(episodes: list[Row], rules: Rules, directory: Directory) -> Gates:
    """Fill in each episode's attributed and accountable entity; `months` and `first_triggers` are its pregnancy's."""
    for episode in episodes:
        episode["deliverer"] = deliverer(episode)
        episode["attributed_entity_id"] = attributed(episode, rules)
    gates = Gates(episodes, rules, directory)
    for episode in episodes:
        entity = episode["attributed_entity_id"]
        episode["accountable_entity_id"] = entity if entity is not None and gates.passes(entity, episode["period"]) else None
    return gates


class Gates:
    """Which entities may be accountable, by period; each is judged once."""

    def __init__(self, episodes: list[Row], rules: Rules, directory: Directory) -> None:
        self.episodes, self.rules, self.directory = episodes, rules, directory
        self.known: dict[tuple[str, str], bool] = {}

    def passes(self, entity: str, period: str) -> bool:
        if (entity, period) not in self.known:
            self.known[entity, period] = gate(entity, period, self.episodes, self.rules, self.directory)
        return self.known[entity, period]
