# SPDX-License-Identifier: EUPL-1.2
"""Waiting until another session stands in line behind this one, whatever else the server is busy with."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

_SECONDS = 60.0


async def blocks(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether somebody waits for what this connection holds."""
    statement = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    return await (await connection.execute(statement)).fetchone() != (0,)


async def until_blocked(connection: psycopg.AsyncConnection[Any], task: asyncio.Future[Any]) -> None:
    """Until the task has come to what this connection holds; it must not end before."""
    async with asyncio.timeout(_SECONDS):
        while not await blocks(connection):
            assert not task.done(), task
