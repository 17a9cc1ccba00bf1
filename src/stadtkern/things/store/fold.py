# SPDX-License-Identifier: EUPL-1.2
"""Computes dirty buckets anew within about two seconds: hours from observations, city days from hours."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import psycopg
import structlog

from stadtkern.core import database, metrics, statements, waiting
from stadtkern.core.database import Connection
from stadtkern.things.store import backlog, binary, partitions, seals
from stadtkern.things.store.batch import HOUR, Integers, microseconds

log = structlog.get_logger(__name__)

# How much one transaction takes on at most.
_MARKS = 20_000
_HOURS = 60_000
# Up to so many hours a mark of appended rows is added to its buckets instead of computing them anew.
_EXTENDED = 3

# With fewer marks than this left, or more than before, the next ones may come in for a while.
_FEW = 100

_FOLDED = metrics.REGISTRY.counter("stadtkern_fold_marks_done", "Dirty buckets computed anew.").at()

FALLBACK_SECONDS = 2.0


class Span(NamedTuple):
    """Whole hours of a datastream: [start, until) in microseconds."""

    datastream_id: int
    start: int
    until: int


async def run(*, url: str, stop: asyncio.Event) -> None:
    """Fold until told to stop; comes back after the database was away."""
    waits = backlog.Backlog()
    metrics.REGISTRY.ask(waits.families)
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute("LISTEN observations")
                await _work(connection, stop, waits)
        except psycopg.OperationalError as error:
            log.warning("the fold lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=backlog.PAUSE_SECONDS)


async def _listen(connection: Connection, stop: asyncio.Event) -> None:
    """Wait for news, or a while; then let a little more come in."""
    async for _ in connection.notifies(timeout=FALLBACK_SECONDS, stop_after=1):
        pass  # several may come at once; they mean no more than one
    await waiting.pause(stop, seconds=backlog.PAUSE_SECONDS)


async def _work(connection: Connection, stop: asyncio.Event, waits: backlog.Backlog) -> None:
    """Fold until told to stop, or until a load is done: PostgreSQL keeps what a session needed for that."""
    growing = True
    loaded: set[int] = set()
    while not stop.is_set():
        if growing:
            await waits.let_loads_end(connection, stop)
        before = await waits.look(connection)
        taken = await fold_once(connection, loaded=loaded)
        after = await waits.look(connection)
        _FOLDED.add(taken)
        growing = after < _FEW or after > before - taken
        if not taken:
            after_load = bool(loaded)
            loaded = await partitions.tend(connection, keys=loaded)
            if after_load and not loaded:
                return
            await _listen(connection, stop)
        elif growing:
            await waiting.pause(stop, seconds=backlog.PAUSE_SECONDS)


async def fold_once(connection: Connection, *, loaded: set[int] | None = None) -> int:
    """Gather what states say, then fold some marks in one transaction; returns how many were taken.

    The connection autocommits.

    The partitions that got whole spans of rows are added to `loaded`.

    A mark that is taken belongs to rows that are committed, and the statements behind it see at least those.
    Marks that come in meanwhile stay for the next time, so none is lost.
    """
    sql = statements.load("things")
    await backlog.gather(connection, enough=_MARKS)
    async with connection.transaction():
        row = await (await connection.execute(sql["lock_fold"])).fetchone()
        if not row or not row[0]:
            return 0
        cursor = await connection.execute(sql["take_marks"], {"marks": _MARKS, "hours": _HOURS}, binary=True)
        marks = await cursor.fetchall()
        if marks:
            await _fold_or_part(connection, marks, set() if loaded is None else loaded)
    return len(marks)


async def _fold_or_part(connection: Connection, marks: list[Any], loaded: set[int]) -> None:
    """Fold; where the database refuses, find the mark by halving, so that one cannot hold up the others."""
    try:
        async with connection.transaction():
            await _fold(connection, marks, loaded)
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        if len(marks) == 1:
            log.error("a bucket cannot be computed", mark=marks[0], error=str(error).strip())
            return
        middle = len(marks) // 2
        await _fold_or_part(connection, marks[:middle], loaded)
        await _fold_or_part(connection, marks[middle:], loaded)


async def _fold(connection: Connection, marks: list[Any], loaded: set[int]) -> None:
    sql = statements.load("things")
    ids = sorted({mark[0] for mark in marks})
    cursor = await connection.execute(sql["kinds_of_datastreams"], {"ids": ids})
    facts = await cursor.fetchall()
    sealed = {row[0]: row[2] for row in facts if row[2] is not None}
    marks = await seals.cut(connection, marks=marks, sealed=sealed)
    anew, extended, states = _sort(marks, {row[0]: row[1] for row in facts})
    for key, spans in await by_partition(connection, anew):
        await connection.execute(partitions.statement("drop_empty_hours", key), span_params(spans))
        await connection.execute(partitions.statement("fold_hours", key), span_params(spans))
        loaded.add(key)
    for key, spans in await by_partition(connection, extended):
        params = span_params(spans)
        del params["until"]
        await connection.execute(partitions.statement("extend_hours", key), params)
    if states:
        await connection.execute(sql["drop_hours"], span_params(states))
        await connection.execute(partitions.statement("fold_held_hours"), span_params(states))
    touched = merged([*anew, *extended, *states])
    zone = await time_zone(connection)
    await connection.execute(sql["fold_days"], {**span_params(touched), "zone": zone})


def _sort(marks: list[Any], kinds: dict[int, str]) -> tuple[list[Span], list[Span], list[Span]]:
    """Spans to compute anew, single hours to extend, spans of states; no hour stands in two of them."""
    full: list[Span] = []
    hours: set[Span] = set()
    states: list[Span] = []
    for datastream_id, start, until, appended in marks:
        span = Span(datastream_id, microseconds(start), microseconds(until))
        kind = kinds.get(datastream_id)
        if kind == "state":
            states.append(span)
        elif kind is not None and appended and span.until - span.start <= _EXTENDED * HOUR:
            begins = range(span.start, span.until, HOUR)
            hours.update(Span(datastream_id, begin, begin + HOUR) for begin in begins)
        elif kind is not None:
            full.append(span)
    anew = merged(full)
    return anew, sorted(hours - _inside(hours, anew)), merged(states)


def _inside(hours: Iterable[Span], spans: list[Span]) -> set[Span]:
    """Those of the hours that one of the (merged) spans covers."""
    of_stream: defaultdict[int, list[Span]] = defaultdict(list)
    for span in spans:
        of_stream[span.datastream_id].append(span)
    covered = set()
    for hour in hours:
        known = of_stream.get(hour.datastream_id)
        if known and any(span.start <= hour.start < span.until for span in known):
            covered.add(hour)
    return covered


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same hours without overlaps, sorted."""
    result: list[Span] = []
    for span in sorted(spans):
        last = result[-1] if result else None
        if last and last.datastream_id == span.datastream_id and span.start <= last.until:
            result[-1] = Span(span.datastream_id, last.start, max(last.until, span.until))
        else:
            result.append(span)
    return result


async def by_partition(connection: Connection, spans: Iterable[Span]) -> list[tuple[int, list[Span]]]:
    """The spans of each partition that is there, cut at its bounds."""
    parts: defaultdict[int, list[Span]] = defaultdict(list)
    for span in spans:
        begin = span.start
        while begin < span.until:
            key = partitions.key(begin)
            end = min(span.until, partitions.end(key))
            parts[key].append(Span(span.datastream_id, begin, end))
            begin = end
    there = await partitions.existing(connection, keys=parts)
    return sorted((key, part) for key, part in parts.items() if key in there)


def span_params(spans: list[Span]) -> dict[str, Any]:
    """Spans as array parameters; there may be none, where all datastreams went meanwhile."""
    columns: Integers = np.array(spans, np.int64).reshape(-1, 3)
    return {
        "datastream_id": binary.bigints(columns[:, 0]),
        "start": binary.instants(columns[:, 1]),
        "until": binary.instants(columns[:, 2]),
    }


async def time_zone(connection: Connection) -> str:
    """The city's time zone."""
    row = await (await connection.execute("SELECT time_zone FROM core.city")).fetchone()
    return str(row[0]) if row else "UTC"


async def rebuild_days(connection: Connection) -> None:
    """Make all days anew in the caller's transaction, after the city's time zone changed."""
    sql = statements.load("things")
    await connection.execute(sql["wait_for_fold"])
    await connection.execute(sql["clear_days"])
    rows = await (await connection.execute(sql["hour_spans_of_all"])).fetchall()
    spans = [Span(row[0], microseconds(row[1]), microseconds(row[2])) for row in rows]
    if spans:
        await connection.execute(
            sql["fold_days"], {**span_params(spans), "zone": await time_zone(connection)}
        )


async def fold_all(connection: Connection) -> int:
    """Fold until no mark is left but of states that are held by others; returns how many there were."""
    total = 0
    while taken := await fold_once(connection):
        total += taken
    return total
