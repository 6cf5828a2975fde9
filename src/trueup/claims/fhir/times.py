"""FHIR dates, times and periods: an instant where one was written, and the day on the clock that wrote it.

FHIR requires an offset wherever there is a time of day, so every time has an instant. A day alone has none: whoever compares times must not
guess the hour. A year or a month alone gives neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from trueup.claims.fhir.nodes import Json, part, text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY_LENGTH = len("2026-01-31")


@dataclass(frozen=True)
class Moment:
    """`ms`: milliseconds since 1970-01-01T00:00Z; `day`: as written. `written` says that there was something to read."""

    ms: int | None = None
    day: date | None = None
    written: bool = False


@dataclass(frozen=True)
class Span:
    """From and through; a single moment is both."""

    start: Moment
    end: Moment

    def columns(self) -> dict[str, object]:
        """The four columns of a span in the clinical tables."""
        return {"start_ms": self.start.ms, "end_ms": self.end.ms, "start_date": self.start.day, "end_date": self.end.day}


NEVER = Moment()
NO_SPAN = Span(NEVER, NEVER)


def moment(written: str | None) -> Moment:
    """A FHIR date, dateTime or instant. What is no date of the calendar is `written` without a value."""
    if written is None:
        return NEVER
    try:
        if len(written) < _DAY_LENGTH:
            return Moment(written=True)
        if len(written) == _DAY_LENGTH:
            return Moment(day=date.fromisoformat(written), written=True)
        at = datetime.fromisoformat(written)
    except ValueError:
        return Moment(written=True)
    if at.tzinfo is None:
        return Moment(day=at.date(), written=True)
    return Moment((at - _EPOCH) // _MILLISECOND, at.date(), written=True)


def period(node: Json, name: str) -> Span:
    """A FHIR Period; an open end has neither instant nor day."""
    found = part(node, name)
    return Span(moment(text(found, "start")), moment(text(found, "end")))


def choice(node: Json, name: str) -> Span:
    """An element of which FHIR offers several types (`effective[x]`, `performed[x]`): a moment or a period; others give nothing."""
    for kind in ("DateTime", "Instant"):
        at = moment(text(node, name + kind))
        if at.written:
            return Span(at, at)
    return period(node, f"{name}Period")
