"""The workspace: made once, opened often, written by one process at a time, never half."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from trueup.errors import UsageError
from trueup.workspace import Workspace, write_atomically


def test_created_and_opened(tmp_path: Path) -> None:
    made = Workspace.create(tmp_path / "ws", key="fixed-key_1")
    assert Workspace.open(tmp_path / "ws") == made
    assert (tmp_path / "ws" / "workspace.toml").read_text(encoding="utf-8") == 'schema = 2\nworkspace_key = "fixed-key_1"\n'
    assert sorted(p.name for p in made.path.iterdir()) == ["batches", "prices", "reports", "runs", "workspace.toml"]
    assert (made.batches(), made.runs_dir, made.prices_dir, made.reports_dir) == (
        [],
        tmp_path / "ws" / "runs",
        tmp_path / "ws" / "prices",
        tmp_path / "ws" / "reports",
    )


def test_keys_are_random_unless_given(tmp_path: Path) -> None:
    keys = {Workspace.create(tmp_path / name).key for name in ("a", "b", "c")}
    assert [len(keys), *{len(k) for k in keys}] == [3, 32]


def test_no_second_workspace_in_one_folder_and_no_odd_key(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "ws", key="k")
    with pytest.raises(UsageError, match="is a workspace already"):
        Workspace.create(tmp_path / "ws")
    for key in ("", 'k"', "k\n"):
        with pytest.raises(UsageError, match="key is letters"):
            Workspace.create(tmp_path / "other", key=key)


@pytest.mark.parametrize("text", [None, "schema = ", "schema = 1\nworkspace_key = 'k'\n", "schema = 2\n"])
def test_not_a_workspace(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "workspace.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Workspace.open(tmp_path)
    assert caught.value.code == ("TRU-U043" if text is None else "TRU-U044")


def test_second_writer_fails_fast_and_names_the_first(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", key="k")
    with ws.writer_lock():
        with pytest.raises(UsageError) as caught, Workspace.open(ws.path).writer_lock():
            pass
        assert caught.value.code == "TRU-U045"
        assert f"is being written by process {os.getpid()} on {socket.gethostname()} since 20" in caught.value.message
    with ws.writer_lock():
        assert json.loads((ws.path / "writer.lock").read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert (ws.path / "writer.lock").read_text(encoding="utf-8") == ""


def test_a_dead_writer_on_this_machine_blocks_nobody(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", key="k")
    script = (
        "import os, sys; from trueup.workspace import Workspace\n"
        "lock = Workspace.open(sys.argv[1]).writer_lock(); lock.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(ws.path)], check=False).returncode == 9
    left = json.loads((ws.path / "writer.lock").read_text(encoding="utf-8"))
    assert left["pid"] != os.getpid()
    with ws.writer_lock():
        assert json.loads((ws.path / "writer.lock").read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_a_lock_of_another_machine_is_respected(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", key="k")
    (ws.path / "writer.lock").write_text('{"pid": 7, "host": "elsewhere", "since": "2025-01-01T00:00:00+00:00"}', encoding="utf-8")
    with pytest.raises(UsageError, match="process 7 on elsewhere since 2025-01-01T00:00:00") as caught, ws.writer_lock():
        pass
    assert "if that machine is gone, delete" in caught.value.next_step


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", key="k")

    def fail() -> None:
        with ws.new_folder(ws.runs_dir / "r1") as draft:
            (draft / "table").write_text("half", encoding="utf-8")
            assert [p.name for p in ws.runs_dir.iterdir()] == [f".draft-r1-{os.getpid()}"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(ws.runs_dir.iterdir()) == []
    with ws.new_folder(ws.runs_dir / "r1") as draft:
        (draft / "table").write_text("whole", encoding="utf-8")
    assert (ws.runs_dir / "r1" / "table").read_text(encoding="utf-8") == "whole"


def test_batches_are_complete_ones_in_order_of_id(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", key="k")
    for name in ("bb", "aa", ".draft-cc-1"):
        (ws.batches_dir / name).mkdir()
        (ws.batches_dir / name / "manifest.json").write_text('{"files": []}', encoding="utf-8")
    (ws.batches_dir / "dd").mkdir()
    assert [(b.id, b.manifest) for b in ws.batches()] == [("aa", {"files": []}), ("bb", {"files": []})]


def test_small_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "note"
    write_atomically(path, "one")
    write_atomically(path, "two\n")
    assert path.read_bytes() == b"two\n"
    assert [p.name for p in tmp_path.iterdir()] == ["note"]
