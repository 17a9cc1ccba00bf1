# SPDX-License-Identifier: EUPL-1.2
"""Events between packages: written with what happened, delivered at least once, then deleted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

from stadtkern.core import database, statements, waiting
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

CHANNEL = "stadtkern_outbox"
BATCH = 200
_FALLBACK_SECONDS = 5.0
_AWAY_SECONDS = 1.0

Handler = Callable[[Connection, Mapping[str, Any]], Awaitable[None]]
Event = tuple[str, Mapping[str, Any]]
Gatherer = Callable[[Connection, Sequence[Event]], Awaitable[None]]


class Subscriptions:
    """Which package hears of which topic; filled by the packages' hooks when a process is composed."""

    def __init__(self) -> None:
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._gatherers: list[tuple[frozenset[str], Gatherer]] = []
        self.left: tuple[str, ...] = ()

    def add(self, topic: str, handler: Handler) -> None:
        """Hear of a topic. A handler runs in the relay's transaction and may be called again."""
        self._handlers[topic].append(handler)

    def gather(self, topics: Sequence[str], gatherer: Gatherer) -> None:
        """Hear of several topics at once, all events of a batch in their order; called again as a whole."""
        self._gatherers.append((frozenset(topics), gatherer))

    def leave(self, topics: Sequence[str]) -> None:
        """Do not take events of these topics: another process delivers them."""
        self.left = tuple(topics)

    @property
    def gatherers(self) -> Sequence[tuple[frozenset[str], Gatherer]]:
        """Everyone who hears of whole batches."""
        return self._gatherers

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
        taken = {"limit": BATCH, "left": list(subscriptions.left)}
        rows = await (await connection.execute(sql["take_events"], taken)).fetchall()
        delivered: list[int] = []
        failed = await _gather(connection, rows=rows, subscriptions=subscriptions)
        for event_id, topic, payload, _ in rows:
            if event_id in failed:
                continue
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


async def _gather(
    connection: Connection,
    *,
    rows: Sequence[tuple[int, str, Mapping[str, Any], int]],
    subscriptions: Subscriptions,
) -> set[int]:
    """Hand whole batches over; returns the events that must be delivered again."""
    failed: set[int] = set()
    for topics, gatherer in subscriptions.gatherers:
        own = [row for row in rows if row[1] in topics]
        if not own:
            continue
        try:
            async with connection.transaction():
                await gatherer(connection, [(topic, payload) for _, topic, payload, _ in own])
        except psycopg.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001  (as above: one bad handler must not stop the others)
            log.error("events could not be delivered", count=len(own), error=repr(error))
            for event_id, *_ in own:
                failed.add(event_id)
                params = {"id": event_id, "error": repr(error)[:1000]}
                await connection.execute(statements.load("core")["postpone_event"], params)
    return failed


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
            await waiting.pause(stop, seconds=_AWAY_SECONDS)
