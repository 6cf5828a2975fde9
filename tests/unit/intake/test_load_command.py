"""`trueup load` leaves nothing for the first run to prepare."""

from __future__ import annotations

from pathlib import Path

from flow.harness import trueup, well

from trueup.claims import index
from trueup.workspace import Workspace

HEADER = "claim_id,claim_line_number,claim_type,member_id,claim_start_date,received_date,paid_amount\n"


def _folders(ws: Workspace) -> list[str]:
    return [path.name for path in ws.index_dir.iterdir()]


def test_a_load_indexes_the_claims(tmp_path: Path) -> None:
    ws, file = Workspace.create(tmp_path / "ws", "k"), tmp_path / "claims.csv"
    file.write_text(f"{HEADER}C1,1,professional,M1,2025-01-10,2025-02-01,100.00\n", encoding="utf-8")
    well(trueup("load", file, "-w", ws.path))
    (batch,) = ws.batches()
    assert _folders(ws) == [index._key([batch.id])]
    more = tmp_path / "more.csv"
    more.write_text(f"{HEADER}C2,1,professional,M1,2025-01-11,2025-02-02,7.00\n", encoding="utf-8")
    well(trueup("load", more, "-w", ws.path))
    assert _folders(ws) == [index._key(b.id for b in ws.batches())]
    assert len(ws.batches()) == 2


def test_without_claims_there_is_no_index(tmp_path: Path) -> None:
    ws, file = Workspace.create(tmp_path / "ws", "k"), tmp_path / "participation.csv"
    file.write_text("program,entity_id,joined_on,received_date\np,ENT1,2025-01-01,2025-01-01\n", encoding="utf-8")
    well(trueup("load", file, "-w", ws.path))
    assert not ws.index_dir.exists()
