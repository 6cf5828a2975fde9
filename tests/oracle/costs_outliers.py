"""Cost, cohort and risk of an episode, and the outlier lines (section 9 of the page)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .claims import cents, day, text
from .lines import any_diagnosis, has_line_code
from .months import month
from .rules import Rules

Row = dict[str, Any]


def share_payments(episodes: list[Row], payments: list[Row]) -> list[list[Row]]:
    """The payments of each of a member's episodes: the month overlaps the clipped window, the earliest delivery comes first."""
    shared: list[list[Row]] = [[] for _ in episodes]
    for payment in payments:
        paid_for = day(payment.get("period_start_date"))
        if text(payment.get("purpose")) not in ("case_rate", "ffs_adjustment") or paid_for is None:
            continue
        for number, episode in enumerate(episodes):
            inside = month(episode["episode_start_date"]) <= month(paid_for) <= month(episode["episode_end_date"])
            if inside and not episode["doubtful"]:
                shared[number].append(payment)
                break
    return shared


def add_costs(episode: Row, line_rows: list[Row], payments: list[Row], risk: list[Row], rules: Rules) -> None:
    included = [r for r in line_rows if r["included"]]
    handed = {(r["month"], r["entity_id"]) for r in episode["second_payees"]}
    apart = rules.get("case_rate.handover_in_tcoc") == "continuing_only"
    sums = {"case_rate": 0, "ffs_adjustment": 0, "handover": 0}
    for payment in payments:
        purpose = str(text(payment.get("purpose")))
        key = month(day(payment["period_start_date"]) or date.min), text(payment.get("entity_id"))
        sums["handover" if apart and purpose == "case_rate" and key in handed else purpose] += cents(payment["amount"]) or 0
    episode["claim_line_count"] = len(included)
    episode["line_cost_cents"] = sum(r["cost_cents"] for r in included)
    episode["ffs_cost_cents"] = episode["line_cost_cents"] + sums["ffs_adjustment"]
    episode["case_rate_cost_cents"], episode["handover_cost_cents"] = sums["case_rate"], sums["handover"]
    episode["full_cost_cents"] = episode["total_cost_cents"] = episode["ffs_cost_cents"] + episode["case_rate_cost_cents"]
    episode["shadow_cost_cents"] = sum(r["allowed_cents"] or 0 for r in included if r["paid_cents"] == 0)
    scores = [Decimal(str(r["risk_score"])) for r in risk if day(r["delivery_date"]) == episode["delivery_date"]]
    episode["risk_score"] = scores[0] if scores else Decimal(1)


def add_cohort(episode: Row, rules: Rules) -> None:
    episode["cohort"], episode["cohort_flag_date"] = rules.get("cohorts.otherwise"), None
    for flag in rules.ids("cohorts.flags"):
        codes = rules.codes(f"cohorts.flags.{flag}")
        dates = [x["line_from"] for x in episode["lines"] if has_line_code(x, codes) or any_diagnosis(x, codes)]
        if dates:
            episode["cohort"], episode["cohort_flag_date"] = flag, min(dates)
            return


def scope_of(episode: Row, rules: Rules) -> str:
    return "state" if rules.get("outliers.scope") == "state" else f"state_cohort:{episode['cohort']}"


def half_up(amount: Fraction) -> int:
    """To whole cents, half away from zero."""
    size = abs(amount)
    whole = (size.numerator * 2 + size.denominator) // (size.denominator * 2)
    return -whole if amount < 0 else whole


def nearest_rank(values: list[Fraction], percentile: Fraction) -> Fraction:
    ordered = sorted(values)
    rank = -(-percentile * len(ordered) // 1)  # the ceiling
    return ordered[max(int(rank), 1) - 1]


def base_lines(episodes: list[Row], rules: Rules) -> dict[tuple[str, str], Row]:
    """Untrended, unrounded lines by (scope, tail), from base episodes without any other reason."""
    base = rules.get("prices.baseline_period")
    groups: dict[str, list[Fraction]] = {}
    for episode in episodes:
        if episode["period"] == base and not episode["other_reasons"]:
            adjusted = Fraction(episode["base_cost_cents"]) / Fraction(episode["risk_score"])
            groups.setdefault(scope_of(episode, rules), []).append(adjusted)
    found = {}
    for tail in ("high", "low"):
        percentile = rules.get(f"outliers.{tail}_percentile")
        if percentile is None or percentile == "off":
            continue
        for scope, values in groups.items():
            found[scope, tail] = {"scope": scope, "tail": tail, "line": nearest_rank(values, Fraction(percentile)), "episodes": len(values)}
    return found


def apply_lines(episodes: list[Row], lines: Mapping[tuple[str, str], Fraction | int], rules: Rules, cost: str = "full_cost_cents") -> None:
    """Set the outlier facts of episodes, and the cost that counts, against their scope's lines."""
    for episode in episodes:
        scope, risk, total = scope_of(episode, rules), Fraction(episode["risk_score"]), episode[cost]
        high, low = lines.get((scope, "high")), lines.get((scope, "low"))
        episode["facts"]["cost_above_high_line"] = int(high is not None and total > high * risk)
        episode["facts"]["cost_below_low_line"] = int(low is not None and total < low * risk)
        episode["counted_cost"] = Fraction(total)
        if episode["facts"]["cost_above_high_line"] and high is not None and rules.get("outliers.method") == "truncate":
            episode["facts"]["cost_above_high_line"], episode["counted_cost"] = 0, high * risk
        episode["total_cost_cents"] = half_up(episode["counted_cost"])
