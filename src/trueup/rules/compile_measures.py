"""Measures as rule tables: what the steps of the measure engine join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trueup.rules.measure_model import Criterion, Measure, MeasureVersion, Part
from trueup.rules.program import Program, ValueSet
from trueup.rules.rule_tables import RuleTable, code_rows

ROLE_PREFIX = "measure_"
LAST_YEAR = 9999

MEASURE_COLUMNS = {
    "position": "INTEGER", "measure_id": "VARCHAR", "version": "VARCHAR", "unit_kind": "VARCHAR", "statistic": "VARCHAR",
    "direction": "VARCHAR", "fact": "VARCHAR", "trim_percent": "INTEGER", "first_year": "INTEGER", "last_year": "INTEGER",
    "population_groups": "INTEGER", "numerator_groups": "INTEGER",
}  # fmt: skip
CRITERIA_COLUMNS = {
    "measure_id": "VARCHAR", "version": "VARCHAR", "part": "VARCHAR", "position": "INTEGER", "criterion": "VARCHAR",
    "criteria_group": "VARCHAR", "fact": "VARCHAR", "operator": "VARCHAR", "value_low": "BIGINT", "value_high": "BIGINT",
    "code_role": "VARCHAR", "with_role": "VARCHAR", "without_role": "VARCHAR", "claim_type": "VARCHAR", "setting": "VARCHAR",
    "is_principal": "INTEGER", "from_date": "VARCHAR", "to_date": "VARCHAR", "first_day": "INTEGER", "last_day": "INTEGER",
    "at_least": "INTEGER", "is_distinct_days": "INTEGER",
}  # fmt: skip
CODE_COLUMNS = {"code_role": "VARCHAR", "code_system": "VARCHAR", "code": "VARCHAR", "effective_from": "DATE", "effective_to": "DATE"}


def compile_tables(program: Program) -> list[RuleTable]:
    """`rule_measures`, `rule_criteria` and `rule_measure_codes` of the measures that the rules name; empty where they name none."""
    wanted = list(program.measures.values())
    return [*measure_tables(wanted), code_table(wanted, program.value_sets)]


def measure_tables(measures: Iterable[Measure]) -> list[RuleTable]:
    """The two tables of any measures; their order is the order given."""
    heads: list[dict[str, object]] = []
    criteria: list[dict[str, object]] = []
    for position, measure in enumerate(measures, 1):
        for version in measure.versions:
            parts = list(_criteria_of(measure, version))
            heads.append(
                {
                    "position": position,
                    "measure_id": measure.id,
                    "version": version_name(version),
                    "unit_kind": measure.unit,
                    "statistic": measure.statistic,
                    "direction": measure.direction,
                    "fact": measure.fact,
                    "trim_percent": measure.trim_percent,
                    "first_year": version.from_year,
                    "last_year": version.to_year or LAST_YEAR,
                    "population_groups": len({c.group for part, c in parts if part == "population"}),
                    "numerator_groups": len({c.group for part, c in parts if part == "numerator"}),
                }
            )
            criteria += [_criterion_row(measure, version, n, part, c) for n, (part, c) in enumerate(parts, 1)]
    return [RuleTable("rule_measures", MEASURE_COLUMNS, heads), RuleTable("rule_criteria", CRITERIA_COLUMNS, criteria)]


def code_table(measures: Iterable[Measure], value_sets: Mapping[str, ValueSet]) -> RuleTable:
    """The codes that any measures count, in the role `measure_<value set>`; apart from `rule_codes`, which all claims meet."""
    names = dict.fromkeys(name for measure in measures for name in measure.sets)
    found = (row for name in names for row in code_rows(ROLE_PREFIX + name, value_sets[name]))
    rows: list[dict[str, object]] = [{column: row[column] for column in CODE_COLUMNS} for row in found]
    return RuleTable("rule_measure_codes", CODE_COLUMNS, rows)


def version_name(version: MeasureVersion) -> str:
    """How tables name a version: its first measurement year."""
    return str(version.from_year)


def _criteria_of(measure: Measure, version: MeasureVersion) -> Iterable[tuple[Part, Criterion]]:
    """The criteria of a version; a mean also needs its number to be known."""
    if measure.fact is not None:
        yield "population", Criterion(f"{measure.fact}_known", f"{measure.fact}_known", fact=measure.fact, operator="known")
    yield from version.criteria()


def _criterion_row(measure: Measure, version: MeasureVersion, position: int, part: Part, c: Criterion) -> dict[str, object]:
    def role(name: str | None) -> str | None:
        return ROLE_PREFIX + name if name else None

    return {
        "measure_id": measure.id,
        "version": version_name(version),
        "part": part,
        "position": position,
        "criterion": c.id,
        "criteria_group": c.group,
        "fact": c.fact,
        "operator": c.operator,
        "value_low": c.value,
        "value_high": c.value_to,
        "code_role": role(c.value_set),
        "with_role": role(c.with_set),
        "without_role": role(c.without_set),
        "claim_type": c.claim_type,
        "setting": c.setting,
        "is_principal": int(c.principal),
        "from_date": c.from_date,
        "to_date": c.to_date,
        "first_day": c.first_day,
        "last_day": c.last_day,
        "at_least": c.at_least,
        "is_distinct_days": int(c.distinct_days),
    }
