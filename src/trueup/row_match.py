"""Compare rows with the rows a worked example expects, in any order, on the columns the example writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trueup.money import format_cents
from trueup.tables import display_name

Row = Mapping[str, object]


@dataclass(frozen=True)
class Mismatch:
    """One expected row that is not there (with the row most like it), or one row that nobody expected."""

    table: str
    expected: Row | None
    actual: Row | None
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.expected is None:
            return f"{self.table}: an unexpected row {show(self.actual or {})}"
        if self.actual is None:
            return f"{self.table}: no row {show(self.expected)}; the table holds no other row"
        found = {c: self.actual.get(c) for c in self.expected}
        differing = ", ".join(f"{display_name(c)} {_show(c, found[c])} instead of {_show(c, self.expected[c])}" for c in self.columns)
        return f"{self.table}: no row {show(self.expected)}\n  nearest: {show(found)}\n  differs: {differing}"


def match_rows(table: str, expected: Sequence[Row], actual: Sequence[Row], *, exact: bool = True) -> list[Mismatch]:
    """Pair each expected row with a different actual row; what stays alone is a mismatch. Actual rows may stay alone unless `exact`."""
    pairs = _pair(expected, actual)
    taken = set(pairs.values())
    alone = [i for i in range(len(actual)) if i not in taken]
    mismatches: list[Mismatch] = []
    for e, row in enumerate(expected):
        if e in pairs:
            continue
        if not alone:
            mismatches.append(Mismatch(table, row, None))
            continue
        best = min(alone, key=lambda i: (len(_differing(row, actual[i])), i))
        mismatches.append(Mismatch(table, row, actual[best], tuple(_differing(row, actual[best]))))
        alone.remove(best)
    if exact:
        columns = list(dict.fromkeys(c for row in expected for c in row))
        mismatches += [Mismatch(table, None, {c: actual[i].get(c) for c in columns} if columns else actual[i]) for i in alone]
    return mismatches


def _pair(expected: Sequence[Row], actual: Sequence[Row]) -> dict[int, int]:
    """The largest pairing of expected with fitting actual rows (augmenting paths, since one row may fit several)."""
    fits = [[i for i, row in enumerate(actual) if not _differing(want, row)] for want in expected]
    owner: dict[int, int] = {}

    def place(start: int) -> None:
        trail: dict[int, tuple[int, int]] = {}  # actual row -> (expected row that reached it, actual row that one gives up)
        queue, seen = [(start, -1)], set[int]()
        while queue:
            want, held = queue.pop(0)
            for i in fits[want]:
                if i in seen:
                    continue
                seen.add(i)
                trail[i] = (want, held)
                if i not in owner:
                    while i != -1:
                        owner[i], i = trail[i]
                    return
                queue.append((owner[i], i))

    for e in range(len(expected)):
        place(e)
    return {e: i for i, e in owner.items()}


def _differing(expected: Row, actual: Row) -> list[str]:
    return [c for c, value in expected.items() if not _same(value, actual.get(c))]


def _same(expected: object, actual: object) -> bool:
    """Equal and of one kind: true is not 1."""
    return expected == actual and isinstance(expected, bool) == isinstance(actual, bool)


def show(row: Row) -> str:
    """A row as a case file would write it."""
    return "{" + ", ".join(f"{display_name(c)}: {_show(c, v)}" for c, v in row.items()) + "}"


def _show(column: str, value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if column.endswith("_cents") and isinstance(value, int):
        return f'"{format_cents(value)}"'
    return str(value) if isinstance(value, int | date | str) else f'"{value}"'
