# SPDX-License-Identifier: EUPL-1.2
"""Who listens hears of what was stored, whatever happens to the connection or the writer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import numpy as np
import psycopg
import pytest

from stadtkern.core import outbox
from stadtkern.core.database import Connection, connect
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer
from stadtkern.ingest.writer.announcer import Announcer
from stadtkern.things.store import batch
from tests.things.histories import NOON, datastreams, reading, until

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_commits_are_announced_and_leave_one_event_each(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Listeners hear of the datastream, the outbox tells what was committed."""
    (stream,) = await datastreams(connection)
    await connection.execute("LISTEN observations")
    async with Writer(url=database, settings=settings) as writer:
        stored = await writer.put([reading(stream, NOON, 1.0), reading(stream, NOON + MINUTE, 1.0)])
        heard = [notice.payload async for notice in connection.notifies(timeout=60.0, stop_after=1)]
    assert heard == [str(stream)]
    cursor = await connection.execute(
        "SELECT payload FROM core.outbox WHERE topic = 'things.observations' ORDER BY id DESC LIMIT 1"
    )
    ((told,),) = await cursor.fetchall()
    assert (told["datastreams"], told["rows"], told["streams"]) == ([stream], 2, [stream, stream])
    assert told["ids"] == [getattr(each, "id", 0) for each in stored]
    assert told["times"][1] - told["times"][0] == MINUTE.total_seconds() * 1e6
    await connection.execute("UNLISTEN observations")


async def test_what_is_stored_while_the_writer_stops_is_announced(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Many rows that were taken in before are stored last of all; listeners hear of them."""
    (stream,) = await datastreams(connection)
    times = batch.microseconds(NOON) + np.arange(20_000) * 1_000_000
    rows = batch.of_columns(datastream_id=stream, times=times, results=times / 7e9)
    await connection.execute("LISTEN observations")
    async with Writer(url=database, settings=settings) as writer:
        putting = asyncio.create_task(writer.put_columns(rows))
        await asyncio.sleep(0)
    assert (await putting).new.all()
    heard = [notice.payload async for notice in connection.notifies(timeout=20.0, stop_after=1)]
    assert heard == [str(stream)]
    await connection.execute("UNLISTEN observations")


async def test_what_was_announced_by_half_is_announced_again(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listeners may hear of it twice, never not at all."""
    announcer = Announcer(url=database)
    announcer.add([1, 2])
    await connection.execute("LISTEN observations")
    async with await connect(url=database, autocommit=True) as own:
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "wake", _away)
            with pytest.raises(psycopg.OperationalError):
                await announcer.flush(own)
        await announcer.flush(own)
    heard = [notice.payload async for notice in connection.notifies(timeout=60.0, stop_after=2)]
    assert heard == ["1,2", "1,2"]
    await connection.execute("UNLISTEN observations")


async def _away(_: Connection) -> None:
    raise psycopg.OperationalError("gone")


async def test_the_announcer_comes_back(connection: Connection, database: str, settings: Settings) -> None:
    """News reach listeners again after the connections were cut."""
    (stream,) = await datastreams(connection)
    async with Writer(url=database, settings=settings) as writer:
        await writer.put([reading(stream, NOON, 1.0)])
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.execute("LISTEN observations")
        await writer.put([reading(stream, NOON + MINUTE, 1.0)])

        async def heard() -> bool:
            return bool([notice async for notice in connection.notifies(timeout=0.2, stop_after=1)])

        await until(heard)
    await connection.execute("UNLISTEN observations")
