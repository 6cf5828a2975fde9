"""The rules of a program of entity results as tables. Its settlement reads the rules themselves; the steps need to know only the day."""

from __future__ import annotations

from datetime import date

from trueup.rules.program import Program
from trueup.rules.rule_tables import RuleTable, params_table

# No stage waits for a rule value: a settlement refuses each entity that an unknown value concerns.
NEEDS: dict[str, tuple[str, ...]] = {}


def compile_tables(program: Program, as_of: date, workspace_key: str, through: date | None) -> list[RuleTable]:
    """`run_params`: the program and the day of knowledge."""
    return [
        params_table(
            {"program": ("VARCHAR", program.id), "workspace_key": ("VARCHAR", workspace_key), "as_of": ("DATE", as_of)},
        )
    ]


def code_paths(program: Program) -> dict[str, str]:
    """No code lists: there are no claims."""
    return {}
