# SPDX-License-Identifier: EUPL-1.2
"""Coordinate reference systems: which there are, and geometries and boxes carried from one into another.

Coordinates are stored as longitude and latitude (CRS84). In documents they stand in the order of axes that
the system itself has (18-058r1, 6.4): latitude first in EPSG:4326, easting first in EPSG:25832.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from stadtkern.core import problems
from stadtkern.features.entities import Bounds

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# ETRS89/UTM of the German zones, WGS 84 with latitude first, and what web maps use.
ALL = (CRS84, _EPSG + "4326", _EPSG + "3857", _EPSG + "25832", _EPSG + "25833", _EPSG + "4258")
_SHORT = re.compile(r"\[?(?P<authority>EPSG|OGC):(?P<code>[0-9]+|CRS84)\]?", re.IGNORECASE)
_PLACES = {"metre": 3, "degree": 8}
# Edges of a box are bent when it is carried over: so many pieces stand for each.
_PIECES = 21


class UnknownReference(problems.Problem):
    """The coordinate reference system is not offered.

    Name one of those that the collection lists under `crs`, by its whole address.
    """


class OutsideOfReference(problems.Problem):
    """The coordinates lie outside of what their reference system covers.

    Check their order: EPSG:4326 has latitude first, CRS84 longitude first, EPSG:25832 easting first.
    """


def find(name: str, *, where: str) -> str:
    """The address of a system, also for its short name. Raises UnknownReference."""
    text = name.strip()
    if text in ALL:
        return text
    short = _SHORT.fullmatch(text)
    if short is not None:
        found = CRS84 if short["code"].upper() == "CRS84" else _EPSG + short["code"]
        if found in ALL:
            return found
    raise UnknownReference(f"{name[:120]!r}", where=where)


def epsg(address: str) -> int:
    """The number of a system; that of CRS84 is 4326, though its axes stand the other way round."""
    return 4326 if address == CRS84 else int(address.rpartition("/")[2])


def project(shapes: Sequence[Any], *, to: str) -> list[msgspec.Raw | None]:
    """GeoJSON geometries (text or None) in another system, in its order of axes; runs in a thread."""
    import shapely

    found = shapely.from_geojson([None if s is None else bytes(s) for s in shapes], on_invalid="ignore")
    moved = shapely.transform(found, lambda points: _moved(points, to), interleaved=True)
    texts = shapely.to_geojson(moved)
    return [None if text is None else msgspec.Raw(text.encode()) for text in texts.tolist()]


def unproject(shape: Any, *, given: str) -> Any:
    """A shapely geometry as longitude and latitude. Raises OutsideOfReference."""
    import numpy
    import shapely

    if given == CRS84:
        return shape
    transformer = _transformer(given)

    def back(points: Any) -> Any:
        x, y = transformer.transform(points[:, 0], points[:, 1], direction="INVERSE")
        return numpy.column_stack([x, y])

    found = shapely.transform(shape, back)
    if not numpy.isfinite(shapely.get_coordinates(found)).all():
        raise OutsideOfReference(f"in {given}")
    return found


def rectangle(bounds: Bounds, *, given: str) -> tuple[Bounds | None, Any]:
    """A box as bounds in degrees where it stays one, else as a polygon that stands for it.

    Raises OutsideOfReference.
    """
    import shapely

    a, b, c, d = bounds
    if a > c and epsg(given) not in (4326, 4258):
        raise OutsideOfReference("the second corner of the box lies before the first")
    if given == CRS84:
        return bounds, None
    if epsg(given) in (4326, 4258):
        return (b, a, d, c), None
    corners = unproject(shapely.box(a, b, c, d), given=given).bounds
    if epsg(given) == 3857:
        west, south, east, north = (float(value) for value in corners)
        return (west, south, east, north), None
    piece = max(c - a, d - b) / _PIECES
    ring = shapely.segmentize(shapely.box(a, b, c, d), piece) if piece > 0 else shapely.box(a, b, c, d)
    return None, unproject(ring, given=given)


def _moved(points: Any, to: str) -> Any:
    import numpy

    transformer = _transformer(to)
    x, y = transformer.transform(points[:, 0], points[:, 1])
    return numpy.round(numpy.column_stack([x, y]), _PLACES.get(_unit(to), 8))


def _unit(address: str) -> str:
    return "degree" if epsg(address) in (4326, 4258) else "metre"


@cache
def _transformer(to: str) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{epsg(to)}", always_xy=False)
