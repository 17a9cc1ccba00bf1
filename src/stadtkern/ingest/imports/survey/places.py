# SPDX-License-Identifier: EUPL-1.2
"""Finds the columns with coordinates, guesses their reference system and brings them to WGS 84."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports.formats import geo
from stadtkern.ingest.imports.survey.columns import Profile
from stadtkern.ingest.imports.tables import Place

Numbers = npt.NDArray[np.float64]

SYSTEMS: dict[int, str] = {
    4326: "WGS 84 (Länge, Breite in Grad)",
    25832: "ETRS89 / UTM 32N",
    25833: "ETRS89 / UTM 33N",
    4647: "ETRS89 / UTM 32N mit vorangestellter 32",
    31466: "Gauß-Krüger, Streifen 2",
    31467: "Gauß-Krüger, Streifen 3",
    31468: "Gauß-Krüger, Streifen 4",
    31469: "Gauß-Krüger, Streifen 5",
    3857: "Web-Mercator",
}
"""EPSG numbers that are offered, with what they are called."""
_AXIS = (
    r"({words}|(koord|koordinate|koordinaten|geo|gk|utm)_?{axis}|{axis}_?(wert|coord|utm|koord|koordinate))"
)
_X = re.compile(
    _AXIS.format(
        words="lon|lng|long|longitude|länge|laenge|längengrad|x|rechts|rechtswert|rw|ost|ostwert|easting|e32",
        axis="x",
    ),
    re.IGNORECASE,
)
_Y = re.compile(
    _AXIS.format(
        words="lat|latitude|breite|breitengrad|y|hoch|hochwert|hw|nord|nordwert|northing|n32", axis="y"
    ),
    re.IGNORECASE,
)
_GERMANY = (5.0, 47.0, 16.0, 56.0)


class Found(msgspec.Struct, kw_only=True):
    """Where the coordinates seem to stand."""

    place: Place
    swapped: bool = False
    """Whether the columns are named the other way round than their values say."""


def find(*, profiles: Sequence[Profile], srid: int | None, values: Sequence[Numbers | None]) -> Found | None:
    """The place of a table: a column of geometries, or two of coordinates; `values` by column."""
    for profile in profiles:
        if profile.label == geo.GEOMETRY and profile.type in ("json", "text"):
            return Found(place=Place(geometry=profile.label, srid=srid or 4326))
    numeric = [i for i, p in enumerate(profiles) if p.type in ("number", "integer") and values[i] is not None]
    xs = [i for i in numeric if _named(_X, profiles[i].label)]
    ys = [i for i in numeric if _named(_Y, profiles[i].label)]
    if not xs or not ys:
        return None
    x, y = values[xs[0]], values[ys[0]]
    if x is None or y is None:
        return None
    straight, turned = guess_srid(x=x, y=y), guess_srid(x=y, y=x)
    if straight is None and turned is not None:
        place = Place(x=profiles[ys[0]].label, y=profiles[xs[0]].label, srid=turned)
        return Found(place=place, swapped=True)
    return Found(place=Place(x=profiles[xs[0]].label, y=profiles[ys[0]].label, srid=straight or srid or 4326))


def _named(pattern: re.Pattern[str], label: str) -> bool:
    plain = re.sub(r"\s*[\[(].*$", "", label).strip()
    return bool(pattern.fullmatch(plain)) or any(
        pattern.fullmatch(w) for w in re.split(r"[\s_\-]+", plain) if len(w) > 2
    )


def guess_srid(*, x: Numbers, y: Numbers) -> int | None:
    """The reference system in which these coordinates lie in Germany; None where there is none."""
    known = ~(np.isnan(x) | np.isnan(y)) & ((x != 0) | (y != 0))
    if not known.any():
        return None
    east, north = float(np.median(x[known])), float(np.median(y[known]))
    if 5 <= east <= 16 and 47 <= north <= 56:
        return 4326
    if 560_000 <= east <= 1_780_000 and 5_940_000 <= north <= 7_560_000:
        return 3857
    if not 5_200_000 <= north <= 6_150_000:
        return None
    if 32_200_000 <= east <= 32_950_000:
        return 4647
    if 200_000 <= east <= 950_000:
        return 25832
    zone = int(east // 1_000_000)
    return {2: 31466, 3: 31467, 4: 31468, 5: 31469}.get(zone) if east % 1_000_000 >= 200_000 else None


@lru_cache(maxsize=16)
def _transformer(srid: int) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs(srid, 4326, always_xy=True)


def known(srid: int) -> bool:
    """Whether there is a reference system with this EPSG number."""
    import pyproj

    try:
        pyproj.CRS.from_epsg(srid)
    except pyproj.exceptions.CRSError:
        return False
    return True


def to_degrees(*, x: Numbers, y: Numbers, srid: int) -> tuple[Numbers, Numbers]:
    """Longitude and latitude in WGS 84; NaN where the coordinates are none."""
    if srid == 4326:
        lon, lat = x.copy(), y.copy()
    else:
        lon, lat = _transformer(srid).transform(x, y)
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)) | ((x == 0) & (y == 0))
    lon[wrong] = lat[wrong] = np.nan
    return lon, lat


def of_another_kind(*, x: Numbers, y: Numbers, srid: int) -> npt.NDArray[np.bool_]:
    """Which coordinates are degrees among metres, or metres among degrees."""
    with np.errstate(invalid="ignore"):
        degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90) & ((x != 0) | (y != 0))
        metres = (np.abs(x) > 10_000) & (np.abs(y) > 10_000)
    return metres if srid == 4326 else degrees


def far_away(*, lon: Numbers, lat: Numbers) -> npt.NDArray[np.bool_]:
    """Which points lie outside Germany and its surroundings."""
    west, south, east, north = _GERMANY
    with np.errstate(invalid="ignore"):
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return ~inside & ~np.isnan(lon)


def turned_round(*, lon: Numbers, lat: Numbers) -> npt.NDArray[np.bool_]:
    """Which points lie far away, but would lie in Germany with longitude and latitude exchanged."""
    return far_away(lon=lon, lat=lat) & ~far_away(lon=lat, lat=lon)


def geometry_of(text: str, *, srid: int) -> tuple[dict[str, Any] | None, str]:
    """A cell as GeoJSON in WGS 84, and `geometry_broken`, `geometry_invalid` (it was mended) or nothing."""
    import shapely

    plain = text.strip()
    if not plain or plain == "null":
        return None, ""
    try:
        with np.errstate(invalid="ignore"):  # of coordinates that are no numbers
            shape = shapely.from_geojson(plain) if plain.startswith("{") else shapely.from_wkt(plain)
            if shape is None or shape.is_empty:
                return None, ""
            fault = ""
            if not shape.is_valid:
                shape, fault = shapely.make_valid(shape), "geometry_invalid"
    except (shapely.errors.ShapelyError, NotImplementedError):  # the latter: curves
        return None, "geometry_broken"
    if srid != 4326:
        shape = shapely.transform(shape, lambda points: _turned(points, srid))
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None, "geometry_broken"
    return msgspec.json.decode(shapely.to_geojson(shapely.force_2d(shape))), fault


def _turned(points: Any, srid: int) -> Any:
    lon, lat = _transformer(srid).transform(points[:, 0], points[:, 1])
    return np.column_stack([lon, lat])
