# SPDX-License-Identifier: EUPL-1.2
"""MQTT of one installation: our own door, or a broker in front of us, fed by the events of every process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool
from starlette.datastructures import State

from stadtkern.core import access, database, outbox
from stadtkern.core.database import Connection
from stadtkern.core.outbox import Event
from stadtkern.core.settings import Settings
from stadtkern.ingest import writer
from stadtkern.ingest.doors.alone import Alone
from stadtkern.ingest.doors.taking import Counters, Taker
from stadtkern.things import news
from stadtkern.things.api import call
from stadtkern.things.operations import streams
from stadtkern.things.topics import changes as changing
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Watch

log = structlog.get_logger(__name__)

TOPICS = (news.OBSERVATIONS, news.ENTITIES)
_MOST_AT_ONCE = 5_000
_OPENING_SECONDS = 5.0
_READ_MILLISECONDS = 5_000


class Teller(Protocol):
    """Who tells the world of changes. `settled`: everybody has the rights that are due."""

    settled: asyncio.Event

    async def tell(self, changes: Changes) -> None:
        """Tell of these."""

    def guards(self, datastream_id: int) -> bool:
        """Whether a protected Datastream is kept from strangers."""

    def listening(self) -> AbstractAsyncContextManager[int]:
        """Be reachable for the time of the block; gives the port."""


def _teller(
    settings: Settings, pool: AsyncConnectionPool[Connection], gate: access.Gate, taker: Taker, watch: Watch
) -> Teller:
    if settings.mqtt_url is None:
        from stadtkern.ingest.doors import door

        return door.Door(settings=settings, pool=pool, gate=gate, taker=taker, watch=watch)
    from stadtkern.ingest.doors import bridge

    return bridge.Bridge(settings=settings, pool=pool, gate=gate, taker=taker, watch=watch)


class Mqtt:
    """Runs in the work process. `hear` connects it to the relay, `run` to the world."""

    def __init__(self, *, settings: Settings, url: str):
        self._settings = settings
        self._url = url
        self._teller: Teller | None = None
        self.opened = asyncio.Event()
        self.port = 0
        self.settled = asyncio.Event()
        self.counters = Counters()
        self._subscriptions = outbox.Subscriptions()

    def guards(self, datastream_id: int) -> bool:
        """Whether a protected Datastream is kept from strangers, so that those with a right are told."""
        return self._teller is not None and self._teller.guards(datastream_id)

    def hear(self, subscriptions: outbox.Subscriptions) -> None:
        """Be told of what changes, whichever process stored it."""
        subscriptions.gather(TOPICS, self._told)
        subscriptions.leave(TOPICS)  # until it is we who speak MQTT
        self._subscriptions = subscriptions

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop, once no other process does."""
        async with Alone(url=self._url, stop=stop) as alone:
            if stop.is_set():
                return
            self._subscriptions.leave(())
            try:
                await self._serve(alone)
            finally:
                self._subscriptions.leave(TOPICS)

    async def _serve(self, alone: Alone) -> None:
        settings = self._settings
        pool = database.pool(url=self._url, minimum=1, maximum=4)
        async with (
            pool,
            access.Gate(pool=pool) as gate,
            writer.Writer(url=self._url, settings=settings, way="mqtt") as sink,
            streams.Streams(pool=pool) as known,
        ):
            shared = {"settings": settings, "pool": pool, "gate": gate, "sink": sink, "streams": known}
            taker = Taker(settings=settings, state=State(shared), counters=self.counters)
            watch = Watch(service=settings.base_url + call.PREFIX, timeout=_READ_MILLISECONDS)
            door = _teller(settings, pool, gate, taker, watch)
            async with door.listening() as port:
                self._teller, self.port = door, port
                self.opened.set()
                self.settled = door.settled
                try:
                    await alone.hold()
                finally:
                    self._teller = None
                    self.opened.clear()

    async def _told(self, connection: Connection, events: Sequence[Event]) -> None:
        """Events of one batch of the relay. They are gone afterwards, so a lost connection is tried again."""
        if self._teller is None:
            await asyncio.wait_for(self.opened.wait(), _OPENING_SECONDS)
        if self._teller is None:
            return
        for changes in changing.batches(events, most=_MOST_AT_ONCE):
            try:
                await changing.complete(connection, changes)
                await self._teller.tell(changes)
            except psycopg.OperationalError as error:
                log.warning("updates wait for the database", error=str(error).strip())
                raise
