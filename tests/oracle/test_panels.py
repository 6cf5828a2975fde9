"""Panels and pools of the package against the same words computed row by row: attribution, months, the cut and the cents of every pool."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import panels as oracle
from oracle.panel_histories import history

from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.inputs import register_batches, register_prices
from trueup.payments.panels import stage as add_ons
from trueup.pipeline import FLOWS, register_rules
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.settlement.panel_savings import SharingTerms, counted_savings, shared_cents
from trueup.settlement.pools import Claim, challenge_pool, split_pool

Row = dict[str, Any]
EXAMPLES = int(os.environ.get("TRUEUP_ORACLE_EXAMPLES", "8"))
PERIODS = {"BASE": (date(2024, 1, 1), date(2024, 12, 31)), "PY1": (date(2025, 1, 1), date(2025, 12, 31))}
SETTINGS: tuple[dict[str, object], ...] = (
    {},
    {"panel.attribution.ties": ["dollars", "latest_visit", "smallest_id"], "panel.months.counted_day": "last_day"},
    {"panel.attribution.lookback_ends": "before_period", "panel.attribution.lookback_months": 12},
    {"panel.cost.truncation.method": "percentile", "panel.cost.truncation.percentile": "0.80"},
    {
        "panel.cost.truncation.method": "percentile",
        "panel.cost.truncation.percentile": "0.75",
        "panel.cost.truncation.rank_rule": "higher",
        "panel.cost.truncation.scope": "payer",
    },
    {"panel.cost.truncation.method": "off"},
)


def package(tables: dict[str, list[Row]], program: Program, folder: Path) -> dict[str, list[Row]]:
    """The tables of claims and units, as the flow makes them."""
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [load_rows({k: v for k, v in tables.items() if v}, folder)])
        register_rules(engine, program, as_of=date(2026, 12, 31), workspace_key="oracle")
        register_prices(engine, [])
        for name, module in FLOWS["panel"]:
            if name in ("candidates", "claims", "units") or module is add_ons:
                for step in module.STEPS:
                    engine.run(step)
        assert engine.count("claim_lines") == len(tables["medical_claim"])
        return {name: engine.rows(name) for name in ("panel_members", "panel_months", "panel_costs", "truncation_lines", "panel_groups")}
    finally:
        engine.close()


def expected(tables: dict[str, list[Row]], program: Program) -> dict[str, set[tuple[Any, ...]]]:
    """The same by the oracle: members, months, costs with the cut, and the lines of the cut."""
    visits = [
        oracle.Visit(c["member_id"], c["rendering_npi"], c["billing_tin"], c["claim_start_date"], _cents(c["allowed_amount"]))
        for c in tables["medical_claim"]
        if "hcpcs_code" in c
    ]
    ties = tuple(str(t) for t in program.get("panel.attribution.ties"))
    found: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    names = sorted({s["member_id"] for s in tables["eligibility"]})
    for period, (first, last) in PERIODS.items():
        months = oracle.months_of(tables["eligibility"], names, first, last, program.text("panel.months.counted_day"))
        members = sorted({member for member, _ in months})
        ends, back = program.text("panel.attribution.lookback_ends"), program.integer("panel.attribution.lookback_months")
        homes = oracle.attribute(visits, members, oracle.look_back(first, last, back, ends), ties)
        for member in members:
            npi, group, rule = homes.get(member, (None, None, "no_visit"))
            found["members"].add((period, member, npi, group, rule))
        pieces = _pieces(tables, homes, months)
        totals: dict[tuple[str, str], int] = defaultdict(int)
        for (member, payer, _), (cost, _, _) in pieces.items():
            totals[member, payer] += cost
        lines = _lines(program, totals)
        for scope, line in lines.items():
            found["lines"].add((period, scope, line))
        for member, payer in totals:
            mine = sorted((k for k in pieces if k[:2] == (member, payer)), key=lambda k: (pieces[k][2], k[2]))
            line = lines["all_payers" if "all_payers" in lines else payer]
            for key, kept in zip(mine, oracle.truncated([pieces[k][0] for k in mine], line), strict=True):
                found["costs"].add((period, member, payer, key[2], pieces[key][1], pieces[key][0], kept))
    return found


def _pieces(
    tables: dict[str, list[Row]], homes: dict[str, tuple[str, str, str]], months: dict[tuple[str, int], str]
) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """(member, payer, contract) -> (cost, months, first month)."""
    keys = {
        (member, number): (member, payer, oracle.contract_on(tables["contracts"], homes[member][1], payer, number))
        for (member, number), payer in months.items()
        if member in homes
    }
    cost: dict[tuple[str, str, str], int] = defaultdict(int)
    for c in tables["medical_claim"]:
        key = keys.get((c["member_id"], c["claim_start_date"].year * 12 + c["claim_start_date"].month - 1))
        if key is not None:
            cost[key] += _cents(c["allowed_amount"])
    held: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (_, number), key in keys.items():
        held[key].append(number)
    return {key: (cost[key], len(numbers), min(numbers)) for key, numbers in held.items()}


def _lines(program: Program, totals: dict[tuple[str, str], int]) -> dict[str, int | None]:
    base = "panel.cost.truncation"
    scopes: dict[str, list[int]] = defaultdict(list)
    for (_, payer), total in totals.items():
        scopes[payer if program.text(f"{base}.scope") == "payer" else "all_payers"].append(total)
    method = program.text(f"{base}.method")
    if method == "percentile":
        share, rule = Fraction(program.get(f"{base}.percentile")), program.text(f"{base}.rank_rule")
        return {scope: oracle.rank_line(costs, share, rule) for scope, costs in scopes.items()}
    line = int(program.get(f"{base}.amount") * 100) if method == "fixed" else None
    return dict.fromkeys(scopes, line)


def _cents(dollars: str) -> int:
    return int(Decimal(dollars) * 100)


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_panels_of_random_histories(number: int, programs: Path, tmp_path: Path) -> None:
    program = load_program(programs, "ct-sim-ssp", assumptions="illustrative", settings=SETTINGS[number] or None)
    for seed in range(max(2, EXAMPLES // 4)):
        tables = history(Random(1000 * number + seed))
        folder = tmp_path / str(seed)
        folder.mkdir()
        ours, theirs = expected(tables, program), package(tables, program, folder)
        said = {(r["period"], r["member_id"], r["provider_npi"], r["entity_id"], r["deciding_rule"]) for r in theirs["panel_members"]}
        assert said == ours["members"], f"seed {seed}"
        costs = {
            tuple(r[k] for k in ("period", "member_id", "payer", "contract_id", "member_months", "cost_cents", "truncated_cost_cents"))
            for r in theirs["panel_costs"]
        }
        assert costs == ours["costs"], f"seed {seed}"
        assert {(r["period"], r["scope"], r["amount_cents"]) for r in theirs["truncation_lines"]} == ours["lines"], f"seed {seed}"
        for group in theirs["panel_groups"]:
            parts = [r for r in theirs["panel_costs"] if all(r[k] == group[k] for k in ("entity_id", "payer", "period", "contract_id"))]
            for column in ("member_months", "risk_micros", "cost_cents", "truncated_cost_cents", "primary_care_cents"):
                assert group[column] == sum(r[column] for r in parts)


WEIGHTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 6)), min_size=1, max_size=9)


@given(st.integers(0, 10**9), WEIGHTS)
def test_pools_are_split_as_a_person_would(pool: int, pairs: list[tuple[int, int]]) -> None:
    weights = {f"C{n}": Fraction(a, 1 + b) for n, (a, b) in enumerate(pairs)}
    assert dict(split_pool(pool, list(weights.items())).shares) == oracle.split(pool, weights)


ROWS = st.lists(
    st.builds(
        lambda expected, part, quality, members, passed: {
            "expected": expected, "actual": expected - expected * part // 1000, "quality": Fraction(quality, 97), "members": members,
            "passed": passed,
        },
        st.integers(1, 10**9), st.integers(-300, 300), st.integers(0, 97), st.integers(1, 9000), st.integers(0, 4),
    ),
    min_size=1, max_size=7,
)  # fmt: skip
RATES = st.integers(0, 100).map(lambda n: Decimal(n) / 100)


@settings(max_examples=200)
@given(ROWS, RATES, RATES, RATES)
def test_individual_and_challenge_payments_agree(rows: list[Row], share: Decimal, cap: Decimal, minimum: Decimal) -> None:
    rows = [{**row, "id": f"C{n}"} for n, row in enumerate(rows)]
    individual, parts, left = oracle.challenge(rows, Fraction(share), Fraction(cap), Fraction(minimum))
    terms = SharingTerms(share, minimum, "ge", cap, "savings")
    claims: list[Claim] = []
    for row in rows:
        counted = counted_savings(terms, row["expected"], row["expected"] - row["actual"])
        earned = [shared_cents(terms, row["expected"], counted, quality) for quality in (Fraction(1), row["quality"])]
        claims.append(Claim(row["id"], earned[0], earned[1], row["members"], row["passed"]))
    shares = challenge_pool(claims)
    assert {c.contract_id: c.individual_cents for c in claims} == individual
    assert dict(shares.shares) == parts
    assert shares.undistributed_cents == left
