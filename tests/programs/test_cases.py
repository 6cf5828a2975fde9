"""Every worked example of every program holds; each program has at least 25."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.case_runner import execute
from trueup.cases import case_files, load_cases, run_cases
from trueup.rules.load import program_ids

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
FILES = case_files(PROGRAMS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parents[1].name}/{p.stem}")
def test_the_cases_of_a_file_hold(path: Path) -> None:
    report = run_cases([path], PROGRAMS, execute)
    assert report.ok, str(report)


@pytest.mark.parametrize("program", program_ids(PROGRAMS))
def test_a_program_has_at_least_twenty_five_cases(program: str) -> None:
    cases = [case for path in case_files(PROGRAMS / program) for case in load_cases(path)]
    assert len(cases) >= 25
    assert len({case.name for case in cases}) == len(cases)
