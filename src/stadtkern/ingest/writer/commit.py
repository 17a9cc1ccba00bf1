# SPDX-License-Identifier: EUPL-1.2
"""One commit for many readings; if the database refuses one of them, only that one fails."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.things import news, readings
from stadtkern.things.store import append, batch, few, merge, partitions, prepared, streams

# What a reading of its own can cause; all other errors are the database's.
POISON = (psycopg.DataError, psycopg.IntegrityError)

Answer = readings.Stored | problems.Problem
_T = TypeVar("_T")


async def commit(
    connection: Connection, *, items: Sequence[readings.Reading]
) -> tuple[list[Answer], list[int]]:
    """Store readings and commit; returns an answer for each, and the datastreams that changed.

    The connection autocommits. What only goes on behind its datastream's newest reading is committed first,
    the rest after it. Raises psycopg.Error where no reading is to blame: the database is away, takes nothing
    or asks to try again; it is open whether anything was committed, and the call may be repeated.
    """
    # Where rows come again, places are asked about first, which needs the columns.
    laid = few.lay_out(items) if len(items) <= few.MOST_ROWS and not append.careful(connection) else None
    ready = prepared.prepare(batch.of_readings(items)) if laid is None else None
    if laid is not None:
        storing = _few(connection, laid=laid)
    elif ready is not None and append.suits(ready):
        storing = _many(connection, ready=ready)
    else:
        return await _thoroughly(connection, items=items, ready=ready)
    try:
        done = await storing
    except POISON:
        return await _thoroughly(connection, items=items, ready=ready)
    answers: list[Answer] = [readings.Stored(number, True) for number in done.ids]
    changed = done.changed_datastreams
    if 0 in done.ids:
        at = [position for position, number in enumerate(done.ids) if not number]
        rest = [items[position] for position in at]
        others, more = await _thoroughly(connection, items=rest)
        for position, answer in zip(at, others, strict=True):
            answers[position] = answer
        changed += more
    return answers, changed


async def _few(connection: Connection, *, laid: few.Few) -> append.Placed:
    async def work() -> append.Placed:
        await partitions.ensure(connection, keys={laid.key})
        return await few.store(connection, few=laid)

    return await _patiently(connection, work)


async def _many(connection: Connection, *, ready: prepared.Prepared) -> append.Placed:
    done = await shortly(connection, ready=ready)
    return append.Placed(done.id.tolist(), done.changed_datastreams.tolist())


async def shortly(connection: Connection, *, ready: prepared.Prepared) -> append.Appended:
    """Store what only goes on, in one statement that is a commit; the rest is left. See `append.suits`."""

    async def work() -> append.Appended:
        await partitions.ensure(connection, keys={int(ready.keys[0])})
        return await append.append(connection, ready=ready)

    return await _patiently(connection, work)


async def _patiently(connection: Connection, work: Callable[[], Awaitable[_T]]) -> _T:
    """Once more where a partition was dropped that this connection believed to be there."""
    try:
        return await work()
    except psycopg.errors.UndefinedTable:
        partitions.forget(connection)
        return await work()


async def _thoroughly(
    connection: Connection, *, items: Sequence[readings.Reading], ready: prepared.Prepared | None = None
) -> tuple[list[Answer], list[int]]:
    batched = ready or prepared.prepare(batch.of_readings(items))
    try:
        result = await _patiently(connection, lambda: store(connection, ready=batched))
    except POISON as error:
        return await _apart(connection, items=items, error=error)
    answers: list[Answer] = []
    rows = zip(result.id.tolist(), result.new.tolist(), result.known.tolist(), strict=True)
    for position, (item, (observation_id, new, known)) in enumerate(zip(items, rows, strict=True)):
        if position in result.refused:
            answers.append(result.refused[position])
        elif known:
            answers.append(readings.Stored(observation_id, new))
        else:
            answers.append(
                readings.UnknownDatastream(f"no datastream {item.datastream_id}", where="Datastream")
            )
    return answers, result.changed_datastreams.tolist()


async def store(
    connection: Connection, *, ready: prepared.Prepared, policy: streams.Policy | None = None
) -> merge.MergeResult:
    """Merge a batch in a transaction of its own, with the event that tells of it."""
    await partitions.ensure(connection, keys=ready.leaf_keys - ready.bulky)
    piped = connection.pipeline() if len(ready) < prepared.COPY_FROM else contextlib.nullcontext()
    async with piped, connection.transaction():
        result = await _merge(connection, ready=ready, policy=policy)
    if (result.known & ~result.new).any():
        append.beware(connection)
    return result


async def _merge(
    connection: Connection, *, ready: prepared.Prepared, policy: streams.Policy | None
) -> merge.MergeResult:
    result = await merge.merge(connection, batch=ready, policy=policy, announce=False)
    await news.of_observations(connection, result=result, wake=False)
    return result


async def _apart(
    connection: Connection, *, items: Sequence[readings.Reading], error: psycopg.Error
) -> tuple[list[Answer], list[int]]:
    """Find the reading that the database refuses by halving; the others are stored."""
    if len(items) == 1:
        reason = error.diag.message_primary or str(error)
        return [readings.UnusableReading(f"the database refuses it: {reason}")], []
    middle = len(items) // 2
    first, some = await commit(connection, items=items[:middle])
    second, others = await commit(connection, items=items[middle:])
    return first + second, some + others
