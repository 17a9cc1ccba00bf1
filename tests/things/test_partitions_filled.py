# SPDX-License-Identifier: EUPL-1.2
"""A partition that is made for many rows is filled first and indexed afterwards; nobody can tell later."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.store import batch, merge, partitions, prepared
from tests.things.histories import check_state, datastreams

pytestmark = pytest.mark.anyio

_DAY = 86_400_000_000
_MANY = prepared.COPY_FROM * 3
_YEAR = {name: year for year, name in enumerate(("filled", "race", "lost", "mixed", "unknown"), start=2031)}


def _rows(stream: int, *, name: str, first_day: int = 0, n: int = _MANY) -> batch.Batch:
    """Two readings an hour from the first of January of the test's own year on."""
    begin = int(np.datetime64(f"{_YEAR[name]}-01-01", "us").astype(np.int64)) + first_day * _DAY
    return batch.Batch(
        datastream_id=np.full(n, stream),
        time=begin + np.arange(n) * (_DAY // 48),
        result=np.arange(n, dtype=np.float64),
    )


async def _indexes(connection: Connection, leaf: str) -> list[str]:
    cursor = await connection.execute(
        "SELECT regexp_replace(indexdef, '^.* USING', 'USING') FROM pg_indexes "
        "WHERE schemaname = 'things' AND tablename = %s ORDER BY 1",
        [leaf],
    )
    return [row[0] for row in await cursor.fetchall()]


async def _made_empty(connection: Connection) -> str:
    key = partitions.key(int(np.datetime64("2040-01-01", "us").astype(np.int64)))
    await partitions.ensure(connection, keys=[key])
    return partitions.leaf(key)


async def test_a_filled_partition_is_like_one_that_was_made_empty(connection: Connection) -> None:
    """The same indexes; every row is there, found by its time and by its number, and stored only once."""
    (stream,) = await datastreams(connection)
    rows = _rows(stream, name="filled")
    async with connection.transaction():
        first = await merge.merge(connection, batch=rows)
    assert first.new.all()
    assert await _indexes(connection, "observation_2031_01") == await _indexes(
        connection, await _made_empty(connection)
    )
    cursor = await connection.execute(
        "SELECT count(*) FROM pg_inherits AS i JOIN pg_index AS x ON x.indexrelid = i.inhrelid "
        "WHERE x.indrelid = 'things.observation_2031_01'::regclass"
    )
    assert await cursor.fetchone() == (2,)
    async with connection.transaction():
        second = await merge.merge(connection, batch=rows)
    assert not second.new.any()
    assert second.id.tolist() == first.id.tolist()
    cursor = await connection.execute(
        "SELECT count(*), count(DISTINCT id) FROM things.observation WHERE id = ANY (%s)", [first.id.tolist()]
    )
    assert await cursor.fetchone() == (_MANY, _MANY)
    await check_state(connection, stream)


async def test_writers_who_need_the_same_partition_wait_for_each_other(
    connection: Connection, database: str
) -> None:
    """One fills it, the others find it there."""
    streams = await datastreams(connection, count=3)

    async def load(stream: int) -> int:
        async with await core_database.connect(url=database, autocommit=True) as own, own.transaction():
            result = await merge.merge(own, batch=_rows(stream, name="race"))
            return int(result.new.sum())

    assert await asyncio.gather(*map(load, streams)) == [_MANY] * 3
    for stream in streams:
        await check_state(connection, stream)


async def test_a_transaction_that_fails_leaves_no_partition(connection: Connection) -> None:
    """Neither the table nor the belief that it is there."""
    (stream,) = await datastreams(connection)
    rows = _rows(stream, name="lost")
    with pytest.raises(RuntimeError, match="gone wrong"):
        async with connection.transaction():
            await merge.merge(connection, batch=rows)
            raise RuntimeError("gone wrong")
    cursor = await connection.execute("SELECT to_regclass('things.observation_2033_01') IS NULL")
    assert await cursor.fetchone() == (True,)
    async with connection.transaction():
        result = await merge.merge(connection, batch=rows)
    assert result.new.all()


async def test_one_batch_goes_on_in_one_month_and_fills_another(
    connection: Connection,
) -> None:
    """What is there already is met row by row, few rows of a new month are stored as ever."""
    (stream,) = await datastreams(connection)
    async with connection.transaction():
        await merge.merge(connection, batch=_rows(stream, name="mixed", n=1_200))  # to the 25th of January
    again = _rows(stream, name="mixed", n=48 * (31 + 28) + 10)  # ten readings of March
    async with connection.transaction():
        result = await merge.merge(connection, batch=again)
    assert not result.new[:1_200].any()
    assert result.new[1_200:].all()
    await check_state(connection, stream)


async def test_unknown_datastreams_are_left_out_of_a_new_partition(connection: Connection) -> None:
    """Their rows are told, the others stored."""
    (stream,) = await datastreams(connection)
    known, unknown = _rows(stream, name="unknown"), _rows(stream + 1_000_000, name="unknown")
    async with connection.transaction():
        result = await merge.merge(connection, batch=batch.joined([known, unknown]))
    assert result.known.tolist() == [True] * _MANY + [False] * _MANY
    assert int(result.new.sum()) == _MANY
    await check_state(connection, stream)
