# SPDX-License-Identifier: EUPL-1.2
"""Datastreams and observations for tests of the store, and what their rollups must come to."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from stadtkern.core.database import Connection
from stadtkern.things import readings
from stadtkern.things.store import batch, fold, merge

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REACH = timedelta(days=7)

_MAKE = """
WITH dataset AS (
    INSERT INTO core.dataset (key, room_id) SELECT 'store-test', id FROM core.room WHERE key = 'public'
    ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id
), thing AS (
    INSERT INTO things.thing (dataset_id, name, description) SELECT id, 't', 't' FROM dataset RETURNING id
), sensor AS (
    INSERT INTO things.sensor (dataset_id, name, description, encoding_type, metadata)
    SELECT id, 's', 's', 'text/plain', '"s"' FROM dataset RETURNING id
), property AS (
    INSERT INTO things.observed_property (dataset_id, name, definition, description)
    SELECT id, 'p', 'p', 'p' FROM dataset RETURNING id
)
INSERT INTO things.datastream (dataset_id, thing_id, sensor_id, observed_property_id, name, description, unit,
                               observation_type, kind, conflict)
SELECT dataset.id, thing.id, sensor.id, property.id, 'd', 'd', '{}', 'OM_Measurement', %(kind)s, %(conflict)s
FROM dataset, thing, sensor, property, generate_series(1, %(count)s)
RETURNING id
"""


async def datastreams(
    connection: Connection, *, count: int = 1, kind: str = "measurement", conflict: str = "append"
) -> list[int]:
    """Fresh datastreams without observations."""
    cursor = await connection.execute(_MAKE, {"count": count, "kind": kind, "conflict": conflict})
    return [row[0] for row in await cursor.fetchall()]


async def features(connection: Connection, *ids: int) -> None:
    """Features of interest with these ids, one degree apart."""
    for number in ids:
        await connection.execute(
            "INSERT INTO things.feature_of_interest"
            " (id, dataset_id, name, description, encoding_type, feature, bounds)"
            " SELECT %(id)s, min(id), 'f', 'f', 'text/plain', '{}', box(point(%(x)s, 1), point(%(x)s, 1))"
            " FROM core.dataset ON CONFLICT DO NOTHING",
            {"id": number, "x": number % 100},
        )


def reading(datastream_id: int, time: datetime, result: Any, **others: Any) -> readings.Reading:
    """One reading."""
    return readings.Reading(datastream_id=datastream_id, phenomenon_time=time, result=result, **others)


async def store(
    connection: Connection, *items: readings.Reading, policy: merge.Policy | None = None
) -> merge.MergeResult:
    """Merge readings in a transaction of their own."""
    async with connection.transaction():
        return await merge.merge(connection, batch=batch.of_readings(items), policy=policy)


async def rows(connection: Connection, datastream_id: int) -> list[tuple[Any, ...]]:
    """(time, slot, result, result_json) of all observations, in order."""
    cursor = await connection.execute(
        "SELECT phenomenon_time, slot, result, result_json FROM things.observation WHERE datastream_id = %s "
        "ORDER BY 1, 2",
        [datastream_id],
    )
    return await cursor.fetchall()


async def state(connection: Connection, datastream_id: int) -> dict[str, Any]:
    """The state row."""
    cursor = await connection.execute(
        "SELECT * FROM things.datastream_state WHERE datastream_id = %s", [datastream_id]
    )
    row = await cursor.fetchone()
    assert row is not None
    assert cursor.description is not None
    return dict(zip([column.name for column in cursor.description], row, strict=True))


Bucket = dict[str, Any]


def _aggregate(items: Sequence[tuple[datetime, float | None]]) -> Bucket:
    values = [value for _, value in items if value is not None]
    mean = sum(values) / len(values) if values else None
    return {
        "n": len(values),
        "rows": len(items),
        "mean": mean,
        "m2": None if mean is None else sum((value - mean) ** 2 for value in values),
        "minimum": min(values, default=None),
        "maximum": max(values, default=None),
        "first": items[0][1] if items else None,
        "last": items[-1][1] if items else None,
        "first_time": items[0][0] if items else None,
        "last_time": items[-1][0] if items else None,
        "weight": None,
    }


def _floor(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def expected_hours(items: Sequence[tuple[datetime, float | None]], *, kind: str) -> dict[datetime, Bucket]:
    """What the hours of these observations, in order, must come to."""
    groups: defaultdict[datetime, list[tuple[datetime, float | None]]] = defaultdict(list)
    for time, value in items:
        groups[_floor(time)].append((time, value))
    if kind != "state":
        return {start: _aggregate(group) for start, group in groups.items()}
    held: defaultdict[datetime, list[tuple[float, float]]] = defaultdict(list)
    for (time, value), (following, _) in pairwise(items):
        if value is not None and following - time <= REACH:
            for start, seconds in _pieces(time, following):
                held[start].append((seconds, value))
    return {start: _weighed(groups.get(start, []), held.get(start, [])) for start in {*groups, *held}}


def _pieces(time: datetime, until: datetime) -> list[tuple[datetime, float]]:
    found = []
    while time < until:
        end = min(until, _floor(time) + HOUR)
        found.append((_floor(time), (end - time).total_seconds()))
        time = end
    return found


def _weighed(items: Sequence[tuple[datetime, float | None]], held: Sequence[tuple[float, float]]) -> Bucket:
    bucket = _aggregate(items)
    weight = sum(seconds for seconds, _ in held)
    bucket["weight"] = weight
    if held:
        mean = sum(seconds * value for seconds, value in held) / weight
        bucket["mean"] = mean
        bucket["m2"] = sum(seconds * (value - mean) ** 2 for seconds, value in held)
        values = [value for _, value in held] + [value for _, value in items if value is not None]
        bucket["minimum"], bucket["maximum"] = min(values), max(values)
    return bucket


def expected_days(hours: dict[datetime, Bucket], zone: ZoneInfo) -> dict[datetime, Bucket]:
    """What the city's days must come to."""
    groups: defaultdict[datetime, list[Bucket]] = defaultdict(list)
    for start in sorted(hours):
        local = start.astimezone(zone)
        day = datetime(local.year, local.month, local.day, tzinfo=zone)
        groups[day.astimezone(UTC)].append(hours[start])
    return {day: _together(group) for day, group in groups.items()}


def _together(group: Sequence[Bucket]) -> Bucket:
    def share(bucket: Bucket) -> float:
        return float(bucket["n"] if bucket["weight"] is None else bucket["weight"])

    numbers = [bucket for bucket in group if bucket["mean"] is not None]
    total = sum(share(bucket) for bucket in numbers)
    seen = [bucket for bucket in group if bucket["rows"]]
    if total:
        mean = sum(share(bucket) * bucket["mean"] for bucket in numbers) / total
    else:
        mean = sum(bucket["mean"] for bucket in numbers) / len(numbers) if numbers else None
    return {
        "n": sum(bucket["n"] for bucket in group),
        "rows": sum(bucket["rows"] for bucket in group),
        "mean": mean,
        "minimum": min((bucket["minimum"] for bucket in numbers), default=None),
        "maximum": max((bucket["maximum"] for bucket in numbers), default=None),
        "first": seen[0]["first"] if seen else None,
        "last": seen[-1]["last"] if seen else None,
    }


async def stored_buckets(connection: Connection, table: str, datastream_id: int) -> dict[datetime, Bucket]:
    """What the rollup holds."""
    cursor = await connection.execute(
        f"SELECT * FROM things.{table} WHERE datastream_id = %s",
        [datastream_id],  # type: ignore[arg-type]
    )
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
    return {bucket["start"]: bucket for bucket in found}


def same(found: Any, wanted: Any) -> bool:
    """Equal, numbers up to rounding."""
    if isinstance(found, float) and isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-6)
    return bool(found == wanted)


async def check_rollups(connection: Connection, datastream_id: int, *, kind: str) -> None:
    """Fold, then compare hours and days with the aggregate of the raw rows."""
    await fold.fold_all(connection)
    items = [(time, value) for time, _, value, _ in await rows(connection, datastream_id)]
    hours = expected_hours(items, kind=kind)
    days = expected_days(hours, ZoneInfo("Europe/Berlin"))
    for table, wanted in (("rollup_hour", hours), ("rollup_day", days)):
        found = await stored_buckets(connection, table, datastream_id)
        assert sorted(found) == sorted(wanted), table
        for start, bucket in wanted.items():
            for name, value in bucket.items():
                assert same(found[start][name], value), (table, start, name, found[start][name], value)


_MISCOUNTED = """
SELECT f.feature_id, f.n, o.n
FROM (SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %(id)s AND n <> 0) AS f
FULL JOIN (SELECT feature_id, count(*) AS n FROM things.observation
           WHERE datastream_id = %(id)s AND feature_id IS NOT NULL GROUP BY 1) AS o USING (feature_id)
WHERE f.n IS DISTINCT FROM o.n
"""
_UPKEEP = """
SELECT max(coalesce(o.phenomenon_end, o.phenomenon_time)), min(o.result_time), max(o.result_time),
       things.box_around(max((f.bounds[0])[0]), max((f.bounds[0])[1]),
                         min((f.bounds[1])[0]), min((f.bounds[1])[1]))
FROM things.observation AS o LEFT JOIN things.feature_of_interest AS f ON f.id = o.feature_id
WHERE o.datastream_id = %(id)s
"""


async def check_state(connection: Connection, datastream_id: int) -> None:
    """Compare the state row with the raw rows."""
    stored = await rows(connection, datastream_id)
    cursor = await connection.execute(
        "SELECT FROM things.datastream_state WHERE datastream_id = %s", [datastream_id]
    )
    if await cursor.fetchone() is None:
        assert not stored
        return
    kept = await state(connection, datastream_id)
    assert kept["n"] == len(stored)
    assert kept["first_time"] == (stored[0][0] if stored else None)
    assert kept["last_time"] == (stored[-1][0] if stored else None)
    assert same(kept["last_result"], stored[-1][2] if stored else None)
    cursor = await connection.execute(_UPKEEP, {"id": datastream_id})
    row = await cursor.fetchone()
    assert (kept["end_time"], kept["result_time_first"], kept["result_time_last"], kept["area"]) == row
    cursor = await connection.execute(_MISCOUNTED, {"id": datastream_id})
    assert await cursor.fetchall() == []


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 60.0) -> None:
    """Ask again until the condition holds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  (the condition lives in the database)
            await asyncio.sleep(0.02)
