"""Charts as inline SVG: plain Vega-Lite specs, rendered by vl-convert without a browser or a network (about 20 ms each).

Sizes are fixed, labels are placed by us and no axis is laid out by text width, so that the same values give the same bytes on a
machine with other fonts. Series differ by shape and label, never by color alone, and each value is printed beside its mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import vl_convert

from trueup.reports.grid import Chart

FONT = "DejaVu Sans, Verdana, sans-serif"
_VEGA_LITE = "6.1"
_WIDTH, _SIDE, _ROW, _TEXT_AT, _MARK_AT = 340, 12, 38, 12, 28
FONT_SIZE, _ROOM = 11.5, 45  # so many characters fit beside each other on a row
INK, OWN, OTHER, BASE = "#1b1b1b", "#0b3d91", "#7a3e00", "#767676"
_SERIES = (("own", "circle", OWN, True), ("other", "diamond", OTHER, False))

Spec = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """A point on a row. `series`: own (filled circle) or other (hollow diamond)."""

    value: int
    series: str = "own"


@dataclass(frozen=True)
class Line:
    """A row: its label and value in text, its marks, and an interval where there is one.

    `guide` repeats the first mark as a tick on every row.
    """

    label: str
    text: str
    marks: Sequence[Mark] = ()
    interval: tuple[int, int] | None = None
    guide: bool = False


def dots(name: str, finding: str, summary: str, lines: Sequence[Line]) -> Chart:
    """Rows of points on one shared scale. Values are cents or counts; only positions depend on them."""
    values = [mark.value for line in lines for mark in line.marks] + [end for line in lines for end in line.interval or ()]
    low, high = min(values, default=0), max(values, default=1)
    pad = max((high - low) // 20, 1)
    x = _scale(low - pad, high + pad)
    height = len(lines) * _ROW
    middles = [row * _ROW + _MARK_AT for row in range(len(lines))]
    guides = [{"x": line.marks[0].value, "y": y - 7, "y2": y + 7} for line in lines if line.guide and line.marks for y in middles]
    ranges = [{"x": ln.interval[0], "x2": ln.interval[1], "y": y} for ln, y in zip(lines, middles, strict=True) if ln.interval]
    layers = [
        *_texts(lines),
        rule_layer([{"x": 0, "x2": _WIDTH, "y": y} for y in middles], BASE, 0.6, pixels("x")),
        rule_layer(guides, OTHER, 1.4, x),
        rule_layer(ranges, OWN, 5, x),
    ]
    for series, shape, color, filled in _SERIES:
        points = [{"x": m.value, "y": y} for line, y in zip(lines, middles, strict=True) for m in line.marks if m.series == series]
        mark = {"type": "point", "shape": shape, "color": color, "filled": filled, "size": 90, "strokeWidth": 2.2, "opacity": 1}
        layers.append(layer(points, mark, x=x, y=pixels("y")))
    return render_svg(name, finding, summary, layers, height)


def bars(name: str, finding: str, summary: str, lines: Sequence[Line]) -> Chart:
    """Rows of bars from zero, one per line (its first mark). Negative bars go left and are hollow."""
    values = [line.marks[0].value for line in lines if line.marks]
    x = _scale(min([*values, 0]), max([*values, 1]))
    layers = _texts(lines)
    for negative in (False, True):
        boxes = [
            {"x": 0, "x2": line.marks[0].value, "y": row * _ROW + 22, "y2": row * _ROW + 33}
            for row, line in enumerate(lines)
            if line.marks and (line.marks[0].value < 0) == negative
        ]
        mark = {
            "type": "rect",
            "color": "#ffffff" if negative else OWN,
            "stroke": OTHER if negative else OWN,
            "strokeWidth": 2,
            "opacity": 1,
        }
        layers.append(layer(boxes, mark, x=x, y=pixels("y")))
    layers.append(rule_layer([{"x": 0, "y": row * _ROW + 19, "y2": row * _ROW + 36} for row in range(len(lines))], INK, 1, x))
    return render_svg(name, finding, summary, layers, len(lines) * _ROW)


def _scale(low: int, high: int) -> Spec:
    domain = {"domain": [low, max(high, low + 1)], "nice": False, "zero": False, "range": [_SIDE, _WIDTH - _SIDE]}
    return {"field": "x", "type": "quantitative", "axis": None, "scale": domain}


def pixels(name: str) -> Spec:
    return {"field": name, "type": "quantitative", "axis": None, "scale": None}


def layer(rows: list[dict[str, Any]], mark: Spec, **encoding: Spec) -> Spec:
    ends = {end: {"field": end} for end in ("x2", "y2") if rows and end in rows[0]}
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding | ends}


def _texts(lines: Sequence[Line]) -> list[Spec]:
    style: Spec = {"type": "text", "fontSize": FONT_SIZE, "color": INK, "baseline": "middle"}
    left = [{"t": short(line.label, _ROOM - len(line.text)), "y": row * _ROW + _TEXT_AT} for row, line in enumerate(lines)]
    right = [{"t": line.text, "y": row * _ROW + _TEXT_AT} for row, line in enumerate(lines)]
    text: Spec = {"field": "t", "type": "nominal"}
    return [
        layer(left, style | {"align": "left", "x": 0}, y=pixels("y"), text=text),
        layer(right, style | {"align": "right", "x": _WIDTH, "fontWeight": "bold"}, y=pixels("y"), text=text),
    ]


def rule_layer(rows: list[dict[str, Any]], color: str, width: float, x: Spec) -> Spec:
    return layer(rows, {"type": "rule", "color": color, "strokeWidth": width, "opacity": 1}, x=x, y=pixels("y"))


def short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def render_svg(name: str, finding: str, summary: str, layers: list[Spec], height: int) -> Chart:
    spec: Spec = {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{_VEGA_LITE}.json",
        "width": _WIDTH,
        "height": height,
        "padding": {"left": 4, "right": 4, "top": 6, "bottom": 6},
        "autosize": {"type": "none"},
        "config": {"font": FONT, "view": {"stroke": None}},
        "resolve": {"scale": {"x": "independent", "y": "independent"}},
        "layer": [layer for layer in layers if layer["data"]["values"]],
    }
    return Chart(finding, summary, _embed(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE), name, finding, summary))


def _embed(svg: str, name: str, finding: str, summary: str) -> str:
    """The SVG as one labeled image: our ids, our title and description, no inner roles, scaled by its box."""
    body = re.sub(r' (?:role|aria-[a-z]+|pointer-events|class)="[^"]*"', "", svg[svg.index(">") + 1 :])
    body = re.sub(r'( id="|url\(#| (?:xlink:)?href="#)', rf"\g<1>{name}-", body)
    box = re.search(r'viewBox="([^"]+)"', svg)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="{box.group(1) if box else ""}" role="img"'
        f' aria-labelledby="{name}-title {name}-desc" focusable="false">'
        f'<title id="{name}-title">{escape(finding)}</title><desc id="{name}-desc">{escape(summary)}</desc>{body}'
    )
