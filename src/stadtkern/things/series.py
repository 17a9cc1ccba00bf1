# SPDX-License-Identifier: EUPL-1.2
"""What readers ask of a history: the newest value, and a picture of any span at the cost of its points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from psycopg.rows import args_row

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.things.store import fold, hours
from stadtkern.things.store.batch import instant, microseconds

Bucket = Literal["raw", "hour", "day", "month", "year"]

# Most points of a picture of single observations; longer spans are drawn from hours.
MOST_RAW = 20_000
_HOUR = timedelta(hours=1)
_TICK = timedelta(microseconds=1)
_AUTO: tuple[tuple[timedelta, Bucket], ...] = (
    (timedelta(days=3), "raw"),
    (timedelta(days=62), "hour"),
    (timedelta(days=5 * 366), "day"),
    (timedelta(days=60 * 366), "month"),
)


class TooManyPoints(problems.Problem):
    """The span holds too many observations to show each of them.

    Choose a shorter span, or hours, days or months as buckets.
    """

    status = 422


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest observation of a datastream, and how far its history reaches."""

    time: datetime
    end: datetime | None
    result: Any
    n: int
    first_time: datetime
    last_time: datetime
    result_time_first: datetime | None = None
    result_time_last: datetime | None = None


class Point(msgspec.Struct, frozen=True, gc=False):
    """One bucket. `n` counts numbers; `good_share` is over all observations, None where there are none."""

    start: datetime
    n: int
    mean: float | None
    minimum: float | None
    maximum: float | None
    total: float | None
    first: float | None
    last: float | None
    good_share: float | None


class Series(msgspec.Struct, frozen=True):
    """A picture of a span, in the order of time; buckets without observations are left out."""

    bucket: Bucket
    points: list[Point]


async def latest(connection: Connection, *, datastream_ids: Sequence[int]) -> dict[int, Latest]:
    """The newest value of each datastream; those without observations are left out."""
    sql = statements.load("things")["latest_values"]
    rows = await (await connection.execute(sql, {"ids": list(datastream_ids)}, binary=True)).fetchall()
    return {
        row[0]: Latest(
            row[1], row[2], row[3] if row[4] is None else row[4], row[5], row[6], row[1], row[7], row[8]
        )
        for row in rows
    }


async def series(
    connection: Connection,
    *,
    datastream_id: int,
    start: datetime,
    end: datetime,
    bucket: Bucket | Literal["auto"] = "auto",
    time_zone: str = "",
) -> Series:
    """The buckets that overlap [start, end). Days, months and years are those of the city's time zone.

    Rollups exist for the city's own zone (the default); days of another one are made from hours.
    Raises TooManyPoints where `raw` is asked for too much; `auto` goes over to hours by itself.
    """
    chosen: Bucket = choose(start=start, end=end) if bucket == "auto" else bucket
    if chosen == "raw":
        points = await _raw(connection, datastream_id=datastream_id, start=start, end=end)
        if len(points) <= MOST_RAW and (points or bucket != "auto"):
            return Series(
                "raw", points
            )  # where they are gone or in the archive, their hours may still be there
        if bucket != "auto":
            raise TooManyPoints(f"more than {MOST_RAW} observations")
        chosen = "hour"
    if chosen == "hour":
        points = await _hours(connection, datastream_id=datastream_id, start=_floor(start), end=_ceiling(end))
    else:
        city = await fold.time_zone(connection)
        zone = ZoneInfo(time_zone or city)
        asked = _Calendar(connection, datastream_id, chosen, zone)
        first = asked.begin(start)
        behind = asked.next(asked.begin(end - _TICK))
        points = await (asked.kept(first, behind) if zone.key == city else asked.made(first, behind))
    return Series(chosen, points)


async def hourly(
    connection: Connection, *, datastream_ids: Sequence[int], start: datetime, end: datetime
) -> dict[int, list[Point]]:
    """The hours of many datastreams at once."""
    rows = await hours.hours(
        connection, datastream_ids=datastream_ids, start=_floor(start), end=_ceiling(end)
    )
    found: defaultdict[int, list[Point]] = defaultdict(list)
    for row in rows:
        found[row.datastream_id].append(point(row))
    return dict(found)


def choose(*, start: datetime, end: datetime) -> Bucket:
    """The bucket that makes a readable picture of a span."""
    return next((bucket for most, bucket in _AUTO if end - start <= most), "year")


def point(row: hours.Row) -> Point:
    """A bucket as readers see it."""
    total = None if row.mean is None or not row.n else row.mean * row.n
    share = row.good / row.rows if row.rows else None
    return Point(row.start, row.n, row.mean, row.minimum, row.maximum, total, row.first, row.last, share)


async def _raw(connection: Connection, *, datastream_id: int, start: datetime, end: datetime) -> list[Point]:
    params = {"id": datastream_id, "start": start, "end": end, "limit": MOST_RAW + 1}
    statement = statements.load("things")["observations_between"]
    cursor = await connection.execute(statement, params, binary=True, prepare=False)
    return [
        Point(time, 0 if value is None else 1, value, value, value, value, value, value, float(good))
        for time, value, good in await cursor.fetchall()
    ]


async def _hours(
    connection: Connection, *, datastream_id: int, start: datetime, end: datetime
) -> list[Point]:
    unsure = await hours.dirty(connection, datastream_ids=[datastream_id], start=start, end=end)
    params = {"id": datastream_id, "start": start, "end": end}
    points = await _points(connection, "hour_points", params)
    if not unsure.spans:
        return points
    cover = hours.Cover(unsure.spans)
    kept = [each for each in points if not cover.has(datastream_id, microseconds(each.start))]
    fresh = [point(row) for row in await hours.computed(connection, unsure)]
    return sorted(kept + fresh, key=lambda each: each.start)


async def _points(connection: Connection, name: str, params: dict[str, Any]) -> list[Point]:
    cursor = connection.cursor(row_factory=args_row(Point), binary=True)
    await cursor.execute(statements.load("things")[name], params)
    return await cursor.fetchall()


class _Calendar:
    """Days, months or years of one datastream in one time zone."""

    def __init__(self, connection: Connection, datastream_id: int, bucket: Bucket, zone: ZoneInfo):
        self._connection = connection
        self._id = datastream_id
        self._bucket = bucket
        self._zone = zone

    def begin(self, moment: datetime) -> datetime:
        """The local midnight at which the bucket of an instant begins, in UTC."""
        local = moment.astimezone(self._zone)
        month = 1 if self._bucket == "year" else local.month
        day = local.day if self._bucket == "day" else 1
        return datetime(local.year, month, day, tzinfo=self._zone).astimezone(UTC)

    def next(self, begin: datetime) -> datetime:
        """Where the next bucket begins; 36 hours lead from any midnight into the next day."""
        far = {"day": timedelta(hours=36), "month": timedelta(days=32)}.get(self._bucket, timedelta(days=367))
        return self.begin(begin + far)

    async def kept(self, start: datetime, end: datetime) -> list[Point]:
        """From the rollup of the city's days, except buckets in which something is dirty."""
        unsure = await hours.dirty(self._connection, datastream_ids=[self._id], start=start, end=end)
        name = "day_points" if self._bucket == "day" else "calendar_points"
        params = {"id": self._id, "start": start, "end": end, "bucket": self._bucket, "zone": self._zone.key}
        points = {each.start: each for each in await _points(self._connection, name, params)}
        for first, behind in self._touched(unsure):
            for begin in [begin for begin in points if first <= begin < behind]:
                del points[begin]
            points.update((each.start, each) for each in await self.made(first, behind, from_days=True))
        return [points[begin] for begin in sorted(points)]

    async def made(self, start: datetime, end: datetime, *, from_days: bool = False) -> list[Point]:
        """From hours, or from days where these are the city's."""
        ids = [self._id]
        if from_days:
            rows = await hours.days(
                self._connection, datastream_ids=ids, start=start, end=end, zone=self._zone
            )
        else:
            rows = await hours.hours(self._connection, datastream_ids=ids, start=start, end=end)
        groups: defaultdict[datetime, list[hours.Row]] = defaultdict(list)
        for row in rows:
            groups[self.begin(row.start)].append(row)
        return [point(hours.together(group, start=begin)) for begin, group in groups.items()]

    def _touched(self, unsure: hours.Dirty) -> list[tuple[datetime, datetime]]:
        """Runs of buckets in which something is dirty."""
        runs: list[tuple[datetime, datetime]] = []
        for span in unsure.spans:
            first = self.begin(instant(span.start))
            behind = self.next(self.begin(instant(span.until) - _TICK))
            if runs and first <= runs[-1][1]:
                runs[-1] = (runs[-1][0], max(runs[-1][1], behind))
            else:
                runs.append((first, behind))
        return runs


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _ceiling(moment: datetime) -> datetime:
    begin = _floor(moment)
    return begin if begin == moment else begin + _HOUR
