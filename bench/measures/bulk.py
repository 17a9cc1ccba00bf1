# SPDX-License-Identifier: EUPL-1.2
"""A million rows at once, as CSV file and as data arrays, into one stream and over a thousand."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import files, streams
from bench.figures import Figure
from bench.installation import Installation
from bench.measures.history import wait_for_fold
from bench.session import Session

_ROWS = 1_000_000
_AT_ONCE = 50_000
_CONNECTIONS = 2
_AGGREGATE = """
SELECT datastream_id, date_trunc('hour', phenomenon_time), count(*), avg(result), min(result), max(result)
FROM public.plain GROUP BY 1, 2
"""


def measure(session: Session) -> Iterator[Figure]:
    """Rows per second from the start of the command or request until everything is committed."""
    with session.blank("bulk") as installation:
        token = installation.token()
        for width, goal in ((1, 0.5), (1000, 0.35)):
            with installation.connect() as connection:
                arrays = files.rows(ids=streams.create(connection, streams=width), n=_ROWS)
                reference = _seconds(lambda rows=arrays: files.copy_plain(connection, content=rows))  # type: ignore[misc]
                aggregate = _seconds(lambda: connection.execute(_AGGREGATE).fetchall())
            name = f"{width:,} datastream{'s' if width > 1 else ''}"
            for way, taken in (
                ("CSV import", _import(installation, rows=arrays, name=f"csv-{width}")),
                ("data arrays", _post(installation, rows=arrays, token=token)),
            ):
                yield Figure(
                    name=f"{way} into {name}",
                    value=_ROWS / taken,
                    unit="rows/s",
                    reference=_ROWS / reference,
                    reference_is="COPY",
                    goal=goal,
                    goal_is="at least",
                    of_reference=True,
                )
                yield _fold(installation, name=f"fold after {way} into {name}", aggregate=aggregate)


def _fold(installation: Installation, *, name: str, aggregate: float) -> Figure:
    with installation.connect() as connection:
        taken = wait_for_fold(connection)
    return Figure(
        name=name, value=taken, unit="s", goal=10,
        reference=aggregate, reference_is="one GROUP BY hour of the same rows",
    )  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _import(installation: Installation, *, rows: list[files.Row], name: str) -> float:
    file, mapping = files.csv(folder=installation.folder, name=name, content=rows)
    return _seconds(lambda: installation.command("import", str(file), "--mapping", str(mapping)))


def _post(installation: Installation, *, rows: list[files.Row], token: str) -> float:
    """Two connections, so that one request is read while the other is written."""
    bodies = list(files.data_arrays(content=rows, at_once=_AT_ONCE))

    def send(mine: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=300)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for body in mine:
            connection.request("POST", "/sta/v1.1/CreateObservations", body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201 or b'"error' in text:
                raise RuntimeError(f"CreateObservations answers {answer.status}: {text[:300]!r}")

    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        return _seconds(
            lambda: list(threads.map(send, [bodies[n::_CONNECTIONS] for n in range(_CONNECTIONS)]))
        )
