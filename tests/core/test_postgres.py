# SPDX-License-Identifier: EUPL-1.2
"""The embedded PostgreSQL survives what happens to machines."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stadtkern.core import pids, postgres, settings
from tests import places


@pytest.fixture
def embedded() -> Iterator[postgres.Embedded]:
    """A cluster of its own in a fresh folder."""
    folder = places.folder("stadtkern-pg-")
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


def test_an_interrupted_creation_is_begun_again(
    embedded: postgres.Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """initdb writes PG_VERSION first, so that file does not say that a cluster is complete."""

    def interrupted(*_: object, **__: object) -> None:
        (embedded.folder / "PG_VERSION").write_text(postgres.MAJOR)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(embedded, "_as_account", interrupted)
        embedded.start()
    assert (embedded.folder / "PG_VERSION").exists()
    assert embedded.start()


def test_the_last_one_stops_the_server(embedded: postgres.Embedded) -> None:
    """A command that ends does not take the database away from another one, or from the service."""
    embedded.start()
    other = postgres.Embedded(settings.load(environment={}, data=str(embedded.folder.parent)))
    assert other.start() is False
    embedded.stop()
    with psycopg.connect(other.url) as connection:
        connection.execute("SELECT 1")
    other.stop()
    assert other.pid() is None


def test_a_link_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    """Whoever guesses the socket folder's name below /tmp must not get a folder of their choice."""
    deep = tmp_path / ("x" * 120)
    made = postgres.Embedded(settings.load(environment={}, data=str(deep)))
    target = tmp_path / "target"
    target.mkdir(mode=0o755)
    before = target.stat()
    made.socket_folder.symlink_to(target)
    try:
        with pytest.raises(postgres.DatabaseStartFailed, match="not a folder of ours"):
            made.start()
    finally:
        made.socket_folder.unlink()
    after = target.stat()
    assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)


def test_the_account_of_the_database_cannot_have_us_write_elsewhere(
    embedded: postgres.Embedded, tmp_path: Path
) -> None:
    """The folder belongs to the account, so a file in it may be a link by now."""
    embedded.start()
    embedded.stop()
    target = tmp_path / "target"
    target.write_text("kept")
    (embedded.folder / "stadtkern.conf").unlink()
    (embedded.folder / "stadtkern.conf").symlink_to(target)
    assert embedded.start()
    assert target.read_text() == "kept"


def test_a_number_that_is_used_again_is_not_taken_for_the_server(embedded: postgres.Embedded) -> None:
    """After a restart of the machine postmaster.pid may name any process; it must not be stopped."""
    embedded.folder.mkdir()
    (embedded.folder / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert embedded.pid() is None
    embedded.stop()
    (embedded.folder / "postmaster.pid").unlink()


def test_a_left_over_number_that_lives_again_does_not_keep_the_server_from_starting(
    embedded: postgres.Embedded,
) -> None:
    """In a restarted container numbers begin anew; PostgreSQL alone would refuse to start for ever."""
    embedded.start()
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    left = embedded.folder / "postmaster.pid"
    content = left.read_text().split("\n", 1)[1]
    server = embedded.pid()
    assert server is not None
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    owner = left.stat()
    with subprocess.Popen(
        ["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None
    ) as another:  # as PostgreSQL sees it: a process of its own account
        try:
            left.write_text(f"{another.pid}\n{content}")
            assert embedded.start()
            assert another.poll() is None
        finally:
            another.kill()
    with psycopg.connect(embedded.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_the_file_of_a_server_that_lives_is_kept(embedded: postgres.Embedded) -> None:
    """Even if its number is not what it says: a second server on the same files would destroy them."""
    embedded.start()
    left = embedded.folder / "postmaster.pid"
    was = left.read_text()
    left.write_text(f"{os.getpid()}\n{was.partition(chr(10))[2]}")
    try:
        assert embedded.pid() is None
        embedded._clear_left_over()
        assert left.read_text().startswith(f"{os.getpid()}\n")
    finally:
        left.write_text(was)


def test_a_server_left_to_others_is_handed_over(embedded: postgres.Embedded) -> None:
    """Whoever started it may go while others use it: it runs on, and nothing warns of it."""
    starter = postgres.Embedded(settings.load(environment={}, data=str(embedded.folder.parent)))
    starter.start()
    embedded.start()
    starter.stop()
    del starter
    gc.collect()
    with psycopg.connect(embedded.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_process_whose_parent_takes_no_note_of_its_end_has_ended() -> None:
    """A server may outlive the interest of whoever started it; its end must not be waited for in vain."""
    # A shell may take note between two commands; this one asks for nothing until it is ended.
    careless = (
        "import subprocess, sys; child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", careless], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        try:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            os.kill(child, signal.SIGKILL)
            pids.end(child)
            os.kill(child, 0)  # still listed
            assert not pids.alive(child)
            assert pids.alive(parent.pid)
        finally:
            parent.kill()
