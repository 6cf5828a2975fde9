"""Descriptions are golden: what policy staff sign changes only on purpose. Renew with `TRUEUP_REGOLD=1 pytest tests/unit/rules`."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.rules.describe import describe, describe_tables
from trueup.rules.load import load_program
from trueup.rules.prose import exact, ordinal, percent, plain

PROGRAMS = ("ct-husky-maternity", "co-maternity", "ct-obp4p", "ct-peds-psych", "ct-sim-p4p", "ct-sim-ssp", "mssp")
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "describe"
Build = Callable[..., Path]


def hold(name: str, text: str) -> None:
    """Compare with the golden file, or write it where the environment asks for that."""
    file = GOLDEN / f"{name}.md"
    if os.environ.get("TRUEUP_REGOLD") == "1":
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "read the difference; if it is meant, renew with TRUEUP_REGOLD=1"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("assumptions", [None, "illustrative"])
def test_a_program_reads_as_agreed(programs: Path, program: str, assumptions: str | None) -> None:
    hold(f"{program}.{assumptions or 'published'}", describe(load_program(programs, program, assumptions=assumptions)))


def test_every_value_of_the_rules_is_in_the_description(build: Build) -> None:
    text = describe(load_program(build(), "sample", assumptions="trial"))
    assert "It begins **280** days before the delivery date and ends **60** days after it. [A Episode]" in text
    assert "These outcomes open an episode: **live birth**. [A Outcomes]" in text
    assert "A delivery fewer than **168** (assumed) days after the previous one" in text
    assert "It is accountable with a number of deliveries **at or above** **30**. [A Volume]" in text
    assert "The deliveries are counted in **BASE**. [A Attribution]" in text
    assert "What happens where the claims do not reach back is **unknown**." in text
    assert "`died`: left out if the member died within the episode. [A Exclusions]" in text
    assert "`triplets`: whether the number of fetuses leaves an episode out, and at which number, is **unknown**." in text
    assert "The high-cost line is the **99th percentile** of base cost. [A Outliers]" in text
    assert "There is no low-cost line. [A Outliers]" in text
    assert "Own cost has the weight **25%** (assumed), statewide cost the rest." in text
    assert "Cost is trended by **3%** a year over the years between the middle of the base period" in text
    assert "The practice is paid **50%** of the savings. [A Settlement]" in text
    assert "There is no cap. [A No cap]" in text
    assert "Whether savings count from the first dollar or need a minimum rate is **unknown**." in text
    assert "- `prices.weight_own` is 0.25 (default): a quarter." in text
    assert "- `settlement.minimum_savings_rate`: the manual gives none." in text


def test_every_unknown_and_every_assumption_is_listed(programs: Path) -> None:
    for program_id in PROGRAMS:
        bare = load_program(programs, program_id)
        text = describe(bare)
        assert [u.path for u in bare.unknowns() if f"- `{u.path}`: {u.reason}." not in text] == []
        filled = load_program(programs, program_id, assumptions="illustrative")
        assert filled.unknowns() == []
        text = describe(filled)
        assert [p.path for p in filled.assumed() if f"- `{p.path}` is {exact(p.value)} ({p.basis}): {p.reason}." not in text] == []
        assert "**unknown**" not in text.split("## Calendar")[1]


def test_a_scenario_lists_what_it_sets(build: Build) -> None:
    text = describe(load_program(build(), "sample", settings={"settlement.share_rate": "0.6"}))
    assert "The practice is paid **60%** (setting) of the savings." in text
    assert "## Set by this scenario\n\n- `settlement.share_rate` is 0.6." in text


def test_two_sided_settlement_reads_with_its_operators(programs: Path) -> None:
    text = describe(load_program(programs, "co-maternity", assumptions="illustrative"))
    assert "Actual **below** the commendable total is a gain. The practice is paid **50%** of it." in text
    assert "Actual **above** the acceptable total is a loss" in text
    assert "from its participation year **2** on" in text
    assert "the last day is printed as 10/30/2021" in text


def test_numbers_in_words() -> None:
    assert [percent(Decimal(v)) for v in ("0.50", "0.125", "0", "1")] == ["50%", "12.5%", "0%", "100%"]
    assert [ordinal(Decimal(v)) for v in ("0.99", "0.01", "0.02", "0.93", "0.11", "0.975")] == [
        "99th percentile", "1st percentile", "2nd percentile", "93rd percentile", "11th percentile", "97.5th percentile",
    ]  # fmt: skip
    assert [plain(v) for v in (["fqhc", "midwife"], [], None, True, "own_period")] == [
        "federally qualified health center or midwife", "none", "none", "yes", "the episode's own period",
    ]  # fmt: skip
    assert [exact(v) for v in (["a", "b"], None, False, Decimal("0.50"))] == ["[a, b]", "null", "false", "0.50"]


def test_tables_read_as_agreed() -> None:
    text = describe_tables()
    hold("tables", text)
    assert "| paid_cents | BIGINT | paid |  |" in text
    assert "| outcome | VARCHAR |  | live_birth, stillbirth, loss |" in text
    assert "Key: episode_id." in text
