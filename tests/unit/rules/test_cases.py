"""Worked-example files: the contract, its strictness, and how expected rows meet actual ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.case_tables import Expected
from trueup.cases import DEFAULTS, Case, CaseReport, case_files, compare, load_cases, run_cases
from trueup.errors import Refused, RuleErrors
from trueup.row_match import match_rows
from trueup.rules.program import Program

Build = Callable[..., Path]
Tables = Mapping[str, Sequence[Mapping[str, object]]]

CASE = """\
- name: one visit counts
  program: sample
  rule_version: "2026.1"
  assumptions: trial
  settings: {attribution.accountable.min_deliveries: 1}
  as_of: 2026-12-31
  given:
    medical_claim:
      - {claim_id: C1, member_id: M1, claim_type: dental, claim_start_date: 2026-03-01, claim_end_date: 2026-03-02, paid_amount: "10.00"}
  expect:
    episodes: [{member_id: M1, delivery_date: 2026-06-15, total_cost: "1234.50", claim_line_count: 3, risk_score: "1.10"}]
    settlements: []
"""


@pytest.fixture
def case_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*replace: tuple[str, str], text: str = CASE) -> Path:
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "cases" / "one.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_case_is_read_with_types_defaults_and_its_place(case_file: Callable[..., Path]) -> None:
    [case] = load_cases(case_file())
    assert (case.name, case.program, case.rule_version, case.assumptions) == ("one visit counts", "sample", "2026.1", "trial")
    assert (case.settings, case.as_of, case.error, case.place.line) == (
        {"attribution.accountable.min_deliveries": 1},
        date(2026, 12, 31),
        None,
        1,
    )
    assert case.given["medical_claim"] == [
        {
            "claim_id": "C1", "member_id": "M1", "claim_type": "dental", "paid_amount": "10.00", "claim_line_number": 1,
            "claim_start_date": date(2026, 3, 1), "claim_end_date": date(2026, 3, 2), "claim_line_start_date": date(2026, 3, 1),
            "claim_line_end_date": date(2026, 3, 2), "claim_status": "paid", "record_type": "original", "version_seq": 1,
            "diagnosis_code_type": "icd-10-cm",
        }
    ]  # fmt: skip
    assert case.expect["episodes"] == Expected(
        [
            {
                "member_id": "M1",
                "delivery_date": date(2026, 6, 15),
                "total_cost_cents": 123450,
                "claim_line_count": 3,
                "risk_score": Decimal("1.10"),
            }
        ]
    )
    assert case.expect["settlements"] == Expected([])


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "says"),
    [
        ("  as_of: 2026-12-31\n", "", "TRU-R050", 1, "the case has no `as_of`."),
        ("as_of: 2026-12-31", 'as_of: "2026-12-31"', "TRU-R050", 6, "`as_of` is not a day"),
        ("as_of: 2026-12-31", "asof: 2026-12-31", "TRU-R004", 6, "Did you mean `as_of`?"),
        ('rule_version: "2026.1"', "rule_version: 2026", "TRU-R050", 3, "Quote it."),
        ("medical_claim:", "medical_claims:", "TRU-R051", 8, "Did you mean `medical_claim`?"),
        ("claim_id: C1", "claimid: C1", "TRU-R052", 9, "Did you mean `claim_id`?"),
        ("claim_id: C1", "claim_id: 1", "TRU-R053", 9, 'Write "1".'),
        ('paid_amount: "10.00"', "paid_amount: 10", "TRU-R053", 9, "expected dollars in quotes"),
        ('paid_amount: "10.00"', "paid_amount: 10.00", "TRU-R003", 9, 'Write "10.00".'),
        ("claim_id: C1", "claim_id: C1, claim_line_number: true", "TRU-R053", 9, "is true; expected a whole number."),
        ("claim_id: C1", "claim_id: C1, repeat: 0", "TRU-R053", 9, "`repeat` is not a whole number from 1"),
        ("    episodes:", "    episode:", "TRU-R051", 11, "Did you mean `episodes`?"),
        ("total_cost:", "total_costs:", "TRU-R052", 11, "Did you mean `total_cost`?"),
        ("total_cost:", "total_cost_cents:", "TRU-R052", 11, "Did you mean `total_cost`?"),
        ('"1234.50"', "1234", "TRU-R053", 11, "expected dollars in quotes"),
        ('"1234.50"', '"1234.505"', "TRU-R053", 11, "expected dollars in quotes"),
        ("claim_line_count: 3", 'claim_line_count: "3"', "TRU-R053", 11, "expected a whole number"),
        ("claim_line_count: 3", "claim_line_count: true", "TRU-R053", 11, "expected a whole number"),
        ("delivery_date: 2026-06-15", 'delivery_date: "2026-06-15"', "TRU-R053", 11, "expected a day"),
        ('risk_score: "1.10"', "risk_score: 1", "TRU-R053", 11, "expected a decimal number in quotes"),
        ("member_id: M1, delivery", "outcome: live, delivery", "TRU-R053", 11, "Known: live_birth, stillbirth, loss."),
        ("settlements: []", "settlements: none", "TRU-R050", 12, "is not a list of rows"),
        ("settlements: []", "settlements: {rows: [], match: most}", "TRU-R050", 12, "match: at_least"),
        ("settlements: []", "error: TRU-R014", "TRU-R050", 12, "stands alone"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_case_has_a_place(case_file: Callable[..., Path], old: str, new: str, code: str, line: int, says: str) -> None:
    with pytest.raises(RuleErrors) as caught:
        load_cases(case_file((old, new)))
    found = [(e.code, e.place.line if e.place else None) for e in caught.value.errors if says in str(e)]
    assert found == [(code, line)], str(caught.value)


def test_a_file_that_is_no_list_and_a_name_used_twice_are_errors(case_file: Callable[..., Path]) -> None:
    with pytest.raises(RuleErrors, match=r"TRU-R050 .*one.yaml:1 is not a list of cases"):
        load_cases(case_file(text="name: x\n"))
    with pytest.raises(RuleErrors, match=r'TRU-R054 .*one.yaml:13 the name "one visit counts" is also on line 1'):
        load_cases(case_file(text=CASE + CASE))


def test_repeat_makes_rows_and_numbers_them(case_file: Callable[..., Path]) -> None:
    given_rows = """\
    medical_claim:
      - {claim_id: "C{n}", member_id: "M{n}", repeat: 3}
    episodes:
      - {period: PY1, total_cost: "10.50", repeat: 2}
      - {episode_id: "X{n}", member_id: M9, repeat: 2}
      - {period: PY2}
"""
    head, tail = CASE.split("    medical_claim:")[0], "  expect:" + CASE.split("  expect:")[1]
    [case] = load_cases(case_file(text=head + given_rows + tail))
    assert [(r["claim_id"], r["member_id"]) for r in case.given["medical_claim"]] == [("C1", "M1"), ("C2", "M2"), ("C3", "M3")]
    assert [(r["episode_id"], r["member_id"]) for r in case.given["episodes"]] == [
        ("E0-1", "M0-1"), ("E0-2", "M0-2"), ("X1", "M9-1"), ("X2", "M9-2"), ("E2", "M2"),
    ]  # fmt: skip
    assert [r.get("total_cost_cents") for r in case.given["episodes"]] == [1050, 1050, None, None, None]


def expect(rows: list[dict[str, Any]], *, exact: bool = True) -> dict[str, Expected]:
    return {"episodes": Expected(rows, exact)}


def test_rows_match_in_any_order_on_the_columns_written() -> None:
    actual = [
        {"member_id": "M2", "total_cost_cents": 200, "mode": "vaginal"},
        {"member_id": "M1", "total_cost_cents": 100, "mode": "vaginal"},
    ]
    assert compare(expect([{"member_id": "M1"}, {"total_cost_cents": 200}]), {"episodes": actual}) == []
    assert compare(expect([{"mode": "vaginal"}, {"member_id": "M2"}]), {"episodes": actual}) == []
    assert compare(expect([]), {}) == []
    assert compare(expect([{"member_id": "M2"}], exact=False), {"episodes": actual}) == []


def test_a_mismatch_shows_the_nearest_row_and_what_differs() -> None:
    actual = [
        {"member_id": "M1", "total_cost_cents": 123449, "delivery_date": date(2026, 6, 15)},
        {"member_id": "M9", "total_cost_cents": 5, "delivery_date": None},
    ]
    wanted = {"member_id": "M1", "total_cost_cents": 123450, "delivery_date": date(2026, 6, 15)}
    missing, extra = compare(expect([wanted]), {"episodes": actual})
    assert str(missing) == (
        'episodes: no row {member_id: M1, total_cost: "1234.50", delivery_date: 2026-06-15}\n'
        '  nearest: {member_id: M1, total_cost: "1234.49", delivery_date: 2026-06-15}\n'
        '  differs: total_cost "1234.49" instead of "1234.50"'
    )
    assert str(extra) == 'episodes: an unexpected row {member_id: M9, total_cost: "0.05", delivery_date: null}'
    assert str(compare(expect([wanted]), {})[0]).endswith("the table holds no other row")


def test_values_compare_by_kind() -> None:
    row = {"flag": True, "n": 1, "rate": Decimal("0.80"), "nothing": None}
    assert match_rows("t", [{"flag": True, "n": 1, "rate": Decimal("0.8"), "nothing": None}], [row]) == []
    assert [m.columns for m in match_rows("t", [{"n": True}], [row])] == [("n",)]
    assert [m.columns for m in match_rows("t", [{"flag": 1}], [row])] == [("flag",)]
    assert [m.columns for m in match_rows("t", [{"n": None}], [row])] == [("n",)]


small_rows = st.lists(st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)}), max_size=6)


@given(small_rows, st.randoms(use_true_random=False))
def test_any_thinning_and_order_of_the_actual_rows_matches_them(rows: list[dict[str, object]], random: Any) -> None:
    wanted = [dict(random.sample(list(row.items()), random.randint(0, 2))) for row in rows]
    random.shuffle(wanted)
    assert match_rows("t", wanted, rows) == []
    more = [*rows, {"a": 9, "b": 9}]
    assert [m.actual is not None for m in match_rows("t", wanted, more)] == [True]
    assert match_rows("t", wanted, more, exact=False) == []
    assert len(match_rows("t", [*wanted, {"a": 7}], rows)) == 1


def run(build: Build, file: Path, tables: Tables | Exception) -> CaseReport:
    def execute(case: Case, program: Program) -> Tables:
        assert program.get("attribution.accountable.min_deliveries") == 1
        assert program.scenario
        if isinstance(tables, Exception):
            raise tables
        return tables

    return run_cases([file], build(), execute)


GOOD: dict[str, list[dict[str, object]]] = {
    "episodes": [
        {
            "member_id": "M1",
            "delivery_date": date(2026, 6, 15),
            "total_cost_cents": 123450,
            "claim_line_count": 3,
            "risk_score": Decimal("1.1"),
        }
    ]
}


def test_the_runner_reports_what_holds_and_what_fails(build: Build, case_file: Callable[..., Path]) -> None:
    report = run(build, case_file(), GOOD)
    assert (report.ok, str(report)) == (True, "1 cases: 1 hold, 0 fail.")
    report = run(build, case_file(), {**GOOD, "settlements": [{"entity_id": "T1", "amount_cents": 1}]})
    assert not report.ok
    assert "FAILS " in str(report)
    assert 'settlements: an unexpected row {entity_id: T1, amount: "0.01"}' in str(report)


def test_an_expected_refusal_holds_only_with_its_code(build: Build, case_file: Callable[..., Path]) -> None:
    head = CASE.split("  expect:")[0]
    refused = Refused("TRU-R014", "is unknown.")
    file = case_file(text=head + "  expect: {error: TRU-R014}\n")
    assert run(build, file, refused).ok
    assert "the run was not refused" in str(run(build, file, GOOD))
    other = run(build, file, Refused("TRU-S001", "is held."))
    assert "expected error TRU-R014, but the run was refused: TRU-S001" in str(other)
    assert "the run was refused: TRU-R014" in str(run(build, case_file(), refused))


def test_faults_of_settings_and_programs_are_failures_of_the_case_with_its_line(build: Build, case_file: Callable[..., Path]) -> None:
    report = run(build, case_file(("min_deliveries: 1", "min_deliverys: 1")), GOOD)
    assert "one.yaml:5 setting `attribution.accountable.min_deliverys` does not exist" in str(report)
    report = run(build, case_file(('"2026.1"', '"2026.2"')), GOOD)
    assert "has no rule version 2026.2." in str(report)
    expected = case_file(("min_deliveries: 1", "min_deliverys: 1"), text=CASE.split("  expect:")[0] + "  expect: {error: TRU-R031}\n")
    assert run(build, expected, GOOD).ok


def test_a_broken_file_is_reported_and_the_others_still_run(build: Build, case_file: Callable[..., Path]) -> None:
    folder = case_file().parent
    (folder / "two.yaml").write_text("- 1\n", encoding="utf-8")
    seen: list[str] = []
    report = run_cases([folder.parent], build(), lambda case, program: GOOD, each=lambda result: seen.append(result.case.name))
    assert ([e.code for e in report.errors], seen, report.ok) == (["TRU-R050"], ["one visit counts"], False)
    assert [f.name for f in case_files(folder.parent)] == [f.name for f in case_files(folder)] == ["one.yaml", "two.yaml"]


def test_the_defaults_are_listed() -> None:
    for line in ("medical_claim.claim_line_number: 1", "medical_claim.claim_line_start_date: the row's claim_start_date",
                 "eligibility: where the table is absent, every member is covered throughout", "every other column: null"):  # fmt: skip
        assert line in DEFAULTS.splitlines()


def test_every_case_file_of_the_checkout_can_be_read(programs: Path) -> None:
    for file in case_files(programs):
        assert load_cases(file) != []
