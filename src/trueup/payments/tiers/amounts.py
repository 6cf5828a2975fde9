"""The dollars of an add-on: days times a rate, or a percent of what the stay's claims paid, split over its days without losing a cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from trueup.money import round_half_up, split

# A percent rate is stored in cents: 500 is 5.00 dollars for each hundred dollars paid.
PERCENT = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one stay at one facility in one month at one rate; `paid_cents` are what its claims there paid in all.

    `stay_days` are all its days there, also those of months that are not stated yet; 0 where the spans given are all there is.
    """

    stay_id: str
    entity_id: str
    member_id: str
    month: str
    purpose: str
    days: int
    reason: str
    rate_cents: int | None
    rate_unit: str | None
    rate_version: str
    paid_cents: int
    amount_cents: int = 0
    stay_days: int = 0


def amounts(spans: Iterable[Span]) -> list[Span]:
    """The spans with their amounts, in order of stay, facility, month, purpose and rate.

    A percent of a stay's claims is rounded once for each rate, and then split by days with the largest remainder, so that neither the month
    nor the day of a rate change moves a cent.
    """
    order = sorted(spans, key=lambda s: (s.stay_id, s.entity_id, s.month, s.purpose, s.rate_version, s.reason))
    total_days: dict[tuple[str, str], int] = defaultdict(int)
    for span in order:
        total_days[span.stay_id, span.entity_id] += 0 if span.stay_days else span.days
    found: list[Span] = []
    shares: dict[tuple[object, ...], list[Span]] = defaultdict(list)
    for span in order:
        if span.rate_cents is None:
            found.append(span)
        elif span.rate_unit == "per_diem":
            found.append(replace(span, amount_cents=span.days * span.rate_cents))
        else:
            shares[span.stay_id, span.entity_id, span.purpose, span.rate_version, span.rate_cents].append(span)
    for key, group in shares.items():
        stay, entity = str(key[0]), str(key[1])
        days = sum(s.days for s in group)
        rate = group[0].rate_cents or 0
        cents = round_half_up(Fraction(group[0].paid_cents * rate * days, PERCENT * (group[0].stay_days or total_days[stay, entity])))
        found += [replace(s, amount_cents=c) for s, c in zip(group, split(cents, [s.days for s in group]), strict=True)]
    return sorted(found, key=lambda s: (s.stay_id, s.entity_id, s.month, s.purpose, s.rate_version, s.reason))
