"""The facts of an episode and the exclusion reasons they give (section 8 of the page)."""

from __future__ import annotations

from datetime import date
from typing import Any

from .births import days
from .claims import day, text
from .entities_attribution import compare
from .lines import any_diagnosis
from .rules import Rules

Row = dict[str, Any]


def spans(rows: list[Row], first: date, last: date) -> list[tuple[date, date]]:
    """Eligibility spans cut to a window."""
    found = []
    for row in rows:
        start = max(day(row.get("enrollment_start_date")) or date.min, first)
        end = min(day(row.get("enrollment_end_date")) or date.max, last)
        if start <= end:
            found.append((start, end))
    return sorted(found)


def longest_gap(parts: list[tuple[date, date]], first: date, last: date) -> int:
    longest, cursor = 0, first
    for start, end in parts:
        longest = max(longest, (start - cursor).days)
        cursor = max(cursor, end + days(1))
    return max(longest, (last - cursor).days + 1)


def prenatal_lines(episode: Row, rules: Rules) -> int:
    any_date, visit = rules.codes("attribution.prenatal.any_date"), rules.codes("attribution.prenatal.visit")
    pregnancy = rules.codes("episode.codes.pregnancy")
    count = 0
    for line in episode["lines"]:
        if line["type"] != "professional" or line["entity"] is None or line["entity"] != episode["attributed_entity_id"]:
            continue
        when = line["line_from"]
        before = when < episode["delivery_date"] and visit.has("hcpcs", line["hcpcs"], when)
        if any_date.has("hcpcs", line["hcpcs"], when) or (before and (any_diagnosis(line, pregnancy) or not line["claim"]["dx"])):
            count += 1
    return count


def facts_of(episode: Row, eligibility: list[Row], rules: Rules, covered: bool) -> dict[str, int | None]:
    """The facts; `covered`: there is no eligibility at all, so everybody is."""
    first, last = episode["episode_start_date"], episode["episode_end_date"]
    dual = rules.codes("dual_status")
    duals = [r for r in eligibility if dual.has("dual-status", (text(r.get("dual_status_code")) or "").rjust(2, "0"), None)]
    died = min((d for r in eligibility if (d := day(r.get("death_date")))), default=None)
    births = [d for r in eligibility if (d := day(r.get("birth_date")))]
    age = None
    if births:
        born, then = min(births), episode["delivery_date"]
        age = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    return {
        "dual_days": max(((end - start).days + 1 for start, end in spans(duals, first, last)), default=0),
        "tpl_lines": sum(1 for line in episode["lines"] if (line["tpl"] or 0) > 0),
        "prenatal_lines_by_accountable": prenatal_lines(episode, rules),
        "death_in_window": int(died is not None and first <= died <= last),
        "professional_delivery_lines": len(episode["delivery_lines"]),
        "longest_gap_days": 0 if covered else longest_gap(spans(eligibility, first, last), first, last),
        "fetus_count": episode["fetus_count"],
        "is_stillbirth": int(episode["outcome"] == "stillbirth"),
        "held_lines": episode["held_line_count"],
        "age_at_delivery": age,
        "is_male": int(any((text(r.get("gender")) or "").lower() == "male" for r in eligibility)),
        "interval_too_short": int(episode["doubtful"]),
    }


def reasons_of(episode: Row, rules: Rules) -> list[str]:
    found = []
    for rule in rules.get("exclusions"):
        value = rules.get(f"exclusions.{rule['id']}.value")
        fact = episode["facts"].get(rule["fact"])
        if value is None or value == "off" or fact is None:
            continue
        if compare(fact, rule["operator"], value):
            found.append(rule["id"])
    return found
