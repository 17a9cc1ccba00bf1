# SPDX-License-Identifier: EUPL-1.2
"""Closed months go into files that others can read, and come back for who asks for them."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest

from stadtkern.core import database as core_database
from stadtkern.core import datasets, statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things.archive import cache, files, jobs, month, upkeep
from stadtkern.things.store import disposal, partitions, retention
from tests.things import histories
from tests.things.archives import MARCH, NOW, archived, contents, empty_cache, filled, parts
from tests.things.histories import check_rollups, reading, rows, state, store

pytestmark = pytest.mark.anyio


async def test_what_comes_back_is_what_went(connection: Connection, settings: Settings) -> None:
    """Every column of every row, and ids, counts, spans and figures do not notice."""
    _, streams = await filled(connection, "roundtrip")
    before = await contents(connection, streams)
    states = [await state(connection, stream) for stream in streams]
    done = await archived(connection, settings)
    assert [each.month for each in done] == ["2026-01", "2026-02", "2026-03"]
    assert all(each.rows for each in done)
    assert set((await parts(connection, streams)).values()) == {"here"}
    assert await empty_cache(connection, settings) == sum(each.rows or 0 for each in done)
    left = await contents(connection, streams)
    assert left == [row for row in before if row[1] >= datetime(2026, 4, 1, tzinfo=UTC)]
    kept = [{**await state(connection, stream), "sealed_until": None} for stream in streams]
    assert kept == states
    assert await archived(connection, settings) == []
    archive = month.Archive(jobs.folder(settings), connection)
    for stream, text in await parts(connection, streams):
        await cache.bring_back(archive, datastream_id=stream, month=jobs.month_of(text))
    assert await contents(connection, streams) == before
    for stream in streams:
        await check_rollups(connection, stream, kind="measurement")
    assert [verdict.fault for verdict in await upkeep.verify(archive)] == ["", "", ""]


async def test_others_can_read_the_files(connection: Connection, settings: Settings) -> None:
    """DuckDB and pandas find datasets and months in the names of the folders and the columns in the files."""
    _, streams = await filled(connection, "readable", count=1)
    before = [row for row in await contents(connection, streams) if row[1] < datetime(2026, 4, 1, tzinfo=UTC)]
    await archived(connection, settings)
    root = jobs.folder(settings)
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        found = duck.execute(
            "SELECT dataset, month, count(*), sum(result), min(epoch_us(phenomenon_time)) "
            f"FROM read_parquet('{root}/*/*/*.parquet', hive_partitioning = true) "
            "WHERE dataset = 'readable' GROUP BY 1, 2 ORDER BY 2"
        ).fetchall()
    assert [row[1] for row in found] == ["2026-01", "2026-02", "2026-03"]
    assert sum(row[2] for row in found) == len(before)
    assert found[0][4] == int(before[0][1].timestamp()) * 1_000_000 + before[0][1].microsecond
    frame = pandas.read_parquet(root / "dataset=readable")
    assert len(frame) == len(before)
    assert str(frame["phenomenon_time"].dtype).endswith("UTC]")
    assert frame["result"].sum() == pytest.approx(sum(row[4] or 0 for row in before))
    manifest = (root / "dataset=readable" / "month=2026-03" / "_manifest.json").read_text()
    assert f'"rows": {found[2][2]}' in manifest


async def test_nothing_is_dropped_for_a_file_that_cannot_be_read_back(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is compared with the table before it counts."""
    _, streams = await filled(connection, "broken", count=1)
    before = await contents(connection, streams)
    fill = files._fill

    async def damaged(path: Path, pieces: files.Pieces) -> Any:
        async def fewer() -> AsyncIterator[Any]:
            async for piece in pieces():
                yield piece.slice(0, len(piece) - 1)

        return await fill(path, fewer)

    monkeypatch.setattr(files, "_fill", damaged)
    done = await archived(connection, settings)
    assert ["row group" in each.fault for each in done if each.dataset == "broken"] == [True] * 3
    assert await contents(connection, streams) == before
    assert list(jobs.folder(settings).glob("dataset=broken/*/*")) == []
    monkeypatch.setattr(files, "_fill", fill)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    archive = month.Archive(jobs.folder(settings), connection)
    (path, *_) = [file.path for file in await month.registered(connection) if file.dataset == "broken"]
    content = bytearray((archive.root / path).read_bytes())
    content[len(content) // 3] ^= 255
    (archive.root / path).write_bytes(content)
    faults = [each.fault for each in await upkeep.verify(archive) if each.dataset == "broken"]
    assert "checksum" in faults[0]
    assert faults[1:] == ["", ""]
    with pytest.raises(files.ArchiveDamaged):
        await cache.bring_back(archive, datastream_id=streams[0], month=date(2026, 1, 1))
    assert (await parts(connection, streams))[streams[0], "2026-01"] == "away"
    await connection.execute("DELETE FROM core.absence WHERE kind = 'archive'")


async def test_a_month_can_be_opened_for_late_data(connection: Connection, settings: Settings) -> None:
    """What was refused is taken then, and the month goes into its file again later."""
    number, (stream,) = await filled(connection, "late", count=1)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    late = reading(stream, datetime(2026, 3, 5, 3, 3, 3, tzinfo=UTC), 99.0)
    assert (await store(connection, late)).refused
    archive = month.Archive(jobs.folder(settings), connection)
    await cache.reopen(archive, dataset_id=number, month=MARCH)
    assert (await store(connection, late)).new.all()
    await connection.execute("UPDATE things.archived SET used_at = '2026-06-01Z'")
    done = await archived(connection, settings)
    assert [each.month for each in done if each.dataset == "late"] == ["2026-03"]
    await empty_cache(connection, settings)
    await cache.bring_back(archive, datastream_id=stream, month=MARCH)
    assert 99.0 in [row[2] for row in await rows(connection, stream)]
    assert (await store(connection, late)).refused


async def test_deleting_and_ageing_reach_into_files(connection: Connection, settings: Settings) -> None:
    """A deleted datastream leaves the files; months that are no longer kept leave with their files."""
    number, (gone, kept) = await filled(connection, "ageing")
    await archived(connection, settings)
    await empty_cache(connection, settings)
    async with connection.transaction():
        await disposal.datastreams(connection, ids=[gone])
        await connection.execute("DELETE FROM things.datastream WHERE id = %s", [gone])
    await disposal.everything(connection)
    await archived(connection, settings)
    root = jobs.folder(settings)
    for file in await month.registered(connection):
        if file.dataset_id == number:
            assert list(files.groups(root / file.path, column="datastream_id", value=gone)) == []
            assert list(files.groups(root / file.path, column="datastream_id", value=kept)) != []
    before = (await state(connection, kept))["n"]
    await datasets.keep_for(connection, key="ageing", retention=timedelta(days=100), keep="rollups")
    (done,) = [each for each in await retention.apply(connection, now=NOW) if each.dataset == "ageing"]
    await archived(connection, settings)
    assert done.until == datetime(2026, 3, 1, tzinfo=UTC)
    now = await state(connection, kept)
    assert now["n"] == before - done.rows
    assert done.rows > 0
    assert now["first_time"] >= done.until
    assert [path.name for path in sorted(root.glob("dataset=ageing/*"))] == ["month=2026-03"]
    await datasets.keep_for(connection, key="ageing", retention=None, keep="rollups")


def test_months_have_partitions_and_ends() -> None:
    """December ends in January; before 2015 a partition holds a year."""
    assert month.end_of(date(2025, 12, 1)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert partitions.leaf(month.key_of(date(2012, 5, 1))) == "observation_2012"
    assert partitions.leaf(month.key_of(MARCH)) == "observation_2026_03"


async def test_files_stay_while_a_backup_copies_them(
    connection: Connection, settings: Settings, database: str
) -> None:
    """No month is written or dropped meanwhile; what readers wish is still brought back."""
    _, (stream,) = await filled(connection, "backup", count=1)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    await connection.execute("UPDATE things.archive_file SET stale = true")
    async with await core_database.connect(url=database, autocommit=True) as copying:
        await copying.execute(statements.load("things")["keep_files"])
        assert await archived(connection, settings) == []
        wish = "INSERT INTO things.archive_wish (datastream_id, month) VALUES (%s, '2026-02-01')"
        await connection.execute(wish, [stream])
        assert await jobs.fulfil(connection, settings) == 1
        await copying.execute(
            "SELECT pg_advisory_unlock_all()"
        )  # a server notes a closed session a little later
    assert "backup" in {each.dataset for each in await archived(connection, settings)}


_WORKER = """
import asyncio, sys
from datetime import datetime
from stadtkern.core import database, settings
from stadtkern.things.archive import cache, jobs, month
from datetime import timedelta

async def main():
    mine = settings.load(environment={}, data=sys.argv[2])
    async with await database.connect(url=sys.argv[1], autocommit=True) as connection:
        while True:
            await jobs.round_once(connection, mine, now=datetime.fromisoformat(sys.argv[3]))
            archive = month.Archive(jobs.folder(mine), connection)
            await cache.make_room(archive, rows=0, age=timedelta(0))
            for row in await month.ask(connection, "files"):
                for part in await month.ask(connection, "parts_of_month", dataset_id=row[0], month=row[2]):
                    await cache.bring_back(archive, datastream_id=part[0], month=row[2])
            await connection.execute("UPDATE things.archive_file SET stale = true")

asyncio.run(main())
"""


async def test_kill_9_at_any_point_loses_and_doubles_nothing(
    connection: Connection, settings: Settings, database: str
) -> None:
    """A worker that writes, drops, brings back and writes anew all the time is killed again and again."""
    _, streams = await filled(connection, "drill", count=3, every=11)
    before = await contents(connection, streams)
    chance = random.Random(3)
    for _ in range(3):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WORKER, database, str(settings.data), NOW.isoformat(),
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await histories.until(
            partial(_moved, connection, streams, await parts(connection, streams)), seconds=60
        )
        for _ in range(chance.randrange(20)):
            await parts(connection, streams)  # a moment of uncertain length
        worker.kill()
        await worker.wait()
    await archived(connection, settings)
    archive = month.Archive(jobs.folder(settings), connection)
    for stream, text in await parts(connection, streams):
        await cache.bring_back(archive, datastream_id=stream, month=jobs.month_of(text))
    assert await contents(connection, streams) == before
    assert all(verdict.fault == "" for verdict in await upkeep.verify(archive) if verdict.dataset == "drill")
    for stream in streams:
        await check_rollups(connection, stream, kind="measurement")


async def _moved(connection: Connection, streams: list[int], known: dict[tuple[int, str], str]) -> bool:
    return await parts(connection, streams) != known
