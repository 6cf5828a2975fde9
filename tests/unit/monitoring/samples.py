"""Terms, plans and results as the tests of monitoring need them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from trueup.monitoring.findings import Result
from trueup.monitoring.plan import Effect, PeriodSpan, Plan, Terms
from trueup.monitoring.reviews import Review

YEAR = PeriodSpan("PY", date(2025, 1, 1), date(2025, 12, 31))
DAY = date(2026, 12, 31)


def terms(check_id: str = "visits", kind: str = "funnel", effect: Effect = "hold", **more: Any) -> Terms:
    return Terms(check_id, kind, effect, **{"minimum_units": 30, "alpha": Decimal("0.025"), **more})


def target(rate: str = "0.80", **more: Any) -> Terms:
    return terms(target=Fraction(rate), **more)


def plan(*checks: Terms, gate: str | None = "under_service", effect: Effect = "hold", holds: bool = False) -> Plan:
    return Plan(checks, (YEAR,), "BASE", gate, effect, holds, None, None)


def result(check: Terms, entity_id: str = "A", *, alarm: bool = False, status: Any = None, p: str | None = None, **more: Any) -> Result:
    word = status or ("flagged" if alarm else "within")
    return Result(check, entity_id, "PY", word, "low", alarm=alarm, p_value=None if p is None else Decimal(p), **more)


def review(outcome: str, flag_id: str = "visits", entity_id: str = "A", **more: Any) -> Review:
    ended: dict[str, Any] = {} if outcome == "opened" else {"reviewer": "R", "decided_on": date(2026, 12, 1), "evidence": "charts"}
    return Review(entity_id, "PY", flag_id, outcome, **{**ended, **more})
