"""A workspace: one folder that holds a key, the loaded batches, price sets, runs and reports.

    workspace.toml  batches/<id>/  index/  prices/<price_set_id>/  runs/<run_id>/<program>/  reports/  ledger.db

Everything is written under a temporary name and renamed; one process writes at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from trueup.errors import UsageError

SCHEMA = 2
_FILE, _LOCK = "workspace.toml", "writer.lock"


@dataclass(frozen=True)
class Batch:
    """One immutable set of loaded files: a folder of Parquet tables and their manifest."""

    id: str
    path: Path
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Workspace:
    """`path` is the workspace's folder; `key` salts the identifiers derived from it."""

    path: Path
    key: str

    @classmethod
    def create(cls, path: str | Path, key: str | None = None) -> Workspace:
        """Make a new, empty workspace. `key` is random unless given. Raises UsageError where one exists already or the key is unusable."""
        folder = Path(path)
        if (folder / _FILE).exists():
            raise UsageError("TRU-U041", f"{folder} is a workspace already.", next_step="Use it, or name another folder.")
        key = secrets.token_hex(16) if key is None else key
        if not key or not all(c.isalnum() or c in "-_" for c in key):
            raise UsageError("TRU-U042", "A workspace key is letters, digits, `-` and `_`.", next_step="Leave it out to have one made.")
        for name in ("batches", "prices", "runs", "reports"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _FILE, f'schema = {SCHEMA}\nworkspace_key = "{key}"\n')
        return cls(folder, key)

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """Open an existing workspace. Raises UsageError if there is none or another version of trueup made it."""
        folder = Path(path)
        try:
            settings = tomllib.loads((folder / _FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            message = f"{folder} is not a workspace: it has no {_FILE}."
            raise UsageError("TRU-U043", message, next_step="Make one with `trueup init`.") from None
        except tomllib.TOMLDecodeError as error:
            raise UsageError("TRU-U044", f"{folder / _FILE} cannot be read: {error}.") from None
        if settings.get("schema") != SCHEMA or not isinstance(settings.get("workspace_key"), str):
            found = f"schema {settings.get('schema')} and {'a' if 'workspace_key' in settings else 'no'} workspace_key"
            message = f"{folder / _FILE}: expected schema {SCHEMA} and a workspace_key, found {found}."
            step = "If another version of trueup made it, make a new one with `trueup init` and load the files again."
            raise UsageError("TRU-U044", message, next_step=step)
        return cls(folder, str(settings["workspace_key"]))

    @property
    def batches_dir(self) -> Path:
        return self.path / "batches"

    @property
    def index_dir(self) -> Path:
        """Derived from the batches; safe to delete."""
        return self.path / "index"

    @property
    def prices_dir(self) -> Path:
        return self.path / "prices"

    @property
    def runs_dir(self) -> Path:
        return self.path / "runs"

    @property
    def reports_dir(self) -> Path:
        return self.path / "reports"

    def batches(self) -> list[Batch]:
        """All complete batches, ordered by id, so that the order of loading never shows."""
        found: list[Batch] = []
        for manifest in sorted(self.batches_dir.glob("*/manifest.json")):
            if not manifest.parent.name.startswith("."):
                found.append(Batch(manifest.parent.name, manifest.parent, json.loads(manifest.read_text(encoding="utf-8"))))
        return found

    @contextmanager
    def writer_lock(self) -> Generator[None]:
        """Hold the workspace's one writer lock. Raises UsageError naming the holder when another process has it.

        The operating system drops the lock when its process dies, so a killed writer never blocks the next one on this machine. A lock
        left by another machine cannot be judged from here and is respected.
        """
        lock = self.path / _LOCK
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _locked(lock, _holder(handle)) from None
            holder = _holder(handle)
            if holder and holder.get("host") != socket.gethostname():
                raise _locked(lock, holder)
            note = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(note).encode(), 0)
            try:
                yield
            finally:
                os.ftruncate(handle, 0)
        finally:
            os.close(handle)

    @contextmanager
    def new_folder(self, final: Path) -> Generator[Path]:
        """A temporary folder beside `final` that becomes `final` if the block succeeds, replacing what stood there, and vanishes if not."""
        draft = final.parent / f".draft-{final.name}-{os.getpid()}"
        old = final.parent / f".draft-old-{final.name}-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            yield draft
            sync_folder(draft)
            if final.exists():
                os.rename(final, old)
            os.rename(draft, final)
            sync_folder(final.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old content or the new, never a part."""
    draft = path.with_name(f".draft-{path.name}-{os.getpid()}")
    try:
        with open(draft, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Ask the system to put a folder's files and entries on disk."""
    for path in [p for p in folder.iterdir() if p.is_file()] + [folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _holder(handle: int) -> dict[str, Any]:
    text = os.pread(handle, 4096, 0)
    try:
        found: object = json.loads(text) if text.strip() else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _locked(lock: Path, holder: dict[str, Any]) -> UsageError:
    who = f"process {holder.get('pid', 'unknown')} on {holder.get('host', 'unknown')} since {holder.get('since', 'unknown')}"
    return UsageError(
        "TRU-U045",
        f"{lock.parent} is being written by {who}.",
        next_step=f"Wait for it to end; if that machine is gone, delete {lock}.",
    )
