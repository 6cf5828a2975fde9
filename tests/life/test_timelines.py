"""Lives of single pregnancies, cycle by cycle, to the cent. Every amount is worked by hand, in `stories.py` and here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from life import stories as s
from life.timelines import Played, Story, hold_to, mine, play
from life.world import World, cents, read, variant

from trueup.rules.load import load_program

GATE = {"attribution.accountable.min_deliveries": 1}
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "as assumed": (GATE, {}),
    "locked": (GATE, {"case_rate.rate_change": "locked", "case_rate.handover_in_tcoc": "all"}),
    "delivery inside": ({**GATE, "case_rate.includes_delivery_professional": True}, {}),
}
PLAYED: dict[str, list[Story]] = {
    "as assumed": [
        s.W1, s.W1_NEW_RATE, s.W2, s.W3, s.W4A, s.W4B, s.W5, s.W5_ENDED, s.W6, s.W7, s.W7_EARLIER_LOSS, s.W8, s.W8_PREGNANT,
        s.W9, s.W13, s.W14, s.W14_OTHER,
    ],
    "locked": [s.W1_LOCKED, s.W2],
    "delivery inside": [s.W14_DRAFT],
}  # fmt: skip
LAST = "2026-02"
pytestmark = pytest.mark.xdist_group("timelines")
Play = Callable[[str], Played]


@pytest.fixture(scope="module")
def played(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All stories of one setting in one state, played once, each in cycles to February 2026."""
    done: dict[str, Played] = {}
    failed: dict[str, BaseException] = {}

    def get(setting: str) -> Played:
        if setting in failed:
            raise failed[setting]
        if setting not in done:
            place = tmp_path_factory.mktemp("timelines")
            rules, values = SETTINGS[setting]
            folder = variant(programs, place / "programs", "ct-husky-maternity", rules, values)
            try:
                done[setting] = play(World.make(place, folder), PLAYED[setting], LAST)
            except BaseException as error:
                failed[setting] = error
                raise
        return done[setting]

    yield get
    for one in done.values():
        one.world.close()


@pytest.mark.parametrize(
    ("setting", "story"), [(k, one) for k, found in PLAYED.items() for one in found], ids=lambda v: getattr(v, "name", v)
)
def test_a_life_goes_as_worked_by_hand(played: Play, setting: str, story: Story) -> None:
    hold_to(played(setting), story)


def test_w1_is_eleven_payments_in_ten_months(played: Play) -> None:
    months = played("as assumed").rows("2026-02", "payments", "W1")
    assert len(months) == 11
    assert len({row["period_start_date"] for row in months}) == 10


@pytest.mark.parametrize(("setting", "total", "apart"), [("as assumed", "10,460.00", "250.00"), ("locked", "10,710.00", "0.00")])
def test_w2_total_cost_takes_case_rates_from_the_posted_lines(played: Play, setting: str, total: str, apart: str) -> None:
    """Assumed, the total counts the continuing practice's case rate only in July; in the other state, all of them."""
    told = played(setting)
    run = told.world.run(date(2026, 2, 28), payments_made=told.world.payments_made(date(2026, 2, 28)))
    (episode,) = mine(read(run.folder, "episodes"), told.prefix("W2"))
    assert episode["ffs_cost_cents"] == cents("8,170.00")
    assert episode["shadow_cost_cents"] == cents("1,390.00")
    assert (episode["total_cost_cents"], episode["handover_cost_cents"]) == (cents(total), cents(apart))


def test_w3_july_stays_closed_and_the_total_is_that_of_w1(played: Play) -> None:
    told = played("as assumed")
    assert told.total("W3", LAST) == told.total("W1", LAST) == cents("2,540.00")
    (late,) = [line for line in told.cycles["2025-08"].lines if line.obligation.key[2:4] == (told.tin("W3", "A"), "2025-07")]
    assert (late.accounting_month, late.delta_cents, late.corrects) == ("2025-08", cents("250.00"), "")


def test_w4_corrections_name_what_they_correct(played: Play) -> None:
    told = played("as assumed")
    assert told.total("W4b", LAST) == cents("-465.00") + cents("750.00")
    taken = [
        x for x in told.cycles["2025-07"].lines if x.obligation.entity_id == told.tin("W4b", "A") and x.obligation.purpose == "case_rate"
    ]
    first = {x.obligation.period: x.line_id for m in ("2025-04", "2025-05", "2025-06") for x in told.cycles[m].lines
             if x.obligation.entity_id == told.tin("W4b", "A")}  # fmt: skip
    assert {x.obligation.period: x.corrects for x in taken} == first


def test_w5_a_short_gap_leaves_the_episode_in_reconciliation(played: Play) -> None:
    (episode,) = played("as assumed").rows(LAST, "episodes", "W5, coverage that ended")
    assert "eligibility_gap" not in episode["exclusion_reasons"]


def test_w6_case_rates_without_an_episode_tie_to_the_state_total(played: Play) -> None:
    """Every posted case rate is in an episode's cost (or hand-over cost), or belongs to a pregnancy without one: 500.00 for the loss."""
    told = played("as assumed")
    made = told.world.payments_made(date(2026, 2, 28))
    run = told.world.run(date(2026, 2, 28), payments_made=made)
    assert told.rows(LAST, "episodes", "W6") == []
    episodes, months = read(run.folder, "episodes"), read(run.folder, "case_rate_months")
    in_episodes = sum(e["case_rate_cost_cents"] + e["handover_cost_cents"] for e in episodes)
    homeless = {p["pregnancy_id"] for p in read(run.folder, "pregnancies") if p["episode_id"] is None}
    without = sum(m["rate_amount_cents"] for m in months if m["paid"] and m["pregnancy_id"] in homeless)
    posted = sum(row["amount_cents"] for row in made if row["purpose"] == "case_rate")
    assert without == cents("500.00")
    assert in_episodes + without == posted


def test_w7_a_stillbirth_is_excluded_here_and_no_episode_elsewhere(played: Play, programs: Path) -> None:
    told = played("as assumed")
    (episode,) = told.rows(LAST, "episodes", "W7")
    assert episode["exclusion_reasons"].split(";")[0] == "stillbirth"
    other = World(told.world.ws, load_program(programs, "co-maternity", assumptions="illustrative"), told.world.ledger, told.world.address)
    assert mine(read(other.run(date(2026, 2, 28)).folder, "episodes"), told.prefix("W7")) == []


def test_w7_the_lines_of_an_earlier_loss_stay_out_with_that_reason(played: Play) -> None:
    told = played("as assumed")
    (episode,) = told.rows(LAST, "episodes", "W7, an earlier loss")
    assert episode["episode_start_date"] == date(2025, 2, 22)
    lines = [
        r for r in told.cycles[LAST].table("episode_lines") if r["episode_id"] == episode["episode_id"] and r["claim_id"].endswith("LOSS")
    ]
    assert [(row["reason"], row["cost_cents"]) for row in lines] == [("earlier_pregnancy", cents("1,900.00"))]
    assert episode["total_cost_cents"] == cents("1,100.00")


def test_w8_a_birth_before_go_live_has_no_episode_of_the_year(played: Play) -> None:
    told = played("as assumed")
    assert [e["period"] for e in told.rows(LAST, "episodes", "W8")] == ["outside_periods"]
    (episode,) = told.rows(LAST, "episodes", "W8, pregnant at go-live")
    assert (episode["period"], episode["episode_start_date"]) == ("PY2025", date(2024, 8, 29))
    assert episode["ffs_cost_cents"] == cents("1,195.00")  # the visit of 2024 and the delivery


def test_w14_a_practice_that_is_not_paid_keeps_its_global_fee_and_is_listed(played: Play) -> None:
    """2,400 fee for service and A's 1,000: 3,400 in all, said in a finding and never silent."""
    told = played("as assumed")
    adjusted = {s.GLOBAL["claim_id"]: sum(r["adjustment_cents"] for r in told.rows(LAST, "zero_pay_lines", "W14, B not accountable"))}
    assert adjusted == {"BIRTH": 0}
    assert told.total("W14, B not accountable", LAST) + cents("2,400.00") == cents("3,400.00")
    (finding,) = [f for f in told.cycles[LAST].manifest["findings"] if f["code"] == "global_after_transfer"]
    assert finding["rows"] == 1


@pytest.mark.parametrize(("setting", "story", "left"), [("as assumed", "W14", "1,080.00"), ("delivery inside", s.W14_DRAFT.name, "0.00")])
def test_w14_a_global_fee_keeps_what_the_case_rate_does_not_cover(played: Play, setting: str, story: str, left: str) -> None:
    lines = played(setting).rows(LAST, "zero_pay_lines", story)
    of_global = [row for row in lines if row["claim_id"].endswith("BIRTH")]
    assert [row["fee_cents"] for row in of_global] == [cents("1,080.00"), cents("1,080.00"), cents("240.00")]
    assert cents("2,400.00") + sum(row["adjustment_cents"] for row in of_global) == cents(left)


# --- settlements, after all monthly cycles ------------------------------------------------------------------------------------------------

MATURE = date(2026, 9, 27)  # 90 days of postpartum care and 180 of run-out after the year


@pytest.fixture(scope="module")
def settled(played: Play) -> dict[str, dict[tuple[str, str], Any]]:
    """The year settled at maturity and trued up at the end of 2026: what each posted, by story and practice."""
    told = played("as assumed")
    first = told.world.settle("PY2025", MATURE)
    last = told.world.settle("PY2025", date(2026, 12, 31), true_up=True)
    names = {told.tin(name, who): (name, who) for name in ("W9", "W13") for who in ("A", "B")}
    posted = {
        when: {names[entity]: amount for (entity, _, _), amount in done.deltas.items() if entity in names}
        for when, done in (("first", first), ("true-up", last))
    }
    rows = {names[r["entity_id"]]: r for r in first.table("settlements") if r["entity_id"] in names}
    told.world.check()
    return {**posted, "rows": rows}


def test_w9_a_year_settles_on_case_rates_and_fees_together(played: Play, settled: Any) -> None:
    """42 deliveries less a stillbirth and an outlier: 40 x 10,900 = 436,000. Case rates 372 x 220 + 9 x 250 = 84,090 and fees 331,910 are
    416,000; 20,000 x 50% x 0.80 = 8,000. Without the case rates it would be 41,636.00, with shadow prices of 46,000 added nothing."""
    row = settled["rows"]["W9", "B"]
    assert (row["unit_count"], row["expected_amount_cents"], row["actual_amount_cents"]) == (40, cents("436,000.00"), cents("416,000.00"))
    assert row["amount_cents"] == cents("8,000.00")
    assert settled["first"]["W9", "B"] == cents("8,000.00")
    assert ("W9", "B") not in settled["true-up"]


def test_w13_a_cent_over_the_outlier_line_pays_and_at_the_line_it_is_taken_back(settled: Any) -> None:
    assert settled["rows"]["W13", "B"]["unit_count"] == 30
    assert settled["first"]["W13", "B"] == cents("7,500.00")
    assert settled["true-up"]["W13", "B"] == cents("-7,500.00")
