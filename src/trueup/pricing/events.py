"""What happened to a price set after it was made: published, challenged, decided, made final; and the status that follows.

Events stand in the manifest, outside the content and its id. Each names the one before it by a hash, so an event that was changed, moved
or taken out of the middle is found when the set is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, cast

EventKind = Literal["published", "challenged", "decided", "finalized"]
Status = Literal["draft", "challenged", "final"]


@dataclass(frozen=True)
class Event:
    """One thing that happened on a day by a person. `detail` is plain text and lists of it."""

    kind: EventKind
    on: date
    by: str
    detail: dict[str, Any] = field(default_factory=dict[str, Any])
    event_id: str = ""


def chained(events: Sequence[Event], kind: EventKind, on: date, by: str, detail: dict[str, Any]) -> list[Event]:
    """The events with one more, which names the last."""
    last = events[-1].event_id if events else ""
    return [*events, Event(kind, on, by, detail, _hash(last, kind, on, by, detail))]


def _hash(last: str, kind: str, on: date, by: str, detail: dict[str, Any]) -> str:
    text = json.dumps([last, kind, on.isoformat(), by, detail], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_whole(events: Sequence[Event]) -> bool:
    """Whether every event still hashes to its id after the one before it."""
    last = ""
    for event in events:
        if event.event_id != _hash(last, event.kind, event.on, event.by, event.detail):
            return False
        last = event.event_id
    return True


def status_of(events: Sequence[Event]) -> Status:
    """Final once finalized; challenged from the first challenge on, decided or not; else draft."""
    kinds = {event.kind for event in events}
    if "finalized" in kinds:
        return "final"
    return "challenged" if "challenged" in kinds else "draft"


def as_rows(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events as the manifest holds them."""
    return [{**asdict(event), "on": event.on.isoformat()} for event in events]


def from_rows(rows: object) -> tuple[Event, ...]:
    """Events from the manifest. Raises ValueError, KeyError or TypeError for anything else."""
    found = [cast("dict[str, Any]", row) for row in cast("list[object]", rows)]
    return tuple(Event(row["kind"], date.fromisoformat(row["on"]), row["by"], row["detail"], row["event_id"]) for row in found)
