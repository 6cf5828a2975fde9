"""Single steps of stay building on small tables: chains, covered days, delay, returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueup import pipeline
from trueup.engine import DuckEngine
from trueup.engine.dialect import lint, to_spark
from trueup.engine.steps import read_step
from trueup.units.stays import stage

Row = dict[str, Any]
Run = Callable[..., list[Row]]
KINDS = {"t": "VARCHAR", "i": "INTEGER", "c": "BIGINT", "d": "DATE", "f": "BOOLEAN"}
FIRST = date(2025, 1, 1)
SAME_ENGINE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
FOLDER = Path(pipeline.__file__).parent / "units" / "stays" / "sql"
SEGMENT = (
    "t member_id, t facility_id, t stay_kind, c facility_stay_number, d from_date, d through_date, i is_still_patient, "
    "i is_mental_principal, i is_against_advice, i is_died, i has_self_harm, i is_planned, c delay_days, c paid_cents, c claim_count"
)
CLAIM = (
    "t version_id, t claim_id, t member_id, t facility_id, d from_date, d through_date, c paid_cents, t stay_kind, i is_mental_principal, "
    "i has_self_harm, i is_planned, i is_still_patient, i is_against_advice, i is_died, c delay_days"
)
PARAMS = "t workspace_key, t program, i interrupted_days, i transfer_days"


def columns(text: str) -> dict[str, str]:
    return {name: KINDS[kind] for kind, name in (item.split() for item in text.split(", "))}


@pytest.fixture
def run() -> Iterator[Run]:
    """Run steps one after the other on tables given as (columns, rows); gives the rows of the last."""
    engine = DuckEngine(threads=1)

    def runs(steps: list[str], **tables: tuple[str, list[Row]]) -> list[Row]:
        for name, (names, rows) in tables.items():
            engine.register_rows(name, rows, columns(names))
        step = None
        for file in steps:
            step = read_step(FOLDER / f"{file}.sql", True)
            engine.run(step)
        assert step is not None
        return engine.rows(step.writes, order_by=step.key)

    yield runs
    engine.close()


def segment(start: int, days: int, facility: str = "A", number: int = 1, **more: Any) -> Row:
    zero = dict.fromkeys(
        ("is_still_patient", "is_mental_principal", "is_against_advice", "is_died", "has_self_harm", "is_planned", "delay_days"), 0
    )
    return {
        "member_id": "M", "facility_id": facility, "stay_kind": "psychiatric", "facility_stay_number": number,
        "from_date": FIRST + timedelta(days=start), "through_date": FIRST + timedelta(days=start + days), **zero, "paid_cents": 100,
        "claim_count": 1, **more,
    }  # fmt: skip


def stays(run: Run, segments: list[Row], interrupted: int | None = 3, transfer: int = 0) -> list[Row]:
    params = {"workspace_key": "k", "program": "p", "interrupted_days": interrupted, "transfer_days": transfer}
    found = run(["26_chain_facility_stays", "28_build_hospital_stays"], facility_stays=(SEGMENT, segments), run_params=(PARAMS, [params]))
    return sorted(found, key=lambda r: (r["admission_date"], r["stay_kind"]))


def stays_of_claims(run: Run, claims: list[Row], interrupted: int | None, transfer: int) -> list[Row]:
    params = {"workspace_key": "k", "program": "p", "interrupted_days": interrupted, "transfer_days": transfer}
    steps = ["22_join_facility_stays", "24_describe_facility_stays", "26_chain_facility_stays", "28_build_hospital_stays"]
    return sorted(run(steps, hospital_claims=(CLAIM, claims), run_params=(PARAMS, [params])), key=lambda r: r["admission_date"])


@pytest.mark.parametrize(("gap", "count"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_return_by_the_third_day_continues_the_stay(run: Run, gap: int, count: int) -> None:
    found = stays(run, [segment(0, 9), segment(9 + gap, 5, "B")])
    assert len(found) == count
    assert found[-1]["facility_id"] == "B"
    assert sum(r["covered_days"] for r in found) == 14
    assert found[0]["interruption_days"] == (gap if count == 1 else 0)


@pytest.mark.parametrize(("transfer", "facility", "count"), [(0, "B", 2), (1, "B", 1), (1, "A", 2)])
def test_a_direct_transfer_is_to_another_hospital(run: Run, transfer: int, facility: str, count: int) -> None:
    assert len(stays(run, [segment(0, 9), segment(10, 5, facility, 2)], None, transfer)) == count


def test_other_kinds_are_not_chained(run: Run) -> None:
    assert len(stays(run, [segment(0, 9, stay_kind="acute"), segment(9, 5, "B", stay_kind="acute")])) == 2


def test_a_stay_within_a_stay_changes_no_day(run: Run) -> None:
    (found,) = stays(run, [segment(0, 20), segment(5, 3, "B")])
    assert (found["covered_days"], found["interruption_days"], found["facility_id"], found["transfer_count"]) == (20, 0, "A", 1)


def test_the_last_hospital_says_whether_the_stay_is_open(run: Run) -> None:
    (found,) = stays(run, [segment(0, 9, is_still_patient=1), segment(10, 5, "B")])
    assert (found["is_open"], found["discharge_date"]) == (0, FIRST + timedelta(days=15))
    (found,) = stays(run, [segment(0, 9), segment(10, 5, "B", is_still_patient=1)])
    assert (found["is_open"], found["discharge_date"], found["covered_days"]) == (1, None, 15)


SEGMENTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), st.sampled_from("ABC")), min_size=1, max_size=8)


@SAME_ENGINE
@given(SEGMENTS, st.sampled_from([None, 1, 2, 3, 5]), st.integers(0, 1), st.randoms(use_true_random=False))
def test_stays_keep_every_day_whatever_the_order(
    run: Run, parts: list[tuple[int, int, str]], interrupted: int | None, transfer: int, draw: Any
) -> None:
    claims = [{**segment(start, days, facility), "version_id": str(n)} for n, (start, days, facility) in enumerate(parts)]
    found = stays_of_claims(run, claims, interrupted, transfer)
    shuffled = list(claims)
    draw.shuffle(shuffled)
    assert stays_of_claims(run, shuffled, interrupted, transfer) == found
    assert all(later["admission_date"] >= earlier["last_day"] for earlier, later in pairwise(found))
    assert sum(r["claim_count"] for r in found) == len(parts)
    for r in found:
        inside = {
            n for start, days, _ in parts for n in range(start, start + max(days, 1)) if r["admission_date"] <= FIRST + timedelta(days=n)
        }
        # A stay within one day may share that day with the next one, of another hospital.
        assert r["covered_days"] <= len({n for n in inside if FIRST + timedelta(days=n) <= r["last_day"]})
        assert r["covered_days"] >= r["elapsed_days"] - r["interruption_days"]
    if interrupted is not None:
        # A claim within one day adds its day only where it is a facility stay of its own.
        nights, days = ({n for start, k, _ in parts for n in range(start, start + max(k, least))} for least in (0, 1))
        assert len(nights) <= sum(r["covered_days"] for r in found) <= len(days)


def test_delay_days_are_whole_units_or_days_of_the_line(run: Run) -> None:
    lines = "t version_id, t claim_id, t member_id, t claim_type, i claim_line_number, t bill_type, t facility_id, d claim_start_date, "
    lines += "t discharge_disposition_code, "
    lines += "d claim_end_date, d line_start_date, d line_end_date, d admission_date, d discharge_date, t drg_code, c paid_cents"
    day, end = FIRST, FIRST + timedelta(days=20)
    common = {
        "version_id": "V", "claim_id": "C", "member_id": "M", "claim_type": "institutional", "bill_type": "11", "facility_id": "A",
        "claim_start_date": day, "claim_end_date": end, "line_start_date": day, "line_end_date": end, "paid_cents": 5,
    }  # fmt: skip
    engine_lines = [{**common, "claim_line_number": n} for n in (1, 2)]
    engine_lines[1] |= {"line_end_date": FIRST + timedelta(days=4)}
    roles = [{"version_id": "V", "claim_line_number": 0, "code_role": "inpatient", "source": "bill_type", "position": 1}]
    roles += [{"version_id": "V", "claim_line_number": 2, "code_role": "delay_day", "source": "revenue", "position": 1}]
    columns_of_lines = f"{lines}, c service_unit_quantity"
    columns_of_roles = "t version_id, i claim_line_number, t code_role, t source, i position"
    (found,) = run(["20_describe_hospital_claims"], stay_lines=(columns_of_lines, engine_lines), stay_roles=(columns_of_roles, roles))
    assert (found["delay_days"], found["stay_kind"], found["paid_cents"]) == (4, "acute", 10)
    engine_lines[1] |= {"service_unit_quantity": 7}
    (found,) = run(["20_describe_hospital_claims"], stay_lines=(columns_of_lines, engine_lines), stay_roles=(columns_of_roles, roles))
    assert found["delay_days"] == 7


def test_every_step_keeps_to_the_dialect() -> None:
    for step in stage.STEPS:
        assert lint(step) == []
        assert to_spark(step.sql)
