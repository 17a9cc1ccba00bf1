# SPDX-License-Identifier: EUPL-1.2
"""Notices that there are files to import, without loading what reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog

from stadtkern.core import database, statements, waiting
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

CHANNEL = "catalogue_imports"
_EVERY_SECONDS = 20.0
_BACKOFF_SECONDS = 2.0


async def watch(*, url: str, stop: asyncio.Event, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin`, which returns when it is done, whenever a file waits or an address is due."""
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    if await _waiting(connection):
                        await begin()
                        if await _waiting(connection):
                            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)  # it fell, or is held
                        continue
                    async for _ in connection.notifies(timeout=_EVERY_SECONDS, stop_after=1):
                        pass
        except psycopg.OperationalError as error:
            log.warning("the imports lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def _waiting(connection: Connection) -> bool:
    row = await (await connection.execute(statements.load("catalogue")["work_of_imports"])).fetchone()
    return bool(row and row[0])
