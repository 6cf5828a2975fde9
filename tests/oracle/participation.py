"""The roster: who is in the program on a day, since when, and who came before whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from .claims import day, text

Row = dict[str, Any]


def lineage(roster: list[Row], entity: str) -> list[str]:
    """The entity, then its predecessors, nearest first."""
    found = [entity]
    for name in found:
        found += sorted(
            {e for r in roster if text(r.get("successor_entity_id")) == name and (e := text(r.get("entity_id"))) and e not in found}
        )
    return found


def first_joined(roster: list[Row], entity: str) -> date | None:
    """The earliest day the entity or a predecessor joined."""
    family = lineage(roster, entity)
    return min((d for r in roster if text(r.get("entity_id")) in family and (d := day(r.get("joined_on")))), default=None)


def has_stay(roster: list[Row], entity: str) -> bool:
    return any(text(r.get("entity_id")) == entity for r in roster)


def takes_part(roster: list[Row], entity: str, when: date) -> bool:
    for row in roster:
        joined, left = day(row.get("joined_on")), day(row.get("left_on"))
        if text(row.get("entity_id")) == entity and joined is not None and joined <= when and (left is None or when < left):
            return True
    return False
