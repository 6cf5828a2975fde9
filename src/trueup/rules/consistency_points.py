"""Rules of a pool that points share must fit the scorecard and the calendar they stand beside."""

from __future__ import annotations

from collections.abc import Iterator

from trueup.errors import Place, RuleError
from trueup.rules.codes import rule_error
from trueup.rules.program import Param
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_points import PointsPool
from trueup.rules.suggest import did_you_mean
from trueup.rules.tree import Flat


def check_points(model: RuleFile, pool: PointsPool, flat: Flat) -> Iterator[RuleError]:
    """Points stand for slots of the scorecard, pools for performance periods, and a program does not exclude itself."""
    slots = [s.id for s in model.quality.slots] if model.quality else []
    for rule in pool.points:
        if rule.id not in slots:
            message = f"`{rule.id}` earns points and is no slot of the scorecard."
            yield _fault(flat, f"settlement.points.{rule.id}.points", "TRU-R140", message, did_you_mean(rule.id, slots, "Add the slot."))
    periods = [p.id for p in model.periods if p.role == "performance"]
    for amount in pool.pools:
        if amount.id not in periods:
            message = f"`{amount.id}` has a pool and is no performance period."
            yield _fault(flat, f"settlement.pools.{amount.id}.amount", "TRU-R141", message, did_you_mean(amount.id, periods))
    others = flat.params.get("settlement.exclusive_with")
    if isinstance(others, Param) and model.program in others.value:
        yield _fault(
            flat, "settlement.exclusive_with", "TRU-R142", f"{model.program} excludes its own participants.", "Name other programs."
        )


def _fault(flat: Flat, path: str, code: str, message: str, step: str) -> RuleError:
    entry = flat.params.get(path)
    place = entry.place if entry else Place(flat.doc.source)
    return rule_error(code, message, place.source, place.line, step)
