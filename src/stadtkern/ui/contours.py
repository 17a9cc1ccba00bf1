# SPDX-License-Identifier: EUPL-1.2
"""Outlines for drawings: as few points as show the same form, written as short as SVG allows."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Sequence

Point = tuple[float, float]
# Twice the area, in square units of the drawing, of a bend that nobody would see.
_LEAST_BEND = 1.6


def outline(points: Sequence[Point], *, closed: bool = True) -> str:
    """The `d` of a line or area through the points, in units of the drawing; nothing where no form is left.

    Areas all turn the same way, so that several in one `d` never cut holes into each other.
    """
    kept = _simplified([*points, points[0]] if closed and points else points)
    if len(kept) < (4 if closed else 2):
        return ""
    if closed:
        kept = kept[:-1] if _turn(kept) > 0 else kept[:0:-1]
    written = _written(kept)
    return written + ("Z" if closed else "") if "l" in written else ""


def area(points: Sequence[Point]) -> float:
    """How much lies within the closed line, in square units; at least zero."""
    return abs(_turn([*points, *points[:1]])) / 2


def _simplified(points: Sequence[Point]) -> Sequence[Point]:
    """Without the bends of the least area, smallest first (Visvalingam and Whyatt 1993).

    What is left out depends on a point's neighbours only, so that two areas keep one common border.
    """
    last = len(points) - 1
    before, after = list(range(-1, last)), list(range(1, last + 2))
    bend = [0.0] * (last + 1)
    for n in range(1, last):
        bend[n] = _bend(points[n - 1], points[n], points[n + 1])
    smallest = [(bend[n], n) for n in range(1, last) if bend[n] < _LEAST_BEND]
    heapq.heapify(smallest)
    while smallest:
        area, n = heapq.heappop(smallest)
        if area != bend[n]:
            continue  # it has grown since, as a neighbour went
        bend[n] = -1.0
        left, right = before[n], after[n]
        after[left], before[right] = right, left
        for one in (left, right):
            if 0 < one < last:
                bend[one] = max(area, _bend(points[before[one]], points[one], points[after[one]]))
                if bend[one] < _LEAST_BEND:
                    heapq.heappush(smallest, (bend[one], one))
    return [point for n, point in enumerate(points) if bend[n] >= 0]


def _bend(left: Point, middle: Point, right: Point) -> float:
    return abs((middle[0] - left[0]) * (right[1] - left[1]) - (right[0] - left[0]) * (middle[1] - left[1]))


def _turn(ring: Sequence[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))


def _written(points: Iterable[Point]) -> str:
    """Halves of a unit, each from the one before: half as long as places, and without drift."""
    parts: list[str] = []
    x = y = 0
    for left, top in points:
        to_x, to_y = round(left * 2), round(top * 2)
        if parts and (to_x, to_y) == (x, y):
            continue
        across, down = _halves(to_x - x), _halves(to_y - y)
        parts.append(across + ("" if down.startswith("-") else " ") + down)
        x, y = to_x, to_y
    rest = "".join(part if part.startswith("-") else f" {part}" for part in parts[1:])
    return f"M{parts[0]}" + (f"l{rest.removeprefix(' ')}" if rest else "")


def _halves(value: int) -> str:
    whole, half = divmod(abs(value), 2)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole or ''}.5" if half else f"{sign}{whole}"
