"""`verify`: whether what stands in a workspace is what was written there."""

from __future__ import annotations

from pathlib import Path

from trueup.commands.books import LedgerAt, ledger_of
from trueup.commands.common import WorkspaceAt, app, err, out
from trueup.errors import TrueupError
from trueup.manifest import file_hash, read_manifest
from trueup.pricing.price_set import read_price_set
from trueup.risk.freeze import read_model
from trueup.workspace import Workspace


@app.command
def verify(*, workspace: WorkspaceAt = Path(), ledger: LedgerAt = None) -> int:
    """Check runs against their manifests, price sets and risk models against their ids, and the ledger. Exit code 1 if one differs."""
    ws = Workspace.open(workspace)
    wrong: list[str] = []
    runs = sorted(p.parent for p in ws.runs_dir.glob("*/*/manifest.json") if not p.parent.name.startswith("."))
    for folder in runs:
        tables = read_manifest(folder)["tables"]
        for name, table in tables.items():
            path = folder / f"{name}.parquet"
            if not path.is_file():
                wrong.append(f"{path}: the table is not there")
            elif file_hash(path) != table["sha256"]:
                wrong.append(f"{path}: the table was changed after the run")
        wrong += [f"{p}: no table of the run" for p in sorted(folder.glob("*.parquet")) if p.stem not in tables]
    sets = sorted(p.parent for p in ws.prices_dir.glob("*/manifest.json") if not p.parent.name.startswith("."))
    models = sorted((ws.path / "models").glob("*/risk_model.json"))
    for path, read in [*((p, read_price_set) for p in sets), *((p, read_model) for p in models)]:
        try:
            read(path)
        except TrueupError as error:
            wrong.append(str(error))
    books = "no ledger"
    if ledger is not None or (ws.path / "ledger.db").is_file():
        with ledger_of(ws, ledger, create=False) as book:
            found = book.verify()
        wrong += [f"{f.code} entry {f.seq} {f.entry_id}: {f.message}" for f in found.findings]
        books = f"a ledger of {found.entry_count:,} entries, head {found.head_hash or 'none'}"
    for line in wrong:
        err.print(line)
    state = f"{len(wrong)} findings" if wrong else "all as written"
    out.print(f"{len(runs)} runs, {len(sets)} price sets, {len(models)} risk models, {books}: {state}.")
    return 1 if wrong else 0
