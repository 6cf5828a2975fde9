"""What a rule file says of a fixed pool that points earned per case share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from trueup.rules.leaf import Count, Dollars, Leaf, PathId, RateOrOff, Section, Text

_POINTS = re.compile(r"^\d+(\.\d{1,6})?$")


def _points(raw: object) -> Decimal:
    if isinstance(raw, str | Decimal) and _POINTS.match(str(raw)):
        return Decimal(raw)
    raise ValueError('expected points in quotes, zero or more with at most six decimals, like "10" or "2.5"')


def _points_or_off(raw: object) -> Decimal | str:
    return "off" if raw == "off" else _points(raw)


Points = Annotated[Decimal, PlainValidator(_points)]
PointsOrOff = Annotated[Decimal | str, PlainValidator(_points_or_off)]


class PoolAmount(Section):
    """The money of one period; `id` is the period's."""

    id: PathId
    amount: Leaf[Dollars]


class PointRule(Section):
    """What one met measure is worth in a case; `id` is the slot of the scorecard that names the measure."""

    id: PathId
    points: Leaf[Points]


class PoolGate(Section):
    """A condition of any payment. A practice that fails it earns nothing, and its points do not weigh on the others."""

    id: PathId
    multiplies: Leaf[Literal[False]]
    from_program_year: Leaf[Count] | None = None


class PointsPool(Section):
    """A fixed pool of a period, split in proportion to points.

    `exclusive_with` names programs whose participants earn nothing here for cases dated inside their stay there. `case_cap` is the most
    points of one case; `payment_cap_rate` the largest share of the pool for one practice, and `cap_excess` who gets what it cuts off.
    """

    mechanism: Literal["points_pool"]
    pools: Annotated[list[PoolAmount], Field(min_length=1)]
    points: Annotated[list[PointRule], Field(min_length=1)]
    minimum_cases: Leaf[Count]
    minimum_cases_operator: Leaf[Literal["ge", "gt"]]
    case_cap: Leaf[PointsOrOff]
    payment_cap_rate: Leaf[RateOrOff]
    cap_excess: Leaf[Literal["redistributed", "undistributed"]]
    exclusive_with: Leaf[list[Text]]
    gates: list[PoolGate]
