# SPDX-License-Identifier: EUPL-1.2
"""Lying bars below each other, each with its words: on pages as a list, in files as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import colours
from stadtkern.ui.charts import sheet
from stadtkern.ui.drawing import element

_HEIGHT = 14
_ROW, _LABEL = 52.0, 90


class Bar(msgspec.Struct, frozen=True):
    """A bar: what it is of, how much that is in words, and the drawing."""

    label: str
    said: str
    start: float
    length: float
    zero: float
    drawing: SafeString


def bars(values: Sequence[tuple[str, str, float]]) -> list[Bar]:
    """Bars on one scale that has zero on it: label, words and value of each."""
    low = min([0.0, *(value for _, _, value in values)])
    high = max([0.0, *(value for _, _, value in values)])
    # Halved first: the distance of the largest numbers there are is no number any more.
    span = (high / 2 - low / 2) or 1.0
    zero = (-low / 2) / span * 100
    found = []
    for label, said, value in values:
        end = (value / 2 - low / 2) / span * 100
        start, length = min(zero, end), abs(end - zero)
        found.append(Bar(label, said, start, length, zero, _drawn(start, length, zero)))
    return found


def _drawn(start: float, length: float, zero: float) -> SafeString:
    """A bar as wide as its place; the words beside it say what it shows."""
    edge = [element("line", class_="zero", x1=f"{zero:.2f}%", x2=f"{zero:.2f}%", y1="0", y2=_HEIGHT)]
    return element(
        "svg",
        element(
            "rect", class_="bar", x=f"{start:.2f}%", width=f"{max(length, 0.15):.2f}%", height=_HEIGHT, rx="2"
        ),
        *(edge if zero > 0 else []),
        class_="sk-bars__bar",
        width="100%",
        height=_HEIGHT,
        aria_hidden="true",
    )


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The bars and the words around them, as a picture of its own; `colour` is the city's own."""

    bars: Sequence[Bar]
    title: str
    sub: str
    sentence: str
    source: str
    colour: str = colours.OWN


def draw(given: Sheet) -> str:
    """The whole SVG document."""
    head = sheet.Column(18)
    head.say(given.title, size=28, width=72, most=4, fill=sheet.INK, weight="600")
    head.say(given.sub, size=18, width=115, most=2, fill=sheet.QUIET)
    top = head.y + 40
    drawn: list[SafeString] = []
    for number, bar in enumerate(given.bars):
        y = top + number * _ROW
        label = bar.label if len(bar.label) <= _LABEL else bar.label[:_LABEL] + " …"
        drawn += [
            sheet.text(label, x=40.0, y=y, size=17, fill=sheet.INK),
            sheet.text(bar.said, x=1160.0, y=y, size=17, fill=sheet.INK, weight="600", anchor="end"),
            element(
                "rect", x=40.0 + bar.start * 11.2, y=y + 9, width=max(bar.length * 11.2, 1.5), height=18,
                fill=given.colour,
            ),
        ]  # fmt: skip
        if bar.zero > 0:
            at = 40.0 + bar.zero * 11.2
            drawn.append(
                element("line", x1=at, x2=at, y1=y + 5, y2=y + 31, stroke=sheet.QUIET, stroke_width=1)
            )
    foot = sheet.Column(top + len(given.bars) * _ROW)
    foot.say(given.sentence, size=18, width=115, most=6, fill=sheet.INK)
    foot.y += 8
    foot.say(given.source, size=15, width=140, most=3, fill=sheet.QUIET)
    return sheet.document(
        *head.drawn, *drawn, *foot.drawn, title=given.title, description=given.sentence, height=foot.y + 30
    )
