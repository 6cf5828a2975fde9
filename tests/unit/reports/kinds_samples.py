"""Small runs of kinds without episodes, and scorecards, by hand; every table consistent with the others. No real person or practice."""

from __future__ import annotations

import csv
import json
import re
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
    "DECIMAL(18,6)": pa.decimal128(18, 6),
}
RUN_ID = "0123456789abcdef"
_CONSTANT = {"program": "test-program", "rule_version": "1.0", "run_id": RUN_ID}
PERIODS = [
    {"id": "BASE", "role": "baseline", "first_day": "2023-01-01", "last_day": "2023-12-31"},
    {"id": "PY1", "role": "performance", "first_day": "2025-01-01", "last_day": "2025-12-31"},
]
ARRANGEMENT = [
    {"purpose": "shared_savings", "lan_category": "3A", "lan_category_cite": "R1 Framework", "payment_stream": "settlement"},
    {"purpose": "bonus", "lan_category": None, "lan_category_unknown": "nobody says", "payment_stream": "bonus"},
]
MEASURES = [
    {"id": "visit", "title": "A visit in time", "unit": "episode", "statistic": "proportion", "direction": "higher", "fact": None},
    {"id": "cesarean", "title": "Births by cesarean", "unit": "episode", "statistic": "proportion", "direction": "lower", "fact": None},
    {"id": "survey", "title": "Answers to a survey", "unit": "episode", "statistic": "proportion", "direction": "higher", "fact": None},
]


def six(value: str) -> Decimal:
    return Decimal(value).quantize(Decimal("0.000001"))


def write_table(folder: Path, name: str, rows: list[Row]) -> None:
    """One Parquet file with exactly the columns of the contract; what a row does not give is null."""
    columns = OUTPUT[name].columns
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, unknown
    schema = pa.schema([(column, _TYPES[kind]) for column, kind in columns.items()])
    full = [{column: row.get(column, _CONSTANT.get(column)) for column in columns} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / f"{name}.parquet")


def new_run(folder: Path, kind: str, mechanism: str | None = None, **more: Any) -> Path:
    """A run folder with its manifest and no table."""
    run = folder / "runs" / RUN_ID / "test-program"
    run.mkdir(parents=True, exist_ok=True)
    facts: Row = {
        "run_id": RUN_ID,
        "program": "test-program",
        "title": "Test Program",
        "kind": kind,
        "mechanism": mechanism,
        "rule_version": "1.0",
        "as_of": "2026-12-31",
        "code_version": "0.1.0",
        "assumed": [],
        "unknown": [],
        "stages": [],
        "findings": [],
        "refusals": [],
        "periods": PERIODS,
        "cliffs": [],
        "arrangement": ARRANGEMENT,
        "measures": MEASURES,
        "terms": [{"id": "medicaid", "title": "upside only"}],
    } | more
    (run / "manifest.json").write_text(json.dumps(facts))
    return run


def settlement(
    entity: str, amount: int, *, cohort: str = "all", status: str = "payable", reason: str = "savings_shared", **more: Any
) -> Row:
    return {
        "entity_id": entity,
        "period": "PY1",
        "cohort": cohort,
        "unit_count": 100,
        "actual_amount_cents": 900_000,
        "expected_amount_cents": 1_000_000,
        "amount_cents": amount,
        "status": status,
        "reason": reason,
    } | more


def steps(row: Row, *lines: tuple[str, str, str]) -> list[Row]:
    """The ladder of a settlement; its last step is the amount of the row."""
    cents = row["amount_cents"]
    text = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    key = {k: row[k] for k in ("entity_id", "period", "cohort")}
    every = [*lines, ("amount", text, "dollars")]
    return [key | {"step": n, "name": name, "amount": amount, "unit": unit, "cite": ""} for n, (name, amount, unit) in enumerate(every, 1)]


def slot(entity: str, name: str, measure: str, use: str, status: str, n: int | None, d: int | None, score: str | None, **more: Any) -> Row:
    rate = None if n is None or not d else six(str(Decimal(n) / Decimal(d)))
    return {
        "entity_id": entity,
        "period": "PY1",
        "slot": name,
        "measure_id": measure,
        "measure_use": use,
        "domain": "",
        "status": status,
        "reason": "",
        "numerator": n,
        "denominator": d,
        "rate": rate,
        "scored_rate": rate if status == "scored" else None,
        "points": None if score is None else six(score) * 10,
        "maximum_points": six("10"),
        "score": None if score is None else six(score),
        "weight": six("0.5"),
        "effective_weight": None if score is None else six("0.5"),
        "attained": None if score is None else Decimal(score) > 0,
    } | more


def scorecard(run: Path, entity: str = "P1") -> None:
    """One scorecard: a result of 75 of 100 and a report of 90 of 100, score 87.5%; a third measure has too few cases."""
    rows = [
        slot(entity, "s1", "visit", "performance", "scored", 75, 100, "0.75", threshold_rate=six("0.6"), benchmark_rate=six("0.8")),
        slot(entity, "s2", "survey", "reporting", "credited", 90, 100, "1"),
        slot(entity, "s3", "cesarean", "performance", "too_few", 2, 9, None, reason="below_minimum_denominator", rate=None),
    ]
    write_table(run, "measure_scores", rows)
    score = {"score": six("0.875"), "measures_due": 3, "measures_scored": 2, "measures_attained": 2, "gate_passed": True}
    write_table(
        run,
        "quality_scores",
        [{"entity_id": entity, "period": "PY1", "multiplier": six("0.875"), "status": "scored", "reason": ""} | score],
    )
    gate = {"gate": "quality", "state": "passed", "reason": "", "score": six("0.875"), "multiplier": six("0.875")}
    write_table(run, "quality_gates", [{"entity_id": entity, "period": "PY1"} | gate])
    rates = [("visit", "claims", 75, 100), ("survey", "submission", 90, 100), ("cesarean", "claims", 2, 9)]
    write_table(
        run,
        "measure_rates",
        [
            {"entity_id": entity, "period": "PY1", "measure_id": m, "source": source, "statistic": "proportion"}
            | {"numerator": n, "denominator": d, "rate": six(str(Decimal(n) / d))}
            for m, source, n, d in rates
        ],
    )
    counts = [{"measure_id": m, "numerator": n, "denominator": d} for m, source, n, d in rates if source == "claims"]
    everybody = {"entity_id": entity, "period": "PY1", "stratum": "all", "stratum_value": "all", "excluded": 0, "excepted": 0}
    write_table(run, "measure_counts", [c | everybody for c in counts])
    report = {"entity_id": entity, "period": "PY1", "stratum": "all", "received_date": date(2026, 2, 1), "deadline_date": date(2026, 3, 31)}
    write_table(
        run,
        "submissions",
        [
            report | {"receipt_id": "R-1", "measure_id": "survey", "numerator": 90, "denominator": 100, "status": "accepted", "reason": ""},
            report
            | {"receipt_id": "R-2", "measure_id": "visit", "numerator": 9, "denominator": 9, "status": "rejected"}
            | {"reason": "measured_from_claims"},
        ],
    )


def gap(value: str, n: int, d: int, status: str = "compared", entity: str = "P1", **more: Any) -> Row:
    key = {"entity_id": entity, "period": "PY1", "measure_id": "visit", "stratum": "race", "stratum_value": value}
    rate = six(str(Decimal(n) / d)) if status != "too_few" else None
    return key | {"numerator": n, "denominator": d, "rate": rate, "reference_value": "", "status": status} | more


def text_of(path: Path) -> str:
    body = re.sub(r"(?s)<style>.*?</style>", "", path.read_text(encoding="utf-8"))
    text = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    return text.replace("&#39;", "'").replace("&amp;", "&")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
