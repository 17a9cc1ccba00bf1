# SPDX-License-Identifier: EUPL-1.2
"""What is usual: the same weekday of the last eight weeks, hour by hour, as medians."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stadtkern.core import statements
from stadtkern.core.database import Connection

WEEKS = 8
_ENOUGH = 3
_KEPT = 300.0


class Hour(NamedTuple):
    """What some datastreams reported together within one hour."""

    total: float
    means: float
    streams: int


Day = Mapping[int, Hour]
_cache: dict[tuple[object, ...], tuple[float, list[Day]]] = {}


def local_day(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's beginning and end."""
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(
        day + timedelta(days=1), time(), tzinfo=zone
    )


async def same_weekdays(
    connection: Connection, *, datastream_ids: Sequence[int], day: date, zone: ZoneInfo
) -> list[Day]:
    """The hours of the same weekday in the weeks before, per day; days without any value are left out."""
    key = (tuple(sorted(datastream_ids)), day, zone.key)
    clock = asyncio.get_running_loop().time()
    known = _cache.get(key)
    if known and clock - known[0] < _KEPT:
        return known[1]
    windows = [local_day(day - timedelta(weeks=week), zone=zone) for week in range(1, WEEKS + 1)]
    values = {"ids": list(datastream_ids), "starts": [w[0] for w in windows], "ends": [w[1] for w in windows]}
    rows = await (await connection.execute(statements.load("insights")["sums_in_windows"], values)).fetchall()
    days: dict[date, dict[int, Hour]] = defaultdict(dict)
    for start, total, means, streams, _ in rows:
        local = start.astimezone(zone)
        days[local.date()][local.hour] = Hour(total, means, streams)
    found: list[Day] = list(days.values())
    if len(_cache) > 200:
        _cache.clear()
    _cache[key] = (clock, found)
    return found


def usual_totals(days: Sequence[Day]) -> dict[int, float]:
    """The median total of each hour; hours seen on fewer than three days are left out."""
    return _medians({hour: [day[hour].total for day in days if hour in day] for hour in range(24)})


def usual_means(days: Sequence[Day]) -> dict[int, float]:
    """The median over days of the mean of each hour, averaged over the datastreams present."""
    by_hour = {
        hour: [day[hour].means / day[hour].streams for day in days if hour in day] for hour in range(24)
    }
    return _medians(by_hour)


def _medians(by_hour: Mapping[int, Sequence[float]]) -> dict[int, float]:
    return {hour: median(values) for hour, values in by_hour.items() if len(values) >= _ENOUGH}
