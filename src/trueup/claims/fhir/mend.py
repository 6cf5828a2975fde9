"""Dangling diagnosis references, mended on request: only where the resources leave no choice, and never silently.

A reference that names no resource is a fault of the export, so its diagnosis is unknown and stays out of every measure. On request, two
rules may pair it with a condition of the same person that no encounter names:

1. the id it names stands as a word in the text of exactly one such condition;
2. one dangling reference and one such condition are left over, and all dangling ones belonged to one encounter.

Each mended reference is marked in `clinical_gaps` and counted as a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from trueup.claims.fhir.collect import Row

Words = Mapping[tuple[str, str], frozenset[str]]


def mend_diagnoses(tables: Mapping[str, list[Row]], words: Words) -> list[Row]:
    """Pair dangling diagnoses with unnamed conditions, in place. Returns the gaps that were mended.

    `words` are the words of each condition's text, by person and condition.
    """
    gaps: dict[str, list[Row]] = defaultdict(list)
    for gap in tables["clinical_gaps"]:
        if (gap["resource_type"], gap["element"]) == ("Encounter", "diagnosis"):
            gaps[str(gap["member_id"])].append(gap)
    diagnoses = {(str(d["member_id"]), d["encounter_id"], d["position"]): d for d in tables["clinical_diagnoses"]}
    named = {(d["member_id"], d["condition_id"]) for d in tables["clinical_diagnoses"]}
    mended: list[Row] = []
    for member, open_gaps in sorted(gaps.items()):
        free = {condition for owner, condition in words if owner == member and (owner, condition) not in named}
        for gap, condition in _pairs(member, open_gaps, free, words):
            diagnoses[member, gap["resource_id"], gap["position"]].update(condition_id=condition, is_resolved=True)
            gap["is_mended"] = True
            mended.append(gap)
    return mended


def _pairs(member: str, gaps: list[Row], free: set[str], words: Words) -> list[tuple[Row, str]]:
    """The pairs that the two rules allow, each condition at most once."""
    one_encounter = len({gap["resource_id"] for gap in gaps}) == 1
    found: list[tuple[Row, str]] = []
    left: list[Row] = []
    for gap in gaps:
        wanted = str(gap["reference"]).rsplit("/", 1)[-1]
        fits = [condition for condition in sorted(free) if wanted in words[member, condition]]
        if len(fits) == 1:
            found.append((gap, fits[0]))
            free.remove(fits[0])
        else:
            left.append(gap)
    if one_encounter and len(left) == len(free) == 1:
        found.append((left[0], free.pop()))
    return found
