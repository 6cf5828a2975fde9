"""A funnel as inline SVG: each entity's share over its number of cases, with the limits that chance alone keeps.

The limits are those of the table, one pair of bars per entity: nothing between them is drawn that nobody worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trueup.reports.charts import BASE, FONT_SIZE, INK, OTHER, OWN, Spec, layer, pixels, render_svg, short
from trueup.reports.grid import Chart

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 336, 26, 230
_HEIGHT = 276


@dataclass(frozen=True)
class FunnelPoint:
    """One entity: its cases, the events among them, and limits in events; `label` is drawn where it is not empty."""

    units: int
    events: int
    low_95: int | None
    high_95: int | None
    low_998: int | None
    high_998: int | None
    flagged: bool = False
    label: str = ""


def funnel(name: str, finding: str, summary: str, points: Sequence[FunnelPoint], expected: float) -> Chart:
    """The funnel of one check. `expected` is the share that most of the peers are held against (0 to 1)."""
    places = _Places(points, expected)
    wide = [places.span(p, p.low_998, p.high_998) for p in points if p.low_998 is not None and p.high_998 is not None]
    near = [places.span(p, p.low_95, p.high_95) for p in points if p.low_95 is not None and p.high_95 is not None]
    layers = [
        *places.axes(),
        _bars(wide, BASE, 1.2),
        _bars(near, BASE, 3.5),
        layer(
            [{"x": _LEFT, "x2": _RIGHT, "y": places.y(expected)}], _rule(OTHER, 1.4) | {"strokeDash": [5, 3]}, x=pixels("x"), y=pixels("y")
        ),
        _points([p for p in points if not p.flagged], places, "circle", OWN, filled=False),
        _points([p for p in points if p.flagged], places, "diamond", OTHER, filled=True),
        *_labels(points, places),
    ]
    return render_svg(name, finding, summary, layers, _HEIGHT)


class _Places:
    """Where cases and shares lie on the drawing, in pixels."""

    def __init__(self, points: Sequence[FunnelPoint], expected: float) -> None:
        shares = [expected]
        for p in points:
            found = (v for v in (p.events, p.low_998, p.high_998) if v is not None)
            shares += [v / p.units for v in found]
        self.most = max(p.units for p in points)
        self.low, self.high = max(min(shares) - 0.02, 0.0), min(max(shares) + 0.02, 1.0)

    def x(self, units: int) -> float:
        return round(_LEFT + 10 + (_RIGHT - _LEFT - 20) * units / self.most, 2)

    def y(self, share: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (share - self.low) / max(self.high - self.low, 0.01), 2)

    def span(self, point: FunnelPoint, low: int, high: int) -> dict[str, Any]:
        return {"x": self.x(point.units), "y": self.y(low / point.units), "y2": self.y(high / point.units)}

    def axes(self) -> list[Spec]:
        """Three values on each axis with their text, and what the axes are."""
        shares = [self.low, (self.low + self.high) / 2, self.high]
        counts = [self.most // 2, self.most]
        lines = [{"x": _LEFT, "x2": _RIGHT, "y": self.y(s)} for s in shares]
        left = [{"x": _LEFT - 6, "y": self.y(s), "t": f"{round(s * 100)}%"} for s in shares]
        below = [{"x": self.x(c), "y": _BOTTOM + 14, "t": f"{c:,}"} for c in counts]
        titles = [{"x": 0, "y": 10, "t": "Share"}]
        ends = [{"x": _RIGHT, "y": _BOTTOM + 34, "t": "Cases counted, more to the right"}]
        return [
            layer(lines, _rule("#c9ccd1", 0.8), x=pixels("x"), y=pixels("y")),
            _text(left, "right"),
            _text(below, "center"),
            _text(titles, "left"),
            _text(ends, "right"),
        ]


def _rule(color: str, width: float) -> Spec:
    return {"type": "rule", "color": color, "strokeWidth": width, "opacity": 1}


def _bars(rows: list[dict[str, Any]], color: str, width: float) -> Spec:
    return layer(rows, _rule(color, width) | {"opacity": 0.55}, x=pixels("x"), y=pixels("y"))


def _points(points: Sequence[FunnelPoint], places: _Places, shape: str, color: str, *, filled: bool) -> Spec:
    rows = [{"x": places.x(p.units), "y": places.y(p.events / p.units)} for p in points]
    size = 110 if filled else 55
    mark = {"type": "point", "shape": shape, "color": color, "filled": filled, "size": size, "strokeWidth": 2, "opacity": 1}
    return layer(rows, mark, x=pixels("x"), y=pixels("y"))


def _labels(points: Sequence[FunnelPoint], places: _Places) -> list[Spec]:
    """Names beside their points: to the left of those on the right half."""
    found: dict[str, list[dict[str, Any]]] = {"left": [], "right": []}
    for p in points:
        if p.label:
            x, on_right = places.x(p.units), p.units * 2 > places.most
            spot = {"x": x - 9 if on_right else x + 9, "y": places.y(p.events / p.units), "t": short(p.label, 24)}
            found["right" if on_right else "left"].append(spot)
    return [_text(rows, align, bold=True) for align, rows in found.items()]


def _text(rows: list[dict[str, Any]], align: str, *, bold: bool = False) -> Spec:
    mark: Spec = {"type": "text", "fontSize": FONT_SIZE, "color": INK, "baseline": "middle", "align": align}
    mark |= {"fontWeight": "bold"} if bold else {}
    return layer(rows, mark, x=pixels("x"), y=pixels("y"), text={"field": "t", "type": "nominal"})
