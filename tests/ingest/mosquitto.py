# SPDX-License-Identifier: EUPL-1.2
"""A real Mosquitto with the configuration that we print, in a folder and on ports of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import configuration
from tests.running import free_port

PASSWORD = "secret-of-the-test"


def required() -> None:
    """Skip where there is no Mosquitto, unless its tests must not be skipped."""
    if shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin") is None:
        if os.environ.get("STADTKERN_TEST_BROKER") == "required":
            raise AssertionError("mosquitto is missing")
        pytest.skip("no mosquitto on this machine")


class Mosquitto:
    """The broker: devices publish on one port, screens subscribe on another."""

    def __init__(self, *, folder: Path, settings: Settings):
        self.folder = folder
        self.devices, self.screens = free_port(), free_port()
        self.url = f"mqtt://stadtkern:{PASSWORD}@127.0.0.1:{self.screens}"
        self._process: subprocess.Popen[bytes] | None = None
        text = configuration.mosquitto(settings, folder=str(folder), ports=(self.devices, self.screens))
        text = text.replace("autosave_interval 5", "autosave_interval 1")
        (folder / "mosquitto.conf").write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
        subprocess.run(
            ["mosquitto_ctrl", "dynsec", "init", f"{folder}/dynamic-security.json", "stadtkern", PASSWORD],
            check=True, capture_output=True,
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it listens."""
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                ["/usr/sbin/mosquitto", "-c", str(self.folder / "mosquitto.conf")],
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + 60
        while not _listens(self.screens):
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def saved(self) -> int:
        """When it last wrote down what it holds, in nanoseconds."""
        file = self.folder / "mosquitto.db"
        return file.stat().st_mtime_ns if file.exists() else 0

    def log(self) -> str:
        """What it said."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(*, folder: Path, settings: Settings) -> Iterator[Mosquitto]:
    """A broker for the time of the block."""
    broker = Mosquitto(folder=folder, settings=settings)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
