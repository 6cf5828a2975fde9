"""The rules of a panel program as tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from trueup.errors import Place, RuleError
from trueup.rules.program import Program
from trueup.rules.rule_tables import RuleTable, list_at, params_table, value_at

# What each stage needs to know before it can run; a path stands for everything below it.
NEEDS: dict[str, tuple[str, ...]] = {"units": ("periods", "panel"), "payments": ("contracts.terms",)}

_CODE_ROLES = {
    "panel.attribution.visit": "primary_care_visit",
    "panel.months.dual_status": "dual_status",
    "panel.codes.substance_use": "substance_use",
}


def code_paths(program: Program) -> dict[str, str]:
    """The rule paths of code lists, with the role their codes have for the steps."""
    return {path: role for path, role in _CODE_ROLES.items() if program.has(path)}


def compile_tables(program: Program, as_of: date, workspace_key: str, through: date | None) -> list[RuleTable]:
    """Every rule table of a panel program beside the shared ones. Values still unknown are null.

    Raises:
        RuleError: TRU-R130 where the ties do not end with the smallest id, TRU-R131 where truncation lacks what its method uses, TRU-R132
            where a period does not consist of whole months.
    """
    check(program)
    return [_params(program, as_of, workspace_key, through or as_of), _types(program), _terms(program)]


def _params(program: Program, as_of: date, workspace_key: str, through: date) -> RuleTable:
    ties = [*(str(t) for t in list_at(program, "panel.attribution.ties") if t != "smallest_id"), "none", "none"]
    cut = "panel.cost.truncation"
    values: dict[str, tuple[str, object]] = {
        "program": ("VARCHAR", program.id),
        "workspace_key": ("VARCHAR", workspace_key),
        "as_of": ("DATE", as_of),
        "through_month_number": ("INTEGER", through.year * 12 + through.month - 1),
        "lookback_months": ("INTEGER", value_at(program, "panel.attribution.lookback_months")),
        "lookback_ends": ("VARCHAR", value_at(program, "panel.attribution.lookback_ends")),
        "tie_1": ("VARCHAR", ties[0]),
        "tie_2": ("VARCHAR", ties[1]),
        "has_panel_types": ("INTEGER", 1 if list_at(program, "panel.attribution.provider_types") else 0),
        "counted_day": ("VARCHAR", value_at(program, "panel.months.counted_day")),
        "dual": ("VARCHAR", value_at(program, "panel.months.dual")),
        "cost_basis": ("VARCHAR", value_at(program, "panel.cost.basis")),
        "pharmacy": ("VARCHAR", value_at(program, "panel.cost.pharmacy")),
        "truncation_method": ("VARCHAR", value_at(program, f"{cut}.method") or "off"),
        "truncation_cents": ("BIGINT", _scaled(value_at(program, f"{cut}.amount"), 100)),
        "truncation_micros": ("BIGINT", _scaled(value_at(program, f"{cut}.percentile"), 1_000_000)),
        "truncation_rank_rule": ("VARCHAR", value_at(program, f"{cut}.rank_rule")),
        "truncation_scope": ("VARCHAR", value_at(program, f"{cut}.scope")),
        "default_score_micros": ("BIGINT", _scaled(value_at(program, "panel.risk.default_score"), 1_000_000)),
    }
    return params_table(values)


def _types(program: Program) -> RuleTable:
    """The provider types whose visits count; none is every type."""
    rows: list[dict[str, object]] = [{"provider_type": t} for t in list_at(program, "panel.attribution.provider_types")]
    return RuleTable("rule_panel_types", {"provider_type": "VARCHAR"}, rows)


def _terms(program: Program) -> RuleTable:
    """The monthly add-on of each id of terms; null where it has none."""
    rows: list[dict[str, object]] = [
        {"terms_id": t, "add_on_cents": _scaled(value_at(program, f"contracts.terms.{t}.care_coordination"), 100)}
        for t in program.ids("contracts.terms")
    ]
    return RuleTable("rule_terms", {"terms_id": "VARCHAR", "add_on_cents": "BIGINT"}, rows)


def _scaled(value: object, factor: int) -> int | None:
    """A decimal as whole cents or millionths; None where there is none."""
    return int(value * factor) if isinstance(value, Decimal) else None


def check(program: Program) -> None:
    """Raise the first rule that the steps could not keep to."""
    ties, path = [str(t) for t in list_at(program, "panel.attribution.ties")], "panel.attribution.ties"
    if program.known(path) and (not ties or ties[-1] != "smallest_id" or len(set(ties)) != len(ties)):
        raise _fault(program, path, "TRU-R130", "does not end with smallest_id, or names a tie twice: two could still be equal.")
    cut = "panel.cost.truncation"
    method = value_at(program, f"{cut}.method")
    needed = {"fixed": ("amount",), "percentile": ("percentile", "rank_rule")}.get(str(method), ())
    for key in needed:
        if value_at(program, f"{cut}.{key}") is None:
            raise _fault(program, f"{cut}.{key}", "TRU-R131", f"has no value, and the method is {method}.")
    for period in program.periods:
        if period.known and (period.first_day.day != 1 or date.fromordinal(period.last_day.toordinal() + 1).day != 1):
            raise _fault(program, f"periods.{period.id}", "TRU-R132", "does not consist of whole months, and a panel is counted in months.")


def _fault(program: Program, path: str, code: str, message: str) -> RuleError:
    entry = program.params.get(path)
    place: Place = entry.place if entry is not None else program.place
    return RuleError(code, f"`{path}` {message}", place=place, next_step="Correct the rule, or the assumption that gives it.")
