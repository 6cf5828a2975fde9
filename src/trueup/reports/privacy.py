"""What a provider-facing page may show: neutral group names, masked members, no small groups, no sensitive service by name.

Settlement is computed on everything; these rules only decide what is displayed (docs: the policy table for substance use records).
A group (cohort) is shown on its own only if every group of the program has at least `SMALLEST` episodes in every shown period:
otherwise one group could be worked out from the total and the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SMALLEST = 11
TOO_FEW = "Too few episodes in one group to show the groups apart (10 or fewer)."
OTHER_SERVICES = "all_other_services"
_SENSITIVE = frozenset({"sud", "behavioral", "psychiatric", "hiv"})


def labels(cohorts: Iterable[str]) -> dict[str, str]:
    """Neutral names, by code point order: `Cohort A`, `Cohort B`. A program with one cohort shows no name at all."""
    ordered = sorted(set(cohorts))
    if len(ordered) < 2:
        return dict.fromkeys(ordered, "")
    return {cohort: f"Cohort {chr(ord('A') + index)}" for index, cohort in enumerate(ordered)}


def may_show_groups(cohorts: Iterable[str], counts_by_period: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether groups may be shown apart: each has `SMALLEST` or more episodes in each period, or there is only one."""
    names = set(cohorts)
    return len(names) < 2 or all(counts.get(name, 0) >= SMALLEST for counts in counts_by_period.values() for name in names)


def mask(member_id: str | None) -> str:
    """The last four characters, for matching with the practice's own list; nothing of ids of eight characters or fewer but two."""
    text = member_id or ""
    return "…" + (text[-4:] if len(text) > 8 else text[-2:] if len(text) > 4 else "")


def is_sensitive(code: str) -> bool:
    return not _SENSITIVE.isdisjoint(code.replace(".", "_").split("_"))


def open_category(code: str) -> str:
    """The category under which provider-facing pages show a line: sensitive ones join a bucket that every page has."""
    return OTHER_SERVICES if is_sensitive(code) or code in {"other", ""} else code


def open_reasons(codes: str | None) -> str:
    """Reasons without sensitive ones' names; their place is kept so that nothing looks included."""
    kept = ["other_reason" if is_sensitive(code) else code for code in (codes or "").split(";") if code]
    return ";".join(dict.fromkeys(kept))
