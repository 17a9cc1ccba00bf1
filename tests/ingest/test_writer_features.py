# SPDX-License-Identifier: EUPL-1.2
"""How many observations are about which feature, counted by the short way in the datastream's state."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.ingest.writer.commit import commit
from stadtkern.things import readings
from stadtkern.things.store import aftermath, amend, batch, disposal, merge
from tests import blocking
from tests.things import histories
from tests.things.histories import NOON, check_state, datastreams, reading, rows, state

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def stored(connection: Connection, stream: int, *features: Sequence[int | None]) -> None:
    """One commit for each, a reading about each of its features, behind all that is there."""
    for about in features:
        known = len(await rows(connection, stream))
        await commit(
            connection,
            items=[
                reading(stream, NOON + (known + at) * MINUTE, 1.0, feature_id=feature)
                for at, feature in enumerate(about)
            ],
        )
        await check_state(connection, stream)


async def counted(connection: Connection, stream: int) -> tuple[int | None, int, dict[int, int]]:
    """The main feature, how many of it the state counts, and how many of each the features say."""
    known = await state(connection, stream)
    cursor = await connection.execute(
        "SELECT feature_id, n FROM things.datastream_feature WHERE datastream_id = %s", [stream]
    )
    return known["main_feature"], known["main_feature_n"], dict(await cursor.fetchall())


async def test_what_comes_again_is_counted_in_the_state(connection: Connection) -> None:
    """The first makes the feature known, the second the main one; all others are counted without it."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001)
    await stored(connection, stream, [9001])
    assert await counted(connection, stream) == (None, 0, {9001: 1})
    await stored(connection, stream, [9001, 9001])
    assert await counted(connection, stream) == (9001, 0, {9001: 3})
    await stored(connection, stream, [9001, 9001], [None], [9001])
    assert await counted(connection, stream) == (9001, 3, {9001: 3})


async def test_other_features_are_counted_beside_it(connection: Connection) -> None:
    """Alone or together with the main one, known before or not."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001, 9002)
    await stored(connection, stream, [9001], [9001], [9001], [9002], [9002, 9002])
    assert await counted(connection, stream) == (9001, 1, {9001: 2, 9002: 3})
    await stored(connection, stream, [9001, 9002, None, 9001])
    assert await counted(connection, stream) == (9001, 1, {9001: 4, 9002: 4})


async def test_the_general_way_counts_beside_it(connection: Connection) -> None:
    """What the state has counted stays there."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001)
    await stored(connection, stream, [9001], [9001], [9001])
    late = batch.of_readings([reading(stream, NOON - MINUTE, 2.0, feature_id=9001)])
    async with connection.transaction():
        await merge.merge(connection, batch=late)
    assert await counted(connection, stream) == (9001, 1, {9001: 3})
    await check_state(connection, stream)


async def test_what_is_taken_away_is_settled_before(connection: Connection) -> None:
    """The feature stays as long as one observation is about it, wherever that one was counted."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001, 9002)
    await stored(connection, stream, [9001], [9001], [9001], [9001])
    assert await counted(connection, stream) == (9001, 2, {9001: 2})
    statement = "SELECT id FROM things.observation WHERE datastream_id = %s ORDER BY phenomenon_time"
    ids = [row[0] for row in await (await connection.execute(statement, [stream])).fetchall()]
    for left in (3, 2, 1):
        await amend.delete(connection, observation_id=ids[left])
        assert await counted(connection, stream) == (None, 0, {9001: left})
        await check_state(connection, stream)
    await stored(connection, stream, [9001], [9001])
    assert await counted(connection, stream) == (9001, 1, {9001: 2})
    changes = {"feature_id": 9002}
    await amend.update(connection, observation_id=ids[0], changes=changes)
    assert await counted(connection, stream) == (None, 0, {9001: 2, 9002: 1})
    await check_state(connection, stream)


async def test_a_deleted_feature_is_no_main_one(connection: Connection) -> None:
    """Its observations go with it, and whoever refers to it then is refused."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001, 9004)
    await stored(connection, stream, [9001], [9004], [9004], [9004, 9004])
    async with connection.transaction():
        await disposal.feature(connection, feature_id=9004, datastream_ids=[stream])
        await connection.execute("DELETE FROM things.feature_of_interest WHERE id = 9004")
    assert await counted(connection, stream) == (None, 0, {9001: 1})
    await check_state(connection, stream)
    late = reading(stream, NOON + timedelta(days=1), 1.0, feature_id=9004)
    answers, changed = await commit(connection, items=[late])
    assert not isinstance(answers[0], readings.Stored)
    assert changed == []
    await stored(connection, stream, [9001])
    assert await counted(connection, stream) == (9001, 0, {9001: 2})


async def test_two_who_count_at_once_count_both(connection: Connection, database: str) -> None:
    """Who waits for the state sees what the other one made the main feature."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9001)
    await stored(connection, stream, [9001])
    for turn, expected in enumerate([(9001, 1, {9001: 2}), (9001, 3, {9001: 2})]):
        async with await core_database.connect(url=database) as other:
            await commit(other, items=[reading(stream, NOON + (10 + turn) * MINUTE, 1.0, feature_id=9001)])
            late = reading(stream, NOON + (20 + turn) * MINUTE, 1.0, feature_id=9001)
            storing = asyncio.create_task(commit(connection, items=[late]))
            await blocking.until_blocked(other, storing)
            await other.commit()
            await storing
        assert await counted(connection, stream) == expected
        await check_state(connection, stream)


async def test_several_sessions_count_what_there_is(connection: Connection, database: str) -> None:
    """Mostly one feature for each datastream, now and then another one, or one takes back what it stored."""
    streams = await datastreams(connection, count=4)
    await histories.features(connection, 9001, 9002, 9003)
    in_states: list[int] = []

    async def write(chance: random.Random, seconds: int) -> None:
        mine: list[int] = []
        async with await core_database.connect(url=database, autocommit=True) as own:
            for turn in range(25):
                some = chance.sample(streams, chance.randrange(1, 5))
                time = NOON + turn * MINUTE + timedelta(seconds=seconds)
                usual: dict[int, int | None] = {stream: 9001 + stream % 3 for stream in some}
                if chance.random() < 0.1:
                    usual[some[0]] = chance.choice([9001, 9002, 9003, None])
                each = chance.choice([1, 1, 3])
                items = [
                    reading(stream, time + at * timedelta(seconds=1), 1.0, feature_id=feature)
                    for stream, feature in usual.items()
                    for at in range(each)
                ]
                answers, _ = await commit(own, items=items)
                mine += [each.id for each in answers if isinstance(each, readings.Stored) and each.new]
                if chance.random() < 0.05 and mine:
                    gone = mine.pop(chance.randrange(len(mine)))
                    async with own.transaction():
                        await amend.delete(own, observation_id=gone)

    for round_ in range(4):
        await asyncio.gather(*(write(random.Random(f"{round_}/{n}"), 10 * n + 3 * round_) for n in range(3)))
        for stream in streams:
            await check_state(connection, stream)
            in_states.append((await counted(connection, stream))[1])
    assert max(in_states) > 10


async def test_areas_are_found_in_the_order_of_their_datastreams(
    connection: Connection, database: str
) -> None:
    """Like all who hold several states: nobody stands across the way of another one."""
    streams = await datastreams(connection, count=12)
    await histories.features(connection, 9001)
    await commit(connection, items=[reading(stream, NOON, 1.0, feature_id=9001) for stream in streams])
    free = "SELECT datastream_id FROM things.datastream_state WHERE datastream_id = ANY (%s) ORDER BY 1"
    free += " FOR NO KEY UPDATE SKIP LOCKED"
    async with await core_database.connect(url=database) as holding:
        for held in (0, 6, 11):
            lock = "SELECT FROM things.datastream_state WHERE datastream_id = %s FOR NO KEY UPDATE"
            await holding.execute(lock, [streams[held]])
            finding = asyncio.create_task(found_anew(connection))
            await blocking.until_blocked(holding, finding)
            found = [row[0] for row in await (await holding.execute(free, [streams])).fetchall()]
            await holding.rollback()
            await finding
            assert found == sorted(streams)[held:]


async def found_anew(connection: Connection) -> None:
    async with connection.transaction():
        await aftermath.find_areas(connection, feature_id=9001)
