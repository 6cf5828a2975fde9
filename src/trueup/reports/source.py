# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Reads the tables of one finished run, and of the price set it names. The only module of the reports that touches Parquet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueup.errors import Place, UsageError
from trueup.reports import words

Row = dict[str, Any]

_EPISODE_COLUMNS = (
    "episode_id",
    "member_id",
    "delivery_date",
    "period",
    "attributed_entity_id",
    "accountable_entity_id",
    "attribution_rule",
    "cohort",
    "exclusion_reasons",
    "total_cost_cents",
    "case_rate_cost_cents",
    "ffs_cost_cents",
    "adjustment_cost_cents",
    "risk_score",
    "target_amount_cents",
    "held_line_count",
    "took_part",
)


def read_rows(path: Path, *, columns: Sequence[str] | None = None, where: Mapping[str, object] | None = None) -> list[Row]:
    """Rows of a Parquet file, in file order; an absent file has none. `where` keeps rows whose columns equal the values."""
    if not path.exists():
        return []
    filters = [(column, "=", value) for column, value in where.items()] if where else None
    return pq.read_table(path, columns=list(columns) if columns else None, filters=filters).to_pylist()


@dataclass(frozen=True)
class RunData:
    """One program's run folder. Grain of each property: one row of the table of that name, or a dictionary by the key it says."""

    folder: Path
    price_folder: Path | None
    manifest: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def open(cls, folder: Path, price_folder: Path | None = None, names: Mapping[str, str] | None = None) -> RunData:
        """Open a run folder. Raises UsageError if it holds no manifest."""
        path = folder / "manifest.json"
        if not path.exists():
            raise UsageError(
                "TRU-U061",
                "is not a finished run: it has no manifest.json.",
                place=Place(str(folder)),
                next_step="Name a folder runs/<run_id>/<program>.",
            )
        return cls(folder, price_folder, json.loads(path.read_text(encoding="utf-8")), dict(names or {}))

    def rows(self, table: str, **where: object) -> list[Row]:
        return read_rows(self.folder / f"{table}.parquet", where=where or None)

    def price_rows(self, table: str, **where: object) -> list[Row]:
        return read_rows(self.price_folder / f"{table}.parquet", where=where or None) if self.price_folder else []

    # --- what the manifest says ---------------------------------------------------------------------------------------------------
    @property
    def program(self) -> str:
        return str(self.manifest["program"])

    @property
    def title(self) -> str:
        return str(self.manifest["title"])

    @property
    def as_of(self) -> date:
        return date.fromisoformat(str(self.manifest["as_of"]))

    @cached_property
    def kind(self) -> str:
        """The kind of the program; of a manifest that does not say, what the tables of the run speak for."""
        stated = self.manifest.get("kind")
        guesses = {"stays": "inpatient_stay", "panel_groups": "panel", "episodes": "maternity_episode"}
        return str(stated or next((kind for table, kind in guesses.items() if self.has(table)), "entity_results"))

    @property
    def shares_points(self) -> bool:
        """Whether the program splits a pool by points: then its episodes are cases, and no cost is compared."""
        return self.manifest.get("mechanism") == "points_pool" or self.has("point_pools")

    @cached_property
    def measures(self) -> dict[str, Row]:
        """The measures of the program by id: title, statistic, direction, what cannot be seen."""
        return {str(m["id"]): m for m in self.listed("measures")}

    def measure(self, measure_id: str) -> str:
        """A measure in words: its title, else its id."""
        return str(self.measures.get(measure_id, {}).get("title") or words.humanize(measure_id))

    @cached_property
    def _terms(self) -> dict[str, str]:
        return {str(t["id"]): str(t["title"]) for t in self.listed("terms")}

    def terms(self, terms_id: str) -> str:
        """The terms of a contract in words."""
        text = self._terms.get(terms_id) or words.humanize(terms_id)
        return text[:1].upper() + text[1:]

    def has(self, table: str) -> bool:
        """Whether the run wrote a table, with rows or without."""
        return (self.folder / f"{table}.parquet").exists()

    def listed(self, key: str) -> list[Row]:
        """A list of the manifest (`assumed`, `unknown`, `stages`, `findings`, `refusals`, `periods`), empty if absent."""
        return list(self.manifest.get(key) or [])

    @cached_property
    def periods(self) -> dict[str, Row]:
        return {str(period["id"]): period for period in self.listed("periods")}

    @property
    def performance_periods(self) -> list[str]:
        """Ids of the periods that settle, latest first."""
        found = [period for period in self.periods.values() if period.get("role") == "performance"]
        return [str(period["id"]) for period in sorted(found, key=lambda p: str(p.get("first_day") or ""), reverse=True)]

    def is_open(self, period: str) -> bool:
        """Whether a period had not ended when the data did."""
        return str(self.periods.get(period, {}).get("last_day") or "") > self.as_of.isoformat()

    @property
    def stopped(self) -> list[Row]:
        return [stage for stage in self.listed("stages") if stage.get("status") == "stopped"]

    @property
    def illustrative(self) -> bool:
        return bool(self.listed("assumed"))

    @property
    def scenario(self) -> str:
        """What a scenario set otherwise than the rules, in a sentence; empty where the run is none."""
        changed = ", ".join(f"{s['path']} = {s['value']}" for s in self.listed("settings"))
        return f"A scenario, never paid: what would be with {changed}." if changed else ""

    @property
    def subtitle(self) -> str:
        """The program's title, and on every page of a scenario that it is one."""
        return f"{self.title}. {self.scenario}" if self.scenario else self.title

    @property
    def standing(self) -> str:
        """What these amounts are: of a scenario, illustrations, or calculated by the rules alone; in a sentence."""
        if self.scenario:
            return "A scenario, not a payment: some rules are set otherwise."
        return "Illustration, not a payment: some rules are assumed." if self.illustrative else "Calculated by the rules named below."

    @cached_property
    def refusals(self) -> list[Row]:
        """Why something was not settled: by entity and cohort, then those of the whole run (entity and period empty)."""
        keys = ("entity_id", "period", "cohort", "code", "message")
        found = [{key: row.get(key) for key in keys} for row in [*self.rows("refusals"), *self.listed("refusals")]]
        return [row | {"message": str(row["message"]).removeprefix(f"{row['code']} ")} for row in found]

    @cached_property
    def price_manifest(self) -> dict[str, Any]:
        """The manifest of the price set; empty without one."""
        path = self.price_folder / "manifest.json" if self.price_folder else None
        return json.loads(path.read_text(encoding="utf-8")) if path and path.exists() else {}

    @property
    def price_terms(self) -> dict[str, Any]:
        """What the prices were made from and for: base period, its days, the day of its claims."""
        return self.price_manifest.get("terms") or {}

    @property
    def price_set_status(self) -> str | None:
        """`draft`, `challenged` or `final`, as the manifest of the price set says; None without one."""
        status = self.price_manifest.get("status")
        return str(status) if status else None

    # --- tables -------------------------------------------------------------------------------------------------------------------
    @cached_property
    def episodes(self) -> list[Row]:
        """Episodes with the columns that reports use. `took_part` (whether the accountable entity was in the program on the day that
        assigns the episode) is null where the run does not say."""
        path = self.folder / "episodes.parquet"
        present = pq.read_schema(path).names if path.exists() else []
        rows = read_rows(path, columns=[column for column in _EPISODE_COLUMNS if column in present])
        return rows if "took_part" in present else [row | {"took_part": None} for row in rows]

    @cached_property
    def settlements(self) -> list[Row]:
        return self.rows("settlements")

    @cached_property
    def steps(self) -> dict[tuple[str, str, str], list[Row]]:
        """Ladders by entity, period and cohort, in step order."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in sorted(self.rows("settlement_steps"), key=lambda r: r["step"]):
            found[row["entity_id"], row["period"], row["cohort"]].append(row)
        return dict(found)

    @cached_property
    def delivered_gates(self) -> dict[tuple[str, str], dict[str, str]]:
        """Lines of gates whose result was delivered from outside, by entity and period: name of the line -> amount."""
        found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for (entity, period, _), steps in sorted(self.steps.items(), reverse=True):  # of several cohorts the first stands
            found[entity, period].update({s["name"]: s["amount"] for s in steps if "(gate_results)" in (s["cite"] or "")})
        return dict(found)

    @cached_property
    def gates(self) -> dict[tuple[str, str], Row]:
        return {(row["entity_id"], row["period"]): row for row in self.rows("entity_gates")}

    @cached_property
    def prices(self) -> list[Row]:
        return self.price_rows("prices")

    @cached_property
    def price_steps(self) -> dict[tuple[str, str, str], list[Row]]:
        """How each price was built, by entity, price and cohort, in step order."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in sorted(self.price_rows("price_steps"), key=lambda r: r["step"]):
            found[row["entity_id"], row["price"], row["cohort"]].append(row)
        return dict(found)

    @cached_property
    def category_cents(self) -> dict[str, dict[str, int]]:
        """Cents of included lines by episode and category."""
        path = self.folder / "episode_lines.parquet"
        found: dict[str, dict[str, int]] = defaultdict(dict)
        if path.exists():
            lines = pq.read_table(path, columns=["episode_id", "category", "cost_cents"], filters=pc.field("included"))
            sums = lines.group_by(["episode_id", "category"]).aggregate([("cost_cents", "sum")])
            for row in sums.to_pylist():
                found[row["episode_id"]][row["category"] or "other"] = int(row["cost_cents_sum"] or 0)
        return dict(found)

    @cached_property
    def knows_eligibility(self) -> bool:
        """Whether the run had eligibility rows: as its manifest says, else whether it knows the age of any member."""
        stated = self.manifest.get("eligibility_rows")
        return bool(self.rows("exclusion_facts", fact="age_at_delivery")) if stated is None else int(stated) > 0

    @cached_property
    def cohorts(self) -> list[str]:
        """The cohorts of the program, as far as this run knows them."""
        known = {row["cohort"] for table in (self.episodes, self.settlements, self.prices) for row in table if row["cohort"]}
        return sorted(known)

    def name(self, entity_id: str) -> str:
        """The entity as people call it: its name where one is known, and always its id."""
        known = self.names.get(entity_id)
        return f"{known} ({entity_id})" if known else entity_id


def is_retained(episode: Row) -> bool:
    """Whether an episode counts: no exclusion reason, and an accountable entity that was in the program."""
    return not episode["exclusion_reasons"] and bool(episode["accountable_entity_id"]) and episode["took_part"] is not False
