"""Results kept between runs, so that a rerun computes only what depends on what changed.

    cache/<key>.json               what came of a step: its row count, the key of its content, and the file that holds it, if it has one
    cache/<SHA-256 of it>.parquet  a result that takes longer to compute than to read

A key stands for all that a result was made from (see `trueup.engine.duck`), so an entry is right or absent, never out of date. The folder
is derived: it may be deleted at any time, also while a run uses it. When it outgrows its limit, what was used longest ago goes first.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from trueup.manifest import file_hash

log = logging.getLogger("trueup.memo")

LIMIT_BYTES = 10 * 2**30
_DAMAGED = "TRU-E031 %s is damaged; what it held is computed again."


def digest(*parts: str) -> str:
    """A key of several texts. Each is counted, so that no two lists of texts run together."""
    return hashlib.sha256("".join(f"{len(p)}:{p}" for p in parts).encode()).hexdigest()[:32]


def private_folder(home: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder of this process in `home`, for spilled rows and for links to results in use. Those of processes that died are removed."""
    prefix = f".run-{socket.gethostname()}-"
    for other in home.glob(f"{prefix}*-*"):
        process = other.name.removeprefix(prefix).split("-")[0]
        if process.isdigit() and not _is_alive(int(process)):
            shutil.rmtree(other, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=home, ignore_cleanup_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True)
class Kept:
    """What came of a step. `content` stands for its rows in the keys of its readers; having them again without a file takes `seconds`."""

    content: str
    rows: int
    seconds: float
    file: str | None = None


class Memo:
    """The cache folder of one workspace, as one process uses it. Several may at once: an entry appears whole or not at all.

    A failure to keep something is logged and costs a later run its reuse, never this run its result.
    """

    def __init__(self, folder: Path, private: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder, self._private, self._limit = folder, private, limit_bytes
        self._numbers = itertools.count()
        self._has_grown, self._has_failed = False, False

    def find(self, key: str) -> Kept | None:
        """What came of the step with this key; None where that is not known."""
        path = self._folder / f"{key}.json"
        try:
            check, _, text = path.read_text(encoding="utf-8").partition(" ")
            if check != digest(text):
                raise ValueError
            os.utime(path)
            return Kept(**json.loads(text))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, TypeError, ValueError):
            log.warning(_DAMAGED, path)
            return None

    def open(self, kept: Kept) -> Path | None:
        """The file of a result, proved to be whole and held until this process ends; None where there is none any more."""
        if kept.file is None:
            return None
        shared, own = (folder / f"{kept.file}.parquet" for folder in (self._folder, self._private))
        if own.exists():
            return own
        try:
            link_or_copy(shared, own)
            if file_hash(own) == kept.file:
                os.utime(shared)
                return own
            log.warning(_DAMAGED, shared)
            shared.unlink(missing_ok=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s cannot be read: %s", shared, error)
        own.unlink(missing_ok=True)
        return None

    def keep(self, key: str, kept: Kept, write: Callable[[Path], object] | None = None) -> Kept:
        """Remember what came of a step; `write` makes its file. Returns what was remembered."""
        if self._has_failed:
            return kept
        draft = self._folder / f".draft-{os.getpid()}-{next(self._numbers)}"
        try:
            self._folder.mkdir(exist_ok=True)
            if write is not None:
                write(draft)
                kept = Kept(kept.content, kept.rows, kept.seconds, file_hash(draft))
                os.replace(draft, self._folder / f"{kept.file}.parquet")
            text = json.dumps(asdict(kept))
            draft.write_text(f"{digest(text)} {text}", encoding="utf-8")
            os.replace(draft, self._folder / f"{key}.json")
            self._has_grown = True
        except OSError as error:
            log.warning("nothing more is kept for later runs: %s", error)
            self._has_failed = True
            with suppress(OSError):
                draft.unlink()
            return Kept(kept.content, kept.rows, kept.seconds)
        return kept

    def close(self) -> None:
        """Remove what was used longest ago until the folder is within its limit."""
        if not self._has_grown:
            return
        found: list[tuple[int, int, Path]] = []
        for path in self._folder.glob("*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._limit:
                break
            path.unlink(missing_ok=True)
            total -= size


def link_or_copy(source: Path, target: Path) -> None:
    """Another name for a file, or a copy where the file system has only one."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
