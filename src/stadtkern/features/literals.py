# SPDX-License-Identifier: EUPL-1.2
"""Geometries that a request brings along: checked, carried into degrees, made into spatial conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.core import problems
from stadtkern.features import references, tree
from stadtkern.features.entities import Bounds
from stadtkern.features.references import CRS84

MOST_POSITIONS = 10_000


class InvalidGeometry(problems.Problem):
    """A geometry of the request is none.

    Give it as the filter language has it, e.g. POLYGON((7.5 51.9, 7.7 51.9, 7.7 52, 7.5 51.9)), closed and
    without crossing itself; a box has its lower left corner first.
    """


def compared(operator: str, given: Mapping[str, Any], *, crs: str = CRS84) -> tree.Filter:
    """A feature's geometry beside one in GeoJSON or `{"bbox": […]}`.

    Raises InvalidGeometry, OutsideOfReference.
    """
    if "bbox" in given:
        return boxed(operator, bounds(given["bbox"], where="filter"), crs=crs, where="filter")
    return _spatial(operator, references.unproject(_shape(given), given=crs))


def boxed(operator: str, given: Bounds, *, crs: str, where: str) -> tree.Filter:
    """A feature's geometry beside a box; if its west is east of its east, it goes over the 180th meridian."""
    found, shape = references.rectangle(given, given=crs)
    if found is None:
        return _spatial(operator, shape)
    west, south, east, north = found
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidGeometry("the corners of the box do not lie on this earth", where=where)
    if west > east:
        return _around(operator, found, where)
    if operator == "s_intersects":
        return tree.Spatial(operator, "", box=found)
    import shapely

    return _spatial(operator, shapely.box(*found))


def bounds(values: Any, *, where: str) -> Bounds:
    """Four of four or six numbers: heights are left aside. Raises InvalidGeometry."""
    numbers = isinstance(values, list) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e12 for v in values
    )
    if not numbers or len(values) not in (4, 6):
        raise InvalidGeometry("a box is four or six numbers", where=where)
    half = len(values) // 2
    a, b, c, d = (float(values[at]) for at in (0, 1, half, half + 1))
    if b > d:
        raise InvalidGeometry("the second corner of a box lies above the first", where=where)
    return a, b, c, d


def _around(operator: str, found: Bounds, where: str) -> tree.Filter:
    if operator != "s_intersects":
        raise InvalidGeometry("a box over the 180th meridian is for S_INTERSECTS only", where=where)
    west, south, east, north = found
    halves = ((west, south, 180.0, north), (-180.0, south, east, north))
    return tree.Both("or", tuple(tree.Spatial(operator, "", box=half) for half in halves))


def _shape(given: Mapping[str, Any]) -> Any:
    import shapely

    try:
        found = shapely.from_geojson(msgspec.json.encode(given))
    except (shapely.errors.GEOSException, ValueError, TypeError, KeyError) as error:
        raise InvalidGeometry(str(error).partition("\n")[0][:200], where="filter") from error
    if found is None or found.is_empty:
        raise InvalidGeometry("it is empty", where="filter")
    if shapely.count_coordinates(found) > MOST_POSITIONS:
        raise InvalidGeometry(f"it has more than {MOST_POSITIONS} positions", where="filter")
    if not found.is_valid:
        raise InvalidGeometry(str(shapely.is_valid_reason(found)), where="filter")
    return found


def _spatial(operator: str, shape: Any) -> tree.Filter:
    import shapely

    return tree.Spatial(operator, shapely.to_geojson(shape))
