"""What a benchmark leaves behind: every figure as a line of JSON with its runs, a table, and a plot of time and memory against lines."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import vl_convert
from measure import Figure, Settings
from scenarios import SCENARIOS
from testbed import NOTHING_SETTLES

# The nearest published open engine, as it was measured elsewhere; see docs/reference/benchmarks.md.
CITED = (
    ("value-based-care-bundled-treatment-engine (MIT), its own allocation of claims to bundles", 500, 22.8),
    ("", 1_000, 89.4),
    ("", 2_000, 338.5),
)
_FOUND = ("episodes", "settlements", "practices", "digest", "steps_computed", "steps_reused")
_VEGA_LITE = "6.1"
_ROOM = 1.5  # what an axis shows beyond its least and its greatest value, as a factor


def slope(figures: Sequence[Figure], key: str) -> float | None:
    """The fitted exponent of a figure in the number of lines: 1 grows with the lines. None with less than two sizes."""
    points = sorted({(f.lines, float(getattr(f, key))) for f in figures})
    if len({n for n, _ in points}) < 2:
        return None
    return float(np.polyfit([math.log(n) for n, _ in points], [math.log(max(v, 1e-3)) for _, v in points], 1)[0])


def write(folder: Path, name: str, machine: dict[str, Any], settings: Settings, figures: Sequence[Figure]) -> list[Path]:
    """Write `<name>.jsonl`, `<name>.md` and `<name>.svg`. Returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, table, plot = (folder / f"{name}.{kind}" for kind in ("jsonl", "md", "svg"))
    head = {"machine": machine, "settings": asdict(settings)}
    lines.write_text("\n".join(json.dumps(x) for x in (head, *(asdict(f) for f in figures))) + "\n", encoding="utf-8")
    table.write_text(markdown(machine, settings, figures), encoding="utf-8")
    plot.write_text(svg(figures), encoding="utf-8")
    return [lines, table, plot]


def markdown(machine: dict[str, Any], settings: Settings, figures: Sequence[Figure]) -> str:
    """Machine, settings, one table per size, slopes, parts of the run, and what is cited."""
    out = ["# Benchmarks", "", ", ".join(f"{k} {v}" for k, v in machine.items()) + ".", ""]
    cooled = sorted({str(r["cooled_by"]) for f in figures if f.is_cold for r in f.runs})
    out.append(
        f"Every figure is the median of {settings.repeat} fresh processes ({settings.cold} cold) with {settings.threads} threads and a "
        f"memory limit of {settings.memory_limit} for the engine. Wall and CPU seconds are of the work alone, without starting Python; "
        "peak memory is the most that was resident during it. "
        + (f"Cold: the files were put out of the page cache by {', '.join(cooled)}. " if cooled else "")
        + "Other work on the machine shows in every figure: each run's load average is in the JSON beside this page."
    )
    for size in sorted({f.lines for f in figures}):
        out += ["", f"## {size:,} claim lines", "", "| scenario | the work | wall s | CPU s | peak MiB | x scan | cold wall s | found |"]
        out.append("|---|---|---|---|---|---|---|---|")
        out += _rows([f for f in figures if f.lines == size])
        note = unsettled(figures, size)
        out += ["", note] if note else []
    out += _parts(figures) + _slopes(figures) + _columns(figures) + _cited()
    return "\n".join(out) + "\n"


def unsettled(figures: Sequence[Figure], size: int) -> str:
    """Which runs of a size settled nothing, and why; empty where there are none."""
    names = {f.scenario for f in figures if f.lines == size and f.facts.get("settlements") == 0}
    if not names:
        return ""
    listed = ", ".join(f"`{n}`" for n in SCENARIOS if n in names)
    return f"**Nothing was settled at {size:,} lines** ({listed}): {NOTHING_SETTLES}."


def _rows(figures: Sequence[Figure]) -> list[str]:
    warm = {f.scenario: f for f in figures if not f.is_cold}
    cold = {f.scenario: f for f in figures if f.is_cold}
    scan = (warm or cold).get("scan")
    rows: list[str] = []
    for name in [n for n in SCENARIOS if n in warm or n in cold]:
        f = warm.get(name) or cold[name]
        ratio = f"{f.wall / scan.wall:.2f}" if scan else ""
        other = f"{cold[name].wall:.2f}" if name in cold else ""
        numbers = f"{f.wall:.2f} | {f.cpu:.2f} | {f.peak_mib:,.0f} | {ratio} | {other}"
        rows.append(f"| `{name}` | {SCENARIOS[name].says} | {numbers} | {_found(f)} |")
    return rows


def _found(f: Figure) -> str:
    shown = {k: f.facts[k] for k in _FOUND if k in f.facts}
    rate = f"{f.facts['rows'] / f.wall:,.0f} rows/s" if "rows" in f.facts else f"{f.lines / f.wall:,.0f} lines/s"
    return ", ".join([rate, *(f"{k.replace('_', ' ')} {v}" for k, v in shown.items())])


def _parts(figures: Sequence[Figure]) -> list[str]:
    """Where the time goes in what names its parts, at the largest size."""
    out: list[str] = []
    largest = max((f.lines for f in figures), default=0)
    for name in SCENARIOS:
        for f in (f for f in figures if f.scenario == name and f.lines == largest and not f.is_cold and f.parts):
            out += ["", f"## Parts of `{name}` at {largest:,} lines", "", "| part | wall s |", "|---|---|"]
            out += [f"| {part} | {seconds:.2f} |" for part, seconds in f.parts.items()]
    return out


def _slopes(figures: Sequence[Figure]) -> list[str]:
    rows = [
        f"| `{name}` | {wall:.2f} | {slope(own, 'cpu'):.2f} | {slope(own, 'peak_mib'):.2f} |"
        for name in SCENARIOS
        if (own := [f for f in figures if f.scenario == name and not f.is_cold]) and (wall := slope(own, "wall")) is not None
    ]
    says = "Exponents fitted to the sizes above: 1 is linear in the lines."
    head = ["", "## How it grows", "", says, "", "| scenario | wall | CPU | peak memory |", "|---|---|---|---|"]
    return [*head, *rows] if rows else []


def _columns(figures: Sequence[Figure]) -> list[str]:
    scans = [f for f in figures if f.scenario == "scan"]
    if not scans:
        return []
    claim, diagnosis = scans[0].facts["claim_columns"], scans[0].facts["diagnosis_columns"]
    return ["", "## What the bare scan reads", "", f"{len(claim)} columns of `claim_lines`: {', '.join(claim)}.", "",
            f"All {len(diagnosis)} columns of `claim_diagnoses`: {', '.join(diagnosis)}."]  # fmt: skip


def _cited() -> list[str]:
    rows = [f"| {what or '〃'} | {n:,} | {s} | {n / s:.0f} |" for what, n, s in CITED]
    return ["", "## Cited, not measured here", "", "| | claims | wall s | claims a second |", "|---|---|---|---|", *rows]


def svg(figures: Sequence[Figure]) -> str:
    """Wall seconds and peak memory against lines, both axes logarithmic. Cold figures stand in where there is no warm one."""
    warm = {f.scenario for f in figures if not f.is_cold}
    shown = [f for f in figures if not f.is_cold or f.scenario not in warm]
    rows = [{"what": f.scenario, "lines": f.lines, "seconds": max(f.wall, 1e-3), "memory": f.peak_mib} for f in shown]
    names = [n for n in SCENARIOS if any(f.scenario == n for f in shown)]
    sizes = sorted({f.lines for f in shown})
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "background": "white", "data": {"values": rows},
        "hconcat": [
            _panel(names, sizes, "seconds", "wall seconds", [float(r["seconds"]) for r in rows]),
            _panel(names, sizes, "memory", "peak memory, MiB", [float(r["memory"]) for r in rows]),
        ],
        "resolve": {"scale": {"color": "shared", "shape": "shared"}},
        "config": {"font": "DejaVu Sans, sans-serif"},
    }  # fmt: skip
    return str(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE))


def _panel(names: list[str], sizes: list[int], field: str, title: str, values: list[float]) -> dict[str, Any]:
    """Lines and marks of every scenario. Line and mark share color and shape of one legend, which a line with points does not."""
    what = {"field": "what", "type": "nominal", "title": None}
    color = {**what, "scale": {"domain": names, "scheme": "tableau10" if len(names) <= 10 else "tableau20"}}
    return {
        "width": 420, "height": 320,
        "encoding": {
            "x": {
                "field": "lines", "type": "quantitative", "title": "claim lines", "scale": _scale([float(n) for n in sizes]),
                "axis": {"format": ".3~s", "values": sizes, "labelOverlap": True},
            },
            "y": {
                "field": field, "type": "quantitative", "title": title, "scale": _scale(values),
                "axis": {"format": "~g", "tickCount": 8},
            },
            "color": color,
        },
        "layer": [
            {"mark": "line"},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"shape": {**what, "scale": {"domain": names}}},
            },
        ],
    }  # fmt: skip


def _scale(values: list[float]) -> dict[str, Any]:
    """A logarithmic axis with some room on both sides."""
    return {"type": "log", "nice": False, **({"domain": [min(values) / _ROOM, max(values) * _ROOM]} if values else {})}
