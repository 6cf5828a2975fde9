"""A pool that points share: who earns, how it is split, what nobody earned, and what stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.settlement.conftest import Rules

from trueup.entity_grain import Participation
from trueup.errors import CheckFailed, Refused
from trueup.settlement.inputs import Gate
from trueup.settlement.points import PointFacts, PointsResult, mature_on, settle_points, share_pool
from trueup.settlement.points_cases import Case, Found, Reported, Slot

RULES: dict[str, object] = {
    "participation.required": False,
    "episode.assign_by": "delivery_date",
    "episode.days_after": 56,
    "settlement.mechanism": "points_pool",
    "settlement.pools.Y.amount": Decimal("100.00"),
    "settlement.minimum_cases": 1,
    "settlement.minimum_cases_operator": "ge",
    "settlement.case_cap": "off",
    "settlement.payment_cap_rate": "off",
    "settlement.cap_excess": "redistributed",
    "settlement.exclusive_with": ["bundle"],
    "maturity.runout_days": 90,
    "maturity.settlement_due_days": 180,
    "maturity.held_dollars_limit": Decimal("0.00"),
}
DAY, LATE = date(2025, 6, 1), date(2026, 6, 30)
VISIT = Slot("visit", "postpartum", "claims", Decimal(10), "S0")
EARLY = Slot("early", "timely", "claims", Decimal("2.5"), "S0")
FORM = Slot("form", "forms", "submission", Decimal(4), "S0")


def rules(**changes: object) -> Rules:
    return Rules({**RULES, **{k.replace("__", "."): v for k, v in changes.items()}})


def cases(**entities: int) -> tuple[list[Case], list[Found]]:
    """So many cases of each entity, each of which meets the visit."""
    rows = [Case(f"{e}{n}", f"M{e}{n}", e, DAY, is_accountable=True) for e, count in entities.items() for n in range(count)]
    return rows, [Found(c.episode_id, "postpartum", "numerator", f"C{c.episode_id}", DAY) for c in rows]


def settled(
    found: tuple[list[Case], list[Found]], program: Rules | None = None, slots: Sequence[Slot] = (VISIT,), **facts: object
) -> PointsResult:
    given_facts = replace(PointFacts(found[0], slots, found[1]), **facts)  # pyright: ignore[reportArgumentType]
    used = program or rules()
    return settle_points(used, used.period("Y"), given_facts, as_of=LATE)


def amounts(result: PointsResult) -> dict[str, int]:
    return {s.entity_id: s.amount_cents for s in result.settled.settlements}


def reasons(result: PointsResult) -> dict[str, str]:
    return {s.entity_id: s.reason for s in result.settled.settlements}


def steps(result: PointsResult, entity: str) -> dict[str, str]:
    return {s.name: s.amount for s in result.settled.steps if s.entity_id == entity}


# --- splitting ------------------------------------------------------------------------------------------------------------------------


def test_sixty_thirty_ten() -> None:
    """Reference vector 7."""
    assert share_pool(10_000_000, [Decimal(60), Decimal(30), Decimal(10)], None, "redistributed") == [6_000_000, 3_000_000, 1_000_000]


def test_nobody_earned_anything() -> None:
    assert share_pool(10_000, [Decimal(0), Decimal(0)], None, "redistributed") == [0, 0]
    assert share_pool(10_000, [], None, "redistributed") == []


def test_a_cap_passes_on_what_it_cuts_off_until_nobody_is_above_it() -> None:
    """70, 20, 10 of 100 with a cap of 40: 60 left for 20 and 10, which is 40 and 20."""
    assert share_pool(100, [Decimal(70), Decimal(20), Decimal(10)], 40, "redistributed") == [40, 40, 20]
    assert share_pool(100, [Decimal(70), Decimal(25), Decimal(5)], 40, "redistributed") == [40, 40, 20]
    assert share_pool(100, [Decimal(70), Decimal(30)], 40, "redistributed") == [40, 40]
    assert share_pool(100, [Decimal(70), Decimal(30)], 40, "undistributed") == [40, 30]


@given(
    pool=st.integers(0, 10**9),
    points=st.lists(st.decimals(0, 1000, places=2), max_size=8),
    cap=st.none() | st.integers(0, 10**9),
    excess=st.sampled_from(["redistributed", "undistributed"]),
)
def test_a_split_never_pays_more_than_the_pool_or_the_cap(pool: int, points: list[Decimal], cap: int | None, excess: str) -> None:
    parts = share_pool(pool, points, cap, excess)
    assert len(parts) == len(points)
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, p in zip(parts, points, strict=True) if p == 0)
    assert all(part <= cap for part in parts if cap is not None)
    assert sum(parts) <= pool
    if cap is None and any(points):
        assert sum(parts) == pool


@given(st.permutations(["A", "B", "C", "D", "E"]))
def test_the_order_of_cases_changes_nothing(order: list[str]) -> None:
    rows, found = cases(A=3, B=1, C=2, D=5, E=1)
    ranked = sorted(rows, key=lambda c: order.index(str(c.entity_id)))
    assert amounts(settled((ranked, found[::-1]))) == amounts(settled((rows, found)))


# --- points ---------------------------------------------------------------------------------------------------------------------------


def test_points_of_a_case_and_the_claim_that_shows_it() -> None:
    rows, found = cases(A=1, B=1)
    result = settled((rows, [*found, Found("A0", "timely", "numerator"), Found("B0", "timely", "denominator")]), slots=(EARLY, VISIT))
    assert {(r.episode_id, r.slot): (r.points, r.status, r.claim_id) for r in result.case_points} == {
        ("A0", "early"): (Decimal("2.5"), "numerator", None),
        ("A0", "visit"): (Decimal(10), "numerator", "CA0"),
        ("B0", "early"): (Decimal(0), "denominator", None),
        ("B0", "visit"): (Decimal(10), "numerator", "CB0"),
    }
    assert amounts(result) == {"A": 5556, "B": 4444}
    assert steps(result, "A")["share_of_pool"] == "55.555555555556"


def test_a_case_cap_is_cut_from_the_last_measures() -> None:
    rows, found = cases(A=1, B=1)
    result = settled((rows, [*found, Found("A0", "timely", "numerator")]), rules(settlement__case_cap=Decimal(11)), (VISIT, EARLY))
    assert [(r.slot, r.points, r.reason) for r in result.case_points if r.episode_id == "A0"] == [
        ("visit", Decimal(10), ""),
        ("early", Decimal(1), "case_cap"),
    ]


@pytest.mark.parametrize(("reported", "met", "reason"), [(1, 1, ""), (2, 2, ""), (3, 2, "more_than_cases"), (0, 0, "")])
def test_reported_cases_count_up_to_the_cases_there_are(reported: int, met: int, reason: str) -> None:
    result = settled(cases(A=2), slots=(VISIT, FORM), reported=[Reported("A", "forms", reported)])
    assert [(r.met, r.points, r.reason) for r in result.case_points if r.source == "submission"] == [(met, Decimal(4 * met), reason)]


def test_what_earns_nothing_and_why() -> None:
    rows, found = cases(A=5)
    changed = [
        replace(rows[0], exclusion_reasons="interval_too_short"),
        replace(rows[1], entity_id=None),
        replace(rows[2], is_accountable=False),
        replace(rows[3], took_part=False),
        rows[4],
    ]
    result = settled((changed, found))
    assert {r.episode_id: r.reason for r in result.case_points} == {
        "A0": "excluded", "A1": "unattributed", "A2": "not_accountable", "A3": "not_participating", "A4": "",
    }  # fmt: skip
    assert sum(r.points for r in result.case_points) == 10
    assert amounts(result) == {"A": 10_000}


@pytest.mark.parametrize(
    ("joined", "left", "reason"),
    [
        (date(2025, 6, 1), None, "in_bundle"),
        (date(2025, 6, 2), None, "pool_shared"),
        (date(2025, 1, 1), date(2025, 6, 1), "pool_shared"),
        (date(2025, 1, 1), date(2025, 6, 2), "in_bundle"),
    ],
)
def test_a_stay_in_the_other_program_counts_by_the_day(joined: date, left: date | None, reason: str) -> None:
    result = settled(cases(A=1, B=1), elsewhere={"A": [Participation("A", joined, left)]})
    assert reasons(result)["A"] == reason
    assert amounts(result)["A"] == (0 if reason == "in_bundle" else 5000)


def test_who_must_join_and_did_not_is_refused() -> None:
    program = rules(participation__required=True)
    result = settled(cases(A=1, B=1), program, stays=[Participation("B", date(2025, 1, 1))])
    assert amounts(result) == {"B": 10_000}
    assert [(r.entity_id, r.code) for r in result.settled.refusals] == [("A", "TRU-S005")]


# --- money ----------------------------------------------------------------------------------------------------------------------------


def test_too_few_cases_weigh_nothing() -> None:
    result = settled(cases(A=1, B=2), rules(settlement__minimum_cases=2))
    assert amounts(result) == {"A": 0, "B": 10_000}
    assert reasons(result)["A"] == "too_few_cases"
    assert steps(result, "A")["points"] == "10"
    assert steps(result, "A")["points_counted"] == "0"


def test_the_pool_says_what_nobody_earned() -> None:
    rows, _ = cases(A=1)
    pool = settled((rows, [])).pool
    assert (pool.distributed_amount_cents, pool.undistributed_amount_cents, pool.status, pool.reason) == (
        0,
        10_000,
        "undistributed",
        "no_points",
    )
    pool = settled(cases(A=1, B=1), rules(settlement__payment_cap_rate=Decimal("0.3333"))).pool
    assert (pool.distributed_amount_cents, pool.undistributed_amount_cents, pool.status) == (6666, 3334, "partly_distributed")


def test_held_dollars_of_one_hold_everybody() -> None:
    rows, found = cases(A=1, B=1)
    result = settled(([replace(rows[0], held_cents=1), rows[1]], found))
    assert {s.entity_id: (s.amount_cents, s.status, s.reason) for s in result.settled.settlements} == {
        "A": (0, "held", "held_dollars"),
        "B": (0, "held", "held_dollars"),
    }
    assert steps(result, "B")["amount_before_hold"] == "50.00"
    assert result.pool.status == "held"


@pytest.mark.parametrize(
    ("passed", "status", "amount"),
    [(True, "payable", 5000), (False, "zero", 0), (None, "held", 0)],
)
def test_a_gate_forfeits_where_it_is_failed_and_holds_the_pool_where_it_waits(passed: bool | None, status: str, amount: int) -> None:
    program = rules(settlement__gates__review__multiplies=False)
    gates = [Gate("B", "Y", "review", passed=True), *([] if passed is None else [Gate("A", "Y", "review", passed)])]
    result = settled(cases(A=1, B=1), program, gates=gates)
    found = {s.entity_id: s for s in result.settled.settlements}
    assert (found["A"].status, found["A"].amount_cents) == (status, amount)
    assert found["B"].amount_cents == (10_000 if passed is False else 0 if passed is None else 5000)


# --- refusals -------------------------------------------------------------------------------------------------------------------------


def test_a_period_without_a_pool_is_refused() -> None:
    program = rules()
    with pytest.raises(Refused, match="TRU-S150"):
        settle_points(program, program.period("PY1"), PointFacts(cases(A=1)[0], (VISIT,)), as_of=LATE)


def test_a_period_is_settled_when_its_claims_are_mature() -> None:
    program = rules()
    assert mature_on(program, program.period("Y")) == date(2026, 5, 26)
    assert mature_on(rules(episode__assign_by="episode_end"), program.period("Y")) == date(2026, 3, 31)
    rows, found = cases(A=1)
    with pytest.raises(Refused, match="TRU-S155"):
        settle_points(program, program.period("Y"), PointFacts(rows, (VISIT,), found), as_of=date(2026, 5, 25))
    assert amounts(settle_points(program, program.period("Y"), PointFacts(rows, (VISIT,), found), as_of=date(2026, 5, 26))) == {"A": 10_000}


def test_a_result_that_is_no_status_or_comes_twice_stops() -> None:
    rows, found = cases(A=1)
    with pytest.raises(CheckFailed, match="TRU-S152"):
        settled((rows, [replace(found[0], status="met")]))
    with pytest.raises(CheckFailed, match="TRU-S153"):
        settled((rows, [*found, *found]))
    with pytest.raises(CheckFailed, match="TRU-S153"):
        settled((rows, found), slots=(FORM,), reported=[Reported("A", "forms", 1), Reported("A", "forms", 1)])
