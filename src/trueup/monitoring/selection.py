"""Selection: fewer high-risk patients than expected, and patients whose predicted cost is below everybody else's.

Only what was there before care began may count, so that the practice's own coding cannot move it: factors tagged pre-existing, and the
score that the frozen model gives for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import reduce

from trueup.monitoring.change import Moments, Share
from trueup.monitoring.findings import Result
from trueup.monitoring.plan import Terms
from trueup.monitoring.shares import judge_shares


def standardized_difference(own: Moments, peers: Moments) -> Decimal | None:
    """(own mean - peers' mean) / root of the mean of both variances; None where a side has fewer than two units or nothing varies."""
    if min(own.units, peers.units) < 2:
        return None
    variance = (own.variance + peers.variance) / 2
    if variance == 0:
        return None
    gap = own.mean - peers.mean
    return _decimal(gap) / _decimal(variance).sqrt()


def judge_selection(
    terms: Terms, period: str, entities: Sequence[str], observed: Mapping[str, Share], scores: Mapping[str, Moments]
) -> list[Result]:
    """The share of high-risk patients against its target, and beside it the standardized difference of predicted cost as the statistic."""
    results = judge_shares(terms, period, list(entities), observed)
    everybody = reduce(Moments.plus, scores.values(), Moments())
    for result in results:
        own = scores.get(result.entity_id)
        difference = standardized_difference(own, everybody.minus(own)) if own else None
        if result.status == "too_few" or difference is None:
            result.statistic = None
            continue
        result.statistic = difference
        if terms.standardized_difference is not None and difference <= -terms.standardized_difference:
            result.alarm = result.certain = True
            result.reason = "low_predicted_cost"
    return results


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
