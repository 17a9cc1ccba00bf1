# SPDX-License-Identifier: EUPL-1.2
"""Packets of MQTT 3.1.1 and 5.0 (OASIS) as a server reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from datetime import datetime
from typing import NamedTuple

from stadtkern.ingest.doors import arrivals

CONNECT, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 3, 4, 5, 6, 7
SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 8, 10, 12, 14
# Nothing new comes with these.
ENDINGS = frozenset((PUBACK, PUBREL, PINGREQ, DISCONNECT))
V3, V5 = 4, 5
_VERSIONS = {(b"MQIsdp", 3): V3, (b"MQTT", 4): V3, (b"MQTT", 5): V5}

# Reasons, as MQTT 5 numbers them; older clients know only some of them, under other numbers.
SUCCESS, MALFORMED, UNSUPPORTED_VERSION, BAD_CREDENTIALS, NOT_AUTHORISED = 0x00, 0x81, 0x84, 0x86, 0x87
SERVER_BUSY, SHUTTING_DOWN, TAKEN_OVER, FILTER_INVALID, TOO_LARGE = 0x89, 0x8B, 0x8E, 0x8F, 0x95
CONTENT_INVALID, NO_SUBSCRIPTION, UNSPECIFIED, BAD_CLIENT_ID = 0x99, 0x11, 0x80, 0x85

_SESSION_EXPIRY, _RECEIVE_MAXIMUM, _WILL_DELAY = 0x11, 0x21, 0x18
# Why an MQTT 5 client says goodbye although its will is to be stored.
WITH_WILL = 0x04
# Bytes of each property's value; 0: text with a length, -1: a number of variable length, -2: two texts.
_PROPERTIES = {
    0x01: 1, 0x02: 4, 0x03: 0, 0x08: 0, 0x09: 0, 0x0B: -1, 0x11: 4, 0x12: 0, 0x13: 2,
    0x15: 0, 0x16: 0, 0x17: 1, 0x18: 4, 0x19: 1, 0x1A: 0, 0x1C: 0, 0x1F: 0, 0x21: 2,
    0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1, 0x26: -2, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip


_REPLACED = "\ufffd"
# Topics in one packet; whoever wants more sends several, and others have their turn between them.
MOST_TOPICS = 500


class MalformedPacket(Exception):
    """What was sent is not MQTT; the connection cannot go on."""


class UnknownVersion(MalformedPacket):
    """The client speaks a version of MQTT that we do not."""


class PacketTooLarge(MalformedPacket):
    """The client sends more than it may."""


class Will(NamedTuple):
    """What a client wants stored when it vanishes, so many seconds later."""

    topic: str
    payload: bytes
    delay: int


class Connect(NamedTuple):
    """Who comes, and how."""

    version: int
    client_id: str
    clean: bool
    keep_alive: int
    username: str | None
    password: str | None
    expiry: int
    window: int
    will: Will | None


class Publish(NamedTuple):
    """A message that comes in; `arrived` is its own, on every way that it goes from here."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    number: int
    arrived: datetime


def size(topic: str, payload: bytes) -> int:
    """How many bytes of a message are held."""
    return len(topic.encode()) + len(payload)


class Wish(NamedTuple):
    """A topic that somebody wants to follow."""

    text: str
    qos: int
    retained: int


class Subscribe(NamedTuple):
    """Topics that somebody wants to follow."""

    number: int
    wishes: list[Wish]


class Unsubscribe(NamedTuple):
    """Topics that somebody follows no longer."""

    number: int
    topics: list[str]


class Reader:
    """Takes values from the body of a packet, one after the other. Raises MalformedPacket."""

    __slots__ = ("_at", "_body")

    def __init__(self, body: bytes):
        self._body = body
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many bytes."""
        part = self._body[self._at : self._at + size]
        if len(part) != size:
            raise MalformedPacket("a packet ends too early")
        self._at += size
        return part

    def number(self, size: int = 2) -> int:
        """A number of one, two or four bytes."""
        return int.from_bytes(self.take(size), "big")

    def varied(self) -> int:
        """A number of variable length."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise MalformedPacket("a length of more than four bytes")

    def binary(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.number())

    def text(self) -> str:
        """UTF-8 text with its length before it."""
        try:
            text = self.binary().decode()
        except UnicodeDecodeError as error:
            raise MalformedPacket("a text is not UTF-8") from error
        if "\x00" in text:
            raise MalformedPacket("a text contains U+0000")
        return text

    def lenient_text(self) -> str:
        """The same, with what is wrong replaced."""
        return self.binary().decode(errors="replace").replace("\x00", _REPLACED)

    def properties(self) -> dict[int, int]:
        """The numbers among the properties of an MQTT 5 packet."""
        until = self.varied() + self._at
        found: dict[int, int] = {}
        while self._at < until:
            kind = self.number(1)
            size = _PROPERTIES.get(kind)
            if size is None:
                raise MalformedPacket(f"unknown property {kind}")
            if size > 0:
                found[kind] = self.number(size)
            elif size == -1:
                found[kind] = self.varied()
            else:
                for _ in range(2 if size == -2 else 1):
                    self.binary()
        if self._at != until:
            raise MalformedPacket("properties of the wrong length")
        return found

    @property
    def more(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._body)

    def rest(self) -> bytes:
        """All that is left."""
        return self._body[self._at :]


def split(buffer: bytearray, *, limit: int) -> Iterator[tuple[int, int, bytes]]:
    """Cut whole packets off a buffer: kind, flags, body. Raises PacketTooLarge, MalformedPacket."""
    while len(buffer) >= 2:
        length, at = 0, 1
        while True:
            if at >= len(buffer):
                return
            byte = buffer[at]
            length |= (byte & 0x7F) << (7 * (at - 1))
            at += 1
            if byte < 0x80:
                break
            if at > 4:
                raise MalformedPacket("a length of more than four bytes")
        if length > limit:
            raise PacketTooLarge(f"{length} bytes; at most {limit} are taken")
        if len(buffer) < at + length:
            return
        head, body = buffer[0], bytes(buffer[at : at + length])
        del buffer[: at + length]
        yield head >> 4, head & 0x0F, body


def read_connect(body: bytes) -> Connect:
    """Read a CONNECT packet. Raises UnknownVersion, MalformedPacket."""
    source = Reader(body)
    version = _VERSIONS.get((source.binary(), source.number(1)))
    if version is None:
        raise UnknownVersion("MQTT 3.1.1 and 5.0 are spoken here")
    flags, keep_alive = source.number(1), source.number()
    if flags & 1:
        raise MalformedPacket("a reserved flag is set")
    given = source.properties() if version == V5 else {}
    client_id = source.text()
    will = _read_will(source, version=version) if flags & 0x04 else None
    username = source.text() if flags & 0x80 else None
    password = source.binary().decode(errors="replace") if flags & 0x40 else None
    expiry = given.get(_SESSION_EXPIRY, 0) if version == V5 else 0xFFFFFFFF * (not flags & 0x02)
    window = given.get(_RECEIVE_MAXIMUM, 0xFFFF)
    return Connect(
        version, client_id, bool(flags & 0x02), keep_alive, username, password, expiry, window, will
    )


def _read_will(source: Reader, *, version: int) -> Will:
    given = source.properties() if version == V5 else {}
    return Will(source.text(), source.binary(), given.get(_WILL_DELAY, 0))


def read_disconnect(body: bytes) -> int:
    """The reason in a DISCONNECT packet; older clients give none. Raises MalformedPacket."""
    return Reader(body).number(1) if body else SUCCESS


def read_publish(flags: int, body: bytes, *, version: int, lenient: bool = False) -> Publish:
    """Read a PUBLISH packet. Raises MalformedPacket.

    `lenient`: whatever a topic may not contain is told as U+FFFD, which no topic of ours has.
    """
    source = Reader(body)
    topic, qos = source.lenient_text() if lenient else source.text(), (flags >> 1) & 3
    if "#" in topic or "+" in topic.partition("?")[0] or not topic:
        if not lenient:
            raise MalformedPacket("a message needs a topic without wildcards")
        topic = topic.replace("#", _REPLACED).replace("+", _REPLACED)
    if qos == 3:
        raise MalformedPacket("a message needs a quality of service from 0 to 2")
    number = source.number() if qos else 0
    if version == V5:
        source.properties()
    return Publish(topic, source.rest(), qos, bool(flags & 1), bool(flags & 8), number, arrivals.stamp())


def read_subscribe(body: bytes, *, version: int) -> Subscribe:
    """Read a SUBSCRIBE packet. Raises MalformedPacket."""
    source = Reader(body)
    number, wishes = source.number(), []
    if version == V5:
        source.properties()
    while source.more:
        text, given = source.text(), source.number(1)
        wishes.append(Wish(text, given & 3, (given >> 4) & 3 if version == V5 else 0))
        _check_number(wishes)
    if not wishes:
        raise MalformedPacket("a subscription without a topic")
    return Subscribe(number, wishes)


def _check_number(topics: Sized) -> None:
    if len(topics) > MOST_TOPICS:
        raise MalformedPacket(f"more than {MOST_TOPICS} topics in one packet")


def read_unsubscribe(body: bytes, *, version: int) -> Unsubscribe:
    """Read an UNSUBSCRIBE packet. Raises MalformedPacket."""
    source = Reader(body)
    number, topics = source.number(), []
    if version == V5:
        source.properties()
    while source.more:
        topics.append(source.text())
        _check_number(topics)
    return Unsubscribe(number, topics)
