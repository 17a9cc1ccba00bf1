# SPDX-License-Identifier: EUPL-1.2
"""Removes observations that are older than their dataset keeps them; hourly and daily figures may stay."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import psycopg
import structlog

from stadtkern.core import database, datasets, statements, times, waiting
from stadtkern.core.database import Connection
from stadtkern.core.datasets import Dataset
from stadtkern.things.store import aftermath, binary, fold, partitions, seals, spans, streams
from stadtkern.things.store.batch import instant

log = structlog.get_logger(__name__)

CHUNK = 20_000
CHANNEL = "things_retention"
# A partition with fewer pages is emptied row by row: that costs less than keeping readers out for a moment.
_FEW_PAGES = 500
_YEAR = timedelta(days=365)
_EVERY_SECONDS = 900.0
_BACKOFF_SECONDS = 2.0
_REST = 0.5
_LATEST = datetime.max.replace(tzinfo=UTC)


class Removed(msgspec.Struct, kw_only=True):
    """What one round did for one dataset; `waits` where the fold must come first."""

    dataset: str
    until: datetime
    rows: int = 0
    waits: bool = False


def cutoff(*, now: datetime, keep: timedelta, months: bool = False) -> datetime:
    """Until when observations are too old: to the day (UTC), from a year on to the month.

    With `months` always to the month, because files of the archive hold whole ones.
    """
    moment = (now - keep).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return moment.replace(day=1) if months or keep >= _YEAR else moment


async def run(*, url: str, stop: asyncio.Event) -> None:
    """Look every quarter of an hour, and when a setting changes, until told to stop."""
    clock = times.Believed()
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    await apply(connection, now=clock.now(), stop=stop)
                    await _wait(connection, stop)
        except psycopg.OperationalError as error:
            log.warning("retention lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def _wait(connection: Connection, stop: asyncio.Event) -> None:
    until = asyncio.get_running_loop().time() + _EVERY_SECONDS
    while not stop.is_set() and asyncio.get_running_loop().time() < until:
        async for _ in connection.notifies(timeout=1.0, stop_after=1):
            return


async def apply(
    connection: Connection, *, now: datetime | None = None, stop: asyncio.Event | None = None
) -> list[Removed]:
    """Remove what is too old from all datasets. May be run at any time, twice, and after a crash.

    The connection autocommits; each step is a short transaction of its own.
    """
    done: list[Removed] = []
    cutoffs: dict[int, datetime] = {}
    for dataset in await datasets.everything(connection):
        if dataset.retention is None:
            continue
        months = dataset.archive_after is not None or await _has_archive(connection, dataset)
        until = cutoff(now=now or times.now(), keep=dataset.retention, months=months)
        found = Removed(dataset=dataset.key, until=until)
        done.append(found)
        found.waits = not await _close(connection, dataset, until)
        if not found.waits:
            cutoffs[dataset.id] = until
    removed = await _whole_partitions(connection, cutoffs)
    for dataset in await datasets.everything(connection):
        if dataset.id in cutoffs:
            outcome = next(each for each in done if each.dataset == dataset.key)
            outcome.rows += removed.get(dataset.id, 0)
            outcome.rows += await _row_by_row(connection, dataset, cutoffs[dataset.id], stop)
    return done


async def _has_archive(connection: Connection, dataset: Dataset) -> bool:
    statement = statements.load("things")["has_archive"]
    row = await (await connection.execute(statement, {"dataset_id": dataset.id})).fetchone()
    return bool(row and row[0])


async def _close(connection: Connection, dataset: Dataset, until: datetime) -> bool:
    """Refuse what is older from now on; false where figures before then still have to be made."""
    await seals.seal(connection, dataset_id=dataset.id, until=until, gone=True)
    sql = statements.load("things")
    if dataset.keep == "rollups":
        await fold.fold_all(connection)
    async with connection.transaction():
        await connection.execute(sql["wait_for_fold"])  # the next one sees what is cleared
        if dataset.keep == "rollups" and not await seals.settled(
            connection, dataset_id=dataset.id, start=spans.BEGIN, until=until
        ):
            return False
        await connection.execute(sql["clear_dataset"], {"dataset_id": dataset.id, "until": until})
    return True


async def _whole_partitions(connection: Connection, cutoffs: dict[int, datetime]) -> dict[int, int]:
    """Empty partitions in which nobody has anything to keep; returns the rows removed, by dataset."""
    removed: defaultdict[int, int] = defaultdict(int)
    if not cutoffs:
        return removed
    cursor = await connection.execute(statements.load("things")["large_partitions"], {"pages": _FEW_PAGES})
    for (name,) in await cursor.fetchall():
        key = partitions.key_of_leaf(name)
        end = instant(partitions.end(key))
        if any(end <= until for until in cutoffs.values()):
            try:
                for dataset_id, rows in (await _empty(connection, key, end, cutoffs)).items():
                    removed[dataset_id] += rows
            except psycopg.errors.LockNotAvailable:
                log.info("a partition is being read; its rows go one by one", partition=name)
    return removed


async def _empty(
    connection: Connection, key: int, end: datetime, cutoffs: dict[int, datetime]
) -> dict[int, int]:
    """Empty one partition if all its datasets agree; first and newest values are found anew row by row."""
    sql = statements.load("things")
    rows = await (await connection.execute(partitions.statement("datasets_within", key))).fetchall()
    present = [row[0] for row in rows if row[0] is not None]
    if not present or any(end > cutoffs.get(dataset_id, spans.BEGIN) for dataset_id in present):
        return {}
    removed: defaultdict[int, int] = defaultdict(int)
    async with connection.transaction():
        await connection.execute(sql["hold_states_of_datasets"], {"datasets": present})
        await connection.execute("SET LOCAL lock_timeout = '500ms'")
        await connection.execute(partitions.statement("hold_partition", key))  # rows of others are seen now
        counted = await (await connection.execute(partitions.statement("counts_within", key))).fetchall()
        again = await (await connection.execute(partitions.statement("datasets_within", key))).fetchall()
        if {row[0] for row in again} - {None} != set(present):
            return {}
        ids = sorted({row[0] for row in counted})
        await connection.execute(sql["open_parts_before"], {"ids": ids, "until": end})
        await connection.execute(partitions.statement("empty_partition", key))
        await _uncount(connection, counted)
        owners = {row[0]: row[3] for row in counted}
        for datastream_id, _, rows_gone, *_ in counted:
            removed[owners[datastream_id] or 0] += rows_gone
    log.info("emptied a partition", partition=partitions.leaf(key), rows=sum(removed.values()))
    return removed


async def _uncount(connection: Connection, counted: list[tuple[int, int | None, int, int | None]]) -> None:
    sql = statements.load("things")
    features = [(row[0], row[1], row[2]) for row in counted if row[1] is not None]
    ids = sorted({row[0] for row in counted})
    totals = dict.fromkeys(ids, 0)
    for datastream_id, _, rows, _ in counted:
        totals[datastream_id] += rows
    params = {"datastream_id": ids, "n": [totals[number] for number in ids]}
    await connection.execute(sql["uncount_states"], params)
    if features:
        known = {
            "datastream_id": binary.bigints([row[0] for row in features]),
            "feature_id": binary.bigints([row[1] for row in features]),
            "n": binary.bigints([-row[2] for row in features]),
        }
        await connection.execute(sql["count_features"], known)
        await aftermath.drop_uncounted_features(connection, datastream_ids=ids)


async def _row_by_row(
    connection: Connection, dataset: Dataset, until: datetime, stop: asyncio.Event | None
) -> int:
    sql = statements.load("things")
    params = {"dataset_id": dataset.id, "until": until}
    removed = 0
    for (datastream_id,) in await (await connection.execute(sql["aged_datastreams"], params)).fetchall():
        removed += await _datastream(connection, datastream_id, until, stop)
    if dataset.keep == "nothing":
        for (datastream_id,) in await (await connection.execute(sql["rollups_before"], params)).fetchall():
            values = {"datastream_id": datastream_id, "until": until}
            await connection.execute(sql["retire_rollups"], values)
    return removed


async def _datastream(
    connection: Connection, datastream_id: int, until: datetime, stop: asyncio.Event | None
) -> int:
    """Remove what is too old of one datastream, chunk by chunk; count and ends are right after each."""
    loop = asyncio.get_running_loop()
    removed, reached = 0, spans.BEGIN
    while stop is None or not stop.is_set():
        began = loop.time()
        async with connection.transaction():
            held = np.array([datastream_id], np.int64)
            await streams.lock(connection, ids=held, row=np.zeros(1, np.int64), policy=None)
            span = await spans.following(
                connection, datastream_id=datastream_id, reached=reached, size=CHUNK, end=until
            )
            rows = await _chunk(connection, datastream_id, span, until)
        removed += rows
        if span is None:
            return removed
        reached = span.until
        if stop is not None:
            await waiting.pause(stop, seconds=_REST * (loop.time() - began))
    return removed


async def _chunk(connection: Connection, datastream_id: int, span: spans.Span | None, until: datetime) -> int:
    sql = statements.load("things")
    params = {"datastream_id": datastream_id, "until": until, "ids": [datastream_id]}
    if span is None:
        row = await (await connection.execute(sql["retire_parts"], params)).fetchone()
    else:
        await connection.execute(sql["open_parts_before"], params)  # they no longer are as in their files
        statement = partitions.statement("retire_span", span.key)
        chunk = {"datastream_id": datastream_id, "start": span.start, "until": span.until}
        row = await (await connection.execute(statement, chunk)).fetchone()
    rows = int(row[0]) if row else 0
    if rows:
        await aftermath.drop_uncounted_features(connection, datastream_ids=[datastream_id])
        await connection.execute(sql["uncount_states"], {"datastream_id": [datastream_id], "n": [rows]})
    await connection.execute(sql["find_ends"], params)
    if span is None:
        await connection.execute(sql["find_result_times"], params)
        latest = {"datastream_id": [datastream_id], "old_end": [_LATEST]}
        await connection.execute(sql["shrink_end_times"], latest)
        await aftermath.tell(connection, datastream_ids=[datastream_id])
    return rows
