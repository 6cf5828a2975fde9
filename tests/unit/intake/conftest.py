"""Files as a state would send them, small enough to read, and what became of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from trueup.claims.intake import LoadResult, load_files
from trueup.workspace import Workspace

# What a line needs to be accepted, and a procedure.
BARE_LINE = {
    "claim_id": "C1",
    "claim_line_number": "1",
    "claim_type": "professional",
    "member_id": "M1",
    "claim_start_date": "2025-01-10",
    "received_date": "2025-02-01",
    "paid_amount": "100.00",
    "hcpcs_code": "99213",
}
GOOD_LINE = {
    **BARE_LINE,
    "version_seq": "1",
    "record_type": "original",
    "replaces_claim_id": "",
    "claim_status": "paid",
    "claim_end_date": "2025-01-10",
    "paid_date": "2025-01-20",
    "allowed_amount": "120.00",
    "charge_amount": "200.00",
    "tpl_amount": "0",
    "service_unit_quantity": "1",
    "billing_npi": "1234567893",
    "billing_tin": "061234567",
    "rendering_npi": "1558598797",
    "diagnosis_code_1": "Z349",
}
GOOD_MEMBER = {
    "member_id": "M1",
    "person_id": "P1",
    "gender": "female",
    "birth_date": "1995-05-05",
    "death_date": "",
    "enrollment_start_date": "2024-01-01",
    "enrollment_end_date": "2025-12-31",
    "received_date": "2025-02-01",
}
Row = dict[str, str]


def as_csv(rows: Sequence[Row], *, delimiter: str = ",", header: bool = True) -> str:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\n", restval="")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@dataclass
class Loaded:
    """A finished load, with its tables as lists of rows."""

    result: LoadResult

    def table(self, name: str) -> list[dict[str, Any]]:
        assert self.result.folder is not None
        path = self.result.folder / f"{name}.parquet"
        if not path.exists():
            return []
        cursor = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        return [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return sorted(self.table("claim_lines"), key=lambda r: (r["source_file"], r["source_row"]))

    @property
    def reasons(self) -> dict[int, str]:
        """Reason of each quarantined row."""
        return {r["source_row"]: r["reason_code"] for r in self.table("quarantined_rows")}

    @property
    def findings(self) -> dict[tuple[str, str], int]:
        """Rows by code and column."""
        return {(f.code, f.column): f.rows for f in self.result.findings}


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws", key="test")


@pytest.fixture
def load(ws: Workspace, tmp_path: Path) -> Callable[..., Loaded]:
    """Load tables given as rows or as text: `load(medical_claim=[...], eligibility="...", received=...)`."""
    number = 0

    def go(*, options: dict[str, Any] | None = None, **tables: Sequence[Row] | str | bytes) -> Loaded:
        nonlocal number
        number += 1
        folder = tmp_path / f"delivery{number}"
        folder.mkdir()
        paths: list[Path] = []
        for name, content in tables.items():
            path = folder / f"{name}.csv"
            data = content if isinstance(content, str | bytes) else as_csv(content)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
            paths.append(path)
        return Loaded(load_files(ws, paths, **(options or {})))

    return go


@pytest.fixture
def among_good(load: Callable[..., Loaded]) -> Callable[..., Loaded]:
    """Load 20 good lines and, as row 21 with a claim of its own, a good line with changes."""

    def go(**changes: str) -> Loaded:
        rows = [{**GOOD_LINE, "claim_id": f"C{i}", "member_id": f"M{i}"} for i in range(1, 21)]
        return load(medical_claim=[*rows, {**GOOD_LINE, "claim_id": "C21", "member_id": "M21", **changes}])

    return go
