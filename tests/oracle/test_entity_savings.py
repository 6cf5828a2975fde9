"""The engine and the independent reading of the same rules agree to the cent on any entity's figures."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from oracle import entity_savings as oracle
from oracle.rules import read_yaml

from trueup.rules.load import load_program
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.savings import settle_result
from trueup.settlement.savings_outcome import Book, book_of

ROOT = Path(__file__).resolve().parents[2]
# Years in which a disaster adjustment only reduces; the others are tested on the published results.
YEARS = {"TRACK_1": "PY2018", "TRACK_1_PLUS": "PY2018", "TRACK_2": "PY2017", "TRACK_3": "PY2016"}


@cache
def sides() -> tuple[Book, dict[str, Any]]:
    return book_of(load_program(ROOT / "programs", "mssp")), read_yaml(ROOT / "programs" / "mssp" / "2026.yaml")


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    track = draw(st.sampled_from([t["id"] for t in sides()[1]["settlement"]["tracks"]]))
    benchmark = draw(st.integers(1, 10**12))
    met = draw(st.booleans())
    rate = draw(st.sampled_from([None, "0", "0.005", "0.010", "0.015", "0.020", "0.0123", "0.0250"]))
    revenue = draw(st.none() | st.integers(0, 10**12))
    return {
        "entity_id": "A1",
        "period": YEARS.get(track) or draw(st.sampled_from(["PY2023", "PY2024"])),
        "track": track,
        "assigned_members": draw(st.integers(100, 100_000)),
        "benchmark_cents": benchmark,
        "expenditure_cents": draw(st.integers(0, benchmark * 2) | st.integers(benchmark * 95 // 100, benchmark * 105 // 100)),
        "minimum_savings_rate": rate,
        "quality_score": str(draw(st.decimals(0, 1, places=4))),
        "met_quality_standard": met,
        "met_alternative_standard": draw(st.booleans()),
        "low_revenue": False,
        "participant_revenue_cents": revenue,
        "disaster_adjustment_cents": draw(st.none() | st.integers(0, 10**10)),
        "agreement_year": draw(st.sampled_from([None, 1, 2, 3, 5])),
    }


@given(rows())
def test_both_agree(row: dict[str, Any]) -> None:
    book, rules = sides()
    typed = {**row, "quality_score": Decimal(row["quality_score"])}
    typed["minimum_savings_rate"] = Decimal(row["minimum_savings_rate"]) if row["minimum_savings_rate"] is not None else None
    expected = oracle.settle(rules, row)
    try:
        found = settle_result(book, EntityResult(**typed))
    except BadRow:
        assert expected is None
    else:
        assert expected == (found.gate, found.amount_cents, found.held)
