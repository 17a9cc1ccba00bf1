# SPDX-License-Identifier: EUPL-1.2
"""Starts a real `stadtkern serve` in a folder of its own, for journeys and drills."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from stadtkern.core import postgres
from stadtkern.core import settings as core_settings
from tests import places

START_SECONDS = 180.0
# Seconds. Who asks without a pause takes one of two processors from what is being started.
_BETWEEN_QUESTIONS = 0.1
LASTING = ("data", "web", "work")
# Below those that connections leave from (ip_local_port_range).
_OURS = range(15_000, 32_000)
_CHANCE = random.SystemRandom()
_given: set[int] = set()


class Running:
    """One installation: its folder, its port, its process."""

    def __init__(self, *, folder: Path, port: int):
        self.folder = folder
        self.port = port
        self.mqtt_port = 0
        self.address = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = core_settings.load(environment={}, data=str(folder), port=port)

    @property
    def database_url(self) -> str:
        """The address of its embedded database."""
        return postgres.Embedded(self.settings).url

    def start(self, *arguments: str) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "serve.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "stadtkern", "serve", "--port", str(self.port),
                 "--data", str(self.folder), *arguments],
                stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, "STADTKERN_MQTT_PORT": str(self.mqtt_port)},
            )  # fmt: skip
        self.wait_for(self.answers)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; it fails where the process ends before that."""
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while not condition():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=_BETWEEN_QUESTIONS)
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"waited in vain:\n{(self.folder / 'serve.log').read_text()[-4000:]}")

    def answers(self, path: str = "/health") -> bool:
        """Whether an address answers with 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def children(self) -> dict[str, int]:
        """Process ids of data, web and work, by name."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = entry.read_bytes().split(b"\0")
                parent = int((entry.parent / "stat").read_text().rpartition(")")[2].split()[1])
                if b"child" in words and self.process is not None and parent == self.process.pid:
                    found[words[words.index(b"child") + 1].decode()] = int(entry.parent.name)
        return {name: found[name] for name in LASTING if name in found}  # errands come and go

    def stop(self) -> int:
        """Stop it as Ctrl-C does; returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=120)
        self.process = None
        return code

    def kill(self) -> None:
        """kill -9 of the supervisor; children and database are left to themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database directly."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()


def free_port() -> int:
    """A port nobody uses, and none that the system gives to somebody before it is listened on."""
    while True:
        port = _CHANCE.choice(_OURS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


@contextlib.contextmanager
def installation() -> Iterator[Running]:
    """An empty installation that is stopped and removed at the end, whatever happened."""
    folder = places.folder("stadtkern-run-")
    running = Running(folder=folder, port=free_port())
    try:
        yield running
    finally:
        running.stop()
        postgres.Embedded(running.settings).stop()
        shutil.rmtree(folder, ignore_errors=os.name == "nt")
