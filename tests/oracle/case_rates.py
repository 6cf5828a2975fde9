"""Case rates by month: which months are in care, which are paid and at what rate (section 12 of the page)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .attribution_months import has_work
from .entities_attribution import Gates
from .months import first_day, last_day, later_month, month
from .participation import takes_part
from .pregnancies import Member
from .rules import Rules

Row = dict[str, Any]


@dataclass
class Setting:
    """What all months of a run are judged by."""

    rules: Rules
    gates: Gates
    roster: list[Row]
    rates: list[Row]
    as_of: date
    through: date

    def rate(self, entity: str, when: date) -> Row | None:
        """The latest case rate of the entity that has begun, the smallest of two; it stays in force until the next."""
        mine = [r for r in self.rates if r["entity_id"] == entity and r["effective_from"] <= when]
        return max(mine, key=lambda r: (r["effective_from"], -r["amount_cents"]), default=None)


def months_of(pregnancy: Row, member: Member, third_party: set[str], setting: Setting) -> list[Row]:
    """Every month of the pregnancy that could be paid, judged. `third_party`: months in which another payer paid for the member."""
    rows = candidates_of(pregnancy, setting.rules)
    for row in rows:
        stop = why_not_in_care(row["month"], pregnancy, member, third_party, setting.rules)
        row["in_care"], row["stop_reason"] = stop == "", stop
        row["first_trigger_date"] = pregnancy["first_triggers"][row["entity_id"]]
        row["roster_day"] = max(row["first_trigger_date"], setting.rules.get("case_rate.go_live"))
        row["roster_period"] = performance_period(row["roster_day"], setting.rules)
        rate = rate_of(row, pregnancy, setting)
        row["rate_amount_cents"] = rate["amount_cents"] if rate else None
        row["rate_effective_from"] = rate["effective_from"] if rate else None
        row["unpaid_reason"] = why_unpaid(row, pregnancy, setting)
        row["paid"] = row["unpaid_reason"] == ""
        row["in_base"] = row["in_care"] and not why_second_is_left_out(row, pregnancy, setting)
    return rows


def candidates_of(pregnancy: Row, rules: Rules) -> list[Row]:
    both = rules.get("case_rate.same_month") == "pay_both"
    return [dict(r) for r in pregnancy["months"]] + (overlaps(pregnancy) if both else [])


def overlaps(pregnancy: Row) -> list[Row]:
    """Everybody else who triggers in a month in which the holder works."""
    holders = {r["month"]: r["entity_id"] for r in pregnancy["months"] if r["status"] == "attributed"}
    listed = {(r["month"], r["entity_id"]) for r in pregnancy["months"]}
    found = {(month(when), entity) for when, entity in pregnancy["triggers"]} - listed
    common = {"status": "overlap", "rule": "trigger", "member_id": pregnancy["member_id"], "pregnancy": pregnancy}
    return [
        {"month": name, "entity_id": entity, **common}
        for name, entity in sorted(found)
        if name in holders and has_work(pregnancy, holders[name], name)
    ]


def why_not_in_care(name: str, pregnancy: Row, member: Member, third_party: set[str], rules: Rules) -> str:
    if member.died is not None and name > month(member.died):
        return "member_died"
    stops = pregnancy["end_kind"] == "stillbirth" and rules.get("case_rate.after_stillbirth") == "stop"
    if stops and name > month(pregnancy["end_date"]):
        return "stillbirth"
    if not member.is_covered(first_day(name), last_day(name)):
        return "not_covered"
    if rules.get("case_rate.stop_on_third_party") and name in third_party:
        return "third_party"
    return ""


def performance_period(when: date, rules: Rules) -> str | None:
    return next((p.id for p in rules.periods() if p.role == "performance" and p.first <= when <= p.last), None)


def rate_of(row: Row, pregnancy: Row, setting: Setting) -> Row | None:
    """The rate of the row's entity, or of the first holder: in the month, or locked at that entity's own first trigger."""
    entity, go_live = row["entity_id"], setting.rules.get("case_rate.go_live")
    if setting.rules.get("case_rate.portability_rate") == "first":
        entity = pregnancy["months"][0]["entity_id"]
    locked = setting.rules.get("case_rate.rate_change") == "locked"
    named = month(pregnancy["first_triggers"][entity]) if locked else row["month"]
    return setting.rate(entity, first_day(max(named, month(go_live))))


def why_unpaid(row: Row, pregnancy: Row, setting: Setting) -> str:
    rules, entity = setting.rules, row["entity_id"]
    go_live = rules.get("case_rate.go_live")
    if not row["in_care"]:
        return "not_in_care"
    if last_day(row["month"]) < go_live:
        return "before_go_live"
    if pregnancy["end_kind"] != "open" and pregnancy["end_date"] < go_live:
        return "ended_before_go_live"
    if row["roster_period"] is None:
        return "outside_periods"
    if not setting.gates.passes(entity, row["roster_period"]):
        return "not_accountable"
    if rules.get("case_rate.roster") == "participation" and not takes_part(setting.roster, entity, row["roster_day"]):
        return "not_on_roster"
    if second := why_second_is_left_out(row, pregnancy, setting):
        return second
    if row["rate_amount_cents"] is None:
        return "no_rate"
    return "not_due" if row["month"] > month(setting.through) else ""


def why_second_is_left_out(row: Row, pregnancy: Row, setting: Setting) -> str:
    """The rule that leaves the second payee of a month without payment, if any."""
    if row["status"] == "handover" and setting.rules.get("case_rate.same_month") == "holder_only":
        return "same_month_rule"
    return "recouped" if setting.rules.get("case_rate.recoup_other") and is_recouped(row, pregnancy, setting) else ""


def is_recouped(row: Row, pregnancy: Row, setting: Setting) -> bool:
    """Whether it is certain by now that another than the second payee of a month goes on with the care."""
    if row["status"] == "attributed":
        return False
    held = {r["month"]: r["entity_id"] for r in pregnancy["months"] if r["status"] == "attributed"}
    if any(name > row["month"] and entity == row["entity_id"] for name, entity in held.items()):
        return False
    if last_day(later_month(row["month"], setting.rules.get("attribution.monthly.quiet_months"))) <= setting.as_of:
        return True
    holder, end = held[row["month"]], last_day(row["month"])
    return any(entity == holder and when > end for when, entity in pregnancy["triggers"]) or any(
        when > end for when in pregnancy["delivered"][holder]
    )


def payments_of(months: list[Row]) -> list[Row]:
    """One case-rate payment per entity, member and month; of two pregnancies, the one that began first pays."""
    found: dict[Any, Row] = {}
    for row in sorted((r for r in months if r["paid"]), key=lambda r: r["pregnancy"]["window_start_date"]):
        payment = {
            "entity_id": row["entity_id"],
            "member_id": row["member_id"],
            "claim_id": None,
            "period_start_date": first_day(row["month"]),
            "cycle_month": row["month"],
            "purpose": "case_rate",
            "amount_cents": row["rate_amount_cents"],
            "reason": row["status"],
            "rate_version": row["rate_effective_from"].isoformat(),
        }
        found.setdefault((row["entity_id"], row["member_id"], row["month"]), payment)
    return list(found.values())


def base_months(months: list[Row]) -> list[Row]:
    """Months of the base replay by pregnancy and entity."""
    counts: dict[Any, Row] = {}
    for row in months:
        if row["in_base"]:
            key = (row["member_id"], row["pregnancy"]["end_kind"], row["pregnancy"]["end_date"], row["entity_id"])
            counts.setdefault(key, {"pregnancy": row["pregnancy"], "entity_id": row["entity_id"], "months": 0})["months"] += 1
    return list(counts.values())
