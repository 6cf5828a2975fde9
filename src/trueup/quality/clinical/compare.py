"""Expected against found populations of test patients, one by one, with the cause of each difference where the data show it.

Grain: one population of one rate of one case. Units: stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Counts = Mapping[str, Mapping[tuple[int, str], int]]  # case -> (rate group, population) -> stays
UNEXPLAINED = "not explained by the data"


@dataclass(frozen=True)
class Miss:
    """A population of a case that was counted otherwise than expected."""

    case_id: str
    rate_group: int
    population: str
    expected: int
    found: int
    cause: str


@dataclass(frozen=True)
class Total:
    """A population over all cases that expect it."""

    rate_group: int
    population: str
    cases: int
    expected: int
    found: int
    misses: int


def counts_of(rows: Iterable[Mapping[str, object]]) -> dict[str, dict[tuple[int, str], int]]:
    """Rows of `clinical_population_counts` of one measure as counts by person."""
    found: dict[str, dict[tuple[int, str], int]] = {}
    for row in rows:
        found.setdefault(str(row["member_id"]), {})[int(str(row["rate_group"])), str(row["population"])] = int(str(row["stays"]))
    return found


def misses(expected: Counts, found: Counts, gaps: Iterable[Mapping[str, object]]) -> list[Miss]:
    """Every difference. A person without a delivery stay counts zero everywhere. `gaps` are rows of `clinical_gaps`."""
    dangling: dict[str, int] = {}
    for gap in gaps:
        if gap["element"] == "diagnosis" and not gap["is_mended"]:
            dangling[str(gap["member_id"])] = dangling.get(str(gap["member_id"]), 0) + 1
    listed: list[Miss] = []
    for case_id, populations in expected.items():
        for (group, population), wanted in populations.items():
            got = found.get(case_id, {}).get((group, population), 0)
            if got != wanted:
                count = dangling.get(case_id, 0)
                cause = f"diagnosis references that name no resource: {count}" if count else UNEXPLAINED
                listed.append(Miss(case_id, group, population, wanted, got, cause))
    return listed


def totals(expected: Counts, found: Counts) -> list[Total]:
    """Each rate's populations over the cases that expect them, in the order in which the first case lists them."""
    keys = dict.fromkeys(key for populations in expected.values() for key in populations)
    listed: list[Total] = []
    for key in keys:
        pairs = [(p[key], found.get(case, {}).get(key, 0)) for case, p in expected.items() if key in p]
        wanted, got = sum(e for e, _ in pairs), sum(f for _, f in pairs)
        listed.append(Total(*key, cases=len(pairs), expected=wanted, found=got, misses=sum(e != f for e, f in pairs)))
    return listed
