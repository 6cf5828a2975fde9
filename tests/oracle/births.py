"""Births and losses of a member from her final claims (section 3 of the page)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from .rules import Rules

Row = dict[str, Any]
MODES = ("delivery_vaginal", "delivery_cesarean", "delivery_any")
HOSPITAL_PLACES = ("21", "25", "12")


def days(number: int) -> timedelta:
    return timedelta(days=number)


def claim_roles(claim: Row, rules: Rules, names: tuple[str, ...]) -> set[str]:
    """Roles a whole claim has through its DRG, diagnoses and ICD procedures."""
    found = set()
    for name in names:
        codes = rules.codes(f"episode.codes.{name}")
        if any(codes.has(system, drg, claim["coded_on"]) for system, drg in claim["drgs"]):
            found.add(f"drg:{name}")
        if any(codes.has("icd-10-cm", code, claim["coded_on"]) for _, code in claim["dx"]):
            found.add(f"dx:{name}")
        if any(codes.has("icd-10-pcs", code, claim["coded_on"]) for _, code, _when in claim["px"]):
            found.add(f"px:{name}")
    return found


def line_roles(line: Row, rules: Rules, names: tuple[str, ...]) -> set[str]:
    """Roles a line has through its HCPCS or revenue code."""
    found = set()
    for name in names:
        codes = rules.codes(f"episode.codes.{name}")
        if codes.has("hcpcs", line["hcpcs"], line["line_from"]):
            found.add(f"hcpcs:{name}")
        if codes.has("revenue", line["revenue"], line["line_from"]):
            found.add(f"revenue:{name}")
    return found


def is_newborn_claim(claim: Row, rules: Rules) -> bool:
    """A newborn DRG, or a newborn diagnosis on a claim without any delivery code."""
    newborn = rules.codes("services.newborn")
    if any(newborn.has(system, drg, claim["coded_on"]) for system, drg in claim["drgs"]):
        return True
    return not claim["delivery_roles"] and any(newborn.has("icd-10-cm", code, claim["coded_on"]) for _, code in claim["dx"])


def find_stays(claims: list[Row]) -> list[list[date]]:
    stays: list[list[date]] = []
    for claim in sorted((c for c in claims if c["inpatient"] and not c["newborn"]), key=lambda c: (c["from"], c["to"])):
        if stays and claim["from"] <= stays[-1][1] + days(1):
            stays[-1][1] = max(stays[-1][1], claim["to"])
        else:
            stays.append([claim["from"], claim["to"]])
    return stays


def stay_of(day: date, stays: list[list[date]]) -> list[date] | None:
    return next((s for s in stays if s[0] <= day <= s[1]), None)


def evidence(claim: Row, stays: list[list[date]], rules: Rules) -> list[Row]:
    """The pieces of delivery evidence one claim holds."""
    if claim["type"] not in ("institutional", "professional") or claim["newborn"]:
        return []
    roles = claim_roles(claim, rules, MODES)
    if claim["type"] == "institutional":
        for line in claim["lines"]:
            roles |= line_roles(line, rules, MODES)
        return [_piece(claim, roles, stays, claim["from"], claim["to"])] if roles else []
    pieces = []
    for line in claim["lines"]:
        coded = {r for r in line_roles(line, rules, MODES) if r.startswith("hcpcs:")}
        if coded:
            pieces.append(_piece(claim, coded, stays, line["line_from"], max(line["line_from"], line["line_to"]), line))
    diagnosed = {r for r in roles if r.startswith("dx:")}
    if not pieces and diagnosed and any(line["pos"] in HOSPITAL_PLACES for line in claim["lines"]):
        pieces.append(_piece(claim, diagnosed, stays, claim["from"], claim["to"]))
    return pieces


def _piece(claim: Row, roles: set[str], stays: list[list[date]], start: date, end: date, line: Row | None = None) -> Row:
    stay = stay_of(start, stays)
    start, end = stay or (start, end)
    return {"start": start, "end": end, "claim": claim, "roles": roles, "stay": stay, "delivery_line": line}


def find_events(claims: list[Row], rules: Rules) -> tuple[list[Row], list[date]]:
    """Birth events in order of delivery date, and loss dates."""
    for claim in claims:
        coded = claim_roles(claim, rules, MODES).union(*(line_roles(line, rules, MODES) for line in claim["lines"]))
        claim["delivery_roles"] = {r.split(":")[1] for r in coded}
        claim["newborn"] = is_newborn_claim(claim, rules)
    stays = find_stays(claims)
    pieces = []
    for claim in claims:
        found = evidence(claim, stays, rules)
        pieces += found
    pieces.sort(key=lambda p: (p["start"], p["end"]))
    merge = rules.get("episode.merge_days")
    groups: list[list[Row]] = []
    latest = None
    for piece in pieces:
        if latest is not None and piece["start"] <= latest + days(merge):
            groups[-1].append(piece)
            latest = max(latest, piece["end"])
        else:
            groups.append([piece])
            latest = piece["end"]
    events = [_event(g, rules) for g in groups]
    events.sort(key=lambda e: (e["delivery_date"], e["first"]))
    for number, event in enumerate(events):
        gap = (event["delivery_date"] - events[number - 1]["delivery_date"]).days if number else None
        event["doubtful"] = gap is not None and gap < rules.get("episode.minimum_interval_days")
        if event["doubtful"]:
            event["delivery_lines"] = []
    return events, find_losses(claims, events, rules)


def _event(pieces: list[Row], rules: Rules) -> Row:
    claims = {p["claim"]["version"]: p["claim"] for p in pieces}.values()
    in_stay = [p["stay"] for p in pieces if p["stay"]]
    stay = (min(s[0] for s in in_stay), max(s[1] for s in in_stay)) if in_stay else None

    first, last = min(p["start"] for p in pieces), max(p["end"] for p in pieces)

    def inside(day: date | None) -> bool:
        return day is not None and (stay or (first, last))[0] <= day <= (stay or (first, last))[1]

    operated = [
        when
        for c in claims
        if c["type"] == "institutional"
        for _, code, when in c["px"]
        if inside(when) and any(rules.codes(f"episode.codes.{m}").has("icd-10-pcs", code, c["coded_on"]) for m in MODES)
    ]
    billed = [p["delivery_line"]["line_from"] for p in pieces if p["delivery_line"] and inside(p["delivery_line"]["line_from"])]
    if operated and (not billed or min(operated) <= min(billed)):
        delivery, source = min(operated), "procedure"
    elif billed:
        delivery, source = min(billed), "professional_line"
    elif stay:
        delivery, source = max(stay[0], stay[1] - days(1)), "day_before_discharge"
    else:
        delivery, source = first, "claim_date"
    roles = {r for c in claims for r in c["delivery_roles"]}
    outcomes = {r for c in claims for r in claim_roles(c, rules, ("outcome_live", "outcome_stillbirth")) if r.startswith("dx:")}
    if "dx:outcome_live" in outcomes:
        outcome = "live_birth"
    elif "dx:outcome_stillbirth" in outcomes:
        outcome = "stillbirth"
    else:
        outcome = rules.get("episode.uncoded_outcome")
    weeks, fetuses = (_largest(claims, rules, name) for name in ("gestation_weeks", "fetus_count"))
    return {
        "delivery_date": delivery,
        "delivery_date_source": source,
        "mode": "cesarean" if "delivery_cesarean" in roles else "vaginal",
        "outcome": outcome,
        "gestation_weeks": weeks,
        "fetus_count": fetuses or 1,
        "pregnancy_start_date": delivery - days(7 * weeks if weeks is not None else 280),
        "stay_start_date": stay[0] if stay else delivery,
        "stay_end_date": stay[1] if stay else delivery,
        "claims": {c["version"] for c in claims},
        "delivery_lines": [p["delivery_line"] for p in pieces if p["delivery_line"]],
        "first": first,
    }


def coded_weeks(claims: Any, rules: Rules) -> int | None:
    """The largest week of gestation coded on the claims."""
    return _largest(claims, rules, "gestation_weeks")


def _largest(claims: Any, rules: Rules, role: str) -> int | None:
    codes = rules.codes(f"episode.codes.{role}")
    found = [codes.value("icd-10-cm", code, c["coded_on"])[1] for c in claims for _, code in c["dx"]]
    return max((n for n in found if n is not None), default=None)


def find_losses(claims: list[Row], events: list[Row], rules: Rules) -> list[date]:
    """First days of losses; claims at most thirty days apart are one loss."""
    used = {version for e in events for version in e["claims"]}
    found = []
    for claim in claims:
        when = claim["from"]
        lost = claim_roles(claim, rules, ("loss",)) or any(line_roles(x, rules, ("loss",)) for x in claim["lines"])
        near = any(e["stay_start_date"] - days(30) <= when <= e["stay_end_date"] for e in events)
        if lost and not claim["newborn"] and not near and claim["version"] not in used:
            found.append(when)
    found.sort()
    return [when for number, when in enumerate(found) if number == 0 or (when - found[number - 1]).days > 30]
