"""Compares a run on a synthetic state with what is true of it: what was found, how right it is, and why the rest is not.

A difference is explained only by something planted in that pregnancy (or in one before it that reaches into its window) that can make
*this* answer differ, or by the day of the run, after which nothing is known. Any other difference is `unexplained`: a fault of the engine.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trueup.engine import DuckEngine, Engine
from trueup.engine.steps import read_step
from trueup.errors import Place, UsageError
from trueup.manifest import read_manifest
from trueup.synthetic import calibration as cal
from trueup.tables import OUTPUT

if TYPE_CHECKING:
    from trueup.rules.program import Program

UNEXPLAINED = "unexplained"
_STEPS = Path(__file__).parent / "score_sql"
_RUN_TABLES = ("episodes", "episode_lines")
_MONTHS = "most_trigger_months"
_TRUTH: Mapping[str, tuple[str, ...]] = {
    "pregnancies": (
        "pregnancy_id", "member_id", "delivery_date", "gestation_weeks", "outcome", "mode", "admission_date", "discharge_date",
        "attributed_entity_id", "delivering_entity_id", "professional_delivery_claims", "first_known_date", "expected_found",
        "missing_cause",
    ),
    "planted": ("kind", "member_id", "claim_family_id", "pregnancy_id"),
    "practices": ("entity_id", "provider_type"),
}  # fmt: skip

# --- what can make which answer differ, the most telling cause first ---------------------------------------------------------------
_UNSEEN = ("known_after_the_run", "no_usable_claim", "delivery_claims_voided_or_denied")
_LOST = ("void", "denied_claim", "late_arrival", "run_out_not_complete")  # a claim of the pregnancy does not count, or not yet
_EARLIER = tuple(f"earlier:{cause}" for cause in (*_UNSEEN, "loss_without_final_line", *_LOST))
_POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "deliveries": _UNSEEN,
    "live_births_with_a_usable_claim": (),
    "delivery_date": ("no_professional_delivery_claim", *_LOST),
    "mode": ("no_professional_delivery_claim", *_LOST),
    "outcome": ("uncoded_outcome", *_LOST),
    "gestation": ("gestation_not_coded", *_LOST),
    "window": (*_EARLIER, *_LOST, "gestation_not_coded"),
}
_POSSIBLE_ATTRIBUTION: Mapping[str, tuple[str, ...]] = {
    "delivering_entity": (
        "no_professional_delivery_claim", "professional_delivery_claims_voided_or_denied", "late_arrival", "run_out_not_complete",
    ),
    _MONTHS: (
        "practice_kind_not_attributed", "delivered_by_another_practice", "practice_change_two_billing", "consult_beside_practice",
        "visit_codes_on_ancillary_claim", "eligibility_gap", "no_professional_delivery_claim", *_LOST,
        "gestation_not_coded",  # a global claim without a week of gestation triggers nothing
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One question put to both sides: how many answers are true, how many were found, and how many were found as they are."""

    name: str
    true: int
    found: int
    right: int
    causes: Mapping[str, int]  # wrong, missing and surplus answers by the first cause that applies

    @property
    def misses(self) -> int:
        return sum(self.causes.values())

    @property
    def unexplained(self) -> int:
        return self.causes.get(UNEXPLAINED, 0)

    @property
    def precision(self) -> str:
        return percent(self.right, self.found)

    @property
    def recall(self) -> str:
        return percent(self.right, self.true)


@dataclass(frozen=True)
class TruthScore:
    """How a run of one program compares with the truth: deliveries over the whole state, all other answers over the deliveries found."""

    program: str
    as_of: date
    comparisons: tuple[Comparison, ...]

    def __getitem__(self, name: str) -> Comparison:
        return next(c for c in self.comparisons if c.name == name)

    @property
    def unexplained(self) -> int:
        return sum(c.unexplained for c in self.comparisons)

    def to_text(self) -> str:
        """A table of counts, then the misses by cause."""
        rows = [["", "true", "found", "right", "precision", "recall", "misses", UNEXPLAINED]]
        for c in self.comparisons:
            counts = [f"{n:,}" for n in (c.true, c.found, c.right)]
            rows.append([_words(c.name), *counts, c.precision, c.recall, f"{c.misses:,}", f"{c.unexplained:,}"])
        first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{self.program} against the ground truth, as of {self.as_of}"]
        lines += ["  ".join([row[0].ljust(first), *(text.rjust(w) for text, w in zip(row[1:], others, strict=True))]) for row in rows]
        for c in self.comparisons:
            if c.causes:
                lines.append(f"misses, {_words(c.name)}: " + ", ".join(f"{n:,} {_words(cause)}" for cause, n in c.causes.items()))
        return "\n".join(lines)


def percent(part: int, whole: int) -> str:
    """A share with two decimals, rounded down, so that only a whole is 100.00%. A dash where there is nothing to share."""
    if whole == 0:
        return "-"
    basis_points = 10_000 * part // whole
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


def score(run_dir: Path, ground_truth: Path, program: Program) -> TruthScore:
    """Compare the episodes in a run's folder with the folder `ground_truth` of the synthetic state it ran on.

    `program` is the one that ran: its outcomes, windows, run-out and attribution rule say what the truth is for it. Only births up to the
    run's `as_of` are looked for. Raises UsageError TRU-U031 where a folder lacks a file or a column.
    """
    tables = {name: run_dir / f"{name}.parquet" for name in _RUN_TABLES}
    facts = {name: ground_truth / f"{name}.csv" for name in _TRUTH}
    for path in (run_dir / "manifest.json", *tables.values(), *facts.values()):
        if not path.is_file():
            raise _lacking(path, "is not there")
    as_of = date.fromisoformat(str(read_manifest(run_dir)["as_of"]))
    possible = {**_POSSIBLE, "attribution": _POSSIBLE_ATTRIBUTION[program.text("attribution.episode.rule")]}
    engine = DuckEngine()
    try:
        for name, path in tables.items():
            engine.register_parquet(name, [path], OUTPUT[name].columns)
        for name, path in facts.items():
            engine.register_rows(f"truth_{name}", list(_rows(path, _TRUTH[name])), dict.fromkeys(_TRUTH[name], "VARCHAR"))
        _register_rules(engine, program, as_of, possible)
        for path in sorted(_STEPS.glob("*.sql")):
            engine.run(read_step(path, True))
        counts = {str(row["comparison"]): row for row in engine.rows("answer_counts")}
        causes = engine.rows("miss_counts", order_by=("comparison", "place"))
    finally:
        engine.close()
    return TruthScore(program.id, as_of, tuple(comparison_of(name, counts.get(name, {}), causes) for name in possible))


def comparison_of(name: str, counts: Mapping[str, Any], causes: list[dict[str, Any]]) -> Comparison:
    """One comparison from the rows of `answer_counts` and `miss_counts`."""
    true, found, right = (int(counts.get(column, 0)) for column in ("true_count", "found_count", "right_count"))
    return Comparison(name, true, found, right, {str(row["cause"]): int(row["misses"]) for row in causes if row["comparison"] == name})


def score_tables(
    engine: Engine, run_dir: Path, tables: tuple[str, ...], ground_truth: Path, facts: Mapping[str, tuple[str, ...]], steps: str,
    possible: Mapping[str, tuple[str, ...]],
) -> tuple[Comparison, ...]:  # fmt: skip
    """Compare tables of a run with facts of a ground truth, by the steps of a folder that write `answers` and `misses`.

    `score_params` must be registered. `possible` names each comparison, in the order shown, with the causes that can make it differ.
    """
    for path in (*(run_dir / f"{name}.parquet" for name in tables), *(ground_truth / f"{name}.csv" for name in facts)):
        if not path.is_file():
            raise _lacking(path, "is not there")
    for name in tables:
        engine.register_parquet(name, [run_dir / f"{name}.parquet"], OUTPUT[name].columns)
    for name, columns in facts.items():
        engine.register_rows(f"truth_{name}", list(_rows(ground_truth / f"{name}.csv", columns)), dict.fromkeys(columns, "VARCHAR"))
    _register_causes(engine, possible)
    counting = [path for path in sorted(_STEPS.glob("*.sql")) if path.name.split("_", 1)[1].startswith("count_")]
    for path in (*sorted((_STEPS / steps).glob("*.sql")), *counting):
        engine.run(read_step(path, True))
    counts = {str(row["comparison"]): row for row in engine.rows("answer_counts")}
    causes = engine.rows("miss_counts", order_by=("comparison", "place"))
    return tuple(comparison_of(name, counts.get(name, {}), causes) for name in possible)


def _register_rules(engine: Engine, program: Program, as_of: date, possible: Mapping[str, tuple[str, ...]]) -> None:
    """The rules that say what of the truth the program should find, and the list of causes, as tables."""
    days = {name: program.integer(f"episode.{name}") for name in ("days_before", "days_after", "minimum_interval_days")}
    days["runout_days"] = program.integer("maturity.runout_days")
    days["longest_lag_days"] = max(lag for curve in (cal.LAG_PROFESSIONAL, cal.LAG_INSTITUTIONAL, cal.LAG_PHARMACY) for _, lag in curve)
    rule = program.text("attribution.episode.rule")
    params = {**days, "anchor": program.text("episode.anchor"), "attribution_rule": rule, "as_of": as_of}
    kinds = {**dict.fromkeys(days, "INTEGER"), "anchor": "VARCHAR", "attribution_rule": "VARCHAR", "as_of": "DATE"}
    engine.register_rows("score_params", [params], kinds)
    engine.register_rows("score_outcomes", [{"outcome": outcome} for outcome in program.get("episode.outcomes")], {"outcome": "VARCHAR"})
    # only a practice of a listed kind triggers a month; without a list every kind does
    path = "attribution.monthly.provider_types"
    attributed = (program.get(path) or ()) if rule == _MONTHS and program.has(path) else ()
    engine.register_rows("attributed_kinds", [{"provider_type": kind} for kind in attributed], {"provider_type": "VARCHAR"})
    _register_causes(engine, possible)


def _register_causes(engine: Engine, possible: Mapping[str, tuple[str, ...]]) -> None:
    listed = [(name, place, cause) for name, causes in possible.items() for place, cause in enumerate(causes)]
    rows = [{"comparison": name, "place": place, "cause": cause} for name, place, cause in listed]
    engine.register_rows("possible_causes", rows, {"comparison": "VARCHAR", "place": "INTEGER", "cause": "VARCHAR"})


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The columns of a file of the ground truth; an empty field is null."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise _lacking(path, f"has no column {', '.join(missing)}")
        for row in reader:
            yield {name: row[name] or None for name in columns}


def _lacking(path: Path, what: str) -> UsageError:
    return UsageError(
        "TRU-U031",
        f"{what}, so the run cannot be compared with the truth.",
        place=Place(str(path)),
        next_step="Name a run folder, and the folder ground_truth of the synthetic state it ran on.",
    )


def _words(name: str) -> str:
    return name.replace("_", " ").replace(":", ": ")
