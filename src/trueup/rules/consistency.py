"""What a rule file must agree with beyond its form: sources, ids it names, readings, case rates, and a calendar without holes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from trueup.errors import Place, RuleError
from trueup.rules.check_stays import check_stays
from trueup.rules.codes import rule_error
from trueup.rules.consistency_points import check_points
from trueup.rules.program import Finding, Param, ValueSet
from trueup.rules.schema import MaternityEpisode
from trueup.rules.schema_base import PeriodRule, RuleFile
from trueup.rules.schema_points import PointsPool
from trueup.rules.schema_stays import InpatientStay
from trueup.rules.tree import Flat

_READING = re.compile(r"READING\.md(?: ([A-Z]+-[A-Z]\d+))?")
_US_DAY = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
_EXCLUSIVE = (("delivery_vaginal", "delivery_cesarean"), ("outcome_live", "outcome_stillbirth"))
_NO_CITE_NEEDED = ("effective.", "rule_version")
_GLOBAL_SPLIT = "case_rate.global_split"


def check_consistency(model: RuleFile, flat: Flat, sets: dict[str, ValueSet], home: Path) -> tuple[list[RuleError], list[Finding]]:
    """Errors and warnings of the rules as resolved."""
    errors = [*_uncited(flat), *_names(model, flat)]
    if isinstance(model, MaternityEpisode):
        errors += [*_case_rate(model, flat), *_code_lists(flat, sets)]
        if isinstance(model.settlement, PointsPool):
            errors += check_points(model, model.settlement, flat)
    if isinstance(model, InpatientStay):
        errors += check_stays(flat)
    warnings: list[Finding] = []
    _cites(model, flat, home, errors, warnings)
    _calendar(model, flat, errors, warnings)
    for path, param in flat.params.items():
        if isinstance(param, Param) and param.origin == "rule" and path.endswith("value_set") and isinstance(param.value, str):
            found = sets.get(param.value)
            if found and found.origin == "assumptions":
                message = f"`{path}` is a rule, but `{param.value}` is a sample list of the assumptions folder."
                warnings.append(Finding("cfg.sample_list", message, param.place))
    return errors, warnings


def _code_lists(flat: Flat, sets: dict[str, ValueSet]) -> list[RuleError]:
    """Lists that must exclude each other share no code, and lists that map codes to numbers have a number for each."""
    errors: list[RuleError] = []

    def named(role: str) -> tuple[ValueSet | None, Place]:
        param = flat.params[f"episode.codes.{role}.value_set"]
        return sets.get(str(param.value)) if isinstance(param, Param) else None, param.place

    for one, other in _EXCLUSIVE:
        (left, _), (right, place) = named(one), named(other)
        shared = _pairs(left) & _pairs(right)
        if shared:
            listed = ", ".join(sorted(code for _, code in shared)[:5])
            message = f"{len(shared)} codes are both {one} and {other}: {listed}."
            errors.append(rule_error("TRU-R048", message, place.source, place.line, "Keep each in one list."))
    for role in ("gestation_weeks", "fetus_count"):
        found, place = named(role)
        bare = [c.code for c in found.codes if c.value is None] if found else []
        if found and bare:
            message = f"{len(bare)} codes have no number, first {bare[0]}; {role} maps codes to numbers."
            errors.append(rule_error("TRU-R046", message, found.place.source, None, "Fill the column value."))
    return errors


def _pairs(value_set: ValueSet | None) -> set[tuple[str, str]]:
    return {(c.code_system, c.code) for c in value_set.codes} if value_set else set()


def _uncited(flat: Flat) -> list[RuleError]:
    """Numbers and days that no source vouches for."""
    errors: list[RuleError] = []
    for path, param in flat.params.items():
        if not isinstance(param, Param) or param.origin != "rule" or param.cite or path.startswith(_NO_CITE_NEEDED):
            continue
        if isinstance(param.value, int | Decimal | date) and not isinstance(param.value, bool):
            step = "Add `cite: SOURCE place` here or above it."
            errors.append(rule_error("TRU-R008", f"`{path}` is {param.value} without a cite.", param.place.source, param.place.line, step))
    return errors


def _cites(model: RuleFile, flat: Flat, home: Path, errors: list[RuleError], warnings: list[Finding]) -> None:
    """The first part of a cite names a source; each further part a source or a reading of READING.md."""
    reading = home / "READING.md"
    readings = reading.read_text(encoding="utf-8") if reading.is_file() else None
    for cite, place in flat.cite_places:
        for i, part in enumerate(p.strip() for p in cite.split(";")):
            noted = _READING.search(part)
            word = part.split(" ", 1)[0]
            if word not in model.sources and not (i and noted):
                step = f"Sources: {', '.join(model.sources)}."
                errors.append(rule_error("TRU-R009", f"cite `{part}` does not begin with a source.", place.source, place.line, step))
            if noted and noted[1] and readings is not None and noted[1] not in readings:
                warnings.append(Finding("cfg.reading", f"READING.md holds no {noted[1]}.", place))


def _names(model: RuleFile, flat: Flat) -> list[RuleError]:
    """Ids that a rule names must exist: periods so far."""
    errors: list[RuleError] = []
    by_id = {p.id: p for p in model.periods}
    for path in ("prices.baseline_period", "attribution.accountable.lookback"):
        param = flat.params.get(path)
        if not isinstance(param, Param) or param.value is None:
            continue
        period = by_id.get(str(param.value))
        if period is None or (path == "prices.baseline_period" and period.role != "baseline"):
            what = "is no period of this file" if period is None else "is not a baseline period"
            step = f"Periods: {', '.join(f'{p.id} ({p.role})' for p in model.periods)}."
            errors.append(rule_error("TRU-R015", f"`{path}` is {param.value}, which {what}.", param.place.source, param.place.line, step))
    return errors


def _case_rate(model: MaternityEpisode, flat: Flat) -> list[RuleError]:
    """A priced case rate is a paid one, a global fee is split whole, and payment begins no later than the first year that is settled."""
    if model.case_rate is None:
        if getattr(model.prices, "case_rate", None) is None:
            return []
        place = flat.place(("prices", "case_rate"))
        message = "`prices.case_rate` makes a monthly rate, but the file has no section `case_rate` that says who is paid it."
        return [rule_error("TRU-R017", message, place.source, place.line, "Add `case_rate`, or take `prices.case_rate` out.")]
    return [*_split(flat), *_go_live(model, flat)]


def _split(flat: Flat) -> list[RuleError]:
    """The known shares of a global fee: all of them are one, and some of them never more."""
    entries = [flat.params[f"{_GLOBAL_SPLIT}.{part}"] for part in ("antepartum", "delivery", "postpartum")]
    known = [p for p in entries if isinstance(p, Param)]
    total = sum((p.value for p in known), Decimal(0))
    if total == 1 or (total < 1 and len(known) < len(entries)):
        return []
    said = " + ".join(str(p.value) for p in known)
    message = f"the shares of `{_GLOBAL_SPLIT}` are {said} = {total}; they must add up to 1."
    place = known[-1].place
    return [rule_error("TRU-R016", message, place.source, place.line, "Correct the shares: the parts of a fee are the whole fee.")]


def _go_live(model: MaternityEpisode, flat: Flat) -> list[RuleError]:
    """Payment from the first period that is settled on; a period still unknown could only end earlier."""
    begins = flat.params["case_rate.go_live"]
    known = [p for p in model.periods if p.role == "performance" and not p.first_day.unknown and not p.last_day.unknown]
    if not isinstance(begins, Param) or not known:
        return []
    first = min(known, key=lambda p: p.first_day.value)
    if begins.value <= first.last_day.value:
        return []
    message = f"`case_rate.go_live` is {begins.value}, after {first.id}, the first performance period, ends on {first.last_day.value}."
    step = "Let payment begin in or before the first performance period, or correct the periods."
    return [rule_error("TRU-R018", message, begins.place.source, begins.place.line, step)]


def _calendar(model: RuleFile, flat: Flat, errors: list[RuleError], warnings: list[Finding]) -> None:
    """Periods run forward; performance periods follow each other without overlap or gap."""
    spans: list[tuple[date, date, PeriodRule]] = []
    for period in model.periods:
        first, last = period.first_day.value, period.last_day.value
        if period.first_day.unknown or period.last_day.unknown:
            continue
        place = _day_place(flat, period, "last_day")
        if last < first:
            errors.append(rule_error("TRU-R022", f"{period.id} ends on {last}, before it begins on {first}.", place.source, place.line))
        elif period.role == "performance":
            spans.append((first, last, period))
    spans.sort(key=lambda s: s[0])
    for (_, last, before), (first, _, after) in pairwise(spans):
        place = _day_place(flat, after, "first_day")
        if first <= last:
            message = f"{after.id} begins on {first}, but {before.id} ends on {last}."
            errors.append(rule_error("TRU-R020", message, place.source, place.line, "Periods must not overlap."))
        elif first > last + timedelta(days=1):
            missing = _days(last + timedelta(days=1), first - timedelta(days=1))
            if before.last_day.as_published is not None and after.first_day.as_published is not None:
                message = f"{missing} lies between {before.id} and {after.id}, as published and as read: such episodes have no period."
                warnings.append(Finding("cfg.period_gap", message, place))
            else:
                step = "Write `{as_published: …, read_as: …}` on both sides if the source prints the gap."
                errors.append(rule_error("TRU-R021", f"{missing} lies between {before.id} and {after.id}.", place.source, place.line, step))
        else:
            _published_gap(before, after, place, warnings)


def _published_gap(before: PeriodRule, after: PeriodRule, place: Place, warnings: list[Finding]) -> None:
    """Periods that tile as read but not as printed."""
    last = printed_day(before.last_day.as_published) or before.last_day.value
    first = printed_day(after.first_day.as_published) or after.first_day.value
    if first > last + timedelta(days=1):
        missing = _days(last + timedelta(days=1), first - timedelta(days=1))
        message = f"{missing} lies between {before.id} and {after.id} as published; read as the last of {before.id}."
        warnings.append(Finding("cfg.period_gap", message, place))


def printed_day(text: str | None) -> date | None:
    """The day of `10/30/2021` or `2021-10-30`; None for any other form."""
    match = _US_DAY.match(text or "")
    try:
        if match:
            return date(int(match[3]), int(match[1]), int(match[2]))
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _day_place(flat: Flat, period: PeriodRule, key: str) -> Place:
    return flat.params[f"periods.{period.id}.{key}"].place
