# SPDX-License-Identifier: EUPL-1.2
"""Runs `pg_dump` and `pg_restore` as streams; what they need to know stays out of the list of processes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from psycopg import conninfo

from stadtkern.core import binaries, problems

_VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "passfile": "PGPASSFILE", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "options": "PGOPTIONS",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip
_LAST_LINES = 8


def find(name: str, *, server: int, given: bool) -> Path:
    """The program for a server of this version number (180006).

    For a database that was given, the machine's own program is preferred where it is new enough: ours is
    built without TLS.
    """
    own = binaries.installed() / name
    found = shutil.which(name) if given else None
    if found is not None:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        major = re.search(r"(\d+)", told.stdout.partition(")")[2])
        if major is not None and int(major[1]) >= server // 10_000:
            return Path(found)
    return own


def environment(url: str) -> dict[str, str]:
    """How the program reaches the database: in its environment, for everybody can read command lines."""
    parts = conninfo.conninfo_to_dict(url)
    told = {_VARIABLES[key]: str(value) for key, value in parts.items() if key in _VARIABLES}
    return {**os.environ, **told}


class Running:
    """A program at work: its pipe, and the last lines that it complained with."""

    def __init__(self, process: subprocess.Popen[bytes], *, heard: Callable[[str], None]):
        self.process = process
        self._heard = heard
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        if self.process.stdout is None:
            raise BrokenPipeError("the program writes nothing")
        return self.process.stdout

    @property
    def input(self) -> IO[bytes]:
        """What it reads."""
        if self.process.stdin is None:
            raise BrokenPipeError("the program reads nothing")
        return self.process.stdin

    def _listen(self) -> None:
        for line in self.process.stderr or ():
            text = line.decode(errors="replace").strip()
            self._lines = [*self._lines, text][-_LAST_LINES:]
            self._heard(text)

    def complaint(self) -> str:
        """Wait for its end; what went wrong, empty where nothing did."""
        code = self.process.wait()
        self._reader.join()
        return (
            ""
            if code == 0
            else "\n".join(line for line in self._lines if line) or f"it ended with code {code}"
        )


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    url: str,
    reads: bool,
    problem: type[problems.Problem],
    heard: Callable[[str], None] = lambda _: None,
) -> Iterator[Running]:
    """Run a program for the time of the block. Raises the given problem where it does not end well."""
    with subprocess.Popen(  # noqa: S603  (a program of PostgreSQL and our own words)
        command,
        env=environment(url),
        stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if reads else subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        made = Running(process, heard=heard)
        try:
            yield made
            if reads:
                made.input.close()
        except BrokenPipeError:
            pass  # it has ended, and says below why
        except BaseException:
            process.kill()
            raise
        if complaint := made.complaint():
            raise problem(complaint)
