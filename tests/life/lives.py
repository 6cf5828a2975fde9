"""A synthetic state as it becomes known: its rows by the month in which they were received, with corrections of our own besides."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path
from random import Random

from life.world import Row, World, month_end

from trueup.synthetic import generate

TABLES = ("medical_claim", "pharmacy_claim", "eligibility", "provider", "entity_crosswalk", "participation", "gate_results")


class State:
    """Every row of a synthetic state of 2,000 members by table; `learn` gives a world what was received through a month."""

    def __init__(self, world: World, folder: Path, seed: int) -> None:
        result = generate([world.program], folder, members=2000, seed=seed, file_format="csv")
        self.rows: dict[str, list[Row]] = {}
        for name in TABLES:
            if name in result.files:
                with open(result.files[name], newline="", encoding="utf-8") as file:
                    self.rows[name] = list(csv.DictReader(file))
        self._judge_everybody()
        self.rng = Random(seed)
        self.known = ""
        self.told: dict[str, list[Row]] = defaultdict(list)

    def _judge_everybody(self) -> None:
        """Gate results from outside for every practice: what a life is about is money, not who passed."""
        judged = self.rows.get("gate_results", [])
        passed = {(r["period"], r["gate"]): r for r in judged if r["passed"] == "true"}
        have = {(r["entity_id"], r["period"], r["gate"]) for r in judged}
        for entity in sorted({r["entity_id"] for r in self.rows["entity_crosswalk"]}):
            judged += [row | {"entity_id": entity} for key, row in passed.items() if (entity, *key) not in have]

    def learn(self, world: World, month: str, **more: list[Row]) -> None:
        """Load what was received after the last month told and through this one, as one batch, with corrections."""
        new = {name: [r for r in rows if self.known < r["received_date"][:7] <= month] for name, rows in self.rows.items()}
        for name, rows in more.items():
            new[name] = new.get(name, []) + rows
        new = {name: rows for name, rows in new.items() if rows}
        if new:
            world.learn(**new)
        for name, rows in new.items():
            self.told[name] += rows
        self.known = month

    def corrections(self, month: str, voids: int, cuts: int) -> dict[str, list[Row]]:
        """Voids of professional claims told within the year before, and coverage that turns out to have ended two months ago."""
        received = month_end(month).isoformat()
        before = f"{int(month[:4]) - 1}{month[4:]}"
        versions: dict[str, list[Row]] = defaultdict(list)
        for row in self.told["medical_claim"]:
            versions[row["claim_id"]].append(row)
        usable = [
            rows
            for rows in versions.values()
            if all(r["version_seq"] == "1" and r["record_type"] == "original" and r["claim_status"] == "paid" for r in rows)
            and rows[0]["claim_type"] == "professional" and not rows[0]["replaces_claim_id"]
            and before <= rows[0]["received_date"][:7] < month
        ]  # fmt: skip
        voided = self.rng.sample(usable, min(voids, len(usable)))
        replaced = {r["replaces_row_id"] for r in self.told["eligibility"]}
        spans = [
            r
            for r in self.told["eligibility"]
            if r["record_type"] == "original" and r["row_id"] not in replaced and r["enrollment_start_date"] < f"{before}-01"
            and (r["enrollment_end_date"] or "9999") > received
        ]  # fmt: skip
        cut = self.rng.sample(spans, min(cuts, len(spans)))
        ended = month_end(f"{int(month[:4]) - (int(month[5:]) < 3):04d}-{(int(month[5:]) - 3) % 12 + 1:02d}").isoformat()
        return {
            "medical_claim": [
                {**row, "version_seq": "2", "record_type": "void", "received_date": received, "adjudication_date": "", "paid_date": ""}
                for rows in voided
                for row in rows
            ],
            "eligibility": [
                {**row, "row_id": f"{row['row_id']}-{month}", "record_type": "replacement", "replaces_row_id": row["row_id"]}
                | {"enrollment_end_date": ended, "received_date": received}
                for row in cut
            ],
        }

    def everything(self, rng: Random) -> dict[str, list[Row]]:
        """All rows that were ever told, in another order."""
        return {name: rng.sample(rows, len(rows)) for name, rows in self.told.items()}


def clearing_is_zero(world: World, through: str) -> None:
    """Nothing stays on a clearing account."""
    found = {b.account: b.amount_cents for b in world.ledger.balances(through=through) if b.kind == "clearing"}
    assert not any(found.values()), found


def day(text: str) -> date:
    return date.fromisoformat(text)
