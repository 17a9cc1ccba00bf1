# SPDX-License-Identifier: EUPL-1.2
"""A million rows at once, as CSV file and as data arrays, into one stream and over a thousand."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench import files, streams
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session

_ROWS = 1_000_000
_AT_ONCE = 50_000
_CONNECTIONS = 2
# The year of the first row: months in which nothing is yet, as in the table of the reference; then the same.
_CASES = (
    ("CSV import", 1, 2024, 0.5),
    ("data arrays", 1, 2020, 0.5),
    ("CSV import, months in use,", 1, 2024, 0.5),
    ("data arrays, months in use,", 1, 2020, 0.5),
    ("CSV import", 1_000, 2024, 0.35),
    ("data arrays", 1_000, 2020, 0.35),
)
_AGGREGATE = """
SELECT datastream_id, date_trunc('hour', phenomenon_time), count(*), avg(result), min(result), max(result)
FROM public.plain GROUP BY 1, 2
"""


def measure(session: Session) -> Iterator[Figure]:
    """Rows per second from the start of the command or request until everything is committed."""
    with session.blank("bulk") as installation:
        token = installation.token()
        for number, (way, width, year, goal) in enumerate(_CASES):
            with installation.connect() as connection:
                ids = streams.create(connection, streams=width)
            rows = files.rows(ids=ids, n=_ROWS, year=year)
            name = f"{way} into {width:,} datastream{'s' if width > 1 else ''}"
            work = _work(installation, way=way, name=f"csv-{number}", rows=rows, token=token)
            yield from _measured(installation, name=name, rows=rows, work=work, goal=goal)


def _work(
    installation: Installation, *, way: str, name: str, rows: list[files.Row], token: str
) -> Callable[[], object]:
    if way.startswith("CSV"):
        file, mapping = files.csv(folder=installation.folder, name=name, content=rows)
        return partial(installation.command, "import", str(file), "--mapping", str(mapping))
    bodies = list(files.data_arrays(content=rows, at_once=_AT_ONCE))
    return partial(_post, installation, bodies=bodies, token=token)


def _measured(
    installation: Installation, *, name: str, rows: list[files.Row], work: Callable[[], object], goal: float
) -> Iterator[Figure]:
    """The rate of one way between two runs of the reference, then how long the fold takes to catch up."""
    with installation.connect() as connection:
        before = _seconds(partial(files.copy_plain, connection, content=rows))
        taken = _seconds(work)
        folded = streams.wait_for_fold(connection)
        after = _seconds(partial(files.copy_plain, connection, content=rows))
        aggregate = _seconds(lambda: connection.execute(_AGGREGATE).fetchall())
    yield Figure(
        name=name, value=_ROWS / taken, unit="rows/s", reference=2 * _ROWS / (before + after),
        reference_is="COPY", goal=goal, goal_is="at least", of_reference=True,
    )  # fmt: skip
    yield Figure(
        name=f"fold after {name}", value=folded, unit="s", goal=10,
        reference=aggregate, reference_is="one GROUP BY hour of the same rows",
    )  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _post(installation: Installation, *, bodies: list[bytes], token: str) -> None:
    """Two connections, so that one request is read while the other is written."""

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
        list(threads.map(send, [bodies[n::_CONNECTIONS] for n in range(_CONNECTIONS)]))
