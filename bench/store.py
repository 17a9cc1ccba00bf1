# SPDX-License-Identifier: EUPL-1.2
"""The store without HTTP: writer, bulk load, fold and charts against an empty, migrated database.

`python -m bench.store URL` prints the figures; each function returns a dict of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import psycopg

from bench import streams
from bench.installation import DATASET
from stadtkern.core import database, settings
from stadtkern.ingest.writer import Writer, loading
from stadtkern.things import readings, series
from stadtkern.things.store import batch, binary, fold
from stadtkern.things.store.batch import Batch

Figures = dict[str, float]

_START = datetime(2024, 1, 1, tzinfo=UTC)
_PLAIN = """
DROP TABLE IF EXISTS public.plain;
CREATE TABLE public.plain (
    datastream_id bigint, phenomenon_time timestamptz, id bigint, result float8, slot smallint DEFAULT 0,
    PRIMARY KEY (datastream_id, phenomenon_time, slot))
"""
_COPY = "COPY public.plain (datastream_id, phenomenon_time, id, result) FROM STDIN (FORMAT binary)"


def make_streams(*, url: str, count: int) -> list[int]:
    """Datastreams in a dataset of their own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO core.dataset (key, room_id) SELECT %s, id FROM core.room WHERE key = 'public' "
            "ON CONFLICT DO NOTHING",
            [DATASET],
        )
        return streams.create(connection, streams=count)


def minutes(*, ids: list[int], rows: int) -> Batch:
    """Minutes since 2024, one stream after the other at each minute."""
    number = np.arange(rows)
    return Batch(
        datastream_id=np.array(ids)[number % len(ids)],
        time=batch.microseconds(_START) + number // len(ids) * 60_000_000,
        result=number % 997 / 10,
    )


async def writer(*, url: str, callers: int = 64, seconds: float = 5.0, width: int = 1000) -> Figures:
    """Callers that put one reading after the other, each waiting for its answer."""
    ids = make_streams(url=url, count=width)
    taken: list[float] = []

    async def call(sink: readings.Sink, caller: int, until: float) -> None:
        number = 0
        while (began := time.perf_counter()) < until:
            number += 1
            moment = _START + timedelta(milliseconds=number * callers + caller)
            stream = ids[(caller * 37 + number) % width]
            reading = readings.Reading(datastream_id=stream, phenomenon_time=moment, result=number / 2)
            await sink.put((reading,))
            taken.append(time.perf_counter() - began)

    async with Writer(url=url, settings=settings.load(environment={})) as sink:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(call(sink, caller, until) for caller in range(callers)))
    taken.sort()
    return {"per_second": len(taken) / seconds, "p99_ms": taken[int(len(taken) * 0.99)] * 1000}


async def load(*, url: str, width: int, rows: int = 1_000_000, at_once: int = 10_000) -> Figures:
    """A bulk load against COPY of the same rows into a plain table, and the fold behind it."""
    content = minutes(ids=make_streams(url=url, count=width), rows=rows)
    async with await database.connect(url=url, autocommit=True) as connection:
        await connection.execute(_PLAIN)
        data = b"".join(binary.copy_data(content, np.arange(rows))[1])
        began = time.perf_counter()
        async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            await copy.write(data)
        reference = rows / (time.perf_counter() - began)
        parts = [content.take(slice(begin, begin + at_once)) for begin in range(0, rows, at_once)]
        began = time.perf_counter()
        await loading.load(url=url, settings=settings.load(environment={}), batches=parts)
        rate = rows / (time.perf_counter() - began)
        began = time.perf_counter()
        await fold.fold_all(connection)
        folded = time.perf_counter() - began
    return {"per_second": rate, "reference": reference, "ratio": rate / reference, "fold_seconds": folded}


async def charts(*, url: str, width: int = 20) -> Figures:
    """A year of quarter hours by hour and by day, and the newest values of a thousand datastreams."""
    ids = make_streams(url=url, count=1000)
    count = 366 * 96
    content = minutes(ids=ids[:width], rows=count * width)
    content.time = batch.microseconds(_START) + (content.time - batch.microseconds(_START)) * 15
    await loading.load(url=url, settings=settings.load(environment={}), batches=[content])
    rest = minutes(ids=ids, rows=2000)
    await loading.load(url=url, settings=settings.load(environment={}), batches=[rest])
    figures: Figures = {}
    async with await database.connect(url=url, autocommit=True) as connection:
        await fold.fold_all(connection)
        buckets: tuple[series.Bucket, ...] = ("hour", "day")
        for bucket in buckets:
            figures[f"year_by_{bucket}_p95_ms"] = await _p95(
                lambda n, bucket=bucket: series.series(
                    connection,
                    datastream_id=ids[n % width],
                    start=_START,
                    end=_START + timedelta(days=366),
                    bucket=bucket,
                )
            )
        figures["newest_of_1000_p95_ms"] = await _p95(lambda _: series.latest(connection, datastream_ids=ids))
    return figures


async def _p95(read: Any, *, rounds: int = 60) -> float:
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        await read(number)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[int(rounds * 0.95)] * 1000


async def everything(*, url: str) -> dict[str, Figures]:
    """All figures, one after the other."""
    return {
        "writer": await writer(url=url),
        "load into 1": await load(url=url, width=1),
        "load into 1,000": await load(url=url, width=1000),
        "charts": await charts(url=url),
    }


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(asyncio.run(everything(url=sys.argv[1])))).decode())
