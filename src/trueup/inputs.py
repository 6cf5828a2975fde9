"""What a run reads: the canonical tables of batches, and the rows of a price set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from trueup.engine import DuckEngine
from trueup.pricing.inputs import PriceSetContent
from trueup.tables import CANONICAL, OUTPUT


def register_batches(engine: DuckEngine, folders: Iterable[Path]) -> None:
    """Make every canonical table of the batch folders readable; a table that no batch has is empty."""
    listed = sorted(folders)
    for table in CANONICAL.values():
        files = [f / f"{table.name}.parquet" for f in listed if (f / f"{table.name}.parquet").is_file()]
        engine.register_parquet(table.name, files, table.columns)


def register_prices(engine: DuckEngine, sets: Iterable[PriceSetContent]) -> None:
    """Make `prices` and `outlier_lines` readable; without a price set both are empty, and no target or outlier is found."""
    contents = list(sets)
    for name in ("prices", "outlier_lines"):
        rows = [asdict(row) for content in contents for row in getattr(content, name)]
        engine.register_rows(name, rows, OUTPUT[name].columns)
