"""Candidates' claims are taken whole, wherever a load put them: among members with maternity codes, or among everybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from trueup.candidates.stage import TAKE
from trueup.engine import DuckEngine
from trueup.tables import CANONICAL

Row = dict[str, Any]
# Of each load: how many candidates and strangers lie in each care group. 500 candidates in a group are looked up by their ids, 501 are not.
LOADS = {
    "first": {"maternity": (3, 2), "other": (501, 40)},
    "month": {"maternity": (2, 0), "other": (500, 10)},
    "quiet": {"maternity": (0, 4), "other": (0, 5)},
}


def rows() -> Iterator[Row]:
    """Two claims of each member of each load; candidates' ids begin with C. A later load has candidates of the first in another group."""
    for batch, groups in LOADS.items():
        number = 0
        for group, (candidates, strangers) in groups.items():
            members = [f"C{number + n}" for n in range(candidates)] + [f"S{number + n}" for n in range(strangers)]
            number += max(candidates, strangers)
            for member in members:
                for claim in (1, 2):
                    yield {"batch_id": batch, "care_group": group, "member_id": member, "version_id": f"{batch}-{member}-{claim}"}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    made = DuckEngine()
    lines = [row | {"source_table": "medical_claim", "source_file": "f", "source_row": n} for n, row in enumerate(rows())]
    made.register_rows("claim_lines", lines, CANONICAL["claim_lines"].columns)
    for name in ("claim_diagnoses", "claim_procedures"):
        coded = [row | {"position": n, "code": "X"} for row in rows() for n in (1, 2)]
        made.register_rows(name, coded, CANONICAL[name].columns)
    made.register_rows("candidate_members", [{"member_id": f"C{n}"} for n in range(600)], {"member_id": "VARCHAR"})
    counts = {"batch_id": "VARCHAR", "source_table": "VARCHAR", "claim_status": "VARCHAR", "known_date": "DATE"}
    made.register_rows("line_counts", [], counts | {"lines": "BIGINT", "paid_cents": "BIGINT"})
    for step in TAKE:
        made.run(step)
    yield made
    made.close()


def test_a_group_with_few_candidates_is_looked_up(engine: DuckEngine) -> None:
    found = {(r["batch_id"], r["care_group"], r["is_looked_up"]) for r in engine.rows("candidate_groups")}
    assert found == {("first", "maternity", 1), ("first", "other", 0), ("month", "maternity", 1), ("month", "other", 1)}


def test_each_line_of_a_candidate_is_taken_once(engine: DuckEngine) -> None:
    found = [r["version_id"] for r in engine.rows("candidate_lines", order_by=("version_id",))]
    assert found == sorted(r["version_id"] for r in rows() if r["member_id"].startswith("C"))
    assert len(found) == 2 * (3 + 501 + 2 + 500)


@pytest.mark.parametrize("table", ["candidate_diagnoses", "candidate_procedures"])
def test_each_code_of_a_candidate_is_taken_once(engine: DuckEngine, table: str) -> None:
    found = [(r["version_id"], r["position"]) for r in engine.rows(table, order_by=("version_id", "position"))]
    assert found == sorted((r["version_id"], n) for r in rows() if r["member_id"].startswith("C") for n in (1, 2))
