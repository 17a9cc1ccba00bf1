# SPDX-License-Identifier: EUPL-1.2
"""Readers see the same picture whether the fold has been there or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stadtkern.core.database import Connection
from stadtkern.things import series
from stadtkern.things.store import fold
from tests.things.histories import NOON, datastreams, reading, store

pytestmark = pytest.mark.anyio
BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
BUCKETS: tuple[series.Bucket, ...] = ("raw", "hour", "day", "month", "year")


async def _quarters(connection: Connection, stream: int, *, start: datetime, count: int) -> None:
    await store(connection, *(reading(stream, start + i * QUARTER, float(i % 7)) for i in range(count)))


@pytest.mark.parametrize("kind", ["measurement", "state"])
@pytest.mark.parametrize("bucket", BUCKETS)
async def test_dirty_and_clean_buckets_look_the_same(
    connection: Connection, kind: str, bucket: series.Bucket
) -> None:
    """Before the fold from observations, after it from rollups, and half and half in between."""
    (stream,) = await datastreams(connection, kind=kind)
    start = NOON - timedelta(days=3)
    await _quarters(connection, stream, start=start, count=96 * 2)
    await fold.fold_all(connection)
    await _quarters(connection, stream, start=start + 96 * 2 * QUARTER, count=96)

    async def picture() -> series.Series:
        return await series.series(
            connection, datastream_id=stream, start=start, end=NOON + QUARTER, bucket=bucket
        )

    half = await picture()
    await fold.fold_all(connection)
    clean = await picture()
    assert half.bucket == clean.bucket == bucket
    assert len(half.points) == len(clean.points) > 0
    for one, other in zip(half.points, clean.points, strict=True):
        assert (one.start, one.n, one.minimum, one.maximum) == (
            other.start,
            other.n,
            other.minimum,
            other.maximum,
        )
        assert one.mean == pytest.approx(other.mean)
        assert one.total == pytest.approx(other.total)
        assert (one.first, one.last, one.good_share) == (other.first, other.last, other.good_share)


async def test_the_bucket_follows_the_span(connection: Connection) -> None:
    """A picture never has more points than one can see."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    spans = {1: "raw", 20: "hour", 400: "day", 4000: "month", 40_000: "year"}
    for days, bucket in spans.items():
        start = NOON - timedelta(days=days)
        found = await series.series(connection, datastream_id=stream, start=start, end=NOON + QUARTER)
        assert found.bucket == bucket
        assert [point.n for point in found.points] == [1]


async def test_dense_streams_are_drawn_from_hours(connection: Connection) -> None:
    """`auto` goes over to hours, `raw` says that it is too much."""
    (stream,) = await datastreams(connection)
    seconds = [reading(stream, NOON + timedelta(seconds=i), 1.0) for i in range(series.MOST_RAW + 1)]
    await store(connection, *seconds)
    end = NOON + timedelta(hours=6)
    assert (await series.series(connection, datastream_id=stream, start=NOON, end=end)).bucket == "hour"
    with pytest.raises(series.TooManyPoints):
        await series.series(connection, datastream_id=stream, start=NOON, end=end, bucket="raw")


async def test_days_of_another_zone_are_made_from_hours(connection: Connection) -> None:
    """A reader elsewhere may ask for days of its own."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, datetime(2026, 7, 1, 22, 30, tzinfo=UTC), 1.0))
    await fold.fold_all(connection)
    for zone, day in (
        ("Europe/Berlin", datetime(2026, 7, 2, tzinfo=BERLIN)),
        ("UTC", datetime(2026, 7, 1, tzinfo=UTC)),
    ):
        found = await series.series(
            connection,
            datastream_id=stream,
            start=datetime(2026, 6, 1, tzinfo=UTC),
            end=datetime(2026, 8, 1, tzinfo=UTC),
            bucket="day",
            time_zone=zone,
        )
        assert [point.start for point in found.points] == [day]


async def test_many_streams_come_hour_by_hour(connection: Connection) -> None:
    """The cockpit asks for all its series at once; those without values are left out."""
    streams = await datastreams(connection, count=3)
    for stream in streams[:2]:
        await _quarters(connection, stream, start=NOON, count=8)
    found = await series.hourly(connection, datastream_ids=streams, start=NOON, end=NOON + timedelta(hours=2))
    assert {stream: [point.n for point in points] for stream, points in found.items()} == {
        stream: [4, 4] for stream in streams[:2]
    }


async def test_the_newest_value_comes_with_its_history(connection: Connection) -> None:
    """Whatever the result is; datastreams without observations are left out."""
    streams = await datastreams(connection, count=2)
    await store(connection, reading(streams[0], NOON, 1.0), reading(streams[0], NOON + QUARTER, "zu"))
    await store(connection, reading(streams[0], NOON - QUARTER, 9.0))
    found = await series.latest(connection, datastream_ids=streams)
    assert list(found) == streams[:1]
    newest = found[streams[0]]
    assert (newest.time, newest.result, newest.n) == (NOON + QUARTER, "zu", 3)
    assert newest.first_time == NOON - QUARTER
