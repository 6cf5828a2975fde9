"""The layout of T-MSIS segment FTX00006, VALUE-BASED-PAYMENT, and what of it is verified.

`layouts/ftx00006.csv` lists its elements in order. `evidence` says how a position in the fixed layout is known:

- `guide`: stated on the element's own page of the T-MSIS Data Guide v4 (medicaid.gov/tmsis/dataguide/v4/data-elements/ftx006NNN)
- `sibling`: stated there for the same element of another FTX segment, with the same elements before it
- `fitted`: not seen stated; picture as elsewhere in T-MSIS, and the widths add up exactly to the stated position that follows
- `open`: neither the spelling of the name nor a position is verified; a width is known from a rule or not at all

A file in the fixed layout is not written on fitted or open positions unless the payer file says so.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import pairwise

from trueup.errors import Refused
from trueup.remittance.contents import listed
from trueup.remittance.payer import FixedLayout

AMOUNT = "PAYMENT-OR-RECOUPMENT-AMOUNT"
_OVERPUNCH = {False: "{ABCDEFGHI", True: "}JKLMNOPQR"}  # the last digit, 0 to 9, of a positive and of a negative number


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `start` and `stop` count from 1 and are inclusive; 0 where they are not known."""

    name: str
    picture: str
    start: int
    stop: int
    evidence: str

    @property
    def width(self) -> int:
        """Characters in the fixed layout."""
        return sum(int(number) for number in re.findall(r"\((\d+)\)", self.picture)) + len(re.sub(r"[SV]|.\(\d+\)", "", self.picture))

    @property
    def is_number(self) -> bool:
        return self.picture.startswith(("9", "S9"))


def elements() -> tuple[Element, ...]:
    """Every element of the segment, in order."""
    text = files("trueup.remittance").joinpath("layouts/ftx00006.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Element(r["element"], r["picture"], int(r["start"] or 0), int(r["stop"] or 0), r["evidence"]) for r in rows)


def placed(used: Iterable[str], settings: FixedLayout) -> tuple[Element, ...]:
    """The elements that a fixed file will hold, each with its position; `positions` of the payer file win over the layout's.

    Raises Refused (TRU-M035) listing every element whose position is not known, is only fitted and was not accepted, is outside the
    record, has another width than its picture, or overlaps another.
    """
    known = {element.name: element for element in elements()}
    wanted = set(used)
    faults = [f"{name}: not an element of FTX00006" for name in sorted(set(settings.positions) - set(known))]
    found: list[Element] = []
    for name, element in known.items():
        if name in settings.positions:
            start, stop = settings.positions[name]
            element = replace(element, start=start, stop=stop, evidence="stated")
        if name not in wanted:
            continue
        if element.start == 0:
            faults.append(f"{name}: its position is not known")
        elif element.evidence == "fitted" and not settings.accept_fitted_positions:
            faults.append(f"{name}: position {element.start}-{element.stop} is worked out, not stated by a source")
        elif element.stop - element.start + 1 != element.width:
            faults.append(f"{name}: {element.start}-{element.stop} is not the width of {element.picture}")
        elif element.stop > settings.record_length:
            faults.append(f"{name}: ends at {element.stop}, after the record's {settings.record_length} characters")
        found.append(element)
    taken = sorted((element for element in found if element.start), key=lambda element: element.start)
    faults += [f"{b.name}: overlaps {a.name}" for a, b in pairwise(taken) if b.start <= a.stop]
    if faults:
        raise Refused(
            "TRU-M035",
            f"The fixed layout of FTX00006 cannot be written: {listed(faults)}.",
            next_step="Check the positions with CMS's layout; state them under [tmsis.fixed.positions], or accept the fitted ones.",
        )
    return tuple(taken)


def as_fixed(values: Mapping[str, str], cents: int, layout: Sequence[Element], settings: FixedLayout) -> str:
    """One record of `record_length` characters: text on the left, numbers on the right with leading zeros, unused positions blank."""
    line = [" "] * settings.record_length
    for element in layout:
        value = values.get(element.name, "")
        if element.name == AMOUNT:
            value = _signed(cents, element, settings)
        elif value:
            value = value.rjust(element.width, "0") if element.is_number else value.ljust(element.width)
        line[element.start - 1 : element.start - 1 + len(value)] = value
    return "".join(line)


def _signed(cents: int, element: Element, settings: FixedLayout) -> str:
    """Cents with an implied decimal point. `overpunch` keeps all digits and marks the sign in the last; `leading` puts a minus first."""
    digits, width = str(abs(cents)), element.width
    if settings.amount_sign == "overpunch":
        digits = digits.rjust(width, "0")
        text = digits[:-1] + _OVERPUNCH[cents < 0][int(digits[-1])]
    else:
        text = "-" + digits.rjust(width - 1, "0") if cents < 0 else digits.rjust(width, "0")
    if len(text) != width:
        raise Refused(
            "TRU-M036", f"An amount does not fit the {width} characters of {AMOUNT}.", next_step="Use the CSV layout or the other sign."
        )
    return text
