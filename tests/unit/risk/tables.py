"""The tables that the steps of risk read, filled with a few rows for a test."""

from __future__ import annotations

from datetime import date
from typing import Any

from trueup.engine import DuckEngine
from trueup.risk import comorbidity

Row = dict[str, Any]
COLUMNS: dict[str, dict[str, str]] = {
    "episode_units": {
        "episode_id": "VARCHAR", "member_id": "VARCHAR", "event_number": "BIGINT", "delivery_date": "DATE", "pregnancy_start_date": "DATE",
        "episode_start_date": "DATE", "episode_end_date": "DATE", "fetus_count": "INTEGER", "is_too_soon": "INTEGER",
    },
    "candidate_eligibility": {
        "member_id": "VARCHAR", "birth_date": "DATE", "zip_code": "VARCHAR", "race": "VARCHAR", "enrollment_start_date": "DATE",
        "enrollment_end_date": "DATE",
    },
    "eligibility_count": {"rows_known": "BIGINT"},
    "visible_area_index": {"zip_code": "VARCHAR", "effective_from": "DATE", "effective_to": "DATE", "band": "INTEGER"},
    "member_claims": {"version_id": "VARCHAR", "member_id": "VARCHAR", "from_date": "DATE", "is_newborn": "INTEGER"},
    "claim_roles": {
        "version_id": "VARCHAR", "code_role": "VARCHAR", "source": "VARCHAR", "position": "INTEGER", "code_value": "INTEGER",
        "procedure_date": "DATE",
    },
    "candidate_diagnoses": {"version_id": "VARCHAR", "position": "INTEGER", "code": "VARCHAR", "present_on_admission": "VARCHAR"},
    "event_evidence": {"member_id": "VARCHAR", "event_number": "BIGINT", "version_id": "VARCHAR"},
    "run_params": {"program": "VARCHAR", "baseline_period": "VARCHAR"},
    "visible_risk_scores": {"program": "VARCHAR", "member_id": "VARCHAR", "delivery_date": "DATE"},
    "rule_risk": {"lookback_days": "INTEGER", "early_days": "INTEGER"},
    "rule_risk_factors": {
        "position": "INTEGER", "factor": "VARCHAR", "domain": "VARCHAR", "tag": "VARCHAR", "source": "VARCHAR", "code_role": "VARCHAR",
        "span": "VARCHAR", "band_from": "INTEGER", "band_to": "INTEGER", "used": "INTEGER", "pattern_bit": "BIGINT",
    },
    "rule_comorbidity": comorbidity.RULE_COLUMNS,
}  # fmt: skip

# pregnancy from 2025-01-05, 280 days; 139 days after its start is 2025-05-24
EPISODE: Row = {
    "episode_id": "E1", "member_id": "M1", "event_number": 1, "delivery_date": date(2025, 10, 12), "pregnancy_start_date": date(2025, 1, 5),
    "episode_start_date": date(2025, 1, 5), "episode_end_date": date(2026, 1, 10), "fetus_count": 1, "is_too_soon": 0,
}  # fmt: skip


def factor(position: int, name: str, *, used: int = 1, **more: Any) -> Row:
    """A row of `rule_risk_factors`; a coded one unless `source` is given."""
    row: Row = {"position": position, "factor": name, "domain": "clinical", "tag": "pre_existing", "source": "code", "span": "delivery"}
    row |= {"code_role": f"risk_{name}", "used": used, "pattern_bit": 1 << (position - 1)} | more
    if row["source"] != "code":
        row |= {"code_role": None, "span": None}
    return row


def claim(version: str, day: date, *roles: str, newborn: int = 0, source: str = "diagnosis", **more: Any) -> dict[str, list[Row]]:
    """One claim of member M1 whose positions carry these roles."""
    return {
        "member_claims": [{"version_id": version, "member_id": "M1", "from_date": day, "is_newborn": newborn}],
        "claim_roles": [
            {"version_id": version, "code_role": role, "source": source, "position": n, **more} for n, role in enumerate(roles, 1)
        ],
    }


def engine_with(*parts: dict[str, list[Row]]) -> DuckEngine:
    """An engine in which every table exists; parts add rows. The look-back is 365 days, early pregnancy 139."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    rows["run_params"] = [{"program": "sample", "baseline_period": "BASE"}]
    rows["rule_risk"] = [{"lookback_days": 365, "early_days": 139}]
    for part in parts:
        for name, more in part.items():
            rows[name] = [*rows[name], *more]
    if not rows["episode_units"]:
        rows["episode_units"] = [EPISODE]
    rows["eligibility_count"] = [{"rows_known": len(rows["candidate_eligibility"])}]
    engine = DuckEngine()
    for name, columns in COLUMNS.items():
        engine.register_rows(name, rows[name], columns)
    return engine
