# SPDX-License-Identifier: EUPL-1.2
"""Tells listeners of committed readings: gathered, so that no commit waits for the lock that NOTIFY takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import psycopg
import structlog

from stadtkern.core import database, outbox, waiting
from stadtkern.things.store import aftermath

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.1
_AWAY_SECONDS = 1.0


class Announcer:
    """Collects what changed and names it on the channel `observations` a few times a second."""

    def __init__(self, *, url: str):
        self._url = url
        self._changed: set[int] = set()
        self._some = asyncio.Event()
        self._ending = asyncio.Event()

    def add(self, datastream_ids: Iterable[int]) -> None:
        """These datastreams have news."""
        self._changed.update(datastream_ids)
        if self._changed:
            self._some.set()

    def end(self) -> None:
        """Nothing is added from now on: `run` tells what is left and returns."""
        self._ending.set()
        self._some.set()

    async def run(self) -> None:
        """Announce until the end; what the database does not take then is lost."""
        while not self._ending.is_set() or self._changed:
            try:
                async with await database.connect(url=self._url, autocommit=True) as connection:
                    await connection.execute("SET synchronous_commit = off")
                    while not self._ending.is_set() or self._changed:
                        await self._some.wait()
                        await self.flush(connection)
                        await waiting.pause(self._ending, seconds=PAUSE_SECONDS)
            except psycopg.OperationalError as error:
                log.warning("announcer lost the database", error=str(error).strip())
                if await waiting.pause(self._ending, seconds=_AWAY_SECONDS):
                    return

    async def flush(self, connection: database.Connection) -> None:
        """Announce what was collected."""
        taken, self._changed = self._changed, set()
        self._some.clear()
        try:
            await aftermath.tell(connection, datastream_ids=sorted(taken))
            await outbox.wake(connection)
        except psycopg.Error:
            self.add(taken)
            raise
