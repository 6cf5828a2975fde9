"""A scorecard in a rule file: what must be there, what contradicts itself, and its prose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trueup.rules.describe_quality import anchor, sections
from trueup.rules.load import load_program
from trueup.rules.prose import Words

Build = Callable[..., Path]
Faults = Callable[..., list[tuple[str, int | None, str]]]

QUALITY = """\
quality:
  title: Scorecard
  cite: A Quality
  holds: {reporting: 1, performance: 2}
  baseline: baseline_period
  domains:
    - {id: care, weight: "0.75"}
    - {id: voice, weight: "0.25"}
  slots:
    - {id: report, use: reporting, measure: survey, source: submission, domain: voice, weight: "1"}
    - {id: one, use: performance, measure: first_visit, source: submission, direction: higher, domain: care, weight: "0.5",
       threshold: "0.60", benchmark: "0.80", minimum_denominator: 30}
    - {id: two, use: performance, measure: sections, source: submission, direction: lower, domain: care, weight: "0.5",
       threshold: "0.30", benchmark: baseline_p90, minimum_denominator: 30}
    - {id: seen, use: tracked, measure: weight_gain, source: submission, direction: lower, domain: care}
  scoring:
    method: interpolation
    take: better
    maximum_points: "10"
    threshold_bound: inclusive
    rate_places: 4
    round_rates: before_comparison
    points_places: 0
    round_points: before_weighting
    score_places: 4
    topped_out: {median_at: "0.95", maximum_points: "7"}
  peers: {minimum_entities: 20, percentile_method: linear}
  small_numbers: {missing: drop_and_reweight, reweight: within_domain, minimum_measures: 1}
  gate:
    id: quality
    minimum_score: "0.40"
    operator: ge
    multiplier: ladder
    ladder_on: measures_attained
    ladder:
      - {id: two, at: "2", bound: inclusive, multiplier: "0.50"}
      - {id: three, at: "3", bound: inclusive, multiplier: "1"}
  low_score_remedy: {remedy: hold_until_plan, below: "0.50"}
  submission: {deadline_days: 60, minimum_completeness: "0.90", resubmission: until_deadline}
  equity: {strata: {value: [race]}, minimum_count: 11, reference: best}
  pool: {amount: "1000.00", share_by: score}

"""
PRICES = "prices:\n  mechanism"


def quality(*replace: tuple[str, str]) -> tuple[str, str]:
    """The replacement that adds the section, damaged in places."""
    text = QUALITY
    for old, new in replace:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return PRICES, text + PRICES


def test_a_scorecard_that_agrees_with_itself_loads(build: Build) -> None:
    program = load_program(build(quality()), "sample")
    assert program.ids("quality.slots") == ["report", "one", "two", "seen"]
    assert program.text("quality.slots.two.benchmark") == "baseline_p90"


HVBP = (
    '    method: interpolation\n    take: better\n    maximum_points: "10"',
    '    method: hvbp\n    take: better\n    maximum_points: "5"',
)
TOP = '{id: three, at: "3", bound: inclusive, multiplier: "1"}'
ONE = 'weight: "0.5",\n       threshold: "0.60", benchmark: "0.80"'


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (("performance: 2}", "performance: 5}"), "TRU-Q021", "holds 2 slots of performance, but says it holds 5"),
        (("reporting: 1,", "reporting: 0,"), "TRU-Q021", "holds 1 slots of reporting, but says it holds 0"),
        (('care, weight: "0.75"', 'care, weight: "0.70"'), "TRU-Q022", "domains are 0.70 + 0.25 = 0.95"),
        ((ONE, ONE.replace('"0.5"', '"0.6"')), "TRU-Q022", "care are 0.6 + 0.5 = 1.1"),
        (("domain: voice, ", "domain: vocie, "), "TRU-Q023", "`report` has domain `vocie`"),
        (("direction: higher, ", ""), "TRU-Q010", "`first_visit` of `one` has no direction"),
        ((ONE, ONE.replace("0.80", "0.60")), "TRU-Q013", "0.60 is not better than the threshold 0.60; higher"),
        (("benchmark: baseline_p90", 'benchmark: "0.31"'), "TRU-Q013", "lower is better"),
        ((ONE, ONE.replace('threshold: "0.60", ', "")), "TRU-Q011", "`one`: method interpolation needs `threshold`"),
        (("method: interpolation", "method: ladder"), "TRU-Q011", "needs `cut_points`"),
        (HVBP, "TRU-Q024", "up to 10"),
        (("missing: drop_and_reweight", "missing: pool_years"), "TRU-Q024", "`missing: pool_years` needs `pool_periods`"),
        ((TOP, TOP.replace('"1"', '"0.4"')), "TRU-Q026", "step 3"),
        ((TOP, TOP.replace('"3"', '"2"')), "TRU-Q026", "step 2 of the ladder"),
        (("    id: quality\n", "    id: qualty\n"), "TRU-Q027", "gate `qualty`"),
    ],
)
def test_a_scorecard_that_contradicts_itself_is_refused(faults: Faults, damage: tuple[str, str], code: str, words: str) -> None:
    found = faults(quality(damage))
    assert any(c == code and words in text for c, _, text in found), found


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (('threshold: "0.60"', "threshold: baseline_p100"), "a figure of the peers"),
        (("score_places: 4", "score_places: 7"), "score_places"),
        (("use: tracked, ", 'use: tracked, weight: "0.1", '), "only tracked has none"),
        (('domain: voice, weight: "1"}', "domain: voice}"), "a slot that counts has a `weight`"),
        (("use: tracked, ", "use: tracked, figure: gap_ratio, "), "every gap needs one"),
    ],
)
def test_a_slot_has_the_form_of_its_use(faults: Faults, damage: tuple[str, str], words: str) -> None:
    found = faults(quality(damage))
    assert any(words in text for _, _, text in found), found


def test_slots_and_sets_do_not_mix(faults: Faults) -> None:
    sets = "  sets:\n    - {id: list, use: tracked, measures: {value: [a]}, source: submission, domain: care}\n  scoring:\n"
    assert ("TRU-Q020", "either `slots` or `sets`") in [
        (code, "either `slots` or `sets`")
        for code, _, text in faults(quality(("  scoring:\n", sets)))
        if "either `slots` or `sets`" in text
    ]


def test_weights_are_whole_in_every_program_year(faults: Faults) -> None:
    late = ("{id: two, use: performance, measure: sections,", "{id: two, use: performance, from_program_year: 2, measure: sections,")
    found = faults(quality(late))
    assert [code for code, _, _ in found] == ["TRU-Q022"]
    assert "0.5 = 0.5" in found[0][2]


def test_what_is_unknown_cannot_be_wrong_yet(build: Build) -> None:
    text = quality((ONE, ONE.replace('"0.5"', "{unknown: none given}")))
    assert not load_program(build(text), "sample").known("quality")


def test_deciles_need_nine_edges(faults: Faults) -> None:
    edges = "".join(f'      - {{id: e{n}, at: "0.{n}", bound: inclusive, points: "{n}"}}\n' for n in range(1, 9))
    found = faults(quality(("    method: interpolation\n", f"    method: deciles\n    cut_points:\n{edges}")))
    assert "TRU-Q012" in [code for code, _, _ in found]


def test_a_cut_point_earns_no_more_than_a_measure_can(faults: Faults) -> None:
    cut = '    method: ladder\n    cut_points:\n      - {id: top, at: "0.9", bound: inclusive, points: "11"}\n'
    assert "TRU-Q025" in [code for code, _, _ in faults(quality(("    method: interpolation\n", cut)))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("own_baseline", "the practice's own baseline"),
        ("baseline_p25", "25th percentile of all entities in the baseline"),
        ("peer_top_decile_mean", "mean of the best tenth of all entities in the same period"),
        ("baseline_median", "median of all entities in the baseline"),
    ],
)
def test_anchors_in_words(value: str, words: str) -> None:
    assert anchor(value) == words


def test_a_scorecard_in_prose(build: Build) -> None:
    lines = [line for _, part in sections(Words(load_program(build(quality()), "sample"))) for line in part]
    text = "\n".join(lines)
    for said in (
        "The scorecard holds **1** measures of reporting and **2** of performance. [A Quality]",
        "`two`, performance: **`sections`**, from **submission**; weight **50%**; threshold **0.30**; benchmark **90th percentile of all",
        "Domain `care` weighs **75%**.",
        "Results are rounded to **4** decimals before they are compared. Points of a measure are rounded to **0** decimals before they",
        "Gate `quality` passes with a score **at or above** **0.40**.",
        "From **2** on (measures attained, **inclusive**): **50%**.",
        "With a score below **0.50** the settlement waits until an improvement plan is accepted",
        "A pool of **1000.00** dollars a period is shared by **score** among those who pass the gate.",
        "It must cover **90%** of those expected.",
        "No group is a factor of a price.",
    ):
        assert said in text, said


def test_a_program_without_a_scorecard_says_nothing_of_it(build: Build) -> None:
    assert sections(Words(load_program(build(), "sample"))) == []


@pytest.mark.parametrize("program", ["ct-husky-maternity", "co-maternity"])
def test_no_measure_weight_or_cut_off_is_presented_as_the_states(programs: Path, program: str) -> None:
    rules = load_program(programs, program)
    kinds = {"measure", "measures", "weight", "threshold", "benchmark", "minimum_denominator", "minimum_score", "method"}
    found = [path for path in rules.params if path.startswith("quality.") and path.rpartition(".")[2] in kinds]
    assert found
    assert not [path for path in found if rules.known(path)]


def test_connecticuts_scorecard_holds_exactly_five_of_each(programs: Path) -> None:
    rules = load_program(programs, "ct-husky-maternity")
    uses = [rules.text(f"quality.slots.{slot}.use") for slot in rules.ids("quality.slots")]
    assert (uses.count("reporting"), uses.count("performance"), len(uses)) == (5, 5, 10)
    assert (rules.integer("quality.holds.reporting"), rules.integer("quality.holds.performance")) == (5, 5)


def test_race_is_never_a_factor_of_risk(programs: Path) -> None:
    for program in ("ct-husky-maternity", "co-maternity"):
        rules = load_program(programs, program, assumptions="illustrative")
        factors = rules.ids("risk.factors") if rules.has("risk") else []
        assert not [f for f in factors if "race" in f or "ethnic" in f]
