"""Every page of a program of episodes: a statement for each practice, the state's page, quality and monitoring."""

from __future__ import annotations

from trueup.reports.frame import IndexRow, ProgramReport, Sheet
from trueup.reports.monitoring_data import Monitoring
from trueup.reports.page_files import file_name
from trueup.reports.practice import practices
from trueup.reports.program_data import book_name, shared_sheets, statement_href
from trueup.reports.quality_data import Quality
from trueup.reports.settled import result_row
from trueup.reports.source import RunData
from trueup.reports.state import missing, state_summary
from trueup.reports.statement import Scored, statement


def episodes_report(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a program of episodes. Raises CheckFailed (TRU-C041) where an episode sum does not tie to its settlement."""
    found = practices(run, cohort_detail=detail)
    scored = Scored(Quality(run), Monitoring(run), detail)
    hrefs = {p.entity_id: statement_href(p.entity_id) for p in found}
    sheets = [Sheet(hrefs[p.entity_id], book_name(run, p.entity_id), lambda p=p: statement(p, scored), p.entity_id) for p in found]
    book = f"state_{file_name(run.program)}.xlsx"
    label = "Results, exclusions, and where every claim line went"
    sheets.append(Sheet("state.html", book, lambda: state_summary(run, found, hrefs), label=label))
    sheets += shared_sheets(run, hrefs, scored.quality, scored.monitoring, detail=detail)
    rows = [
        IndexRow(p.name, hrefs[p.entity_id], period.period, len(period.counted), *result_row(period)) for p in found for period in p.periods
    ]
    return ProgramReport(run, sheets, rows, incomplete=bool(missing(run)))
