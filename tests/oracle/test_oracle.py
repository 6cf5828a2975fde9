"""The package against an independent, row-at-a-time computation of the same page: every table, to the cent.

`TRUEUP_ORACLE_EXAMPLES` raises the number of random histories; mismatches are printed by column, the first ten of each.
"""

from __future__ import annotations

import ast
import os
from dataclasses import asdict
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from oracle import claims
from oracle import run as oracle
from oracle.compare import compare
from oracle.compare_case_rates import compare_months
from oracle.engine_side import PAID, TABLES, both_rules, engine_tables
from oracle.histories import Histories
from oracle.rules import Rules

from trueup import runs
from trueup.claims.intake import load_files
from trueup.pricing.price_set import finalize, read_price_set
from trueup.pricing.usable import as_if_final
from trueup.rules.load import load_program
from trueup.synthetic import generate
from trueup.workspace import Workspace

Row = dict[str, Any]
HERE = Path(__file__).parent
EXAMPLES = int(os.environ.get("TRUEUP_ORACLE_EXAMPLES", "12"))
BY_MONTH, BY_DELIVERY = "ct-husky-maternity", "co-maternity"
BOTH = pytest.mark.parametrize("program_id", [BY_MONTH, BY_DELIVERY])


class Fuzz(NamedTuple):
    """How a program is tried: settings, days near which births are drawn, the periods settled, the as-of day, and other settings to try."""

    settings: dict[str, object]
    days: tuple[date, ...]
    periods: tuple[str, ...]
    as_of: date
    varied: dict[str, tuple[object, ...]]


VARIED: dict[str, tuple[object, ...]] = {
    "episode.merge_days": (0, 3, 7),
    "episode.minimum_interval_days": (0, 168, 200),
    "episode.assign_by": ("delivery_date", "episode_end"),
    "episode.uncoded_outcome": ("live_birth", "stillbirth"),
    "episode.anchor": ("delivery_date", "delivery_stay"),
    "episode.days_before": (280, 100),
    "episode.days_after": (60, 90, 120),
    "services.relevance": ("all", "listed"),
    "services.pharmacy": ("all", "listed"),
    "cost.basis": ("paid", "allowed"),
    "outliers.scope": ("state", "state_cohort"),
    "outliers.high_percentile": ("0.99", "0.90", "0.50"),
    "prices.trend_annual": ("0.00", "0.031", "-0.02"),
    "maturity.held_dollars_limit": ("0.00", "5000.00", "1000000.00"),
}
FUZZ = {
    BY_MONTH: Fuzz(
        {"attribution.accountable.min_deliveries": 3, "maturity.held_dollars_limit": "10000.00", "prices.price_basis": "ffs_history"},
        (date(2023, 3, 1), date(2024, 2, 29), date(2023, 9, 9), date(2025, 1, 1), date(2025, 7, 1), date(2025, 12, 31), date(2025, 4, 4)),
        ("PY2025",),
        date(2026, 12, 31),
        {
            **VARIED,
            "attribution.accountable.min_deliveries": (1, 3, 8),
            "attribution.accountable.operator": ("ge", "gt"),
            "attribution.monthly.quiet_months": (1, 2, 3),
            "attribution.monthly.min_gestation_days": (0, 98, 200),
            "attribution.episode.rule": ("most_trigger_months", "delivering_entity"),
            "outliers.low_percentile": ("0.01", "0.10", "off"),
            "prices.weight_own": ("0.50", "1.00", "0.33"),
            "prices.trend_years": ("midpoint", "2", "1.5"),
            "settlement.cap_on": ("payment", "savings"),
            "settlement.cap_rate": ("0.10", "0.01", "1.00"),
            "settlement.minimum_savings_rate": ("off", "0.02"),
            "settlement.minimum_savings_operator": ("ge", "gt"),
        },
    ),
    BY_DELIVERY: Fuzz(
        {"maturity.held_dollars_limit": "10000.00"},
        (date(2018, 8, 1), date(2019, 6, 6), date(2020, 5, 30), date(2020, 11, 1), date(2021, 9, 1), date(2021, 9, 2), date(2021, 3, 3)),
        ("PY1", "PY2"),
        date(2023, 6, 30),
        {
            **VARIED,
            "outliers.method": ("exclude", "truncate"),
            "prices.minimum_savings_rate": ("0.02", "0.10"),
            "prices.valid_years": (2, 3),
            "settlement.netting": ("net", "separate"),
            "settlement.share_from": ("commendable", "acceptable"),
            "settlement.downside_from_participation_year": (1, 2),
        },
    ),
}


def test_the_oracle_imports_nothing_from_the_package() -> None:
    stages = sorted(p for p in HERE.glob("*.py") if not p.name.startswith("test_") and p.name != "engine_side.py")
    programmed = "rules claims births windows pregnancies attribution_months lines case_rates zero_paid prices settlement run"
    assert {f"{name}.py" for name in programmed.split()} <= {p.name for p in stages}
    for path in stages:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not [n for n in names if n.split(".")[0] == "trueup"], path.name


def check_histories(tables: dict[str, list[Row]], programs: Path, program_id: str, folder: Path, changes: dict[str, object]) -> int:
    """Both computations of the same rows; fails on any difference, else the number of episodes."""
    fuzz = FUZZ[program_id]
    program, rules = both_rules(programs, program_id, {**fuzz.settings, **changes})
    theirs = engine_tables(tables, program, fuzz.as_of, folder, periods=fuzz.periods)
    rows = {name: [{**r, "_file": name, "_row": n} for n, r in enumerate(found, 1)] for name, found in tables.items()}
    if "prices" in theirs:
        ours = oracle.price_and_settle(rows, rules, fuzz.as_of, fuzz.periods)
    else:
        ours = oracle.run_tables(rows, rules, fuzz.as_of)
    differences = compare(ours, theirs)
    compare_months(differences, ours, theirs)
    assert not differences.found, f"with {changes}\n{differences}"
    return len(ours["episodes"])


@BOTH
@pytest.mark.parametrize("seed", range(max(3, EXAMPLES // 15)))
def test_many_random_histories_agree(program_id: str, seed: int, programs: Path, tmp_path: Path) -> None:
    rng = Random(seed)
    fuzz = FUZZ[program_id]
    changes = {path: rng.choice(values) for path, values in fuzz.varied.items() if rng.random() < 0.5} if seed else {}
    tables = Histories(rng, fuzz.days).tables(250, program_id, 0.2 if program_id == BY_MONTH else 0.0)
    assert check_histories(tables, programs, program_id, tmp_path, changes) > 150


@BOTH
@settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    phases=[p for p in Phase if p is not Phase.shrink or EXAMPLES > 50],  # shrinking takes minutes: only when asked for more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(rng=st.randoms(use_true_random=False), members=st.integers(1, 4))
def test_tiny_random_histories_agree(
    program_id: str, programs: Path, tmp_path_factory: pytest.TempPathFactory, rng: Random, members: int
) -> None:
    tables = Histories(rng, FUZZ[program_id].days).tables(members, program_id)
    check_histories(tables, programs, program_id, tmp_path_factory.mktemp("history"), {})


# --- a synthetic state, through the same doors as real claims ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace, dict[str, list[Row]]]:
    folder = tmp_path_factory.mktemp("oracle")
    loaded = [load_program(programs, i, assumptions="illustrative") for i in (BY_MONTH, BY_DELIVERY)]
    generate(loaded, folder / "claims", members=2000, seed=7)
    workspace = Workspace.create(folder / "workspace", "oracle")
    load_files(workspace, sorted(p for p in (folder / "claims").iterdir() if p.name.endswith(".csv.gz")))
    return folder / "claims", workspace, claims.read_folder(folder / "claims")


def read_run(folder: Path, names: list[str]) -> dict[str, list[Row]]:
    return {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in names}


@BOTH
def test_a_synthetic_state_agrees_to_the_cent(program_id: str, programs: Path, state: tuple[Path, Workspace, dict[str, list[Row]]]) -> None:
    _, workspace, tables = state
    by_month = {"attribution.accountable.min_deliveries": 5, "prices.price_basis": "ffs_history"}
    changes: dict[str, object] = by_month if program_id == BY_MONTH else {}
    program = load_program(programs, program_id, assumptions="illustrative", settings=dict(changes))
    period = runs.performance_periods(program)[0].id
    priced_on, settled_on = runs.maturity_date(program, program.text("prices.baseline_period")), runs.maturity_date(program, period)
    made = runs.price(workspace, program, period, priced_on)
    prices = as_if_final(read_price_set(made)) if program.scenario else finalize(made)
    done = runs.run(workspace, program, settled_on, price_sets=[prices], periods=[period], true_up=True)
    assert not done.refusals
    names = [*TABLES, *(PAID if program_id == BY_MONTH else ()), "settlements"]
    theirs = read_run(done.folder, names)
    theirs["prices"] = [asdict(p) for p in prices.content.prices]
    theirs["outlier_lines"] = [asdict(x) for x in prices.content.outlier_lines]
    rules = Rules(programs, program_id, "illustrative", dict(changes))
    priced = oracle.price(tables, rules, priced_on, period)
    rates = [asdict(p) | {"status": "final"} for p in prices.content.prices if p.price == "case_rate"]
    ours = oracle.settle({**tables, "prices": rates}, rules, settled_on, period, priced) | priced
    differences = compare(ours, theirs)
    compare_months(differences, ours, theirs)
    assert not differences.found, f"\n{differences}"
    assert len(ours["episodes"]) > 300
    assert len(ours["settlements"]) >= 2
    assert sum(pair[0] for pair in ours["accounting"].values()) > 20_000


@BOTH
def test_the_oracle_finds_the_public_deliveries(program_id: str, programs: Path, shared_data: Path) -> None:
    folder = shared_data / "claims" / "tuva_layout_200_deliveries"
    result = oracle.run(folder, programs, program_id)
    assert [sum(e["mode"] == mode for e in result["episodes"]) for mode in ("vaginal", "cesarean")] == [136, 64]
    assert result["accounting"] == {("medical_claim", "used", "in_episode"): [1800, 171_200_000]}
