"""Episodes as units of measures, one at a time: dates, facts and strata, from the words of docs/reference/measures.md."""

from __future__ import annotations

from datetime import date
from typing import Any

from .births import claim_roles
from .claims import day, text
from .rules import Rules

Row = dict[str, Any]
SPANS = {
    "covered_days_before_43": (-43, -1),
    "covered_days_after_60": (1, 60),
    "covered_days_after_84": (1, 84),
    "covered_days_after_90": (1, 90),
}


def units_of(episodes: list[Row], as_of: date, rules: Rules) -> list[Row]:
    """The episodes that measures look at: those that are over."""
    known = {p.id for p in rules.periods()}
    found = []
    for episode in episodes:
        if not episode["doubtful"] and episode["period"] in known and episode["episode_end_date"] <= as_of:
            found.append(
                {
                    "unit_id": f"{episode['member_id']}|{episode['delivery_date']}",
                    "unit_kind": "episode",
                    "member_id": episode["member_id"],
                    "entity_id": episode["attributed_entity_id"],
                    "period": episode["period"],
                    "start": episode["pregnancy_start_date"],
                    "anchor": episode["delivery_date"],
                    "end": episode["episode_end_date"],
                    "stay_start": episode["stay_start_date"],
                    "stay_end": episode["stay_end_date"],
                    "episode": episode,
                }
            )
    return found


def facts_of(unit: Row, claims: list[Row], earlier: int, eligibility: list[Row], nobody_enrolled: bool, rules: Rules) -> dict[str, int]:
    """Every fact that is known. `earlier`: births of hers before this one that are no echoes."""
    episode = unit["episode"]
    found: dict[str, int | None] = {
        "is_live_birth": int(episode["outcome"] == "live_birth"),
        "is_stillbirth": int(episode["outcome"] == "stillbirth"),
        "is_outcome_coded": int(
            any(claim_roles(c, rules, ("outcome_live", "outcome_stillbirth")) for c in claims if c["version"] in episode["claims"])
        ),
        "is_cesarean": int(episode["mode"] == "cesarean"),
        "is_vaginal": int(episode["mode"] == "vaginal"),
        "gestation_weeks": episode["gestation_weeks"],
        "fetus_count": episode["fetus_count"],
        "stay_days": (unit["stay_end"] - unit["stay_start"]).days,
        "age_at_delivery": age(eligibility, unit["anchor"]),
        "earlier_birth_count": earlier,
    }
    coverage = covered(eligibility)
    for name, (first, last) in SPANS.items():
        spans = [((a - unit["anchor"]).days, (b - unit["anchor"]).days) for a, b in coverage]
        found[name] = last - first + 1 if nobody_enrolled else sum(max(0, min(b, last) - max(a, first) + 1) for a, b in spans)
    begun = next((a for a, b in coverage if a <= unit["anchor"] <= b), None)
    found["coverage_start_day"] = (begun - unit["start"]).days if begun else None
    visits = prenatal_days(unit, claims, rules)
    found["prenatal_visit_days"] = len(visits)
    weeks = episode["gestation_weeks"]
    if weeks is not None:
        first_day = min(visits, default=None)
        due = 1 + len([w for w in schedule() if max(4, 4 if first_day is None else first_day // 7) < w < weeks])
        found |= {"first_prenatal_day": first_day, "expected_prenatal_visits": due, "adequacy": len(visits) * 100 // due}
        if first_day is not None and begun:
            found["prenatal_days_after_coverage"] = first_day - (begun - unit["start"]).days
    return {name: value for name, value in found.items() if value is not None}


def schedule() -> list[int]:
    """Weeks with a visit: every fourth to 28, every second to 36, then each."""
    return [*range(4, 29, 4), *range(30, 37, 2), *range(37, 60)]


def prenatal_days(unit: Row, claims: list[Row], rules: Rules) -> set[int]:
    visit, pregnancy = rules.codes("attribution.prenatal.visit"), rules.codes("episode.codes.pregnancy")
    found = set()
    for claim in claims:
        hers = any(pregnancy.has("icd-10-cm", code, claim["coded_on"]) for _, code in claim["dx"])
        if claim["inpatient"] or (claim["dx"] and not hers):
            continue
        for line in claim["lines"]:
            when = line["line_from"]
            coded = (
                visit.has("hcpcs", line["hcpcs"], when)
                or visit.has("revenue", line["revenue"], when)
                or visit.has("ndc", line["ndc"], when)
            )
            if coded and unit["start"] <= when < unit["anchor"]:
                found.add((when - unit["start"]).days)
    return found


def covered(eligibility: list[Row]) -> list[tuple[date, date]]:
    """Spans of unbroken coverage; a span that begins the day after another ends goes on with it."""
    spans: list[tuple[date, date]] = []
    rows = [(start, day(r.get("enrollment_end_date")) or date.max) for r in eligibility if (start := day(r.get("enrollment_start_date")))]
    for start, end in sorted(rows):
        if spans and start.toordinal() <= spans[-1][1].toordinal() + 1:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def age(eligibility: list[Row], on: date) -> int | None:
    born = min((d for r in eligibility if (d := day(r.get("birth_date")))), default=None)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) if born else None


def strata_of(unit: Row, eligibility: list[Row], facts: dict[str, int]) -> dict[str, str]:
    """Race and ethnicity of the row that holds at delivery, else of the latest that says anything; cohort and age band."""

    def said(name: str) -> str:
        rows = [r for r in eligibility if text(r.get(name))]

        def holds(row: Row) -> bool:
            return day(row.get("enrollment_start_date")) <= unit["anchor"] <= (day(row.get("enrollment_end_date")) or date.max)

        ranked = sorted(rows, key=lambda r: (not holds(r), -day(r["enrollment_start_date"]).toordinal(), r.get("_row", 0)))
        return str(text(ranked[0][name])) if ranked else "unknown"

    years = facts.get("age_at_delivery")
    band = "unknown" if years is None else "under_20" if years < 20 else "20_to_34" if years < 35 else "35_and_over"
    return {
        "race": said("race"),
        "ethnicity": said("ethnicity"),
        "area_band": "unknown",
        "cohort": unit["episode"]["cohort"],
        "age_band": band,
    }
