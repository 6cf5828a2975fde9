"""A price set as a price sheet reads it: its terms and state, the ladder of each price, and the base behind it, tied to the ladder."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from trueup.errors import Place, UsageError
from trueup.money import parse_cents
from trueup.reports.figures import must_equal
from trueup.reports.source import Row, read_rows

DELIVERIES = ("live_birth", "stillbirth")
LOSS = "loss"


@dataclass(frozen=True)
class PriceData:
    """One price set folder. Grain of each property: one row of the table of that name, or a dictionary by the key it says.

    `program_title` and `source_list` (as `sources` of a run's manifest) are shown where the manifest does not hold them.
    """

    folder: Path
    manifest: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    program_title: str = ""
    source_list: Sequence[Row] = ()

    @classmethod
    def open(cls, folder: Path, names: Mapping[str, str] | None = None, title: str = "", sources: Sequence[Row] = ()) -> PriceData:
        """Open a price set folder. Raises UsageError (TRU-U063) if it holds no manifest with terms."""
        path = folder / "manifest.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if not found.get("terms"):
            message = "is not a price set: it has no manifest.json with terms."
            raise UsageError("TRU-U063", message, place=Place(str(folder)), next_step="Name a folder prices/<price_set_id>.")
        return cls(folder, found, dict(names or {}), title, sources)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table of the set; a table that the set does not have has none."""
        return read_rows(self.folder / f"{table}.parquet")

    # --- terms and state ----------------------------------------------------------------------------------------------------------
    @property
    def terms(self) -> dict[str, Any]:
        return self.manifest["terms"]

    @property
    def program(self) -> str:
        return str(self.terms["program"])

    @property
    def title(self) -> str:
        return str(self.manifest.get("title") or self.program_title or self.program)

    @property
    def status(self) -> str:
        """`draft`, `challenged` or `final`."""
        return str(self.manifest.get("status") or "draft")

    @property
    def base_as_of(self) -> date:
        return date.fromisoformat(str(self.terms["base_as_of"]))

    @property
    def sources(self) -> Sequence[Row]:
        return self.manifest.get("sources") or self.source_list

    def events(self, kind: str) -> list[Row]:
        """What happened to the set after it was made: `published`, `challenged`, `decided` or `finalized`, in order."""
        events: list[Row] = self.manifest.get("events") or []
        return [event for event in events if event.get("kind") == kind]

    @property
    def published_on(self) -> date | None:
        published = self.events("published")
        return date.fromisoformat(published[-1]["on"]) if published else None

    @property
    def challenge_until(self) -> date | None:
        """The last day to challenge; None where the set was not published, or the rule names no such day."""
        stated = [event["detail"].get("challenge_until") for event in self.events("published")]
        return date.fromisoformat(stated[-1]) if stated and stated[-1] else None

    def name(self, entity_id: str) -> str:
        known = self.names.get(entity_id)
        return f"{known} ({entity_id})" if known else entity_id

    # --- tables -------------------------------------------------------------------------------------------------------------------
    @cached_property
    def prices(self) -> list[Row]:
        return sorted(self.rows("prices"), key=_place)

    @property
    def entities(self) -> list[str]:
        return sorted({p["entity_id"] for p in self.prices})

    @cached_property
    def cohorts(self) -> list[str]:
        return sorted({p["cohort"] for p in self.prices if p["cohort"]} | {e["cohort"] for e in self.base_episodes if e["cohort"]})

    @cached_property
    def steps(self) -> dict[tuple[str, str, str], list[Row]]:
        """How each price was built, by entity, price and cohort, in step order."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in sorted(self.rows("price_steps"), key=lambda r: r["step"]):
            found[row["entity_id"], row["price"], row["cohort"]].append(row)
        return dict(found)

    @cached_property
    def base_episodes(self) -> list[Row]:
        found = self.rows("price_episodes")
        return sorted(found, key=lambda e: (e["entity_id"] or "", e["delivery_date"], e["episode_id"]))

    @cached_property
    def basis(self) -> dict[str, list[Row]]:
        """The base of each entity's case rate, by how the pregnancies ended."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("case_rate_basis"):
            found[row["entity_id"]].append(row)
        return dict(found)


_ORDER = {"case_rate": 0, "target_price": 1, "commendable_threshold": 2, "acceptable_threshold": 3}


def _place(price: Row) -> tuple[str, bool, str, int, date]:
    """The order of a sheet: the case rate, then each group of episodes with its prices."""
    kind = price["price"]
    return price["entity_id"], kind != "case_rate", price["cohort"], _ORDER.get(kind, 9), price["effective_from"]


@dataclass(frozen=True)
class PriceLadder:
    """One price of an entity with its steps: `build` leads to the price, `notes` follow it (what the base rate would have paid)."""

    data: PriceData
    row: Row

    @cached_property
    def steps(self) -> list[Row]:
        return self.data.steps.get((self.row["entity_id"], self.row["price"], self.row["cohort"]), [])

    @cached_property
    def _cut(self) -> int:
        ends = [i for i, s in enumerate(self.steps, 1) if s["name"] in (self.row["price"], "effective_from", "effective_to")]
        return ends[-1] if ends else len(self.steps)

    @property
    def build(self) -> list[Row]:
        return self.steps[: self._cut]

    @property
    def notes(self) -> list[Row]:
        return self.steps[self._cut :]

    @property
    def source(self) -> str:
        return f"prices/{self.row['entity_id']},{self.row['price']},{self.row['cohort']}"

    def text(self, name: str) -> str | None:
        """The amount of a step as it is stated; None where the ladder has no such step."""
        return next((s["amount"] for s in self.steps if s["name"] == name), None)

    def count(self, name: str) -> int | None:
        found = self.text(name)
        return None if found is None else int(found)

    def cents(self, name: str) -> int | None:
        """A step in whole cents. Raises ValueError for a step that has parts of a cent."""
        found = self.text(name)
        return None if found is None else parse_cents(found)

    def rate(self, name: str) -> Decimal | None:
        found = self.text(name)
        return None if found is None else Decimal(found)

    def starting(self, prefix: str) -> list[Row]:
        return [s for s in self.build if s["name"].startswith(prefix)]

    def check(self) -> None:
        """The price is what its ladder ends in, and the replay multiplies. Raises CheckFailed (TRU-C041)."""
        must_equal("the ladder's last step", self.cents(self.row["price"]) or 0, self.row["amount_cents"], self.source)
        rounded, months, paid = self.cents("base_rate_rounded"), self.count("own_months"), self.cents("replay_dollars")
        if rounded is None or months is None or paid is None:
            return
        must_equal("replay: base rate × months", rounded * months, paid, self.source)
        must_equal("replay less counted cost", paid - (self.cents("own_in_scope_counted") or 0), self.cents("replay_residual"), self.source)
        loss = rounded * (self.count("loss_months") or 0) - (self.cents("loss_in_scope") or 0)
        must_equal("what losses leave", loss, self.cents("loss_residual"), self.source)


@dataclass(frozen=True)
class BaseSums:
    """What the episodes or pregnancies of a base add up to, tied to the ladder: `cents` are counted, `taken_off_cents` are not.

    `in_scope_cents` is the cost of what case rates stand for, and `months` are their months; `without_rate_cents` of it is care by
    practices without a case rate in this set, which the ladder leaves in the rest.
    """

    number: int
    cents: int
    in_scope_cents: int
    months: int
    taken_off_cents: int = 0
    without_rate_cents: int = 0


def tie_episodes(ladder: PriceLadder, episodes: Sequence[Row]) -> BaseSums:
    """The used base episodes of a price against its ladder: number, cost, and what case rates stand for.

    Where the rule truncates, the ladder counts outliers at their line; the difference is `taken_off_cents`. The ladder's part for case
    rates is never more than the episodes hold.
    Raises CheckFailed (TRU-C041) where they do not add up to it.
    """
    used = [e for e in episodes if e["used"]]
    sums = BaseSums(
        len(used),
        sum(e["total_cost_cents"] or 0 for e in used),
        sum(e["in_scope_cents"] or 0 for e in used),
        sum(e["case_rate_months"] or 0 for e in used),
    )
    counted, truncated = ladder.cents("own_cost"), ladder.count("own_outliers_truncated")
    must_equal("base episodes", sums.number, ladder.count("own_episodes"), ladder.source)
    risk = ladder.rate("own_risk")
    micros = sum(int(Decimal(e["risk_score"]).scaleb(6)) for e in used)
    must_equal("risk of the base episodes, in millionths", micros, None if risk is None else int(risk.scaleb(6)), ladder.source)
    if truncated and counted is not None:
        return replace(sums, taken_off_cents=sums.cents - counted)
    must_equal("cost of the base episodes", sums.cents, counted, ladder.source)
    without_rate, months = _not_priced(ladder, sums)
    if without_rate < 0 or months < 0:
        must_equal("their cost that case rates stand for", sums.in_scope_cents, ladder.cents("own_in_scope_history"), ladder.source)
        must_equal("their case-rate months", sums.months, ladder.count("own_in_scope_months"), ladder.source)
    return replace(sums, without_rate_cents=without_rate)


def _not_priced(ladder: PriceLadder, sums: BaseSums) -> tuple[int, int]:
    """In-scope cents and months of the episodes beyond those of the ladder: care by practices that have no case rate in this set."""
    cents, months = ladder.cents("own_in_scope_history"), ladder.count("own_in_scope_months")
    if cents is None or months is None:
        return 0, 0
    return sums.in_scope_cents - cents, sums.months - months


def tie_basis(ladder: PriceLadder, basis: Sequence[Row]) -> tuple[BaseSums, tuple[str, ...]]:
    """The base pregnancies of a case rate against its ladder, and which endings the rate counts.

    Losses count where the rule says so; then the ladder has no loss months beside the base. Raises CheckFailed (TRU-C041).
    """
    losses = [row for row in basis if row["end_kind"] == LOSS]
    beside = bool(ladder.count("loss_months"))
    kinds = DELIVERIES if beside or not losses else (*DELIVERIES, LOSS)
    mine = [row for row in basis if row["end_kind"] in kinds]
    covered, counted = sum(row["covered_cents"] for row in mine), sum(row["counted_cents"] for row in mine)
    number, months = sum(row["pregnancies"] for row in mine), sum(row["months"] for row in mine)
    sums = BaseSums(number, counted, covered, months, covered - counted)
    must_equal("months of the base", sums.months, ladder.count("own_months"), ladder.source)
    must_equal("cost of the base", covered, ladder.cents("own_in_scope"), ladder.source)
    must_equal("counted cost of the base", counted, ladder.cents("own_in_scope_counted"), ladder.source)
    if beside:
        must_equal("loss months", sum(row["months"] for row in losses), ladder.count("loss_months"), ladder.source)
        must_equal("loss cost", sum(row["covered_cents"] for row in losses), ladder.cents("loss_in_scope"), ladder.source)
    return sums, kinds
