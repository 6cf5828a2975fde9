"""Models: closed forms, planted effects, folds by practice, the choice, rare factors, signs."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed, Refused
from trueup.risk import fit, glm
from trueup.risk.design import assign_folds, build_design, independent
from trueup.risk.fit import fit_models
from trueup.risk.inputs import FORMS, MODELS, Factor, FitConfig, ModelId

from .conftest import EFFECTS, MakeRows

OFF = FitConfig(cap_percentile=None)


def columns(*values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64).T


def test_every_model_has_a_form() -> None:
    assert set(FORMS) == set(MODELS) == set(get_args(ModelId))


def test_gamma_log_with_one_factor_predicts_the_group_means() -> None:
    """T-42: whatever the spread."""
    for near, far in (([9_000.0, 11_000.0], [13_000.0, 15_000.0]), ([1_000.0, 19_000.0], [500.0, 27_500.0])):
        found = glm.fit(columns([0, 0, 1, 1]), np.array(near + far), "gamma", "log")
        assert found.intercept == pytest.approx(math.log(10_000), abs=1e-9)
        assert round(found.intercept, 6) == 9.210340
        assert round(float(found.coefficients[0]), 6) == 0.336472


@pytest.mark.parametrize(
    ("family", "link", "intercept", "coefficient"),
    [("normal", "identity", 10_000, 4_000), ("poisson", "log", math.log(10_000), math.log(1.4)),
     ("poisson", "sqrt", 100, math.sqrt(14_000) - 100)],
)  # fmt: skip
def test_other_links_with_one_factor_predict_the_group_means(family: str, link: str, intercept: float, coefficient: float) -> None:
    found = glm.fit(columns([0, 0, 1, 1]), np.array([9_000.0, 11_000.0, 13_000.0, 15_000.0]), family, link)  # type: ignore[arg-type]
    assert found.intercept == pytest.approx(intercept, rel=1e-8)
    assert float(found.coefficients[0]) == pytest.approx(coefficient, rel=1e-8)


def test_capped_ols_agrees_with_least_squares(make_rows: MakeRows) -> None:
    rows = make_rows(400)
    design = build_design(rows, 30)
    dollars = rows.cost_cents / 100
    found = fit.fit_one("ols_capped", design.columns, design.matrix, dollars, OFF)
    expected = np.linalg.lstsq(np.column_stack([np.ones(400), design.matrix]), dollars, rcond=None)[0]
    assert found.intercept == pytest.approx(expected[0], rel=1e-9)
    assert found.values == pytest.approx(expected[1:], rel=1e-7)
    assert found.predict(design.matrix).sum() == pytest.approx(dollars.sum(), rel=1e-10)


@pytest.mark.parametrize("model", ["gamma_log", "poisson_log", "two_stage"])
def test_planted_effects_come_back(make_rows: MakeRows, model: ModelId) -> None:
    found = fit_models(make_rows(6_000), replace(OFF, models=(model,)))
    for planted, value, low, high in zip(EFFECTS, found.coefficients.values, found.coefficients.low, found.coefficients.high, strict=True):
        error = (high - low) / (2 * 1.96)
        assert abs(value - math.log(planted)) < 3 * error
        assert 0.003 < error < 0.03


def test_without_noise_effects_are_exact(make_rows: MakeRows) -> None:
    found = fit_models(make_rows(spread=0), replace(OFF, models=("gamma_log",)))
    assert np.exp(found.coefficients.values) == pytest.approx(EFFECTS, abs=2e-6)
    assert math.exp(found.coefficients.intercept) == pytest.approx(10_000, abs=0.01)


def test_two_stage_gives_social_factors_what_clinical_ones_leave(make_rows: MakeRows) -> None:
    """The clinical coefficients are those of a regression that knows no social factor."""
    rows = make_rows(spread=0)
    flags = rows.flags.copy()
    flags[:, 2] &= flags[:, 1] | (np.arange(len(rows)) % 9 > 0)
    rows = replace(rows, flags=flags)
    both = fit_models(rows, replace(OFF, models=("two_stage",)))
    design = build_design(rows, 30)
    clinical = glm.fit(design.matrix[:, :2], rows.cost_cents / 100, "gamma", "log")
    assert both.coefficients.values[:2] == pytest.approx(clinical.coefficients, abs=1e-9)


def test_the_model_that_made_the_costs_wins(make_rows: MakeRows) -> None:
    models = ("ols_capped", "gamma_log")
    assert fit_models(make_rows(6_000, spread=0.05, form="additive"), replace(OFF, models=models)).model == "ols_capped"
    effects = fit_models(make_rows(6_000, spread=0, form="multiplicative"), replace(OFF, models=models))
    assert effects.model == "gamma_log"
    assert [c.decile_bias for c in effects.candidates][1] == 0


def test_a_tie_goes_to_capped_ols(make_rows: MakeRows) -> None:
    """With one factor every model predicts the group means, so all are equal."""
    rows = make_rows(spread=0)
    rows = replace(rows, flags=rows.flags[:, :1], factors=rows.factors[:1], cost_cents=np.where(rows.flags[:, 0], 1_400_000, 1_000_000))
    found = fit_models(rows, replace(OFF, models=("gamma_log", "poisson_sqrt", "poisson_log", "ols_capped")))
    assert {c.decile_bias for c in found.candidates} == {0.0}
    assert found.model == "ols_capped"


def test_the_order_of_rows_changes_nothing(make_rows: MakeRows) -> None:
    rows = make_rows(900)
    order = np.random.default_rng(5).permutation(900)
    mixed = replace(
        rows, episode_ids=tuple(rows.episode_ids[i] for i in order), entity_ids=tuple(rows.entity_ids[i] for i in order),
        cost_cents=rows.cost_cents[order], flags=rows.flags[order], groups={},
    )  # fmt: skip
    one, two = fit_models(rows, FitConfig()), fit_models(mixed, FitConfig())
    assert (one.model, one.cap_cents) == (two.model, two.cap_cents)
    assert one.coefficients.values == pytest.approx(two.coefficients.values, rel=1e-9)
    assert [c.decile_bias for c in one.candidates] == [c.decile_bias for c in two.candidates]


def test_the_cap_is_the_nearest_rank_and_bounds_what_is_fitted(make_rows: MakeRows) -> None:
    rows = make_rows(100)
    found = fit_models(rows, FitConfig(min_episodes=5, cap_percentile=Decimal("0.90")))
    assert found.cap_cents == sorted(rows.cost_cents.tolist())[89]
    assert float(found.capped.max()) == found.cap_cents / 100


def test_gamma_is_not_compared_where_a_cost_is_zero(make_rows: MakeRows) -> None:
    rows = make_rows(300)
    rows.cost_cents[0] = 0
    found = fit_models(rows, OFF)
    assert {c.model: c.reason for c in found.candidates if c.reason} == {
        "gamma_log": "it needs costs above zero", "two_stage": "it needs costs above zero",
    }  # fmt: skip
    assert [f.code for f in found.findings] == ["TRU-K033", "TRU-K033"]


# --- signs, rare factors, columns that say nothing ---------------------------------------------------------------------------------------


def test_a_sign_constraint_sets_a_negative_effect_to_zero_and_refits_the_rest(make_rows: MakeRows) -> None:
    rows = make_rows(1_000, spread=0)
    rows = replace(rows, cost_cents=np.where(rows.flags[:, 1], rows.cost_cents // 3, rows.cost_cents))
    free = fit_models(rows, replace(OFF, models=("gamma_log",)))
    bound = fit_models(rows, replace(OFF, models=("gamma_log",), signs="non_negative"))
    assert float(free.coefficients.values[1]) < -0.5
    assert float(bound.coefficients.values[1]) == 0
    design = build_design(rows, 30)
    alone = glm.fit(design.matrix[:, [0, 2]], rows.cost_cents / 100, "gamma", "log")
    assert bound.coefficients.values[[0, 2]] == pytest.approx(np.maximum(alone.coefficients, 0), abs=1e-9)


def with_counts(make_rows: MakeRows, *counts: int) -> tuple[list[str], list[str], list[tuple[str, int]]]:
    rows = make_rows(200)
    flags = np.zeros((200, len(counts)), dtype=bool)
    for number, count in enumerate(counts):
        flags[number * 7 : number * 7 + count, number] = True
    factors = tuple(Factor(f"f{i}", "clinical" if i < 3 else "social", "pre_existing", 1 << i) for i in range(len(counts)))
    design = build_design(replace(rows, flags=flags, factors=factors), 30)
    return [c.id for c in design.columns], sorted(design.left_out), [(f.code, f.count) for f in design.findings]


def test_thirty_episodes_keep_a_factor_and_twenty_nine_do_not(make_rows: MakeRows) -> None:
    assert with_counts(make_rows, 30, 60)[0] == ["f0", "f1"]
    assert with_counts(make_rows, 29, 60) == (["f1"], ["f0"], [("TRU-K030", 29)])


def test_findings_show_no_small_count(make_rows: MakeRows) -> None:
    for count, words in ((10, "fewer than 11 episodes together"), (11, "11 episodes together")):
        rows = make_rows(200)
        flags = np.zeros((200, 3), dtype=bool)
        flags[:count, 0], flags[:60, 1], flags[20:90, 2] = True, True, True
        (finding,) = build_design(replace(rows, flags=flags), 30).findings
        assert f"older: {words}, 30 are needed; left out." == finding.message


def test_rare_factors_of_a_domain_merge_if_they_are_enough_together(make_rows: MakeRows) -> None:
    # f0 has rows 0-24, f1 rows 7-31: 32 rows together
    assert with_counts(make_rows, 25, 25, 60) == (["f2", "other_clinical"], [], [("TRU-K030", 32)])


def test_a_factor_nearly_everybody_has_is_left_out(make_rows: MakeRows) -> None:
    assert with_counts(make_rows, 171, 60) == (["f1"], ["f0"], [("TRU-K031", 171)])


def test_a_factor_that_says_nothing_new_is_left_out(make_rows: MakeRows) -> None:
    rows = make_rows(300)
    flags = np.column_stack([rows.flags[:, 0], ~rows.flags[:, 0], rows.flags[:, 2]])
    design = build_design(replace(rows, flags=flags), 30)
    assert ([c.id for c in design.columns], design.left_out) == (["older", "housing"], ("hypertension",))
    assert [f.code for f in design.findings] == ["TRU-K032"]


def test_independent_columns_match_the_rank() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        matrix = (draw.random((40, 8)) < 0.4).astype(np.float64)
        matrix[:, 5] = np.maximum(matrix[:, 0], matrix[:, 1])
        matrix[:, 6] = matrix[:, 2]
        keep = independent(matrix)
        whole = np.linalg.matrix_rank(np.column_stack([np.ones(40), matrix]))
        assert len(keep) + 1 == whole
        assert 6 not in keep


# --- folds ---------------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 30), min_size=1, max_size=300), st.integers(2, 7), st.randoms(use_true_random=False))
def test_a_practice_is_in_one_fold_whole_whatever_the_order(sizes: list[int], folds: int, random: object) -> None:
    entities = [f"P{i}" for i in sizes]
    found = assign_folds(entities, folds)
    home = dict(zip(entities, found.tolist(), strict=True))
    assert [home[e] for e in entities] == found.tolist()
    assert sorted(set(found.tolist())) == list(range(min(folds, len(set(entities)))))
    mixed = entities[:]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert dict(zip(mixed, assign_folds(mixed, folds).tolist(), strict=True)) == home


def test_folds_are_of_like_size() -> None:
    entities = [f"P{i}" for i in range(50) for _ in range(i + 1)]
    counts = np.bincount(assign_folds(entities, 5))
    assert counts.sum() == 1275
    assert counts.max() - counts.min() <= 5


# --- refusals ------------------------------------------------------------------------------------------------------------------------


def test_too_few_episodes_are_refused(make_rows: MakeRows) -> None:
    assert fit_models(make_rows(60), FitConfig()).config.min_episodes == 30
    with pytest.raises(Refused, match=r"TRU-K010 59 retained base episodes; a model needs at least 60"):
        fit_models(make_rows(59), FitConfig())


def test_one_practice_is_refused(make_rows: MakeRows) -> None:
    rows = make_rows(100)
    with pytest.raises(Refused, match="TRU-K011"):
        fit_models(replace(rows, entity_ids=("P1",) * 100), FitConfig())


def test_costs_no_model_fits_are_refused(make_rows: MakeRows) -> None:
    rows = make_rows(100)
    rows.cost_cents[3] = -5
    with pytest.raises(Refused, match=r"TRU-K012 no model can be fitted: gamma_log: it needs costs above zero"):
        fit_models(rows, replace(OFF, models=("gamma_log",)))


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(glm.importlib, "import_module", absent)
    with pytest.raises(Refused, match=r"TRU-K003 .* extra `actuarial`"):
        glm.fit(columns([0, 1]), np.array([1.0, 2.0]), "gamma", "log")


@pytest.mark.parametrize("wrong", [{"models": ("magic",)}, {"models": ()}, {"folds": 1}, {"min_episodes": 0}, {"signs": "up"}])
def test_a_wrong_choice_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(CheckFailed, match="TRU-K001"):
        FitConfig(**wrong)  # type: ignore[arg-type]


def test_rows_of_unequal_length_are_a_defect(make_rows: MakeRows) -> None:
    rows = make_rows(10)
    with pytest.raises(CheckFailed, match="TRU-K002"):
        replace(rows, entity_ids=rows.entity_ids[1:])
    with pytest.raises(CheckFailed, match="TRU-K002"):
        replace(rows, episode_ids=("E000001",) * 10)
