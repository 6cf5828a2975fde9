"""Pregnancies, months, payments and zero-paid lines of both computations side by side."""

from __future__ import annotations

from typing import Any

from .compare import Differences, keyed

Row = dict[str, Any]
PREGNANCIES = "pregnancy_start_date start_source window_start_date window_end_date first_trigger_date episode"
CASE_RATE_MONTHS = """
    member_id status rule first_trigger_date in_care stop_reason roster_period rate_effective_from rate_amount_cents paid unpaid_reason
"""
PAYMENTS = "cycle_month amount_cents reason rate_version corrects status"
ZERO_PAY = "pregnancy member_id entity_id month line_start_date fee_cents covered_cents adjustment_cents status reason_code"


def name_of(pregnancy: Row | None) -> Any:
    """Who, how it ended, and when: what tells pregnancies apart in both computations."""
    return (pregnancy["member_id"], pregnancy["end_kind"], pregnancy["end_date"]) if pregnancy else ""


def birth_of(pregnancy: Row) -> Any:
    episode = pregnancy["episode"]
    return (episode["member_id"], episode["delivery_date"]) if episode else ""


def by_part(row: Row) -> Any:
    return row["claim_id"], row["version_seq"], row["claim_line_number"], row["component"]


def compare_months(diff: Differences, oracle: Row, engine: dict[str, list[Row]]) -> None:
    """Adds what differs; base tables are compared where the engine gives them."""
    births = {r["episode_id"]: (r["member_id"], r["delivery_date"]) for r in engine["episodes"]}
    names = {r["pregnancy_id"]: name_of(r) for r in engine["pregnancies"]} | {"": "", None: ""}
    ours: list[Row] = [{**p, "episode": birth_of(p)} for p in oracle["pregnancies"]]
    theirs = [{**r, "episode": births.get(r["episode_id"] or "", "")} for r in engine["pregnancies"]]
    diff.rows("pregnancies", keyed(ours, name_of), keyed(theirs, name_of), PREGNANCIES)

    def known(rows: list[Row]) -> list[Row]:
        return [{**r, "pregnancy": name_of(r["pregnancy"]), "episode": birth_of(r["pregnancy"]) if r["pregnancy"] else ""} for r in rows]

    def named(rows: list[Row]) -> list[Row]:
        return [{**r, "pregnancy": names[r["pregnancy_id"]], "episode": births.get(r.get("episode_id") or "", "")} for r in rows]

    def by_month(row: Row) -> Any:
        return *row["pregnancy"], row["month"], row["entity_id"]

    def by_entity(row: Row) -> Any:
        return *row["pregnancy"], row["entity_id"]

    def by_payment(row: Row) -> Any:
        return row["purpose"], row["entity_id"], row["member_id"], row["claim_id"] or "", row["period_start_date"]

    def by_covered(row: Row) -> Any:
        return *row["pregnancy"], *by_part(row)

    for name, key, columns in (
        ("attribution_months", by_month, "member_id status rule episode"),
        ("case_rate_months", by_month, CASE_RATE_MONTHS),
        ("zero_pay_lines", by_part, ZERO_PAY),
        ("base_case_rate_months", by_entity, "months"),
        ("base_covered_lines", by_covered, "entity_id month covered_cents"),
    ):
        if name in oracle and name in engine:
            diff.rows(name, keyed(known(oracle[name]), key), keyed(named(engine[name]), key), columns)
    if "payments" in oracle and "payments" in engine:
        ours = [{**r, "corrects": None, "status": "entitled"} for r in oracle["payments"]]
        once = {by_payment(r): r for r in engine["payments"]}
        if len(once) < len(engine["payments"]):
            diff.found["payments: more than one row"] += [str(by_payment(r)) for r in engine["payments"] if once[by_payment(r)] is not r]
        diff.rows("payments", keyed(ours, by_payment), once, PAYMENTS)
        ids = {r["payment_id"] for r in engine["payments"]}
        if len(ids) < len(engine["payments"]):
            diff.found["payments: one id twice"].append(str(len(engine["payments"]) - len(ids)))
