"""What quality reads of the finished tables: counts and values from claims, reports, peer groups, units, and accepted plans."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from trueup.engine import Engine
from trueup.quality.card import Card
from trueup.quality.equity import Group, widest
from trueup.quality.evidence import Book, Evidence
from trueup.quality.submissions import EVERYBODY, Judged, Report

PLAN_FLAG = "improvement_plan"
Groups = dict[tuple[str, str, str, str], dict[str, dict[str, Group]]]  # (source, measure, entity, period) -> stratum -> value -> counts
ALL_ENTITIES = "(all)"


def counts_of(engine: Engine) -> tuple[Book, Groups]:
    """The evidence from claims, and the same by group; counts of all entities together stand under `(all)` among the groups."""
    book, groups = Book(groups=_peer_groups(engine)), defaultdict[tuple[str, str, str, str], dict[str, dict[str, Group]]](dict)
    order = ("measure_id", "entity_id", "period", "stratum", "stratum_value")
    for r in engine.rows("measure_counts", order_by=order):
        if r["stratum"] == EVERYBODY:
            book.add("claims", r["measure_id"], r["entity_id"], r["period"], Evidence(int(r["denominator"]), int(r["numerator"])))
        else:
            group = Group(int(r["numerator"]), int(r["denominator"]))
            add_group(groups, ("claims", r["measure_id"], r["entity_id"], r["period"]), r["stratum"], r["stratum_value"], group)
    values = defaultdict[tuple[str, str, str], dict[int, int]](dict)
    for r in engine.rows("measure_values", order_by=("measure_id", "entity_id", "period", "fact_value")):
        values[r["measure_id"], r["entity_id"], r["period"]][int(r["fact_value"])] = int(r["units"])
    for (measure, entity, period), found in values.items():
        book.add("claims", measure, entity, period, Evidence(sum(found.values()), values=found))
    return book, groups


def add_group(groups: Groups, key: tuple[str, str, str, str], stratum: str, value: str, group: Group) -> None:
    """Add the counts of one group to its entity, and to all entities together."""
    source, measure, _, period = key
    for owner in (key, (source, measure, ALL_ENTITIES, period)):
        named = groups.setdefault(owner, {}).setdefault(stratum, {})
        before = named.get(value, Group(0, 0))
        named[value] = Group(before.numerator + group.numerator, before.denominator + group.denominator)


def add_reports(book: Book, groups: Groups, judged: list[Judged]) -> None:
    """Put the accepted reports into the book: those of everybody, and those of one group, which are written `NAME=VALUE`."""
    for item in judged:
        report = item.report
        if item.status != "accepted" or report.denominator is None:
            continue
        key = ("submission", report.measure_id, report.entity_id, report.period)
        if report.stratum == EVERYBODY:
            value = None if report.value is None else Fraction(report.value)
            book.add(
                "submission",
                report.measure_id,
                report.entity_id,
                report.period,
                Evidence(report.denominator, report.numerator, value=value),
            )
        elif report.numerator is not None:
            name, _, value = report.stratum.partition("=")
            add_group(groups, key, name, value, Group(report.numerator, report.denominator))


def add_gaps(book: Book, groups: Groups, card: Card, minimum: int) -> None:
    """For every slot that scores a gap, put the entity's widest gap into the book as its evidence."""
    for slot in card.slots:
        if slot.figure == "rate":
            continue
        for (source, measure, entity, period), strata in list(groups.items()):
            if (source, measure) != (slot.source, slot.measure) or entity == ALL_ENTITIES:
                continue
            gap = widest(strata.get(slot.stratum, {}), slot.gap_direction, minimum, slot.figure)
            if gap is not None:
                book.add(slot.evidence, slot.measure, entity, period, Evidence(gap[1], value=gap[0]))


def reports_of(engine: Engine) -> list[Report]:
    """Every report of the program known by the day of the run."""
    order = ("entity_id", "period", "measure_id", "submission_id", "stratum")
    return [
        Report(
            r["entity_id"],
            r["period"],
            r["measure_id"],
            r["submission_id"],
            r["known_date"],
            _whole(r["numerator"]),
            _whole(r["denominator"]),
            None if r["value"] is None else Decimal(r["value"]),
            _whole(r["expected_denominator"]),
            r["stratum"] or EVERYBODY,
            r.get("record_type") == "void",
        )
        for r in engine.rows("visible_measure_submissions", order_by=order)
    ]


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int) else None


def units_of(engine: Engine) -> dict[tuple[str, str], int]:
    """How many units each entity has in each period."""
    found = defaultdict[tuple[str, str], int](int)
    for r in engine.rows("measure_units", order_by=("unit_id",)) if engine.has("measure_units") else []:
        if r["entity_id"] is not None and r["period"] is not None:
            found[r["entity_id"], r["period"]] += 1
    return dict(found)


def accountable_of(engine: Engine) -> set[tuple[str, str]]:
    """The entities that answer for a period, where the kind of program says so: each is due a scorecard, results or none."""
    if not engine.has("entity_gates"):
        return set()
    return {(r["entity_id"], r["period"]) for r in engine.rows("entity_gates", order_by=("entity_id", "period")) if r["accountable"]}


def plans_of(engine: Engine) -> set[tuple[str, str]]:
    """Entities and periods whose improvement plan was accepted: the review of the flag `improvement_plan` ended in `complied`."""
    if not engine.has("visible_reviews"):
        return set()
    rows = engine.rows("visible_reviews", order_by=("entity_id", "period", "flag_id"))
    return {(r["entity_id"], r["period"]) for r in rows if r["flag_id"] == PLAN_FLAG and r["outcome"] == "complied"}


def _peer_groups(engine: Engine) -> dict[str, str]:
    """The peer group of each entity, where a kind of program has them; otherwise everybody is everybody's peer."""
    if not engine.has("peer_groups"):
        return {}
    return {r["entity_id"]: r["peer_group"] for r in engine.rows("peer_groups", order_by=("entity_id",))}
