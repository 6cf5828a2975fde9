"""The claims of one region while they are being written: headers and lines as columns of integers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trueup.synthetic.draw import Ints

DIAGNOSES, PROCEDURES = 8, 2
NONE = -1
PROFESSIONAL, INSTITUTIONAL, PHARMACY_CLAIM = 0, 1, 2

CLAIM_COLUMNS: dict[str, int] = {
    "member": NONE, "preg": NONE, "ctype": PROFESSIONAL, "start": NONE, "end": NONE, "adm": NONE, "disch": NONE, "disp": NONE, "pos": NONE,
    "bill": NONE, "drg": NONE, "biller": NONE, "rend": NONE, "evidence": 0, "profdel": 0, "tpl": 0, "prescriber": NONE,
    **{f"dx{i + 1}": NONE for i in range(DIAGNOSES)},
    **{f"px{i + 1}": NONE for i in range(PROCEDURES)}, **{f"pxdate{i + 1}": NONE for i in range(PROCEDURES)},
}  # fmt: skip
LINE_COLUMNS: dict[str, int] = {
    "claim": NONE, "date": NONE, "rev": NONE, "hcpcs": NONE, "mod": NONE, "units": 1, "price": 0, "ndc": NONE, "days": 0,
}  # fmt: skip


class Words:
    """Text codes as small integers, in order of first use. -1 is null."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}

    def __call__(self, word: str) -> int:
        return self.ids.setdefault(word, len(self.ids))

    def table(self, words: Mapping[int, str], size: int) -> Ints:
        """An array that maps small keys to word ids; absent keys map to null."""
        out = np.full(size, NONE, dtype=np.int64)
        for key, word in words.items():
            out[key] = self(word)
        return out

    @property
    def texts(self) -> list[str]:
        return list(self.ids)


class Book:
    """Collects blocks of claims and lines. A block's columns are arrays of its length or single values; text becomes word ids."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.count = 0
        self._claims: list[dict[str, Ints]] = []
        self._lines: list[dict[str, Ints]] = []

    def claims(self, n: int, **columns: Ints | int | str) -> Ints:
        """Adds `n` claims and returns their numbers. `end` defaults to `start`."""
        columns.setdefault("end", columns["start"])
        self._claims.append(self._block(n, columns, CLAIM_COLUMNS))
        first, self.count = self.count, self.count + n
        return np.arange(first, self.count, dtype=np.int64)

    def lines(self, claim: Ints, **columns: Ints | int | str) -> None:
        """Adds one line to each claim given; line numbers follow the order of the calls."""
        self._lines.append(self._block(len(claim), {"claim": claim, **columns}, LINE_COLUMNS))

    def _block(self, n: int, given: Mapping[str, Ints | int | str], known: Mapping[str, int]) -> dict[str, Ints]:
        unknown = set(given) - set(known)
        if unknown:
            raise KeyError(f"no such columns: {sorted(unknown)}")
        out: dict[str, Ints] = {}
        for name, default in known.items():
            value = given.get(name, default)
            number = self.words(value) if isinstance(value, str) else value
            out[name] = np.broadcast_to(np.asarray(number, dtype=np.int64), (n,))
        return out

    def closed(self) -> tuple[dict[str, Ints], dict[str, Ints]]:
        """All claims, and all lines in order of claim, with their line number in `number`."""
        claims = {name: np.concatenate([b[name] for b in self._claims]) for name in CLAIM_COLUMNS}
        lines = {name: np.concatenate([b[name] for b in self._lines]) for name in LINE_COLUMNS}
        self._claims, self._lines = [], []
        order = np.argsort(lines["claim"], kind="stable")
        lines = {name: column[order] for name, column in lines.items()}
        first = np.searchsorted(lines["claim"], lines["claim"], side="left")
        lines["number"] = np.arange(len(order), dtype=np.int64) - first + 1
        return claims, lines
