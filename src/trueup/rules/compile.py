"""A program's rules as tables, by its kind."""

from __future__ import annotations

from datetime import date

from trueup.rules import compile_measures
from trueup.rules.kinds import KINDS
from trueup.rules.program import Program, Unknown
from trueup.rules.rule_tables import RuleTable, calendar, codes_table, periods_table

# What the stages that every kind shares need.
_SHARED_NEEDS: dict[str, tuple[str, ...]] = {"quality": ("quality",), "monitoring": ("monitoring",)}


def missing(program: Program, stage: str) -> list[Unknown]:
    """The unknown rule values that keep a stage from running."""
    needs = KINDS[program.kind].needs.get(stage, _SHARED_NEEDS.get(stage, ()))
    return [u for u in program.unknowns() if any(u.path == n or u.path.startswith(n + ".") for n in needs)]


def compile_rules(program: Program, *, as_of: date, workspace_key: str, through: date | None = None) -> list[RuleTable]:
    """Every rule table of a program. Values still unknown are null.

    `through` is a day of the last month for which prospective payments are due; by default the month of `as_of` is.
    """
    kind = KINDS[program.kind]
    return [
        *kind.compile(program, as_of, workspace_key, through),
        codes_table(program, kind.code_paths(program)),
        periods_table(program),
        *compile_measures.compile_tables(program),
        calendar(),
    ]
