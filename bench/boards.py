# SPDX-License-Identifier: EUPL-1.2
"""Twenty thousand Datastreams with newest values and hours, and a board of forty tiles of every kind."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench import streams
from bench.installation import DATASET

KEYS = ("bench-a", "bench-b", "bench-c")
STREAMS = 20_000
TILES = 40
# So many observe the same property: what a tile of a property has to look at.
_TOGETHER = 20
_KINDS = ("flow", "value", "level", "gauge", "free", "bays", "low", "ranking", "places")

_THINGS = (
    streams.BEGINNING
    + """property AS (
    INSERT INTO things.observed_property (dataset_id, name, definition, description)
    SELECT dataset.id, 'Level ' || n, 'https://example.org/level/' || n, 'A level'
    FROM dataset, generate_series(0, %(streams)s / %(together)s - 1) AS n RETURNING id, definition),
place AS (
    INSERT INTO things.location (dataset_id, name, description, encoding_type, location)
    SELECT dataset.id, 'Square ' || n, 'Where one of them is', 'application/geo+json',
           jsonb_build_object('type', 'Point', 'coordinates',
                              jsonb_build_array(7.5 + n %% 200 / 1000.0, 51.9 + n / 200 / 1000.0))
    FROM dataset, generate_series(1, %(streams)s) AS n RETURNING id, name),
thing AS (
    INSERT INTO things.thing (dataset_id, name, description, properties)
    SELECT dataset.id, 'Thing ' || n, 'A thing of the benchmark', '{"capacity": 100}'
    FROM dataset, generate_series(1, %(streams)s) AS n RETURNING id, dataset_id, name),
standing AS (
    INSERT INTO things.thing_location (thing_id, location_id)
    SELECT thing.id, place.id
    FROM thing JOIN place ON split_part(place.name, ' ', 2) = split_part(thing.name, ' ', 2))
INSERT INTO things.datastream (dataset_id, thing_id, sensor_id, observed_property_id, name, description, unit,
                               observation_type, kind, properties)
SELECT thing.dataset_id, thing.id, sensor.id, property.id, 'Level of ' || thing.name, 'A datastream',
       '{"name": "metre", "symbol": "m", "definition": "https://qudt.org/vocab/unit/M"}',
       'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'measurement',
       '{"interval_seconds": 900}'
FROM thing JOIN property ON property.definition =
    'https://example.org/level/'
    || split_part(thing.name, ' ', 2)::int / %(together)s %% (%(streams)s / %(together)s)
CROSS JOIN sensor
"""
)
_STATE = """
INSERT INTO things.datastream_state (datastream_id, first_time, last_time, last_id, last_result, n, last_slot)
SELECT d.id, now() - interval '400 days', now() - d.id % 600 * interval '1 second', d.id, d.id % 97, 38400, 0
FROM things.datastream AS d
"""
# Of those on boards: the days that say what is usual, and those of a year; of all others, one day.
_ROLLUPS = """
INSERT INTO things.rollup_{bucket} (datastream_id, start, n, rows, good, mean, m2, minimum, maximum,
                                    first, last, first_time, last_time, weight)
SELECT d.id, s.start, 4, 4, 4, 50 + 30 * sin(d.id + extract(epoch FROM s.start) / 20000), 1, 1, 99, 50, 50,
       s.start, s.start + interval '45 minutes', 4
FROM things.datastream AS d
JOIN things.observed_property AS p ON p.id = d.observed_property_id
CROSS JOIN LATERAL generate_series(
    date_trunc('{bucket}', now()) - interval '1 {bucket}'
        * CASE WHEN substr(p.definition, 27)::int < %(shown)s THEN %(far)s ELSE 24 END,
    date_trunc('{bucket}', now()), interval '1 {bucket}') AS s (start)
WHERE '{bucket}' = 'day' OR extract(epoch FROM now() - s.start)::bigint %% 604800 < 172800
"""


_BOARD = """
WITH b AS (INSERT INTO insights.board (key, newest, published) VALUES (%s, 1, 1) RETURNING id)
INSERT INTO insights.board_version (board_id, number, content, step, published_at)
SELECT id, 1, %s, 'begun', now() FROM b
"""


def fill(connection: psycopg.Connection[Any]) -> None:
    """The series; those of the boards have eight weeks and a year, all others one day."""
    connection.execute(_THINGS, {"dataset": DATASET, "streams": STREAMS, "together": _TOGETHER})
    connection.execute(_STATE)
    for bucket, far in (("hour", 24 * 58), ("day", 365)):
        shown = {"shown": TILES * len(KEYS), "far": far}
        connection.execute(_ROLLUPS.format(bucket=bucket), shown)
    connection.execute("DELETE FROM things.rollup_dirty")
    connection.execute("VACUUM ANALYZE")
    for number, key in enumerate(KEYS):
        groups = [{"key": "g", "tiles": _tiles(connection, since=number * TILES)}]
        content = {"title": {"de": f"Messung {number}"}, "audience": "public", "groups": groups}
        connection.execute(_BOARD, (key, Jsonb(content)))


def _tiles(connection: psycopg.Connection[Any], *, since: int) -> list[dict[str, Any]]:
    """Every kind in turn; every other round of single series, the others of a property."""
    found: list[dict[str, Any]] = []
    for n in range(TILES - 2):
        definition = f"https://example.org/level/{since + n}"
        tile: dict[str, Any] = {
            "key": f"t{n}", "form": _KINDS[n % len(_KINDS)], "title": {"de": f"Kachel {n}"},
            "threshold": 50.0, "low": 0.0, "high": 100.0,
        }  # fmt: skip
        if n // len(_KINDS) % 2:
            tile["streams"] = [
                row[0] for row in connection.execute(
                    "SELECT min(d.id) FROM things.datastream AS d JOIN things.observed_property AS p"
                    " ON p.id = d.observed_property_id WHERE p.definition = %s", (definition,))
            ]  # fmt: skip
        else:
            tile["properties"] = [definition]
        found.append(tile)
    found.append({"key": "days", "form": "countdown", "title": {"de": "Tage"}, "until": "2099-01-01"})
    found.append({"key": "words", "form": "text", "title": {"de": "Worte"}, "body": {"de": "Text"}})
    return found
