# SPDX-License-Identifier: EUPL-1.2
"""Finds out where the stations of a file of readings stand, from columns of coordinates beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from stadtkern.ingest.imports import compose, entities, spots, tables, typed

_FAR = 0.002
"""Degrees that a station may seem to move, as coordinates are written with more or fewer digits."""


class Stations(msgspec.Struct):
    """Places by name; where there is one place only, by the empty name."""

    places: dict[str, entities.Point] = {}
    moving: list[str] = []

    def of(self, *, single: bool) -> Callable[[str, str], entities.Point | None]:
        """Where a Thing with some key and name stands."""
        return lambda _key, name: self.places.get("" if single else name)


def find(*, path: Path, table: tables.Table, series: compose.Series) -> Stations:
    """The first place that each station is said to stand at; `moving` are those with others behind it."""
    found = Stations()
    if table.place is None or not table.place.x:
        return found
    names = [c for c in table.columns if c.source == series.by]
    asked = msgspec.structs.replace(table, columns=names, key=())
    for batch in typed.Rows(path=path, table=asked).batches():
        if isinstance(batch.places, spots.Points):
            named = batch.cells[series.by] if series.by else [""] * batch.size
            _take(found, named, batch.places)
    return found


def _take(found: Stations, named: Sequence[str], points: spots.Points) -> None:
    for cell, longitude, latitude in dict.fromkeys(zip(named, *points, strict=True)):
        if longitude is None or latitude is None:
            continue
        name = cell.strip()
        known = found.places.setdefault(name, entities.Point(longitude, latitude))
        away = abs(known.longitude - longitude) > _FAR or abs(known.latitude - latitude) > _FAR
        if away and name not in found.moving:
            found.moving.append(name)
