# SPDX-License-Identifier: EUPL-1.2
"""Reads where the rows of a table lie: from two columns of coordinates, or from one of geometries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from stadtkern.ingest.imports import mapping, shape, tables
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.survey import places
from stadtkern.ingest.imports.survey.story import Quality


class Points(NamedTuple):
    """Longitudes and latitudes in WGS 84, None where a row has none."""

    longitude: Sequence[float | None]
    latitude: Sequence[float | None]

    def documents(self) -> list[dict[str, Any] | None]:
        """The same as GeoJSON."""
        return [
            None if x is None else {"type": "Point", "coordinates": [x, y]}
            for x, y in zip(self.longitude, self.latitude, strict=True)
        ]


class Spots:
    """The places of rows in WGS 84: points, or geometries as GeoJSON."""

    def __init__(self, place: tables.Place, table: tables.Table, at: Callable[[str], int]):
        self._place = place
        self._n = self._none = 0
        if place.geometry:
            self._columns = [at(place.geometry)]
            return
        self._columns = [at(place.x), at(place.y)]
        files = {c.source: tables.file_of(table, c) for c in table.columns}
        self._cells = [
            Cells(clean=mapping.Clean(), file=files.get(label, table.file)) for label in (place.x, place.y)
        ]

    def read(
        self, columns: shape.Columns, line: Callable[[int], int], quality: Quality
    ) -> Points | list[Any]:
        """The places of a block."""
        if not self._place.geometry:
            points = self._points(columns, line, quality)
            self._n += len(points.longitude)
            self._none += points.longitude.count(None)
            return points
        found = self._shapes(columns, line, quality)
        self._n += len(found)
        self._none += found.count(None)
        return found

    def conclude(self, quality: Quality) -> None:
        """What can be said of all places."""
        if self._none:
            mostly = self._none > 0.5 * self._n
            quality.note("geometry_mostly_missing" if mostly else "geometry_missing", n=self._none)

    def _shapes(self, columns: shape.Columns, line: Callable[[int], int], quality: Quality) -> list[Any]:
        found = []
        for place, cell in enumerate(columns[self._columns[0]]):
            geometry, fault = places.geometry_of(cell, srid=self._place.srid)
            if fault:
                quality.note(fault, line=line(place), example=cell)
            found.append(geometry)
        self._tell_far(*_middles(found), line, quality)
        return found

    def _points(self, columns: shape.Columns, line: Callable[[int], int], quality: Quality) -> Points:
        x, y = (c.numbers(columns[at]) for c, at in zip(self._cells, self._columns, strict=True))
        lon, lat = places.to_degrees(x=x, y=y, srid=self._place.srid)
        foreign = places.of_another_kind(x=x, y=y, srid=self._place.srid)
        lon[foreign] = lat[foreign] = np.nan
        nowhere = np.flatnonzero(np.isnan(lon)).tolist()
        texts = columns[self._columns[0]], columns[self._columns[1]]
        for place in nowhere:
            shown = f"{texts[0][place]} / {texts[1][place]}"
            if shown.strip(" /"):
                code = "mixed_places" if foreign[place] else "geometry_broken"
                quality.note(code, line=line(place), example=shown)
        self._tell_far(lon, lat, line, quality)
        easts, norths = np.round(lon, 7).tolist(), np.round(lat, 7).tolist()
        for place in nowhere:
            easts[place] = norths[place] = None
        return Points(easts, norths)

    def _tell_far(
        self, lon: places.Numbers, lat: places.Numbers, line: Callable[[int], int], quality: Quality
    ) -> None:
        """Name places outside the country, and among them those whose coordinates look exchanged."""
        turned = places.turned_round(lon=lon, lat=lat)
        away = places.far_away(lon=lon, lat=lat) & ~turned
        for code, which in (("place_turned", turned), ("far_away", away)):
            at = np.flatnonzero(which).tolist()
            if at:
                shown = f"{lat[at[0]]:.5f} / {lon[at[0]]:.5f}"
                quality.note(code, n=len(at), line=line(at[0]), example=shown)


def _middles(geometries: Sequence[dict[str, Any] | None]) -> tuple[places.Numbers, places.Numbers]:
    """The middles of the boxes around geometries in WGS 84; NaN where there is none."""
    import shapely

    shapes = shapely.from_geojson([None if one is None else msgspec.json.encode(one) for one in geometries])
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    return (west + east) / 2, (south + north) / 2
