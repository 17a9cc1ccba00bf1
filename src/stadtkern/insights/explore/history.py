# SPDX-License-Identifier: EUPL-1.2
"""The course of one series over a span: points, gaps, quality, and what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from stadtkern.insights import usual
from stadtkern.insights.streams import Stream, amount
from stadtkern.things import series as things_series
from stadtkern.ui import charts
from stadtkern.ui.spans import Bucket, Span
from stadtkern.ui.visit import Visit

_STEPS: dict[Bucket, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a series within a span."""

    bucket: Bucket
    points: Sequence[Any]
    step: timedelta | None
    gaps: Sequence[tuple[datetime, datetime]]
    pieces: Sequence[Sequence[Any]]
    usual: Sequence[charts.Mark]
    good_share: float | None
    n: int


async def read(visit: Visit, *, stream: Stream, span: Span) -> History:
    """Read the series; buckets come from rollups, so that years cost as little as days."""
    found = await _series(visit, stream=stream, span=span)
    span = msgspec.structs.replace(span, bucket=found.bucket)
    points = [point for point in found.points if _value(point, stream=stream, bucket=span.bucket) is not None]
    step = _step(points, stream=stream, bucket=span.bucket)
    gaps = _gaps(points, step=step, span=span, stream=stream, bucket=span.bucket)
    expected = await _usual(visit, stream=stream, span=span) if span.compare else []
    n = sum(point.n for point in found.points)
    return History(
        bucket=span.bucket,
        points=points,
        step=step,
        gaps=gaps,
        pieces=_pieces(points, step=step),
        usual=expected,
        good_share=_good_share(found.points),
        n=n,
    )


async def _series(visit: Visit, *, stream: Stream, span: Span) -> things_series.Series:
    async def ask(bucket: Bucket) -> things_series.Series:
        return await things_series.series(
            visit.connection,
            datastream_id=stream.id,
            start=span.start,
            end=span.end,
            bucket=bucket,
            time_zone=visit.city.zone.key,
        )

    try:
        return await ask(span.bucket)
    except things_series.TooManyPoints:
        return await ask("hour")


def value(point: Any, *, stream: Stream, bucket: Bucket) -> float:
    """What is drawn of a point: totals of counts, means of everything else."""
    found = _value(point, stream=stream, bucket=bucket)
    return 0.0 if found is None else found


def _value(point: Any, *, stream: Stream, bucket: Bucket) -> float | None:
    chosen = point.total if stream.kind == "count" and bucket != "raw" else point.mean
    return None if chosen is None else float(chosen)


def _good_share(points: Sequence[Any]) -> float | None:
    known = [(point.n, point.good_share) for point in points if point.n and point.good_share is not None]
    total = sum(n for n, _ in known)
    return sum(n * share for n, share in known) / total if total else None


def _step(points: Sequence[Any], *, stream: Stream, bucket: Bucket) -> timedelta | None:
    """How far apart neighbours normally are; None where the series has no regular beat."""
    if bucket != "raw":
        return max(_STEPS[bucket], stream.interval or timedelta())
    given = amount(stream.properties.get("interval_seconds"))
    if given:
        return timedelta(seconds=given)
    apart = sorted(b.start - a.start for a, b in pairwise(points))
    if len(apart) < 4:
        return None
    typical: timedelta = median(apart)
    regular = apart[int(len(apart) * 0.9)] <= typical * 3
    return typical if regular and typical > timedelta() else None


def _gaps(
    points: Sequence[Any], *, step: timedelta | None, span: Span, stream: Stream, bucket: Bucket
) -> list[tuple[datetime, datetime]]:
    """Where values are missing, from the first value ever to the end of the span."""
    if (
        step is None
        or stream.first_time is None
        or (stream.kind == "state" and bucket == "raw" and not points)
    ):
        return []
    allowed = step * 1.6 if step == _STEPS.get(bucket) else step * 2.2
    start = max(span.start, stream.first_time - step)
    edges = [start, *(point.start for point in points)]
    found = [
        (before if before == start else before + step, after)
        for before, after in pairwise(edges)
        if after - before > allowed
    ]
    # The newest bucket is still being filled, and its value comes when it is full.
    if span.end - edges[-1] > step * 2.5:
        found.append((edges[-1] + step if points else start, span.end))
    return [(max(a, span.start), b) for a, b in found if b - max(a, span.start) >= step * 0.75]


def _pieces(points: Sequence[Any], *, step: timedelta | None) -> list[list[Any]]:
    pieces: list[list[Any]] = []
    for point in points:
        joined = pieces and (step is None or point.start - pieces[-1][-1].start <= step * 2.2)
        if joined:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return pieces


async def _usual(visit: Visit, *, stream: Stream, span: Span) -> list[charts.Mark]:
    """Hour by hour, the median of the same weekday in the eight weeks before each day shown."""
    zone: ZoneInfo = visit.city.zone
    marks: list[charts.Mark] = []
    counts = stream.kind == "count"
    day = span.start.astimezone(zone).date()
    while day <= span.end.astimezone(zone).date():
        hours = await usual.hours(visit.connection, datastream_ids=[stream.id], day=day, zone=zone)
        midnight, _ = usual.local_day(day, zone=zone)
        marks += [
            charts.Mark(midnight + timedelta(hours=hour, minutes=30), found.total if counts else found.mean)
            for hour, found in sorted(hours.items())
            if span.start <= midnight + timedelta(hours=hour, minutes=30) <= span.end
        ]
        day += timedelta(days=1)
    return marks
