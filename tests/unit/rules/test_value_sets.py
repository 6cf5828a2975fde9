"""Value sets: canonical codes, effective dates, duplicates, and where a set is looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trueup.rules.load import load_program
from trueup.rules.program import Code
from trueup.rules.value_sets import COLUMNS, FORMS, read_value_set

HEADER = ",".join(COLUMNS)
Build = Callable[..., Path]


def read(tmp_path: Path, *rows: str, header: str = HEADER) -> tuple[tuple[Code, ...], list[tuple[str, int | None, str]]]:
    file = tmp_path / "codes.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    value_set, errors = read_value_set(file, "program")
    return value_set.codes, [(e.code, e.place.line if e.place else None, str(e)) for e in errors]


def test_a_code_has_system_span_value_and_cite(tmp_path: Path) -> None:
    codes, errors = read(tmp_path, "Z3A39,icd-10-cm,2016-10-01,,39,ICD chapter 21,39 weeks")
    assert errors == []
    assert codes == (Code("icd-10-cm", "Z3A39", date(2016, 10, 1), None, 39, "ICD chapter 21", "39 weeks"),)


def test_spans_are_half_open(tmp_path: Path) -> None:
    (code,), _ = read(tmp_path, "768,ms-drg,2020-10-01,2021-10-01,,DRG,")
    days = [date(2020, 9, 30), date(2020, 10, 1), date(2021, 9, 30), date(2021, 10, 1)]
    assert [code.valid_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ("O80.0,icd-10-cm,,,,B,", "TRU-R045", "Write `O800`."),
        ("o80,icd-10-cm,,,,B,", "TRU-R045", "Write `O80`."),
        ("O8*,icd-10-cm,,,,B,", "TRU-R045", "no wildcards"),
        ("080,icd-10-cm,,,,B,", "TRU-R045", "not a canonical icd-10-cm code"),
        ("O809,icd-10-cm-category,,,,B,", "TRU-R045", "icd-10-cm-category"),
        ("10D00Z,icd-10-pcs,,,,B,", "TRU-R045", "icd-10-pcs"),
        ("5940,hcpcs,,,,B,", "TRU-R045", "hcpcs"),
        ("68,ms-drg,,,,B,", "TRU-R045", "ms-drg"),
        ("720,revenue,,,,B,", "TRU-R045", "revenue"),
        ("O80,icd10,,,,B,", "TRU-R044", "`icd10` is not a code system."),
        ("O80,icd-10-cm,,,,,", "TRU-R047", "has no cite"),
        ("O80,icd-10-cm,2021-1-1,,,B,", "TRU-R046", "not a day"),
        ("O80,icd-10-cm,2021-02-30,,,B,", "TRU-R046", "not a day"),
        ("O80,icd-10-cm,2021-01-01,2021-01-01,,B,", "TRU-R046", "not after it begins"),
        ("O80,icd-10-cm,,,1.5,B,", "TRU-R046", "not a whole number"),
        ("O80,icd-10-cm,,,,B", "TRU-R041", "has 6 fields; 7 are due."),
        ("O80,icd-10-cm,,,,B,with, comma", "TRU-R041", "Quote a text"),
    ],
)
def test_a_bad_row_has_its_line_and_is_left_out(tmp_path: Path, row: str, code: str, says: str) -> None:
    codes, errors = read(tmp_path, "O82,icd-10-cm,,,,B,", row)
    assert [(c, n) for c, n, text in errors if says in text] == [(code, 3)], errors
    assert [c.code for c in codes] == ["O82"]


def test_a_code_may_return_but_not_stand_twice_on_one_day(tmp_path: Path) -> None:
    rows = ["O80,icd-10-cm,,2020-01-01,,B,", "O80,icd-10-cm,2021-01-01,,,B,", "O80,hcpcs,,,,B,"]
    _, errors = read(tmp_path, *rows[:2])
    assert errors == []
    _, errors = read(tmp_path, "O80,icd-10-cm,,2021-01-02,,B,", rows[1])
    assert [(c, n) for c, n, _ in errors] == [("TRU-R042", 3)]
    assert "is also on line 2" in errors[0][2]


def test_an_empty_set_and_a_wrong_header_are_errors(tmp_path: Path) -> None:
    assert [(c, n) for c, n, _ in read(tmp_path)[1]] == [("TRU-R043", 1)]
    assert [(c, n) for c, n, _ in read(tmp_path, header="code,system")[1]] == [("TRU-R041", 1)]
    (tmp_path / "codes.csv").write_bytes(b"\xff\xfe")
    assert [e.code for e in read_value_set(tmp_path / "codes.csv", "program")[1]] == ["TRU-R001"]


def test_every_code_system_of_the_house_is_known() -> None:
    assert set(FORMS) == {
        "icd-10-cm", "icd-10-cm-category", "icd-10-pcs", "hcpcs", "ms-drg", "apr-drg", "revenue", "place-of-service", "ndc", "dual-status",
        "bill-type", "discharge-status",
    }  # fmt: skip


def test_a_set_is_looked_up_in_the_program_then_its_assumptions_then_the_shared_folder(build: Build) -> None:
    folder = build()
    home, shared = folder / "sample", folder / "common" / "value_sets"
    shared.mkdir(parents=True)
    (shared / "newborn.csv").write_text(f"{HEADER}\n0171,revenue,,,,B,\n", encoding="utf-8")
    assert [c.code for c in load_program(folder, "sample").codes("services.newborn")] == ["0170"]
    (home / "value_sets" / "newborn.csv").rename(home / "assumptions" / "value_sets" / "newborn.csv")
    program = load_program(folder, "sample")
    assert (program.value_set("newborn").origin, [w.code for w in program.warnings]) == ("assumptions", ["cfg.sample_list"])
    (home / "assumptions" / "value_sets" / "newborn.csv").unlink()
    program = load_program(folder, "sample")
    assert (program.value_set("newborn").origin, [c.code for c in program.codes("services.newborn")]) == ("common", ["0171"])
    assert program.warnings == ()


def test_lists_that_exclude_each_other_share_no_code(build: Build) -> None:
    from trueup.errors import RuleErrors

    with pytest.raises(RuleErrors, match=r"TRU-R048.*1 codes are both delivery_vaginal and delivery_cesarean: O82"):
        load_program(build(sets={"vaginal": ["O80,icd-10-cm,,,,B,", "O82,icd-10-cm,,,,B,"]}), "sample")
    with pytest.raises(RuleErrors, match=r"TRU-R046 .*weeks.csv 1 codes have no number, first Z3A39"):
        load_program(build(sets={"vaginal": ["O80,icd-10-cm,,,,B,"], "weeks": ["Z3A39,icd-10-cm,,,,B,"]}), "sample")
