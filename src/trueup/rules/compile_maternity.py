"""The rules of a maternity program as tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from trueup.money import split
from trueup.rules import episode_tables
from trueup.rules.program import Program
from trueup.rules.rule_tables import RuleTable, flag_at, list_at, params_table, value_at

# What each stage needs to know before it can run; a path stands for everything below it.
NEEDS: dict[str, tuple[str, ...]] = {
    "units": ("periods", "episode", "services", "cost.basis", "cost.categories"),
    "attribution": ("attribution",),
    "exclusions": ("exclusions", "cohorts", "dual_status"),
    "risk": ("risk",),
    "cost": ("outliers",),
    "payments": ("case_rate",),
}

# A case rate covers these parts of care. A code that stands for several is split by the program's shares, the last part taking the rest.
_COMPONENTS: dict[str, tuple[str, ...]] = {
    "case_rate_service": ("visit",),
    "global": ("antepartum", "delivery", "postpartum"),
    "antepartum": ("antepartum",),
    "delivery": ("delivery",),
    "delivery_postpartum": ("delivery", "postpartum"),
    "postpartum": ("postpartum",),
}

_CODE_ROLES = {
    "episode.codes.delivery_vaginal": "delivery_vaginal",
    "episode.codes.delivery_cesarean": "delivery_cesarean",
    "episode.codes.delivery_any": "delivery_any",
    "episode.codes.outcome_live": "outcome_live",
    "episode.codes.outcome_stillbirth": "outcome_stillbirth",
    "episode.codes.loss": "loss",
    "episode.codes.gestation_weeks": "gestation_weeks",
    "episode.codes.fetus_count": "fetus_count",
    "episode.codes.pregnancy": "pregnancy",
    "services.newborn": "newborn",
    "services.include": "services_include",
    "attribution.monthly.trigger": "trigger",
    "attribution.monthly.case_rate_service": "case_rate_service",
    "attribution.prenatal.any_date": "prenatal_any_date",
    "attribution.prenatal.visit": "prenatal_visit",
    "dual_status": "dual_status",
    **{
        f"case_rate.codes.{name}": f"case_rate_{name}" for name in ("global", "antepartum", "delivery", "delivery_postpartum", "postpartum")
    },
}


def compile_tables(program: Program, as_of: date, workspace_key: str, through: date | None) -> list[RuleTable]:
    """Every rule table of a maternity program beside the shared ones. Values still unknown are null.

    `through` is a day of the last month for which prospective payments are due; by default the month of `as_of` is.
    """
    return [
        _params(program, as_of, workspace_key, through),
        RuleTable("rule_outcomes", {"outcome": "VARCHAR"}, [{"outcome": o} for o in list_at(program, "episode.outcomes")]),
        episode_tables.carve_outs(program),
        episode_tables.categories(program),
        episode_tables.exclusions(program),
        episode_tables.cohorts(program),
        episode_tables.provider_types(program),
        episode_tables.exclusive_programs(program),
        _components(program),
        _risk_factors(program),
        _risk(program),
        _comorbidity(program),
        RuleTable("month_offsets", {"month_offset": "INTEGER"}, [{"month_offset": n} for n in range(36)]),
    ]


def _params(program: Program, as_of: date, workspace_key: str, through: date | None) -> RuleTable:
    known = {p.id: p for p in program.periods if p.known}
    lookback = known.get(str(value_at(program, "attribution.accountable.lookback")))
    allowlist = list_at(program, "attribution.accountable.provider_type_allowlist")
    values: dict[str, tuple[str, object]] = {
        "program": ("VARCHAR", program.id),
        "workspace_key": ("VARCHAR", workspace_key),
        "as_of": ("DATE", as_of),
        "anchor": ("VARCHAR", value_at(program, "episode.anchor")),
        "days_before": ("INTEGER", value_at(program, "episode.days_before")),
        "days_after": ("INTEGER", value_at(program, "episode.days_after")),
        "assign_by": ("VARCHAR", value_at(program, "episode.assign_by")),
        "merge_days": ("INTEGER", value_at(program, "episode.merge_days")),
        "minimum_interval_days": ("INTEGER", value_at(program, "episode.minimum_interval_days")),
        "uncoded_outcome": ("VARCHAR", value_at(program, "episode.uncoded_outcome")),
        "relevance": ("VARCHAR", value_at(program, "services.relevance")),
        "pharmacy": ("VARCHAR", value_at(program, "services.pharmacy")),
        "cost_basis": ("VARCHAR", value_at(program, "cost.basis")),
        "monthly_rule": ("VARCHAR", value_at(program, "attribution.monthly.rule")),
        "min_gestation_days": ("INTEGER", value_at(program, "attribution.monthly.min_gestation_days")),
        "quiet_months": ("INTEGER", value_at(program, "attribution.monthly.quiet_months")),
        "undecided_move": ("VARCHAR", value_at(program, "attribution.monthly.undecided_move")),
        "trigger_needs_coverage": ("INTEGER", flag_at(program, "attribution.monthly.trigger_needs_coverage")),
        "has_trigger_types": ("INTEGER", 1 if list_at(program, "attribution.monthly.provider_types") else 0),
        "episode_rule": ("VARCHAR", value_at(program, "attribution.episode.rule")),
        "min_deliveries": ("INTEGER", value_at(program, "attribution.accountable.min_deliveries")),
        "min_deliveries_operator": ("VARCHAR", value_at(program, "attribution.accountable.operator")),
        "lookback_period": ("VARCHAR", lookback.id if lookback else None),
        "lookback_first_day": ("DATE", lookback.first_day if lookback else None),
        "lookback_last_day": ("DATE", lookback.last_day if lookback else None),
        "when_lookback_empty": ("VARCHAR", value_at(program, "attribution.accountable.when_lookback_empty")),
        "has_type_allowlist": ("INTEGER", 1 if allowlist else 0),
        "cohort_otherwise": ("VARCHAR", value_at(program, "cohorts.otherwise")),
        "baseline_period": ("VARCHAR", value_at(program, "prices.baseline_period")),
        "price_basis": ("VARCHAR", value_at(program, "prices.price_basis")),
        "outlier_scope": ("VARCHAR", value_at(program, "outliers.scope")),
        "outlier_method": ("VARCHAR", value_at(program, "outliers.method")),
        "through_month_number": ("INTEGER", (through or as_of).year * 12 + (through or as_of).month - 1),
        "go_live": ("DATE", value_at(program, "case_rate.go_live")),
        "months_after_expected_end": ("INTEGER", value_at(program, "case_rate.months_after_expected_end")),
        "roster": ("VARCHAR", value_at(program, "case_rate.roster")),
        "rate_change": ("VARCHAR", value_at(program, "case_rate.rate_change")),
        "portability_rate": ("VARCHAR", value_at(program, "case_rate.portability_rate")),
        "same_month": ("VARCHAR", value_at(program, "case_rate.same_month")),
        "recoup_other": ("INTEGER", flag_at(program, "case_rate.recoup_other")),
        "handover_in_tcoc": ("VARCHAR", value_at(program, "case_rate.handover_in_tcoc")),
        "after_stillbirth": ("VARCHAR", value_at(program, "case_rate.after_stillbirth")),
        "trigger_month": ("VARCHAR", value_at(program, "case_rate.trigger_month")),
        "stop_on_third_party": ("INTEGER", flag_at(program, "case_rate.stop_on_third_party")),
        "includes_delivery_professional": ("INTEGER", flag_at(program, "case_rate.includes_delivery_professional")),
        "zero_pay_reason_code": ("VARCHAR", value_at(program, "case_rate.zero_pay_reason_code")),
    }
    return params_table(values)


def code_paths(program: Program) -> dict[str, str]:
    """Rule path of each value set -> the meaning its codes have for the steps."""
    paths = {p: role for p, role in _CODE_ROLES.items() if program.has(p)}
    for item in program.ids("services.carve_outs"):
        paths[f"services.carve_outs.{item}"] = f"carve_out_{item}"
    for item in program.ids("cohorts.flags"):
        paths[f"cohorts.flags.{item}"] = f"cohort_{item}"
    for item in risk_factor_ids(program):
        if program.get(f"risk.factors.{item}.source") == "code":
            paths[f"risk.factors.{item}"] = f"risk_{item}"
    for item in _comorbidities(program):
        if program.get(f"risk.comorbidity.{item}.source") == "code":
            paths[f"risk.comorbidity.{item}"] = f"comorbidity_{item}"
    for item in program.ids("cost.categories"):
        path = f"cost.categories.{item}"
        if value_at(program, f"{path}.value_set") is not None:
            paths[path] = f"category_{item}"
    return paths


def _components(program: Program) -> RuleTable:
    """Which part of care a code of the case rate pays for, in basis points of its fee; a single code's parts add up to 10,000."""
    columns = {"code_role": "VARCHAR", "position": "INTEGER", "component": "VARCHAR", "basis_points": "INTEGER", "is_last": "INTEGER"}
    shares = {part: value_at(program, f"case_rate.global_split.{part}") for part in ("antepartum", "delivery", "postpartum")}
    rows: list[dict[str, object]] = []
    for name, parts in _COMPONENTS.items():
        weights = [Decimal(str(shares[part])) if len(parts) > 1 and shares[part] is not None else Decimal(1) for part in parts]
        points = split(10_000, weights)
        role = name if name == "case_rate_service" else f"case_rate_{name}"
        for position, (part, share) in enumerate(zip(parts, points, strict=True), 1):
            rows.append(
                {"code_role": role, "position": position, "component": part, "basis_points": share, "is_last": int(position == len(parts))}
            )
    return RuleTable("rule_components", columns, rows if program.has("case_rate") else [])


def risk_factor_ids(program: Program) -> list[str]:
    """The ids of the program's risk factors in rule order; none without a section `risk`."""
    return program.ids("risk.factors") if program.has("risk") else []


def _risk_factors(program: Program) -> RuleTable:
    columns = {
        "position": "INTEGER", "factor": "VARCHAR", "domain": "VARCHAR", "tag": "VARCHAR", "source": "VARCHAR", "code_role": "VARCHAR",
        "span": "VARCHAR", "band_from": "INTEGER", "band_to": "INTEGER", "used": "INTEGER", "pattern_bit": "BIGINT",
    }  # fmt: skip
    uses, rows = list_at(program, "risk.uses"), list[dict[str, object]]()
    for position, item in enumerate(risk_factor_ids(program), 1):
        words = {
            key: value_at(program, f"risk.factors.{item}.{key}") for key in ("domain", "tag", "source", "span", "band_from", "band_to")
        }
        role = f"risk_{item}" if words["source"] == "code" else None
        rows.append(
            {
                "position": position,
                "factor": item,
                **words,
                "code_role": role,
                "used": int(words["tag"] in uses),
                "pattern_bit": 2 ** (position - 1),
            }
        )
    return RuleTable("rule_risk_factors", columns, rows)


def _risk(program: Program) -> RuleTable:
    days = {key: value_at(program, f"risk.{key}") for key in ("lookback_days", "early_days")}
    return RuleTable("rule_risk", dict.fromkeys(days, "INTEGER"), [days] if program.has("risk") else [])


def _comorbidities(program: Program) -> list[str]:
    return program.ids("risk.comorbidity") if program.has("risk.comorbidity") else []


def _comorbidity(program: Program) -> RuleTable:
    columns = {
        "factor": "VARCHAR", "source": "VARCHAR", "code_role": "VARCHAR", "band_from": "INTEGER", "band_to": "INTEGER",
        "weight_smm": "INTEGER", "weight_nontransfusion": "INTEGER",
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for item in _comorbidities(program):
        path = f"risk.comorbidity.{item}"
        found = {key: value_at(program, f"{path}.{key}") for key in ("source", "band_from", "weight_smm", "weight_nontransfusion")}
        role = f"comorbidity_{item}" if found["source"] == "code" else None
        rows.append({"factor": item, **found, "code_role": role, "band_to": None})
    return RuleTable("rule_comorbidity", columns, rows)
