"""`trueup check PATH`: which files a path means, and that everything wrong in them is reported at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from trueup.rules import codes
from trueup.rules.check import check_paths
from trueup.rules.codes import CODES, rule_error

Build = Callable[..., Path]
REGISTRY = (
    "schema: 1\nprograms:\n  - {id: sample, title: Sample Maternity Program, kind: maternity_episode, status: draft, source: A manual}\n"
)


def test_every_program_of_the_checkout_is_without_errors(programs: Path) -> None:
    report = check_paths([programs])
    assert [str(e) for e in report.errors] == []
    assert [(w.code, w.place.source.rsplit("/", 1)[-1]) for w in report.warnings] == [("cfg.period_gap", "2020.yaml")]
    ids = ["co-maternity", "ct-husky-maternity", "ct-obp4p", "ct-peds-psych", "ct-sim-p4p", "ct-sim-ssp", "mssp"]
    assert [(p.id, p.assumptions) for p in report.programs] == [(i, a) for i in ids for a in (None, "illustrative")]
    assert [p.unknown for p in report.programs if p.assumptions] == [0] * len(ids)
    assert min(p.unknown for p in report.programs if not p.assumptions) > 0
    assert report.ok


def test_a_folder_a_program_a_version_and_an_assumptions_file_can_be_named(build: Build) -> None:
    folder = build()
    home = folder / "sample"
    expected = [("sample", "2026.1", None, 6, 0), ("sample", "2026.1", "trial", 3, 3)]
    for path in (folder, home, home / "2026.yaml", home / "assumptions" / "trial.yaml"):
        report = check_paths([path])
        assert [(p.id, p.rule_version, p.assumptions, p.unknown, p.assumed) for p in report.programs] == expected
        assert (report.ok, report.warnings) == (True, [])
    assert "2 checked, 0 errors, 0 warnings." in str(report)


def test_a_path_without_programs_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert [str(e.code) for e in check_paths([empty, tmp_path / "absent"]).errors] == ["TRU-R011", "TRU-R011"]


def test_unused_value_sets_are_read_and_named(build: Build) -> None:
    report = check_paths([build(sets={"spare": ["O80,icd-10-cm,,,,B,"]})])
    assert [(w.code, w.place.source.rsplit("/", 1)[-1]) for w in report.warnings] == [("cfg.unused_value_set", "spare.csv")]
    broken = check_paths([build(sets={"spare": ["o80,icd-10-cm,,,,B,"]})])
    assert [(e.code, e.place.line if e.place else None) for e in broken.errors] == [("TRU-R045", 2)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: sample", "id: simple", "lists simple, but there is no such folder"),
        ("id: sample", "id: simple", "does not list sample"),
        ("Sample Maternity", "Another", "`title` of sample is Another Program, but its newest rule file says Sample Maternity Program."),
        ("status: draft", "status: final", "`status` of sample is final"),
        ("source: A manual", "sourse: A manual", "Did you mean `source`?"),
    ],
)
def test_the_registry_agrees_with_the_folders(build: Build, old: str, new: str, says: str) -> None:
    folder = build()
    (folder / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    assert check_paths([folder]).errors == []
    (folder / "registry.yaml").write_text(REGISTRY.replace(old, new), encoding="utf-8")
    assert [says in str(e) for e in check_paths([folder]).errors].count(True) == 1


def test_a_reading_that_is_cited_must_be_in_the_readings(build: Build) -> None:
    folder = build(("cite: A Clocks", "cite: A Clocks; READING.md SA-A7"))
    reading = folder / "sample" / "READING.md"
    reading.write_text("## SA-A7\n", encoding="utf-8")
    assert check_paths([folder]).warnings == []
    reading.write_text("## SA-A8\n", encoding="utf-8")
    assert [w.message for w in check_paths([folder]).warnings] == ["READING.md holds no SA-A7."]


def test_every_code_is_documented_and_used(root: Path) -> None:
    folder = Path(codes.__file__).parent.parent
    used = {
        code
        for file in folder.rglob("*.py")
        if file.name != "codes.py"
        for code in re.findall(r"TRU-(?:R\d{3}|Q0[12]\d)", file.read_text(encoding="utf-8"))
    }
    assert used == set(CODES)
    with pytest.raises(KeyError):
        rule_error("TRU-R999", "no such code", "file")
