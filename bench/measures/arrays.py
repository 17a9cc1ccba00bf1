# SPDX-License-Identifier: EUPL-1.2
"""Data arrays of different sizes: the same rate for each, little memory, and single posts beside them."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import files, log, streams
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.session import Session

_SIZES = (1_000, 100_000, 1_000_000)
_ROWS = 1_000_000
_ROUNDS = 3
_WIDTHS = (1, 1_000)
_GOALS = (100_000, 60_000)
_CONNECTIONS = 8
_MORE_CONNECTIONS = (16, 32)
_PAUSE = 0.01
_LOOK = 0.1
_MEGABYTE = 1024


def measure(session: Session) -> Iterator[Figure]:
    """Rows per second over eight connections, from the first request's start to the last answer's end.

    The sizes take turns, and of each the middle one of three rounds counts: what the machine has to do for
    others differs from one minute to the next. Memory, and single posts beside, have loads of their own:
    to look at a process's memory halts it for a while.
    """
    with session.blank("arrays") as installation:
        token = installation.token()
        first = _load(installation, width=_WIDTHS[-1], token=token).rate
        with installation.connect() as connection:
            log.make_ready(connection)
        for width, goal in zip(_WIDTHS, _GOALS, strict=True):
            yield from _of_width(installation, token=token, width=width, goal=goal, first=first)


class _Load(NamedTuple):
    rate: float
    growth: float
    before: float
    p99: float
    quiet: float


def _of_width(
    installation: Installation, *, token: str, width: int, goal: float, first: float
) -> Iterator[Figure]:
    name = f"data arrays into {width:,} datastream{'s' if width > 1 else ''}"
    small = f"{name}, {_SIZES[0]:,} rows a request"
    loads: dict[int, list[float]] = {size: [] for size in _SIZES}
    more: dict[int, list[float]] = {callers: [] for callers in _MORE_CONNECTIONS}
    large: list[_Load] = []
    copies = []
    for _ in range(_ROUNDS):
        for size in _SIZES:
            loads[size].append(_load(installation, width=width, token=token, at_once=size).rate)
        for callers in _MORE_CONNECTIONS:
            more[callers].append(_load(installation, width=width, token=token, callers=callers).rate)
        large.append(_load(installation, width=width, token=token, at_once=_SIZES[-1], beside=True))
        copies.append(_reference(installation, rows=files.rows(ids=range(width), n=_ROWS)))
    rates = {size: median(loads[size]) for size in _SIZES}
    for size, rate in rates.items():
        yield Figure(
            name=f"{name}, {size:,} rows a request", value=rate, unit="rows/s", goal=goal,
            goal_is="at least", reference=median(copies), reference_is="COPY",
        )  # fmt: skip
    for callers, found in more.items():
        yield Figure(
            name=f"{small} from {callers} callers", value=median(found), unit="rows/s",
            reference=rates[_SIZES[0]], reference_is=f"from {_CONNECTIONS}",
        )  # fmt: skip
    if width == _WIDTHS[-1]:
        yield Figure(
            name=f"{small} into a fresh installation", value=first, unit="rows/s",
            reference=rates[_SIZES[0]], reference_is="in operation",
        )  # fmt: skip
    yield Figure(
        name=f"{name}, fastest size to slowest", value=max(rates.values()) / min(rates.values()),
        unit="times", goal=2, reference=1, reference_is="no difference",
    )  # fmt: skip
    yield Figure(
        name=f"{name}, more memory for 1,000,000 rows", value=max(load.growth for load in large), unit="MB",
        goal=200, reference=median(load.before for load in large), reference_is="the process before",
    )  # fmt: skip
    yield Figure(
        name=f"{name}, p99 of single posts beside 1,000,000 rows", value=median(load.p99 for load in large),
        unit="ms", reference=median(load.quiet for load in large), reference_is="before the request",
    )  # fmt: skip


def _load(
    installation: Installation,
    *,
    width: int,
    token: str,
    at_once: int = _SIZES[0],
    callers: int = _CONNECTIONS,
    beside: bool = False,
) -> _Load:
    """A million rows into datastreams of their own: the same again would be recognised as such."""
    with installation.connect() as connection:
        ids = streams.create(connection, streams=width + 1)
    rows = files.rows(ids=ids[:-1], n=_ROWS)
    bodies = list(files.data_arrays(content=rows, at_once=at_once))
    watch = _Beside(installation, token=token, stream=ids[-1])
    with watch if beside else contextlib.nullcontext():
        seconds = _sent(installation, bodies=bodies, token=token, callers=callers)
    with installation.connect() as connection:
        streams.wait_for_fold(connection)
        log.use_again(connection)
    p99 = watch.p99 if beside else 0.0
    return _Load(len(rows) / seconds, watch.growth, watch.before, p99, watch.quiet)


def _reference(installation: Installation, *, rows: Sequence[files.Row]) -> float:
    with installation.connect() as connection:
        began = time.perf_counter()
        files.copy_plain(connection, content=rows)
        return len(rows) / (time.perf_counter() - began)


def _sent(installation: Installation, *, bodies: Sequence[bytes], token: str, callers: int) -> float:
    """Seconds until the last of them was answered."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(mine: Sequence[bytes]) -> None:
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
    return time.perf_counter() - began


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
