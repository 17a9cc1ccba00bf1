# SPDX-License-Identifier: EUPL-1.2
"""Notices that there is work for a process that is only started when it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import LiteralString

import psycopg
import structlog
from psycopg import sql

from stadtkern.core import database, waiting
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

_BACKOFF_SECONDS = 2.0


async def watch(
    *,
    url: str,
    stop: asyncio.Event,
    channel: str,
    question: LiteralString,
    every: float,
    begin: Callable[[], Awaitable[None]],
) -> None:
    """Call `begin`, which returns when it is done, whenever `question` is answered with yes.

    It is asked when the channel says something, and every so many seconds.
    """
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                while not stop.is_set():
                    if await _yes(connection, question):
                        await begin()
                        if await _yes(connection, question):
                            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)  # it fell, or is held
                        continue
                    async for _ in connection.notifies(timeout=every, stop_after=1):
                        pass
        except psycopg.OperationalError as error:
            log.warning("a watch lost the database", channel=channel, error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def _yes(connection: Connection, question: LiteralString) -> bool:
    row = await (await connection.execute(question)).fetchone()
    return bool(row and row[0])
