"""The machine a figure comes from, and what this process used of it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
from collections.abc import Iterable
from pathlib import Path

_STATUS, _CLEAR, _DROP = Path("/proc/self/status"), Path("/proc/self/clear_refs"), Path("/proc/sys/vm/drop_caches")


def named() -> dict[str, object]:
    """Processor, cores, memory, versions, and the load when asked: other work shows in every figure."""
    return {
        "processor": _processor(), "cores": os.cpu_count(), "memory_gib": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}", "python": platform.python_version(),
        "load": [round(x, 2) for x in os.getloadavg()],
        **{name: _version(name) for name in ("duckdb", "polars", "pandas", "pyarrow")},
    }  # fmt: skip


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor() or platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def cpu_seconds() -> float:
    """CPU seconds of this process and all its threads, in its own and the system's code."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def forget_peak() -> None:
    """Let the peak start anew, where the system can do that."""
    if _CLEAR.exists():
        _CLEAR.write_text("5")


def peak_bytes() -> int:
    """Most resident memory since `forget_peak`; elsewhere than on Linux, since the process began."""
    if _STATUS.exists():
        (line,) = [x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def cool(files: Iterable[Path]) -> str:
    """Put files out of the page cache; says by what means. Dropping every cache takes TRUEUP_BENCH_DROP_CACHES=1 and the right to do it."""
    os.sync()
    if os.environ.get("TRUEUP_BENCH_DROP_CACHES") == "1" and os.access(_DROP, os.W_OK):
        _DROP.write_text("3")
        return "drop_caches"
    for path in files:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
    return "posix_fadvise"
