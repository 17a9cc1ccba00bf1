# SPDX-License-Identifier: EUPL-1.2
"""Data arrays of different sizes: the same rate for each, little memory, and single posts beside them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import files, streams
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.session import Session

_SIZES = (1_000, 100_000, 1_000_000)
_ROWS = 1_000_000
_CONNECTIONS = 8
_MORE_CONNECTIONS = 16
_PAUSE = 0.01
# Looking at a process's memory halts it for a while.
_LOOK = 0.1
_MEGABYTE = 1024


def measure(session: Session) -> Iterator[Figure]:
    """Rows per second over eight connections, from the first request's start to the last answer's end."""
    with session.blank("arrays") as installation:
        token = installation.token()
        for width, goal in ((1, 100_000), (1000, 60_000)):
            name = f"data arrays into {width:,} datastream{'s' if width > 1 else ''}"
            rates = dict.fromkeys(_SIZES, 0.0)
            for size in _SIZES:
                with installation.connect() as connection:  # the same again would be recognised as such
                    ids = streams.create(connection, streams=width + 1)
                rows = files.rows(ids=ids[:-1], n=_ROWS)
                with _Beside(installation, token=token, stream=ids[-1]) as beside:
                    rates[size] = _rate(installation, rows=rows, at_once=size, token=token)
                with installation.connect() as connection:
                    streams.wait_for_fold(connection)
                reference = _reference(installation, rows=rows)
                yield Figure(
                    name=f"{name}, {size:,} rows a request", value=rates[size], unit="rows/s", goal=goal,
                    goal_is="at least", reference=reference, reference_is="COPY",
                )  # fmt: skip
            yield Figure(
                name=f"{name}, {_SIZES[0]:,} rows a request from {_MORE_CONNECTIONS} callers",
                value=_of_more(installation, width=width, token=token), unit="rows/s",
                reference=rates[_SIZES[0]], reference_is=f"from {_CONNECTIONS}",
            )  # fmt: skip
            yield Figure(
                name=f"{name}, fastest size to slowest", value=max(rates.values()) / min(rates.values()),
                unit="times", goal=2, reference=1, reference_is="no difference",
            )  # fmt: skip
            yield Figure(
                name=f"{name}, more memory for 1,000,000 rows", value=beside.growth, unit="MB", goal=200,
                reference=beside.before, reference_is="the process before",
            )  # fmt: skip
            yield Figure(
                name=f"{name}, p99 of single posts beside 1,000,000 rows", value=beside.p99, unit="ms",
                reference=beside.quiet, reference_is="before the request",
            )  # fmt: skip


def _of_more(installation: Installation, *, width: int, token: str) -> float:
    """The rate of small arrays from more callers, with nothing beside."""
    with installation.connect() as connection:
        rows = files.rows(ids=streams.create(connection, streams=width), n=_ROWS)
    rate = _rate(installation, rows=rows, at_once=_SIZES[0], token=token, callers=_MORE_CONNECTIONS)
    with installation.connect() as connection:
        streams.wait_for_fold(connection)
    return rate


def _reference(installation: Installation, *, rows: Sequence[files.Row]) -> float:
    with installation.connect() as connection:
        began = time.perf_counter()
        files.copy_plain(connection, content=rows)
        return len(rows) / (time.perf_counter() - began)


def _rate(
    installation: Installation,
    *,
    rows: Sequence[files.Row],
    at_once: int,
    token: str,
    callers: int = _CONNECTIONS,
) -> float:
    bodies = list(files.data_arrays(content=rows, at_once=at_once))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(mine: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=600)
        for body in mine:
            connection.request("POST", "/sta/v1.1/CreateObservations", body=body, headers=headers)
            answer = connection.getresponse()
            while part := answer.read(1 << 20):
                if answer.status != 201 or b'"error' in part:
                    raise RuntimeError(f"CreateObservations answers {answer.status}: {part[:300]!r}")

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(send, [bodies[n::callers] for n in range(callers)]))
    return len(rows) / (time.perf_counter() - began)


class _Beside:
    """Watches the data process and posts single observations while something else runs."""

    def __init__(self, installation: Installation, *, token: str, stream: int):
        self._installation = installation
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._stream = stream
        self._pid = next(pid for pid in installation.pids() if b"\0data\0" in _command(pid))
        self._over = threading.Event()
        self._seconds: list[float] = []
        self._peak = 0.0
        self._threads = [threading.Thread(target=work) for work in (self._watch, self._post)]
        self.before = _memory(self._pid)
        self.quiet = 0.0

    def __enter__(self) -> _Beside:
        for thread in self._threads:
            thread.start()
        self._over.wait(1.0)
        self.quiet = 1000 * quantile(self._seconds, 0.99)
        self._seconds = []
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def growth(self) -> float:
        """How much more memory was used at most."""
        return max(0.0, self._peak - self.before)

    @property
    def p99(self) -> float:
        """Of the single posts, in milliseconds."""
        return 1000 * quantile(self._seconds, 0.99)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            self._peak = max(self._peak, _memory(self._pid))

    def _post(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._installation.port, timeout=60)
        number = 0
        while not self._over.wait(_PAUSE):
            number += 1
            body = json.dumps({"result": number, "Datastream": {"@iot.id": self._stream}})
            began = time.perf_counter()
            connection.request("POST", "/sta/v1.1/Observations", body=body, headers=self._headers)
            connection.getresponse().read()
            self._seconds.append(time.perf_counter() - began)


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _memory(pid: int) -> float:
    """Proportional set size in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / _MEGABYTE
