"""Each check of a plan, judged over the entities of a period."""

from __future__ import annotations

from dataclasses import replace

from trueup.monitoring.completeness import judge_completeness
from trueup.monitoring.findings import Counts, Result, too_few
from trueup.monitoring.migration import judge_migration
from trueup.monitoring.moves import BeforeAfter, judge_cusum, judge_mean_change, judge_share_change
from trueup.monitoring.observe import Observer, edge_share
from trueup.monitoring.plan import PeriodSpan, Plan, Terms
from trueup.monitoring.selection import judge_selection
from trueup.monitoring.shares import judge_shares


def judge(plan: Plan, terms: Terms, period: PeriodSpan, entities: list[str], facts: Observer) -> list[Result]:
    """One result per entity; `not_measured` for all where the tables say nothing about anybody."""
    found: list[Result] | None = None
    match terms.kind:
        case "funnel":
            observed = facts.measured_share(terms.measure, period.id)
            base = facts.measured_share(terms.measure, plan.base_period)
            found = None if observed is None else judge_shares(terms, period.id, entities, observed, base)
        case "change":
            found = _change(plan, terms, period, entities, facts)
        case "cusum":
            sequences = facts.sequences(terms.measure, period.id)
            found = None if sequences is None else judge_cusum(terms, period.id, entities, sequences, plan.seed)
        case "selection":
            observed = facts.counted("selection", terms.id, period.id)
            found = None if observed is None else judge_selection(terms, period.id, entities, observed, facts.scores(terms.id, period.id))
        case "switching" | "exclusion_rate":
            observed = facts.counted(terms.kind, terms.id, period.id)
            found = None if observed is None else judge_shares(terms, period.id, entities, observed)
        case "completeness":
            received, per_month = facts.received(terms.id, period.id), facts.lines_per_month()
            known = received is not None and per_month is not None
            found = judge_completeness(terms, period.id, entities, received or {}, per_month or {}) if known else None
        case "migration":
            now, before = facts.cohorts(period.id), facts.cohorts(plan.base_period)
            found = None if now is None else judge_migration(terms, period.id, entities, before or {}, now)
        case _:
            found = _pattern(terms, period, entities, facts)
    if found is None:
        return [Result(terms, e, period.id, "not_measured", "no_rows") for e in entities]
    return found


def _change(plan: Plan, terms: Terms, period: PeriodSpan, entities: list[str], facts: Observer) -> list[Result] | None:
    """A measure with values is compared by its mean, every other by its share."""
    values = facts.measured_values(terms.measure, period.id)
    if values is not None:
        return judge_mean_change(terms, period.id, entities, facts.measured_values(terms.measure, plan.base_period) or {}, values)
    after, before = (facts.measured_share(terms.measure, p) for p in (period.id, plan.base_period))
    return None if after is None else judge_share_change(terms, period.id, entities, BeforeAfter(before or {}, after))


def _pattern(terms: Terms, period: PeriodSpan, entities: list[str], facts: Observer) -> list[Result] | None:
    """Patterns that are worth a question and prove nothing."""
    if terms.pattern == "volume_edge":
        return _volume_edge(terms, period, entities, facts)
    observed = facts.counted(terms.pattern, terms.id, period.id)
    if observed is None:
        return None
    if terms.pattern == "date_heaping":
        terms = replace(terms, target=edge_share(period, terms.width))
    return judge_shares(terms, period.id, entities, observed)


def _volume_edge(terms: Terms, period: PeriodSpan, entities: list[str], facts: Observer) -> list[Result] | None:
    """A count that sits at the volume gate, no further from it than the width."""
    volumes, least = facts.volumes(period.id), facts.minimum_volume()
    if volumes is None or least is None:
        return None
    found: list[Result] = []
    for entity_id in entities:
        count = volumes.get(entity_id)
        if count is None or count < terms.minimum_units:
            found.append(too_few(terms, entity_id, period.id, Counts(count)))
            continue
        alarm = abs(count - least) <= terms.width
        reason = "at_the_volume_gate" if alarm else "away_from_the_gate"
        found.append(Result(terms, entity_id, period.id, "within", reason, Counts(count, None, least), alarm=alarm, certain=alarm))
    return found
