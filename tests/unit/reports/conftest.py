"""A fabricated run: small, by hand, every table consistent with the others. No real person, program or practice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trueup.tables import OUTPUT

Row = dict[str, Any]
_TYPES = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(9,6)": pa.decimal128(9, 6),
}
_RUN = {"program": "test-program", "rule_version": "1.0", "run_id": "0123456789abcdef"}


def write_table(folder: Path, name: str, rows: list[Row]) -> None:
    """One Parquet file with exactly the columns of the contract; what a row does not give is null."""
    extra = {"took_part": "BOOLEAN"} if any("took_part" in row for row in rows) else {}
    columns = OUTPUT[name].columns | extra
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, unknown
    schema = pa.schema([(column, _TYPES[kind]) for column, kind in columns.items()])
    full = [{column: row.get(column, _RUN.get(column)) for column in columns} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / f"{name}.parquet")


@dataclass
class Fabricated:
    """Where the run and its prices are, and the manifest that was written."""

    run: Path
    prices: Path
    manifest: Row
    episodes: list[Row] = field(default_factory=list)


def episode(number: int, entity: str, cost: int, *, reasons: str = "", cohort: str = "all", period: str = "PY1", case_rate: int = 0) -> Row:
    """An episode whose three lines add up to `cost` (cents); a sensitive category takes a tenth of it."""
    return {
        "episode_id": f"E{number:016x}",
        "member_id": f"MEMBER-{number:05d}",
        "delivery_date": date(2025, 3, 1 + number % 28),
        "delivery_date_source": "procedure",
        "pregnancy_start_date": date(2024, 6, 1),
        "gestation_weeks": 39,
        "outcome": "live_birth",
        "mode": "vaginal",
        "fetus_count": 1,
        "window_start_date": date(2024, 5, 25),
        "window_end_date": date(2025, 6, 20),
        "episode_start_date": date(2024, 6, 1),
        "episode_end_date": date(2025, 6, 20),
        "period": period,
        "attributed_entity_id": entity,
        "accountable_entity_id": entity,
        "attribution_rule": "most_months",
        "cohort": cohort,
        "exclusion_reasons": reasons,
        "total_cost_cents": cost + case_rate,
        "case_rate_cost_cents": case_rate,
        "ffs_cost_cents": cost,
        "shadow_cost_cents": 0,
        "risk_score": Decimal("1.250000"),
        "target_amount_cents": 1_250_000,
        "claim_line_count": 3,
        "held_line_count": 0,
    }


def lines_of(row: Row) -> list[Row]:
    cost = row["ffs_cost_cents"]
    tenth = cost // 10
    parts = [("hospital_inpatient", cost - 3 * tenth), ("laboratory", 2 * tenth), ("sud_services", tenth)]
    found = [
        {
            "episode_id": row["episode_id"],
            "claim_id": f"C{n}",
            "version_seq": 1,
            "claim_line_number": n,
            "line_start_date": row["delivery_date"],
            "entity_id": row["attributed_entity_id"],
            "included": True,
            "reason": "",
            "category": category,
            "cost_cents": cents,
        }
        for n, (category, cents) in enumerate(parts, 1)
    ]
    out = dict(found[0], claim_id="C9", claim_line_number=1, included=False, reason="newborn", category="other", cost_cents=77_700)
    return [*found, out]


def settlement(
    entity: str, rows: list[Row], *, cohort: str = "all", period: str = "PY1", expected: int | None = None
) -> tuple[Row, list[Row]]:
    """The pooled settlement of these episodes: half of what is saved, never below zero, with its ladder."""
    mine = [
        e
        for e in rows
        if e["accountable_entity_id"] == entity and e["cohort"] == cohort and e["period"] == period and not e["exclusion_reasons"]
    ]
    actual = sum(e["total_cost_cents"] for e in mine)
    wanted = sum(e["target_amount_cents"] for e in mine) if expected is None else expected
    amount = max(wanted - actual, 0) // 2
    key = {"entity_id": entity, "period": period, "cohort": cohort}
    row = key | {
        "unit_count": len(mine),
        "actual_amount_cents": actual,
        "expected_amount_cents": wanted,
        "amount_cents": amount,
        "status": "payable" if amount else "zero",
        "reason": "savings_shared" if amount else "no_savings",
    }
    ladder = [
        ("unit_count", str(len(mine)), "count", ""),
        ("expected", _dollars(wanted), "dollars", "R1 Target"),
        ("actual", _dollars(actual), "dollars", ""),
        ("gross_savings", _dollars(wanted - actual), "dollars", ""),
        ("gate_quality", "passed", "text", "R1 Quality"),
        ("share_rate", "0.50", "rate", "assumption settlement.share_rate: default"),
        ("settlement_due", "2026-12-31", "date", "R1 Dates"),
        ("amount", _dollars(amount), "dollars", ""),
    ]
    steps = [
        key | {"step": n, "name": name, "amount": text, "unit": unit, "cite": cite} for n, (name, text, unit, cite) in enumerate(ladder, 1)
    ]
    return row, steps


def _dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def fabricate(
    folder: Path, episodes: list[Row], *, settled: bool = True, program: str = "test-program", manifest: Row | None = None
) -> Fabricated:
    run, prices = folder / "runs" / "0123456789abcdef" / program, folder / "prices" / "p1"
    facts = {
        "run_id": "0123456789abcdef",
        "program": program,
        "title": "Test Bundle Program",
        "rule_version": "1.0",
        "rules_hash": "ab" * 32,
        "assumptions_name": "illustrative",
        "assumptions_hash": "cd" * 32,
        "price_set_id": "p1" if settled else None,
        "as_of": "2026-12-31",
        "code_version": "0.1.0",
        "cost_basis": "paid",
        "versions_lost": False,
        "assumed": [{"path": "settlement.share_rate", "value": "0.50", "reason": "a neutral half", "basis": "default"}],
        "unknown": [],
        "stages": [{"stage": "settlement", "status": "done", "reason": ""}],
        "tables": {},
        "inputs": [],
        "accounting": [],
        "findings": [{"code": "id.tin_missing", "rows": 12, "message": "The billing NPI was used."}],
        "refusals": [],
        "periods": [
            {"id": "BASE", "role": "baseline", "first_day": "2023-01-01", "last_day": "2023-12-31"},
            {"id": "PY1", "role": "performance", "first_day": "2025-01-01", "last_day": "2025-12-31"},
        ],
    } | (manifest or {})
    run.mkdir(parents=True, exist_ok=True)
    (run / "manifest.json").write_text(json.dumps(facts))
    write_table(run, "episodes", episodes)
    write_table(run, "episode_lines", [line for row in episodes for line in lines_of(row)])
    entities = sorted({e["attributed_entity_id"] for e in episodes})
    write_table(
        run,
        "attribution_candidates",
        [
            {
                "episode_id": e["episode_id"],
                "entity_id": entity,
                "candidate_rank": rank,
                "months": 5 - rank,
                "won": rank == 1,
                "deciding_rule": "most_months",
            }
            for e in episodes
            for rank, entity in enumerate([e["attributed_entity_id"], "OTHER"], 1)
        ],
    )
    write_table(
        run,
        "exclusion_facts",
        [
            {"episode_id": e["episode_id"], "fact": fact, "fact_value": value}
            for e in episodes
            for fact, value in (("dual_days", 0), ("tpl_lines", 2))
        ],
    )
    write_table(
        run,
        "entity_gates",
        [
            {
                "entity_id": entity,
                "period": "PY1",
                "provider_type": "obstetrics",
                "delivery_count": 40,
                "counted_in": "BASE",
                "accountable": True,
            }
            for entity in entities
        ],
    )
    total = sum(e["total_cost_cents"] for e in episodes)
    out = [e for e in episodes if e["exclusion_reasons"]]
    gone = sum(e["total_cost_cents"] for e in out)
    write_table(
        run,
        "attrition",
        [
            {
                "period": "PY1",
                "position": 0,
                "reason": "all_episodes",
                "episodes_removed": 0,
                "removed_amount_cents": 0,
                "episodes_left": len(episodes),
                "left_amount_cents": total,
            },
            {
                "period": "PY1",
                "position": 1,
                "reason": "third_party_liability",
                "episodes_removed": len(out),
                "removed_amount_cents": gone,
                "episodes_left": len(episodes) - len(out),
                "left_amount_cents": total - gone,
            },
        ],
    )
    write_table(
        run,
        "line_accounting",
        [
            {"table_name": "medical_claim", "batch": "b1", "disposition": place, "reason": reason, "rows": count, "amount_cents": cents}
            for place, reason, count, cents in (
                ("used", "in_episode", 30, total),
                ("excluded", "no_episode", 5, 12_345),
                ("superseded", "adj.voided", 2, 900),
                ("quarantined", "dup.row", 1, 100),
            )
        ],
    )
    write_table(
        run,
        "quarantine",
        [
            {
                "source_file": "=cmd|x.csv",
                "source_row": 7,
                "table_name": "medical_claim",
                "reason_code": "dup.row",
                "amount_cents": 100,
                "raw_amount": "1.00",
            },
        ],
    )
    if settled:
        _settle(run, prices, episodes, entities)
    return Fabricated(run, prices, facts, episodes)


def _settle(run: Path, prices: Path, episodes: list[Row], entities: list[str]) -> None:
    cohorts = sorted({e["cohort"] for e in episodes})
    made = [settlement(entity, episodes, cohort=cohort) for entity in entities for cohort in cohorts]
    write_table(run, "settlements", [row for row, _ in made if row["unit_count"]])
    write_table(run, "settlement_steps", [step for row, steps in made if row["unit_count"] for step in steps])
    keys = [{"entity_id": entity, "price": "target_price", "cohort": cohort} for entity in entities for cohort in cohorts]
    write_table(
        prices,
        "prices",
        [
            key | {"effective_from": date(2025, 1, 1), "effective_to": date(2026, 1, 1), "amount_cents": 1_000_000, "status": "final"}
            for key in keys
        ],
    )
    write_table(
        prices,
        "price_steps",
        [
            key | {"step": n, "name": name, "amount": amount, "unit": unit, "cite": "R1 Price"}
            for key in keys
            for n, (name, amount, unit) in enumerate(
                [("own_episodes", "44", "count"), ("blended_mean", "9876.543210", "dollars"), ("target_price", "10000.00", "dollars")], 1
            )
        ],
    )
    write_table(prices, "outlier_lines", [])


@pytest.fixture
def fab() -> SimpleNamespace:
    """The builders above: `episode`, `fabricate`, `write_table`."""
    return SimpleNamespace(episode=episode, fabricate=fabricate, write_table=write_table)


@pytest.fixture
def two_practices(tmp_path: Path) -> Fabricated:
    """P1 has four episodes (one left out), P2 has two; one cohort."""
    rows = [
        episode(1, "P1", 1_000_000),
        episode(2, "P1", 1_100_001),
        episode(3, "P1", 900_000, case_rate=30_000),
        episode(4, "P1", 500_000, reasons="third_party_liability;carve_out.sud"),
        episode(5, "P2", 1_400_000),
        episode(6, "P2", 1_300_000),
    ]
    return fabricate(tmp_path, rows)


@pytest.fixture
def two_cohorts(tmp_path: Path) -> Callable[[int, int], Fabricated]:
    """A run with one practice and that many episodes in the cohorts `secret` and `non_secret`."""

    def make(secret: int, others: int) -> Fabricated:
        rows = [episode(n, "P1", 1_000_000 + n, cohort="secret" if n <= secret else "non_secret") for n in range(1, secret + others + 1)]
        return fabricate(tmp_path / f"{secret}_{others}", rows)

    return make
