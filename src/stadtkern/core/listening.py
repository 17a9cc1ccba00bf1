# SPDX-License-Identifier: EUPL-1.2
"""Hears a channel of PostgreSQL on a connection of its own, for as long as a process runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import psycopg
import structlog
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import database
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.5

# Called with what was heard; with nothing after each (new) connection, when anything may have been missed.
News = Callable[[Connection, Sequence[str]], Awaitable[None]]


def _nothing() -> None:
    """Nobody needs to know that nothing is heard."""


class Listener:
    """One connection that hears one channel and comes back after the database was away.

    `gather` is how many seconds further notices are waited for before they are told together.
    """

    def __init__(
        self,
        *,
        pool: AsyncConnectionPool[Connection],
        channel: str,
        news: News,
        lost: Callable[[], None] = _nothing,
        gather: float = 0.0,
    ):
        self._pool = pool
        self._channel = channel
        self._news = news
        self._lost = lost
        self._gather = gather
        self._task: asyncio.Task[None] | None = None
        self.hearing = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"listener-{self._channel}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._hear(str(self._pool.conninfo))
            except (psycopg.Error, OSError) as error:
                log.warning("a listener lost its connection", channel=self._channel, error=str(error).strip())
            finally:
                self.hearing = False
                self._lost()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self, url: str) -> None:
        async with await database.connect(url=url, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            await self._news(connection, ())
            self.hearing = True
            while True:
                await self._news(connection, await self._round(connection))

    async def _round(self, connection: Connection) -> Sequence[str]:
        """Wait for a notice, then for those that come within a moment."""
        heard = [notice.payload async for notice in connection.notifies(stop_after=1)]
        if self._gather:
            heard += [notice.payload async for notice in connection.notifies(timeout=self._gather)]
        return heard


def numbers(heard: Sequence[Any]) -> set[int]:
    """The numbers in payloads of the form `1,2,3`."""
    return {int(part) for text in heard for part in str(text).split(",") if part.isdecimal()}
