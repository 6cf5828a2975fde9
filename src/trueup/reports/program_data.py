"""What the pages of kinds without episodes share: their entities with periods, and the sheets that any kind may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trueup.reports import sections, settled
from trueup.reports.frame import IndexRow, Sheet, status_words
from trueup.reports.grid import Cell, Column, Grid, Link, Rows, Section
from trueup.reports.monitoring_data import Monitoring
from trueup.reports.monitoring_sections import monitoring_section
from trueup.reports.monitoring_state import monitoring_state
from trueup.reports.page_files import file_name
from trueup.reports.quality_data import Quality
from trueup.reports.quality_sections import quality_sections
from trueup.reports.quality_state import quality_state
from trueup.reports.settled import Settled, result_row
from trueup.reports.source import RunData


@dataclass(frozen=True)
class Entity:
    """One entity of a run with its periods, latest first, and what every kind may know of it."""

    run: RunData
    entity_id: str
    periods: tuple[Settled, ...]
    quality: Quality
    monitoring: Monitoring

    @property
    def name(self) -> str:
        return self.run.name(self.entity_id)

    @property
    def shown(self) -> tuple[Settled, ...]:
        """The periods that a page speaks of: those with a settlement, and the latest."""
        return tuple(p for n, p in enumerate(self.periods) if p.settlements or not n)

    def scorecards(self, *, detail: bool = False) -> list[Section]:
        """Scorecards and checks of the shown periods, for a page of the entity."""
        periods = {p.period for p in self.shown}
        cards = quality_sections(self.quality, self.entity_id, detail=detail, periods=periods)
        return [*cards, *monitoring_section(self.monitoring, self.entity_id)]

    def without_result(self) -> list[Section]:
        """The other periods in one table, each with why it has no result; no section where there are none."""
        shown = {p.period for p in self.shown}
        columns = (Column("period", "Period"), Column("why", "Why there is no result"))
        rows: Rows = [
            [sections.period_words(self.run, p.period), status_words(p).removeprefix("Not settled. ")]
            for p in self.periods
            if p.period not in shown
        ]
        grid = Grid("without_result", "Other periods", columns, rows)
        return [Section("without-result", "Periods without a result", [], [], [grid])] if rows else []


def entities(run: RunData, more: Iterable[tuple[str, str]] = (), *, apart: bool = False) -> list[Entity]:
    """Every entity with a settlement, a refusal, a scorecard or a place in `more` (entity, period), by id. `apart`: see `Settled`."""
    by_period, quality, monitoring = settled.of_run(run), Quality(run), Monitoring(run)
    known = {
        *by_period,
        *((e, p) for e, p in more if e and p),
        *((r["entity_id"], r["period"]) for r in run.refusals if r["entity_id"] and r["period"]),
    }
    performed = set(run.performance_periods)
    known |= {key for key in quality.cards if key[1] in performed and key[0] and not key[0].startswith("(")}
    order = {p: n for n, p in enumerate(run.performance_periods)}
    found: list[Entity] = []
    for entity in sorted({e for e, _ in known}):
        mine = sorted((p for e, p in known if e == entity), key=lambda p: (order.get(p, len(order)), p))
        periods = tuple(Settled(run, entity, p, by_period.get((entity, p), ()), apart) for p in mine)
        found.append(Entity(run, entity, periods, quality, monitoring))
    return found


def statement_href(entity_id: str) -> str:
    return f"practices/{file_name(entity_id)}/statement.html"


def book_name(run: RunData, entity_id: str, what: str = "statement") -> str:
    return f"{what}_{file_name(run.program)}_{file_name(entity_id)}.xlsx"


def named(run: RunData, entity_id: str, hrefs: Mapping[str, str]) -> Cell:
    """The entity's name, leading to its page where it has one."""
    href = hrefs.get(entity_id)
    return Link(run.name(entity_id), href) if href else run.name(entity_id)


def shared_sheets(run: RunData, hrefs: Mapping[str, str], quality: Quality, monitoring: Monitoring, *, detail: bool) -> list[Sheet]:
    """The state's pages of quality and of monitoring, where the run has any."""
    program = file_name(run.program)
    found: list[Sheet] = []
    if quality.is_known:
        page = Sheet("quality.html", f"quality_{program}.xlsx", lambda: quality_state(quality, hrefs, detail=detail), label="Quality")
        found.append(page)
    if monitoring.is_known:
        found.append(
            Sheet("monitoring.html", f"monitoring_{program}.xlsx", lambda: monitoring_state(monitoring, hrefs), label="Monitoring")
        )
    return found


def index_rows(found: Sequence[Entity], counts: Mapping[tuple[str, str], int | None]) -> list[IndexRow]:
    """One row per entity and period."""
    rows: list[IndexRow] = []
    for entity in found:
        for period in entity.shown:
            amount, status = result_row(period)
            count = counts.get((entity.entity_id, period.period))
            rows.append(IndexRow(entity.name, statement_href(entity.entity_id), period.period, count, amount, status))
    return rows
