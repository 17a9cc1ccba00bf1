# SPDX-License-Identifier: EUPL-1.2
"""Observations by MQTT with QoS 1: through our own door, and through Mosquitto until they are committed."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psycopg

from bench import messages, streams
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session
from stadtkern.core import settings as core_settings
from stadtkern.ingest.doors import configuration

_STREAMS = 100
_PASSWORD = "bench"
_DOOR, _DEVICES, _SCREENS = 18_830, 18_831, 18_832
_PATIENCE = 120.0
_T = TypeVar("_T")


class LostOrDoubled(Exception):
    """The number of stored rows is not the number of acknowledged messages."""


def measure(session: Session) -> Iterator[Figure]:
    """Rates of committed rows."""
    count = int(5_000 * session.seconds)
    with _mosquitto() as url:
        alone = _alone(count)
        with session.blank("mqtt-door", environment={"STADTKERN_MQTT_PORT": str(_DOOR)}) as installation:
            seconds = _through(installation, port=_DOOR, user="bench", count=count)
            yield _figure("MQTT QoS 1, our own door: committed", count / seconds, alone, goal=None)
        with session.blank("mqtt-broker", environment={"STADTKERN_MQTT_URL": url}) as installation:
            seconds = _through(installation, port=_DEVICES, user="", count=count)
            yield _figure("MQTT QoS 1 through Mosquitto: committed", count / seconds, alone, goal=5_000)


def _figure(name: str, rate: float, alone: float, *, goal: float | None) -> Figure:
    return Figure(
        name=name, value=rate, unit="/s", reference=alone, reference_is="Mosquitto, which keeps nothing",
        goal=goal, goal_is="at least",
    )  # fmt: skip


@contextlib.contextmanager
def _mosquitto() -> Iterator[str]:
    """The broker with the configuration that we print; yields the address for ourselves."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        raise FileNotFoundError("mosquitto is missing: apt install mosquitto")
    folder = Path(tempfile.mkdtemp(prefix="stadtkern-bench-mqtt-"))
    text = configuration.mosquitto(
        core_settings.load(environment={}), folder=str(folder), ports=(_DEVICES, _SCREENS)
    )
    (folder / "mosquitto.conf").write_text(text + "user root\n")
    rights = str(folder / "dynamic-security.json")
    subprocess.run(
        ["mosquitto_ctrl", "dynsec", "init", rights, "stadtkern", _PASSWORD], check=True, capture_output=True
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stdout=log, stderr=log)
    try:
        _wait_for(lambda: bool(messages.connect(_SCREENS, user="stadtkern", password=_PASSWORD)))
        yield f"mqtt://stadtkern:{_PASSWORD}@127.0.0.1:{_SCREENS}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _alone(count: int) -> float:
    """Messages per second that the broker acknowledges and drops."""
    lines = [messages.connect(_DEVICES) for _ in range(messages.CONNECTIONS)]
    _, seconds = messages.publish(lines, make=_maker([1] * _STREAMS, year=2024), count=count)
    for line in lines:
        line.close()
    return count / seconds


def _through(installation: Installation, *, port: int, user: str, count: int) -> float:
    """Seconds from the first message to the last commit."""
    token = installation.token()
    with installation.connect() as connection:
        ids = streams.create(connection, streams=_STREAMS)
        row = connection.execute("SELECT max(id) FROM core.token").fetchone()
        user = user or f"token-{row[0] if row else 0}"
        make = _maker(ids, year=2025)
        _wait_until_taken(connection, lambda: messages.connect(port, user=user, password=token), ids)
        lines = _enter(port, user=user, password=token)
        began, _ = messages.publish(lines, make=make, count=count)
        _wait_for(lambda: _stored(connection, ids) >= count)
        seconds = time.perf_counter() - began
        if _stored(connection, ids) != count:
            raise LostOrDoubled(f"{count} acknowledged, {_stored(connection, ids)} stored")
    for line in lines:
        line.close()
    return seconds


def _enter(port: int, *, user: str, password: str) -> list[socket.socket]:
    def enter() -> list[socket.socket]:
        return [messages.connect(port, user=user, password=password) for _ in range(messages.CONNECTIONS)]

    return _wait_for(enter)


def _wait_until_taken(
    connection: psycopg.Connection[tuple[int, ...]], enter: Callable[[], socket.socket], ids: list[int]
) -> None:
    """New rules reach the broker a moment later, and end connections; send until everything is stored."""

    def taken() -> bool:
        with enter() as line:
            messages.publish([line], make=_maker(ids, year=2024), count=_STREAMS)
        statement = "SELECT count(*) FROM things.datastream_state WHERE n > 0 AND datastream_id = ANY (%s)"
        row = connection.execute(statement, [ids]).fetchone()
        return row is not None and row[0] == _STREAMS

    _wait_for(taken)


def _stored(connection: psycopg.Connection[tuple[int, ...]], ids: list[int]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM things.observation"
        " WHERE datastream_id = ANY (%s) AND phenomenon_time >= '2025-01-01'",
        [ids],
    ).fetchone()
    return row[0] if row else 0


def _wait_for(attempt: Callable[[], _T]) -> _T:
    until = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError, messages.Refused):
            if found := attempt():
                return found
        if time.monotonic() > until:
            raise TimeoutError("waited in vain")
        time.sleep(0.05)


def _maker(ids: list[int], *, year: int) -> Callable[[int], tuple[str, bytes]]:
    start = datetime(year, 1, 1, tzinfo=UTC)

    def make(number: int) -> tuple[str, bytes]:
        moment = (start + timedelta(seconds=number // _STREAMS)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f'{{"phenomenonTime":"{moment}","result":{number % 997 / 10}}}'
        return f"v1.1/Datastreams({ids[number % _STREAMS]})/Observations", body.encode()

    return make
