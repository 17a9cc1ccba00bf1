# SPDX-License-Identifier: EUPL-1.2
"""Limits on what one read may cost, and errors that say what to narrow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from stadtkern.core import reading as core_reading
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things.queries import rows
from stadtkern.things.queries.problems import QueryTooExpensive, UnusableValue

# In the planner's units; about two seconds of work, or six million rows to look through.
MAX_COST = 200_000.0


def reading(
    connection: Connection, *, timeout: int, gone: Callable[[], Awaitable[None]] | None = None
) -> AbstractAsyncContextManager[None]:
    """One consistent view of the data, at most `timeout` milliseconds for a statement.

    `gone` returns when the asker has hung up: the statement is then stopped, and others need not wait for it.
    Raises QueryTooExpensive, UnusableValue, AskerGone, Unavailable.
    """
    return core_reading.snapshot(
        connection, timeout=timeout, expensive=QueryTooExpensive, unusable=UnusableValue, gone=gone
    )


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
