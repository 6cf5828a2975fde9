"""What a file's columns prove about themselves, judged row by row in a small file and by distinct values in a large one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trueup.claims import intake, profile, read
from trueup.claims.profile import FEW_VALUES, Facts
from trueup.claims.reasons import FileRejected
from trueup.workspace import Workspace

from .conftest import BARE_LINE

Row = dict[str, str]
LINE: Row = {
    **BARE_LINE,
    "billing_npi": "1234567893",
    "diagnosis_code_1": "Z34.90",
    "diagnosis_code_2": "",
}
FILLED = set(LINE) - {"diagnosis_code_2"}
Profiled = Callable[..., Facts]


@pytest.fixture(params=["small", "large"])
def profiled(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profiled:
    """The facts of one file of such lines, once small and once large."""
    seen: list[Facts] = []

    def look(*args: object, **options: object) -> Facts:
        seen.append(profile.profile(*args, **options))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(intake, "profile", look)
    if request.param == "large":
        monkeypatch.setattr(read, "MANY_ROWS", -1)

    def facts_of(*changes: Row, **options: str) -> Facts:
        rows = [{**LINE, **change} for change in changes]
        path = tmp_path / "claims.csv"
        path.write_text("\n".join([",".join(LINE), *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
        intake.load_files(Workspace.create(tmp_path / "ws", "k"), [path], **options)  # type: ignore[arg-type]
        (facts,) = seen
        return facts

    return facts_of


def test_plain_columns_need_no_second_look(profiled: Profiled) -> None:
    facts = profiled({}, {"claim_id": "C2", "paid_amount": "-5", "diagnosis_code_1": "I10"})
    assert facts.filled == FILLED
    assert facts.plain == facts.sound == set(LINE)
    assert facts.typed == facts.strip_suffix == facts.declared_days == set()
    assert facts.notes == []


@pytest.mark.parametrize(
    ("column", "text", "is_plain"),
    [
        ("claim_id", "NULL", True),
        ("claim_id", "a b", False),
        ("member_id", "123-45-6789", False),
        ("claim_start_date", "2025-02-30", True),
        ("paid_amount", "007.00", False),
        ("paid_amount", "1.005", False),
        ("hcpcs_code", "99213-25", False),
        ("billing_npi", "3234567893", True),
        ("diagnosis_code_1", "z34.90", False),
    ],
)
def test_a_column_with_a_problem_is_not_sound(profiled: Profiled, column: str, text: str, is_plain: bool) -> None:
    facts = profiled(*[{"claim_id": f"C{n}"} for n in range(3)], {"claim_id": "C9"} | {column: text})
    assert column not in facts.sound
    assert (column in facts.plain) == is_plain
    assert facts.plain | {column} == facts.sound | {column} == set(LINE)


def test_ids_that_all_end_in_a_suffix_lose_it_and_trimmed_ones_are_counted(profiled: Profiled) -> None:
    facts = profiled({"claim_id": "7.0", "member_id": " M1"}, {"claim_id": "8.0", "member_id": "M2 "}, {"claim_id": "9.0"})
    assert facts.strip_suffix == {"claim_id"}
    assert facts.notes == [(0, "id.float_suffix", "claim_id", 3, 1), (0, "id.trimmed", "member_id", 2, 1)]


def test_days_in_a_declared_notation(profiled: Profiled) -> None:
    facts = profiled({"claim_start_date": "01/31/2025"}, {"claim_start_date": "02/01/2025"}, date_format="mdy")
    assert facts.declared_days == {"claim_start_date"}


def test_two_notations_in_one_column_refuse_the_file(profiled: Profiled) -> None:
    with pytest.raises(FileRejected, match="mixes date notations: 1 as YYYY-MM-DD, 1 as YYYYMMDD") as caught:
        profiled({}, {"claim_start_date": "20250131"})
    assert caught.value.reason == "date.ambiguous"


@pytest.mark.parametrize(("count", "is_few"), [(FEW_VALUES, True), (FEW_VALUES + 1, False)])
def test_only_large_files_list_values_and_only_few(tmp_path: Path, profiled: Profiled, count: int, is_few: bool) -> None:
    codes = [f"{n:05d}" for n in range(count)]
    facts = profiled(*[{"claim_id": f"C{code}", "hcpcs_code": code} for code in codes])
    if read.MANY_ROWS > 0:
        assert facts.few == {}
        return
    assert facts.few.get("hcpcs_code") == (codes if is_few else None)
    assert facts.few["claim_type"] == ["professional"]
    assert not facts.few.keys() & {"claim_id", "member_id", "diagnosis_code_2"}
