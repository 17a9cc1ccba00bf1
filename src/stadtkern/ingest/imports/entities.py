# SPDX-License-Identifier: EUPL-1.2
"""Finds the entities of a mapping by their keys and makes those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import mapping, templates
from stadtkern.things.operations import streams

Values = Mapping[str, str]
Place = Callable[[str, str], "Point | None"]
"""Where a Thing with this key and name stands, for mappings that do not know it."""


class Point(NamedTuple):
    """A place (WGS 84) and what is to be said about it."""

    longitude: float
    latitude: float
    name: str = ""
    properties: Mapping[str, Any] = {}


_TYPE = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
_TYPES = {
    "number": "Measurement",
    "integer": "CountObservation",
    "category": "CategoryObservation",
    "text": "Observation",
    "boolean": "TruthObservation",
}


class Entities:
    """The entities of one dataset, remembered by key."""

    def __init__(self, connection: Connection, *, dataset_id: int, place: Place | None = None):
        self._connection = connection
        self._place_of = place
        self._dataset_id = dataset_id
        self._known: dict[tuple[str, str], int] = {}

    async def datastream(self, *, series: mapping.Series, values: Values) -> int:
        """The Datastream of a series, made with its Thing, Sensor and ObservedProperty where absent."""
        thing, sensor, observed, stream = series.thing, series.sensor, series.property, series.datastream
        if thing is None or sensor is None or observed is None or stream is None:
            raise mapping.InvalidMapping(
                f"the series {series.column!r} has no thing, sensor, property or datastream"
            )
        key = templates.fill(stream.key, values=values)
        if ("datastream", key) in self._known:
            return self._known["datastream", key]
        async with self._connection.transaction():
            await self._run("lock_keys", {})
            fields = {
                "thing_id": await self.thing(spec=thing, values=values),
                "sensor_id": await self.sensor(spec=sensor, values=values),
                "property_id": await self.observed_property(spec=observed, values=values),
                "name": templates.fill(stream.name, values=values),
                "description": templates.fill(stream.description or stream.name, values=values),
                "unit": Jsonb(templates.fill_all(msgspec.to_builtins(stream.unit), values=values)),
                "observation_type": _TYPE + _TYPES[series.clean.type],
                "kind": stream.kind,
            }
            return await self._ensure(
                "datastream", key, fields, templates.fill_all(stream.properties, values=values)
            )

    async def find_datastream(self, *, key: str) -> int | None:
        """The Datastream with a key, None where there is none."""
        return await self._run("find_datastream_by_key", {"key": key})

    async def feature(self, *, datastream_id: int) -> int | None:
        """The feature that observations are about by default: the place of the Thing, if it has one."""
        facts = await streams.facts(self._connection, datastream_id=datastream_id)
        if facts is None or facts.location_id is None:
            return None
        if facts.feature_id is not None:
            return facts.feature_id
        return await streams.default_feature(self._connection, location_id=facts.location_id)

    async def thing(self, *, spec: mapping.Thing, values: Values) -> int:
        """The Thing, with a Location where its coordinates are known."""
        key, name = templates.fill(spec.key, values=values), templates.fill(spec.name, values=values)
        if ("thing", key) in self._known:
            return self._known["thing", key]
        fields = {"name": name, "description": templates.fill(spec.description or spec.name, values=values)}
        thing_id = await self._ensure(
            "thing", key, fields, templates.fill_all(spec.properties, values=values)
        )
        point = self._point(spec, key, name, values)
        if point is not None:
            await self._put(thing_id, key=f"{key}-location", name=point.name or name, point=point)
        return thing_id

    async def sensor(self, *, spec: mapping.Sensor, values: Values) -> int:
        """The Sensor."""
        fields = {
            "name": templates.fill(spec.name, values=values),
            "description": templates.fill(spec.description or spec.name, values=values),
            "metadata": Jsonb(templates.fill(spec.metadata or spec.description or spec.name, values=values)),
        }
        key = templates.fill(spec.key, values=values)
        return await self._ensure("sensor", key, fields, templates.fill_all(spec.properties, values=values))

    async def observed_property(self, *, spec: mapping.Property, values: Values) -> int:
        """The ObservedProperty."""
        key = templates.fill(spec.key, values=values)
        fields = {
            "name": templates.fill(spec.name, values=values),
            "definition": templates.fill(spec.definition or f"urn:stadtkern:property:{key}", values=values),
            "description": templates.fill(spec.description or spec.name, values=values),
        }
        return await self._ensure("property", key, fields, {})

    def _point(self, spec: mapping.Thing, key: str, name: str, values: Values) -> Point | None:
        if not (spec.longitude and spec.latitude):
            return self._place_of(key, name) if self._place_of is not None else None
        texts = [templates.fill(text, values=values) for text in (spec.longitude, spec.latitude)]
        try:
            longitude, latitude = (float(text.replace(",", ".")) for text in texts)
        except ValueError as error:
            raise mapping.InvalidMapping(f"{texts} are not coordinates in degrees", where="thing") from error
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise mapping.InvalidMapping(f"{texts} are not coordinates in degrees", where="thing")
        return Point(longitude, latitude)

    async def move(self, thing_id: int, *, key: str, name: str, point: Point) -> None:
        """Have a Thing stand where a list says, at a Location of its own.

        Observations that are there keep the feature of the place they were made at; later ones get another.
        """
        found = await self._run("find_location_by_key", {"key": key})
        if found is None:
            await self._put(thing_id, key=key, name=name, point=point)
            return
        moved = await self._run(
            "move_keyed_location",
            {**_spot(point), "key": key, "properties": Jsonb({**point.properties, "key": key})},
        )
        if moved is not None:
            sql = statements.load("things")["release_default_feature"]
            await self._connection.execute(sql, {"location_id": moved})

    async def _put(self, thing_id: int, *, key: str, name: str, point: Point) -> None:
        fields = {
            "thing_id": thing_id,
            "name": name,
            "description": name,
            **_spot(point),
            "since": times.now(),
        }
        await self._ensure("location", key, fields, point.properties)

    async def _ensure(
        self, kind: str, key: str, fields: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> int:
        found = self._known.get((kind, key))
        if found is None:
            found = await self._run(f"find_{kind}_by_key", {"key": key})
        if found is None:
            found = await self._run(
                f"create_keyed_{kind}", {**fields, "properties": Jsonb({**properties, "key": key})}
            )
        if found is None:
            raise LookupError(f"INSERT of a {kind} gave no row")
        self._known[kind, key] = found
        return found

    async def _run(self, statement: str, fields: Mapping[str, Any]) -> int | None:
        sql = statements.load("ingest")[statement]
        cursor = await self._connection.execute(sql, {**fields, "dataset_id": self._dataset_id})
        row = await cursor.fetchone()
        return int(row[0]) if row and row[0] not in (None, "") else None


def _spot(point: Point) -> dict[str, Any]:
    longitude, latitude = point.longitude, point.latitude
    location = Jsonb({"type": "Point", "coordinates": [longitude, latitude]})
    return {"longitude": longitude, "latitude": latitude, "location": location}
