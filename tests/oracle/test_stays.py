"""The engine's stays, readmissions and follow-up against the oracle's, on random lives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from oracle import stays as oracle
from oracle.stay_histories import history, rows_of

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_prices
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.load import load_program

Row = dict[str, Any]
LIVES = 250
AS_OF = date(2027, 12, 31)
Run = Callable[..., DuckEngine]


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Iterator[Run]:
    """Run the whole flow on lives; claims may come in another order."""
    engines: list[DuckEngine] = []

    def runs(lives: list[Row], settings: dict[str, object] | None = None, shuffle: int | None = None) -> DuckEngine:
        rows: dict[str, list[Row]] = {"medical_claim": [], "eligibility": []}
        for life in lives:
            for table, found in rows_of(life).items():
                rows[table] += found
        if shuffle is not None:
            for found in rows.values():
                random.Random(shuffle).shuffle(found)
        program = load_program(programs, "ct-peds-psych", assumptions="illustrative", settings=settings or {})
        engine = DuckEngine(threads=2)
        engines.append(engine)
        register_batches(engine, [load_rows(rows, tmp_path / f"batch-{len(engines)}")])
        pipeline.register_rules(engine, program, as_of=AS_OF, workspace_key="test")
        register_prices(engine, [PriceSetContent([], [], [], [])])
        assert all(s.status == "done" for s in pipeline.run_stages(engine, program))
        return engine

    yield runs
    for engine in engines:
        engine.close()


def built(lives: list[Row], **options: Any) -> dict[str, list[Row]]:
    return {life["member"]: oracle.build([dict(c) for c in life["claims"]], **options) for life in lives}


def psychiatric(stays: list[Row], life: Row) -> list[Row]:
    """Covered psychiatric stays: the others have a reason."""
    return [s for s in stays if s["kind"] == "psychiatric" and s["end"] <= life["covered_to"]]


@pytest.mark.parametrize(
    ("settings", "options"), [({}, {}), ({"stays.interrupted_days": None, "stays.transfer_days": 1}, {"interrupted": None, "transfer": 1})]
)
def test_stays_are_the_oracles(run: Run, settings: dict[str, object], options: Row) -> None:
    lives = [history(n) for n in range(LIVES)]
    engine = run(lives, settings)
    mine = {
        (m, s["start"], s["facility"], s["first_facility"], s["end"], s["open"], s["los"], len(s["days_inside"]), s["away"])
        for m, stays in built(lives, **options).items()
        for s in stays
        if s["kind"] == "psychiatric"
    }
    theirs = {
        (
            r["member_id"], r["admission_date"], r["facility_id"], r["first_facility_id"], r["last_day"], r["is_open"],
            r["length_of_stay_days"], r["covered_days"], r["interruption_days"],
        )
        for r in engine.rows("stays")
    }  # fmt: skip
    assert theirs ^ mine == set()
    assert len(mine) > LIVES


def test_measures_are_the_oracles(run: Run) -> None:
    lives = [history(n) for n in range(LIVES)]
    engine = run(lives)
    units = {r["unit_id"]: (r["member_id"], r["stay_start_date"], r["entity_id"]) for r in engine.rows("measure_units")}
    theirs: dict[str, dict[tuple[object, ...], str]] = {}
    for r in engine.rows("measure_results"):
        theirs.setdefault(r["measure_id"], {})[units[r["unit_id"]]] = r["status"]
    mine: dict[str, dict[tuple[object, ...], str]] = {}
    by_member = built(lives)
    for life in lives:
        stays = by_member[life["member"]]
        for stay in stays:
            if stay["open"] or stay["end"].year != 2025 or stay["end"] > life["covered_to"]:
                continue
            key = (life["member"], stay["start"], stay["facility"])
            found: dict[str, str | None] = {
                f"follow_up_{n}_{form}": oracle.follow_up(
                    stay, stays, life["visits"], life["covered_to"], n, until_december_1=form == "fuh_form"
                )
                for n in (7, 30)
                for form in ("fuh_form", "full_year")
            }
            if stay["kind"] == "psychiatric":
                found["readmission_30_ipf_form"] = oracle.readmission(stay, stays)
                found |= {f"psychiatric_readmission_{n}": oracle.psychiatric_readmission(stay, stays, n) for n in (7, 30)}
            for measure, status in found.items():
                if status is not None:
                    mine.setdefault(measure, {})[key] = status
    for measure, answers in mine.items():
        assert theirs[measure] == answers, measure
        assert {"numerator", "denominator"} <= set(answers.values()), measure


def test_the_order_of_claims_changes_nothing(run: Run) -> None:
    lives = [history(n) for n in range(60)]
    tables = ("stays", "measure_results", "payments", "addon_spans")
    first, second = run(lives), run(lives, shuffle=7)
    for table in tables:
        order = list(first.columns(table))
        assert first.rows(table, order_by=order) == second.rows(table, order_by=order), table


def test_stays_never_overlap_and_every_covered_day_is_paid_once(run: Run) -> None:
    lives = [history(n) for n in range(LIVES)]
    engine = run(lives, {"addons.addon_by": "day"})
    last: dict[str, date] = {}
    for r in engine.rows("stays", order_by=("member_id", "admission_date", "last_day")):
        assert r["member_id"] not in last or r["admission_date"] >= last[r["member_id"]]
        last[r["member_id"]] = r["last_day"]
    paid: dict[str, int] = {}
    for r in engine.rows("addon_spans"):
        paid[r["stay_id"]] = paid.get(r["stay_id"], 0) + r["days"]
    due = {r["stay_id"]: r["covered_days"] for r in engine.rows("stays") if not r["exclusion_reasons"]}
    assert paid == due
    assert sum(r["amount_cents"] for r in engine.rows("payments")) == sum(due.values()) * 5000
