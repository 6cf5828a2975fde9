"""Rules as tables: the form in which a program reaches the SQL steps, which never change.

An unknown value becomes null; a stage whose needs are unknown is not run (see `missing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from trueup.errors import Place, RuleError
from trueup.money import split
from trueup.rules.program import Program, Unknown

FIRST_DAY, END_OF_TIME = date(1900, 1, 1), date(9999, 12, 31)
MAX_EXCLUSIONS = 20

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


@dataclass(frozen=True)
class RuleTable:
    """One table of rules: its columns with DuckDB types, and its rows."""

    name: str
    columns: dict[str, str]
    rows: list[dict[str, object]]


def missing(program: Program, stage: str) -> list[Unknown]:
    """The unknown rule values that keep a stage from running."""
    needs = NEEDS.get(stage, ())
    return [u for u in program.unknowns() if any(u.path == n or u.path.startswith(n + ".") for n in needs)]


def compile_rules(program: Program, *, as_of: date, workspace_key: str, through: date | None = None) -> list[RuleTable]:
    """Every rule table of a maternity program. Values still unknown are null.

    `through` is a day of the last month for which prospective payments are due; by default the month of `as_of` is.
    """
    return [
        _params(program, as_of, workspace_key, through),
        _codes(program),
        _periods(program),
        RuleTable("rule_outcomes", {"outcome": "VARCHAR"}, [{"outcome": o} for o in _list(program, "episode.outcomes")]),
        _carve_outs(program),
        _categories(program),
        _exclusions(program),
        _cohorts(program),
        _provider_types(program),
        _components(program),
        _risk_factors(program),
        _risk(program),
        _comorbidity(program),
        RuleTable("month_offsets", {"month_offset": "INTEGER"}, [{"month_offset": n} for n in range(36)]),
    ]


def _value(program: Program, path: str) -> object:
    """The value at a path; None where it is unknown, `off`, or the rules have no such path."""
    value = program.get(path) if program.known(path) else None
    return None if value == "off" else value


def _flag(program: Program, path: str) -> int | None:
    """1 or 0 for true or false; None where it is unknown or the rules have no such path."""
    value = _value(program, path)
    return int(value) if isinstance(value, bool) else None


def _list(program: Program, path: str) -> Sequence[object]:
    value = _value(program, path)
    return cast("list[object]", value) if isinstance(value, list) else []


def _params(program: Program, as_of: date, workspace_key: str, through: date | None) -> RuleTable:
    known = {p.id: p for p in program.periods if p.known}
    lookback = known.get(str(_value(program, "attribution.accountable.lookback")))
    allowlist = _list(program, "attribution.accountable.provider_type_allowlist")
    values: dict[str, tuple[str, object]] = {
        "program": ("VARCHAR", program.id),
        "workspace_key": ("VARCHAR", workspace_key),
        "as_of": ("DATE", as_of),
        "anchor": ("VARCHAR", _value(program, "episode.anchor")),
        "days_before": ("INTEGER", _value(program, "episode.days_before")),
        "days_after": ("INTEGER", _value(program, "episode.days_after")),
        "assign_by": ("VARCHAR", _value(program, "episode.assign_by")),
        "merge_days": ("INTEGER", _value(program, "episode.merge_days")),
        "minimum_interval_days": ("INTEGER", _value(program, "episode.minimum_interval_days")),
        "uncoded_outcome": ("VARCHAR", _value(program, "episode.uncoded_outcome")),
        "relevance": ("VARCHAR", _value(program, "services.relevance")),
        "pharmacy": ("VARCHAR", _value(program, "services.pharmacy")),
        "cost_basis": ("VARCHAR", _value(program, "cost.basis")),
        "monthly_rule": ("VARCHAR", _value(program, "attribution.monthly.rule")),
        "min_gestation_days": ("INTEGER", _value(program, "attribution.monthly.min_gestation_days")),
        "quiet_months": ("INTEGER", _value(program, "attribution.monthly.quiet_months")),
        "undecided_move": ("VARCHAR", _value(program, "attribution.monthly.undecided_move")),
        "trigger_needs_coverage": ("INTEGER", _flag(program, "attribution.monthly.trigger_needs_coverage")),
        "has_trigger_types": ("INTEGER", 1 if _list(program, "attribution.monthly.provider_types") else 0),
        "episode_rule": ("VARCHAR", _value(program, "attribution.episode.rule")),
        "min_deliveries": ("INTEGER", _value(program, "attribution.accountable.min_deliveries")),
        "min_deliveries_operator": ("VARCHAR", _value(program, "attribution.accountable.operator")),
        "lookback_period": ("VARCHAR", lookback.id if lookback else None),
        "lookback_first_day": ("DATE", lookback.first_day if lookback else None),
        "lookback_last_day": ("DATE", lookback.last_day if lookback else None),
        "when_lookback_empty": ("VARCHAR", _value(program, "attribution.accountable.when_lookback_empty")),
        "has_type_allowlist": ("INTEGER", 1 if allowlist else 0),
        "cohort_otherwise": ("VARCHAR", _value(program, "cohorts.otherwise")),
        "baseline_period": ("VARCHAR", _value(program, "prices.baseline_period")),
        "price_basis": ("VARCHAR", _value(program, "prices.price_basis")),
        "outlier_scope": ("VARCHAR", _value(program, "outliers.scope")),
        "outlier_method": ("VARCHAR", _value(program, "outliers.method")),
        "through_month_number": ("INTEGER", (through or as_of).year * 12 + (through or as_of).month - 1),
        "go_live": ("DATE", _value(program, "case_rate.go_live")),
        "months_after_expected_end": ("INTEGER", _value(program, "case_rate.months_after_expected_end")),
        "roster": ("VARCHAR", _value(program, "case_rate.roster")),
        "rate_change": ("VARCHAR", _value(program, "case_rate.rate_change")),
        "portability_rate": ("VARCHAR", _value(program, "case_rate.portability_rate")),
        "same_month": ("VARCHAR", _value(program, "case_rate.same_month")),
        "recoup_other": ("INTEGER", _flag(program, "case_rate.recoup_other")),
        "handover_in_tcoc": ("VARCHAR", _value(program, "case_rate.handover_in_tcoc")),
        "after_stillbirth": ("VARCHAR", _value(program, "case_rate.after_stillbirth")),
        "trigger_month": ("VARCHAR", _value(program, "case_rate.trigger_month")),
        "stop_on_third_party": ("INTEGER", _flag(program, "case_rate.stop_on_third_party")),
        "includes_delivery_professional": ("INTEGER", _flag(program, "case_rate.includes_delivery_professional")),
        "zero_pay_reason_code": ("VARCHAR", _value(program, "case_rate.zero_pay_reason_code")),
    }
    return RuleTable("run_params", {k: t for k, (t, _) in values.items()}, [{k: v for k, (_, v) in values.items()}])


def _set_paths(program: Program) -> dict[str, str]:
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
        if _value(program, f"{path}.value_set") is not None:
            paths[path] = f"category_{item}"
    return paths


def _codes(program: Program) -> RuleTable:
    columns = {
        "code_role": "VARCHAR",
        "code_system": "VARCHAR",
        "code": "VARCHAR",
        "effective_from": "DATE",
        "effective_to": "DATE",
        "code_value": "INTEGER",
    }
    rows: list[dict[str, object]] = []
    for path, role in _set_paths(program).items():
        for c in program.codes(path) if program.known(path) else []:
            rows.append(
                {
                    "code_role": role,
                    "code_system": c.code_system,
                    "code": c.code,
                    "effective_from": c.effective_from or FIRST_DAY,
                    "effective_to": c.effective_to or END_OF_TIME,
                    "code_value": c.value,
                }
            )
    return RuleTable("rule_codes", columns, rows)


def _periods(program: Program) -> RuleTable:
    columns = {"period": "VARCHAR", "role": "VARCHAR", "first_day": "DATE", "last_day": "DATE"}
    return RuleTable(
        "rule_periods",
        columns,
        [{"period": p.id, "role": p.role, "first_day": p.first_day, "last_day": p.last_day} for p in program.periods if p.known],
    )


def _carve_outs(program: Program) -> RuleTable:
    columns = {"position": "INTEGER", "reason": "VARCHAR", "code_role": "VARCHAR"}
    ids = program.ids("services.carve_outs")
    return RuleTable(
        "rule_carve_outs",
        columns,
        [{"position": n, "reason": f"carve_out.{i}", "code_role": f"carve_out_{i}"} for n, i in enumerate(ids, 1)],
    )


def _categories(program: Program) -> RuleTable:
    columns = {"position": "INTEGER", "category": "VARCHAR", "claim_type": "VARCHAR", "setting": "VARCHAR", "code_role": "VARCHAR"}
    rows: list[dict[str, object]] = []
    for position, item in enumerate(program.ids("cost.categories"), 1):
        path = f"cost.categories.{item}"
        rows.append(
            {
                "position": position,
                "category": item,
                "claim_type": _value(program, f"{path}.claim_type"),
                "setting": _value(program, f"{path}.setting"),
                "code_role": f"category_{item}" if _value(program, f"{path}.value_set") is not None else _value(program, f"{path}.role"),
            }
        )
    return RuleTable("rule_categories", columns, rows)


def _exclusions(program: Program) -> RuleTable:
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
                "fact": _value(program, f"{path}.fact"),
                "operator": _value(program, f"{path}.operator"),
                "threshold": _value(program, f"{path}.value"),
            }
        )
    return RuleTable("rule_exclusions", columns, [r for r in rows if r["threshold"] is not None])


def _cohorts(program: Program) -> RuleTable:
    columns = {"position": "INTEGER", "cohort": "VARCHAR", "code_role": "VARCHAR"}
    rows: list[dict[str, object]] = [
        {"position": n, "cohort": i, "code_role": f"cohort_{i}"} for n, i in enumerate(program.ids("cohorts.flags"), 1)
    ]
    return RuleTable("rule_cohorts", columns, rows)


def _provider_types(program: Program) -> RuleTable:
    columns = {"list": "VARCHAR", "provider_type": "VARCHAR"}
    base = "attribution.accountable."
    rows: list[dict[str, object]] = [{"list": "excluded", "provider_type": t} for t in _list(program, base + "excluded_provider_types")]
    rows += [{"list": "trigger", "provider_type": t} for t in _list(program, "attribution.monthly.provider_types")]
    rows += [{"list": "allowed", "provider_type": t} for t in _list(program, base + "provider_type_allowlist")]
    return RuleTable("rule_provider_types", columns, rows)


def _components(program: Program) -> RuleTable:
    """Which part of care a code of the case rate pays for, in basis points of its fee; a single code's parts add up to 10,000."""
    columns = {"code_role": "VARCHAR", "position": "INTEGER", "component": "VARCHAR", "basis_points": "INTEGER", "is_last": "INTEGER"}
    shares = {part: _value(program, f"case_rate.global_split.{part}") for part in ("antepartum", "delivery", "postpartum")}
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
    uses, rows = _list(program, "risk.uses"), list[dict[str, object]]()
    for position, item in enumerate(risk_factor_ids(program), 1):
        words = {key: _value(program, f"risk.factors.{item}.{key}") for key in ("domain", "tag", "source", "span", "band_from", "band_to")}
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
    days = {key: _value(program, f"risk.{key}") for key in ("lookback_days", "early_days")}
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
        found = {key: _value(program, f"{path}.{key}") for key in ("source", "band_from", "weight_smm", "weight_nontransfusion")}
        role = f"comorbidity_{item}" if found["source"] == "code" else None
        rows.append({"factor": item, **found, "code_role": role, "band_to": None})
    return RuleTable("rule_comorbidity", columns, rows)


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
