# SPDX-License-Identifier: EUPL-1.2
"""Events between packages: written with what happened, delivered at least once, then deleted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

from stadtkern.core import database, statements
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

CHANNEL = "stadtkern_outbox"
BATCH = 200
_FALLBACK_SECONDS = 5.0

Handler = Callable[[Connection, Mapping[str, Any]], Awaitable[None]]


class Subscriptions:
    """Which package hears of which topic; filled by the packages' hooks when a process is composed."""

    def __init__(self) -> None:
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)

    def add(self, topic: str, handler: Handler) -> None:
        """Hear of a topic. A handler runs in the relay's transaction and may be called again."""
        self._handlers[topic].append(handler)

    def of(self, topic: str) -> list[Handler]:
        """Everyone who hears of a topic."""
        return self._handlers.get(topic, [])


async def emit(connection: Connection, *, topic: str, payload: Mapping[str, Any], wake: bool = True) -> None:
    """Write one event; it exists if and only if the caller's transaction commits.

    Without `wake` the relay finds it later: NOTIFY makes commits queue, so frequent writers wake it apart.
    """
    sql = statements.load("core")
    await connection.execute(sql["emit"], {"topic": topic, "payload": Jsonb(payload)})
    if wake:
        await connection.execute(sql["wake_relay"])


async def wake(connection: Connection) -> None:
    """Make the relay look for events when the caller's transaction commits."""
    await connection.execute(statements.load("core")["wake_relay"])


async def relay_once(connection: Connection, *, subscriptions: Subscriptions) -> int:
    """Deliver one batch of due events; returns how many were taken. The connection autocommits."""
    sql = statements.load("core")
    async with connection.transaction():
        rows = await (await connection.execute(sql["take_events"], {"limit": BATCH})).fetchall()
        delivered: list[int] = []
        for event_id, topic, payload, _ in rows:
            try:
                async with connection.transaction():
                    for handler in subscriptions.of(topic):
                        await handler(connection, payload)
            except psycopg.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001  (a runner loop: one bad handler must not stop the others)
                log.error("event could not be delivered", topic=topic, id=event_id, error=repr(error))
                await connection.execute(sql["postpone_event"], {"id": event_id, "error": repr(error)[:1000]})
            else:
                delivered.append(event_id)
        if delivered:
            await connection.execute(sql["drop_events"], {"ids": delivered})
    return len(rows)


async def relay(*, url: str, stop: asyncio.Event, subscriptions: Subscriptions) -> None:
    """Deliver events until told to stop; comes back after the database was away."""
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    if await relay_once(connection, subscriptions=subscriptions) < BATCH:
                        async for _ in connection.notifies(timeout=_FALLBACK_SECONDS, stop_after=1):
                            pass
        except psycopg.OperationalError as error:
            log.warning("relay lost the database", error=str(error))
            await asyncio.sleep(1.0)
