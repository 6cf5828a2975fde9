"""Tables of tiers and rates: what may stand in them, and where they leave a gap or overlap."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from trueup.errors import RuleErrors
from trueup.rules.load import load_program
from trueup.rules.tier_tables import Row, interim_faults, interim_rows, rate_faults, rate_rows, tier_faults, tier_rows

PROGRAM = "ct-peds-psych"


def tiers(*bounds: tuple[str | None, str | None]) -> list[Row]:
    return [{"id": f"t{n}", "from": low, "to": high} for n, (low, high) in enumerate(bounds, 1)]


def rate(tier: str, start: str = "2027-01-01", end: str | None = None, group: str = "all") -> Row:
    return {"tier": tier, "peer_group": group, "unit": "per_diem", "amount": "1.00", "effective_from": start, "effective_to": end}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (tiers((None, None)), []),
        (tiers((None, "4"), ("4.0", "7"), ("7", None)), []),
        (tiers((None, "4"), ("5", None)), ["TRU-R120"]),
        (tiers((None, "5"), ("4", None)), ["TRU-R121"]),
        (tiers(("0", "4"), ("4", None)), ["TRU-R120"]),
        (tiers((None, "4"), ("4", "9")), ["TRU-R120"]),
        (tiers((None, None), ("4", None)), ["TRU-R121"]),
        (tiers((None, "4"), ("4", "4"), ("4", None)), ["TRU-R121"]),
        ([*tiers((None, "4")), {"id": "t1", "from": "4", "to": None}], ["TRU-R122"]),
    ],
)
def test_every_score_has_one_tier(table: list[Row], codes: list[str]) -> None:
    assert [f.code for f in tier_faults(table)] == codes


def test_a_gap_is_said_in_numbers() -> None:
    (fault,) = tier_faults(tiers((None, "4"), ("5", None)))
    assert (fault.message, fault.next_step) == ("from 4 to 5 there is no tier", "Let `t2` begin at 4.")


@pytest.mark.parametrize(
    ("rates", "codes"),
    [
        ([rate("t1"), rate("t2")], []),
        ([rate("t1")], ["TRU-R123"]),
        ([rate("t1"), rate("t2"), rate("t3")], ["TRU-R123"]),
        ([rate("t1"), rate("t2"), rate("t1", group="private")], ["TRU-R123"]),
        ([rate("t1", end="2027-07-01"), rate("t1", "2027-07-01"), rate("t2")], []),
        ([rate("t1", end="2027-07-01"), rate("t1", "2027-08-01"), rate("t2")], ["TRU-R124"]),
        ([rate("t1"), rate("t1", "2027-08-01"), rate("t2")], ["TRU-R124"]),
    ],
)
def test_every_tier_has_one_rate_on_a_day(rates: list[Row], codes: list[str]) -> None:
    assert [f.code for f in rate_faults(tiers((None, "4"), ("4", None)), rates)] == codes


def test_no_class_has_two_add_ons_on_a_day() -> None:
    row: Row = {"hospital_class": "all", "unit": "per_diem", "amount": "1.00", "effective_from": "2024-01-01", "effective_to": None}
    assert interim_faults([row]) == []
    assert [f.code for f in interim_faults([row, {**row, "effective_from": "2025-01-01"}])] == ["TRU-R124"]


RATE = {"tier": "t1", "peer_group": "all", "unit": "percent", "amount": "5", "effective_from": date(2027, 1, 1), "effective_to": None}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 5}, {"amount": "-5"}, {"amount": "5.001"}, {"unit": "dollars"}, {"effective_from": None}, {"effective_from": "January"},
        {"effective_to": date(2027, 1, 1)}, {"tier": "2"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_rate_is_read_strictly(change: dict[str, object]) -> None:
    assert rate_rows([RATE])[0]["effective_from"] == "2027-01-01"
    with pytest.raises(ValueError, match="expected"):
        rate_rows([{**RATE, **change}])


@pytest.mark.parametrize(
    "raw", [None, [], "t1", [1], [{"id": "t1"}], [{"id": "t1", "from": 4, "to": None}], [{"id": "t1", "from": "x", "to": None}]]
)
def test_tiers_are_read_strictly(raw: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        tier_rows(raw)


def test_the_interim_add_on_is_read_like_a_rate() -> None:
    row = {
        "hospital_class": "all",
        "unit": "per_diem",
        "amount": "1.00",
        "effective_from": date(2024, 1, 1),
        "effective_to": date(2025, 1, 1),
    }
    assert interim_rows([row]) == [{**row, "effective_from": "2024-01-01", "effective_to": "2025-01-01"}]


# --- at check time --------------------------------------------------------------------------------------------------------------------

GAP = [{"id": "tier_1", "from": None, "to": "4"}, {"id": "tier_2", "from": "5", "to": None}]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"prices.tiers": GAP}, {"TRU-R120", "TRU-R123"}),
        ({"prices.small_numbers.insufficient_tier": "tier_9"}, {"TRU-R123"}),
        ({"prices.metrics.length_of_stay.weight": "0.5"}, {"TRU-R125"}),
        ({"prices.metrics.length_of_stay.weight": "-0.4"}, {"TRU-R125"}),
        ({"prices.gate.metric": "cost"}, {"TRU-R126"}),
        ({"prices.gate.blocks": ["cost"]}, {"TRU-R126"}),
        ({"prices.metrics.length_of_stay.benchmark": "13"}, {"TRU-R127"}),
        ({"prices.metrics.connect_to_care.benchmark": "0.40"}, {"TRU-R127"}),
    ],
)
def test_a_rule_file_that_contradicts_itself_is_refused(programs: Path, settings: dict[str, object], codes: set[str]) -> None:
    with pytest.raises(RuleErrors) as caught:
        load_program(programs, PROGRAM, assumptions="illustrative", settings=settings)
    assert {e.code for e in caught.value.errors} == codes
    assert all(e.place for e in caught.value.errors)


def test_without_assumptions_nothing_of_the_tiers_is_known(programs: Path) -> None:
    """No tier, weight, cut point or dollar is presented as the state's."""
    bare = load_program(programs, PROGRAM)
    known = {path for path in bare.params if path.startswith(("prices.", "addons.")) and bare.known(path)}
    assert {p for p in known if not p.endswith((".direction", ".id"))} == {
        "prices.mechanism", "prices.baseline_period", "prices.measurement_lag_years", "prices.overrides", "addons.tiers_from",
    }  # fmt: skip
    superseded = bare.raw["superseded_facts"][0]
    assert superseded["now"] == "2027-01-01"
    assert "2025" in superseded["was"]
