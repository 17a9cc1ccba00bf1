# SPDX-License-Identifier: EUPL-1.2
"""Deleting many observations together: what is known of their datastreams stays right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stadtkern.core.database import Connection
from stadtkern.core.problems import NotFound
from stadtkern.things.store import amend, clearing, fold
from tests.things import histories
from tests.things.histories import NOON, check_rollups, check_state, datastreams, reading, rows, store

pytestmark = pytest.mark.anyio

FEATURES = (951, 952)


async def filled(connection: Connection, *, kind: str) -> dict[tuple[int, int], int]:
    """Two datastreams over nine days and two months, of two features; the ids by datastream and result."""
    streams = await datastreams(connection, count=2, kind=kind)
    await histories.features(connection, *FEATURES)
    for stream in streams:
        items = [
            reading(
                stream, NOON + timedelta(hours=5 * n), n, feature_id=FEATURES[n % 2],
                result_time=NOON + timedelta(hours=5 * n),
            )
            for n in range(40)
        ]  # fmt: skip
        await store(connection, *items)
    cursor = await connection.execute(
        "SELECT datastream_id, result::integer, id FROM things.observation WHERE datastream_id = ANY (%s)",
        [streams],
    )
    return {(stream, result): number for stream, result, number in await cursor.fetchall()}


@pytest.mark.parametrize("kind", ["measurement", "state"])
async def test_states_and_rollups_follow(connection: Connection, kind: str) -> None:
    """The first, the newest, all of a feature, and one that was moved to another month."""
    known = await filled(connection, kind=kind)
    streams = sorted({stream for stream, _ in known})
    moved = known[streams[0], 6]
    async with connection.transaction():
        away = {"phenomenon_time": NOON + timedelta(days=80)}
        await amend.update(connection, observation_id=moved, changes=away)
    gone = [number for (_, result), number in known.items() if result % 2 or result in (0, 6, 38)]
    async with connection.transaction():
        found = await clearing.find(connection, observation_ids=gone)
        await clearing.delete(connection, rows=found)
    kept = [n for n in range(2, 38, 2) if n != 6]
    for stream in streams:
        assert [row[2] for row in await rows(connection, stream)] == kept
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind=kind)
        counted = await connection.execute(
            "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s", [stream]
        )
        assert await counted.fetchall() == [(FEATURES[0], len(kept))]


async def test_what_went_or_moved_meanwhile_is_not_deleted(connection: Connection) -> None:
    """Somebody may only delete where they were found: rights were asked for there."""
    known = await filled(connection, kind="measurement")
    first, second = sorted({stream for stream, _ in known})
    found = await clearing.find(connection, observation_ids=[known[first, 1], known[first, 2]])
    async with connection.transaction():
        await amend.update(connection, observation_id=known[first, 2], changes={"datastream_id": second})
    with pytest.raises(NotFound):
        async with connection.transaction():
            await clearing.delete(connection, rows=found)
    async with connection.transaction():
        await amend.delete(connection, observation_id=known[first, 1])
    with pytest.raises(NotFound):
        await clearing.find(connection, observation_ids=[known[first, 1]])
    assert len(await rows(connection, second)) == 41


async def test_what_was_held_between_deleted_readings_goes_with_them(connection: Connection) -> None:
    """Of a state: hours in which nothing came in, between two of those that are deleted together."""
    (stream,) = await datastreams(connection, kind="state")
    at = [timedelta(hours=hour) for hour in (0, 30, 190, 400)]
    result = await store(connection, *(reading(stream, NOON + after, 1.0) for after in at))
    await fold.fold_all(connection)
    for kept in (1, 0):
        async with connection.transaction():
            gone = result.id.tolist()[:-1] if kept else result.id.tolist()[-1:]
            await clearing.delete(connection, rows=await clearing.find(connection, observation_ids=gone))
        await check_rollups(connection, stream, kind="state")
        assert len(await rows(connection, stream)) == kept
