# SPDX-License-Identifier: EUPL-1.2
"""Quiet maps as SVG: outlines as ground, areas and lines, circles whose area is the value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import shapes
from stadtkern.ui.drawing import element

Ring = Sequence[Sequence[float]]
Bounds = tuple[float, float, float, float]
_WIDTH = 600.0
_LARGEST, _SMALLEST = 17.0, 4.0


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the map; `value` None is drawn as silent, with a dashed edge, `off` as an empty shape."""

    lon: float
    lat: float
    label: str
    value: float | None = None
    url: str = ""
    shape: str = "circle"
    off: bool = False


class Figure(msgspec.Struct, frozen=True):
    """An area or a line on the map: a GeoJSON geometry with its name."""

    geometry: Mapping[str, Any]
    label: str


class _Sheet:
    """Plate carrée, stretched for the latitude: true enough for one city."""

    def __init__(self, bounds: Bounds, *, margin: float = 14.0):
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
    *,
    land: Sequence[Mapping[str, Any]],
    spots: Sequence[Spot],
    title: str,
    name: str,
    class_: str = "sk-map",
    figures: Sequence[Figure] = (),
    radius: float | None = None,
) -> SafeString:
    """The map; places and figures carry their names as tooltips and, where given, places have links.

    With `radius`, in units of the drawing, which is 600 wide, all places are equally large.
    """
    sheet, ground = _prepared(land, [*spots, *corners(figures)])
    largest = max((spot.value or 0.0 for spot in spots), default=0.0)
    ordered = sorted(spots, key=lambda spot: -(spot.value or 0.0))
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        ground,
        *_figures(figures, sheet),
        *(_spot(spot, sheet, largest, radius) for spot in ordered),
        class_=class_,
        role="group",
        aria_labelledby=f"{name}-title",
        viewBox=f"0 0 {sheet.width:.0f} {sheet.height:.0f}",
    )


# Outlines change rarely and take most of the drawing time. An entry holds its land, so its id stays taken.
_grounds: dict[tuple[int, Bounds], tuple[Sequence[Mapping[str, Any]], _Sheet, SafeString]] = {}
_MOST_GROUNDS = 64


def _prepared(land: Sequence[Mapping[str, Any]], spots: Sequence[Spot]) -> tuple[_Sheet, SafeString]:
    key = (id(land), _bounds(spots))
    if key not in _grounds:
        rings = [ring for shape in land for ring in _rings(shape)]
        corners = [Spot(lon=p[0], lat=p[1], label="") for ring in rings for p in ring]
        sheet = _Sheet(_framed(_bounds([*corners, *spots]), padded=not rings))
        shapes = [element("path", class_="land", d=d) for ring in rings if (d := _outline(ring, sheet))]
        if len(_grounds) >= _MOST_GROUNDS:
            _grounds.clear()
        _grounds[key] = (land, sheet, element("g", *shapes))
    return _grounds[key][1:]


def edges(land: Sequence[Mapping[str, Any]]) -> Bounds:
    """Longitudes and latitudes of the four edges of the drawing of a land without anything on it."""
    sheet, _ = _prepared(land, [])
    across, along = sheet.scale * sheet.squeeze, sheet.scale
    west, north = sheet.west - sheet.margin / across, sheet.north + sheet.margin / along
    return west, north - sheet.height / along, west + sheet.width / across, north


def corners(figures: Sequence[Figure]) -> list[Spot]:
    """South-west and north-east of all figures together; nothing where there are none."""
    places = [place for figure in figures for line in _lines(figure.geometry) for place in line]
    if not places:
        return []
    lons, lats = [place[0] for place in places], [place[1] for place in places]
    ends = (min(lons), min(lats)), (max(lons), max(lats))
    return [Spot(lon=lon, lat=lat, label="") for lon, lat in ends]


def _figures(figures: Sequence[Figure], sheet: _Sheet) -> Iterable[SafeString]:
    for figure in figures:
        closed = "Polygon" in str(figure.geometry.get("type"))
        lines = _lines(figure.geometry)
        d = "".join(_outline(line, sheet, closed=closed) for line in lines)
        title = element("title", figure.label)
        if d:
            yield element("path", title, class_="figure" if closed else "figure figure--line", d=d)
        elif lines and lines[0]:  # too small to have a form
            x, y = sheet.place(*lines[0][0][:2])
            yield element("circle", title, class_="place", cx=x, cy=y, r=_SMALLEST / 2)


def _lines(geometry: Mapping[str, Any]) -> list[Ring]:
    """The rings or lines of an area or line."""
    coordinates = geometry.get("coordinates") or []
    match geometry.get("type"):
        case "LineString":
            return [coordinates]
        case "MultiLineString" | "Polygon":
            return list(coordinates)
        case "MultiPolygon":
            return [ring for polygon in coordinates for ring in polygon]
    return [line for part in geometry.get("geometries") or [] for line in _lines(part)]


def _spot(spot: Spot, sheet: _Sheet, largest: float, fixed: float | None) -> SafeString:
    x, y = sheet.place(spot.lon, spot.lat)
    silent = spot.value is None
    share = (spot.value or 0.0) / largest if largest else 0.0
    radius = _SMALLEST + 1 if silent else max(_SMALLEST, _LARGEST * math.sqrt(max(share, 0.0)))
    radius = radius if fixed is None else fixed
    kind = "place place--silent" if silent else "place place--off" if spot.off else "place"
    title = element("title", spot.label)
    circle = shapes.mark(spot.shape, title, class_=kind, x=x, y=y, radius=radius)
    return element("a", circle, href=spot.url, aria_label=spot.label) if spot.url else circle


def _outline(ring: Ring, sheet: _Sheet, *, closed: bool = True) -> str:
    kept: list[str] = []
    last = (math.inf, math.inf)
    for position in ring:
        x, y = sheet.place(position[0], position[1])
        if abs(x - last[0]) + abs(y - last[1]) >= 1.6:
            kept.append(f"{x:.1f} {y:.1f}")
            last = (x, y)
    least = 2 if closed else 1
    return f"M{'L'.join(kept)}{'Z' if closed else ''}" if len(kept) > least else ""


def _rings(shape: Mapping[str, Any]) -> Iterable[Ring]:
    geometry = shape.get("geometry") or shape
    coordinates = geometry.get("coordinates") or []
    polygons = coordinates if geometry.get("type") == "MultiPolygon" else [coordinates]
    return [polygon[0] for polygon in polygons if polygon]


def _bounds(spots: Sequence[Spot]) -> Bounds:
    if not spots:
        return 5.9, 47.3, 15.0, 55.0
    lons, lats = [spot.lon for spot in spots], [spot.lat for spot in spots]
    return min(lons), min(lats), max(lons), max(lats)


def _framed(bounds: Bounds, *, padded: bool) -> Bounds:
    west, south, east, north = bounds
    pad = max(east - west, north - south, 0.01) * 0.3 if padded else 0.0
    return west - pad, south - pad, east + pad, north + pad
