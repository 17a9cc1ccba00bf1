# SPDX-License-Identifier: EUPL-1.2
"""Datasets whose months go into files, for tests of the archive."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.archive import cache, jobs, month
from stadtkern.things.store import fold
from tests.things import histories
from tests.things.histories import datastreams, reading, store

NOW = datetime(2026, 6, 20, 15, 30, tzinfo=UTC)
AGE = timedelta(days=60)
MARCH = date(2026, 3, 1)


@asynccontextmanager
async def working(url: str, settings: Settings) -> AsyncIterator[None]:
    """The archive's worker, as in the work process."""
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.run(url=url, settings=settings, stop=stop, idle=600))
    try:
        yield
    finally:
        stop.set()
        await task


async def filled(
    connection: Connection, key: str, *, count: int = 2, kind: str = "measurement", every: int = 5
) -> tuple[int, list[int]]:
    """A dataset whose datastreams have readings of every sort from January to June."""
    streams = await datastreams(connection, count=count, kind=kind)
    number = await datasets.save(connection, key=key, about={"title": {"de": key}})
    await connection.execute(
        "UPDATE things.datastream SET dataset_id = %s WHERE id = ANY (%s)", [number, streams]
    )
    await datasets.archive_after(connection, key=key, age=AGE)
    await histories.features(connection, 9001, 9002, 9003)
    chance = random.Random(7)
    for stream in streams:
        items = []
        for hours in range(0, 170 * 24, every):
            time = NOW - timedelta(hours=hours, seconds=chance.randrange(3000), microseconds=hours)
            items.append(reading(stream, time, _result(chance, hours), **_extras(time, hours)))
            if hours % 40 == 0:
                items.append(reading(stream, time, -1.5))
        await store(connection, *items)
    await fold.fold_all(connection)
    return number, streams


def _result(chance: random.Random, number: int) -> Any:
    kinds = [chance.random(), 'Text: ä"\\\n', {"a": [1, None, "ß"]}, True, None, 2**60 + number, -0.0, 1e-300]
    return kinds[number // 5 % 8] if number % 3 == 0 else chance.random()


def _extras(time: datetime, number: int) -> dict[str, Any]:
    if number % 2:
        return {}
    end = time + timedelta(minutes=5)
    return {
        "phenomenon_end": end, "result_time": time, "valid_time": (time, time if number % 4 else end),
        "result_quality": "good", "feature_id": 9001 + number % 3, "parameters": {"ü": number},
    }  # fmt: skip


async def contents(connection: Connection, streams: Sequence[int]) -> list[Any]:
    """All columns of all rows, in order."""
    statement = "SELECT * FROM things.observation WHERE datastream_id = ANY (%s) ORDER BY 1, 2, slot"
    return await (await connection.execute(statement, [list(streams)])).fetchall()


async def archived(connection: Connection, settings: Settings, *, now: datetime = NOW) -> list[jobs.Done]:
    """One round of the worker."""
    return await jobs.round_once(connection, settings, now=now)


async def empty_cache(connection: Connection, settings: Settings) -> int:
    """Take out everything that is in files."""
    archive = month.Archive(jobs.folder(settings), connection)
    return await cache.make_room(archive, rows=0, age=timedelta(0))


async def parts(connection: Connection, streams: Sequence[int]) -> dict[tuple[int, str], str]:
    """Where the parts of datastreams are."""
    statement = "SELECT datastream_id, month, state FROM things.archived WHERE datastream_id = ANY (%s)"
    found = await (await connection.execute(statement, [list(streams)])).fetchall()
    return {(row[0], f"{row[1]:%Y-%m}"): row[2] for row in found}
