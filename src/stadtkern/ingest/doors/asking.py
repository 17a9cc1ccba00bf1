# SPDX-License-Identifier: EUPL-1.2
"""Packets of MQTT 5.0 (OASIS) as a client writes and reads them; those for both sides are in `replies`."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.packets import MalformedPacket, Reader
from stadtkern.ingest.doors.replies import packet

CONNACK, SUBACK, PINGRESP, DISCONNECT = 2, 9, 13, 14
PINGREQ = b"\xc0\x00"
REFUSED = 0x80
"""Reasons from here on say no."""
_SESSION_EXPIRY, _RECEIVE_MAXIMUM, _MAXIMUM_PACKET, _KEEP_ALIVE = 0x11, 0x21, 0x27, 0x13
_PROTOCOL = b"\x00\x04MQTT\x05"
_NO_LOCAL, _NOTHING_RETAINED = 0x04, 0x20


class Welcome(NamedTuple):
    """What a broker answers to CONNECT: whether it knows us, and how much it takes at once."""

    reason: int
    present: bool
    window: int
    most_bytes: int
    keep_alive: int


def connect(
    *, client_id: str, username: str, password: str, keep_alive: int, expiry: int, window: int
) -> bytes:
    """Come to a session that lasts for `expiry` seconds, to be sent at most `window` messages at once."""
    told = struct.pack(">BIBH", _SESSION_EXPIRY, expiry, _RECEIVE_MAXIMUM, window)
    flags = (0x80 if username else 0) | (0x40 if password else 0)
    body = _PROTOCOL + struct.pack(">BHB", flags, keep_alive, len(told)) + told + _text(client_id)
    return packet(0x10, body + b"".join(_text(each) for each in (username, password) if each))


def subscribe(number: int, topics: Sequence[str], *, retained: bool) -> bytes:
    """Follow topics with quality of service 1, but nothing that we publish ourselves [MQTT-3.8.3-3].

    `retained`: the broker is to send what it has kept.
    """
    options = bytes((0x01 | _NO_LOCAL | (0 if retained else _NOTHING_RETAINED),))
    return packet(0x82, struct.pack(">HB", number, 0) + b"".join(_text(topic) + options for topic in topics))


def read_connack(body: bytes, *, keep_alive: int) -> Welcome:
    """Read a CONNACK packet. Raises MalformedPacket."""
    source = Reader(body)
    present, reason = bool(source.number(1) & 1), source.number(1)
    given = source.properties() if source.more else {}
    return Welcome(
        reason,
        present,
        given.get(_RECEIVE_MAXIMUM, 0xFFFF),
        given.get(_MAXIMUM_PACKET, 2**28),
        given.get(_KEEP_ALIVE, keep_alive),
    )


def read_suback(body: bytes) -> bytes:
    """The reasons in a SUBACK packet, one per topic. Raises MalformedPacket."""
    source = Reader(body)
    source.number()
    source.properties()
    return source.rest()


def read_puback(body: bytes) -> tuple[int, int]:
    """The number and the reason in a PUBACK packet. Raises MalformedPacket."""
    if len(body) < 2:
        raise MalformedPacket("an acknowledgement without a number")
    return body[0] << 8 | body[1], body[2] if len(body) > 2 else packets.SUCCESS


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw
