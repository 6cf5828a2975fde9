"""Calendar months as text `YYYY-MM`."""

from __future__ import annotations

from datetime import date, timedelta


def month(when: date) -> str:
    return f"{when.year:04d}-{when.month:02d}"


def first_day(name: str) -> date:
    return date(int(name[:4]), int(name[5:]), 1)


def last_day(name: str) -> date:
    return first_day(later_month(name, 1)) - timedelta(days=1)


def later_month(name: str, count: int) -> str:
    total = int(name[:4]) * 12 + int(name[5:]) - 1 + count
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    found = []
    while first <= last:
        found.append(first)
        first = later_month(first, 1)
    return found
