# SPDX-License-Identifier: EUPL-1.2
"""Days of 23 hours, states, gaps and long silences in buckets of time."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stadtkern.core.database import Connection
from stadtkern.ingest.writer.commit import commit
from stadtkern.things.aggregate import asking, pages
from stadtkern.things.aggregate.calendar import Calendar
from stadtkern.things.language import parser
from stadtkern.things.store import fold
from stadtkern.things.store.batch import microseconds
from tests.things.buckets import BUCKETS, ZONES, ask
from tests.things.histories import NOON, datastreams, reading, store


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("bucket", [*BUCKETS, "12h", "3h"])
def test_buckets_follow_one_another_without_a_gap(bucket: str, zone: str) -> None:
    """Each instant lies in the bucket of its number, over both changes of the clock and a leap year."""
    made = asking.aggregate(bucket)
    calendar = Calendar(made.bucket, ZoneInfo(zone))
    for moment in (datetime(2024, 2, 28, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC),
                   datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC)):  # fmt: skip
        number = calendar.number(microseconds(moment))
        begins = calendar.begins(number, 60).tolist()
        assert begins == sorted(set(begins))
        for at in range(59):
            assert calendar.number(begins[at]) == number + at
            assert calendar.number(begins[at + 1] - 1) == number + at
        assert begins[0] <= microseconds(moment) < begins[1]


@pytest.mark.anyio
async def test_a_day_has_as_many_hours_as_it_has(connection: Connection) -> None:
    """23 at the beginning of summer time, 25 at its end; a bucket of 6 hours then holds 5 or 7."""
    (stream,) = await datastreams(connection)
    for day, count in (
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
    ):
        items = [reading(stream, day + timedelta(hours=hour), 1.0) for hour in range(count)]
        await store(connection, *items)
    await fold.fold_all(connection)
    days = await ask(connection, stream, "day(count)", None)
    assert [(row["count"], row["end"] - row["start"]) for row in days] == [
        (23, timedelta(hours=23)),
        (25, timedelta(hours=25)),
    ]
    assert [row["count"] for row in await ask(connection, stream, "6h(count)", None)] == [
        5,
        6,
        6,
        6,
        7,
        6,
        6,
        6,
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("bucket", ["hour", "3h", "day", "week", "month"])
async def test_a_state_weighs_by_time(connection: Connection, bucket: str) -> None:
    """The same before and after the fold; on for a quarter of an hour is a quarter of the hour."""
    (stream,) = await datastreams(connection, kind="state")
    turns = [reading(stream, NOON + timedelta(minutes=15 * at), float(at % 4 == 0)) for at in range(480)]
    await store(connection, *turns)
    before = await ask(connection, stream, f"{bucket}(mean,min,max,stddev,count)", None)
    await fold.fold_all(connection)
    after = await ask(connection, stream, f"{bucket}(mean,min,max,stddev,count)", None)
    assert [row["count"] for row in before] == [row["count"] for row in after]
    for one, other in zip(before, after, strict=True):
        assert one["mean"] == pytest.approx(other["mean"])
        assert one["stddev"] == pytest.approx(other["stddev"])
    if bucket == "hour":
        assert [row["mean"] for row in after[:-1]] == pytest.approx([0.25] * (len(after) - 1))
    for text in ("15min(mean)", "hour(sum)"):
        with pytest.raises(pages.UnfitAggregate):
            await ask(connection, stream, text, None)


@pytest.mark.anyio
@pytest.mark.parametrize("top", [1, 3, 100])
@pytest.mark.parametrize("descending", [False, True])
async def test_gaps_are_filled_as_wanted(connection: Connection, top: int, descending: bool) -> None:
    """Pages make no difference; counts are never made up, and nothing is known before the first value."""
    (stream,) = await datastreams(connection)
    await store(connection, *(reading(stream, NOON + timedelta(hours=at), float(at)) for at in (1, 2, 6)))
    condition = parser.expression(
        "phenomenonTime ge 2026-03-28T12:00:00Z and phenomenonTime lt 2026-03-28T20:00:00Z", where=""
    )

    async def column(fill: str, name: str) -> list[float | None]:
        found = await ask(
            connection, stream, f"hour(mean,count;fill={fill})", condition, descending=descending, top=top
        )
        values = [None if math.isnan(row[name]) else float(row[name]) for row in found]
        return values[::-1] if descending else values

    assert await column("none", "mean") == [1, 2, 6]
    assert await column("null", "mean") == [None, 1, 2, None, None, None, 6, None]
    assert await column("previous", "mean") == [None, 1, 2, 2, 2, 2, 6, 6]
    assert await column("linear", "mean") == [None, 1, 2, 3, 4, 5, 6, None]
    assert await column("linear", "count") == [0, 1, 1, 0, 0, 0, 1, 0]


@pytest.mark.anyio
async def test_long_gaps_are_stepped_over(connection: Connection) -> None:
    """A value every few years, asked for by the minute or the hour, comes in one page and quickly."""
    (stream,) = await datastreams(connection)
    times = [datetime(year, 7, 1, 12, 7, tzinfo=UTC) for year in range(1996, 2026, 3)]
    await store(connection, *(reading(stream, time, 1.0) for time in times))
    await fold.fold_all(connection)
    for bucket in ("5min", "hour", "day"):
        for descending in (False, True):
            found = await ask(connection, stream, f"{bucket}(mean)", None, descending=descending)
            assert [row["start"].year for row in found] == [time.year for time in times][
                :: -1 if descending else 1
            ]


@pytest.mark.anyio
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("hours", [[1, 960, 1920, 1944], [*range(400, 700), 1100]])
async def test_what_lies_behind_a_gap_is_found_before_the_fold(
    connection: Connection, hours: list[int], descending: bool
) -> None:
    """Of single rows that the state tells of with all between, and of a run that one mark stands for."""
    (single, together) = await datastreams(connection, count=2)
    for stream in (single, together):
        await store(connection, reading(stream, NOON, 0.0))
    await fold.fold_all(connection)
    items = [(NOON + timedelta(hours=hour), float(hour)) for hour in hours]
    await store(connection, *(reading(together, time, value) for time, value in items))
    for time, value in items[:20] if len(items) > 20 else items:
        await commit(connection, items=[reading(single, time, value)])
    for _ in range(2):
        for stream, wanted in ((single, hours[:20]), (together, hours)):
            rows = await ask(connection, stream, "hour(mean,count)", None, descending=descending, top=400)
            found = [row["mean"] for row in rows]
            assert sorted(found) == [0.0, *map(float, wanted)]
            assert found == sorted(found, reverse=descending)
        await fold.fold_all(connection)
