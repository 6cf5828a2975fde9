"""Twenty-four months of Connecticut's program: prices frozen before the year, monthly cycles with late and corrected claims, payments that
sometimes come back, a settlement at maturity and a true-up. The books balance at every step, and at the end they equal one recomputation
from the final claims, to the cent and obligation by obligation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from life.lives import State, clearing_is_zero, day
from life.world import BY_MONTH, CHECKER, KEY, Cycle, Row, World, month_end, months, read, say, variant

from trueup import runs
from trueup.ledger.obligations import Obligation
from trueup.pricing.price_set import finalize
from trueup.workspace import Workspace

FIRST, LAST = "2025-01", "2026-12"
SETTLED_IN, TRUED_UP_IN = "2026-09", "2026-12"
MATURE = day("2026-09-27")
pytestmark = pytest.mark.xdist_group("connecticut")


@dataclass
class Life:
    """What happened: each cycle, what each month's close saw, and the two settlements."""

    world: World
    state: State
    cycles: dict[str, Cycle] = field(default_factory=dict)
    settled: dict[str, Cycle] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    came_back: int = 0
    seconds: float = 0.0


@pytest.fixture(scope="module")
def life(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    started = time.monotonic()
    place = tmp_path_factory.mktemp("connecticut")
    # A gate that practices of so small a state pass.
    folder = variant(programs, place / "programs", BY_MONTH, {"attribution.accountable.min_deliveries": 5}, {})
    world = World.make(place, folder)
    lived = Life(world, State(world, place / "state", seed=3))
    lived.state.learn(world, "2024-12")
    for period in ("PY2025", "PY2026"):
        world.sets.append(finalize(runs.price(world.ws, world.program, period, runs.maturity_date(world.program, "BASE"))))
    for n, month in enumerate(months(FIRST, LAST)):
        live_a_month(lived, n, month)
    lived.seconds = time.monotonic() - started
    yield lived
    world.close()


def live_a_month(lived: Life, n: int, month: str) -> None:
    """Facts arrive, the cycle is posted, paid and closed; every step leaves the books balanced and every closed month as it was."""
    world, state = lived.world, lived.state
    more = state.corrections(month, voids=6, cuts=2) if n else {}
    if month == "2026-11":
        more["medical_claim"] = more.get("medical_claim", []) + after_the_settlement(lived)
    state.learn(world, month, **more)
    lived.cycles[month] = world.cycle(month)
    world.check()
    if month == SETTLED_IN:
        lived.settled["first"] = world.settle("PY2025", MATURE)
        world.check()
    if month == TRUED_UP_IN:
        lived.settled["true-up"] = world.settle("PY2025", month_end(month), true_up=True)
        world.check()
    entities = sorted({line.obligation.entity_id for line in world.ledger.lines()})
    back = frozenset(entities[n % len(entities) :: 7]) if n % 5 == 4 and entities else frozenset()
    world.pay(month, back=back)
    if back:  # what came back is paid in the same month, to another account
        lived.came_back += 1
        world.pay(month)
    world.check()
    world.ledger.close_month(month, actor=CHECKER, recorded_at=world.moment(month_end(month)))
    clearing_is_zero(world, month)
    world.check()
    lived.closed[month] = world.closed_books(month)
    heads = [e.hash for e in world.ledger.entries()]
    assert heads[: len(lived.heads)] == lived.heads, "what was written has changed"
    lived.heads = heads


def after_the_settlement(lived: Life) -> list[Row]:
    """Facts that reach the settled year late: laboratory claims of one practice's episodes are voided, a dear test comes for another's."""
    done = lived.settled["first"]
    up, down = sorted({line.obligation.entity_id for line in done.lines})[:2]
    retained = {
        e["episode_id"]: e["accountable_entity_id"]
        for e in done.table("episodes")
        if e["period"] == "PY2025" and not e["exclusion_reasons"]
    }
    claims: dict[str, list[str]] = {up: [], down: []}
    for line in done.table("episode_lines"):
        who = retained.get(line["episode_id"])
        if who in claims and line["included"] and line["category"] == "laboratory" and line["cost_cents"] > 0:
            claims[who].append(line["claim_id"])
    rows: dict[str, list[Row]] = {}
    for row in lived.state.told["medical_claim"]:
        rows.setdefault(row["claim_id"], []).append(row)
    plain = {
        who: [rows[c] for c in dict.fromkeys(found) if all(r["version_seq"] == "1" and r["record_type"] == "original" for r in rows[c])]
        for who, found in claims.items()
    }
    dates = {"received_date": "2026-11-12", "adjudication_date": "", "paid_date": ""}
    voids = [{**r, **dates, "version_seq": "2", "record_type": "void"} for found in plain[up][:8] for r in found]
    late = {
        **plain[down][0][0],
        **dates,
        "claim_id": "LATE1",
        "claim_line_number": "1",
        "paid_amount": "1500.00",
        "allowed_amount": "1500.00",
    }
    late["claim_family_id"] = "LATE1"
    return [*voids, late]


def stated(rows: list[Row]) -> dict[tuple[str, ...], int]:
    """Payments of a run as obligations."""
    return {
        Obligation(
            BY_MONTH, r["purpose"], r["entity_id"], f"{r['period_start_date']:%Y-%m}", r["member_id"], "", r["claim_id"] or ""
        ).key[1:]: r["amount_cents"]
        for r in rows
    }  # fmt: skip


@pytest.fixture(scope="module")
def final(life: Life, tmp_path_factory: pytest.TempPathFactory) -> Row:
    """One recomputation from all claims, loaded at once and in another order into an empty workspace, as of the last day."""
    place = tmp_path_factory.mktemp("final")
    world = World(Workspace.create(place / "workspace", KEY), life.world.program, life.world.ledger, life.world.address, life.world.sets)
    world.learn(**life.state.everything(Random(7)))
    end = month_end(LAST)
    paid = read(world.run(end, through=end).folder, "payments")
    made = [
        {"source_file": "final", "known_date": end, "program": BY_MONTH, "payment_id": r["payment_id"], "entity_id": r["entity_id"],
         **{name: r[name] for name in ("member_id", "period_start_date", "purpose", "amount_cents")}}
        for r in paid
    ]  # fmt: skip
    settled = world.run(end, periods=["PY2025"], true_up=True, payments_made=made)
    return {"payments": paid, "settlements": read(settled.folder, "settlements")}


def test_the_books_equal_one_recomputation_from_the_final_claims(life: Life, final: Row) -> None:
    booked = life.world.booked()
    case_rates = {key: cents for key, cents in booked.items() if key[0] != "shared_savings"}
    expected = {key: cents for key, cents in stated(final["payments"]).items() if cents}
    assert case_rates == expected
    assert len(expected) > 300
    savings = {
        ("shared_savings", r["entity_id"], "PY2025", "", r["cohort"], ""): r["amount_cents"]
        for r in final["settlements"]
        if r["status"] != "held" and r["amount_cents"]
    }
    assert {key: cents for key, cents in booked.items() if key[0] == "shared_savings"} == savings
    lines = life.world.ledger.lines()
    said = Counter(line.reason for line in lines)
    say(f"\n24 months in {life.seconds:.0f} s: {len(life.heads)} entries, {len(lines)} differences for {len(booked)} obligations,")
    say(f"  {sum(line.corrects != '' for line in lines)} corrections, reasons {dict(said.most_common())},")
    say(f"  case rates {sum(case_rates.values()) / 100:,.2f}, savings {sum(savings.values()) / 100:,.2f}, {life.came_back} with returns")


def test_cycles_really_correct_earlier_months(life: Life) -> None:
    """The facts are not tame: differences for closed months, of either sign, in most cycles, and amounts owed that were recouped."""
    late = [
        (m, d)
        for m, done in life.cycles.items()
        for (_, purpose, period), d in done.deltas.items()
        if purpose == "case_rate" and period < m
    ]
    assert len({m for m, _ in late}) >= 15
    assert any(d < 0 for _, d in late)
    assert any(d > 0 for _, d in late)
    remittances = life.world.ledger.remittances(program=BY_MONTH)
    assert sum(r.offset_cents for r in remittances) > 0
    assert life.came_back > 2


def test_closed_months_are_as_they_were(life: Life) -> None:
    for month, books in life.closed.items():
        assert life.world.closed_books(month) == books, month


def test_what_is_paid_is_what_is_booked_less_what_is_owed(life: Life) -> None:
    """I-14: booked = paid out + kept back − receivables made + still payable, by practice."""
    ledger = life.world.ledger
    paid: dict[str, int] = Counter()
    for r in ledger.remittances(program=BY_MONTH):
        if r.status == "confirmed":
            paid[r.entity_id] += r.total_cents
    booked: dict[str, int] = Counter()
    for key, cents in life.world.booked().items():
        booked[key[1]] += cents
    for entity in booked:
        stands = ledger.statement(BY_MONTH, entity)
        assert booked[entity] == paid[entity] + stands.payable_cents - stands.receivable_cents, entity


def test_the_true_up_moves_the_first_settlement_and_never_below_zero(life: Life) -> None:
    first = {key[0]: cents for key, cents in life.settled["first"].deltas.items()}
    later = {key[0]: cents for key, cents in life.settled["true-up"].deltas.items()}
    up, down = sorted(first)[:2]
    assert all(cents > 0 for cents in first.values())
    assert later[up] > 0 > later[down]
    assert all(first.get(entity, 0) + cents >= 0 for entity, cents in later.items())


def test_months_are_paid_once(life: Life, final: Row) -> None:
    """I-15, I-16: one case rate per practice, member and month, at most two practices in a month, and only where a line says so."""
    rates = [key for key in life.world.booked() if key[0] == "case_rate"]
    assert len(rates) == len({key[1:4] for key in rates})
    sharing = Counter((key[3], key[2]) for key in rates)
    assert max(sharing.values()) <= 2
    shared = {(f"{r['period_start_date']:%Y-%m}", r["member_id"]) for r in final["payments"] if r["reason"] == "handover"}
    assert {(month, member) for (member, month), n in sharing.items() if n == 2} <= shared
