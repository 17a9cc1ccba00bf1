# SPDX-License-Identifier: EUPL-1.2
"""What falls is started again, for as long as it takes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import structlog

from stadtkern.core import postgres
from stadtkern.core import settings as core_settings
from stadtkern.serve import port, supervisor


def test_pauses_grow_and_end_somewhere() -> None:
    """A process that falls for a whole night must not take the supervisor along."""
    assert supervisor.pause_after(1) < supervisor.pause_after(2)
    assert supervisor.pause_after(100_000) == 30.0


def test_what_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    """A machine without memory to spare for a moment loses one process, not all."""
    child = supervisor.Child(name="x", command=[str(tmp_path / "missing")], environment={})
    child.look_after(now=0.0)
    (tmp_path / "missing").symlink_to("/bin/true")
    child.look_after(now=100.0)
    child.wait(until=0.0)


def test_a_process_that_falls_again_and_again_is_told_of_in_words() -> None:
    """Each fall waits longer; at the fifth in a row the log says where to look. A steady one begins anew."""
    child = supervisor.Child(name="x", command=["/bin/false"], environment={})
    now, pauses = 0.0, []
    with structlog.testing.capture_logs() as logged:
        for _ in range(5):
            child.look_after(now=now)
            child.wait(until=time.monotonic() + 10)
            child.look_after(now=now + 1)
            pauses.append(logged[-1].get("pause") or logged[-2]["pause"])
            now += 100.0 + 1
    assert pauses == [0.4, 0.8, 1.6, 3.2, 6.4]
    assert [entry["falls"] for entry in logged if "doctor" in entry["event"]] == [5]
    assert child.falls == 5
    assert child.pid is None


class Falling:
    """A database that starts at the third try."""

    def __init__(self) -> None:
        self.tries = 0

    def start(self) -> bool:
        """Fail twice."""
        self.tries += 1
        if self.tries < 3:
            raise postgres.DatabaseStartFailed("pre-existing shared memory block is still in use")
        return True


def test_a_database_that_does_not_start_at_once_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill its own processes may need a moment to notice; nothing else stops meanwhile."""
    monkeypatch.setattr(supervisor, "pause_after", lambda _: 0.0)
    made = supervisor.Supervisor(core_settings.load(environment={}, data=str(tmp_path)))
    falling = Falling()
    made._restart(falling)  # type: ignore[arg-type]
    assert falling.tries == 3


def test_a_child_ends_even_if_its_parent_died_before_it_looked(tmp_path: Path) -> None:
    """Else it would hold the port until the machine is restarted."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, "-W", "ignore", "-m", "stadtkern", "child", "work", "--parent", str(gone.pid)]
    environment = {
        **os.environ,
        "STADTKERN_DATA": str(tmp_path),
        "STADTKERN_DATABASE_URL": "postgresql:///none",
    }
    child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    timer = threading.Timer(180, child.kill)
    timer.start()
    assert child.wait() != -signal.SIGKILL
    timer.cancel()


def test_a_port_that_becomes_free_in_a_moment_is_waited_for(tmp_path: Path) -> None:
    """After a kill -9 the old data plane needs up to a second to notice; a restart must not fail for it."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        number = held.getsockname()[1]
        settings = core_settings.load(environment={}, data=str(tmp_path), port=number)
        timer = threading.Timer(0.3, held.close)
        timer.start()
        port.listen(settings).close()
        timer.join()


def test_a_port_that_stays_in_use_is_named(tmp_path: Path) -> None:
    """With the way out."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        number = held.getsockname()[1]
        with pytest.raises(port.PortInUse, match=str(number)):
            port.listen(core_settings.load(environment={}, data=str(tmp_path), port=number), patience=0.0)


def test_an_address_of_another_machine_is_not_called_a_port_in_use(tmp_path: Path) -> None:
    """The message names what to change."""
    settings = core_settings.load(environment={}, data=str(tmp_path), host="192.0.2.1")
    with pytest.raises(port.AddressUnusable):
        port.listen(settings)
