"""The cliffs of the shipped programs are listed, each with the rule that makes it."""

from __future__ import annotations

from pathlib import Path

from trueup.rules.cliffs import Cliff, cliffs
from trueup.rules.load import load_program


def test_a_program_lists_its_outlier_lines_volume_gate_and_gates(programs: Path) -> None:
    found = cliffs(load_program(programs, "ct-husky-maternity", assumptions="illustrative"))
    assert (
        Cliff(
            "exclusions.high_cost_outlier.value",
            "An episode a cent above its outlier line leaves the result together with its target; at the line it stays.",
        )
        in found
    )
    assert (
        Cliff("exclusions.eligibility_gap.value", "An episode with longest gap days above 45 leaves the result together with its target.")
        in found
    )
    assert (
        Cliff("attribution.accountable.min_deliveries", "A practice takes part with deliveries at or above 30; one delivery decides.")
        in found
    )
    assert [c.text for c in found if c.path == "settlement.mechanism"] == [
        "A practice that fails the gate `quality` earns nothing, whatever its savings.",
        "A practice that fails the gate `under_service` earns nothing, whatever its savings.",
    ]


def test_an_unknown_rule_and_a_truncated_outlier_are_no_cliff(programs: Path) -> None:
    assert not any(c.path.startswith("exclusions.eligibility_gap") for c in cliffs(load_program(programs, "ct-husky-maternity")))
    cut = load_program(programs, "ct-husky-maternity", assumptions="illustrative", settings={"outliers.method": "truncate"})
    assert not any(c.path == "exclusions.high_cost_outlier.value" for c in cliffs(cut))


def test_a_minimum_savings_rate_is_a_cliff_once_it_is_set(programs: Path) -> None:
    rate = {"settlement.minimum_savings_rate": "0.02"}
    found = cliffs(load_program(programs, "ct-husky-maternity", assumptions="illustrative", settings=rate))
    assert (
        Cliff("settlement.minimum_savings_rate", "Savings count from 0.02 of the target on: a cent below that rate earns nothing.") in found
    )
