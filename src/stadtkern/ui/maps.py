# SPDX-License-Identifier: EUPL-1.2
"""Quiet maps as SVG: outlines as ground, circles whose area is the value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui.drawing import element

Ring = Sequence[Sequence[float]]
_WIDTH = 600.0
_LARGEST, _SMALLEST = 17.0, 4.0


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the map; `value` None is drawn as silent, with a dashed edge."""

    lon: float
    lat: float
    label: str
    value: float | None = None
    url: str = ""


class _Sheet:
    """Plate carrée, stretched for the latitude: true enough for one city."""

    def __init__(self, bounds: tuple[float, float, float, float], *, margin: float = 14.0):
        west, south, east, north = bounds
        self.squeeze = math.cos(math.radians((south + north) / 2))
        self.west, self.north = west, north
        span = max((east - west) * self.squeeze, 1e-6)
        self.scale = (_WIDTH - 2 * margin) / span
        self.margin = margin
        self.height = (north - south) * self.scale + 2 * margin
        if self.height > _WIDTH * 1.15:
            self.scale *= (_WIDTH * 1.15 - 2 * margin) / (self.height - 2 * margin)
            self.height = _WIDTH * 1.15
        self.width = span * self.scale + 2 * margin

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        x = self.margin + (lon - self.west) * self.squeeze * self.scale
        return x, self.margin + (self.north - lat) * self.scale


def draw(
    *, land: Sequence[Mapping[str, Any]], spots: Sequence[Spot], title: str, name: str, class_: str = "sk-map"
) -> SafeString:
    """The map; the places carry their names as tooltips and, where given, links."""
    rings = [ring for shape in land for ring in _rings(shape)]
    sheet = _Sheet(_bounds(rings, spots))
    largest = max((spot.value or 0.0 for spot in spots), default=0.0)
    ordered = sorted(spots, key=lambda spot: -(spot.value or 0.0))
    ground = [element("path", class_="land", d=d) for ring in rings if (d := _outline(ring, sheet))]
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        *ground,
        *(_spot(spot, sheet, largest) for spot in ordered),
        class_=class_,
        role="group",
        aria_labelledby=f"{name}-title",
        viewBox=f"0 0 {sheet.width:.0f} {sheet.height:.0f}",
    )


def _spot(spot: Spot, sheet: _Sheet, largest: float) -> SafeString:
    x, y = sheet.place(spot.lon, spot.lat)
    silent = spot.value is None
    share = (spot.value or 0.0) / largest if largest else 0.0
    radius = _SMALLEST + 1 if silent else max(_SMALLEST, _LARGEST * math.sqrt(max(share, 0.0)))
    kind = "place place--silent" if silent else "place"
    circle = element("circle", element("title", spot.label), class_=kind, cx=x, cy=y, r=radius)
    return element("a", circle, href=spot.url, aria_label=spot.label) if spot.url else circle


def _outline(ring: Ring, sheet: _Sheet) -> str:
    kept: list[str] = []
    last = (math.inf, math.inf)
    for position in ring:
        x, y = sheet.place(position[0], position[1])
        if abs(x - last[0]) + abs(y - last[1]) >= 1.6:
            kept.append(f"{x:.1f} {y:.1f}")
            last = (x, y)
    return f"M{'L'.join(kept)}Z" if len(kept) > 2 else ""


def _rings(shape: Mapping[str, Any]) -> Iterable[Ring]:
    geometry = shape.get("geometry") or shape
    coordinates = geometry.get("coordinates") or []
    polygons = coordinates if geometry.get("type") == "MultiPolygon" else [coordinates]
    return [polygon[0] for polygon in polygons if polygon]


def _bounds(rings: Sequence[Ring], spots: Sequence[Spot]) -> tuple[float, float, float, float]:
    points = [(p[0], p[1]) for ring in rings for p in ring] + [(spot.lon, spot.lat) for spot in spots]
    if not points:
        return 5.9, 47.3, 15.0, 55.0
    xs, ys = [x for x, _ in points], [y for _, y in points]
    west, east, south, north = min(xs), max(xs), min(ys), max(ys)
    pad = 0.0 if rings else max(east - west, north - south, 0.01) * 0.3
    return west - pad, south - pad, east + pad, north + pad
