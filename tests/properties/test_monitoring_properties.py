"""Properties of monitoring: limits contain their target, tests keep their order, and a flag moves no dollar but by holding it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.monitoring.samples import DAY, plan, result, review, terms

from trueup.monitoring.dispersion import dispersion
from trueup.monitoring.findings import decide
from trueup.monitoring.funnel import high_tail, limits, low_tail
from trueup.monitoring.many_tests import adjusted, discoveries
from trueup.monitoring.reviews import flags_of, gate_state
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.settlement.inputs import Gate, UnitGroup
from trueup.settlement.settle import settle

ROOT = Path(__file__).resolve().parents[2]
P_VALUES = st.decimals("0", "1", places=6)
LEVELS = st.sampled_from([Decimal("0.025"), Decimal("0.001"), Decimal("0.1")])
PHI = st.sampled_from([Decimal(1), Decimal("1.7"), Decimal("2.56"), Decimal(9)])


@given(st.integers(1, 400), st.integers(1, 99), LEVELS, PHI)
def test_limits_contain_their_target_and_split_the_counts_exactly(units: int, percent: int, level: Decimal, phi: Decimal) -> None:
    target = Fraction(percent, 100)
    found = limits(units, target, level, phi)
    assert 0 <= found.low <= ceil(target * units)
    assert floor(target * units) <= found.high <= units
    assert low_tail(found.low, units, target, phi) >= level
    assert found.low == 0 or low_tail(found.low - 1, units, target, phi) < level
    assert high_tail(found.high, units, target, phi) >= level
    assert found.high == units or high_tail(found.high + 1, units, target, phi) < level


@given(st.integers(1, 300), st.integers(1, 99), LEVELS)
def test_over_dispersion_never_narrows(units: int, percent: int, level: Decimal) -> None:
    target = Fraction(percent, 100)
    plain, wide = limits(units, target, level), limits(units, target, level, Decimal(4))
    assert wide.low <= plain.low
    assert plain.high <= wide.high


@given(st.lists(P_VALUES, max_size=30))
def test_adjusted_values_are_monotone_and_never_smaller(p_values: list[Decimal]) -> None:
    values = adjusted(p_values)
    pairs = sorted(zip(p_values, values, strict=True))
    assert all(Fraction(p) <= value <= 1 for p, value in pairs)
    assert [value for _, value in pairs] == sorted(value for _, value in pairs)


@given(st.lists(P_VALUES, min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 10), st.randoms())
def test_a_smaller_p_loses_no_discovery_and_order_does_not_matter(p_values: list[Decimal], which: int, tenths: int, random: object) -> None:
    q, which = Decimal("0.05"), which % len(p_values)
    before = discoveries(p_values, q)
    smaller = [p * tenths / 10 if n == which else p for n, p in enumerate(p_values)]
    assert all(after for was, after in zip(before, discoveries(smaller, q), strict=True) if was)
    assert discoveries(p_values[::-1], q) == before[::-1]


@given(st.lists(st.decimals("-9", "9", places=3), min_size=1, max_size=40), st.decimals("0", "0.4", places=2))
def test_pulling_scores_in_keeps_phi_within_the_extremes(scores: list[Decimal], share: Decimal) -> None:
    assert 0 <= dispersion(scores, share) <= max(z * z for z in scores)


@pytest.fixture(scope="module")
def program() -> Program:
    return load_program(ROOT / "programs", "ct-husky-maternity", assumptions="illustrative")


FLAG = st.tuples(
    st.booleans(), st.sampled_from(["review", "hold"]), st.sampled_from([None, "opened", "complied", "failed"]), st.booleans()
)  # fmt: skip


@given(st.lists(FLAG, max_size=4), st.integers(800_000, 1_100_000), st.booleans())
def test_a_flag_holds_and_only_a_failed_review_forfeits(
    program: Program, flags: list[tuple[bool, str, str | None, bool]], cost: int, corrected: bool
) -> None:
    """Whatever is flagged, the settlement is the one without monitoring, or held at 0, or 0 by a review that failed; never between."""
    checks = [terms(f"c{n}", effect=effect) for n, (_, effect, _, _) in enumerate(flags)]  # pyright: ignore[reportArgumentType]
    results = [result(c, alarm=alarm, status="within", p="0.0001") for c, (alarm, _, _, _) in zip(checks, flags, strict=True)]
    decide(results, Decimal("0.05") if corrected else None)
    ends = [(c, outcome, whole) for c, (_, _, outcome, whole) in zip(checks, flags, strict=True) if outcome]
    reviews = [review(outcome, c.id) if whole else review(outcome, c.id, evidence=None) for c, outcome, whole in ends]
    the_plan = plan(*checks)
    raised = flags_of(the_plan, results, reviews, DAY)
    state, reason = gate_state(the_plan, raised, results)

    def settled(passed: bool | None) -> tuple[int, str, str]:
        gates = [Gate("A", "PY2025", "quality", True, None, Decimal("0.80"))]
        gates += [] if passed is None else [Gate("A", "PY2025", "under_service", passed, None, None)]
        group = UnitGroup("A", "PY2025", "all", 30, cost * 30, 1_000_000 * 30, date(2025, 3, 1), date(2025, 9, 1), 0)
        (row,) = settle(program, program.period("PY2025"), [group], [], gates, [], as_of=DAY, base_units={}).settlements
        return row.amount_cents, row.status, row.reason

    free = settled(True)
    amount, status, why = settled({"passed": True, "failed": False, "missing": None}[state])
    failed = any(f.status == "failed" for f in raised)
    waiting = any(f.status == "open" and f.effect == "hold" for f in raised)
    assert (state == "failed") == failed
    assert (state == "missing") == (waiting and not failed)
    assert (amount, status, why) == free if state == "passed" else amount == 0
    assert free[0] == 0 or state == "passed" or status == ("held" if state == "missing" else "zero")
    assert reason
