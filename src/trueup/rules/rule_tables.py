"""Rules as tables: the form in which a program reaches the SQL steps, which never change; and what every kind's tables share.

An unknown value becomes null; a stage whose needs are unknown is not run (see `compile.missing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from trueup.rules.program import Program, ValueSet

FIRST_DAY, END_OF_TIME = date(1900, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class RuleTable:
    """One table of rules: its columns with DuckDB types, and its rows."""

    name: str
    columns: dict[str, str]
    rows: list[dict[str, object]]


def value_at(program: Program, path: str) -> object:
    """The value at a path; None where it is unknown, `off`, or the rules have no such path."""
    value = program.get(path) if program.known(path) else None
    return None if value == "off" else value


def flag_at(program: Program, path: str) -> int | None:
    """1 or 0 for true or false; None where it is unknown or the rules have no such path."""
    value = value_at(program, path)
    return int(value) if isinstance(value, bool) else None


def list_at(program: Program, path: str) -> Sequence[object]:
    value = value_at(program, path)
    return cast("list[object]", value) if isinstance(value, list) else []


def params_table(values: Mapping[str, tuple[str, object]]) -> RuleTable:
    """`run_params`, the table of one row that steps read single values from: name -> (DuckDB type, value)."""
    return RuleTable("run_params", {k: t for k, (t, _) in values.items()}, [{k: v for k, (_, v) in values.items()}])


def codes_table(program: Program, paths: Mapping[str, str]) -> RuleTable:
    """`rule_codes`: the codes of every list of `paths` (rule path -> role) that is known."""
    columns = {
        "code_role": "VARCHAR", "code_system": "VARCHAR", "code": "VARCHAR", "effective_from": "DATE", "effective_to": "DATE",
        "code_value": "INTEGER",
    }  # fmt: skip
    rows = [
        row for path, role in paths.items() if program.known(path) for row in code_rows(role, program.value_set(program.set_name(path)))
    ]
    return RuleTable("rule_codes", columns, rows)


def code_rows(role: str, value_set: ValueSet) -> list[dict[str, object]]:
    """The codes of one value set as rows of `rule_codes`; open ends are the first and last day there is."""
    return [
        {
            "code_role": role,
            "code_system": c.code_system,
            "code": c.code,
            "effective_from": c.effective_from or FIRST_DAY,
            "effective_to": c.effective_to or END_OF_TIME,
            "code_value": c.value,
        }
        for c in value_set.codes
    ]


def periods_table(program: Program) -> RuleTable:
    """`rule_periods`: the periods whose days are known."""
    columns = {"period": "VARCHAR", "role": "VARCHAR", "first_day": "DATE", "last_day": "DATE"}
    rows: list[dict[str, object]] = [
        {"period": p.id, "role": p.role, "first_day": p.first_day, "last_day": p.last_day} for p in program.periods if p.known
    ]
    return RuleTable("rule_periods", columns, rows)


def calendar(first_year: int = 1990, last_year: int = 2100) -> RuleTable:
    """Every calendar month: its running number (year x 12 + month - 1), its text `YYYY-MM` and its days."""
    rows: list[dict[str, object]] = []
    for number in range(first_year * 12, last_year * 12):
        year, month = divmod(number, 12)
        following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
        rows.append(
            {
                "month_number": number,
                "month": f"{year:04d}-{month + 1:02d}",
                "first_day": date(year, month + 1, 1),
                "last_day": date.fromordinal(following.toordinal() - 1),
            }
        )
    return RuleTable("calendar_months", {"month_number": "INTEGER", "month": "VARCHAR", "first_day": "DATE", "last_day": "DATE"}, rows)
