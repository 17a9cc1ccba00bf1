# SPDX-License-Identifier: EUPL-1.2
"""The short way of single readings comes to the same as the general one, and leaves to it the rest."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.problems import Problem
from stadtkern.ingest.writer.commit import commit
from stadtkern.things import news, readings
from stadtkern.things.store import amend, append, batch, few, fold, merge, partitions, prepared
from tests import blocking
from tests.things import histories
from tests.things.histories import NOON, check_rollups, check_state, datastreams, reading, rows, state

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def appended(connection: Connection, *items: readings.Reading) -> append.Appended:
    ready = prepared.prepare(batch.of_readings(items))
    assert append.suits(ready)
    return await append.append(connection, ready=ready)


async def generally(connection: Connection, *items: readings.Reading) -> None:
    async with connection.transaction():
        result = await merge.merge(connection, batch=batch.of_readings(items))
        await news.of_observations(connection, result=result, wake=False)


async def events(connection: Connection) -> list[Any]:
    found = await (await connection.execute("SELECT payload FROM core.outbox ORDER BY id")).fetchall()
    await connection.execute("DELETE FROM core.outbox")
    return [{key: value for key, value in row[0].items() if key != "ids"} for row in found]


async def known_as(connection: Connection, stream: int) -> dict[str, Any]:
    found = await state(connection, stream)
    counted = await connection.execute(
        "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s ORDER BY 1", [stream]
    )
    other = {"datastream_id", "last_id", "main_feature", "main_feature_n", "unfolded_from", "unfolded_late"}
    own = {key: value for key, value in found.items() if key not in other}
    return own | {"features": await counted.fetchall()}


async def dirty_hours(connection: Connection, stream: int) -> set[datetime]:
    """Hours that must be computed anew or added to."""
    statement = (
        "SELECT generate_series(start, until - interval '1 hour', interval '1 hour')"
        " FROM things.rollup_mark WHERE datastream_id = %s"
    )
    return {row[0] for row in await (await connection.execute(statement, [stream])).fetchall()}


@pytest.mark.parametrize("seed", range(3))
async def test_both_ways_come_to_the_same(connection: Connection, seed: int) -> None:
    """States, counts of features, events and buckets of two datastreams with the same history."""
    chance = random.Random(seed)
    short, general = await datastreams(connection, count=2)
    await histories.features(connection, 9001, 9002)
    opening = [(None, 0.0), (9001, 1.0), (9002, 2.0)]
    last, used = 0, {0}
    for round_ in range(12):
        items = []
        for place, value in opening if not round_ else [(None, None)] * chance.randrange(1, 5):
            minute = 0  # some come late, to a place that is free
            while minute in used:
                minute = chance.choice([last + chance.choice([1, 7, 61, 600]), chance.randrange(last + 2)])
            last, used = max(last, minute), used | {minute}
            feature = place if not round_ else chance.choice([None, 9001, 9002])
            items.append((NOON + minute * MINUTE, chance.random() if value is None else value, feature))
        items.sort(key=lambda item: item[0])
        for stream, way in ((short, None), (general, generally)):
            own = [reading(stream, time, value, feature_id=place) for time, value, place in items]
            await (way(connection, *own) if way else commit(connection, items=own))
        mine, theirs = await events(connection)
        assert mine == theirs | {"datastreams": [short], "streams": [short] * len(items)}
        assert await known_as(connection, short) == await known_as(connection, general)
        assert await dirty_hours(connection, short) >= await dirty_hours(connection, general)
        if chance.random() < 0.3:
            await fold.fold_once(connection)
    assert await rows(connection, short) == await rows(connection, general)
    await check_rollups(connection, short, kind="measurement")
    await check_state(connection, short)


async def test_what_is_not_its_own_is_left(connection: Connection) -> None:
    """Watched, held, sealed and unknown datastreams, repeated rows and new features take the general way."""
    plain, watched, sealed, again, placed = await datastreams(connection, count=5)
    (held,) = await datastreams(connection, kind="state")
    await histories.features(connection, 9001)
    everyone = (plain, watched, sealed, again, placed, held)
    await generally(connection, *(reading(stream, NOON, 1.0) for stream in everyone))
    await connection.execute("INSERT INTO things.watch VALUES (%s)", [watched])
    await connection.execute(
        "UPDATE things.datastream_state SET sealed_until = %s WHERE datastream_id = %s",
        [NOON + 2 * MINUTE, sealed],
    )
    items = [
        *(reading(stream, NOON + MINUTE, 2.0) for stream in (plain, watched, sealed, held)),
        reading(again, NOON, 2.0),
        reading(placed, NOON + MINUTE, 2.0, feature_id=9001),
        reading(10**12, NOON, 2.0),
    ]
    found = await appended(connection, *items)
    assert found.left.tolist() == [False, True, True, True, True, True, True]
    assert found.changed_datastreams.tolist() == [plain]
    assert (found.id != 0).tolist() == (~found.left).tolist()
    for stream in everyone:
        assert len(await rows(connection, stream)) == (2 if stream == plain else 1)


async def test_late_rows_go_where_nothing_is(connection: Connection) -> None:
    """Between and before others, with holes for them; the newest stays, and what may meet others is left."""
    between, before, meeting = await datastreams(connection, count=3)
    for stream in (between, before, meeting):
        await generally(connection, *(reading(stream, NOON + i * MINUTE, 1.0) for i in (50, 51, 52, 99)))
    around = [*range(40, 50), *range(53, 60)]
    items = [
        *(reading(between, NOON + i * MINUTE, 2.0) for i in around),
        reading(before, NOON - 90 * MINUTE, 3.0),
        *(reading(meeting, NOON + i * MINUTE, 2.0) for i in range(45, 55)),
    ]
    found = await appended(connection, *items)
    assert found.left.tolist() == [False] * (len(around) + 1) + [True] * 10
    assert [len(await rows(connection, stream)) for stream in (between, before, meeting)] == [21, 5, 4]
    assert (await state(connection, between))["last_time"] == NOON + 99 * MINUTE
    assert (await state(connection, before))["first_time"] == NOON - 90 * MINUTE
    for stream in (between, before):
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind="measurement")


async def test_rows_between_those_of_others_go_the_short_way(connection: Connection) -> None:
    """Clients that take turns send every other minute each, few of many datastreams or many of one."""
    few, many, meeting = await datastreams(connection, count=3)
    for stream, last in ((few, 6), (many, 80), (meeting, 80)):
        await generally(connection, *(reading(stream, NOON + i * MINUTE, 1.0) for i in range(0, last, 2)))
    items = [
        *(reading(few, NOON + i * MINUTE, 2.0) for i in (1, 3)),
        *(reading(many, NOON + i * MINUTE, 2.0) for i in range(1, 80, 2)),
        *(reading(meeting, NOON + i * MINUTE, 2.0) for i in range(1, 79, 2)),
        reading(meeting, NOON + 78 * MINUTE, 2.0),
    ]
    found = await appended(connection, *items)
    assert found.left.tolist() == [False] * 42 + [True] * 40
    assert [len(await rows(connection, stream)) for stream in (few, many, meeting)] == [5, 80, 40]
    found = await appended(connection, *(reading(few, NOON + i * MINUTE, 2.0) for i in (5, 7, 4)))
    assert found.left.all()
    for stream in (few, many):
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind="measurement")


async def test_what_shared_an_instant_is_known_again_without_the_first_of_it(connection: Connection) -> None:
    """The key has no row of slot 0 there any more, so it would not refuse the second reading once more."""
    deleted, moved, free = await datastreams(connection, count=3)
    for stream in (deleted, moved, free):
        await generally(connection, reading(stream, NOON, 1.0), reading(stream, NOON + MINUTE, 9.0))
    answers, _ = await commit(
        connection, items=[reading(deleted, NOON, 2.0), reading(moved, NOON + MINUTE, 2.0)]
    )
    second, last = (answer.id for answer in answers if isinstance(answer, readings.Stored))
    async with connection.transaction():
        await amend.update(connection, observation_id=last, changes={"phenomenon_time": NOON})
        for stream in (deleted, moved):
            found = await connection.execute(
                "SELECT id FROM things.observation"
                " WHERE datastream_id = %s AND phenomenon_time = %s AND slot = 0",
                [stream, NOON],
            )
            await amend.delete(connection, observation_id=(await found.fetchone() or [0])[0])
    items = [reading(stream, NOON, 2.0) for stream in (deleted, moved, free)]
    answers, _ = await commit(connection, items=items)
    assert answers[:2] == [readings.Stored(second, False), readings.Stored(last, False)]
    assert [len(await rows(connection, stream)) for stream in (deleted, moved, free)] == [2, 2, 3]


async def test_a_new_feature_takes_back_what_was_counted(connection: Connection) -> None:
    """A datastream with a feature new to it is left whole, its known one uncounted; the others go on."""
    plain, moving = await datastreams(connection, count=2)
    await histories.features(connection, 9001, 9002)
    for stream in (plain, moving):
        await generally(connection, reading(stream, NOON, 1.0, feature_id=9001))
    items = [
        reading(moving, NOON + MINUTE, 2.0, feature_id=9001),
        reading(plain, NOON + MINUTE, 2.0, feature_id=9001),
        reading(moving, NOON + 2 * MINUTE, 3.0, feature_id=9002),
        reading(plain, NOON + 2 * MINUTE, 3.0),
    ]
    found = await appended(connection, *items)
    assert found.left.tolist() == [True, False, True, False]
    assert (await known_as(connection, plain))["features"] == [(9001, 2)]
    assert (await known_as(connection, moving))["features"] == [(9001, 1)]
    await commit(connection, items=items)
    assert (await known_as(connection, moving))["features"] == [(9001, 2), (9002, 1)]
    for stream, n in ((plain, 3), (moving, 3)):
        assert len(await rows(connection, stream)) == n
        await check_state(connection, stream)


async def test_a_mixed_group_gets_its_answers_in_order(connection: Connection) -> None:
    """Some goes the short way, some the general one; redelivery is recognised, the unknown is refused."""
    first, second = await datastreams(connection, count=2)
    await commit(connection, items=[reading(first, NOON, 1.0)])
    items = [
        reading(second, NOON, 5.0),
        reading(10**12, NOON, 5.0),
        reading(first, NOON, 1.0),
        reading(second, NOON + MINUTE, 6.0),
    ]
    answers, changed = await commit(connection, items=items)
    assert [getattr(answer, "new", None) for answer in answers] == [True, None, False, True]
    assert isinstance(answers[1], readings.UnknownDatastream)
    assert sorted(set(changed)) == [second]
    again, _ = await commit(connection, items=items)
    assert [getattr(a, "id", None) for a in again] == [getattr(a, "id", None) for a in answers]
    assert [value for _, _, value, _ in await rows(connection, second)] == [5.0, 6.0]


async def test_other_shapes_do_not_try() -> None:
    """Texts, ends, twins, several partitions and large batches."""
    plain = reading(1, NOON, 1.0)
    others = [
        [reading(1, NOON, "text")],
        [reading(1, NOON, None)],
        [reading(1, NOON, 1.0, phenomenon_end=NOON + MINUTE)],
        [plain, reading(1, NOON, 2.0)],
        [plain, reading(1, NOON + timedelta(days=40), 2.0)],
        [reading(1, NOON + i * MINUTE, 1.0) for i in range(append.MOST_ROWS + 1)],
    ]
    assert append.suits(prepared.prepare(batch.of_readings([plain])))
    assert not any(append.suits(prepared.prepare(batch.of_readings(items))) for items in others)
    assert few.lay_out([plain])
    assert not any(few.lay_out(items) for items in ([], *others[:-1]))


async def test_a_dropped_partition_is_made_again(connection: Connection) -> None:
    """Though the connection remembers that it was there."""
    (stream,) = await datastreams(connection)
    await commit(connection, items=[reading(stream, NOON, 1.0)])
    leaf = partitions.leaf(partitions.key(batch.microseconds(NOON)))
    await connection.execute(f"ALTER TABLE things.observation DETACH PARTITION things.{leaf}")
    await connection.execute(f"DROP TABLE things.{leaf}")
    answers, _ = await commit(connection, items=[reading(stream, NOON + MINUTE, 2.0)])
    assert isinstance(answers[0], readings.Stored)
    assert len(await rows(connection, stream)) == 1


async def test_a_feature_that_is_being_deleted_is_waited_for(connection: Connection, database: str) -> None:
    """The reading that refers to it comes after the deletion and is refused, not stored beside it."""
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9003)
    await commit(connection, items=[reading(stream, NOON, 1.0, feature_id=9003)])
    async with await core_database.connect(url=database) as deleting:
        await deleting.execute("SELECT pg_advisory_xact_lock(1398033742)")
        late = reading(stream, NOON + MINUTE, 2.0, feature_id=9003)
        storing = asyncio.create_task(commit(connection, items=[late]))
        await blocking.until_blocked(deleting, storing)
        await deleting.execute("DELETE FROM things.datastream_feature WHERE feature_id = 9003")
        await deleting.execute("DELETE FROM things.feature_of_interest WHERE id = 9003")
        await deleting.commit()
        answers, changed = await storing
    assert isinstance(answers[0], Problem)
    assert changed == []
    assert len(await rows(connection, stream)) == 1


async def test_states_are_locked_in_the_order_of_their_datastreams(
    connection: Connection, database: str
) -> None:
    """Whoever waits for one holds all before it and none behind it: writers never block each other."""
    streams = await datastreams(connection, count=40)
    await commit(connection, items=[reading(stream, NOON, 1.0) for stream in streams])
    free = "SELECT datastream_id FROM things.datastream_state WHERE datastream_id = ANY (%s) ORDER BY 1"
    free += " FOR NO KEY UPDATE SKIP LOCKED"
    async with await core_database.connect(url=database) as holding:
        for turn, held in enumerate((0, 20, 39, 3, 30), start=1):
            lock = "SELECT FROM things.datastream_state WHERE datastream_id = %s FOR NO KEY UPDATE"
            await holding.execute(lock, [streams[held]])
            later = [reading(stream, NOON + turn * MINUTE, 2.0) for stream in streams]
            storing = asyncio.create_task(commit(connection, items=later))
            await blocking.until_blocked(holding, storing)
            found = [row[0] for row in await (await holding.execute(free, [streams])).fetchall()]
            await holding.rollback()
            await storing
            assert found == sorted(streams)[held:]
