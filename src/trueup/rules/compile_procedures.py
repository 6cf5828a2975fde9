"""The rules of a procedure program as tables, which exclusions, cost, pricing and settlement read like those of births."""

from __future__ import annotations

from datetime import date

from trueup.rules import episode_tables
from trueup.rules.program import Program
from trueup.rules.rule_tables import RuleTable, list_at, params_table, value_at

# What each stage needs to know before it can run; a path stands for everything below it.
NEEDS: dict[str, tuple[str, ...]] = {
    "units": ("periods", "episode", "services", "cost.basis", "cost.categories"),
    "attribution": ("attribution",),
    "exclusions": ("exclusions", "cohorts", "dual_status"),
    "cost": ("outliers",),
}

# Facts of a rule file whose measure the steps know under the name of births.
_FACTS = {
    "age_at_procedure": "age_at_delivery",
    "professional_procedure_lines": "professional_delivery_lines",
    "replaced_by_later": "interval_too_short",
}


def fact_of(item: str, fact: str) -> str:
    """The name under which the steps know a rule's fact. Coded claims are one fact per rule, named like the meaning of the rule's codes."""
    return f"exclusion_{item}" if fact == "coded_claims" else _FACTS.get(fact, fact)


def compile_tables(program: Program, as_of: date, workspace_key: str, through: date | None) -> list[RuleTable]:
    """Every rule table of a procedure program beside the shared ones. Values still unknown are null; nothing is paid by `through`."""
    settings: list[dict[str, object]] = [{"setting": s} for s in list_at(program, "episode.settings")]
    return [
        _params(program, as_of, workspace_key),
        RuleTable("rule_settings", {"setting": "VARCHAR"}, settings),
        episode_tables.carve_outs(program),
        episode_tables.categories(program),
        episode_tables.exclusions(program, fact_of),
        episode_tables.cohorts(program),
        episode_tables.provider_types(program),
        episode_tables.exclusive_programs(program),
    ]


def _params(program: Program, as_of: date, workspace_key: str) -> RuleTable:
    known = {p.id: p for p in program.periods if p.known}
    accountable = "attribution.accountable"
    lookback = known.get(str(value_at(program, f"{accountable}.lookback")))
    return params_table(
        {
            "program": ("VARCHAR", program.id),
            "workspace_key": ("VARCHAR", workspace_key),
            "as_of": ("DATE", as_of),
            "anchor": ("VARCHAR", value_at(program, "episode.anchor")),
            "days_before": ("INTEGER", value_at(program, "episode.days_before")),
            "days_after": ("INTEGER", value_at(program, "episode.days_after")),
            "anchor_claim": ("VARCHAR", value_at(program, "episode.anchor_claim")),
            "assign_by": ("VARCHAR", value_at(program, "episode.assign_by")),
            "merge_days": ("INTEGER", value_at(program, "episode.merge_days")),
            "second_anchor": ("VARCHAR", value_at(program, "episode.second_anchor")),
            "relevance": ("VARCHAR", value_at(program, "services.relevance")),
            "pharmacy": ("VARCHAR", value_at(program, "services.pharmacy")),
            "cost_basis": ("VARCHAR", value_at(program, "cost.basis")),
            "episode_rule": ("VARCHAR", value_at(program, "attribution.episode.rule")),
            "min_deliveries": ("INTEGER", value_at(program, f"{accountable}.min_procedures")),
            "min_deliveries_operator": ("VARCHAR", value_at(program, f"{accountable}.operator")),
            "lookback_period": ("VARCHAR", lookback.id if lookback else None),
            "lookback_first_day": ("DATE", lookback.first_day if lookback else None),
            "lookback_last_day": ("DATE", lookback.last_day if lookback else None),
            "when_lookback_empty": ("VARCHAR", value_at(program, f"{accountable}.when_lookback_empty")),
            "has_type_allowlist": ("INTEGER", int(bool(list_at(program, f"{accountable}.provider_type_allowlist")))),
            "cohort_otherwise": ("VARCHAR", value_at(program, "cohorts.otherwise")),
            "baseline_period": ("VARCHAR", value_at(program, "prices.baseline_period")),
            "outlier_scope": ("VARCHAR", value_at(program, "outliers.scope")),
            "outlier_method": ("VARCHAR", value_at(program, "outliers.method")),
            "handover_in_tcoc": ("VARCHAR", None),
        }
    )


def code_paths(program: Program) -> dict[str, str]:
    """Rule path of each value set -> the meaning its codes have for the steps."""
    named = {"episode.codes.anchor": "anchor", "services.include": "services_include", "dual_status": "dual_status"}
    paths = {path: role for path, role in named.items() if program.has(path)}
    for section, role in (("services.carve_outs", "carve_out"), ("cohorts.flags", "cohort")):
        paths |= {f"{section}.{item}": f"{role}_{item}" for item in program.ids(section)}
    for section, role in (("exclusions", "exclusion"), ("cost.categories", "category")):
        items = [i for i in program.ids(section) if value_at(program, f"{section}.{i}.value_set") is not None]
        paths |= {f"{section}.{item}": f"{role}_{item}" for item in items}
    return paths
