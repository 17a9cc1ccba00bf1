# SPDX-License-Identifier: EUPL-1.2
"""A quiet map of features as SVG: the city's outlines as ground, above them points, lines and areas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

Geometry = Mapping[str, Any]
_WIDTH, _TALLEST, _MARGIN = 600.0, 560.0, 14.0
_DOT = 6.0
# Lines and areas are drawn so fine, in units of the drawing.
_STEP = 1.6
# With more of them, a keyboard would take too long to get past the map; the list has the same links.
_MOST_LINKS = 50
_LEAST_SPAN = 0.004


class Drawn(NamedTuple):
    """A feature on the map: its geometry in longitude and latitude, what it is called, where it leads."""

    geometry: Geometry
    label: str
    address: str


class _Sheet:
    """Where on the sheet something lies: plate carrée, stretched for the latitude."""

    def __init__(self, places: Sequence[Sequence[float]]):
        west, south = (min(place[n] for place in places) for n in (0, 1))
        east, north = (max(place[n] for place in places) for n in (0, 1))
        spread = max(0.0, _LEAST_SPAN - (east - west)) / 2
        self._west, self._north = west - spread, north + spread
        self._squeeze = math.cos(math.radians((south + north) / 2))
        width = (east - west + 2 * spread) * self._squeeze
        height = north - south + 2 * spread
        inner = _WIDTH - 2 * _MARGIN
        self._scale = min(inner / width, (_TALLEST - 2 * _MARGIN) / max(height, 1e-9))
        self.size = (width * self._scale + 2 * _MARGIN, height * self._scale + 2 * _MARGIN)

    def at(self, place: Sequence[float]) -> tuple[float, float]:
        x = (place[0] - self._west) * self._squeeze * self._scale
        return x + _MARGIN, (self._north - place[1]) * self._scale + _MARGIN

    def path(self, line: Sequence[Sequence[float]], *, closed: bool) -> str:
        kept: list[tuple[float, float]] = []
        for place in line:
            x, y = self.at(place)
            if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _STEP:
                kept.append((x, y))
        if len(kept) < (3 if closed else 2):
            return ""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + ("Z" if closed else "")


def draw(features: Sequence[Drawn], *, outlines: Sequence[Geometry], title: str) -> str:
    """The map, or nothing where no feature has a place."""
    if not any(_places(feature.geometry) for feature in features):
        return ""
    grounds = [line for outline in outlines for line in _lines(outline)]
    everything = [place for line in grounds for place in line]
    sheet = _Sheet([*everything, *(p for feature in features for p in _places(feature.geometry))])
    land = "".join(f'<path class="land" d="{d}"/>' for g in grounds if (d := sheet.path(g, closed=True)))
    linked = len(features) <= _MOST_LINKS
    shapes = "".join(part for feature in features for part in _feature(feature, sheet, linked=linked))
    width, height = sheet.size
    return (
        f'<svg class="sk-map" role="group" aria-label="{escape(title)}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}"><g>{land}</g>{shapes}</svg>'
    )


def _feature(feature: Drawn, sheet: _Sheet, *, linked: bool) -> Iterable[str]:
    name = f"<title>{escape(feature.label)}</title>"
    dots = "".join(_dot(sheet.at(place), name) for place in _points(feature.geometry))
    closed = _closed(feature.geometry)
    paths = [d for line in _lines(feature.geometry) if (d := sheet.path(line, closed=closed))]
    if paths:
        kind = "figure" if closed else "figure figure--line"
        dots += f'<path class="{kind}" d="{"".join(paths)}">{name}</path>'
    elif not dots and (places := _places(feature.geometry)):  # too small to have a form
        dots = _dot(sheet.at(places[0]), name)
    if dots and linked and feature.address:
        dots = f'<a href="{escape(feature.address)}" aria-label="{escape(feature.label)}">{dots}</a>'
    yield dots


def _dot(at: tuple[float, float], name: str) -> str:
    return f'<circle class="place" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{_DOT:g}">{name}</circle>'


def _closed(geometry: Geometry) -> bool:
    parts = geometry.get("geometries")
    return any(map(_closed, parts)) if parts else "Polygon" in str(geometry.get("type"))


def _points(geometry: Geometry) -> list[Sequence[float]]:
    match geometry.get("type"), geometry.get("coordinates") or []:
        case "Point", coordinates:
            return [coordinates] if coordinates else []
        case "MultiPoint", coordinates:
            return list(coordinates)
    return [place for part in geometry.get("geometries") or () for place in _points(part)]


def _lines(geometry: Geometry) -> list[Sequence[Sequence[float]]]:
    """The rings or lines of an area or line."""
    match geometry.get("type"), geometry.get("coordinates") or []:
        case "LineString", coordinates:
            return [coordinates]
        case (("MultiLineString" | "Polygon"), coordinates):
            return list(coordinates)
        case "MultiPolygon", coordinates:
            return [ring for polygon in coordinates for ring in polygon]
    return [line for part in geometry.get("geometries") or () for line in _lines(part)]


def _places(geometry: Geometry) -> list[Sequence[float]]:
    return _points(geometry) + [place for line in _lines(geometry) for place in line]
