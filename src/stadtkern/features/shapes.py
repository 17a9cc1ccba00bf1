# SPDX-License-Identifier: EUPL-1.2
"""Reads geometries that are delivered, many at a time: are they whole, of the right type, on this earth?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from stadtkern.core import jsons, problems
from stadtkern.features.entities import Bounds, Geometry

MOST_BYTES = 16 * 2**20
_encode = msgspec.json.encode


class BrokenGeometry(problems.Problem):
    """A geometry cannot be stored.

    Nothing of the delivery was stored. Geometries are GeoJSON (RFC 7946): longitude first, then latitude, in
    degrees; coordinates in metres, such as UTM, are to be converted before.
    """


class Read(msgspec.Struct, frozen=True):
    """Geometries as JSON text, the bounds of each, and those of all."""

    texts: list[str | None]
    boxes: list[Bounds | None]
    bounds: Bounds | None


def read(given: Sequence[Any], *, kind: Geometry | None, first: int) -> Read:
    """Check geometries (dict, JSON text or None); `first` numbers the first one. Raises BrokenGeometry."""
    texts: list[str | None] = []
    all_bounds: list[Bounds | None] = []
    for at, value in enumerate(given):
        if kind == "Point" and (point := _point(value)) is not None:
            texts.append(_encode(value).decode())
            all_bounds.append(point)
            continue
        try:
            shape = msgspec.json.decode(value) if isinstance(value, str | bytes | msgspec.Raw) else value
            found = None if shape is None else _bounds(shape, kind)
        except (*jsons.UNREADABLE, ValueError, TypeError, KeyError) as error:
            message = jsons.why(error) or type(error).__name__
            raise BrokenGeometry(f"row {first + at}: {message}", row=first + at) from error
        text = None if found is None else _encode(shape).decode()
        if text is not None and len(text) > MOST_BYTES:
            raise BrokenGeometry(f"row {first + at}: more than {MOST_BYTES >> 20} MiB", row=first + at)
        texts.append(text)
        all_bounds.append(found)
    return Read(texts, all_bounds, _together([b for b in all_bounds if b is not None]))


def of_points(
    longitude: Sequence[float | None], latitude: Sequence[float | None], *, first: int
) -> Bounds | None:
    """The bounds of points in degrees; `first` numbers the first one. Raises BrokenGeometry."""
    xs = [x for x in longitude if x is not None]
    ys = [y for y in latitude if y is not None]
    if not xs or not ys:
        return None
    found = min(xs), min(ys), max(xs), max(ys)
    if not (-180 <= found[0] <= found[2] <= 180 and -90 <= found[1] <= found[3] <= 90):
        raise BrokenGeometry(f"row {first} or one behind it: no longitude and latitude in degrees", row=first)
    return found


def around(first: Bounds | None, second: Bounds | None) -> Bounds | None:
    """The bounds of both."""
    return _together([bounds for bounds in (first, second) if bounds is not None])


def _together(found: Sequence[Bounds]) -> Bounds | None:
    if not found:
        return None
    west, south, east, north = zip(*found, strict=True)
    return min(west), min(south), max(east), max(north)


def _point(value: Any) -> Bounds | None:
    """The bounds of what is plainly a point, which most are; None where it takes a closer look."""
    if type(value) is not dict or value.get("type") != "Point":
        return None
    position: Any = value.get("coordinates")
    if type(position) not in (list, tuple) or len(position) != 2:
        return None
    x, y = position
    if type(x) is not float or type(y) is not float or not (-180 <= x <= 180 and -90 <= y <= 90):
        return None
    return x, y, x, y


def _bounds(shape: Any, kind: Geometry | None) -> Bounds | None:
    """The bounds of one geometry, None of an empty one. Raises ValueError."""
    if not isinstance(shape, dict):
        raise TypeError("this is no GeoJSON object")
    name = shape.get("type")
    if name != kind and kind != "Geometry":
        raise ValueError(f"the geometry is a {str(name)[:40]}, the collection holds {kind}")
    if name == "GeometryCollection":
        parts = [_bounds(part, "Geometry") for part in _list(shape.get("geometries"))]
        return _together([part for part in parts if part is not None])
    depth = _DEPTHS.get(str(name))
    if depth is None:
        raise ValueError(f"there is no type of geometry {str(name)[:40]!r}")
    positions: list[Any] = [shape.get("coordinates")]
    for level in range(depth):
        positions = [inner for outer in positions for inner in _list(outer)]
        _long_enough(str(name), level, depth, positions)
    if not positions or positions == [[]]:
        return None
    if name in ("Polygon", "MultiPolygon"):
        _closed(shape["coordinates"], str(name))
    return _extent(positions)


_DEPTHS = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3
}  # fmt: skip


def _extent(positions: list[Any]) -> Bounds:
    west = south = math.inf
    east = north = -math.inf
    for position in positions:
        if not isinstance(position, list | tuple) or not 2 <= len(position) <= 4:
            raise ValueError("a position is [longitude, latitude]")
        x, y = position[0], position[1]
        if isinstance(x, bool) or isinstance(y, bool):
            raise TypeError("a position is made of numbers")
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise ValueError(f"{x}, {y} is no longitude and latitude in degrees")
        west, east = min(west, x), max(east, x)
        south, north = min(south, y), max(north, y)
    return float(west), float(south), float(east), float(north)


def _closed(coordinates: Any, name: str) -> None:
    polygons = [coordinates] if name == "Polygon" else coordinates
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4 or list(ring[0]) != list(ring[-1]):
            raise ValueError("a ring has at least four positions, and the last one is the first again")


def _long_enough(name: str, level: int, depth: int, positions: list[Any]) -> None:
    if name == "LineString" and level == depth - 1 and len(positions) == 1:
        raise ValueError("a line has at least two positions")


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("the coordinates are not nested as the type asks for")
    return value
