"""The study behind a code list: every code billed with a pregnancy diagnosis inside the episodes of a period, with its use and spend.

Reads: `episode_units`, `event_evidence`, `claim_roles`, `placed_lines`, `member_lines`, `claim_procedures`; `definition_params` and
    `definition_marks`, which `study` registers. It reads nothing that depends on the code list it helps to make.
Writes: `definition_code_totals`, `definition_setting_totals`, `definition_ties`.
Grain: One code; one code in one setting; one code system.
Units: money in cents, on the basis named in the settings.
Invariants: Each listed line is counted once in each code system: coded + uncoded = listed, in lines and in cents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from trueup.engine import Engine, steps_of
from trueup.errors import CheckFailed, Place, Refused
from trueup.rules.program import Program, ValueSet
from trueup.rules.rule_tables import END_OF_TIME, FIRST_DAY

STEPS = steps_of(__file__)
LAST_FLOW_TABLE = "placed_lines"  # what of the flow the study stands on ends with this table
NEEDS = ("episode", "services.newborn")  # rule paths that must be known; the code list itself need not be

_PARAMS = {"period": "VARCHAR", "anchor": "VARCHAR", "spend_basis": "VARCHAR"}
_MARKS = {"mark": "VARCHAR", "code_system": "VARCHAR", "code": "VARCHAR", "effective_from": "DATE", "effective_to": "DATE"}


@dataclass(frozen=True)
class Settings:
    """What is studied: a period's episodes, those a delivery DRG shows or all of them, and whose dollars are spend."""

    period: str
    anchor: Literal["drg", "any"] = "drg"
    basis: Literal["paid", "allowed"] = "paid"


@dataclass(frozen=True)
class SettingUse:
    """A code in one setting."""

    code_system: str
    code: str
    setting: str
    lines: int
    claims: int
    members: int
    spend_cents: int


@dataclass(frozen=True)
class CodeUse:
    """A code: `lines` and `spend_cents` on every line that carries it, `counted_*` with each line once for its code system."""

    code_system: str
    code: str
    lines: int
    claims: int
    members: int
    pregnancy_lines: int
    spend_cents: int
    counted_lines: int
    counted_spend_cents: int
    first_day: date
    last_day: date
    is_sud: bool
    is_newborn: bool
    settings: tuple[SettingUse, ...] = ()


@dataclass(frozen=True)
class Tie:
    """How a code system ties to the listed lines: coded + uncoded = listed."""

    code_system: str
    codes: int
    coded_lines: int
    coded_cents: int
    uncoded_lines: int
    uncoded_cents: int
    listed_lines: int
    listed_cents: int

    @property
    def holds(self) -> bool:
        return (self.coded_lines + self.uncoded_lines, self.coded_cents + self.uncoded_cents) == (self.listed_lines, self.listed_cents)


@dataclass(frozen=True)
class Study:
    """The codes of a period, by spend, then code system and code. `members` are those with an anchored episode."""

    episodes: int
    episodes_without_drg: int
    anchored_episodes: int
    members: int
    window_lines: int
    window_spend_cents: int
    listed_lines: int
    listed_spend_cents: int
    codes: tuple[CodeUse, ...]
    ties: tuple[Tie, ...]


def study(
    engine: Engine, program: Program, settings: Settings, sud_sets: Iterable[ValueSet], progress: Callable[[str], None] = lambda _: None
) -> Study:
    """List and sum the codes. The flow must have run up to `LAST_FLOW_TABLE` on the engine.

    Raises:
        Refused: TRU-D001 without an anchored episode in the period; TRU-D002 where no line is listed; TRU-R014 for an unknown rule.
        CheckFailed: TRU-D003 where a code system does not tie to the listed lines.
    """
    newborn = program.value_set(program.set_name("services.newborn"))
    marks = [*_marks("newborn", [newborn]), *_marks("sud", sud_sets)]
    engine.register_rows(
        "definition_params", [{"period": settings.period, "anchor": settings.anchor, "spend_basis": settings.basis}], _PARAMS
    )
    engine.register_rows("definition_marks", marks, _MARKS)
    for step in STEPS:
        progress(step.path.stem[3:].replace("_", " "))
        engine.run(step)
    return _result(engine, settings)


def require_known(program: Program, period: str) -> None:
    """Refuse where the period's days, or a rule that finds births, windows or newborn codes, is unknown (TRU-R014)."""
    for path in NEEDS:
        program.get(path)
    _ = (program.period(period).first_day, program.period(period).last_day)


def _marks(mark: str, sets: Iterable[ValueSet]) -> list[dict[str, Any]]:
    return [
        {
            "mark": mark,
            "code_system": c.code_system,
            "code": c.code,
            "effective_from": c.effective_from or FIRST_DAY,
            "effective_to": c.effective_to or END_OF_TIME,
        }
        for found in sets
        for c in found.codes
    ]


def _result(engine: Engine, settings: Settings) -> Study:
    anchored = int(engine.scalar("definition_episodes", "COALESCE(SUM(is_anchored), 0)"))
    if not anchored:
        found = engine.count("definition_episodes")
        raise Refused(
            "TRU-D001",
            f"period {settings.period} has {found} episodes, and a delivery DRG shows none of them."
            if found
            else f"period {settings.period} has no episode.",
            next_step="Study them all with --anchor any." if found else "Load claims of its days, or name another period or --as-of day.",
        )
    if not engine.count("definition_listed_lines"):
        raise Refused(
            "TRU-D002",
            f"{anchored} episodes of {settings.period} have no line with a pregnancy diagnosis on its claim and none of the SUD set.",
            next_step="Look at the value set of `episode.codes.pregnancy`.",
        )
    ties = tuple(
        Tie(
            r["code_system"], r["code_count"], r["coded_line_count"], r["coded_spend_cents"], r["uncoded_line_count"],
            r["uncoded_spend_cents"], r["listed_line_count"], r["listed_spend_cents"],
        )
        for r in engine.rows("definition_ties", order_by=("code_system",))
    )  # fmt: skip
    require_ties(ties)
    return Study(
        episodes=engine.count("definition_episodes"),
        episodes_without_drg=int(engine.scalar("definition_episodes", "COALESCE(SUM(1 - has_delivery_drg), 0)")),
        anchored_episodes=anchored,
        members=int(engine.scalar("definition_episodes", "COUNT(DISTINCT CASE WHEN is_anchored = 1 THEN member_id END)")),
        window_lines=engine.count("definition_lines"),
        window_spend_cents=int(engine.scalar("definition_lines", "COALESCE(SUM(spend_cents), 0)")),
        listed_lines=engine.count("definition_listed_lines"),
        listed_spend_cents=int(engine.scalar("definition_listed_lines", "COALESCE(SUM(spend_cents), 0)")),
        codes=_codes(engine),
        ties=ties,
    )


def require_ties(ties: Iterable[Tie]) -> None:
    """Stop where lines or cents of a code system are lost or counted twice (TRU-D003)."""
    for tie in ties:
        if not tie.holds:
            raise CheckFailed(
                "TRU-D003",
                f"{tie.code_system}: {tie.coded_lines} lines with {tie.coded_cents} cents under codes and {tie.uncoded_lines} with "
                f"{tie.uncoded_cents} without make no {tie.listed_lines} with {tie.listed_cents}",
                place=Place("definition_ties"),
                next_step="Nothing was written. Keep the inputs and report this: it is a defect of the engine.",
            )


def _codes(engine: Engine) -> tuple[CodeUse, ...]:
    by_code: dict[tuple[str, str], list[SettingUse]] = defaultdict(list)
    for r in engine.rows("definition_setting_totals", order_by=("code_system", "code", "setting")):
        use = SettingUse(
            r["code_system"], r["code"], r["setting"], r["line_count"], r["claim_count"], r["member_count"], r["spend_cents"]
        )  # fmt: skip
        by_code[use.code_system, use.code].append(use)
    found = [
        CodeUse(
            r["code_system"], r["code"], r["line_count"], r["claim_count"], r["member_count"], r["pregnancy_line_count"], r["spend_cents"],
            r["counted_line_count"], r["counted_spend_cents"], r["first_date"], r["last_date"], r["is_sud"] == 1, r["is_newborn"] == 1,
            tuple(by_code[r["code_system"], r["code"]]),
        )
        for r in engine.rows("definition_code_totals", order_by=("code_system", "code"))
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda c: (-c.spend_cents, c.code_system, c.code)))
