"""Savings of one entity against a given benchmark, written from the words of the rule file alone: exact fractions, one row at a time.

`settle(rules, row)` gives (gate, cents, held), or None where the row cannot be settled. It imports nothing of the package.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def value(item: Any) -> Any:
    """The plain value of a leaf of the YAML."""
    return item["value"] if isinstance(item, dict) and "value" in item else item


def half_up(amount: Fraction) -> int:
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def minimum(settlement: Row, track: Row, row: Row) -> Fraction | None:
    """The minimum savings rate: chosen, or by size."""
    table = settlement["minimum_savings"]
    stated: Any = row.get("minimum_savings_rate")
    n = row["assigned_members"]
    if value(track["minimum_savings"]) == "chosen":
        if stated is None:
            return None
        if any(Fraction(c) == Fraction(stated) for c in value(table["choices"])):
            return Fraction(stated)
    for b in table["brackets"]:
        if n >= b["from_members"] and (b["to_members"] is None or n <= b["to_members"]):
            high, low, first, last = Fraction(b["rate_from"]), Fraction(b["rate_to"]), b["from_members"], b["to_members"]
            rate = high if last is None else high - (high - low) * (n - first) / (last - first)
            if value(track["minimum_savings"]) == "chosen" and abs(rate - Fraction(stated)) > Fraction(1, 20_000) + Fraction(1, 10**9):
                return None
            return rate
    return Fraction(stated) if stated is not None and value(track["minimum_savings"]) == "table" else None


def settle(rules: Row, row: Row) -> tuple[str, int, bool] | None:
    settlement = rules["settlement"]
    track = next(t for t in settlement["tracks"] if row["track"] == t["id"])
    year = next(y for y in settlement["years"] if y["id"] == row["period"])
    benchmark, savings = row["benchmark_cents"], row["benchmark_cents"] - row["expenditure_cents"]
    down = value(track["downside"])
    if savings < 0 and not down:
        return "none", 0, False
    least = minimum(settlement, track, row)
    if least is None:
        return None
    score, top = Fraction(row["quality_score"]), Fraction(value(track["sharing_rate"]))
    if savings > 0 and Fraction(savings, benchmark) >= least:
        if value(year["quality"]) == "proportional":
            rate = top * score if row["met_quality_standard"] else Fraction(0)
        else:
            rate = top if row["met_quality_standard"] else top * score if row["met_alternative_standard"] else Fraction(0)
        kept = savings * rate * (1 - Fraction(value(year["sequestration_rate"])))
        return "savings", half_up(min(kept, benchmark * Fraction(value(track["cap_rate"])))), False
    if savings >= 0 or Fraction(-savings, benchmark) < least:
        return "none", 0, False
    losses = track["losses"]
    if losses["rate"] == "fixed":
        rate = Fraction(losses["fixed_rate"])
    elif row["met_quality_standard"] or (value(year["quality"]) == "standard" and row["met_alternative_standard"]):
        rate = min(max(1 - top * score, Fraction(losses["floor"])), Fraction(losses["ceiling"]))
    else:
        rate = Fraction(losses["ceiling"])
    shared, limits = -savings * rate, track["loss_limits"]
    reached = [b for b in limits["benchmark"] if b["agreement_year"] <= (row.get("agreement_year") or 0)]
    if not reached and shared > benchmark * min(Fraction(value(b["rate"])) for b in limits["benchmark"]):
        return None
    limited = min(shared, benchmark * Fraction(value((reached or limits["benchmark"])[-1]["rate"]))) if reached else shared
    is_open = False
    if "revenue_rate" in limits:
        if row.get("participant_revenue_cents") is not None:
            limited = min(limited, Fraction(limits["revenue_rate"]) * row["participant_revenue_cents"])
        else:
            is_open = value(limits["without_revenue"]) == "hold"
    left = limited - (row.get("disaster_adjustment_cents") or 0)
    if left <= 0:
        return "losses", 0, False
    return ("losses", 0, True) if is_open else ("losses", half_up(-left), False)
