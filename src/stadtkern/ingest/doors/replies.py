# SPDX-License-Identifier: EUPL-1.2
"""Packets of MQTT 3.1.1 and 5.0 (OASIS) as a server writes them."""

from __future__ import annotations

import struct

from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.packets import SUCCESS, V5

PINGRESP = b"\xd0\x00"
_CONNACK_V3 = {
    packets.SUCCESS: 0,
    packets.UNSUPPORTED_VERSION: 1,
    packets.BAD_CLIENT_ID: 2,
    packets.SERVER_BUSY: 3,
    packets.BAD_CREDENTIALS: 4,
}
_REASON_STRING = 0x1F


def packet(head: int, body: bytes) -> bytes:
    """One packet with its length."""
    length, size = b"", len(body)
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes((low | (0x80 if size else 0),))
        if not size:
            return bytes((head,)) + length + body


def connack(reason: int, *, version: int, present: bool = False, limit: int = 0, window: int = 0) -> bytes:
    """Whether somebody may come in; an MQTT 5 client is told the limits too."""
    if version != V5:
        return bytes((0x20, 2, present, _CONNACK_V3.get(reason, 5)))
    told = b"" if reason else struct.pack(">BHBBBIBBBB", 0x21, window, 0x24, 1, 0x27, limit, 0x28, 1, 0x2A, 0)
    return packet(0x20, bytes((present, reason, len(told))) + told)


def acknowledgement(kind: int, number: int, *, version: int, reason: int = SUCCESS, text: str = "") -> bytes:
    """PUBACK, PUBREC or PUBCOMP; an MQTT 5 client is told the reason."""
    if version != V5 or reason == SUCCESS:
        return bytes((kind << 4, 2, number >> 8, number & 0xFF))
    said = text.encode()[:1000]
    told = struct.pack(">BH", _REASON_STRING, len(said)) + said if said else b""
    body = struct.pack(">HB", number, reason) + packet(0, told)[1:]
    return packet(kind << 4, body)


def suback(number: int, codes: list[int], *, version: int) -> bytes:
    """Which subscriptions were accepted, with which quality of service."""
    if version != V5:
        codes = [code if code < 3 else 0x80 for code in codes]
    return packet(0x90, number.to_bytes(2, "big") + (b"\0" if version == V5 else b"") + bytes(codes))


def unsuback(number: int, codes: list[int], *, version: int) -> bytes:
    """Subscriptions are ended."""
    return packet(0xB0, number.to_bytes(2, "big") + (b"\0" + bytes(codes) if version == V5 else b""))


def publish(topic: bytes, payload: bytes, *, number: int, retain: bool, version: int) -> bytes:
    """A message that goes out, with quality of service 1 where it has a number."""
    head = 0x30 | (0x02 if number else 0) | retain
    middle = number.to_bytes(2, "big") if number else b""
    properties = b"\0" if version == V5 else b""
    return packet(head, len(topic).to_bytes(2, "big") + topic + middle + properties + payload)


def again(packet: bytes) -> bytes:
    """The same message, marked as sent before."""
    return bytes((packet[0] | 0x08,)) + packet[1:]


def goodbye(reason: int) -> bytes:
    """Why the connection ends; only MQTT 5 clients are told."""
    return packet(0xE0, bytes((reason, 0)))
