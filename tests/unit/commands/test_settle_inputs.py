"""`trueup settle PROGRAM --inputs FILE --out FILE`: two files, no workspace, and a reason for every row without an amount."""

from __future__ import annotations

import csv
from pathlib import Path

from flow.harness import trueup

HEADER = "entity_id,period,track,assigned_members,benchmark,expenditure,minimum_savings_rate,quality_score,met_quality_standard\n"
GOOD = "A1,PY2018,T1,60000,100000000,98000000,,0.9,true\n"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "in.csv"
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_amounts_reasons_and_steps(tmp_path: Path) -> None:
    source = written(
        tmp_path, GOOD, "A2,PY2018,T3,60000,100000000,101000000,0.01,0.9,true\n", "A3,PY2018,GOLD,1,1,1,,,\n", "=1+1,PY2018,T1,,,,,,\n"
    )
    done = trueup("settle", "mssp", "--inputs", source, "--out", tmp_path / "out.csv")
    assert done.code == 1
    assert "4 rows read: 2 settled, 2 refused." in done.text
    assert "TRU-S103 1 rows, the first A3 PY2018: no track `GOLD`" in done.text
    found = {row["entity_id"]: row for row in rows(tmp_path / "out.csv")}
    assert {name: (row["gate"], row["status"], row["amount"], row["reason"]) for name, row in found.items()} == {
        "A1": ("savings", "payable", "882000.00", "savings_shared"),
        "A2": ("losses", "owed", "-400000.00", "losses_shared"),
        "A3": ("", "refused", "", "TRU-S103"),
        "'=1+1": ("", "refused", "", "TRU-S108"),
    }
    steps = rows(tmp_path / "out.steps.csv")
    assert {row["entity_id"] for row in steps} == {"A1", "A2"}
    assert [row["amount"] for row in steps if row["entity_id"] == "A1" and row["name"] == "after_sequestration"] == ["882000.00"]


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = written(tmp_path, GOOD)
    for name in ("one.csv", "two.csv"):
        assert trueup("settle", "mssp", "--inputs", source, "--out", tmp_path / name).code == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (tmp_path / "one.steps.csv").read_bytes() == (tmp_path / "two.steps.csv").read_bytes()


def test_wrong_uses_end_with_two_and_write_nothing(tmp_path: Path) -> None:
    source = written(tmp_path, GOOD)
    for words, code in (
        (("settle", "mssp", "--inputs", source), "TRU-S116"),
        (("settle", "mssp", "--out", source), "TRU-S116"),
        (("settle", "mssp", "--inputs", source, "--out", source), "TRU-S115"),
        (("settle", "co-maternity", "--inputs", source, "--out", tmp_path / "out.csv"), "TRU-S114"),
        (("settle", "mssp", "--inputs", tmp_path / "none.csv", "--out", tmp_path / "out.csv"), "TRU-S110"),
        (("settle", "co-maternity", "--workspace", tmp_path), "TRU-S117"),
    ):
        done = trueup(*words)
        assert (done.code, code in done.text) == (2, True), done.text
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
