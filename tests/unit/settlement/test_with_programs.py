"""The mechanisms read real rule files: every program prices and settles under its assumptions, and refuses without them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from trueup.entity_grain import Participation
from trueup.errors import Refused
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseEpisode
from trueup.rules.load import load_program
from trueup.settlement.inputs import Gate, UnitGroup
from trueup.settlement.settle import settle

PROGRAMS = [("ct-husky-maternity", "PY2025"), ("co-maternity", "PY1")]


def price_and_settle(program, period_id):
    """Base: 30 episodes of 10,000 each; year: 40 units of 9,000, target 10,000, all gates passed with multiplier 0.8."""
    period, cohort = program.period(period_id), program.get("cohorts.otherwise")
    stays = [Participation("A", period.first_day)]
    content = price(program, [BaseEpisode("A", cohort, 1_000_000)] * 30, ["A"], stays, period)
    gates = [Gate("A", period_id, gate, True, multiplier=Decimal("0.8")) for gate in program.ids("settlement.gates")]
    group = UnitGroup("A", period_id, cohort, 40, 40 * 900_000, 40 * 1_000_000, period.first_day, period.last_day)
    as_of = period.last_day + timedelta(days=90)
    return content, settle(program, period, [group], content.prices, gates, stays, as_of=as_of)


@pytest.mark.parametrize(("program_id", "period_id"), PROGRAMS)
def test_unknown_values_refuse(programs, program_id, period_id):
    with pytest.raises(Refused, match="TRU-R014"):
        price_and_settle(load_program(programs, program_id), period_id)


def test_shared_savings_under_the_illustrative_assumptions(programs):
    content, result = price_and_settle(load_program(programs, "ct-husky-maternity", assumptions="illustrative"), "PY2025")
    assert [(p.price, p.amount_cents) for p in content.prices] == [("target_price", 1_000_000)]
    assert [(s.amount_cents, s.status) for s in result.settlements] == [(1_600_000, "payable")]  # half of 40,000.00 × 0.8
    cites = {s.name: s.cite for s in result.steps}
    assert cites["share_rate"].startswith("assumption (illustrative; background; ")
    assert "assumption" not in cites["gate_quality"]


def test_three_zones_under_the_illustrative_assumptions(programs):
    content, result = price_and_settle(load_program(programs, "co-maternity", assumptions="illustrative"), "PY1")
    assert [(p.price, p.amount_cents) for p in content.prices] == [("acceptable_threshold", 1_000_000), ("commendable_threshold", 980_000)]
    assert [(s.amount_cents, s.status) for s in result.settlements] == [(1_600_000, "payable")]  # half of (9,800 − 9,000) × 40
    steps = {s.name: s.amount for s in result.steps}
    assert (steps["settlement_due"], steps["settlement_due_as_published"]) == ("2022-01-29", "2022-01-28")
