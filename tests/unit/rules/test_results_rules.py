"""Rule files of entity results: what fits together, what is refused with its place, and the page that people sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.cases import case_files, load_cases
from trueup.errors import RuleErrors
from trueup.rules.describe import describe
from trueup.rules.load import load_program


def damaged(programs: Path, folder: Path, old: str, new: str) -> str:
    """The errors of the public program after one change."""
    home = folder / "mssp"
    home.mkdir()
    text = (programs / "mssp" / "2026.yaml").read_text(encoding="utf-8")
    assert old in text
    (home / "2026.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_program(folder, "mssp")
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("downside: false", "downside: true", "a track with downside has `losses` and `loss_limits`"),
        ('losses: {rate: fixed, fixed_rate: "0.30"}', "losses: {rate: fixed}", "`fixed` has `fixed_rate`"),
        ('        revenue_rate: "0.08"\n', "", "`revenue_rate` and `without_revenue` belong together"),
        ("{id: PY2014, sequestration_rate", "{id: PY2013, sequestration_rate", "which no period has as id"),
        ("program_year: 2014, ", "", "PY2014 has none"),
        ("quality_standard_scores:", 'quality_standard: "0.7", quality_standard_scores:', "either `quality_standard` or"),
        ('sharing_rate: "0.50"', "sharing_rate: 0.50", "TRU-R003"),
        ("below_table: {value: stated", "below_table: {value: guess", "guess"),
        ("minimum_savings: table", "minimum_saving: table", "minimum_saving"),
        (", cite: PUF; G1 425.502; READING.md MS-A6}", ", cite: XYZ}", "TRU-R009"),
    ],
)
def test_what_does_not_fit_is_refused(programs: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in damaged(programs, tmp_path, old, new)


def test_the_page_says_what_the_rules_say(programs: Path) -> None:
    page = describe(load_program(programs, "mssp"))
    for sentence in (
        "- **5000** to **5999** members: **3.9%** falling to **3.6%**. [G1 425.604(b); READING.md MS-A2]",
        "- **60000** members and more: **2%**.",
        "- `BASIC_C` bears **30%** of losses.",
        "- `ENHANCED` bears one less the sharing rate that its quality earns, from **40%** to **75%**; the most where quality failed.",
        "- PY2020: **0%** is held back as sequestration.",
        "- PY2020: the sharing rate is the maximum times the quality score.",
        "- PY2020: the adjustment for disasters covers the whole loss.",
        "- PY2026: the share held back as sequestration is **unknown**.",
        "the standard is the mean of **77.73%, 74.54%, 69.27%**.",
        "- Where the guardrail applies, no savings are paid.",
    ):
        assert sentence in page


def test_the_page_marks_what_is_assumed(programs: Path) -> None:
    page = describe(load_program(programs, "mssp", assumptions="illustrative"))
    assert "- PY2026: **2%** (assumed) is held back as sequestration." in page


def test_there_are_at_least_twenty_five_worked_examples(programs: Path) -> None:

    cases = [case for path in case_files(programs / "mssp") for case in load_cases(path)]
    assert len(cases) >= 25
    assert len({case.name for case in cases}) == len(cases)
