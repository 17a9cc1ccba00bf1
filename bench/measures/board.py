# SPDX-License-Identifier: EUPL-1.2
"""A board of forty tiles in a store of twenty thousand series: what it costs the database."""

from __future__ import annotations

import contextlib
import http.client
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench import boards
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session

_ROUNDS = 10
_GOAL = 50.0
# The server's processes tell what they have counted when they rest, after this many seconds at the latest.
_TOLD = 11.0


class Spent(NamedTuple):
    """Milliseconds in statements, and of the processors' time of all of PostgreSQL."""

    statements: float
    processor: float


def measure(session: Session) -> Iterator[Figure]:
    """Ask for boards that nobody has asked for before, then again, less the store's own work at rest."""
    with session.blank("board") as installation:
        installation.token()
        with installation.connect() as connection:
            boards.fill(connection)
            _page(installation.port, "/daten")
            _spent(connection, installation, rounds=0)
            rest = _spent(connection, installation, rounds=0)
            for name, rounds in (("asked first", 1), ("again", _ROUNDS)):
                spent = _spent(connection, installation, rounds=rounds)
                each = [max(0.0, x - y) / rounds / len(boards.KEYS) for x, y in zip(spent, rest, strict=True)]
                yield Figure(
                    name=f"{boards.TILES} tiles in a store of {boards.STREAMS:,} series, {name}: database",
                    value=each[1], unit="ms of processor time", goal=_GOAL,
                    reference=each[0], reference_is="time in statements, other programs beside",
                )  # fmt: skip


def _spent(connection: psycopg.Connection[Any], installation: Installation, *, rounds: int) -> Spent:
    """Of so many rounds of all boards and the time until that is told."""
    active, busy = _active(connection), _busy(installation)
    for key in boards.KEYS * rounds:
        if _page(installation.port, f"/tafeln/{key}").count('id="kachel-') < boards.TILES:
            raise RuntimeError("the board does not show all of its tiles")
    time.sleep(_TOLD)
    return Spent(_active(connection) - active, _busy(installation) - busy)


def _busy(installation: Installation) -> float:
    """Processor time of the server and its backends, in milliseconds."""
    ticks = 0
    for pid in installation.pids():
        process = Path(f"/proc/{pid}")
        with contextlib.suppress(OSError):
            if (process / "comm").read_text().strip() == "postgres":
                numbers = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += int(numbers[11]) + int(numbers[12])
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")


def _active(connection: psycopg.Connection[Any]) -> float:
    row = connection.execute(
        "SELECT active_time FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    return float(row[0])


def _page(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    return text
