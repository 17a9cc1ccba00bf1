# SPDX-License-Identifier: EUPL-1.2
"""Careful devices: they send each reading until it is acknowledged, and remember what they were told."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from tests.running import Running

_START = datetime(2026, 3, 1, tzinfo=UTC)
_SENDERS = 8


def wait_for(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def command(running: Running, *words: str) -> str:
    """A word of the command line for this installation."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "stadtkern", *words, "--data", str(running.folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def headers(token: str) -> dict[str, str]:
    """What a device sends along."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class Senders:
    """Threads that send each reading until it is acknowledged; every second one keeps its connection."""

    def __init__(self, *, running: Running, token: str, datastream: int, begin: int = 0):
        self._running, self._token, self._datastream = running, token, datastream
        self._next = iter(range(begin, begin + 1_000_000))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.acknowledged: set[int] = set()
        self.answers: Counter[int | str] = Counter()
        self.without_retry_after = 0
        self._threads = [threading.Thread(target=self._send, args=(i % 2 == 0,)) for i in range(_SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=60)
        while not self._stop.is_set():
            with self._lock:
                number = next(self._next)
            while not self._deliver(connection, number) and not self._stop.is_set():
                time.sleep(0.02)
            if not keeps:
                connection.close()
        connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, number: int) -> bool:
        moment = (_START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = json.dumps(
            {"phenomenonTime": moment, "result": number, "Datastream": {"@iot.id": self._datastream}}
        )
        told: int | str
        try:
            connection.request("POST", "/sta/v1.1/Observations", body, headers(self._token))
            answer = connection.getresponse()
            answer.read()
            told = answer.status
            again = answer.headers["retry-after"]
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            told, again = repr(error), ""
        with self._lock:
            self.answers[told] += 1
            self.without_retry_after += told == 503 and not again
            if told == 201:
                self.acknowledged.add(number)
        return told == 201

    def until(self, count: int, *, seconds: float = 120.0) -> None:
        """Wait until so many are acknowledged."""
        with contextlib.suppress(AssertionError):
            wait_for(lambda: len(self.acknowledged) >= count, seconds=seconds)
        assert len(self.acknowledged) >= count, f"only {len(self.acknowledged)}: {dict(self.answers)}"

    def compare(self) -> None:
        """What was acknowledged is there, and there once; the state of the stream says the same."""
        stream = self._datastream
        rows = self._running.query(f"SELECT result FROM things.observation WHERE datastream_id = {stream}")
        stored = [int(float(str(row[0]))) for row in rows]
        assert len(stored) == len(set(stored))
        assert self.acknowledged <= set(stored)
        counted = self._running.query(f"SELECT n FROM things.datastream_state WHERE datastream_id = {stream}")
        assert counted == [(len(stored),)]


def make_datastream(running: Running, token: str) -> int:
    """A datastream to send to."""
    thing = {
        "name": "Probe", "description": "drill",
        "Locations": [{
            "name": "Platz", "description": "drill", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [7.6, 51.9]},
        }],
        "Datastreams": [{
            "name": "Wert", "description": "drill",
            "unitOfMeasurement": {"name": "", "symbol": "", "definition": ""},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "Sensor": {"name": "s", "description": "s", "encodingType": "text/html", "metadata": "x"},
            "ObservedProperty": {"name": "p", "definition": "http://example.org/p", "description": "p"},
        }],
    }  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request("POST", "/sta/v1.1/Things", json.dumps(thing), headers(token))
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()
    row = running.query("SELECT max(id) FROM things.datastream")[0]
    assert isinstance(row[0], int)
    return row[0]
