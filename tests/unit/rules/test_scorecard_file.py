"""A scorecard in a file of its own: found, put in its place, its lines named, its sources joined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trueup.errors import RuleErrors
from trueup.rules.load import load_program

Build = Callable[..., Path]
POINTER = ("prices:\n  mechanism", "quality:\n  file: card.yaml\n\nprices:\n  mechanism")
CARD = """\
sources:
  Q: {title: Scorecard, published: 2026, trust: primary}
cite: Q Card
"""


def errors(folder: Path) -> list[tuple[str, str | None]]:
    with pytest.raises(RuleErrors) as caught:
        load_program(folder, "sample")
    return [(e.code, str(e.place).rpartition("/")[2]) for e in caught.value.errors]


def test_a_missing_file_is_named_where_it_is_asked_for(build: Build) -> None:
    folder = build(POINTER)
    line = (folder / "sample" / "2026.yaml").read_text(encoding="utf-8").splitlines().index("  file: card.yaml") + 1
    assert errors(folder) == [("TRU-R151", f"2026.yaml:{line}")]


def test_a_fault_of_the_scorecard_is_reported_in_its_own_file(build: Build) -> None:
    folder = build(POINTER)
    (folder / "sample" / "card.yaml").write_text(CARD + "slotz: []\n", encoding="utf-8")
    assert ("TRU-R004", "card.yaml:4") in errors(folder)


def test_a_shared_scorecard_is_found_among_what_no_program_owns(build: Build) -> None:
    folder = build(POINTER)
    (folder / "common" / "scorecards").mkdir(parents=True)
    (folder / "common" / "scorecards" / "card.yaml").write_text(CARD + "slotz: []\n", encoding="utf-8")
    assert ("TRU-R004", "card.yaml:4") in errors(folder)


def test_a_source_must_say_the_same_in_both_files(build: Build) -> None:
    folder = build(POINTER)
    (folder / "sample" / "card.yaml").write_text(CARD.replace("Q:", "A:"), encoding="utf-8")
    assert ("TRU-R152", "card.yaml:2") in errors(folder)


def test_an_unknown_kind_is_named_with_the_kinds_there_are(build: Build) -> None:
    folder = build(("kind: maternity_episode", "kind: maternity_episodes"))
    with pytest.raises(RuleErrors, match=r"TRU-R150.*2026.yaml:5.*Did you mean `maternity_episode`"):
        load_program(folder, "sample")
