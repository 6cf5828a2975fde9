"""What a run reads: the canonical tables of batches, and the rows of a price set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trueup.claims.index import LINE_COUNTS, MARKED_CLAIMS, SET_ASIDE_LINES, WITHOUT_INDEX, index_of
from trueup.engine import Engine
from trueup.errors import Refused
from trueup.pricing.inputs import PriceSetContent
from trueup.tables import CANONICAL, MARKED_LINES, OUTPUT
from trueup.workspace import Workspace


def register_workspace(engine: Engine, ws: Workspace) -> None:
    """Make everything that a workspace has loaded readable, and what the index of its batches decided of final action."""
    batches = ws.batches()
    hashes = {b.path / f"{name}.parquet": table["sha256"] for b in batches for name, table in b.manifest["tables"].items()}
    _register_tables(engine, [b.path for b in batches], hashes)
    index = index_of(ws)
    if index is None:
        _do_without_index(engine)
        return
    engine.register_parquet("marked_lines", index.marked_lines, MARKED_LINES.columns)
    engine.register_parquet("line_counts", index.line_counts, LINE_COUNTS)
    engine.register_parquet("marked_claims", [index.marked_claims], MARKED_CLAIMS)
    engine.register_parquet("indexed_set_aside_lines", [index.set_aside_lines], SET_ASIDE_LINES)


def register_batches(engine: Engine, folders: Iterable[Path]) -> None:
    """Make every canonical table of the batch folders readable; one that no batch has is empty. Every line is marked, no claim decided."""
    _register_tables(engine, folders, {})
    _do_without_index(engine)


def _register_tables(engine: Engine, folders: Iterable[Path], hashes: Mapping[Path, str]) -> None:
    """`hashes` are those of the files, where the batches' manifests tell them."""
    listed = sorted(folders)
    for table in CANONICAL.values():
        files = [f / f"{table.name}.parquet" for f in listed if (f / f"{table.name}.parquet").is_file()]
        engine.register_parquet(table.name, files, table.columns, hashes)


def _do_without_index(engine: Engine) -> None:
    for step in WITHOUT_INDEX:
        engine.run(step)
    engine.register_empty("indexed_set_aside_lines", SET_ASIDE_LINES)


def register_prices(engine: Engine, sets: Iterable[PriceSetContent]) -> None:
    """Make the tables of price sets readable; without a set all are empty, and no target or outlier is found."""
    contents = list(sets)
    for name in ("prices", "outlier_lines", "case_rate_basis"):
        rows = [asdict(row) for content in contents for row in getattr(content, name)]
        engine.register_rows(name, rows, OUTPUT[name].columns)


def register_payments_made(engine: Engine, program: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Take the program's prospective payments from the ledger's export instead of loaded files.

    Raises Refused (TRU-U056) where files of the program are loaded as well: nobody could say which of the two was paid.
    """
    loaded = [r for r in engine.rows("payments_made", order_by=CANONICAL["payments_made"].key) if r["program"] == program]
    if loaded:
        message = f"payments of {program} come from {len(loaded)} loaded rows ({loaded[0]['source_file']}) and from the ledger."
        raise Refused("TRU-U056", message, next_step="Keep one source: leave the loaded file out, or name no ledger.")
    columns = CANONICAL["payments_made"].columns
    engine.register_rows("payments_made", [{**dict.fromkeys(columns), **row} for row in rows], columns)
