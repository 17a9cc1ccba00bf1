# SPDX-License-Identifier: EUPL-1.2
"""Buckets for readers: clean ones from the rollups, dirty ones computed from the observations."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import fold, partitions, seals
from stadtkern.things.store.batch import HOUR, instant, microseconds
from stadtkern.things.store.fold import Span


class Row(NamedTuple):
    """One bucket of one datastream; see the table `rollup_hour` for the meaning of the columns."""

    start: datetime
    n: int
    rows: int
    good: int
    mean: float | None
    minimum: float | None
    maximum: float | None
    first: float | None
    last: float | None
    weight: float | None
    datastream_id: int
    m2: float | None = None


class Dirty(NamedTuple):
    """Spans whose rollups cannot be trusted, measured and held (kind `state`) ones."""

    measured: list[Span]
    held: list[Span]

    @property
    def spans(self) -> list[Span]:
        """Both together, sorted."""
        return sorted([*self.measured, *self.held])


async def dirty(
    connection: Connection, *, datastream_ids: Sequence[int], start: datetime, end: datetime
) -> Dirty:
    """What the fold has not come to yet, within the given span; never what is gone or lies in files."""
    cursor = await connection.execute(
        statements.load("things")["dirty_spans"], {"ids": list(datastream_ids), "start": start, "end": end}
    )
    found = await cursor.fetchall()
    sealed = {row[0]: row[4] for row in found if row[4] is not None}
    marks = await seals.cut(connection, marks=[row[:4] for row in found], sealed=sealed)
    lower, upper = microseconds(start) // HOUR * HOUR, -(-microseconds(end) // HOUR) * HOUR
    measured: list[Span] = []
    held: list[Span] = []
    for datastream_id, begin, until, kind in marks:
        span = Span(datastream_id, max(microseconds(begin), lower), min(microseconds(until), upper))
        if span.start < span.until:
            (held if kind == "state" else measured).append(span)
    return Dirty(fold.merged(measured), fold.merged(held))


async def hours(
    connection: Connection, *, datastream_ids: Sequence[int], start: datetime, end: datetime
) -> list[Row]:
    """The hours within [start, end), which are whole hours, by datastream and time."""
    unsure = await dirty(connection, datastream_ids=datastream_ids, start=start, end=end)
    rows = await _kept(connection, "kept_hours", datastream_ids, start, end)
    if not unsure.measured and not unsure.held:
        return rows
    inside = Cover(unsure.spans)
    kept = [row for row in rows if not inside.has(row.datastream_id, microseconds(row.start))]
    fresh = await computed(connection, unsure)
    return sorted(kept + fresh, key=lambda row: (row.datastream_id, row.start))


async def days(
    connection: Connection, *, datastream_ids: Sequence[int], start: datetime, end: datetime, zone: ZoneInfo
) -> list[Row]:
    """The city's days within [start, end), which are local midnights, by datastream and time."""
    unsure = await dirty(connection, datastream_ids=datastream_ids, start=start, end=end)
    rows = await _kept(connection, "kept_days", datastream_ids, start, end)
    if not unsure.measured and not unsure.held:
        return rows
    touched = {
        (span.datastream_id, day)
        for span in unsure.spans
        for day in _days_between(instant(span.start), instant(span.until), zone)
    }
    kept = [row for row in rows if (row.datastream_id, row.start.astimezone(zone).date()) not in touched]
    fresh = await _days_from_hours(connection, touched, zone)
    return sorted(kept + fresh, key=lambda row: (row.datastream_id, row.start))


async def computed(connection: Connection, unsure: Dirty) -> list[Row]:
    """Hours from the observations."""
    found: list[Any] = []
    for key, spans in await fold.by_partition(connection, unsure.measured):
        statement = partitions.statement("fresh_measured_hours", key)
        cursor = await connection.execute(statement, fold.span_params(spans), binary=True)
        found += await cursor.fetchall()
    if unsure.held:
        statement = partitions.statement("fresh_held_hours")
        cursor = await connection.execute(statement, fold.span_params(unsure.held), binary=True)
        found += await cursor.fetchall()
    return [Row(*row) for row in found]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def together(rows: Sequence[Row], *, start: datetime) -> Row:
    """One bucket of several; means weigh by seconds where these are known, by count elsewhere."""
    shares = [(row.n if row.weight is None else row.weight, row.mean) for row in rows if row.mean is not None]
    total = sum(share for share, _ in shares)
    mean: float | None = None
    if total:
        mean = sum(share * value for share, value in shares) / total
    elif shares:
        mean = sum(value for _, value in shares) / len(shares)
    seen = [row for row in rows if row.rows]
    weights = [row.weight for row in rows if row.weight is not None]
    return Row(
        start,
        sum(row.n for row in rows),
        sum(row.rows for row in rows),
        sum(row.good for row in rows),
        mean,
        min((row.minimum for row in rows if row.minimum is not None), default=None),
        max((row.maximum for row in rows if row.maximum is not None), default=None),
        seen[0].first if seen else None,
        seen[-1].last if seen else None,
        sum(weights) if weights else None,
        rows[0].datastream_id,
    )


class Cover:
    """Answers quickly whether an instant of a datastream lies in one of many spans."""

    def __init__(self, spans: Iterable[Span]):
        self._spans: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for span in spans:
            self._spans[span.datastream_id].append((span.start, span.until))

    def has(self, datastream_id: int, moment: int) -> bool:
        """Whether the instant, in microseconds, lies in a span."""
        spans = self._spans.get(datastream_id)
        if not spans:
            return False
        at = bisect_right(spans, (moment, 2**63)) - 1
        return at >= 0 and moment < spans[at][1]


async def _kept(
    connection: Connection, name: str, datastream_ids: Sequence[int], start: datetime, end: datetime
) -> list[Row]:
    statement = statements.load("things")[name]
    params = {"ids": list(datastream_ids), "start": start, "end": end}
    cursor = await connection.execute(statement, params, binary=True)
    return [Row(*row) for row in await cursor.fetchall()]


def _days_between(start: datetime, end: datetime, zone: ZoneInfo) -> Iterable[date]:
    day, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


async def _days_from_hours(
    connection: Connection, touched: set[tuple[int, date]], zone: ZoneInfo
) -> list[Row]:
    by_stream: defaultdict[int, list[date]] = defaultdict(list)
    for datastream_id, day in sorted(touched):
        by_stream[datastream_id].append(day)
    found = []
    for datastream_id, wanted in by_stream.items():
        start = midnight(wanted[0], zone)
        end = midnight(wanted[-1] + timedelta(days=1), zone)
        of_day: defaultdict[date, list[Row]] = defaultdict(list)
        for row in await hours(connection, datastream_ids=[datastream_id], start=start, end=end):
            of_day[row.start.astimezone(zone).date()].append(row)
        found += [together(of_day[day], start=midnight(day, zone)) for day in wanted if day in of_day]
    return found
