"""Clinical measures: `ecqm`, on FHIR resources or on test patients with expected results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from trueup.claims.fhir import CaseFile, Clinical, read_cases, read_files, read_value_sets
from trueup.commands.common import app, day, out, show
from trueup.engine import DuckEngine
from trueup.errors import UsageError
from trueup.quality.clinical import stage
from trueup.quality.clinical.compare import counts_of, misses, totals
from trueup.quality.clinical.measures import ClinicalMeasure, measure_named

_NEXT = "Give --cases FILE, or --resources FILES with --measure, --from and --through."


@app.command
def ecqm(
    *,
    value_sets: Annotated[Path, Parameter(name="--value-sets", help="CSV of your value sets; trueup ships none.")],
    cases: Annotated[Path | None, Parameter(name="--cases", help="Test patients with expected populations, one a line.")] = None,
    resources: Annotated[
        list[Path] | None,
        Parameter(name="--resources", help="FHIR R4 resources: JSON, Bundle or NDJSON, also .gz.", consume_multiple=True),
    ] = None,
    measure: Annotated[str | None, Parameter(name="--measure", help="CMS334 or CMS1028; a case file names its own.")] = None,
    start: Annotated[str | None, Parameter(name="--from", help="First day on which a measured stay may end.")] = None,
    through: Annotated[str | None, Parameter(name="--through", help="Last day on which a measured stay may end.")] = None,
    mend_references: Annotated[
        bool, Parameter(name="--mend-references", help="Pair dangling diagnosis references where there is no choice.", negative="")
    ] = False,
) -> int:
    """Count the populations of a clinical measure (cesarean birth, severe obstetric complications). Exit code 1 if a case differs."""
    if (cases is None) == (resources is None):
        raise UsageError("TRU-I106", "either --cases or --resources is needed.", next_step=_NEXT)
    codes = read_value_sets(value_sets)
    if cases is not None:
        file = read_cases(cases, mend=mend_references)
        return _compare(file, _count(measure_named(file.measure), file.clinical, codes, file.start, file.end)[0])
    if measure is None or start is None or through is None:
        raise UsageError("TRU-I106", "resources do not say which measure and period is meant.", next_step=_NEXT)
    wanted = measure_named(measure)
    clinical = read_files(resources or [], mend=mend_references)
    rows, stays = _count(wanted, clinical, codes, day(start, "from"), day(through, "through"))
    found = counts_of(rows).values()
    table = Table("rate", "population", "stays")
    for key in ((group, population) for group in wanted.rate_groups for population in wanted.populations):
        table.add_row(str(key[0]), key[1], f"{sum(counts.get(key, 0) for counts in found):,}")
    show(table)
    named = {(row["member_id"], row["encounter_id"]) for row in clinical.tables["clinical_diagnoses"] if not row["is_resolved"]}
    unsure = len(named & stays)
    if unsure:
        out.print(f"{unsure:,} delivery stays name diagnoses that are not among the resources; they are counted without them.")
    _report(clinical)
    return 0


def _count(
    measure: ClinicalMeasure, clinical: Clinical, codes: list[dict[str, object]], start: date, end: date
) -> tuple[list[dict[str, object]], set[tuple[object, object]]]:
    """The counts of each person, and the delivery stays they rest on."""
    engine = DuckEngine()
    try:
        stage.register(engine, clinical.tables, codes)
        stage.run(engine, [measure], start, end)
        stays = {(row["member_id"], row["encounter_id"]) for row in engine.rows("clinical_gestations")}
        return engine.rows(stage.RESULT, order_by=("rate_group", "member_id", "population")), stays
    finally:
        engine.close()


def _compare(file: CaseFile, rows: Iterable[dict[str, object]]) -> int:
    expected, found = {case.case_id: case.expected for case in file.cases}, counts_of(rows)
    table = Table("rate", "population", "cases", "expected", "found", "differ")
    for total in totals(expected, found):
        numbers = (total.cases, total.expected, total.found, total.misses)
        table.add_row(str(total.rate_group), total.population, *(f"{number:,}" for number in numbers))
    show(table)
    missed = misses(expected, found, file.clinical.gaps)
    said = {case.case_id: case.description for case in file.cases}
    for miss in missed:
        out.print(f"  {miss.case_id} rate {miss.rate_group} {miss.population}: expected {miss.expected}, found {miss.found}; {miss.cause}")
        out.print(f"    {' '.join(said[miss.case_id].split())}")
    _report(file.clinical)
    agreeing = len(expected) - len({miss.case_id for miss in missed})
    out.print(f"{file.measure} {file.start} to {file.end}: {agreeing:,} of {len(expected):,} cases as expected.")
    return 1 if missed else 0


def _report(clinical: Clinical) -> None:
    """Findings and quarantined resources, counted; never a value."""
    for finding in clinical.findings:
        where = ".".join(str(finding[name]) for name in ("resource_type", "element") if finding[name])
        out.print(f"  {finding['code']} {where}: {finding['rows']} ({finding['message']})")
    refused = clinical.tables["clinical_quarantine"]
    for reason in sorted({str(row["reason_code"]) for row in refused}):
        out.print(f"  {reason}: {sum(row['reason_code'] == reason for row in refused)} resources quarantined")
