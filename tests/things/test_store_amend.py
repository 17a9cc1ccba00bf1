# SPDX-License-Identifier: EUPL-1.2
"""What is stored can be changed and deleted, and everything derived from it follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.things.store import amend, disposal
from tests.things.histories import (
    NOON,
    check_rollups,
    check_state,
    datastreams,
    features,
    reading,
    state,
    store,
)

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_an_observation_can_be_moved_and_keeps_its_id(connection: Connection) -> None:
    """PATCH of the time goes to another partition; state and rollups follow."""
    (stream,) = await datastreams(connection)
    result = await store(connection, reading(stream, NOON, 1.0), reading(stream, NOON + MINUTE, 2.0))
    moved = int(result.id[1])
    there = NOON - timedelta(days=400)
    async with connection.transaction():
        await amend.update(
            connection, observation_id=moved, changes={"phenomenon_time": there, "result": "x"}
        )
    found = await amend.find(connection, observation_id=moved)
    assert found is not None
    assert (found.phenomenon_time, found.result, found.result_json) == (there, None, "x")
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def test_deleting_the_newest_observation_brings_back_the_one_before(connection: Connection) -> None:
    """The state says what is newest now; the deleted one cannot be deleted again."""
    (stream,) = await datastreams(connection)
    await features(connection, 8)
    early = reading(stream, NOON, 1.0, result_time=NOON, feature_id=8)
    result = await store(connection, early, reading(stream, NOON + MINUTE, 2.0, result_time=NOON + MINUTE))
    async with connection.transaction():
        await amend.delete(connection, observation_id=int(result.id[1]))
    kept = await state(connection, stream)
    assert (kept["n"], kept["last_result"], kept["result_time_last"]) == (1, 1.0, NOON)
    with pytest.raises(problems.NotFound):
        await amend.delete(connection, observation_id=int(result.id[1]))
    await amend.delete(connection, observation_id=int(result.id[0]))
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")
    left = await connection.execute(
        "SELECT FROM things.datastream_feature WHERE datastream_id = %s", [stream]
    )
    assert await left.fetchall() == []


async def test_a_deleted_datastream_leaves_nothing_and_takes_nothing(connection: Connection) -> None:
    """Rows, state, rollups and marks go; readings for it are unknown afterwards."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    async with connection.transaction():
        await disposal.datastreams(connection, ids=[stream])
        await connection.execute("DELETE FROM things.datastream WHERE id = %s", [stream])
    assert not (await store(connection, reading(stream, NOON, 1.0))).known.any()
    await disposal.everything(connection)
    for table in ("observation", "datastream_state", "rollup_hour", "rollup_day", "rollup_dirty"):
        statement = f"SELECT count(*) FROM things.{table} WHERE datastream_id = %s"
        assert await (await connection.execute(statement, [stream])).fetchone() == (0,)
