"""What a check says of one entity: its numbers, whether they raise a flag, and why not where they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from trueup.monitoring.distributions import six
from trueup.monitoring.many_tests import adjusted
from trueup.monitoring.plan import Terms

Status = Literal["within", "flagged", "too_few", "waits_for_reports", "not_measured"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Units and events of the period and of the base; None where a check has no such count."""

    units: int | None = None
    events: int | None = None
    base_units: int | None = None
    base_events: int | None = None


@dataclass(slots=True)
class Result:
    """One row of `monitor_results`.

    `alarm` is what the check's own level says; `certain` marks an alarm that rests on no p-value, which many tests do not take back.
    """

    terms: Terms
    entity_id: str
    period: str
    status: Status
    reason: str
    counts: Counts = Counts()
    observed: Decimal | Fraction | None = None
    expected: Decimal | Fraction | None = None
    statistic: Decimal | None = None
    p_value: Decimal | None = None
    adjusted_p_value: Fraction | None = None
    dispersion: Decimal | None = None
    low_limit_95: int | None = None
    high_limit_95: int | None = None
    low_limit_998: int | None = None
    high_limit_998: int | None = None
    alarm: bool = False
    certain: bool = False

    @property
    def flagged(self) -> bool:
        return self.status == "flagged"

    def wait(self) -> None:
        """Leave it unjudged until the entity's missing reports are settled."""
        self.status, self.reason, self.alarm, self.certain = "waits_for_reports", "under_reporting", False, False

    def row(self) -> dict[str, Any]:
        """The columns of the table."""
        numbers = {n: getattr(self, n) for n in ("observed", "expected", "statistic", "p_value", "adjusted_p_value", "dispersion")}
        limits = ("low_limit_95", "high_limit_95", "low_limit_998", "high_limit_998")
        return {
            "check_id": self.terms.id,
            "kind": self.terms.kind,
            "entity_id": self.entity_id,
            "period": self.period,
            "measure_id": self.terms.measure,
            **asdict(self.counts),
            **{n: getattr(self, n) for n in limits},
            **{n: None if v is None else six(v) for n, v in numbers.items()},
            "flagged": self.flagged,
            "status": self.status,
            "reason": self.reason,
        }


def too_few(terms: Terms, entity_id: str, period: str, counts: Counts, reason: str = "below_minimum_units") -> Result:
    """A result that says no more than that there is too little to judge."""
    return Result(terms, entity_id, period, "too_few", reason, counts)


def decide(results: Iterable[Result], false_discovery_rate: Decimal | None) -> None:
    """Turn alarms into flags, one family of tests per check and period; an alarm that many tests explain stays unflagged and says so.

    A family is one check, so that watching more things does not make any one of them harder to see.

    The rows that wait, are too few or are not measured are no tests and count in no family.
    """
    families: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.status in ("within", "flagged"):
            families.setdefault((result.terms.id, result.period), []).append(result)
    for family in families.values():
        tested = [(r, r.p_value) for r in family if r.p_value is not None]
        for (result, _), value in zip(tested, adjusted([p for _, p in tested]), strict=True):
            result.adjusted_p_value = value
        for result in family:
            _decide(result, false_discovery_rate)


def _decide(result: Result, rate: Decimal | None) -> None:
    taken_back = (
        result.alarm
        and not result.certain
        and rate is not None
        and result.adjusted_p_value is not None
        and result.adjusted_p_value > Fraction(rate)
    )
    if taken_back:
        result.status, result.reason = "within", "explained_by_many_tests"
    else:
        result.status = "flagged" if result.alarm else "within"
