# SPDX-License-Identifier: EUPL-1.2
"""A line, area or bar chart over time, as wide as its place: heights in pixels, moments in per cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Literal

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import drawing, formats
from stadtkern.ui.charts import frame, scales
from stadtkern.ui.drawing import element

_ABOVE, _BELOW = 22.0, 28.0


class Mark(msgspec.Struct, frozen=True):
    """One value at a moment; `low` and `high` span the band around it, `end` the width of a bar."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None
    end: datetime | None = None


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw. Pieces are separated where values are missing, so gaps stay gaps."""

    start: datetime
    end: datetime
    zone: tzinfo
    pieces: Sequence[Sequence[Mark]]
    usual: Sequence[Sequence[Mark]] = ()
    gaps: Sequence[tuple[datetime, datetime]] = ()
    form: Literal["line", "bars"] = "line"
    title: str = ""
    description: str = ""
    name: str = "chart"
    height: int = 280
    bold: bool = False
    end_label: str = ""
    usual_label: str = ""
    gap_label: str = ""
    steps: bool = False
    labels: Mapping[float, str] = {}
    quiet: bool = False
    # For screens: so many pixels wide, and larger or smaller as a whole, with its letters.
    scaled: int = 0


class _Plane:
    """Turns moments and values into places."""

    def __init__(self, curve: Curve):
        values = [
            v for piece in curve.pieces for m in piece for v in (m.value, m.low, m.high) if v is not None
        ]
        values += [mark.value for piece in curve.usual for mark in piece]
        values += list(curve.labels)
        zero = curve.form == "bars" or (curve.quiet and min(values, default=0.0) >= 0)
        self.range = scales.value_range(values, from_zero=zero, wanted=3 if curve.height < 220 else 4)
        self.start, self.span = curve.start, (curve.end - curve.start).total_seconds() or 1.0
        self.top = 6.0 if curve.quiet else _ABOVE
        self.bottom = curve.height - (22.0 if curve.quiet else _BELOW)

    def x(self, at: datetime) -> float:
        return frame.WIDE * (at - self.start).total_seconds() / self.span

    def percent(self, at: datetime) -> str:
        return f"{self.x(at) / frame.WIDE * 100:.2f}%"

    def y(self, value: float) -> float:
        low, high = self.range.low, self.range.high
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


def draw(curve: Curve) -> SafeString:
    """The chart as one `<svg role="img">` with title and description."""
    plane = _Plane(curve)
    values = _values(curve, plane)
    usual = _usual(curve, plane)
    # Bars would hide it; a line crosses it where both are close.
    shapes = [*_bars(curve, plane), *usual] if curve.form == "bars" else [*usual, *_lines(curve, plane)]
    stage = frame.stretched(*_gaps(curve, plane), *shapes, height=curve.height)
    return frame.figure(
        *_grid(curve, plane),
        stage,
        *(element("text", text, x="-8", y=plane.y(at) + 4, text_anchor="end") for at, text in values.items()),
        *_moments(curve, plane),
        *_labels(curve, plane),
        name=curve.name,
        title=curve.title,
        description=curve.description,
        height=curve.height,
        class_=f"sk-chart{_gutter(values)}",
        scaled=curve.scaled,
    )


def _grid(curve: Curve, plane: _Plane) -> list[SafeString]:
    if curve.quiet:
        return [element("line", class_="grid", x1="0", x2="100%", y1=plane.bottom, y2=plane.bottom)]
    kinds = [("zero" if tick == 0 else "grid", plane.y(tick)) for tick in _ticks(curve, plane)]
    return [element("line", class_=kind, x1="0", x2="100%", y1=y, y2=y) for kind, y in kinds]


def _ticks(curve: Curve, plane: _Plane) -> Sequence[float]:
    return sorted(curve.labels) if curve.labels else plane.range.ticks


def _values(curve: Curve, plane: _Plane) -> dict[float, str]:
    """What stands beside the ticks."""
    numbers = {tick: formats.number(tick, digits=plane.range.digits) for tick in plane.range.ticks}
    return {} if curve.quiet else dict(curve.labels) or numbers


def _gutter(values: Mapping[float, str]) -> str:
    """A class that leaves room for the longest label left of the chart."""
    longest = max(map(len, values.values()), default=0)
    return "" if not values else f" sk-chart--{'s' if longest <= 4 else 'm' if longest <= 7 else 'l'}"


def _moments(curve: Curve, plane: _Plane) -> list[SafeString]:
    drawn = []
    for tick in scales.time_ticks(curve.start, curve.end, zone=curve.zone):
        x = plane.percent(tick.at)
        share = plane.x(tick.at) / frame.WIDE
        anchor = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        wide = "wide-only" if tick.wide else None
        height = curve.height - (5 if curve.quiet else 7)
        mark = element("line", class_="tick", x1=x, x2=x, y1=plane.bottom, y2=plane.bottom + 5)
        drawn.append(
            element("g", mark, element("text", tick.label, x=x, y=height, text_anchor=anchor), class_=wide)
        )
    return drawn


def _lines(curve: Curve, plane: _Plane) -> list[SafeString]:
    drawn = []
    kind = "line line--bold" if curve.bold else "line"
    for piece in curve.pieces:
        if any(mark.low is not None for mark in piece):
            upper = [(plane.x(m.at), plane.y(m.value if m.high is None else m.high)) for m in piece]
            lower = [(plane.x(m.at), plane.y(m.value if m.low is None else m.low)) for m in reversed(piece)]
            drawn.append(element("path", class_="band", d=drawing.path([*upper, *lower]) + "Z"))
    for piece in curve.pieces:
        points = [(plane.x(mark.at), plane.y(mark.value)) for mark in piece]
        if curve.steps:
            points = _stairs(points)
        if len(points) > 1:  # a value alone is a dot
            drawn.append(element("path", class_=kind, d=drawing.path(points)))
    return drawn


def _stairs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A state holds until the next one: first along, then up or down."""
    stairs = list(points[:1])
    for before, after in pairwise(points):
        stairs += [(after[0], before[1]), after]
    return stairs


def _bars(curve: Curve, plane: _Plane) -> list[SafeString]:
    marks = [mark for piece in curve.pieces for mark in piece]
    base = plane.y(max(plane.range.low, 0.0))
    d = []
    for mark in marks:
        left, right = plane.x(mark.at), plane.x(mark.end or mark.at)
        pad = min(1.2, (right - left) * 0.12)
        y = plane.y(mark.value)
        d.append(f"M{left + pad:.2f} {base:.2f}V{y:.2f}H{right - pad:.2f}V{base:.2f}Z")
    return [element("path", class_="bar", d="".join(d))] if d else []


def _usual(curve: Curve, plane: _Plane) -> list[SafeString]:
    drawn = []
    for piece in curve.usual:
        points = [(plane.x(mark.at), plane.y(mark.value)) for mark in piece]
        if not points:
            continue
        if curve.quiet:
            floor = [(points[-1][0], plane.bottom), (points[0][0], plane.bottom)]
            drawn.append(element("path", class_="usual-area", d=drawing.path([*points, *floor]) + "Z"))
        if curve.form == "bars":
            drawn.append(element("path", class_="usual-edge", d=drawing.path(points)))
        drawn.append(element("path", class_="usual", d=drawing.path(points)))
    return drawn


def _gaps(curve: Curve, plane: _Plane) -> list[SafeString]:
    height = plane.bottom - plane.top
    return [
        element(
            "rect",
            class_="gap",
            x=plane.x(a),
            width=max(plane.x(b) - plane.x(a), 1.5),
            y=plane.top,
            height=height,
        )
        for a, b in curve.gaps
    ]


def _labels(curve: Curve, plane: _Plane) -> list[SafeString]:
    drawn = []
    marks = [mark for piece in curve.pieces for mark in piece]
    alone = [piece[0] for piece in curve.pieces if len(piece) == 1 and curve.form == "line"]
    dots = [(mark, "4") for mark in alone]
    if curve.end_label and marks:
        dots.append((marks[-1], "5"))
    drawn += [
        element("circle", class_="dot", cx=plane.percent(mark.at), cy=plane.y(mark.value), r=r)
        for mark, r in dots
    ]
    for start, end in curve.gaps:
        if curve.gap_label and (plane.x(end) - plane.x(start)) > 130:
            middle = plane.percent(start + (end - start) / 2)
            y = (plane.top + plane.bottom) / 2
            label = element("text", curve.gap_label, class_="gap-label", x=middle, y=y, text_anchor="middle")
            drawn.append(element("g", label, class_="wide-only"))
    return drawn
