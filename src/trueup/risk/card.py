"""The card of a frozen model: what it is for, what it rests on, how well it fits, and whom it moves.

Everything printed is text or a rounded figure; no amount that is paid is read from here. Groups of fewer than `MINIMUM` episodes are
not shown in figures.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from trueup.risk.fit import FittedRisk
from trueup.risk.freeze import FrozenModel
from trueup.risk.inputs import MINIMUM, FitRows, Flags, Floats, shown
from trueup.risk.metrics import Group, Measures, by_decile, group, measure

_BANDS = ((1, 29), (30, 99), (100, 299), (300, None))

PURPOSE = (
    "To compare the cost of episodes of practices whose patients differ, by conditions that were there before the pregnancy's care, "
    "so that a practice is neither paid nor charged for whom it cares for."
)
UNSUITABLE = (
    "Predicting the cost or the course of one person's pregnancy, or deciding about her care or coverage.",
    "Programs, populations or years other than those named here; another look-back; capitation.",
    "Judging quality: results of quality are shown unadjusted, so that worse care is not hidden.",
    "Conditions tagged emergent or influenceable, unless the program's rules name them: they may be what care caused.",
)


@dataclass(frozen=True)
class Table:
    """A titled table of text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class ModelCard:
    """The parts of a card, in order; `card_text` makes text of them."""

    title: str
    purpose: str
    unsuitable: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    findings: tuple[str, ...]


def build_card(rows: FitRows, fitted: FittedRisk, model: FrozenModel) -> ModelCard:
    """The card of a model, from the rows it was fitted on. Predictions by group are out of fold: of practices the model had not seen."""
    actual, held = fitted.capped, fitted.out_of_fold
    mean = float(actual.mean())
    uncapped: Floats = rows.cost_cents.astype(np.float64) / 100
    tables = (
        _coefficients(model),
        _choice(fitted),
        Table(
            "Fit", ("costs", "predictions", "episodes", "R²", "MAE", "RMSE", "CPM", "predicted / actual"),
            (
                _fit_row("capped", "in sample", measure(actual, fitted.predicted)),
                _fit_row("capped", "out of fold", measure(actual, held)),
                _fit_row("not capped", "out of fold", measure(uncapped, held)),
            ),
            "CPM is 1 less the sum of absolute errors over the sum of absolute deviations from the mean. MAE and RMSE are in dollars.",
        ),
        _groups("By decile of predicted cost", by_decile(actual, held, rows.episode_ids), mean),
        _groups("By size of practice (base episodes)", _by_label(_sizes(rows), actual, held), mean),
        *(_groups(f"By {name}", _by_label(labels, actual, held), mean) for name, labels in sorted(rows.groups.items())),
        _groups("By factor", _by_factor(rows, actual, held), mean),
    )  # fmt: skip
    return ModelCard(
        title=f"Risk model of {model.terms.program}, {model.terms.period}",
        purpose=PURPOSE,
        unsuitable=UNSUITABLE,
        facts=_facts(rows, fitted, model),
        tables=tables,
        findings=tuple(f"{f.code} {f.message}" for f in fitted.findings),
    )


def _facts(rows: FitRows, fitted: FittedRisk, model: FrozenModel) -> tuple[tuple[str, str], ...]:
    terms, config = model.terms, fitted.config
    mean = model.normalizer_total / model.normalizer_episodes
    return (
        ("SHA-256", model.sha256),
        ("rule version", terms.rule_version),
        ("fitted on", f"{terms.base_period}: {len(rows)} retained episodes of {len(set(rows.entity_ids))} practices"),
        ("used for", terms.period),
        ("outcome", "total cost of an episode" + (f", capped at ${model.cap} ({config.cap_percentile} nearest rank)" if model.cap else "")),
        ("look-back", f"{terms.lookback_days} days before the pregnancy, the same in base and performance period"),
        ("early pregnancy", f"through day {terms.early_days}"),
        ("tags that may set prices", ", ".join(terms.uses)),
        ("model", f"{model.model} ({model.form})"),
        ("cost without any factor", f"${model.base:.2f}"),
        ("mean raw score of the base", f"{mean:.6f} ({model.normalizer_total:f} / {model.normalizer_episodes})"),
        ("folds", f"{int(fitted.folds.max()) + 1}, by practice"),
        ("least episodes of a factor", str(config.min_episodes)),
        ("signs", config.signs),
    )


def _coefficients(model: FrozenModel) -> Table:
    how = {"multiplicative": "multiplies cost", "additive": "is added to 1", "squared": "is added to 1 before squaring"}[model.form]
    rows = tuple(
        (
            r.id,
            r.domain,
            ", ".join(r.members) if r.members != (r.id,) else "",
            shown(r.episodes),
            f"{r.value:f}",
            f"{r.low:f} to {r.high:f}",
        )
        for r in model.relativities
    )
    left = f" Left out: {', '.join(model.left_out)}." if model.left_out else ""
    note = f"A relativity {how}. Intervals are robust to unequal variance and do not know that practices differ.{left}"
    return Table("Relativities", ("factor", "domain", "merged from", "episodes", "relativity", "95 % interval"), rows, note)


def _choice(fitted: FittedRisk) -> Table:
    rows = tuple(
        (c.model, f"{c.decile_bias:.4f}", _number(c.measures.r2, 4), f"{c.measures.mae:.2f}", _number(c.measures.cpm, 4),
         "chosen" if c.model == fitted.model else "")
        if c.measures else (c.model, "", "", "", "", c.reason)
        for c in fitted.candidates
    )  # fmt: skip
    note = "Decile bias is the mean over deciles of |predicted / actual - 1|, out of fold. The least wins; a tie goes to ols_capped."
    return Table("Choice", ("model", "decile bias", "R²", "MAE", "CPM", ""), rows, note)


def _fit_row(costs: str, predictions: str, m: Measures) -> tuple[str, ...]:
    ratio = m.mean_predicted / m.mean_actual if m.mean_actual else math.nan
    return (costs, predictions, str(m.n), _number(m.r2, 4), f"{m.mae:.2f}", f"{m.rmse:.2f}", _number(m.cpm, 4), _number(ratio, 4))


def _sizes(rows: FitRows) -> tuple[str, ...]:
    counts = Counter(rows.entity_ids)
    names = {
        entity: next(
            f"{low} or more" if high is None else f"{low} to {high}" for low, high in _BANDS if low <= n and (high is None or n <= high)
        )
        for entity, n in counts.items()
    }
    return tuple(names[e] for e in rows.entity_ids)


def _by_label(labels: tuple[str, ...], actual: Floats, predicted: Floats) -> list[Group]:
    column = np.array(labels)
    order = sorted(set(labels), key=lambda label: (int(label.split()[0]) if label.split() and label.split()[0].isdigit() else 0, label))
    return [group(label, actual[column == label], predicted[column == label]) for label in order]


def _by_factor(rows: FitRows, actual: Floats, predicted: Floats) -> list[Group]:
    found: list[Group] = []
    for number, factor in enumerate(rows.factors):
        have: Flags = rows.flags[:, number]
        if bool(have.any()):
            found.append(group(factor.id, actual[have], predicted[have]))
    none: Flags = rows.flags.sum(axis=1) == 0
    if bool(none.any()):
        found.append(group("(no factor)", actual[none], predicted[none]))
    return found


def _groups(title: str, groups: list[Group], overall: float) -> Table:
    """Per group: actual against the mean of all (before), against the prediction (after)."""
    rows: list[tuple[str, ...]] = []
    for g in groups:
        if g.n < MINIMUM:
            rows.append((g.label, shown(g.n), "", "", "", ""))
            continue
        before = g.mean_actual / overall if overall else math.nan
        after = g.mean_actual / g.mean_predicted if g.mean_predicted else math.nan
        rows.append((g.label, str(g.n), f"{g.mean_actual:.2f}", _number(g.ratio, 4), _number(before, 4), _number(after, 4)))
    note = "Before: actual mean over the mean of all. After: actual mean over predicted mean. Predictive ratio: predicted over actual."
    header = ("group", "episodes", "actual mean $", "predictive ratio", "before", "after")
    return Table(title, header, tuple(rows), note)


def _number(value: float, places: int) -> str:
    return f"{value:.{places}f}" if math.isfinite(value) else "none"
