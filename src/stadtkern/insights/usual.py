# SPDX-License-Identifier: EUPL-1.2
"""What is usual: the same weekday of the last eight weeks, hour by hour; and the range of the last year."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from stadtkern.core import statements
from stadtkern.core.database import Connection

WEEKS = 8
_ENOUGH = 3
_KEPT = 300.0
_MOST_KEPT = 3_000


class Hour(NamedTuple):
    """What the datastreams usually report together within one local hour."""

    total: float
    mean: float


class Year(NamedTuple):
    """The days of a datastream's last year: how many, their middle four fifths, the last thirty means."""

    days: int
    low: float
    high: float
    recent: tuple[float, ...]


Hours = Mapping[int, Hour]
_cache: dict[tuple[object, ...], tuple[float, Any]] = {}


def local_day(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's beginning and end."""
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return datetime.combine(day, time(), tzinfo=zone), end


async def hours(connection: Connection, *, datastream_ids: Sequence[int], day: date, zone: ZoneInfo) -> Hours:
    """The usual hours of a day like this one, of all datastreams together."""
    found = await each(connection, datastream_ids=datastream_ids, day=day, zone=zone)
    return together(found.values())


def together(found: Iterable[Hours]) -> Hours:
    """Totals add up, means are averaged."""
    by_hour: defaultdict[int, list[Hour]] = defaultdict(list)
    for hours_of_one in found:
        for hour, usual in hours_of_one.items():
            by_hour[hour].append(usual)
    return {
        hour: Hour(sum(u.total for u in usuals), sum(u.mean for u in usuals) / len(usuals))
        for hour, usuals in sorted(by_hour.items())
    }


async def each(
    connection: Connection, *, datastream_ids: Sequence[int], day: date, zone: ZoneInfo
) -> dict[int, Hours]:
    """The usual hours of single datastreams; those seen on fewer than three such days are left out."""

    async def ask(ids: list[int]) -> dict[int, Hours]:
        starts = [
            start for week in range(1, WEEKS + 1) for start in _hours_of(day - timedelta(weeks=week), zone)
        ]
        values = {
            "ids": ids,
            "starts": starts,
            "hours": [start.astimezone(zone).hour for start in starts],
            "enough": _ENOUGH,
        }
        found: defaultdict[int, dict[int, Hour]] = defaultdict(dict)
        for id_, hour, total, mean in await _rows(connection, "usual_hours", values):
            found[id_][hour] = Hour(total, mean)
        return dict(found)

    return await _known("hours", datastream_ids, (day, zone.key), ask)


def _hours_of(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The hours in UTC, as rollups know them, that begin within a local day."""
    start, end = (moment.astimezone(UTC) for moment in local_day(day, zone=zone))
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        if hour >= start:
            yield hour
        hour += timedelta(hours=1)


async def years(
    connection: Connection, *, datastream_ids: Sequence[int], until: datetime, zone: ZoneInfo
) -> dict[int, Year]:
    """The last year of single datastreams; those without a day are left out."""

    async def ask(ids: list[int]) -> dict[int, Year]:
        values = {"ids": ids, "start": until - timedelta(days=365), "until": until}
        rows = await _rows(connection, "year_ranges", values)
        return {row[0]: Year(row[1], row[2], row[3], tuple(row[4])) for row in rows}

    return await _known("year", datastream_ids, (until.astimezone(zone).date(),), ask)


async def _known(
    what: str,
    ids: Sequence[int],
    about: tuple[object, ...],
    ask: Callable[[list[int]], Awaitable[dict[int, Any]]],
) -> dict[int, Any]:
    """What was asked within the last minutes, and the rest in one question."""
    clock = asyncio.get_running_loop().time()
    kept = {id_: _cache.get((what, id_, *about)) for id_ in ids}
    found = {id_: entry[1] for id_, entry in kept.items() if entry and clock - entry[0] < _KEPT}
    missing = sorted(set(ids) - found.keys())
    if missing:
        fresh = await ask(missing)
        if len(_cache) + len(fresh) > _MOST_KEPT:
            _cache.clear()
        _cache.update({(what, id_, *about): (clock, value) for id_, value in fresh.items()})
        found |= fresh
    return found


async def _rows(connection: Connection, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(statements.load("insights")[name], values)).fetchall()
