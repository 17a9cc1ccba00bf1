# SPDX-License-Identifier: EUPL-1.2
"""What the writer promises: acknowledged means stored, once, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest
from psycopg import sql

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer
from stadtkern.things import readings
from stadtkern.things.store import batch
from tests.things.histories import NOON, datastreams, reading, rows

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_answers_come_in_order_and_name_what_is_stored(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Each reading has its own answer; a redelivery gets the id of the stored row."""
    (stream,) = await datastreams(connection)
    items = [reading(stream, NOON + i * MINUTE, float(i)) for i in (2, 0, 1)]
    async with Writer(url=database, settings=settings) as writer:
        first = await writer.put(items)
        again = await writer.put(items[::-1])
    assert all(isinstance(answer, readings.Stored) and answer.new for answer in first)
    assert [answer.id for answer in again] == [answer.id for answer in first[::-1]]  # type: ignore[union-attr]
    assert not any(answer.new for answer in again)  # type: ignore[union-attr]
    assert [value for _, _, value, _ in await rows(connection, stream)] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"result": float("nan")}, "result"),
        ({"result": float("inf")}, "result"),
        ({"result": {"a": ["x\x00y"]}}, "result"),
        ({"result": "\ud800"}, "result"),
        ({"result": 10**400}, "result"),
        ({"phenomenon_time": datetime(1900, 1, 1, tzinfo=UTC)}, "phenomenonTime"),
        ({"phenomenon_time": datetime(2400, 1, 1, tzinfo=UTC)}, "phenomenonTime"),
        ({"phenomenon_time": datetime(2026, 1, 1)}, "phenomenonTime"),
        ({"phenomenon_end": NOON - MINUTE}, "phenomenonTime"),
        ({"valid_time": (NOON, NOON - MINUTE)}, "validTime"),
        ({"parameters": {"a": float("nan")}}, "parameters"),
        ({"datastream_id": -1}, "Datastream"),
        ({"datastream_id": 2**70}, "Datastream"),
        ({"datastream_id": 10**12}, "Datastream"),
        ({"feature_id": 2**70}, "FeatureOfInterest"),
    ],
)
async def test_an_unusable_reading_fails_alone(
    connection: Connection, database: str, settings: Settings, changes: dict[str, object], where: str
) -> None:
    """Its answer is a 4xx that names the member; those before and behind it are stored."""
    (stream,) = await datastreams(connection)
    good = reading(stream, NOON, 1.0)
    bad = msgspec.structs.replace(good, **changes)
    async with Writer(url=database, settings=settings) as writer:
        answers = await writer.put([good, bad, reading(stream, NOON + MINUTE, 2.0)])
    assert isinstance(answers[1], problems.Problem)
    assert 400 <= answers[1].status < 500
    assert answers[1].where == where
    assert len(await rows(connection, stream)) == 2


async def test_a_reading_that_only_the_database_refuses_fails_alone(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Poison is found by halving the group; everything else of it is committed."""
    (stream,) = await datastreams(connection)
    items = [reading(stream, NOON + i * MINUTE, float(i)) for i in range(64)]
    async with Writer(url=database, settings=settings) as writer:
        await writer.put([items[33]])
        await connection.execute(
            "UPDATE things.observation SET slot = 32767 WHERE datastream_id = %s", [stream]
        )
        await connection.execute("UPDATE things.datastream_state SET crowded = true")
        items[33] = reading(stream, items[33].phenomenon_time, -1.0)
        answers = [answer for (answer,) in await asyncio.gather(*(writer.put([i]) for i in items))]
    refused = [number for number, answer in enumerate(answers) if isinstance(answer, problems.Problem)]
    assert refused == [33]
    assert isinstance(answers[33], readings.UnusableReading)
    assert len(await rows(connection, stream)) == 64


async def test_a_full_queue_says_when_to_come_back(
    connection: Connection, database: str, settings: Settings
) -> None:
    """While the datastream is locked, readings wait; what is over the limit is refused with 429."""
    (stream,) = await datastreams(connection)
    small = msgspec.structs.replace(settings, queue_limit=10)
    async with Writer(url=database, settings=small) as writer:
        await writer.put([reading(stream, NOON, 0.0)])
        async with connection.transaction():
            await connection.execute("SELECT FROM things.datastream_state FOR UPDATE")
            waiting = [
                asyncio.ensure_future(writer.put([reading(stream, NOON + i * MINUTE, 1.0)]))
                for i in range(1, 11)
            ]
            await asyncio.sleep(0)
            with pytest.raises(readings.Busy) as refusal:
                await writer.put([reading(stream, NOON + 20 * MINUTE, 1.0)])
        assert refusal.value.status == 429
        assert int(refusal.value.headers["Retry-After"]) >= 1
        assert len(await asyncio.gather(*waiting)) == 10
    assert len(await rows(connection, stream)) == 11


async def test_every_acknowledged_reading_survives_a_killed_backend(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Connections are cut again and again during load; all answers stay true, nothing is stored twice."""
    streams = await datastreams(connection, count=4)
    acknowledged: list[tuple[int, datetime, int]] = []
    done, progress = asyncio.Event(), asyncio.Event()

    async def send(writer: Writer, caller: int) -> None:
        for i in range(60):
            stream, time = streams[caller % 4], NOON + timedelta(seconds=i * 64 + caller)
            (answer,) = await writer.put([reading(stream, time, float(i))])
            assert isinstance(answer, readings.Stored)
            acknowledged.append((stream, time, answer.id))
            progress.set()

    async def kill() -> None:
        while not done.is_set():
            progress.clear()
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 0.15)
            await progress.wait()  # on a busy machine nothing would ever get through otherwise

    async with Writer(url=database, settings=settings) as writer:
        killer = asyncio.create_task(kill())
        await asyncio.gather(*(send(writer, caller) for caller in range(16)))
        done.set()
        progress.set()
        await killer
    cursor = await connection.execute(
        "SELECT datastream_id, phenomenon_time, id FROM things.observation WHERE datastream_id = ANY (%s)",
        [streams],
    )
    assert sorted(await cursor.fetchall()) == sorted(acknowledged)


async def test_a_database_that_stays_away_is_admitted(
    connection: Connection, database: str, settings: Settings
) -> None:
    """After the writer's patience callers hear 503 instead of waiting on; later readings go through again."""
    (stream,) = await datastreams(connection)
    name = (await (await connection.execute("SELECT current_database()")).fetchone() or [""])[0]
    async with (
        Writer(url=database, settings=settings, patience=0.3) as writer,
        await psycopg.AsyncConnection.connect(database.replace(name, "postgres"), autocommit=True) as other,
    ):
        await other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
        with pytest.raises(readings.StoreUnavailable) as refusal:
            await writer.put([reading(stream, NOON, 1.0)])
        await other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]
        assert refusal.value.status == 503
        writer._patience = 60.0
        (answer,) = await writer.put([reading(stream, NOON, 1.0)])
    assert isinstance(answer, readings.Stored)


async def test_a_caller_that_goes_away_harms_nobody(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Its reading may be stored; the others get their answers."""
    (stream,) = await datastreams(connection)
    async with Writer(url=database, settings=settings) as writer:
        gone = asyncio.ensure_future(writer.put([reading(stream, NOON, 1.0)]))
        stays = asyncio.ensure_future(writer.put([reading(stream, NOON + MINUTE, 2.0)]))
        await asyncio.sleep(0)
        gone.cancel()
        assert isinstance((await stays)[0], readings.Stored)


async def test_what_was_taken_in_is_stored_before_the_writer_stops(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Leaving the block drains the queue; afterwards readings are refused."""
    (stream,) = await datastreams(connection)
    async with Writer(url=database, settings=settings) as writer:
        waiting = [
            asyncio.ensure_future(writer.put([reading(stream, NOON + i * MINUTE, 1.0)])) for i in range(200)
        ]
        await asyncio.sleep(0)
    assert all(isinstance(answer, readings.Stored) for (answer,) in await asyncio.gather(*waiting))
    with pytest.raises(readings.StoreUnavailable):
        await writer.put([reading(stream, NOON, 1.0)])


async def test_a_large_request_is_answered_whole(
    connection: Connection, database: str, settings: Settings
) -> None:
    """More rows than one commit takes are split, more than the queue takes find room while it is empty."""
    (stream,) = await datastreams(connection)
    items = [reading(stream, NOON + timedelta(seconds=i), float(i)) for i in range(60_000)]
    async with Writer(url=database, settings=msgspec.structs.replace(settings, queue_limit=10)) as writer:
        answers = await writer.put(items)
    assert len({answer.id for answer in answers if isinstance(answer, readings.Stored)}) == len(items)


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_database_that_takes_nothing_at_all_is_no_fault_of_the_readings(
    connection: Connection, database: str, settings: Settings, bulk: bool
) -> None:
    """While it is read-only, during a failover, senders must try again: a 4xx would tell them to give up."""
    (stream,) = await datastreams(connection)
    name = sql.Identifier(connection.info.dbname)
    await connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    try:
        async with Writer(url=database, settings=settings, patience=1.0) as writer:
            with pytest.raises(readings.StoreUnavailable):
                if bulk:
                    await writer.put_columns(batch.of_readings([reading(stream, NOON, 1.0)]))
                else:
                    await writer.put([reading(stream, NOON, 1.0)])
            await connection.execute(
                sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name)
            )
            writer._patience = 60.0
            (stored,) = await writer.put([reading(stream, NOON, 1.0)])
            assert isinstance(stored, readings.Stored)
    finally:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(
            sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name)
        )


async def test_a_connection_that_falls_silent_is_given_up(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits hears of it in time, and the next readings are stored on another connection."""
    (stream,) = await datastreams(connection)

    async def silent(own: Connection, **_: object) -> None:
        await own.execute("SELECT pg_sleep(600)")

    async with Writer(url=database, settings=settings, patience=0.5) as writer:
        with monkeypatch.context() as patch:
            patch.setattr("stadtkern.ingest.writer.writer.commit", silent)
            with pytest.raises(readings.StoreUnavailable):
                await asyncio.wait_for(writer.put([reading(stream, NOON, 1.0)]), 60)
        writer._patience = 60.0
        (answer,) = await writer.put([reading(stream, NOON, 1.0)])
    assert isinstance(answer, readings.Stored)
