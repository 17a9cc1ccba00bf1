# SPDX-License-Identifier: EUPL-1.2
"""A client of MQTT 3.1.1 that sends what a test wants in one write, and can go without a word."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

from stadtkern.ingest.doors import packets, replies
from tests.ingest import mqtt_clients

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def entered(
    port: int, token: str, *, will: tuple[str, bytes] | None = None, security: ssl.SSLContext | None = None
) -> AsyncIterator[Stream]:
    """Let in at our own door; `will`: topic and payload of a last will."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=security)
    writer.write(connect(token, will=will))
    try:
        answer = await asyncio.wait_for(reader.readexactly(4), mqtt_clients.PATIENCE)
        assert answer[3] == 0
        yield reader, writer
    finally:
        writer.close()


def connect(token: str, *, will: tuple[str, bytes] | None = None) -> bytes:
    """CONNECT with a token as the password."""
    body = b"\x00\x04MQTT\x04" + bytes((0xC6 if will else 0xC2,)) + b"\x00\x00\x00\x00"
    for each in (*((will[0].encode(), will[1]) if will else ()), b"a", token.encode()):
        body += len(each).to_bytes(2) + each
    return replies.packet(packets.CONNECT << 4, body)


def publish(topic: str, payload: bytes, number: int) -> bytes:
    """PUBLISH with QoS 1; with QoS 0 where there is no number."""
    return replies.publish(topic.encode(), payload, number=number, retain=False, version=packets.V3)


async def acknowledged(reader: asyncio.StreamReader, count: int) -> list[int]:
    """The numbers of so many acknowledgements, as they come."""
    answers = await asyncio.wait_for(reader.readexactly(4 * count), mqtt_clients.PATIENCE)
    assert answers[::4] == bytes((packets.PUBACK << 4,)) * count
    return [int.from_bytes(answers[at + 2 : at + 4]) for at in range(0, len(answers), 4)]
