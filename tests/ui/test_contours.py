# SPDX-License-Identifier: EUPL-1.2
"""Outlines keep their form with few points, and neighbours keep one border."""

from __future__ import annotations

import math
import random
import re

from stadtkern.ui import contours, maps

_NUMBER = re.compile(r"-?\d*\.?\d+")


def _walked(d: str) -> list[tuple[float, float]]:
    """Where the pen goes, as SVG reads it: the first place, then steps."""
    numbers = [float(found) for found in _NUMBER.findall(d.replace("M", " ").replace("l", " "))]
    steps = list(zip(numbers[::2], numbers[1::2], strict=True))
    places = [steps[0]]
    for across, down in steps[1:]:
        places.append((places[-1][0] + across, places[-1][1] + down))
    return places


def _coast(*, points: int) -> list[tuple[float, float]]:
    dice = random.Random(4)
    turns = [math.tau * n / points for n in range(points)]
    return [
        (300 + (200 + dice.uniform(-0.3, 0.3)) * math.cos(turn), 300 + 200 * math.sin(turn)) for turn in turns
    ]


def test_a_long_outline_gets_short_and_keeps_its_area() -> None:
    """Four thousand points on a screen of 600 are a tenth of them and the same town."""
    ring = _coast(points=4000)
    drawn = contours.outline(ring)
    kept = _walked(drawn.removesuffix("Z"))
    assert drawn.startswith("M")
    assert drawn.endswith("Z")
    assert 30 < len(kept) < 400
    assert abs(contours.area(kept) / contours.area(ring) - 1) < 0.01


def test_steps_do_not_add_up_their_rounding() -> None:
    """The last of a thousand steps stands where it belongs, to a quarter of a unit."""
    line = [(n * 1.3, (n % 2) * 9.9) for n in range(1000)]
    end = _walked(contours.outline(line, closed=False))[-1]
    assert abs(end[0] - line[-1][0]) <= 0.25
    assert abs(end[1] - line[-1][1]) <= 0.25


def test_areas_turn_the_same_way() -> None:
    """Several in one path never cut holes into each other, whichever way their files turn."""
    square = [(0.0, 0.0), (90.0, 0.0), (90.0, 90.0), (0.0, 90.0)]
    turns = []
    for ring in (square, square[::-1]):
        kept = _walked(contours.outline(ring).removesuffix("Z"))
        turns.append(
            sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(kept, [*kept[1:], kept[0]], strict=True)) > 0
        )
    assert turns == [True, True]


def test_what_has_no_form_is_not_drawn() -> None:
    """Nothing, a point, a point many times, and an area without any: no path, no error."""
    for ring in ([], [(1.0, 2.0)], [(1.0, 2.0)] * 9, [(0.0, 0.0), (5.0, 5.0), (0.0, 0.0)]):
        assert contours.outline(ring) == ""
        assert contours.area(ring) == 0
    assert contours.outline([(0.0, 0.0), (0.0, 0.0)], closed=False) == ""


def _square(west: float, size: float, level: str) -> dict[str, object]:
    east, south, north = west + size, 50.0, 50.0 + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"level": level}, "geometry": geometry}


def test_coarse_outlines_are_left_out_where_finer_ones_cover_them() -> None:
    """A city below its districts is not seen; below a single one of them it is."""
    city, left, right = _square(7.0, 0.2, "city"), _square(7.0, 0.2, "district"), _square(7.0, 0.1, "quarter")
    both = maps.draw(land=[city, left], spots=[], title="x", name="x")
    some = maps.draw(land=[city, right], spots=[], title="x", name="x")
    assert both.count('class="land"') == 1
    assert some.count('class="land"') == 2
