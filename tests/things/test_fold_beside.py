# SPDX-License-Identifier: EUPL-1.2
"""The fold beside those who take observations out of the table: no figure is computed without its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.store import amend, fold, retention, seals
from tests import blocking
from tests.things import histories
from tests.things.archives import archived, empty_cache, filled, parts
from tests.things.test_archive_beside import after
from tests.things.test_retention import NOW

pytestmark = pytest.mark.anyio

Work = Callable[[Connection], Awaitable[Any]]


async def hours(connection: Connection, stream: int) -> list[Any]:
    """The figures of March and before, which do not change any more."""
    statement = "SELECT * FROM things.rollup_hour WHERE datastream_id = %s AND start < %s ORDER BY start"
    april = datetime(2026, 4, 1, tzinfo=UTC)
    return await (await connection.execute(statement, [stream, april])).fetchall()


async def folded_beside(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch, *, stream: int, work: Work
) -> None:
    """Fold all of a history; between looking and computing somebody else works until done, or has to wait."""
    tasks: list[asyncio.Task[None]] = []

    async def other() -> None:
        async with await core_database.connect(url=database, autocommit=True) as opened:
            await work(opened)

    async def begin() -> None:
        tasks.append(asyncio.create_task(other()))

        async def far_enough() -> bool:
            return tasks[0].done() or await blocking.blocks(connection)

        await histories.until(far_enough)

    async with connection.transaction():
        await amend.recompute(connection, datastream_ids=[stream])
    monkeypatch.setattr(seals, "cut", after(seals.cut, begin))
    await fold.fold_all(connection)
    await tasks[0]


async def test_a_month_taken_out_while_the_fold_computes_keeps_its_figures(
    connection: Connection, database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes it out waits for the fold, which has already seen that it is there."""
    _, (stream,) = await filled(connection, "taken-out", count=1)
    await archived(connection, settings)
    before = await hours(connection, stream)
    assert "here" in (await parts(connection, [stream])).values()
    await folded_beside(
        connection, database, monkeypatch, stream=stream, work=lambda other: empty_cache(other, settings)
    )
    assert set((await parts(connection, [stream])).values()) == {"away"}
    assert await hours(connection, stream) == before != []


async def test_what_ages_while_the_fold_computes_keeps_its_figures(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether all is summed up and giving the rows up, no fold begins."""
    _, (stream,) = await filled(connection, "aged", count=1)
    statement = "UPDATE core.dataset SET archive_after = NULL, retention = '100 days' WHERE key = 'aged'"
    await connection.execute(statement)
    before = await hours(connection, stream)
    looked, aged = asyncio.Event(), asyncio.Event()
    tasks: list[asyncio.Task[int]] = []

    async def computes() -> None:
        looked.set()
        await aged.wait()

    async def other() -> int:
        async with await core_database.connect(url=database, autocommit=True) as opened:
            async with opened.transaction():
                await amend.recompute(opened, datastream_ids=[stream])
            return await fold.fold_once(opened)

    async def begin() -> None:
        monkeypatch.setattr(seals, "cut", after(seals.cut, computes))
        tasks.append(asyncio.create_task(other()))
        waiting = asyncio.create_task(looked.wait())
        await asyncio.wait((tasks[0], waiting), return_when=asyncio.FIRST_COMPLETED, timeout=60)
        waiting.cancel()

    monkeypatch.setattr(seals, "settled", after(seals.settled, begin))
    await retention.apply(connection, now=NOW)
    aged.set()
    await tasks[0]
    await fold.fold_all(connection)
    assert (await histories.rows(connection, stream))[0][0] > datetime(2026, 3, 1, tzinfo=UTC)
    assert await hours(connection, stream) == before != []
