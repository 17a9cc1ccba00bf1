# SPDX-License-Identifier: EUPL-1.2
"""MQTT of one installation: our own door, or a broker in front of us, fed by the events of every process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
import structlog
from starlette.datastructures import State

from stadtkern.core import access, database, outbox
from stadtkern.core.database import Connection
from stadtkern.core.outbox import Event
from stadtkern.core.settings import Settings
from stadtkern.ingest import writer
from stadtkern.ingest.doors.door import Door
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
_READ_MILLISECONDS = 5_000


class Mqtt:
    """Runs in the work process. `hear` connects it to the relay, `run` to the world."""

    def __init__(self, *, settings: Settings, url: str):
        self._settings = settings
        self._url = url
        self._teller: Door | None = None
        self.opened = asyncio.Event()
        self.port = 0
        self.counters = Counters()

    def hear(self, subscriptions: outbox.Subscriptions) -> None:
        """Be told of what changes, whichever process stored it."""
        subscriptions.gather(TOPICS, self._told)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        settings = self._settings
        pool = database.pool(url=self._url, minimum=1, maximum=4)
        async with (
            pool,
            access.Gate(pool=pool) as gate,
            writer.Writer(url=self._url, settings=settings) as sink,
            streams.Streams(pool=pool) as known,
        ):
            shared = {"settings": settings, "pool": pool, "gate": gate, "sink": sink, "streams": known}
            taker = Taker(settings=settings, state=State(shared), counters=self.counters)
            watch = Watch(service=settings.base_url + call.PREFIX, timeout=_READ_MILLISECONDS)
            door = Door(settings=settings, pool=pool, gate=gate, taker=taker, watch=watch)
            async with door.listening() as port:
                log.info("MQTT is open", host=settings.host, port=port)
                self._teller, self.port = door, port
                self.opened.set()
                try:
                    await stop.wait()
                finally:
                    self._teller = None
                    self.opened.clear()

    async def _told(self, connection: Connection, events: Sequence[Event]) -> None:
        """Events of one batch of the relay. They are gone afterwards, so a lost connection is tried again."""
        if self._teller is None:
            return
        for changes in _batches(events):
            try:
                await changing.complete(connection, changes)
                await self._teller.tell(changes)
            except psycopg.OperationalError as error:
                log.warning("updates wait for the database", error=str(error).strip())
                raise


def _batches(events: Sequence[Event]) -> list[Changes]:
    found = [Changes()]
    for topic, payload in events:
        if sum(map(len, found[-1].ids.values())) > _MOST_AT_ONCE:
            found.append(Changes())
        found[-1].add(topic, payload)
    return found
