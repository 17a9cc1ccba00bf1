# SPDX-License-Identifier: EUPL-1.2
"""One page view's window onto the data: a connection, what may be seen, the city and the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.http import HttpRequest
from psycopg_pool import AsyncConnectionPool

from stadtkern.city.glossary import queries as glossaries
from stadtkern.city.glossary.entities import Glossary
from stadtkern.city.signs import queries as signs
from stadtkern.city.signs.entities import Sign
from stadtkern.core import access, audit, database, times
from stadtkern.core.database import Connection

_CITY_KEPT = 10.0
# A page that takes longer has found something that must be narrowed.
_PATIENCE_SECONDS = 20.0


class City(msgspec.Struct, frozen=True):
    """Whose pages these are."""

    name: str = "Stadtkern"
    zone: ZoneInfo = ZoneInfo("Europe/Berlin")
    languages: tuple[str, ...] = ("de", "en")
    properties: Mapping[str, Any] = {}
    glossary: Glossary = Glossary()
    signs: Mapping[str, Sign] = {}


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a view needs to answer one request."""

    connection: Connection
    scope: access.Scope
    city: City
    now: datetime


class Door:
    """The process's pool and gate; opened by the server's lifespan or by the first request."""

    def __init__(self) -> None:
        self._stack: AsyncExitStack | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._city: tuple[float, City] = (float("-inf"), City())
        self.pool: AsyncConnectionPool[Connection]
        self.gate: access.Gate

    async def open(self) -> None:
        """Connect; a second call in the same loop does nothing."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._lock, self._stack = loop, asyncio.Lock(), None
        async with self._lock:
            if self._stack is None:
                self._stack = await self._connect()

    async def _connect(self) -> AsyncExitStack:
        stack = AsyncExitStack()
        self.pool = await stack.enter_async_context(
            database.pool(
                url=settings.PAGES_DATABASE_URL,
                minimum=1,
                maximum=6,
                patience=_PATIENCE_SECONDS,
                forgiving=True,
            )
        )
        self.gate = await stack.enter_async_context(access.Gate(pool=self.pool))
        self._city = (float("-inf"), City())
        return stack

    async def close(self) -> None:
        """Disconnect."""
        stack, self._stack, self._loop = self._stack, None, None
        if stack is not None:
            await stack.aclose()

    def forget_city(self) -> None:
        """Read the city's settings anew with the next visit; for whoever has just changed them."""
        self._city = (float("-inf"), self.last_city)

    @property
    def last_city(self) -> City:
        """The city as it was read last; for pages that cannot or need not ask, such as errors."""
        return self._city[1]

    async def city(self, connection: Connection) -> City:
        """The city's settings and glossary, at most ten seconds old."""
        read_at, city = self._city
        clock = asyncio.get_running_loop().time()
        if clock - read_at > _CITY_KEPT:
            cursor = await connection.execute("SELECT name, time_zone, languages, properties FROM core.city")
            row = await cursor.fetchone()
            words = await glossaries.glossary(connection)
            films = await signs.by_path(connection)
            city = City(row[0], ZoneInfo(row[1]), tuple(row[2]), row[3], words, films) if row else City()
            self._city = (clock, city)
        return city


DOOR = Door()


async def as_stranger(visit: Visit) -> Visit:
    """The same visit with what everybody may see; for what leaves our pages or is shown to all."""
    scope = await DOOR.gate.scope(visit.connection, access.ANONYMOUS)
    return msgspec.structs.replace(visit, scope=scope)


@asynccontextmanager
async def open_visit(request: HttpRequest) -> AsyncIterator[Visit]:
    """Open the window for one request; templates find the visit as `request.visit`."""
    await DOOR.open()
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    principal = await DOOR.gate.principal(authorization=None, cookie=cookie)
    async with DOOR.pool.connection() as connection:
        visit = Visit(
            connection=connection,
            scope=await DOOR.gate.scope(connection, principal),
            city=await DOOR.city(connection),
            now=times.now(),
        )
        if principal.id is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
            await audit.act_as(connection, principal_id=principal.id)
        request.visit = visit  # type: ignore[attr-defined]
        yield visit
