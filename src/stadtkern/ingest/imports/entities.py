# SPDX-License-Identifier: EUPL-1.2
"""Finds the entities of a mapping by their keys and makes those that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import mapping, templates

Values = Mapping[str, str]

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

    def __init__(self, connection: Connection, *, dataset_id: int):
        self._connection = connection
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

    async def thing(self, *, spec: mapping.Thing, values: Values) -> int:
        """The Thing, with a Location if the mapping knows its coordinates."""
        key = templates.fill(spec.key, values=values)
        known = ("thing", key) in self._known
        fields = {
            "name": templates.fill(spec.name, values=values),
            "description": templates.fill(spec.description or spec.name, values=values),
        }
        thing_id = await self._ensure(
            "thing", key, fields, templates.fill_all(spec.properties, values=values)
        )
        if not known and spec.longitude and spec.latitude:
            place = (
                templates.fill(spec.longitude, values=values),
                templates.fill(spec.latitude, values=values),
            )
            await self._place(thing_id, key, fields["name"], place)
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

    async def location(
        self,
        *,
        thing_id: int,
        key: str,
        name: str,
        longitude: float,
        latitude: float,
        properties: Mapping[str, Any],
        since: datetime | None = None,
    ) -> int:
        """The place of a Thing as a point (WGS 84)."""
        fields = {
            "thing_id": thing_id,
            "name": name,
            "description": name,
            "longitude": longitude,
            "latitude": latitude,
            "location": Jsonb({"type": "Point", "coordinates": [longitude, latitude]}),
            "since": since or times.now(),
        }
        return await self._ensure("location", key, fields, properties)

    async def _place(self, thing_id: int, key: str, name: str, place: tuple[str, str]) -> None:
        try:
            longitude, latitude = (float(text.replace(",", ".")) for text in place)
        except ValueError as error:
            raise mapping.InvalidMapping(f"{place} are not coordinates in degrees", where="thing") from error
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise mapping.InvalidMapping(f"{place} are not coordinates in degrees", where="thing")
        await self.location(
            thing_id=thing_id, key=key, name=name, longitude=longitude, latitude=latitude, properties={}
        )

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
