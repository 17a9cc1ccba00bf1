# SPDX-License-Identifier: EUPL-1.2
"""Limits on what one read may cost, and errors that say what to narrow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.core.problems import Unavailable
from stadtkern.things.queries import rows
from stadtkern.things.queries.problems import QueryTooExpensive, UnusableValue

# In the planner's units; about ten seconds of work on ordinary hardware.
MAX_COST = 3_000_000.0


@asynccontextmanager
async def reading(connection: Connection, *, timeout: int) -> AsyncIterator[None]:
    """One consistent view of the data, at most `timeout` milliseconds for a statement."""
    try:
        async with connection.transaction():
            await connection.execute(
                "set transaction isolation level repeatable read, read only;"
                f" set local statement_timeout = {timeout:d}"
            )
            yield
    except errors.QueryCanceled as error:
        raise QueryTooExpensive(f"it was stopped after {timeout / 1000:g} s") from error
    except psycopg.DataError as error:
        raise UnusableValue(_first_line(error)) from error
    except psycopg.OperationalError as error:
        raise Unavailable from error


async def check_cost(connection: Connection, statement: Fragment) -> None:
    """Raise QueryTooExpensive where the planner expects far too much work."""
    async with connection.cursor() as cursor:
        await rows.execute(cursor, Fragment("explain (format json) ") + statement)
        row = await cursor.fetchone()
    plan: dict[str, Any] = row[0][0]["Plan"] if row else {}
    if plan.get("Total Cost", 0.0) > MAX_COST:
        raise QueryTooExpensive("the planner expects it to read too much")


def _first_line(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or error).partition("\n")[0]
