# SPDX-License-Identifier: EUPL-1.2
"""What is usual: the same weekday of the last eight weeks, hour by hour, as medians per datastream."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stadtkern.core import statements
from stadtkern.core.database import Connection

WEEKS = 8
_ENOUGH = 3
_KEPT = 300.0
_MOST_KEPT = 500


class Hour(NamedTuple):
    """What the datastreams usually report together within one local hour."""

    total: float
    mean: float


Hours = Mapping[int, Hour]
_cache: dict[tuple[object, ...], tuple[float, Hours]] = {}


def local_day(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's beginning and end."""
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return datetime.combine(day, time(), tzinfo=zone), end


async def hours(connection: Connection, *, datastream_ids: Sequence[int], day: date, zone: ZoneInfo) -> Hours:
    """The usual hours of a day like this one; those seen on fewer than three such days are left out."""
    key = (tuple(sorted(datastream_ids)), day, zone.key)
    clock = asyncio.get_running_loop().time()
    known = _cache.get(key)
    if known and clock - known[0] < _KEPT:
        return known[1]
    windows = [local_day(day - timedelta(weeks=week), zone=zone) for week in range(1, WEEKS + 1)]
    values = {
        "ids": list(datastream_ids),
        "starts": [start for start, _ in windows],
        "ends": [end for _, end in windows],
        "zone": zone.key,
        "enough": _ENOUGH,
    }
    rows = await (await connection.execute(statements.load("insights")["usual_hours"], values)).fetchall()
    found = {hour: Hour(total, mean) for hour, total, mean in rows}
    if len(_cache) > _MOST_KEPT:
        _cache.clear()
    if found:
        _cache[key] = (clock, found)
    return found
