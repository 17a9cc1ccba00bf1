# SPDX-License-Identifier: EUPL-1.2
"""One consistent view of the data for one answer, with an end in time, given up when nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
from psycopg import errors

from stadtkern.core import problems
from stadtkern.core.database import Connection

# Seconds before one looks whether the asker is still there, and between attempts to stop a statement.
PATIENCE = 0.2


class AskerGone(problems.Problem):
    """The asker hung up before the answer was ready.

    Ask again, and wait a little longer or ask for less.
    """

    status = 499


@asynccontextmanager
async def snapshot(
    connection: Connection,
    *,
    timeout: int,
    expensive: type[problems.Problem],
    unusable: type[problems.Problem],
    gone: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[None]:
    """One consistent view, at most `timeout` milliseconds for a statement.

    `gone` returns when the asker has hung up: the statement is then stopped, and others need not wait for it.
    Raises `expensive` after the time, `unusable` for values that the database refuses; AskerGone,
    Unavailable.
    """
    watch = _Watch(connection, gone)
    try:
        async with connection.transaction():
            await connection.execute(
                "set transaction isolation level repeatable read, read only;"
                f" set local statement_timeout = {timeout:d}"
            )
            with watch:
                yield
    except errors.QueryCanceled as error:
        if watch.fired:
            raise AskerGone from error
        raise expensive(f"it was stopped after {timeout / 1000:g} s") from error
    except psycopg.DataError as error:
        raise unusable(_first_line(error)) from error
    except psycopg.OperationalError as error:
        raise problems.Unavailable from error
    finally:
        if watch.fired:
            # A late signal must not meet the next one who uses the connection.
            await connection.close()


class _Watch:
    """Looks after a while whether the asker is still there, and stops what runs for nobody."""

    def __init__(self, connection: Connection, gone: Callable[[], Awaitable[None]] | None):
        self.fired = False
        self._connection = connection
        self._gone = gone
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        if self._gone is not None:
            self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._begin, self._gone)

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self, gone: Callable[[], Awaitable[None]]) -> None:
        self._task = asyncio.create_task(self._stop(gone), name="hung-up")

    async def _stop(self, gone: Callable[[], Awaitable[None]]) -> None:
        await gone()
        self.fired = True
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                await self._connection.cancel_safe(timeout=5.0)
            await asyncio.sleep(PATIENCE)


def _first_line(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or error).partition("\n")[0]
