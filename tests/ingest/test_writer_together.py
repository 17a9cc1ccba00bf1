# SPDX-License-Identifier: EUPL-1.2
"""Writers, the fold, watchers and new partitions at once: nothing is lost, doubled or miscounted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import numpy as np
import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer
from stadtkern.ingest.writer.commit import commit
from stadtkern.things import readings
from stadtkern.things.store import batch, fold
from tests.things import histories
from tests.things.histories import NOON, check_rollups, check_state, datastreams, reading

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)
_ROUNDS = 25

Kept = dict[int, tuple[object, ...]]


async def test_many_at_once_come_to_the_truth(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Late, equal and new readings of the same datastreams, some with features, singly and in arrays."""
    streams = await datastreams(connection, count=30)
    await histories.features(connection, 9001, 9002)
    told: Kept = {}
    done = asyncio.Event()
    writing = [_singles(database, streams, told, seed=seed) for seed in range(3)]
    meanwhile = [
        asyncio.create_task(_again(database, done, fold.fold_once)),
        asyncio.create_task(_again(database, done, _watching(streams[:5]))),
    ]
    await asyncio.gather(*writing, _arrays(database, settings, streams, told))
    done.set()
    await asyncio.gather(*meanwhile)
    cursor = await connection.execute(
        "SELECT id, datastream_id, phenomenon_time, result FROM things.observation"
    )
    stored = {row[0]: tuple(row[1:]) for row in await cursor.fetchall()}
    assert told == {number: stored.get(number) for number in told}
    for stream in streams:
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind="measurement")


async def _singles(database: str, streams: list[int], told: Kept, *, seed: int) -> None:
    """Groups as the writer of single readings commits them."""
    chance = random.Random(seed)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for _ in range(_ROUNDS):
            items = [
                reading(
                    chance.choice(streams),
                    NOON + MINUTE * chance.choice([chance.randrange(200), chance.randrange(60_000)]),
                    float(chance.randrange(5)),
                    feature_id=chance.choice([None, None, 9001, 9002]),
                )
                for _ in range(chance.choice([1, 3, 40, 200]))
            ]
            answers, _ = await commit(connection, items=items)
            for item, answer in zip(items, answers, strict=True):
                assert isinstance(answer, readings.Stored)
                told[answer.id] = (item.datastream_id, item.phenomenon_time, item.result)


async def _arrays(database: str, settings: Settings, streams: list[int], told: Kept) -> None:
    async def send(writer: Writer, seed: int) -> None:
        chance = np.random.default_rng(seed)
        for turn in range(_ROUNDS // 2):
            size = int(chance.choice([10, 300, 1500]))
            step = int(chance.choice([1_000, 60_000_000]))
            start = batch.microseconds(NOON + int(chance.integers(50_000)) * MINUTE) + 100 * seed + turn
            columns = batch.Batch(
                datastream_id=chance.choice(np.array(streams, np.int64), size),
                time=start + step * np.arange(size),
                result=chance.integers(9, size=size) / 2,
            )
            answer = await writer.put_columns(columns)
            assert not answer.problems
            rows = zip(
                columns.datastream_id.tolist(), columns.time.tolist(), columns.result.tolist(), strict=True
            )
            for number, (stream, time, result) in zip(answer.id.tolist(), rows, strict=True):
                told[number] = (stream, batch.instant(time), result)

    async with Writer(url=database, settings=settings) as writer:
        await asyncio.gather(*(send(writer, seed) for seed in range(4)))


def _watching(streams: list[int]) -> Callable[[Connection], Awaitable[object]]:
    """Datastreams come to be watched and cease to be, and partitions are made."""
    chance = random.Random(0)

    async def work(connection: Connection) -> None:
        stream = chance.choice(streams)
        await connection.execute("INSERT INTO things.watch VALUES (%s) ON CONFLICT DO NOTHING", [stream])
        month = NOON + timedelta(days=31 * chance.randrange(60))
        await connection.execute("SELECT things.attach_partition(%s)", [month])
        await connection.execute("DELETE FROM things.watch WHERE datastream_id = %s", [stream])

    return work


async def _again(database: str, done: asyncio.Event, work: Callable[[Connection], Awaitable[object]]) -> None:
    async with await core_database.connect(url=database, autocommit=True) as connection:
        while not done.is_set():
            await work(connection)
