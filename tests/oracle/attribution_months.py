"""Who holds a pregnancy month by month (section 7 of the page, second half)."""

from __future__ import annotations

from datetime import date
from typing import Any

from .births import days
from .claims import day, text
from .months import last_day, later_month, month, months_between
from .rules import Rules

Row = dict[str, Any]


def last_month(pregnancy: Row, rules: Rules) -> str:
    if pregnancy["is_birth"]:
        return month(pregnancy["end_date"] + days(rules.get("episode.days_after")))
    if pregnancy["end_kind"] == "loss":
        return month(pregnancy["end_date"])
    last = later_month(month(pregnancy["uncut_end"]), rules.get("case_rate.months_after_expected_end") or 0)
    following = pregnancy["next_begins"]
    return last if following is None else min(last, month(following - days(1)))


def transferred_to(transfers: list[Row], pregnancy: Row, when: date) -> str | None:
    """Whom the latest notice of transfer names: dated in the pregnancy's window and no later than the end of the day's month."""
    told = [(day(r.get("transfer_date")) or date.max, text(r.get("entity_id")) or "") for r in transfers]
    limit = min(pregnancy["window_end_date"], last_day(month(when)))
    return max(((d, e) for d, e in told if pregnancy["window_start_date"] <= d <= limit), default=(None, None))[1]


def is_quiet(pregnancy: Row, number: int, as_of: date, rules: Rules) -> bool:
    """Whether nobody who came before the trigger works on: after it, to the end of the quiet months, as far as that can be known."""
    when, entity = pregnancy["triggers"][number]
    earlier = {e for _, e in pregnancy["triggers"][:number]} - {entity}
    until = last_day(later_month(month(when), rules.get("attribution.monthly.quiet_months")))
    if until > as_of and rules.get("attribution.monthly.undecided_move") != "newcomer":
        return False
    return not any(when < worked <= until for other in earlier for worked in pregnancy["worked"][other])


def find_moves(pregnancy: Row, transfers: list[Row], as_of: date, rules: Rules) -> list[tuple[date, str, str]]:
    moves: list[tuple[date, str, str]] = []
    for number, (when, entity) in enumerate(pregnancy["triggers"]):
        if number == 0:
            moves.append((when, entity, "trigger"))
        elif transferred_to(transfers, pregnancy, when) == entity:
            moves.append((when, entity, "moved_transfer"))
        elif any(month(d) == month(when) for d in pregnancy["delivered"][entity]):
            moves.append((when, entity, "moved_delivery"))
        elif is_quiet(pregnancy, number, as_of, rules):
            moves.append((when, entity, "moved_quiet"))
    return moves


def attribute_months(pregnancy: Row, transfers: list[Row], as_of: date, rules: Rules) -> list[Row]:
    """The months of a pregnancy with the entity that holds or hands over."""
    if not pregnancy["triggers"]:
        return []
    moves = find_moves(pregnancy, transfers, as_of, rules)
    opened = month(moves[0][0])
    rows: list[Row] = []
    before: str | None = None
    for name in months_between(opened, last_month(pregnancy, rules)):
        _, holder, rule = [m for m in moves if month(m[0]) <= name][-1]
        if name == opened:
            rule = "trigger"
        elif holder == before:
            rule = "trigger" if any(e == holder and month(w) == name for w, e in pregnancy["triggers"]) else "carried_forward"
        rows.append({"month": name, "entity_id": holder, "status": "attributed", "rule": rule})
        if before not in (None, holder) and has_work(pregnancy, before, name):
            rows.append({"month": name, "entity_id": before, "status": "handover", "rule": "handover_month"})
        before = holder
    for row in rows:
        row["member_id"], row["pregnancy"] = pregnancy["member_id"], pregnancy
    return rows


def has_work(pregnancy: Row, entity: str | None, name: str) -> bool:
    return any(month(worked) == name for worked in pregnancy["worked"][entity])
