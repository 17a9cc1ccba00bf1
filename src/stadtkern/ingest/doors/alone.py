# SPDX-License-Identifier: EUPL-1.2
"""Only one process of an installation speaks MQTT: whoever holds the lock in the database."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import psycopg
import structlog

from stadtkern.core import database, waiting
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

_KEY = 0x6D717474  # "mqtt"
_PAUSE_SECONDS = 1.0


class TakenOver(Exception):
    """While the database was away, another process began to speak MQTT."""


class Alone:
    """The lock, waited for and then held; a database that was away does not end it."""

    def __init__(self, *, url: str, stop: asyncio.Event):
        self._url = url
        self._stop = stop
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        """Wait until nobody else holds it, or until it is time to stop."""
        told = False
        while not self._stop.is_set():
            try:
                if await self._take():
                    break
                if not told:
                    log.info("another process speaks MQTT; we wait")
                    told = True
            except (psycopg.Error, OSError) as error:
                log.warning("MQTT waits for the database", error=str(error).strip())
            await waiting.pause(self._stop, seconds=_PAUSE_SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def hold(self) -> None:
        """Keep it until it is time to stop. Raises TakenOver."""
        while not await waiting.pause(self._stop, seconds=_PAUSE_SECONDS):
            try:
                if self._connection is not None:
                    await self._connection.execute("SELECT 1")
                elif not await self._take():
                    raise TakenOver()
            except (psycopg.Error, OSError):
                await self._close()

    async def _take(self) -> bool:
        connection = await database.connect(url=self._url, autocommit=True)
        row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (_KEY,))).fetchone()
        if row is not None and row[0]:
            self._connection = connection
            return True
        await connection.close()
        return False

    async def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None
