# SPDX-License-Identifier: EUPL-1.2
"""One MQTT connection: acknowledges after the commit, and never reads faster than we store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

import structlog

from stadtkern.core import logs, problems
from stadtkern.ingest.doors import leftovers, packets, replies
from stadtkern.ingest.doors.host import Host
from stadtkern.ingest.doors.packets import Connect, MalformedPacket, Publish, Subscribe, Unsubscribe
from stadtkern.ingest.doors.pending import WINDOW, Outcome, Pending
from stadtkern.ingest.doors.session import Session

log = structlog.get_logger(__name__)

CROWDED_BYTES = 1_048_576
CONNECT_SECONDS = 10.0
_CONNECT_BYTES = 8_192
_UNFINISHED_BYTES = 65_536


class Connection(asyncio.Protocol):
    """Implements `session.Line`."""

    def __init__(self, *, host: Host, now: float):
        self._host = host
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._busy: asyncio.Task[None] | None = None
        self._pending = Pending(
            together=self._together, alone=self._store, settled=self._settled, room=self._read
        )
        self._paused = self._closed = self._left = self._resting = False
        self.session: Session | None = None
        self.secret: str | None = None
        self.version = packets.V3
        self.began = self.heard = now
        self.keep_alive = 0
        self.address = ""
        self.checked = -1
        self.parted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody comes."""
        # TCP is all there is; uvloop's transport has the methods but not the class.
        self._transport = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(high=4 * CROWDED_BYTES)
        self.address = logs.shorten_address(str((transport.get_extra_info("peername") or ("",))[0]))
        if not self._host.welcomes(self):
            self.close(packets.SERVER_BUSY, why="too many connections that say nothing")

    def encrypted(self, transport: asyncio.Transport) -> None:
        """From now on everything goes through TLS."""
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()  # something came along with the handshake
        self._paused, self._transport = False, transport
        transport.set_write_buffer_limits(high=4 * CROWDED_BYTES)
        self._regulate()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """Somebody went; what is being stored is stored, but there is nobody to tell."""
        self._transport = None
        self._read()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self.heard = asyncio.get_running_loop().time()
        self._buffer += data
        self._read()

    def eof_received(self) -> bool:
        """The client sends no more; neither do we."""
        return False

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self._transport is None or self._transport.is_closing()

    @property
    def crowded(self) -> bool:
        """Whether the client reads more slowly than we write."""
        return self._transport is None or self._transport.get_write_buffer_size() > CROWDED_BYTES

    def send(self, packet: bytes) -> None:
        """Write a packet."""
        if self._transport is not None:
            self._transport.write(packet)

    def close(self, reason: int, *, why: str = "") -> None:
        """End the connection; an MQTT 5 client is told the reason. Nothing that came is read any more."""
        self._closed = True
        if self.gone or self._transport is None:
            return
        if why:
            name = self.session.client_id[:60] if self.session else ""
            log.warning("an MQTT connection was ended", why=why, client=name, address=self.address)
        if self.version == packets.V5 and self.session is not None:
            self.send(replies.goodbye(reason))
        self._transport.close()

    @property
    def storing(self) -> list[asyncio.Task[None]]:
        """What is on its way to the disk."""
        return self._pending.storing

    def rest(self) -> None:
        """Take nothing new, as we are about to stop; what was taken is still stored and acknowledged."""
        self._resting = True

    def give_up(self) -> None:
        """Store nothing more of what was taken, and read nothing more."""
        self._host.leftovers.lost(self._pending.give_up() + self._unread())
        self._closed = True
        if self._transport is None:
            self._read()

    def _unread(self) -> int:
        """Messages that nobody sends again and that are not read any more; it is empty afterwards."""
        heard = self.session is not None and not self._closed
        return leftovers.unread(self._buffer) if heard else 0

    def _read(self) -> None:
        try:
            stranger = self.session is None and self._busy is None
            if stranger and self._buffer and self._buffer[0] != packets.CONNECT << 4:
                raise MalformedPacket("the first packet is CONNECT")
            limit = self._host.limit + _UNFINISHED_BYTES if self.session else _CONNECT_BYTES
            while not self._held and not self._closed:
                packet = next(packets.split(self._buffer, limit=limit), None)
                if packet is None:
                    break
                if not (self.gone or self._resting) or self._counts(packet[0], packet[1]):
                    self._take(*packet)
        except packets.PacketTooLarge as error:
            self.close(packets.TOO_LARGE, why=str(error))
        except packets.UnknownVersion:
            self.send(replies.connack(packets.UNSUPPORTED_VERSION, version=packets.V3))
            self.close(packets.UNSUPPORTED_VERSION)
        except MalformedPacket as error:
            self.close(packets.MALFORMED, why=str(error))
        self._pending.begin()
        self._regulate()
        if self._transport is None:
            self._leave()

    def _leave(self) -> None:
        """Nobody is there: what is still held counts together with what others left."""
        if not self._left and (self._closed or not self._held):
            self._left = True
            self._buffer.clear()
            self._host.left(self)
        size = self._pending.size + len(self._buffer)
        if not self._host.leftovers.keep(self, messages=self._pending.count, size=size):
            self.give_up()

    def _counts(self, kind: int, flags: int) -> bool:
        """Whether a packet is taken although its sender is gone, or we are about to stop.

        Of who is gone what is not sent again counts, and a goodbye; before a stop what brings nothing new.
        """
        if not self.gone:
            return self.session is not None and kind in packets.ENDINGS
        once = leftovers.brings_once(kind, flags)
        return self.session is not None and (once or kind == packets.DISCONNECT)

    @property
    def _held(self) -> bool:
        """Whether the next packet must wait: for an answer in its order, or for room."""
        return self._pending.full or self._busy is not None

    def _regulate(self) -> None:
        """A client that sends more than we can store waits at its own end.

        Its end is not read either, before what is in the buffer: it may have said goodbye there.
        """
        if self._transport is None or self._transport.is_closing():
            return
        if self._held and self._buffer and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        elif not self._held and self._paused:
            self._paused = False
            self.heard = asyncio.get_running_loop().time()
            self._transport.resume_reading()

    def _take(self, kind: int, flags: int, body: bytes) -> None:
        session = self.session
        if session is None:
            if kind != packets.CONNECT:
                raise MalformedPacket("the first packet is CONNECT")
            self._go(self._connect(packets.read_connect(body)))
        elif kind == packets.PUBLISH:
            self._pending.add(packets.read_publish(flags, body, version=self.version))
        elif kind == packets.PUBACK:
            session.acknowledged(packets.Reader(body).number())
        elif kind == packets.PUBREL:
            number = packets.Reader(body).number()
            self.send(replies.acknowledgement(packets.PUBCOMP, number, version=self.version))
        elif kind == packets.SUBSCRIBE:
            self._go(self._subscribe(session, packets.read_subscribe(body, version=self.version)))
        elif kind == packets.UNSUBSCRIBE:
            self._go(self._unsubscribe(session, packets.read_unsubscribe(body, version=self.version)))
        elif kind == packets.PINGREQ:
            self.send(replies.PINGRESP)
        elif kind == packets.DISCONNECT:
            self.parted = packets.read_disconnect(body) != packets.WITH_WILL
            self.close(packets.SUCCESS)
        else:
            raise MalformedPacket(f"a packet of kind {kind} does not belong here")

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something before the next packet is read."""
        self._busy = asyncio.create_task(work)
        self._busy.add_done_callback(self._went)

    def _went(self, task: asyncio.Task[None]) -> None:
        self._busy = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an MQTT packet could not be answered", error=repr(error))
            self.close(packets.UNSPECIFIED)
        self._read()

    async def _connect(self, connect: Connect) -> None:
        self.version, self.keep_alive = connect.version, connect.keep_alive
        self.secret = connect.password or None
        try:
            session, present = await self._host.admit(connect, self.secret, address=self.address)
        except problems.Problem as problem:
            reason = packets.SERVER_BUSY if problem.status == 503 else packets.BAD_CREDENTIALS
            reason = packets.BAD_CLIENT_ID if problem.status == 400 else reason
            self.send(replies.connack(reason, version=self.version))
            self.close(reason, why=str(problem))
            return
        if self.gone:
            return
        accepted = replies.connack(
            packets.SUCCESS, version=self.version, present=present, limit=self._host.limit, window=WINDOW
        )
        self.session = session
        self.send(accepted)
        try:
            await self._host.entered(session, self, connect)
        except problems.Unavailable as problem:
            self.close(packets.SERVER_BUSY, why=str(problem))

    async def _together(self, messages: Sequence[Publish]) -> set[int]:
        return await self._host.store_together(self._client, messages)

    async def _store(self, message: Publish) -> None:
        await self._host.store(self._client, message, wanted=lambda: not self.gone)

    @property
    def _client(self) -> Session:
        if self.session is None:
            raise MalformedPacket("the first packet is CONNECT")
        return self.session

    def _settled(self, message: Publish, outcome: Outcome | None) -> None:
        """Acknowledge a message after its commit, or say why it never will be stored."""
        if outcome is None:
            if self.gone:
                self._host.leftovers.lost(self._unread() + (not message.qos))
            self.close(packets.UNSPECIFIED, why="a message could not be stored")
        elif message.qos:
            kind = packets.PUBACK if message.qos == 1 else packets.PUBREC
            number, (reason, text) = message.number, outcome
            self.send(replies.acknowledgement(kind, number, version=self.version, reason=reason, text=text))

    async def _subscribe(self, session: Session, wanted: Subscribe) -> None:
        try:
            answers = []
            for wish in wanted.wishes:
                answers.append(await self._host.follow(session, wish))
                await asyncio.sleep(0)  # others have their turn, also where nothing had to be waited for
            await self._host.remember(session)
        except problems.Unavailable as problem:
            self.close(packets.SERVER_BUSY, why=str(problem))
            return
        self.send(replies.suback(wanted.number, [code for code, _ in answers], version=self.version))
        for code, newest in answers:
            for topic, payload in newest:
                session.deliver(topic, payload, retain=True, qos=code)

    async def _unsubscribe(self, session: Session, given: Unsubscribe) -> None:
        codes = [
            packets.SUCCESS if self._host.unfollow(session, text) else packets.NO_SUBSCRIPTION
            for text in given.topics
        ]
        try:
            await self._host.remember(session)
        except problems.Unavailable as problem:
            self.close(packets.SERVER_BUSY, why=str(problem))
            return
        self.send(replies.unsuback(given.number, codes, version=self.version))
