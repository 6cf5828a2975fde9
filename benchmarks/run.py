"""Benchmarks: every stage from intake to settlement, against a bare scan of the same files and against other programs.

    make bench                                                   250,000 to 1,000,000 lines, every scenario
    make bench LINES=10000000 ONLY="scan run" REPEAT=3
    make bench-ratio LINES=10000000                              the whole run after intake over a bare scan; the ratio is the last line

Claims are invented (`claims.py`), loaded and priced once into `build/bench/<lines>`, and kept there. Results go to `build/bench/`, as
`results` or `ratio`. A ratio wants something settled: plain claims of fewer lines than `testbed.SETTLES_FROM` are refused at once.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import claims
import machine
import report
import testbed
from measure import Figure, Settings, figure, interleaved, once
from scenarios import SCENARIOS
from testbed import NOTHING_SETTLES, SETTLES_FROM

DEFAULT_LINES, DEFAULT_RATIO_LINES = (250_000, 500_000, 1_000_000), (10_000_000,)
RATIO_OF = ("scan", "run", "run_indexed", "run_fresh")


def main() -> None:
    """Measure what was asked for."""
    given = arguments()
    settings = Settings(given.threads, given.memory_limit, given.repeat, given.cold)
    host = machine.named()
    print(", ".join(f"{k} {v}" for k, v in host.items()), flush=True)
    if given.ratio:
        _ratio(given, host, settings)
        return
    figures: list[Figure] = []
    for size in given.lines:
        ready = _testbed(given, size)
        names = [n for n in given.only or SCENARIOS if applies(n, ready)]
        for found in interleaved(ready, names, settings):
            figures.append(found)
            kind = "cold" if found.is_cold else "warm"
            print(
                f"{found.lines:>12,} {found.scenario:<16}{kind:<6}{found.wall:9.2f} s{found.cpu:9.2f} CPU s{found.peak_mib:9,.0f} MiB",
                flush=True,
            )
        if note := report.unsettled(figures, ready.lines()):
            print(note, flush=True)
        for path in report.write(given.out, given.name, host, settings, figures):
            print(path)
    _same_core_job(figures)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for, sizes in order. What cannot be measured ends here, before anything is made."""
    parser = argparse.ArgumentParser(description="Benchmarks of trueup on invented claims.")
    parser.add_argument("--lines", type=_sizes, help=f"sizes, with commas; one for a ratio, of plain claims at least {SETTLES_FROM}")
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
    parser.add_argument("--name", help="of the files of results: `results`, or `ratio`")
    given = parser.parse_args(words)
    given.lines = given.lines or (DEFAULT_RATIO_LINES if given.ratio else DEFAULT_LINES)
    given.name = given.name or ("ratio" if given.ratio else "results")
    if given.ratio:
        _require_ratio(parser, given)
    return given


def _sizes(text: str) -> tuple[int, ...]:
    sizes = [n.strip() for n in text.split(",")]
    if not all(n.isascii() and n.isdigit() and int(n) for n in sizes):
        raise argparse.ArgumentTypeError(f"{text!r}: sizes are whole numbers of lines, with commas between them, such as 250000,1000000")
    return tuple(sorted({int(n) for n in sizes}))


def _require_ratio(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """A ratio is of one size, of warm runs, and of runs that settle something."""
    if len(given.lines) > 1 or given.only or given.cold or given.repeat < 1:
        parser.error("--ratio takes one size and at least one repetition, and neither --only nor --cold")
    (size,) = given.lines
    if _shape(given, size) == claims.Shape(size) and not given.claims and size < SETTLES_FROM:
        parser.error(f"--ratio: {size:,} lines are too few: {NOTHING_SETTLES}. Take --lines {SETTLES_FROM} or more.")


def _shape(given: argparse.Namespace, lines: int) -> claims.Shape:
    return claims.Shape(lines, given.seed, given.first_day, given.practices, given.large_practice, given.large_member)


def _testbed(given: argparse.Namespace, lines: int) -> testbed.Testbed:
    shape = _shape(given, lines)
    plain = claims.Shape(lines)
    options = ("seed", "practices", "large_practice", "large_member", "first_day")
    marks = [f"{k}{getattr(shape, k)}" for k in options if getattr(shape, k) != getattr(plain, k)]
    folder = given.testbeds / "-".join([str(lines), *marks])
    print(f"{folder}: claims, workspace and prices are made where they are missing", flush=True)
    return testbed.prepare(folder, shape, threads=given.threads, source=given.claims, remake=given.remake)


def applies(name: str, ready: testbed.Testbed) -> bool:
    """Large sets have no CSV files, and other programs may be absent: dependency group `bench`."""
    if name.startswith("peer_") and importlib.util.find_spec(name.removeprefix("peer_")) is None:
        print(f"{name} is left out: {name.removeprefix('peer_')} is not installed (dependency group bench)", flush=True)
        return False
    if name == "intake_csv" and not ready.files(csv=True):
        print(f"{name} is left out: there are no CSV files of the claims (benchmarks/claims.py --csv makes them; --claims)", flush=True)
        return False
    return True


def _ratio(given: argparse.Namespace, host: dict[str, object], settings: Settings) -> None:
    """Scan and runs in turn, after one of each that is not counted; written like other results.

    The ratio of the medians of wall seconds is the last line: of a run after a load, which makes the index, that keeps nothing for others.
    """
    ready = _testbed(given, given.lines[0])
    if not any(s.content.prices for s in ready.price_sets(ready.workspace())):
        sys.exit(f"No ratio: {NOTHING_SETTLES}.")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in RATIO_OF}
    for turn in range(settings.repeat + 1):
        for name in RATIO_OF:
            found = once(ready, name, settings, is_cold=False)
            if found["facts"].get("settlements") == 0:
                sys.exit(f"No ratio: {name} settled nothing, although there are prices.")
            runs[name] += [found] if turn else []
            words = f"{found['wall']:9.2f} s{found['cpu']:9.2f} CPU s{found['peak_mib']:9,.0f} MiB  load {found['load']}"
            print(f"{name:<12}{words}" + ("" if turn else "  (not counted)"), flush=True)
            if name == "scan" and not turn:
                print(f"  columns of claim_lines: {', '.join(found['facts']['claim_columns'])}")
                print(f"  columns of claim_diagnoses: {', '.join(found['facts']['diagnosis_columns'])}", flush=True)
    figures = {name: figure(ready, name, runs[name], is_cold=False) for name in RATIO_OF}
    scan = figures["scan"]
    print(f"medians of {settings.repeat} at {ready.lines():,} lines, {settings.threads} threads, {settings.memory_limit}, warm:")
    for name, found in figures.items():
        print(f"  {name}, {SCENARIOS[name].says}: {found.wall:.2f} s, {found.cpu:.2f} CPU s")
    for name in RATIO_OF[1:]:
        print(f"{name} over scan: {figures[name].wall / scan.wall:.2f}, in CPU seconds {figures[name].cpu / scan.cpu:.2f}")
    for path in report.write(given.out, given.name, host, settings, list(figures.values())):
        print(path)
    print(f"ratio {figures['run_fresh'].wall / scan.wall:.2f}")


def _same_core_job(figures: list[Figure]) -> None:
    """Programs that did the same job must have found the same."""
    for size in {f.lines for f in figures}:
        found = {f.scenario: f.facts["digest"] for f in figures if f.lines == size and "digest" in f.facts}
        if len(set(found.values())) > 1:
            sys.exit(f"At {size:,} lines the programs of the core job disagree: {found}")


if __name__ == "__main__":
    main()
