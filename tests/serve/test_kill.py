# SPDX-License-Identifier: EUPL-1.2
"""The drill: kill -9 in the middle of a load, then count. What was acknowledged is there, and there once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.running import LASTING, Running, installation
from tests.serve import senders

_WANTED = 4_000


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A real installation without demo data."""
    with installation() as made:
        made.start()
        yield made


@pytest.fixture(scope="module")
def token(running: Running) -> str:
    """A token made on the command line while everything runs."""
    senders.command(running, "dataset", "create", "drill", "--title", "Probe", "--room", "public")
    words = [word for verb in ("create", "entities") for word in ("--verb", verb)]
    return senders.command(running, "token", "create", "--dataset", "drill", *words)


def _whole(running: Running) -> dict[str, int]:
    """Its processes, all of them: one that fell in the test before comes back after a pause."""
    senders.wait_for(lambda: set(running.children()) == set(LASTING))
    return running.children()


def test_kill_9_under_load_loses_nothing_and_doubles_nothing(running: Running, token: str) -> None:
    """Data plane, database and supervisor are killed one after the other while readings come in."""
    datastream = senders.make_datastream(running, token)
    with senders.Senders(running=running, token=token, datastream=datastream) as load:
        load.until(_WANTED // 4)
        os.kill(_whole(running)["data"], signal.SIGKILL)
        load.until(_WANTED // 2)
        pid = int((running.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)
        load.until(_WANTED * 3 // 4)
        running.kill()
        running.start()
        load.until(_WANTED)
    load.compare()


def test_a_restart_loses_no_request(running: Running, token: str) -> None:
    """Data, web and work are replaced one by one; every sender gets its 201, on old connections and new."""
    datastream = senders.make_datastream(running, token)
    before = _whole(running)
    with senders.Senders(running=running, token=token, datastream=datastream) as load:
        load.until(200)
        senders.command(running, "restart")
        senders.wait_for(lambda: not set(before.values()) & set(running.children().values()))
        senders.wait_for(lambda: set(running.children()) == set(before))
        load.until(len(load.acknowledged) + 500)
    assert set(load.answers) == {201}
    load.compare()


def test_a_restart_of_the_database_is_waited_for_or_refused_in_words(running: Running, token: str) -> None:
    """Every sender is told 201, or 503 with a time to come back; what was acknowledged is there, once."""
    datastream = senders.make_datastream(running, token)
    with senders.Senders(running=running, token=token, datastream=datastream) as load:
        load.until(200)
        pid = int((running.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGINT)
        senders.wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
        load.until(len(load.acknowledged) + 500)
    assert set(load.answers) <= {201, 503}
    assert not load.without_retry_after
    load.compare()


def test_ctrl_c_stops_everything(running: Running) -> None:
    """No process and no lock is left, and the same folder starts again."""
    children = _whole(running)
    assert running.stop() == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in children.values())
    assert not (running.folder / "postgres" / "postmaster.pid").exists()
    running.start()
