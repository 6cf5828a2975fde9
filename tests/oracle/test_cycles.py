"""Monthly cycles: the same random histories as they are known on several days, computed by the package and by the oracle."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from oracle import run as oracle
from oracle.compare import compare
from oracle.compare_case_rates import compare_months
from oracle.courses import draw_rates
from oracle.engine_side import both_rules, engine_tables
from oracle.histories import Histories

Row = dict[str, Any]
EXAMPLES = int(os.environ.get("TRUEUP_ORACLE_EXAMPLES", "12"))
PROGRAM = "ct-husky-maternity"
DAYS = (
    date(2023, 9, 9), date(2024, 6, 1), date(2025, 1, 1), date(2025, 1, 20), date(2025, 4, 4), date(2025, 7, 1), date(2025, 9, 9),
    date(2025, 12, 31),
)  # fmt: skip
# (as of, a day of the last month due)
CYCLES = (
    (date(2025, 2, 28), None), (date(2025, 6, 15), None), (date(2025, 7, 31), date(2025, 8, 1)), (date(2025, 11, 30), date(2025, 10, 5)),
    (date(2026, 1, 31), None), (date(2027, 3, 31), None),
)  # fmt: skip
FIXED: dict[str, object] = {"attribution.accountable.min_deliveries": 1}
VARIED: dict[str, tuple[object, ...]] = {
    "attribution.accountable.min_deliveries": (0, 1, 5),
    "attribution.accountable.when_lookback_empty": ("own_period", "not_accountable"),
    "attribution.monthly.min_gestation_days": (98, 98, 0, 140),
    "attribution.monthly.quiet_months": (0, 1, 2, 3),
    "attribution.monthly.undecided_move": ("incumbent", "newcomer"),
    "attribution.monthly.trigger_needs_coverage": (True, False),
    "attribution.monthly.provider_types": (["obstetrics"], ["obstetrics", "midwife", "fqhc"], []),
    "case_rate.go_live": (date(2025, 1, 1), date(2025, 1, 15), date(2025, 6, 10)),
    "case_rate.months_after_expected_end": (0, 1, 3),
    "case_rate.roster": ("gate", "participation"),
    "case_rate.rate_change": ("rate_of_month", "locked"),
    "case_rate.portability_rate": ("receiving", "first"),
    "case_rate.same_month": ("pay_both_at_change", "pay_both", "holder_only"),
    "case_rate.recoup_other": (True, False),
    "case_rate.handover_in_tcoc": ("continuing_only", "all"),
    "case_rate.after_stillbirth": ("continue", "stop"),
    "case_rate.trigger_month": ("whole", "from_trigger"),
    "case_rate.stop_on_third_party": (True, False),
    "case_rate.includes_delivery_professional": (True, False),
    "case_rate.zero_pay_reason_code": ("24", "97"),
    "episode.anchor": ("delivery_date", "delivery_stay"),
    "episode.days_before": (280, 100),
    "episode.days_after": (60, 90),
    "episode.minimum_interval_days": (0, 168, 300),
    "episode.outcomes": (["live_birth"], ["live_birth", "stillbirth"]),
    "cost.basis": ("paid", "allowed"),
}
TOLD = ("continuing_only", "all")
SHARES = (("0.45", "0.45", "0.10"), ("0.333", "0.333", "0.334"), ("0.60", "0.07", "0.33"))
DRAWN = ("antepartum", "delivery", "postpartum")


def draw_settings(rng: Random) -> dict[str, object]:
    changes = {path: rng.choice(values) for path, values in VARIED.items() if rng.random() < 0.5}
    shares = rng.choice(SHARES)
    return changes | {f"case_rate.global_split.{part}": share for part, share in zip(DRAWN, shares, strict=True)}


def check_cycle(
    tables: dict[str, list[Row]], rates: list[list[Row]], programs: Path, folder: Path, changes: dict[str, object], cycle: int
) -> Row:
    """Both computations of the same rows on the day of a cycle; fails on any difference, else gives the oracle's tables."""
    as_of, through = CYCLES[cycle]
    program, rules = both_rules(programs, PROGRAM, {**FIXED, **changes})
    theirs = engine_tables(tables, program, as_of, folder, rates=rates, through=through)
    rows = {name: [{**r, "_file": name, "_row": n} for n, r in enumerate(found, 1)] for name, found in tables.items()}
    ours = oracle.run_tables({**rows, "prices": [row for one in rates for row in one]}, rules, as_of, through=through)
    differences = compare(ours, theirs)
    compare_months(differences, ours, theirs)
    assert not differences.found, f"as of {as_of} with {changes}\n{differences}"
    return ours


@pytest.mark.parametrize("cycle", range(len(CYCLES)))
@pytest.mark.parametrize("seed", range(max(2, EXAMPLES // 25)))
def test_a_cycle_of_many_histories_agrees(seed: int, cycle: int, programs: Path, tmp_path: Path) -> None:
    rng = Random(1000 + seed)
    changes = draw_settings(Random(100 * seed + cycle)) if seed else {}
    tables = Histories(rng, DAYS).tables(150, PROGRAM, 0.8)
    found = check_cycle(tables, draw_rates(rng), programs, tmp_path, changes, cycle)
    assert len(found["pregnancies"]) > 20


@settings(
    max_examples=EXAMPLES // 5,
    deadline=None,
    phases=[p for p in Phase if p is not Phase.shrink or EXAMPLES > 50],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(rng=st.randoms(use_true_random=False), members=st.integers(1, 3), cycle=st.integers(0, len(CYCLES) - 1))
def test_a_cycle_of_tiny_histories_agrees(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, rng: Random, members: int, cycle: int
) -> None:
    changes = draw_settings(rng)
    tables = Histories(rng, DAYS).tables(members, PROGRAM, 0.9)
    check_cycle(tables, draw_rates(rng), programs, tmp_path_factory.mktemp("cycle"), changes, cycle)


def test_the_histories_reach_every_word_of_the_tables(programs: Path) -> None:
    """The random histories show every status, rule and reason at least once, so that agreement means something."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(12):
        rng = Random(2000 + seed)
        changes: dict[str, Any] = draw_settings(rng) | {"case_rate.recoup_other": bool(seed % 2), "case_rate.go_live": date(2025, 1, 1)}
        changes |= {
            "case_rate.same_month": ("pay_both", "holder_only", "pay_both_at_change")[seed % 3],
            "case_rate.handover_in_tcoc": TOLD[seed % 2],
        }
        changes["attribution.accountable.min_deliveries"] = (0, 0, 0, 1)[seed % 4]
        _, rules = both_rules(programs, PROGRAM, {**FIXED, **changes})
        tables, rates = Histories(rng, DAYS).tables(60, PROGRAM, 0.9), draw_rates(rng)
        for as_of, through in (CYCLES[2], CYCLES[-1]):
            found = oracle.run_tables({**tables, "prices": [r for one in rates for r in one]}, rules, as_of, through=through)
            for table, column in (
                ("pregnancies", "end_kind"), ("pregnancies", "start_source"), ("attribution_months", "rule"), ("payments", "reason"),
                ("case_rate_months", "status"), ("case_rate_months", "stop_reason"), ("case_rate_months", "unpaid_reason"),
                ("zero_pay_lines", "status"), ("zero_pay_lines", "component"),
            ):  # fmt: skip
                seen.update((column if column != "status" else f"{table}.status", row[column]) for row in found[table])
            seen.update(("handover_cost", "some") for e in found["episodes"] if e["handover_cost_cents"])
            seen.update(("pregnancy", "none") for r in found["zero_pay_lines"] if r["pregnancy"] is None)
    wanted = {
        "end_kind": "live_birth stillbirth loss open",
        "start_source": "birth trigger_weeks trigger_code window",
        "rule": "trigger carried_forward moved_transfer moved_delivery moved_quiet handover_month",
        "reason": "attributed handover overlap paid_twice restored",
        "case_rate_months.status": "attributed handover overlap",
        "stop_reason": "member_died stillbirth not_covered third_party",
        "unpaid_reason": "not_in_care before_go_live ended_before_go_live outside_periods not_accountable not_on_roster same_month_rule "
        "recouped no_rate not_due",
        "zero_pay_lines.status": "zero_paid to_zero to_restore fee_for_service",
        "component": "visit antepartum delivery postpartum",
        "handover_cost": "some",
        "pregnancy": "none",
    }
    missing = [(column, word) for column, words in wanted.items() for word in words.split() if not seen[column, word]]
    assert not missing, missing
