"""`explain`: an episode, an entity or one amount, step by step down to claim lines, with the rule and its source where known.

Every total that is stated is re-added from the rows that are shown; if it does not close, the explanation stops (TRU-C042).
For staff who may see claims; provider-facing pages are in `statement`.
"""

from __future__ import annotations

import re
from pathlib import Path

from trueup.errors import Place, UsageError
from trueup.reports import sections, words
from trueup.reports.explain_amount import find_row, made_of, row_part
from trueup.reports.explain_episode import WHERE_IDS, Rules, explain_episode
from trueup.reports.explain_scores import TABLES as SCORE_TABLES
from trueup.reports.explain_scores import plain_settlement_parts, score_parts, table_parts
from trueup.reports.explanation import Explanation, Part, closed
from trueup.reports.grid import Column, Grid, Rows
from trueup.reports.practice import period_of
from trueup.reports.quality_data import Quality
from trueup.reports.source import Row, RunData

_EPISODE = re.compile(r"E[0-9a-f]{16}")


def explain(run_dir: Path, target: str, price_dir: Path | None = None, *, rules: Rules | None = None) -> Explanation:
    """Explain one thing of a finished run.

    Args:
        run_dir: the folder of one program's run.
        target: an episode id, an entity id, or an amount id `run/table/row-key/column`, where the row key is the key's columns in order,
            joined by commas (`0123456789abcdef/settlements/061234567,PY2025,all/amount`); `run` may stand for the run's id.
        price_dir: the price set folder the run names, for prices and their steps.
        rules: the loaded program, to show each exclusion rule with its value and source.

    Raises:
        UsageError: nothing of that name is in the run.
        CheckFailed: TRU-C042, the parts do not add up to the figure.
    """
    run = RunData.open(run_dir, price_dir)
    if _EPISODE.fullmatch(target):
        return explain_episode(run, target, rules)
    if target.count("/") >= 3:
        return _amount(run, target, rules)
    if _is_entity(run, target):
        return explain_entity(run, target)
    raise UsageError(
        "TRU-U062",
        f"has no episode, entity or amount `{target}`.",
        place=Place(str(run_dir)),
        next_step=f"Give an episode id (E and 16 hex digits), an entity id, or run/table/row-key/column. {WHERE_IDS}",
    )


def _is_entity(run: RunData, target: str) -> bool:
    """Whether the run knows an entity of that id: by an episode, a gate, a settlement, a refusal, a result or a stay."""
    known = any(target in (e["attributed_entity_id"], e["accountable_entity_id"]) for e in run.episodes)
    known = known or any(e == target for e, _ in run.gates) or any(row["entity_id"] == target for row in run.settlements)
    tables = ("refusals", "quality_scores", "measure_rates", "panel_groups")
    return known or any(run.rows(table, entity_id=target) for table in tables) or bool(run.rows("stays", facility_id=target))


# --- entity -----------------------------------------------------------------------------------------------------------------------


def explain_entity(run: RunData, entity_id: str) -> Explanation:
    """Gates, then every settlement of the entity with its ladder and the episodes it rests on, then the sum."""
    parts = [_gates(run, entity_id)] if run.gates else []
    settled = [row for row in run.settlements if row["entity_id"] == entity_id]
    for row in sorted(settled, key=lambda r: (r["period"], r["cohort"])):
        parts += settlement_parts(run, row)
    for period in sorted({row["period"] for row in settled}):
        rows = [row for row in settled if row["period"] == period]
        table: Rows = [[row["cohort"], row["amount_cents"], words.status(row["status"])] for row in rows]
        columns = (Column("cohort", "Cohort"), Column("amount", "Amount", "money"), Column("status", "Status"))
        total = closed(
            f"Payable for {period} (below zero is owed)", sum(row["amount_cents"] or 0 for row in rows), None, f"settlements/{entity_id}"
        )
        parts.append(Part(f"What {period} comes to", [], Grid("payable", "Settlements", columns, table), [total]))
    if not settled:
        parts.append(_unsettled(run, entity_id))
    if not settled or _has_episodes(run):
        for period in Quality(run).of(entity_id):
            parts += score_parts(run, entity_id, period.period)
    return Explanation("entity", entity_id, f"Entity {run.name(entity_id)} in {run.title}, run {run.manifest['run_id']}", parts)


def _gates(run: RunData, entity_id: str) -> Part:
    rows: Rows = [
        [
            g["period"],
            "yes" if g["accountable"] else "no",
            words.reason(g["reason"] or "") or "Every test is met",
            words.provider_type(g["provider_type"]),
            g["delivery_count"],
            g["counted_in"],
        ]
        for g in sorted(run.gates.values(), key=lambda g: g["period"] or "")
        if g["entity_id"] == entity_id
    ]
    columns = (
        Column("period", "Period"),
        Column("accountable", "Accountable"),
        Column("reason", "Why"),
        Column("type", "Type"),
        Column("deliveries", "Deliveries", "count"),
        Column("counted_in", "Counted in"),
    )
    return Part(
        "Whether it can be accountable", [] if rows else ["The run holds no test of this entity."], Grid("gates", "", columns, rows)
    )


def _has_episodes(run: RunData) -> bool:
    """Whether settlements compare the cost of episodes."""
    return bool(run.episodes) and not run.shares_points


def settlement_parts(run: RunData, row: Row) -> list[Part]:
    """A settlement's ladder, and the episodes whose sums it starts from; for other kinds, the panel, pool, points and scorecard."""
    if not _has_episodes(run):
        return plain_settlement_parts(run, row)
    entity_id, period, cohort = row["entity_id"], row["period"], row["cohort"]
    source = f"{run.program}/settlements/{entity_id},{period},{cohort}"
    steps = run.steps.get((entity_id, period, cohort), [])
    amounts = [s for s in steps if s["name"] == "amount" and s["unit"] == "dollars"]
    stated = [_cents(s["amount"]) for s in amounts]
    name = f"{period}, cohort {cohort}"
    status = f"{words.status(row['status'])}. {words.result(row['reason'] or '')}"
    sums = [closed(f"Amount of the last step, {name}", stated[-1], row["amount_cents"], source)] if stated else []
    mine = [e for e in period_of(run, entity_id, period).counted if e["cohort"] == cohort]
    return [
        Part(
            f"How the settlement of {name} was worked out",
            [f"{status}.", *([base] if (base := sections.price_base(run)) else [])],
            sections.ladder("ladder", "", steps),
            sums,
        ),
        _episodes_of(run, name, row, mine, source),
    ]


def _cents(amount: str) -> int:
    whole, _, places = amount.partition(".")
    return int(whole + (places + "00")[:2])


def _episodes_of(run: RunData, name: str, row: Row, mine: list[Row], source: str) -> Part:
    table: Rows = [[e["episode_id"], e["delivery_date"], e["risk_score"], e["target_amount_cents"], e["total_cost_cents"]] for e in mine]
    columns = (
        Column("episode", "Episode"),
        Column("delivery_date", "Delivery date", "date"),
        Column("risk_score", "Risk score", "rate"),
        Column("target", "Target", "money"),
        Column("cost", "Total cost", "money"),
    )
    if len(mine) > row["unit_count"] and all(e["took_part"] is None for e in mine):
        text = (
            f"{row['unit_count']} of these are settled: those on days on which the entity was in the program. The run does not say which."
        )
        return Part(f"The episodes of {name}", [text], Grid("episodes", "", columns, table))
    sums = [
        closed("Episodes", len(mine), row["unit_count"], source, kind="count"),
        closed("Total cost", sum(e["total_cost_cents"] or 0 for e in mine), row["actual_amount_cents"], source),
    ]
    if any(p["price"] == "target_price" for p in run.prices):
        sums.append(closed("Expected cost", sum(e["target_amount_cents"] or 0 for e in mine), row["expected_amount_cents"], source))
    return Part(f"The episodes of {name}", [], Grid("episodes", "", columns, table), sums)


def _unsettled(run: RunData, entity_id: str) -> Part:
    text = [f"{r.get('code')}: {r.get('message')}" for r in run.refusals if r["entity_id"] in (entity_id, None, "")]
    text += [f"The run stopped at {s.get('stage')}: {s.get('reason')}" for s in run.stopped]
    return Part("Why it has no settlement", text or ["No episode of this entity counts in a period that settles."])


# --- one amount -------------------------------------------------------------------------------------------------------------------


def _amount(run: RunData, target: str, rules: Rules | None) -> Explanation:
    """The row behind an amount id, then what that row is made of."""
    table, row, column = find_row(run, target)
    parts: list[Part] = [row_part(run, table, row, column)]
    if table in {"episodes", "episode_lines", "attribution_candidates", "exclusion_facts", "attribution_months"}:
        parts += explain_episode(run, row["episode_id"], rules).parts
    elif table in {"settlements", "settlement_steps"}:
        found = [
            s for s in run.settlements if (s["entity_id"], s["period"], s["cohort"]) == (row["entity_id"], row["period"], row["cohort"])
        ]
        parts += [part for settlement in found for part in settlement_parts(run, settlement)]
    elif table in SCORE_TABLES:
        parts += table_parts(run, table, row)
    else:
        parts += made_of(run, table, row, column)
    return Explanation("amount", target, f"Amount {target} in {run.title}", parts)
