"""The themes beside childbirth: exact counts for one seed, the same bytes for a seed, and a truth that agrees with the claims."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from synthetic_state import Rows, State, day_of, digests

from trueup.rules.load import load_program, program_ids
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.synthetic.calendar import build_calendar
from trueup.synthetic.psychiatry import HOSPITALS

STAYS, PANELS, RESULTS = "inpatient_stay", "panel", "entity_results"
CHILD, MEMBER = "Y", "P"


@pytest.fixture(scope="module")
def loaded(programs: Path) -> dict[str, Program]:
    return {name: load_program(programs, name, assumptions="illustrative") for name in program_ids(programs)}


@pytest.fixture(scope="module")
def state(loaded: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> State:
    folder = tmp_path_factory.mktemp("all")
    generate(list(loaded.values()), folder, members=2_000, file_format="csv")
    return State(folder)


def of_kind(loaded: dict[str, Program], kind: str) -> list[Program]:
    return [program for program in loaded.values() if program.kind == kind]


def count(rows: Iterable[dict[str, str]], column: str) -> dict[str, int]:
    return dict(sorted(Counter(row[column] for row in rows).items()))


# --- the same bytes, and nothing of the others --------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(loaded: dict[str, Program], state: State, tmp_path: Path) -> None:
    generate(list(loaded.values()), tmp_path, members=2_000, file_format="csv")
    assert digests(tmp_path) == digests(state.folder)


def test_a_theme_changes_no_row_of_childbirth(loaded: dict[str, Program], state: State, tmp_path: Path) -> None:
    """The births, and what was billed for them, are the same whether other kinds of programs are there or not."""
    births = [p for p in loaded.values() if p.kind == "maternity_episode"]
    generate(births, tmp_path, members=2_000, file_format="csv")
    for name in ("medical_claim", "pharmacy_claim", "eligibility"):
        ours, alone = (folder / f"{name}.csv" for folder in (state.folder, tmp_path))
        assert lines_of(ours, "M", "N") == lines_of(alone, "M", "N")
        assert lines_of(alone, CHILD, MEMBER) == hashlib.sha256().hexdigest()
    assert (tmp_path / "ground_truth" / "pregnancies.csv").read_bytes() == (state.folder / "ground_truth" / "pregnancies.csv").read_bytes()


def lines_of(path: Path, *letters: str) -> str:
    """The hash of the rows of members whose ids begin with one of these letters."""
    found = hashlib.sha256()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        member = next(rows).index("member_id")
        for row in rows:
            if row[member].startswith(letters):
                found.update(",".join(row).encode())
    return found.hexdigest()


def test_a_program_without_prices_does_not_move_the_calendar(loaded: dict[str, Program]) -> None:
    priced = [p for p in loaded.values() if p.kind == "maternity_episode" and p.has("prices")]
    every = build_calendar(list(loaded.values()))
    alone = build_calendar(priced)
    assert (every.first_birth, every.last_birth, every.data_end) == (alone.first_birth, alone.last_birth, alone.data_end)
    assert every.weights.tolist() == alone.weights.tolist()


@pytest.mark.parametrize("kind", [STAYS, PANELS, RESULTS])
def test_each_kind_can_stand_alone(kind: str, loaded: dict[str, Program], tmp_path: Path) -> None:
    made = generate(of_kind(loaded, kind), tmp_path, members=2_000, file_format="csv")
    tables = {
        "hospital_status": kind == STAYS,
        "contracts": kind == PANELS,
        "member_scores": kind == PANELS,
        "entity_results": kind == RESULTS,
    }
    assert {name: name in made.files for name in tables} == tables
    assert "participation" not in made.files


def test_regions_have_people_and_billers_of_their_own(loaded: dict[str, Program], tmp_path: Path) -> None:
    generate([*of_kind(loaded, STAYS), *of_kind(loaded, PANELS)], tmp_path, members=30_001, file_format="csv")
    large = State(tmp_path)
    first = {row["member_id"][:4] for row in large["eligibility"] if row["member_id"][0] in (CHILD, MEMBER)}
    assert {prefix[:3] for prefix in first} == {"Y00", "Y01", "P00", "P01"}
    assert len({row["facility_id"] for row in large["hospitals"]}) == 2 * len(HOSPITALS)
    assert len({row["entity_id"] for row in large["panel_practices"]}) == 16
    holders: dict[str, set[str]] = defaultdict(set)
    for row in large["provider"]:
        holders[row["npi"]].add(row["entity_id"])
    assert {len(entities) for entities in holders.values()} == {1}


# --- stays ----------------------------------------------------------------------------------------------------------------------------


def test_stays_of_one_seed(state: State) -> None:
    assert count(state["psychiatric_stays"], "shape") == {"interim_bills": 23, "interrupted": 20, "plain": 313, "transfer": 16}
    assert count(state["stay_events"], "kind") == {
        "emergency": 224, "follow_up": 572, "medical_stay": 7, "observation": 26, "other_visit": 111, "visit_on_day_0": 35,
    }  # fmt: skip
    assert len({row["member_id"] for row in state["eligibility"] if row["member_id"].startswith(CHILD)}) == 289


def test_hospitals_are_of_four_classes_and_three_elections_and_one_opens_late(state: State) -> None:
    rows = Counter((r["hospital_class"], r["election"], r["effective_from"]) for r in state["hospital_status"])
    assert rows == {
        ("general", "enrolled", "2024-01-01"): 3, ("general", "declined", "2024-01-01"): 1, ("general", "enrolled", "2026-07-01"): 1,
        ("private_psychiatric", "enrolled", "2024-01-01"): 1, ("private_psychiatric", "declined", "2024-01-01"): 1,
        ("childrens_general", "none", "2024-01-01"): 1, ("chronic_disease", "none", "2024-01-01"): 1,
    }  # fmt: skip
    late = next(r["facility_id"] for r in state["hospital_status"] if r["effective_from"] == "2026-07-01")
    assert min(s["admission_date"] for s in state["psychiatric_stays"] if s["first_facility_id"] == late) >= "2026-07-01"


def test_stays_are_near_the_published_precedents(state: State) -> None:
    stays = state["psychiatric_stays"]
    mean = sum(int(s["length_of_stay_days"]) for s in stays) / len(stays)
    within = {
        name: 100 * sum(0 <= int(s[name] or -1) <= days for s in stays) // len(stays)
        for name, days in (("days_to_return", 30), ("follow_up_day", 30), ("emergency_day", 30))
    }
    soon = 100 * sum(0 <= int(s["follow_up_day"] or -1) <= 7 for s in stays) // len(stays)
    assert 13 <= mean <= 18
    assert 8 <= within["days_to_return"] <= 22
    assert 53 <= within["follow_up_day"] <= 82
    assert 33 <= soon <= 62
    assert 5 <= within["emergency_day"] <= 15


def test_children_are_six_to_seventeen_when_first_admitted_and_stays_do_not_meet(state: State) -> None:
    born = {r["member_id"]: day_of(r["birth_date"]) for r in state["eligibility"] if r["member_id"].startswith(CHILD)}
    by_child: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for s in state["psychiatric_stays"]:
        by_child[s["member_id"]].append((day_of(s["admission_date"]), day_of(s["discharge_date"])))
    for child, spans in by_child.items():
        first = min(spans)[0]
        age = first.year - born[child].year - ((first.month, first.day) < (born[child].month, born[child].day))
        assert 6 <= age <= 17, child
    gaps = [(b[0] - a[1]).days for spans in by_child.values() for a, b in zip(sorted(spans), sorted(spans)[1:], strict=False)]
    assert len(gaps) == 372 - 289
    assert min(gaps) == 3  # a return on the first or second day is part of the stay


def test_interrupted_stays_and_transfers_are_billed_in_two_parts(state: State) -> None:
    bills: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in state["medical_claim"]:
        if row["drg_code"] == "885" and row["record_type"] == "original" and row["claim_status"] == "paid":
            bills[row["member_id"]].append((row["claim_start_date"], row["claim_end_date"], row["facility_npi"]))
    gaps: Counter[tuple[str, int]] = Counter()
    for s in state["psychiatric_stays"]:
        parts = sorted({b for b in bills[s["member_id"]] if s["admission_date"] <= b[0] and b[1] <= s["discharge_date"]})
        if s["shape"] in ("interrupted", "transfer") and len(parts) == 2:
            gaps[s["shape"], (day_of(parts[1][0]) - day_of(parts[0][1])).days] += 1
            assert (parts[0][2] == parts[1][2]) == (s["shape"] == "interrupted")
    assert set(gaps) == {("interrupted", 1), ("interrupted", 2), ("transfer", 0)}


def test_interim_bills_say_that_the_child_is_still_there(state: State) -> None:
    rows = [r for r in state["medical_claim"] if r["member_id"].startswith(CHILD) and r["bill_type_code"] in ("112", "113", "114")]
    assert {(r["bill_type_code"], r["discharge_disposition_code"] == "30", bool(r["discharge_date"])) for r in rows} == {
        ("112", True, False), ("113", True, False), ("114", False, True),
    }  # fmt: skip
    assert len({r["claim_family_id"] for r in rows if r["bill_type_code"] == "113"}) == 14


# --- panels ---------------------------------------------------------------------------------------------------------------------------


def test_panels_of_one_seed(loaded: dict[str, Program], state: State) -> None:
    rows = Counter((r["program"], r["period"]) for r in state["panels"])
    seen = Counter((r["program"], r["period"]) for r in state["panels"] if r["provider_npi"])
    assert rows == {(p.id, period): n for p in of_kind(loaded, PANELS) for period, n in (("BASE", 1666), ("PY1", 1722))}
    assert seen == {(p.id, period): n for p in of_kind(loaded, PANELS) for period, n in (("BASE", 1600), ("PY1", 1702))}
    decided = Counter(r["deciding_rule"] for r in state["panels"] if r["program"] == of_kind(loaded, PANELS)[0].id)
    assert decided == {"most_visits": 1672, "only_provider": 1498, "latest_visit": 132, "": 86}


def test_members_have_the_payers_that_contracts_name_and_one_that_has_none(state: State) -> None:
    payers = {r["payer"] for r in state["eligibility"] if r["member_id"].startswith(MEMBER)}
    assert payers == {r["payer"] for r in state["contracts"]} | {"Invented Mutual"}


def test_a_few_members_cost_more_than_a_hundred_thousand_dollars(state: State) -> None:
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in state["medical_claim"]:
        if row["member_id"].startswith(MEMBER) and row["record_type"] == "original" and row["claim_start_date"].startswith("2025"):
            cost[row["member_id"]] += Decimal(row["allowed_amount"])
    assert sum(total > 100_000 for total in cost.values()) == 7


def test_contracts_move_with_evidence_and_never_overlap(state: State) -> None:
    spans: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in state["contracts"]:
        spans[row["entity_id"], row["payer"]].append(row)
    moves = {key: sorted(rows, key=lambda r: r["effective_from"]) for key, rows in spans.items() if len(rows) > 1}
    assert {(a["track"], b["track"], b["effective_from"]) for a, b in moves.values()} == {
        ("p4p", "ssp", "2025-01-01"), ("p4p", "ssp", "2025-07-01"),
    }  # fmt: skip
    assert all(a["effective_to"] == b["effective_from"] and b["evidence"] for a, b in moves.values())
    assert len(state["contracts"]) == 12


def test_risk_scores_are_given_for_most_members_with_a_mean_near_one(state: State) -> None:
    scores = [Decimal(r["risk_score"]) for r in state["member_scores"]]
    assert len(scores) == 6_900
    assert Decimal("0.9") < sum(scores) / len(scores) < Decimal("1.2")


# --- what practices send, and what stands beside --------------------------------------------------------------------------------------


def test_submissions_come_on_time_late_incomplete_twice_of_no_measure_and_not_at_all(loaded: dict[str, Program], state: State) -> None:
    rows = [r for r in state["measure_submissions"] if r["program"] == "ct-husky-maternity" and r["period"] == "PY2025"]
    by_practice: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_practice[row["entity_id"]].append(row)
    assert {r["received_date"] for r in by_practice["ENT000001"]} == {"2026-02-14"}
    assert {r["received_date"] for r in by_practice["ENT000011"]} == {"2026-04-20"}  # the deadline is March 31
    assert {r["submission_id"][-1] for r in by_practice["ENT000002"]} == {"1", "2"}
    assert {int(r["denominator"]) < int(r["expected_denominator"]) for r in by_practice["ENT000005"]} == {True}
    assert "measure_nobody_asked_for" in {r["measure_id"] for r in by_practice["ENT000004"]}
    assert by_practice["ENT000010"] == []
    assert {r["measure_id"] for r in state["measure_submissions"] if r["program"] == "ct-obp4p"} == {
        "notification_form_timely", "measure_nobody_asked_for",
    }  # fmt: skip


def test_reviews_are_one_of_each_outcome_where_care_was_withheld(state: State) -> None:
    assert {(r["entity_id"], r["flag_id"], r["outcome"]) for r in state["reviews"]} == {
        ("ENT000006", "postpartum_visit", "opened"), ("ENT000003", "postpartum_visit", "failed"),
        ("ENT000004", "postpartum_visit", "complied"),
    }  # fmt: skip
    withheld = {row["pregnancy_id"] for row in state["planted"] if row["kind"] == "care_withheld"}
    after = {p["pregnancy_id"]: p for p in state["pregnancies"]}
    assert len(withheld) == 21
    assert {after[p]["later_entity_id"] or after[p]["prenatal_entity_id"] for p in withheld} == {"ENT000003", "ENT000004", "ENT000006"}
    assert min(after[p]["delivery_date"] for p in withheld) >= "2025-01-01"


def test_measures_of_childbirth_have_codes_to_count(state: State) -> None:
    codes = Counter(r["hcpcs_code"] for r in state["medical_claim"] if r["member_id"].startswith("M"))
    assert {c: codes[c] for c in ("99408", "96127", "96161", "0503F", "86703", "H0049", "J1050")} == {
        "99408": 399, "96127": 741, "96161": 689, "0503F": 260, "86703": 317, "H0049": 190, "J1050": 76,
    }  # fmt: skip
    births = [p for p in state["pregnancies"] if p["outcome"] == "live_birth"]
    assert count(births, "first_pregnancy") == {"false": 864, "true": 348}
    coded: dict[str, set[str]] = defaultdict(set)
    for row in state["medical_claim"]:
        coded[row["member_id"]] |= {row[f"diagnosis_code_{i}"][:4] for i in range(1, 4)}
    once = {member for member, n in Counter(p["member_id"] for p in state["pregnancies"]).items() if n == 1}
    first = {p["member_id"] for p in births if p["first_pregnancy"] == "true"} & once
    again = {p["member_id"] for p in births} & once - first
    assert {m for m in again if "Z340" in coded[m]} == set()
    assert sum("Z340" in coded[m] for m in first) > 150


def test_people_have_groups_and_areas(state: State) -> None:
    assert set(count(state["eligibility"], "race")) == {"", "asian", "black", "other race", "white"}
    assert set(count(state["eligibility"], "ethnicity")) == {"", "hispanic", "not hispanic"}
    assert {r["zip_code"] for r in state["eligibility"]} == {r["zip_code"] for r in state["area_index"]}
    assert count(state["area_index"], "band") == {str(i): 2 for i in range(1, 6)}


def test_entity_results_are_of_open_tracks_only(state: State) -> None:
    assert count(state["entity_results"], "period") == {"PY2024": 36, "PY2025": 36, "PY2026": 36}
    assert set(count(state["entity_results"], "track")) == {"BASIC_A", "BASIC_B", "BASIC_C", "BASIC_D", "BASIC_E", "ENHANCED"}
    assert all(Decimal(r["expenditure"]) > 0 for r in state["entity_results"])
