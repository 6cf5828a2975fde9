"""What the engine says when it may not take what a step needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.engine import DuckEngine, Step
from trueup.errors import EngineError


def test_a_step_that_needs_more_memory_than_is_allowed_says_how_to_allow_more(tmp_path: Path) -> None:
    engine = DuckEngine(memory_limit="64MB", temp_folder=tmp_path)
    sql = "SELECT LIST(n) AS all_of_them FROM (SELECT UNNEST(RANGE(8000000)) AS n)"
    hungry = Step(Path("stage/sql/10_gather.sql"), sql, (), "gathered", "one row", ("all_of_them",), is_table=True)
    with pytest.raises(EngineError, match=r"TRU-E004 stage/sql/10_gather\.sql memory ran out: .*TRUEUP_MEMORY_LIMIT"):
        engine.run(hungry)
    engine.close()
