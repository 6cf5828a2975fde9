"""The contracts of a run with their panels, pools and ladders; every pool is closed to the cent before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from trueup.money import parse_cents
from trueup.reports.figures import must_equal
from trueup.reports.source import Row, RunData

_FROM_POOL = {"bonus": "bonus_from_pool", "challenge": "challenge"}


@dataclass(frozen=True)
class Panels:
    """The tables of a panel program's run."""

    run: RunData

    @cached_property
    def groups(self) -> list[Row]:
        """Panels under contract, latest period first."""
        order = {p: n for n, p in enumerate(self.run.performance_periods)}
        rows = [r for r in self.run.rows("panel_groups") if r["contract_id"] and r["period"] in order]
        return sorted(rows, key=lambda r: (order[r["period"]], r["entity_id"], r["contract_id"]))

    @cached_property
    def contracts(self) -> dict[tuple[str, str], Row]:
        """Panels by period and contract."""
        return {(r["period"], r["contract_id"]): r for r in self.groups}

    @cached_property
    def terms_of(self) -> dict[str, tuple[str, str]]:
        """Payer and terms of each contract, from its panel or its ladder."""
        found = {r["contract_id"]: (r["payer"] or "", r["terms_id"] or "") for r in self.groups}
        for (_, _, contract), steps in self.run.steps.items():
            texts = {s["name"]: s["amount"] for s in steps}
            found.setdefault(contract, (texts.get("payer", ""), texts.get("terms", "")))
        return found

    def label(self, contract_id: str) -> str:
        """A contract as people call it: `Medicaid (C-1)`."""
        payer = self.terms_of.get(contract_id, ("", ""))[0]
        return f"{payer} ({contract_id})" if payer else contract_id

    @cached_property
    def pools(self) -> list[Row]:
        """Pools, latest period first. Raises CheckFailed (TRU-C041) where one does not close."""
        pools = sorted(self.run.rows("settlement_pools"), key=lambda r: (r["period"], r["pool_id"]), reverse=True)
        for pool in pools:
            self._close(pool)
        return pools

    @cached_property
    def shares(self) -> list[Row]:
        return sorted(self.run.rows("pool_shares"), key=lambda r: (r["period"], r["pool_id"], r["entity_id"], r["contract_id"]))

    def shares_of(self, pool: Row) -> list[Row]:
        return [s for s in self.shares if (s["period"], s["pool_id"]) == (pool["period"], pool["pool_id"])]

    def _close(self, pool: Row) -> None:
        """The parts of a pool are the pool; the parts of a challenge pool are what quality left of the potential; ladders agree."""
        mine, where = self.shares_of(pool), f"{self.run.program}/settlement_pools/{pool['period']},{pool['pool_id']}"
        must_equal("what contracts get of the pool", sum(s["paid_cents"] for s in mine), pool["paid_cents"], where)
        if pool["status"] != "waits":
            must_equal("paid and undistributed", pool["paid_cents"] + pool["undistributed_cents"], pool["pool_cents"], where)
        if pool["kind"] == "challenge":
            must_equal("individual amounts", sum(s["individual_cents"] for s in mine), pool["individual_cents"], where)
            unearned = sum(s["potential_cents"] - s["individual_cents"] for s in mine)
            must_equal("what quality left unearned", unearned, pool["pool_cents"], where)
        for share in mine:
            steps = self.run.steps.get((share["entity_id"], share["period"], share["contract_id"]), [])
            stated = [s["amount"] for s in steps if s["name"] == _FROM_POOL.get(pool["kind"]) and s["unit"] == "dollars"]
            if stated:
                must_equal("the part of the pool in the ladder", parse_cents(stated[-1]), share["paid_cents"], where)

    @cached_property
    def moves(self) -> list[Row]:
        return sorted(self.run.rows("track_moves"), key=lambda r: (r["entity_id"], r["moved_on"]))

    @cached_property
    def add_ons(self) -> list[Row]:
        return sorted(self.run.rows("panel_add_ons"), key=lambda r: (r["entity_id"], r["contract_id"], r["month"]))
