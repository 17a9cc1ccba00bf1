# SPDX-License-Identifier: EUPL-1.2
"""Two sessions with one server: the next rows are written while those before are brought to the disk."""

from __future__ import annotations

import contextlib
from typing import Self

import psycopg

from stadtkern.core import database, statements


class Sessions:
    """`rows` commits without waiting for the disk; after `sync` all that it had committed lies there.

    A server that crashes ends both. Since the second session is opened before the first one commits, no
    commit gets lost unnoticed between the two: `sync` fails then, and may not be tried on another session.
    """

    def __init__(self, *, rows: database.Connection, disk: database.Connection):
        self.rows = rows
        self._disk = disk

    @classmethod
    async def open(cls, *, url: str) -> Self:
        """Open both."""
        async with contextlib.AsyncExitStack() as opened:
            disk = await opened.enter_async_context(await database.connect(url=url, autocommit=True))
            rows = await opened.enter_async_context(await database.connect(url=url, autocommit=True))
            database.widen(rows)
            await rows.execute(statements.load("ingest")["commit_ahead"])
            opened.pop_all()
        return cls(rows=rows, disk=disk)

    @property
    def usable(self) -> bool:
        """Whether neither has broken."""
        return not (self.rows.closed or self._disk.closed)

    async def sync(self) -> database.Connection:
        """Wait for the disk; returns the session for what has to be told then. Raises psycopg.Error."""
        await self._disk.execute(statements.load("ingest")["sync_commits"])
        return self._disk

    async def close(self) -> None:
        """Give both back."""
        for connection in (self.rows, self._disk):
            with contextlib.suppress(psycopg.Error):
                await connection.close()
