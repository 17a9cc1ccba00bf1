# SPDX-License-Identifier: EUPL-1.2
"""The shapes that tell kinds of places apart without colour, as they stand in keys."""

from __future__ import annotations

import math

from django.utils.safestring import SafeString

from stadtkern.ui import drawing
from stadtkern.ui.drawing import element

_CORNERS = {"triangle": 3, "triangle-down": -3, "diamond": 4, "hexagon": 6}


def draw(name: str) -> SafeString:
    """A 16 pixel mark."""
    return element(
        "svg",
        mark(name, class_="place", x=8, y=8, radius=5.5),
        class_="sk-shape sk-map",
        viewBox="0 0 16 16",
        width="16",
        height="16",
        aria_hidden="true",
    )


def mark(name: str, *inside: SafeString, class_: str, x: float, y: float, radius: float) -> SafeString:
    """The shape about a point of a drawing; all are about as large as a circle of this radius."""
    if name == "square":
        side = 2 * radius
        return element("rect", *inside, class_=class_, x=x - radius, y=y - radius, width=side, height=side)
    if name in _CORNERS:
        return element("path", *inside, class_=class_, d=_polygon(_CORNERS[name], x, y, radius) + "Z")
    return element("circle", *inside, class_=class_, cx=x, cy=y, r=radius)


def _polygon(corners: int, x: float, y: float, radius: float) -> str:
    turn = math.copysign(math.pi / 2, corners)
    angles = [index / corners * 2 * math.pi - turn for index in range(abs(corners))]
    far = radius * 6.5 / 5.5
    return drawing.path([(x + far * math.cos(angle), y + far * math.sin(angle)) for angle in angles])
