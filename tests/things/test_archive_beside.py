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
from stadtkern.things.archive import cache, files, jobs, month
from stadtkern.things.store import disposal
from tests import blocking
from tests.things import histories
from tests.things.archives import MARCH, NOW, archived, empty_cache, filled, parts, working
from tests.things.histories import check_rollups, check_state, state

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
        await histories.until(partial(blocking.blocks, connection))

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


async def about(connection: Connection, stream: int) -> dict[int, int]:
    """How many observations of each feature a datastream has in the table."""
    statement = "SELECT feature_id, count(*) FROM things.observation WHERE datastream_id = %s GROUP BY 1"
    return dict(await (await connection.execute(statement, [stream])).fetchall())


async def counted(connection: Connection, stream: int) -> dict[int, int]:
    """The same as it is kept."""
    statement = "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s"
    return dict(await (await connection.execute(statement, [stream])).fetchall())


async def all_back(connection: Connection, settings: Settings, stream: int) -> None:
    """Bring all parts of a datastream back into the table."""
    archive = month.Archive(jobs.folder(settings), connection)
    for number, text in await parts(connection, [stream]):
        await cache.bring_back(archive, datastream_id=number, month=jobs.month_of(text))


async def check(connection: Connection, settings: Settings, stream: int, kept: dict[int, int]) -> None:
    """After a feature left: the months go into files without it and come back; counts and figures fit."""
    statement = "UPDATE things.archived SET used_at = '2026-06-01Z' WHERE datastream_id = %s"
    await connection.execute(statement, [stream])
    assert [each.fault for each in await archived(connection, settings)] == [""] * 3
    await empty_cache(connection, settings)
    assert set((await parts(connection, [stream])).values()) == {"away"}
    await all_back(connection, settings, stream)
    found = await about(connection, stream)
    assert found == kept
    assert await counted(connection, stream) == {key: n for key, n in kept.items() if key is not None}
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def test_a_feature_leaves_parts_that_are_in_files_and_in_the_table(
    connection: Connection, settings: Settings
) -> None:
    """Their files are outdated and written anew."""
    _, (stream,) = await filled(connection, "feature-here", count=1)
    kept = {key: n for key, n in (await about(connection, stream)).items() if key != 9001}
    await archived(connection, settings)
    async with connection.transaction():
        await disposal.feature(connection, feature_id=9001, datastream_ids=[stream])
    await empty_cache(connection, settings)
    assert set((await parts(connection, [stream])).values()) == {"open"}
    await check(connection, settings, stream, kept)


async def absent(connection: Connection, feature_id: int) -> bool:
    """Whether readers are told not to show a feature."""
    statement = "SELECT FROM core.absence WHERE kind = 'feature' AND id = %s"
    return await (await connection.execute(statement, [feature_id])).fetchone() is not None


@pytest.mark.parametrize("chunk", [60, 20_000])
async def test_a_feature_leaves_parts_that_are_only_in_files(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """They come back one after the other; until the last one is done the feature is hidden."""
    monkeypatch.setattr(disposal, "CHUNK", chunk)
    _, (stream,) = await filled(connection, f"feature-away-{chunk}", count=1)
    kept = {key: n for key, n in (await about(connection, stream)).items() if key != 9001}
    await archived(connection, settings)
    await empty_cache(connection, settings)
    async with connection.transaction():
        await disposal.feature(connection, feature_id=9001, datastream_ids=[stream])
    for _ in range(3):
        await disposal.everything(connection)
        assert await absent(connection, 9001)
        assert await disposal.ask_for_files(connection) == 1
        assert await jobs.fulfil(connection, settings) == 1
    await disposal.everything(connection)
    assert not await absent(connection, 9001)
    assert await disposal.ask_for_files(connection) == 0
    await check(connection, settings, stream, kept)


async def test_both_workers_together_remove_a_feature_from_files(
    connection: Connection, database: str, settings: Settings
) -> None:
    """Each tells the other when it is its turn; nothing waits for the clock."""
    _, (stream,) = await filled(connection, "feature-workers", count=1)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    stop = asyncio.Event()
    async with working(database, settings):
        task = asyncio.create_task(disposal.run(url=database, stop=stop))
        async with connection.transaction():
            await disposal.feature(connection, feature_id=9001, datastream_ids=[stream])
        await histories.until(partial(_shown, connection, 9001))
        stop.set()
        await connection.execute("NOTIFY things_disposal")
        await task
    await all_back(connection, settings, stream)
    assert 9001 not in await about(connection, stream)


async def _shown(connection: Connection, feature_id: int) -> bool:
    return not await absent(connection, feature_id)


async def test_the_newest_value_that_is_left_may_lie_in_a_file(
    connection: Connection, settings: Settings
) -> None:
    """All that is in the table goes with its feature: the newest month comes back, and the state is true."""
    _, (stream,) = await filled(connection, "feature-newest", count=1)
    await connection.execute(
        "UPDATE things.observation SET feature_id = 9003 WHERE datastream_id = %s AND phenomenon_time >= %s",
        [stream, month.start_of(MARCH.replace(month=4))],
    )
    await connection.execute("DELETE FROM things.datastream_feature WHERE datastream_id = %s", [stream])
    await connection.execute(
        "INSERT INTO things.datastream_feature (datastream_id, feature_id, n) "
        "SELECT datastream_id, feature_id, count(*) FROM things.observation "
        "WHERE datastream_id = %s AND feature_id IS NOT NULL GROUP BY 1, 2",
        [stream],
    )
    await archived(connection, settings)
    await empty_cache(connection, settings)
    async with connection.transaction():
        await disposal.feature(connection, feature_id=9003, datastream_ids=[stream])
    while not await _shown(connection, 9003):
        await disposal.everything(connection)
        # what came back leaves again at once, except the newest
        await empty_cache(connection, settings)
        if await disposal.ask_for_files(connection):
            await jobs.fulfil(connection, settings)
    await all_back(connection, settings, stream)
    assert 9003 not in await about(connection, stream)
    await check_state(connection, stream)
    assert (await state(connection, stream))["last_time"] < month.end_of(MARCH)


async def test_one_part_that_differs_from_its_file_keeps_no_other_in_the_table(
    connection: Connection, settings: Settings
) -> None:
    """It stays, and the others are taken out."""
    _, (stream,) = await filled(connection, "one-differs", count=1)
    await archived(connection, settings)
    await connection.execute(
        "UPDATE things.archived SET rows = rows + 1 WHERE datastream_id = %s AND month = '2026-01-01'",
        [stream],
    )
    assert await empty_cache(connection, settings) > 0
    found = await parts(connection, [stream])
    assert [found[stream, text] for text in ("2026-01", "2026-02", "2026-03")] == ["here", "away", "away"]
