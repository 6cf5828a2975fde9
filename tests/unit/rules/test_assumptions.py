"""Assumptions fill what is unknown and nothing else; settings may change anything and mark the result."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.rules.load import load_program

Build = Callable[..., Path]
Faults = Callable[..., list[tuple[str, int | None, str]]]


def test_assumptions_fill_unknown_paths_in_file_order(build: Build) -> None:
    program = load_program(build(), "sample", assumptions="trial")
    assert program.get("prices.weight_own") == Decimal("0.25")
    assert [c.code for c in program.codes("services.include")] == ["T1033"]
    assert [(p.path, p.value, p.basis, p.reason) for p in program.assumed()] == [
        ("prices.weight_own", Decimal("0.25"), "default", "a quarter"),
        ("episode.minimum_interval_days", 168, "background", "used elsewhere"),
        ("services.include.value_set", "sample_services", "default", "a sample"),
    ]
    assert program.param("prices.weight_own").cite == "trial; default; a quarter"
    assert program.cite("prices.weight_own") == "assumption (trial; default; a quarter)"
    assert program.assumptions_name == "trial"
    assert not program.scenario
    assert [u.path for u in program.unknowns()] == [
        "attribution.accountable.when_lookback_empty",
        "exclusions.triplets.value",
        "settlement.minimum_savings_rate",
    ]


def test_an_assumptions_file_is_found_by_name_or_path(build: Build) -> None:
    folder = build()
    by_name = load_program(folder, "sample", assumptions="trial")
    by_path = load_program(folder, "sample", assumptions=folder / "sample" / "assumptions" / "trial.yaml")
    assert by_name.assumptions_hash == by_path.assumptions_hash


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("prices.weight_own:", "prices.trend_annual:", "TRU-R030", "is known in the rules"),
        ("prices.weight_own:", "prices.weight_ownn:", "TRU-R031", "Did you mean `prices.weight_own`?"),
        ('value: "0.25"', "value_set: visits", "TRU-R032", "is a value, not a value set"),
        ('{value: "0.25", basis', "{basis", "TRU-R032", "needs either `value` or `value_set`"),
        ('value: "0.25"', "value: {unknown: still}", "TRU-R032", "a plain value is due"),
        ('value: "0.25"', "value: 1", "TRU-R007", "expected a share of one in quotes"),
        ('value: "0.25"', "value: 0.25", "TRU-R003", 'Write "0.25".'),
        ("basis: default, reason: a quarter", "basis: guess, reason: a quarter", "TRU-R007", "expected derived, background, default"),
        ("reason: a quarter", "reasn: a quarter", "TRU-R004", "Did you mean `reason`?"),
        ("program: sample", "program: other", "TRU-R012", "is used for sample"),
    ],
)
def test_each_mistake_in_an_assumptions_file_has_a_place(faults: Faults, old: str, new: str, code: str, says: str) -> None:
    found = [(c, n, text) for c, n, text in faults(assumptions=(old, new)) if says in text]
    assert [(c, n, "trial.yaml" in text) for c, n, text in found] == [(code, 3 if code == "TRU-R012" else 5, True)], found


def test_a_value_set_of_an_assumption_must_exist(faults: Faults) -> None:
    [(code, line, text)] = faults(assumptions=("value_set: sample_services", "value_set: sample_servises"))
    assert (code, line) == ("TRU-R040", 7)
    assert "Did you mean `sample_services`?" in text


def test_a_value_where_a_value_set_is_due_is_an_error(faults: Faults) -> None:
    [(code, line, _)] = faults(assumptions=("{value_set: sample_services", "{value: sample_services"))
    assert (code, line) == ("TRU-R032", 7)


def test_settings_change_known_values_lists_and_absent_keys_and_mark_a_scenario(build: Build) -> None:
    program = load_program(
        build(),
        "sample",
        settings={
            "attribution.accountable.min_deliveries": 1,
            "settlement.share_rate": "0.6",
            "exclusions": [],
            "cost.categories.pharmacy.setting": "inpatient",
        },
    )
    assert program.scenario
    assert program.get("attribution.accountable.min_deliveries") == 1
    assert program.get("settlement.share_rate") == Decimal("0.6")
    assert program.ids("exclusions") == []
    assert program.get("cost.categories.pharmacy.setting") == "inpatient"
    assert program.param("settlement.share_rate").origin == "setting"
    assert program.cite("settlement.share_rate") == "setting (scenario)"
    plain = load_program(build(), "sample")
    assert program.rules_hash == plain.rules_hash
    assert plain.settings_hash is None


@pytest.mark.parametrize(
    ("path", "value", "code", "says"),
    [
        ("settlement.share_rte", "0.6", "TRU-R031", "Did you mean `settlement.share_rate`?"),
        ("settlement.share_rate", 1, "TRU-R007", "expected a share of one in quotes"),
        ("cost.basis", "payed", "TRU-R007", "Did you mean paid?"),
        ("services.newborn.value_set", "newborns", "TRU-R040", "Did you mean `newborn`?"),
        ("prices.baseline_period", "PY1", "TRU-R015", "not a baseline period"),
    ],
)
def test_settings_are_typed_like_the_rule(faults: Faults, path: str, value: object, code: str, says: str) -> None:
    [(found, _, text)] = faults(settings={path: value})
    assert found == code
    assert text.startswith(f"{code} settings ")
    assert says in text


def test_settings_win_over_assumptions(build: Build) -> None:
    program = load_program(build(), "sample", assumptions="trial", settings={"prices.weight_own": "0.75"})
    assert program.get("prices.weight_own") == Decimal("0.75")
    assert [p.path for p in program.assumed()] == ["episode.minimum_interval_days", "services.include.value_set"]
    assert [p.path for p in program.settings()] == ["prices.weight_own"]
