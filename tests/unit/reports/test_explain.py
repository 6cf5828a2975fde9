"""`explain`: parts that add up exactly, or a stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueup.errors import CheckFailed, UsageError
from trueup.reports.explain import explain
from trueup.reports.explain_amount import amount_id

Fabricated = Any
E3 = "E0000000000000003"


class Rules:
    """Two exclusion rules, one without a value."""

    def ids(self, path: str) -> list[str]:
        assert path == "exclusions"
        return ["third_party_liability", "age"]

    def get(self, path: str) -> Any:
        return {
            "exclusions.third_party_liability.fact": "tpl_lines",
            "exclusions.third_party_liability.operator": "ge",
            "exclusions.third_party_liability.value": 3,
            "exclusions.age.fact": "age_at_delivery",
            "exclusions.age.operator": "lt",
        }[path]

    def known(self, path: str) -> bool:
        return path != "exclusions.age.value"

    def cite(self, path: str) -> str:
        return f"S1 {path}"


def sums_of(found: dict[str, Any]) -> dict[str, str]:
    return {s["label"]: s["total"] for part in found["parts"] for s in part.get("adds_up", ())}


def test_an_episode_adds_up_from_its_lines_to_its_total(two_practices: Fabricated) -> None:
    found = explain(two_practices.run, E3, two_practices.prices).to_dict()
    assert [part["heading"] for part in found["parts"]] == [
        "What it is",
        "Which days it covers",
        "Whose it is",
        "Whether it counts",
        "Every claim line in its days",
        "What it cost",
        "What it was expected to cost",
        "Cost against target",
    ]
    assert sums_of(found) == {
        "Lines that are in": "3",
        "Cost of the lines that are in (fee for service)": "9000.00",
        "Total cost": "9300.00",
        "Target": "12500.00",
    }
    lines = found["parts"][4]["table"]["rows"]
    assert sum(Decimal(row[-1]) for row in lines if row[4] == "in") == Decimal("9000.00")
    assert [row[5] for row in lines if row[4] == "out"] == ["Care of the newborn, paid apart"]
    assert found["parts"][7]["text"] == ["Its cost is $3,200.00 below its target."]
    assert json.loads(json.dumps(found)) == found
    assert "MEMBER" not in json.dumps(found)


def test_an_episode_in_text_reads_top_down(two_practices: Fabricated) -> None:
    text = explain(two_practices.run, E3, two_practices.prices).to_text()
    assert text.startswith(f"Episode {E3} in Test Bundle Program, run 0123456789abcdef\n")
    assert "What decided: it provided care in the most months." in text
    assert "$10,000.00 × risk 1.25 = $12,500.00, to a cent." in text
    assert "Total cost: $9,300.00. Checked: it adds up exactly." in text
    assert "\x1b" not in text


def test_exclusion_rules_are_shown_with_value_and_source(two_practices: Fabricated) -> None:
    found = explain(two_practices.run, E3, two_practices.prices, rules=Rules()).to_dict()
    assert found["parts"][3]["table"]["rows"] == [
        [
            "Another insurer paid part of the care",
            "Lines that another insurer paid a part of",
            2,
            "is at least 3",
            "no",
            "S1 exclusions.third_party_liability.value",
        ],
        ["Age", "Age at delivery", "not known", "unknown value: not applied", "no", "S1 exclusions.age.value"],
    ]


def test_an_excluded_episode_says_why(two_practices: Fabricated) -> None:
    text = explain(two_practices.run, "E0000000000000004").to_text()
    assert "It does not count: another insurer paid part of the care; paid outside the bundle: SUD." in text


def test_an_entity_adds_up_from_episodes_to_what_is_payable(two_practices: Fabricated) -> None:
    found = explain(two_practices.run, "P1", two_practices.prices).to_dict()
    assert sums_of(found) == {
        "Amount of the last step, PY1, cohort all": "3599.99",
        "Episodes": "3",
        "Total cost": "30300.01",
        "Expected cost": "37500.00",
        "Payable for PY1 (below zero is owed)": "3599.99",
    }


def test_an_entity_without_settlement_says_why(fab: Any, tmp_path: Path) -> None:
    refused = {"refusals": [{"entity_id": "P1", "period": "PY1", "code": "TRU-S003", "message": "P1 has no target."}]}
    made = fab.fabricate(tmp_path, [fab.episode(1, "P1", 1_000_000)], settled=False, manifest=refused)
    assert explain(made.run, "P1").to_dict()["parts"][-1]["text"] == ["TRU-S003: P1 has no target."]


@pytest.mark.parametrize(
    ("target", "first", "more"),
    [
        ("run/settlements/P1,PY1,all/amount", "amount is $3,599.99.", "Expected cost"),
        ("0123456789abcdef/settlements/P1,PY1,all/actual_amount", "actual_amount is $30,300.01.", "Total cost"),
        ("run/settlement_steps/P1,PY1,all,4/amount", "amount is 7199.99.", "Expected cost"),
        (f"run/episodes/{E3}/total_cost", "total_cost is $9,300.00.", "Total cost"),
        (f"run/episode_lines/{E3},C1,1,1/cost", "cost is $6,300.00.", "Lines that are in"),
        ("run/attrition/PY1,1/removed_amount", "removed_amount is $5,000.00.", "Dollars taken out"),
        ("run/prices/P1,target_price,all,2025-01-01/amount", "amount is $10,000.00.", "Price of the last step"),
    ],
)
def test_an_amount_leads_to_what_it_is_made_of(two_practices: Fabricated, target: str, first: str, more: str) -> None:
    found = explain(two_practices.run, target, two_practices.prices).to_dict()
    assert found["parts"][0]["text"][0] == first
    assert more in sums_of(found)


def test_the_id_of_an_amount_leads_back_to_it(two_practices: Fabricated) -> None:
    row = pq.read_table(two_practices.run / "settlements.parquet").to_pylist()[1]
    target = amount_id("0123456789abcdef", "settlements", row, "expected_amount_cents")
    assert target == "0123456789abcdef/settlements/P2,PY1,all/expected_amount"
    assert explain(two_practices.run, target).to_dict()["parts"][0]["text"][0] == "expected_amount is $25,000.00."


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nobody", "has no episode, entity or amount `nobody`"),
        ("E000000000000000g", "has no episode, entity or amount `E000000000000000g`"),
        ("E00000000000000ff", "has no episode E00000000000000ff"),
        ("other/settlements/P1,PY1,all/amount", "is run 0123456789abcdef, not other"),
        ("run/nothing/P1/amount", "has no table `nothing`"),
        ("run/settlements/P1,PY1,all/sum", "has no column `sum` in settlements"),
        ("run/settlements/P1/amount", "needs 3 key values for settlements and got 1"),
        ("run/settlements/P9,PY1,all/amount", "has no row P9,PY1,all in settlements"),
        ("run/attrition/PY1,one/removed_amount", "`one` is not a value of attrition.position"),
    ],
)
def test_what_is_not_there_is_named(two_practices: Fabricated, target: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(two_practices.run, target)
    assert caught.value.code == "TRU-U062"
    assert message in str(caught.value)


def edit(fab: Any, made: Fabricated, table: str, change: Callable[[list[dict[str, Any]]], None], folder: Path | None = None) -> None:
    rows = pq.read_table((folder or made.run) / f"{table}.parquet").to_pylist()
    change(rows)
    fab.write_table(folder or made.run, table, rows)


@pytest.mark.parametrize("column", ["ffs_cost_cents", "total_cost_cents", "target_amount_cents", "claim_line_count"])
def test_an_episode_whose_parts_do_not_add_up_stops(fab: Any, two_practices: Fabricated, column: str) -> None:
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update({column: rows[2][column] + 1}))
    with pytest.raises(CheckFailed, match="TRU-C042"):
        explain(two_practices.run, E3, two_practices.prices)


@pytest.mark.parametrize("column", ["unit_count", "actual_amount_cents", "expected_amount_cents", "amount_cents"])
def test_a_settlement_whose_parts_do_not_add_up_stops(fab: Any, two_practices: Fabricated, column: str) -> None:
    edit(fab, two_practices, "settlements", lambda rows: rows[0].update({column: rows[0][column] + 1}))
    if column == "unit_count":  # the run does not say who took part: more episodes than settled is possible, fewer is not
        edit(fab, two_practices, "settlements", lambda rows: rows[0].update(unit_count=4))
    with pytest.raises(CheckFailed, match="TRU-C042"):
        explain(two_practices.run, "P1", two_practices.prices)


def test_a_truncated_episode_is_explained_by_its_line_and_only_by_it(fab: Any, two_practices: Fabricated) -> None:
    # line 7,000.00 × risk 1.25 = 8,750.00
    fab.write_table(
        two_practices.prices, "outlier_lines", [{"scope": "state", "tail": "high", "base_cents": 600_000, "amount_cents": 700_000}]
    )
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update(total_cost_cents=875_000))
    found = explain(two_practices.run, E3, two_practices.prices).to_dict()
    assert found["parts"][5]["table"]["rows"][-1] == ["Above the high-cost line, not counted", "-550.00"]
    assert sums_of(found)["Total cost"] == "8750.00"
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update(total_cost_cents=875_001))
    with pytest.raises(CheckFailed, match="TRU-C042"):
        explain(two_practices.run, E3, two_practices.prices)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(st.integers(0, 5_000_000), min_size=1, max_size=5))
def test_every_fabricated_total_closes(fab: Any, tmp_path_factory: pytest.TempPathFactory, costs: list[int]) -> None:
    made = fab.fabricate(tmp_path_factory.mktemp("run"), [fab.episode(n, "P1", cost) for n, cost in enumerate(costs, 1)])
    sums = sums_of(explain(made.run, "P1", made.prices).to_dict())
    assert Decimal(sums["Total cost"]) == Decimal(sum(costs)) / 100
    for number, cost in enumerate(costs, 1):
        assert Decimal(sums_of(explain(made.run, f"E{number:016x}", made.prices).to_dict())["Total cost"]) == Decimal(cost) / 100


def whether_it_counts(made: Fabricated, **more: Any) -> str:
    return explain(made.run, E3, made.prices, **more).to_dict()["parts"][3]["text"][0]


def test_an_episode_counts_for_its_accountable_practice_only(fab: Any, two_practices: Fabricated) -> None:
    assert whether_it_counts(two_practices) == "No exclusion rule applies, and P1 is accountable: it counts for P1 in PY1."
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update(took_part=False))
    assert whether_it_counts(two_practices) == (
        "No exclusion rule applies, but it does not count: P1 is accountable and was not in the program on that day."
    )
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update(accountable_entity_id=None))
    assert whether_it_counts(two_practices) == "No exclusion rule applies, but it counts for nobody: no practice is accountable for it."


@pytest.mark.parametrize(("period", "said"), [("BASE", "It lies in the base period"), ("outside_periods", "it lies outside every period")])
def test_an_episode_that_no_period_settles_does_not_count(fab: Any, two_practices: Fabricated, period: str, said: str) -> None:
    edit(fab, two_practices, "episodes", lambda rows: rows[2].update(period=period))
    assert said in whether_it_counts(two_practices)


def facts_of(made: Fabricated) -> dict[str, object]:
    return {row[0]: row[1] for row in explain(made.run, E3, made.prices).to_dict()["parts"][3]["table"]["rows"]}


def test_facts_from_eligibility_are_not_known_without_eligibility(fab: Any, two_practices: Fabricated) -> None:
    assert facts_of(two_practices) == {"Days with Medicare too": "not known", "Lines that another insurer paid a part of": 2}
    age = [{"episode_id": E3, "fact": "age_at_delivery", "fact_value": 31}]
    edit(fab, two_practices, "exclusion_facts", lambda rows: rows.extend(age))
    known = {"Age at delivery": 31, "Days with Medicare too": 0, "Lines that another insurer paid a part of": 2}
    assert facts_of(two_practices) == known
    stated = two_practices.manifest | {"eligibility_rows": 0}
    (two_practices.run / "manifest.json").write_text(json.dumps(stated))
    assert facts_of(two_practices)["Days with Medicare too"] == "not known"
    assert "not known" in explain(two_practices.run, E3, two_practices.prices).to_text()


@pytest.mark.parametrize("target", ["nobody", "E00000000000000ff"])
def test_a_wrong_id_says_where_ids_stand(two_practices: Fabricated, target: str) -> None:
    with pytest.raises(UsageError, match="Episode ids stand in the first column of the lists of episodes on each statement"):
        explain(two_practices.run, target)


def test_a_price_says_when_its_claims_were_known(two_practices: Fabricated) -> None:
    terms = {"base_period": "BASE", "base_first_day": "2023-01-01", "base_last_day": "2023-12-31", "base_as_of": "2024-06-30"}
    (two_practices.prices / "manifest.json").write_text(json.dumps({"status": "final", "terms": terms}))
    said = "The price rests on the base period BASE, January 1, 2023 to December 31, 2023, with the claims known by June 30, 2024."
    for target in (E3, "P1", "run/prices/P1,target_price,all,2025-01-01/amount"):
        assert said in explain(two_practices.run, target, two_practices.prices).to_text(width=200)
