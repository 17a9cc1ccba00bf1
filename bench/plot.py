# SPDX-License-Identifier: EUPL-1.2
"""A picture of how long the same questions take in stores of different sizes, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping

from markupsafe import escape

_WIDTH, _HEIGHT = 900, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 380, 40, 50
_COLOURS = ("#0b57a4", "#b3261e", "#1b7a3d", "#8a4b00", "#6a1b9a", "#00696f", "#ad1457", "#455a64")
_LINE = 16

Taken = Mapping[str, Mapping[int, float]]


def growth(taken: Taken) -> str:
    """SVG with one line per question: rows in the store → p95 in milliseconds."""
    sizes = sorted({size for figures in taken.values() for size in figures})
    values = [value for figures in taken.values() for value in figures.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="13" role="img">',
        "<title>Time of the same questions in stores of different sizes</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" fill="#222">p95 in milliseconds, by rows in the store</text>',
    ]
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#444">{10.0**power:g}</text>'
        )
    parts += [
        f'<text x="{_x(size, sizes):.1f}" y="{_HEIGHT - _BOTTOM + 22}" text-anchor="middle" fill="#444">'
        f"{size / 1e6:g} M</text>"
        for size in sizes
    ]
    parts += _lines(taken, sizes, low, high)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lines(taken: Taken, sizes: list[int], low: int, high: int) -> list[str]:
    """Each question's line with its name at the right, names pushed apart where lines end close together."""
    parts: list[str] = []
    ends = sorted(taken, key=lambda about: -taken[about][max(taken[about])])
    below = 0.0
    for number, about in enumerate(ends):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [(_x(size, sizes), _y(value, low, high)) for size, value in sorted(taken[about].items())]
        shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        below = max(below + _LINE, points[-1][1] + 4)
        parts.append(
            f'<polyline points="{shown}" fill="none" stroke="{colour}" stroke-width="2"/>'
            + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
            + f'<text x="{points[-1][0] + 10:.1f}" y="{below:.1f}" fill="{colour}">{escape(about)}</text>'
        )
    return parts


def _x(size: int, sizes: list[int]) -> float:
    span = math.log10(sizes[-1] / sizes[0]) or 1.0
    return _LEFT + 20 + (_WIDTH - _RIGHT - _LEFT - 40) * math.log10(size / sizes[0]) / span


def _y(value: float, low: int, high: int) -> float:
    share = (math.log10(value) - low) / max(1, high - low)
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share
