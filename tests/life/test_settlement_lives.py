"""Colorado's years told from claims: three clocks, newly flagged episodes, and the edges of the years. Amounts are worked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from life.timelines import Row
from life.world import BY_DELIVERY, Deltas, World, cents, read, variant

from trueup.entity_grain import Price
from trueup.pricing.inputs import PriceSetContent, PriceStep

X, Y, Z, E = "080000001", "080000002", "080000003", "080000004"
JOINED = {X: date(2020, 11, 1), Y: date(2021, 11, 1), Z: date(2020, 11, 1), E: date(2020, 11, 1)}
# acceptable and commendable, by cohort
THRESHOLDS = {
    **{e: {"non_sud": ("9,548.10", "9,357.14"), "sud": ("14,500.00", "14,210.00")} for e in (X, Y, E)},
    Z: {"non_sud": ("10,000.00", "9,800.00"), "sud": ("20,000.00", "19,600.00")},
}
BASE_MIX = {"non_sud": 90, "sud": 10}
DUE = {"PY1": date(2022, 1, 29), "PY2": date(2023, 1, 29)}  # ninety days after the year as it is read


def births(prefix: str, who: str, day: str, count: int, paid: str, *, sud: bool = False) -> list[Row]:
    """Deliveries, each one global claim, which shows prenatal care and carries the whole cost."""
    return [
        {
            "claim_id": f"{prefix}{n}", "claim_line_number": "1", "claim_type": "professional", "member_id": f"M{prefix}{n}",
            "version_seq": "1", "record_type": "original", "claim_status": "paid", "claim_start_date": day, "claim_end_date": day,
            "hcpcs_code": "59400", "diagnosis_code_1": "O80", "diagnosis_code_2": "Z370", "diagnosis_code_3": "F1120" if sud else "",
            "billing_tin": who, "place_of_service_code": "21", "paid_amount": paid, "received_date": f"{day[:4]}-10-15",
        }
        for n in range(count)
    ]  # fmt: skip


def quality(who: str, passed: str, known: str) -> Row:
    return {"program": BY_DELIVERY, "entity_id": who, "period": "PY2", "gate": "quality", "passed": passed, "received_date": known}


@pytest.fixture(scope="module")
def world(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """X and Y have 200 births at 9,050.00 and 25 with substance use at 15,100.00 a year (X from the first year, Y from the second); Z has
    the mix of its base, of which ten episodes at 14,000.00 are flagged later."""
    place = tmp_path_factory.mktemp("by-delivery")
    made = World.make(place, variant(programs, place / "programs", BY_DELIVERY, {}, {}), BY_DELIVERY)
    claims: list[Row] = []
    for name, who, day in (("X1", X, "2021-06-30"), ("X2", X, "2022-06-30"), ("Y2", Y, "2022-06-30")):
        claims += births(f"{name}n", who, day, 200, "9050.00") + births(f"{name}s", who, day, 25, "15100.00", sud=True)
    newly = births("Zf", Z, "2022-06-30", 10, "14000.00")
    claims += births("Zs", Z, "2022-06-30", 10, "20000.00", sud=True) + newly + births("Zn", Z, "2022-06-30", 80, "9500.00")
    claims += [
        {**row, "version_seq": "2", "record_type": "replacement", "diagnosis_code_3": "F1120", "received_date": "2023-03-15"}
        for row in newly
    ]
    made.learn(
        medical_claim=claims,
        provider=[{"npi": f"1{e}", "tin": e, "entity_id": e, "provider_type": "obstetrics", "received_date": "2018-01-01"} for e in JOINED],
        participation=[
            {"row_id": f"J{e}", "program": BY_DELIVERY, "entity_id": e, "joined_on": day, "left_on": "", "received_date": "2018-01-01"}
            for e, day in JOINED.items()
        ],
        gate_results=[
            *(quality(e, "true", "2022-12-01") for e in (X, Y, Z)),
            *(quality(e, "false", "2023-03-01") for e in (X, Y)),
        ],
    )
    prices = [
        Price(e, f"{kind}_threshold", cohort, JOINED[e], JOINED[e].replace(year=JOINED[e].year + 2), cents(dollars), "draft")
        for e, cohorts in THRESHOLDS.items()
        for cohort, pair in cohorts.items()
        for kind, dollars in zip(("acceptable", "commendable"), pair, strict=True)
    ]
    steps = [PriceStep(Z, "acceptable_threshold", cohort, 1, "own_episodes", str(n), "count", "") for cohort, n in BASE_MIX.items()]
    made.publish(PriceSetContent(prices, steps, [], []), "PY1", "BASE", date(2018, 8, 1), date(2020, 7, 31), 90)
    return made


@pytest.fixture(scope="module")
def years(world: World) -> dict[str, Deltas]:
    """Both years settled ninety days after their end, and the second trued up when quality and flags had changed."""
    done = {}
    for name, period, day, true_up in (
        ("PY1", "PY1", DUE["PY1"], False), ("PY2", "PY2", DUE["PY2"], False), ("later", "PY2", date(2023, 3, 31), True),
    ):  # fmt: skip
        settled = world.settle(period, day, true_up=true_up, upside_only=False)
        done[name] = {
            (e, c): amount
            for line in settled.lines
            for e, c, amount in [(line.obligation.entity_id, line.obligation.cohort, line.delta_cents)]
        }
        done[f"{name} steps"] = {(s["entity_id"], s["cohort"], s["name"]): s["amount"] for s in settled.table("settlement_steps")}
        world.check()
    return done


def test_w16_three_clocks(years: dict[str, Deltas]) -> None:
    """In its first year X is paid its gain and owes no loss; in its second the two are netted; Y is in its first then."""
    assert years["PY1"] == {(X, "non_sud"): cents("30,714.00")}
    second = {key: amount for key, amount in years["PY2"].items() if key[0] in (X, Y)}
    assert second == {(X, "non_sud"): cents("30,714.00"), (X, "sud"): cents("-7,500.00"), (Y, "non_sud"): cents("30,714.00")}
    assert years["PY2 steps"][X, "non_sud", "entity_net"] == "23214.00"


def test_w16_failed_quality_takes_gains_and_leaves_losses(world: World, years: dict[str, Deltas]) -> None:
    later = {key: amount for key, amount in years["later"].items() if key[0] in (X, Y)}
    assert later == {(X, "non_sud"): cents("-30,714.00"), (Y, "non_sud"): cents("-30,714.00")}
    booked = world.booked()
    assert sum(amount for key, amount in booked.items() if key[1] == X and key[2] == "PY2") == cents("-7,500.00")
    assert sum(amount for key, amount in booked.items() if key[1] == Y) == 0


def test_w17_newly_flagged_episodes_pay_without_saving(years: dict[str, Deltas]) -> None:
    """The base mix pays nothing; ten flagged episodes later the same 1.1 million dollars pay 38,000.00, and 0.00 stands beside it."""
    assert [key for key in years["PY2"] if key[0] == Z] == []
    assert {key: amount for key, amount in years["later"].items() if key[0] == Z} == {
        (Z, "sud"): cents("26,000.00"),
        (Z, "non_sud"): cents("12,000.00"),
    }
    assert years["later steps"][Z, "sud", "migration_neutral"] == "0.00"


def test_w18_a_year_holds_the_episodes_that_end_in_it(programs: Path, tmp_path: Path) -> None:
    """Discharges of 2020-09-01, 2020-09-02 and 2021-09-01: out; the first day of year one, though born before it; its last day as read."""

    def stay(n: int, admitted: str, discharged: str) -> Row:
        return {
            "claim_id": f"S{n}",
            "claim_line_number": "1",
            "claim_type": "institutional",
            "member_id": f"M{n}",
            "claim_start_date": admitted,
            "claim_end_date": discharged,
            "admission_date": admitted,
            "discharge_date": discharged,
            "bill_type_code": "111",
            "drg_code_type": "ms-drg",
            "drg_code": "807",
            "diagnosis_code_1": "O80",
            "diagnosis_code_2": "Z370",
            "billing_tin": E,
            "paid_amount": "6000.00",
            "received_date": "2021-10-15",
        }

    world = World.make(tmp_path, variant(programs, tmp_path / "programs", BY_DELIVERY, {}, {}), BY_DELIVERY)
    world.learn(
        medical_claim=[stay(1, "2020-08-30", "2020-09-01"), stay(2, "2020-08-31", "2020-09-02"), stay(3, "2021-08-30", "2021-09-01")]
    )
    rows = {row["member_id"]: row for row in read(world.run(date(2022, 1, 29)).folder, "episodes")}
    world.close()
    assert [(rows[m]["episode_end_date"], rows[m]["period"]) for m in ("M1", "M2", "M3")] == [
        (date(2020, 10, 31), "outside_periods"),
        (date(2020, 11, 1), "PY1"),
        (date(2021, 10, 31), "PY1"),
    ]
    assert rows["M2"]["delivery_date"] < date(2020, 11, 1)


def test_w18_a_year_is_due_ninety_days_after_its_end(years: dict[str, Deltas]) -> None:
    steps = years["PY1 steps"]
    assert steps[X, "non_sud", "settlement_due"] == "2022-01-29"
    assert steps[X, "non_sud", "settlement_due_as_published"] == "2022-01-28"
