# SPDX-License-Identifier: EUPL-1.2
"""Quiet maps as SVG: outlines as ground, areas and lines, circles whose area is the value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.safestring import SafeString

from stadtkern.ui import contours, shapes
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
_ends: dict[int, tuple[Sequence[Mapping[str, Any]], Sequence[Spot]]] = {}
_MOST_GROUNDS = 64
# Finer outlines hide the coarser ones below them where they make up this much of their area.
_COVERED = 0.99


def _prepared(land: Sequence[Mapping[str, Any]], spots: Sequence[Spot]) -> tuple[_Sheet, SafeString]:
    ends = _land_ends(land)
    bounds = _framed(_bounds([*ends, *spots]), padded=not ends)
    key = (id(land), bounds)
    if key not in _grounds:
        sheet = _Sheet(bounds)
        shapes = [element("path", class_="land", d=d) for d in _levels(land, sheet)]
        if len(_grounds) >= _MOST_GROUNDS:
            _grounds.clear()
        _grounds[key] = (land, sheet, element("g", *shapes))
    return _grounds[key][1:]


def _land_ends(land: Sequence[Mapping[str, Any]]) -> Sequence[Spot]:
    if id(land) not in _ends:
        if len(_ends) >= _MOST_GROUNDS:
            _ends.clear()
        places = [place for shape in land for ring in _rings(shape) for place in ring]
        _ends[id(land)] = (land, _corners(places))
    return _ends[id(land)][1]


def _levels(land: Sequence[Mapping[str, Any]], sheet: _Sheet) -> Iterable[str]:
    """One path for each level, so that a page has few elements; none for what finer ones cover anyhow."""
    levels: list[list[list[contours.Point]]] = []
    for _, some in itertools.groupby(land, key=lambda shape: (shape.get("properties") or {}).get("level")):
        rings = [ring for shape in some for ring in _rings(shape)]
        levels.append([[sheet.place(place[0], place[1]) for place in ring] for ring in rings])
    covered = 0.0
    drawn: list[str] = []
    for places in reversed(levels):
        size = sum(contours.area(ring) for ring in places)
        if size * _COVERED > covered and (d := "".join(contours.outline(ring) for ring in places)):
            drawn.append(d)
        covered = max(covered, size)
    return reversed(drawn)


def edges(land: Sequence[Mapping[str, Any]]) -> Bounds:
    """Longitudes and latitudes of the four edges of the drawing of a land without anything on it."""
    sheet, _ = _prepared(land, [])
    across, along = sheet.scale * sheet.squeeze, sheet.scale
    west, north = sheet.west - sheet.margin / across, sheet.north + sheet.margin / along
    return west, north - sheet.height / along, west + sheet.width / across, north


def corners(figures: Sequence[Figure]) -> list[Spot]:
    """South-west and north-east of all figures together; nothing where there are none."""
    return _corners([place for figure in figures for line in _lines(figure.geometry) for place in line])


def _corners(places: Sequence[Sequence[float]]) -> list[Spot]:
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
    return contours.outline([sheet.place(place[0], place[1]) for place in ring], closed=closed)


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
