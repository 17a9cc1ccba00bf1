# SPDX-License-Identifier: EUPL-1.2
"""The time series in a dataset, as its page shows them: newest value, the last week as a line, how fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.things import series
from stadtkern.ui import charts, formats, maps
from stadtkern.ui.visit import Visit

SHOWN = 8
_MOST = 500
_WEEK = timedelta(days=7)
_LATE = timedelta(hours=3)
_HOUR = timedelta(hours=1)
# What owners write into free properties counts where it makes sense.
_DIGITS, _MOST_SECONDS = range(10), 1e10


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A series with its newest value."""

    id: int
    name: str
    value: str
    at: datetime | None
    late_after: timedelta
    picture: SafeString | str


class Holding(msgspec.Struct, frozen=True):
    """The first series of a dataset, and how many series and readings there are in all."""

    rows: Sequence[Row]
    total: int
    readings: int
    newest: datetime | None
    late_after: timedelta = timedelta(days=2)


async def of_dataset(visit: Visit, *, dataset_id: int) -> Holding:
    """What the dataset holds, the largest series first."""
    text, params = (
        Fragment(statements.load("catalogue")["series_of_dataset"] + " ", (dataset_id,))
        + fragments.every([visit.scope.on("t.dataset_id"), visit.scope.on("g.dataset_id")])
        + Fragment(" ORDER BY s.n DESC, t.id LIMIT %s", (SHOWN,))
    )
    found = await (await visit.connection.execute(text, params)).fetchall()
    if not found:
        return Holding((), 0, 0, None)
    newest = max((row[4] for row in found if row[4]), default=None)
    lines = await _lines(visit, rows=found)
    return Holding([_row(row, lines) for row in found], found[0][7], int(found[0][8] or 0), newest)


async def _lines(visit: Visit, *, rows: Sequence[Any]) -> Mapping[int, Sequence[float | None]]:
    """Hourly means of the last week in which there were readings."""
    ends = [row[5] for row in rows if row[5]]
    if not ends:
        return {}
    end = max(ends).replace(minute=0, second=0, microsecond=0) + _HOUR
    start = end - _WEEK
    hourly = await series.hourly(
        visit.connection, datastream_ids=[row[0] for row in rows], start=start, end=end
    )
    return {key: _filled(points, start=start) for key, points in hourly.items()}


def _filled(points: Sequence[series.Point], *, start: datetime) -> list[float | None]:
    """One value per hour; a single missing hour is no gap, for series that report every few hours."""
    known = {int((point.start - start) / _HOUR): point.mean for point in points}
    return [known.get(hour) for hour in range(int(_WEEK / _HOUR))]


def _row(row: Any, lines: Mapping[int, Sequence[float | None]]) -> Row:
    values = lines.get(row[0], ())
    properties = row[10] or {}
    digits, interval = properties.get("digits"), properties.get("interval_seconds")
    exact = digits if type(digits) is int and digits in _DIGITS else None
    symbol = f" {row[2]}" if row[2] else ""
    late = _LATE
    if isinstance(interval, int | float) and 0 < interval < _MOST_SECONDS:
        late = timedelta(seconds=interval * 3)
    title = gettext("%(name)s in der letzten Woche mit Messwerten") % {"name": row[1]}
    return Row(
        id=row[0],
        name=row[1],
        value="" if row[3] is None else formats.number(row[3], digits=exact) + symbol,
        at=row[4],
        late_after=max(late, _LATE),
        picture=charts.spark(values, title=title) if sum(v is not None for v in values) > 2 else "",
    )


async def places(visit: Visit, *, dataset_id: int, most: int) -> list[maps.Spot]:
    """Where the things of a dataset stand, with links to their pages."""
    text, params = (
        Fragment(statements.load("catalogue")["places_of_dataset"] + " ", (dataset_id,))
        + fragments.every([visit.scope.on("g.dataset_id"), visit.scope.on("l.dataset_id")])
        + Fragment(" ORDER BY g.id LIMIT %s", (most,))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [
        maps.Spot(lon=row[2], lat=row[3], label=row[1], value=1.0, url=reverse("thing", args=[row[0]]))
        for row in rows
    ]


async def ids(visit: Visit, *, dataset_id: int) -> list[int]:
    """The ids of the dataset's series."""
    text, params = (
        Fragment(statements.load("catalogue")["series_of"] + " ", (dataset_id,))
        + visit.scope.on("t.dataset_id")
        + Fragment(" ORDER BY t.id LIMIT %s", (_MOST,))
    )
    return [row[0] for row in await (await visit.connection.execute(text, params)).fetchall()]
