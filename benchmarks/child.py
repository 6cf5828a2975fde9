"""One scenario in a fresh process: `python benchmarks/child.py '{"scenario": ..., "folder": ..., ...}'`. Prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from importlib.abc import MetaPathFinder
from pathlib import Path

import claims
import machine
from scenarios import SCENARIOS, Clock
from testbed import Testbed


class _WithoutPandas(MetaPathFinder):
    """trueup does not need pandas, which is here for a peer: pyarrow would load it as soon as it sees it, for a third of a second."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main() -> None:
    """Run it once."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    shape = claims.Shape(**{**given["shape"], "first_day": date.fromisoformat(given["shape"]["first_day"])})
    bed = Testbed(folder, shape)
    means: list[str] = []

    def cool() -> None:
        files = (Path(at) / name for at, _, names in os.walk(folder, followlinks=True) for name in names)
        means.append(machine.cool(files) if given["cold"] else "")

    clock, scenario = Clock(given["threads"], given["memory_limit"], cool), SCENARIOS[given["scenario"]]
    if not scenario.peer:
        sys.meta_path.insert(0, _WithoutPandas())
    facts = scenario.work(bed, clock)
    print(json.dumps({
        "wall": round(clock.wall, 4), "cpu": round(clock.cpu, 4), "peak_mib": round(clock.peak_bytes / 2**20, 1),
        "cooled_by": "".join(means), "parts": {name: round(s, 4) for name, s in clock.parts().items()}, "facts": facts,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
