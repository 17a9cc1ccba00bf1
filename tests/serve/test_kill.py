# SPDX-License-Identifier: EUPL-1.2
"""The drill: kill -9 in the middle of a load, then count. What was acknowledged is there, and there once."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.running import Running, installation

_START = datetime(2026, 3, 1, tzinfo=UTC)
_SENDERS = 8
_WANTED = 4_000


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A real installation without demo data."""
    with installation() as made:
        made.start()
        yield made


def _command(running: Running, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "stadtkern", *words, "--data", str(running.folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture(scope="module")
def token(running: Running) -> str:
    """A token made on the command line while everything runs."""
    _command(running, "dataset", "create", "drill", "--title", "Probe", "--room", "public")
    words = [word for verb in ("create", "entities") for word in ("--verb", verb)]
    return _command(running, "token", "create", "--dataset", "drill", *words)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class Senders:
    """Threads that send each reading until it is acknowledged, as a careful device does."""

    def __init__(self, *, running: Running, token: str, datastream: int):
        self._running, self._token, self._datastream = running, token, datastream
        self._next = iter(range(1_000_000))
        self._lock = threading.Lock()
        self.acknowledged: set[int] = set()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._send) for _ in range(_SENDERS)]

    def _send(self) -> None:
        while not self.stop.is_set():
            with self._lock:
                number = next(self._next)
            while not self._deliver(number) and not self.stop.is_set():
                time.sleep(0.02)

    def _deliver(self, number: int) -> bool:
        moment = (_START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = json.dumps(
            {"phenomenonTime": moment, "result": number, "Datastream": {"@iot.id": self._datastream}}
        )
        connection = http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=20)
        try:
            connection.request("POST", "/sta/v1.1/Observations", body, _headers(self._token))
            if connection.getresponse().status != 201:
                return False
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        with self._lock:
            self.acknowledged.add(number)
        return True

    def until(self, count: int) -> None:
        """Wait until so many are acknowledged."""
        deadline = time.monotonic() + 120
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, f"only {len(self.acknowledged)} acknowledged"
            self.stop.wait(0.02)


def _make_datastream(running: Running, token: str) -> int:
    thing = {
        "name": "Probe", "description": "drill",
        "Datastreams": [{
            "name": "Wert", "description": "drill",
            "unitOfMeasurement": {"name": "", "symbol": "", "definition": ""},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "Sensor": {"name": "s", "description": "s", "encodingType": "text/html", "metadata": "x"},
            "ObservedProperty": {"name": "p", "definition": "http://example.org/p", "description": "p"},
        }],
    }  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    connection.request("POST", "/sta/v1.1/Things", json.dumps(thing), _headers(token))
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()
    row = running.query("SELECT max(id) FROM things.datastream")[0]
    assert isinstance(row[0], int)
    return row[0]


def test_kill_9_under_load_loses_nothing_and_doubles_nothing(running: Running, token: str) -> None:
    """Data plane, database and supervisor are killed one after the other while readings come in."""
    datastream = _make_datastream(running, token)
    senders = Senders(running=running, token=token, datastream=datastream)
    for thread in senders.threads:
        thread.start()
    try:
        senders.until(_WANTED // 4)
        os.kill(running.children()["data"], signal.SIGKILL)
        senders.until(_WANTED // 2)
        pid = int((running.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)
        senders.until(_WANTED * 3 // 4)
        running.kill()
        running.start()
        senders.until(_WANTED)
    finally:
        senders.stop.set()
        for thread in senders.threads:
            thread.join()
    rows = running.query(f"SELECT result FROM things.observation WHERE datastream_id = {datastream}")
    stored = [int(float(str(row[0]))) for row in rows]
    assert len(stored) == len(set(stored))
    assert senders.acknowledged <= set(stored)
    counted = running.query(f"SELECT n FROM things.datastream_state WHERE datastream_id = {datastream}")
    assert counted == [(len(stored),)]


def test_ctrl_c_stops_everything(running: Running) -> None:
    """No process and no lock is left, and the same folder starts again."""
    children = running.children()
    assert set(children) == {"data", "web", "work"}
    assert running.stop() == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in children.values())
    assert not (running.folder / "postgres" / "postmaster.pid").exists()
    running.start()
