# SPDX-License-Identifier: EUPL-1.2
"""A `stadtkern serve` of its own on a free port with a scratch data folder, as a benchmark needs it."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

import psycopg

from stadtkern.core import postgres
from stadtkern.core import settings as core_settings

DATASET = "bench"
_PORTS = range(8500, 8600)
_START_SECONDS = 600.0
_PAUSE = 0.02


class DidNotStart(Exception):
    """`stadtkern serve` ended or stayed silent; the message is the end of its log."""


class Installation:
    """A data folder and, between `start` and `stop`, the processes on it."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str] = MappingProxyType({})):
        self.folder = folder
        self._environment = {**_environment(), "STADTKERN_MQTT_PORT": "0", **environment}
        self.port = _free_port()
        self.database_url = postgres.Embedded(core_settings.load(environment={}, data=str(folder))).url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, demo: bool = False, page: str = "/") -> float:
        """Start everything and wait for the first page; returns the seconds that took."""
        command = [sys.executable, "-m", "stadtkern", "serve", "--port", str(self.port)]
        command += ["--data", str(self.folder), *(["--demo"] if demo else [])]
        began = time.monotonic()
        with (self.folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, start_new_session=True
            )
        while not self._answers(page):
            if self._process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                raise DidNotStart((self.folder / "serve.log").read_text(errors="replace")[-3000:])
            time.sleep(_PAUSE)
        return time.monotonic() - began

    def stop(self) -> None:
        """Ask everything to stop and wait for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=120)
            self._process = None

    def command(self, *words: str) -> str:
        """Run a `stadtkern` command on this data folder; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "stadtkern", *words, "--data", str(self.folder)],
            capture_output=True, text=True, check=False, env=self._environment,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"stadtkern {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def token(self) -> str:
        """A token that may do everything in the benchmark's own dataset."""
        self.command("dataset", "create", DATASET, "--title", "Benchmark", "--room", "public")
        verbs = [
            word for verb in ("read", "create", "update", "delete", "entities") for word in ("--verb", verb)
        ]
        return self.command("token", "create", "--dataset", DATASET, *verbs).split()[-1]

    def connect(self) -> psycopg.Connection[tuple[int, ...]]:
        """A connection to the database, beside the product."""
        return psycopg.connect(self.database_url, autocommit=True, options="-c timezone=UTC -c jit=off")

    def pids(self) -> list[int]:
        """The supervisor and all that descend from it."""
        if self._process is None:
            return []
        children = _children()
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def _answers(self, page: str) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", "/health")
            if connection.getresponse().read() and page != "/health":
                connection.request("GET", page)
                return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            print((self.folder / "serve.log").read_text(errors="replace")[-3000:], file=sys.stderr)
        self.stop()


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder that PostgreSQL's account may enter and that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="stadtkern-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("STADTKERN_")}
    return {**kept, "STADTKERN_LOG_LEVEL": "warning"}


def _free_port() -> int:
    for port in _PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise DidNotStart(f"all ports from {_PORTS.start} to {_PORTS.stop - 1} are taken")


def _children() -> dict[int, list[int]]:
    """Parent → children, of all processes."""
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text()
            parent = int(text[text.rindex(")") + 2 :].split()[1])
            found.setdefault(parent, []).append(int(stat.parent.name))
    return found
