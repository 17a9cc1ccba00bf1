# SPDX-License-Identifier: EUPL-1.2
"""Reading from a store with many millions of observations: charts, newest values, nested expansion."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from urllib.parse import quote

from bench import bare, load
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.session import STREAMS, Session
from stadtkern.core import database
from stadtkern.things import series

Read = Callable[[int], Awaitable[Any]]

_ROUNDS = 100
_EXPAND = "/sta/v1.1/Things?$expand=" + quote(
    "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))", safe="()$=;"
)
_PAGES = {f"first page of {STREAMS}": _EXPAND, f"all {STREAMS} on one page": f"{_EXPAND}&$top={STREAMS}"}

_READ_YEAR: LiteralString = "SELECT start, mean FROM public.plain_year WHERE stream = %s ORDER BY start"
_READ_NEWEST: LiteralString = "SELECT stream, time, result FROM public.plain_newest WHERE stream = ANY (%s)"
_PLAIN = """
CREATE TABLE public.plain_year (stream bigint, start timestamptz, mean float8, PRIMARY KEY (stream, start));
INSERT INTO public.plain_year
    SELECT s, now() - n * interval '1 hour', random()
    FROM generate_series(1, 20) s, generate_series(1, 8760) n;
CREATE TABLE public.plain_newest (stream bigint PRIMARY KEY, time timestamptz, result float8);
INSERT INTO public.plain_newest SELECT s, now(), random() FROM generate_series(1, 1000) s;
ANALYZE public.plain_year, public.plain_newest;
"""


def measure(session: Session) -> Iterator[Figure]:
    """Fill the store, wait for the rollups, read."""
    with session.history(rows=session.rows) as (installation, history):
        with installation.connect() as connection:
            connection.execute(_PLAIN)
        yield from asyncio.run(_reads(installation, ids=history.ids, whole=history.whole, rows=session.rows))
        pages = {about: _load(installation.port, path) for about, path in _PAGES.items()}
    with bare.serving(port=installation.port):
        for about, (size, taken) in pages.items():
            yield Figure(
                name=f"Things with newest values, {about} ({size // 1000} kB): p95",
                value=taken,
                unit="ms",
                goal=150,
                reference=_load(installation.port, f"/{size}")[1],
                reference_is="a server that answers as many bytes",
            )
    print(f"  folding {session.rows:,} rows from scratch took {history.folded:.0f} s")


async def _reads(
    installation: Installation, *, ids: Sequence[int], whole: Sequence[int], rows: int
) -> list[Figure]:
    async with await database.connect(url=installation.database_url, autocommit=True) as connection:
        plain = await _timed(_query(connection, _READ_YEAR, lambda n: [n % 20 + 1]))
        figures = [
            Figure(
                name=f"chart of a year by {bucket}, {rows:,} rows in the store: p95",
                value=await _timed(_chart(connection, whole=whole, bucket=bucket)),
                unit="ms",
                goal=30,
                reference=plain,
                reference_is="8,760 rows of one stream from a plain table",
            )
            for bucket in ("hour", "day")
        ]
        newest = Figure(
            name="newest value of 1,000 datastreams: p95",
            value=await _timed(lambda _: series.latest(connection, datastream_ids=ids)),
            unit="ms",
            goal=20,
            reference=await _timed(_query(connection, _READ_NEWEST, lambda _: [list(range(1, 1001))])),
            reference_is="1,000 rows of a plain table by key",
        )
    return [*figures, newest]


def _query(connection: database.Connection, text: LiteralString, values: Callable[[int], list[Any]]) -> Read:
    async def read(number: int) -> None:
        await (await connection.execute(text, values(number), binary=True)).fetchall()

    return read


def _chart(connection: database.Connection, *, whole: Sequence[int], bucket: Any) -> Read:
    now = datetime.now(UTC)

    async def read(number: int) -> None:
        await series.series(
            connection,
            datastream_id=whole[number % len(whole)],
            start=now - timedelta(days=365),
            end=now,
            bucket=bucket,
            time_zone="Europe/Berlin",
        )

    return read


async def _timed(read: Read) -> float:
    """p95 in milliseconds, after a few rounds to warm up."""
    taken = []
    for number in range(_ROUNDS + 5):
        began = time.perf_counter()
        await read(number)
        taken.append(time.perf_counter() - began)
    return 1000 * quantile(taken[5:], 0.95)


def _load(port: int, path: str) -> tuple[int, float]:
    """Size of the answer, and p95 of the time it takes one client."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    outcome = load.run(port=port, request=lambda _: load.get(path=path), connections=1, seconds=4, warm_up=1)
    return size, outcome.milliseconds(0.95)
