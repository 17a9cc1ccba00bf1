# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door: a server for SensorThings topics only, whose acknowledgements come after our commits."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
import psycopg
import psycopg_pool
import structlog
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import access, problems
from stadtkern.core.access import Gate, Principal, Scope
from stadtkern.core.database import Connection as Database
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.connection import CONNECT_SECONDS, Connection
from stadtkern.ingest.doors.packets import Connect, Publish, Wish
from stadtkern.ingest.doors.session import MOST_SUBSCRIPTIONS, Session, Subscription
from stadtkern.ingest.doors.taking import Taker
from stadtkern.things.queries.problems import NoSuchEntity
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Asked, Watch

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 30.0
MOST_KEPT_SECONDS = 7 * 86_400
MOST_ABSENT = 1_000
_LONGEST_NAME = 128
_QUOTA_EXCEEDED = 0x97
_encode = msgspec.json.Encoder().encode


class TooManyClients(problems.Problem):
    """As many MQTT clients are connected as may be.

    Try again later, or raise STADTKERN_MQTT_CLIENTS.
    """

    status = 503


class InvalidClientId(problems.Problem):
    """This client identifier cannot be used.

    Choose one of 1 to 128 characters; without one the session must be a clean one.
    """


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
        """Answer every topic that somebody follows and send the documents."""
        sessions = [session for session in self._sessions.values() if session.subscriptions]
        if not sessions:
            return
        async with self._pool.connection() as connection:
            asked, followers = await self._asked(connection, sessions)
            updates = await self._watch.answer(connection, asked=asked, changes=changes)
        for each, payload in updates:
            key = (each.text, each.scope)
            if each.topic.kind == "property":
                if self._values.get(key) == payload:
                    continue
                self._values[key] = payload
            for session in followers[key]:
                session.deliver(each.text, payload)

    async def _asked(
        self, connection: Database, sessions: Iterable[Session]
    ) -> tuple[list[Asked], dict[tuple[str, Scope], list[Session]]]:
        """Each distinct topic once per scope, and who follows it so."""
        scopes: dict[Principal, Scope] = {}
        asked: dict[tuple[str, Scope], Asked] = {}
        followers: dict[tuple[str, Scope], list[Session]] = {}
        for session in sessions:
            scope = scopes.get(session.principal)
            if scope is None:
                scope = scopes[session.principal] = await self._gate.scope(connection, session.principal)
            for text, subscription in session.subscriptions.items():
                if subscription.topic is not None:
                    asked.setdefault((text, scope), Asked(text, scope, subscription.topic))
                    followers.setdefault((text, scope), []).append(session)
        await connection.rollback()
        return list(asked.values()), followers

    async def admit(self, connect: Connect, secret: str | None) -> tuple[Session, bool]:
        """The session of a client. Raises Unauthorised, InvalidClientId, TooManyClients, Unavailable."""
        if len(self._lines) > self._settings.mqtt_clients:
            raise TooManyClients()
        principal = await self._principal(secret)
        client_id = connect.client_id
        if len(client_id) > _LONGEST_NAME or (
            not client_id and connect.version == packets.V3 and not connect.clean
        ):
            raise InvalidClientId()
        client_id = client_id or f"auto-{secrets.token_hex(8)}"
        expiry = min(connect.expiry, MOST_KEPT_SECONDS)
        made = Session(client_id=client_id, principal=principal, secret=secret, expiry=expiry)
        known = self._sessions.get(made.key)
        if known is not None and known.line is not None and isinstance(known.line, Connection):
            known.line.close(packets.TAKEN_OVER, why="the same client connected again")
        self._absent.pop(made.key, None)
        if known is not None and not connect.clean:
            known.expiry = expiry
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
            newest = await self._first(session, topic)
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
                if topic.kind == "collection" and not topic.of_observations:
                    return None
                newest = await self._watch.now(connection, asked=asked)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error
        if topic.kind == "property":
            self._values[(topic.text, scope)] = newest
        return newest

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
            while len(self._absent) > MOST_ABSENT:
                key = next(iter(self._absent))
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
