# SPDX-License-Identifier: EUPL-1.2
"""Retention beside others who write or move the same rows: nothing of theirs is lost, no count goes wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.store import batch, fold, merge, retention
from tests import blocking
from tests.things import archives
from tests.things.histories import check_state, datastreams, reading, rows, state
from tests.things.test_retention import NOW, filled, own_dataset

pytestmark = pytest.mark.anyio


async def test_a_first_row_that_is_being_written_is_not_lost_with_the_partition(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another dataset writes into a partition that all others give up: its row is seen in time."""
    monkeypatch.setattr(retention, "_FEW_PAGES", 0)
    streams = await filled(connection, "given-up")
    (other,) = await datastreams(connection)
    await own_dataset(connection, "still-kept", [other])
    await fold.fold_all(connection)
    await connection.execute("UPDATE core.dataset SET retention = '40 days' WHERE key <> 'still-kept'")
    late = reading(other, datetime(2026, 3, 10, 12, tzinfo=UTC), 7.0)
    async with await core_database.connect(url=database, autocommit=True) as writer:
        async with writer.transaction():
            await merge.merge(writer, batch=batch.of_readings([late]))
            task = asyncio.create_task(retention.apply(connection, now=NOW))
            await blocking.until_blocked(writer, task)
        await task
    assert [row[2] for row in await rows(connection, other)] == [7.0]
    assert (await state(connection, other))["n"] == 1
    for stream in streams:
        await check_state(connection, stream)
    await connection.execute("UPDATE core.dataset SET retention = NULL")


@pytest.mark.parametrize("pages", [0, 10_000])
async def test_the_archive_takes_no_part_for_whole_that_is_being_removed(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    """Between two chunks, and between a partition and its parts, they are no longer what their file says."""
    monkeypatch.setattr(retention, "_FEW_PAGES", pages)
    monkeypatch.setattr(retention, "CHUNK", 40)
    _, (stream,) = await archives.filled(connection, f"half-{pages}", count=1)
    await archives.archived(connection, settings)
    before = await rows(connection, stream)
    march = [row for row in before if row[0].month == 3]
    statement = "UPDATE core.dataset SET retention = '100 days' WHERE key = %s OR %s"
    await connection.execute(statement, [f"half-{pages}", pages == 0])  # a partition goes if all agree
    stop, chunk = asyncio.Event(), retention._chunk

    async def only_one(*args: Any) -> int:
        stop.set()
        return await chunk(*args)

    monkeypatch.setattr(retention, "_chunk", only_one)
    if pages == 0:
        stop.set()
    await retention.apply(connection, now=NOW, stop=stop)
    assert len(await rows(connection, stream)) < len(before)
    await archives.archived(connection, settings)
    await archives.empty_cache(connection, settings)
    assert (await archives.parts(connection, [stream]))[stream, "2026-02"] == "open"
    monkeypatch.setattr(retention, "_chunk", chunk)
    await retention.apply(connection, now=NOW)
    assert await archives.parts(connection, [stream]) == {(stream, "2026-03"): "away"}
    assert (await state(connection, stream))["n"] == len(march) + len(await rows(connection, stream))
    await connection.execute("UPDATE core.dataset SET retention = NULL")
