"""A second program of the clinical measures, written from docs/how-to/read-fhir.md: one person at a time, over the resources themselves.

It shares nothing with the package but the value sets of the small world.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from unit.quality.ecqm_world import LOCAL, SETS, URLS

Node = dict[str, Any]
STANDING = {"final", "amended", "corrected"}
SYSTEM_OF = {url: system for system, url in URLS.items()}
UNITS = {"wk": 7, "weeks": 7, "d": 1, "days": 1}


def plays(concept: Node, role: str) -> bool:
    return any(
        (SYSTEM_OF[c["system"]], c["code"].replace(".", "") if c["system"] != LOCAL else c["code"]) in SETS[role]  # type: ignore[index]
        for c in concept.get("coding", [])
    )


def at(text: str | None) -> datetime | None:
    return None if text is None or len(text) <= 10 else datetime.fromisoformat(text)


def day(text: str) -> date:
    return date.fromisoformat(text[:10])


class Person:
    """One person's resources."""

    def __init__(self, nodes: list[Node]) -> None:
        self.of: dict[str, list[Node]] = {}
        for node in nodes:
            self.of.setdefault(node["resourceType"], []).append(node)

    def visits(self, role: str) -> list[Node]:
        return [e for e in self.of.get("Encounter", []) if e["status"] == "finished" and plays(e["type"][0], role)]

    def told(self, word: str, *, role: bool = False) -> list[tuple[datetime, Node]]:
        """Standing observations of a kind with their instants."""
        found: list[tuple[datetime, Node]] = []
        for o in self.of.get("Observation", []):
            when = at(o.get("effectiveDateTime"))
            meant = plays(o["code"], word) if role else o["code"]["coding"][0]["code"] == word
            if meant and when is not None and o["status"] in STANDING:
                found.append((when, o))
        return found

    def procedures(self, role: str) -> list[tuple[str, datetime | None, datetime | None]]:
        found: list[tuple[str, datetime | None, datetime | None]] = []
        for p in self.of.get("Procedure", []):
            if p["status"] == "completed" and plays(p["code"], role):
                span = p.get("performedPeriod", {"start": p.get("performedDateTime"), "end": p.get("performedDateTime")})
                found.append((span["start"], at(span["start"]), at(span.get("end"))))
        return found

    def populations(self, measure: str, year: int) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for stay in self.visits("inpatient_stay"):
            for key in self.judge(stay, measure, year):
                found[key] = found.get(key, 0) + 1
        return found

    def judge(self, stay: Node, measure: str, year: int) -> list[tuple[int, str]]:
        period = stay["period"]
        first, last = datetime.fromisoformat(period["start"]), at(period.get("end"))
        born = day(self.of["Patient"][0]["birthDate"])
        admitted = day(period["start"])
        age = admitted.year - born.year - ((admitted.month, admitted.day) < (born.month, born.day))
        if last is None or day(period["end"]).year != year or not 8 <= age < 65:
            return []
        start = first
        for role in ("observation_visit", "arrival_visit"):
            before = [
                (datetime.fromisoformat(v["period"]["end"]), datetime.fromisoformat(v["period"]["start"]))
                for v in self.visits(role)
                if timedelta() <= start - datetime.fromisoformat(v["period"]["end"]) <= timedelta(hours=1)
            ]
            start = max(before, key=lambda pair: pair[0])[1] if before else start
        if not any(begun is not None and start <= begun <= last for _, begun, _ in self.procedures("delivery_procedure")):
            return []
        inside = [(t, at(o.get("valueDateTime")), o) for t, o in self.told("delivery_time") if start <= t <= last]
        births = [(t, b, o) for t, b, o in inside if b is not None and start <= b <= last]
        birth = max(births, key=lambda item: (item[0], item[1]))[2]["valueDateTime"] if births else None
        roles = self.diagnoses(stay)
        if measure == "cesarean":
            return self.cesarean(roles, birth, start, first, last)
        return self.complications(roles, birth, start, last, stay, by_day=year < 2026)

    def diagnoses(self, stay: Node) -> set[tuple[str, bool]]:
        """The parts that the stay's diagnoses play, each with whether it came up in the stay."""
        conditions = {f"Condition/{c['id']}": c for c in self.of.get("Condition", [])}
        found: set[tuple[str, bool]] = set()
        for d in stay.get("diagnosis", []):
            named = conditions.get(d["condition"]["reference"])
            flags = [plays(x["valueCodeableConcept"], "acquired_in_stay") for x in d.get("extension", [])]
            if named is not None:
                found |= {(role, any(flags)) for role in SETS if plays(named["code"], role)}
        return found

    def long_enough(self, weeks: int, birth: str | None, roles: set[tuple[str, bool]], start: datetime, last: datetime) -> bool:
        coded = any(role == "gestation_code" for role, _ in roles)
        if birth is None:
            return coded
        born = datetime.fromisoformat(birth)
        due = [
            (t, o["valueDateTime"])
            for t, o in self.told("due_date")
            if "valueDateTime" in o and timedelta() <= born - t <= timedelta(weeks=42)
        ]
        if due:
            return 280 - (day(max(due)[1]) - day(birth)).days >= weeks * 7
        near = [
            (t, o["valueQuantity"])
            for t, o in self.told("gestation_estimate", role=True)
            if "value" in o.get("valueQuantity", {})
            and (timedelta() <= born - t <= timedelta(hours=24) or (day(o["effectiveDateTime"]) == day(birth) and start <= t <= last))
        ]
        if near:
            quantity = max(near, key=lambda pair: (pair[0], pair[1]["value"]))[1]
            return quantity["code"] in UNITS and Fraction(str(quantity["value"])) * UNITS[quantity["code"]] >= weeks * 7
        return coded

    def last_count(self, word: str, birth: str) -> int | None:
        born = datetime.fromisoformat(birth)
        listed = [
            (t, o["valueInteger"]) for t, o in self.told(word) if "valueInteger" in o and timedelta() < born - t <= timedelta(weeks=42)
        ]
        return max(listed)[1] if listed else None

    def cesarean(
        self, roles: set[tuple[str, bool]], birth: str | None, start: datetime, first: datetime, last: datetime
    ) -> list[tuple[int, str]]:
        found = [(1, "initial_population")]
        names = {role for role, _ in roles}
        if birth is None or "singleton" not in names or not self.long_enough(37, birth, roles, start, last):
            return found
        counts = [self.last_count(word, birth) for word in ("pregnancies", "parity", "preterm_births", "term_births")]
        if not (counts[0] == 1 or counts[1] == 0 or counts[2:] == [0, 0]):
            return found
        seen = [t for t, _ in self.told("abnormal_presentation", role=True) if t <= datetime.fromisoformat(birth)]
        if names & {"abnormal_presentation", "other_exclusion"} or (seen and first <= max(seen) <= last):
            return [*found, (1, "denominator"), (1, "denominator_exclusion")]
        cut = any(a is not None and b is not None and start <= a and b <= last for _, a, b in self.procedures("cesarean"))
        return [*found, (1, "denominator"), *([(1, "numerator")] if cut else [])]

    def complications(
        self, roles: set[tuple[str, bool]], birth: str | None, start: datetime, last: datetime, stay: Node, *, by_day: bool
    ) -> list[tuple[int, str]]:
        found = [(1, "initial_population"), (2, "initial_population")]
        if not self.long_enough(20, birth, roles, start, last):
            return found

        def happened(role: str) -> bool:
            return any(
                (begun is not None and start <= begun <= last) or (by_day and start.date() <= day(text) <= last.date())
                for text, begun, _ in self.procedures(role)
            )

        acquired = ("complication_diagnosis", True) in roles
        died = plays(stay.get("hospitalization", {}).get("dischargeDisposition", {}), "expired")
        without = acquired or died or happened("complication_procedure")
        explained = any(role == "placenta_invasion" for role, _ in roles) and (happened("transfusion") or happened("hysterectomy"))
        explained = explained and not (acquired or died or happened("conversion_or_ventilation"))
        found += [(1, "denominator"), (2, "denominator")]
        for group, is_met in ((1, without or happened("transfusion")), (2, without)):
            found += [(group, "numerator")] if is_met else []
            found += [(group, "numerator_exclusion")] if is_met and explained else []
        return found
