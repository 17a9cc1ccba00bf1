# SPDX-License-Identifier: EUPL-1.2
"""Partitions, ids, columns and news: what the store promises to its neighbours."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.core import database as core_database
from stadtkern.core import times
from stadtkern.core.database import Connection
from stadtkern.things.store import batch, merge, partitions
from tests.things.histories import (
    NOON,
    datastreams,
    reading,
    store,
)

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_ids_carry_the_month_and_are_safe_for_javascript(connection: Connection) -> None:
    """The high bits are the months since January 1900, and no id passes 2^53."""
    (stream,) = await datastreams(connection)
    moments = [datetime(1991, 6, 1, tzinfo=UTC), NOON, datetime(2028, 1, 1, tzinfo=UTC)]
    result = await store(connection, *(reading(stream, moment, 1.0) for moment in moments))
    ids = result.id.tolist()
    assert [number >> 40 for number in ids] == [times.month_number(moment) for moment in moments]
    assert max(ids) < 2**53


async def test_partitions_appear_while_others_read(connection: Connection, database: str) -> None:
    """A reader in a long transaction neither waits nor makes the writer wait."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    async with await core_database.connect(url=database) as reader:
        await reader.execute("SELECT count(*) FROM things.observation")
        keys = [
            partitions.key(batch.microseconds(datetime(2020, month, 1, tzinfo=UTC))) for month in (5, 6, 7)
        ]
        await connection.execute("SET lock_timeout = '2s'")

        async def make(own: Connection) -> None:
            await partitions.ensure(own, keys=keys)

        async with await core_database.connect(url=database, autocommit=True) as second:
            await asyncio.gather(make(connection), make(second))
        await store(connection, reading(stream, datetime(2020, 6, 9, tzinfo=UTC), 2.0))
        cursor = await reader.execute(
            "SELECT count(*) FROM things.observation WHERE datastream_id = %s", [stream]
        )
        assert await cursor.fetchone() == (2,)
    await connection.execute("RESET lock_timeout")


async def test_partition_bounds_are_months_from_2015_and_years_before() -> None:
    """Every instant belongs to exactly one partition, whose bounds enclose it."""
    for moment in (datetime(1991, 12, 31, 23, 59, tzinfo=UTC), datetime(2014, 12, 31, tzinfo=UTC), NOON):
        at = batch.microseconds(moment)
        key = partitions.key(at)
        assert partitions.start(key) <= at < partitions.end(key)
    assert partitions.leaf(partitions.key(batch.microseconds(NOON))) == "observation_2026_03"
    assert (
        partitions.leaf(partitions.key(batch.microseconds(datetime(2014, 5, 1, tzinfo=UTC))))
        == "observation_2014"
    )


async def test_listeners_hear_of_changed_datastreams_only(connection: Connection, database: str) -> None:
    """Each once, also of very many; redeliveries are no news."""
    streams = await datastreams(connection, count=900)
    async with await core_database.connect(url=database, autocommit=True) as listener:
        await listener.execute("LISTEN observations")
        items = [reading(stream, NOON, 1.0) for stream in streams]
        await store(connection, *items, *items)
        await store(connection, *items)
        heard = [int(part) for notice in await _notices(listener, count=3) for part in notice.split(",")]
    assert sorted(heard) == sorted(streams)


async def _notices(listener: Connection, *, count: int) -> list[str]:
    return [notice.payload async for notice in listener.notifies(timeout=60.0, stop_after=count)]


async def test_a_batch_of_columns_equals_a_batch_of_readings(connection: Connection) -> None:
    """Imports hand over columns, doors hand over readings."""
    (stream,) = await datastreams(connection)
    moments = [NOON, NOON + MINUTE]
    columns = batch.of_columns(
        datastream_id=stream, times=moments, results=[1.5, "x"], qualities=[None, "bad"]
    )
    items = [reading(stream, NOON, 1.5), reading(stream, NOON + MINUTE, "x", result_quality="bad")]
    same = batch.of_readings(items)
    for name in ("datastream_id", "time", "result"):
        assert np.array_equal(getattr(columns, name), getattr(same, name), equal_nan=name == "result")
    assert columns.result_json is not None
    assert same.result_json is not None
    assert columns.result_json.tolist() == same.result_json.tolist()
    async with connection.transaction():
        assert (await merge.merge(connection, batch=columns)).new.all()
    assert not (await store(connection, *items)).new.any()


@settings(max_examples=500)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2300, 1, 1)))
def test_instants_keep_their_microseconds(moment: datetime) -> None:
    """The quick way for columns and the exact way for single instants agree, and both can be undone."""
    aware = moment.replace(tzinfo=UTC)
    (quick,) = batch.column_of([aware]).tolist()
    assert quick == batch.microseconds(aware)
    assert batch.instant(quick) == aware
