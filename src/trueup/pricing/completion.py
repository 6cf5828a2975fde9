"""Completion: what is still to come of a base period's claims, from how earlier months of service filled up (development method).

Steps, by type of service: dollars by month of service and age → cumulative → volume-weighted links from age to age → the product of the
links still to come (age to ultimate) → completion rate = 1 / that. All exact; rates are frozen to six decimals, and the frozen rates are
what a price uses. `chainladder_check` computes the links a second time with a maintained library, and a difference stops.

Completion is for pools: everything here takes months of service of many members, and nothing takes an episode. One episode's cost is
never completed, least of all when it is settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.entity_grain import RuleReader, number, word
from trueup.errors import CheckFailed, Refused
from trueup.money import round_half_up, to_places
from trueup.pricing.chainladder_check import require_same_links
from trueup.pricing.inputs import BackTest, CompletionFactor, Lag, MixRow, PaidCell, ServiceType

Average = Literal["all", "last_3"]
Triangle = dict[str, list[int]]
SECTION = "prices.completion"
BACKTEST_MONTHS = 6
_LARGEST = 1000


# --- the method -----------------------------------------------------------------------------------------------------------------------


def months_between(first: str, last: str) -> int:
    """Months from one YYYY-MM to another."""
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7])


def month_before(month: str, months: int) -> str:
    """The YYYY-MM that lies `months` months earlier."""
    ordinal = int(month[:4]) * 12 + int(month[5:7]) - 1 - months
    return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"


def last_day_of(month: str) -> date:
    """The last day of a YYYY-MM."""
    after = month_before(month, -1)
    return date(int(after[:4]), int(after[5:7]), 1) - timedelta(days=1)


def triangle(cells: Iterable[PaidCell], through: str) -> Triangle:
    """Cumulative cents by month of service (ascending) and age, as known at the end of month `through`."""
    added: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for cell in cells:
        if 0 <= cell.age_months <= months_between(cell.origin_month, through):
            added[cell.origin_month][cell.age_months] += cell.paid_cents
    built: Triangle = {}
    for origin in sorted(added):
        total, row = 0, list[int]()
        for age in range(months_between(origin, through) + 1):
            total += added[origin][age]
            row.append(total)
        built[origin] = row
    return built


@dataclass(frozen=True, slots=True)
class Link:
    """From one age to the next: Σ later / Σ earlier over `origins` months of service."""

    age_months: int
    origins: int
    factor: Fraction


def links(rows: Triangle, average: Average = "all") -> list[Link]:
    """Volume-weighted links from each age to the next, over all months of service or the last three that show both ages.

    Raises:
        Refused: TRU-P024 where an age has no positive dollars to build on, or grows a thousandfold.
    """
    found = list[Link]()
    for age in range(max((len(row) for row in rows.values()), default=1) - 1):
        both = [row for _, row in sorted(rows.items()) if len(row) > age + 1]
        used = both[-3:] if average == "last_3" else both
        early, late = sum(row[age] for row in used), sum(row[age + 1] for row in used)
        if early == late == 0:
            found.append(Link(age, len(used), Fraction(1)))
            continue
        if early <= 0 or late <= 0 or late >= _LARGEST * early:
            message = f"claims {age} months old ({early} cents) do not lead to those {age + 1} months old ({late} cents)."
            raise Refused("TRU-P024", message, next_step="Price later, or give manual completion factors.")
        found.append(Link(age, len(used), Fraction(late, early)))
    return found


def to_ultimate(found: Sequence[Link]) -> list[Fraction]:
    """Age-to-ultimate factors by age: the product of the links still to come; 1 at the last age."""
    factors = [Fraction(1)]
    for link in reversed(found):
        factors.append(factors[-1] * link.factor)
    return factors[::-1]


def back_test(service_type: ServiceType, cells: Sequence[PaidCell], through: str, months_back: int, average: Average) -> list[BackTest]:
    """What the method would have said `months_back` months ago of each month of service's dollars of today, beside what they are.

    Both sides are dollars at today's age, so nothing estimated is compared with an estimate. A month of service then older than the
    triangle counts as complete, as it did then.
    """
    then = month_before(through, months_back)
    early, late = triangle(cells, then), triangle(cells, through)
    factor = {link.age_months: link.factor for link in links(early, average)}
    rows = list[BackTest]()
    for origin, row in early.items():
        age, product = len(row) - 1, Fraction(1)
        for step in range(age, age + months_back):
            product *= factor.get(step, Fraction(1))
        rows.append(BackTest(service_type, origin, last_day_of(then), age, row[-1], round_half_up(row[-1] * product), late[origin][-1]))
    return rows


# --- what a price uses ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Completion:
    """Frozen completion rates, and the base dollars they meet. `rated` are the entities whose case rate takes dollars out of episodes."""

    rates: Mapping[tuple[str, int], CompletionFactor]
    oldest: Mapping[str, int]
    mix: tuple[MixRow, ...]
    through: str
    minimum: Decimal
    back_tests: tuple[BackTest, ...]
    rated: frozenset[str] = frozenset()

    def rate(self, service_type: str, age: int) -> Decimal:
        """The completion rate of a type of service at an age; 1 beyond the oldest age of its triangle.

        Raises:
            Refused: TRU-P023 where the rate is below the minimum and not given by hand, or there is no triangle.
        """
        if service_type not in self.oldest:
            raise _not_known(f"{service_type} claims have no triangle", service_type, age)
        if age > self.oldest[service_type]:
            return Decimal(1)
        found = self.rates[service_type, age]
        if found.completion_rate < self.minimum and found.source == "estimated":
            raise _not_known(f"{service_type} claims {age} months old are {found.completion_rate} complete", service_type, age)
        return found.completion_rate

    def factor(
        self, scope: str, *, expected_cents: int, entity_id: str | None = None, cohort: str | None = None, all_of: bool = False
    ) -> Decimal:
        """Completed / known dollars of one entity (and cohort), or of all, to six decimals; 1 where there are no dollars.

        `expected_cents` are the dollars the price rests on; the mix must add up to them.

        Raises:
            CheckFailed: TRU-P025 where it does not.
        """
        chosen = [
            row
            for row in self.mix
            if row.scope == scope
            and (all_of or row.entity_id == entity_id)
            and (cohort is None or row.cohort == cohort)
            and (not row.covered_by or row.covered_by in self.rated)
        ]
        known = sum(row.cents for row in chosen)
        if known != expected_cents:
            who = "all entities" if all_of else str(entity_id)
            message = f"dollars by month of service of {who} ({scope}) are {known} cents, the base has {expected_cents}."
            raise CheckFailed("TRU-P025", message, next_step="Build both from the same lines.")
        if not known:
            return Decimal(1)
        cells: dict[tuple[str, int], int] = defaultdict(int)
        for row in chosen:
            cells[row.service_type, max(months_between(row.service_month, self.through), 0)] += row.cents
        completed = sum((Fraction(cents) / Fraction(self.rate(*key)) for key, cents in sorted(cells.items())), Fraction(0))
        return to_places(completed / known, 6)


def _not_known(what: str, service_type: str, age: int) -> Refused:
    step = f"Give a manual factor for {service_type} at {age} months, or price later."
    return Refused("TRU-P023", f"{what}: too little to complete by development alone.", next_step=step)


def complete(rules: RuleReader, lag: Lag | None) -> Completion | None:
    """Completion rates by the rules; None where the rules have no completion or say `off`.

    Raises:
        Refused: TRU-P023 where the rule wants completion and no claims by age were given; TRU-P024, see `links`; TRU-P027, see
            `chainladder_check`.
        CheckFailed: TRU-P026 where the library disagrees.
    """
    if not rules.has(f"{SECTION}.method") or word(rules, f"{SECTION}.method") == "off":
        return None
    if lag is None:
        raise Refused("TRU-P023", "the rule completes the base, and no claims by age were given.", next_step="Price from loaded claims.")
    average: Average = "last_3" if word(rules, f"{SECTION}.average") == "last_3" else "all"
    by_type: dict[ServiceType, list[PaidCell]] = defaultdict(list)
    for cell in lag.cells:
        by_type[cell.service_type].append(cell)
    manual = _manual(rules)
    rates: dict[tuple[str, int], CompletionFactor] = {}
    oldest: dict[str, int] = {}
    tests = list[BackTest]()
    for service_type, cells in sorted(by_type.items()):
        rows = triangle(cells, lag.through)
        factors = _factors(service_type, rows, average, manual)
        oldest[service_type] = max(f.age_months for f in factors)
        rates |= {(service_type, f.age_months): f for f in factors}
        if len(triangle(cells, month_before(lag.through, BACKTEST_MONTHS))) > 1:
            tests += back_test(service_type, cells, lag.through, BACKTEST_MONTHS, average)
    return Completion(rates, oldest, lag.mix, lag.through, number(rules, f"{SECTION}.minimum_rate"), tuple(tests))


def _manual(rules: RuleReader) -> dict[tuple[str, int], Decimal]:
    """Factors given by hand: (service type, age) to completion rate."""
    path = f"{SECTION}.manual"
    found: dict[tuple[str, int], Decimal] = {}
    for one in rules.ids(path) if rules.has(path) else []:
        key = word(rules, f"{path}.{one}.service_type"), int(number(rules, f"{path}.{one}.age_months"))
        found[key] = number(rules, f"{path}.{one}.factor")
    return found


def _factors(
    service_type: ServiceType, rows: Triangle, average: Average, manual: Mapping[tuple[str, int], Decimal]
) -> list[CompletionFactor]:
    """The frozen rates of one type of service, with those of the other average beside them."""
    used, other = links(rows, average), links(rows, "all" if average == "last_3" else "last_3")
    for found, name in ((used, average), (other, "all" if average == "last_3" else "last_3")):
        require_same_links(service_type, rows, [link.factor for link in found], 3 if name == "last_3" else -1)
    factors = list[CompletionFactor]()
    for age, (ultimate, alternative) in enumerate(zip(to_ultimate(used), to_ultimate(other), strict=True)):
        by_hand = manual.get((service_type, age))
        last = age == len(used)
        factors.append(
            CompletionFactor(
                service_type,
                age,
                1 if last else used[age].origins,
                Decimal("1.000000") if last else to_places(used[age].factor, 6),
                to_places(by_hand, 6) if by_hand is not None else to_places(1 / ultimate, 6),
                to_places(1 / alternative, 6),
                "manual" if by_hand is not None else "complete" if last else "estimated",
            )
        )
    return factors
