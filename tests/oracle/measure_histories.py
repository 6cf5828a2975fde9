"""Random libraries, units and claims that lie on the edges of measures."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
FACTS = ("weeks", "age", "visits")
DATES = ("start", "anchor", "end", "stay_start", "stay_end")
SETTINGS = ("inpatient", "emergency", "other")
# Code lists as rows of value-set files; some codes are in two lists, one is in force for a while only.
LISTS: dict[str, list[tuple[str, str, str, str]]] = {
    "v_visit": [("99213", "hcpcs", "", ""), ("Z392", "icd-10-cm", "", ""), ("0510", "revenue", "", "")],
    "v_test": [("G2011", "hcpcs", "2025-01-01", "2025-06-15"), ("G2011", "hcpcs", "2025-06-20", ""), ("00093310505", "ndc", "", "")],
    "v_surgery": [("10D00Z1", "icd-10-pcs", "", ""), ("788", "ms-drg", "", ""), ("O82", "icd-10-cm", "", "")],
    "v_group": [("O09", "icd-10-cm-category", "", ""), ("Z392", "icd-10-cm", "", "2025-06-30")],
}
CODES = ("99213", "G2011", "99214")
DIAGNOSES = ("Z392", "O82", "O09511", "O0933", "J069")


def library(rng: Random, count: int) -> list[Row]:
    """Measures of every form, as the YAML of a library holds them."""
    return [_measure(rng, f"m{n}") for n in range(count)]


def _measure(rng: Random, name: str) -> Row:
    is_mean = rng.random() < 0.2
    measure: Row = {
        "id": name, "title": name, "unit": rng.choice(("episode", "episode", "stay")), "statistic": "mean" if is_mean else "proportion",
        "direction": "higher", "cite": "T", "cannot_see": "nothing in particular", "versions": [],
    }  # fmt: skip
    if is_mean:
        measure["fact"] = rng.choice(FACTS)
    years = rng.choice(([(2016, None)], [(2024, 2024), (2025, None)], [(2025, 2025)]))
    for first, last in years:
        version: Row = {
            "from_year": first,
            "population": _criteria(rng, rng.choice((0, 1, 1, 2)), True),
            "exclusions": _criteria(rng, rng.choice((0, 0, 1, 2)), False),
        }
        if last is not None:
            version["to_year"] = last
        if not is_mean:
            version["exceptions"] = _criteria(rng, rng.choice((0, 0, 1)), False)
            version["numerator"] = _criteria(rng, rng.choice((1, 1, 2, 3)), True)
        measure["versions"].append(version)
    return measure


def _criteria(rng: Random, count: int, grouped: bool) -> list[Row]:
    found = []
    for n in range(count):
        criterion = _fact(rng) if rng.random() < 0.3 else _event(rng)
        criterion["id"] = f"c{n}"
        if grouped and rng.random() < 0.4:
            criterion["group"] = "either"
        found.append(criterion)
    return found


def _fact(rng: Random) -> Row:
    operator = rng.choice(("lt", "le", "eq", "ne", "ge", "gt", "between", "known"))
    criterion: Row = {"fact": rng.choice(FACTS), "operator": operator}
    if operator != "known":
        criterion["value"] = rng.randint(0, 4)
    if operator == "between":
        criterion["value_to"] = criterion["value"] + rng.randint(0, 3)
    return criterion


def _event(rng: Random) -> Row:
    since, to = rng.choice(DATES), rng.choice((*DATES, None, None, None))
    first, last = rng.choice((None, -3, 0, 1, -280)), rng.choice((None, 5, 2, 90))
    criterion: Row = {"value_set": rng.choice(list(LISTS)), "from": since}
    criterion |= {} if to is None else {"to": to}
    criterion |= {} if first is None else {"first_day": first}
    criterion |= {} if last is None and first is not None else {"last_day": last if last is not None else 7}
    if rng.random() < 0.3:
        criterion["at_least"] = rng.randint(1, 3)
    if rng.random() < 0.3:
        criterion["distinct_days"] = True
    if rng.random() < 0.2:
        criterion["claim_type"] = rng.choice(("professional", "institutional", "pharmacy"))
    if rng.random() < 0.2:
        criterion["setting"] = rng.choice(SETTINGS)
    if rng.random() < 0.1:
        criterion["principal"] = True
    if rng.random() < 0.2:
        criterion[rng.choice(("with", "without"))] = rng.choice(list(LISTS))
    return criterion


def units(rng: Random, count: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Units, facts and strata; members may have several units, dates and facts may be absent."""
    made, facts, strata = [], [], []
    for n in range(count):
        anchor = date(2025, 6, 15) + timedelta(days=rng.choice((0, 0, 1, -200, 400, -530)))
        stay = anchor - timedelta(days=rng.randint(0, 2))
        unit: Row = {
            "unit_id": f"U{n}", "unit_kind": rng.choice(("episode", "episode",
                "stay")), "member_id": f"M{rng.randrange(max(1, count * 2 // 3))}",
            "entity_id": rng.choice(("A", "A", "B", None)), "period": rng.choice(("P1",
                "P2")), "start": anchor - timedelta(days=280), "anchor": anchor,
            "end": anchor + timedelta(days=90), "stay_start": stay, "stay_end": stay + timedelta(days=rng.randint(0, 4)),
        }  # fmt: skip
        for name in ("start", "stay_start", "stay_end"):
            if rng.random() < 0.05:
                unit[name] = None
        made.append(unit)
        facts += [{"unit_id": unit["unit_id"], "fact": f, "fact_value": rng.randint(0, 5)} for f in FACTS if rng.random() < 0.8]
        strata += [
            {"unit_id": unit["unit_id"], "stratum": s, "stratum_value": rng.choice("xy")} for s in ("race", "age") if rng.random() < 0.9
        ]
    return made, facts, strata


def claims(rng: Random, units: list[Row], count: int) -> list[Row]:
    """Final claims near the dates of units, with codes of the lists and others."""
    return [_claim(rng, n, rng.choice(units)) for n in range(count)] if units else []


def _claim(rng: Random, number: int, unit: Row) -> Row:
    kind = rng.choice(("professional", "professional", "institutional", "pharmacy"))
    near = unit[rng.choice(DATES)] or unit["anchor"]
    when = near + timedelta(days=rng.choice((-281, -280, -4, -3, -1, 0, 0, 1, 2, 3, 5, 6, 7, 8, 90, 91)))
    inpatient = kind == "institutional" and rng.random() < 0.5
    admitted = when - timedelta(days=rng.randint(0, 2)) if inpatient else None
    lines = [
        {
            "line": n, "line_from": when + timedelta(days=rng.choice((0, 0, 0, 1))),
            "hcpcs": rng.choice((*CODES, None)) if kind != "pharmacy" else None,
            "revenue": rng.choice(("0510", "0450", "0981", "0120")) if kind == "institutional" else None,
            "ndc": "00093310505" if kind == "pharmacy" and rng.random() < 0.7 else None,
            "pos": rng.choice(("11", "23", None)) if kind == "professional" else None,
        }
        for n in range(1, rng.randint(1, 3) + 1)
    ]  # fmt: skip
    header = kind != "pharmacy"
    return {
        "version": f"V{number}", "claim_id": f"C{rng.randrange(10_000)}x{number}", "member": unit["member_id"], "type": kind, "from": when,
        "admission": admitted, "bill": ("111" if inpatient else "131") if kind == "institutional" else None, "inpatient": inpatient,
        "day": admitted or when, "lines": lines,
        "dx": [(n, rng.choice(DIAGNOSES)) for n in range(1, rng.randint(0, 3) + 1)] if header else [],
        "px": [(1, "10D00Z1", rng.choice((when, when + timedelta(days=1), None)))] if inpatient and rng.random() < 0.5 else [],
        "drgs": {("ms-drg", rng.choice(("788", "807")))} if inpatient and rng.random() < 0.4 else set(),
    }  # fmt: skip
