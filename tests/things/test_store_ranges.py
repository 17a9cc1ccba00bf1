# SPDX-License-Identifier: EUPL-1.2
"""Ranges of ids whose summing up was broken off are found and made anew; nothing else is touched."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from psycopg import errors

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.store import merge, partitions, ranges
from stadtkern.things.store.batch import Batch
from tests.things import histories
from tests.things.histories import datastreams
from tests.things.test_store_ids import loaded, plan

pytestmark = pytest.mark.anyio

_FORGET = (
    "SELECT count(brin_desummarize_range(%(index)s::bigint::oid::regclass, page))"
    " FROM generate_series(0, %(last)s::bigint, %(step)s::bigint) AS page"
)


async def described(connection: Connection, key: int) -> ranges.Index:
    """The index of ids of a partition that has one."""
    index = await ranges.index(connection, key=key)
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


async def break_off(connection: Connection, key: int) -> None:
    """Have the summing up of all ranges cancelled twice, until it was in the middle of one at least once."""
    index = await described(connection, key)
    params = {"index": index.number, "last": index.pages - 1, "step": index.step}
    for attempt in range(300):
        await connection.execute(_FORGET, params)
        for _ in range(2):
            await sum_up(connection, key, milliseconds=2 + attempt % 9)
        assert await sum_up(connection, key)
        if await read_in_vain(connection, key) >= index.step:
            return
    raise AssertionError("nothing was broken off")


async def broken(connection: Connection) -> tuple[merge.MergeResult, int]:
    """A load whose summing up was broken off, and the partition of its first rows."""
    result, keys = await loaded(connection)
    await partitions.tend(connection, keys=keys)
    key = partitions.key_of_id(int(result.id[0]))
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
    async with connection.transaction():
        await merge.merge(connection, batch=rows)


async def tend(connection: Connection, seen: dict[int, int] | None = None) -> None:
    """Look until everything was looked at: PostgreSQL's own VACUUM may be at one of them."""
    known: dict[int, int] = {} if seen is None else seen

    async def all_seen() -> bool:
        await ranges.tend(connection, seen=known, stop=asyncio.Event())
        return set(await ranges.everywhere(connection)) <= known.keys()

    await histories.until(all_seen)


async def test_what_was_broken_off_is_made_anew(connection: Connection) -> None:
    """Neither summing up what is new nor VACUUM does it; then a look-up by id reads few pages again."""
    result, key = await broken(connection)
    number = int(result.id[0])
    await partitions.tend(connection, keys={key})
    await connection.execute(b"VACUUM things." + partitions.leaf(key).encode())
    worse = await plan(connection, number)
    assert worse["Actual Rows"] == 1
    assert await read_in_vain(connection, key) >= 32
    await tend(connection)
    assert await read_in_vain(connection, key) == 0
    better = await plan(connection, number)
    assert better["Actual Rows"] == 1
    assert better["Lossy Heap Blocks"] <= 32 < worse["Lossy Heap Blocks"]


async def test_only_the_ranges_concerned_are_made_anew(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL reads all ranges behind the one that was broken off, which tells where that one is."""
    _, key = await broken(connection)
    parts: list[int] = []
    real = ranges._sum_up

    async def noted(connection: Connection, index: ranges.Index, first: int, last: int) -> None:
        parts.append(first)
        await real(connection, index, first, last)

    monkeypatch.setattr(ranges, "_CHUNK", 1)
    monkeypatch.setattr(ranges, "_sum_up", noted)
    await tend(connection)
    assert await read_in_vain(connection, key) == 0
    assert len(parts) <= 2, "it was broken off twice at most"
    assert parts == sorted(parts)


async def test_all_is_made_anew_where_the_place_is_not_known(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that reads only the ranges concerned does not say where they are."""
    _, key = await broken(connection)
    monkeypatch.setattr(ranges, "_CHUNK", 2)
    monkeypatch.setattr(ranges, "_first", lambda index, found: (found.pages - 1) // index.step * index.step)
    await tend(connection)
    assert await read_in_vain(connection, key) == 0


async def test_only_what_has_grown_is_looked_at_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A range that is summed up stays so: old partitions cost nothing, one with new rows is looked at."""
    looked: list[int] = []
    real = ranges.look

    async def noted(connection: Connection, *, key: int, index: ranges.Index) -> ranges.Look:
        looked.append(key)
        return await real(connection, key=key, index=index)

    monkeypatch.setattr(ranges, "look", noted)
    result, keys = await loaded(connection)
    seen: dict[int, int] = {}
    await tend(connection, seen)
    assert keys <= set(looked) == set(seen)
    looked.clear()
    await tend(connection, seen)
    assert not looked
    key = partitions.key_of_id(int(result.id[0]))
    await more_rows(connection, key, count=3_000)
    await tend(connection, seen)
    assert set(looked) == {key}


async def test_sound_ranges_are_left_alone(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are not summed up yet are no reason to make anything anew, nor is the last range."""
    result, keys = await loaded(connection)
    await partitions.tend(connection, keys=keys)
    await more_rows(connection, partitions.key_of_id(int(result.id[0])), count=9_000)

    async def never(*_: Any) -> bool:
        raise AssertionError("nothing was broken off")

    monkeypatch.setattr(ranges, "_make_anew", never)
    await tend(connection)
    for key in keys:
        assert await read_in_vain(connection, key) < 32


async def test_writers_go_on_meanwhile_and_their_rows_are_found(
    connection: Connection, database: str
) -> None:
    """Whoever has written to the partition and not committed is not waited for, and loses nothing."""
    _, key = await broken(connection)
    (stream,) = await datastreams(connection)
    time = np.array([partitions.start(key)])
    batch = Batch(datastream_id=np.array([stream]), time=time, result=np.array([1.0]))
    async with await core_database.connect(url=database) as writer:
        stored = await merge.merge(writer, batch=batch)
        await tend(connection)
        assert await read_in_vain(connection, key) == 0
        await writer.commit()
    assert (await plan(connection, int(stored.id[0])))["Actual Rows"] == 1


async def test_what_somebody_holds_is_left_for_another_time(connection: Connection, database: str) -> None:
    """VACUUM or a change of the table come first; nobody waits."""
    _, key = await broken(connection)
    seen: dict[int, int] = {}
    async with await core_database.connect(url=database) as other:
        for mode in ("SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE"):
            await other.execute(f"LOCK TABLE things.{partitions.leaf(key)} IN {mode} MODE".encode())
            await ranges.tend(connection, seen=seen, stop=asyncio.Event())
            assert key not in seen
            await other.rollback()
    assert await read_in_vain(connection, key) > 0
    await tend(connection, seen)
    assert await read_in_vain(connection, key) == 0
    assert key in seen


async def test_an_end_in_the_middle_is_taken_up_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to stop, it stops behind the part it is at; the partition counts as not looked at."""
    _, key = await broken(connection)
    stop, seen, parts = asyncio.Event(), dict[int, int](), list[int]()
    real = ranges._sum_up

    async def told(connection: Connection, index: ranges.Index, first: int, last: int) -> None:
        await real(connection, index, first, last)
        parts.append(first)
        stop.set()

    monkeypatch.setattr(ranges, "_CHUNK", 1)
    monkeypatch.setattr(ranges, "_sum_up", told)
    await ranges.tend(connection, seen=seen, stop=stop)
    assert (len(parts), key in seen) == (1, False)
    monkeypatch.setattr(ranges, "_sum_up", real)
    await tend(connection, seen)
    assert await read_in_vain(connection, key) == 0


async def test_the_loop_begins_with_a_look(connection: Connection, database: str) -> None:
    """After a crash nobody has to wait for the next turn."""
    _, key = await broken(connection)
    stop = asyncio.Event()
    work = asyncio.create_task(ranges.run(url=database, stop=stop))

    async def whole() -> bool:
        return await read_in_vain(connection, key) == 0

    await histories.until(whole)
    stop.set()
    await work
