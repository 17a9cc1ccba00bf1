# SPDX-License-Identifier: EUPL-1.2
"""Datasets are kept for as long as they say; figures stay or go, and never come out wrong."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.things import readings, series
from stadtkern.things.store import amend, fold, retention
from tests.things import histories
from tests.things.factories import City, datastream, location, thing
from tests.things.histories import check_rollups, check_state, datastreams, reading, rows, state, store

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 20, 15, 30, tzinfo=UTC)
_WAIT_SECONDS = 60.0


async def own_dataset(connection: Connection, key: str, streams: Sequence[int]) -> int:
    """Move datastreams into a dataset of their own."""
    number = await datasets.save(connection, key=key, about={"title": {"de": key}})
    await connection.execute(
        "UPDATE things.datastream SET dataset_id = %s WHERE id = ANY (%s)", [number, list(streams)]
    )
    return number


async def filled(
    connection: Connection, key: str, *, count: int = 2, days: int = 120, kind: str = "measurement"
) -> list[int]:
    """Datastreams of a new dataset with readings every seven hours or so up to now."""
    streams = await datastreams(connection, count=count, kind=kind)
    await own_dataset(connection, key, streams)
    await histories.features(connection, 9001, 9002)
    chance = random.Random(len(key))
    for stream in streams:
        times = [NOW - timedelta(hours=7 * n + chance.randrange(3)) for n in range(days * 24 // 7)]
        await store(
            connection,
            *(
                reading(stream, time, chance.random(), feature_id=9001 + n % 2)
                for n, time in enumerate(times)
            ),
        )
    return streams


async def figures(connection: Connection, table: str, stream: int) -> dict[datetime, tuple[Any, ...]]:
    """The rollups of a datastream."""
    statement = f"SELECT start, n, mean, minimum, maximum, last FROM things.{table} WHERE datastream_id = %s"
    found = await (await connection.execute(statement.encode(), [stream])).fetchall()
    return {row[0]: row[1:] for row in found}


async def set_retention(
    connection: Connection, key: str, days: int | None, keep: datasets.Keep = "rollups"
) -> None:
    """As the command does."""
    age = None if days is None else timedelta(days=days)
    await datasets.keep_for(connection, key=key, retention=age, keep=keep)


def test_borders_lie_on_days_and_from_a_year_on_on_months() -> None:
    """Never earlier than asked for, at most a day or a month later."""
    cases = {
        30: datetime(2026, 5, 21, tzinfo=UTC),
        364: datetime(2025, 6, 21, tzinfo=UTC),
        365: datetime(2025, 6, 1, tzinfo=UTC),
    }
    for days, border in cases.items():
        assert retention.cutoff(now=NOW, keep=timedelta(days=days)) == border
    assert retention.cutoff(now=NOW, keep=timedelta(days=30), months=True) == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("keep", ["rollups", "nothing"])
@pytest.mark.parametrize("pages", [0, 10_000])
async def test_old_observations_go_and_figures_stay_or_go(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, keep: datasets.Keep, pages: int
) -> None:
    """Partition by partition or row by row, the outcome is the same; the neighbour keeps everything."""
    monkeypatch.setattr(retention, "_FEW_PAGES", pages)
    monkeypatch.setattr(retention, "CHUNK", 7)
    key = f"kept-{keep}-{pages}"
    streams = await filled(connection, key)
    (neighbour,) = await filled(connection, f"neighbour-{keep}-{pages}", count=1)
    everything = await rows(connection, neighbour)
    await fold.fold_all(connection)
    before = {stream: await figures(connection, "rollup_hour", stream) for stream in streams}
    kept = {stream: await rows(connection, stream) for stream in streams}
    await set_retention(connection, key, 45, keep)
    (done,) = [each for each in await retention.apply(connection, now=NOW) if each.dataset == key]
    border = datetime(2026, 5, 6, tzinfo=UTC)
    assert (done.until, done.waits) == (border, False)
    assert done.rows == sum(row[0] < border for stored in kept.values() for row in stored)
    for stream in streams:
        assert await rows(connection, stream) == [row for row in kept[stream] if row[0] >= border]
        await check_state(connection, stream)
        after = await figures(connection, "rollup_hour", stream)
        if keep == "rollups":
            assert after == before[stream]
        else:
            assert after == {start: each for start, each in before[stream].items() if start >= border}
            assert min(await figures(connection, "rollup_day", stream)) >= border - timedelta(days=1)
        counted = await connection.execute(
            "SELECT sum(n) FROM things.feature_count WHERE datastream_id = %s", [stream]
        )
        assert await counted.fetchone() == (len(await rows(connection, stream)),)
    assert await rows(connection, neighbour) == everything
    await check_rollups(connection, neighbour, kind="measurement")
    assert (await retention.apply(connection, now=NOW))[0].rows == 0
    await set_retention(connection, key, None)


async def test_what_all_agree_on_goes_as_a_whole_partition(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is deleted one by one; one dataset that keeps its rows is enough to spare the partition."""
    monkeypatch.setattr(retention, "_FEW_PAGES", 0)
    await connection.execute("UPDATE core.dataset SET retention = '40 days'")
    streams = await filled(connection, "agree")
    await set_retention(connection, "agree", 40)
    await retention.apply(connection, now=NOW)
    size = await connection.execute("SELECT pg_relation_size('things.observation_2026_03')")
    assert await size.fetchone() == (0,)
    for stream in streams:
        await check_state(connection, stream)
    await filled(connection, "stays", days=60)
    await connection.execute("UPDATE core.dataset SET retention = NULL WHERE key = 'stays'")
    await retention.apply(connection, now=NOW + timedelta(days=40))
    size = await connection.execute("SELECT pg_relation_size('things.observation_2026_05')")
    assert (await size.fetchone() or (0,))[0] > 0
    await connection.execute("UPDATE core.dataset SET retention = NULL")


async def test_sealed_figures_survive_whatever_comes_later(connection: Connection) -> None:
    """Late rows are refused; marks that reach back, and a change of kind, leave old hours alone."""
    streams = await filled(connection, "sealed", kind="state")
    stream = streams[0]
    await fold.fold_all(connection)
    before = await figures(connection, "rollup_hour", stream)
    (newest,) = [
        row
        for row in await rows(connection, stream)
        if row[0] == max(each[0] for each in await rows(connection, stream))
    ]
    (late,) = (await rows(connection, stream))[:1]
    await set_retention(connection, "sealed", 30)
    await retention.apply(connection, now=NOW)
    border = datetime(2026, 5, 21, tzinfo=UTC)
    result = await store(connection, reading(stream, late[0], 77.0), reading(stream, NOW, 78.0))
    assert isinstance(result.refused[0], readings.Sealed)
    assert (result.known.tolist(), result.new.tolist()) == ([True, True], [False, True])
    assert result.id[0] == 0
    assert newest in await rows(connection, stream)
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO things.rollup_dirty (datastream_id, start, until) VALUES (%s, %s, %s)",
            [stream, border - timedelta(days=90), NOW + timedelta(hours=1)],
        )
    await fold.fold_all(connection)
    after = await figures(connection, "rollup_hour", stream)
    sealed = {start: each for start, each in before.items() if start < border}
    assert sealed
    assert {start: each for start, each in after.items() if start < border} == sealed
    picture = await series.series(
        connection,
        datastream_id=stream,
        start=border - timedelta(days=10),
        end=border - timedelta(days=8),
    )
    assert picture.bucket == "hour"
    assert picture.points
    await set_retention(connection, "sealed", None)


async def test_an_observation_cannot_be_moved_to_where_nothing_is_kept(connection: Connection) -> None:
    """The state stays true when somebody tries."""
    (stream,) = await filled(connection, "moved", count=1, days=20)
    await set_retention(connection, "moved", 10)
    await retention.apply(connection, now=NOW)
    observation = (await state(connection, stream))["last_id"]
    with pytest.raises(amend.problems.NotFound):
        await amend.update(
            connection, observation_id=observation, changes={"phenomenon_time": NOW - timedelta(days=15)}
        )
    await check_state(connection, stream)
    await set_retention(connection, "moved", None)


async def test_the_api_says_why_it_takes_nothing_old(city: City, connection: Connection) -> None:
    """422 with the reason, for a single reading and in an array; phenomenonTime is the span that is kept."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    (made,) = await city.values(f"Things({number})/Datastreams")
    stream = made["@iot.id"]
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for days in (100, 50, 1):
        moment = (today - timedelta(days=days)).isoformat()
        await city.create(f"Datastreams({stream})/Observations", {"phenomenonTime": moment, "result": days})
    await set_retention(connection, "test", 60)
    await fold.fold_all(connection)
    await retention.apply(connection)
    shown = await city.get(f"Datastreams({stream})?$expand=Observations($count=true)")
    assert [each["result"] for each in shown["Observations"]] == [50, 1]
    assert shown["Observations@iot.count"] == 2
    assert shown["phenomenonTime"].startswith(f"{today - timedelta(days=50):%Y-%m-%d}")
    old = (today - timedelta(days=90)).isoformat()
    refused = await city.refused(
        "POST", f"Datastreams({stream})/Observations", json={"phenomenonTime": old, "result": 1}
    )
    assert refused["code"] == 422
    assert "does not keep" in refused["message"]
    rows_ = [[old, 1], [today.isoformat(), 2]]
    body = {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result"], "dataArray": rows_}
    answer = await city.send("POST", "CreateObservations", json=[body])
    assert "error" in answer.json()[0]
    assert "Observations(" in answer.json()[1]
    await set_retention(connection, "test", None)


_WORKER = """
import asyncio, sys
from datetime import datetime
from stadtkern.core import database
from stadtkern.things.store import retention
retention.CHUNK = 5

async def main():
    async with await database.connect(url=sys.argv[1], autocommit=True) as connection:
        await retention.apply(connection, now=datetime.fromisoformat(sys.argv[2]))

asyncio.run(main())
"""


async def test_kill_9_in_the_middle_leaves_everything_true(connection: Connection, database: str) -> None:
    """After each death counts fit the rows; the next round goes on."""
    streams = await filled(connection, "killed", count=3, days=400)
    await fold.fold_all(connection)
    await set_retention(connection, "killed", 30)
    left = sum([len(await rows(connection, stream)) for stream in streams])
    for _ in range(2):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WORKER, database, NOW.isoformat()
        )
        async with asyncio.timeout(_WAIT_SECONDS):
            before = left
            while left == before:
                left = sum([len(await rows(connection, stream)) for stream in streams])
        worker.kill()
        await worker.wait()
        for stream in streams:
            kept = await state(connection, stream)
            assert kept["n"] == len(await rows(connection, stream))
    await retention.apply(connection, now=NOW)
    for stream in streams:
        await check_state(connection, stream)
        assert all(row[0] >= NOW - timedelta(days=31) for row in await rows(connection, stream))
    await set_retention(connection, "killed", None)
