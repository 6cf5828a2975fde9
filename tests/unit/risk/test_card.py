"""The model card says what the model is, and hides small groups."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from trueup.risk.card import ModelCard, build_card
from trueup.risk.card_text import to_html, to_markdown
from trueup.risk.fit import FittedRisk, fit_models
from trueup.risk.freeze import FrozenModel, RiskTerms, freeze
from trueup.risk.inputs import FitConfig, FitRows

from .conftest import MakeRows


@pytest.fixture
def parts(make_rows: MakeRows, terms: RiskTerms) -> tuple[FitRows, FittedRisk, FrozenModel, ModelCard]:
    rows = make_rows(1_000)
    races = tuple("few" if i < 10 else "some" if i < 21 else "many" for i in range(1_000))
    rows = replace(rows, groups={**rows.groups, "race": races}, entity_ids=tuple(f"P{(i % 43) ** 2 % 11}" for i in range(1_000)))
    fitted = fit_models(rows, FitConfig())
    frozen = freeze(fitted, rows, terms)
    return rows, fitted, frozen, build_card(rows, fitted, frozen)


def tables(card: ModelCard) -> dict[str, list[tuple[str, ...]]]:
    return {t.title: list(t.rows) for t in card.tables}


def test_the_card_has_every_part(parts: tuple[FitRows, FittedRisk, FrozenModel, ModelCard]) -> None:
    _, fitted, frozen, card = parts
    found = tables(card)
    assert list(found) == [
        "Relativities", "Choice", "Fit", "By decile of predicted cost", "By size of practice (base episodes)", "By cohort", "By race",
        "By factor",
    ]  # fmt: skip
    facts = dict(card.facts)
    assert facts["SHA-256"] == frozen.sha256
    assert facts["fitted on"] == f"BASE: 1000 retained episodes of {len(set(parts[0].entity_ids))} practices"
    assert [row[0] for row in found["Choice"] if row[-1] == "chosen"] == [fitted.model]
    assert len(found["Choice"]) == 5
    assert [(row[0], row[4]) for row in found["Relativities"]] == [(r.id, f"{r.value:f}") for r in frozen.relativities]
    assert [row[:2] for row in found["Fit"]] == [("capped", "in sample"), ("capped", "out of fold"), ("not capped", "out of fold")]


def test_groups_are_recomputed_from_the_rows(parts: tuple[FitRows, FittedRisk, FrozenModel, ModelCard]) -> None:
    rows, fitted, _, card = parts
    found = {row[0]: row for row in tables(card)["By factor"]}
    have = rows.flags[:, 1]
    actual, guess = fitted.capped[have], fitted.out_of_fold[have]
    label, n, mean, ratio, before, after = found["hypertension"]
    assert (label, n, mean) == ("hypertension", str(have.sum()), f"{actual.mean():.2f}")
    assert ratio == f"{guess.sum() / actual.sum():.4f}"
    assert before == f"{actual.mean() / fitted.capped.mean():.4f}"
    assert after == f"{actual.sum() / guess.sum():.4f}"
    assert float(before) > 1.2 > 1.05 > float(after) > 0.95
    sizes = [int(row[1]) for row in tables(card)["By size of practice (base episodes)"]]
    assert sum(sizes) == 1_000


def test_small_groups_are_hidden(parts: tuple[FitRows, FittedRisk, FrozenModel, ModelCard]) -> None:
    races = {row[0]: row[1:] for row in tables(parts[3])["By race"]}
    assert races["few"] == ("fewer than 11", "", "", "", "")
    assert races["some"][0] == "11"
    assert races["many"][0] == "979"


def test_the_card_reads_as_text_and_as_a_page(parts: tuple[FitRows, FittedRisk, FrozenModel, ModelCard]) -> None:
    card = replace(parts[3], title="a <b> | c", findings=("TRU-K030 x & y",))
    text, page = to_markdown(card), to_html(card)
    assert text.startswith("# a <b> | c\n\n")
    assert text.endswith("- TRU-K030 x & y\n")
    assert "<h2>a &lt;b&gt; | c</h2>" in page
    assert "<li>TRU-K030 x &amp; y</li>" in page
    assert page.count("<table>") == page.count("<caption>") == len(card.tables) + 1
    for part in (text, page):
        assert "Judging quality" in part
        assert not re.search(r"\bnan\b", part)
    widths = [line.count("|") for line in text.split("## Fit")[1].split("## By")[0].splitlines() if line.startswith("|")]
    assert set(widths) == {9}


def test_the_card_names_no_episode(parts: tuple[FitRows, FittedRisk, FrozenModel, ModelCard]) -> None:
    assert "E0000" not in to_markdown(parts[3])
    assert np.all([e.startswith("E") for e in parts[0].episode_ids])
