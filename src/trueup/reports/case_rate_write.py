"""Writes the case-rate pages of a run: one per practice, and the state's page."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from trueup.reports.case_rate_data import CaseRates, PostedRow
from trueup.reports.case_rate_page import case_rate_page
from trueup.reports.case_rate_state import case_rate_state
from trueup.reports.page_files import file_name, write_page
from trueup.reports.source import RunData


def write_case_rate_pages(
    folder: Path,
    run_folder: Path,
    names: Mapping[str, str] | None = None,
    ledger_rows: Sequence[PostedRow] | None = None,
    *,
    price_folder: Path | None = None,
) -> list[Path]:
    """Write a case-rate page per practice and the state's page (HTML, XLSX, CSV); returns every HTML and XLSX file, the state's first.

    Args:
        folder: where to write, under `case_rates/<program>`; what an earlier call wrote there is replaced.
        run_folder: `runs/<run_id>/<program>` with `case_rate_months`, `payments`, `zero_pay_lines`, `pregnancies`, `episodes`.
        names: names of entities by id, where they are known.
        ledger_rows: what a ledger booked for these purposes and this program, one row per difference; None leaves it out.
        price_folder: the price set of the run, whose base says how many claim lines a month brings.

    Returns an empty list for a run whose program pays no case rates.

    Raises:
        UsageError: TRU-U061, the folder is not a finished run.
        CheckFailed: TRU-C041, rows do not add up to the run's payments; nothing should be sent.
    """
    rates = CaseRates(RunData.open(run_folder, price_folder, names), price_folder, ledger_rows)
    if not rates.has_tables:
        return []
    program, as_of = file_name(rates.run.program), rates.run.as_of
    target = folder / "case_rates" / program
    practices = [rates.of(entity) for entity in rates.entities]
    hrefs = {p.entity_id: f"practices/{file_name(p.entity_id)}/case_rates.html" for p in practices}
    pages = [(p, case_rate_page(p)) for p in practices]
    state = case_rate_state(rates, practices, hrefs)
    if target.exists():
        shutil.rmtree(target)
    found = write_page(state, target / "state.html", f"case_rates_{program}.xlsx", as_of)
    for practice, page in pages:
        book = f"case_rates_{program}_{file_name(practice.entity_id)}.xlsx"
        found += write_page(page, target / hrefs[practice.entity_id], book, as_of, csv_folder="csv")
    return [path for path in found if path.suffix != ".csv"]
