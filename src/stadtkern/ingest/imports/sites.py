# SPDX-License-Identifier: EUPL-1.2
"""Joins a list of stations to the known Things of a dataset: where each stands, and what is said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import spots, tables, typed
from stadtkern.ingest.imports.entities import Entities, Point
from stadtkern.ingest.imports.mapping import Spec
from stadtkern.ingest.imports.survey.story import Quality

_SHOWN = 3
_OURS = "key"


class Sites(Spec, frozen=True, kw_only=True):
    """To which dataset a list of stations belongs, and in which column it names them."""

    dataset: str
    by: str


class Station(NamedTuple):
    """A Thing of the dataset; `fixed` where its place came from elsewhere than a file."""

    id: int
    key: str
    name: str
    fixed: bool


class Joined(msgspec.Struct, kw_only=True):
    """The places of stations by the number of their Thing, and what does not fit."""

    places: dict[int, Point] = {}
    quality: Quality


async def known(connection: Connection, *, dataset_id: int) -> list[Station]:
    """The stations of a dataset."""
    sql = statements.load("ingest")["known_stations"]
    rows = await (await connection.execute(sql, {"dataset_id": dataset_id})).fetchall()
    return [Station(*row) for row in rows]


def join(
    *,
    path: Path,
    table: tables.Table,
    sites: Sites,
    stations: Sequence[Station],
    progress: Callable[[int, int], None] | None = None,
) -> Joined:
    """Find the station of each row, by its name or as the file of readings called it; nothing is stored."""
    rows = typed.Rows(path=path, table=table)
    found = Joined(quality=rows.quality)
    index = _index(stations, dataset=sites.dataset)
    fixed = {station.id for station in stations if station.fixed}
    seen: dict[int, int] = defaultdict(int)
    for batch in rows.batches():
        for cell, values, point in zip(batch.cells[sites.by], _rows(batch), _points(batch), strict=True):
            number = index.get(_plain(cell))
            if number is None:
                rows.quality.note("station_unknown", column=sites.by, example=cell.strip())
            elif number in fixed:
                rows.quality.note("station_fixed", column=sites.by, example=cell.strip())
            elif point is not None:
                seen[number] += 1
                said = _said(table, values, apart=sites.by)
                found.places[number] = Point(*point, properties=said)
        if progress is not None:
            progress(batch.done, rows.size)
    _conclude(found, sites, stations, twice=sum(n - 1 for n in seen.values()))
    return found


async def place(
    connection: Connection, *, dataset_id: int, stations: Sequence[Station], joined: Joined
) -> int:
    """Put each station where the list says, in the caller's transaction; returns how many stand so."""
    entities = Entities(connection, dataset_id=dataset_id)
    sql = statements.load("ingest")["describe_station"]
    for station in stations:
        point = joined.places.get(station.id)
        if point is None:
            continue
        await entities.move(station.id, key=f"{station.key}-location", name=station.name, point=point)
        if point.properties:
            said = {"dataset_id": dataset_id, "thing_id": station.id, "said": Jsonb(point.properties)}
            await connection.execute(sql, said)
    return len(joined.places)


def _index(stations: Sequence[Station], *, dataset: str) -> Mapping[str, int]:
    """Things by key, by what stands in the file, and by name where only one is called so."""
    names: dict[str, set[int]] = defaultdict(set)
    for station in stations:
        names[_plain(station.name)].add(station.id)
    found = {name: ids.pop() for name, ids in names.items() if len(ids) == 1}
    for station in stations:
        found[_plain(station.key.removeprefix(f"{dataset}-"))] = station.id
    return found


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _rows(batch: typed.Batch) -> Sequence[tuple[Any, ...]]:
    columns = batch.columns()
    return list(zip(*columns, strict=True)) if columns else [()] * batch.size


def _points(batch: typed.Batch) -> list[tuple[float, float] | None]:
    """Longitude and latitude of each row; None for what is no point."""
    if isinstance(batch.places, spots.Points):
        pairs = zip(*batch.places, strict=True)
        return [None if x is None or y is None else (x, y) for x, y in pairs]
    shapes = batch.places or [None] * batch.size
    return [
        tuple(shape["coordinates"][:2]) if shape and shape["type"] == "Point" else None for shape in shapes
    ]


def _said(table: tables.Table, values: Sequence[Any], *, apart: str) -> dict[str, Any]:
    """What the other columns say of a station, as its properties."""
    place = table.place or tables.Place()
    told = {apart, place.x, place.y, place.geometry}
    return {
        column.name: value.isoformat() if isinstance(value, date) else value
        for column, value in zip(table.columns, values, strict=True)
        if value is not None and column.source not in told and column.name != _OURS
    }


def _conclude(found: Joined, sites: Sites, stations: Sequence[Station], *, twice: int) -> None:
    if twice:
        found.quality.note("station_twice", column=sites.by, n=twice)
    if not found.places:
        found.quality.note("no_station", column=sites.by)
    left = [station.name for station in stations if station.id not in found.places and not station.fixed]
    if left and found.places:
        found.quality.note("station_missing", n=len(left), example=", ".join(left[:_SHOWN]))
    found.quality.rows = found.quality.values = len(found.places)
