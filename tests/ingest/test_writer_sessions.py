# SPDX-License-Identifier: EUPL-1.2
"""Rows are acknowledged when they are on disk, although the next ones are written meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from stadtkern.core import database as core_database
from stadtkern.core import migrations, postgres
from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import bulk
from stadtkern.ingest.writer.sessions import Sessions
from stadtkern.things import readings
from stadtkern.things.store import batch
from stadtkern.things.store.batch import Batch
from tests import blocking, places
from tests.things.histories import NOON, datastreams, reading, rows, store

pytestmark = pytest.mark.anyio
SECOND = 1_000_000


def _rows(stream: int, *, count: int) -> Batch:
    return Batch(
        datastream_id=np.full(count, stream),
        time=batch.microseconds(NOON) + np.arange(count) * SECOND,
        result=np.arange(count, dtype=float),
    )


@pytest.fixture
def doomed() -> Iterator[postgres.Embedded]:
    """A PostgreSQL of its own, to be killed."""
    folder = places.folder("stadtkern-pg-")
    embedded = postgres.Embedded(core_settings.load(environment={}, data=str(folder)))
    embedded.start()
    yield embedded
    embedded.stop()
    shutil.rmtree(folder)


async def test_sync_brings_what_the_other_session_committed_to_disk(
    connection: Connection, database: str
) -> None:
    """The commit itself returns before."""
    del connection
    sessions = await Sessions.open(url=database)
    await sessions.rows.execute("CREATE TABLE public.kept (n int)")
    await sessions.rows.execute("INSERT INTO public.kept SELECT generate_series(1, 1000)")
    row = await (await sessions.rows.execute("SELECT pg_current_wal_insert_lsn()")).fetchone()
    assert row is not None
    disk = await sessions.sync()
    cursor = await disk.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [row[0]])
    assert await cursor.fetchone() == (True,)
    await sessions.close()
    assert not sessions.usable


async def test_large_statements_go_out_at_once(doomed: postgres.Embedded) -> None:
    """Our own PostgreSQL is at hand by a socket of this machine, which then holds more than usual."""

    def room(connection: Connection) -> int:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
            assert line.family == socket.AF_UNIX
            return line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    sessions = await Sessions.open(url=doomed.url)
    async with await core_database.connect(url=doomed.url) as usual:
        assert room(sessions.rows) >= 2 * room(usual)
        enough = room(sessions.rows)
        core_database.widen(sessions.rows)
        assert room(sessions.rows) == enough
    await sessions.close()


async def test_of_two_sessions_none_is_left_open(
    doomed: postgres.Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second one cannot be made ready."""
    opened: list[Connection] = []
    connect = core_database.connect

    async def noted(*, url: str, autocommit: bool = False) -> Connection:
        opened.append(await connect(url=url, autocommit=autocommit))
        return opened[-1]

    def broken(connection: Connection) -> None:
        raise OSError(f"{connection.pgconn.socket} is gone")

    monkeypatch.setattr(core_database, "connect", noted)
    monkeypatch.setattr(core_database, "widen", broken)
    with pytest.raises(OSError, match="is gone"):
        await Sessions.open(url=doomed.url)
    assert [connection.closed for connection in opened] == [True, True]


async def test_after_a_crash_before_the_disk_rows_are_stored_again(
    doomed: postgres.Embedded, settings: Settings
) -> None:
    """Whatever the crash took of what was committed: what is acknowledged is there afterwards, once."""
    await migrations.migrate(url=doomed.url)
    async with await core_database.connect(url=doomed.url, autocommit=True) as connection:
        (stream,) = await datastreams(connection)
    loader = bulk.Bulk(url=doomed.url, settings=settings, patience=60)
    loading = asyncio.create_task(loader.put(_rows(stream, count=400_000)))
    pid = doomed.pid()
    assert pid is not None
    while not await _some_rows(doomed.url, stream):
        assert not loading.done()
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(doomed.stop)
    await asyncio.to_thread(doomed.start)
    answer = await asyncio.wait_for(loading, 120)
    await loader.close()
    assert not answer.problems
    async with await core_database.connect(url=doomed.url, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT id FROM things.observation WHERE datastream_id = %s", [stream]
        )
        assert sorted(row[0] for row in await cursor.fetchall()) == sorted(answer.id.tolist())


async def test_a_load_that_stands_crosswise_to_others_tries_again(
    connection: Connection, database: str, settings: Settings
) -> None:
    """PostgreSQL gives up one of two that wait for each other; the load goes on with the sessions it has."""
    first, second = await datastreams(connection, count=2)
    await store(connection, reading(first, NOON, 1.0), reading(second, NOON, 1.0))
    loader = bulk.Bulk(url=database, settings=settings)
    both = batch.joined([_rows(first, count=2_000), _rows(second, count=2_000)])
    both.time += SECOND
    async with await core_database.connect(url=database, autocommit=True) as other:
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            await other.execute("SET deadlock_timeout = '60s'")
        async with other.transaction():
            await other.execute(_LOCK, [second])
            loading = asyncio.create_task(loader.put(both))
            await blocking.until_blocked(other, loading)
            await other.execute(_LOCK, [first])
    answer = await asyncio.wait_for(loading, 60)
    await loader.close()
    assert not answer.problems
    assert answer.new.all()
    assert len(await rows(connection, second)) == 2_001


_LOCK = "SELECT FROM things.datastream_state WHERE datastream_id = %s FOR UPDATE"


async def _some_rows(url: str, stream: int) -> bool:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT n FROM things.datastream_state WHERE datastream_id = %s AND n > 0", [stream]
        )
        return await cursor.fetchone() is not None


async def test_nothing_is_acknowledged_that_the_disk_refuses(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears that it is open whether the rows are kept."""

    async def broken(self: Sessions) -> Connection:
        await self.close()
        raise psycopg.OperationalError("gone")

    (stream,) = await datastreams(connection)
    loader = bulk.Bulk(url=database, settings=settings, patience=0.5)
    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "sync", broken)
        with pytest.raises(readings.StoreUnavailable):
            await loader.put(_rows(stream, count=10))
    answer = await loader.put(_rows(stream, count=10))
    await loader.close()
    assert not answer.problems
    assert len(await rows(connection, stream)) == 10
