# SPDX-License-Identifier: EUPL-1.2
"""A disk that is full is told to everybody, and forgotten as soon as there is room again."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stadtkern.core import postgres
from tests.running import Running, free_port
from tests.serve import senders

_SIZE = "420m"


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    """A disk of its own that is soon full; only root can make one."""
    folder = Path(tempfile.mkdtemp(prefix="stadtkern-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0755", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        reason = done.stderr.strip()
    except OSError as error:
        done, reason = None, str(error)
    if done is None or done.returncode != 0:
        folder.rmdir()
        pytest.skip(f"NOT TESTED: what happens on a full disk, for none can be mounted here: {reason}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def _serve(folder: Path, monkeypatch: pytest.MonkeyPatch, *, reserve: int) -> Running:
    monkeypatch.setenv("STADTKERN_DISK_RESERVE", str(reserve))
    running = Running(folder=folder, port=free_port())
    running.start()
    return running


def _stop(running: Running) -> None:
    running.stop()
    postgres.Embedded(running.settings).stop()


def _asked(running: Running, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        connection.close()


def _fill(folder: Path, *, leave: int) -> Path:
    """A file that takes all room but so many bytes."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while (room := shutil.disk_usage(folder).free - leave) > 0:  # others take of it meanwhile
            file.write(bytes(min(room, 1_048_576)))
    return ballast


def _token(running: Running) -> str:
    senders.command(running, "dataset", "create", "drill", "--title", "Probe", "--room", "public")
    words = [word for verb in ("create", "entities", "read") for word in ("--verb", verb)]
    return senders.command(running, "token", "create", "--dataset", "drill", *words)


def test_writing_stops_in_time_and_goes_on_by_itself(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First with the reserve, which PostgreSQL never notices; then without, when it meets the end itself."""
    running = _serve(small_disk, monkeypatch, reserve=24)
    try:
        token = _token(running)
        stream = senders.make_datastream(running, token)
        with senders.Senders(running=running, token=token, datastream=stream) as load:
            load.until(50)
            ballast = _fill(small_disk, leave=16_000_000)
            senders.wait_for(lambda: load.answers[503] > 5)
            senders.wait_for(lambda: _asked(running, "/readyz")[0] == 503)
            ready = _asked(running, "/readyz")[1]
            assert ready["checks"]["disk"]["status"] == "fail"
            assert "MiB" in ready["checks"]["disk"]["reason"]
            assert _asked(running, "/sta/v1.1/Things")[0] == 200
            ballast.unlink()
            load.until(len(load.acknowledged) + 50)
            senders.wait_for(lambda: _asked(running, "/readyz")[0] == 200)
        assert set(load.answers) == {201, 503}
        assert not load.without_retry_after
        load.compare()
    finally:
        _stop(running)

    running = _serve(small_disk, monkeypatch, reserve=0)
    try:
        with senders.Senders(running=running, token=token, datastream=stream, begin=100_000) as load:
            load.until(50)
            ballast = _fill(small_disk, leave=0)
            senders.wait_for(lambda: load.answers[503] > 5)
            senders.wait_for(lambda: _asked(running, "/readyz")[0] == 503)
            ballast.unlink()
            load.until(len(load.acknowledged) + 50)
            senders.wait_for(lambda: _asked(running, "/readyz")[0] == 200)
        assert set(load.answers) <= {201, 503}
        load.compare()
    finally:
        _stop(running)
