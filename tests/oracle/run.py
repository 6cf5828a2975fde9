"""The whole computation, one member at a time: CSV files and rules in, tables as lists of dictionaries out."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from . import births, claims, costs_outliers, entities_attribution, exclusions, lines, prices, settlement, windows
from .rules import Rules

Row = dict[str, Any]


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
    tables: dict[str, list[Row]], rules: Rules, as_of: date | None, *, price: Row | None = None, received: date | None = None
) -> Row:
    """The same over rows already in memory."""
    if received:
        tables = {name: [{**row, "_received": received} for row in rows] for name, rows in tables.items()}
    read, bad = claims.read_claims(tables)
    placed = claims.final_action(read, bad, as_of)
    by_member = claims.final_claims(placed)
    other = {
        name: claims.settled_rows(tables.get(name, []), as_of)
        for name in ("eligibility", "provider", "entity_crosswalk", "participation", "gate_results", "payments_made", "risk_scores")
    }
    for name in ("participation", "gate_results", "payments_made", "risk_scores"):
        other[name] = [r for r in other[name] if claims.text(r.get("program")) in (None, rules.id)]
    mine = {name: group(other[name]) for name in ("eligibility", "payments_made", "risk_scores")}
    directory = entities_attribution.Directory(other["provider"], other["entity_crosswalk"])
    held: dict[str, list[Row]] = defaultdict(list)
    for line in placed:
        if line["reason"] == "family.held":
            held[line["member"]].append(line)
    episodes: list[Row] = []
    for member in sorted(by_member):
        found, losses = births.find_events(by_member[member], rules)
        hers = windows.make_episodes(member, found, losses, rules)
        if hers:
            for claim in by_member[member]:
                for line in claim["lines"]:
                    line["entity"] = directory.entity(line)
            windows.place_lines(hers, by_member[member])
            episodes += hers
    months = entities_attribution.attribute(episodes, rules, directory)
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
        episode["held_line_count"] = windows.count_held(episode, held[member])
        costs_outliers.add_costs(episode, hers, episode["payments"], mine["risk_scores"][member], rules)
        costs_outliers.add_cohort(episode, rules)
        episode["facts"] = exclusions.facts_of(episode, mine["eligibility"][member], rules)
        episode["other_reasons"] = exclusions.reasons_of(episode, rules)
        episode["target_amount_cents"] = None
    mark_outliers(episodes, rules, price)
    return {
        "episodes": episodes,
        "episode_lines": line_rows,
        "attribution_months": months,
        "accounting": account(placed, bad, line_rows, as_of),
        "lines": placed,
        "participation": other["participation"],
        "gate_results": other["gate_results"],
        "directory": directory,
    }


def group(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[claims.text(row.get("member_id")) or ""].append(row)
    return found


def mark_outliers(episodes: list[Row], rules: Rules, price: Row | None) -> None:
    """Outlier facts from the base itself for base episodes, from the price set for the others; then the reasons in rule order."""
    base = rules.get("prices.baseline_period")
    own = {key: x["line"] for key, x in costs_outliers.base_lines(episodes, rules).items()}
    costs_outliers.apply_lines([e for e in episodes if e["period"] == base], own, rules)
    frozen = {(x["scope"], x["tail"]): x["amount_cents"] for x in price["outlier_lines"]} if price else {}
    costs_outliers.apply_lines([e for e in episodes if e["period"] != base], frozen, rules)
    for episode in episodes:
        episode["exclusion_reasons"] = exclusions.reasons_of(episode, rules)


def account(placed: list[Row], bad: list[Row], line_rows: list[Row], as_of: date | None) -> Counter[tuple[str, str, str]]:
    """Rows and paid cents by (table, disposition, what)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    used = {(r["claim_id"], r["version_seq"], r["claim_line_number"]) for r in line_rows if r["included"]}
    for line in placed + [{**x, "disposition": "quarantined"} for x in bad if claims.visible(x["known"], as_of)]:
        where = line["disposition"]
        if where == "final":
            where = "used" if (line["claim_id"], line["seq"], line["line"]) in used else "excluded"
        counts[line["table"], where, "rows"] += 1
        counts[line["table"], where, "cents"] += line["paid"] or 0
    return counts


def price_and_settle(tables: dict[str, list[Row]], rules: Rules, as_of: date | None, period: str) -> Row:
    """Price from the base, run again under those prices, and settle a period."""
    priced = prices.price_set(run_tables(tables, rules, as_of), rules, period)
    result = run_tables(tables, rules, as_of, price=priced)
    result |= priced
    result["settlements"] = settlement.settle(result, priced["prices"], rules, period)
    return result
