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

from trueup.engine import DuckEngine
from trueup.engine.steps import read_step
from trueup.errors import Place, UsageError
from trueup.manifest import read_manifest
from trueup.tables import OUTPUT

if TYPE_CHECKING:
    from trueup.rules.program import Program

UNEXPLAINED = "unexplained"
_STEPS = Path(__file__).parent / "score_sql"
_MONTHS = "most_trigger_months"
_TEXT = "VARCHAR"
_PREGNANCIES = (
    "pregnancy_id", "member_id", "delivery_date", "gestation_weeks", "outcome", "mode", "admission_date", "discharge_date",
    "attributed_entity_id", "delivering_entity_id", "first_known_date", "expected_found", "missing_cause",
)  # fmt: skip
_PLANTED = ("kind", "member_id", "claim_family_id", "pregnancy_id")

# --- what can make which answer differ, the most telling cause first ---------------------------------------------------------------
_UNSEEN = ("known_after_the_run", "no_usable_claim", "delivery_claims_voided_or_denied")
_LOST = ("void", "denied_claim", "late_arrival", "run_out_not_complete")  # a claim of the pregnancy does not count, or not yet
_POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "deliveries": _UNSEEN,
    "usable_live_births": (),
    "delivery_date": ("no_professional_delivery_claim", "interim_bills", *_LOST),
    "mode": ("no_professional_delivery_claim", *_LOST),
    "outcome": ("uncoded_outcome", *_LOST),
    "gestation": ("gestation_not_coded", *_LOST),
    "window": ("gestation_not_coded", *(f"earlier:{cause}" for cause in (*_UNSEEN, *_LOST)), "interim_bills", "transfer", *_LOST),
}
_POSSIBLE_ATTRIBUTION: Mapping[str, tuple[str, ...]] = {
    "delivering_entity": ("no_professional_delivery_claim", *_LOST),
    _MONTHS: (
        "practice_kind_not_attributed", "delivered_by_another_practice", "practice_change_two_billing", "consult_beside_practice",
        "visit_codes_on_ancillary_claim", "eligibility_gap", "no_professional_delivery_claim", *_LOST,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One question put to both sides. `right` of `true` were found as they are; `found` counts what the run answered."""

    name: str
    true: int
    found: int
    right: int
    causes: Mapping[str, int]  # misses by their first possible cause

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
    """How a run of one program compares with the truth. Deliveries are compared over the whole state, all else over those found."""

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
        head = ("", "true", "found", "right", "precision", "recall", "misses", UNEXPLAINED)
        lines = [head, *(
            (c.name.replace("_", " "), f"{c.true:,}", f"{c.found:,}", f"{c.right:,}", c.precision, c.recall, f"{c.misses:,}", f"{c.unexplained:,}")
            for c in self.comparisons
        )]  # fmt: skip
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        table = ["  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths, strict=True))) for line in lines]
        why = [f"  {c.name.replace('_', ' ')}: " + ", ".join(f"{n:,} {cause.replace('_', ' ')}" for cause, n in c.causes.items())
               for c in self.comparisons if c.causes]  # fmt: skip
        return "\n".join([f"{self.program} against the ground truth, as of {self.as_of}", *table, *(["misses by planted cause", *why] if why else [])])


def percent(part: int, whole: int) -> str:
    """A share with two decimals, rounded down, so that only a whole is 100.00%. A dash where there is nothing to share."""
    if whole == 0:
        return "-"
    basis_points = 10_000 * part // whole
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


def score(run_dir: Path, ground_truth: Path, program: Program) -> TruthScore:
    """Compare the episodes in a run's folder with the folder `ground_truth` of the synthetic state it ran on.

    `program` is the one that ran: its outcomes, windows, run-out and attribution rule say what the truth is for it. Only births up to the
    run's `as_of` are looked for. Raises UsageError TRU-U064 where a folder lacks a file.
    """
    for path in (run_dir / "manifest.json", run_dir / "episodes.parquet", *(ground_truth / f"{name}.csv" for name in ("pregnancies", "planted", "practices"))):
        if not path.is_file():
            raise UsageError("TRU-U064", "is not there, so the run cannot be compared with the truth.", place=Place(str(path)),
                             next_step="Name a run folder, and the folder ground_truth of the synthetic state it ran on.")  # fmt: skip
    as_of = date.fromisoformat(str(read_manifest(run_dir)["as_of"]))
    engine = DuckEngine()
    try:
        _register(engine, run_dir, ground_truth, program, as_of)
        for path in sorted(_STEPS.glob("*.sql")):
            engine.run(read_step(path, True))
        counts = engine.rows("answer_counts", order_by=("comparison",))
        causes = engine.rows("miss_counts", order_by=("comparison", "place", "cause"))
    finally:
        engine.close()
    by_name = {str(row["comparison"]): row for row in counts}
    return TruthScore(program.id, as_of, tuple(
        Comparison(
            name, *(int(by_name[name][column]) if name in by_name else 0 for column in ("true_count", "found_count", "right_count")),
            causes={str(row["cause"]): int(row["misses"]) for row in causes if row["comparison"] == name},
        )
        for name in _possible(program)
    ))  # fmt: skip


def _possible(program: Program) -> dict[str, tuple[str, ...]]:
    return {**_POSSIBLE, "attribution": _POSSIBLE_ATTRIBUTION[program.text("attribution.episode.rule")]}


def _register(engine: DuckEngine, run_dir: Path, truth: Path, program: Program, as_of: date) -> None:
    """The run, the truth, and the rules that say what of it the program should find, as tables."""
    engine.register_parquet("episodes", [run_dir / "episodes.parquet"], OUTPUT["episodes"].columns)
    for name, columns in (("pregnancies", _PREGNANCIES), ("planted", _PLANTED)):
        engine.register_rows(f"truth_{name}", list(_rows(truth / f"{name}.csv", columns)), dict.fromkeys(columns, _TEXT))
    outside = [{"entity_id": row["entity_id"], "is_outside": True} for row in _rows(truth / "practices.csv", ("entity_id", "provider_type"))
               if _is_outside(program, str(row["provider_type"]))]  # fmt: skip
    engine.register_rows("truth_practices", outside, {"entity_id": _TEXT, "is_outside": "BOOLEAN"})
    days = ("days_before", "days_after", "minimum_interval_days")
    params: dict[str, Any] = {name: program.integer(f"episode.{name}") for name in days}
    params |= {"runout_days": program.integer("maturity.runout_days"), "anchor": program.text("episode.anchor"),
               "attribution_rule": program.text("attribution.episode.rule"), "as_of": as_of}  # fmt: skip
    engine.register_rows("score_params", [params], {
        **dict.fromkeys((*days, "runout_days"), "INTEGER"), "anchor": _TEXT, "attribution_rule": _TEXT, "as_of": "DATE",
    })  # fmt: skip
    engine.register_rows("score_outcomes", [{"outcome": o} for o in program.get("episode.outcomes")], {"outcome": _TEXT})
    listed = [{"comparison": name, "place": place, "cause": cause} for name, causes in _possible(program).items() for place, cause in enumerate(causes)]
    engine.register_rows("possible_causes", listed, {"comparison": _TEXT, "place": "INTEGER", "cause": _TEXT})


def _is_outside(program: Program, kind: str) -> bool:
    """Whether a practice of this kind triggers no month: neither allowed nor excluded by the program."""
    if program.text("attribution.episode.rule") != _MONTHS:
        return False
    path = "attribution.accountable"
    allowed = program.get(f"{path}.provider_type_allowlist")
    return bool(allowed) and kind not in allowed and kind not in (program.get(f"{path}.excluded_provider_types") or ())


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The columns of a file of the ground truth; an empty field is null."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {name: row[name] or None for name in columns}
