# SPDX-License-Identifier: EUPL-1.2
"""A chart as a picture of its own, to be saved and printed: its words with it, colours without stylesheet."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import colours, drawing, formats
from stadtkern.ui.charts import scales, several
from stadtkern.ui.drawing import element

# Several lines are told apart by eyes that see no red and green, too;
# each is at least 3:1 on white (WCAG 2.2, 1.4.11).
COLOURS = ("#0b5fa5", "#b8480b", "#5b3f99", "#00705f", "#8a6100", "#4b4f58")
DASHES = ("", "9 5", "3 4", "14 4 3 4", "18 6", "6 3 2 3 2 3")
_WIDTH, _PLOT = 1200.0, 430.0
_LEFT, _RIGHT = 96.0, 1160.0
INK, QUIET, _GRID = "#17181f", "#575c68", "#e0e0dc"
_FONT = "'Fira Sans', 'Segoe UI', 'Noto Sans', Arial, sans-serif"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A chart and the words around it; `colour` is the city's own, as `#rrggbb`."""

    chart: several.Chart
    sub: str
    sentence: str
    source: str
    colour: str = colours.OWN

    @property
    def lines(self) -> Sequence[str]:
        """The colour of each line: one alone has the city's own."""
        return COLOURS if len(self.chart.lines) > 1 else (self.colour,)


class Column:
    """Lines of text below each other."""

    def __init__(self, y: float):
        self.y = y
        self.drawn: list[SafeString] = []

    def say(self, words: str, *, size: int, width: int, most: int, fill: str, weight: str = "400") -> None:
        for part in textwrap.wrap(words, width, max_lines=most, placeholder=" …"):
            self.y += size * 1.35
            self.drawn.append(text(part, x=40.0, y=self.y, size=size, fill=fill, weight=weight))


def draw(sheet: Sheet) -> str:
    """The whole SVG document."""
    head = Column(18)
    head.say(sheet.chart.title, size=28, width=72, most=4, fill=INK, weight="600")
    head.say(sheet.sub, size=18, width=115, most=2, fill=QUIET)
    top = head.y + 50
    plane = several.Plane(sheet.chart, left=_LEFT, right=_RIGHT, top=top, bottom=top + _PLOT)
    foot = Column(top + _PLOT + 44)
    key = _key(sheet.chart, foot) if len(sheet.chart.lines) > 1 else []
    foot.y += 8
    for number, event in enumerate(sheet.chart.events, 1):
        day = formats.day(event.at.astimezone(sheet.chart.zone).date())
        foot.say(f"{number}  {day}: {event.text}", size=17, width=120, most=2, fill=INK)
    foot.say(sheet.sentence, size=18, width=115, most=6, fill=INK)
    foot.y += 8
    foot.say(sheet.source, size=15, width=140, most=3, fill=QUIET)
    height = foot.y + 30
    return document(
        *head.drawn,
        *_plot(sheet, plane),
        *key,
        *foot.drawn,
        title=sheet.chart.title,
        description=sheet.sentence,
        height=height,
    )


def document(*parts: SafeString, title: str, description: str, height: float) -> str:
    """A whole SVG document on white, as high as it must be."""
    body = element(
        "svg",
        element("title", title),
        element("desc", description),
        element("rect", width=_WIDTH, height=height, fill="#ffffff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH:.0f} {height:.0f}",
        width=_WIDTH,
        height=height,
        font_family=_FONT,
        role="img",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def text(
    words: str, *, x: float, y: float, size: int, fill: str, weight: str = "400", anchor: str = "start"
) -> SafeString:
    """One line of text."""
    return element("text", words, x=x, y=y, font_size=size, fill=fill, font_weight=weight, text_anchor=anchor)


def _rule(x1: float, y1: float, x2: float, y2: float, *, stroke: str, dash: str | None = None) -> SafeString:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=1, stroke_dasharray=dash)


def _plot(given: Sheet, plane: several.Plane) -> list[SafeString]:
    chart = given.chart
    drawn: list[SafeString] = []
    for tick in plane.range.ticks:
        y = plane.y(tick)
        drawn.append(_rule(plane.left, y, plane.right, y, stroke=QUIET if tick == 0 else _GRID))
        said = chart.label(tick, digits=plane.range.digits)
        drawn.append(text(said, x=plane.left - 10, y=y + 6, size=16, fill=QUIET, anchor="end"))
    for moment in scales.time_ticks(chart.start, chart.end, zone=chart.zone):
        x = plane.x(moment.at)
        drawn.append(_rule(x, plane.bottom, x, plane.bottom + 6, stroke=QUIET))
        drawn.append(text(moment.label, x=x, y=plane.bottom + 26, size=16, fill=QUIET, anchor="middle"))
    for number, event in enumerate(chart.events, 1):
        x = plane.x(event.at)
        drawn.append(_rule(x, plane.top - 14, x, plane.bottom, stroke=INK, dash="3 3"))
        drawn += _knob(x, plane.top - 20, str(number), fill=INK)
    return drawn + _lines(chart, plane, given.lines)


def _lines(chart: several.Chart, plane: several.Plane, fills: Sequence[str]) -> list[SafeString]:
    if chart.form == "bars":
        outline = plane.bars(chart.lines[0].marks) if chart.lines else ""
        return [element("path", d=outline, fill=fills[0])] if outline else []
    bands = [plane.band(piece) for line in chart.lines[:1] for piece in line.pieces]
    drawn = [element("path", d=d, fill=fills[0], fill_opacity="0.18") for d in bands if d]
    for index, line in reversed(list(enumerate(chart.lines))):
        d = "".join(drawing.path(plane.points(piece)) for piece in line.pieces if len(piece) > 1)
        drawn += [_stroke(d, index, fills[index])] if d else []
        for piece in line.pieces:
            if len(piece) == 1:
                x, y = plane.points(piece)[0]
                drawn.append(element("circle", cx=x, cy=y, r=5, fill=fills[index]))
        if len(chart.lines) > 1 and line.marks:
            x, y = plane.points(line.marks[-1:])[0]
            drawn += _knob(x, y, several.LETTERS[index], fill=fills[index])
    return drawn


def _stroke(d: str, index: int, colour: str) -> SafeString:
    return element(
        "path",
        d=d,
        fill="none",
        stroke=colour,
        stroke_width="2.5",
        stroke_linejoin="round",
        stroke_dasharray=DASHES[index] or None,
    )


def _knob(x: float, y: float, letter: str, *, fill: str) -> list[SafeString]:
    label = text(letter, x=x, y=y + 5, size=14, fill="#ffffff", weight="600", anchor="middle")
    return [element("circle", cx=x, cy=y, r=11, fill=fill), label]


def _key(chart: several.Chart, foot: Column) -> Sequence[SafeString]:
    drawn: list[SafeString] = []
    for index, line in enumerate(chart.lines):
        foot.y += 28
        drawn.append(_stroke(f"M40 {foot.y - 6:.0f}H84", index, COLOURS[index]))
        drawn += _knob(104, foot.y - 6, several.LETTERS[index], fill=COLOURS[index])
        said = textwrap.shorten(line.label, 120, placeholder=" …")
        drawn.append(text(said, x=126.0, y=foot.y, size=17, fill=INK))
    return drawn
