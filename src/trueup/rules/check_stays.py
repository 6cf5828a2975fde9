"""What the rules of a program of inpatient stays must agree in beyond their form: tiers without gap or overlap, and a rate for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast

from trueup.errors import RuleError
from trueup.rules.codes import rule_error
from trueup.rules.program import Param
from trueup.rules.tier_tables import Row, TableFault, interim_faults, rate_faults, tier_faults
from trueup.rules.tree import Flat


def check_stays(flat: Flat) -> list[RuleError]:
    """Every fault of the tier tables and metrics as resolved; what is unknown is not judged."""
    tiers, rates = _table(flat, "prices.tiers"), _table(flat, "prices.rates")
    errors: list[RuleError] = []
    if tiers is not None:
        errors += _told(flat, "prices.tiers", tier_faults(tiers))
    if tiers is not None and rates is not None:
        errors += _told(flat, "prices.rates", rate_faults(tiers, rates))
    interim = _table(flat, "addons.interim")
    if interim is not None:
        errors += _told(flat, "addons.interim", interim_faults(interim))
    return [*errors, *_insufficient(flat, tiers), *_weights(flat), *_metric_names(flat), *_overrides(flat, tiers)]


def _table(flat: Flat, path: str) -> list[Row] | None:
    param = flat.params.get(path)
    return cast("list[Row]", param.value) if isinstance(param, Param) and param.value is not None else None


def _told(flat: Flat, path: str, faults: Sequence[TableFault]) -> list[RuleError]:
    return [_error(flat, path, fault.code, f"`{path}`: {fault.message}.", fault.next_step) for fault in faults]


def _error(flat: Flat, path: str, code: str, message: str, step: str) -> RuleError:
    place = flat.params[path].place
    return rule_error(code, message, place.source, place.line, step)


def _known(flat: Flat, path: str) -> object:
    param = flat.params.get(path)
    return param.value if isinstance(param, Param) else None


def _metrics(flat: Flat) -> list[str]:
    return [path.split(".")[2] for path in flat.params if path.startswith("prices.metrics.") and path.endswith(".weight")]


def _insufficient(flat: Flat, tiers: list[Row] | None) -> list[RuleError]:
    path = "prices.small_numbers.insufficient_tier"
    name = _known(flat, path)
    if name is None or tiers is None or name in [t["id"] for t in tiers]:
        return []
    step = f"Tiers: {', '.join(str(t['id']) for t in tiers)}."
    return [_error(flat, path, "TRU-R123", f"`{path}` is {name}, which is no tier of the table.", step)]


def _overrides(flat: Flat, tiers: list[Row] | None) -> list[RuleError]:
    found: list[RuleError] = []
    known = [t["id"] for t in tiers or []]
    for path in flat.params:
        if tiers is not None and path.startswith("prices.overrides.") and path.endswith(".tier") and _known(flat, path) not in known:
            message = f"`{path}` is {_known(flat, path)}, which is no tier of the table."
            found.append(_error(flat, path, "TRU-R123", message, f"Tiers: {', '.join(map(str, known))}."))
    return found


def _weights(flat: Flat) -> list[RuleError]:
    """Weights are not negative, and together they are one."""
    paths = [f"prices.metrics.{m}.weight" for m in _metrics(flat)]
    known = [(p, v) for p in paths if isinstance(v := _known(flat, p), Decimal)]
    negative = [_error(flat, p, "TRU-R125", f"`{p}` is {v}, below zero.", "A weight is a share of one.") for p, v in known if v < 0]
    total = sum((v for _, v in known), Decimal(0))
    if negative or not known or total == 1 or (len(known) < len(paths) and total < 1):
        return negative
    said = " + ".join(str(v) for _, v in known)
    return [
        _error(flat, known[-1][0], "TRU-R125", f"the weights of the metrics are {said} = {total}; they must add up to 1.", "Correct them.")
    ]


def _metric_names(flat: Flat) -> list[RuleError]:
    """The gate names metrics of the composite; interpolation has a threshold and a benchmark on its better side."""
    known, found = _metrics(flat), list[RuleError]()
    gate = _known(flat, "prices.gate.metric")
    blocked = cast("list[str]", _known(flat, "prices.gate.blocks") or [])
    named = [("prices.gate.metric", gate)] if gate is not None else []
    for path, name in [*named, *(("prices.gate.blocks", b) for b in blocked)]:
        if name not in known:
            found.append(_error(flat, path, "TRU-R126", f"`{path}` names {name}, which is no metric.", f"Metrics: {', '.join(known)}."))
    better: dict[str, Callable[[Decimal, Decimal], bool]] = {"lower": lambda t, b: b < t, "higher": lambda t, b: b > t}
    for metric in known:
        base = f"prices.metrics.{metric}"
        threshold, benchmark = _known(flat, f"{base}.threshold"), _known(flat, f"{base}.benchmark")
        if not (isinstance(threshold, Decimal) and isinstance(benchmark, Decimal)):
            continue
        if not better[str(_known(flat, f"{base}.direction"))](threshold, benchmark):
            message = f"`{base}`: the benchmark {benchmark} is not better than the threshold {threshold}."
            found.append(_error(flat, f"{base}.benchmark", "TRU-R127", message, "Correct one of them, or the direction."))
    return found
