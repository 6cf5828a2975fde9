"""Frozen models: six decimals, the normalizer, the hash, and what is refused; scores by hand and by SQL."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed, Refused
from trueup.money import to_places
from trueup.risk import stage
from trueup.risk.fit import fit_models
from trueup.risk.freeze import (
    FrozenModel,
    Relativity,
    RiskTerms,
    freeze,
    model_text,
    normalize,
    normalized,
    parse_model,
    raw_score,
    raw_score_of,
    read_model,
    refuse_refit,
    require_frozen,
    score_of,
    write_model,
)
from trueup.risk.inputs import FORMS, FitConfig, Form, ModelId
from trueup.risk.score import present, require_same_rules, score_patterns

from .conftest import EFFECTS, FACTORS, MakeRows
from .tables import EPISODE, Row, claim, engine_with, factor

D = Decimal
TERMS = RiskTerms("sample", "2025.1", "BASE", "PY2025", 365, 139, ("pre_existing",))


def relativity(name: str, value: str, *members: str) -> Relativity:
    return Relativity(name, "clinical", members or (name,), D(value), D(value), D(value), 100)


def model(form: Form = "multiplicative", **values: str) -> FrozenModel:
    """A model of factors with these relativities, mean raw score 1.25."""
    name: ModelId = {"multiplicative": "gamma_log", "additive": "ols_capped", "squared": "poisson_sqrt"}[form]
    found = tuple(relativity(k, v) for k, v in values.items())
    return FrozenModel(TERMS, name, form, D("10000.000000"), found, (), None, D(125), 100)


# --- normalizing -------------------------------------------------------------------------------------------------------------------------


def test_normalized_scores_have_a_mean_of_one() -> None:
    """T-14."""
    counts = {D("0.8"): 60, D("1.0"): 30, D("1.5"): 10}
    found = normalize(counts)
    assert [str(to_places(found[s], 6)) for s in counts] == ["0.860215", "1.075269", "1.612903"]
    assert sum(count * found[score] for score, count in counts.items()) == 100


@given(st.dictionaries(st.decimals(D("0.000001"), D("999"), places=6), st.integers(1, 10_000), min_size=1, max_size=30))
def test_normalizing_is_neutral_to_the_budget(counts: dict[Decimal, int]) -> None:
    """I-18, exactly."""
    found = normalize(counts)
    assert sum(count * found[score] for score, count in counts.items()) == sum(counts.values())
    assert sorted(counts) == sorted(counts, key=lambda s: found[s])


def test_nothing_to_normalize_by_is_a_defect() -> None:
    for counts in ({}, {D(1): 0}, {D(0): 5}):
        with pytest.raises(CheckFailed, match="TRU-K005"):
            normalize(counts)


# --- scores ------------------------------------------------------------------------------------------------------------------------------


def test_scores_by_hand() -> None:
    log = model(older="1.100000", heart="1.300000")
    assert raw_score_of(log, frozenset()) == 1
    assert raw_score_of(log, frozenset({"older", "heart"})) == D("1.43")
    assert score_of(log, frozenset({"older", "heart"})) == D("1.144000")
    assert score_of(log, frozenset()) == D("0.800000")
    sums = model("additive", older="0.100000", heart="0.300000")
    assert score_of(sums, frozenset({"older", "heart"})) == D("1.120000")
    squares = model("squared", older="0.100000", heart="0.300000")
    assert raw_score_of(squares, frozenset({"older", "heart"})) == D("1.96")


def test_published_relativities_add_up() -> None:
    """T-41: a group of conditions counts once, at the group's weight; age and sex add."""
    weights = {"female_25_29": D("0.103"), "delivery": D("2.411"), "delivery_complicated": D("3.498")}
    plain = raw_score("additive", [weights["female_25_29"], weights["delivery"]]) - 1
    assert plain == D("2.514")
    # the hierarchy drops the delivery without complication where a complicated one is coded
    assert raw_score("additive", [weights["female_25_29"], weights["delivery_complicated"]]) - 1 == D("3.601")


def test_a_merged_factor_counts_once() -> None:
    merged = replace(model(), relativities=(relativity("other_clinical", "1.500000", "hiv", "sickle"),))
    assert raw_score_of(merged, frozenset({"hiv"})) == raw_score_of(merged, frozenset({"hiv", "sickle"})) == D("1.5")


def test_a_score_that_is_not_above_zero_is_refused() -> None:
    for form, values in (("additive", [D("-1")]), ("squared", [D("-1.2")]), ("multiplicative", [D("0")])):
        with pytest.raises(Refused, match="TRU-K021"):
            raw_score(form, values)  # type: ignore[arg-type]


@given(
    st.sampled_from(["additive", "multiplicative", "squared"]),
    st.lists(st.decimals(D("-0.2"), D("3"), places=6), min_size=1, max_size=6),
    st.decimals(0, 2, places=6),
)
def test_a_further_code_never_lowers_a_score(form: Form, others: list[Decimal], more: Decimal) -> None:
    """M-11: with a coefficient of zero or more."""
    values = [1 + v for v in others] if form == "multiplicative" else [max(v, D("-0.1")) for v in others]
    added = 1 + more if form == "multiplicative" else more
    assert raw_score(form, [*values, added]) >= raw_score(form, values)


def test_a_further_code_in_the_base_leaves_the_state_total(make_rows: MakeRows) -> None:
    """M-11: recoding one person moves her score, and after normalization the state total stays the number of episodes."""
    rows = make_rows(500)
    fitted = fit_models(rows, FitConfig(models=("gamma_log",)))
    before = freeze(fitted, rows, TERMS)
    person = int(np.flatnonzero(fitted.matrix.sum(axis=1) == 0)[0])
    matrix = fitted.matrix.copy()
    matrix[person, 1] = 1
    after = freeze(replace(fitted, matrix=matrix), rows, TERMS)
    assert after.relativities == before.relativities
    for frozen, flags in ((before, fitted.matrix), (after, matrix)):
        scores = [normalized(frozen, raw_score_of(frozen, columns_of(frozen, row))) for row in flags]
        assert sum(scores, Fraction(0)) == 500
    assert raw_score_of(after, frozenset({"hypertension"})) > raw_score_of(after, frozenset())


def columns_of(frozen: FrozenModel, row: np.ndarray) -> frozenset[str]:
    return frozenset(r.members[0] for r, has in zip(frozen.relativities, row, strict=True) if has)


# --- freezing ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(FORMS))
def test_a_frozen_model_predicts_what_the_fit_does(make_rows: MakeRows, name: ModelId) -> None:
    rows = make_rows(1_500)
    fitted = fit_models(rows, FitConfig(models=(name,)))
    frozen = freeze(fitted, rows, TERMS)
    assert all(r.value == round(r.value, 6) and r.low <= r.value <= r.high for r in frozen.relativities)
    total = Decimal(0)
    for number in range(0, 1_500, 7):
        raw = raw_score_of(frozen, columns_of(frozen, fitted.matrix[number]))
        assert float(raw * frozen.base) == pytest.approx(float(fitted.predicted[number]), rel=3e-6)
    for row in fitted.matrix:
        total += raw_score_of(frozen, columns_of(frozen, row))
    assert (frozen.normalizer_total, frozen.normalizer_episodes) == (total, 1_500)


def test_planted_effects_are_frozen_to_six_decimals(make_rows: MakeRows) -> None:
    rows = make_rows(3_000, spread=0)
    frozen = freeze(fit_models(rows, FitConfig(models=("gamma_log",), cap_percentile=None)), rows, TERMS)
    assert [float(r.value) for r in frozen.relativities] == pytest.approx(EFFECTS, abs=2e-6)
    assert float(frozen.base) == pytest.approx(10_000, abs=0.01)


def frozen_sample(make_rows: MakeRows, seed: int = 1) -> FrozenModel:
    rows = make_rows(600, seed=seed)
    return freeze(fit_models(rows, FitConfig()), rows, TERMS)


def test_the_text_holds_everything_and_its_hash(make_rows: MakeRows) -> None:
    frozen = frozen_sample(make_rows)
    text = model_text(frozen)
    assert parse_model(text) == frozen
    raw = json.loads(text)
    said = raw.pop("sha256")
    assert said == frozen.sha256
    again = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(again.encode()).hexdigest() == said
    assert "." in raw["relativities"][0]["value"]
    assert not any(isinstance(v, float) for r in raw["relativities"] for v in r.values())


@pytest.mark.parametrize(
    "change",
    [
        ("1.", "2."), ('"schema":1', '"schema":2'), ("gamma_log", "poisson_sqrt"), ('"PY2025"', '"PY2026"'), ("{", "["),
        ('"sha256":"', '"sha256":"0'),
    ],
)  # fmt: skip
def test_a_changed_text_is_refused(change: tuple[str, str]) -> None:
    text = model_text(model(older="1.100000"))
    assert change[0] in text
    with pytest.raises(CheckFailed, match=r"TRU-K022 .*changed after it was frozen"):
        parse_model(text.replace(*change, 1))


def test_a_new_hash_on_changed_whitespace_is_refused_too() -> None:
    text = model_text(model(older="1.100000"))
    with pytest.raises(CheckFailed, match="TRU-K022"):
        parse_model(text.replace(",", ", "))


def test_a_frozen_model_does_not_change_in_its_year(make_rows: MakeRows, tmp_path: Path) -> None:
    frozen, path = frozen_sample(make_rows), tmp_path / "risk_model.json"
    write_model(path, frozen)
    before = path.read_bytes()
    write_model(path, frozen)
    refit = frozen_sample(make_rows, seed=2)
    assert refit.relativities != frozen.relativities
    with pytest.raises(Refused, match=rf"TRU-K024 .* PY2025 has a frozen model \({frozen.sha256[:16]}\)"):
        write_model(path, refit)
    with pytest.raises(Refused, match="TRU-K024"):
        refuse_refit(frozen, replace(refit, terms=replace(TERMS, period="PY2026")))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["risk_model.json"]
    path.write_bytes(before.replace(b'"episodes":', b'"episodes": '))
    with pytest.raises(CheckFailed, match="TRU-K022"):
        read_model(path)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="TRU-K023"):
        read_model(tmp_path / "none.json")


def test_a_period_takes_its_own_model_only() -> None:
    frozen = model(older="1.1")
    assert require_frozen(frozen, "sample", "PY2025") is frozen
    for found, program, period in ((None, "sample", "PY2025"), (frozen, "sample", "PY2026"), (frozen, "other", "PY2025")):
        with pytest.raises(Refused, match="TRU-K025"):
            require_frozen(found, program, period)


# --- scores in the engine ----------------------------------------------------------------------------------------------------------------


def test_the_engine_scores_every_episode_as_a_plain_recomputation(make_rows: MakeRows) -> None:
    """All eight patterns of three factors; the product of the relativities over the mean, in fractions, independent of the code."""
    frozen = frozen_sample(make_rows)
    rules = [factor(n, f.id, domain=f.domain) for n, f in enumerate(FACTORS, 1)]
    parts: list[dict[str, list[Row]]] = [{"rule_risk_factors": rules, "episode_units": []}]
    for number, bits in enumerate(product((0, 1), repeat=3)):
        member = f"M{number}"
        parts.append({"episode_units": [EPISODE | {"episode_id": f"E{number}", "member_id": member}]})
        one = claim(f"V{number}", EPISODE["delivery_date"], *(f"risk_{f.id}" for f, on in zip(FACTORS, bits, strict=True) if on))
        one["member_claims"][0]["member_id"] = member
        parts.append(one)
    engine = engine_with(*parts)
    stage.run(engine, frozen)
    found = {r["episode_id"]: r["risk_score"] for r in engine.rows("episode_scores")}
    assert engine.columns("episode_scores")["risk_score"] == "DECIMAL(9,6)"
    values = [Fraction(r.value) for r in frozen.relativities]
    mean = Fraction(frozen.normalizer_total) / frozen.normalizer_episodes
    for number, bits in enumerate(product((0, 1), repeat=3)):
        have = [v for v, on in zip(values, bits, strict=True) if on]
        linear = math.prod(have, start=Fraction(1)) if frozen.form == "multiplicative" else 1 + sum(have, Fraction(0))
        plain = linear**2 if frozen.form == "squared" else linear
        assert abs(Fraction(found[f"E{number}"]) - plain / mean) <= Fraction(1, 2_000_000) + Fraction(1, 10**11)
    assert len(found) == 8


def sample_engine(*parts: dict[str, list[Row]]):
    return engine_with({"rule_risk_factors": [factor(1, "older"), factor(2, "unused", used=0, tag="emergent", span="episode")]}, *parts)


def test_scores_from_two_sources_are_refused() -> None:
    delivered = {"program": "sample", "member_id": "M1", "delivery_date": EPISODE["delivery_date"]}
    stage.run(sample_engine({"visible_risk_scores": [delivered]}), None)
    stage.run(sample_engine({"visible_risk_scores": [delivered | {"program": "other"}]}), model(older="1.1"))
    with pytest.raises(Refused, match=r"TRU-K020 there are 1 delivered risk scores and a frozen model"):
        stage.run(sample_engine({"visible_risk_scores": [delivered]}), model(older="1.1"))


def test_a_model_of_other_factors_or_another_look_back_is_refused() -> None:
    stage.run(sample_engine(), model(older="1.1"))
    with pytest.raises(Refused, match=r"TRU-K026 .*: heart\."):
        stage.run(sample_engine(), model(older="1.1", heart="1.2"))
    with pytest.raises(Refused, match=r"TRU-K026 .*: older\."):
        stage.run(sample_engine(), model())
    stage.run(sample_engine(), replace(model(), left_out=("older",)))
    other = replace(model(older="1.1"), terms=replace(TERMS, lookback_days=180))
    with pytest.raises(Refused, match="TRU-K027"):
        stage.run(sample_engine(), other)
    with pytest.raises(Refused, match="TRU-K027"):
        require_same_rules(model(older="1.1"), FACTORS[:1], None)


def test_patterns_name_their_factors() -> None:
    assert present(5, FACTORS) == {"older", "housing"}
    assert present(0, FACTORS) == frozenset()


def test_a_score_of_a_thousand_is_refused() -> None:
    with pytest.raises(Refused, match=r"TRU-K029 the factors older would score 1000\.000000"):
        score_patterns(model(older="1250.000000"), FACTORS, [1])
    assert score_patterns(model(older="1249.998750"), FACTORS, [1]) == [{"pattern": 1, "risk_score": D("999.999000")}]
