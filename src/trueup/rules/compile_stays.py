"""The rules of a program of inpatient stays as tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import cast

from trueup.rules.program import Program
from trueup.rules.rule_tables import END_OF_TIME, RuleTable, flag_at, list_at, params_table, value_at
from trueup.rules.schema_stays import StayCodes

# What each stage needs to know before it can run; a path stands for everything below it.
NEEDS: dict[str, tuple[str, ...]] = {
    "units": ("periods", "stays"),
    "payments": ("addons", "hospitals.eligible_classes"),
}
MAX_STAY_DAYS = 4000


def code_paths(program: Program) -> dict[str, str]:
    """Rule path of each value set -> the meaning its codes have for the steps."""
    return {f"stays.codes.{name}": name for name in StayCodes.model_fields if name != "cite" and program.has(f"stays.codes.{name}")}


def compile_tables(program: Program, as_of: date, workspace_key: str, through: date | None) -> list[RuleTable]:
    """Every rule table of a program of stays beside the shared ones. Values still unknown are null."""
    last = through or as_of
    values: dict[str, tuple[str, object]] = {
        "program": ("VARCHAR", program.id),
        "workspace_key": ("VARCHAR", workspace_key),
        "as_of": ("DATE", as_of),
        "interrupted_days": ("INTEGER", value_at(program, "stays.interrupted_days")),
        "transfer_days": ("INTEGER", value_at(program, "stays.transfer_days")),
        "count_interruptions": ("INTEGER", flag_at(program, "stays.interruption_in_length")),
        "los_owner": ("VARCHAR", value_at(program, "stays.los_owner")),
        "chain_days": ("INTEGER", value_at(program, "stays.chain_days")),
        "assign_by": ("VARCHAR", value_at(program, "stays.assign_by")),
        "age_on": ("VARCHAR", value_at(program, "stays.age_on")),
        "tiers_from": ("DATE", value_at(program, "addons.tiers_from")),
        "addon_by": ("VARCHAR", value_at(program, "addons.addon_by")),
        "through_month": ("VARCHAR", f"{last:%Y-%m}"),
        "maturity_days": ("INTEGER", _maturity(program)),
    }
    return [
        params_table(values),
        _exclusions(program),
        _words("rule_follow_up_provider_types", "provider_type", program, "stays.follow_up_provider_types"),
        _words("rule_eligible_classes", "hospital_class", program, "hospitals.eligible_classes"),
        _interim(program),
        RuleTable("day_numbers", {"day_number": "INTEGER"}, [{"day_number": n} for n in range(MAX_STAY_DAYS)]),
    ]


def _maturity(program: Program) -> int:
    """Days after a measured year until its outcomes and claims are in, as far as they are known."""
    found = [value_at(program, f"maturity.{key}") for key in ("follow_up_days", "runout_days")]
    return sum(days for days in found if isinstance(days, int))


def _words(table: str, column: str, program: Program, path: str) -> RuleTable:
    return RuleTable(table, {column: "VARCHAR"}, [{column: word} for word in list_at(program, path)])


def _exclusions(program: Program) -> RuleTable:
    """The exclusions whose threshold is known; one that is null excludes nothing."""
    columns = {"position": "INTEGER", "reason": "VARCHAR", "fact": "VARCHAR", "operator": "VARCHAR", "threshold": "BIGINT"}
    rows: list[dict[str, object]] = []
    for position, item in enumerate(program.ids("stays.exclusions"), 1):
        path = f"stays.exclusions.{item}"
        words = {key: value_at(program, f"{path}.{key}") for key in ("fact", "operator")}
        rows.append({"position": position, "reason": item, **words, "threshold": value_at(program, f"{path}.value")})
    return RuleTable("rule_exclusions", columns, [r for r in rows if r["threshold"] is not None])


def _interim(program: Program) -> RuleTable:
    """The add-on outside the tiers: cents a day, or hundredths of a percent."""
    columns = {
        "position": "INTEGER", "hospital_class": "VARCHAR", "rate_unit": "VARCHAR", "rate_cents": "BIGINT", "rate_version": "VARCHAR",
        "effective_from": "DATE", "effective_to": "DATE",
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for position, item in enumerate(list_at(program, "addons.interim"), 1):
        row = cast("dict[str, str | None]", item)
        start, end = str(row["effective_from"]), row["effective_to"]
        rows.append(
            {
                "position": position,
                "hospital_class": None if row["hospital_class"] == "all" else row["hospital_class"],
                "rate_unit": row["unit"],
                "rate_cents": int(Decimal(str(row["amount"])) * 100),
                "rate_version": f"interim {start}",
                "effective_from": date.fromisoformat(start),
                "effective_to": date.fromisoformat(end) if end else END_OF_TIME,
            }
        )
    return RuleTable("rule_interim_rates", columns, rows)
