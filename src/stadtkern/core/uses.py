# SPDX-License-Identifier: EUPL-1.2
"""Counts what the data plane's addresses are asked for: one number beside each, nothing about whoever asks.

Answering costs one addition. What an address means is found out later, for all together: every few seconds
the numbers leave as one event, for whoever keeps them. What was not yet told is lost when the process falls.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

import psycopg
import psycopg_pool
import structlog

from stadtkern.core import outbox
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

TOPIC = "data.used"
PAUSE_SECONDS = 10.0
# Different addresses between two events; beyond, new ones are not counted.
MOST = 5_000

# What an address (a path) means: the interface, a kind, and which one; None for what belongs to nothing.
Reader = Callable[[str], tuple[str, str, str] | None]


class Uses:
    """What was asked for since the last event."""

    def __init__(self, *readers: Reader):
        self._readers = readers
        self._paths: dict[str, int] = {}

    def note(self, path: str) -> None:
        """Somebody got an answer here."""
        paths = self._paths
        if path in paths:
            paths[path] += 1
        elif len(paths) < MOST:
            paths[path] = 1

    async def tell(self, connection: Connection) -> None:
        """Send what was counted as an event, if there is something; on an error it is kept for the next."""
        paths, self._paths = self._paths, {}
        found: Counter[tuple[str, str, str]] = Counter()
        for path, n in paths.items():
            meant = next((use for reader in self._readers if (use := reader(path)) is not None), None)
            if meant is not None:
                found[meant] += n
        if not found:
            return
        try:
            await outbox.emit(
                connection, topic=TOPIC, payload={"uses": [[*use, n] for use, n in found.items()]}
            )
        except BaseException:
            for path, n in paths.items():
                self._paths[path] = self._paths.get(path, 0) + n
            raise

    @contextlib.asynccontextmanager
    async def telling(
        self, pool: psycopg_pool.AsyncConnectionPool[Connection], *, seconds: float = PAUSE_SECONDS
    ) -> AsyncIterator[None]:
        """Tell every few seconds, and a last time at the end."""
        task = asyncio.create_task(self._run(pool, seconds), name="uses")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._once(pool)

    async def _run(self, pool: psycopg_pool.AsyncConnectionPool[Connection], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._once(pool)

    async def _once(self, pool: psycopg_pool.AsyncConnectionPool[Connection]) -> None:
        if not self._paths:
            return
        try:
            async with pool.connection() as connection:
                await self.tell(connection)
        except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed) as error:
            log.warning("uses could not be told", error=str(error))
