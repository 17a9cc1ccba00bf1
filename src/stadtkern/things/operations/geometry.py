# SPDX-License-Identifier: EUPL-1.2
"""Check GeoJSON (RFC 7946) and find its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stadtkern.things.operations.problems import InvalidValue

_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_KNOWN = (*_DEPTHS, "GeometryCollection", "Feature", "FeatureCollection")
MAX_POSITIONS = 200_000


def bounds(value: Mapping[str, Any], *, where: str) -> str | None:
    """The bounding box as PostgreSQL's `box`, None for an empty geometry. Raises InvalidValue."""
    west, south, east, north, n = 181.0, 91.0, -181.0, -91.0, 0
    for x, y in _positions(value, where):
        west, east, south, north, n = min(west, x), max(east, x), min(south, y), max(north, y), n + 1
        if n > MAX_POSITIONS:
            raise InvalidValue(f"more than {MAX_POSITIONS} positions; simplify the geometry", where=where)
    return f"({east},{north}),({west},{south})" if n else None


def _positions(value: Any, where: str) -> Iterator[tuple[float, float]]:
    if not isinstance(value, Mapping) or value.get("type") not in _KNOWN:
        raise InvalidValue(f"GeoJSON has a type, one of {', '.join(_KNOWN)}", where=f"{where}.type")
    kind = value["type"]
    if kind == "Feature":
        if value.get("geometry") is not None:
            yield from _positions(value["geometry"], f"{where}.geometry")
        return
    parts = {"GeometryCollection": "geometries", "FeatureCollection": "features"}.get(kind)
    if parts is not None:
        for index, part in enumerate(_list(value.get(parts), f"{where}.{parts}")):
            yield from _positions(part, f"{where}.{parts}[{index}]")
        return
    yield from _coordinates(value.get("coordinates"), _DEPTHS[kind], f"{where}.coordinates")


def _coordinates(value: Any, depth: int, where: str) -> Iterator[tuple[float, float]]:
    items = _list(value, where)
    if depth:
        for index, item in enumerate(items):
            yield from _coordinates(item, depth - 1, f"{where}[{index}]")
        return
    if len(items) < 2 or any(type(n) not in (int, float) for n in items):
        raise InvalidValue(
            "a position is a list of numbers: longitude, latitude, perhaps height", where=where
        )
    x, y = items[:2]
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        shown = str(items[:2])[:60]
        raise InvalidValue(f"{shown} is no position on Earth; longitude comes first (WGS 84)", where=where)
    yield float(x), float(y)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue("a list belongs here", where=where)
    return value
