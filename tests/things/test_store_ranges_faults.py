# SPDX-License-Identifier: EUPL-1.2
"""One partition that cannot be tended does not end the care for the ranges of ids of the others."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
import structlog.testing
from psycopg import errors

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.store import partitions, ranges
from tests.things.broken_ranges import (
    broken,
    forget,
    mended_by_the_loop,
    more_rows,
    only,
    quiet,
    read_in_vain,
    tend,
)

pytestmark = pytest.mark.anyio
# A partition that comes before all others, and is named by no other test.
NEWEST = partitions.key_of_leaf("observation_2188_01")


async def two(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> int:
    """One that comes first, not summed up, and one that was broken off; the key of the latter."""
    _, key = await broken(connection)
    await partitions.ensure(connection, keys={NEWEST})
    await quiet(connection, NEWEST)
    await more_rows(connection, NEWEST, count=9_000)
    await forget(connection, NEWEST)
    only(monkeypatch, {NEWEST, key})
    return key


async def test_a_partition_under_another_name_is_not_tended(connection: Connection) -> None:
    """It is attached, but somebody else's."""
    _, key = await broken(connection)
    await connection.execute("SELECT things.attach_partition('2190-01-01Z')")
    await connection.execute("ALTER TABLE things.observation_2190_01 RENAME TO observation_2190_01_old")
    try:
        assert key in await ranges.everywhere(connection)
        await tend(connection)
    finally:
        await connection.execute("DROP TABLE things.observation_2190_01_old")
    assert await read_in_vain(connection, key) == 0


async def test_a_partition_that_is_dropped_meanwhile_is_passed_over(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL names it by its number then; the log by its name."""
    key = await two(connection, monkeypatch)
    real = partitions.statement

    def gone(name: Any, key: int = 0, columns: tuple[str, ...] = ()) -> bytes:
        if (name, key) == ("widen_id_ranges", NEWEST):
            return b"SELECT brin_summarize_new_values(1::oid)"
        return real(name, key, columns)

    monkeypatch.setattr(partitions, "statement", gone)
    seen: dict[int, int] = {}
    with structlog.testing.capture_logs() as logged:
        await tend(connection, seen)
    assert seen.keys() == {NEWEST, key}
    (said,) = [each for each in logged if "not tended" in each["event"]]
    assert said["partition"] == "observation_2188_01"
    assert "could not open relation" in said["error"]
    assert await read_in_vain(connection, key) == 0


async def test_who_does_not_own_the_index_is_told_once(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a role may look, but not mend."""
    key = await two(connection, monkeypatch)
    seen: dict[int, int] = {}
    await connection.execute("SET ROLE pg_read_all_data")
    try:
        with structlog.testing.capture_logs() as logged:
            for _ in range(2):
                await tend(connection, seen)
    finally:
        await connection.execute("RESET ROLE")
    said = [each["partition"] for each in logged if "owner" in each["error"]]
    assert said == ["observation_2188_01", partitions.leaf(key)]
    await tend(connection)
    assert await read_in_vain(connection, key) == 0


async def test_what_was_cancelled_is_tried_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since it may have left a mark itself."""
    _, key = await broken(connection)
    only(monkeypatch, {key})
    real = ranges._sum_up

    async def cancelled(*_: Any) -> None:
        raise errors.QueryCanceled("canceling statement due to user request")

    monkeypatch.setattr(ranges, "_sum_up", cancelled)
    seen: dict[int, int] = {}
    assert await ranges.tend(connection, seen=seen, stop=asyncio.Event())
    assert not seen
    monkeypatch.setattr(ranges, "_sum_up", real)
    await tend(connection, seen)
    assert await read_in_vain(connection, key) == 0


async def test_what_was_locked_is_tried_again_soon(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only at the next turn: at the start somebody may be at it."""
    _, key = await broken(connection)
    only(monkeypatch, {key})
    monkeypatch.setattr(ranges, "_SOON_SECONDS", 0.01)
    real, left = ranges.tend, list[bool]()
    async with await core_database.connect(url=database) as other:
        await other.execute(
            f"LOCK TABLE things.{partitions.leaf(key)} IN SHARE UPDATE EXCLUSIVE MODE".encode()
        )

        async def noted(connection: Connection, **others: Any) -> bool:
            left.append(await real(connection, **others))
            await other.rollback()
            return left[-1]

        monkeypatch.setattr(ranges, "tend", noted)
        await mended_by_the_loop(connection, url=database, key=key)
    assert left[0]


async def test_after_a_loss_all_is_looked_at_again(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that fell may have left marks where nothing has grown."""
    key = await two(connection, monkeypatch)
    monkeypatch.setattr(ranges, "_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(ranges, "_SOON_SECONDS", 0.01)
    known: list[int] = []
    killed: list[int] = []
    real_tend, real_sum_up = ranges.tend, ranges._sum_up

    async def noted(connection: Connection, *, seen: dict[int, int], **others: Any) -> bool:
        known.append(len(seen))
        try:
            return await real_tend(connection, seen=seen, **others)
        except psycopg.OperationalError:
            known.append(len(seen))
            raise

    async def falling(theirs: Connection, *others: Any) -> None:
        if not killed:
            killed.append(theirs.info.backend_pid)
            await connection.execute("SELECT pg_terminate_backend(%s)", killed)
        await real_sum_up(theirs, *others)

    monkeypatch.setattr(ranges, "tend", noted)
    monkeypatch.setattr(ranges, "_sum_up", falling)
    await mended_by_the_loop(connection, url=database, key=key)
    fell = next(n for n, size in enumerate(known) if size == 1 and known[n + 1 :][:1] == [0])
    assert fell > 0


async def test_no_timeout_ends_a_summing_up(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of the role nor one of the server: it would leave what is to be mended."""
    _, key = await broken(connection)
    only(monkeypatch, {key})
    told: list[str] = []
    real = psycopg.AsyncConnection.execute

    async def noted(self: Connection, query: Any, *others: Any, **options: Any) -> Any:
        if "SELECT count(brin_summarize" in str(query):
            told.extend(await (await real(self, "SHOW statement_timeout")).fetchone() or ())
        return await real(self, query, *others, **options)

    await connection.execute("SET statement_timeout = '1min'")
    monkeypatch.setattr(psycopg.AsyncConnection, "execute", noted)
    await tend(connection)
    mended = len(told)
    await partitions.tend(connection, keys={key})
    assert mended >= 2
    assert len(told) > mended
    assert set(told) == {"0"}
    assert await (await real(connection, "SHOW statement_timeout")).fetchone() == ("1min",)
