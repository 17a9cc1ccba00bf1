# SPDX-License-Identifier: EUPL-1.2
"""What is said of observations stays right where some of them lie in files only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest
from msgspec.structs import replace

from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things import series
from stadtkern.things.archive import cache, jobs, month
from stadtkern.things.store import amend, fold, retention
from tests.things import histories
from tests.things.archives import NOW, archived, empty_cache, filled, parts
from tests.things.histories import check_rollups, check_state, reading, state, store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["measurement", "state"])
@pytest.mark.parametrize("bucket", ["hour", "day", "month"])
async def test_figures_do_not_vanish_while_marks_wait(
    connection: Connection, settings: Settings, kind: str, bucket: Literal["hour", "day", "month"]
) -> None:
    """A mark over all of a history says nothing against the figures of months that are away."""
    _, (stream,) = await filled(connection, f"marks-{kind}-{bucket}", count=1, kind=kind, every=60)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    assert "away" in (await parts(connection, [stream])).values()

    async def points() -> list[series.Point]:
        start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
        found = await series.series(connection, datastream_id=stream, start=start, end=end, bucket=bucket)
        return [_rounded(point) for point in found.points if point.start < datetime(2026, 4, 1, tzinfo=UTC)]

    before = await points()
    async with connection.transaction():
        await amend.recompute(connection, datastream_ids=[stream])
    assert await points() == before != []
    await fold.fold_all(connection)
    assert await points() == before


def _rounded(point: series.Point) -> series.Point:
    """The last digit of a mean depends on the order of its summands."""
    figures = ((name, getattr(point, name)) for name in ("mean", "total"))
    return replace(point, **{name: round(value, 9) for name, value in figures if value is not None})


def at(month_: int, day: int, hour: int = 0) -> datetime:
    """An hour of the year."""
    return datetime(2026, month_, day, hour, tzinfo=UTC)


async def put_away(connection: Connection, settings: Settings) -> None:
    """Everything that is old enough lies in files only."""
    await fold.fold_all(connection)
    await archived(connection, settings)
    await empty_cache(connection, settings)


async def fetch(connection: Connection, settings: Settings, stream: int) -> None:
    """All of a datastream is in the table again."""
    archive = month.Archive(jobs.folder(settings), connection)
    for number, text in await parts(connection, [stream]):
        await cache.bring_back(archive, datastream_id=number, month=jobs.month_of(text))


async def test_an_end_in_a_file_stays_the_end(connection: Connection, settings: Settings) -> None:
    """When another observation that ends as late is deleted, the archived one still ends then."""
    _, (stream,) = await filled(connection, "ends", count=1, every=60)
    end = at(12, 31)
    await store(connection, reading(stream, at(1, 10), 1.0, phenomenon_end=end))
    await put_away(connection, settings)
    await store(connection, reading(stream, NOW + timedelta(hours=1), 1.0, phenomenon_end=end))
    async with connection.transaction():
        await amend.delete(connection, observation_id=(await state(connection, stream))["last_id"])
    assert (await state(connection, stream))["end_time"] == end
    await fetch(connection, settings, stream)
    await check_state(connection, stream)


async def test_features_of_aged_files_are_counted_out(connection: Connection, settings: Settings) -> None:
    """What ages away in files is no longer counted, nor part of the observed area."""
    _, (stream,) = await filled(connection, "agedfeatures", count=1, every=50)
    await histories.features(connection, 9050)
    await store(connection, reading(stream, at(1, 10), 1.0, feature_id=9050))
    await put_away(connection, settings)
    await datasets.keep_for(connection, key="agedfeatures", retention=timedelta(days=100), keep="rollups")
    await retention.apply(connection, now=NOW)
    assert set(await parts(connection, [stream])) == {(stream, "2026-03")}
    counted = await features(connection, "things.feature_count", "sum(n)", stream)
    await fetch(connection, settings, stream)
    assert counted == await features(connection, "things.observation", "count(*)", stream)
    assert sorted(counted) == [9001, 9002, 9003]
    await check_state(connection, stream)


async def features(connection: Connection, table: str, number: str, stream: int) -> dict[int, int]:
    """How many observations of a datastream are about each feature."""
    statement = f"SELECT feature_id, {number}::bigint FROM {table} WHERE datastream_id = %s GROUP BY 1"
    rows = await (await connection.execute(statement, [stream])).fetchall()  # type: ignore[arg-type]
    return {row[0]: row[1] for row in rows if row[0] is not None}


async def switched(connection: Connection, settings: Settings, key: str) -> tuple[int, int]:
    """A dataset and its `state` datastream, on and off around the borders of archived months."""
    number, (stream,) = await filled(connection, key, count=1, kind="state", every=5000)
    times = (at(2, 10), at(2, 27, 12), at(3, 2, 6), at(3, 31, 20), at(4, 4), at(4, 6))
    await store(connection, *(reading(stream, time, float(i)) for i, time in enumerate(times)))
    await put_away(connection, settings)
    assert list((await parts(connection, [stream])).values()) == ["away", "away"]
    return number, stream


async def test_a_held_value_comes_out_of_a_file(connection: Connection, settings: Settings) -> None:
    """The last reading of an archived month counts until the first one behind, also for a late one."""
    _, stream = await switched(connection, settings, "heldbefore")
    await store(connection, reading(stream, at(4, 3, 10), 9.0))
    async with connection.transaction():
        await amend.recompute(connection, datastream_ids=[stream])
    await fold.fold_all(connection)
    await fetch(connection, settings, stream)
    await check_rollups(connection, stream, kind="state")


async def test_a_held_value_ends_in_a_file(connection: Connection, settings: Settings) -> None:
    """The last reading of a month counts until the first one of the archived month behind it."""
    number, stream = await switched(connection, settings, "heldafter")
    archive = month.Archive(jobs.folder(settings), connection)
    await cache.reopen(archive, dataset_id=number, month=date(2026, 2, 1))
    async with connection.transaction():
        await amend.recompute(connection, datastream_ids=[stream])
    await fold.fold_all(connection)
    await fetch(connection, settings, stream)
    await check_rollups(connection, stream, kind="state")


@pytest.mark.parametrize("way", ["before", "after"])
async def test_marks_reach_to_what_lies_in_a_file(
    connection: Connection, settings: Settings, way: Literal["before", "after"]
) -> None:
    """A change to the only reading beside an archived month changes all hours up to the border."""
    number, stream = await switched(connection, settings, f"mark{way}")
    if way == "after":
        archive = month.Archive(jobs.folder(settings), connection)
        await cache.reopen(archive, dataset_id=number, month=date(2026, 2, 1))
    await store(connection, reading(stream, at(4, 3) if way == "before" else at(2, 28, 3), 7.0))
    cursor = await connection.execute(
        "SELECT min(start), max(until) FROM things.rollup_dirty WHERE datastream_id = %s", [stream]
    )
    reach = await cursor.fetchone()
    assert reach == ((at(3, 31, 20), at(4, 4, 1)) if way == "before" else (at(2, 27, 12), at(3, 2, 7)))
    await fold.fold_all(connection)
