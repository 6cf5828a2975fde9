"""Savings and losses of one entity: each edge of the gate, the rates, the cap and the limits, on the public program's rules."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.rules.load import load_program
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.savings import settle_each, settle_result
from trueup.settlement.savings_outcome import HOW, Book, Outcome, as_tables, book_of

ROW = EntityResult("A1", "PY2018", "T1", 60_000, 10_000_000_000, 9_800_000_000, quality_score=Decimal("0.9"), met_quality_standard=True)
TWO_SIDED = replace(ROW, track="T3", minimum_savings_rate=Decimal("0"))


@pytest.fixture(scope="module")
def book(programs: Path) -> Book:
    return book_of(load_program(programs, "mssp"))


def lines(outcome: Outcome) -> dict[str, str]:
    return {line.name: line.amount for line in outcome.ladder.lines}


def test_a_ladder_can_be_redone(book: Book) -> None:
    found = settle_result(book, ROW)
    assert (found.gate, found.amount_cents, found.reason, found.status) == ("savings", 88_200_000, "savings_shared", "payable")
    assert lines(found) == {
        "track": "TRACK_1",
        "assigned_members": "60000",
        "benchmark": "100000000.00",
        "expenditure": "98000000.00",
        "savings": "2000000.00",
        "savings_rate": "0.02",
        "minimum_savings_bracket": "60000 on: 0.020 to 0.020",
        "minimum_savings_rate": "0.02",
        "minimum_savings": "2000000.00",
        "savings_test": "savings gt 0 and savings ge minimum_savings: yes",
        "maximum_sharing_rate": "0.5",
        "quality_method": "proportional",
        "quality_score": "0.9",
        "standard": "met",
        "sharing_rate": "0.45",
        "shared_savings": "900000.00",
        "sequestration_rate": "0.02",
        "after_sequestration": "882000.00",
        "cap_rate": "0.10",
        "cap": "10000000.00",
        "reason": "savings_shared",
        "amount": "882000.00",
    }
    assert all(line.cite for line in found.ladder.lines if line.name in ("cap_rate", "sequestration_rate", "maximum_sharing_rate"))


def test_one_cent_below_the_minimum_shares_nothing(book: Book) -> None:
    found = settle_result(book, replace(ROW, expenditure_cents=9_800_000_001))
    assert (found.gate, found.amount_cents, found.reason) == ("none", 0, "below_minimum_savings")


def test_savings_that_round_to_nothing_say_so(book: Book) -> None:
    found = settle_result(book, replace(TWO_SIDED, benchmark_cents=1_000_000, expenditure_cents=999_999, quality_score=Decimal("0.5")))
    assert (found.gate, found.amount_cents, found.reason, found.status) == ("savings", 0, "rounds_to_zero", "zero")


@pytest.mark.parametrize(
    ("expenditure", "amount", "reason"),
    [
        (10_000_000_000, 0, "no_savings"),
        (10_000_000_100, -40, "losses_shared"),
        (20_000_000_000, -1_500_000_000, "losses_shared"),
    ],
)
def test_losses_from_the_first_dollar_to_the_limit(book: Book, expenditure: int, amount: int, reason: str) -> None:
    found = settle_result(book, replace(TWO_SIDED, expenditure_cents=expenditure))
    assert (found.amount_cents, found.reason) == (amount, reason)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"track": "T9"}, "TRU-S103"),
        ({"track": "EN"}, "TRU-S104"),
        ({"period": "PY2013"}, "TRU-S104"),
        ({"track": "T3", "minimum_savings_rate": None}, "TRU-S107"),
        ({"track": "T3", "minimum_savings_rate": Decimal("0.0123")}, "TRU-S107"),
        ({"assigned_members": 499}, "TRU-S107"),
        ({"met_quality_standard": None, "quality_score": None}, "TRU-S108"),
        ({"quality_score": None}, "TRU-S108"),
        ({"sharing_rate": Decimal("0.4620")}, "TRU-S109"),
        ({"sequestration_rate": Decimal("0.03")}, "TRU-S109"),
        ({"met_quality_standard": None, "sharing_rate": Decimal("0.2")}, "TRU-S109"),
    ],
)
def test_what_a_row_lacks_or_contradicts(book: Book, change: dict[str, object], code: str) -> None:
    with pytest.raises(BadRow) as caught:
        settle_result(book, replace(ROW, **change))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("stated", "score", "amount"),
    [("0.45", "0.9", 88_200_000), ("0.4466", "0.8931", 87_523_800), ("0", "0.9", 0), ("0.45", None, 88_200_000)],
)
def test_a_stated_rate_checks_or_stands_in(book: Book, stated: str, score: str | None, amount: int) -> None:
    given = Decimal(score) if score else None
    row = replace(ROW, met_quality_standard=None, sharing_rate=Decimal(stated), quality_score=given)
    assert settle_result(book, row).amount_cents == amount


def test_the_printed_table_rate_of_a_chosen_minimum_is_used_unrounded(book: Book) -> None:
    found = settle_result(book, replace(TWO_SIDED, assigned_members=30_324, minimum_savings_rate=Decimal("0.024")))
    assert lines(found)["minimum_savings_rate"] == "0.023967565586"


def test_an_unknown_rule_refuses_only_whom_it_concerns(programs: Path) -> None:
    rules = load_program(programs, "mssp")
    rows = [replace(ROW, track="B", period="PY2026", entity_id=name) for name in ("SAVED", "SPENT")]
    rows[1] = replace(rows[1], expenditure_cents=10_100_000_000)
    outcomes, refused = settle_each(rules, rows)
    assert [(o.result.entity_id, o.reason) for o in outcomes] == [("SPENT", "no_downside")]
    assert [(r.entity_id, r.code) for r in refused] == [("SAVED", "TRU-R014")]


def test_tables_carry_members_benchmark_and_expenditure(book: Book) -> None:
    found = as_tables([settle_result(book, ROW)], [])
    (row,) = found.settlements
    assert (row.cohort, row.unit_count, row.expected_amount_cents, row.actual_amount_cents) == (
        "all",
        60_000,
        10_000_000_000,
        9_800_000_000,
    )
    assert [s.step for s in found.steps] == list(range(1, len(found.steps) + 1))
    assert found.steps[-1].name == "amount"


def test_each_computed_step_says_how(book: Book) -> None:
    rows = [ROW, replace(TWO_SIDED, expenditure_cents=10_100_000_000), replace(ROW, assigned_members=5_500)]
    shown = {name for row in rows for name in lines(settle_result(book, row))}
    asked = {"loss_limit_revenue", "owed_at_most"}  # only where revenue is due
    assert set(HOW) - asked <= shown
