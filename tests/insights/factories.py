# SPDX-License-Identifier: EUPL-1.2
"""A small city: a few counters, car parks, bays, trees and a well, with weeks of plain readings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.things import readings
from stadtkern.things.store import batch, fold, merge

NOW = datetime(2026, 2, 26, 14, 58, tzinfo=UTC)
_WIKIDATA = "https://www.wikidata.org/wiki/"
BICYCLES, PARKING = _WIKIDATA + "Q11442", _WIKIDATA + "Q6501349"
SOIL, WATER = _WIKIDATA + "Q568748", _WIKIDATA + "Q161598"
_MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_TRUTH = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation"
ABOUT = {
    "title": {"de": "Kleine Stadt", "en": "Small town"},
    "description": {"de": "Werte zum Prüfen.", "en": "Values for tests."},
    "attribution": "Stadt Beispiel",
    "licence": "dl-de/by-2-0",
    "source": "https://example.org/daten",
    "replay": True,
}
_SQUARE = [[[7.5, 51.9], [7.7, 51.9], [7.7, 52.0], [7.5, 52.0], [7.5, 51.9]]]
Rows = Iterator[tuple[datetime, float | bool, Any]]


class Town:
    """Makes entities straight in the tables and readings through the store."""

    def __init__(self, connection: Connection, *, dataset_id: int, now: datetime):
        self.connection = connection
        self.dataset_id = dataset_id
        self.now = now
        self.streams: dict[str, int] = {}
        self.things: dict[str, int] = {}

    async def insert(self, table: str, **values: Any) -> int:
        """A row of `things.<table>`; dicts become JSON."""
        columns = ["dataset_id", *values]
        given = [self.dataset_id, *(Jsonb(v) if isinstance(v, dict | list) else v for v in values.values())]
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO things.{table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id"
        row = await (await self.connection.execute(statement, given)).fetchone()
        assert row is not None
        return int(row[0])

    async def thing(self, name: str, *, kind: str, point: tuple[float, float] | None, **more: Any) -> int:
        """A thing, at a place if it has one."""
        properties = {
            "type": kind,
            "purpose": {"de": "Damit man es weiß."},
            "owner": "Amt für Beispiele",
            **more,
        }
        thing = await self.insert("thing", name=name, description=f"{name} im Test", properties=properties)
        if point:
            geometry = {"type": "Point", "coordinates": list(point)}
            place = await self.insert(
                "location", name=f"{name}, Domplatz", description="", encoding_type="application/geo+json",
                location=geometry,
            )  # fmt: skip
            await self.connection.execute("INSERT INTO things.thing_location VALUES (%s, %s)", (thing, place))
        self.things[name] = thing
        return thing

    async def stream(
        self, thing: int, *, name: str, observes: str, definition: str, symbol: str, kind: str, rows: Rows
    ) -> int:
        """A series with its readings."""
        observed = await self.insert(
            "observed_property", name=observes, definition=definition, description=""
        )
        sensor = await self.insert(
            "sensor", name="Gerät", description="", encoding_type="text/plain", metadata={"x": 1}
        )
        stream = await self.insert(
            "datastream", thing_id=thing, sensor_id=sensor, observed_property_id=observed, name=name,
            description=f"{name} im Test", unit={"name": symbol, "symbol": symbol, "definition": ""},
            observation_type=_TRUTH if symbol == "" else _MEASUREMENT, kind=kind,
        )  # fmt: skip
        made = [
            readings.Reading(datastream_id=stream, phenomenon_time=at, result=value, result_quality=quality)
            for at, value, quality in rows
        ]
        async with self.connection.transaction():
            await merge.merge(self.connection, batch=batch.of_readings(made))
        self.streams[name] = stream
        return stream


def hours(now: datetime, *, days: int, scale: float, gap: range = range(0)) -> Rows:
    """Hourly counts with a morning and an evening; hours ago in `gap` are missing, every 50th is doubtful."""
    newest = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for ago in range(days * 24, -1, -1):
        if ago in gap:
            continue
        at = newest - timedelta(hours=ago)
        size = 5 + 40 * max(0.0, math.sin((at.hour - 4) / 17 * math.pi)) if 4 < at.hour < 21 else 2
        yield at, float(round(size * scale)), {"status": "doubtful"} if ago % 50 == 9 else None


def quarters(now: datetime, *, days: int, level: float, swing: float) -> Rows:
    """A value each quarter of an hour, swinging through the day."""
    newest = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    for ago in range(days * 96, -1, -1):
        at = newest - timedelta(minutes=15 * ago)
        yield at, round(level + swing * math.sin(at.hour / 24 * 2 * math.pi), 1), None


async def small_town(connection: Connection, *, now: datetime = NOW) -> Town:
    """Fill the database; the connection commits by itself."""
    await datasets.save_city(
        connection,
        city=datasets.City(
            name="Beispielstadt", time_zone="Europe/Berlin", languages=("de", "en"),
            properties={"outlines": {"attribution": "OpenStreetMap", "licence": "ODbL-1.0"}},
        ),
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO city.district (code, name, level, geometry, bounds)"
        " VALUES ('1', 'Mitte', 'district', %s, box(point(7.5, 51.9), point(7.7, 52.0)))",
        (Jsonb({"type": "Polygon", "coordinates": _SQUARE}),),
    )
    dataset = await datasets.save(connection, key="kleine-stadt", room="public", about=ABOUT)
    town = Town(connection, dataset_id=dataset, now=now)
    await _traffic(town)
    await _nature(town)
    await fold.fold_all(connection)
    return town


async def _traffic(town: Town) -> None:
    for number, name in enumerate(("Neutor", "Promenade", "Hafenstraße"), 1):
        thing = await town.thing(
            f"Zählstelle {name}", kind="bicycle_counter", point=(7.55 + number / 50, 51.95)
        )
        gap = range(30, 80) if name == "Neutor" else range(0)
        await town.stream(
            thing, name=f"Fahrräder {name}", observes="Fahrräder", definition=BICYCLES, symbol="Räder/h",
            kind="count", rows=hours(town.now, days=70, scale=number, gap=gap),
        )  # fmt: skip
    for name in ("Arkaden", "Theater"):
        thing = await town.thing(f"Parkhaus {name}", kind="car_park", point=(7.6, 51.96), capacity=400)
        await town.stream(
            thing, name=f"Freie Plätze {name}", observes="Freie Parkplätze", definition=PARKING,
            symbol="Plätze", kind="state", rows=quarters(town.now, days=30, level=200, swing=80),
        )  # fmt: skip
    for number, name in enumerate(("Rathaus", "Bahnhof")):
        thing = await town.thing(f"Behindertenstellplatz {name}", kind="bay", point=(7.61, 51.94))
        taken = ((town.now - timedelta(minutes=m), (m + number) % 2 == 0, None) for m in range(40, 0, -1))
        await town.stream(
            thing, name=f"Belegt {name}", observes="Stellplatz belegt", definition=PARKING, symbol="",
            kind="state", rows=taken,
        )  # fmt: skip


async def _nature(town: Town) -> None:
    for name, level in (("Linde", 25.0), ("Junge Eiche", 12.0)):
        thing = await town.thing(name, kind="tree", point=(7.58, 51.93))
        await town.stream(
            thing, name=f"Bodenfeuchte {name}", observes="Bodenfeuchte", definition=SOIL, symbol="Vol.-%",
            kind="measurement", rows=quarters(town.now, days=10, level=level, swing=1),
        )  # fmt: skip
    thing = await town.thing("Pegel Mitte", kind="well", point=None)
    sinking = ((town.now - timedelta(hours=6 * n), 50 + n / 1000, None) for n in range(400, -1, -1))
    await town.stream(
        thing, name="Grundwasserstand Mitte", observes="Grundwasserstand", definition=WATER, symbol="m",
        kind="measurement", rows=sinking,
    )  # fmt: skip
