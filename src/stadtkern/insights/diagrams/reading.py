# SPDX-License-Identifier: EUPL-1.2
"""The values behind a diagram, from rollups: each series in its buckets, and the same of years before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from stadtkern.insights.diagrams import grid
from stadtkern.insights.diagrams.grid import Group
from stadtkern.insights.streams import Stream
from stadtkern.things import series
from stadtkern.ui.visit import Visit

_BUCKETS: Mapping[Group, series.Bucket] = {
    "einzeln": "raw",
    "stunde": "hour",
    "tag": "day",
    "woche": "day",
    "monat": "month",
    "jahr": "year",
}
# For the middle of the hours: as many as a year has.
LONGEST_MIDDLE = timedelta(days=400)
_ENOUGH_HOURS = 5
_ENOUGH_TOTALS = 4


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One bucket of one series: a total of counts, a mean of all else. `at`: its place in the diagram."""

    begin: datetime
    at: datetime
    end: datetime
    value: float
    low: float | None
    high: float | None
    n: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a series, in the span asked for or some years before it.

    `gaps`: where in the diagram a bucket should be and is not; `expected`: how many should be there.
    """

    stream: Stream
    years: int
    group: Group
    pieces: Sequence[Sequence[Cell]]
    gaps: Sequence[datetime] = ()
    expected: int = 0
    partial: int = 0

    @property
    def cells(self) -> list[Cell]:
        """All buckets with values, in the order of time."""
        return [cell for piece in self.pieces for cell in piece]

    @property
    def sums(self) -> bool:
        """Whether values are totals."""
        return self.stream.kind == "count" and self.group != "einzeln"


async def run(
    visit: Visit,
    *,
    stream: Stream,
    start: datetime,
    end: datetime,
    group: Group,
    years: int = 0,
    band: str = "",
) -> Run:
    """Read one line. `years`: how many before the span; `band`: `spanne`, `mitte` or none."""
    zone = visit.city.zone
    first = grid.moved(start, years=-years, group=group, zone=zone)
    last = min(grid.moved(end, years=-years, group=group, zone=zone), visit.now)
    if last <= first:
        return Run(stream=stream, years=years, group=group, pieces=[])
    points = await _points(visit, stream=stream, start=first, end=last, group=group)
    if group == "einzeln" and points is None:
        group, points = "stunde", await _points(visit, stream=stream, start=first, end=last, group="stunde")
    found = _gathered(
        points or [], group=group, zone=zone, sums=stream.kind == "count" and group != "einzeln"
    )
    bands = await _bands(visit, stream=stream, start=first, end=last, group=group, found=found, band=band)
    cells = [
        _cell(begin, value, n, bands.get(begin), group=group, years=years, zone=zone, now=visit.now)
        for begin, (value, n, _, _) in sorted(found.items())
    ]
    every = len(cells)
    if stream.kind == "count" and group != "einzeln":
        # A bucket that is still being filled would look like a fall, and so would one that lacks values.
        cells = [cell for cell in cells if cell.end <= visit.now]
        every = len(cells)
        cells = _whole(cells) if group != "stunde" else cells
    pieces, gaps, expected = _pieces(cells, stream=stream, start=first, end=last, group=group, zone=zone)
    return Run(
        stream=stream,
        years=years,
        group=group,
        pieces=pieces,
        gaps=[grid.moved(gap, years=years, group=group, zone=zone) if years else gap for gap in gaps],
        expected=expected,
        partial=every - len(cells),
    )


def _whole(cells: list[Cell]) -> list[Cell]:
    """Totals of a series with a steady beat, without those to which a tenth of the values is missing."""
    if len(cells) < _ENOUGH_TOTALS:
        return cells
    usual = float(np.median([cell.n for cell in cells]))
    complete = [cell for cell in cells if cell.n >= usual * 0.88]
    return complete if len(complete) >= len(cells) * 0.75 else cells


async def _points(
    visit: Visit, *, stream: Stream, start: datetime, end: datetime, group: Group
) -> Sequence[Any] | None:
    """None where there are too many single values to show each."""
    if group == "woche":
        start = grid.floor(start, group=group, zone=visit.city.zone)
    try:
        found = await series.series(
            visit.connection,
            datastream_id=stream.id,
            start=start,
            end=end,
            bucket=_BUCKETS[group],
            time_zone=visit.city.zone.key,
        )
    except series.TooManyPoints:
        return None
    return found.points


def _gathered(
    points: Sequence[Any], *, group: Group, zone: ZoneInfo, sums: bool
) -> dict[datetime, tuple[float, int, float | None, float | None]]:
    """Value, number of observations, least and greatest by bucket; weeks are put together from days."""
    groups: defaultdict[datetime, list[Any]] = defaultdict(list)
    for point in points:
        if (point.total if sums else point.mean) is not None:
            begin = grid.floor(point.start, group=group, zone=zone) if group == "woche" else point.start
            groups[begin].append(point)
    found = {}
    for begin, inside in groups.items():
        n = sum(point.n for point in inside)
        weights = [float(point.n or 1) for point in inside]
        value = (
            sum(point.total for point in inside)
            if sums
            else sum(point.mean * weight for point, weight in zip(inside, weights, strict=True))
            / sum(weights)
        )
        lows = [point.minimum for point in inside if point.minimum is not None]
        highs = [point.maximum for point in inside if point.maximum is not None]
        found[begin] = (float(value), n, min(lows, default=None), max(highs, default=None))
    return found


async def _bands(
    visit: Visit,
    *,
    stream: Stream,
    start: datetime,
    end: datetime,
    group: Group,
    found: Mapping[datetime, tuple[float, int, float | None, float | None]],
    band: str,
) -> dict[datetime, tuple[float, float]]:
    """From where to where values lie in a bucket; totals have none."""
    if not has_band(stream, group) or band not in ("spanne", "mitte"):
        return {}
    if band == "spanne" or group == "stunde" or end - start > LONGEST_MIDDLE:
        return {
            begin: (low, high)
            for begin, (_, _, low, high) in found.items()
            if low is not None and high is not None
        }
    hours = await _points(visit, stream=stream, start=start, end=end, group="stunde") or []
    groups: defaultdict[datetime, list[float]] = defaultdict(list)
    for point in hours:
        if point.mean is not None:
            groups[grid.floor(point.start, group=group, zone=visit.city.zone)].append(point.mean)
    return {
        begin: (float(np.quantile(means, 0.1)), float(np.quantile(means, 0.9)))
        for begin, means in groups.items()
        if len(means) >= _ENOUGH_HOURS
    }


def has_band(stream: Stream, group: Group) -> bool:
    """Whether a range of single values says something beside what is drawn."""
    return stream.kind not in ("count", "state") and not stream.what.states and group != "einzeln"


def _cell(
    begin: datetime,
    value: float,
    n: int,
    band: tuple[float, float] | None,
    *,
    group: Group,
    years: int,
    zone: ZoneInfo,
    now: datetime,
) -> Cell:
    end = begin if group == "einzeln" else grid.after(begin, group=group, zone=zone)
    at = grid.moved(begin, years=years, group=group, zone=zone) if years else begin
    low, high = band or (None, None)
    return Cell(begin=begin, at=at, end=min(end, now) if years else end, value=value, low=low, high=high, n=n)


def _pieces(
    cells: Sequence[Cell], *, stream: Stream, start: datetime, end: datetime, group: Group, zone: ZoneInfo
) -> tuple[list[list[Cell]], list[datetime], int]:
    """The cells without the gaps between them, where one is missing, and how many there should be."""
    if not cells:
        return [], [], 0
    beat = stream.interval
    if group == "einzeln" or (beat is not None and beat > grid.LENGTHS[group] * 1.05):
        return _by_beat(cells, beat), [], 0
    known = {cell.begin: cell for cell in cells}
    since = max(start, stream.first_time or start)
    expected = [
        begin
        for begin in grid.begins(since, end, group=group, zone=zone)
        if grid.after(begin, group=group, zone=zone) <= end
    ]
    pieces: list[list[Cell]] = [[]]
    for begin in sorted({*expected, *known}):
        if begin in known:
            pieces[-1].append(known[begin])
        elif pieces[-1]:
            pieces.append([])
    gaps = [begin for begin in expected if begin not in known]
    return [piece for piece in pieces if piece], gaps, len(expected)


def _by_beat(cells: Sequence[Cell], beat: timedelta | None) -> list[list[Cell]]:
    pieces: list[list[Cell]] = []
    for cell in cells:
        if pieces and (beat is None or cell.begin - pieces[-1][-1].begin <= beat * 3):
            pieces[-1].append(cell)
        else:
            pieces.append([cell])
    return pieces
