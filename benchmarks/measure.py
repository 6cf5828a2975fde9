"""Measures scenarios: each figure in a fresh process, cold and warm, as the median of several."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed import Testbed

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Settings:
    """Bounds of every process, and how often each is run."""

    threads: int = 2
    memory_limit: str = "2GB"
    repeat: int = 3
    cold: int = 3


@dataclass(frozen=True)
class Figure:
    """The median of one scenario at one size, cold or warm. `runs` are all of them."""

    scenario: str
    lines: int
    is_cold: bool
    wall: float
    cpu: float
    peak_mib: float
    parts: dict[str, float]
    facts: dict[str, Any]
    runs: list[dict[str, Any]]


def once(bed: Testbed, scenario: str, settings: Settings, *, is_cold: bool) -> dict[str, Any]:
    """One run of a scenario. Raises SystemExit with what the process said where it failed."""
    shape = {**asdict(bed.shape), "first_day": bed.shape.first_day.isoformat()}
    given = {
        "scenario": scenario, "folder": str(bed.folder), "shape": shape, "cold": is_cold, "threads": settings.threads,
        "memory_limit": settings.memory_limit,
    }  # fmt: skip
    # the engine's own bounds, and those of a library that has no other way to be bounded
    threads = str(settings.threads)
    bounds = {"TRUEUP_THREADS": threads, "TRUEUP_MEMORY_LIMIT": settings.memory_limit, "POLARS_MAX_THREADS": threads}
    load = os.getloadavg()[0]
    print(f"  {scenario}, {'cold' if is_cold else 'warm'} ...", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, str(CHILD), json.dumps(given)], capture_output=True, text=True, env={**os.environ, **bounds}, check=False
    )
    if done.returncode:
        raise SystemExit(f"{scenario} failed with {done.returncode}:\n{done.stderr[-3000:]}")
    return {**json.loads(done.stdout.splitlines()[-1]), "load": round(load, 2)}


def interleaved(bed: Testbed, names: Iterable[str], settings: Settings) -> Iterator[Figure]:
    """All scenarios in turn, cold rounds first, then warm ones: what else the machine does falls on all of them alike."""
    listed = list(names)
    for is_cold, rounds in ((True, settings.cold), (False, settings.repeat)):
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in listed}
        if rounds and not is_cold and not settings.cold:
            for name in listed:  # the first run of all warms the page cache, and is not counted
                once(bed, name, settings, is_cold=False)
        for _ in range(rounds):
            for name in listed:
                found[name].append(once(bed, name, settings, is_cold=is_cold))
        yield from (figure(bed, name, runs, is_cold=is_cold) for name, runs in found.items() if runs)


def figure(bed: Testbed, name: str, runs: list[dict[str, Any]], *, is_cold: bool) -> Figure:
    """The median of equal runs. Raises SystemExit where they found different things."""

    def middle(key: str) -> float:
        return statistics.median(run[key] for run in runs)

    parts = {part: statistics.median(run["parts"].get(part, 0.0) for run in runs) for part in runs[0]["parts"]}
    for key in ("digest", "amount_cents", "episodes", "hash"):
        if len({run["facts"].get(key) for run in runs}) > 1:
            raise SystemExit(f"{name} found different {key} in equal runs: {[run['facts'][key] for run in runs]}")
    return Figure(name, bed.lines(), is_cold, middle("wall"), middle("cpu"), middle("peak_mib"), parts, runs[0]["facts"], runs)
