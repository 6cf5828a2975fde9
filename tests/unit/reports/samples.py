"""Small price sets and runs with case rates, by hand, every table consistent with the others. No real person, program or practice."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

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
    columns = OUTPUT[name].columns
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, unknown
    schema = pa.schema([(column, _TYPES[kind]) for column, kind in columns.items()])
    full = [{column: row.get(column, _RUN.get(column)) for column in columns} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / f"{name}.parquet")


# --- a price set ----------------------------------------------------------------------------------------------------------------------

TERMS = {
    "program": "test-program",
    "rule_version": "1.0",
    "rules_hash": "ab" * 32,
    "assumptions_name": "illustrative",
    "assumptions_hash": "cd" * 32,
    "mechanism": "blended_target",
    "period": "PY1",
    "base_period": "BASE",
    "base_first_day": "2023-03-01",
    "base_last_day": "2024-02-29",
    "base_as_of": "2024-11-25",
    "runout_days": 180,
    "cost_basis": "paid",
}
SOURCES = [
    {"id": "S0", "title": "Program Overview and Glossary", "publisher": "State agency", "published": "2024-10", "trust": "primary"},
    {"id": "S9", "title": "Never cited", "publisher": "Nobody", "published": "2020", "trust": "background"},
]
PUBLISHED = {"kind": "published", "on": "2024-12-01", "by": "office", "detail": {"challenge_until": "2024-12-31"}, "event_id": "e1"}

Steps = list[tuple[str, str, str, str]]


def ladder(entity: str, price: str, steps: Steps, cohort: str = "all") -> list[Row]:
    key = {"entity_id": entity, "price": price, "cohort": cohort}
    return [
        key | {"step": n, "name": name, "amount": amount, "unit": unit, "cite": cite}
        for n, (name, amount, unit, cite) in enumerate(steps, 1)
    ]


def price(entity: str, kind: str, cents: int, cohort: str = "all") -> Row:
    span = {"effective_from": date(2025, 1, 1), "effective_to": date(2026, 1, 1)}
    return {"entity_id": entity, "price": kind, "cohort": cohort, "amount_cents": cents, "status": "draft"} | span


def case_rate_steps(*, add_on: bool = False) -> Steps:
    """3,750.00 over 18 months, whoever delivered: 208.33; a loss of 2 months and 420.00 beside it."""
    extra: Steps = [("add_on.lactation", "5.00", "dollars", "S0 New services")] if add_on else [("add_ons", "0.00", "dollars", "none")]
    return [
        ("own_pregnancies", "3", "count", "S0 Base"),
        ("own_months", "18", "count", "months the engine would have paid"),
        ("own_in_scope", "3750.00", "dollars", ""),
        ("own_winsorized", "0.00", "dollars", "assumption prices.case_rate.winsorize_percentile; default"),
        ("own_in_scope_counted", "3750.00", "dollars", ""),
        ("base_rate", "208.333333333333", "dollars", ""),
        ("completion_factor", "1.000000", "rate", "completion is off"),
        ("trend_annual", "0.00", "rate", "S0 Trend"),
        ("trend_years", "2", "rate", "S0 Trend"),
        ("trend_factor", "1.000000", "rate", ""),
        ("program_changes", "1.000000", "rate", "none"),
        ("risk_base_average", "1.000000", "rate", ""),
        ("own_rate", "208.333333333333", "dollars", ""),
        ("credibility", "off", "text", ""),
        ("weight_own", "1", "rate", "S0 Weight"),
        ("weight_state", "0", "rate", ""),
        ("state_rate", "210.00", "dollars", ""),
        ("blended_rate", "208.333333333333", "dollars", ""),
        ("risk_factor", "1.000000", "rate", ""),
        ("rate_before_add_ons", "208.333333333333", "dollars", ""),
        *extra,
        ("case_rate", "213.33" if add_on else "208.33", "dollars", ""),
        ("effective_from", "2025-01-01", "date", ""),
        ("effective_to", "2026-01-01", "date", ""),
        ("base_rate_rounded", "208.33", "dollars", ""),
        ("replay_unrounded", "3750.00", "dollars", ""),
        ("replay_dollars", "3749.94", "dollars", ""),
        ("replay_residual", "-0.06", "dollars", ""),
        ("loss_months", "2", "count", ""),
        ("loss_in_scope", "420.00", "dollars", ""),
        ("loss_residual", "-3.34", "dollars", ""),
    ]


def target_steps() -> Steps:
    """30,000.00 over 3 episodes; 26,250.00 × 1.02 / 3 = 8,925.00, and 18 months × 208.33 / 3 = 1,249.98; half and half with 10,500.00."""
    return [
        ("price_basis", "case_rate_and_ffs", "text", "assumption prices.price_basis; default"),
        ("trend_factor", "1.020000", "rate", ""),
        ("own_episodes_before_outliers", "4", "count", ""),
        ("own_outliers_excluded", "1", "count", "S0 Outliers"),
        ("own_episodes", "3", "count", ""),
        ("own_cost", "30000.00", "dollars", ""),
        ("own_risk", "3.000000", "rate", ""),
        ("own_mean", "10000.00", "dollars", ""),
        ("own_in_scope_history", "3750.00", "dollars", ""),
        ("own_rest", "26250.00", "dollars", ""),
        ("own_rest_trended", "8925.00", "dollars", ""),
        ("own_in_scope_months", "18", "count", ""),
        ("own_in_scope_priced", "3749.94", "dollars", "prices of this set"),
        ("own_in_scope_difference", "-0.06", "dollars", ""),
        ("own_priced", "10174.98", "dollars", ""),
        ("state_priced", "10500.00", "dollars", ""),
        ("weight_own", "0.5", "rate", "S0 Blend"),
        ("weight_state", "0.5", "rate", ""),
        ("blended_priced", "10337.49", "dollars", ""),
        ("target_price", "10337.49", "dollars", ""),
        ("effective_from", "2025-01-01", "date", ""),
        ("effective_to", "2026-01-01", "date", ""),
    ]


def base_episode(number: int, entity: str, cents: int, in_scope: int = 0, months: int = 0, *, reason: str = "", cohort: str = "all") -> Row:
    return {
        "entity_id": entity,
        "episode_id": f"E{number:016x}",
        "cohort": cohort,
        "delivery_date": date(2023, 6, number % 28 + 1),
        "outcome": "live_birth",
        "total_cost_cents": cents,
        "in_scope_cents": in_scope,
        "case_rate_months": months,
        "claim_line_count": 40 + number,
        "risk_score": Decimal("1.000000"),
        "used": not reason,
        "reason": reason,
    }


def basis(entity: str, end_kind: str, pregnancies: int, months: int, lines: int, covered: int, counted: int) -> Row:
    rate = Decimal(lines * 10**6 // months).scaleb(-6) if months else Decimal(0)
    return {
        "entity_id": entity,
        "end_kind": end_kind,
        "pregnancies": pregnancies,
        "months": months,
        "lines": lines,
        "covered_cents": covered,
        "counted_cents": counted,
        "lines_per_month": rate,
    }


def write_manifest(folder: Path, document: Row) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


def price_set(folder: Path, *, status: str = "draft", events: list[Row] | None = None, add_on: bool = False) -> Path:
    """P1 with a case rate and a target price from three episodes and a loss; P2 with a target price only."""
    manifest = {"price_set_id": "p1", "status": status, "terms": TERMS, "findings": [], "events": events or []}
    manifest |= {"title": "Test Bundle Program", "sources": SOURCES}
    manifest["findings"] = [{"code": "TRU-P030", "rows": 1, "message": "P2 is accountable and would have been paid no month of the base."}]
    write_manifest(folder, manifest)
    rate = 21_333 if add_on else 20_833
    write_table(
        folder, "prices", [price("P1", "case_rate", rate), price("P1", "target_price", 1_033_749), price("P2", "target_price", 900_000)]
    )
    steps = ladder("P1", "case_rate", case_rate_steps(add_on=add_on)) + ladder("P1", "target_price", target_steps())
    plain: Steps = [
        ("own_episodes", "1", "count", ""),
        ("own_cost", "9000.00", "dollars", ""),
        ("target_price", "9000.00", "dollars", "S0"),
    ]
    write_table(folder, "price_steps", steps + ladder("P2", "target_price", plain))
    episodes = [
        base_episode(1, "P1", 900_000, 210_000, 10),
        base_episode(2, "P1", 1_200_000, 90_000, 5),
        base_episode(3, "P1", 900_000, 75_000, 3),
        base_episode(4, "P1", 8_000_000, 300_000, 10, reason="high_cost_outlier"),
        base_episode(5, "P2", 900_000),
    ]
    write_table(folder, "price_episodes", episodes)
    births = basis("P1", "live_birth", 3, 18, 90, 375_000, 375_000)
    write_table(folder, "case_rate_basis", [births, basis("P1", "loss", 1, 2, 6, 42_000, 0), basis("P1", "open", 1, 1, 2, 9_000, 0)])
    lines = {"scope": "state", "tail": "high", "base_cents": 4_000_000, "trend_factor": Decimal("1.020000"), "amount_cents": 4_080_000}
    write_table(folder, "outlier_lines", [lines | {"episodes": 120}])
    return folder


def cohort_price_set(folder: Path, secret: int, others: int) -> Path:
    """P1 with thresholds in the cohorts `secret` and `non_secret`, each from that many episodes of 1,000.00."""
    write_manifest(folder, {"price_set_id": "p2", "status": "final", "terms": TERMS | {"mechanism": "own_history_thresholds"}})
    prices: list[Row] = []
    steps: list[Row] = []
    episodes: list[Row] = []
    for cohort, count in (("secret", secret), ("non_secret", others)):
        for kind, cents in (("acceptable_threshold", 100_000), ("commendable_threshold", 95_000)):
            prices.append(price("P1", kind, cents, cohort))
            own: Steps = [("own_episodes", str(count), "count", ""), ("own_cost", f"{count * 1000}.00", "dollars", "S0 sud")]
            steps += ladder("P1", kind, [*own, (kind, f"{cents // 100}.00", "dollars", "")], cohort)
        first = len(episodes) + 1
        episodes += [base_episode(n, "P1", 100_000, cohort=cohort) for n in range(first, first + count)]
    for name, rows in (("prices", prices), ("price_steps", steps), ("price_episodes", episodes)):
        write_table(folder, name, rows)
    return folder


# --- a run with case rates ------------------------------------------------------------------------------------------------------------

RATE = 20_833


def month(pregnancy: str, member: str, entity: str, when: str, unpaid: str = "", **more: Any) -> Row:
    row = {
        "pregnancy_id": pregnancy,
        "member_id": member,
        "month": when,
        "entity_id": entity,
        "status": "attributed",
        "rule": "carried_forward",
        "in_care": unpaid != "not_in_care",
        "stop_reason": "",
        "roster_period": "PY1",
        "rate_amount_cents": RATE,
        "paid": not unpaid,
        "unpaid_reason": unpaid,
    }
    return row | more


def pregnancy(key: str, member: str, end_kind: str, end: date, began: date, episode: str | None = None) -> Row:
    dates = {"end_date": end, "window_start_date": began, "window_end_date": end, "pregnancy_start_date": began}
    return {"pregnancy_id": key, "episode_id": episode, "member_id": member, "end_kind": end_kind, "start_source": "birth"} | dates


def payment(number: int, row: Row) -> Row:
    return {
        "payment_id": f"P{number:016x}",
        "entity_id": row["entity_id"],
        "member_id": row["member_id"],
        "period_start_date": date.fromisoformat(f"{row['month']}-01"),
        "cycle_month": row["month"],
        "purpose": "case_rate",
        "amount_cents": row["rate_amount_cents"],
        "status": "entitled",
        "reason": row["status"],
    }


def zero_line(
    number: int, when: str, covered: int, status: str = "zero_paid", adjustment: int = 0, *, entity: str = "P1", fee: int = 0
) -> Row:
    return {
        "claim_id": f"C{number}",
        "version_seq": 1,
        "claim_line_number": 1,
        "component": "visit",
        "pregnancy_id": "E0000000000000001",
        "member_id": "MEMBER-00001",
        "entity_id": entity,
        "month": when,
        "line_start_date": date.fromisoformat(f"{when}-15"),
        "fee_cents": fee or covered,
        "covered_cents": covered,
        "adjustment_cents": adjustment,
        "status": status,
        "reason_code": "24",
    }


BIRTH, LOST, OPEN, LATER = "E0000000000000001", "L0000000000000002", "P0000000000000003", "E0000000000000004"


def case_rate_tables(run: Path) -> None:
    """P1: a birth (5 months, a sixth not covered), a loss (2 months) and an open pregnancy (1 month, 3 not due). P2: the same birth's month
    of change, and a birth that is left out (2 months). At 208.33 a month P1 has 8 months, 1,666.64; P2 3 months, 624.99."""
    one, two, three, four = (f"MEMBER-0000{n}" for n in (1, 2, 3, 4))
    rows = [month(BIRTH, one, "P1", f"2025-0{n}") for n in range(1, 6)]
    rows[0] |= {"rule": "trigger"}
    rows.append(month(BIRTH, one, "P1", "2025-06", "not_in_care", stop_reason="not_covered"))
    rows.append(month(BIRTH, one, "P2", "2025-01", status="handover", rule="handover_month"))
    rows += [month(LOST, two, "P1", f"2025-0{n}") for n in (2, 3)]
    rows.append(month(OPEN, three, "P1", "2025-06"))
    rows += [month(OPEN, three, "P1", f"2025-{n:02}", "not_due") for n in (7, 8, 9)]
    rows += [month(LATER, four, "P2", f"2025-0{n}") for n in (3, 4)]
    rows.append(month(LATER, four, "P2", "2024-12", "before_go_live"))
    write_table(run, "case_rate_months", rows)
    ends = [
        pregnancy(BIRTH, one, "live_birth", date(2025, 3, 2), date(2024, 5, 25), BIRTH),
        pregnancy(LOST, two, "loss", date(2025, 3, 20), date(2024, 6, 13)),
        pregnancy(OPEN, three, "open", date(2025, 9, 20), date(2025, 1, 1)),
        pregnancy(LATER, four, "live_birth", date(2025, 3, 5), date(2024, 5, 29), LATER),
    ]
    write_table(run, "pregnancies", ends)
    payments = [payment(n, row) for n, row in enumerate((r for r in rows if r["paid"]), 1)]
    fixed = {"purpose": "ffs_adjustment", "claim_id": "C5", "amount_cents": -7_500, "reason": "paid_twice"}
    write_table(run, "payments", [*payments, payment(99, rows[1]) | fixed])
    lines = [zero_line(n, f"2025-0{n}", 15_000) for n in (1, 2, 3)]
    lines += [zero_line(5, "2025-02", 7_500, "to_zero", -7_500), zero_line(6, "2025-04", 0, "fee_for_service", fee=9_900)]
    write_table(run, "zero_pay_lines", lines)
