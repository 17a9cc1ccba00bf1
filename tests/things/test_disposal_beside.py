# SPDX-License-Identifier: EUPL-1.2
"""A feature is removed bit by bit while others still refer to it: nothing about it is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.problems import NotFound, Problem
from stadtkern.ingest.writer.commit import commit
from stadtkern.things.store import amend, batch, clearing, disposal, merge
from tests import blocking
from tests.things import histories
from tests.things.factories import City, datastream, location, thing
from tests.things.histories import HOUR, NOON, check_rollups, check_state, datastreams, reading, rows, store

pytestmark = pytest.mark.anyio

GONE, KEPT, OTHER = 9001, 9002, 9003
ROWS = 40
# A place that is free, behind what the first steps of a job have removed.
BEHIND = NOON + HOUR / 2
Way = Callable[[Connection, int], Coroutine[Any, Any, None]]


async def filled(connection: Connection) -> int:
    """A datastream whose state counts the feature that is to be deleted."""
    (made,) = await datastreams(connection)
    await histories.features(connection, GONE, KEPT, OTHER)
    last = reading(made, NOON + ROWS * HOUR, -1.0, feature_id=KEPT)
    items = [reading(made, NOON + n * HOUR, float(n), feature_id=GONE) for n in range(ROWS)]
    for part in (items[:1], items[1:2], items[2:], [last]):
        await commit(connection, items=part)
    return made


async def delete(connection: Connection, stream: int) -> None:
    """As the API does, inside a transaction."""
    await disposal.feature(connection, feature_id=GONE, datastream_ids=[stream])
    await connection.execute("DELETE FROM things.feature_of_interest WHERE id = %s", [GONE])


@pytest.fixture
async def stream(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> int:
    """A datastream whose feature was just deleted: a job is promised and has not begun."""
    monkeypatch.setattr(disposal, "CHUNK", 10)
    made = await filled(connection)
    async with connection.transaction():
        await delete(connection, made)
    return made


async def ids(connection: Connection, stream: int, feature: int) -> list[int]:
    """The observations about a feature, in order of time."""
    statement = "SELECT id FROM things.observation WHERE datastream_id = %s AND feature_id = %s"
    cursor = await connection.execute(statement + " ORDER BY phenomenon_time", [stream, feature])
    return [row[0] for row in await cursor.fetchall()]


async def check(connection: Connection, stream: int, *, feature: int = GONE) -> None:
    """The job is done, nothing refers to the feature, and what is known of the datastream is true."""
    await disposal.everything(connection)
    assert await ids(connection, stream, feature) == []
    for table in ("core.absence WHERE kind = 'feature'", "things.disposal WHERE feature_id IS NOT NULL"):
        assert await (await connection.execute(f"SELECT FROM {table}".encode())).fetchall() == []
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def shortly(connection: Connection, stream: int) -> None:
    answers, _ = await commit(connection, items=[reading(stream, BEHIND, 7.0, feature_id=GONE)])
    if isinstance(answers[0], Problem):
        raise answers[0]


async def generally(connection: Connection, stream: int) -> None:
    await store(connection, reading(stream, BEHIND, 7.0, feature_id=GONE))


async def corrected(connection: Connection, stream: int) -> None:
    """An observation that is about another feature."""
    kept = (await ids(connection, stream, KEPT))[0]
    changes = {"phenomenon_time": BEHIND, "feature_id": GONE}
    async with connection.transaction():
        await amend.update(connection, observation_id=kept, changes=changes)


async def moved(connection: Connection, stream: int) -> None:
    """An observation that the job has not come to."""
    last = (await ids(connection, stream, GONE))[-1]
    async with connection.transaction():
        await amend.update(connection, observation_id=last, changes={"phenomenon_time": BEHIND})


@pytest.mark.parametrize("way", [shortly, generally, corrected, moved])
@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_nothing_comes_in_about_a_feature_that_is_gone(
    connection: Connection, stream: int, way: Way, steps: int
) -> None:
    """By no way, neither before the job begins nor behind what it has removed; nothing is moved there."""
    for _ in range(steps):
        assert await disposal.once(connection)
    left = await ids(connection, stream, GONE)
    with pytest.raises((Problem, psycopg.IntegrityError)):
        await way(connection, stream)
    assert await ids(connection, stream, GONE) == left
    await check(connection, stream)
    assert len(await ids(connection, stream, KEPT)) == 1


@pytest.mark.parametrize("way", [shortly, generally, corrected, moved])
async def test_whoever_waited_for_the_deletion_is_refused(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """They came to the datastream while its feature was being deleted, and go on when that is done."""
    monkeypatch.setattr(disposal, "CHUNK", 10)
    stream = await filled(connection)
    async with await core_database.connect(url=database) as deleting:
        await delete(deleting, stream)
        coming = asyncio.create_task(way(connection, stream))
        await blocking.until_blocked(deleting, coming)
        await deleting.commit()
    with pytest.raises((Problem, psycopg.IntegrityError)):
        await coming
    await check(connection, stream)


@pytest.mark.parametrize("way", [shortly, generally])
@pytest.mark.parametrize("steps", [1, 3])
async def test_what_came_in_behind_an_earlier_job_goes_with_the_rest(
    connection: Connection, stream: int, way: Way, steps: int
) -> None:
    """Jobs of earlier versions left the feature known; such a one begins again, once."""
    for _ in range(steps):
        assert await disposal.once(connection)
    known = "INSERT INTO things.datastream_feature (datastream_id, feature_id, n) VALUES (%s, %s, %s)"
    known += " ON CONFLICT DO NOTHING"
    await connection.execute(known, [stream, GONE, len(await ids(connection, stream, GONE))])
    await way(connection, stream)
    assert await disposal.once(connection)
    with pytest.raises((Problem, psycopg.IntegrityError)):
        await way(connection, stream)
    await check(connection, stream)


async def test_what_others_take_away_or_replace_is_not_counted_twice(
    connection: Connection, stream: int
) -> None:
    """Whoever found observations a moment before the deletion may still remove them."""
    assert await disposal.once(connection)
    left = await ids(connection, stream, GONE)
    async with connection.transaction():
        await clearing.delete(connection, rows=await clearing.find(connection, observation_ids=left[:2]))
    with pytest.raises(NotFound):
        await amend.delete(connection, observation_id=left[2])
    other = reading(stream, NOON + (ROWS - 1) * HOUR, 8.0, feature_id=OTHER)
    await store(connection, other, policy="replace")
    await check_state_of_others(connection, stream)
    await check(connection, stream)
    assert len(await ids(connection, stream, OTHER)) == 1


async def check_state_of_others(connection: Connection, stream: int) -> None:
    """Features that stay are counted as before."""
    counted = "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s ORDER BY 1"
    cursor = await connection.execute(counted, [stream])
    assert await cursor.fetchall() == [(KEPT, 1), (OTHER, 1)]


async def test_a_datastream_that_was_on_its_way_to_the_feature_is_swept_beside_a_job(
    city: City, connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer found the feature before the deletion, which removes those of another one bit by bit."""
    monkeypatch.setattr(disposal, "CHUNK", 2)
    streams = [datastream(name="known"), datastream(name="late")]
    number = await city.create("Things", thing(Locations=[location()], Datastreams=streams))
    found = await city.values(f"Things({number})/Datastreams?$orderby=name")
    known, late = (each["@iot.id"] for each in found)
    point = {"type": "Point", "coordinates": [1, 1]}
    body = {"name": "f", "description": "-", "encodingType": "application/geo+json", "feature": point}
    feature = await city.create("FeaturesOfInterest", body)
    await store(connection, *(reading(known, NOON + n * HOUR, 1.0, feature_id=feature) for n in range(9)))
    async with await core_database.connect(url=database) as other:
        item = reading(late, NOON, 1.0, feature_id=feature)
        await merge.merge(other, batch=batch.of_readings([item]))
        deletion = asyncio.create_task(city.send("DELETE", f"FeaturesOfInterest({feature})"))
        await blocking.until_blocked(other, deletion)
        await other.commit()
    assert (await deletion).status_code == 200
    for stream in (known, late):
        await check(connection, stream, feature=feature)
        assert await rows(connection, stream) == []
