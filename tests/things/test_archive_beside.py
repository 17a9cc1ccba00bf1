# SPDX-License-Identifier: EUPL-1.2
"""The archive beside deletions: what is deleted leaves the files, whenever that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.archive import files, jobs, month
from stadtkern.things.store import disposal
from tests.things import histories
from tests.things.archives import NOW, archived, filled

pytestmark = pytest.mark.anyio


async def delete(database: str, stream: int) -> None:
    """As another process does."""
    async with await core_database.connect(url=database, autocommit=True) as other, other.transaction():
        await disposal.datastreams(other, ids=[stream])
        await other.execute("DELETE FROM things.datastream WHERE id = %s", [stream])


def after(first: Callable[..., Awaitable[Any]], then: Callable[[], Awaitable[None]]) -> Callable[..., Any]:
    """The same function, with something that happens right behind its first call."""
    calls: list[int] = []

    async def both(*args: Any, **values: Any) -> Any:
        result = await first(*args, **values)
        if not calls:
            calls.append(1)
            await then()
        return result

    return both


async def holding(connection: Connection, settings: Settings, *, number: int, stream: int) -> list[str]:
    """The files of a dataset in which a datastream has anything."""
    root = jobs.folder(settings)
    return [
        file.path
        for file in await month.registered(connection)
        if file.dataset_id == number
        and list(files.groups(root / file.path, column="datastream_id", value=stream))
    ]


async def test_a_datastream_deleted_while_its_month_is_written_leaves_the_file(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that still got it is written anew in the next round."""
    number, (gone, kept) = await filled(connection, "gone-meanwhile")
    monkeypatch.setattr(files, "write", after(files.write, partial(delete, database, gone)))
    await archived(connection, settings)
    await disposal.everything(connection)
    await archived(connection, settings, now=NOW + timedelta(hours=1))
    assert await holding(connection, settings, number=number, stream=gone) == []
    assert len(await holding(connection, settings, number=number, stream=kept)) == 3


async def test_a_deletion_that_waits_for_a_file_finds_it(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins while a month's first file is being registered, which nobody else can see yet."""
    number, (gone, _) = await filled(connection, "gone-later")
    tasks: list[asyncio.Task[None]] = []

    async def begin() -> None:
        tasks.append(asyncio.create_task(delete(database, gone)))
        await histories.until(partial(waited_for, connection))

    ask = month.ask
    watched = after(ask, begin)
    monkeypatch.setattr(
        month, "ask", lambda *args, **values: (watched if "hold_parts" in args else ask)(*args, **values)
    )
    await archived(connection, settings)
    await tasks[0]
    await disposal.everything(connection)
    await archived(connection, settings, now=NOW + timedelta(hours=1))
    assert await holding(connection, settings, number=number, stream=gone) == []


async def waited_for(connection: Connection) -> bool:
    """Whether somebody waits for what this connection holds."""
    statement = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    return await (await connection.execute(statement)).fetchone() != (0,)
