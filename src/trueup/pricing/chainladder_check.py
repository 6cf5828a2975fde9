"""The second computation of development links, by the library chainladder.

The exact links of `completion` are the ones that are used, because they are fractions of cents and no float may hold money. The library
computes in floats; it is here so that a mistake of ours would be found by somebody else's code. It comes with the extra `actuarial` and is
imported only where a rule completes a base.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from trueup.errors import CheckFailed, Refused

TOLERANCE = Fraction(1, 10**9)


def library_links(rows: Mapping[str, Sequence[int]], periods: int) -> list[float]:
    """Volume-weighted links from each age to the next over the last `periods` months of service (-1: all), by chainladder.

    Args:
        rows: cumulative cents by month of service (YYYY-MM) and age.
        periods: how many of the latest months of service count.

    Raises:
        Refused: TRU-P027 where the library is not installed.
    """
    try:
        library: Any = importlib.import_module("chainladder")
        frames: Any = importlib.import_module("pandas")
    except ImportError as error:
        step = "Install the extra `actuarial`, or turn `prices.completion.method` off."
        raise Refused("TRU-P027", "completion needs the library chainladder, which is not installed.", next_step=step) from error
    first = min(rows)
    cells = [
        (frames.Period(origin, "M").to_timestamp(), (frames.Period(origin, "M") + age).to_timestamp(), float(cents))
        for origin, row in sorted(rows.items())
        for age, cents in enumerate(row)
    ]
    if len(rows[first]) < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = frames.DataFrame(cells, columns=["origin", "known", "paid"])
        triangle = library.Triangle(frame, origin="origin", development="known", columns="paid", cumulative=True)
        fitted = library.Development(average="volume", n_periods=periods).fit(triangle)
        return [float(value) for value in fitted.ldf_.values.ravel()]


def require_same_links(service_type: str, rows: Mapping[str, Sequence[int]], ours: Sequence[Fraction], periods: int) -> None:
    """Stop where the library's links differ from ours by more than a billionth part.

    Ages at which every month of service stands at zero have no link; there ours is 1 and the library's is left aside.

    Raises:
        CheckFailed: TRU-P026 naming the first age that differs.
        Refused: TRU-P027, see `library_links`.
    """
    theirs = library_links(rows, periods)
    # The library leaves out a month of service that stands at zero at the younger age; the method, and ours, count what came of it.
    late = {age for age in range(len(ours)) if any(row[age] == 0 < row[age + 1] for row in rows.values() if len(row) > age + 1)}
    empty = late | {age for age in range(len(ours)) if not any(row[age] for row in rows.values() if len(row) > age + 1)}
    pairs = enumerate(zip(ours, theirs, strict=False))
    wrong = [age for age, (a, b) in pairs if age not in empty and not (math.isfinite(b) and abs(a - Fraction(b)) <= TOLERANCE * a)]
    if wrong or len(theirs) != len(ours):
        age = wrong[0] if wrong else min(len(ours), len(theirs))
        message = f"the two computations of {service_type} completion differ at {age} months."
        raise CheckFailed("TRU-P026", message, next_step="Report this: it is a defect of the engine or of the library.")
