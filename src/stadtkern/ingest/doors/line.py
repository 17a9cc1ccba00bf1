# SPDX-License-Identifier: EUPL-1.2
"""One connection of ours to a broker in front: hands messages over in heaps, acknowledges them in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, cast

import structlog

from stadtkern.ingest.doors import asking, packets, replies
from stadtkern.ingest.doors.asking import Welcome
from stadtkern.ingest.doors.outgoing import Outgoing
from stadtkern.ingest.doors.packets import V5, MalformedPacket

log = structlog.get_logger(__name__)

WINDOW = 2_000
KEEP_ALIVE_SECONDS = 30
MOST_UNSTORED_BYTES = 16_777_216
_LARGEST = 2**28


class Incoming(NamedTuple):
    """A message from the broker; `line` tells the connection it came on."""

    topic: str
    payload: bytes
    qos: int
    number: int
    line: int
    arrived: datetime

    @property
    def size(self) -> int:
        """How many bytes of it are held."""
        return packets.size(self.topic, self.payload)


class Host(Protocol):
    """What a line tells of."""

    def welcomed(self, line: Line, welcome: Welcome) -> None:
        """The broker has answered to CONNECT."""

    def arrived(self, line: Line, messages: Sequence[Incoming]) -> None:
        """Messages came in."""

    def ended(self, line: Line, why: str) -> None:
        """The connection is gone."""


class Line(asyncio.Protocol):
    """Speaks MQTT 5 as a client. `hello` is the CONNECT packet, `number` tells it from other connections."""

    def __init__(self, *, host: Host, hello: bytes, number: int, outgoing: Outgoing):
        self._host = host
        self._hello = hello
        self._outgoing = outgoing
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._unacknowledged: deque[int] = deque()
        self._stored: set[int] = set()
        self._unstored = self._unstored_bytes = 0
        self._paused = False
        self._heard = 0.0
        self._keep_alive = KEEP_ALIVE_SECONDS
        self._beat: asyncio.TimerHandle | None = None
        self._why = ""
        self.number = number

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        # uvloop's transport has the methods but not the class.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)
        self._heard = asyncio.get_running_loop().time()
        self._beat_later()

    def connection_lost(self, error: Exception | None) -> None:
        """The broker is gone, or we are."""
        self._transport = None
        if self._beat is not None:
            self._beat.cancel()
        self._host.ended(self, self._why or str(error or "it said nothing more"))

    def data_received(self, data: bytes) -> None:
        """Read what came, and hand over all messages of it together."""
        self._heard = asyncio.get_running_loop().time()
        self._buffer += data
        messages: list[Incoming] = []
        try:
            for kind, flags, body in packets.split(self._buffer, limit=_LARGEST):
                if kind == packets.PUBLISH:
                    messages.append(self._message(flags, body))
                else:
                    self._take(kind, body)
        except MalformedPacket as error:
            self.abort(f"it sends what is not MQTT: {error}")
        if messages:
            self._regulate()
            self._host.arrived(self, messages)

    def eof_received(self) -> bool:
        """The broker sends no more; neither do we."""
        return False

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """These are on disk. The broker is told in the order in which they came [MQTT-4.6.0-2]."""
        self._unstored -= len(messages)
        self._unstored_bytes -= sum(message.size for message in messages)
        self._stored.update(message.number for message in messages if message.qos)
        told: list[bytes] = []
        while self._unacknowledged and self._unacknowledged[0] in self._stored:
            number = self._unacknowledged.popleft()
            self._stored.discard(number)
            told.append(replies.acknowledgement(packets.PUBACK, number, version=V5))
        if told:
            self.send(b"".join(told))
        self._regulate()

    def send(self, data: bytes) -> None:
        """Write packets."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def leave(self) -> None:
        """Say goodbye and close; the broker keeps our session."""
        self.send(replies.goodbye(packets.SUCCESS))
        if self._transport is not None:
            self._transport.close()

    def abort(self, why: str) -> None:
        """Give the connection up."""
        self._why = why
        if self._transport is not None:
            self._transport.abort()

    def _message(self, flags: int, body: bytes) -> Incoming:
        topic, payload, qos, _, _, number, arrived = packets.read_publish(
            flags, body, version=V5, lenient=True
        )
        if qos:
            self._unacknowledged.append(number)
        message = Incoming(topic, payload, qos, number, self.number, arrived)
        self._unstored += 1
        self._unstored_bytes += message.size
        return message

    def _take(self, kind: int, body: bytes) -> None:
        if kind == packets.PUBACK:
            number, reason = asking.read_puback(body)
            if reason >= asking.REFUSED:
                log.warning("the MQTT broker does not take a message", reason=reason)
            self.send(self._outgoing.confirmed(number))
        elif kind == asking.CONNACK:
            welcome = asking.read_connack(body, keep_alive=KEEP_ALIVE_SECONDS)
            self._keep_alive = welcome.keep_alive
            self._beat_later()
            self._host.welcomed(self, welcome)
        elif kind == asking.SUBACK:
            if refused := [code for code in asking.read_suback(body) if code >= asking.REFUSED]:
                log.error("the MQTT broker does not let us follow a topic", reason=refused[0])
        elif kind == asking.DISCONNECT:
            self.abort(f"it gave the reason {packets.read_disconnect(body)}")

    def _regulate(self) -> None:
        """A broker that sends more than we can store waits at its own end."""
        if self._transport is None or self._transport.is_closing():
            return
        full = self._unstored > 2 * WINDOW or self._unstored_bytes > MOST_UNSTORED_BYTES
        if full and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        elif self._paused and not full:
            self._paused = False
            self._heard = asyncio.get_running_loop().time()
            self._transport.resume_reading()

    def _beat_later(self) -> None:
        """Nothing where the broker has turned it off: then TCP alone says whether it is there."""
        if self._beat is not None:
            self._beat.cancel()
        if self._keep_alive:
            later = asyncio.get_running_loop().call_later
            self._beat = later(self._keep_alive / 2, self._live)

    def _live(self) -> None:
        """Give a sign of life twice in the agreed time; a broker that is silent for twice as long is gone."""
        silence = asyncio.get_running_loop().time() - self._heard
        if not self._paused and silence > 2 * self._keep_alive:
            self.abort(f"it said nothing for {silence:.0f} s")
        else:
            self.send(asking.PINGREQ)
            self._beat_later()
