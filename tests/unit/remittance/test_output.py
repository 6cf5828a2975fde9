"""Files are whole or not there, and a file that is not the one its totals speak of is found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.remittance.samples import CYCLE, PAID_ON, PAYER, PRACTICE, X12, month, pay

from trueup.errors import CheckFailed, Refused
from trueup.remittance import output
from trueup.remittance.contents import Remittance
from trueup.remittance.output import check_file, ids_hash, totals_path
from trueup.remittance.x820 import write_820


def test_totals_name_the_file_by_its_hash(tmp_path: Path) -> None:
    written = write_820([CYCLE], tmp_path / "a.820", X12)
    assert written.totals_path == tmp_path / "a.820.totals.json"
    assert check_file(written.path) == json.loads(written.totals_path.read_text()) == dict(written.totals)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.820", "a.820.totals.json"]


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    written = write_820([CYCLE], tmp_path / "a.820", X12)
    written.path.write_bytes(written.path.read_bytes().replace(b"250.5", b"950.5"))
    with pytest.raises(CheckFailed, match=r"TRU-M009 a\.820 is not the file its totals were written for"):
        check_file(written.path)


def test_a_file_without_totals_is_not_trusted(tmp_path: Path) -> None:
    written = write_820([CYCLE], tmp_path / "a.820", X12)
    written.totals_path.unlink()
    with pytest.raises(CheckFailed, match=r"TRU-M009 a\.820 cannot be checked"):
        check_file(written.path)


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_rename_that_fails_leaves_no_part_and_writing_again_mends_it(
    fails_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood before is still whole; after the first rename the totals are those of the earlier file, which the check finds."""
    before = write_820([pay("R0", month("E0", "M1", 1, 5))], tmp_path / "a.820", X12)
    old, real, calls = before.path.read_bytes(), os.replace, 0

    def replace(source: Any, target: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise OSError("disk")
        real(source, target)

    monkeypatch.setattr(output.os, "replace", replace)
    with pytest.raises(OSError, match="disk"):
        write_820([CYCLE], tmp_path / "a.820", X12)
    monkeypatch.undo()
    if fails_at == 1:
        assert before.path.read_bytes() == old
        assert check_file(before.path)["sum_cents"] == 5
    else:
        with pytest.raises(CheckFailed, match="TRU-M009"):
            check_file(before.path)
    write_820([CYCLE], tmp_path / "a.820", X12)
    assert check_file(before.path)["sum_cents"] == CYCLE.total_cents


def test_ids_hash_does_not_depend_on_order() -> None:
    assert ids_hash(["b", "a"]) == ids_hash(["a", "b"]) != ids_hash(["ab"])
    assert totals_path(Path("x/y.835")) == Path("x/y.835.totals.json")


def test_a_total_that_is_not_the_sum_cannot_be_built() -> None:
    with pytest.raises(Refused) as refused:
        Remittance(
            remittance_id="R1", payer=PAYER, payee=PRACTICE, payment_date=PAID_ON, items=(month("E1", "M1", 5, 25_000),), total_cents=25_001
        )
    assert "TRU-M003 Remittance R1 states a total of 250.01, but its items come to 250.00 and its offsets to 0.00." in str(refused.value)
