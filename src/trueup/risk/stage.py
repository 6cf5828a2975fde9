"""Risk: factors of each episode with the day each was first coded, their patterns, and the score of a frozen model.

Reads: `episode_units`, `member_claims`, `claim_roles`, `event_evidence`, eligibility, `visible_area_index`, the rules of risk.
Writes: `episode_factors`, `episode_patterns`, `episode_scores`, `episode_comorbidity`.
Grain: One factor of one episode; one episode.
Units: scores with six decimals, mean 1 over the retained base episodes; days inclusive.
Invariants: Every episode has one pattern; with a model, every episode has one score above zero.
Source: docs/reference/risk.md.
"""

from __future__ import annotations

from pathlib import Path

from trueup.engine import Engine, steps_of
from trueup.engine.steps import read_step
from trueup.errors import CheckFailed, Refused
from trueup.risk.freeze import FrozenModel
from trueup.risk.inputs import Factor, FitRows, rows_of
from trueup.risk.score import SCORE_COLUMNS, require_same_rules, score_patterns

STEPS = steps_of(__file__)
_SCORED = ("episode_scores",)
PATTERN_STEPS = tuple(s for s in STEPS if s.writes not in _SCORED)
SCORE_STEPS = tuple(s for s in STEPS if s.writes in _SCORED)
FIT_STEPS = (read_step(Path(__file__).parent / "fit_sql" / "10_take_base_episodes.sql", True),)


def factors_of(engine: Engine) -> list[Factor]:
    """The factors that set prices, in rule order."""
    rows = engine.rows("rule_risk_factors", order_by=("position",))
    return [Factor(r["factor"], r["domain"], r["tag"], r["pattern_bit"]) for r in rows if r["used"] == 1]


def run(engine: Engine, model: FrozenModel | None) -> None:
    """Run the stage. With a model every episode gets its score; without one `episode_scores` is empty.

    Raises:
        Refused: TRU-K020 if scores were also delivered for the program; TRU-K021, TRU-K026, TRU-K027, TRU-K029 as `score_patterns`.
        CheckFailed: TRU-K028 if an episode ends without a score.
    """
    for step in PATTERN_STEPS:
        engine.run(step)
    scores = list[dict[str, object]]()
    if model is not None:
        _require_no_delivered_scores(engine)
        (rules,) = engine.rows("rule_risk") or [None]
        require_same_rules(model, factors_of(engine), rules)
        patterns = [int(r["pattern"]) for r in engine.rows("risk_patterns", order_by=("pattern",))]
        scores = score_patterns(model, factors_of(engine), patterns)
    engine.register_rows("pattern_scores", scores, SCORE_COLUMNS)
    for step in SCORE_STEPS:
        engine.run(step)
    found, expected = engine.count("episode_scores"), engine.count("episode_patterns") if model else 0
    if found != expected:
        message = f"{found} episodes have a risk score, expected {expected}."
        raise CheckFailed("TRU-K028", message, next_step="Nothing was written. Report this: it is a defect of the engine.")


def _require_no_delivered_scores(engine: Engine) -> None:
    (program,) = (r["program"] for r in engine.rows("run_params"))
    delivered = sum(1 for r in engine.rows("visible_risk_scores") if r["program"] == program)
    if delivered:
        message = f"there are {delivered} delivered risk scores and a frozen model; an episode must have one source of its score."
        raise Refused("TRU-K020", message, next_step="Leave out the table `risk_scores`, or price without a risk model.")


def base_rows(engine: Engine) -> FitRows:
    """The retained base episodes of the finished `episodes`, as arrays to fit on, ordered by episode id."""
    for step in FIT_STEPS:
        engine.run(step)
    return rows_of(engine.rows("risk_base_episodes", order_by=("episode_id",)), factors_of(engine))
