"""A model fitted on the claims of a synthetic state finds what was planted in it, and a frozen one does not change in its year.

Only effects that act on the price of all of a woman's care can be read off total cost: age, heart disease, sickle-cell disease,
homelessness. Diabetes, hypertension, substance use and multiples also change how much care there is; they are in the model so that
they do not disturb the others. Two conditions of the background claims (hypertension, diabetes) have no effect at all, and none may be
found.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from trueup.attribution import stage as attribution
from trueup.candidates.births import stage as candidates
from trueup.claims import stage as claims
from trueup.claims.intake import load_files
from trueup.cost import stage as cost
from trueup.engine import DuckEngine
from trueup.errors import Refused
from trueup.exclusions import stage as exclusions
from trueup.inputs import register_batches, register_prices
from trueup.risk import stage as risk
from trueup.risk.card import build_card
from trueup.risk.comorbidity import RULE_COLUMNS
from trueup.risk.fit import FittedRisk, fit_models
from trueup.risk.freeze import FrozenModel, RiskTerms, freeze, require_frozen, write_model
from trueup.risk.inputs import FitConfig, FitRows, rows_of
from trueup.rules.compile import calendar, compile_rules
from trueup.rules.load import load_program
from trueup.rules.value_sets import read_value_set
from trueup.synthetic import generate
from trueup.units import stage as units
from trueup.workspace import Workspace

PROGRAM = "ct-husky-maternity"
LOOKBACK, EARLY = 365, 139
# factor -> domain, tag, span and value set; or domain, tag, source and band
FACTORS: dict[str, tuple[str, str, str, str | int]] = {
    "age_35_or_more": ("clinical", "pre_existing", "age", 35),
    "multiple_gestation": ("clinical", "pre_existing", "fetus_count", 2),
    "heart_disease": ("clinical", "pre_existing", "delivery", "risk_cardiac"),
    "sickle_cell": ("clinical", "pre_existing", "delivery", "risk_sickle_cell"),
    "homelessness": ("social", "pre_existing", "delivery", "risk_homelessness"),
    "chronic_hypertension": ("clinical", "pre_existing", "early_pregnancy", "risk_chronic_hypertension"),
    "preexisting_diabetes": ("clinical", "pre_existing", "early_pregnancy", "risk_preexisting_diabetes"),
    "prior_cesarean": ("clinical", "pre_existing", "delivery", "risk_prior_cesarean"),
    "substance_use": ("clinical", "pre_existing", "delivery", "risk_substance_use"),
    "gestational_hypertension": ("clinical", "emergent", "episode", "risk_gestational_hypertension"),
    "gestational_diabetes": ("clinical", "emergent", "episode", "risk_gestational_diabetes"),
}
CLEAN = ("age_35_or_more", "heart_disease", "sickle_cell", "homelessness")
NULL = ("chronic_hypertension", "preexisting_diabetes")
TERMS = RiskTerms(PROGRAM, "2025.1", "BASE", "PY2025", LOOKBACK, EARLY, ("pre_existing",))


@dataclass
class Synthetic:
    """The engine with finished episodes, and the ground truth."""

    engine: DuckEngine
    pregnancies: list[dict[str, str]]
    planted: dict[str, float]


def register_rules(engine: DuckEngine, programs: Path, uses: tuple[str, ...]) -> None:
    """The program's rules, with the factors of this test in place of its own."""
    program = load_program(programs, PROGRAM, assumptions="illustrative")
    tables = {t.name: t for t in (*compile_rules(program, as_of=date(2027, 12, 31), workspace_key="risk"), calendar())}
    codes = [r for r in tables["rule_codes"].rows if not str(r["code_role"]).startswith(("risk_", "comorbidity_"))]
    factors: list[dict[str, object]] = []
    for position, (name, (domain, tag, how, what)) in enumerate(FACTORS.items(), 1):
        row: dict[str, object] = {"position": position, "factor": name, "domain": domain, "tag": tag, "used": int(tag in uses)}
        row |= {"pattern_bit": 1 << (position - 1)}
        if isinstance(what, int):
            row |= {"source": how, "band_from": what}
        else:
            row |= {"source": "code", "span": how, "code_role": f"risk_{name}"}
            found, errors = read_value_set(programs / "common" / "value_sets" / f"{what}.csv", "common")
            assert errors == []
            codes += [
                {
                    "code_role": f"risk_{name}", "code_system": c.code_system, "code": c.code,
                    "effective_from": c.effective_from or date(1900, 1, 1), "effective_to": c.effective_to or date(9999, 12, 31),
                }
                for c in found.codes
            ]  # fmt: skip
        factors.append(row)
    for table in tables.values():
        engine.register_rows(table.name, codes if table.name == "rule_codes" else table.rows, table.columns)
    factor_columns = dict.fromkeys(("factor", "domain", "tag", "source", "code_role", "span"), "VARCHAR")
    factor_columns |= dict.fromkeys(("position", "band_from", "band_to", "used"), "INTEGER") | {"pattern_bit": "BIGINT"}
    engine.register_rows("rule_risk_factors", factors, factor_columns)
    engine.register_rows(
        "rule_risk", [{"lookback_days": LOOKBACK, "early_days": EARLY}], dict.fromkeys(("lookback_days", "early_days"), "INTEGER")
    )
    engine.register_rows("rule_comorbidity", [], RULE_COLUMNS)


@pytest.fixture(scope="module")
def state(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    """20,000 members, taken to finished episodes."""
    folder = tmp_path_factory.mktemp("risk")
    program = load_program(programs, PROGRAM, assumptions="illustrative")
    made = generate([program], folder / "claims", members=20_000, seed=1, file_format="parquet")
    ws = Workspace.create(folder / "workspace", "risk")
    load_files(ws, [path for path in made.files.values() if path.parent == folder / "claims"])
    engine = DuckEngine()
    register_batches(engine, [b.path for b in ws.batches()])
    register_rules(engine, programs, ("pre_existing", "emergent"))
    register_prices(engine, [])
    for stage in (candidates, claims, units, attribution, exclusions):
        for step in stage.STEPS:
            engine.run(step)
    risk.run(engine, None)
    for step in cost.STEPS:
        engine.run(step)
    truth = folder / "claims" / "ground_truth"
    with (truth / "pregnancies.csv").open(encoding="utf-8") as file:
        pregnancies = list(csv.DictReader(file))
    with (truth / "risk_effects.csv").open(encoding="utf-8") as file:
        planted = {r["risk"]: float(r["cost_multiplier"]) for r in csv.DictReader(file)}
    return Synthetic(engine, pregnancies, planted)


def every_episode(engine: DuckEngine) -> FitRows:
    """Retained episodes of all periods: more of them make the errors smaller."""
    patterns = {r["episode_id"]: r["pattern"] for r in engine.rows("episode_patterns")}
    kept = [e for e in engine.rows("episodes", order_by=("episode_id",)) if not e["exclusion_reasons"]]
    rows = [{**e, "entity_id": e["attributed_entity_id"] or "", "pattern": patterns[e["episode_id"]], "race": "not stated"} for e in kept]
    return rows_of(rows, risk.factors_of(engine))


@pytest.fixture(scope="module")
def fitted(state: Synthetic) -> FittedRisk:
    return fit_models(every_episode(state.engine), FitConfig(models=("gamma_log",), cap_percentile=None))


def effects(fitted: FittedRisk) -> dict[str, tuple[float, float]]:
    """Factor -> coefficient and its standard error, on the log scale."""
    found = fitted.coefficients
    return {c.id: (float(found.values[n]), float(found.high[n] - found.low[n]) / (2 * 1.959964)) for n, c in enumerate(fitted.columns)}


def test_planted_effects_are_recovered_within_their_error(state: Synthetic, fitted: FittedRisk) -> None:
    """Stated error: three standard errors, and a tenth of the effect for care whose price no condition moves (drugs, doulas)."""
    found = effects(fitted)
    for name in CLEAN:
        value, error = found[name]
        effect = math.log(state.planted[name])
        assert error < 0.03, name
        assert abs(value - effect) < 3 * error + 0.1 * effect, (name, value, effect, error)
        assert value > 3 * error, name


def test_conditions_without_effect_have_none(fitted: FittedRisk) -> None:
    found = effects(fitted)
    for name in NULL:
        value, error = found[name]
        assert error < 0.05, name
        assert abs(value) < 3 * error, (name, value, error)


def test_what_also_changes_the_amount_of_care_shows_more_than_its_price(state: Synthetic, fitted: FittedRisk) -> None:
    """Total cost holds both: an earlier cesarean mostly means another one, substance use means treatment."""
    found = effects(fitted)
    for name in ("multiple_gestation", "prior_cesarean", "substance_use"):
        value, error = found[name]
        assert value > math.log(state.planted[name]) + 3 * error, name


def test_factors_are_found_where_they_are(state: Synthetic) -> None:
    """Against the ground truth: no factor without the condition, and few conditions without the factor."""
    units = {r["episode_id"]: (r["member_id"], str(r["delivery_date"])) for r in state.engine.rows("episode_units")}
    found: dict[str, set[tuple[str, str]]] = {}
    for r in state.engine.rows("episode_factors"):
        found.setdefault(r["factor"], set()).add(units[r["episode_id"]])
    known = set(units.values())
    for name in ("heart_disease", "sickle_cell", "homelessness"):
        everywhere = {(p["member_id"], p["delivery_date"]) for p in state.pregnancies if p[name] == "true"}
        true = everywhere & known
        later = {(member, day) for member, day in found[name] - true if any(m == member and d < day for m, d in everywhere)}
        assert found[name] - true == later  # a condition of an earlier pregnancy is still in the look-back
        assert len(found[name] & true) > 0.93 * len(true) > 50


# --- frozen ------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Frozen:
    """The base period's model under the default, conditions that were there before only."""

    rows: FitRows
    fitted: FittedRisk
    model: FrozenModel


@pytest.fixture(scope="module")
def frozen(state: Synthetic, programs: Path) -> Frozen:
    register_rules(state.engine, programs, ("pre_existing",))
    risk.run(state.engine, None)
    rows = risk.base_rows(state.engine)
    fitted = fit_models(rows, FitConfig())
    return Frozen(rows, fitted, freeze(fitted, rows, TERMS))


def test_only_conditions_that_were_there_before_set_prices(frozen: Frozen) -> None:
    expected = {name for name, (_, tag, _, _) in FACTORS.items() if tag == "pre_existing"}
    assert frozen.model.knows == expected
    assert len(frozen.rows) > 900
    assert {c.model for c in frozen.fitted.candidates if not c.reason} >= {"ols_capped", "gamma_log", "poisson_log"}
    best = min(c.decile_bias for c in frozen.fitted.candidates)
    assert next(c.decile_bias for c in frozen.fitted.candidates if c.model == frozen.model.model) == best < 0.10


def test_every_episode_is_scored_and_the_base_has_a_mean_of_one(state: Synthetic, frozen: Frozen) -> None:
    risk.run(state.engine, frozen.model)
    scores = {r["episode_id"]: r["risk_score"] for r in state.engine.rows("episode_scores")}
    assert set(scores) == {r["episode_id"] for r in state.engine.rows("episode_units")}
    base = [scores[e] for e in frozen.rows.episode_ids]
    assert abs(sum(base) - len(base)) <= Decimal("0.0000005") * len(base)
    assert min(base) < 1 < max(base)
    # each score again, from the frozen file's numbers and the listed factors
    have: dict[str, set[str]] = {}
    for r in state.engine.rows("episode_factors"):
        have.setdefault(r["episode_id"], set()).add(r["factor"])
    mean = Fraction(frozen.model.normalizer_total) / frozen.model.normalizer_episodes
    for episode, score in scores.items():
        values = [Fraction(r.value) for r in frozen.model.relativities if have.get(episode, set()) & set(r.members)]
        product = math.prod(values, start=Fraction(1))
        total = 1 + sum(values, Fraction(0))
        raw = {"multiplicative": product, "additive": total, "squared": total**2}[frozen.model.form]
        assert abs(Fraction(score) - raw / mean) <= Fraction(1, 2_000_000) + Fraction(1, 10**11)


def test_a_frozen_model_refuses_to_change_in_its_year(state: Synthetic, frozen: Frozen, tmp_path: Path) -> None:
    path = tmp_path / "risk_model.json"
    write_model(path, frozen.model)
    before = path.read_bytes()
    late = every_episode(state.engine)  # the performance period's own claims
    refit = freeze(fit_models(late, FitConfig()), late, TERMS)
    assert [r.value for r in refit.relativities] != [r.value for r in frozen.model.relativities]
    with pytest.raises(Refused, match="TRU-K024"):
        write_model(path, refit)
    assert path.read_bytes() == before
    assert require_frozen(frozen.model, PROGRAM, "PY2025") is frozen.model
    with pytest.raises(Refused, match="TRU-K025"):
        require_frozen(frozen.model, PROGRAM, "PY2026")
    with pytest.raises(Refused, match="TRU-K027"):
        risk.run(state.engine, replace(frozen.model, terms=replace(TERMS, lookback_days=180)))


def test_the_card_shows_that_adjusting_helps_those_with_conditions(frozen: Frozen) -> None:
    card = build_card(frozen.rows, frozen.fitted, frozen.model)
    by_factor = {row[0]: row for table in card.tables if table.title == "By factor" for row in table.rows}
    for name in ("prior_cesarean", "substance_use"):
        before, after = float(by_factor[name][4]), float(by_factor[name][5])
        assert abs(after - 1) < 0.05 < abs(before - 1)


def test_the_same_claims_give_the_same_file(frozen: Frozen) -> None:
    fitted = fit_models(frozen.rows, FitConfig())
    assert freeze(fitted, frozen.rows, TERMS) == frozen.model
    assert np.array_equal(fitted.folds, frozen.fitted.folds)
