"""Fee-for-service lines that a case rate replaces, in parts, and the corrections they need (section 12 of the page)."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import accumulate, combinations, pairwise
from typing import Any

from .births import days
from .case_rates import Setting, performance_period
from .costs_outliers import half_up
from .entities_attribution import allowed, excluded
from .lines import any_diagnosis, is_newborn, reason_out
from .months import first_day, last_day, month
from .pregnancies import Member, home_of
from .rules import Rules

Row = dict[str, Any]
ROLES = ("global", "delivery_postpartum", "antepartum", "delivery", "postpartum")
COMPONENTS = {
    "global": ("antepartum", "delivery", "postpartum"),
    "delivery_postpartum": ("delivery", "postpartum"),
    "antepartum": ("antepartum",),
    "delivery": ("delivery",),
    "postpartum": ("postpartum",),
    "visit": ("visit",),
}


def role_of(line: Row, rules: Rules) -> str | None:
    """The first role that the line's code has in the case rate."""
    when = line["line_from"]
    for name in ROLES:
        if rules.codes(f"case_rate.codes.{name}").has("hcpcs", line["hcpcs"], when):
            return name
    of_pregnancy = any_diagnosis(line, rules.codes("episode.codes.pregnancy")) or not line["claim"]["dx"]
    service = rules.codes("attribution.monthly.case_rate_service").has("hcpcs", line["hcpcs"], when)
    return "visit" if service and of_pregnancy else None


def is_taken_out(line: Row, rules: Rules) -> bool:
    return is_newborn(line, rules) or (reason_out(line, rules) or "").startswith("carve_out.")


def basis_points(components: tuple[str, ...], rules: Rules) -> list[int]:
    """10,000 split by the program's shares: what is left after rounding down goes to the largest remainders, earlier parts first."""
    if len(components) == 1:
        return [10_000]
    shares = [Fraction(rules.get(f"case_rate.global_split.{name}")) for name in components]
    exact = [10_000 * share / sum(shares) for share in shares]
    whole = [int(x) for x in exact]
    for number in sorted(range(len(exact)), key=lambda n: (whole[n] - exact[n], n))[: 10_000 - sum(whole)]:
        whole[number] += 1
    return whole


def split_fee(fee: int, components: tuple[str, ...], rules: Rules) -> list[int]:
    """Each part is what the parts so far come to, to whole cents, less the parts before it."""
    so_far = [half_up(Fraction(fee * points, 10_000)) for points in accumulate(basis_points(components, rules))]
    return [here - before for before, here in pairwise([0, *so_far])]


def fee_of(line: Row, components: tuple[str, ...]) -> int:
    paid, allowed, other = line["paid"] or 0, line["allowed"] or 0, line["tpl"] or 0
    return max(allowed - other, paid) if paid == 0 or len(components) > 1 else paid


def is_covered(line: Row, component: str, pregnancy: Row, months: set[str], rules: Rules) -> bool:
    """Whether one of the entity's months covers a part of its line."""
    birth = month(pregnancy["end_date"]) if pregnancy["is_birth"] else None
    if component == "visit":
        late = birth is not None and line["line_from"] > pregnancy["end_date"] + days(rules.get("episode.days_after"))
        from_trigger = rules.get("case_rate.trigger_month") == "from_trigger"
        early = from_trigger and line["line_from"] < pregnancy["first_triggers"].get(line["entity"], line["line_from"])
        return month(line["line_from"]) in months and not late and not early
    if component == "antepartum":
        return any(birth is None or name <= birth for name in months)
    if component == "postpartum":
        return birth is not None and any(name >= birth for name in months)
    return bool(rules.get("case_rate.includes_delivery_professional")) and birth in months


def components_of(line: Row, rules: Rules) -> tuple[str, ...] | None:
    """What a case rate could replace of a line; None: nothing."""
    if line["type"] != "professional" or line["entity"] is None or (line["paid"] or 0) < 0 or is_taken_out(line, rules):
        return None
    role = role_of(line, rules)
    return COMPONENTS[role] if role else None


def is_zero_paid(line: Row) -> bool:
    return not line["paid"] and (line["allowed"] or 0) > 0 and not line["tpl"]


def is_part(line: Row, pregnancy: Row | None, setting: Setting) -> bool:
    """Whether a line, by its date and entity, is one that the program of case rates looks at."""
    when, entity = line["line_from"], line["entity"]
    if not first_day(month(setting.rules.get("case_rate.go_live"))) <= when <= last_day(month(setting.through)):
        return False
    if pregnancy is not None and any(r["entity_id"] == entity for r in pregnancy["case_rate_months"]):
        return True
    period = performance_period(when, setting.rules)
    return is_zero_paid(line) and period is not None and setting.gates.passes(entity, period)


def months_by_entity(pregnancy: Row | None, flag: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in pregnancy["case_rate_months"] if pregnancy else []:
        if row[flag]:
            found[row["entity_id"]].add(row["month"])
    return found


def may_be_restored(line: Row, fees: list[int], member: Member, setting: Setting) -> bool:
    """Whether a payment below the fee can only come from the case rate's edit."""
    kinds, when = setting.gates.directory.types_of(line["entity"]), line["line_from"]
    if line["tpl"] or not member.is_covered(when, when) or excluded(kinds, setting.rules) or not allowed(kinds, setting.rules):
        return False
    short = sum(fees) - (line["paid"] or 0)
    sums = {sum(some) for count in range(1, len(fees) + 1) for some in combinations(fees, count)}
    return is_zero_paid(line) or (len(fees) > 1 and short in sums)


def zero_pay_lines(member: Member, pregnancies: list[Row], lines: list[Row], setting: Setting) -> list[Row]:
    """One row per part of a member's final lines; the line's adjustment stands on its last part."""
    rules = setting.rules
    homes = [*pregnancies, None]
    paid = [months_by_entity(p, "paid") for p in homes]
    rows = []
    packages = {
        (line["entity"], id(home_of(line["line_from"], pregnancies)))
        for line in lines
        if components_of(line, rules) and role_of(line, rules) in ("global", "antepartum") and (line["paid"] or 0) > 0
    }
    for line in lines:
        components = components_of(line, rules)
        pregnancy = home_of(line["line_from"], pregnancies)
        if components is None or not is_part(line, pregnancy, setting):
            continue
        months = paid[next(n for n, p in enumerate(homes) if p is pregnancy)][line["entity"]]
        fees = split_fee(fee_of(line, components), components, rules)
        covered = [pregnancy is not None and is_covered(line, name, pregnancy, months, rules) for name in components]
        adjustment = sum(f for f, c in zip(fees, covered, strict=True) if not c) - (line["paid"] or 0)
        of_package = role_of(line, rules) == "visit" and (line["entity"], id(pregnancy)) in packages
        if adjustment > 0 and (of_package or not may_be_restored(line, fees, member, setting)):
            adjustment = 0
        status = "to_zero" if adjustment < 0 else "to_restore" if adjustment > 0 else "zero_paid" if any(covered) else "fee_for_service"
        for number, (name, fee, is_in) in enumerate(zip(components, fees, covered, strict=True), 1):
            rows.append(
                {
                    "claim_id": line["claim_id"],
                    "version_seq": line["seq"],
                    "claim_line_number": line["line"],
                    "component": name,
                    "member_id": line["member"],
                    "entity_id": line["entity"],
                    "month": month(line["line_from"]),
                    "line_start_date": line["line_from"],
                    "fee_cents": fee,
                    "covered_cents": fee if is_in else 0,
                    "adjustment_cents": adjustment if number == len(components) else 0,
                    "status": status,
                    "reason_code": rules.get("case_rate.zero_pay_reason_code") if any(covered) else "",
                    "pregnancy": pregnancy,
                }
            )
    return rows


def adjustments_of(parts: list[Row]) -> list[Row]:
    """One payment per entity, member and claim, in the month of the claim's first adjusted line."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in parts:
        if row["adjustment_cents"]:
            groups[row["entity_id"], row["member_id"], row["claim_id"]].append(row)
    found = []
    for (entity, member, claim), rows in groups.items():
        total = sum(r["adjustment_cents"] for r in rows)
        if total:
            first = month(min(r["line_start_date"] for r in rows))
            found.append(
                {
                    "entity_id": entity,
                    "member_id": member,
                    "claim_id": claim,
                    "period_start_date": first_day(first),
                    "cycle_month": first,
                    "purpose": "ffs_adjustment",
                    "amount_cents": total,
                    "reason": "paid_twice" if total < 0 else "restored",
                    "rate_version": None,
                }
            )
    return found


def base_covered(pregnancy: Row, rules: Rules) -> list[Row]:
    """Parts covered by base months of their own entity, whatever their date and whatever the program around them says."""
    months = months_by_entity(pregnancy, "in_base")
    rows = []
    for line in pregnancy["lines"]:
        components = components_of(line, rules)
        if components is None:
            continue
        for name, fee in zip(components, split_fee(fee_of(line, components), components, rules), strict=True):
            if is_covered(line, name, pregnancy, months[line["entity"]], rules):
                key = {"claim_id": line["claim_id"], "version_seq": line["seq"], "claim_line_number": line["line"], "component": name}
                rest = {"entity_id": line["entity"], "covered_cents": fee, "month": month(line["line_from"])}
                rest |= {"pregnancy": pregnancy, "is_shadow": not line["paid"]}
                rows.append({**key, **rest})
    return rows
