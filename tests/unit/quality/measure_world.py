"""A small world for the measure engine: units, facts and claims in memory, and the tables that the steps make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from trueup.engine import DuckEngine
from trueup.errors import Place
from trueup.quality import stage as quality
from trueup.rules.compile_measures import code_table, measure_tables
from trueup.rules.measure_model import Measure
from trueup.rules.measures import library_files, load_measures, read_library
from trueup.rules.program import ValueSet

Row = dict[str, Any]
BIRTH = date(2025, 6, 15)
RESULTS = ("measure_results", "measure_evidence", "measure_counts", "measure_values")
_T, _I, _D = "VARCHAR", "INTEGER", "DATE"
COLUMNS: dict[str, dict[str, str]] = {
    "final_lines": {
        "version_id": _T, "claim_line_number": _I, "claim_id": _T, "member_id": _T, "claim_type": _T, "line_start_date": _D,
        "claim_start_date": _D, "admission_date": _D, "bill_type_code": _T, "place_of_service_code": _T, "drg_code": _T,
        "drg_code_type": _T,
        "revenue_center_code": _T, "hcpcs_code": _T, "ndc_code": _T,
    },
    "candidate_diagnoses": {"version_id": _T, "position": _I, "code": _T, "code_system": _T},
    "candidate_procedures": {"version_id": _T, "position": _I, "code": _T, "code_system": _T, "procedure_date": _D},
    "measure_units": {
        "unit_id": _T, "unit_kind": _T, "member_id": _T, "entity_id": _T, "period": _T, "start_date": _D, "anchor_date": _D, "end_date": _D,
        "stay_start_date": _D, "stay_end_date": _D,
    },
    "unit_facts": {"unit_id": _T, "fact": _T, "fact_value": "BIGINT"},
    "unit_strata": {"unit_id": _T, "stratum": _T, "stratum_value": _T},
}  # fmt: skip


def day(offset: int) -> date:
    """A day counted from the birth."""
    return BIRTH + timedelta(days=offset)


class World:
    """Collects units, facts, strata and claims; `run` gives the tables of the measure engine, sorted."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.claims = 0

    def unit(
        self, unit_id: str = "U1", *, member: str | None = None, entity: str | None = "A", period: str = "P1", kind: str = "episode",
        start: date | None = None, anchor: date = BIRTH, end: date | None = None, stay: tuple[int, int] = (-1, 2), facts: Mapping[str,
            int] | None = None,
        strata: Mapping[str, str] | None = None,
    ) -> World:  # fmt: skip
        self.tables["measure_units"].append(
            {
                "unit_id": unit_id, "unit_kind": kind, "member_id": member or f"M-{unit_id}", "entity_id": entity, "period": period,
                "start_date": start or anchor - timedelta(days=280), "anchor_date": anchor, "end_date": end or anchor + timedelta(days=90),
                "stay_start_date": anchor + timedelta(days=stay[0]), "stay_end_date": anchor + timedelta(days=stay[1]),
            }
        )  # fmt: skip
        self.tables["unit_facts"] += [{"unit_id": unit_id, "fact": k, "fact_value": v} for k, v in (facts or {}).items()]
        self.tables["unit_strata"] += [{"unit_id": unit_id, "stratum": k, "stratum_value": v} for k, v in (strata or {}).items()]
        return self

    def claim(
        self, on: date, member: str = "M-U1", *, hcpcs: str | Iterable[str] = (), dx: str | Iterable[str] = (), px: Iterable[tuple[str,
            date | None]] = (),
        revenue: str | None = None, ndc: str | None = None, drg: str | None = None, kind: str = "professional", bill: str | None = None,
        place: str | None = None, admitted: date | None = None, claim_id: str | None = None,
    ) -> World:  # fmt: skip
        """One claim of one version; a line for each HCPCS code, at least one line."""
        self.claims += 1
        claim_id = claim_id or f"C{self.claims}"
        codes = [hcpcs] if isinstance(hcpcs, str) else list(hcpcs)
        for number, code in enumerate(codes or [None], 1):
            self.tables["final_lines"].append(
                {
                    "version_id": f"V-{claim_id}", "claim_line_number": number, "claim_id": claim_id, "member_id": member,
                    "claim_type": kind,
                    "line_start_date": on, "claim_start_date": on, "admission_date": admitted, "bill_type_code": bill,
                    "place_of_service_code": place, "drg_code": drg, "drg_code_type": "ms-drg" if drg else None,
                    "revenue_center_code": revenue, "hcpcs_code": code, "ndc_code": ndc,
                }
            )  # fmt: skip
        for position, code in enumerate([dx] if isinstance(dx, str) else dx, 1):
            self.tables["candidate_diagnoses"].append(
                {"version_id": f"V-{claim_id}", "position": position, "code": code, "code_system": "icd-10-cm"}
            )
        for position, (code, when) in enumerate(px, 1):
            self.tables["candidate_procedures"].append(
                {"version_id": f"V-{claim_id}", "position": position, "code": code, "code_system": "icd-10-pcs", "procedure_date": when}
            )
        return self

    def stay(self, member: str = "M-U1", *, dx: Iterable[str] = (), px: Iterable[tuple[str, date | None]] = (), **more: Any) -> World:
        """The inpatient claim of the delivery stay."""
        return self.claim(day(-1), member, dx=dx, px=px, kind="institutional", bill="111", admitted=day(-1), revenue="0120", **more)

    def run(self, measures: Iterable[Measure], sets: Mapping[str, ValueSet]) -> dict[str, list[Row]]:
        wanted = list(measures)
        engine = DuckEngine(threads=1)
        try:
            for name, columns in COLUMNS.items():
                engine.register_rows(name, self.tables[name], columns)
            for table in (*measure_tables(wanted), code_table(wanted, sets)):
                engine.register_rows(table.name, table.rows, table.columns)
            for step in quality.STEPS:
                engine.run(step)
            return {step.writes: engine.rows(step.writes, order_by=step.key) for step in quality.STEPS}
        finally:
            engine.close()


def maternity(programs: Path, program_id: str = "ct-husky-maternity") -> tuple[dict[str, Measure], dict[str, ValueSet]]:
    """Every measure of the maternity library, with its value sets."""
    names = [m.id for path in library_files(programs, program_id) if path.stem == "maternity" for m in read_library(path)[0]]
    measures, sets, faults = load_measures(programs, program_id, dict.fromkeys(names, Place("test")))
    assert faults == []
    return measures, sets
