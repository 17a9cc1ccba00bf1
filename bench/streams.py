# SPDX-License-Identifier: EUPL-1.2
"""Things with datastreams for a benchmark, and a store full of history, both written by plain SQL."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench.installation import DATASET

Connection = psycopg.Connection[Any]

# The dataset of the benchmark and a sensor in it, for statements that make things
BEGINNING = """
WITH dataset AS (SELECT id FROM core.dataset WHERE key = %(dataset)s),
sensor AS (
    INSERT INTO things.sensor (dataset_id, name, description, encoding_type, metadata)
    SELECT id, 'Probe', 'A probe', 'text/plain', '"none"' FROM dataset RETURNING id),
"""

_THINGS = (
    BEGINNING
    + """property AS (
    INSERT INTO things.observed_property (dataset_id, name, definition, description)
    SELECT id, 'Level', 'https://example.org/level', 'A level' FROM dataset RETURNING id),
place AS (
    INSERT INTO things.location (dataset_id, name, description, encoding_type, location)
    SELECT id, 'Square', 'Where they all are', 'application/geo+json',
           '{"type": "Point", "coordinates": [7.6256, 51.9629]}' FROM dataset RETURNING id),
thing AS (
    INSERT INTO things.thing (dataset_id, name, description, properties)
    SELECT dataset.id, 'Thing ' || n, 'A thing of the benchmark', '{}'
    FROM dataset, generate_series(1, %(streams)s) AS n RETURNING id, dataset_id, name),
standing AS (
    INSERT INTO things.thing_location (thing_id, location_id) SELECT thing.id, place.id FROM thing, place)
INSERT INTO things.datastream (dataset_id, thing_id, sensor_id, observed_property_id, name, description, unit,
                               observation_type, kind, properties)
SELECT thing.dataset_id, thing.id, sensor.id, property.id, 'Level of ' || thing.name, 'A datastream',
       '{"name": "metre", "symbol": "m", "definition": "https://qudt.org/vocab/unit/M"}',
       'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'measurement', '{}'
FROM thing, sensor, property ORDER BY thing.id RETURNING id
"""
)

_PARTITIONS = """
SELECT things.attach_partition(month)
FROM generate_series(
    date_trunc('month', now() - %(steps)s::bigint * %(minutes)s * interval '1 minute'), now(),
    '1 month') AS month
"""

# id = month since 1900-01 << 40 | number, as the writer makes them
_HISTORY = """
INSERT INTO things.observation (datastream_id, phenomenon_time, id, result, slot)
SELECT stream, time,
       (((extract(year FROM time)::bigint - 1900) * 12 + extract(month FROM time)::bigint - 1) << 40)
           | (%(number)s + row_number() OVER ()),
       round((50 + 30 * sin(step / 96.0) + 10 * random())::numeric, 1)::float8, 0
FROM unnest(%(streams)s::bigint[]) AS stream
CROSS JOIN LATERAL generate_series(1, %(steps)s) AS step
CROSS JOIN LATERAL (
    SELECT date_bin('15 minutes', now(), '2000-01-01Z')
           - (%(steps)s - step)::bigint * %(minutes)s * interval '1 minute') AS t (time)
"""

_STATE = """
INSERT INTO things.datastream_state (datastream_id, first_time, last_time, last_id, last_result, n, last_slot)
SELECT span.datastream_id, first, last, newest.id, newest.result, span.n, 0
FROM (SELECT datastream_id, min(phenomenon_time) AS first, max(phenomenon_time) AS last, count(*) AS n
      FROM things.observation WHERE datastream_id = ANY (%(streams)s) GROUP BY datastream_id) AS span
JOIN things.observation AS newest
    ON newest.datastream_id = span.datastream_id AND newest.phenomenon_time = span.last
ON CONFLICT (datastream_id) DO NOTHING
"""

_MARKS = """
INSERT INTO things.rollup_dirty (datastream_id, start, until)
SELECT datastream_id, date_trunc('hour', first_time), date_trunc('hour', last_time) + interval '1 hour'
FROM things.datastream_state WHERE datastream_id = ANY (%(streams)s)
"""

_RANGES = """
SELECT brin_summarize_new_values(i.indexrelid)
FROM pg_inherits AS part JOIN pg_index AS i ON i.indrelid = part.inhrelid
JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam
WHERE part.inhparent = 'things.observation'::regclass AND m.amname = 'brin'
"""

_FOLD_SECONDS = 3600.0
_PAUSE = 0.1
_YEAR = 366 * 96
_AT_ONCE = 1_000_000


def create(connection: Connection, *, streams: int) -> list[int]:
    """Make Things with one Datastream each; returns the datastreams' ids."""
    rows = connection.execute(_THINGS, {"dataset": DATASET, "streams": streams}).fetchall()
    return [row[0] for row in rows]


def fill(connection: Connection, *, datastream_ids: list[int], rows: int) -> list[int]:
    """Quarter hours up to now, evenly over all streams, but a whole year in some: their ids are returned."""
    steps = max(1, rows // len(datastream_ids))
    whole = datastream_ids[:: max(1, len(datastream_ids) // 20)]
    _insert(connection, datastream_ids=whole, steps=max(steps, _YEAR))
    _insert(
        connection,
        datastream_ids=[stream for stream in datastream_ids if stream not in set(whole)],
        steps=steps,
    )
    _finish(connection, datastream_ids=datastream_ids)
    return whole


def fill_long(connection: Connection, *, datastream_id: int, rows: int) -> None:
    """Minutes up to now in one stream."""
    _insert(connection, datastream_ids=[datastream_id], steps=rows, minutes=1)
    _finish(connection, datastream_ids=[datastream_id])


def _insert(connection: Connection, *, datastream_ids: list[int], steps: int, minutes: int = 15) -> None:
    connection.execute(_PARTITIONS, {"steps": steps, "minutes": minutes})
    number = connection.execute("SELECT nextval('things.observation_numbers')").fetchone()[0]  # type: ignore[index]
    size = max(1, _AT_ONCE // steps)
    for at in range(0, len(datastream_ids), size):
        part = datastream_ids[at : at + size]
        connection.execute(_HISTORY, {"streams": part, "steps": steps, "number": number, "minutes": minutes})
        number += len(part) * steps
    connection.execute("SELECT setval('things.observation_numbers', %s)", [(number // 1024 + 1) * 1024])


def _finish(connection: Connection, *, datastream_ids: list[int]) -> None:
    """What the writer would have left: states, marks, ranges of ids; and the planner's figures."""
    connection.execute(_STATE, {"streams": datastream_ids})
    connection.execute(_MARKS, {"streams": datastream_ids})
    connection.execute(_RANGES)
    connection.execute("ANALYZE things.observation, things.datastream_state, things.datastream, things.thing")


def dirty(connection: Connection) -> int:
    """How many marks wait for the fold."""
    row = connection.execute("SELECT count(*) FROM things.rollup_mark").fetchone()
    return int(row[0]) if row else 0


def wait_for_fold(connection: Connection) -> float:
    """Wait until no bucket is dirty; returns the seconds that took."""
    began = time.monotonic()
    while dirty(connection):
        if time.monotonic() - began > _FOLD_SECONDS:
            raise TimeoutError("the fold does not catch up")
        time.sleep(_PAUSE)
    return time.monotonic() - began
