"""Quality: measures counted in SQL; then, entity by entity, submissions, results, points, scorecard, gate, gaps and the quality pool.

Reads: `measure_units`, `unit_facts`, `unit_strata`, final claims, `rule_measures`, `rule_criteria`; `visible_measure_submissions`,
    `visible_reviews`; `entity_gates` and `peer_groups` where a kind of program has them; the rules of quality.
Writes: `measure_results`, `measure_evidence`, `measure_counts`, `measure_values`; `submissions`, `measure_rates`, `measure_benchmarks`,
    `measure_scores`, `quality_scores`, `quality_gates`, `equity_gaps`, `quality_pool_shares`.
Grain: One unit in one measure; one slot, or one scorecard, of an entity and period.
Units: rates and scores as shares of one, six decimals; exact until written.
Invariants: Effective weights of a scorecard add up to one; a score lies from 0 to 1; too few results are a status and no number.
Source: docs/reference/measures.md, docs/reference/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from trueup.engine import Engine, steps_of
from trueup.entity_grain import PeriodDays
from trueup.errors import CheckFailed
from trueup.quality import reading, rows
from trueup.quality.anchors import Anchors
from trueup.quality.card import Card, Rules, card_of, terms_of
from trueup.quality.evidence import Book
from trueup.quality.outcome import Outcome, outcome_of, weights_of
from trueup.quality.reading import Groups
from trueup.quality.scoring import Scorer, SlotResult
from trueup.quality.submissions import EVERYBODY, Judged, judge
from trueup.tables.quality import QUALITY

STEPS = steps_of(__file__)
_COLUMNS = {t.name: {c: kind for c, kind in t.columns.items() if c not in ("program", "rule_version", "run_id")} for t in QUALITY}


class Period(PeriodDays, Protocol):
    """A period of a program that may not be known yet."""

    @property
    def role(self) -> str: ...
    @property
    def known(self) -> bool: ...


class Scored(Rules, Protocol):
    """A loaded program, as far as this stage knows it."""

    @property
    def periods(self) -> Sequence[Period]: ...


@dataclass
class _Run:
    """What one run has gathered before it scores a period."""

    program: Scored
    as_of: date
    periods: list[Period]
    cards: dict[str, Card]
    book: Book
    groups: Groups
    judged: list[Judged]
    units: dict[tuple[str, str], int]
    accountable: set[tuple[str, str]]
    plans: set[tuple[str, str]]


def run(engine: Engine, program: Scored) -> None:
    """Run the stage for every known period.

    Raises:
        Refused: TRU-R014 if a rule of quality is unknown.
        CheckFailed: TRU-Q004 if the weights of a scorecard do not add up to one.
    """
    for step in STEPS:
        engine.run(step)
    found = _gather(engine, program)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in _COLUMNS}
    tables["submissions"] = [rows.submission(item) for item in found.judged]
    tables["measure_rates"] = rows.rates(found.book, found.cards, [p.id for p in found.periods])
    tables["equity_gaps"] = rows.equity(found.groups, found.cards, program)
    for period in found.periods:
        if period.role == "performance":
            _score_period(found, period, tables)
    for name, content in tables.items():
        engine.register_rows(name, content, _COLUMNS[name])
    if engine.is_given("quality_scores") and program.has("quality.gate"):
        given = engine.rows("quality_scores", order_by=("period", "entity_id"))
        engine.register_rows("quality_gates", rows.gates_of_given(given, str(program.get("quality.gate.id"))), _COLUMNS["quality_gates"])


def _gather(engine: Engine, program: Scored) -> _Run:
    periods = sorted((p for p in program.periods if p.known), key=lambda p: p.last_day)
    cards = {p.id: card_of(program, p) for p in periods}
    measures = {p.id: _sources(cards[p.id]) for p in periods}
    ends = {p.id: p.last_day for p in periods}
    shares = {p: frozenset(s.measure for s in card.slots if s.is_share) for p, card in cards.items()}
    judged = judge(reading.reports_of(engine), ends, measures, terms_of(program), program.id, shares)
    book, groups = reading.counts_of(engine)
    reading.add_reports(book, groups, judged)
    for card in cards.values():
        reading.add_gaps(book, groups, card, rows.minimum_count(program))
    as_of, units = engine.scalar("run_params", "MAX(as_of)"), reading.units_of(engine)
    accountable, plans = reading.accountable_of(engine), reading.plans_of(engine)
    return _Run(program, as_of, periods, cards, book, groups, judged, units, accountable, plans)


def _score_period(found: _Run, period: Period, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Add the slots, scorecards, gates and pool shares of one period."""
    card = found.cards[period.id]
    earlier = [p for p in found.periods if p.last_day < period.first_day][::-1]
    anchors = Anchors(card, found.book, period.id, _baseline(card, earlier))
    reports = [j for j in found.judged if j.report.period == period.id and j.report.stratum == EVERYBODY]
    accepted = frozenset((j.report.entity_id, j.report.measure_id) for j in reports if j.status == "accepted")
    empty = frozenset((j.report.entity_id, j.report.measure_id) for j in reports if j.reason == "denominator_zero")
    deadline = period.last_day + timedelta(days=terms_of(found.program).deadline_days)
    scorer = Scorer(anchors, [p.id for p in earlier], accepted, empty, found.as_of > deadline)
    reported = {j.report.entity_id for j in reports}
    seen = reported | found.book.entities(period.id) | {e for e, p in found.units if p == period.id}
    due = {e for e, p in found.accountable if p == period.id and period.last_day < found.as_of}
    outcomes: list[Outcome] = []
    for entity in sorted(seen | due):
        results = [scorer.score(slot, entity) for slot in card.slots]
        weights = weights_of(card, results)
        _require_whole(weights, period.id)
        plan_accepted, running = (entity, period.id) in found.plans, period.last_day >= found.as_of
        outcome = outcome_of(card, entity, results, seen=entity in seen, plan_accepted=plan_accepted, running=running)
        outcomes.append(outcome)
        tables["measure_scores"] += [_slot_row(r, period.id, weights, card) for r in results]
        tables["quality_scores"].append(rows.score(outcome, period.id, card))
        if card.gate is not None:
            tables["quality_gates"].append(rows.gate(outcome, period.id, card.gate.id))
    tables["measure_benchmarks"] += rows.benchmarks(anchors)
    tables["quality_pool_shares"] += rows.pool(found.program, outcomes, period.id, found.units)


def _slot_row(result: SlotResult, period: str, weights: dict[str, Any], card: Card) -> dict[str, Any]:
    return rows.slot(result, period, weights.get(result.slot.id), card.scoring.maximum)


def _sources(card: Card) -> dict[str, str]:
    """Where each measure's results come from; a measure that stands in two slots can be reported if one of them is."""
    found: dict[str, str] = {}
    for slot in card.slots:
        if found.get(slot.measure) != "submission":
            found[slot.measure] = slot.source
    return found


def _baseline(card: Card, earlier: Sequence[Period]) -> str:
    """The period that improvement and the peers' baseline figures come from; `earlier` runs from the latest to the first."""
    wanted = {"baseline_period": "baseline", "previous_period": "performance"}.get(card.baseline)
    return next((p.id for p in earlier if p.role == wanted), "")


def _require_whole(weights: dict[str, Any], period: str) -> None:
    total = sum(weights.values())
    if weights and total != 1:
        message = f"the weights of a scorecard of {period} add up to {total}, not to 1."
        raise CheckFailed("TRU-Q004", message, next_step="Nothing was written. Report this: it is a defect of the engine.")
