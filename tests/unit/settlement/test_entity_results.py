"""Rows of entity results: what is read, what is refused, and that nothing refused becomes a number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueup.settlement.entity_results import BadRow, EntityResult, read_result, read_results

GOOD: dict[str, object] = {
    "entity_id": "A1", "period": "PY2018", "track": "T1", "assigned_members": "5000", "benchmark": "100.00", "expenditure": "90.5",
}  # fmt: skip


def test_a_row_is_typed() -> None:
    row = {**GOOD, "quality_score": " 0.90 ", "low_revenue": "1", "agreement_start_date": "2024-01-01", "disaster_adjustment": ""}
    found = read_result(row)
    assert found == EntityResult(
        "A1", "PY2018", "T1", 5000, 10_000, 9_050, quality_score=Decimal("0.90"), low_revenue=True, agreement_start_date=date(2024, 1, 1)
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"entity_id": " "}, "TRU-S101"),
        ({"period": None}, "TRU-S101"),
        ({"track": ""}, "TRU-S108"),
        ({"benchmark": ""}, "TRU-S108"),
        ({"benchmark": "1,000.00"}, "TRU-S105"),
        ({"benchmark": "1.005"}, "TRU-S105"),
        ({"benchmark": "1e9"}, "TRU-S105"),
        ({"benchmark": "-0.01"}, "TRU-S106"),
        ({"benchmark": "0"}, "TRU-S106"),
        ({"expenditure": "-5"}, "TRU-S106"),
        ({"assigned_members": "5000.5"}, "TRU-S105"),
        ({"assigned_members": "-1"}, "TRU-S105"),
        ({"assigned_members": "0"}, "TRU-S106"),
        ({"quality_score": "98.75"}, "TRU-S106"),
        ({"quality_score": "nan"}, "TRU-S105"),
        ({"sharing_rate": "-0.1"}, "TRU-S106"),
        ({"guardrail": "maybe"}, "TRU-S105"),
        ({"agreement_start_date": "1/1/2024"}, "TRU-S105"),
        ({"disaster_adjustment": "-1"}, "TRU-S106"),
    ],
)
def test_bad_values_are_refused_with_their_reason(change: dict[str, object], code: str) -> None:
    with pytest.raises(BadRow) as caught:
        read_result({**GOOD, **change})
    assert caught.value.code == code
    results, refused = read_results([{**GOOD, **change}])
    assert results == []
    assert [r.code for r in refused] == [code]


def test_an_exact_copy_counts_once() -> None:
    results, refused = read_results([GOOD, dict(GOOD)])
    assert [r.entity_id for r in results] == ["A1"]
    assert [(r.code, r.message) for r in refused] == [("TRU-S102", "row 2: an exact copy of an earlier row; that one counts.")]


def test_rows_that_differ_are_refused_together() -> None:
    results, refused = read_results([GOOD, {**GOOD, "benchmark": "101"}, {**GOOD, "entity_id": "A2"}])
    assert [r.entity_id for r in results] == ["A2"]
    assert [(r.entity_id, r.code) for r in refused] == [("A1", "TRU-S102")]


def test_a_good_row_beside_a_bad_one_of_the_same_key_is_refused_too() -> None:
    results, refused = read_results([GOOD, {**GOOD, "benchmark": "x"}])
    assert results == []
    assert sorted(r.code for r in refused) == ["TRU-S102", "TRU-S105"]


def test_order_does_not_matter() -> None:
    rows = [{**GOOD, "entity_id": name} for name in ("B", "A", "C")]
    assert read_results(rows) == read_results(rows[::-1])
