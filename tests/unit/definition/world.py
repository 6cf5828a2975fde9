"""A small world at the point where the study begins: episodes, their lines and what the claims' codes mean, with numbers to add by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from trueup.definition.stage import Settings, Study, study
from trueup.engine import DuckEngine
from trueup.rules.program import Code, ValueSet

Row = dict[str, Any]
COLUMNS: dict[str, dict[str, str]] = {
    "episode_units": {
        "episode_id": "VARCHAR", "member_id": "VARCHAR", "event_number": "BIGINT", "period": "VARCHAR", "is_too_soon": "INTEGER",
    },
    "event_evidence": {"member_id": "VARCHAR", "event_number": "BIGINT", "version_id": "VARCHAR"},
    "claim_roles": {"version_id": "VARCHAR", "code_role": "VARCHAR", "source": "VARCHAR"},
    "placed_lines": {"episode_id": "VARCHAR", "version_id": "VARCHAR", "claim_line_number": "INTEGER", "is_in_window": "INTEGER"},
    "member_lines": {
        "version_id": "VARCHAR", "claim_line_number": "INTEGER", "member_id": "VARCHAR", "claim_type": "VARCHAR", "is_inpatient": "BOOLEAN",
        "claim_start_date": "DATE", "line_start_date": "DATE", "place_of_service_code": "VARCHAR", "drg_code_type": "VARCHAR",
        "drg_code": "VARCHAR", "revenue_center_code": "VARCHAR", "hcpcs_code": "VARCHAR", "ndc_code": "VARCHAR", "paid_cents": "BIGINT",
        "allowed_cents": "BIGINT",
    },
    "candidate_procedures": {"version_id": "VARCHAR", "position": "INTEGER", "code": "VARCHAR", "code_system": "VARCHAR"},
}  # fmt: skip
NEWBORN = ValueSet("newborn", "common", (Code("revenue", "0170", None, None, None, "C"),))
SUD = ValueSet("sud", "program", (Code("hcpcs", "H0020", None, None, None, "C"),))
PROGRAM: Any = SimpleNamespace(set_name=lambda path: path.rpartition(".")[2], value_set=lambda name: {"newborn": NEWBORN}[name])


@dataclass
class World:
    """Tables under construction. `claim` adds a claim's lines to an episode and what its codes mean."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def episode(self, episode: str, member: str, event: int = 1, *, period: str = "BASE", too_soon: int = 0) -> None:
        self.tables["episode_units"].append(
            {"episode_id": episode, "member_id": member, "event_number": event, "period": period, "is_too_soon": too_soon}
        )

    def claim(
        self, claim: str, episode: str, member: str, lines: list[Row], *, pregnant: bool = True, delivers: bool = False,
        procedures: tuple[str, ...] = (), in_window: int = 1, **shared: Any,
    ) -> None:  # fmt: skip
        if pregnant:
            self.tables["claim_roles"].append({"version_id": claim, "code_role": "pregnancy", "source": "diagnosis"})
        if delivers:
            self.tables["claim_roles"].append({"version_id": claim, "code_role": "delivery_vaginal", "source": "drg"})
        if delivers or shared.pop("evidence", False):
            self.tables["event_evidence"].append({"member_id": member, "event_number": 1, "version_id": claim})
        self.tables["candidate_procedures"] += [
            {"version_id": claim, "position": n, "code": code, "code_system": "icd-10-pcs"} for n, code in enumerate(procedures, 1)
        ]
        day = date(2020, 1, 10)
        default = {"claim_type": "professional", "is_inpatient": False, "claim_start_date": day, "line_start_date": day}
        for number, line in enumerate(lines, 1):
            self.tables["member_lines"].append(
                {**default, **shared, **line, "version_id": claim, "claim_line_number": number, "member_id": member}
            )
            self.tables["placed_lines"].append(
                {"episode_id": episode, "version_id": claim, "claim_line_number": number, "is_in_window": in_window}
            )

    def study(self, engine: DuckEngine, settings: Settings = Settings("BASE"), sud: ValueSet = SUD) -> Study:
        for name, columns in COLUMNS.items():
            engine.register_rows(name, self.tables[name], columns)
        return study(engine, PROGRAM, settings, [sud])
