"""The section of the rule file: what a check states, what is refused, how it reads as prose, and a run without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from trueup.engine import DuckEngine
from trueup.errors import Refused, RuleError
from trueup.monitoring import stage
from trueup.monitoring.plan import plan_of
from trueup.rules.describe_monitoring import sections
from trueup.rules.load import load_program
from trueup.rules.program import Param, Program
from trueup.rules.prose import Words
from trueup.rules.schema_monitoring import NEEDED, Check, Monitoring

ROOT = Path(__file__).resolve().parents[3]
FUNNEL: dict[str, Any] = {
    "id": "visits", "kind": "funnel", "measure": "postpartum_visit", "direction": "low", "target": "peers", "alpha": "0.025",
    "minimum_units": 30,
}  # fmt: skip
REPORTS: dict[str, Any] = {"id": "r", "kind": "completeness", "minimum_rate": "0.8", "minimum_units": 1, "lag_days": 0}
SECTION: dict[str, Any] = {"base_period": "BASE", "when_too_few": "passes", "false_discovery_rate": "off", "checks": [FUNNEL]}


@pytest.fixture(scope="module")
def program() -> Program:
    return load_program(ROOT / "programs", "ct-husky-maternity", assumptions="illustrative")


@pytest.fixture(scope="module")
def changed(program: Program) -> Callable[..., Program]:
    """The program with other values at paths of its checks."""

    def change(**values: Any) -> Program:
        paths = {f"monitoring.checks.{name.replace('__', '.')}": value for name, value in values.items()}
        assert set(paths) <= set(program.params)
        return replace(program, params={**program.params, **{path: Param(path, value, "test") for path, value in paths.items()}})

    return change


def test_a_target_is_a_share_or_the_peers() -> None:
    assert Check.model_validate(FUNNEL).target.value == "peers"  # pyright: ignore[reportOptionalMemberAccess]
    assert Check.model_validate({**FUNNEL, "target": "0.80"}).target.value == Decimal("0.80")  # pyright: ignore[reportOptionalMemberAccess]
    for wrong in ("1.2", "others", 0.8):
        with pytest.raises(ValidationError, match="share of one in quotes"):
            Check.model_validate({**FUNNEL, "target": wrong})


@pytest.mark.parametrize("term", NEEDED["funnel"])
def test_a_check_states_what_its_kind_needs(term: str) -> None:
    with pytest.raises(ValidationError, match=f"states `{term}`"):
        Check.model_validate({key: value for key, value in FUNNEL.items() if key != term})


def test_a_check_states_nothing_of_another_kind() -> None:
    with pytest.raises(ValidationError, match="has no `compare`"):
        Check.model_validate({**FUNNEL, "compare": "peers"})
    with pytest.raises(ValidationError, match="at most one check of kind `completeness`"):
        Monitoring.model_validate({**SECTION, "checks": [REPORTS, {**REPORTS, "id": "s"}]})
    with pytest.raises(ValidationError):
        Monitoring.model_validate({**SECTION, "checks": []})


def test_a_plan_holds_by_default_and_a_check_may_say_otherwise(program: Program) -> None:
    plan = plan_of(program)
    effects = {check.id: check.effect for check in plan.checks}
    assert (plan.gate, plan.base_period, plan.effect) == ("under_service", "BASE", "hold")
    assert (effects["prenatal_adequacy"], effects["volume_edge"]) == ("hold", "review")
    assert {check.kind for check in plan.checks} == set(NEEDED) - {"migration"}
    params = {path: p for path, p in program.params.items() if path != "monitoring.when_flagged"}
    assert plan_of(replace(program, params=params)).effect == "hold"


def test_names_that_the_rules_lack_are_refused(changed: Callable[..., Program]) -> None:
    with pytest.raises(RuleError, match=r"TRU-Q041 .*checks.switching.factors` names `smoking`"):
        plan_of(changed(switching__factors=["smoking"]))


def test_a_running_sum_watches_for_a_fall(changed: Callable[..., Program]) -> None:
    with pytest.raises(RuleError, match=r"TRU-Q042 .*from 0.60 to 0.60"):
        plan_of(changed(postpartum_run__unacceptable=Decimal("0.60")))


def test_a_pattern_needs_a_level(changed: Callable[..., Program]) -> None:
    with pytest.raises(RuleError, match=r"TRU-Q043 .*delivery_dates.*alpha"):
        plan_of(changed(delivery_dates__alpha=Decimal(0)))


def test_without_assumptions_the_metrics_are_unknown() -> None:
    with pytest.raises(Refused, match="TRU-R014"):
        plan_of(load_program(ROOT / "programs", "ct-husky-maternity"))


def test_a_program_without_the_section_has_empty_tables(program: Program) -> None:
    params = {path: p for path, p in program.params.items() if not path.startswith("monitoring")}
    engine = DuckEngine(threads=1)
    try:
        stage.run(engine, replace(program, params=params))
        assert [engine.count(t) for t in ("monitor_results", "monitor_flags", "computed_gates")] == [0, 0, 0]
        stage.watch_migration(engine, replace(program, params=params))
        assert not engine.has("migration_watch")
    finally:
        engine.close()
    assert sections(Words(replace(program, params=params))) == []


def test_the_section_reads_as_prose(program: Program) -> None:
    ((title, lines),) = sections(Words(program))
    text = "\n".join(lines)
    assert title == "Monitoring"
    assert "Checks stand behind the gate **under_service**. A flag opens a review. Payment waits while its review is open." in text
    assert "only `failed` forfeits" in text
    assert "`prenatal_adequacy`: the rate of **prenatal adequacy** (assumed) **below** everybody else in the period (assumed)" in text
    assert "more than **10%** (assumed) of its own base rate" in text
    assert all(f"`{check}`" in text for check in program.ids("monitoring.checks"))
    assert "**unknown**" not in text


def test_what_is_unknown_is_said_to_be() -> None:
    ((_, lines),) = sections(Words(load_program(ROOT / "programs", "co-maternity")))
    assert "It is the condition of no payment." in lines[0]
    assert "**unknown**" in "\n".join(lines)
