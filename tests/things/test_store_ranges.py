# SPDX-License-Identifier: EUPL-1.2
"""Ranges of ids whose summing up was broken off are found and made anew; nothing else is touched."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
import structlog.testing

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.store import merge, partitions, ranges
from stadtkern.things.store.batch import Batch
from tests.things import histories
from tests.things.broken_ranges import (
    MANY,
    break_off,
    broken,
    described,
    mended_by_the_loop,
    more_rows,
    only,
    parts_made_anew,
    quiet,
    read_in_vain,
    tend,
)
from tests.things.histories import datastreams
from tests.things.test_store_ids import loaded, plan

pytestmark = pytest.mark.anyio


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
    only(monkeypatch, {key})
    parts = parts_made_anew(monkeypatch)
    monkeypatch.setattr(ranges, "_CHUNK", 1)
    await tend(connection)
    assert await read_in_vain(connection, key) == 0
    assert 1 <= len(set(parts)) <= 2, "it was broken off twice at most"
    assert parts == sorted(parts)


async def test_all_is_made_anew_where_the_place_is_not_known(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that reads only the ranges concerned does not say where they are."""
    _, key = await broken(connection)
    only(monkeypatch, {key})
    monkeypatch.setattr(ranges, "_CHUNK", 2)
    monkeypatch.setattr(ranges, "_first", lambda index, found: (found.pages - 1) // index.step * index.step)
    await tend(connection)
    assert await read_in_vain(connection, key) == 0


async def test_ranges_without_rows_are_counted(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index does not name them; what was broken off behind them is mended where it is."""
    key = partitions.key_of_leaf("observation_2025_02")
    await more_rows(connection, key, count=MANY)
    await quiet(connection, key)
    leaf, index = partitions.leaf(key), await described(connection, key)
    front = index.pages // 2 // index.step * index.step
    await connection.execute(f"ALTER TABLE things.{leaf} DISABLE TRIGGER ALL".encode())
    await connection.execute(f"DELETE FROM things.{leaf} WHERE ctid < '({front},0)'".encode())
    await connection.execute(f"VACUUM things.{leaf}".encode())
    await break_off(connection, key, behind=front)
    only(monkeypatch, {key})
    parts = parts_made_anew(monkeypatch)
    with structlog.testing.capture_logs() as logged:
        await tend(connection)
    assert await read_in_vain(connection, key) < index.step
    assert min(parts) >= front
    assert [each["log_level"] for each in logged if "REINDEX" in each["event"]] == []


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
    for each in keys:
        await quiet(connection, each)
    only(monkeypatch, keys)
    seen: dict[int, int] = {}
    await tend(connection, seen)
    assert set(looked) == set(seen) == keys
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
    for each in keys:
        await quiet(connection, each)
    only(monkeypatch, keys)
    await tend(connection)
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
            assert await ranges.tend(connection, seen=seen, stop=asyncio.Event())
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
    only(monkeypatch, {key})
    stop, seen, parts = asyncio.Event(), dict[int, int](), list[int]()
    real = ranges._sum_up

    async def told(connection: Connection, index: ranges.Index, first: int, last: int) -> None:
        await real(connection, index, first, last)
        parts.append(first)
        stop.set()

    monkeypatch.setattr(ranges, "_CHUNK", 1)
    monkeypatch.setattr(ranges, "_sum_up", told)

    async def begun() -> bool:
        await ranges.tend(connection, seen=seen, stop=stop)
        return bool(parts)

    await histories.until(begun)
    assert (len(parts), key in seen) == (1, False)
    monkeypatch.setattr(ranges, "_sum_up", real)
    await tend(connection, seen)
    assert await read_in_vain(connection, key) == 0


async def test_the_loop_begins_with_a_look(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash nobody has to wait for the next turn."""
    _, key = await broken(connection)
    monkeypatch.setattr(ranges, "_SOON_SECONDS", 0.01)
    await mended_by_the_loop(connection, url=database, key=key)
