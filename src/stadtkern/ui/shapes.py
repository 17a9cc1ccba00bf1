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
    if name == "square":
        mark = element("rect", class_="place", x="2.5", y="2.5", width="11", height="11")
    elif name in _CORNERS:
        mark = element("path", class_="place", d=_polygon(_CORNERS[name]) + "Z")
    else:
        mark = element("circle", class_="place", cx="8", cy="8", r="5.5")
    return element(
        "svg",
        mark,
        class_="sk-shape sk-map",
        viewBox="0 0 16 16",
        width="16",
        height="16",
        aria_hidden="true",
    )


def _polygon(corners: int) -> str:
    turn = math.copysign(math.pi / 2, corners)
    angles = [index / corners * 2 * math.pi - turn for index in range(abs(corners))]
    return drawing.path([(8 + 6.5 * math.cos(angle), 8 + 6.5 * math.sin(angle)) for angle in angles])
