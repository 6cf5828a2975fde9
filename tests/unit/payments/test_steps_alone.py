"""Single steps against a second computation: which triggers open a pregnancy, and how a fee is split."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trueup.money import round_half_up

Row = dict[str, Any]
FIRST = date(2010, 1, 1)
PARTS = ("antepartum", "delivery", "postpartum")
KINDS = {"t": "VARCHAR", "i": "INTEGER", "c": "BIGINT", "d": "DATE", "f": "BOOLEAN"}
SAME_ENGINE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def columns(text: str) -> dict[str, str]:
    """`i claim_line_number` and so on, by the first letters of KINDS, separated by commas."""
    return {name: KINDS[kind] for kind, name in (item.split() for item in text.split(","))}


def tables_of_triggers(offsets: list[int]) -> dict[str, tuple[dict[str, str], list[Row]]]:
    triggers = [
        {"member_id": "M", "line_start_date": FIRST + timedelta(days=n), "gestation_weeks": None, "can_trigger": 1, "is_far_enough": 1}
        for n in offsets
    ]
    params = {"workspace_key": "k", "program": "p", "min_gestation_days": 98, "days_after": 90}
    return {
        "maternity_lines": (columns("t member_id, d line_start_date, i gestation_weeks, i can_trigger, i is_far_enough"), triggers),
        "ended_pregnancies": (columns("t member_id, t end_kind, d end_date, d window_start_date, d window_end_date"), []),
        "run_params": (columns("t workspace_key, t program, i min_gestation_days, i days_after"), [params]),
    }


@SAME_ENGINE
@given(st.lists(st.integers(0, 9_000), min_size=1, max_size=120))
@example([0, 300, 301, 601, 602])
@example(list(range(0, 9_000, 301)))
def test_triggers_open_pregnancies_one_after_the_other(run_step: Callable[..., list[Row]], offsets: list[int]) -> None:
    expected: list[int] = []
    for n in sorted(offsets):
        if not expected or n - expected[-1] > 300:
            expected.append(n)
    found = run_step("attribution/sql/18_open_pregnancies.sql", tables_of_triggers(offsets))
    assert sorted((r["opening_date"] - FIRST).days for r in found) == expected
    assert {(r["opening_date"] - r["pregnancy_start_date"]).days for r in found} == {98}


def fee_tables(fees: list[int], basis_points: list[int]) -> dict[str, tuple[dict[str, str], list[Row]]]:
    """Lines of one global code without a month of their entity, paid at zero."""
    line_columns = (
        "t version_id, i claim_line_number, t claim_id, i version_seq, t claim_type, t member_id, t entity_id, d line_start_date, "
        "c paid_cents, i is_zero_paid, i may_restore, i part_count, c fee_cents, t pregnancy_id, t code_role"
    )
    line: Row = {"claim_line_number": 1, "entity_id": "E", "line_start_date": date(2025, 5, 1), "paid_cents": 0, "is_zero_paid": 1}
    lines = [{**line, "code_role": "global", "version_id": str(n), "fee_cents": fee} for n, fee in enumerate(fees)]
    shares = zip(PARTS[-len(basis_points) :], basis_points, strict=True)
    components = [
        {"code_role": "global", "position": i, "component": part, "basis_points": share, "is_last": int(i == len(basis_points))}
        for i, (part, share) in enumerate(shares, 1)
    ]
    year = {"period": "Y", "role": "performance", "first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    params = {"days_after": 90, "trigger_month": "whole", "includes_delivery_professional": 0}
    return {
        "case_rate_lines": (columns(line_columns), lines),
        "case_rate_months": (columns("t pregnancy_id, t entity_id, i month_number, d first_trigger_date, f paid, i is_replayed"), []),
        "pregnancies": (columns("t pregnancy_id, t episode_id, t end_kind, d end_date"), []),
        "entity_gates": (columns("t entity_id, t period, f accountable"), [{"entity_id": "E", "period": "Y", "accountable": True}]),
        "rule_periods": (columns("t period, t role, d first_day, d last_day"), [year]),
        "rule_components": (columns("t code_role, i position, t component, i basis_points, i is_last"), components),
        "run_params": (columns("i days_after, t trigger_month, i includes_delivery_professional"), [params]),
    }


def split_fees(run_step: Callable[..., list[Row]], fees: list[int], basis_points: list[int]) -> list[list[int]]:
    parts: dict[str, dict[str, int]] = {}
    for row in run_step("payments/sql/34_split_parts.sql", fee_tables(fees, basis_points)):
        parts.setdefault(row["version_id"], {})[row["component"]] = row["fee_cents"]
    return [[parts[str(n)][part] for part in PARTS[-len(basis_points) :]] for n in range(len(fees))]


@SAME_ENGINE
@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=20), st.integers(0, 10_000), st.integers(0, 10_000))
@example([1, 239_999, 240_001], 5_000, 10_000)
def test_the_parts_of_a_fee_add_up_and_none_is_below_zero(run_step: Callable[..., list[Row]], fees: list[int], x: int, y: int) -> None:
    low, high = sorted((x, y))
    for fee, parts in zip(fees, split_fees(run_step, fees, [low, high - low, 10_000 - high]), strict=True):
        first, both = round_half_up(Fraction(fee * low, 10_000)), round_half_up(Fraction(fee * high, 10_000))
        assert parts == [first, both - first, fee - both]
        assert min(parts) >= 0


def test_a_fee_that_does_not_divide_evenly_keeps_its_last_cent_in_the_last_part(run_step: Callable[..., list[Row]]) -> None:
    assert split_fees(run_step, [240_000, 119_999], [4_500, 4_500, 1_000]) == [[108_000, 108_000, 24_000], [54_000, 53_999, 12_000]]
    assert split_fees(run_step, [240_001], [8_182, 1_818]) == [[196_369, 43_632]]
    assert split_fees(run_step, [240_001], [5_000, 5_000, 0]) == [[120_001, 120_000, 0]]
