# SPDX-License-Identifier: EUPL-1.2
"""What waits for the fold: marks, what states say in place of marks, and loads that should end first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg

from stadtkern.core import metrics, statements, waiting
from stadtkern.core.database import Connection

PAUSE_SECONDS = 0.7

# A load is waited for, unless it lasts too long: it needs the processor more than the fold does, and readers
# take dirty buckets from the observations meanwhile. Marks of so many hours tell of one, or numbers that were
# taken for so many rows; each session takes as many ahead, so a single one that begins may look like a load.
_LOAD_HOURS = 3_000
_LOAD_ROWS = 30_000
_LOAD_SECONDS = 20.0

# States whose writers wait while these become marks.
_GATHERED = 1_000
# Unfolded states that are counted at most.
_STATES = 20_000

_PUT_OFF = metrics.REGISTRY.counter(
    "stadtkern_fold_put_off", "Times that states were busy, so that what they say is folded later."
).at()


class _Waiting(NamedTuple):
    """Marks and unfolded states, hours of the oldest marks, and the last number of an observation."""

    marks: int
    hours: float
    number: int


class Backlog:
    """Knows for how long there has been something to fold without a break: no mark is older than that."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._last = _Waiting(0, 0.0, 0)

    async def look(self, connection: Connection) -> int:
        """How many marks wait, together with the states that stand for some."""
        self._last = await _waiting(connection)
        if not self._last.marks:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        return self._last.marks

    async def let_loads_end(self, connection: Connection, stop: asyncio.Event) -> None:
        """While many rows come in, wait until they stop doing so, but not for long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _LOAD_SECONDS
        while not stop.is_set() and loop.time() < until:
            before, self._last = self._last, await _waiting(connection)
            marked = self._last.hours >= _LOAD_HOURS and self._last.marks != before.marks
            if not marked and self._last.number - before.number < _LOAD_ROWS:
                return
            await waiting.pause(stop, seconds=PAUSE_SECONDS)

    def families(self) -> Iterable[metrics.Family]:
        """The figure, current whenever it is asked for."""
        seconds = 0.0 if self._since is None else time.monotonic() - self._since
        about = "For how long marks have been waiting without a break; none is older."
        yield metrics.gauge("stadtkern_fold_behind_seconds", about, seconds)


async def _waiting(connection: Connection) -> _Waiting:
    """As many marks as make a load tell of enough hours: each covers an hour or more."""
    params = {"marks": _LOAD_HOURS, "states": _STATES}
    row = await (await connection.execute(statements.load("things")["work_waiting"], params)).fetchone()
    return _Waiting(*row) if row else _Waiting(0, 0.0, 0)


async def gather(connection: Connection, *, enough: int) -> None:
    """Make marks of what states say, unless `enough` marks are there. The connection autocommits.

    A state that a writer holds for long is left until the next time.
    """
    params: dict[str, Any] = {"since": 0, "most": _GATHERED, "busy": False, "enough": enough}
    while params["since"] is not None:
        try:
            cursor = await connection.execute(statements.load("things")["gather_marks"], params)
        except psycopg.errors.LockNotAvailable:
            _PUT_OFF.add()
            if params["busy"]:  # it is no writer: the marks themselves are locked
                return
            params["busy"] = True
        else:
            (params["since"],) = await cursor.fetchone() or (None,)
            params["busy"] = False
