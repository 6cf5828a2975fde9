"""Which pages a run has: one maker of pages for each kind of program."""

from __future__ import annotations

from collections.abc import Callable

from trueup.reports.episode_report import episodes_report
from trueup.reports.frame import ProgramReport
from trueup.reports.panel_state import panel_report
from trueup.reports.points_pages import points_report
from trueup.reports.results_pages import results_report
from trueup.reports.source import RunData
from trueup.reports.stay_state import stays_report

_BY_KIND: dict[str, Callable[..., ProgramReport]] = {
    "entity_results": results_report,
    "inpatient_stay": stays_report,
    "maternity_episode": episodes_report,
    "panel": panel_report,
    "procedure_episode": episodes_report,
}


def report_of(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a run, not yet made. `detail` shows small groups apart: only for readers who may see who is in them."""
    maker = points_report if run.shares_points else _BY_KIND.get(run.kind, results_report)
    return maker(run, detail=detail)
