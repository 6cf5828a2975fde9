"""Days, months, times and headers as the ledger stores them, read strictly."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from trueup.errors import Refused, UsageError
from trueup.ledger.obligations import Actor, digest, is_clean

_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")


def month_text(month: str) -> str:
    """`month` if it reads like `2025-04`. Raises UsageError (TRU-L007)."""
    if not _MONTH.fullmatch(month):
        raise UsageError("TRU-L007", f"{month!r} is no month.", next_step="Write it like 2025-04.")
    return month


def next_month(month: str) -> str:
    """`2025-12` -> `2026-01`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def time_text(recorded_at: datetime) -> str:
    """A moment as stored: UTC, to the microsecond where it has one. Raises UsageError (TRU-L008) for a time without a zone."""
    if recorded_at.tzinfo is None:
        raise UsageError("TRU-L008", f"{recorded_at.isoformat()} has no time zone.", next_step="Give the moment with its zone.")
    return recorded_at.astimezone(UTC).isoformat()


def reason_text(reason: str, what: str) -> str:
    """`reason` if it says something. Raises Refused (TRU-L009)."""
    if not reason.strip() or not is_clean(reason):
        raise Refused("TRU-L009", f"{what} needs a reason in words.", next_step="Say why, in one line.")
    return reason


def header(
    kind: str,
    entry_id: str,
    actor: Actor,
    recorded_at: datetime,
    *,
    day: date,
    month: str = "",
    attempt: tuple[object, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """The header of a new entry; what is not given is empty. `attempt` tells two acts of one kind apart."""
    moment = time_text(recorded_at)
    empty = dict.fromkeys(("program", "entity_id", "source", "as_of", "gate", "reason", "subject_id", "request_id"), "")
    return {
        **empty,
        "kind": kind,
        "entry_id": entry_id,
        "accounting_month": month or f"{day:%Y-%m}",
        "accounting_date": day.isoformat(),
        "actor": actor.name,
        "actor_key": actor.key,
        "is_verified": int(actor.is_verified),
        "recorded_at": moment,
        "upside_only": 0,
        "attempt_id": attempt_id(kind, actor, recorded_at, *attempt),
        **more,
    }


def attempt_id(kind: str, actor: Actor, recorded_at: datetime, *what: object) -> str:
    """Identifies one try of one act: the same person, moment and content are the same attempt, resumed."""
    return digest("attempt", kind, actor.key, time_text(recorded_at), *what)
