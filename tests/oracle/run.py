"""The whole computation, one member at a time: CSV files and rules in, tables as lists of dictionaries out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from . import (
    attribution_months,
    births,
    case_rates,
    claims,
    costs_outliers,
    entities_attribution,
    exclusions,
    lines,
    pregnancies,
    prices,
    settlement,
    windows,
    zero_paid,
)
from .months import month
from .rules import Rules

Row = dict[str, Any]
OF_PROGRAM = ("participation", "gate_results", "payments_made", "risk_scores", "member_transfers")


def run(
    csv_dir: Path,
    programs: Path,
    program: str,
    assumptions: str | None = "illustrative",
    as_of: date | None = None,
    *,
    price: Row | None = None,
    received: date | None = None,
    settings: dict[str, Any] | None = None,
) -> Row:
    """Tables of a run over the CSV files of a folder; `price` is what `prices.price_set` gave, if any."""
    return run_tables(claims.read_folder(csv_dir), Rules(programs, program, assumptions, settings), as_of, price=price, received=received)


def run_tables(
    tables: dict[str, list[Row]],
    rules: Rules,
    as_of: date | None,
    *,
    price: Row | None = None,
    received: date | None = None,
    through: date | None = None,
) -> Row:
    """The same over rows already in memory; `through`: a day of the last month that is due, else `as_of`."""
    if received:
        tables = {name: [{**row, "_received": received} for row in rows] for name, rows in tables.items()}
    read, bad = claims.read_claims(tables)
    placed = claims.final_action(read, bad, as_of)
    by_member = claims.final_claims(placed)
    other = {
        name: claims.settled_rows(tables.get(name, []), as_of) for name in ("eligibility", "provider", "entity_crosswalk", *OF_PROGRAM)
    }
    for name in OF_PROGRAM:
        other[name] = [r for r in other[name] if claims.text(r.get("program")) in (None, rules.id)]
    mine = {name: group(other[name]) for name in ("eligibility", "payments_made", "risk_scores", "member_transfers")}
    directory = entities_attribution.Directory(other["provider"], other["entity_crosswalk"])
    held: dict[str, list[Row]] = defaultdict(list)
    for line in placed:
        if line["reason"] in ("family.held", "adj.cycle"):
            held[line["member"]].append(line)
    episodes: list[Row] = []
    found: list[Row] = []
    members: dict[str, pregnancies.Member] = {}
    for member in sorted(by_member):
        for claim in by_member[member]:
            for line in claim["lines"]:
                line["entity"] = directory.entity(line)
        her = pregnancies.Member(member, rules, directory, mine["eligibility"][member], bool(other["eligibility"]))
        members[member] = her
        hers, carried = units_of(her, by_member[member], mine["member_transfers"][member], as_of or date.max, rules)
        episodes += hers
        found += carried
    gates = entities_attribution.attribute(episodes, rules, directory)
    line_rows: list[Row] = []
    by_mother: dict[str, list[Row]] = defaultdict(list)
    for episode in episodes:
        by_mother[episode["member_id"]].append(episode)
    for member, hers in by_mother.items():
        for episode, paid in zip(hers, costs_outliers.share_payments(hers, mine["payments_made"][member]), strict=True):
            episode["payments"] = paid
    for episode in episodes:
        hers = lines.decide(episode, rules)
        line_rows += hers
        member = episode["member_id"]
        kept_back = [] if episode["doubtful"] else windows.held_in(episode, held[member])
        episode["held_line_count"], episode["held_cents"] = len(kept_back), sum(x["paid"] or 0 for x in kept_back)
        costs_outliers.add_costs(episode, hers, episode["payments"], mine["risk_scores"][member], rules)
        costs_outliers.add_cohort(episode, rules)
        episode["facts"] = exclusions.facts_of(episode, mine["eligibility"][member], rules, not other["eligibility"])
        episode["other_reasons"] = exclusions.reasons_of(episode, rules)
        episode["target_amount_cents"] = None
    mark_outliers(episodes, rules, price)
    judged_on = as_of or date.max
    setting = case_rates.Setting(rules, gates, other["participation"], rates_of(tables), judged_on, through or judged_on)
    paid = case_rate_tables(found, by_member, members, setting)
    add_base_costs(episodes, paid.get("base_covered_lines", []), rules)
    return {
        "episodes": episodes,
        "episode_lines": line_rows,
        "pregnancies": found,
        "attribution_months": [row for pregnancy in found for row in pregnancy["months"]],
        "accounting": account(placed, bad, line_rows, {e["member_id"] for e in episodes}, as_of),
        "lines": placed,
        "participation": other["participation"],
        "gate_results": other["gate_results"],
        "directory": directory,
        **paid,
    }


def units_of(member: pregnancies.Member, found: list[Row], transfers: list[Row], as_of: date, rules: Rules) -> tuple[list[Row], list[Row]]:
    """A member's episodes and her pregnancies, from her final claims; each month is attributed."""
    events, losses = births.find_events(found, rules)
    events = windows.give_windows(member.name, events, losses, rules)
    hers = windows.make_episodes(events, rules)
    windows.place_lines(hers, found)
    carried = pregnancies.find(member, events, losses, hers, found, rules)
    for episode in hers:
        episode |= {"months": [], "first_triggers": {}, "second_payees": []}
    for pregnancy in carried:
        pregnancies.note_work(pregnancy, member, rules)
        pregnancy["months"] = attribution_months.attribute_months(pregnancy, transfers, as_of, rules)
        if pregnancy["episode"] is not None:
            seconds = [r for r in case_rates.candidates_of(pregnancy, rules) if r["status"] != "attributed"]
            kept = {"months": pregnancy["months"], "first_triggers": pregnancy["first_triggers"], "second_payees": seconds}
            pregnancy["episode"] |= kept
    return hers, carried


def add_base_costs(episodes: list[Row], replayed: list[Row], rules: Rules) -> None:
    """What an episode cost as the base of a later price: care alone, what was paid at zero for a case rate at its shadow price."""
    for episode in episodes:
        episode["base_cost_cents"] = episode["line_cost_cents"]
    for row in replayed:
        if row["is_shadow"] and row["pregnancy"]["episode"] is not None and rules.get("cost.basis") == "paid":
            row["pregnancy"]["episode"]["base_cost_cents"] += row["covered_cents"]


def rates_of(tables: dict[str, list[Row]]) -> list[Row]:
    """The case rates among the final prices given with the claims (in cents, as a price set holds them)."""
    return [r for r in tables.get("prices", []) if r["price"] == "case_rate" and r["status"] == "final"]


def case_rate_tables(
    found: list[Row], by_member: dict[str, list[Row]], members: dict[str, pregnancies.Member], setting: case_rates.Setting
) -> Row:
    """Months, payments and zero-paid lines of a program with case rates, and the base replay."""
    if setting.rules.get("case_rate") is None:
        return {}
    months: list[Row] = []
    parts: list[Row] = []
    replayed: list[Row] = []
    by_mother: dict[str, list[Row]] = defaultdict(list)
    for pregnancy in found:
        by_mother[pregnancy["member_id"]].append(pregnancy)
    for name, final in by_member.items():
        hers = [line for claim in final for line in claim["lines"]]
        other_payer = {month(x["line_from"]) for x in hers if (x["tpl"] or 0) > 0}
        for pregnancy in by_mother[name]:
            pregnancy["case_rate_months"] = case_rates.months_of(pregnancy, members[name], other_payer, setting)
            months += pregnancy["case_rate_months"]
            replayed += zero_paid.base_covered(pregnancy, setting.rules)
        parts += zero_paid.zero_pay_lines(members[name], by_mother[name], hers, setting)
    return {
        "case_rate_months": months,
        "zero_pay_lines": parts,
        "payments": case_rates.payments_of(months) + zero_paid.adjustments_of(parts),
        "base_case_rate_months": case_rates.base_months(months),
        "base_covered_lines": replayed,
    }


def group(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[claims.text(row.get("member_id")) or ""].append(row)
    return found


def mark_outliers(episodes: list[Row], rules: Rules, price: Row | None) -> None:
    """Outlier facts from the frozen lines of a price set (in the base period the untrended ones), and the reasons in rule order."""
    frozen = price["outlier_lines"] if price else []
    base = rules.get("prices.baseline_period")
    for column, group in (
        ("base_cents", [e for e in episodes if e["period"] == base]),
        ("amount_cents", [e for e in episodes if e["period"] != base]),
    ):
        costs_outliers.apply_lines(group, {(x["scope"], x["tail"]): x[column] for x in frozen}, rules)
    for episode in episodes:
        episode["exclusion_reasons"] = exclusions.reasons_of(episode, rules)


def account(
    placed: list[Row], bad: list[Row], line_rows: list[Row], members: set[str], as_of: date | None
) -> dict[tuple[str, str, str], list[int]]:
    """Rows and paid cents by (table, disposition, reason)."""
    counts: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    listed = {(r["claim_id"], r["version_seq"], r["claim_line_number"]): r["reason"] or "in_episode" for r in line_rows}
    for line in placed + [{**x, "disposition": "quarantined"} for x in bad if claims.visible(x["known"], as_of)]:
        where, why = line["disposition"], line["reason"]
        if where == "final":
            elsewhere = "outside_episode" if line["member"] in members else "no_episode"
            why = listed.get((line["claim_id"], line["seq"], line["line"]), elsewhere)
            where = "used" if why == "in_episode" else "excluded"
        counts[line["table"], where, why][0] += 1
        counts[line["table"], where, why][1] += line["paid"] or 0
    return dict(counts)


def price(tables: dict[str, list[Row]], rules: Rules, as_of: date | None, period: str) -> Row:
    """Prices and outlier lines for a period, from the base period as known on a day."""
    return prices.price_set(run_tables(tables, rules, as_of), rules, period)


def settle(tables: dict[str, list[Row]], rules: Rules, as_of: date | None, period: str, priced: Row) -> Row:
    """A run under frozen prices, with the settlement of one period."""
    result = run_tables(tables, rules, as_of, price=priced)
    result["settlements"] = settlement.settle(result, priced["prices"], rules, period)
    return result


def price_and_settle(tables: dict[str, list[Row]], rules: Rules, as_of: date | None, periods: tuple[str, ...]) -> Row:
    """Both on the same day: the run is made once, and its outliers are judged again under the frozen lines."""
    result = run_tables(tables, rules, as_of)
    result |= prices.price_set(result, rules, periods[0])
    mark_outliers(result["episodes"], rules, result)
    result["settlements"] = [row for period in periods for row in settlement.settle(result, result["prices"], rules, period)]
    return result
