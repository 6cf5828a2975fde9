"""Rule tables that every kind of episode has alike: carve-outs, categories, exclusions, cohorts, types of providers."""

from __future__ import annotations

from collections.abc import Callable

from trueup.errors import Place, RuleError
from trueup.rules.program import Program
from trueup.rules.rule_tables import RuleTable, list_at, value_at

MAX_EXCLUSIONS = 20


def carve_outs(program: Program) -> RuleTable:
    """`rule_carve_outs`, in rule order."""
    columns = {"position": "INTEGER", "reason": "VARCHAR", "code_role": "VARCHAR"}
    ids = program.ids("services.carve_outs")
    return RuleTable(
        "rule_carve_outs",
        columns,
        [{"position": n, "reason": f"carve_out.{i}", "code_role": f"carve_out_{i}"} for n, i in enumerate(ids, 1)],
    )


def categories(program: Program) -> RuleTable:
    """`rule_categories`, in rule order."""
    columns = {"position": "INTEGER", "category": "VARCHAR", "claim_type": "VARCHAR", "setting": "VARCHAR", "code_role": "VARCHAR"}
    rows: list[dict[str, object]] = []
    for position, item in enumerate(program.ids("cost.categories"), 1):
        path = f"cost.categories.{item}"
        rows.append(
            {
                "position": position,
                "category": item,
                "claim_type": value_at(program, f"{path}.claim_type"),
                "setting": value_at(program, f"{path}.setting"),
                "code_role": f"category_{item}"
                if value_at(program, f"{path}.value_set") is not None
                else value_at(program, f"{path}.role"),
            }
        )
    return RuleTable("rule_categories", columns, rows)


def exclusions(program: Program, fact_of: Callable[[str, str], str] = lambda _, fact: fact) -> RuleTable:
    """`rule_exclusions` in rule order. `fact_of` gives the name under which the steps know a rule's fact: (rule id, fact) -> name."""
    columns = {"position": "INTEGER", "reason": "VARCHAR", "fact": "VARCHAR", "operator": "VARCHAR", "threshold": "BIGINT"}
    ids = program.ids("exclusions")
    if len(ids) > MAX_EXCLUSIONS:
        raise RuleError(
            "TRU-R090", f"{len(ids)} exclusion rules, at most {MAX_EXCLUSIONS}", place=Place(program.id), next_step="Merge rules."
        )
    rows: list[dict[str, object]] = []
    for position, item in enumerate(ids, 1):
        path = f"exclusions.{item}"
        rows.append(
            {
                "position": position,
                "reason": item,
                "fact": fact_of(item, str(value_at(program, f"{path}.fact"))),
                "operator": value_at(program, f"{path}.operator"),
                "threshold": value_at(program, f"{path}.value"),
            }
        )
    return RuleTable("rule_exclusions", columns, [r for r in rows if r["threshold"] is not None])


def cohorts(program: Program) -> RuleTable:
    """`rule_cohorts`: the flags, in rule order."""
    columns = {"position": "INTEGER", "cohort": "VARCHAR", "code_role": "VARCHAR"}
    rows: list[dict[str, object]] = [
        {"position": n, "cohort": i, "code_role": f"cohort_{i}"} for n, i in enumerate(program.ids("cohorts.flags"), 1)
    ]
    return RuleTable("rule_cohorts", columns, rows)


def provider_types(program: Program) -> RuleTable:
    """`rule_provider_types`: which types are excluded, allowed, or can trigger."""
    columns = {"list": "VARCHAR", "provider_type": "VARCHAR"}
    base = "attribution.accountable."
    rows: list[dict[str, object]] = [{"list": "excluded", "provider_type": t} for t in list_at(program, base + "excluded_provider_types")]
    rows += [{"list": "trigger", "provider_type": t} for t in list_at(program, "attribution.monthly.provider_types")]
    rows += [{"list": "allowed", "provider_type": t} for t in list_at(program, base + "provider_type_allowlist")]
    return RuleTable("rule_provider_types", columns, rows)


def exclusive_programs(program: Program) -> RuleTable:
    """`rule_exclusive_programs`: programs whose participants do not take part in this one."""
    others = list_at(program, "settlement.exclusive_with")
    return RuleTable("rule_exclusive_programs", {"program": "VARCHAR"}, [{"program": o} for o in others])
