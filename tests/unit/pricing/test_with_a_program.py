"""Case rates and two-step targets by real rule files: their paths, their types, and a refusal where a value is unknown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trueup.errors import Refused
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, InScope
from trueup.rules.load import load_program

EPISODES = [BaseEpisode("A", "all", 9000_00, episode_id=f"E{n}", in_scope=(InScope("A", 10, 2000_00),)) for n in range(30)]
ROWS = [BaseCaseRate("A", f"P{n}", "live_birth", 10, 2000_00, 20) for n in range(30)]


def test_a_program_with_case_rates_is_priced_in_two_steps(programs: Path):
    program = load_program(programs, "ct-husky-maternity", assumptions="illustrative")
    content = price(program, EPISODES, ["A"], [], program.period("PY2025"), base_case_rates=ROWS)
    assert [(p.price, p.amount_cents) for p in content.prices] == [("case_rate", 200_00), ("target_price", 9000_00)]
    at = {(s.price, s.name): s for s in content.price_steps}
    assert at["case_rate", "replay_dollars"].amount == "60000.00"
    assert at["case_rate", "weight_own"].cite.startswith("assumption (illustrative; ")
    assert at["target_price", "price_basis"].amount == "case_rate_and_ffs"
    assert (at["target_price", "own_in_scope_months"].amount, at["target_price", "own_in_scope_difference"].amount) == ("300", "0.00")


def test_unknown_values_of_the_case_rate_refuse(programs: Path):
    program = load_program(programs, "ct-husky-maternity")
    with pytest.raises(Refused, match="TRU-R014"):
        price(program, EPISODES, ["A"], [], program.period("PY2025"), base_case_rates=ROWS)


def test_lists_of_the_case_rate_are_read_by_their_paths(programs: Path, tmp_path: Path):
    """A copy of the rules with a program change and an add-on written in."""
    shutil.copytree(programs, tmp_path / "programs")
    file = next((tmp_path / "programs").glob("*/2025.yaml"))
    text = file.read_text(encoding="utf-8")
    lists = (
        '    program_changes: [{id: fee, factor: {value: "1.10", cite: S0 Case Rate Payment}, effective_from: 2024-07-01}]\n'
        '    add_ons: [{id: doula, amount_per_month: {value: "12.50", cite: S0 Case Rate Payment}}]\n'
    )
    head, found, tail = text.partition("    base_population:")
    assert found
    file.write_text(head + lists + found + tail, encoding="utf-8")
    program = load_program(tmp_path / "programs", "ct-husky-maternity", assumptions="illustrative")
    content = price(program, EPISODES, ["A"], [], program.period("PY2025"), base_case_rates=ROWS)
    assert content.prices[0].amount_cents == 232_50  # 200 × 1.10 + 12.50
