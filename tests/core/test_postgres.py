# SPDX-License-Identifier: EUPL-1.2
"""The embedded PostgreSQL survives what happens to machines."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stadtkern.core import postgres, settings


@pytest.fixture
def embedded() -> Iterator[postgres.Embedded]:
    """A cluster of its own in a fresh folder."""
    folder = Path(tempfile.mkdtemp(prefix="stadtkern-pg-"))
    folder.chmod(0o755)
    made = postgres.Embedded(settings.load(environment={}, data=str(folder)))
    yield made
    made.stop()
    shutil.rmtree(folder)


def test_a_killed_server_starts_again_with_what_was_committed(embedded: postgres.Embedded) -> None:
    """kill -9 of the server loses nothing that was acknowledged."""
    assert embedded.start()
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        pid = embedded.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert embedded.start()
    with psycopg.connect(embedded.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_running_server_is_found_again(embedded: postgres.Embedded) -> None:
    """After the death of its supervisor the server is taken over, not started twice."""
    assert embedded.start()
    assert embedded.start() is False


def test_there_is_no_door_to_the_network(embedded: postgres.Embedded) -> None:
    """Only the socket in a private folder, and never trust."""
    embedded.start()
    with psycopg.connect(embedded.url) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync')"
        ).fetchone()
        rules = connection.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
    assert row == ("", "on")
    assert rules == [("local", "peer")]
    assert stat.S_IMODE(embedded.socket_folder.stat().st_mode) == 0o700


def test_a_very_long_path_still_gets_a_socket(tmp_path: Path) -> None:
    """The kernel allows 107 bytes; the folder moves where it is longer."""
    made = postgres.Embedded(settings.load(environment={}, data=str(tmp_path / ("x" * 120))))
    assert len(str(made.socket_folder)) < 100
