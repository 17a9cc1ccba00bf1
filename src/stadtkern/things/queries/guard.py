# SPDX-License-Identifier: EUPL-1.2
"""Limits on what one read may cost, and errors that say what to narrow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.core.problems import Unavailable
from stadtkern.things.queries import rows
from stadtkern.things.queries.problems import AskerGone, QueryTooExpensive, UnusableValue

# In the planner's units; about two seconds of work, or six million rows to look through.
MAX_COST = 200_000.0


# Seconds before one looks whether the asker is still there, and between attempts to stop a statement.
PATIENCE = 0.2


@asynccontextmanager
async def reading(
    connection: Connection, *, timeout: int, gone: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """One consistent view of the data, at most `timeout` milliseconds for a statement.

    `gone` returns when the asker has hung up: the statement is then stopped, and others need not wait for it.
    Raises QueryTooExpensive, UnusableValue, AskerGone, Unavailable.
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
        raise QueryTooExpensive(f"it was stopped after {timeout / 1000:g} s") from error
    except psycopg.DataError as error:
        raise UnusableValue(_first_line(error)) from error
    except psycopg.OperationalError as error:
        raise Unavailable from error
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


async def check_cost(connection: Connection, statement: Fragment, *, most: float | None = None) -> None:
    """Raise QueryTooExpensive where the planner expects far too much work."""
    if (await plan(connection, statement))["Total Cost"] > (MAX_COST if most is None else most):
        raise QueryTooExpensive("no index serves it, and it would go through millions of observations")


async def plan(connection: Connection, statement: Fragment) -> dict[str, Any]:
    """What the planner expects of a statement: "Total Cost" in its units, "Plan Rows"."""
    async with connection.cursor() as cursor:
        await rows.execute(cursor, Fragment("explain (format json) ") + statement)
        row = await cursor.fetchone()
    found: dict[str, Any] = row[0][0]["Plan"] if row else {}
    return {"Total Cost": 0.0, "Plan Rows": 0} | found


def _first_line(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or error).partition("\n")[0]
