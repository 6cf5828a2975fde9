"""The whole computation, one member at a time: CSV files and rules in, tables as lists of dictionaries out."""

from __future__ import annotations

from collections import defaultdict
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
        if line["reason"] in ("family.held", "adj.cycle"):
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
        kept_back = [] if episode["doubtful"] else windows.held_in(episode, held[member])
        episode["held_line_count"], episode["held_cents"] = len(kept_back), sum(x["paid"] or 0 for x in kept_back)
        costs_outliers.add_costs(episode, hers, episode["payments"], mine["risk_scores"][member], rules)
        costs_outliers.add_cohort(episode, rules)
        episode["facts"] = exclusions.facts_of(episode, mine["eligibility"][member], rules, not other["eligibility"])
        episode["other_reasons"] = exclusions.reasons_of(episode, rules)
        episode["target_amount_cents"] = None
    mark_outliers(episodes, rules, price)
    return {
        "episodes": episodes,
        "episode_lines": line_rows,
        "attribution_months": months,
        "accounting": account(placed, bad, line_rows, {e["member_id"] for e in episodes}, as_of),
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
