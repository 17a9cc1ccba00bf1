# SPDX-License-Identifier: EUPL-1.2
"""Hours that the short way leaves to the state to be folded, and how they become marks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.core import metrics
from stadtkern.core.database import Connection
from stadtkern.ingest.writer.commit import commit
from stadtkern.things import series
from stadtkern.things.store import amend, backlog, fold, hours, seals
from tests.things.histories import HOUR, NOON, check_rollups, check_state, datastreams, reading, state

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)
DAY = 24 * HOUR

Marks = list[tuple[datetime, datetime, bool]]


async def begun(connection: Connection, *, count: int) -> list[int]:
    """Datastreams with a reading at noon, as the first one goes the general way; nothing is left to fold."""
    streams = await datastreams(connection, count=count)
    for stream in streams:
        await put(connection, stream, NOON)
    await fold.fold_all(connection)
    return streams


async def put(connection: Connection, stream: int, *times: datetime) -> None:
    """One commit of readings at these times."""
    await commit(connection, items=[reading(stream, time, float(time.minute)) for time in times])


async def marks(connection: Connection, stream: int, *, table: str = "rollup_mark") -> Marks:
    """What must be folded of a datastream: whoever says so, or those marks that are rows."""
    statement = f"SELECT start, until, appended FROM things.{table} WHERE datastream_id = %s ORDER BY start"
    return await (await connection.execute(statement.encode(), [stream])).fetchall()


async def told(connection: Connection, stream: int) -> tuple[Any, ...]:
    """From when on, and whether some came late."""
    known = await state(connection, stream)
    return known["unfolded_from"], known["unfolded_late"]


async def test_what_goes_on_is_left_to_the_state(connection: Connection) -> None:
    """Of all rows since the fold, from the hour of the first to that of the newest; no mark is written."""
    (stream,) = await begun(connection, count=1)
    await put(connection, stream, NOON + MINUTE)
    assert await marks(connection, stream) == [(NOON, NOON + HOUR, True)]
    await put(connection, stream, NOON + 2 * MINUTE, NOON + 5 * HOUR + MINUTE)
    assert await marks(connection, stream) == [(NOON, NOON + 6 * HOUR, True)]
    assert await told(connection, stream) == (NOON, False)
    assert await marks(connection, stream, table="rollup_dirty") == []
    await fold.fold_all(connection)
    assert await told(connection, stream) == (None, False)
    assert await marks(connection, stream) == []
    await check_rollups(connection, stream, kind="measurement")


async def test_what_comes_a_little_late_is_left_to_the_state(connection: Connection) -> None:
    """Its hours are computed anew then, since rows do not lie behind what is folded already."""
    (stream,) = await datastreams(connection)
    await put(connection, stream, NOON + 30 * MINUTE)
    await fold.fold_all(connection)
    await put(connection, stream, NOON - 2 * HOUR)
    assert await marks(connection, stream) == [(NOON - 2 * HOUR, NOON + HOUR, False)]
    assert await marks(connection, stream, table="rollup_dirty") == []
    await fold.fold_all(connection)
    assert await told(connection, stream) == (None, False)
    await put(connection, stream, NOON + 31 * MINUTE)
    assert await marks(connection, stream) == [(NOON, NOON + HOUR, True)]
    await fold.fold_all(connection)
    await check_rollups(connection, stream, kind="measurement")


async def test_what_comes_much_later_is_marked(connection: Connection) -> None:
    """Unless the state says so of these hours already: else all between would be computed anew."""
    (stream,) = await begun(connection, count=1)
    await put(connection, stream, NOON - 3 * HOUR)
    far = (NOON - 3 * HOUR, NOON - 2 * HOUR, False)
    assert await marks(connection, stream, table="rollup_dirty") == [far]
    assert await told(connection, stream) == (None, False)
    await put(connection, stream, NOON + MINUTE, NOON + DAY)
    await put(connection, stream, NOON + HOUR)
    assert await marks(connection, stream) == [far, (NOON, NOON + DAY + HOUR, False)]
    assert await marks(connection, stream, table="rollup_dirty") == [far]
    await fold.fold_all(connection)
    await check_rollups(connection, stream, kind="measurement")


async def test_readers_see_what_only_the_state_knows_of(connection: Connection) -> None:
    """A picture drawn before the fold is right, and nobody takes the hours for settled."""
    (stream,) = await datastreams(connection)
    await put(connection, stream, NOON + MINUTE, NOON + 3 * MINUTE)
    await fold.fold_all(connection)
    await put(connection, stream, NOON + 5 * MINUTE, NOON + HOUR)
    drawn = await series.series(
        connection, datastream_id=stream, start=NOON, end=NOON + 2 * HOUR, bucket="hour"
    )
    assert [(point.start, point.n, point.mean) for point in drawn.points] == [
        (NOON, 3, 3.0),
        (NOON + HOUR, 1, 0.0),
    ]
    unsure = await hours.dirty(connection, datastream_ids=[stream], start=NOON, end=NOON + DAY)
    assert len(unsure.measured) == 1
    cursor = await connection.execute("SELECT dataset_id FROM things.datastream WHERE id = %s", [stream])
    ((dataset,),) = await cursor.fetchall()
    assert not await seals.settled(connection, dataset_id=dataset, start=NOON, until=NOON + HOUR)
    await fold.fold_all(connection)
    assert await seals.settled(connection, dataset_id=dataset, start=NOON, until=NOON + HOUR)


async def test_what_is_deleted_before_the_fold_leaves_nothing(connection: Connection) -> None:
    """Of the newest rows, of all of them, and where an earlier one comes afterwards."""
    (stream,) = await begun(connection, count=1)
    later = [reading(stream, NOON + hour * HOUR, 1.0) for hour in (1, 2)]
    answers, _ = await commit(connection, items=later)
    for answer in answers:
        await amend.delete(connection, observation_id=answer.id)  # type: ignore[union-attr]
        await check_state(connection, stream)
    assert await told(connection, stream) == (NOON + HOUR, False)
    await put(connection, stream, NOON + MINUTE)
    assert await told(connection, stream) == (NOON, False)
    await fold.fold_all(connection)
    assert await told(connection, stream) == (None, False)
    await check_rollups(connection, stream, kind="measurement")


async def test_the_usual_change_of_a_state_touches_no_index(connection: Connection) -> None:
    """Once it is said that an hour must be folded, more of the same says nothing new.

    Where a page is full of versions that another session may still see, a row moves to another page, whatever
    has changed; of all others, each is one that PostgreSQL calls HOT.
    """
    (stream,) = await begun(connection, count=1)
    changes = (
        "SELECT n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables"
        " WHERE relname = 'datastream_state'"
    )
    found = []
    for begin in (0, 20):
        for minute in range(begin, begin + 20):
            await put(connection, stream, NOON + (1 + minute) * MINUTE)
        await connection.execute("SELECT pg_stat_force_next_flush()")
        found += await (await connection.execute(changes)).fetchall()
    changed, hot, moved = (after - before for before, after in zip(*found, strict=True))
    assert changed == 20
    assert hot == 20 - moved
    assert moved < 5


async def test_states_are_gathered_by_and_by(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some in one go, so that their writers do not wait for long; none while there is enough to do."""
    streams = await begun(connection, count=5)
    for stream in streams:
        await put(connection, stream, NOON + MINUTE)
    rows = "SELECT datastream_id FROM things.rollup_dirty ORDER BY ctid"
    monkeypatch.setattr(backlog, "_GATHERED", 2)
    await backlog.gather(connection, enough=3)
    assert await (await connection.execute(rows)).fetchall() == [(stream,) for stream in streams[:4]]
    await backlog.gather(connection, enough=4)
    assert len(await (await connection.execute(rows)).fetchall()) == 4
    await backlog.gather(connection, enough=5)
    assert await (await connection.execute(rows)).fetchall() == [(stream,) for stream in streams]


async def test_a_busy_state_is_left_for_the_next_time(connection: Connection, database: str) -> None:
    """The fold waits for no writer that holds a state for long, and passes over that one alone."""
    busy, *free = await begun(connection, count=3)
    for stream in (busy, *free):
        await put(connection, stream, NOON + MINUTE)
    put_off = _put_off()
    async with await core_database.connect(url=database) as other:
        await other.execute("SELECT FROM things.datastream_state WHERE datastream_id = %s FOR UPDATE", [busy])
        assert await fold.fold_once(connection) == 2
        assert _put_off() == put_off + 1
        assert [len(await marks(connection, stream)) for stream in (busy, *free)] == [1, 0, 0]
        await other.rollback()
    assert await fold.fold_all(connection) == 1
    for stream in (busy, *free):
        assert await marks(connection, stream) == []
        await check_rollups(connection, stream, kind="measurement")


async def test_marks_that_are_locked_are_not_waited_for(connection: Connection, database: str) -> None:
    """Neither at once nor over and over again; what states say is not lost."""
    (stream,) = await begun(connection, count=1)
    await put(connection, stream, NOON + MINUTE)
    async with await core_database.connect(url=database) as other:
        await other.execute("LOCK TABLE things.rollup_dirty IN SHARE MODE")
        await backlog.gather(connection, enough=1)
    assert await told(connection, stream) == (NOON, False)
    assert await (await connection.execute("SHOW lock_timeout")).fetchall() == [("0",)]


def _put_off() -> float:
    text = metrics.exposition(metrics.REGISTRY.collect())
    line = next(line for line in text.splitlines() if line.startswith("stadtkern_fold_put_off_total"))
    return float(line.rsplit(" ", 1)[1])


async def test_a_load_is_waited_for(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as numbers are taken for its rows, which states do not tell of."""
    await fold.fold_all(connection)
    waits = backlog.Backlog()
    assert await waits.look(connection) == 0
    looks = 0

    async def pause(stop: asyncio.Event, *, seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks < 3:
            await connection.execute(
                "SELECT nextval('things.observation_numbers') FROM generate_series(1, 32)"
            )

    monkeypatch.setattr(backlog.waiting, "pause", pause)
    await waits.let_loads_end(connection, asyncio.Event())
    assert looks == 0
    await connection.execute("SELECT nextval('things.observation_numbers') FROM generate_series(1, 32)")
    await waits.let_loads_end(connection, asyncio.Event())
    assert looks == 3
