# SPDX-License-Identifier: EUPL-1.2
"""Several lines over one axis of time, told apart by colour, dashes and letters; with bands and events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Literal

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import drawing, formats
from stadtkern.ui.charts import frame, scales
from stadtkern.ui.charts.curve import Mark
from stadtkern.ui.drawing import element

LETTERS = "ABCDEF"
_ABOVE, _BELOW = 26.0, 28.0


class Line(msgspec.Struct, frozen=True):
    """One line with its name. Pieces are separated where values are missing, so gaps stay gaps."""

    label: str
    pieces: Sequence[Sequence[Mark]]

    @property
    def marks(self) -> list[Mark]:
        """All values, in the order of time."""
        return [mark for piece in self.pieces for mark in piece]


class Event(msgspec.Struct, frozen=True):
    """Something that happened: shown as a numbered line, told below the picture."""

    at: datetime
    text: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw. Only the first line has a band; `bars` is for a single line; `shares` are fractions."""

    start: datetime
    end: datetime
    zone: tzinfo
    lines: Sequence[Line]
    form: Literal["line", "bars"] = "line"
    events: Sequence[Event] = ()
    title: str = ""
    description: str = ""
    name: str = "chart"
    height: int = 340
    shares: bool = False

    def label(self, tick: float, *, digits: int) -> str:
        """What stands beside a tick."""
        return formats.percent(tick) if self.shares else formats.number(tick, digits=digits)


class Plane:
    """Turns moments and values into places between the four edges."""

    def __init__(self, chart: Chart, *, left: float, right: float, top: float, bottom: float):
        marks = [mark for line in chart.lines for mark in line.marks]
        values = [v for m in marks for v in (m.value, m.low, m.high) if v is not None]
        self.range = scales.value_range(values, from_zero=chart.form == "bars", wanted=4)
        self.left, self.right, self.top, self.bottom = left, right, top, bottom
        self._start, self._span = chart.start, (chart.end - chart.start).total_seconds() or 1.0

    def share(self, at: datetime) -> float:
        """Where a moment is between start and end: 0 to 1."""
        return min(1.0, max(0.0, (at - self._start).total_seconds() / self._span))

    def x(self, at: datetime) -> float:
        """From left to right."""
        return self.left + self.share(at) * (self.right - self.left)

    def y(self, value: float) -> float:
        """From bottom to top."""
        low, high = self.range.low, self.range.high
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def points(self, piece: Sequence[Mark]) -> list[tuple[float, float]]:
        """A piece of a line."""
        return [(self.x(mark.at), self.y(mark.value)) for mark in piece]

    def band(self, piece: Sequence[Mark]) -> str:
        """The outline of the band around a piece; empty where it has none."""
        around = [mark for mark in piece if mark.low is not None and mark.high is not None]
        if len(around) < 2:
            return ""
        upper = [(self.x(mark.at), self.y(mark.high or 0.0)) for mark in around]
        lower = [(self.x(mark.at), self.y(mark.low or 0.0)) for mark in reversed(around)]
        return drawing.path([*upper, *lower]) + "Z"

    def bars(self, marks: Sequence[Mark]) -> str:
        """All bars as one outline, standing on (or hanging from) zero."""
        base = self.y(min(max(self.range.low, 0.0), self.range.high))
        parts = []
        for mark in marks:
            left, right = self.x(mark.at), self.x(mark.end or mark.at)
            pad = min(1.5, (right - left) * 0.12)
            parts.append(
                f"M{left + pad:.2f} {base:.2f}V{self.y(mark.value):.2f}H{right - pad:.2f}V{base:.2f}Z"
            )
        return "".join(parts)


def draw(chart: Chart) -> SafeString:
    """The chart as one `<svg role="img">` as wide as its place, with title and description."""
    plane = Plane(chart, left=0.0, right=frame.WIDE, top=_ABOVE, bottom=chart.height - _BELOW)
    ticks = [(chart.label(tick, digits=plane.range.digits), plane.y(tick)) for tick in plane.range.ticks]
    longest = max((len(text) for text, _ in ticks), default=0)
    stage = frame.stretched(*_shapes(chart, plane), height=chart.height)
    grid = [
        element("line", class_="zero" if tick == 0 else "grid", x1="0", x2="100%", y1=y, y2=y)
        for tick, y in ((tick, plane.y(tick)) for tick in plane.range.ticks)
    ]
    return frame.figure(
        *grid,
        stage,
        *(element("text", text, x="-8", y=y + 4, text_anchor="end") for text, y in ticks),
        *_moments(chart, plane),
        *_events(chart, plane),
        *_letters(chart, plane),
        name=chart.name,
        title=chart.title,
        description=chart.description,
        height=chart.height,
        class_=f"sk-chart sk-several{' sk-several--one' if len(chart.lines) < 2 else ''}"
        f" sk-chart--{'s' if longest <= 4 else 'm' if longest <= 7 else 'l'}",
    )


def _shapes(chart: Chart, plane: Plane) -> list[SafeString]:
    if chart.form == "bars":
        outline = plane.bars(chart.lines[0].marks) if chart.lines else ""
        return [element("path", class_="bar", d=outline)] if outline else []
    bands = [plane.band(piece) for line in chart.lines[:1] for piece in line.pieces]
    drawn = [element("path", class_="band", d=outline) for outline in bands if outline]
    # The first line lies on top of the others.
    for number, line in reversed(list(enumerate(chart.lines, 1))):
        d = "".join(drawing.path(plane.points(piece)) for piece in line.pieces if len(piece) > 1)
        drawn += [element("path", class_=f"line series-{number}", d=d)] if d else []
    return drawn


def _percent(plane: Plane, at: datetime) -> str:
    return f"{plane.share(at) * 100:.2f}%"


def _moments(chart: Chart, plane: Plane) -> list[SafeString]:
    drawn = []
    for tick in scales.time_ticks(chart.start, chart.end, zone=chart.zone):
        x, share = _percent(plane, tick.at), plane.share(tick.at)
        anchor = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        mark = element("line", class_="tick", x1=x, x2=x, y1=plane.bottom, y2=plane.bottom + 5)
        label = element("text", tick.label, x=x, y=chart.height - 7, text_anchor=anchor)
        drawn.append(element("g", mark, label, class_="wide-only" if tick.wide else None))
    return drawn


def _events(chart: Chart, plane: Plane) -> list[SafeString]:
    drawn = []
    for number, event in enumerate(chart.events, 1):
        x = _percent(plane, event.at)
        line = element("line", class_="event", x1=x, x2=x, y1="14", y2=plane.bottom)
        knob = element("circle", class_="event-knob", cx=x, cy="10", r="9")
        drawn += [
            line,
            knob,
            element("text", str(number), class_="on-knob", x=x, y="14", text_anchor="middle"),
        ]
    return drawn


def _letters(chart: Chart, plane: Plane) -> list[SafeString]:
    """Values that stand alone as dots; where there are several lines, the letter of each at its end."""
    drawn: list[SafeString] = []
    for number, line in enumerate(chart.lines, 1):
        alone = [piece[0] for piece in line.pieces if len(piece) == 1 and chart.form == "line"]
        drawn += [
            element(
                "circle", class_=f"knob series-{number}", cx=_percent(plane, m.at), cy=plane.y(m.value), r="4"
            )
            for m in alone
        ]
        if len(chart.lines) > 1 and line.marks:
            last = line.marks[-1]
            x, y = _percent(plane, last.at), plane.y(last.value)
            drawn.append(element("circle", class_=f"knob series-{number}", cx=x, cy=y, r="9"))
            drawn.append(
                element("text", LETTERS[number - 1], class_="on-knob", x=x, y=y + 4, text_anchor="middle")
            )
    return drawn
