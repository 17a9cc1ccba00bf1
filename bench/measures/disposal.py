# SPDX-License-Identifier: EUPL-1.2
"""Deleting a datastream with all its history: how soon the answer comes, how fast the rows go behind it."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

from bench import streams
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session

_PLAIN_ROWS = 1_000_000
_AT_ONCE = 1_000_000
_PAUSE = 0.1

_PARTITIONS = """
SELECT things.attach_partition(month)
FROM generate_series(
    timestamptz '2025-01-01Z', timestamptz '2025-01-01Z' + %(rows)s * interval '2 seconds', '1 month')
    AS month
"""
# id = month since 1900-01 << 40 | number, as the writer makes them
_ROWS = """
INSERT INTO things.observation (datastream_id, phenomenon_time, id, result, slot)
SELECT %(stream)s, time,
       (((extract(year FROM time)::bigint - 1900) * 12 + extract(month FROM time)::bigint - 1) << 40) | n,
       n / 7.0, 0
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
CROSS JOIN LATERAL (SELECT timestamptz '2025-01-01Z' + n * interval '2 seconds') AS t (time)
"""
_STATE = """
INSERT INTO things.datastream_state (datastream_id, first_time, last_time, n, last_slot)
SELECT datastream_id, min(phenomenon_time), max(phenomenon_time), count(*), 0
FROM things.observation WHERE datastream_id = %(stream)s GROUP BY 1
"""
_PLAIN = """
CREATE TABLE public.plain (
    datastream_id bigint, phenomenon_time timestamptz, id bigint, result float8, slot smallint,
    PRIMARY KEY (datastream_id, phenomenon_time, slot));
INSERT INTO public.plain
    SELECT 1, timestamptz '2025-01-01Z' + n * interval '2 seconds', n, n / 7.0, 0
    FROM generate_series(1, 1000000) AS n;
"""


def measure(session: Session) -> Iterator[Figure]:
    """Fill one datastream, delete it over HTTP, wait for the worker."""
    with session.blank("disposal") as installation:
        token = installation.token()
        with installation.connect() as connection:
            full, empty = streams.create(connection, streams=2)
            _fill(connection, stream=full, rows=session.rows)
            connection.execute(_PLAIN)
            plain = _seconds(lambda: connection.execute("DELETE FROM public.plain"))
            bare = _delete(installation, token, empty)
            answered = _delete(installation, token, full)
            began = time.perf_counter()
            while connection.execute("SELECT count(*) FROM things.disposal").fetchone() != (0,):
                time.sleep(_PAUSE)
            removed = time.perf_counter() - began
    yield Figure(
        name=f"DELETE of a Datastream with {session.rows:,} observations", value=answered * 1000, unit="ms",
        goal=1000, reference=bare * 1000, reference_is="DELETE of an empty one",
    )  # fmt: skip
    yield Figure(
        name="removal behind it", value=session.rows / removed, unit="rows/s",
        reference=_PLAIN_ROWS / plain, reference_is="DELETE of a plain table at once",
    )  # fmt: skip


def _fill(connection: Any, *, stream: int, rows: int) -> None:
    connection.execute(_PARTITIONS, {"rows": rows})
    for first in range(0, rows, _AT_ONCE):
        last = min(rows, first + _AT_ONCE) - 1
        connection.execute(_ROWS, {"stream": stream, "first": first, "last": last})
    connection.execute(_STATE, {"stream": stream})
    connection.execute("ANALYZE things.observation")


def _delete(installation: Installation, token: str, stream: int) -> float:
    client = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}"}
    began = time.perf_counter()
    client.request("DELETE", f"/sta/v1.1/Datastreams({stream})", headers=headers)
    answer = client.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"DELETE answers {answer.status}")
    return time.perf_counter() - began


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
