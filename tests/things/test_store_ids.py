# SPDX-License-Identifier: EUPL-1.2
"""An observation is found by its id without an index entry of its own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from stadtkern.core.database import Connection
from stadtkern.things.store import amend, fold, merge, partitions
from stadtkern.things.store.batch import Batch, microseconds
from tests.things.histories import NOON, datastreams

pytestmark = pytest.mark.anyio
ROWS = 30_000
MINUTE = 60_000_000


async def loaded(connection: Connection) -> tuple[merge.MergeResult, set[int]]:
    """A load of so many rows that reading all of them would show, and the partitions it went into."""
    (stream,) = await datastreams(connection)
    rows = Batch(
        datastream_id=np.full(ROWS, stream),
        time=microseconds(NOON) + np.arange(ROWS) * MINUTE,
        result=np.arange(ROWS, dtype=float),
    )
    async with connection.transaction():
        result = await merge.merge(connection, batch=rows)
    keys: set[int] = set()
    assert await fold.fold_once(connection, loaded=keys)
    return result, keys


async def plan(connection: Connection, number: int) -> dict[str, Any]:
    """What it takes to find an observation in the month that its id names."""
    key = partitions.key_of_id(number)
    statement = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) " + partitions.statement("find_in_partition", key)
    row = await (await connection.execute(statement, {"id": number})).fetchone()
    assert row is not None
    told = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return dict(told[0]["Plan"])


async def test_after_a_load_few_pages_are_read_for_an_id(connection: Connection) -> None:
    """The fold's care for new partitions replaces the wait for PostgreSQL's own."""
    result, keys = await loaded(connection)
    assert keys == {partitions.key_of_id(int(number)) for number in result.id}
    await partitions.tend(connection, keys=keys)
    for number in (result.id[0], result.id[ROWS // 2], result.id[-1]):
        found = await plan(connection, int(number))
        assert found["Actual Rows"] == 1
        assert found["Node Type"] == "Bitmap Heap Scan"
        assert found["Shared Hit Blocks"] + found["Shared Read Blocks"] < 60


async def test_care_leaves_alone_what_somebody_holds(connection: Connection, database: str) -> None:
    """A partition that is locked or gone is left to PostgreSQL; the fold does not wait for it."""
    from stadtkern.core import database as core_database

    _, keys = await loaded(connection)
    async with await core_database.connect(url=database) as other:
        for key in keys:
            await other.execute(f"LOCK TABLE things.{partitions.leaf(key)} IN ACCESS EXCLUSIVE MODE".encode())
        assert await partitions.tend(connection, keys={*keys, partitions.key_of_id(1 << 50)}) == keys
        await other.rollback()
    assert await partitions.tend(connection, keys=keys) == set()


async def test_rows_written_behind_a_load_are_found(connection: Connection) -> None:
    """Also before anybody summarised them, and where their time was changed to another month."""
    result, keys = await loaded(connection)
    await partitions.tend(connection, keys=keys)
    (stream,) = await datastreams(connection)
    rows = Batch(
        datastream_id=np.array([stream]), time=np.array([microseconds(NOON)]), result=np.array([1.0])
    )
    async with connection.transaction():
        single = await merge.merge(connection, batch=rows)
    assert (await plan(connection, int(single.id[0])))["Actual Rows"] == 1
    assert await amend.find(connection, observation_id=int(result.id[7])) is not None
