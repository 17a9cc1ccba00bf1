# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door: a server for SensorThings topics only, whose acknowledgements come after our commits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from weakref import WeakValueDictionary

import msgspec
import psycopg
import psycopg_pool
import structlog
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import access, audit, problems
from stadtkern.core.access import Gate, Principal, Scope
from stadtkern.core.database import Connection as Database
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import audience, packets, places
from stadtkern.ingest.doors.connection import CONNECT_SECONDS, Connection
from stadtkern.ingest.doors.packets import Connect, Publish, Wish
from stadtkern.ingest.doors.session import MOST_SUBSCRIPTIONS, Session, Subscription
from stadtkern.ingest.doors.taking import Taker
from stadtkern.things.queries.problems import NoSuchEntity, QueryTooExpensive
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Asked, TopicTooExpensive, Update, Watch

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 30.0
MOST_KEPT_SECONDS = 7 * 86_400
MOST_ABSENT = 1_000
_QUOTA_EXCEEDED = 0x97
_DESKS = 2  # subscriptions that are looked at at a time: fewer than the pool has connections
_encode = msgspec.json.Encoder().encode


class Door:
    """Implements `connection.Host`; use `listening` as a context."""

    def __init__(
        self,
        *,
        settings: Settings,
        pool: AsyncConnectionPool[Database],
        gate: Gate,
        taker: Taker,
        watch: Watch,
    ):
        self.limit = settings.body_limit
        self._settings = settings
        self._pool = pool
        self._gate = gate
        self._taker = taker
        self._watch = watch
        self._sessions: dict[tuple[int, str], Session] = {}
        self._lines: set[Connection] = set()
        self._values: dict[tuple[str, Scope], bytes | None] = {}
        self._absent: dict[tuple[int, str], None] = {}
        self._checked = (-1, 0.0)
        self._places = places.Places(settings.mqtt_clients)
        self._turns: WeakValueDictionary[int | str, asyncio.Lock] = WeakValueDictionary()
        self._desk = asyncio.Semaphore(_DESKS)
        self.settled = asyncio.Event()
        self.settled.set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve for the time of the block; yields the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            self._come, self._settings.host, self._settings.mqtt_port, backlog=512
        )
        sweeper = asyncio.create_task(self._sweep(), name="mqtt-sweeper")
        try:
            port = int(server.sockets[0].getsockname()[1])
            log.info("MQTT is open", host=self._settings.host, port=port)
            yield port
        finally:
            server.close()
            sweeper.cancel()
            for line in list(self._lines):
                line.close(packets.SHUTTING_DOWN)
            await asyncio.gather(sweeper, return_exceptions=True)

    def guards(self, datastream_id: int) -> bool:  # noqa: ARG002
        """Rights are asked for each time."""
        return True

    async def tell(self, changes: Changes) -> None:
        """Answer every topic that somebody follows and send the documents, those of dear topics last."""
        sessions = [session for session in self._sessions.values() if session.subscriptions]
        if not sessions:
            return
        async with self._pool.connection() as connection:
            asked, followers = await audience.gather(connection, self._gate, sessions)
            answers = self._watch.answer(connection, asked=asked, changes=changes)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    self._send(answer.updates, followers)
                    if answer.dear:
                        self._give_up(answer.topics, followers)

    def _send(self, updates: Iterable[Update], followers: dict[audience.Key, list[Session]]) -> None:
        for each, payload in updates:
            key = (each.text, each.scope)
            if each.topic.kind == "property":
                if self._values.get(key) == payload:
                    continue
                self._values[key] = payload
            for session in followers[key]:
                session.deliver(each.text, payload)

    def _give_up(self, dear: Iterable[Asked], followers: dict[audience.Key, list[Session]]) -> None:
        """Nobody follows these any more, and everybody who did is told."""
        for each in dear:
            for session in followers[each.text, each.scope]:
                if self.unfollow(session, each.text):
                    self._complain(session, each.text, TopicTooExpensive("it is not followed any more"))

    def welcomes(self, line: Connection) -> bool:
        """Whether there is room for somebody of whom only the address is known."""
        return self._places.free(self._lines, address=line.address)

    async def admit(self, connect: Connect, secret: str | None, *, address: str) -> tuple[Session, bool]:
        """The session of a client. Raises Unauthorised, InvalidClientId, TooManyClients, Unavailable."""
        principal = await self._principal(secret)
        self._places.check(self._lines, address=address, stranger=principal.token_id is None)
        client_id = places.name(connect)
        expiry = min(connect.expiry, MOST_KEPT_SECONDS)
        made = Session(
            client_id=client_id, principal=principal, secret=secret, expiry=expiry, address=address
        )
        known = self._sessions.get(made.key)
        if known is not None and known.line is not None and isinstance(known.line, Connection):
            known.line.close(packets.TAKEN_OVER, why="the same client connected again")
        self._absent.pop(made.key, None)
        if known is not None and not connect.clean:
            known.expiry, known.address = expiry, address
            return known, True
        self._sessions[made.key] = made
        return made, False

    async def store(self, session: Session, message: Publish, *, wanted: Callable[[], bool]) -> None:
        """Store a message. Raises the problem that is its own, after telling the sender; Unavailable."""
        try:
            if session.principal.token_id is None:
                raise access.Unauthorised("publishing needs a token as password")
            await self._taker.take(
                topic=message.topic, payload=message.payload, principal=session.principal, wanted=wanted
            )
        except problems.Unavailable:
            raise
        except problems.Problem as problem:
            self._complain(session, message.topic, problem)
            raise

    def _complain(self, session: Session, topic: str, problem: problems.Problem) -> None:
        document = {"topic": topic[:500], "error": problem.document()}
        session.deliver(f"errors/{session.client_id}", _encode(document))
        self._taker.refusals.note(topic=topic, client=session.client_id, problem=problem)

    async def follow(self, session: Session, wish: Wish) -> tuple[int, bytes | None]:
        """Let a session follow a topic. Raises Unavailable."""
        new = wish.text not in session.subscriptions
        qos = min(wish.qos, 1)
        if new and len(session.subscriptions) >= MOST_SUBSCRIPTIONS:
            return _QUOTA_EXCEEDED, None
        if wish.text == f"errors/{session.client_id}":
            session.subscriptions[wish.text] = Subscription(None, qos)
            return qos, None
        try:
            topic = topics.parse(wish.text, prefix=self._settings.mqtt_prefix)
            session.check(topic)
            turn = self._turns.setdefault(session.payer, asyncio.Lock())
            asking = audit.begin(surface="mqtt", method="SUBSCRIBE", path=topic.text)
            async with turn, self._desk:
                newest = await self._first(session, topic)
                await audit.note(self._pool, asking)
        except NoSuchEntity as problem:
            self._complain(session, wish.text, problem)
            return packets.NOT_AUTHORISED, None
        except problems.Unavailable:
            raise
        except problems.Problem as problem:
            self._complain(session, wish.text, problem)
            return packets.TOPIC_INVALID, None
        session.subscriptions[wish.text] = Subscription(topic, qos)
        wanted = wish.retained == 0 or (wish.retained == 1 and new)
        return qos, newest if wanted and topic.kind == "collection" else None

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
            self._values[(topic.text, scope)] = newest
        return newest

    async def _newest(self, connection: Database, asked: Asked) -> bytes | None:
        """What a topic begins with. The newest that fits a filter may be long ago; then nothing is shown."""
        try:
            return await self._watch.now(connection, asked=asked)
        except QueryTooExpensive:
            if asked.topic.kind == "collection" and asked.topic.particular:
                return None
            raise

    def unfollow(self, session: Session, text: str) -> bool:
        """End a subscription."""
        return session.subscriptions.pop(text, None) is not None

    def left(self, line: Connection) -> None:
        """A connection is gone."""
        self._lines.discard(line)
        session = line.session
        if session is not None and session.line is line:
            session.detach(now=asyncio.get_running_loop().time())
            self._absent[session.key] = None
            same = [key for key in self._absent if key[0] == 0 and self._address(key) == session.address]
            if session.principal.token_id is None and len(same) > self._places.of_one:
                self._forget(same[0])
            while len(self._absent) > MOST_ABSENT:
                self._forget(next(iter(self._absent)))

    def _address(self, key: tuple[int, str]) -> str | None:
        session = self._sessions.get(key)
        return session.address if session is not None else None

    def _forget(self, key: tuple[int, str]) -> None:
        del self._absent[key]
        if (oldest := self._sessions.get(key)) is not None and oldest.line is None:
            del self._sessions[key]

    def _come(self) -> Connection:
        line = Connection(host=self, now=asyncio.get_running_loop().time())
        self._lines.add(line)
        return line

    async def _principal(self, secret: str | None) -> Principal:
        if not secret:
            return access.ANONYMOUS
        try:
            return await self._gate.principal(authorization=f"Bearer {secret}")
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error

    async def _sweep(self) -> None:
        """Once a second: silent clients, sessions nobody comes back to, tokens that ended."""
        while True:
            await asyncio.sleep(1.0)
            now = asyncio.get_running_loop().time()
            for line in list(self._lines):
                if line.session is None and now - line.began > CONNECT_SECONDS:
                    line.close(packets.MALFORMED, why="nothing that is MQTT came")
                elif line.keep_alive and now - line.heard > line.keep_alive * 1.5:
                    line.close(packets.SUCCESS, why="the client fell silent")
            for key, session in list(self._sessions.items()):
                if session.left_at is not None and now - session.left_at >= session.expiry:
                    del self._sessions[key]
                    self._absent.pop(key, None)
            with contextlib.suppress(problems.Unavailable):
                await self._recheck(now)

    async def _recheck(self, now: float) -> None:
        """After a change of rights, and now and then: is every token still good?"""
        epoch, at = self._checked
        if epoch == self._gate.epoch and now - at < RECHECK_SECONDS:
            return
        self._checked = (self._gate.epoch, now)
        for key, session in list(self._sessions.items()):
            try:
                await self._principal(session.secret)
            except access.Unauthorised:
                self._sessions.pop(key, None)
                if isinstance(session.line, Connection):
                    session.line.close(packets.NOT_AUTHORISED, why="its token is not valid any more")
        followed = {text for session in self._sessions.values() for text in session.subscriptions}
        self._values = {key: value for key, value in self._values.items() if key[0] in followed}
