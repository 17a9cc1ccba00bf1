# SPDX-License-Identifier: EUPL-1.2
"""Removes the observations of what was deleted: promised in the deletion's transaction, done bit by bit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

import numpy as np
import psycopg
import structlog

from stadtkern.core import database, statements, waiting
from stadtkern.core.database import Connection
from stadtkern.things.store import aftermath, amend, partitions, seals, spans, streams
from stadtkern.things.store.batch import column_of

log = structlog.get_logger(__name__)

CHANNEL = "things_disposal"
# Observations that one transaction removes at most, datastreams that it finishes at most.
CHUNK = 20_000
_GROUP = 50
_FALLBACK_SECONDS = 30.0
_BACKOFF_SECONDS = 1.0
# Months that it asks the archive for at once, and when it asks again for those that did not come.
_WISHES = 10
_WISH_SECONDS = 300.0
# How long it rests after each chunk, as a share of what the chunk took: others need the disk, too.
_REST = 0.5


class Job(NamedTuple):
    """Observations of a datastream, or of one feature in it; about `left` are left, from `reached` on."""

    id: int
    datastream_id: int
    feature_id: int | None
    left: int
    reached: datetime


async def datastreams(connection: Connection, *, ids: Sequence[int]) -> None:
    """Delete the observations of datastreams; the caller deletes the datastreams in the same transaction.

    Takes the same short time for any number of observations: they are hidden now and removed by the worker.
    """
    sql = statements.load("things")
    params = {"ids": sorted(ids)}
    await connection.execute(sql["hold_datastreams"], params)
    cursor = await connection.execute(sql["dispose_datastreams"], params)
    await connection.execute(sql["hold_all_parts"], params)
    await connection.execute(sql["drop_parts"], params)
    await _promise(connection, kind="datastream", ids=[row[0] for row in await cursor.fetchall()])
    await aftermath.tell(connection, datastream_ids=params["ids"])


async def feature(connection: Connection, *, feature_id: int, datastream_ids: Sequence[int]) -> None:
    """Delete a feature's observations in these datastreams: at once where they are few, else bit by bit.

    From then on the datastreams do not know it: once it is gone, they take nothing that refers to it. What
    lies only in files of the archive comes back into the table to be removed, month by month.
    """
    sql = statements.load("things")
    ids = sorted(datastream_ids)
    params = {"feature_id": feature_id, "ids": ids}
    held = np.array(ids, np.int64)
    await streams.lock(connection, ids=held, row=np.arange(len(held)), policy=None)
    row = await (await connection.execute(sql["rows_of_datastreams"], params)).fetchone()
    if row is not None and row[0] <= CHUNK and await _next_away(connection, ids, spans.BEGIN) is None:
        for datastream_id in ids:
            job: Job | None = Job(0, datastream_id, feature_id, 0, spans.BEGIN)
            while job is not None:
                job = await _remove_feature(connection, job)
        return
    promised = await (await connection.execute(sql["dispose_features"], params)).fetchall()
    await _forget(connection, feature_id=feature_id, datastream_ids=ids)
    await _promise(connection, kind="feature", ids=[feature_id] if promised else [])


async def _forget(connection: Connection, *, feature_id: int, datastream_ids: Sequence[int]) -> bool:
    """Have locked datastreams not know a feature; false where none knew it."""
    sql = statements.load("things")
    params = {"feature_id": feature_id, "ids": list(datastream_ids)}
    await connection.execute(sql["settle_features"], params)
    cursor = await connection.execute(sql["forget_feature"], params)
    if not cursor.rowcount:
        return False
    await connection.execute(sql["drop_uncounted_features"], params)
    return True


async def _promise(connection: Connection, *, kind: str, ids: Sequence[int]) -> None:
    if ids:
        sql = statements.load("things")
        await connection.execute(sql["withdraw"], {"kind": kind, "ids": list(ids)})
        await connection.execute(sql["wake_disposal"])


async def run(*, url: str, stop: asyncio.Event) -> None:
    """Work off the jobs until told to stop; comes back after the database was away."""
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        due = loop.time()
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    began = loop.time()
                    if await once(connection):
                        await waiting.pause(stop, seconds=_REST * (loop.time() - began))
                        due = loop.time()
                        continue
                    if loop.time() >= due:
                        await ask_for_files(connection)
                        due = loop.time() + _WISH_SECONDS
                    async for _ in connection.notifies(timeout=_FALLBACK_SECONDS, stop_after=1):
                        due = loop.time()
        except psycopg.OperationalError as error:
            log.warning("the disposal lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def ask_for_files(connection: Connection) -> int:
    """Ask the archive for months that jobs have come to, a few at a time; returns for how many.

    Which ones is left to chance, so that damaged files do not keep the others waiting.
    """
    sql = statements.load("things")
    found = await (await connection.execute(sql["disposals_before_files"])).fetchall()
    if not found:
        return 0
    waiting = await (await connection.execute(sql["wishes_waiting"])).fetchone()
    free = max(0, _WISHES - (waiting[0] if waiting else 0))
    chosen = random.sample(found, min(free, len(found)))
    params = {"ids": [row[1] for row in chosen], "months": [row[2] for row in chosen]}
    await connection.execute(sql["wish_parts"], params)
    await connection.execute(sql["wake_archive"])
    return len(chosen)


async def everything(connection: Connection) -> int:
    """Work off all jobs that need no file, for commands and tests; returns the number of steps that took."""
    steps = 0
    while await once(connection):
        steps += 1
    return steps


async def once(connection: Connection) -> bool:
    """Remove one chunk in a transaction; false where nothing is to do. The connection autocommits."""
    sql = statements.load("things")
    async with connection.transaction():
        found = await (await connection.execute(sql["disposals_before_files"])).fetchall()
        params = {"limit": _GROUP, "blocked": [row[0] for row in found]}
        rows = await (await connection.execute(sql["take_disposals"], params)).fetchall()
        jobs = [Job(*row) for row in rows]
        if not jobs:
            return False
        if jobs[0].feature_id is not None:
            await _feature_step(connection, jobs[0])
        elif jobs[0].left > CHUNK:
            await _datastream_step(connection, jobs[0])
        else:
            await _finish(connection, _small(jobs))
    return True


def _small(jobs: Sequence[Job]) -> list[Job]:
    """The first jobs that are about datastreams and together no more than one chunk."""
    found: list[Job] = []
    room = CHUNK
    for job in jobs:
        room -= max(job.left, 0)
        if job.feature_id is not None or room < 0:
            break
        found.append(job)
    return found


async def _span(connection: Connection, job: Job, *, end: datetime | None = None) -> spans.Span | None:
    return await spans.following(
        connection, datastream_id=job.datastream_id, reached=job.reached, size=CHUNK, end=end
    )


async def _next_away(connection: Connection, ids: Sequence[int], reached: datetime) -> datetime | None:
    params = {"ids": list(ids), "reached": reached}
    row = await (await connection.execute(statements.load("things")["next_away"], params)).fetchone()
    return row[0] if row else None


async def _datastream_step(connection: Connection, job: Job) -> None:
    span = await _span(connection, job)
    if span is None:
        await _finish(connection, [job])
        return
    key, start, until = span
    params = {"datastream_id": job.datastream_id, "start": start, "until": until}
    cursor = await connection.execute(partitions.statement("delete_span", key), params)
    await _advance(connection, job, removed=cursor.rowcount, reached=until)


async def _advance(connection: Connection, job: Job, *, removed: int, reached: datetime) -> None:
    params = {"id": job.id, "removed": removed, "reached": reached}
    await connection.execute(statements.load("things")["advance_disposal"], params)


async def _finish(connection: Connection, jobs: Sequence[Job]) -> None:
    """Remove what is left of datastreams, with all that a fold may have made of it meanwhile."""
    sql = statements.load("things")
    params = {"ids": [job.datastream_id for job in jobs]}
    await connection.execute(sql["delete_histories"], params)
    await connection.execute(sql["wait_for_fold"])
    for name in ("delete_traces", "datastreams_removed"):
        await connection.execute(sql[name], params)
    await connection.execute(sql["end_disposals"], {"ids": [job.id for job in jobs]})


async def _feature_step(connection: Connection, job: Job) -> None:
    held = np.array([job.datastream_id], np.int64)
    found = await streams.lock(connection, ids=held, row=np.zeros(1, np.int64), policy=None)
    behind = await _remove_feature(connection, job) if found.known[0] else None
    if behind is not None:
        await _advance(connection, job, removed=job.left - behind.left, reached=behind.reached)
        return
    sql = statements.load("things")
    await connection.execute(sql["end_disposals"], {"ids": [job.id]})
    await connection.execute(sql["feature_removed"], {"feature_id": job.feature_id})


async def _remove_feature(connection: Connection, job: Job) -> Job | None:
    """Remove a feature's observations of one chunk of a locked datastream; None behind the last one.

    Before a month that is only in a file it halts; who takes jobs leaves it alone until that is here.
    """
    params = {"datastream_id": job.datastream_id, "feature_id": job.feature_id}
    if await _forget(connection, feature_id=job.feature_id or 0, datastream_ids=[job.datastream_id]):
        job = job._replace(reached=spans.BEGIN)  # until now something could come in behind it
    away = await _next_away(connection, [job.datastream_id], job.reached)
    span = await _span(connection, job, end=away)
    if span is None and away is not None:
        return job._replace(reached=max(job.reached, away))
    if span is None:
        await connection.execute(statements.load("things")["find_result_times"], params)
        return None
    try:
        async with connection.transaction():
            removed = await _remove_span(connection, span, params)
    except seals.PartIsAway as newest:  # of what is left; back to there
        return job._replace(reached=datetime.combine(newest.month, time(), UTC))
    return job._replace(left=job.left - removed, reached=span.until)


async def _remove_span(connection: Connection, span: spans.Span, params: dict[str, Any]) -> int:
    """Remove a feature's observations of a span; returns how many. Raises PartIsAway."""
    key, start, until = span
    statement = partitions.statement("delete_span_of_feature", key)
    cursor = await connection.execute(statement, {**params, "start": start, "until": until})
    times = [row[0] for row in await cursor.fetchall()]
    if times:
        datastream_id = params["datastream_id"]
        await seals.outdate(connection, datastream_id=datastream_id, times=times)
        await amend.removed(connection, datastream_id=datastream_id, times=column_of(times))
        await seals.newest_is_here(connection, datastream_id=datastream_id)
    return len(times)
