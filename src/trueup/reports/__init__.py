"""Reports: statements, state summaries, workbooks, and the explanation of any figure. They read tables and compute nothing new."""

from trueup.reports.write import write_reports

__all__ = ["write_reports"]
