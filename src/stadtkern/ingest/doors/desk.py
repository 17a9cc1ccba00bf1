# SPDX-License-Identifier: EUPL-1.2
"""Where clients of our own MQTT door say what they want to follow, and are told the newest of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from weakref import WeakValueDictionary

import psycopg
import psycopg_pool
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import audit, problems
from stadtkern.core.access import Gate, Scope
from stadtkern.core.database import Connection as Database
from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.packets import Wish
from stadtkern.ingest.doors.session import Session, Subscription
from stadtkern.things.queries.problems import NoSuchEntity, QueryTooExpensive
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics import wild
from stadtkern.things.topics.watch import Asked, Watch

# Topics with the documents that are told at once.
Beginning = Sequence[tuple[str, bytes]]
_QUOTA_EXCEEDED = 0x97
_AT_A_TIME = 2  # subscriptions that are looked at at a time: fewer than the pool has connections


class Desk:
    """Subscribes and unsubscribes. `values` are those last told of properties."""

    def __init__(
        self,
        *,
        pool: AsyncConnectionPool[Database],
        gate: Gate,
        watch: Watch,
        prefix: str,
        complain: Callable[[Session, str, problems.Problem], None],
    ):
        self.values: dict[tuple[str, Scope], bytes | None] = {}
        self._pool = pool
        self._gate = gate
        self._watch = watch
        self._prefix = prefix
        self._complain = complain
        self._turns: WeakValueDictionary[int | str, asyncio.Lock] = WeakValueDictionary()
        self._desk = asyncio.Semaphore(_AT_A_TIME)

    async def follow(self, session: Session, wish: Wish) -> tuple[int, Beginning]:
        """Let a session follow a topic; returns the code and what is told first. Raises Unavailable."""
        new = wish.text not in session.subscriptions and wish.text not in session.patterns
        qos = min(wish.qos, 1)
        if new and not session.room(wish.text):
            return _QUOTA_EXCEEDED, ()
        if wish.text == f"errors/{session.client_id}":
            session.subscriptions[wish.text] = Subscription(None, qos)
            return qos, ()
        wanted = wish.retained == 0 or (wish.retained == 1 and new)
        try:
            if wild.wanted(wish.text):
                pattern = wild.parse(wish.text, prefix=self._prefix)
                newest = await self._behind(session, pattern, text=wish.text) if wanted else ()
                session.patterns[wish.text] = pattern, qos
                return qos, newest
            topic = topics.parse(wish.text, prefix=self._prefix)
            session.check(topic)
            asking = audit.begin(surface="mqtt", method="SUBSCRIBE", path=topic.text)
            async with self.turn(session):
                value = await self._first(session, topic)
                await audit.note(self._pool, asking)
        except NoSuchEntity as problem:
            self._complain(session, wish.text, problem)
            return packets.NOT_AUTHORISED, ()
        except problems.Unavailable:
            raise
        except problems.Problem as problem:
            self._complain(session, wish.text, problem)
            return packets.FILTER_INVALID, ()
        session.subscriptions[wish.text] = Subscription(topic, qos)
        if value is None or not wanted or topic.kind != "collection":
            return qos, ()
        return qos, [(wish.text, value)]

    def unfollow(self, session: Session, text: str) -> bool:
        """End a subscription; whether there was one."""
        exact = session.subscriptions.pop(text, None)
        return session.patterns.pop(text, None) is not None or exact is not None

    @contextlib.asynccontextmanager
    async def turn(self, session: Session) -> AsyncIterator[None]:
        """One after the other for each token or network, and few at a time in all."""
        lock = self._turns.setdefault(session.payer, asyncio.Lock())
        async with lock, self._desk:
            yield

    async def _behind(self, session: Session, pattern: wild.Pattern, *, text: str) -> Beginning:
        """The newest Observation of each Datastream that a filter stands for. Raises Unavailable."""
        asking = audit.begin(surface="mqtt", method="SUBSCRIBE", path=text)
        found: list[tuple[str, bytes]] = []
        try:
            async with self.turn(session), self._pool.connection() as connection:
                scope = await self._gate.scope(connection, session.principal)
                changes = await wild.newest(connection, scope, pattern=pattern)
                await connection.rollback()
                asked = [
                    Asked(path, scope, topics.parse(path, prefix=self._prefix))
                    for each in wild.observed(changes, pattern=pattern)
                    for path in (f"{self._prefix.strip('/')}/{each}",)
                ]
                async for answer in self._watch.answer(connection, asked=asked, changes=changes):
                    found += [(update.asked.text, update.payload) for update in answer.updates]
            await audit.note(self._pool, asking)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error
        return found

    async def _first(self, session: Session, topic: topics.Topic) -> bytes | None:
        """Whether a topic can be followed; the newest value it has. Raises Problems."""
        try:
            async with self._pool.connection() as connection:
                scope = await self._gate.scope(connection, session.principal)
                await connection.rollback()
                topic.level(scope)  # what cannot be compiled is refused now
                asked = Asked(topic.text, scope, topic)
                await self._watch.check(connection, asked=asked)
                if topic.kind == "collection" and not topic.of_observations:
                    return None
                newest = await self._newest(connection, asked)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error
        if topic.kind == "property":
            self.values[(topic.text, scope)] = newest
        return newest

    async def _newest(self, connection: Database, asked: Asked) -> bytes | None:
        """What a topic begins with. The newest that fits a filter may be long ago; then nothing is shown."""
        try:
            return await self._watch.now(connection, asked=asked)
        except QueryTooExpensive:
            if asked.topic.kind == "collection" and asked.topic.particular:
                return None
            raise
