"""The clocks of a settlement: participation year, settlement due date. No clock of an entity restarts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from trueup.entity_grain import Ladder, Participation, PeriodDays, RuleReader, cite_of, first_joined, number

_PRINTED = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")


def participation_year(joined: date, period: PeriodDays) -> int:
    """Which year of an entity's participation a period is, from 1.

    A period is placed by its first day: it is year 1 + the anniversaries of `joined` up to and including that day. A period that begins
    before the first anniversary is therefore wholly the first year, although the anniversary may fall inside it: a period settles once,
    and a rule that starts "in the second year" is not applied to months of the first.
    """
    start = period.first_day
    passed = start.year - joined.year - ((start.month, start.day) < (joined.month, joined.day))
    return 1 + max(passed, 0)


def year_of(entity_id: str, stays: Sequence[Participation], period: PeriodDays) -> int | None:
    """The participation year by the first join of the entity or a predecessor; None for an entity that never joined."""
    joined = first_joined(entity_id, stays)
    return None if joined is None else participation_year(joined, period)


def takes_part(entity_id: str, stays: Sequence[Participation], period: PeriodDays) -> bool:
    """Whether a stay of the entity itself touches the period. Stays are half-open."""
    return any(
        stay.entity_id == entity_id
        and stay.joined_on <= period.last_day
        and (stay.left_on is None or (stay.left_on > period.first_day and stay.left_on > stay.joined_on))
        for stay in stays
    )


def printed_day(text: str) -> date | None:
    """A day as a source prints it, month first or ISO; None for any other form."""
    match = _PRINTED.match(text)
    try:
        return date(int(match[3]), int(match[1]), int(match[2])) if match else date.fromisoformat(text)
    except ValueError:
        return None


def show_due_date(ladder: Ladder, rules: RuleReader, period: PeriodDays, as_of: date) -> None:
    """Add the due date of the settlement: the period's last day + `maturity.settlement_due_days`, as read and as printed.

    `days_until_due` is counted from `as_of` to the due date as read; below zero the settlement is late, which blocks nothing.
    """
    days, cite = int(number(rules, "maturity.settlement_due_days")), cite_of(rules, "maturity.settlement_due_days")
    due = period.last_day + timedelta(days=days)
    ladder.day("period_last_day", period.last_day)
    ladder.count("settlement_due_days", days, cite)
    ladder.day("settlement_due", due, cite)
    printed = printed_day(period.last_day_as_published or "")
    if printed and printed != period.last_day:
        ladder.day("period_last_day_as_published", printed)
        ladder.day("settlement_due_as_published", printed + timedelta(days=days), cite)
    ladder.day("settled_as_of", as_of)
    ladder.count("days_until_due", (due - as_of).days)
