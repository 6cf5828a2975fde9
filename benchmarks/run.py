"""Benchmarks: every stage from intake to settlement, against a bare scan of the same files and against other programs.

    make bench                                                   250,000 to 1,000,000 lines, every scenario
    make bench LINES=10000000 ONLY="scan run" REPEAT=3
    make bench-ratio LINES=10000000                              the whole run after intake over a bare scan; the ratio is the last line

Claims are invented (`claims.py`), loaded and priced once into `build/bench/<lines>`, and kept there. Results go to `build/bench/`.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
from datetime import date
from pathlib import Path
from typing import Any

import claims
import machine
import report
import testbed
from measure import Figure, Settings, interleaved, once
from scenarios import SCENARIOS

DEFAULT_LINES = "250000,500000,1000000"


def main() -> None:
    """Measure what was asked for."""
    given = _arguments()
    settings = Settings(given.threads, given.memory_limit, given.repeat, given.cold)
    host = machine.named()
    print(", ".join(f"{k} {v}" for k, v in host.items()), flush=True)
    if given.ratio:
        _ratio(_testbed(given, int(given.lines.split(",")[0])), settings)
        return
    figures: list[Figure] = []
    for size in sorted(int(n) for n in given.lines.split(",")):
        ready = _testbed(given, size)
        names = [n for n in given.only or SCENARIOS if _applies(n, ready)]
        for figure in interleaved(ready, names, settings):
            figures.append(figure)
            kind = "cold" if figure.is_cold else "warm"
            print(
                f"{figure.lines:>12,} {figure.scenario:<16}{kind:<6}{figure.wall:9.2f} s{figure.cpu:9.2f} CPU s{figure.peak_mib:9,.0f} MiB",
                flush=True,
            )
        for path in report.write(given.out, given.name, host, settings, figures):
            print(path)
    _same_core_job(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmarks of trueup on invented claims.")
    parser.add_argument("--lines", default=DEFAULT_LINES, help="sizes, with commas")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), metavar="SCENARIO", help=f"of: {', '.join(SCENARIOS)}")
    parser.add_argument("--ratio", action="store_true", help="only the whole run over the bare scan")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cold", type=int, default=0, help="how many cold runs beside")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="2GB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--practices", type=int, default=0)
    parser.add_argument("--large-practice", type=int, default=0, metavar="BIRTHS")
    parser.add_argument("--large-member", type=int, default=0, metavar="CLAIMS")
    parser.add_argument("--first-day", type=date.fromisoformat, default=claims.Shape(1).first_day)
    parser.add_argument("--remake", action="store_true", help="load and price anew what a former run left")
    parser.add_argument("--claims", type=Path, help="a folder with one such set, used instead of making it")
    parser.add_argument("--testbeds", type=Path, default=Path("build/bench"), help="where claims and workspaces are kept")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--name", default="results")
    return parser.parse_args()


def _testbed(given: argparse.Namespace, lines: int) -> testbed.Testbed:
    shape = claims.Shape(lines, given.seed, given.first_day, given.practices, given.large_practice, given.large_member)
    plain = claims.Shape(lines)
    options = ("seed", "practices", "large_practice", "large_member", "first_day")
    marks = [f"{k}{getattr(shape, k)}" for k in options if getattr(shape, k) != getattr(plain, k)]
    folder = given.testbeds / "-".join([str(lines), *marks])
    print(f"{folder}: claims, workspace and prices are made where they are missing", flush=True)
    return testbed.prepare(folder, shape, threads=given.threads, source=given.claims, remake=given.remake)


def _applies(name: str, ready: testbed.Testbed) -> bool:
    """Large sets have no CSV files, and other programs may be absent: dependency group `bench`."""
    if name.startswith("peer_") and importlib.util.find_spec(name.removeprefix("peer_")) is None:
        print(f"{name} is left out: {name.removeprefix('peer_')} is not installed (dependency group bench)", flush=True)
        return False
    return name != "intake_csv" or bool(ready.files(csv=True))


def _ratio(ready: testbed.Testbed, settings: Settings) -> None:
    """Scan and runs in turn, after one of each that is not counted.

    The ratio of the medians of wall seconds is the last line: of a run after a load, which makes the index, that keeps nothing for others.
    """
    names = ("scan", "run", "run_indexed", "run_fresh")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(settings.repeat + 1):
        for name in names:
            found = once(ready, name, settings, is_cold=False)
            if name != "scan" and not found["facts"]["settlements"]:
                sys.exit("Nothing was settled: this set has too few births for a price. Take more lines.")
            runs[name] += [found] if turn else []
            figures = f"{found['wall']:9.2f} s{found['cpu']:9.2f} CPU s{found['peak_mib']:9,.0f} MiB  load {found['load']}"
            print(f"{name:<12}{figures}" + ("" if turn else "  (not counted)"), flush=True)
            if name == "scan" and not turn:
                print(f"  columns of claim_lines: {', '.join(found['facts']['claim_columns'])}")
                print(f"  columns of claim_diagnoses: {', '.join(found['facts']['diagnosis_columns'])}", flush=True)
    wall, cpu = ({n: statistics.median(run[key] for run in runs[n]) for n in names} for key in ("wall", "cpu"))
    print(f"medians of {settings.repeat} at {ready.lines():,} lines, {settings.threads} threads, {settings.memory_limit}, warm:")
    for name in names:
        print(f"  {SCENARIOS[name].says}: {wall[name]:.2f} s, {cpu[name]:.2f} CPU s")
    for name in names[1:]:
        print(f"{name} over scan: {wall[name] / wall['scan']:.2f}, in CPU seconds {cpu[name] / cpu['scan']:.2f}")
    print(f"ratio {wall['run_fresh'] / wall['scan']:.2f}")


def _same_core_job(figures: list[Figure]) -> None:
    """Programs that did the same job must have found the same."""
    for size in {f.lines for f in figures}:
        found = {f.scenario: f.facts["digest"] for f in figures if f.lines == size and "digest" in f.facts}
        if len(set(found.values())) > 1:
            sys.exit(f"At {size:,} lines the programs of the core job disagree: {found}")


if __name__ == "__main__":
    main()
