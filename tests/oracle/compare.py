"""Two results of the same computation side by side: what differs, grouped by column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
EPISODES = """
    delivery_date_source pregnancy_start_date gestation_weeks outcome mode fetus_count stay_start_date stay_end_date window_start_date
    window_end_date episode_start_date episode_end_date period attributed_entity_id accountable_entity_id cohort cohort_flag_date
    exclusion_reasons total_cost_cents case_rate_cost_cents ffs_cost_cents handover_cost_cents shadow_cost_cents risk_score
    claim_line_count held_line_count held_cents
"""
LINES = "line_start_date entity_id included reason category cost_cents"
SETTLEMENTS = "unit_count actual_amount_cents expected_amount_cents amount_cents status"


class Differences:
    """Collects what differs; its text shows the first ten of each kind."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = defaultdict(list)

    def rows(self, table: str, ours: dict[Any, Row], theirs: dict[Any, Row], columns: str) -> None:
        for key in ours.keys() ^ theirs.keys():
            self.found[f"{table}: only in the {'oracle' if key in ours else 'engine'}"].append(str(key))
        for key in ours.keys() & theirs.keys():
            for column in columns.split():
                one, other = plain(ours[key].get(column)), plain(theirs[key].get(column))
                if one != other:
                    self.found[f"{table}.{column}"].append(f"{key}: oracle {one!r}, engine {other!r}")

    def __str__(self) -> str:
        parts = [
            f"{kind} ({len(rows)})\n" + "\n".join(f"    {row}" for row in sorted(rows)[:10]) for kind, rows in sorted(self.found.items())
        ]
        return "\n".join(parts)


def plain(value: object) -> object:
    if isinstance(value, list):
        return ";".join(str(v) for v in value)
    if isinstance(value, Decimal):
        return value.normalize()
    return "" if value is None else value


def keyed(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, Row]:
    found: dict[Any, Row] = {}
    for row in rows:
        assert key(row) not in found, f"two rows with the key {key(row)}"
        found[key(row)] = row
    return found


def compare(oracle: Row, engine: dict[str, list[Row]]) -> Differences:
    """`oracle`: what `run` gave; `engine`: rows of the package's tables by name. A table the engine did not write is not compared."""
    diff = Differences()
    births = {r["episode_id"]: (r["member_id"], r["delivery_date"]) for r in engine["episodes"]}

    def by_birth(row: Row) -> Any:
        return births[row["episode_id"]] if "episode_id" in row else (row["member_id"], row["delivery_date"])

    diff.rows("episodes", keyed(oracle["episodes"], by_birth), keyed(engine["episodes"], by_birth), EPISODES)

    def line_key(row: Row) -> Any:
        return (*by_birth(row), row["claim_id"], row["version_seq"], row["claim_line_number"])

    diff.rows("episode_lines", keyed(oracle["episode_lines"], line_key), keyed(engine["episode_lines"], line_key), LINES)

    facts = {(*by_birth(r), r["fact"]): {"value": r["fact_value"]} for r in engine["exclusion_facts"]}
    ours = {(*by_birth(e), name): {"value": value} for e in oracle["episodes"] for name, value in e["facts"].items()}
    shared = ours.keys() & facts.keys()
    diff.rows("exclusion_facts", {k: ours[k] for k in shared}, {k: facts[k] for k in shared}, "value")
    compare_accounting(diff, oracle, engine)
    for name, key, columns in (
        ("prices", ("entity_id", "price", "cohort", "effective_from"), "effective_to amount_cents"),
        ("outlier_lines", ("scope", "tail"), "base_cents trend_factor amount_cents episodes"),
        ("settlements", ("entity_id", "period", "cohort"), SETTLEMENTS),
    ):
        if name in oracle and name in engine:
            sides = ([r for r in side[name] if r.get("price") != "case_rate"] for side in (oracle, engine))
            both = [keyed(rows, lambda r, key=key: tuple(r[k] for k in key)) for rows in sides]
            diff.rows(name, both[0], both[1], columns)
    return diff


def compare_accounting(diff: Differences, oracle: Row, engine: dict[str, list[Row]]) -> None:
    """Lines and paid cents by table, disposition and reason; and the list of quarantined lines by reason."""
    theirs: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for row in engine["line_accounting"]:
        if row["table_name"] in ("medical_claim", "pharmacy_claim"):
            theirs[row["table_name"], row["disposition"], row["reason"]][0] += row["rows"]
            theirs[row["table_name"], row["disposition"], row["reason"]][1] += row["amount_cents"] or 0
    ours: dict[Any, Row] = {key: {"rows": pair[0], "cents": pair[1]} for key, pair in oracle["accounting"].items()}
    diff.rows("line_accounting", ours, {key: {"rows": pair[0], "cents": pair[1]} for key, pair in theirs.items()}, "rows cents")
    listed: dict[Any, int] = defaultdict(int)
    for row in engine["quarantine"]:
        listed[row["table_name"], row["reason_code"]] += 1
    expected: dict[Any, Row] = {
        (t, reason): {"rows": pair[0]} for (t, where, reason), pair in oracle["accounting"].items() if where == "quarantined"
    }
    diff.rows(
        "quarantine", expected, {key: {"rows": n} for key, n in listed.items() if key[0] in ("medical_claim", "pharmacy_claim")}, "rows"
    )
