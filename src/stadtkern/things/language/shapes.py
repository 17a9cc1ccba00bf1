# SPDX-License-Identifier: EUPL-1.2
"""Geometries outside of the database: read literals, and compute exactly what the functions ask for.

shapely is loaded by the first query that has a geometry; everything here may run in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stadtkern.things.language.problems import InvalidQuery

if TYPE_CHECKING:
    import numpy

_TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_REFERENCE = re.compile(r"SRID=(\d+);\s*", re.IGNORECASE)
_PATTERN = re.compile(r"[TF012*]{9}")
_LINES = (1, 5)
_AREA = 2
# Cells of the DE-9IM matrix that say where two geometries meet; disjoint ones have F in all of them.
_MEETING = (0, 1, 3, 4)


def check(text: str, *, at: int, where: str) -> None:
    """Refuse a literal that is no valid geometry. Raises InvalidQuery."""
    import numpy
    import shapely

    reference = _REFERENCE.match(text)
    if reference and reference[1] not in ("4326", "0"):
        raise InvalidQuery(
            f"the geometry at position {at} is in SRID {reference[1]}; coordinates are longitude and latitude"
            " (SRID 4326)",
            where=where,
        )
    try:
        with numpy.errstate(all="ignore"):
            shape = read(text)
    except (shapely.errors.GEOSException, NotImplementedError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidQuery(
            f"{text[:60]!r} at position {at} is not well-known text such as POINT(7.6 51.9): {reason}",
            where=where,
        ) from error
    if shape.geom_type not in _TYPES:
        raise InvalidQuery(
            f"the geometry at position {at} is a {shape.geom_type}; there are {', '.join(_TYPES)}",
            where=where,
        )
    if shape.is_empty:
        raise InvalidQuery(f"the geometry at position {at} is empty", where=where)
    if not shape.is_valid:
        reason = str(shapely.is_valid_reason(shape))
        raise InvalidQuery(f"the geometry at position {at} is not valid: {reason}", where=where)


def check_pattern(text: object, *, at: int, where: str) -> str:
    """The pattern of st_relate. Raises InvalidQuery."""
    if not isinstance(text, str) or not _PATTERN.fullmatch(text):
        raise InvalidQuery(
            f"the third value of st_relate at position {at} is a pattern: nine signs of T, F, 0, 1, 2, *",
            where=where,
        )
    return text


def read(text: str) -> Any:
    """The geometry of a literal that was checked."""
    import shapely

    return shapely.from_wkt(_REFERENCE.sub("", text, count=1))


def box(text: str, *, margin: float = 0.0) -> str:
    """The bounds of a literal, widened by a margin in degrees, as PostgreSQL's `box`."""
    west, south, east, north = read(text).bounds
    return f"({east + margin!r},{north + margin!r}),({west - margin!r},{south - margin!r})"


def may_be_apart(pattern: str) -> bool:
    """Whether geometries that do not meet can fulfil a pattern, so that no box may rule them out."""
    return all(pattern[cell] in "F*" for cell in _MEETING)


def compute(
    name: str, operands: Sequence[str | None], pattern: str, stored: Sequence[bytes]
) -> numpy.ndarray[Any, Any]:
    """A function for each stored GeoJSON, which takes the place of None among the operands.

    Without a value, and for GeoJSON that is no geometry, it is nan or False. Areas that cross themselves are
    taken as `ST_MakeValid` would have them.
    """
    import shapely

    column = shapely.from_geojson(stored, on_invalid="ignore")
    areas = shapely.get_dimensions(column) == _AREA
    wrong = areas & ~shapely.is_valid(column) if areas.any() else areas
    if wrong.any():
        column[wrong] = shapely.make_valid(column[wrong])
    found: numpy.ndarray[Any, Any] = _function(name, pattern)(
        *(column if item is None else _constant(item) for item in operands)
    )
    return found


def compute_constant(name: str, operands: Sequence[str], pattern: str) -> Any:
    """A function of literals only."""
    return _function(name, pattern)(*(read(item) for item in operands))


def _constant(text: str) -> Any:
    import shapely

    shape = read(text)
    shapely.prepare(shape)
    return shape


def _function(name: str, pattern: str) -> Callable[..., Any]:
    import shapely

    if name == "geo.length":
        return _length
    if name == "st_relate":
        return lambda left, right: shapely.relate_pattern(left, right, pattern)
    found: Callable[..., Any] = getattr(shapely, name.removeprefix("st_").removeprefix("geo."))
    return found


def _length(shapes: Any) -> Any:
    """The length of lines; points and areas have none."""
    import numpy
    import shapely

    whole = numpy.atleast_1d(shapes)
    parts, owners = shapely.get_parts(whole, return_index=True)
    lines = numpy.isin(shapely.get_type_id(parts), _LINES)
    found = numpy.bincount(owners[lines], shapely.length(parts[lines]), minlength=len(whole))
    found[shapely.is_missing(whole)] = numpy.nan
    return found if numpy.ndim(shapes) else found[0]
