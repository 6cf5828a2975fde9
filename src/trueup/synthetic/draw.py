"""Random draws that give the same integers on every machine: PCG64 streams, integer arithmetic, no transcendental functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Draw:
    """The random stream of one region. All shares are per mille unless stated."""

    def __init__(self, seed: int, region: int) -> None:
        self.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, region])))

    def beside(self) -> Draw:
        """A stream of its own: what is drawn from it leaves the numbers of this one as they are."""
        other = object.__new__(Draw)
        other.rng = self.rng.spawn(1)[0]
        return other

    @staticmethod
    def of_theme(seed: int, region: int, theme: int) -> Draw:
        """The stream of one theme of a region, which no other theme moves."""
        other = object.__new__(Draw)
        other.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, region, theme])))
        return other

    def between(self, low: int, high: int, n: int) -> Ints:
        """`n` integers from low to high, both included."""
        return self.rng.integers(low, high + 1, n, dtype=np.int64)

    def chance(self, share: int | Ints, n: int, of: int = 1000) -> Flags:
        return self.rng.integers(0, of, n, dtype=np.int64) < share

    def noise(self, n: int, spread: int = 150) -> Ints:
        """Multipliers around 1,000, triangular, at most `spread` away."""
        return 1000 - spread + self.between(0, spread, n) + self.between(0, spread, n)

    def pick(self, weights: Sequence[int] | Ints, n: int) -> Ints:
        """`n` positions of `weights`, each as likely as its weight."""
        edges = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(edges, self.rng.integers(0, int(edges[-1]), n, dtype=np.int64), side="right").astype(np.int64)

    def pick_key(self, table: Mapping[int, int], n: int) -> Ints:
        keys = np.array(list(table), dtype=np.int64)
        return keys[self.pick(list(table.values()), n)]

    def curve(self, points: Sequence[tuple[int, int]], n: int) -> Ints:
        """Values of an inverse distribution given as (cumulative per ten thousand, value), linear in between, in integers."""
        x = np.array([p[0] for p in points], dtype=np.int64)
        y = np.array([p[1] for p in points], dtype=np.int64)
        u = self.between(0, 9999, n)
        i = np.searchsorted(x, u, side="right") - 1
        return y[i] + (u - x[i]) * (y[i + 1] - y[i]) // (x[i + 1] - x[i])

    def shuffled(self, n: int) -> Ints:
        return self.rng.permutation(n).astype(np.int64)

    def some(self, mask: Flags, share: int, of: int = 1000) -> Ints:
        """Positions of a mask, each kept with a share."""
        where = np.flatnonzero(mask).astype(np.int64)
        return where[self.chance(share, len(where), of)]


def scale(value: Ints | int, *per_mille: Ints | int) -> Ints:
    """Integer multiplication by per-mille factors, rounded down after each."""
    out = np.asarray(value, dtype=np.int64)
    for factor in per_mille:
        out = out * factor // 1000
    return out
