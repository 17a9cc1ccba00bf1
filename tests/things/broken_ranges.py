# SPDX-License-Identifier: EUPL-1.2
"""Partitions whose ranges of ids were not summed up to the end, for tests of the care for them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import numpy as np
import pytest
from psycopg import errors

from stadtkern.core.database import Connection
from stadtkern.things.store import merge, partitions, ranges
from stadtkern.things.store.batch import Batch
from tests.things import histories
from tests.things.histories import datastreams
from tests.things.test_store_ids import loaded

# So many rows that a timeout of whole milliseconds ends in the middle of summing them up, and their pages.
MANY = 60_000
_MANY_PAGES = 500
_TRIES = 100
_FORGET = (
    "SELECT count(brin_desummarize_range(%(index)s::bigint::oid::regclass, page))"
    " FROM generate_series(0, %(last)s::bigint, %(step)s::bigint) AS page"
)
_SUM_UP = _FORGET.replace("desummarize", "summarize")


async def described(connection: Connection, key: int) -> ranges.Index:
    """The index of ids of a partition that has one."""
    index = await ranges.index_of(connection, key=key)
    assert index is not None
    return index


async def read_in_vain(connection: Connection, key: int) -> int:
    """Pages that every look-up by id reads."""
    return (await ranges.look(connection, key=key, index=await described(connection, key))).read


async def sum_up(connection: Connection, key: int, *, milliseconds: int = 0) -> bool:
    """Sum up what is not; whether there was time enough for it (0: as much as it takes)."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout = {milliseconds}".encode())
            await connection.execute(partitions.statement("widen_id_ranges", key))
    except errors.QueryCanceled:
        return False
    return True


async def forget(connection: Connection, key: int) -> None:
    """Forget what all ranges hold."""
    index = await described(connection, key)
    await connection.execute(_FORGET, {**index._asdict(), "index": index.number, "last": index.pages - 1})


async def break_off(connection: Connection, key: int, *, behind: int = 0) -> None:
    """Have the summing up of all ranges cancelled twice, until it was in the middle of one at least once.

    Those on the first `behind` pages are summed up to their end.
    """
    index = await described(connection, key)
    front = {"index": index.number, "last": behind - 1, "step": index.step}
    loop = asyncio.get_running_loop()
    whole = 0.0
    for attempt in range(_TRIES):
        await forget(connection, key)
        await connection.execute(_SUM_UP, front)
        if attempt:
            for _ in range(2):
                await sum_up(connection, key, milliseconds=max(1, int(whole * (1 + attempt % 8) / 9)))
        began = loop.time()
        assert await sum_up(connection, key)
        if not attempt:
            whole = (loop.time() - began) * 1000
        elif await read_in_vain(connection, key) >= index.step:
            return
    raise AssertionError("nothing was broken off")


async def quiet(connection: Connection, key: int) -> None:
    """Have PostgreSQL leave a partition to the test."""
    leaf, name = partitions.leaf(key), (await described(connection, key)).name
    await connection.execute(f"ALTER TABLE things.{leaf} SET (autovacuum_enabled = off)".encode())
    await connection.execute(f"ALTER INDEX things.{name} SET (autosummarize = off)".encode())


async def broken(connection: Connection) -> tuple[merge.MergeResult, int]:
    """A load whose summing up was broken off, and the partition of its first rows."""
    result, _ = await loaded(connection)
    key = partitions.key_of_id(int(result.id[0]))
    await quiet(connection, key)
    if (await described(connection, key)).pages < _MANY_PAGES:
        await more_rows(connection, key, count=MANY)
    await break_off(connection, key)
    return result, key


async def more_rows(connection: Connection, key: int, *, count: int) -> None:
    """So many rows behind those that are there, of a stream of their own."""
    (stream,) = await datastreams(connection)
    rows = Batch(
        datastream_id=np.full(count, stream),
        time=partitions.start(key) + np.arange(count) * 1_000_000,
        result=np.ones(count),
    )
    await partitions.ensure(connection, keys={key})
    async with connection.transaction():
        await merge.merge(connection, batch=rows)


def only(monkeypatch: pytest.MonkeyPatch, keys: Collection[int]) -> None:
    """Have nothing but these partitions tended."""

    async def own(connection: Connection) -> list[int]:
        return sorted(keys, reverse=True)

    monkeypatch.setattr(ranges, "everywhere", own)


def parts_made_anew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first pages of what is summed up anew from now on."""
    parts: list[int] = []
    real = ranges._sum_up

    async def noted(connection: Connection, index: ranges.Index, first: int, last: int) -> None:
        await real(connection, index, first, last)
        parts.append(first)

    monkeypatch.setattr(ranges, "_sum_up", noted)
    return parts


async def mended_by_the_loop(connection: Connection, *, url: str, key: int) -> None:
    """Have the loop run until every look-up reads no more of a partition than it must."""
    stop = asyncio.Event()
    work = asyncio.create_task(ranges.run(url=url, stop=stop))

    async def whole() -> bool:
        return await read_in_vain(connection, key) == 0

    await histories.until(whole)
    stop.set()
    await work


async def tend(connection: Connection, seen: dict[int, int] | None = None) -> None:
    """Look until everything was looked at: PostgreSQL's own VACUUM may be at one of them."""
    known: dict[int, int] = {} if seen is None else seen

    async def all_seen() -> bool:
        await ranges.tend(connection, seen=known, stop=asyncio.Event())
        return set(await ranges.everywhere(connection)) <= known.keys()

    await histories.until(all_seen)
