"""A small invented program, complete and valid, that tests damage in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RULES = """\
# A program nobody runs.
schema: 1
program: sample
title: Sample Maternity Program
kind: maternity_episode
rule_version: "2026.1"
status: draft
effective: {from: 2026-01-01, to: null}

sources:
  A: {title: Program manual, publisher: An agency, published: 2025-10, trust: primary}
  B: {title: Code tables, published: 2025, trust: primary}

superseded_facts:
  - {fact: launch, was: "2025-07-01", cite: A, now: "2026-01-01", by: A}

periods:
  - {id: BASE, role: baseline, first_day: 2024-01-01, last_day: 2024-12-31, cite: A Base}
  - {id: PY1, role: performance, program_year: 1, first_day: 2026-01-01, last_day: 2026-12-31, cite: A Years}
  - {id: PY2, role: performance, program_year: 2, first_day: 2027-01-01, last_day: 2027-12-31, cite: A Years}

arrangement:
  - {id: shared_savings, lan_category: "3A", payment_stream: settlement, cite: A Years}

episode:
  cite: A Episode
  anchor: delivery_date
  days_before: 280
  days_after: 60
  outcomes: {value: [live_birth], cite: A Outcomes}
  assign_by: delivery_date
  merge_days: 3
  minimum_interval_days: {unknown: the manual gives no interval}
  uncoded_outcome: live_birth
  codes:
    delivery_vaginal: {value_set: vaginal, cite: B}
    delivery_cesarean: {value_set: cesarean, cite: B}
    delivery_any: {value_set: any_delivery, cite: B}
    outcome_live: {value_set: live, cite: B}
    outcome_stillbirth: {value_set: still, cite: B}
    loss: {value_set: loss, cite: B}
    gestation_weeks: {value_set: weeks, cite: B}
    fetus_count: {value_set: fetuses, cite: B}
    pregnancy: {value_set: pregnancy, cite: B}

services:
  relevance: all
  pharmacy: all
  include: {value_set: {unknown: the list is not public}}
  newborn: {value_set: newborn, cite: A Newborn}
  carve_outs:
    - {id: extra, value_set: extra, cite: A Extra}

attribution:
  level: billing_tin
  cite: A Attribution
  monthly: null
  episode: {rule: delivering_entity}
  prenatal:
    any_date: {value_set: visits}
    visit: {value_set: visits}
  accountable:
    min_deliveries: {value: 30, cite: A Volume}
    operator: ge
    lookback: BASE
    when_lookback_empty: {unknown: not public}
    excluded_provider_types: []
    provider_type_allowlist: null

participation: {required: true, cite: A Joining}

cohorts:
  flags: []
  otherwise: all

exclusions:
  - {id: died, fact: death_in_window, operator: ge, value: 1, cite: A Exclusions}
  - {id: triplets, fact: fetus_count, operator: ge, value: {unknown: no number is given}}

dual_status: {value_set: duals, cite: A}

cost:
  basis: paid
  categories:
    - {id: pharmacy, claim_type: pharmacy}
    - {id: visits, claim_type: professional, value_set: visits}

outliers:
  cite: A Outliers
  method: exclude
  scope: state
  high_percentile: "0.99"
  low_percentile: "off"

prices:
  mechanism: blended_target
  cite: A Prices
  baseline_period: BASE
  weight_own: {unknown: the manual gives no weight}
  trend_annual: "0.03"
  trend_years: midpoint

settlement:
  mechanism: pooled_target
  cite: A Settlement
  share_rate: "0.5"
  cap_rate: {value: "off", cite: A No cap}
  cap_on: payment
  minimum_savings_rate: {unknown: the manual gives none}
  minimum_savings_operator: ge
  downside: false
  gates:
    - {id: quality, multiplies: true, cite: A Gates}
  rounding: {places: 2, mode: half_up}

maturity:
  cite: A Clocks
  runout_days: 90
  settlement_due_days: 180
  held_dollars_limit: "0.00"
"""

ASSUMPTIONS = """\
schema: 1
name: trial
program: sample
values:
  prices.weight_own: {value: "0.25", basis: default, reason: a quarter}
  episode.minimum_interval_days: {value: 168, basis: background, reason: used elsewhere}
  services.include.value_set: {value_set: sample_services, basis: default, reason: a sample}
"""

HEADER = "code,code_system,effective_from,effective_to,value,cite,label"
SETS = {
    "vaginal": ["O80,icd-10-cm,,,,B,"],
    "cesarean": ["O82,icd-10-cm,,,,B,"],
    "any_delivery": ["O601,icd-10-cm,,,,B,"],
    "live": ["Z370,icd-10-cm,,,,B,one live birth"],
    "still": ["Z371,icd-10-cm,,,,B,one stillbirth"],
    "loss": ["O039,icd-10-cm,,,,B,"],
    "weeks": ["Z3A39,icd-10-cm,,,39,B,", "Z3A40,icd-10-cm,,,40,B,"],
    "fetuses": ["O30003,icd-10-cm,,,2,B,"],
    "pregnancy": ["Z34,icd-10-cm-category,,,,B,"],
    "newborn": ["0170,revenue,,,,B,nursery"],
    "extra": ["S4989,hcpcs,,,,B,"],
    "visits": ["59425,hcpcs,2020-01-01,2026-07-01,,B,", "59425,hcpcs,2026-07-01,,,B,"],
    "duals": ["02,dual-status,,,,B,"],
}

Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Writes the sample program, with `replace` pairs applied to its texts, and gives the folder of programs."""

    def write(*replace: tuple[str, str], assumptions: tuple[str, str] | None = None, sets: dict[str, list[str]] | None = None) -> Path:
        home = tmp_path / "programs" / "sample"
        (home / "value_sets").mkdir(parents=True, exist_ok=True)
        (home / "assumptions" / "value_sets").mkdir(parents=True, exist_ok=True)
        text = RULES
        for old, new in replace:
            assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
            text = text.replace(old, new)
        (home / "2026.yaml").write_text(text, encoding="utf-8")
        assumed = ASSUMPTIONS.replace(*assumptions) if assumptions else ASSUMPTIONS
        (home / "assumptions" / "trial.yaml").write_text(assumed, encoding="utf-8")
        for name, rows in {**SETS, **(sets or {})}.items():
            (home / "value_sets" / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        sample = home / "assumptions" / "value_sets" / "sample_services.csv"
        sample.write_text(f"{HEADER}\nT1033,hcpcs,,,,B,\n", encoding="utf-8")
        return tmp_path / "programs"

    return write


@pytest.fixture
def faults(build: Build) -> Callable[..., list[tuple[str, int | None, str]]]:
    """Builds a damaged sample, loads it and gives code, line and text of every error."""
    from trueup.errors import RuleErrors
    from trueup.rules.load import load_program

    def found(
        *replace: tuple[str, str],
        assumptions: tuple[str, str] | None = None,
        sets: dict[str, list[str]] | None = None,
        settings: dict[str, object] | None = None,
    ) -> list[tuple[str, int | None, str]]:
        folder = build(*replace, assumptions=assumptions, sets=sets)
        with pytest.raises(RuleErrors) as caught:
            load_program(folder, "sample", assumptions="trial" if assumptions else None, settings=settings)
        return [(e.code, e.place.line if e.place else None, str(e)) for e in caught.value.errors]

    return found


@pytest.fixture
def line_of() -> Callable[[str], int]:
    """The line of a text in the sample's rule file."""
    return lambda text: next(i for i, line in enumerate(RULES.splitlines(), 1) if text in line)
