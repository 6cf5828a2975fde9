"""Two years of Colorado's program, the second with losses: settlements, true-ups from late claims, what is owed recouped from a later gain
and from claim payments elsewhere, and the rest written off by two people. The books end as one recomputation from the final claims says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from life.lives import State, clearing_is_zero, day
from life.world import BY_DELIVERY, CHECKER, KEY, MAKER, Cycle, Row, World, month_end, months, read, say, variant

from trueup import runs
from trueup.errors import Refused
from trueup.pricing.price_set import finalize
from trueup.workspace import Workspace

FIRST, LAST = "2022-01", "2023-09"
DUE = {"2022-01": ("PY1", day("2022-01-29")), "2023-01": ("PY2", day("2023-01-29"))}
TRUE_UP = {"2022-07": ("PY1",), "2023-07": ("PY1", "PY2")}
pytestmark = pytest.mark.xdist_group("colorado")


@dataclass
class Life:
    """What happened: settlements by month and period, the practice that owes, and how it was recouped."""

    world: World
    state: State
    settled: dict[tuple[str, str], Cycle] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    owing: str = ""
    owed: dict[str, int] = field(default_factory=dict)
    recouped: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@pytest.fixture(scope="module")
def life(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    started = time.monotonic()
    place = tmp_path_factory.mktemp("colorado")
    world = World.make(place, variant(programs, place / "programs", BY_DELIVERY, {}, {}), BY_DELIVERY)
    lived = Life(world, State(world, place / "state", seed=5))
    lived.state.learn(world, "2020-10")
    base = runs.maturity_date(world.program, "BASE")
    world.sets.append(finalize(runs.price(world.ws, world.program, "PY1", base)))
    lived.state.learn(world, "2021-12")
    for month in months(FIRST, LAST):
        live_a_month(lived, month)
    lived.seconds = time.monotonic() - started
    yield lived
    world.close()


def live_a_month(lived: Life, month: str) -> None:
    world, state = lived.world, lived.state
    more: dict[str, list[Row]] = {}
    if month == "2022-11":
        more["medical_claim"] = dear_year(lived)
    if month == "2023-05":
        more["medical_claim"] = voids_of_the_first_year(lived)
    state.learn(world, month, **more)
    if month in DUE:
        period, when = DUE[month]
        settle(lived, month, period, when, true_up=False)
    for period in TRUE_UP.get(month, ()):
        settle(lived, month, period, month_end(month), true_up=True)
    if month == "2023-01":
        receivables = world.ledger.receivables(month_end(month), program=BY_DELIVERY)
        lived.owed = {r.entity_id: r.balance_cents for r in receivables}
        lived.owing = max(lived.owed, key=lambda e: lived.owed[e])
    if month == "2023-04":
        recoup_elsewhere(lived, month)
    pay(lived, month)
    if month == "2023-08":
        write_off(lived, month)
    world.check()
    world.ledger.close_month(month, actor=CHECKER, recorded_at=world.moment(month_end(month)))
    clearing_is_zero(world, month)
    lived.closed[month] = world.closed_books(month)


def settle(lived: Life, month: str, period: str, when: date, *, true_up: bool) -> None:
    lived.settled[month, period] = lived.world.settle(period, when, true_up=true_up, upside_only=False)
    lived.world.check()


def pay(lived: Life, month: str) -> None:
    world = lived.world
    before = sum(r.offset_cents for r in world.ledger.remittances(program=BY_DELIVERY) if r.entity_id == lived.owing)
    world.pay(month)
    after = sum(r.offset_cents for r in world.ledger.remittances(program=BY_DELIVERY) if r.entity_id == lived.owing)
    if after > before:
        lived.recouped[f"{month} kept back from a gain"] = after - before
    world.check()


# --- facts of our own ---------------------------------------------------------------------------------------------------------------------


def deliveries(lived: Life, period: str) -> dict[str, list[str]]:
    """Members of retained episodes of a settled period, by accountable practice."""
    done = next(cycle for (_, known), cycle in lived.settled.items() if known == period)
    found: dict[str, list[str]] = {}
    for e in done.table("episodes"):
        if e["period"] == period and e["took_part"] and not e["exclusion_reasons"]:
            found.setdefault(e["accountable_entity_id"], []).append(e["member_id"])
    return found


def dear_year(lived: Life) -> list[Row]:
    """In the second year hospitals bill 3,000.00 more for every birth."""
    rows: list[Row] = []
    for row in lived.state.told["medical_claim"]:
        is_stay = row["claim_type"] == "institutional" and row["bill_type_code"].startswith("11") and row["claim_line_number"] == "1"
        is_plain = row["version_seq"] == "1" and row["record_type"] == "original" and row["claim_status"] == "paid"
        is_birth = any(row[f"diagnosis_code_{n}"].startswith("Z37") for n in range(1, 9))
        if is_stay and is_plain and is_birth and "2021-11-01" <= row["discharge_date"] <= "2022-08-15":
            bill = f"{row['claim_id']}-X"
            money = {"paid_amount": "3000.00", "allowed_amount": "3000.00", "charge_amount": "6000.00"}
            about = {"claim_id": bill, "claim_family_id": bill, "received_date": "2022-11-15", "drg_code": "", "drg_code_type": ""}
            rows.append({**row, **money, **about}
                        | {"adjudication_date": "", "paid_date": "", "bill_type_code": "115"})  # fmt: skip
    assert len(rows) > 50
    return rows


def voids_of_the_first_year(lived: Life) -> list[Row]:
    """Laboratory and imaging of the first year's episodes of the practice that owes are voided: its first year gains."""
    members = set(deliveries(lived, "PY1")[lived.owing])
    done = lived.settled["2022-01", "PY1"]
    ids = {e["episode_id"] for e in done.table("episodes") if e["member_id"] in members and e["period"] == "PY1"}
    wanted = {
        line["claim_id"]
        for line in done.table("episode_lines")
        if line["episode_id"] in ids and line["included"] and line["category"] in ("laboratory", "imaging_and_testing", "anesthesia")
    }
    plain = [r for r in lived.state.told["medical_claim"] if r["claim_id"] in wanted]
    changed = {r["claim_id"] for r in plain if r["version_seq"] != "1" or r["record_type"] != "original"}
    dates = {"received_date": "2023-05-10", "adjudication_date": "", "paid_date": ""}
    return [{**r, **dates, "version_seq": "2", "record_type": "void"} for r in plain if r["claim_id"] not in changed]


def recoup_elsewhere(lived: Life, month: str) -> None:
    """A hundred dollars kept back from claim payments; never more than is owed."""
    world, ledger, when = lived.world, lived.world.ledger, month_end(month)
    (owed,) = ledger.receivables(when, entity_id=lived.owing)
    acts: dict[str, Any] = {"maker": MAKER, "recorded_at": world.moment(when), "accounting_date": when}
    with pytest.raises(Refused, match="TRU-L023"):
        ledger.offset(owed.receivable_id, owed.balance_cents + 1, reference="claims of April", **acts)
    done = ledger.offset(owed.receivable_id, 100_00, reference="claims of April", **acts)
    with pytest.raises(Refused, match="TRU-L014"):
        ledger.approve(done.entry_id, approver=MAKER, recorded_at=world.moment(when))
    ledger.approve(done.entry_id, approver=CHECKER, recorded_at=world.moment(when))
    lived.recouped["claims elsewhere"] = 100_00


def write_off(lived: Life, month: str) -> None:
    """The rest of what the practice owes is given up, proposed by one person and approved by another."""
    world, ledger, when = lived.world, lived.world.ledger, month_end(month)
    for owed in ledger.receivables(when, entity_id=lived.owing):
        about: dict[str, Any] = {"maker": MAKER, "recorded_at": world.moment(when), "accounting_date": when}
        done = ledger.write_off(owed.receivable_id, owed.balance_cents, reason="practice is closing", **about)
        ledger.approve(done.entry_id, approver=CHECKER, recorded_at=world.moment(when))
        lived.recouped["written off"] = lived.recouped.get("written off", 0) + owed.balance_cents


# --- what must hold -----------------------------------------------------------------------------------------------------------------------


def test_the_books_equal_one_recomputation_from_the_final_claims(life: Life, tmp_path: Path) -> None:
    """All claims, loaded at once and in another order, settled once a year as of the last true-up."""
    world = World(Workspace.create(tmp_path / "workspace", KEY), life.world.program, life.world.ledger, life.world.address, life.world.sets)
    world.learn(**life.state.everything(Random(11)))
    run = world.run(month_end("2023-07"), periods=["PY1", "PY2"], true_up=True)
    assert not run.refusals
    final = {
        ("shared_savings", r["entity_id"], r["period"], "", r["cohort"], ""): r["amount_cents"]
        for r in read(run.folder, "settlements")
        if r["status"] != "held" and r["amount_cents"]
    }
    assert life.world.booked() == final
    assert any(cents < 0 for cents in final.values())
    entries, lines = life.world.ledger.entries(), life.world.ledger.lines()
    say(f"\n21 months in {life.seconds:.0f} s: {len(entries)} entries, {len(lines)} differences, {len(final)} obligations;")
    say(f"  {len(life.owed)} practices owed {sum(life.owed.values()) / 100:,.2f} after year two; {life.owing}: {life.recouped}")


def test_the_first_year_owes_nothing_and_the_second_does(life: Life) -> None:
    first = life.settled["2022-01", "PY1"]
    assert all(cents >= 0 for cents in first.deltas.values())
    assert sum(first.deltas.values()) > 0
    second = life.settled["2023-01", "PY2"]
    assert life.owed == {e: -sum(c for k, c in second.deltas.items() if k[0] == e) for e in life.owed}
    assert life.owed[life.owing] > 100_00


def test_what_was_owed_is_recouped_or_written_off_to_the_cent(life: Life) -> None:
    """By keeping it back from a later gain, from claims elsewhere, and the rest by two people; nothing more was ever taken."""
    ledger = life.world.ledger
    found = ledger.receivables(date(2023, 9, 30), entity_id=life.owing, open_only=False)
    assert all(r.balance_cents == 0 for r in found)
    assert sum(r.original_cents for r in found) == sum(life.recouped.values())
    assert {name.split(" ", 1)[-1] for name in life.recouped} == {"kept back from a gain", "elsewhere", "off"}
    assert found[0].federal_due_date == found[0].discovery_date.replace(year=found[0].discovery_date.year + 1)
    stands = ledger.statement(BY_DELIVERY, life.owing)
    assert (stands.payable_cents, stands.receivable_cents) == (0, 0)


def test_late_claims_post_differences_that_name_what_they_correct(life: Life) -> None:
    later = [line for key, done in life.settled.items() if key[0] in TRUE_UP for line in done.lines]
    assert later
    known = {line.line_id for line in life.world.ledger.lines()}
    assert all(line.corrects in known or line.booked_cents == 0 for line in later)
    assert all(line.accounting_month in TRUE_UP for line in later)


def test_closed_months_are_as_they_were(life: Life) -> None:
    for month, books in life.closed.items():
        assert life.world.closed_books(month) == books, month
