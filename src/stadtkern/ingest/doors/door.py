# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door: a server for SensorThings topics only, whose acknowledgements come after our commits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import msgspec
import psycopg
import psycopg_pool
import structlog
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import access, problems
from stadtkern.core.access import Gate, Principal
from stadtkern.core.database import Connection as Database
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import desk, kept, packets, places, roll, secure, stopping, telling, wills
from stadtkern.ingest.doors.connection import CONNECT_SECONDS, Connection
from stadtkern.ingest.doors.leftovers import Leftovers
from stadtkern.ingest.doors.packets import Connect, Publish, Will, Wish
from stadtkern.ingest.doors.session import Session
from stadtkern.ingest.doors.taking import Message, Taker
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import TopicTooExpensive, Watch

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 30.0
MOST_KEPT_SECONDS = 7 * 86_400
_encode = msgspec.json.Encoder().encode


class Door:
    """Implements `host.Host`; use `listening` as a context."""

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
        self._roll = roll.Roll()
        self._kept = kept.Kept(pool=pool, prefix=settings.mqtt_prefix)
        self.leftovers = Leftovers(count=taker.dropped)
        self._wills = wills.Wills(store=self._bequeath, leftovers=self.leftovers)
        self._certificate = secure.Certificate(settings) if settings.mqtt_certificate else None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: set[Connection] = set()
        self._checked = (-1, 0.0)
        self._places = places.Places(settings.mqtt_clients)
        self._desk = desk.Desk(
            pool=pool, gate=gate, watch=watch, prefix=settings.mqtt_prefix, complain=self._complain
        )
        self._telling = telling.Telling(
            pool=pool, gate=gate, watch=watch, prefix=settings.mqtt_prefix,
            counter=self._desk, give_up=self._give_up,
        )  # fmt: skip
        self.settled = asyncio.Event()
        self.settled.set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve for the time of the block; yields the port, that of TLS where there is no other."""
        await self._kept.restore(self._roll)
        encrypted = None if self._certificate is None else self._come_encrypted
        servers = await secure.doors(self._settings, come=self._come, encrypted=encrypted)
        sweeper = asyncio.create_task(self._sweep(), name="mqtt-sweeper")
        try:
            yield int(servers[0].sockets[0].getsockname()[1])
        finally:
            for server in servers:
                server.close()
            sweeper.cancel()
            await stopping.end(lines=self._all, wills=self._wills, leftovers=self.leftovers)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(sweeper, *self._tasks, return_exceptions=True)
            with contextlib.suppress(problems.Unavailable):
                await self._kept.sweep(self._roll, now=asyncio.get_running_loop().time())

    def _all(self) -> set[Connection]:
        """All connections, also those that are gone and left something."""
        return self._lines | {each for each in self.leftovers if isinstance(each, Connection)}

    def guards(self, datastream_id: int) -> bool:  # noqa: ARG002
        """Rights are asked for each time."""
        return True

    async def tell(self, changes: Changes) -> None:
        """Answer every topic that somebody follows and send the documents, those of dear topics last."""
        sessions = [session for session in self._roll if session.subscriptions or session.patterns]
        if sessions:
            await self._telling.tell(changes, sessions=sessions)

    def _give_up(self, session: Session, text: str) -> None:
        """What is dear is not followed any more, and whoever did is told."""
        if self.unfollow(session, text):
            self._complain(session, text, TopicTooExpensive("it is not followed any more"))

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
        known = self._roll.find(made.key)
        if known is not None and known.line is not None and isinstance(known.line, Connection):
            known.line.close(packets.TAKEN_OVER, why="the same client connected again")
            self._wills.lost(known, comes_back=not connect.clean)
        if known is not None and not connect.clean and not known.over(asyncio.get_running_loop().time()):
            self._wills.back(known)
            known.expiry, known.address = expiry, address
            known.principal, known.secret = principal, secret
            made = known
        elif known is not None:
            await self._kept.forget(known)
        made.will = connect.will
        self._roll.enter(made)
        return made, made is known

    async def entered(self, session: Session, line: Connection, connect: Connect) -> None:
        """Begin where the client was: resend, then tell what waited. Raises Unavailable."""
        session.attach(line, window=connect.window, epoch=self._gate.epoch)
        session.restored = False
        await self._kept.save(session)
        # Beside the connection, which goes on reading what the client acknowledges.
        self._keep(asyncio.create_task(self._catch_up(session, line), name="mqtt-catch-up"))

    async def _catch_up(self, session: Session, line: Connection) -> None:
        try:
            await self._telling.catch_up(session, line=line)
        except problems.Problem as problem:
            line.close(packets.SERVER_BUSY, why=str(problem))
        finally:
            if session.line is line and not session.live:  # it would be told nothing any more
                line.close(packets.UNSPECIFIED, why="what waited could not be told")

    async def remember(self, session: Session) -> None:
        """Keep what a session follows beyond a restart, if it is to last. Raises Unavailable."""
        await self._kept.save(session)

    async def store_together(self, session: Session, messages: Sequence[Publish]) -> set[int]:
        """Store plain messages in one go; the positions of those that are on disk."""
        if session.principal.token_id is None:
            return set()
        who, state = session.principal, self._taker.state
        return await self._taker.together(
            [Message(each.topic, each.payload, who, state, each.arrived) for each in messages]
        )

    async def store(self, session: Session, message: Publish, *, wanted: Callable[[], bool]) -> None:
        """Store a message. Raises the problem that is its own, after telling the sender; Unavailable."""
        await self._put(session, message.topic, message.payload, arrived=message.arrived, wanted=wanted)

    async def _bequeath(self, session: Session, will: Will, vanished: datetime) -> None:
        """Store a last will, unless its client's token has ended meanwhile."""
        about = will.topic
        with contextlib.suppress(problems.Problem):
            try:
                await self._taker.patiently(lambda: self._principal(session.secret), about=about)
            except access.Unauthorised as problem:
                self._complain(session, about, problem)
                raise
            await self._put(session, about, will.payload, arrived=vanished)

    async def _put(
        self,
        session: Session,
        topic: str,
        payload: bytes,
        *,
        arrived: datetime,
        wanted: Callable[[], bool] | None = None,
    ) -> None:
        try:
            if session.principal.token_id is None:
                raise access.Unauthorised("publishing needs a token as password")
            await self._taker.take(
                topic=topic, payload=payload, principal=session.principal, wanted=wanted, arrived=arrived
            )
        except problems.Unavailable:
            raise
        except problems.Problem as problem:
            self._complain(session, topic, problem)
            raise

    async def follow(self, session: Session, wish: Wish) -> tuple[int, desk.Beginning]:
        """Let a session follow a topic. Raises Unavailable."""
        return await self._desk.follow(session, wish)

    def unfollow(self, session: Session, text: str) -> bool:
        """End a subscription; whether there was one."""
        return self._desk.unfollow(session, text)

    def _complain(self, session: Session, topic: str, problem: problems.Problem) -> None:
        document = {"topic": topic[:500], "error": problem.document()}
        session.deliver(f"errors/{session.client_id}", _encode(document))
        self._taker.refusals.note(topic=topic, client=session.client_id, problem=problem)

    def left(self, line: Connection) -> None:
        """A connection is gone."""
        self._lines.discard(line)
        session = line.session
        if session is None or session.line is not line:
            return
        self._roll.left(
            session,
            now=asyncio.get_running_loop().time(),
            epoch=self._gate.epoch,
            strangers=self._places.of_one,
        )
        if line.parted:
            session.will = None
        self._wills.lost(session)

    def _come(self) -> Connection:
        line = Connection(host=self, now=asyncio.get_running_loop().time())
        self._lines.add(line)
        return line

    def _come_encrypted(self) -> asyncio.Protocol:
        if self._certificate is None:
            raise secure.CertificateUnusable("there is none")
        return secure.Handshake(line=self._come(), certificate=self._certificate, keep=self._keep)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
            self._roll.expire(now=now)
            self._wills.sweep(now=now)
            with contextlib.suppress(problems.Unavailable):
                await self._kept.sweep(self._roll, now=now)
                await self._recheck(now)

    async def _recheck(self, now: float) -> None:
        """After a change of rights, and now and then: is every token still good?"""
        epoch, at = self._checked
        if epoch == self._gate.epoch and now - at < RECHECK_SECONDS:
            return
        self._checked = (self._gate.epoch, now)
        if self._certificate is not None:
            await asyncio.to_thread(self._certificate.renew)
        ended = await self._kept.ended(self._roll)
        for session in self._roll:
            try:
                if session in ended:
                    raise access.Unauthorised("its token has ended")
                await self._principal(session.secret)
            except access.Unauthorised:
                self._roll.drop(session)
                if isinstance(session.line, Connection):
                    session.line.close(packets.NOT_AUTHORISED, why="its token is not valid any more")
        followed = {text for session in self._roll for text in session.subscriptions}
        self._desk.values = {key: value for key, value in self._desk.values.items() if key[0] in followed}
