"""Statuses, evidence and counts of measures, one unit at a time, from the words of docs/reference/measures.md.

A claim is a dictionary: version, claim_id, member, type, day (of its diagnoses), inpatient, dx and px as (position, code[, day]), drgs, and
lines with line, line_from, hcpcs, revenue, ndc, pos. A unit holds its five dates by name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from .rules import CodeSet, read_yaml

Row = dict[str, Any]
Sets = dict[str, CodeSet]


def read_measures(path: Path) -> list[Row]:
    """The measures of a library as plain dictionaries."""
    return list(read_yaml(path)["measures"])


def compute(
    measures: list[Row], sets: Sets, units: list[Row], facts: list[Row], strata: list[Row], claims: list[Row]
) -> dict[str, list[Row]]:
    """The tables of measures. `facts` and `strata` are rows of unit_facts and unit_strata."""
    by_member: dict[str, list[Row]] = defaultdict(list)
    for claim in claims:
        by_member[claim["member"]].append(claim)
    known: dict[str, dict[str, int]] = defaultdict(dict)
    for row in facts:
        known[row["unit_id"]][row["fact"]] = row["fact_value"]
    tables: dict[str, list[Row]] = {"measure_results": [], "measure_evidence": []}
    histogram: Counter[tuple[Any, ...]] = Counter()
    for unit in units:
        for measure in measures:
            if measure["unit"] != unit["unit_kind"]:
                continue
            version = next((v for v in measure["versions"] if covers(v, unit["anchor"].year)), None)
            if version is None:
                continue
            status, evidence = judge(measure, version, unit, known[unit["unit_id"]], by_member[unit["member_id"]], sets)
            if status is None:
                continue
            head = {"measure_id": measure["id"], "unit_id": unit["unit_id"]}
            where = {"entity_id": unit["entity_id"], "period": unit["period"]}
            tables["measure_results"].append({**head, **where, "version": str(version["from_year"]), "status": status})
            tables["measure_evidence"] += [{**head, **row} for row in evidence]
            if measure.get("fact") and status == "denominator" and unit["entity_id"] is not None:
                histogram[measure["id"], unit["entity_id"], unit["period"], known[unit["unit_id"]][measure["fact"]]] += 1
    tables["measure_counts"] = count(tables["measure_results"], strata)
    names = ("measure_id", "entity_id", "period", "fact_value", "units")
    tables["measure_values"] = [dict(zip(names, (*key, n), strict=True)) for key, n in histogram.items()]
    return tables


def covers(version: Row, year: int) -> bool:
    return version["from_year"] <= year <= (version.get("to_year") or 9999)


def judge(measure: Row, version: Row, unit: Row, facts: dict[str, int], claims: list[Row], sets: Sets) -> tuple[str | None, list[Row]]:
    """The unit's status, or None outside the population, and what was found for each criterion."""
    evidence: list[Row] = []
    held: dict[str, dict[str, bool]] = {part: {} for part in ("population", "exclusions", "exceptions", "numerator")}
    for part, groups in held.items():
        criteria = list(version.get(part) or [])
        if part == "population" and measure.get("fact"):
            criteria.insert(0, {"id": f"{measure['fact']}_known", "fact": measure["fact"], "operator": "known"})
        for criterion in criteria:
            met, found = look(criterion, unit, facts, claims, sets)
            group = criterion.get("group", criterion["id"])
            groups[group] = groups.get(group, False) or met
            if found:
                evidence.append({"part": part, "criterion": criterion["id"], "is_met": met, **found})
    if not all(held["population"].values()):
        return None, []
    if any(held["exclusions"].values()):
        return "excluded", evidence
    if held["numerator"] and all(held["numerator"].values()):
        return "numerator", evidence
    return ("excepted" if any(held["exceptions"].values()) else "denominator"), evidence


def look(criterion: Row, unit: Row, facts: dict[str, int], claims: list[Row], sets: Sets) -> tuple[bool, Row]:
    """Whether a criterion holds, and its evidence (empty where nothing was found)."""
    if "fact" in criterion:
        value = facts.get(criterion["fact"])
        return (False, {}) if value is None else (compares(criterion, value), {"fact_value": value})
    found = [e for claim in claims for e in events_of(claim, criterion, sets) if in_span(criterion, unit, e[0])]
    if not found:
        return False, {}
    days = {e[0] for e in found}
    number = len(days) if criterion.get("distinct_days") else len(found)
    first = min(found)
    return number >= criterion.get("at_least", 1), {"event_count": number, "first_date": first[0], "claim_id": first[1]}


def compares(criterion: Row, value: int) -> bool:
    low = criterion.get("value")
    return {
        "known": lambda: True,
        "between": lambda: low <= value <= criterion["value_to"],
        "lt": lambda: value < low,
        "le": lambda: value <= low,
        "eq": lambda: value == low,
        "ne": lambda: value != low,
        "ge": lambda: value >= low,
        "gt": lambda: value > low,
    }[criterion["operator"]]()


def in_span(criterion: Row, unit: Row, when: date) -> bool:
    start, end = unit[criterion["from"]], unit[criterion.get("to", criterion["from"])]
    first, last = criterion.get("first_day"), criterion.get("last_day")
    if first is not None and (start is None or (when - start).days < first):
        return False
    return last is None or (end is not None and (when - end).days <= last)


def events_of(claim: Row, criterion: Row, sets: Sets) -> list[tuple[date, str]]:
    """(day, claim id) of each event of the criterion on one claim; one for a set on a line, or on the header, on one day."""
    if criterion.get("claim_type", claim["type"]) != claim["type"]:
        return []
    if criterion.get("with") and not marks(claim, sets[criterion["with"]]):
        return []
    if criterion.get("without") and marks(claim, sets[criterion["without"]]):
        return []
    found = []
    for number, when, is_principal in marks(claim, sets[criterion["value_set"]]):
        if criterion.get("principal") and not is_principal:
            continue
        if criterion.get("setting", setting_of(claim, number)) == setting_of(claim, number):
            found.append((when, claim["claim_id"]))
    return found


def marks(claim: Row, codes: CodeSet) -> list[tuple[int, date, bool]]:
    """(line number or 0 for the header, day, in first position) of each event of a code list on a claim."""
    found: dict[tuple[int, date], bool] = {}
    for line in claim["lines"]:
        when = line["line_from"]
        if any(codes.has(system, line[system], when) for system in ("hcpcs", "revenue", "ndc")):
            found[line["line"], when] = False
    header = [(claim["day"], "icd-10-cm", code, position == 1) for position, code in claim["dx"]]
    header += [(when or claim["day"], "icd-10-pcs", code, False) for _, code, when in claim["px"]]
    header += [(claim["day"], system, code, False) for system, code in claim["drgs"]]
    for when, system, code, is_principal in header:
        if codes.has(system, code, when):
            found[0, when] = found.get((0, when), False) or is_principal
    return [(number, when, is_principal) for (number, when), is_principal in found.items()]


def setting_of(claim: Row, number: int) -> str:
    if claim["inpatient"]:
        return "inpatient"
    lines = [x for x in claim["lines"] if number in (0, x["line"])]
    urgent = any((x["revenue"] or "").startswith("045") or x["revenue"] == "0981" or x["pos"] == "23" for x in lines)
    return "emergency" if urgent else "other"


def count(results: list[Row], strata: list[Row]) -> list[Row]:
    """Statuses by measure, entity, period and stratum."""
    of_unit: dict[str, list[tuple[str, str]]] = defaultdict(lambda: [("all", "all")])
    for row in strata:
        of_unit[row["unit_id"]].append((row["stratum"], row["stratum_value"]))
    counts: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in results:
        if row["entity_id"] is not None:
            for pair in of_unit[row["unit_id"]]:
                counts[row["measure_id"], row["entity_id"], row["period"], *pair][row["status"]] += 1
    names = ("measure_id", "entity_id", "period", "stratum", "stratum_value")
    return [
        {
            **dict(zip(names, key, strict=True)),
            "denominator": c["numerator"] + c["denominator"],
            "numerator": c["numerator"],
            "excluded": c["excluded"],
            "excepted": c["excepted"],
        }
        for key, c in counts.items()
    ]
